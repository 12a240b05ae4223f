/*
 * The zoom pyramid of a lane: how much of the time each state had, in bins that a picture of a few
 * pixels can be made of.
 *
 *     level 2    ├───────────────────────────────────────────────────────────────┤
 *     level 1    ├───────────────┤├──────────────┤├──────────────┤├──────────────┤
 *     level 0    ├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤├──┤
 *     spans      ││││││││││││││││││││││││││││││││││││││││││││││││││││││││││││││││
 *
 * A bin is four spans, or four bins of the level below: by number, not by time, so that lanes with
 * bursts cost no more than others.  A bin has the share of each state in 1/65535 of its length, and
 * a mask of what occurs in it at all; only states that the lane has take memory.  Those of level 0
 * have their spans instead, as exactly as a picture needs them: to ask the spans themselves for
 * their begin would be an access to the memory each.  Bins are made when their last span has ended
 * and never change, so a live trace appends.
 *
 * Tried and dropped: bins of a power of two in ns.  One burst in a long trace falls into a few
 * bins, and all of its spans have to be walked.
 *
 * Threads: as the model.
 */
#ifndef WEFT_TRACES_PYRAMID_H
#define WEFT_TRACES_PYRAMID_H

#include "traces/format/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEFT_PYRAMID_LEVELS = 16, /* 4^16 spans are more than there can be */
    WEFT_PYRAMID_LOG = 2,     /* of how many make one */
    /* So many times as long as what can be seen, and a bin of level 0 is not exact enough: its
     * spans are asked.  Before, a begin is off by a 500th of what can be seen at the most. */
    WEFT_FOUR_EXACT = 256,
};

_Static_assert(WEFT_STATE_COUNT <= 16,
               "a bit of a bin's mask for each state, and four bits name it");

/* A bin of level 0. */
struct weft_four {
    uint64_t start_ns;
    uint16_t states;    /* four bits each, those of the first span are the lowest */
    uint16_t begins[3]; /* of the other spans, in 1/65535 of the length of all four */
};

struct weft_pyramid_level {
    struct weft_four *fours; /* level 0 alone; it has none of the next three */
    uint64_t *starts_ns;     /* side by side: those of the spans stand far apart in the memory */
    uint16_t *masks;
    uint16_t *shares[WEFT_STATE_COUNT]; /* NULL: a state that the lane does not have */
    size_t count, room;
    /* The bin that is being filled. */
    uint64_t sum_ns[WEFT_STATE_COUNT];
    uint64_t start_ns;
    uint16_t mask;
    uint16_t states; /* a bit for each state that has shares */
    uint8_t parts;
};

struct weft_pyramid {
    struct weft_pyramid_level *levels; /* WEFT_PYRAMID_LEVELS; NULL: no span has ended */
    /* The spans of the bin of level 0 that is being filled. */
    uint64_t begins_ns[1 << WEFT_PYRAMID_LOG];
    uint16_t states;
};

/* Where a bin begins. */
static inline uint64_t weft_pyramid_start_ns(const struct weft_pyramid_level *level, size_t bin)
{
    return level->fours != NULL ? level->fours[bin].start_ns : level->starts_ns[bin];
}

void weft_pyramid_done(struct weft_pyramid *pyramid);

/* The next span of the lane has ended.  False: no memory; the pyramid then ends here. */
bool weft_pyramid_add(struct weft_pyramid *pyramid, enum weft_state state, uint64_t start_ns,
                      uint64_t end_ns);

#endif
