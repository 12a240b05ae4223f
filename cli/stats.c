/* weft stats: the numbers of a trace, for people or as JSON (docs/stats.schema.json). */
#include "traces/analysis/stats.h"

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/table.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"
#include "traces/analysis/words.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many are told to people; JSON has all, but of pairs so many. */
enum { THREADS_SHOWN = 50, OBJECTS_SHOWN = 20, PAIRS_SHOWN = 5, PAIRS_IN_JSON = 1000 };

struct stats_args {
    const char *trace;
    const char *thread, *object; /* NULL: all */
    uint64_t from_ns, to_ns;
    bool json;
};

static const struct argp_option options[] = {
    {"thread", 'T', "THREAD", 0, "Only what this thread did (its number or its name)", 0},
    {"object", 'O', "OBJECT", 0, "Only this object (its number or its name)", 0},
    {"range", 'r', "FROM:TO", 0, "Only this time, such as 1.5s:2s, 300ms: or :1s", 0},
    {"json", 'j', NULL, 0, "One JSON object, in nanoseconds (see weft-stats(1))", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct stats_args *args = state->input;

    switch (key) {
    case 'T':
        args->thread = arg;
        return 0;
    case 'O':
        args->object = arg;
        return 0;
    case 'r':
        return weft_args_range(arg, state, &args->from_ns, &args->to_ns);
    case 'j':
        args->json = true;
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Prints the numbers of a trace: time of each thread in each state, waits and holds of each "
    "lock, depth of each queue, the longest waits, and how far the trace can be trusted.",
    NULL,
    NULL,
    NULL};

/* The numbers of an object ──────────────────────────────────────────────────────────────────── */

enum type { COUNT, NS, LEVEL, MEAN };

/* Families as bits. */
enum {
    LOCKS = 1 << WEFT_FAMILY_LOCK,
    RWLOCKS = 1 << WEFT_FAMILY_RWLOCK,
    CONDITIONS = 1 << WEFT_FAMILY_CONDITION,
    SEMAPHORES = 1 << WEFT_FAMILY_SEMAPHORE,
    EVENTS = 1 << WEFT_FAMILY_EVENT,
    BARRIERS = 1 << WEFT_FAMILY_BARRIER,
    QUEUES = 1 << WEFT_FAMILY_QUEUE,
    FUTEXES = 1 << WEFT_FAMILY_FUTEX,
    COUNTERS = 1 << WEFT_FAMILY_COUNTER,
    HELD = LOCKS | RWLOCKS | SEMAPHORES,
    LEVELS = QUEUES | SEMAPHORES,
    ALL = -1,
};

struct field {
    const char *key;   /* in JSON */
    const char *title; /* of the column; NULL: only in JSON */
    enum type type;
    size_t offset; /* in struct weft_object_stats */
    int in_json;   /* families that have the key */
    int in_words;  /* families that have the column */
};

/* One table of facts: the JSON keys and the columns are made from it. */
#define FIELD(key, title, type, member, in_json, in_words)                                         \
    {                                                                                              \
        key, title, type, offsetof(struct weft_object_stats, member), in_json, in_words            \
    }
static const struct field fields[] = {
    FIELD("events", NULL, COUNT, events, ALL, 0),
    FIELD("acquires", "acquires", COUNT, acquires, ALL, HELD),
    FIELD("contended", "contended", COUNT, contended, ALL, HELD),
    FIELD("failed", "failed", COUNT, failed, ALL, HELD | QUEUES),
    FIELD("timeouts", "time-outs", COUNT, timeouts, ALL,
          HELD | CONDITIONS | EVENTS | QUEUES | FUTEXES),
    FIELD("releases", NULL, COUNT, releases, HELD, 0),
    FIELD("read_acquires", "to read", COUNT, read_acquires, RWLOCKS, RWLOCKS),
    FIELD("write_acquires", "to write", COUNT, write_acquires, RWLOCKS, RWLOCKS),
    FIELD("puts", "puts", COUNT, puts, QUEUES, QUEUES),
    FIELD("gets", "gets", COUNT, gets, QUEUES, QUEUES),
    FIELD("put_waits", "put waits", COUNT, put_waits, QUEUES, QUEUES),
    FIELD("get_waits", "get waits", COUNT, get_waits, QUEUES, QUEUES),
    FIELD("tasks_done", NULL, COUNT, tasks_done, QUEUES, 0),
    FIELD("join_waits", NULL, COUNT, join_waits, QUEUES, 0),
    FIELD("signals", "signals", COUNT, signals, CONDITIONS, CONDITIONS),
    FIELD("broadcasts", "broadcasts", COUNT, broadcasts, CONDITIONS, CONDITIONS),
    FIELD("sets", "sets", COUNT, signals, EVENTS, EVENTS),
    FIELD("passes", "passes", COUNT, passes, BARRIERS, BARRIERS),
    FIELD("wakes", "wakes", COUNT, wakes, FUTEXES, FUTEXES),
    FIELD("waits", "waits", COUNT, waits.count, ALL, ALL & ~COUNTERS),
    FIELD("open_waits", NULL, COUNT, open_waits, ALL, 0),
    FIELD("wait_total_ns", "waited", NS, waits.total_ns, ALL, ALL & ~COUNTERS),
    FIELD("wait_max_ns", "longest", NS, waits.max_ns, ALL, ALL & ~COUNTERS),
    FIELD("wait_p50_ns", "p50", NS, waits.p50_ns, ALL, ALL & ~COUNTERS),
    FIELD("wait_p99_ns", "p99", NS, waits.p99_ns, ALL, ALL & ~COUNTERS),
    FIELD("signal_wait_ns", "for the signal", NS, signal_ns, CONDITIONS, CONDITIONS),
    FIELD("mutex_wait_ns", "for the mutex", NS, mutex_ns, CONDITIONS, CONDITIONS),
    FIELD("holds", NULL, COUNT, holds.count, ALL, 0),
    FIELD("open_holds", NULL, COUNT, open_holds, ALL, 0),
    FIELD("hold_total_ns", "held", NS, holds.total_ns, ALL, HELD),
    FIELD("hold_max_ns", "longest", NS, holds.max_ns, ALL, HELD),
    FIELD("hold_p50_ns", "p50", NS, holds.p50_ns, ALL, HELD),
    FIELD("hold_p99_ns", "p99", NS, holds.p99_ns, ALL, HELD),
    FIELD("depth_mean", "mean depth", MEAN, level_mean, QUEUES, QUEUES),
    FIELD("depth_peak", "peak", LEVEL, level_peak, QUEUES, QUEUES),
    FIELD("depth_last", NULL, LEVEL, level_last, QUEUES, 0),
    FIELD("full_ns", "full", NS, full_ns, QUEUES, QUEUES),
    FIELD("empty_ns", "empty", NS, empty_ns, QUEUES, QUEUES),
    FIELD("value_mean", "mean value", MEAN, level_mean, SEMAPHORES, SEMAPHORES),
    FIELD("value_last", "last value", LEVEL, level_last, SEMAPHORES | COUNTERS, COUNTERS),
    FIELD("value_peak", "peak", LEVEL, level_peak, COUNTERS, COUNTERS),
    FIELD("exhausted_ns", "exhausted", NS, empty_ns, SEMAPHORES, SEMAPHORES),
};
enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static uint64_t number_of(const struct field *field, const struct weft_object_stats *row)
{
    uint64_t value;

    memcpy(&value, (const char *)row + field->offset, sizeof value);
    return value;
}

static int64_t level_of(const struct field *field, const struct weft_object_stats *row)
{
    int64_t value;

    memcpy(&value, (const char *)row + field->offset, sizeof value);
    return value;
}

static double mean_of(const struct field *field, const struct weft_object_stats *row)
{
    double value;

    memcpy(&value, (const char *)row + field->offset, sizeof value);
    return value;
}

/* JSON ──────────────────────────────────────────────────────────────────────────────────────── */

static void json_site(struct weft_json *json, const struct weft_model *model, uint32_t site)
{
    if (site >= model->sites.count) {
        return;
    }
    weft_json_text(json, "function", model->sites.at[site].function);
    weft_json_text(json, "file", model->sites.at[site].file);
    weft_json_u64(json, "line", model->sites.at[site].line);
}

static void json_trace(struct weft_json *json, const struct weft_model *model,
                       const struct weft_stats *stats)
{
    const struct weft_trace_health *health = &model->health;

    weft_json_object(json, "trace");
    weft_json_text(json, "program", model->header.program);
    weft_json_u64(json, "duration_ns", model->end_ns);
    weft_json_u64(json, "events", health->events);
    weft_json_u64(json, "lost", stats->lost);
    weft_json_u64(json, "dropped", health->dropped);
    weft_json_bool(json, "complete", health->complete);
    weft_json_bool(json, "cut", !health->ended);
    weft_json_u64(json, "late", health->late);
    weft_json_u64(json, "bad_lines", health->bad_lines);
    weft_json_u64(json, "unknown_events", health->unknown_events);
    weft_json_u64(json, "oddities", model->oddities);
    weft_json_text(json, "clock", model->header.clock);
    weft_json_i64(json, "resolution_ns", model->header.resolution_ns);
    if (stats->overhead_ns >= 0) {
        weft_json_i64(json, "overhead_ns", stats->overhead_ns);
        weft_json_i64(json, "overhead_per_event_ns", model->header.overhead_ns);
    } else {
        weft_json_null(json, "overhead_ns");
        weft_json_null(json, "overhead_per_event_ns");
    }
    weft_json_end(json);
    weft_json_object(json, "range");
    weft_json_u64(json, "from_ns", stats->query.from_ns);
    weft_json_u64(json, "to_ns", stats->query.to_ns);
    weft_json_u64(json, "events", stats->events);
    weft_json_end(json);
}

static void json_thread(struct weft_json *json, const struct weft_model *model,
                        const struct weft_thread_stats *row)
{
    const struct weft_thread_info *info = &model->threads.at[row->thread];

    weft_json_object(json, NULL);
    weft_json_u64(json, "id", info->number);
    weft_json_text(json, "name", info->name);
    weft_json_i64(json, "tid", info->tid);
    weft_json_u64(json, "start_ns", info->start_ns);
    weft_json_u64(json, "end_ns", info->end_ns);
    weft_json_bool(json, "ended", info->ended);
    weft_json_u64(json, "lifetime_ns", row->lifetime_ns);
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        struct weft_word key;
        (void)snprintf(key.text, sizeof key.text, "%s_ns", weft_states[state].name);
        weft_json_u64(json, key.text, row->state_ns[state]);
    }
    weft_json_u64(json, "events", row->events);
    weft_json_u64(json, "waits", row->waits.count);
    weft_json_u64(json, "wait_total_ns", row->waits.total_ns);
    weft_json_u64(json, "wait_max_ns", row->waits.max_ns);
    weft_json_u64(json, "wait_p50_ns", row->waits.p50_ns);
    weft_json_u64(json, "wait_p99_ns", row->waits.p99_ns);
    weft_json_end(json);
}

static void json_person(struct weft_json *json, const struct weft_model *model, const char *id_key,
                        const char *key, uint32_t thread)
{
    if (thread == WEFT_NONE) {
        weft_json_null(json, id_key);
        weft_json_null(json, key);
    } else {
        weft_json_u64(json, id_key, model->threads.at[thread].number);
        weft_json_text(json, key, model->threads.at[thread].name);
    }
}

static void json_object(struct weft_json *json, const struct weft_model *model,
                        const struct weft_object_stats *row)
{
    const struct weft_object *object = &model->objects.at[row->object];

    weft_json_object(json, NULL);
    weft_json_u64(json, "id", object->number);
    weft_json_text(json, "kind",
                   object->kind == WEFT_OBJ_NONE ? "unknown" : weft_objects[object->kind].name);
    weft_json_text(json, "name", object->name);
    if (object->capacity > 0) {
        weft_json_i64(json, "capacity", object->capacity);
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field *field = &fields[i];
        if (field->in_json != ALL && (field->in_json & 1 << object->family) == 0) {
            continue;
        }
        if (field->type == MEAN) {
            weft_json_real(json, field->key, mean_of(field, row));
        } else if (field->type == LEVEL) {
            weft_json_i64(json, field->key, level_of(field, row));
        } else {
            weft_json_u64(json, field->key, number_of(field, row));
        }
    }
    weft_json_array(json, "waited_for");
    for (size_t i = 0; i < row->blames.count && i < PAIRS_IN_JSON; i++) {
        const struct weft_blame *blame = &row->blames.at[i];
        weft_json_object(json, NULL);
        json_person(json, model, "waiter_id", "waiter", blame->waiter);
        json_person(json, model, "owner_id", "owner", blame->owner);
        weft_json_u64(json, "ns", blame->ns);
        weft_json_u64(json, "waits", blame->count);
        weft_json_end(json);
    }
    weft_json_end(json);
    weft_json_u64(json, "waited_for_left_out",
                  row->blames.count > PAIRS_IN_JSON ? row->blames.count - PAIRS_IN_JSON : 0);
    weft_json_end(json);
}

static void json_longest(struct weft_json *json, const struct weft_model *model,
                         const struct weft_stats *stats)
{
    weft_json_array(json, "longest_waits");
    for (size_t i = 0; i < stats->longest_count; i++) {
        const struct weft_long_wait *wait = &stats->longest[i];
        const struct weft_span span = weft_model_span(model, wait->thread, wait->span);
        weft_json_object(json, NULL);
        weft_json_text(json, "wait", weft_wait_id(model, wait->thread, wait->span).text);
        json_person(json, model, "thread_id", "thread", wait->thread);
        weft_json_text(json, "state", weft_states[span.state].name);
        if (span.object != WEFT_NONE && weft_span_about_thread(&span)) {
            json_person(json, model, "target_id", "target", span.object);
        } else if (span.object != WEFT_NONE) {
            weft_json_u64(json, "object_id", model->objects.at[span.object].number);
            weft_json_text(json, "object", model->objects.at[span.object].name);
        }
        weft_json_u64(json, "start_ns", span.start_ns);
        weft_json_u64(json, "end_ns", weft_span_end_ns(model, wait->thread, wait->span));
        weft_json_u64(json, "ns", wait->ns);
        weft_json_bool(json, "open", (span.flags & WEFT_SPAN_OPEN) != 0);
        json_site(json, model, span.site);
        weft_json_end(json);
    }
    weft_json_end(json);
}

static void put_json(struct weft_sink *sink, const struct weft_model *model,
                     const struct weft_stats *stats)
{
    struct weft_json json = {.sink = sink};

    weft_json_object(&json, NULL);
    json_trace(&json, model, stats);
    weft_json_array(&json, "threads");
    for (size_t i = 0; i < stats->threads.count; i++) {
        json_thread(&json, model, &stats->threads.at[i]);
    }
    weft_json_end(&json);
    weft_json_array(&json, "objects");
    for (size_t i = 0; i < stats->objects.count; i++) {
        json_object(&json, model, &stats->objects.at[i]);
    }
    weft_json_end(&json);
    json_longest(&json, model, stats);
    weft_json_object(&json, "parallelism");
    weft_json_real(&json, "mean", stats->parallel);
    weft_json_array(&json, "over_time");
    for (int i = 0; i < WEFT_STATS_BUCKETS; i++) {
        weft_json_real(&json, NULL, stats->parallel_of[i]);
    }
    weft_json_end(&json);
    weft_json_end(&json);
    weft_json_end(&json);
}

/* Words ─────────────────────────────────────────────────────────────────────────────────────── */

static void put_head(struct weft_sink *sink, const struct weft_model *model,
                     const struct weft_stats *stats)
{
    weft_sink_printf(sink, "%s: %s, ", model->header.program,
                     weft_words_duration(model->end_ns).text);
    weft_sink_printf(sink, "%s by ", weft_words_counted(model->health.events, "event").text);
    weft_sink_printf(sink, "%s on ", weft_words_counted(model->threads.count, "thread").text);
    weft_sink_printf(sink, "%s\n", weft_words_counted(model->objects.count, "object").text);
    if (stats->query.from_ns > 0 || !stats->to_end) {
        weft_sink_printf(sink, "only from %s ", weft_words_moment(stats->query.from_ns, 1e3).text);
        weft_sink_printf(sink, "to %s: %s\n", weft_words_moment(stats->query.to_ns, 1e3).text,
                         weft_words_counted(stats->events, "event").text);
    }
}

static struct weft_word time_cell(uint64_t ns)
{
    return ns == 0 ? (struct weft_word){"–"} : weft_words_duration(ns);
}

static void put_threads(struct weft_sink *sink, const struct weft_model *model,
                        const struct weft_stats *stats)
{
    bool used[WEFT_STATE_COUNT] = {[WEFT_STATE_RUNNING] = true};
    size_t columns = 3;
    struct weft_table table;

    for (size_t i = 0; i < stats->threads.count; i++) {
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            used[state] |= stats->threads.at[i].state_ns[state] > 0;
        }
    }
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        columns += used[state];
    }
    weft_table_init(&table, columns, 2);
    weft_table_cell(&table, "id");
    weft_table_cell(&table, "thread");
    weft_table_cell(&table, "life");
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        if (used[state]) {
            weft_table_cell(&table, weft_states[state].words);
        }
    }
    for (size_t i = 0; i < stats->threads.count && i < THREADS_SHOWN; i++) {
        const struct weft_thread_stats *row = &stats->threads.at[i];
        const struct weft_thread_info *info = &model->threads.at[row->thread];
        weft_table_cell(&table, weft_words_count(info->number).text);
        weft_table_cell(&table, info->name);
        weft_table_cell(&table, weft_words_duration(row->lifetime_ns).text);
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            if (used[state]) {
                weft_table_cell(&table, time_cell(row->state_ns[state]).text);
            }
        }
    }
    weft_sink_text(sink, "\nThreads (running means running or ready to run)\n");
    weft_table_print(&table, sink);
    weft_table_done(&table);
    if (stats->threads.count > THREADS_SHOWN) {
        weft_sink_printf(sink, "  and %s more (--json has all)\n",
                         weft_words_count(stats->threads.count - THREADS_SHOWN).text);
    }
}

static const struct section {
    int family;
    const char *title;
} sections[] = {
    {WEFT_FAMILY_LOCK, "Locks"},           {WEFT_FAMILY_RWLOCK, "Read-write locks"},
    {WEFT_FAMILY_CONDITION, "Conditions"}, {WEFT_FAMILY_SEMAPHORE, "Semaphores"},
    {WEFT_FAMILY_EVENT, "Events"},         {WEFT_FAMILY_BARRIER, "Barriers"},
    {WEFT_FAMILY_QUEUE, "Queues"},         {WEFT_FAMILY_FUTEX, "Futexes"},
    {WEFT_FAMILY_COUNTER, "Counters"},
};

static int most_waited_first(const void *a, const void *b)
{
    const struct weft_object_stats *first = *(const struct weft_object_stats *const *)a;
    const struct weft_object_stats *second = *(const struct weft_object_stats *const *)b;

    return first->waits.total_ns != second->waits.total_ns
               ? (first->waits.total_ns > second->waits.total_ns ? -1 : 1)
           : first->events != second->events ? (first->events > second->events ? -1 : 1)
                                             : (first->object < second->object ? -1 : 1);
}

static void put_cell(struct weft_table *table, const struct field *field,
                     const struct weft_object_stats *row)
{
    struct weft_word word;

    switch (field->type) {
    case NS:
        word = time_cell(number_of(field, row));
        break;
    case LEVEL:
        word = weft_words_number(level_of(field, row));
        break;
    case MEAN:
        (void)snprintf(word.text, sizeof word.text, "%.2f", mean_of(field, row));
        break;
    default:
        word = weft_words_count(number_of(field, row));
        break;
    }
    weft_table_cell(table, word.text);
}

static void put_pairs(struct weft_sink *sink, const struct weft_model *model,
                      const struct weft_object_stats *row)
{
    for (size_t i = 0; i < row->blames.count && i < PAIRS_SHOWN; i++) {
        const struct weft_blame *blame = &row->blames.at[i];
        weft_sink_printf(sink, "    %s: %s waited ", model->objects.at[row->object].name,
                         model->threads.at[blame->waiter].name);
        weft_sink_printf(sink, "%s for ", weft_words_duration(blame->ns).text);
        weft_sink_printf(sink, "%s, in ",
                         blame->owner == WEFT_NONE ? "nobody that is known"
                                                   : model->threads.at[blame->owner].name);
        weft_sink_printf(sink, "%s\n", weft_words_counted(blame->count, "wait").text);
    }
    if (row->blames.count > PAIRS_SHOWN) {
        weft_sink_printf(sink, "    %s: and %s more pairs\n", model->objects.at[row->object].name,
                         weft_words_count(row->blames.count - PAIRS_SHOWN).text);
    }
}

static void put_section(struct weft_sink *sink, const struct weft_model *model,
                        const struct section *section, const struct weft_object_stats *const *rows,
                        size_t count)
{
    const size_t shown = count < OBJECTS_SHOWN ? count : OBJECTS_SHOWN;
    const int family = 1 << section->family;
    size_t columns = 3;
    struct weft_table table;

    for (int i = 0; i < FIELD_COUNT; i++) {
        columns += (fields[i].in_words & family) != 0;
    }
    weft_table_init(&table, columns, 3);
    weft_table_cell(&table, "id");
    weft_table_cell(&table, "name");
    weft_table_cell(&table, "kind");
    for (int i = 0; i < FIELD_COUNT; i++) {
        if ((fields[i].in_words & family) != 0) {
            weft_table_cell(&table, fields[i].title);
        }
    }
    for (size_t k = 0; k < shown; k++) {
        const struct weft_object *object = &model->objects.at[rows[k]->object];
        weft_table_cell(&table, weft_words_count(object->number).text);
        weft_table_cell(&table, object->name);
        weft_table_cell(&table, weft_objects[object->kind].words);
        for (int i = 0; i < FIELD_COUNT; i++) {
            if ((fields[i].in_words & family) != 0) {
                put_cell(&table, &fields[i], rows[k]);
            }
        }
    }
    weft_sink_printf(sink, "\n%s\n", section->title);
    weft_table_print(&table, sink);
    weft_table_done(&table);
    if (count > shown) {
        weft_sink_printf(sink, "  and %s more, which were waited for less (--json has all)\n",
                         weft_words_count(count - shown).text);
    }
    for (size_t k = 0; k < shown; k++) {
        put_pairs(sink, model, rows[k]);
    }
}

static bool put_objects(struct weft_sink *sink, const struct weft_model *model,
                        const struct weft_stats *stats)
{
    const struct weft_object_stats **rows = calloc(stats->objects.count + 1, sizeof *rows);

    if (rows == NULL) {
        return false;
    }
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        size_t count = 0;
        for (size_t i = 0; i < stats->objects.count; i++) {
            const struct weft_object_stats *row = &stats->objects.at[i];
            if (model->objects.at[row->object].family == sections[s].family) {
                rows[count++] = row;
            }
        }
        if (count > 0) {
            qsort(rows, count, sizeof *rows, most_waited_first);
            put_section(sink, model, &sections[s], rows, count);
        }
    }
    free(rows);
    return true;
}

static void put_longest(struct weft_sink *sink, const struct weft_model *model,
                        const struct weft_stats *stats)
{
    struct weft_table table;

    if (stats->longest_count == 0) {
        return;
    }
    weft_table_init(&table, 5, 5);
    for (size_t i = 0; i < stats->longest_count; i++) {
        const struct weft_long_wait *wait = &stats->longest[i];
        const struct weft_span span = weft_model_span(model, wait->thread, wait->span);
        struct weft_sentence label = {.len = 0}, site = {.len = 0};
        struct weft_word word;
        for (uint32_t variant = span.state == WEFT_STATE_JOIN ? 0 : 1;
             variant < WEFT_LABEL_VARIANTS &&
             !weft_sentence_label(model, wait->thread, wait->span, variant, &label);
             variant++) {
        }
        weft_table_cell(&table, weft_wait_id(model, wait->thread, wait->span).text);
        weft_table_cell(&table,
                        weft_thread_name_at(&model->threads.at[wait->thread], span.start_ns));
        weft_table_cell(&table, label.text);
        (void)snprintf(word.text, sizeof word.text, "from %.40s",
                       weft_words_moment(span.start_ns, 1e6).text);
        weft_table_cell(&table, word.text);
        weft_table_cell(&table, weft_sentence_site(model, span.site, &site) ? site.text : "");
    }
    weft_sink_text(sink, "\nLongest waits (weft explain TRACE --wait ID tells why)\n");
    weft_table_print(&table, sink);
    weft_table_done(&table);
}

static void put_parallel(struct weft_sink *sink, const struct weft_stats *stats)
{
    static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double most = 0;

    for (int i = 0; i < WEFT_STATS_BUCKETS; i++) {
        most = stats->parallel_of[i] > most ? stats->parallel_of[i] : most;
    }
    weft_sink_printf(sink, "\nParallelism: %.2f threads ran at a time on average\n  |",
                     stats->parallel);
    for (int i = 0; i < WEFT_STATS_BUCKETS; i++) {
        const double share = most > 0 ? stats->parallel_of[i] / most : 0;
        const int bar = (int)(share * 8 + 0.5);
        weft_sink_text(sink, bars[bar == 0 && share > 0 ? 1 : bar]);
    }
    weft_sink_printf(sink, "|  at most %.2f\n", most);
}

static void put_health(struct weft_sink *sink, const struct weft_model *model,
                       const struct weft_stats *stats)
{
    const struct weft_trace_health *health = &model->health;
    const double threads_ns = (double)model->end_ns * (double)model->threads.count;

    weft_sink_printf(sink, "\nThe trace: %s, ",
                     health->complete ? "complete"
                     : health->ended  ? "not complete"
                                      : "cut (its last line is missing)");
    weft_sink_printf(sink, "%s lost", weft_words_counted(stats->lost, "event").text);
    if (health->dropped > 0) {
        weft_sink_printf(sink, ", %s left away by a limit", weft_words_count(health->dropped).text);
    }
    if (health->late > 0) {
        weft_sink_printf(sink, ", %s late", weft_words_count(health->late).text);
    }
    if (health->bad_lines > 0) {
        weft_sink_printf(sink, ", %s skipped",
                         weft_words_counted(health->bad_lines, "bad line").text);
    }
    if (model->oddities > 0) {
        weft_sink_printf(sink, ", %s contradict what came before",
                         weft_words_counted(model->oddities, "event").text);
    }
    weft_sink_printf(sink, "; clock %s, ", model->header.clock);
    weft_sink_printf(sink, "resolution %s\n",
                     weft_words_duration(model->header.resolution_ns > 0
                                             ? (uint64_t)model->header.resolution_ns
                                             : 0)
                         .text);
    if (stats->overhead_ns < 0) {
        weft_sink_text(sink, "The recording's cost is not known\n");
        return;
    }
    weft_sink_printf(sink, "Recording took about %s, ",
                     weft_words_duration((uint64_t)stats->overhead_ns).text);
    weft_sink_printf(
        sink, "%s an event: ", weft_words_duration((uint64_t)model->header.overhead_ns).text);
    weft_sink_printf(sink, "%s of the threads' time\n",
                     weft_words_share((uint64_t)stats->overhead_ns,
                                      threads_ns < 1e18 ? (uint64_t)threads_ns : UINT64_MAX)
                         .text);
}

static int report(const struct stats_args *args, const struct weft_model *model)
{
    struct weft_stats_query query = {.from_ns = args->from_ns, .to_ns = args->to_ns};
    struct weft_stats stats;
    struct weft_output output;
    int result = weft_cli_find_thread(model, args->trace, args->thread, &query.thread);

    if (result == WEFT_EXIT_DONE) {
        result = weft_cli_find_object(model, args->trace, args->object, &query.object);
    }
    if (result == WEFT_EXIT_DONE && args->from_ns > model->end_ns) {
        result = weft_cli_fail(WEFT_EXIT_USAGE, "%s: the range begins after the end, at %.3f s",
                               args->trace, (double)model->end_ns / 1e9);
    }
    if (result == WEFT_EXIT_DONE && !weft_stats_build(model, query, &stats)) {
        result = weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", args->trace);
    }
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    result = weft_output_open(&output, NULL, NULL);
    if (result == WEFT_EXIT_DONE) {
        if (args->json) {
            put_json(&output.sink, model, &stats);
        } else {
            put_head(&output.sink, model, &stats);
            put_threads(&output.sink, model, &stats);
            if (!put_objects(&output.sink, model, &stats)) {
                weft_sink_text(&output.sink, "\n(no memory for the objects)\n");
            }
            put_longest(&output.sink, model, &stats);
            put_parallel(&output.sink, &stats);
            put_health(&output.sink, model, &stats);
        }
        result = weft_output_close(&output);
    }
    weft_stats_done(&stats);
    return result;
}

int weft_cli_stats(int argc, char **argv)
{
    struct stats_args args = {.to_ns = UINT64_MAX};
    struct weft_model *model = NULL;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN, &model);
    if (result == WEFT_EXIT_DONE) {
        result = report(&args, model);
        weft_model_free(model);
    }
    return result;
}
