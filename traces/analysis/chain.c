#include "traces/analysis/chain.h"

#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>

enum { SPANS_MAX = 100000, CAUSES_MAX = 300, DEPTH_MAX = 32 };

struct walk {
    const struct weft_model *model;
    struct weft_chain *chain;
    uint32_t spans; /* looked at so far */
};

static struct weft_cause *cause_at(const struct walk *walk, uint32_t cause)
{
    return &walk->chain->causes.at[cause];
}

static bool is_same(const struct weft_cause *a, const struct weft_cause *b)
{
    return a->thread == b->thread && a->wanted == b->wanted && a->object == b->object &&
           a->cycle == b->cycle && a->why == b->why && a->doing == b->doing && a->state == b->state;
}

/* Adds to what the parent has of this sort.  *at is WEFT_NONE when the tree is full. */
static bool add(struct walk *walk, const struct weft_cause *cause, uint32_t *at)
{
    uint32_t *link = &cause_at(walk, cause->parent)->first_child;
    uint32_t index = *link;

    while (index != WEFT_NONE && !is_same(cause_at(walk, index), cause)) {
        index = cause_at(walk, index)->sibling;
    }
    *at = index;
    if (index != WEFT_NONE) {
        struct weft_cause *known = cause_at(walk, index);
        known->ns += cause->ns;
        known->count += cause->count;
        if (cause->ns > known->longest_ns) {
            known->longest_ns = cause->ns;
            known->span = cause->span;
        }
        return true;
    }
    if (walk->chain->causes.count == CAUSES_MAX) {
        walk->chain->cut_ns += cause->ns;
        return true;
    }
    struct weft_cause fresh = *cause;
    fresh.longest_ns = cause->ns;
    fresh.first_child = WEFT_NONE;
    fresh.sibling = *link;
    if (!weft_vec_push(&walk->chain->causes, fresh)) {
        return false;
    }
    *at = (uint32_t)walk->chain->causes.count - 1;
    cause_at(walk, cause->parent)->first_child = *at; /* the array may have moved */
    return true;
}

/* The cause at or above `cause` that is this thread's; WEFT_NONE: none. */
static uint32_t find_above(const struct walk *walk, uint32_t cause, uint32_t thread,
                           uint32_t *depth)
{
    uint32_t found = WEFT_NONE;

    *depth = 0;
    for (uint32_t i = cause; i != WEFT_NONE; i = cause_at(walk, i)->parent) {
        found = found == WEFT_NONE && cause_at(walk, i)->thread == thread ? i : found;
        ++*depth;
    }
    return found;
}

static bool follow(struct walk *walk, uint32_t cause, uint32_t thread, uint32_t span,
                   uint64_t from_ns, uint64_t to_ns);

/* One span of who was waited for, within [from, to). */
static bool step(struct walk *walk, uint32_t parent, const struct weft_stretch *stretch,
                 uint32_t index, uint64_t from_ns, uint64_t to_ns)
{
    const struct weft_span span = weft_model_span(walk->model, stretch->thread, index);
    const bool waits = weft_state_is_wait((enum weft_state)span.state);
    struct weft_cause cause = {.ns = to_ns - from_ns,
                               .parent = parent,
                               .thread = stretch->thread,
                               .wanted = stretch->object,
                               .object = span.object,
                               .span = index,
                               .count = 1,
                               .cycle = WEFT_NONE,
                               .why = stretch->why,
                               .doing = WEFT_DOING_STATE,
                               .state = span.state};
    uint32_t at, depth;
    const uint32_t above = find_above(walk, parent, stretch->thread, &depth);

    if (waits && above != WEFT_NONE) {
        cause.doing = WEFT_DOING_CYCLE;
        cause.cycle = above;
    } else if (waits && depth >= DEPTH_MAX) {
        cause.doing = WEFT_DOING_DEEPER;
    }
    if (!add(walk, &cause, &at)) {
        return false;
    }
    return !waits || cause.doing != WEFT_DOING_STATE || at == WEFT_NONE ||
           follow(walk, at, stretch->thread, index, from_ns, to_ns);
}

static bool add_plain(struct walk *walk, uint32_t parent, const struct weft_stretch *stretch,
                      enum weft_doing doing, uint64_t from_ns, uint64_t to_ns)
{
    uint32_t at;

    return from_ns >= to_ns || add(walk,
                                   &(struct weft_cause){.ns = to_ns - from_ns,
                                                        .parent = parent,
                                                        .thread = stretch->thread,
                                                        .wanted = stretch->object,
                                                        .object = WEFT_NONE,
                                                        .span = WEFT_NONE,
                                                        .count = 1,
                                                        .cycle = WEFT_NONE,
                                                        .why = stretch->why,
                                                        .doing = (uint8_t)doing,
                                                        .state = WEFT_STATE_NONE},
                                   &at);
}

/* What the one who was waited for did in the stretch. */
static bool look_at(struct walk *walk, uint32_t parent, const struct weft_stretch *stretch)
{
    const struct weft_model *model = walk->model;

    if (stretch->thread == WEFT_NONE) {
        return add_plain(walk, parent, stretch, WEFT_DOING_NOTHING, stretch->from_ns,
                         stretch->to_ns);
    }
    const struct weft_thread_info *info = &model->threads.at[stretch->thread];
    const bool lived = info->spans.count > 0;
    const uint64_t born_ns =
        !lived || info->start_ns > stretch->to_ns ? stretch->to_ns : info->start_ns;
    uint64_t at_ns = born_ns > stretch->from_ns ? born_ns : stretch->from_ns;

    if (!add_plain(walk, parent, stretch, WEFT_DOING_NOT_STARTED, stretch->from_ns, at_ns)) {
        return false;
    }
    for (uint32_t i = at_ns < stretch->to_ns ? weft_model_span_at(model, stretch->thread, at_ns)
                                             : WEFT_NONE;
         i != WEFT_NONE && i < info->spans.count && at_ns < stretch->to_ns; i++) {
        const uint64_t end_ns = weft_span_end_ns(model, stretch->thread, i);
        const uint64_t to_ns = end_ns < stretch->to_ns ? end_ns : stretch->to_ns;
        if (++walk->spans > SPANS_MAX) {
            walk->chain->cut_ns += stretch->to_ns - at_ns;
            return true;
        }
        if (to_ns > at_ns) {
            if (!step(walk, parent, stretch, i, at_ns, to_ns)) {
                return false;
            }
            at_ns = to_ns;
        }
    }
    return add_plain(walk, parent, stretch, WEFT_DOING_ENDED, at_ns, stretch->to_ns);
}

/* The causes of a wait within [from, to). */
static bool follow(struct walk *walk, uint32_t cause, uint32_t thread, uint32_t span,
                   uint64_t from_ns, uint64_t to_ns)
{
    struct weft_stretches stretches = {0};
    bool ok = weft_wait_stretches(walk->model, thread, span, from_ns, to_ns, &stretches);

    for (size_t i = 0; ok && i < stretches.count; i++) {
        ok = look_at(walk, cause, &stretches.at[i]);
    }
    free(stretches.at);
    return ok;
}

bool weft_chain_build(const struct weft_model *model, uint32_t thread, uint32_t index,
                      uint64_t from_ns, uint64_t to_ns, struct weft_chain *chain)
{
    assert(thread < model->threads.count && index < model->threads.at[thread].spans.count);
    const struct weft_span span = weft_model_span(model, thread, index);
    const uint64_t end_ns = weft_span_end_ns(model, thread, index);
    struct walk walk = {model, chain, 0};

    from_ns = from_ns > span.start_ns ? from_ns : span.start_ns;
    to_ns = to_ns < end_ns ? to_ns : end_ns;
    *chain = (struct weft_chain){.end = weft_wait_end_of(model, thread, index)};
    const struct weft_cause wait = {.ns = to_ns > from_ns ? to_ns - from_ns : 0,
                                    .longest_ns = to_ns > from_ns ? to_ns - from_ns : 0,
                                    .parent = WEFT_NONE,
                                    .first_child = WEFT_NONE,
                                    .sibling = WEFT_NONE,
                                    .thread = thread,
                                    .wanted = WEFT_NONE,
                                    .object = span.object,
                                    .span = index,
                                    .count = 1,
                                    .cycle = WEFT_NONE,
                                    .why = WEFT_WHY_UNKNOWN,
                                    .doing = WEFT_DOING_STATE,
                                    .state = span.state};
    if (!weft_vec_push(&chain->causes, wait) || !follow(&walk, 0, thread, index, from_ns, to_ns)) {
        weft_chain_done(chain);
        return false;
    }
    return true;
}

void weft_chain_done(struct weft_chain *chain)
{
    free(chain->causes.at);
    *chain = (struct weft_chain){.end = {.wake = WEFT_NONE}};
}

uint32_t weft_chain_main_child(const struct weft_chain *chain, uint32_t cause)
{
    uint32_t best = WEFT_NONE;

    for (uint32_t i = chain->causes.at[cause].first_child; i != WEFT_NONE;
         i = chain->causes.at[i].sibling) {
        /* Siblings stand in reverse: of two alike the earlier counts. */
        if (best == WEFT_NONE || chain->causes.at[i].ns >= chain->causes.at[best].ns) {
            best = i;
        }
    }
    return best;
}

uint32_t weft_chain_root(const struct weft_chain *chain)
{
    uint32_t cause = 0;

    for (uint32_t next; (next = weft_chain_main_child(chain, cause)) != WEFT_NONE;) {
        cause = next;
    }
    return cause;
}
