/* Going somewhere: to a time, a span, a lane, a place that was found. */
#include "base/tongue.h"
#include "viewer/app_private.h"

static void show_time(struct weft_app *app, uint64_t t_ns)
{
    app->view.playing = false;
    weft_view_move_playhead(&app->view, (double)t_ns);
    weft_view_reveal(&app->view, (double)t_ns);
}

static void leave(struct weft_app *app)
{
    weft_view_remember(&app->view);
    app->view.tab = WEFT_TAB_TIMELINE;
}

void weft_app_go_to_time(struct weft_app *app, uint64_t t_ns)
{
    leave(app);
    show_time(app, t_ns);
}

void weft_app_go_to_span(struct weft_app *app, uint32_t thread, uint32_t span)
{
    leave(app);
    app->view.selected = (struct weft_target){WEFT_TARGET_SPAN, thread, span};
    app->view.lane_thread = thread;
    app->view.on_object = false;
    show_time(app, weft_model_span(app->model, thread, span).start_ns);
    weft_app_reveal_lane(app, false, thread);
}

void weft_app_go_to_thread(struct weft_app *app, uint32_t thread)
{
    if (thread >= app->model->threads.count) {
        return;
    }
    const struct weft_thread_info *info = &app->model->threads.at[thread];
    const uint32_t here = weft_model_span_at(app->model, thread, app->view.playhead_ns);
    if (here != WEFT_NONE) {
        const uint64_t now_ns = app->view.playhead_ns;
        weft_app_go_to_span(app, thread, here);
        show_time(app, now_ns);
    } else if (info->spans.count > 0) {
        weft_app_go_to_span(app, thread, 0);
    } else {
        leave(app);
        app->view.lane_thread = thread;
        app->view.on_object = false;
        weft_app_reveal_lane(app, false, thread);
    }
}

void weft_app_go_to_object(struct weft_app *app, uint32_t object)
{
    if (object >= app->model->objects.count) {
        return;
    }
    leave(app);
    app->view.lane_object = object;
    app->view.on_object = true;
    weft_app_reveal_lane(app, true, object);
    if (weft_lanes_of_object(&app->lanes, object) == NULL) {
        show_time(app, app->model->objects.at[object].first_ns);
    }
}

void weft_app_go_to_point(struct weft_app *app, uint32_t point)
{
    const struct weft_point what = weft_model_point(app->model, point);

    leave(app);
    app->view.selected = (struct weft_target){WEFT_TARGET_POINT, 0, point};
    show_time(app, what.t_ns);
    if (what.thread < app->model->threads.count) {
        app->view.lane_thread = what.thread;
        app->view.on_object = false;
        weft_app_reveal_lane(app, false, what.thread);
    }
}

void weft_app_go_to_found(struct weft_app *app, const struct weft_found *found)
{
    const struct weft_model *model = app->model;

    if (found == NULL) {
        return;
    }
    switch (found->kind) {
    case WEFT_FOUND_THREAD:
        weft_app_go_to_thread(app, found->index);
        break;
    case WEFT_FOUND_OBJECT:
        weft_app_go_to_object(app, found->index);
        break;
    case WEFT_FOUND_SITE:
        for (uint32_t i = 0; i < model->points.count; i++) {
            if (weft_model_point(model, i).site == found->index) {
                weft_app_go_to_point(app, i);
                break;
            }
        }
        break;
    case WEFT_FOUND_FINDING:
        weft_app_go_to_finding(app, found->index);
        break;
    case WEFT_FOUND_PRINT:
        weft_app_go_to_point(app, model->prints.at[found->index].point);
        break;
    }
}

/* To its first place that is a span, or to its time. */
void weft_app_go_to_finding(struct weft_app *app, uint32_t index)
{
    if (!app->has_findings || index >= app->findings.all.count) {
        return;
    }
    const struct weft_finding *finding = &app->findings.all.at[index];
    app->finding_at = index;
    for (size_t i = 0; i < finding->places.count; i++) {
        const struct weft_finding_place *place = &finding->places.at[i];
        if (place->thread < app->model->threads.count &&
            place->span < app->model->threads.at[place->thread].spans.count) {
            weft_app_go_to_span(app, place->thread, place->span);
            show_time(app, finding->from_ns);
            weft_app_say(app, finding->what);
            return;
        }
    }
    weft_app_go_to_time(app, finding->from_ns);
    if (finding->threads.count > 0) {
        app->view.lane_thread = finding->threads.at[0];
        app->view.on_object = false;
        weft_app_reveal_lane(app, false, app->view.lane_thread);
    }
    weft_app_say(app, finding->what);
}

/* Is the finding at (a_ns, a) before the one at (b_ns, b)?  Those that begin at once stand in the
 * order of the list. */
static bool stands_before(uint64_t a_ns, uint32_t a, uint64_t b_ns, uint32_t b)
{
    return a_ns != b_ns ? a_ns < b_ns : a < b;
}

/* The nearest one behind the playhead, or before it; of those at its time all are met, too. */
static uint32_t next_finding(const struct weft_app *app, bool on)
{
    const uint64_t now_ns = app->view.playhead_ns;
    uint32_t at = app->finding_at, best = WEFT_NONE;
    const bool there = at < app->findings.all.count && app->findings.all.at[at].from_ns == now_ns;

    for (uint32_t i = 0; i < app->findings.all.count; i++) {
        const uint64_t from_ns = app->findings.all.at[i].from_ns;
        const bool in_way = there ? i != at && stands_before(from_ns, i, now_ns, at) != on
                                  : from_ns == now_ns || (from_ns > now_ns) == on;
        if (app->findings.all.at[i].detail_of != WEFT_NONE || !in_way) {
            continue;
        }
        if (best == WEFT_NONE ||
            stands_before(from_ns, i, app->findings.all.at[best].from_ns, best) == on) {
            best = i;
        }
    }
    return best;
}

void weft_app_step_finding(struct weft_app *app, bool on)
{
    weft_app_look_for_findings(app);
    if (!app->has_findings) {
        weft_app_say(app, _("Findings are still being looked for."));
        return;
    }
    const uint32_t next = next_finding(app, on);
    if (next != WEFT_NONE) {
        weft_app_go_to_finding(app, next);
    } else {
        weft_app_say(app, app->findings.count == 0 ? _("Nothing was found in this trace.")
                          : on                     ? _("There is no finding after this.")
                                                   : _("There is no finding before this."));
    }
}

const struct weft_chain *weft_app_chain(struct weft_app *app)
{
    const struct weft_target selected = app->view.selected;

    if (selected.kind != WEFT_TARGET_SPAN || app->loading) {
        return NULL;
    }
    if (!weft_target_equal(selected, app->chain_of)) {
        weft_chain_done(&app->chain);
        app->chain_of = selected;
        (void)weft_chain_build(app->model, selected.owner, selected.index, 0, UINT64_MAX,
                               &app->chain);
    }
    return app->chain.causes.count > 0 ? &app->chain : NULL;
}

void weft_app_go_to_cause(struct weft_app *app, uint32_t cause)
{
    const struct weft_chain *chain = weft_app_chain(app);

    if (chain == NULL || cause >= chain->causes.count) {
        weft_app_say(app, _("Select a wait first: then this goes to what it came from."));
        return;
    }
    const uint32_t thread = chain->causes.at[cause].thread, span = chain->causes.at[cause].span;
    if (thread < app->model->threads.count && span < app->model->threads.at[thread].spans.count) {
        weft_app_go_to_span(app, thread, span);
    }
}

static uint64_t start_of(const struct weft_model *model, const struct weft_wait_ref *wait)
{
    return weft_model_span(model, wait->thread, wait->span).start_ns;
}

/* Of one lock: its first wait after t_ns, or the last before it. */
static const struct weft_wait_ref *
next_wait(const struct weft_model *model, const struct weft_object *object, uint64_t t_ns, bool on)
{
    size_t low = 0, high = object->waits.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const uint64_t start_ns = start_of(model, &object->waits.at[middle]);
        if (on ? start_ns <= t_ns : start_ns < t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (on) {
        return low < object->waits.count ? &object->waits.at[low] : NULL;
    }
    return low > 0 ? &object->waits.at[low - 1] : NULL;
}

void weft_app_go_to_contention(struct weft_app *app, bool on)
{
    const struct weft_model *model = app->model;
    const struct weft_wait_ref *best = NULL;

    for (size_t i = 0; i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        if (object->family != WEFT_FAMILY_LOCK && object->family != WEFT_FAMILY_RWLOCK) {
            continue;
        }
        const struct weft_wait_ref *wait = next_wait(model, object, app->view.playhead_ns, on);
        if (wait != NULL &&
            (best == NULL || (start_of(model, wait) < start_of(model, best)) == on)) {
            best = wait;
        }
    }
    if (best != NULL) {
        weft_app_go_to_span(app, best->thread, best->span);
    } else {
        weft_app_say(app, on ? _("No thread waits for a lock after this.")
                             : _("No thread waited for a lock before this."));
    }
}
