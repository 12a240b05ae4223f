/*
 * The spool as the writer sees it: it makes the file, empties the lanes, and knows how ticks
 * become ns.  What comes out of a lane is checked: the recorded program can write anything there.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_LANES_H
#define WEFT_TRACES_LANES_H

#include "base/status.h"
#include "traces/format/format.h"
#include "traces/format/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record in the writer's own memory. */
struct weft_taken {
    uint64_t ticks;
    uint64_t object; /* an address, a thread's number, or 0 */
    uint64_t site;   /* a return address, or 0 */
    enum weft_event_kind kind;
    enum weft_outcome outcome;
    enum weft_object_kind object_kind; /* WEFT_OBJ_NONE: as the event's family says */
    bool has_args;
    int64_t first, second;
    const char *text; /* NULL: none; text_stored of it */
    uint32_t text_stored;
    uint32_t text_bytes;
};

/* What was taken out of one lane and is not written yet. */
struct weft_lane_queue {
    struct {
        union weft_slot *at;
        size_t count, room;
    } slots;
    size_t next;            /* the first slot that is not written yet */
    uint32_t thread;        /* whose records these are, as far as they are written */
    uint64_t lost_before;   /* of lane->lost, as far as the trace says it */
    struct weft_taken poll; /* the poll that is open at `next`, kind 0: none */
    uint64_t last_ticks;    /* of the last record that was written */
    uint64_t call_told;     /* since when the call lasts that was told last */
};

struct weft_lanes {
    char path[128];
    struct weft_spool_head *head;
    uint32_t clock; /* as the head had it when the spool was opened */
    uint64_t ticks_per_ms;
    struct weft_clock_pair start;
    struct weft_lane_queue *queues; /* WEFT_LANE_MAX of them */
    uint32_t count;                 /* of lanes ever seen */
    uint64_t taken_until;           /* ticks up to which every lane was taken at the last look */
    uint64_t corrupt;               /* lanes that were found broken, and left */
    struct {
        struct weft_clock_pair *at;
        size_t count, room;
    } pairs;        /* in time order */
    size_t segment; /* the pair before the time that was converted last */
    struct {
        uint64_t from, to; /* ticks, for which the rest holds; from = to: for none */
        uint64_t mono_ns;  /* at from */
        uint64_t per_tick; /* ns × 2^40 */
    } rate;
    uint64_t start_mono_ns; /* time zero of the trace; 0: not converted yet */
};

/*
 * path: of the file to be made, NULL: any.  plan, start_real_ns: of a controlled run with a
 * simulated clock; NULL: none.
 */
enum weft_status weft_lanes_open(struct weft_lanes *lanes, const char *path, const char *plan,
                                 int64_t start_real_ns, struct weft_error *error);
/* Takes over a spool whose drain has died; path is kept. */
enum weft_status weft_lanes_adopt(struct weft_lanes *lanes, const char *path,
                                  struct weft_error *error);
void weft_lanes_close(struct weft_lanes *lanes); /* removes the file */

/* Empties the rings into the queues; true when there was something.  Takes a clock pair too. */
bool weft_lanes_take(struct weft_lanes *lanes);

/* Slots in the queues. */
uint64_t weft_lanes_in_hand(const struct weft_lanes *lanes);

/* When the next record of a queue was made; false: there is none. */
static inline bool weft_lanes_front(const struct weft_lanes *lanes, uint32_t lane, uint64_t *ticks)
{
    const struct weft_lane_queue *queue = &lanes->queues[lane];

    if (queue->next >= queue->slots.count) {
        return false;
    }
    *ticks = queue->slots.at[queue->next].head.time;
    return true;
}

/* The next record of a queue; false: none, or its slots make no sense (then the queue is empty). */
bool weft_lanes_peek(struct weft_lanes *lanes, uint32_t lane, struct weft_taken *taken,
                     size_t *slots);

/* Leaves queue->thread in the lane, for one who takes the spool over. */
void weft_lanes_keep_thread(struct weft_lanes *lanes, uint32_t lane);

/* Records that found no room: of one lane, and of all, corrupt lanes included. */
uint64_t weft_lanes_lost(const struct weft_lanes *lanes, uint32_t lane);
uint64_t weft_lanes_all_lost(const struct weft_lanes *lanes);

/* Operations on an allocator's own locks that were not recorded, as was wanted. */
uint64_t weft_lanes_left_out(const struct weft_lanes *lanes);

/* The poll that a lane's owner has open; false: none. */
bool weft_lanes_poll(const struct weft_lanes *lanes, uint32_t lane, uint64_t *count,
                     uint64_t *last_ticks);

/* The call that blocks a lane's owner; false: none.  name is not ended by 0 when it is full. */
bool weft_lanes_call(const struct weft_lanes *lanes, uint32_t lane, uint64_t *since_ticks,
                     uint64_t *site, char name[16]);

/* The oldest time of a record that waits for room in its lane, at most `now`. */
uint64_t weft_lanes_waiting(const struct weft_lanes *lanes, uint64_t now);

/* Now, on the spool's clock. */
uint64_t weft_lanes_now(const struct weft_lanes *lanes);

/*
 * Ticks → ns since the program's start.  Piecewise linear between clock pairs, so it never jumps;
 * called with times that (almost) never go back.
 */
uint64_t weft_lanes_ns(struct weft_lanes *lanes, uint64_t ticks);

/* Wall clock at the program's start, ns since 1970. */
int64_t weft_lanes_start_real_ns(struct weft_lanes *lanes);

/* Up to which ticks records can be converted. */
uint64_t weft_lanes_known_ticks(const struct weft_lanes *lanes);

#endif
