#include "traces/analysis/path.h"

#include "base/vec.h"
#include "traces/analysis/owners.h"

#include <stdlib.h>

/* Where the path is, going back. */
struct walk {
    const struct weft_model *model;
    struct weft_path *path;
    uint32_t thread;
    uint64_t t_ns;
    size_t still; /* jumps since the time last moved: clocks may let threads wake each other at one
                     instant */
};

static bool add(struct walk *walk, uint64_t from_ns, uint32_t span, bool handover)
{
    if (from_ns >= walk->t_ns) {
        return true;
    }
    const struct weft_piece piece = {from_ns, walk->t_ns, walk->thread, span, handover};
    walk->t_ns = from_ns;
    walk->still = 0;
    return weft_vec_push(&walk->path->pieces, piece);
}

/* The last span of the thread that begins before t_ns, or its first one. */
static uint32_t span_before(const struct walk *walk)
{
    const struct weft_thread_info *info = &walk->model->threads.at[walk->thread];
    size_t low = 0, high = info->spans.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (weft_thread_span(walk->model, info, middle).start_ns < walk->t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? (uint32_t)low - 1 : WEFT_NONE;
}

static bool jump(struct walk *walk, uint32_t thread)
{
    if (walk->still++ > walk->model->threads.count) {
        return false;
    }
    walk->thread = thread;
    return true;
}

/*
 * A condition's wait that was signalled long ago: whoever had the mutex last kept it from going on.
 * WEFT_NONE: nobody had it.
 */
static bool mutex_holder(const struct walk *walk, uint32_t span, uint64_t act_ns,
                         uint64_t *until_ns, uint32_t *thread)
{
    struct weft_stretches list = {0};
    const bool ok = weft_wait_stretches(walk->model, walk->thread, span, act_ns, walk->t_ns, &list);

    *thread = WEFT_NONE;
    for (size_t i = 0; ok && i < list.count; i++) {
        if (list.at[i].why == WEFT_WHY_HELD && list.at[i].thread != walk->thread) {
            *thread = list.at[i].thread;
            *until_ns = list.at[i].to_ns;
        }
    }
    free(list.at);
    return ok;
}

/* Back over one wait. */
static bool cross_wait(struct walk *walk, uint32_t index, const struct weft_span *span)
{
    const struct weft_wait_end end = weft_wait_end_of(walk->model, walk->thread, index);
    const uint64_t end_ns = weft_span_end_ns(walk->model, walk->thread, index);
    const bool whole = end_ns <= walk->t_ns; /* else it was not over at that time */
    uint64_t act_ns = end.act_ns;
    uint32_t next = WEFT_NONE;

    if (whole && end.how == WEFT_ENDED_BY_ACT && act_ns <= walk->t_ns) {
        next = weft_model_wake(walk->model, end.wake).from_thread;
        if (span->state == WEFT_STATE_COND_WAIT) {
            uint32_t holder;
            if (!mutex_holder(walk, index, act_ns, &act_ns, &holder)) {
                return false;
            }
            next = holder != WEFT_NONE ? holder : next;
        }
    }
    if (next == WEFT_NONE) {
        return add(walk, span->start_ns, index, false);
    }
    if (!add(walk, act_ns, index, true)) {
        return false;
    }
    return jump(walk, next) || add(walk, span->start_ns, index, false);
}

/* The thread whose lane ends last: where it all ends. */
static uint32_t last_thread(const struct weft_model *model)
{
    uint32_t last = WEFT_NONE;

    for (uint32_t i = 0; i < model->threads.count; i++) {
        if (model->threads.at[i].spans.count > 0 &&
            (last == WEFT_NONE || model->threads.at[i].end_ns > model->threads.at[last].end_ns)) {
            last = i;
        }
    }
    return last;
}

static bool step(struct walk *walk, bool *more)
{
    const struct weft_thread_info *info = &walk->model->threads.at[walk->thread];
    const uint32_t index = span_before(walk);

    if (index == WEFT_NONE) { /* before its lane: who made it? */
        const uint32_t parent = info->parent;
        *more = parent != WEFT_NONE && walk->model->threads.at[parent].spans.count > 0 &&
                walk->model->threads.at[parent].start_ns < walk->t_ns && jump(walk, parent);
        return true;
    }
    const struct weft_span span = weft_thread_span(walk->model, info, index);
    return weft_state_is_wait((enum weft_state)span.state) ? cross_wait(walk, index, &span)
                                                           : add(walk, span.start_ns, index, false);
}

bool weft_path_build(const struct weft_model *model, struct weft_path *path)
{
    struct walk walk = {
        .model = model, .path = path, .thread = last_thread(model), .t_ns = model->end_ns};
    bool ok = true, more = walk.thread != WEFT_NONE;

    *path = (struct weft_path){{0}};
    while (ok && more && walk.t_ns > 0) {
        ok = step(&walk, &more);
    }
    walk.thread = WEFT_NONE;
    ok = ok && add(&walk, 0, WEFT_NONE, false);
    for (size_t i = 0, k = path->pieces.count; ok && i + 1 < k; i++) {
        const struct weft_piece swapped = path->pieces.at[i];
        path->pieces.at[i] = path->pieces.at[--k];
        path->pieces.at[k] = swapped;
    }
    if (!ok) {
        weft_path_done(path);
    }
    return ok;
}

void weft_path_done(struct weft_path *path)
{
    free(path->pieces.at);
    *path = (struct weft_path){{0}};
}
