/*
 * Deadlocks while they happen: follows who holds what and who waits for what through the stream of
 * records, and finds threads that wait for each other in a cycle.  A cycle counts only when it
 * is the same at two looks at least WEFT_DEADLOCK_NS apart on the recording's own clock and no
 * wait in it has a time limit: what a recorder saw late is then long in order.
 *
 * Holders are known of locks (also of their write side); of a thread that is joined it is that
 * thread itself.  Threads and objects are meant by dense numbers from 1.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_WATCH_H
#define WEFT_TRACES_WATCH_H

#include "traces/format/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_DEADLOCK_NS 200000000ULL

enum { WEFT_CYCLE_MAX = 64 };

struct weft_watched_thread {
    uint64_t since_ns; /* of the wait */
    uint64_t site;
    uint32_t object; /* waited for; 0: none */
    uint32_t target; /* joined; 0: none */
    bool timed;
};

struct weft_watched_object {
    uint64_t since_ns; /* of the owner's acquire */
    uint64_t site;
    uint32_t owner; /* 0: nobody, or not known */
    uint32_t depth;
};

/* A cycle that was seen at a look. */
struct weft_suspect {
    uint64_t hash;
    uint64_t first_ns;
    bool told;
    bool seen; /* at the current look */
};

struct weft_watch {
    struct {
        struct weft_watched_thread *at;
        size_t count, room;
    } threads;
    struct {
        struct weft_watched_object *at;
        size_t count, room;
    } objects;
    struct {
        struct weft_suspect *at;
        size_t count, room;
    } suspects;
};

/* The threads of a cycle; each waits for what the next one holds, the last for the first's. */
struct weft_cycle {
    uint32_t threads[WEFT_CYCLE_MAX];
    uint32_t count;
};

struct weft_watched_event {
    enum weft_event_kind kind;
    enum weft_outcome outcome;
    enum weft_object_kind object_kind;
    uint32_t thread;
    uint32_t object; /* or 0 */
    uint32_t target; /* or 0 */
    uint32_t with;   /* a condition's mutex, or 0 */
    bool timed;
    uint64_t t_ns;
    uint64_t site;
};

void weft_watch_done(struct weft_watch *watch);

void weft_watch_event(struct weft_watch *watch, const struct weft_watched_event *event);

/*
 * Looks for cycles at t_ns, up to which all events have been seen.  True: *cycle is a deadlock
 * that was not told before; ask again for more.
 */
bool weft_watch_look(struct weft_watch *watch, uint64_t t_ns, struct weft_cycle *cycle);

#endif
