/*
 * The numbers of a trace: time of each thread in each state, and of each object how often and how
 * long it was taken, held and waited for.  Everything counts within one range of time and may be
 * limited to one thread or one object.
 *
 * An event counts when its time is in the range; a wait, a hold or a state with the part that is.
 * Source: docs/analysis.md "Numbers".
 * The result owns its arrays, never the model.  Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_ANALYSIS_STATS_H
#define WEFT_TRACES_ANALYSIS_STATS_H

#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_STATS_LONGEST = 10, WEFT_STATS_BUCKETS = 60 };

/* What is asked for: indices, not numbers of the file; WEFT_NONE is all of them. */
struct weft_stats_query {
    uint64_t from_ns, to_ns;
    uint32_t thread, object;
};

/* Lengths of some sort, such as the waits for a lock. */
struct weft_lengths {
    uint64_t count;
    uint64_t total_ns, max_ns;
    uint64_t p50_ns, p99_ns; /* the shortest length that 50 %, 99 % do not exceed; 0 of none */
};

struct weft_thread_stats {
    uint32_t thread;
    uint64_t lifetime_ns;
    uint64_t state_ns[WEFT_STATE_COUNT];
    uint64_t events;
    struct weft_lengths waits; /* of all sorts that somebody else ends */
};

/* Who made whom wait for the object. */
struct weft_blame {
    uint32_t waiter, owner; /* owner WEFT_NONE: it is not known who */
    uint64_t ns;            /* of its waits, while the owner had it or was to act */
    uint64_t count;         /* of such waits */
    uint64_t last_wait;     /* while it is counted: the last wait that added to it */
};

struct weft_object_stats {
    uint32_t object;
    uint64_t events;
    uint64_t acquires, contended, failed, timeouts;
    uint64_t releases;                         /* posts of semaphores, too */
    uint64_t puts, gets, put_waits, get_waits; /* queues */
    uint64_t tasks_done, join_waits;           /* queues */
    uint64_t signals, broadcasts;              /* conditions; sets of events are signals */
    uint64_t passes;                           /* barriers */
    uint64_t read_acquires, write_acquires;    /* read-write locks */
    uint64_t wakes;                            /* futexes */
    struct weft_lengths waits, holds;
    uint64_t signal_ns,
        mutex_ns; /* conditions: the two parts of the waits of which both are known */
    uint64_t open_waits, open_holds; /* not ended when the range did */
    bool has_level;
    int64_t level_peak, level_last;
    double level_mean; /* weighed by time */
    uint64_t level_ns; /* how long it had a level in the range */
    uint64_t full_ns, empty_ns;
    struct {
        struct weft_blame *at;
        size_t count, room;
    } blames; /* most time first */
};

struct weft_long_wait {
    uint32_t thread, span;
    uint64_t ns; /* within the range */
};

struct weft_stats {
    struct weft_stats_query query; /* to_ns is the trace's end at most */
    bool to_end;                   /* the range reaches to the trace's end, which is part of it */
    uint64_t events;               /* in the range, by the threads asked for */
    uint64_t lost;                 /* of the whole trace */
    int64_t overhead_ns; /* estimated cost of recording all events of the trace; -1: not known */
    struct {
        struct weft_thread_stats *at;
        size_t count, room;
    } threads;
    struct {
        struct weft_object_stats *at;
        size_t count, room;
    } objects;
    struct weft_long_wait longest[WEFT_STATS_LONGEST]; /* longest first */
    size_t longest_count;
    /* How many threads ran or polled at a time, on average: over the range, and in each of its
     * parts, which are alike long. */
    double parallel;
    double parallel_of[WEFT_STATS_BUCKETS];
};

/* False: no memory; *stats is then empty. */
bool weft_stats_build(const struct weft_model *model, struct weft_stats_query query,
                      struct weft_stats *stats);
void weft_stats_done(struct weft_stats *stats);

#endif
