/* What the commands do to the view. */
#include "viewer/app_private.h"

#include <math.h>

static const double ZOOM_STEP = 0.7, PAN_STEP = 0.12;

bool weft_app_period(const struct weft_app *app, struct weft_target target, uint64_t *from_ns,
                     uint64_t *to_ns)
{
    const struct weft_model *model = app->model;

    switch (target.kind) {
    case WEFT_TARGET_SPAN:
        *from_ns = weft_model_span(model, target.owner, target.index).start_ns;
        *to_ns = weft_span_end_ns(model, target.owner, target.index);
        return true;
    case WEFT_TARGET_ZONE:
        *from_ns = model->threads.at[target.owner].zones.at[target.index].start_ns;
        *to_ns = model->threads.at[target.owner].zones.at[target.index].end_ns;
        return true;
    case WEFT_TARGET_HOLD:
        *from_ns = weft_model_hold(model, target.owner, target.index).start_ns;
        *to_ns = weft_model_hold(model, target.owner, target.index).end_ns;
        return true;
    case WEFT_TARGET_LEVEL: {
        const struct weft_object *object = &model->objects.at[target.owner];
        *from_ns = weft_object_level(model, object, target.index).t_ns;
        *to_ns = target.index + 1 < object->levels.count
                     ? weft_object_level(model, object, target.index + 1).t_ns
                     : model->end_ns;
        return true;
    }
    case WEFT_TARGET_WAKE:
        *from_ns = weft_model_wake(model, target.index).from_ns;
        *to_ns = weft_model_wake(model, target.index).to_ns;
        return true;
    default:
        return false;
    }
}

static void zoom(struct weft_app *app, double factor)
{
    const struct weft_geometry *at = &app->geometry;
    const bool at_mouse = app->has_mouse && weft_rect_has(at->plot, app->mouse_x, app->mouse_y);
    const struct weft_range range = app->view.range;
    const double at_ns =
        at_mouse ? range.from_ns + (double)(app->mouse_x - at->lane_left) * app->ns_per_px
                 : (range.from_ns + range.to_ns) / 2;

    weft_view_remember(&app->view);
    weft_view_zoom(&app->view, at_ns, factor);
}

static void pan(struct weft_app *app, double share)
{
    weft_view_pan(&app->view, share * (app->view.range.to_ns - app->view.range.from_ns));
}

static void show_all(struct weft_app *app)
{
    const struct weft_range all = weft_view_all(&app->view);

    weft_view_remember(&app->view);
    weft_view_show(&app->view, all.from_ns, all.to_ns);
}

/* What is selected, with a little air; when that is what is shown already, everything. */
static void fit(struct weft_app *app)
{
    const struct weft_range before = app->view.range;
    uint64_t from_ns = app->view.marked_from_ns, to_ns = app->view.marked_to_ns;

    if (!app->view.has_marked && !weft_app_period(app, app->view.selected, &from_ns, &to_ns)) {
        show_all(app);
        return;
    }
    const double margin = (double)(to_ns - from_ns) * 0.08 + 20;
    struct weft_view fitted = app->view;
    weft_view_show(&fitted, (double)from_ns - margin, (double)to_ns + margin);
    if (fabs(fitted.range.from_ns - before.from_ns) < 1 &&
        fabs(fitted.range.to_ns - before.to_ns) < 1) {
        show_all(app);
        return;
    }
    weft_view_remember(&app->view);
    app->view.range = fitted.range;
}

static void playhead_to(struct weft_app *app, uint64_t t_ns)
{
    app->view.playing = false;
    weft_view_move_playhead(&app->view, (double)t_ns);
    weft_view_reveal(&app->view, (double)t_ns);
}

static void step_event(struct weft_app *app, bool on)
{
    const struct weft_model *model = app->model;
    const uint64_t now_ns = app->view.playhead_ns;

    if (on) {
        const size_t next = weft_model_point_from(model, now_ns + 1);
        if (next < model->points.count) {
            playhead_to(app, weft_model_point(model, next).t_ns);
        }
    } else {
        const size_t here = weft_model_point_from(model, now_ns);
        playhead_to(app, here > 0 ? weft_model_point(model, here - 1).t_ns : 0);
    }
}

/* Brings a lane into the visible part. */
static void reveal_lane(struct weft_app *app, uint32_t thread)
{
    const struct weft_lane *lane = weft_lanes_of_thread(&app->lanes, thread);

    if (lane == NULL) {
        return;
    }
    if (lane->y < app->view.scroll_px) {
        app->view.scroll_px = lane->y;
    } else if (lane->y + lane->h > app->view.scroll_px + app->geometry.plot.h) {
        app->view.scroll_px = lane->y + lane->h - app->geometry.plot.h;
    }
}

static void select_span(struct weft_app *app, uint32_t thread, uint32_t span)
{
    const struct weft_thread_info *info = &app->model->threads.at[thread];

    if (span >= info->spans.count) {
        return;
    }
    app->view.selected = (struct weft_target){WEFT_TARGET_SPAN, thread, span};
    app->view.has_marked = false;
    app->view.lane_thread = thread;
    playhead_to(app, weft_thread_span(app->model, info, span).start_ns);
    reveal_lane(app, thread);
}

static void step_span(struct weft_app *app, bool on)
{
    const struct weft_target selected = app->view.selected;
    const uint32_t thread = app->view.lane_thread;

    if (thread >= app->model->threads.count) {
        return;
    }
    if (selected.kind == WEFT_TARGET_SPAN && selected.owner == thread) {
        if (on) {
            select_span(app, thread, selected.index + 1);
        } else if (selected.index > 0) {
            select_span(app, thread, selected.index - 1);
        }
        return;
    }
    const uint32_t here = weft_model_span_at(app->model, thread, app->view.playhead_ns);
    select_span(app, thread, here != WEFT_NONE ? here : 0);
}

static void step_lane(struct weft_app *app, bool down)
{
    const uint32_t count = (uint32_t)app->model->threads.count;
    const bool none = app->view.selected.kind != WEFT_TARGET_SPAN;
    uint32_t thread = app->view.lane_thread;

    if (count == 0) {
        return;
    }
    if (!none && down) {
        thread = thread + 1 < count ? thread + 1 : thread;
    } else if (!none) {
        thread = thread > 0 ? thread - 1 : 0;
    }
    /* The same moment on the other lane, or the nearest one where that lane has something. */
    const uint32_t here = weft_model_span_at(app->model, thread, app->view.playhead_ns);
    const struct weft_thread_info *info = &app->model->threads.at[thread];
    const uint64_t now_ns = app->view.playhead_ns;
    if (here != WEFT_NONE) {
        select_span(app, thread, here);
    } else if (info->spans.count > 0) {
        select_span(app, thread, now_ns < info->start_ns ? 0 : (uint32_t)info->spans.count - 1);
    }
    playhead_to(app, now_ns);
}

/* From a wait to the one who ended it: what that thread was doing then. */
static void follow_back(struct weft_app *app)
{
    const struct weft_model *model = app->model;
    const struct weft_target selected = app->view.selected;
    uint32_t index = selected.kind == WEFT_TARGET_WAKE ? selected.index : WEFT_NONE;

    if (selected.kind == WEFT_TARGET_SPAN) {
        const struct weft_span span = weft_model_span(model, selected.owner, selected.index);
        index = weft_span_extra_of(model, &span).wake;
    }
    if (index >= model->wakes.count) {
        return;
    }
    const struct weft_wake wake = weft_model_wake(model, index);
    const uint64_t before_ns = wake.from_ns > 0 ? wake.from_ns - 1 : 0;
    const uint32_t span = weft_model_span_at(model, wake.from_thread, before_ns);
    if (span != WEFT_NONE) {
        select_span(app, wake.from_thread, span);
        playhead_to(app, wake.from_ns);
    }
}

/* From what a thread does to the first wait that it ended from there on. */
static void follow_on(struct weft_app *app)
{
    const struct weft_model *model = app->model;
    const struct weft_target selected = app->view.selected;
    uint32_t best = WEFT_NONE;

    if (selected.kind == WEFT_TARGET_WAKE) {
        best = selected.index;
    } else if (selected.kind == WEFT_TARGET_SPAN) {
        const uint64_t from_ns = weft_model_span(model, selected.owner, selected.index).start_ns;
        for (uint32_t i = 0; i < model->wakes.count; i++) {
            const struct weft_wake wake = weft_model_wake(model, i);
            if (wake.from_thread == selected.owner && wake.from_ns >= from_ns &&
                (best == WEFT_NONE || wake.from_ns < weft_model_wake(model, best).from_ns)) {
                best = i;
            }
        }
    }
    if (best < model->wakes.count) {
        select_span(app, weft_model_wake(model, best).to_thread, weft_model_wake(model, best).span);
        playhead_to(app, weft_model_wake(model, best).to_ns);
    }
}

static void play(struct weft_app *app)
{
    if (!app->view.playing && (double)app->view.playhead_ns >= app->view.end_ns) {
        weft_view_move_playhead(&app->view, 0); /* at the end: once more from the start */
    }
    app->view.playing = !app->view.playing;
    app->view.has_playhead = true;
    if (app->view.playing) {
        weft_view_reveal(&app->view, (double)app->view.playhead_ns);
    }
}

static void clear(struct weft_app *app)
{
    if (app->view.help) {
        app->view.help = false;
    } else {
        app->view.selected = (struct weft_target){.kind = WEFT_TARGET_NONE};
        app->view.has_marked = false;
    }
}

void weft_app_command(struct weft_app *app, enum weft_command_id command)
{
    /* While the sheet is open, only it listens. */
    if (app->view.help && command != WEFT_COMMAND_HELP && command != WEFT_COMMAND_CLEAR &&
        command != WEFT_COMMAND_QUIT) {
        return;
    }
    switch (command) {
    case WEFT_COMMAND_ZOOM_IN:
        zoom(app, ZOOM_STEP);
        break;
    case WEFT_COMMAND_ZOOM_OUT:
        zoom(app, 1 / ZOOM_STEP);
        break;
    case WEFT_COMMAND_PAN_LEFT:
        pan(app, -PAN_STEP);
        break;
    case WEFT_COMMAND_PAN_RIGHT:
        pan(app, PAN_STEP);
        break;
    case WEFT_COMMAND_FIT:
        fit(app);
        break;
    case WEFT_COMMAND_FIT_ALL:
        show_all(app);
        break;
    case WEFT_COMMAND_UNDO_VIEW:
        weft_view_undo(&app->view);
        break;
    case WEFT_COMMAND_PAGE_UP:
        app->view.scroll_px -= app->geometry.plot.h * 0.9f;
        break;
    case WEFT_COMMAND_PAGE_DOWN:
        app->view.scroll_px += app->geometry.plot.h * 0.9f;
        break;
    case WEFT_COMMAND_PLAY:
        play(app);
        break;
    case WEFT_COMMAND_SLOWER:
        app->view.speed -= app->view.speed > 0;
        break;
    case WEFT_COMMAND_FASTER:
        app->view.speed += app->view.speed + 1 < WEFT_SPEED_COUNT;
        break;
    case WEFT_COMMAND_PREV_EVENT:
        step_event(app, false);
        break;
    case WEFT_COMMAND_NEXT_EVENT:
        step_event(app, true);
        break;
    case WEFT_COMMAND_TO_START:
        playhead_to(app, 0);
        break;
    case WEFT_COMMAND_TO_END:
        playhead_to(app, app->model->end_ns);
        break;
    case WEFT_COMMAND_PREV_SPAN:
        step_span(app, false);
        break;
    case WEFT_COMMAND_NEXT_SPAN:
        step_span(app, true);
        break;
    case WEFT_COMMAND_LANE_UP:
        step_lane(app, false);
        break;
    case WEFT_COMMAND_LANE_DOWN:
        step_lane(app, true);
        break;
    case WEFT_COMMAND_FOLLOW_BACK:
        follow_back(app);
        break;
    case WEFT_COMMAND_FOLLOW_ON:
        follow_on(app);
        break;
    case WEFT_COMMAND_CLEAR:
        clear(app);
        break;
    case WEFT_COMMAND_QUIT:
        app->quit = true;
        break;
    case WEFT_COMMAND_HELP:
        app->view.help = !app->view.help;
        break;
    case WEFT_COMMAND_COUNT:
        break;
    }
    app->dirty = true;
}
