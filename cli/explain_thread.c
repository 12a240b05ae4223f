/* weft explain --at and --thread: what everything does at a time, and the life of a thread. */
#include "cli/explain.h"

#include "traces/analysis/explain.h"
#include "traces/analysis/path.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"

#include <stdlib.h>

enum { WAITS_SHOWN = 5, ROWS_SHOWN = 50 };

/* One moment ────────────────────────────────────────────────────────────────────────────────── */

static bool is_in_use(const struct weft_object *object, uint64_t t_ns)
{
    return object->first_ns <= t_ns && (!object->destroyed || t_ns < object->last_ns);
}

static void moment_of_thread(const struct weft_report *report, uint32_t thread, uint64_t t_ns)
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

static void moment_of_object(const struct weft_report *report, uint32_t object, uint64_t t_ns)
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

bool weft_report_moment(const struct weft_report *report, uint32_t thread, uint64_t t_ns)
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
bool weft_report_longest(const struct weft_report *report, const struct weft_stats *stats)
{
    if (report->json != NULL) {
        weft_json_array(report->json, "longest_waits");
    }
    for (size_t i = 0; i < stats->longest_count && (report->json != NULL || i < WAITS_SHOWN); i++) {
        const struct weft_long_wait *wait = &stats->longest[i];
        if (report->json != NULL) {
            weft_json_object(report->json, NULL);
            const bool ok = weft_report_wait(report, wait->thread, wait->span);
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

static void put_life(const struct weft_report *report, const struct weft_thread_stats *row)
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
static void tell_blames(const struct weft_report *report, const struct weft_stats *all,
                        uint32_t thread)
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
                weft_report_who(report->json, report->model, blame->waiter);
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

bool weft_report_thread(const struct weft_report *report, uint32_t thread)
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
        weft_report_who(report->json, report->model, thread);
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
    ok = weft_report_longest(report, &own);
    weft_stats_done(&own);
    weft_stats_done(&all);
    return ok;
}
