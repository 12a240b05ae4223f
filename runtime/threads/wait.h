/*
 * How a thread waits for an object: the one way, used by every kind.
 *
 *   object ── guard ── state
 *                └──── waiters:  first ─► waiter ─► waiter ─► …      in the order of their coming
 *                                           └ parker of its thread
 *
 * Whoever changes the state takes waiters off the list and unparks them, under the guard.  A
 * waiter that is off the list has been woken, whatever its clock says: a time-out counts only
 * while it is still linked.  A token that was left over from an earlier wait only makes the loop
 * look once more.
 *
 * Waiters live on the stack of the thread that waits.  Threads: all under the object's guard.
 */
#ifndef WEFT_RUNTIME_THREADS_WAIT_H
#define WEFT_RUNTIME_THREADS_WAIT_H

#include "runtime/schedule/schedule.h"

/* Why a wait ended; set by whoever woke it. */
enum weft_woken { WEFT_WOKEN_OK, WEFT_WOKEN_BROKEN };

struct weft_waiter {
    struct weft_waiter *next, *before;
    struct weft_parker *parker;
    bool linked;
    enum weft_woken why;
};

/* All zero: empty. */
struct weft_waiters {
    struct weft_waiter *first, *last;
    int count;
};

/* How long a wait may last. */
struct weft_limit {
    uint64_t deadline_ns; /* on the schedule's clock */
    int64_t timeout_ns;   /* as the trace has it: -1 for none */
};

#define WEFT_LIMIT_NONE ((struct weft_limit){WEFT_NO_DEADLINE, -1})

/* `seconds` from now; false, and *limit untouched, when it is negative or NaN. */
bool weft_limit_from(double seconds, struct weft_limit *limit);

/*
 * Puts the caller on the list, leaves the guard until it is woken or the deadline has passed, and
 * takes the guard again.  False: timed out, and off the list.
 *   at_front   for one who was woken and lost what it was woken for: it keeps its place
 */
bool weft_wait(struct weft_waiters *waiters, pthread_mutex_t *guard, uint64_t deadline_ns,
               bool at_front, enum weft_woken *why);

/* The two halves of it, for what must be done on the list and before the wait. */
void weft_wait_enter(struct weft_waiters *waiters, struct weft_waiter *waiter, bool at_front);
bool weft_wait_until(struct weft_waiters *waiters, struct weft_waiter *waiter,
                     pthread_mutex_t *guard, uint64_t deadline_ns);

/* Instead of the second half: others run, and the wait ends although nobody woke the caller. False:
 * somebody did meanwhile. */
bool weft_wait_early(struct weft_waiters *waiters, struct weft_waiter *waiter,
                     pthread_mutex_t *guard);

/* Wakes the first `count` that wait. */
void weft_waiters_wake(struct weft_waiters *waiters, int count, enum weft_woken why);

#endif
