/*
 * The Chrome trace event format.  What becomes what, and why: docs/export-chrome.md.
 * Source: "Trace Event Format" (Google), and what Perfetto, Catapult, speedscope and Tracy really
 * do with it.  The rules that cost most to find out:
 *   - E repeats name, cat and args of its B: speedscope takes name and args for the identity of a
 *     slice and complains when they differ, Perfetto wants equal names.
 *   - No X: speedscope adds ts and dur as doubles and then misplaces neighbours by 1 ulp, and one
 *     X in a file makes Perfetto sort all ties anew.
 *   - The first event has no "cat": speedscope would look for a CPU profile of V8 in it.
 *   - An arrow binds to the slice on top of the thread's stack, and for Perfetto an instant that is
 *     over lies there too.  So an arrow starts right behind an instant of its own.
 */
#include "traces/export/chrome_findings.h"
#include "traces/export/chrome_steps.h"
#include "traces/export/chrome_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void weft_export_chrome(const struct weft_model *model, struct weft_sink *sink);

/* A name that Catapult does not know would make it throw.  Its scheme: color_scheme.html. */
static const char *const colors[WEFT_STATE_COUNT] = {
    [WEFT_STATE_RUNNING] = "thread_state_running",
    [WEFT_STATE_POLL] = "yellow",
    [WEFT_STATE_SLEEP] = "thread_state_sleeping",
    [WEFT_STATE_LOCK_WAIT] = "terrible",
    [WEFT_STATE_RWLOCK_WAIT] = "terrible",
    [WEFT_STATE_COND_WAIT] = "rail_response",
    [WEFT_STATE_SEM_WAIT] = "bad",
    [WEFT_STATE_EVENT_WAIT] = "rail_response",
    [WEFT_STATE_BARRIER_WAIT] = "rail_animation",
    [WEFT_STATE_QUEUE_WAIT] = "rail_load",
    [WEFT_STATE_FUTEX_WAIT] = "bad",
    [WEFT_STATE_JOIN] = "thread_state_unknown",
    [WEFT_STATE_IO] = "thread_state_iowait",
    [WEFT_STATE_UNKNOWN] = "grey",
};

/* Names ─────────────────────────────────────────────────────────────────────────────────────── */

/* "lock wait threadLock", "join Thread-1", "sleep": the state first, since Perfetto makes the
 * colour from the name. */
static void say_span(struct weft_chrome *chrome, const struct weft_span *span)
{
    weft_chrome_say(chrome, weft_states[span->state].words);
    if (span->object == WEFT_NONE) {
        return;
    }
    weft_chrome_say(chrome, " ");
    if (weft_span_about_thread(span)) {
        weft_chrome_say_thread(chrome, span->object, span->start_ns);
    } else {
        weft_chrome_say_object(chrome, span->object);
    }
}

static void say_about(struct weft_chrome *chrome, uint32_t point)
{
    const struct weft_point at = weft_model_point(chrome->model, point);

    if (at.kind == WEFT_EV_THREAD_NAME && at.t_ns > 0) {
        weft_chrome_say_thread(chrome, at.object,
                               at.t_ns - 1); /* the old name; the new one is an argument */
    } else if (weft_point_about_thread(chrome->model, point)) {
        weft_chrome_say_thread(chrome, at.object, at.t_ns);
    } else {
        weft_chrome_say_object(chrome, at.object);
    }
}

/* Slices of threads ─────────────────────────────────────────────────────────────────────────── */

static void put_wait_args(struct weft_chrome *chrome, uint32_t thread, const struct weft_span *span)
{
    const struct weft_span_extra extra = weft_span_extra_of(chrome->model, span);

    if (span->state == WEFT_STATE_LOCK_WAIT && span->object != WEFT_NONE) {
        const struct weft_object *object = &chrome->model->objects.at[span->object];
        const uint32_t hold = weft_object_hold_at(chrome->model, object, span->start_ns);
        if (hold != WEFT_NONE && weft_object_hold(chrome->model, object, hold).thread != thread) {
            weft_chrome_put_thread_arg(chrome, "owner",
                                       weft_object_hold(chrome->model, object, hold).thread,
                                       span->start_ns);
        }
    }
    if (extra.mutex != WEFT_NONE) {
        weft_chrome_put_object_arg(chrome, "lock", extra.mutex);
    }
    if (extra.wake != WEFT_NONE) {
        const struct weft_wake wake = weft_model_wake(chrome->model, extra.wake);
        weft_chrome_put_thread_arg(chrome, "woken_by", wake.from_thread, wake.from_ns);
    }
    if (extra.amount >= 0) {
        weft_chrome_put_int_arg(chrome, "timeout_ns", extra.amount);
    }
    if ((span->flags & (WEFT_SPAN_OPEN | WEFT_SPAN_ASSUMED)) == 0) {
        weft_chrome_put_text_arg(chrome, "outcome", weft_outcomes[span->outcome]);
    }
}

static void put_poll_args(struct weft_chrome *chrome, const struct weft_span *span)
{
    const struct weft_span_extra extra = weft_span_extra_of(chrome->model, span);

    if (span->question != WEFT_ASK_NONE) {
        weft_chrome_put_text_arg(chrome, "question", weft_questions[span->question].words);
        weft_chrome_put_int_arg(chrome, "answer", extra.answer);
        weft_chrome_put_int_arg(chrome, "times", extra.amount);
    }
}

static void put_span_args(struct weft_chrome *chrome, uint32_t thread, const struct weft_span *span)
{
    if (span->object != WEFT_NONE) {
        if (weft_span_about_thread(span)) {
            weft_chrome_put_thread_arg(chrome, "thread", span->object, span->start_ns);
        } else {
            weft_chrome_put_object_arg(chrome, "object", span->object);
        }
    }
    if (span->state == WEFT_STATE_POLL) {
        put_poll_args(chrome, span);
    } else if (span->state == WEFT_STATE_SLEEP) {
        const int64_t asked_ns = weft_span_extra_of(chrome->model, span).amount;
        if (asked_ns >= 0) {
            weft_chrome_put_int_arg(chrome, "asked_ns", asked_ns);
        }
    } else if (span->state != WEFT_STATE_RUNNING && span->state != WEFT_STATE_UNKNOWN) {
        put_wait_args(chrome, thread, span);
    }
    weft_chrome_put_site_args(chrome, span->site);
    weft_chrome_put_true_arg(chrome, "cut", (span->flags & WEFT_SPAN_OPEN) != 0);
}

static void put_span(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                     const char *phase)
{
    const struct weft_span span = weft_model_span(chrome->model, step->owner, step->index);

    weft_chrome_begin_event(chrome, phase, chrome->lanes.thread_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    say_span(chrome, &span);
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, weft_states[span.state].name);
    if (phase[0] == 'i') {
        weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    }
    if (phase[0] != 'E') {
        weft_sink_printf(chrome->sink, ",\"cname\":\"%s\"", colors[span.state]);
        weft_chrome_put_loc(chrome, span.site);
    }
    if (span.state == WEFT_STATE_RUNNING && step->zone != WEFT_NONE) {
        weft_chrome_put_text_arg(chrome, "zone",
                                 chrome->model->threads.at[step->owner].zones.at[step->zone].name);
    }
    put_span_args(chrome, step->owner, &span);
    weft_chrome_put_true_arg(chrome, "again", step->again);
    weft_chrome_end_event(chrome);
}

/* A user's zone named "running" must not look like the state to speedscope. */
static bool is_name_of_state(const char *name)
{
    for (size_t i = 0; i < WEFT_STATE_COUNT; i++) {
        if (strcmp(name, weft_states[i].words) == 0) {
            return true;
        }
    }
    return false;
}

static void put_zone(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                     const char *phase)
{
    const struct weft_zone *zone = &chrome->model->threads.at[step->owner].zones.at[step->index];

    weft_chrome_begin_event(chrome, phase, chrome->lanes.thread_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    weft_chrome_say(chrome, zone->name);
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, "zone");
    if (phase[0] == 'i') {
        weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    }
    weft_chrome_put_true_arg(chrome, "zone", is_name_of_state(zone->name));
    weft_chrome_put_true_arg(chrome, "cut", (zone->flags & WEFT_SPAN_OPEN) != 0);
    weft_chrome_put_true_arg(chrome, "again", step->again);
    weft_chrome_end_event(chrome);
}

/* Instants ──────────────────────────────────────────────────────────────────────────────────── */

static void put_event_arg(struct weft_chrome *chrome, uint8_t arg, int64_t value)
{
    if (arg == WEFT_ARG_NONE) {
        return;
    }
    if (weft_args[arg].type == WEFT_ARG_TYPE_QUESTION) {
        if (value > WEFT_ASK_NONE && value < WEFT_ASK_COUNT) {
            weft_chrome_put_text_arg(chrome, weft_args[arg].name, weft_questions[value].words);
        }
    } else if (weft_args[arg].type == WEFT_ARG_TYPE_NS) {
        if (value >= 0) {
            weft_chrome_put_int_arg(chrome, "timeout_ns", value);
        }
    } else if (weft_args[arg].type != WEFT_ARG_TYPE_OBJECT) {
        weft_chrome_put_int_arg(chrome, weft_args[arg].name, value);
    }
}

static void put_point_args(struct weft_chrome *chrome, uint32_t index)
{
    const struct weft_point point = weft_model_point(chrome->model, index);
    const struct weft_event_info *info = &weft_events[point.kind];
    const struct weft_point_args args = weft_model_args(chrome->model, index);

    if (point.object != WEFT_NONE) {
        weft_chrome_put_arg(chrome,
                            weft_point_about_thread(chrome->model, index) ? "thread" : "object");
        say_about(chrome, index);
        weft_chrome_put_said(chrome);
    }
    if (point.outcome != WEFT_OUT_OK) {
        weft_chrome_put_text_arg(chrome, "outcome", weft_outcomes[point.outcome]);
    }
    if (args.point != WEFT_NONE) {
        put_event_arg(chrome, info->first, args.first);
        put_event_arg(chrome, info->second, args.second);
        if (args.text != NULL && info->text != WEFT_TEXT_NONE) {
            weft_chrome_put_text_arg(chrome, weft_texts[info->text], args.text);
        }
    }
    weft_chrome_put_site_args(chrome, point.site);
}

static void put_point(struct weft_chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_point point = weft_model_point(chrome->model, step->index);
    const struct weft_event_info *info = &weft_events[point.kind];
    const struct weft_point_args args = weft_model_args(chrome->model, step->index);

    weft_chrome_begin_event(chrome, "i", chrome->lanes.thread_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    if (info->text == WEFT_TEXT_TEXT && args.text != NULL) {
        weft_chrome_say(chrome, args.text);
    } else {
        weft_chrome_say(chrome, info->words);
        if (point.object != WEFT_NONE) {
            weft_chrome_say(chrome, " ");
            say_about(chrome, step->index);
        }
        if (info->first == WEFT_ARG_QUESTION && args.first > WEFT_ASK_NONE &&
            args.first < WEFT_ASK_COUNT) {
            weft_chrome_say(chrome, ": ");
            weft_chrome_say(chrome, weft_questions[args.first].words);
        }
    }
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, info->name);
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    weft_chrome_put_loc(chrome, point.site);
    put_point_args(chrome, step->index);
    weft_chrome_end_event(chrome);
}

/* Arrows ────────────────────────────────────────────────────────────────────────────────────── */

static void put_arrow(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                      const char *phase)
{
    weft_chrome_begin_event(chrome, phase, chrome->lanes.thread_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    weft_sink_text(chrome->sink, ",\"name\":\"hand-off\",\"cat\":\"hand-off\",\"id\":");
    weft_sink_u64(chrome->sink, (uint64_t)step->index + 1);
    weft_sink_text(chrome->sink, ",\"bp\":\"e\"");
    weft_chrome_end_event(chrome);
}

static void put_wakes(struct weft_chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_wake wake = weft_model_wake(chrome->model, step->index);

    weft_chrome_begin_event(chrome, "i", chrome->lanes.thread_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    weft_chrome_say(chrome, "wakes ");
    weft_chrome_say_thread(chrome, wake.to_thread, wake.from_ns);
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, "hand-off");
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    weft_chrome_put_loc(chrome, wake.from_site);
    weft_chrome_put_thread_arg(chrome, "thread", wake.to_thread, wake.from_ns);
    if (wake.object != WEFT_NONE) {
        weft_chrome_put_object_arg(chrome, "object", wake.object);
    }
    weft_chrome_put_site_args(chrome, wake.from_site);
    weft_chrome_end_event(chrome);
    put_arrow(chrome, step, "s");
}

/* No slice begins here that the arrow could point at: it gets an instant. */
static void put_woken_at_end(struct weft_chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_wake wake = weft_model_wake(chrome->model, step->index);

    weft_chrome_begin_event(chrome, "i", chrome->lanes.thread_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    weft_chrome_say(chrome, "woken by ");
    weft_chrome_say_thread(chrome, wake.from_thread, wake.from_ns);
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, "hand-off");
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    weft_chrome_put_thread_arg(chrome, "thread", wake.from_thread, wake.from_ns);
    weft_chrome_end_event(chrome);
    put_arrow(chrome, step, "f");
}

/* Lanes of objects ──────────────────────────────────────────────────────────────────────────── */

static const char *kind_of(const struct weft_chrome *chrome, uint32_t object)
{
    return weft_objects[chrome->model->objects.at[object].kind].name;
}

static void begin_async(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                        const char *phase)
{
    const uint64_t id = step->lane == 0 ? (uint64_t)step->owner + 1
                                        : (uint64_t)chrome->model->objects.count + step->lane;

    weft_chrome_begin_event(chrome, phase, chrome->lanes.object_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    weft_sink_text(chrome->sink, ",\"id\":");
    weft_sink_u64(chrome->sink, id);
    weft_chrome_put_category(chrome, kind_of(chrome, step->owner));
}

static void put_life(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                     const char *phase)
{
    const struct weft_object *object = &chrome->model->objects.at[step->owner];

    begin_async(chrome, step, phase);
    weft_chrome_say_object(chrome, step->owner);
    weft_chrome_put_name(chrome);
    if (phase[0] == 'b') {
        weft_chrome_put_text_arg(chrome, "kind", weft_objects[object->kind].words);
        weft_chrome_put_int_arg(chrome, "acquires", (int64_t)object->acquires);
        weft_chrome_put_int_arg(chrome, "contended", (int64_t)object->contended);
        weft_chrome_put_int_arg(chrome, "failed", (int64_t)object->failed);
        weft_chrome_put_int_arg(chrome, "timeouts", (int64_t)object->timeouts);
    }
    weft_chrome_end_event(chrome);
}

static void put_hold(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                     const char *phase)
{
    const struct weft_hold hold = weft_model_hold(chrome->model, step->owner, step->index);

    begin_async(chrome, step, phase);
    if (step->lane != 0) {
        weft_chrome_say_object(chrome, step->owner);
        weft_chrome_say(chrome, " ");
    }
    weft_chrome_say(chrome, "held by ");
    weft_chrome_say_thread(chrome, hold.thread, hold.start_ns);
    weft_chrome_put_name(chrome);
    if (phase[0] == 'b') {
        weft_chrome_put_loc(chrome, hold.site);
        weft_chrome_put_thread_arg(chrome, "owner", hold.thread, hold.start_ns);
        weft_chrome_put_site_args(chrome, hold.site);
        if (hold.released_by != WEFT_NONE && hold.released_by != hold.thread) {
            weft_chrome_put_thread_arg(chrome, "released_by", hold.released_by, hold.end_ns);
        }
        weft_chrome_put_true_arg(chrome, "cut", (hold.flags & WEFT_SPAN_OPEN) != 0);
    }
    weft_chrome_end_event(chrome);
}

static void put_counter(struct weft_chrome *chrome, const struct weft_chrome_step *step,
                        const char *suffix, const char *key, int64_t value)
{
    weft_chrome_begin_event(chrome, "C", chrome->lanes.object_tids[step->owner]);
    weft_chrome_put_time(chrome, step->t_ns);
    weft_chrome_say_object(chrome, step->owner);
    weft_chrome_say(chrome, suffix);
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, kind_of(chrome, step->owner));
    weft_chrome_put_int_arg(chrome, key, value);
    weft_chrome_end_event(chrome);
}

static void put_level(struct weft_chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_object *object = &chrome->model->objects.at[step->owner];
    const char *key = object->family == WEFT_FAMILY_QUEUE       ? "items"
                      : object->family == WEFT_FAMILY_SEMAPHORE ? "permits"
                                                                : "value";

    put_counter(chrome, step, "", key, weft_object_level(chrome->model, object, step->index).value);
}

static void put_step(struct weft_chrome *chrome, const struct weft_chrome_step *step)
{
    switch ((enum weft_chrome_what)step->what) {
    case WEFT_CHROME_WAKES:
        put_wakes(chrome, step);
        break;
    case WEFT_CHROME_WOKEN:
        put_arrow(chrome, step, "f");
        break;
    case WEFT_CHROME_WOKEN_AT_END:
        put_woken_at_end(chrome, step);
        break;
    case WEFT_CHROME_SPAN_BEGIN:
        put_span(chrome, step, "B");
        break;
    case WEFT_CHROME_SPAN_END:
        put_span(chrome, step, "E");
        break;
    case WEFT_CHROME_SPAN_INSTANT:
        put_span(chrome, step, "i");
        break;
    case WEFT_CHROME_ZONE_BEGIN:
        put_zone(chrome, step, "B");
        break;
    case WEFT_CHROME_ZONE_END:
        put_zone(chrome, step, "E");
        break;
    case WEFT_CHROME_ZONE_INSTANT:
        put_zone(chrome, step, "i");
        break;
    case WEFT_CHROME_POINT:
        put_point(chrome, step);
        break;
    case WEFT_CHROME_LIFE_BEGIN:
        put_life(chrome, step, "b");
        break;
    case WEFT_CHROME_LIFE_END:
        put_life(chrome, step, "e");
        break;
    case WEFT_CHROME_HOLD_BEGIN:
        put_hold(chrome, step, "b");
        break;
    case WEFT_CHROME_HOLD_END:
        put_hold(chrome, step, "e");
        break;
    case WEFT_CHROME_LEVEL:
        put_level(chrome, step);
        break;
    case WEFT_CHROME_WAITING_MORE:
        put_counter(chrome, step, " waiting", "threads", ++chrome->waiting[step->owner]);
        break;
    case WEFT_CHROME_WAITING_LESS:
        put_counter(chrome, step, " waiting", "threads", --chrome->waiting[step->owner]);
        break;
    }
}

/* The document ──────────────────────────────────────────────────────────────────────────────── */

/* Metadata events have no ts; lanes come in the order of the trace, threads before objects. */
static void put_lane(struct weft_chrome *chrome, uint32_t tid, uint32_t order)
{
    weft_chrome_begin_event(chrome, "M", tid);
    weft_sink_text(chrome->sink, ",\"name\":\"thread_name\"");
    weft_chrome_put_arg(chrome, "name");
    weft_chrome_put_said(chrome);
    weft_chrome_end_event(chrome);
    weft_chrome_begin_event(chrome, "M", tid);
    weft_sink_text(chrome->sink, ",\"name\":\"thread_sort_index\"");
    weft_chrome_put_int_arg(chrome, "sort_index", order);
    weft_chrome_end_event(chrome);
}

static void put_lanes(struct weft_chrome *chrome)
{
    const struct weft_model *model = chrome->model;
    uint32_t order = 0;

    weft_chrome_begin_event(
        chrome, "M", model->threads.count > 0 ? chrome->lanes.thread_tids[0] : chrome->lanes.pid);
    weft_sink_text(chrome->sink, ",\"name\":\"process_name\"");
    weft_chrome_put_text_arg(chrome, "name", model->header.program);
    weft_chrome_end_event(chrome);
    for (size_t i = 0; i < model->threads.count; i++) {
        weft_chrome_say(chrome, model->threads.at[i].name);
        put_lane(chrome, chrome->lanes.thread_tids[i], ++order);
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        if (model->objects.at[i].holds.count > 0) {
            weft_chrome_say_object(chrome, i);
            put_lane(chrome, chrome->lanes.object_tids[i], ++order);
        }
    }
    if (chrome->has_findings) {
        weft_chrome_say(chrome, "findings");
        put_lane(chrome, chrome->lanes.findings_tid, ++order);
    }
}

static void put_fact(struct weft_chrome *chrome, const char *key, uint64_t value)
{
    weft_sink_printf(chrome->sink, ",\n\"%s\":", key);
    weft_sink_u64(chrome->sink, value);
}

static void put_words(struct weft_chrome *chrome, const char *key, const char *text)
{
    weft_sink_printf(chrome->sink, ",\n\"%s\":", key);
    weft_sink_json(chrome->sink, text, strlen(text));
}

/* Perfetto shows "metadata" beside the trace, flat; it skips "otherData". */
static void put_metadata(struct weft_chrome *chrome)
{
    const struct weft_trace_header *header = &chrome->model->header;
    const struct weft_trace_health *health = &chrome->model->health;

    weft_sink_text(chrome->sink, "\"metadata\":{\n\"program\":");
    weft_sink_json(chrome->sink, header->program, strlen(header->program));
    for (uint32_t i = 0; i < header->command_count; i++) {
        weft_chrome_say(chrome, i == 0 ? "" : " ");
        weft_chrome_say(chrome, header->command[i]);
    }
    weft_sink_text(chrome->sink, ",\n\"command\":");
    weft_chrome_put_said(chrome);
    put_words(chrome, "start", header->start);
    put_words(chrome, "clock", header->clock);
    put_words(chrome, "recorder", header->recorder);
    put_fact(chrome, "duration_ns", chrome->model->end_ns);
    put_fact(chrome, "events", health->events);
    put_fact(chrome, "lost", health->lost);
    if (health->dropped > 0) {
        put_fact(chrome, "dropped", health->dropped);
    }
    put_fact(chrome, "late", health->late);
    put_fact(chrome, "bad_lines", health->bad_lines);
    weft_sink_printf(chrome->sink, ",\n\"complete\":%s", health->complete ? "true" : "false");
    weft_sink_text(chrome->sink, "\n}");
}

void weft_export_chrome(const struct weft_model *model, struct weft_sink *sink)
{
    struct weft_chrome chrome = {
        .model = model,
        .sink = sink,
        .scratch = {.fd = -1},
        .waiting = calloc(model->objects.count + 1, sizeof(uint32_t)),
    };
    struct weft_chrome_steps steps = {0};
    struct weft_chrome_findings findings = {0};

    if (chrome.waiting == NULL || !weft_sink_init(&chrome.scratch, -1) ||
        weft_chrome_lanes_init(&chrome.lanes, model) != WEFT_OK ||
        weft_chrome_steps_build(model, &steps) != WEFT_OK ||
        weft_chrome_findings_look(model, &findings) != WEFT_OK) {
        sink->errno_at = sink->errno_at != 0 ? sink->errno_at : ENOMEM;
        goto done;
    }
    weft_sink_text(sink, "{\"traceEvents\":[");
    chrome.has_findings = findings.count > 0;
    put_lanes(&chrome);
    for (size_t i = 0; i < steps.count && sink->errno_at == 0; i++) {
        weft_chrome_findings_put(&chrome, &findings, steps.at[i].t_ns);
        put_step(&chrome, &steps.at[i]);
    }
    weft_chrome_findings_put(&chrome, &findings, UINT64_MAX);
    weft_sink_text(sink, "\n],\n\"displayTimeUnit\":\"ns\",\n");
    put_metadata(&chrome);
    weft_sink_text(sink, "}\n");
done:
    weft_chrome_findings_done(&findings);
    free(steps.at);
    weft_chrome_lanes_done(&chrome.lanes);
    weft_sink_done(&chrome.scratch);
    free(chrome.waiting);
}
