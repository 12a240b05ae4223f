/*
 * Whom a thread waited for, stretch by stretch, and who ended its wait.
 *
 *      wait for lock L   |----------------------------------|
 *      L's holds            A      |        |   B           |
 *      stretches         |  A held |  gap   |   B held      |
 *
 *      wait on cond C    |----------------------------------|
 *      signal, mutex              S signals |  M held by A  |
 *      stretches         |  until S signals |  A held M |gap|
 *
 * The stretches tile the wait.  What cannot be known has why UNKNOWN and no thread: a wait that
 * nobody in the trace ended, a hold whose release is missing.
 * Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_ANALYSIS_OWNERS_H
#define WEFT_TRACES_ANALYSIS_OWNERS_H

#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the wait lacked in a stretch. */
enum weft_why {
    WEFT_WHY_UNKNOWN,  /* cannot be known */
    WEFT_WHY_HELD,     /* `thread` had it: `object`'s hold number `hold` */
    WEFT_WHY_ACT,      /* until `thread` released, signalled, posted, put, got, arrived … */
    WEFT_WHY_LIFE,     /* until `thread` ended: a join */
    WEFT_WHY_HANDOVER, /* nobody stood in the way: it had been released, set, put … already */
    WEFT_WHY_TIME,     /* until its time-out was over; nobody ended it */
    WEFT_WHY_NOBODY,   /* nobody ended it, up to the end of the trace */
};

struct weft_stretch {
    uint64_t from_ns, to_ns;
    uint32_t thread; /* WEFT_NONE for UNKNOWN, HANDOVER, TIME, NOBODY */
    uint32_t object; /* what was waited for; of a condition's second part its mutex; or NONE */
    uint32_t hold;   /* HELD: index into the object's holds; else WEFT_NONE */
    uint8_t why;     /* enum weft_why */
};

struct weft_stretches {
    struct weft_stretch *at;
    size_t count, room;
};

/* How a wait ended. */
enum weft_ended {
    WEFT_ENDED_UNKNOWN, /* it ended, but who ended it is not in the trace */
    WEFT_ENDED_BY_ACT,  /* `wake`: index into the model's wakes */
    WEFT_ENDED_BY_TIME, /* its time-out was over */
    WEFT_ENDED_BROKEN,  /* the barrier was broken; `wake` says by whom, when that is known */
    WEFT_ENDED_FAILED,  /* otherwise in vain */
    WEFT_ENDED_ITSELF,  /* sleeps, blocking calls, running: nobody ends these */
    WEFT_ENDED_NEVER,   /* not before the trace ended */
};

struct weft_wait_end {
    uint64_t act_ns; /* when it was ended: a condition's wait for its mutex begins here.  The end
                        of the span where that is not known */
    uint32_t wake;   /* WEFT_NONE: not known, or nobody */
    uint8_t how;     /* enum weft_ended */
};

/* Is a span in this state a wait that somebody else ends? */
bool weft_state_is_wait(enum weft_state state);

struct weft_wait_end weft_wait_end_of(const struct weft_model *model, uint32_t thread,
                                      uint32_t span);

/* The two parts of a wait on a condition. */
struct weft_cond_parts {
    uint64_t signal_ns; /* until the signal came */
    uint64_t mutex_ns;  /* then, until the thread had its mutex back */
};

/*
 * The parts of a wait on a condition within [from_ns, to_ns).  False: it is none, or nothing is
 * known of a signal: then the parts are not known either.
 */
bool weft_cond_wait_parts(const struct weft_model *model, uint32_t thread, uint32_t span,
                          uint64_t from_ns, uint64_t to_ns, struct weft_cond_parts *parts);

/*
 * The stretches of a wait within [from_ns, to_ns), which is clipped to the wait, added to *out in
 * time order.  False: no memory.
 * Cost: O(log holds + holds within); of semaphores and read-write locks at most 1000 holds that
 * began before are looked at, and the owner is unknown when that is not enough.
 */
bool weft_wait_stretches(const struct weft_model *model, uint32_t thread, uint32_t span,
                         uint64_t from_ns, uint64_t to_ns, struct weft_stretches *out);

/*
 * Whom `thread` waits for at t_ns; why is UNKNOWN when it does not wait.  For one question at one
 * moment, as "who waits for whom when the trace ends".  False: no memory.
 */
bool weft_waits_for_at(const struct weft_model *model, uint32_t thread, uint64_t t_ns,
                       struct weft_stretch *out);

#endif
