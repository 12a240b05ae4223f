/* weft explain: why threads waited, in plain sentences. */
#include "traces/analysis/explain.h"

#include "base/duration.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "traces/analysis/path.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/stats.h"
#include "traces/analysis/wait_id.h"

#include <errno.h>
#include <stdlib.h>

enum { COSTS_SHOWN = 5, WAITS_SHOWN = 5, ROWS_SHOWN = 50, PIECES_SHOWN = 20, CAUSE_DEPTH = 8 };

struct explain_args {
    const char *trace;
    const char *thread, *wait; /* NULL: not asked */
    uint64_t at_ns;
    bool has_at, json;
};

static const struct argp_option options[] = {
    {"thread", 'T', "THREAD", 0, "The life of this thread (its number or its name)", 0},
    {"at", 'a', "TIME", 0, "What every thread and object is doing at this time, such as 1.5s", 0},
    {"wait", 'w', "ID", 0, "Why this wait lasted; stats and dump tell the IDs, such as 2.5", 0},
    {"json", 'j', NULL, 0, "One JSON object, in nanoseconds (see weft-explain(1))", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct explain_args *args = state->input;

    switch (key) {
    case 'T':
        args->thread = arg;
        return 0;
    case 'w':
        args->wait = arg;
        return 0;
    case 'a':
        args->has_at = true;
        if (!weft_duration_parse(arg, &args->at_ns)) {
            argp_error(state, "\"%s\" is no time (expected such as 1.5s or 300ms)", arg);
            return EINVAL;
        }
        return 0;
    case 'j':
        args->json = true;
        return 0;
    case ARGP_KEY_END:
        if (args->wait != NULL && (args->thread != NULL || args->has_at)) {
            argp_error(state, "--wait stands alone: the ID says which thread and when");
            return EINVAL;
        }
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Tells in sentences why threads waited: by default what cost most time and which pieces the "
    "whole duration consisted of; for a wait its chain of owners and the root; for a thread its "
    "life; for a time what everything was doing.",
    NULL,
    NULL,
    NULL};

/* Where the report goes, in one of two forms. */
struct report {
    const struct weft_model *model;
    struct weft_sink *sink;
    struct weft_json *json; /* NULL: words */
};

static void json_who(struct weft_json *json, const struct weft_model *model, uint32_t thread)
{
    if (thread == WEFT_NONE) {
        weft_json_null(json, "thread_id");
        weft_json_null(json, "thread");
        return;
    }
    weft_json_u64(json, "thread_id", model->threads.at[thread].number);
    weft_json_text(json, "thread", model->threads.at[thread].name);
}

/* One wait ──────────────────────────────────────────────────────────────────────────────────── */

static const char *const why_names[] = {"unknown",  "held",    "until", "life",
                                        "handover", "timeout", "nobody"};

static void json_cause(const struct report *report, const struct weft_chain *chain, uint32_t index)
{
    const struct weft_cause *cause = &chain->causes.at[index];
    struct weft_sentence words = {.len = 0};

    weft_json_object(report->json, NULL);
    weft_json_u64(report->json, "index", index);
    if (cause->parent == WEFT_NONE) {
        weft_json_null(report->json, "parent");
    } else {
        weft_json_u64(report->json, "parent", cause->parent);
        weft_json_text(report->json, "why", why_names[cause->why]);
    }
    json_who(report->json, report->model, cause->thread);
    weft_json_text(report->json, "state",
                   cause->state < WEFT_STATE_COUNT          ? weft_states[cause->state].name
                   : cause->doing == WEFT_DOING_NOT_STARTED ? "not_started"
                   : cause->doing == WEFT_DOING_ENDED       ? "ended"
                                                            : "none");
    weft_json_bool(report->json, "ring", cause->doing == WEFT_DOING_CYCLE);
    weft_json_u64(report->json, "ns", cause->ns);
    weft_explain_cause(report->model, chain, index, &words);
    weft_json_text(report->json, "words", words.text);
    weft_json_end(report->json);
}

static void json_callers(const struct report *report, uint32_t point)
{
    const uint32_t *sites;
    const uint32_t callers = weft_model_stack(report->model, point, &sites);

    weft_json_array(report->json, "called_from");
    for (uint32_t i = 0; i < callers; i++) {
        const struct weft_site *site = &report->model->sites.at[sites[i]];
        weft_json_object(report->json, NULL);
        weft_json_text(report->json, "function", site->function);
        weft_json_text(report->json, "file", site->file);
        weft_json_u64(report->json, "line", site->line);
        weft_json_end(report->json);
    }
    weft_json_end(report->json);
}

static void json_wait(const struct report *report, const struct weft_chain *chain, uint32_t thread,
                      uint32_t span)
{
    const uint32_t root = weft_chain_root(chain);
    struct weft_sentence story = {.len = 0}, root_words = {.len = 0}, end = {.len = 0};

    weft_explain_chain(report->model, chain, &story);
    weft_explain_root(report->model, chain, &root_words);
    weft_explain_end(report->model, thread, span, &end);
    weft_json_text(report->json, "wait", weft_wait_id(report->model, thread, span).text);
    json_who(report->json, report->model, thread);
    weft_json_u64(report->json, "ns", chain->causes.at[0].ns);
    weft_json_text(report->json, "sentence", story.text);
    weft_json_text(report->json, "ended", end.text);
    json_callers(report, weft_model_span(report->model, thread, span).point);
    weft_json_object(report->json, "root");
    json_who(report->json, report->model, chain->causes.at[root].thread);
    weft_json_u64(report->json, "cause", root);
    weft_json_u64(report->json, "ns", chain->causes.at[root].ns);
    weft_json_text(report->json, "words", root_words.text);
    weft_json_end(report->json);
    weft_json_u64(report->json, "cut_ns", chain->cut_ns);
    weft_json_array(report->json, "causes");
    for (uint32_t i = 0; i < chain->causes.count; i++) {
        json_cause(report, chain, i);
    }
    weft_json_end(report->json);
}

/* The causes below one, most time first; those under a hundredth of the wait are summed up. */
static void put_causes(const struct report *report, const struct weft_chain *chain, uint32_t parent,
                       uint32_t depth)
{
    const uint64_t least_ns = chain->causes.at[0].ns / 100;
    uint64_t below_ns = UINT64_MAX, rest_ns = 0;
    uint32_t below = 0;

    for (;;) { /* the next in order of time, then of index */
        uint32_t best = WEFT_NONE;
        for (uint32_t i = chain->causes.at[parent].first_child; i != WEFT_NONE;
             i = chain->causes.at[i].sibling) {
            const uint64_t ns = chain->causes.at[i].ns;
            if ((ns < below_ns || (ns == below_ns && i > below)) &&
                (best == WEFT_NONE || ns > chain->causes.at[best].ns ||
                 (ns == chain->causes.at[best].ns && i < best))) {
                best = i;
            }
        }
        if (best == WEFT_NONE) {
            break;
        }
        const struct weft_cause *cause = &chain->causes.at[best];
        below_ns = cause->ns;
        below = best;
        if (cause->ns < least_ns || depth >= CAUSE_DEPTH) {
            rest_ns += cause->ns;
            continue;
        }
        struct weft_sentence words = {.len = 0};
        weft_explain_cause(report->model, chain, best, &words);
        weft_sink_printf(report->sink, "%*s%8s  %7s  ", (int)(2 * depth), "",
                         weft_words_duration(cause->ns).text,
                         weft_words_share(cause->ns, chain->causes.at[0].ns).text);
        weft_sink_printf(report->sink, "%s\n", words.text);
        put_causes(report, chain, best, depth + 1);
    }
    if (rest_ns > 0) {
        weft_sink_printf(report->sink, "%*s%8s  %7s  the rest\n", (int)(2 * depth), "",
                         weft_words_duration(rest_ns).text,
                         weft_words_share(rest_ns, chain->causes.at[0].ns).text);
    }
}

static void put_callers(const struct report *report, uint32_t point)
{
    const uint32_t *sites;
    const uint32_t callers = weft_model_stack(report->model, point, &sites);

    for (uint32_t i = 0; i < callers; i++) {
        struct weft_sentence site = {.len = 0};
        if (!weft_sentence_site(report->model, sites[i], &site)) {
            weft_sentence_add(&site, "a place without a name");
        }
        weft_sink_printf(report->sink, "  called from %s\n", site.text);
    }
}

static void put_wait(const struct report *report, const struct weft_chain *chain, uint32_t thread,
                     uint32_t span)
{
    struct weft_sentence story = {.len = 0}, root = {.len = 0}, end = {.len = 0};
    struct weft_facts facts;

    weft_explain_chain(report->model, chain, &story);
    weft_explain_end(report->model, thread, span, &end);
    weft_explain_root(report->model, chain, &root);
    weft_sink_printf(report->sink, "%s\n", story.text);
    weft_facts_of_span(report->model, thread, span, &facts);
    for (uint32_t i = 0; i < facts.count && i < 1; i++) { /* state and period */
        weft_sink_printf(report->sink, "%s\n", facts.facts[i].text);
    }
    struct weft_sentence site = {.len = 0};
    if (weft_sentence_site(report->model, weft_model_span(report->model, thread, span).site,
                           &site)) {
        weft_sink_printf(report->sink, "Called in %s.\n", site.text);
    }
    put_callers(report, weft_model_span(report->model, thread, span).point);
    weft_sink_printf(report->sink, "%s\n", end.text);
    if (weft_chain_root(chain) != 0) {
        weft_sink_printf(report->sink, "The root: %s.\n\nWhat the wait consisted of:\n", root.text);
        put_causes(report, chain, 0, 0);
    }
    if (chain->cut_ns > 0) {
        weft_sink_printf(report->sink, "%8s          was not followed: the chain is too large\n",
                         weft_words_duration(chain->cut_ns).text);
    }
}

static bool explain_wait(const struct report *report, uint32_t thread, uint32_t span)
{
    struct weft_chain chain;

    if (!weft_chain_build(report->model, thread, span, 0, UINT64_MAX, &chain)) {
        return false;
    }
    (report->json != NULL ? json_wait : put_wait)(report, &chain, thread, span);
    weft_chain_done(&chain);
    return true;
}

/* One moment ────────────────────────────────────────────────────────────────────────────────── */

static bool is_in_use(const struct weft_object *object, uint64_t t_ns)
{
    return object->first_ns <= t_ns && (!object->destroyed || t_ns < object->last_ns);
}

static void moment_of_thread(const struct report *report, uint32_t thread, uint64_t t_ns)
{
    struct weft_sentence words = {.len = 0};
    const char *name = weft_name_of_thread(report->model, thread, t_ns);
    const uint32_t span = weft_model_span_at(report->model, thread, t_ns);

    weft_sentence_now(report->model, thread, t_ns, &words);
    if (report->json == NULL) {
        weft_sink_printf(report->sink, "  %s %s\n", name, words.text);
        return;
    }
    weft_json_object(report->json, NULL);
    weft_json_u64(report->json, "id", report->model->threads.at[thread].number);
    weft_json_text(report->json, "name", name);
    weft_json_text(report->json, "words", words.text);
    if (span != WEFT_NONE) {
        const struct weft_span what = weft_model_span(report->model, thread, span);
        weft_json_text(report->json, "state", weft_states[what.state].name);
        weft_json_text(report->json, "wait", weft_wait_id(report->model, thread, span).text);
    } else {
        weft_json_null(report->json, "state");
        weft_json_null(report->json, "wait");
    }
    weft_json_end(report->json);
}

static void moment_of_object(const struct report *report, uint32_t object, uint64_t t_ns)
{
    struct weft_sentence words = {.len = 0};
    const struct weft_object *what = &report->model->objects.at[object];

    weft_sentence_object_now(report->model, object, t_ns, &words);
    if (report->json == NULL) {
        weft_sink_printf(report->sink, "  %s: %s\n", what->name, words.text);
        return;
    }
    weft_json_object(report->json, NULL);
    weft_json_u64(report->json, "id", what->number);
    weft_json_text(report->json, "name", what->name);
    weft_json_text(report->json, "words", words.text);
    weft_json_end(report->json);
}

static bool explain_moment(const struct report *report, uint32_t thread, uint64_t t_ns)
{
    const struct weft_model *model = report->model;
    size_t shown = 0;

    if (report->json != NULL) {
        weft_json_u64(report->json, "at_ns", t_ns);
        weft_json_array(report->json, "threads");
    } else {
        weft_sink_printf(report->sink, "At %s:\n", weft_words_moment(t_ns, 1e3).text);
    }
    for (uint32_t i = 0; i < model->threads.count; i++) {
        if ((thread == WEFT_NONE || thread == i) &&
            (report->json != NULL || shown++ < ROWS_SHOWN)) {
            moment_of_thread(report, i, t_ns);
        }
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
        weft_json_array(report->json, "objects");
    } else if (shown > ROWS_SHOWN) {
        weft_sink_printf(report->sink, "  and %s more threads\n",
                         weft_words_count(shown - ROWS_SHOWN).text);
    }
    shown = 0;
    for (uint32_t i = 0; i < model->objects.count && thread == WEFT_NONE; i++) {
        if (is_in_use(&model->objects.at[i], t_ns) &&
            (report->json != NULL || shown++ < ROWS_SHOWN)) {
            moment_of_object(report, i, t_ns);
        }
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
    } else if (shown > ROWS_SHOWN) {
        weft_sink_printf(report->sink, "  and %s more objects\n",
                         weft_words_count(shown - ROWS_SHOWN).text);
    }
    return true;
}

/* Waits, longest first, with one sentence each: in a life and of the whole. */
static bool tell_longest(const struct report *report, const struct weft_stats *stats)
{
    if (report->json != NULL) {
        weft_json_array(report->json, "longest_waits");
    }
    for (size_t i = 0; i < stats->longest_count && (report->json != NULL || i < WAITS_SHOWN); i++) {
        const struct weft_long_wait *wait = &stats->longest[i];
        if (report->json != NULL) {
            weft_json_object(report->json, NULL);
            const bool ok = explain_wait(report, wait->thread, wait->span);
            weft_json_end(report->json);
            if (!ok) {
                return false;
            }
            continue;
        }
        struct weft_chain chain;
        struct weft_sentence story = {.len = 0};
        if (!weft_chain_build(report->model, wait->thread, wait->span, 0, UINT64_MAX, &chain)) {
            return false;
        }
        weft_explain_chain(report->model, &chain, &story);
        weft_chain_done(&chain);
        weft_sink_printf(report->sink, "  %-6s %s\n",
                         weft_wait_id(report->model, wait->thread, wait->span).text, story.text);
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
    }
    return true;
}

/* One thread ────────────────────────────────────────────────────────────────────────────────── */

static void put_life(const struct report *report, const struct weft_thread_stats *row)
{
    const struct weft_model *model = report->model;
    const struct weft_thread_info *info = &model->threads.at[row->thread];
    bool first = true;

    weft_sink_printf(report->sink, "%s ", info->name);
    if (info->parent != WEFT_NONE) {
        weft_sink_printf(report->sink, "was made by %s, ",
                         weft_name_of_thread(model, info->parent, info->start_ns));
    }
    weft_sink_printf(report->sink, "%s at %s", info->started ? "started" : "is first seen",
                     weft_words_moment(info->start_ns, 1e3).text);
    weft_sink_printf(report->sink, " and %s at %s, after %s.\n",
                     info->ended ? "ended" : "had not ended when the trace did,",
                     weft_words_moment(info->end_ns, 1e3).text,
                     weft_words_duration(row->lifetime_ns).text);
    weft_sink_text(report->sink, "It spent ");
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        if (row->state_ns[state] > 0) {
            weft_sink_printf(report->sink, "%s%s in %s (%s)", first ? "" : ", ",
                             weft_words_duration(row->state_ns[state]).text,
                             weft_states[state].words,
                             weft_words_share(row->state_ns[state], row->lifetime_ns).text);
            first = false;
        }
    }
    weft_sink_printf(report->sink, "%s.\n", first ? "no time" : "");
}

/* For whom the thread was the one that others waited for. */
static void tell_blames(const struct report *report, const struct weft_stats *all, uint32_t thread)
{
    if (report->json != NULL) {
        weft_json_array(report->json, "kept_waiting");
    }
    for (size_t i = 0; i < all->objects.count; i++) {
        const struct weft_object_stats *row = &all->objects.at[i];
        for (size_t k = 0; k < row->blames.count; k++) {
            const struct weft_blame *blame = &row->blames.at[k];
            if (blame->owner != thread || blame->waiter == thread) {
                continue;
            }
            if (report->json != NULL) {
                weft_json_object(report->json, NULL);
                json_who(report->json, report->model, blame->waiter);
                weft_json_text(report->json, "object", report->model->objects.at[row->object].name);
                weft_json_u64(report->json, "ns", blame->ns);
                weft_json_u64(report->json, "waits", blame->count);
                weft_json_end(report->json);
                continue;
            }
            weft_sink_printf(report->sink, "%s waited %s for it, for %s, in %s.\n",
                             report->model->threads.at[blame->waiter].name,
                             weft_words_duration(blame->ns).text,
                             report->model->objects.at[row->object].name,
                             weft_words_counted(blame->count, "wait").text);
        }
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
    }
}

static bool explain_thread(const struct report *report, uint32_t thread)
{
    struct weft_stats own, all;
    bool ok;

    if (!weft_stats_build(report->model,
                          (struct weft_stats_query){0, UINT64_MAX, thread, WEFT_NONE}, &own)) {
        return false;
    }
    if (!weft_stats_build(report->model,
                          (struct weft_stats_query){0, UINT64_MAX, WEFT_NONE, WEFT_NONE}, &all)) {
        weft_stats_done(&own);
        return false;
    }
    if (report->json != NULL) {
        json_who(report->json, report->model, thread);
        weft_json_u64(report->json, "start_ns", report->model->threads.at[thread].start_ns);
        weft_json_u64(report->json, "end_ns", report->model->threads.at[thread].end_ns);
        weft_json_object(report->json, "states_ns");
        for (int state = 0; state < WEFT_STATE_COUNT && own.threads.count > 0; state++) {
            weft_json_u64(report->json, weft_states[state].name, own.threads.at[0].state_ns[state]);
        }
        weft_json_end(report->json);
    } else if (own.threads.count > 0) {
        put_life(report, &own.threads.at[0]);
    } else {
        weft_sink_printf(report->sink, "%s did nothing that is in the trace.\n",
                         report->model->threads.at[thread].name);
    }
    tell_blames(report, &all, thread);
    if (report->json == NULL && own.longest_count > 0) {
        weft_sink_text(report->sink, "\nIts longest waits:\n");
    }
    ok = tell_longest(report, &own);
    weft_stats_done(&own);
    weft_stats_done(&all);
    return ok;
}

/* The whole ─────────────────────────────────────────────────────────────────────────────────── */

static bool tell_costs(const struct report *report)
{
    static const char *const kinds[] = {"waits", "sleep", "poll", "call"};
    struct weft_costs costs;

    if (!weft_costs_build(report->model, &costs)) {
        return false;
    }
    if (report->json != NULL) {
        weft_json_array(report->json, "costs");
    } else if (costs.count > 0) {
        weft_sink_text(report->sink, "\nWhat cost most time, of all threads together:\n");
    }
    for (size_t i = 0; i < costs.count && i < COSTS_SHOWN; i++) {
        const struct weft_cost *cost = &costs.at[i];
        struct weft_sentence words = {.len = 0};
        weft_explain_cost(report->model, cost, &words);
        if (report->json == NULL) {
            weft_sink_printf(report->sink, "  %s\n", words.text);
            continue;
        }
        weft_json_object(report->json, NULL);
        weft_json_text(report->json, "kind", kinds[cost->kind]);
        weft_json_u64(report->json, "ns", cost->ns);
        weft_json_u64(report->json, "count", cost->count);
        weft_json_text(report->json, "longest",
                       weft_wait_id(report->model, cost->thread, cost->span).text);
        weft_json_text(report->json, "words", words.text);
        weft_json_end(report->json);
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
    }
    weft_costs_done(&costs);
    return true;
}

static void tell_piece(const struct report *report, const struct weft_piece *piece, uint64_t to_ns,
                       uint32_t pieces)
{
    const struct weft_model *model = report->model;
    struct weft_sentence words = {.len = 0};

    if (piece->thread == WEFT_NONE) {
        weft_sentence_add(&words, "before the first event");
    } else if (piece->handover) {
        weft_sentence_add(&words, "%s had been woken and did not go on yet",
                          weft_name_of_thread(model, piece->thread, piece->from_ns));
    } else {
        const struct weft_span span = weft_model_span(model, piece->thread, piece->span);
        struct weft_sentence site = {.len = 0};
        weft_sentence_add(&words, "%s: %s",
                          weft_name_of_thread(model, piece->thread, piece->from_ns),
                          weft_states[span.state].words);
        if (weft_sentence_site(model, span.site, &site)) {
            weft_sentence_add(&words, " in %s", site.text);
        }
    }
    if (report->json == NULL) {
        weft_sink_printf(report->sink, "  %s  %8s  %7s  ",
                         weft_words_moment(piece->from_ns, 1e3).text,
                         weft_words_duration(to_ns - piece->from_ns).text,
                         weft_words_share(to_ns - piece->from_ns, model->end_ns).text);
        weft_sink_printf(report->sink, "%s\n", words.text);
        return;
    }
    weft_json_object(report->json, NULL);
    weft_json_u64(report->json, "from_ns", piece->from_ns);
    weft_json_u64(report->json, "to_ns", to_ns);
    json_who(report->json, model, piece->thread);
    weft_json_text(
        report->json, "state",
        piece->thread == WEFT_NONE ? "none"
        : piece->handover
            ? "handover"
            : weft_states[weft_model_span(model, piece->thread, piece->span).state].name);
    weft_json_u64(report->json, "pieces", pieces);
    weft_json_text(report->json, "words", words.text);
    weft_json_end(report->json);
}

/* The path, with neighbours of one thread and state in one; short ones are summed up for people. */
static bool tell_path(const struct report *report)
{
    const struct weft_model *model = report->model;
    struct weft_path path;
    uint64_t left_out_ns = 0;
    size_t shown = 0;

    if (!weft_path_build(model, &path)) {
        return false;
    }
    if (report->json != NULL) {
        weft_json_array(report->json, "critical_path");
    } else {
        weft_sink_printf(report->sink, "\nWhat the %s consisted of, followed back from the end:\n",
                         weft_words_duration(model->end_ns).text);
    }
    for (size_t i = 0, k; i < path.pieces.count; i = k) {
        const struct weft_piece *piece = &path.pieces.at[i];
        const uint32_t state = piece->thread == WEFT_NONE
                                   ? 0
                                   : weft_model_span(model, piece->thread, piece->span).state;
        for (k = i + 1; k < path.pieces.count && piece->thread != WEFT_NONE; k++) {
            const struct weft_piece *next = &path.pieces.at[k];
            if (next->thread != piece->thread || next->handover != piece->handover ||
                weft_model_span(model, next->thread, next->span).state != state) {
                break;
            }
        }
        const uint64_t to_ns = path.pieces.at[k - 1].to_ns;
        if (report->json != NULL ||
            (to_ns - piece->from_ns >= model->end_ns / 100 && shown++ < PIECES_SHOWN)) {
            tell_piece(report, piece, to_ns, (uint32_t)(k - i));
        } else {
            left_out_ns += to_ns - piece->from_ns;
        }
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
    } else if (left_out_ns > 0) {
        weft_sink_printf(report->sink, "  and %s in shorter pieces (--json has all)\n",
                         weft_words_duration(left_out_ns).text);
    }
    weft_path_done(&path);
    return true;
}

static bool explain_whole(const struct report *report)
{
    const struct weft_model *model = report->model;
    struct weft_stats stats;

    if (!weft_stats_build(model, (struct weft_stats_query){0, UINT64_MAX, WEFT_NONE, WEFT_NONE},
                          &stats)) {
        return false;
    }
    if (report->json != NULL) {
        weft_json_text(report->json, "program", model->header.program);
        weft_json_u64(report->json, "duration_ns", model->end_ns);
    } else {
        weft_sink_printf(report->sink, "%s ran %s with ", model->header.program,
                         weft_words_duration(model->end_ns).text);
        weft_sink_printf(report->sink, "%s; ",
                         weft_words_counted(stats.threads.count, "thread").text);
        weft_sink_printf(report->sink, "%.3g of them ran at a time on average.\n", stats.parallel);
        if (stats.lost > 0 || !model->health.complete) {
            weft_sink_text(report->sink,
                           "The trace is not complete: what follows may miss something.\n");
        }
    }
    bool ok = tell_costs(report) && tell_path(report);
    if (ok && report->json == NULL && stats.longest_count > 0) {
        weft_sink_text(report->sink, "\nThe longest waits (--wait ID tells more):\n");
    }
    ok = ok && tell_longest(report, &stats);
    weft_stats_done(&stats);
    return ok;
}

/* ───────────────────────────────────────────────────────────────────────────────────────────── */

struct asked {
    uint32_t thread, span;
};

static int resolve(const struct explain_args *args, const struct weft_model *model,
                   struct asked *asked)
{
    if (args->wait != NULL &&
        !weft_wait_id_parse(model, args->wait, &asked->thread, &asked->span)) {
        return weft_cli_fail(WEFT_EXIT_USAGE,
                             "%s: there is no wait \"%s\" (expected an ID that weft stats tells, "
                             "such as 2.5)",
                             args->trace, args->wait);
    }
    if (args->has_at && args->at_ns > model->end_ns) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: %.3f s is after the end, at %.3f s", args->trace,
                             (double)args->at_ns / 1e9, (double)model->end_ns / 1e9);
    }
    return args->wait != NULL
               ? WEFT_EXIT_DONE
               : weft_cli_find_thread(model, args->trace, args->thread, &asked->thread);
}

static bool tell(const struct explain_args *args, const struct report *report,
                 const struct asked *asked)
{
    if (args->wait != NULL) {
        return explain_wait(report, asked->thread, asked->span);
    }
    if (args->has_at) {
        return explain_moment(report, asked->thread, args->at_ns);
    }
    return asked->thread != WEFT_NONE ? explain_thread(report, asked->thread)
                                      : explain_whole(report);
}

static int explain(const struct explain_args *args, const struct weft_model *model)
{
    struct asked asked = {WEFT_NONE, WEFT_NONE};
    struct weft_output output;
    int result = resolve(args, model, &asked);

    if (result == WEFT_EXIT_DONE) {
        result = weft_output_open(&output, NULL, NULL);
    }
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    struct weft_json json = {.sink = &output.sink};
    const struct report report = {model, &output.sink, args->json ? &json : NULL};
    if (args->json) {
        weft_json_object(&json, NULL);
    }
    const bool ok = tell(args, &report, &asked);
    if (args->json && ok) {
        weft_json_end(&json);
    }
    result = weft_output_close(&output);
    return ok ? result : weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", args->trace);
}

int weft_cli_explain(int argc, char **argv)
{
    struct explain_args args = {0};
    struct weft_model *model = NULL;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN, &model);
    if (result == WEFT_EXIT_DONE) {
        result = explain(&args, model);
        weft_model_free(model);
    }
    return result;
}
