/*
 * The one seam through which the runtime reads the time and blocks, so that another clock and
 * another schedule can stand in for the real ones.
 *
 * A thread blocks only in park (until an unpark or a deadline) and in sleep_until; everything
 * above is bookkeeping under short guards inside which nothing blocks.  Times are ns on a clock
 * of the schedule's own that never goes back; WEFT_NO_DEADLINE waits without limit.
 *
 * What a schedule that lets one thread run at a time may count on:
 *   - a new thread parks before it does anything else, and its maker unparks it exactly once;
 *   - a thread that ends says so by leave, and never parks again;
 *   - a thread that asks again and again without waiting passes through spin each time;
 *   - every other use of an object that others can see passes through step: before it takes, after
 *     it gives;
 *   - nobody parks, sleeps, spins or steps while it holds a guard.
 * Threads: any.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_H
#define WEFT_RUNTIME_SCHEDULE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define WEFT_NO_DEADLINE UINT64_MAX

struct weft_runner;

/*
 * Where one thread waits: a token, which unpark gives and park takes.  Only its owner parks on
 * it; any thread may unpark it.  Its fields belong to the schedule.
 */
struct weft_parker {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool token;
    uint32_t number;            /* of a thread that is made: in the trace, set by its maker; 0 */
    struct weft_runner *runner; /* that thread under a controlled schedule */
};

struct weft_schedule {
    uint64_t (*now_ns)(void); /* the schedule's clock */
    int64_t (*wall_ns)(void); /* since 1970, UTC */
    void (*sleep_until)(uint64_t deadline_ns);
    /* Waits for a token and takes it: true; false at the deadline, without one. */
    bool (*park)(struct weft_parker *parker, uint64_t deadline_ns);
    void (*unpark)(struct weft_parker *parker); /* one token, however often it is called */
    void (*spin)(void);                         /* others may run before the caller goes on */
    void (*step)(const void *about);            /* the same, where it uses an object next */
    bool (*let_begin)(void);  /* true: a thread that was just made has had its chance to run */
    bool (*ends_early)(void); /* true: this wait on a condition is to end without a signal */
    void (*leave)(struct weft_parker *parker); /* its owner, the caller, ends */
};

/* The caller's memory; they cannot fail. */
void weft_parker_init(struct weft_parker *parker);
void weft_parker_done(struct weft_parker *parker);

/*
 * The schedule in force: the kernel's on the real clock, or a plan's on a simulated one when the
 * recording has one (turn.h).
 */
const struct weft_schedule *weft_schedule(void);

#endif
