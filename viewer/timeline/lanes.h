/*
 * Which lanes there are, in which order, and how tall each is: few lanes grow, many shrink and
 * scroll.  Sections without a lane do not exist.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_TIMELINE_LANES_H
#define WEFT_VIEWER_TIMELINE_LANES_H

#include "traces/model/model.h"
#include "viewer/timeline/summary.h"

enum weft_lane_kind {
    WEFT_LANE_TITLE,  /* of a section */
    WEFT_LANE_THREAD, /* states of a thread */
    WEFT_LANE_LOCK,   /* owners and waiters */
    WEFT_LANE_LEVEL,  /* a number over time: queue, semaphore, counter */
    WEFT_LANE_WAITS,  /* waits and signals: condition, event, barrier */
};

struct weft_lane {
    enum weft_lane_kind kind;
    uint32_t index;    /* thread or object */
    const char *title; /* of a TITLE */
    float y, h;        /* from the top of all lanes */
};

struct weft_lanes {
    struct weft_lane *at;
    size_t count, room;
    float total_px;
};

void weft_lanes_done(struct weft_lanes *lanes);

/* False when there is no memory. */
bool weft_lanes_layout(struct weft_lanes *lanes, const struct weft_model *model,
                       const struct weft_summary *summary, float available_px);

/* The lane of a thread or of an object; NULL when it has none. */
const struct weft_lane *weft_lanes_of_thread(const struct weft_lanes *lanes, uint32_t thread);
const struct weft_lane *weft_lanes_of_object(const struct weft_lanes *lanes, uint32_t object);

#endif
