/* weft explain: what cost most time, and the critical path. */
#include "cli/explain.h"

#include "traces/analysis/explain.h"
#include "traces/analysis/path.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"

#include <stdlib.h>

enum { COSTS_SHOWN = 5, PIECES_SHOWN = 20 };

static bool tell_costs(const struct weft_report *report)
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

static void tell_piece(const struct weft_report *report, const struct weft_piece *piece,
                       uint64_t to_ns, uint32_t pieces)
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
                          weft_words_of_span(model, &span));
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
    weft_report_who(report->json, model, piece->thread);
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
static bool tell_path(const struct weft_report *report)
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

bool weft_report_whole(const struct weft_report *report)
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
    ok = ok && weft_report_longest(report, &stats);
    weft_stats_done(&stats);
    return ok;
}
