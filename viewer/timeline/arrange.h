/*
 * What the user did to the lanes: folded sections, pinned, hidden and moved lanes, filters.
 * Nothing here knows where lanes are; lanes.c asks when it lists them.
 * The arrangement owns its arrays.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_TIMELINE_ARRANGE_H
#define WEFT_VIEWER_TIMELINE_ARRANGE_H

#include "traces/model/model.h"

#include <stdbool.h>

enum { WEFT_FILTER_BYTES = 200, WEFT_GROUP_FROM = 60 };

enum weft_grouping {
    WEFT_GROUPING_AUTO, /* from WEFT_GROUP_FROM threads on */
    WEFT_GROUPING_ON,
    WEFT_GROUPING_OFF
};

enum {
    WEFT_ARRANGE_HIDDEN = 1,
    WEFT_ARRANGE_PINNED = 2,
    WEFT_ARRANGE_SHOWN = 4 /* although it is idle or short: somebody went there */
};

struct weft_arrangement {
    uint32_t collapsed; /* a bit a section: 0 threads, i + 1: weft_lane_sections[i] */
    char filter[WEFT_FILTER_BYTES];
    uint32_t only_states; /* a bit a state; 0: all threads */
    enum weft_grouping grouping;
    struct weft_order {
        uint32_t *at; /* a permutation; what is behind its end is in its own order */
        size_t count, room;
        uint8_t *flags;
        size_t flags_room;
    } threads, objects;
};

void weft_arrangement_done(struct weft_arrangement *arrangement);

/* The i-th thread or object of `count`, as they are ordered. */
uint32_t weft_order_at(const struct weft_order *order, size_t i);
uint8_t weft_order_flags(const struct weft_order *order, uint32_t index);

/* Changes flags of one; false when there is no memory. */
bool weft_order_set(struct weft_order *order, size_t count, uint32_t index, uint8_t set,
                    uint8_t clear);

/* Lets two change places; false when there is no memory. */
bool weft_order_swap(struct weft_order *order, size_t count, uint32_t a, uint32_t b);

#endif
