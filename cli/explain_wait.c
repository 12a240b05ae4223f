/* weft explain --wait: the chain of a wait and its root. */
#include "cli/explain.h"

#include "traces/analysis/explain.h"
#include "traces/analysis/path.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"

#include <stdlib.h>

enum { CAUSE_DEPTH = 8 };

static const char *const why_names[] = {"unknown",  "held",    "until", "life",
                                        "handover", "timeout", "nobody"};

static void json_cause(const struct weft_report *report, const struct weft_chain *chain,
                       uint32_t index)
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
    weft_report_who(report->json, report->model, cause->thread);
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

static void json_callers(const struct weft_report *report, uint32_t point)
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

static void json_wait(const struct weft_report *report, const struct weft_chain *chain,
                      uint32_t thread, uint32_t span)
{
    const uint32_t root = weft_chain_root(chain);
    struct weft_sentence story = {.len = 0}, root_words = {.len = 0}, end = {.len = 0};

    weft_explain_chain(report->model, chain, &story);
    weft_explain_root(report->model, chain, &root_words);
    weft_explain_end(report->model, thread, span, &end);
    weft_json_text(report->json, "wait", weft_wait_id(report->model, thread, span).text);
    weft_report_who(report->json, report->model, thread);
    weft_json_u64(report->json, "ns", chain->causes.at[0].ns);
    weft_json_text(report->json, "sentence", story.text);
    weft_json_text(report->json, "ended", end.text);
    json_callers(report, weft_model_span(report->model, thread, span).point);
    weft_json_object(report->json, "root");
    weft_report_who(report->json, report->model, chain->causes.at[root].thread);
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
static void put_causes(const struct weft_report *report, const struct weft_chain *chain,
                       uint32_t parent, uint32_t depth)
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

static void put_callers(const struct weft_report *report, uint32_t point)
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

static void put_wait(const struct weft_report *report, const struct weft_chain *chain,
                     uint32_t thread, uint32_t span)
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

bool weft_report_wait(const struct weft_report *report, uint32_t thread, uint32_t span)
{
    struct weft_chain chain;

    if (!weft_chain_build(report->model, thread, span, 0, UINT64_MAX, &chain)) {
        return false;
    }
    (report->json != NULL ? json_wait : put_wait)(report, &chain, thread, span);
    weft_chain_done(&chain);
    return true;
}
