/* weft explain: what cost most time, and the critical path. */
#include "cli/explain.h"

#include "traces/analysis/explain.h"
#include "traces/analysis/path.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"

#include <stdlib.h>
#include <string.h>

enum { COSTS_SHOWN = 5, PIECES_SHOWN = 20, ALIKE_MAX = 64, ALIKE_SHOWN = 5 };

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

static void add_piece(const struct weft_model *model, const struct weft_piece *piece,
                      struct weft_sentence *words)
{
    if (piece->thread == WEFT_NONE) {
        weft_sentence_add(words, "before the first event");
    } else if (piece->handover) {
        weft_sentence_add(words, "%s had been woken and did not go on yet",
                          weft_name_of_thread(model, piece->thread, piece->from_ns));
    } else {
        const struct weft_span span = weft_model_span(model, piece->thread, piece->span);
        struct weft_sentence site = {.len = 0};
        weft_sentence_add(words, "%s: %s",
                          weft_name_of_thread(model, piece->thread, piece->from_ns),
                          weft_words_of_doing(model, (enum weft_state)span.state, span.point));
        if (weft_sentence_site(model, span.site, &site)) {
            weft_sentence_add(words, " in %s", site.text);
        }
    }
}

static void tell_piece(const struct weft_report *report, const struct weft_piece *piece,
                       uint64_t to_ns, uint32_t pieces)
{
    const struct weft_model *model = report->model;
    struct weft_sentence words = {.len = 0};

    add_piece(model, piece, &words);
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

/* Pieces that are too short for lines of their own: alike are those of one thread, doing, place. */
struct short_pieces {
    struct {
        struct weft_piece first;
        uint64_t ns, times;
    } alike[ALIKE_MAX];
    size_t count;
    uint64_t ns; /* also of those that found no room */
};

static bool are_alike(const struct weft_model *model, const struct weft_piece *a,
                      const struct weft_piece *b)
{
    if (a->thread != b->thread || a->handover != b->handover) {
        return false;
    }
    if (a->thread == WEFT_NONE || a->handover) {
        return true;
    }
    const struct weft_span one = weft_model_span(model, a->thread, a->span);
    const struct weft_span other = weft_model_span(model, b->thread, b->span);
    return one.site == other.site &&
           strcmp(weft_words_of_doing(model, (enum weft_state)one.state, one.point),
                  weft_words_of_doing(model, (enum weft_state)other.state, other.point)) == 0;
}

static void add_short(const struct weft_model *model, struct short_pieces *pieces,
                      const struct weft_piece *piece, uint64_t to_ns)
{
    size_t i = 0;

    pieces->ns += to_ns - piece->from_ns;
    while (i < pieces->count && !are_alike(model, &pieces->alike[i].first, piece)) {
        i++;
    }
    if (i == ALIKE_MAX) {
        return;
    }
    if (i == pieces->count) {
        pieces->alike[pieces->count++].first = *piece;
    }
    pieces->alike[i].ns += to_ns - piece->from_ns;
    pieces->alike[i].times++;
}

/* What the short ones are, where together they are much: the largest first. */
static void tell_short(const struct weft_report *report, struct short_pieces *pieces)
{
    const struct weft_model *model = report->model;

    weft_sink_printf(report->sink, "  and %s in shorter pieces (--json has all)\n",
                     weft_words_duration(pieces->ns).text);
    for (int shown = 0; shown < ALIKE_SHOWN; shown++) {
        struct weft_sentence words = {.len = 0};
        size_t most = 0;
        for (size_t i = 1; i < pieces->count; i++) {
            most = pieces->alike[i].ns > pieces->alike[most].ns ? i : most;
        }
        if (pieces->count == 0 || pieces->alike[most].ns < model->end_ns / 100 ||
            pieces->alike[most].ns == 0) {
            return;
        }
        add_piece(model, &pieces->alike[most].first, &words);
        weft_sink_printf(report->sink, "    %s  %8s  %7s  ", shown == 0 ? "of these" : "        ",
                         weft_words_duration(pieces->alike[most].ns).text,
                         weft_words_share(pieces->alike[most].ns, model->end_ns).text);
        weft_sink_printf(report->sink, "%s, %s\n", words.text,
                         weft_words_counted(pieces->alike[most].times, "time").text);
        pieces->alike[most].ns = 0;
    }
}

/* How many pieces from `first` on are one: of one thread, in one state. */
static size_t joined(const struct weft_model *model, const struct weft_path *path, size_t first)
{
    const struct weft_piece *piece = &path->pieces.at[first];
    size_t next = first + 1;

    while (next < path->pieces.count && piece->thread != WEFT_NONE) {
        const struct weft_piece *other = &path->pieces.at[next];
        if (other->thread != piece->thread || other->handover != piece->handover ||
            weft_model_span(model, other->thread, other->span).state !=
                weft_model_span(model, piece->thread, piece->span).state) {
            break;
        }
        next++;
    }
    return next - first;
}

/* The path, with neighbours of one thread and state in one; short ones are summed up for people. */
static bool tell_path(const struct weft_report *report)
{
    const struct weft_model *model = report->model;
    struct short_pieces left_out = {.count = 0};
    struct weft_path path;
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
    for (size_t i = 0, count; i < path.pieces.count; i += count) {
        const struct weft_piece *piece = &path.pieces.at[i];
        count = joined(model, &path, i);
        const uint64_t to_ns = path.pieces.at[i + count - 1].to_ns;
        if (report->json != NULL ||
            (to_ns - piece->from_ns >= model->end_ns / 100 && shown++ < PIECES_SHOWN)) {
            tell_piece(report, piece, to_ns, (uint32_t)count);
        } else {
            add_short(model, &left_out, piece, to_ns);
        }
    }
    if (report->json != NULL) {
        weft_json_end(report->json);
    } else if (left_out.ns > 0) {
        tell_short(report, &left_out);
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
        weft_sink_printf(report->sink, "%s of them ran at a time on average.\n",
                         weft_words_mean(stats.parallel).text);
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
