/*
 * How crowded a lock is: who uses it, how much of the time somebody has it, how many wait, and what
 * its users do without it.  For convoy, serialised and starvation.
 * Private to traces/analysis.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_CROWD_H
#define WEFT_TRACES_CROWD_H

#include "traces/analysis/finding.h"

struct weft_user {
    uint32_t thread;
    uint32_t longest_wait; /* span, WEFT_NONE: it never waited */
    uint64_t acquires, waits;
    uint64_t held_ns, waited_ns, longest_ns;
    uint64_t last_end_ns; /* of its last hold */
    uint32_t site;        /* of its first acquire */
    uint64_t first_ns;
};

struct weft_crowd {
    uint32_t object;
    uint64_t from_ns, to_ns; /* the first acquire, the last release */
    uint64_t held_ns, waited_ns, acquires, waits;
    /* How long it is held, the median, and how long its users do without it from a release to the
     * next request, the lower quartile: a thread that another has put off the processor counts as
     * running, most of all right behind a release. */
    uint64_t hold_ns, gap_ns;
    struct {
        struct weft_user *at; /* most waiting first */
        size_t count, room;
    } users;
};

/*
 * Each lock and read-write lock for which there is enough waiting to ask more.  They are measured
 * once for all who look, and kept until weft_crowds_done.  Without memory: findings->no_memory.
 */
void weft_crowd_each(struct weft_findings *findings,
                     void (*look)(struct weft_findings *findings, const struct weft_crowd *crowd));
void weft_crowds_done(struct weft_findings *findings);

/* Acquires by others while a thread was in a wait for the lock. */
uint64_t weft_crowd_overtaken(const struct weft_model *model, uint32_t object, uint32_t thread,
                              uint32_t span);

/* Users that had it for a good part of the time: two of them at least are a crowd. */
size_t weft_crowd_real_users(const struct weft_crowd *crowd);

/* Does one of them do nearly all of its work with the lock, so that only one runs at a time? */
bool weft_crowd_is_serialised(const struct weft_findings *findings, const struct weft_crowd *crowd);

/* Does a thread get much less than its share, and is it overtaken?  Index into users or NONE. */
uint32_t weft_crowd_starved(const struct weft_findings *findings, const struct weft_crowd *crowd);

/* Threads, object and places. */
void weft_crowd_tell(struct weft_findings *findings, struct weft_finding *finding,
                     const struct weft_crowd *crowd);

static inline uint64_t weft_percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (uint64_t)((double)part * 100.0 / (double)whole + 0.5);
}

#endif
