/*
 * Critical sections, event by event: walks over the points of a trace and knows at each which locks
 * its thread has.  Read-write locks count, too; one-time initialisation and semaphores do not.
 *
 *     while (weft_sections_step(&sections))
 *         …sections.point is the event, sections.thread what its thread has after it…
 *
 * A thread that lost events may have anything: it has nothing then, and begins anew.
 * Private to traces/analysis.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_SECTIONS_H
#define WEFT_TRACES_SECTIONS_H

#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Locks that a thread has at once; what it takes beyond that is not followed. */
enum { WEFT_HELD_MAX = 16 };

struct weft_section {
    uint64_t t_ns; /* of the acquire */
    uint32_t object;
    uint32_t site;
    uint32_t depth;
    bool shared;  /* for reading */
    bool limited; /* by one who would not have waited for ever */
};

struct weft_sections_thread {
    struct weft_section held[WEFT_HELD_MAX];
    struct weft_section given; /* by a condition's wait, to be had back at its end */
    uint32_t count;
    bool gave;
    bool limited; /* it waits for a lock, with a time limit */
};

struct weft_sections {
    const struct weft_model *model;
    struct weft_sections_thread *threads;
    size_t next; /* the point that comes next */

    struct weft_point point;
    const struct weft_sections_thread *thread; /* as it is after the event */
    bool took;                                 /* the event gave the thread the lock `taken` */
    struct weft_section taken;
};

/* False: no memory. */
bool weft_sections_init(struct weft_sections *sections, const struct weft_model *model);
void weft_sections_done(struct weft_sections *sections);

bool weft_sections_step(struct weft_sections *sections);

#endif
