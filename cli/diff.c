/* weft diff: runs of one program compared. */
#include "traces/analysis/diff.h"

#include "base/vec.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/table.h"
#include "traces/analysis/words.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>

enum { SIDE_MAX = 16, CHANGES_SHOWN = 40, NAMES_SHOWN = 20 };

struct diff_args {
    const char *before[SIDE_MAX], *after[SIDE_MAX];
    uint32_t before_count, after_count;
    bool json;
};

static const struct argp_option options[] = {
    {"before", 'b', "TRACE", 0, "One more run before the change", 0},
    {"after", 'a', "TRACE", 0, "One more run after the change", 0},
    {"json", 'j', NULL, 0, "One JSON object, in nanoseconds (see weft-diff(1))", 0},
    {0},
};

static error_t add_trace(const char *traces[], uint32_t *count, const char *trace,
                         struct argp_state *state)
{
    if (*count == SIDE_MAX) {
        argp_error(state, "too many traces (expected at most %d a side)", SIDE_MAX);
        return EINVAL;
    }
    traces[(*count)++] = trace;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct diff_args *args = state->input;

    switch (key) {
    case 'b':
        return add_trace(args->before, &args->before_count, arg, state);
    case 'a':
        return add_trace(args->after, &args->after_count, arg, state);
    case 'j':
        args->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1) {
            return ARGP_ERR_UNKNOWN;
        }
        return state->arg_num == 0 ? add_trace(args->before, &args->before_count, arg, state)
                                   : add_trace(args->after, &args->after_count, arg, state);
    case ARGP_KEY_END:
        if (args->before_count == 0 || args->after_count == 0) {
            argp_error(state, "which two traces?");
            return EINVAL;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "[BEFORE AFTER]",
    "Compares runs of one program: how durations, waits, holds, counts and findings changed.  "
    "Threads and objects are matched by name and role.  With several runs a side, what differs "
    "among those of one side is noise.",
    NULL,
    NULL,
    NULL};

struct changes {
    struct weft_change *at;
    size_t count, room;
};

static double size_of(const struct weft_change *change)
{
    return change->after > change->before ? change->after - change->before
                                          : change->before - change->after;
}

/* What is no noise first, the whole before its parts, times before counts, much before little. */
static int weighty_first(const void *a, const void *b)
{
    const struct weft_change *first = a, *second = b;
    const bool first_time = weft_measures[first->measure].is_time;
    const bool second_time = weft_measures[second->measure].is_time;
    const bool first_whole = first->measure <= WEFT_MEASURE_EVENTS;
    const bool second_whole = second->measure <= WEFT_MEASURE_EVENTS;

    if (first->noise != second->noise) {
        return first->noise ? 1 : -1;
    }
    if (first_whole != second_whole) {
        return first_whole ? -1 : 1;
    }
    if (first_time != second_time) {
        return first_time ? -1 : 1;
    }
    if (size_of(first) < size_of(second) || size_of(first) > size_of(second)) {
        return size_of(first) > size_of(second) ? -1 : 1;
    }
    return first->entry != second->entry ? (first->entry < second->entry ? -1 : 1)
                                         : (int)first->measure - (int)second->measure;
}

static bool list_changes(const struct weft_diff *diff, struct changes *changes)
{
    for (uint32_t i = 0; i < diff->entries.count; i++) {
        for (int measure = 0; measure < WEFT_MEASURES; measure++) {
            struct weft_change change;
            if (weft_diff_change(diff, i, (enum weft_measure)measure, &change) &&
                !weft_vec_push(changes, change)) {
                return false;
            }
        }
    }
    if (changes->count > 0) {
        qsort(changes->at, changes->count, sizeof *changes->at, weighty_first);
    }
    return true;
}

/* JSON ──────────────────────────────────────────────────────────────────────────────────────── */

static const char *const whats[WEFT_DIFF_WHATS] = {"trace", "thread", "object", "finding"};

static void json_values(struct weft_json *json, const char *key,
                        const struct weft_diff_entry *entry, uint8_t measure, uint32_t from,
                        uint32_t to)
{
    weft_json_array(json, key);
    for (uint32_t i = from; i < to; i++) {
        weft_json_u64(json, NULL, entry->runs[i].values[measure]);
    }
    weft_json_end(json);
}

static void json_only(struct weft_json *json, const struct weft_diff *diff, const char *key,
                      bool before)
{
    weft_json_array(json, key);
    for (size_t i = 0; i < diff->entries.count; i++) {
        const struct weft_diff_entry *entry = &diff->entries.at[i];
        if (weft_diff_is_before(diff, entry) == before &&
            weft_diff_is_after(diff, entry) == !before) {
            weft_json_object(json, NULL);
            weft_json_text(json, "what", whats[entry->what]);
            weft_json_text(json, "name", entry->name);
            weft_json_end(json);
        }
    }
    weft_json_end(json);
}

static void json_traces(struct weft_json *json, const char *key, const char *const traces[],
                        uint32_t count)
{
    weft_json_array(json, key);
    for (uint32_t i = 0; i < count; i++) {
        weft_json_text(json, NULL, traces[i]);
    }
    weft_json_end(json);
}

static void put_json(struct weft_sink *sink, const struct diff_args *args,
                     const struct weft_diff *diff, const struct changes *changes)
{
    struct weft_json json = {.sink = sink};

    weft_json_object(&json, NULL);
    json_traces(&json, "before", args->before, args->before_count);
    json_traces(&json, "after", args->after, args->after_count);
    weft_json_array(&json, "changes");
    for (size_t i = 0; i < changes->count; i++) {
        const struct weft_change *change = &changes->at[i];
        const struct weft_diff_entry *entry = &diff->entries.at[change->entry];
        weft_json_object(&json, NULL);
        weft_json_text(&json, "what", whats[entry->what]);
        weft_json_text(&json, "name", entry->name);
        weft_json_text(&json, "measure", weft_measures[change->measure].key);
        json_values(&json, "before", entry, change->measure, 0, diff->before);
        json_values(&json, "after", entry, change->measure, diff->before,
                    diff->before + diff->after);
        weft_json_bool(&json, "noise", change->noise);
        weft_json_end(&json);
    }
    weft_json_end(&json);
    json_only(&json, diff, "only_before", true);
    json_only(&json, diff, "only_after", false);
    weft_json_object(&json, "noise");
    weft_json_text(&json, "by", diff->before > 1 || diff->after > 1 ? "spread" : "thresholds");
    weft_json_u64(&json, "percent", WEFT_NOISE_PERCENT);
    weft_json_u64(&json, "time_ns", WEFT_NOISE_NS);
    weft_json_u64(&json, "count", WEFT_NOISE_COUNT);
    weft_json_end(&json);
    weft_json_end(&json);
}

/* Words ─────────────────────────────────────────────────────────────────────────────────────── */

static struct weft_word value_of(const struct weft_change *change, double value)
{
    struct weft_word word;

    if (weft_measures[change->measure].is_time) {
        return weft_words_duration((uint64_t)(value + 0.5));
    }
    if (value < 1e15 && value - (double)(uint64_t)value > 0.005) { /* a mean */
        (void)snprintf(word.text, sizeof word.text, "%.2f", value);
        return word;
    }
    return weft_words_count((uint64_t)value);
}

static struct weft_word percent_of(const struct weft_change *change)
{
    struct weft_word word;

    if (change->before <= 0) {
        return (struct weft_word){"new"};
    }
    const double percent = 100 * (change->after - change->before) / change->before;
    if (percent >= 1000) {
        (void)snprintf(word.text, sizeof word.text, "× %.3g", change->after / change->before);
    } else {
        (void)snprintf(word.text, sizeof word.text, "%+.0f %%", percent);
    }
    return word;
}

static void put_changes(struct weft_sink *sink, const struct weft_diff *diff,
                        const struct changes *changes)
{
    struct weft_table table;
    size_t real = 0;

    while (real < changes->count && !changes->at[real].noise) {
        real++;
    }
    weft_table_init(&table, 5, 2);
    for (size_t i = 0; i < real && i < CHANGES_SHOWN; i++) {
        const struct weft_change *change = &changes->at[i];
        const struct weft_diff_entry *entry = &diff->entries.at[change->entry];
        weft_table_cell(&table, entry->name);
        weft_table_cell(&table, weft_measures[change->measure].words);
        weft_table_cell(&table, value_of(change, change->before).text);
        weft_table_cell(&table, value_of(change, change->after).text);
        weft_table_cell(&table, percent_of(change).text);
    }
    weft_sink_text(sink, real > 0 ? "What changed, before and after:\n" : "Nothing changed.\n");
    weft_table_print(&table, sink);
    weft_table_done(&table);
    if (real > CHANGES_SHOWN) {
        weft_sink_printf(sink, "  and %s more (--json has all)\n",
                         weft_words_count(real - CHANGES_SHOWN).text);
    }
    if (changes->count > real) {
        weft_sink_printf(sink, "%s told as noise: ",
                         weft_words_counted(changes->count - real, "more difference").text);
        if (diff->before > 1 || diff->after > 1) {
            weft_sink_text(sink, "runs of one side differ as much among themselves.\n");
        } else {
            weft_sink_printf(
                sink, "less than %d %%, than %s or than %d.  Several runs a side tell more.\n",
                WEFT_NOISE_PERCENT, weft_words_duration(WEFT_NOISE_NS).text, WEFT_NOISE_COUNT);
        }
    }
}

static void put_only(struct weft_sink *sink, const struct weft_diff *diff, bool before)
{
    size_t count = 0;

    for (size_t i = 0; i < diff->entries.count; i++) {
        const struct weft_diff_entry *entry = &diff->entries.at[i];
        if (weft_diff_is_before(diff, entry) != before ||
            weft_diff_is_after(diff, entry) == before) {
            continue;
        }
        if (count++ < NAMES_SHOWN) {
            weft_sink_printf(sink, "%s%s %s",
                             count > 1 ? ", "
                             : before  ? "Only before: "
                                       : "Only after: ",
                             whats[entry->what], entry->name);
        }
    }
    if (count > NAMES_SHOWN) {
        weft_sink_printf(sink, " and %s more", weft_words_count(count - NAMES_SHOWN).text);
    }
    weft_sink_text(sink, count > 0 ? ".\n" : "");
}

/* ───────────────────────────────────────────────────────────────────────────────────────────── */

static int load_side(struct weft_diff *diff, const char *const traces[], uint32_t count,
                     uint32_t first, enum weft_names names)
{
    for (uint32_t i = 0; i < count; i++) {
        struct weft_model *model = NULL;
        const int result = weft_cli_load(traces[i], names, &model);
        if (result != WEFT_EXIT_DONE) {
            return result;
        }
        const bool ok = weft_diff_add(diff, model, first + i);
        weft_model_free(model);
        if (!ok) {
            return weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", traces[i]);
        }
    }
    return WEFT_EXIT_DONE;
}

int weft_cli_diff(int argc, char **argv)
{
    struct diff_args args = {.before_count = 0};
    struct weft_diff diff;
    struct changes changes = {NULL, 0, 0};
    struct weft_output output;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    weft_diff_init(&diff, args.before_count, args.after_count);
    const enum weft_names names = args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN;
    int result = load_side(&diff, args.before, args.before_count, 0, names);
    if (result == WEFT_EXIT_DONE) {
        result = load_side(&diff, args.after, args.after_count, args.before_count, names);
    }
    if (result == WEFT_EXIT_DONE && !list_changes(&diff, &changes)) {
        result = weft_cli_fail(WEFT_EXIT_UNREADABLE, "no memory");
    }
    if (result == WEFT_EXIT_DONE) {
        result = weft_output_open(&output, NULL, NULL);
    }
    if (result == WEFT_EXIT_DONE) {
        if (args.json) {
            put_json(&output.sink, &args, &diff, &changes);
        } else {
            put_changes(&output.sink, &diff, &changes);
            put_only(&output.sink, &diff, true);
            put_only(&output.sink, &diff, false);
        }
        result = weft_output_close(&output);
    }
    free(changes.at);
    weft_diff_done(&diff);
    return result;
}
