/*
 * How a trace ends for each thread: ended, still able to go on, or stuck in a wait that nobody can
 * end any more.
 *
 * A thread can go on when it does not wait, or waits with a time limit, or when somebody it waits
 * for can go on:
 *   lock, read-write lock   all who have it, or nobody
 *   semaphore as a lock     one who has a permit
 *   join                    the thread
 *   all other waits         those who ever signalled, posted, put … there, or else anybody at all
 * What is left over when no more can be added is stuck, for certain: that is what a deadlock is
 * made of, and a lost wake-up, too.
 *
 * Private to traces/analysis.  Threads: any.
 */
#ifndef WEFT_TRACES_ENDING_H
#define WEFT_TRACES_ENDING_H

#include "base/map.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_OWNERS_MAX = 64 };

struct weft_thread_ending {
    uint32_t wait;    /* the span of the wait that it is in, WEFT_NONE: it does not wait */
    bool alive;       /* it had not ended by itself */
    bool goes_on;     /* it can go on, or that cannot be ruled out */
    uint64_t lost_ns; /* its last loss of events; what it did before is not sure */
    bool lost;
    bool wanted; /* somebody that is in a wait at the end waits for it */
    /*
     * When it is stuck, one of those that it waits for and that is stuck, too: the owner of its
     * lock, the thread that it joins, or, when it keeps a lock while it waits for something else,
     * one that waits for that lock.  held, hold: the lock between them, and the hold of it;
     * WEFT_NONE for a join.
     */
    uint32_t next, held, hold;
};

/* Who has acted on an object that somebody waits for at the end. */
struct weft_actors {
    uint32_t thread[16];
    uint32_t count;
    bool many;                       /* more than that: anybody may */
    uint32_t last_thread, last_site; /* of the last act; WEFT_NONE: there was none */
    uint64_t last_ns;
    bool last_for_one; /* it was a signal, which wakes one of those who wait */
};

struct weft_ending {
    const struct weft_model *model;
    struct weft_thread_ending *threads; /* as the model's */
    struct weft_map actors_of;          /* object → actors */
    struct {
        struct weft_actors *at;
        size_t count, room;
    } actors;
    bool sure;            /* nothing is missing that would have told of a loss by its place */
    bool anybody_goes_on; /* some thread can go on */
    uint32_t ended_by;    /* the thread that ended the process; WEFT_NONE: not known */
    bool process_ended;
    uint64_t end_ns; /* of the trace */
};

/* False: no memory.  Cost: one pass over the points, then rounds over the threads that wait. */
bool weft_ending_build(const struct weft_model *model, struct weft_ending *ending);
void weft_ending_done(struct weft_ending *ending);

/*
 * The holds that keep a waiting thread from its lock or read-write lock at the end: indices into
 * the object's holds, at most WEFT_OWNERS_MAX; 0: nobody that is known.
 *
 * A semaphore has owners when it is used as a lock: those who took its permits have all of them,
 * and each permit that was given back was so by who had taken it.
 */
size_t weft_ending_owners(const struct weft_ending *ending, uint32_t thread,
                          uint32_t owners[WEFT_OWNERS_MAX]);

/* Who acted on the object that a thread waits for; NULL: it waits for no act, as in a join. */
const struct weft_actors *weft_ending_actors(const struct weft_ending *ending, uint32_t thread);

/* Has the thread ever acted on the object that `waiter` waits for? */
bool weft_ending_acted(const struct weft_ending *ending, uint32_t waiter, uint32_t thread);

/*
 * Does the wait that a thread is in at the end matter?  It does when somebody waits for the thread,
 * or nobody at all can go on; and when a signal ended the program while the thread had waited for
 * at least long_ns for what never ended anybody's wait.
 */
bool weft_ending_matters(const struct weft_ending *ending, uint32_t thread, uint64_t long_ns);

/* Is it sure that the thread really had at t_ns what it seems to have at the end? */
static inline bool weft_ending_knows(const struct weft_ending *ending, uint32_t thread,
                                     uint64_t t_ns)
{
    return ending->sure &&
           (!ending->threads[thread].lost || ending->threads[thread].lost_ns < t_ns);
}

/* Stuck: alive, in a wait, and nobody can end it. */
static inline bool weft_ending_stuck(const struct weft_ending *ending, uint32_t thread)
{
    return ending->threads[thread].alive && ending->threads[thread].wait != WEFT_NONE &&
           !ending->threads[thread].goes_on;
}

#endif
