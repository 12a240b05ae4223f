/*
 * What threads did with a lock in their hands that kept others out: sleeping, or being blocked in
 * something else.  Collected lock by lock, in one walk over the trace.
 * Private to traces/analysis.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_HOLDING_H
#define WEFT_TRACES_HOLDING_H

#include "traces/analysis/finding.h"

struct weft_holding_rest {
    uint64_t from_ns, to_ns;
    uint32_t thread;
    uint32_t site;
    uint32_t point; /* the event that says which call it was */
    uint8_t state;  /* enum weft_state: what it did meanwhile */
};

struct weft_holding_stretch {
    uint64_t from_ns, to_ns;
};

struct weft_holding {
    uint32_t object;
    uint64_t count;          /* rests */
    uint64_t rested_ns;      /* of the holders, in all */
    uint64_t waited_ns;      /* of the others, meanwhile */
    uint64_t wanted_ns;      /* of all who waited for the lock, also when nobody rested */
    uint64_t longest_io_ns;  /* the longest single blocking call, waited for or not */
    uint64_t from_ns, to_ns; /* the first and the last that mattered */
    struct weft_holding_rest longest, longest_io;
    uint64_t longest_waited_ns;
    uint32_t waiter, waiter_span; /* who waited longest during it */
    struct {
        uint32_t *at;
        size_t count, room;
    } holders, waiters; /* the first few of each */
    struct {
        struct weft_holding_stretch *at;
        size_t count, room;
    } covered; /* of a read-write lock: when somebody rested, apart from each other, in order */
};

struct weft_holdings {
    struct {
        struct weft_holding *at;
        size_t count, room;
    } all;
};

/*
 * sleeps: those of threads that sleep; else of those that are blocked: in calls, joins, queues …
 * Locks that are handed over to one who then waits for another lock are not among them, nor is
 * the waiting of those who were parked at a lock when the program ended in good order.
 * False: no memory.
 */
bool weft_holdings_collect(const struct weft_model *model, bool sleeps,
                           struct weft_holdings *holdings);
void weft_holdings_done(struct weft_holdings *holdings);

/*
 * Is it the rests that the others waited for?  from_ns, share: the thresholds.  They waited so long
 * meanwhile, and that is such a share of all of their waiting for the lock; where there were many
 * rests, also without the longest, which may be the machine's and not the program's.
 */
bool weft_holding_matters(const struct weft_holding *holding, uint64_t from_ns, uint64_t percent);

/* Threads, object and places of a finding. */
void weft_holding_tell(struct weft_findings *findings, struct weft_finding *finding,
                       const struct weft_holding *holding, const struct weft_holding_rest *rest,
                       const char *role);

#endif
