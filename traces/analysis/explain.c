#include "traces/analysis/explain.h"

#include "base/map.h"
#include "base/vec.h"
#include "traces/analysis/sentences.h"

#include <stdlib.h>
#include <string.h>

/* Chains in words ───────────────────────────────────────────────────────────────────────────── */

static struct weft_span span_of(const struct weft_model *model, const struct weft_cause *cause)
{
    return weft_model_span(model, cause->thread, cause->span);
}

/* By the name that it had when the wait began: one thread has one name in a story. */
static const char *name_of(const struct weft_model *model, const struct weft_chain *chain,
                           const struct weft_cause *cause)
{
    return weft_name_of_thread(model, cause->thread, span_of(model, &chain->causes.at[0]).start_ns);
}

static const char *name_of_wanted(const struct weft_model *model, uint32_t object)
{
    return object < model->objects.count ? model->objects.at[object].name : "it";
}

/* " (locked_sections.c:41)" */
static void add_where(const struct weft_model *model, uint32_t site, struct weft_sentence *out)
{
    struct weft_sentence where = {.len = 0};

    if (weft_sentence_site(model, site, &where)) {
        const char *open = strrchr(where.text, '('); /* a function may be called operator() */
        const bool whole = open != NULL;
        const char *place = whole ? open + 1 : where.text;
        const size_t len = strlen(place);
        weft_sentence_add(out, " (%.*s)", (int)(whole && len > 0 ? len - 1 : len), place);
    }
}

/* "sleeping", "waiting for threadLock", "asking workQueue: is it empty?" */
static void add_doing(const struct weft_model *model, const struct weft_cause *cause,
                      struct weft_sentence *out)
{
    if (cause->doing == WEFT_DOING_NOT_STARTED) {
        weft_sentence_add(out, "not yet started");
        return;
    }
    if (cause->doing == WEFT_DOING_ENDED || cause->span == WEFT_NONE) {
        weft_sentence_add(out, "already ended");
        return;
    }
    const struct weft_span span = span_of(model, cause);
    const char *subject = weft_name_of_subject(model, &span);
    switch (cause->state) {
    case WEFT_STATE_RUNNING:
        weft_sentence_add(out, "running");
        return;
    case WEFT_STATE_SLEEP:
        weft_sentence_add(out, "sleeping");
        break;
    case WEFT_STATE_POLL:
        weft_sentence_add(out, "asking %s%sagain and again", subject, *subject != '\0' ? " " : "");
        break;
    case WEFT_STATE_IO:
        if (*subject != '\0') {
            weft_sentence_add(out, "blocked in %s", subject);
        } else {
            weft_sentence_add(out, "in a blocking call");
        }
        break;
    case WEFT_STATE_UNKNOWN:
        weft_sentence_add(out, "doing something unknown");
        break;
    case WEFT_STATE_JOIN:
        weft_sentence_add(out, "waiting for the end of %s", subject);
        break;
    default:
        weft_sentence_add(out, "waiting ");
        weft_sentence_what_for(model, cause->thread, cause->span, out);
        break;
    }
    add_where(model, span.site, out);
}

/* How somebody's act ends a wait in this state. */
static const char *act_words(enum weft_state state)
{
    switch (state) {
    case WEFT_STATE_COND_WAIT:
        return "signalled it";
    case WEFT_STATE_SEM_WAIT:
        return "released a permit";
    case WEFT_STATE_EVENT_WAIT:
        return "set it";
    case WEFT_STATE_BARRIER_WAIT:
        return "came, too";
    case WEFT_STATE_FUTEX_WAIT:
        return "woke those on it";
    case WEFT_STATE_QUEUE_WAIT:
        return "put, took or finished an item";
    default:
        return "acted";
    }
}

/* ", because Thread-1 held it": what a wait lacked, by one of its children. */
static void add_because(const struct weft_model *model, const struct weft_chain *chain,
                        uint32_t index, struct weft_sentence *out)
{
    const struct weft_cause *cause = &chain->causes.at[index];
    const struct weft_cause *wait = &chain->causes.at[cause->parent];
    const bool other = cause->wanted != WEFT_NONE && cause->wanted != wait->object;

    switch (cause->why) {
    case WEFT_WHY_HELD:
        weft_sentence_add(out, ", because %s held %s", name_of(model, chain, cause),
                          other ? name_of_wanted(model, cause->wanted) : "it");
        break;
    case WEFT_WHY_ACT:
        weft_sentence_add(out, ", until %s %s", name_of(model, chain, cause),
                          act_words((enum weft_state)wait->state));
        break;
    case WEFT_WHY_LIFE:
        weft_sentence_add(out, ", which lived on");
        break;
    case WEFT_WHY_HANDOVER:
        weft_sentence_add(out, ", though nothing stood in its way any more: it did not get to run");
        break;
    case WEFT_WHY_TIME:
        weft_sentence_add(out, ", in vain: its time was over");
        break;
    case WEFT_WHY_NOBODY:
        weft_sentence_add(out, ", and nobody ended that before the trace ended");
        break;
    default:
        weft_sentence_add(out, "; who kept it waiting is not known");
        break;
    }
}

void weft_explain_chain(const struct weft_model *model, const struct weft_chain *chain,
                        struct weft_sentence *out)
{
    const struct weft_cause *wait = &chain->causes.at[0];
    const struct weft_span span = span_of(model, wait);
    struct weft_sentence label;

    if (!weft_state_is_wait((enum weft_state)wait->state)) {
        (void)weft_sentence_label(model, wait->thread, wait->span, 0, &label);
        weft_sentence_add(out, "%s %s", name_of(model, chain, wait), label.text);
        add_where(model, span.site, out);
        weft_sentence_add(out, ".");
        return;
    }
    weft_sentence_add(out, "%s waited %s ", name_of(model, chain, wait),
                      weft_words_lasting(wait->ns, (span.flags & WEFT_SPAN_OPEN) != 0).text);
    if (wait->state == WEFT_STATE_JOIN) {
        weft_sentence_add(out, "for the end of %s", weft_name_of_subject(model, &span));
    } else {
        weft_sentence_what_for(model, wait->thread, wait->span, out);
    }
    for (uint32_t i = 0, next; (next = weft_chain_main_child(chain, i)) != WEFT_NONE; i = next) {
        const struct weft_cause *cause = &chain->causes.at[next];
        add_because(model, chain, next, out);
        if (cause->thread == WEFT_NONE) {
            break;
        }
        weft_sentence_add(out, "; %s ", name_of(model, chain, cause));
        if (cause->doing == WEFT_DOING_NOT_STARTED || cause->doing == WEFT_DOING_ENDED) {
            weft_sentence_add(out, "was %s for %s of that",
                              cause->doing == WEFT_DOING_ENDED ? "ended" : "not started",
                              weft_words_duration(cause->ns).text);
            break;
        }
        weft_sentence_add(out, "spent %s of that ", weft_words_duration(cause->ns).text);
        add_doing(model, cause, out);
        if (cause->doing == WEFT_DOING_CYCLE) {
            weft_sentence_add(out, ", in a ring: a deadlock while it lasted");
        } else if (cause->doing == WEFT_DOING_DEEPER) {
            weft_sentence_add(out, ", and so on");
        }
    }
    weft_sentence_add(out, ".");
}

void weft_explain_cause(const struct weft_model *model, const struct weft_chain *chain,
                        uint32_t index, struct weft_sentence *out)
{
    const struct weft_cause *cause = &chain->causes.at[index];
    const struct weft_cause *wait =
        cause->parent != WEFT_NONE ? &chain->causes.at[cause->parent] : NULL;

    if (cause->thread == WEFT_NONE) {
        weft_sentence_add(out, "%s",
                          cause->why == WEFT_WHY_HANDOVER ? "free to go on, but not running yet"
                          : cause->why == WEFT_WHY_TIME   ? "until its time was over"
                          : cause->why == WEFT_WHY_NOBODY ? "and nobody ended it"
                                                          : "and who kept it waiting is not known");
        return;
    }
    weft_sentence_add(out, "%s", name_of(model, chain, cause));
    if (cause->why == WEFT_WHY_HELD) {
        weft_sentence_add(out, ", which held %s,", name_of_wanted(model, cause->wanted));
    } else if (cause->why == WEFT_WHY_ACT && wait != NULL) {
        weft_sentence_add(out, ", before it %s,", act_words((enum weft_state)wait->state));
    }
    weft_sentence_add(out, " ");
    add_doing(model, cause, out);
    if (cause->doing == WEFT_DOING_CYCLE) {
        weft_sentence_add(out, ": a ring");
    }
}

void weft_explain_root(const struct weft_model *model, const struct weft_chain *chain,
                       struct weft_sentence *out)
{
    const uint32_t root = weft_chain_root(chain);
    const struct weft_cause *cause = &chain->causes.at[root];

    if (cause->thread != WEFT_NONE || cause->parent == WEFT_NONE) {
        weft_sentence_add(out, "%s was ", name_of(model, chain, cause));
        add_doing(model, cause, out);
        return;
    }
    const struct weft_cause *last = &chain->causes.at[cause->parent];
    weft_sentence_add(out, "%s was ", name_of(model, chain, last));
    add_doing(model, last, out);
    weft_sentence_add(out, ", ");
    weft_explain_cause(model, chain, root, out);
}

void weft_explain_end(const struct weft_model *model, uint32_t thread, uint32_t span,
                      struct weft_sentence *out)
{
    const struct weft_wait_end end = weft_wait_end_of(model, thread, span);
    struct weft_facts facts;

    switch (end.how) {
    case WEFT_ENDED_NEVER:
        weft_sentence_add(out, "It had not ended when the trace did.");
        return;
    case WEFT_ENDED_UNKNOWN:
        weft_sentence_add(out, "Who ended it is not in the trace.");
        return;
    case WEFT_ENDED_BY_TIME:
        weft_sentence_add(out, "It gave up when its time was over.");
        return;
    default:
        break;
    }
    weft_facts_of_span(model, thread, span, &facts);
    for (uint32_t i = 0; i < facts.count; i++) {
        if (strncmp(facts.facts[i].text, "Ended at", 8) == 0) {
            *out = facts.facts[i];
            return;
        }
    }
    weft_sentence_add(out, "It ended by itself.");
}

/* What cost most ────────────────────────────────────────────────────────────────────────────── */

static bool add_cost(struct weft_costs *costs, struct weft_map *known, const struct weft_cost *cost)
{
    const uint32_t what = cost->kind == WEFT_COST_OBJECT ? cost->object : cost->site;
    const uint64_t key = (uint64_t)cost->kind << 32 | what;
    const uint32_t *at = weft_map_find(known, key);

    if (at == NULL) {
        return weft_map_put(known, key, (uint32_t)costs->count) && weft_vec_push(costs, *cost);
    }
    struct weft_cost *sum = &costs->at[*at];
    sum->ns += cost->ns;
    sum->count++;
    if (cost->longest_ns > sum->longest_ns) {
        sum->longest_ns = cost->longest_ns;
        sum->thread = cost->thread;
        sum->span = cost->span;
    }
    return true;
}

static bool kind_of(const struct weft_span *span, uint8_t *kind)
{
    switch (span->state) {
    case WEFT_STATE_SLEEP:
        *kind = WEFT_COST_SLEEP;
        return true;
    case WEFT_STATE_POLL:
        *kind = WEFT_COST_POLL;
        return true;
    case WEFT_STATE_IO:
        *kind = WEFT_COST_IO;
        return true;
    default:
        *kind = WEFT_COST_OBJECT;
        return weft_state_is_wait((enum weft_state)span->state) && span->state != WEFT_STATE_JOIN &&
               span->object != WEFT_NONE;
    }
}

static int by_ns(const void *a, const void *b)
{
    const struct weft_cost *first = a, *second = b;

    return first->ns != second->ns           ? (first->ns > second->ns ? -1 : 1)
           : first->kind != second->kind     ? (first->kind < second->kind ? -1 : 1)
           : first->object != second->object ? (first->object < second->object ? -1 : 1)
           : first->site != second->site     ? (first->site < second->site ? -1 : 1)
                                             : 0;
}

bool weft_costs_build(const struct weft_model *model, struct weft_costs *costs)
{
    struct weft_map known = {0};
    bool ok = true;

    *costs = (struct weft_costs){0};
    for (uint32_t i = 0; ok && i < model->threads.count; i++) {
        const struct weft_thread_info *info = &model->threads.at[i];
        for (uint32_t k = 0; ok && k < info->spans.count; k++) {
            const struct weft_span span = weft_thread_span(model, info, k);
            struct weft_cost cost = {
                .object = WEFT_NONE, .site = WEFT_NONE, .count = 1, .thread = i, .span = k};
            if (!kind_of(&span, &cost.kind)) {
                continue;
            }
            cost.ns = cost.longest_ns = weft_span_end_ns(model, i, k) - span.start_ns;
            if (cost.kind == WEFT_COST_OBJECT) {
                cost.object = span.object;
            } else {
                cost.site = span.site;
            }
            ok = add_cost(costs, &known, &cost);
        }
    }
    weft_map_done(&known);
    if (!ok) {
        weft_costs_done(costs);
    } else if (costs->count > 0) {
        qsort(costs->at, costs->count, sizeof *costs->at, by_ns);
    }
    return ok;
}

void weft_costs_done(struct weft_costs *costs)
{
    free(costs->at);
    *costs = (struct weft_costs){0};
}

void weft_explain_cost(const struct weft_model *model, const struct weft_cost *cost,
                       struct weft_sentence *out)
{
    static const char *const words[] = {"waits for", "sleeping", "asking again and again",
                                        "blocking calls"};
    static const char *const nouns[] = {"wait", "sleep", "poll", "call"};

    const struct weft_span longest = weft_model_span(model, cost->thread, cost->span);
    const char *call = cost->kind == WEFT_COST_IO ? weft_name_of_call(model, longest.point) : "";
    weft_sentence_add(out, "%s: %s", weft_words_duration(cost->ns).text,
                      *call != '\0' ? call : words[cost->kind]);
    if (cost->kind == WEFT_COST_OBJECT) {
        weft_sentence_add(out, " %s", model->objects.at[cost->object].name);
    } else {
        struct weft_sentence where = {.len = 0};
        if (weft_sentence_site(model, cost->site, &where)) {
            weft_sentence_add(out, " in %s", where.text);
        }
    }
    weft_sentence_add(out, ", %s, ", weft_words_counted(cost->count, nouns[cost->kind]).text);
    weft_sentence_add(out, "the longest %s by %s", weft_words_duration(cost->longest_ns).text,
                      weft_name_of_thread(model, cost->thread, longest.start_ns));
}
