/* The view as one JSON object on one line. */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/app_private.h"

#include <math.h>
#include <string.h>

static void name_target(const struct weft_app *app, struct weft_target target,
                        struct weft_sentence *out)
{
    const struct weft_model *model = app->model;

    switch (target.kind) {
    case WEFT_TARGET_SPAN: {
        const struct weft_span span = weft_model_span(model, target.owner, target.index);
        const char *subject = weft_name_of_subject(model, &span);
        weft_sentence_add(out, "span %s %s", model->threads.at[target.owner].name,
                          weft_states[span.state].name);
        weft_sentence_add(out, "%s%s", *subject != '\0' ? " " : "", subject);
        break;
    }
    case WEFT_TARGET_ZONE:
        weft_sentence_add(out, "zone %s %s", model->threads.at[target.owner].name,
                          model->threads.at[target.owner].zones.at[target.index].name);
        break;
    case WEFT_TARGET_HOLD: {
        const struct weft_object *object = &model->objects.at[target.owner];
        weft_sentence_add(
            out, "hold %s %s", object->name,
            model->threads.at[weft_object_hold(model, object, target.index).thread].name);
        break;
    }
    case WEFT_TARGET_LEVEL:
        weft_sentence_add(out, "level %s", model->objects.at[target.owner].name);
        break;
    case WEFT_TARGET_POINT:
        weft_sentence_add(out, "event %s",
                          weft_events[weft_model_point(model, target.index).kind].name);
        break;
    case WEFT_TARGET_WAKE: {
        const struct weft_wake wake = weft_model_wake(model, target.index);
        weft_sentence_add(out, "hand-off %s %s", model->threads.at[wake.from_thread].name,
                          model->threads.at[wake.to_thread].name);
        break;
    }
    case WEFT_TARGET_LANE:
        weft_sentence_add(out, "lane");
        break;
    case WEFT_TARGET_COMMAND:
        weft_sentence_add(out, "button %s",
                          target.index < WEFT_COMMAND_COUNT ? weft_commands[target.index].name
                                                            : "");
        break;
    case WEFT_TARGET_RULER:
        weft_sentence_add(out, "ruler");
        break;
    case WEFT_TARGET_MINIMAP:
        weft_sentence_add(out, "minimap");
        break;
    case WEFT_TARGET_PLOT:
        weft_sentence_add(out, "plot");
        break;
    case WEFT_TARGET_OUTPUT:
        weft_sentence_add(out, "output");
        break;
    case WEFT_TARGET_THREAD:
        weft_sentence_add(out, "thread %s", model->threads.at[target.index].name);
        break;
    case WEFT_TARGET_OBJECT:
        weft_sentence_add(out, "object %s", model->objects.at[target.index].name);
        break;
    case WEFT_TARGET_STATE:
        weft_sentence_add(out, "state %s", weft_states[target.index].name);
        break;
    case WEFT_TARGET_SECTION:
    case WEFT_TARGET_COLUMN:
    case WEFT_TARGET_CHOICE:
    case WEFT_TARGET_PAGE:
    case WEFT_TARGET_BOOKMARK: {
        static const char *const names[] = {"section", "state", "column",
                                            "choice",  "page",  "bookmark"};
        weft_sentence_add(out, "%s %u", names[target.kind - WEFT_TARGET_SECTION], target.index);
        break;
    }
    case WEFT_TARGET_FINDING:
        weft_sentence_add(out, "finding %u", target.index);
        break;
    case WEFT_TARGET_OTHER:
        weft_sentence_add(out, "other %u", target.index);
        break;
    case WEFT_TARGET_CAUSE:
        weft_sentence_add(out, "cause %u", target.index);
        break;
    case WEFT_TARGET_PANEL:
        weft_sentence_add(out, "panel");
        break;
    case WEFT_TARGET_NONE:
        break;
    }
}

static void put_target(const struct weft_app *app, struct weft_sink *sink, const char *key,
                       struct weft_target target)
{
    struct weft_sentence name = {.len = 0};

    if (app->model != NULL) {
        name_target(app, target, &name);
    }
    weft_sink_printf(sink, "\"%s\":", key);
    weft_sink_json(sink, name.text, strlen(name.text));
    weft_sink_char(sink, ',');
}

static const char *flag(bool value)
{
    return value ? "true" : "false";
}

static void put_text(struct weft_sink *sink, const char *key, const char *text)
{
    weft_sink_printf(sink, "\"%s\":", key);
    weft_sink_json(sink, text, strlen(text));
    weft_sink_char(sink, ',');
}

/* What was chosen of what the window can show. */
static void put_choices(const struct weft_app *app, struct weft_sink *sink)
{
    static const char *const prompts[] = {"",     "go-to",   "search", "filter",
                                          "note", "palette", "recent", "other"};
    static const char *const pages[] = {"output", "source", "waits-for"};
    const struct weft_view *view = &app->view;
    const struct weft_model *model = app->model;
    const char *lane = "";

    if (model != NULL && view->on_object && view->lane_object < model->objects.count) {
        lane = model->objects.at[view->lane_object].name;
    } else if (model != NULL && !view->on_object && view->lane_thread < model->threads.count) {
        lane = model->threads.at[view->lane_thread].name;
    }
    put_text(sink, "lane", lane);
    put_text(sink, "tab", weft_commands[weft_tab_commands[view->tab]].name);
    put_text(sink, "page", pages[view->page]);
    put_text(sink, "prompt", prompts[view->prompt.kind]);
    put_text(sink, "prompt_text", view->prompt.kind != WEFT_PROMPT_NONE ? view->prompt.text : "");
    put_text(sink, "notice", app->notice);
    put_text(sink, "key_shown", app->key_shown);
    put_text(sink, "theme", weft_theme_name(app->theme->id));
    put_text(sink, "language", weft_tongue_code(weft_tongue_now()));
    put_text(sink, "filter", app->arrangement.filter);
    weft_sink_printf(sink, "\"scale\":%g,\"classroom\":%s,\"loop\":%s,\"sort\":%u,\"dock\":%s,",
                     (double)app->settings.scale, flag(view->classroom), flag(view->loop),
                     view->sort_column, flag(!view->no_dock));
    weft_sink_printf(sink, "\"bookmarks\":%zu,\"found\":%zu,\"found_at\":%d,", app->bookmarks.count,
                     app->search.found.count,
                     app->search.at < app->search.found.count ? (int)app->search.at : -1);
    weft_sink_printf(sink, "\"grouped\":%u,\"only_states\":%u,\"collapsed\":%u,\"back\":%u,",
                     app->lanes.grouped, app->arrangement.only_states, app->arrangement.collapsed,
                     view->back_count);
    weft_sink_printf(sink, "\"findings\":%zu,\"looking\":%s,",
                     app->has_findings ? app->findings.count : 0, flag(app->look.runs));
    weft_sink_printf(sink, "\"forward\":%u,\"tab_scroll_px\":%.1f,", view->forward_count,
                     (double)view->tab_scroll_px);
}

/* Where the mouse finds what is no lane: the middle of each, so that a test can point there. */
static void put_controls(const struct weft_app *app, struct weft_sink *sink)
{
    enum { CONTROLS_MAX = 120 };
    uint32_t count = 0;

    weft_sink_text(sink, "\"controls\":[");
    for (size_t i = 0; app->model != NULL && i < app->hits.count && count < CONTROLS_MAX; i++) {
        const struct weft_hit *hit = &app->hits.at[i];
        struct weft_sentence name = {.len = 0};
        if (hit->target.kind < WEFT_TARGET_LANE || hit->target.kind == WEFT_TARGET_PLOT ||
            hit->target.kind == WEFT_TARGET_PANEL || hit->target.kind == WEFT_TARGET_OUTPUT) {
            continue;
        }
        name_target(app, hit->target, &name);
        weft_sink_printf(sink, "%s{\"name\":", count++ > 0 ? "," : "");
        weft_sink_json(sink, name.text, name.len);
        weft_sink_printf(sink, ",\"x_px\":%.1f,\"y_px\":%.1f}",
                         (double)(hit->rect.x + hit->rect.w / 2),
                         (double)(hit->rect.y + hit->rect.h / 2));
    }
    weft_sink_text(sink, "],");
}

static void put_state(const struct weft_app *app, struct weft_sink *sink)
{
    const struct weft_view *view = &app->view;
    const struct weft_model *model = app->model;

    weft_sink_printf(sink, "{\"from_ns\":%lld,\"to_ns\":%lld,\"end_ns\":%llu,",
                     llround(view->range.from_ns), llround(view->range.to_ns),
                     model != NULL ? (unsigned long long)model->end_ns : 0);
    weft_sink_printf(sink, "\"playhead_ns\":%llu,\"playing\":%s,\"speed\":%g,",
                     (unsigned long long)view->playhead_ns, flag(view->playing),
                     weft_view_speeds[view->speed] / 100.0);
    put_target(app, sink, "selected", view->selected);
    put_target(app, sink, "hover", view->hover);
    if (view->has_marked) {
        weft_sink_printf(sink, "\"range_from_ns\":%llu,\"range_to_ns\":%llu,",
                         (unsigned long long)view->marked_from_ns,
                         (unsigned long long)view->marked_to_ns);
    }
    put_choices(app, sink);
    weft_sink_printf(sink, "\"help\":%s,\"zoomed\":%s,\"scroll_px\":%.1f,", flag(view->help),
                     flag(weft_view_zoomed(view)), (double)view->scroll_px);
    weft_sink_printf(sink, "\"keys\":%u,\"full_screen\":%s,", app->keys_taken,
                     flag(app->full_screen));
    weft_sink_printf(sink, "\"sums_made\":%u,", app->sums.made);
    weft_sink_printf(sink, "\"live\":%s,\"gone\":%s,\"follow\":%s,", flag(app->live),
                     flag(app->gone), flag(view->follow));
    weft_sink_printf(sink, "\"loading\":%s,\"threads\":%zu,\"objects\":%zu,\"events\":%zu,",
                     flag(app->loading), model != NULL ? model->threads.count : 0,
                     model != NULL ? model->objects.count : 0,
                     model != NULL ? model->points.count : 0);
    weft_sink_printf(sink, "\"choices\":%zu,\"runs_again\":%s,", app->summary.choices.count,
                     flag(app->rerun.pid != 0));
    put_controls(app, sink);
    /* Where the lanes are, so that a test can point at a time and a thread. */
    weft_sink_printf(sink, "\"lane_left_px\":%.1f,\"lane_right_px\":%.1f,\"lanes\":[",
                     (double)app->geometry.lane_left, (double)app->geometry.lane_right);
    const float pinned_px = weft_app_pinned_px(app);
    bool first = true;
    for (size_t i = 0; model != NULL && i < app->lanes.count && i < 200; i++) {
        const struct weft_lane *lane = &app->lanes.at[i];
        if (lane->kind == WEFT_LANE_TITLE || lane->kind == WEFT_LANE_MORE) {
            continue;
        }
        const char *name = lane->kind == WEFT_LANE_THREAD ? model->threads.at[lane->index].name
                                                          : model->objects.at[lane->index].name;
        weft_sink_printf(sink, "%s{\"name\":", first ? "" : ",");
        weft_sink_json(sink, name, strlen(name));
        weft_sink_printf(
            sink, ",\"y_px\":%.1f,\"h_px\":%.1f}",
            (double)(app->geometry.plot.y + lane->y -
                     (pinned_px > 0 && lane->section == WEFT_LANE_PINNED ? 0 : view->scroll_px)),
            (double)lane->h);
        first = false;
    }
    weft_sink_text(sink, "]");
    if (app->below != NULL) {
        weft_sink_printf(sink, ",\"below_leads\":%s,\"shift_ns\":%lld", flag(app->below_leads),
                         llround(app->shift_ns));
    }
    weft_sink_text(sink, "}");
}

void weft_app_state(const struct weft_app *app, struct weft_sink *sink)
{
    weft_sink_text(sink, app->below != NULL ? "{\"upper\":" : "");
    put_state(app, sink);
    if (app->below != NULL) {
        weft_sink_text(sink, ",\"lower\":");
        put_state(app->below, sink);
        weft_sink_text(sink, "}");
    }
    weft_sink_char(sink, '\n');
}
