/*
 * Deadlocks that need no events to be seen.  A program can make records faster than they can be
 * followed, and traces/write/watch.h, which follows them, then comes seconds late.  Here is looked
 * at no more than this: whose last record says that it waits for a lock, and whom the C library
 * has written down in that lock as its owner.  A cycle of such threads, each of which has recorded
 * nothing for WEFT_STUCK_NS, is a deadlock: none of them can have given anything up meanwhile.
 *
 * It knows mutexes of pthreads (C11's and C++'s are such) and writers of read-write locks, in
 * waits without a time limit.  Who waits for himself is a cycle of one, when the kernel says that
 * he sleeps on that very lock; who waits for a thread's end is left to the other.
 *
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_STUCK_H
#define WEFT_TRACES_STUCK_H

#include "traces/format/format.h"
#include "traces/write/lanes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The other one, which tells more, is done by then if it can. */
#define WEFT_STUCK_NS 300000000ULL

enum { WEFT_STUCK_MAX = 64 };

struct weft_stuck_wait {
    uint64_t object;
    uint64_t site;
    uint64_t held_site; /* where the owner has acquired it; 0: too long ago */
    uint64_t head;      /* of the lane, then */
    uint32_t lane;
    uint32_t thread; /* its number */
    uint32_t tid;    /* the kernel's */
    uint32_t owner;  /* the kernel's, 0: nobody */
    enum weft_object_kind kind;
};

/* Each waits for what the next one has, the last for the first's. */
struct weft_stuck_cycle {
    struct weft_stuck_wait waits[WEFT_STUCK_MAX];
    uint32_t count;
};

struct weft_stuck {
    struct weft_stuck_lane {
        uint64_t head;
        uint64_t since_ns; /* for which it has been that */
    } * lanes;             /* WEFT_LANE_MAX of them; NULL: nobody has looked */
    struct {
        struct weft_stuck_wait *at;
        size_t count, room;
    } waits; /* of the present look */
};

/* What is asked of the program itself; every answer may be old, and is asked with ctx. */
struct weft_stuck_program {
    /* The owner of a lock as the C library has written it down; 0: nobody, unknown. */
    uint32_t (*owner)(void *ctx, uint64_t object, enum weft_object_kind kind);
    /* Whether a thread sleeps in the kernel on the futex of a mutex; false, too: unknown. */
    bool (*sleeps_on)(void *ctx, uint32_t tid, uint64_t object);
    void *ctx;
};

void weft_stuck_done(struct weft_stuck *stuck);

/*
 * now_ns: on any clock that goes on.  Finds the cycles, and calls found, with the program's ctx,
 * for each, at every look again.  Cost: about linear in the threads that wait.
 */
void weft_stuck_look(struct weft_stuck *stuck, const struct weft_lanes *lanes, uint64_t now_ns,
                     const struct weft_stuck_program *program,
                     void (*found)(void *ctx, const struct weft_stuck_cycle *cycle));

/* Both of a living process: the first of that whose /proc/PID/mem is open as fd. */
uint32_t weft_stuck_owner_in_memory(int fd, uint64_t object, enum weft_object_kind kind);
bool weft_stuck_sleeps_on(uint32_t pid, uint32_t tid, uint64_t object);

#endif
