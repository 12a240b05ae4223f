/*
 * Lanes, from inside the recorded program: opening the spool, taking a lane for a thread, giving
 * it back.  Private to the recorder.  Threads: any.
 */
#ifndef WEFT_RUNTIME_RECORD_LANE_H
#define WEFT_RUNTIME_RECORD_LANE_H

#include "traces/format/clock.h"
#include "traces/format/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/*
 * `on` lives in a page of its own that fork wipes (MADV_WIPEONFORK): a child, however it was
 * forked, finds 0 and does not write into its parent's lanes.
 */
struct weft_spool_state {
    const volatile uint32_t *on;
    struct weft_spool_head *head;
    bool follow;              /* a child of this process is to be recorded */
    bool after_exec;          /* another program recorded here before, as the same process */
    uint32_t lanes;           /* how many are mapped */
    uint32_t clock;           /* enum weft_clock_kind */
    uint32_t stack_frames;    /* callers to be kept of each wait; 0: none */
    uint64_t ticks_per_ms;    /* about */
    uint64_t poll_gap_ticks;  /* a longer pause between two questions ends a poll */
    uint64_t long_call_ticks; /* a blocking call that lasts as long is recorded */
};

extern struct weft_spool_state weft_spool;

/*
 * Opens the spool that environment (as main gets it) names by WEFT_SPOOL_ENV; without it, or when
 * it is not ours, stays off.
 */
void weft_spool_open(char *const *environment);

/* The same with its path; false: it is not ours. */
bool weft_spool_open_at(const char *path);

/* Forgets a parent's spool, in a child. */
void weft_spool_forget(void);

/* Nothing is recorded from here on, in the whole process. */
void weft_spool_stop(void);

static inline uint32_t weft_lane_index(const struct weft_lane *lane)
{
    return (uint32_t)(((uint64_t)((const char *)lane - (const char *)weft_spool.head) -
                       weft_spool_lane_at(0)) /
                      sizeof *lane);
}

static inline bool weft_spool_on(void)
{
    return weft_spool.on != NULL && *weft_spool.on != 0;
}

/*
 * What time it is for a record.  Simulated time goes on by one ns with each, so that their order
 * in the trace is that in which they were made.
 */
static inline uint64_t weft_spool_ticks(void)
{
    return weft_spool.clock == WEFT_CLOCK_VIRTUAL
               ? atomic_fetch_add_explicit(&weft_spool.head->schedule.now_ns, 1,
                                           memory_order_relaxed)
               : weft_clock_ticks(weft_spool.clock);
}

/* The same where the order among threads does not matter: cheaper. */
static inline uint64_t weft_spool_ticks_unordered(void)
{
    return __builtin_expect(weft_spool.clock == WEFT_CLOCK_TSC, 1)
               ? weft_clock_ticks_unordered(WEFT_CLOCK_TSC)
               : weft_spool_ticks();
}

/* A look at the clock that makes no record: simulated time does not go on by it. */
static inline uint64_t weft_spool_glance(void)
{
    return __builtin_expect(weft_spool.clock == WEFT_CLOCK_VIRTUAL, 0)
               ? atomic_load_explicit(&weft_spool.head->schedule.now_ns, memory_order_relaxed)
               : weft_spool_ticks_unordered();
}

/* A lane for the caller, its pages present; NULL: there is none, or no memory for it. */
struct weft_lane *weft_lane_take(void);
void weft_lane_give_back(struct weft_lane *lane);

/*
 * Makes room for `wanted` slots at head: the drain has been there, or we pack the lane ourselves,
 * or, where we cannot, we wait for the drain for a bounded time.  *limit: up to which slot there is
 * room now, before it is asked for again; false: the record is lost, and counted.
 * The ring's capacity may be another one afterwards.
 */
bool weft_lane_make_room(struct weft_lane *lane, uint64_t head, uint32_t wanted, uint64_t *limit);

/* The same in good time and without waiting: nothing needs the room yet. */
void weft_lane_tidy(struct weft_lane *lane, uint64_t head, uint32_t wanted, uint64_t *limit);

#pragma GCC visibility pop

#endif
