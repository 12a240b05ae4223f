/*
 * The critical path: which pieces of which threads the whole duration consisted of.  It is followed
 * back from the end: a thread that waited went on because another one acted, so the path goes on
 * with that one before its act; a thread that began goes on with the one that made it.
 *
 *      main   ──create──┐                          ┌──join ends──►  end
 *      w                └─start── runs, sleeps ─exit┘
 *
 * The pieces tile [0, the trace's end) without gap or overlap.
 * Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_ANALYSIS_PATH_H
#define WEFT_TRACES_ANALYSIS_PATH_H

#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_piece {
    uint64_t from_ns, to_ns;
    uint32_t thread; /* WEFT_NONE: before the first event */
    uint32_t span;   /* what it did */
    bool handover;   /* it had been woken already and did not go on yet */
};

struct weft_path {
    struct {
        struct weft_piece *at;
        size_t count, room;
    } pieces; /* in time order */
};

/* False: no memory; *path is then empty.  Cost: O(spans on the path · log spans). */
bool weft_path_build(const struct weft_model *model, struct weft_path *path);
void weft_path_done(struct weft_path *path);

#endif
