/*
 * Which lanes there are, in which order, and how tall each is: few lanes grow, many shrink and
 * scroll.  Sections without a lane do not exist.  Of very many objects those come first that were
 * waited for longest, and those that nobody waited for are only counted.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_TIMELINE_LANES_H
#define WEFT_VIEWER_TIMELINE_LANES_H

#include "traces/model/model.h"
#include "viewer/timeline/arrange.h"
#include "viewer/timeline/summary.h"

enum weft_lane_kind {
    WEFT_LANE_TITLE,  /* of a section */
    WEFT_LANE_THREAD, /* states of a thread */
    WEFT_LANE_LOCK,   /* owners and waiters */
    WEFT_LANE_LEVEL,  /* a number over time: queue, semaphore, counter */
    WEFT_LANE_WAITS,  /* waits and signals: condition, event, barrier, futex */
    WEFT_LANE_MORE,   /* so many that are not shown one by one; `title` says what they are */
};

struct weft_lane {
    enum weft_lane_kind kind;
    uint32_t index;    /* thread or object; MORE: how many */
    const char *title; /* of a TITLE; MORE: what they are, "lock" */
    bool first;        /* MORE: nothing stands before it in its section */
    uint8_t section;   /* 0: threads; i + 1: weft_lane_sections[i]; WEFT_LANE_PINNED */
    bool folded;       /* TITLE: its lanes are not shown; then index says how many there are */
    uint64_t waits_ns; /* of objects, in folded sections: all waits for it together */
    float y, h;        /* from the top of all lanes */
};

struct weft_lanes {
    struct weft_lane *at;
    size_t count, room;
    float total_px;
    float pinned_px; /* of these, those that stay at the top; they are the first */
    bool cramped;    /* in: half a small window: lanes get lower before they scroll */
    bool folded;     /* there are too many objects to show those that nobody waited for */
    /* How many objects of a family are in the lanes, in folded ones, too. */
    uint32_t objects[WEFT_FAMILY_ANY];
    struct {
        uint32_t *at;
        size_t count, room;
    } of_object; /* the lane of each object of the model, WEFT_NONE: it has none */
    struct {
        uint32_t *at;
        size_t count, room;
    } of_thread;
    uint32_t grouped; /* threads that are counted only, because they are idle or short */
};

/* The sections of objects, in their order: one for each family that has lanes. */
struct weft_lane_section {
    enum weft_family family;
    enum weft_lane_kind kind;
    const char *title;
    const char *noun;
};

enum {
    WEFT_LANE_SECTIONS = 9,
    WEFT_LANES_UNFOLDED = 30,
    WEFT_LANE_PINNED = WEFT_LANE_SECTIONS + 1,
    WEFT_ZONE_ROWS = 6 /* zones inside one another that a lane shows */
};
extern const struct weft_lane_section weft_lane_sections[WEFT_LANE_SECTIONS];

static inline bool weft_lane_of_object(const struct weft_lane *lane)
{
    return lane->kind == WEFT_LANE_LOCK || lane->kind == WEFT_LANE_LEVEL ||
           lane->kind == WEFT_LANE_WAITS;
}

void weft_lanes_done(struct weft_lanes *lanes);

/* False when there is no memory. */
bool weft_lanes_layout(struct weft_lanes *lanes, const struct weft_model *model,
                       const struct weft_summary *summary,
                       const struct weft_arrangement *arrangement, float available_px);

/* The section of an object's family, as in struct weft_lane. */
uint8_t weft_lane_section_of(enum weft_family family);

/* The lane of a thread or of an object; NULL when it has none. */
const struct weft_lane *weft_lanes_of_thread(const struct weft_lanes *lanes, uint32_t thread);
const struct weft_lane *weft_lanes_of_object(const struct weft_lanes *lanes, uint32_t object);

#endif
