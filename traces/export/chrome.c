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
#include "traces/export/chrome_lanes.h"
#include "traces/export/chrome_steps.h"
#include "traces/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void weft_export_chrome(const struct weft_model *model, struct weft_sink *sink);

struct chrome {
    const struct weft_model *model;
    struct weft_sink *sink;
    struct weft_sink scratch; /* where a name is put together before it is escaped */
    struct weft_chrome_lanes lanes;
    uint32_t *waiting; /* by object: how many threads wait for it at the moment */
    uint64_t events;
    uint32_t args; /* of the event being written */
};

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

static void say_object(struct chrome *chrome, uint32_t object)
{
    weft_sink_text(&chrome->scratch, chrome->model->objects.at[object].name);
    if (chrome->lanes.ambiguous[object]) {
        weft_sink_text(&chrome->scratch, " #");
        weft_sink_u64(&chrome->scratch, chrome->model->objects.at[object].number);
    }
}

static void say_thread(struct chrome *chrome, uint32_t thread, uint64_t t_ns)
{
    weft_sink_text(&chrome->scratch, weft_thread_name_at(&chrome->model->threads.at[thread], t_ns));
}

static void say(struct chrome *chrome, const char *text)
{
    weft_sink_text(&chrome->scratch, text);
}

/* Writes what has been said as a JSON string. */
static void put_said(struct chrome *chrome)
{
    weft_sink_json(chrome->sink, chrome->scratch.buffer, chrome->scratch.used);
    if (chrome->scratch.errno_at != 0 && chrome->sink->errno_at == 0) {
        chrome->sink->errno_at = chrome->scratch.errno_at;
    }
    chrome->scratch.used = 0;
}

/* "lock wait threadLock", "join Thread-1", "sleep": the state first, since Perfetto makes the
 * colour from the name. */
static void say_span(struct chrome *chrome, const struct weft_span *span)
{
    say(chrome, weft_states[span->state].words);
    if (span->object == WEFT_NONE) {
        return;
    }
    say(chrome, " ");
    if (weft_span_about_thread(span)) {
        say_thread(chrome, span->object, span->start_ns);
    } else {
        say_object(chrome, span->object);
    }
}

static void say_about(struct chrome *chrome, uint32_t point)
{
    const struct weft_point at = weft_model_point(chrome->model, point);

    if (at.kind == WEFT_EV_THREAD_NAME && at.t_ns > 0) {
        say_thread(chrome, at.object, at.t_ns - 1); /* the old name; the new one is an argument */
    } else if (weft_point_about_thread(chrome->model, point)) {
        say_thread(chrome, at.object, at.t_ns);
    } else {
        say_object(chrome, at.object);
    }
}

/* Events ────────────────────────────────────────────────────────────────────────────────────── */

static void begin_event(struct chrome *chrome, const char *phase, uint32_t tid)
{
    weft_sink_text(chrome->sink, chrome->events++ == 0 ? "\n{\"ph\":\"" : ",\n{\"ph\":\"");
    weft_sink_text(chrome->sink, phase);
    weft_sink_text(chrome->sink, "\",\"pid\":");
    weft_sink_u64(chrome->sink, chrome->lanes.pid);
    weft_sink_text(chrome->sink, ",\"tid\":");
    weft_sink_u64(chrome->sink, tid);
    chrome->args = 0;
}

/* Microseconds with all their nanoseconds, from integers: a double has not enough digits. */
static void put_time(struct chrome *chrome, uint64_t t_ns)
{
    const unsigned ns = (unsigned)(t_ns % 1000);
    const char digits[] = {'.', (char)('0' + ns / 100), (char)('0' + ns / 10 % 10),
                           (char)('0' + ns % 10)};

    weft_sink_text(chrome->sink, ",\"ts\":");
    weft_sink_u64(chrome->sink, t_ns / 1000);
    weft_sink_bytes(chrome->sink, digits, sizeof digits);
}

static void put_name(struct chrome *chrome)
{
    weft_sink_text(chrome->sink, ",\"name\":");
    put_said(chrome);
}

static void put_category(struct chrome *chrome, const char *category)
{
    weft_sink_text(chrome->sink, ",\"cat\":\"");
    weft_sink_text(chrome->sink, category);
    weft_sink_char(chrome->sink, '"');
}

static void put_arg(struct chrome *chrome, const char *key)
{
    weft_sink_text(chrome->sink, chrome->args++ == 0 ? ",\"args\":{\"" : ",\"");
    weft_sink_text(chrome->sink, key);
    weft_sink_text(chrome->sink, "\":");
}

static void put_text_arg(struct chrome *chrome, const char *key, const char *text)
{
    put_arg(chrome, key);
    weft_sink_json(chrome->sink, text, strlen(text));
}

static void put_int_arg(struct chrome *chrome, const char *key, int64_t value)
{
    put_arg(chrome, key);
    weft_sink_i64(chrome->sink, value);
}

static void put_true_arg(struct chrome *chrome, const char *key, bool is_true)
{
    if (is_true) {
        put_arg(chrome, key);
        weft_sink_text(chrome->sink, "true");
    }
}

static void put_thread_arg(struct chrome *chrome, const char *key, uint32_t thread, uint64_t t_ns)
{
    put_arg(chrome, key);
    say_thread(chrome, thread, t_ns);
    put_said(chrome);
}

static void put_object_arg(struct chrome *chrome, const char *key, uint32_t object)
{
    put_arg(chrome, key);
    say_object(chrome, object);
    put_said(chrome);
}

static const struct weft_site *site_of(const struct chrome *chrome, uint32_t site)
{
    return site != WEFT_NONE ? &chrome->model->sites.at[site] : NULL;
}

static void put_site_args(struct chrome *chrome, uint32_t index)
{
    const struct weft_site *site = site_of(chrome, index);

    if (site == NULL) {
        return;
    }
    if (site->function[0] != '\0') {
        put_text_arg(chrome, "function", site->function);
    }
    if (site->file[0] != '\0') {
        put_text_arg(chrome, "file", site->file);
    }
    if (site->line != 0) {
        put_int_arg(chrome, "line", site->line);
    }
}

/* For Tracy, which makes a source location from it. */
static void put_loc(struct chrome *chrome, uint32_t index)
{
    const struct weft_site *site = site_of(chrome, index);

    if (site != NULL && site->file[0] != '\0') {
        const char *slash = strrchr(site->file, '/');
        say(chrome, slash != NULL && slash[1] != '\0' ? slash + 1 : site->file);
        say(chrome, ":");
        weft_sink_u64(&chrome->scratch, site->line);
        weft_sink_text(chrome->sink, ",\"loc\":");
        put_said(chrome);
    }
}

static void end_event(struct chrome *chrome)
{
    weft_sink_text(chrome->sink, chrome->args > 0 ? "}}" : "}");
}

/* Slices of threads ─────────────────────────────────────────────────────────────────────────── */

static void put_wait_args(struct chrome *chrome, uint32_t thread, const struct weft_span *span)
{
    const struct weft_span_extra extra = weft_span_extra_of(chrome->model, span);

    if (span->state == WEFT_STATE_LOCK_WAIT && span->object != WEFT_NONE) {
        const struct weft_object *object = &chrome->model->objects.at[span->object];
        const uint32_t hold = weft_object_hold_at(chrome->model, object, span->start_ns);
        if (hold != WEFT_NONE && weft_object_hold(chrome->model, object, hold).thread != thread) {
            put_thread_arg(chrome, "owner", weft_object_hold(chrome->model, object, hold).thread,
                           span->start_ns);
        }
    }
    if (extra.mutex != WEFT_NONE) {
        put_object_arg(chrome, "lock", extra.mutex);
    }
    if (extra.wake != WEFT_NONE) {
        const struct weft_wake wake = weft_model_wake(chrome->model, extra.wake);
        put_thread_arg(chrome, "woken_by", wake.from_thread, wake.from_ns);
    }
    if (extra.amount >= 0) {
        put_int_arg(chrome, "timeout_ns", extra.amount);
    }
    if ((span->flags & (WEFT_SPAN_OPEN | WEFT_SPAN_ASSUMED)) == 0) {
        put_text_arg(chrome, "outcome", weft_outcomes[span->outcome]);
    }
}

static void put_poll_args(struct chrome *chrome, const struct weft_span *span)
{
    const struct weft_span_extra extra = weft_span_extra_of(chrome->model, span);

    if (span->question != WEFT_ASK_NONE) {
        put_text_arg(chrome, "question", weft_questions[span->question].words);
        put_int_arg(chrome, "answer", extra.answer);
        put_int_arg(chrome, "times", extra.amount);
    }
}

static void put_span_args(struct chrome *chrome, uint32_t thread, const struct weft_span *span)
{
    if (span->object != WEFT_NONE) {
        if (weft_span_about_thread(span)) {
            put_thread_arg(chrome, "thread", span->object, span->start_ns);
        } else {
            put_object_arg(chrome, "object", span->object);
        }
    }
    if (span->state == WEFT_STATE_POLL) {
        put_poll_args(chrome, span);
    } else if (span->state == WEFT_STATE_SLEEP) {
        const int64_t asked_ns = weft_span_extra_of(chrome->model, span).amount;
        if (asked_ns >= 0) {
            put_int_arg(chrome, "asked_ns", asked_ns);
        }
    } else if (span->state != WEFT_STATE_RUNNING && span->state != WEFT_STATE_UNKNOWN) {
        put_wait_args(chrome, thread, span);
    }
    put_site_args(chrome, span->site);
    put_true_arg(chrome, "cut", (span->flags & WEFT_SPAN_OPEN) != 0);
}

static void put_span(struct chrome *chrome, const struct weft_chrome_step *step, const char *phase)
{
    const struct weft_span span = weft_model_span(chrome->model, step->owner, step->index);

    begin_event(chrome, phase, chrome->lanes.thread_tids[step->owner]);
    put_time(chrome, step->t_ns);
    say_span(chrome, &span);
    put_name(chrome);
    put_category(chrome, weft_states[span.state].name);
    if (phase[0] == 'i') {
        weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    }
    if (phase[0] != 'E') {
        weft_sink_printf(chrome->sink, ",\"cname\":\"%s\"", colors[span.state]);
        put_loc(chrome, span.site);
    }
    if (span.state == WEFT_STATE_RUNNING && step->zone != WEFT_NONE) {
        put_text_arg(chrome, "zone",
                     chrome->model->threads.at[step->owner].zones.at[step->zone].name);
    }
    put_span_args(chrome, step->owner, &span);
    put_true_arg(chrome, "again", step->again);
    end_event(chrome);
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

static void put_zone(struct chrome *chrome, const struct weft_chrome_step *step, const char *phase)
{
    const struct weft_zone *zone = &chrome->model->threads.at[step->owner].zones.at[step->index];

    begin_event(chrome, phase, chrome->lanes.thread_tids[step->owner]);
    put_time(chrome, step->t_ns);
    say(chrome, zone->name);
    put_name(chrome);
    put_category(chrome, "zone");
    if (phase[0] == 'i') {
        weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    }
    put_true_arg(chrome, "zone", is_name_of_state(zone->name));
    put_true_arg(chrome, "cut", (zone->flags & WEFT_SPAN_OPEN) != 0);
    put_true_arg(chrome, "again", step->again);
    end_event(chrome);
}

/* Instants ──────────────────────────────────────────────────────────────────────────────────── */

static void put_event_arg(struct chrome *chrome, uint8_t arg, int64_t value)
{
    if (arg == WEFT_ARG_NONE) {
        return;
    }
    if (weft_args[arg].type == WEFT_ARG_TYPE_QUESTION) {
        if (value > WEFT_ASK_NONE && value < WEFT_ASK_COUNT) {
            put_text_arg(chrome, weft_args[arg].name, weft_questions[value].words);
        }
    } else if (weft_args[arg].type == WEFT_ARG_TYPE_NS) {
        if (value >= 0) {
            put_int_arg(chrome, "timeout_ns", value);
        }
    } else if (weft_args[arg].type != WEFT_ARG_TYPE_OBJECT) {
        put_int_arg(chrome, weft_args[arg].name, value);
    }
}

static void put_point_args(struct chrome *chrome, uint32_t index)
{
    const struct weft_point point = weft_model_point(chrome->model, index);
    const struct weft_event_info *info = &weft_events[point.kind];
    const struct weft_point_args args = weft_model_args(chrome->model, index);

    if (point.object != WEFT_NONE) {
        put_arg(chrome, weft_point_about_thread(chrome->model, index) ? "thread" : "object");
        say_about(chrome, index);
        put_said(chrome);
    }
    if (point.outcome != WEFT_OUT_OK) {
        put_text_arg(chrome, "outcome", weft_outcomes[point.outcome]);
    }
    if (args.point != WEFT_NONE) {
        put_event_arg(chrome, info->first, args.first);
        put_event_arg(chrome, info->second, args.second);
        if (args.text != NULL && info->text != WEFT_TEXT_NONE) {
            put_text_arg(chrome, weft_texts[info->text], args.text);
        }
    }
    put_site_args(chrome, point.site);
}

static void put_point(struct chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_point point = weft_model_point(chrome->model, step->index);
    const struct weft_event_info *info = &weft_events[point.kind];
    const struct weft_point_args args = weft_model_args(chrome->model, step->index);

    begin_event(chrome, "i", chrome->lanes.thread_tids[step->owner]);
    put_time(chrome, step->t_ns);
    if (info->text == WEFT_TEXT_TEXT && args.text != NULL) {
        say(chrome, args.text);
    } else {
        say(chrome, info->words);
        if (point.object != WEFT_NONE) {
            say(chrome, " ");
            say_about(chrome, step->index);
        }
        if (info->first == WEFT_ARG_QUESTION && args.first > WEFT_ASK_NONE &&
            args.first < WEFT_ASK_COUNT) {
            say(chrome, ": ");
            say(chrome, weft_questions[args.first].words);
        }
    }
    put_name(chrome);
    put_category(chrome, info->name);
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    put_loc(chrome, point.site);
    put_point_args(chrome, step->index);
    end_event(chrome);
}

/* Arrows ────────────────────────────────────────────────────────────────────────────────────── */

static void put_arrow(struct chrome *chrome, const struct weft_chrome_step *step, const char *phase)
{
    begin_event(chrome, phase, chrome->lanes.thread_tids[step->owner]);
    put_time(chrome, step->t_ns);
    weft_sink_text(chrome->sink, ",\"name\":\"hand-off\",\"cat\":\"hand-off\",\"id\":");
    weft_sink_u64(chrome->sink, (uint64_t)step->index + 1);
    weft_sink_text(chrome->sink, ",\"bp\":\"e\"");
    end_event(chrome);
}

static void put_wakes(struct chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_wake wake = weft_model_wake(chrome->model, step->index);

    begin_event(chrome, "i", chrome->lanes.thread_tids[step->owner]);
    put_time(chrome, step->t_ns);
    say(chrome, "wakes ");
    say_thread(chrome, wake.to_thread, wake.from_ns);
    put_name(chrome);
    put_category(chrome, "hand-off");
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    put_loc(chrome, wake.from_site);
    put_thread_arg(chrome, "thread", wake.to_thread, wake.from_ns);
    if (wake.object != WEFT_NONE) {
        put_object_arg(chrome, "object", wake.object);
    }
    put_site_args(chrome, wake.from_site);
    end_event(chrome);
    put_arrow(chrome, step, "s");
}

/* No slice begins here that the arrow could point at: it gets an instant. */
static void put_woken_at_end(struct chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_wake wake = weft_model_wake(chrome->model, step->index);

    begin_event(chrome, "i", chrome->lanes.thread_tids[step->owner]);
    put_time(chrome, step->t_ns);
    say(chrome, "woken by ");
    say_thread(chrome, wake.from_thread, wake.from_ns);
    put_name(chrome);
    put_category(chrome, "hand-off");
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    put_thread_arg(chrome, "thread", wake.from_thread, wake.from_ns);
    end_event(chrome);
    put_arrow(chrome, step, "f");
}

/* Lanes of objects ──────────────────────────────────────────────────────────────────────────── */

static const char *kind_of(const struct chrome *chrome, uint32_t object)
{
    return weft_objects[chrome->model->objects.at[object].kind].name;
}

static void begin_async(struct chrome *chrome, const struct weft_chrome_step *step,
                        const char *phase)
{
    const uint64_t id = step->lane == 0 ? (uint64_t)step->owner + 1
                                        : (uint64_t)chrome->model->objects.count + step->lane;

    begin_event(chrome, phase, chrome->lanes.object_tids[step->owner]);
    put_time(chrome, step->t_ns);
    weft_sink_text(chrome->sink, ",\"id\":");
    weft_sink_u64(chrome->sink, id);
    put_category(chrome, kind_of(chrome, step->owner));
}

static void put_life(struct chrome *chrome, const struct weft_chrome_step *step, const char *phase)
{
    const struct weft_object *object = &chrome->model->objects.at[step->owner];

    begin_async(chrome, step, phase);
    say_object(chrome, step->owner);
    put_name(chrome);
    if (phase[0] == 'b') {
        put_text_arg(chrome, "kind", weft_objects[object->kind].words);
        put_int_arg(chrome, "acquires", (int64_t)object->acquires);
        put_int_arg(chrome, "contended", (int64_t)object->contended);
        put_int_arg(chrome, "failed", (int64_t)object->failed);
        put_int_arg(chrome, "timeouts", (int64_t)object->timeouts);
    }
    end_event(chrome);
}

static void put_hold(struct chrome *chrome, const struct weft_chrome_step *step, const char *phase)
{
    const struct weft_hold hold = weft_model_hold(chrome->model, step->owner, step->index);

    begin_async(chrome, step, phase);
    if (step->lane != 0) {
        say_object(chrome, step->owner);
        say(chrome, " ");
    }
    say(chrome, "held by ");
    say_thread(chrome, hold.thread, hold.start_ns);
    put_name(chrome);
    if (phase[0] == 'b') {
        put_loc(chrome, hold.site);
        put_thread_arg(chrome, "owner", hold.thread, hold.start_ns);
        put_site_args(chrome, hold.site);
        if (hold.released_by != WEFT_NONE && hold.released_by != hold.thread) {
            put_thread_arg(chrome, "released_by", hold.released_by, hold.end_ns);
        }
        put_true_arg(chrome, "cut", (hold.flags & WEFT_SPAN_OPEN) != 0);
    }
    end_event(chrome);
}

static void put_counter(struct chrome *chrome, const struct weft_chrome_step *step,
                        const char *suffix, const char *key, int64_t value)
{
    begin_event(chrome, "C", chrome->lanes.object_tids[step->owner]);
    put_time(chrome, step->t_ns);
    say_object(chrome, step->owner);
    say(chrome, suffix);
    put_name(chrome);
    put_category(chrome, kind_of(chrome, step->owner));
    put_int_arg(chrome, key, value);
    end_event(chrome);
}

static void put_level(struct chrome *chrome, const struct weft_chrome_step *step)
{
    const struct weft_object *object = &chrome->model->objects.at[step->owner];
    const char *key = object->family == WEFT_FAMILY_QUEUE       ? "items"
                      : object->family == WEFT_FAMILY_SEMAPHORE ? "permits"
                                                                : "value";

    put_counter(chrome, step, "", key, weft_object_level(chrome->model, object, step->index).value);
}

static void put_step(struct chrome *chrome, const struct weft_chrome_step *step)
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
static void put_lane(struct chrome *chrome, uint32_t tid, uint32_t order)
{
    begin_event(chrome, "M", tid);
    weft_sink_text(chrome->sink, ",\"name\":\"thread_name\"");
    put_arg(chrome, "name");
    put_said(chrome);
    end_event(chrome);
    begin_event(chrome, "M", tid);
    weft_sink_text(chrome->sink, ",\"name\":\"thread_sort_index\"");
    put_int_arg(chrome, "sort_index", order);
    end_event(chrome);
}

static void put_lanes(struct chrome *chrome)
{
    const struct weft_model *model = chrome->model;
    uint32_t order = 0;

    begin_event(chrome, "M",
                model->threads.count > 0 ? chrome->lanes.thread_tids[0] : chrome->lanes.pid);
    weft_sink_text(chrome->sink, ",\"name\":\"process_name\"");
    put_text_arg(chrome, "name", model->header.program);
    end_event(chrome);
    for (size_t i = 0; i < model->threads.count; i++) {
        say(chrome, model->threads.at[i].name);
        put_lane(chrome, chrome->lanes.thread_tids[i], ++order);
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        if (model->objects.at[i].holds.count > 0) {
            say_object(chrome, i);
            put_lane(chrome, chrome->lanes.object_tids[i], ++order);
        }
    }
}

static void put_fact(struct chrome *chrome, const char *key, uint64_t value)
{
    weft_sink_printf(chrome->sink, ",\n\"%s\":", key);
    weft_sink_u64(chrome->sink, value);
}

static void put_words(struct chrome *chrome, const char *key, const char *text)
{
    weft_sink_printf(chrome->sink, ",\n\"%s\":", key);
    weft_sink_json(chrome->sink, text, strlen(text));
}

/* Perfetto shows "metadata" beside the trace, flat; it skips "otherData". */
static void put_metadata(struct chrome *chrome)
{
    const struct weft_trace_header *header = &chrome->model->header;
    const struct weft_trace_health *health = &chrome->model->health;

    weft_sink_text(chrome->sink, "\"metadata\":{\n\"program\":");
    weft_sink_json(chrome->sink, header->program, strlen(header->program));
    for (uint32_t i = 0; i < header->command_count; i++) {
        say(chrome, i == 0 ? "" : " ");
        say(chrome, header->command[i]);
    }
    weft_sink_text(chrome->sink, ",\n\"command\":");
    put_said(chrome);
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
    struct chrome chrome = {
        .model = model,
        .sink = sink,
        .scratch = {.fd = -1},
        .waiting = calloc(model->objects.count + 1, sizeof(uint32_t)),
    };
    struct weft_chrome_steps steps = {0};

    if (chrome.waiting == NULL || !weft_sink_init(&chrome.scratch, -1) ||
        weft_chrome_lanes_init(&chrome.lanes, model) != WEFT_OK ||
        weft_chrome_steps_build(model, &steps) != WEFT_OK) {
        sink->errno_at = sink->errno_at != 0 ? sink->errno_at : ENOMEM;
        goto done;
    }
    weft_sink_text(sink, "{\"traceEvents\":[");
    put_lanes(&chrome);
    for (size_t i = 0; i < steps.count && sink->errno_at == 0; i++) {
        put_step(&chrome, &steps.at[i]);
    }
    weft_sink_text(sink, "\n],\n\"displayTimeUnit\":\"ns\",\n");
    put_metadata(&chrome);
    weft_sink_text(sink, "}\n");
done:
    free(steps.at);
    weft_chrome_lanes_done(&chrome.lanes);
    weft_sink_done(&chrome.scratch);
    free(chrome.waiting);
}
