/*
 * Records → lines.  Numbers threads, objects and call sites by first use and introduces each
 * before the event that needs it.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_EVENTS_H
#define WEFT_TRACES_EVENTS_H

#include "base/arena.h"
#include "base/map.h"
#include "base/sink.h"
#include "traces/write/lanes.h"
#include "traces/write/names.h"
#include "traces/write/stuck.h"
#include "traces/write/watch.h"

#include <stdbool.h>
#include <stdint.h>

/* The callers of a call site, until the wait that was recorded next is written. */
struct weft_line_stack {
    uint64_t site;
    uint32_t count; /* 0: none waits */
    uint64_t at[WEFT_STACK_MAX];
};

struct weft_line_thread {
    uint32_t number; /* in the spool and in the trace */
    bool named;
    bool started;
    bool ended;
    const char *name;              /* the last one that was heard of; NULL: none */
    struct weft_line_stack *stack; /* NULL: none was recorded */
    struct {
        enum weft_event_kind kind; /* which began it; WEFT_EV_NONE: it does not wait */
        uint32_t object, target;   /* 0: none */
        uint64_t site;
    } waits;
};

/* What was introduced by its number alone: to find its name can take seconds. */
struct weft_unnamed {
    uint64_t address; /* of the object, of the call, of the routine that a thread started with */
    uint64_t site;    /* objects: where it was made or first used */
    uint32_t id;
    enum { WEFT_UNNAMED_SITE, WEFT_UNNAMED_THREAD, WEFT_UNNAMED_OBJECT } what;
    enum weft_object_kind kind;
};

struct weft_lines {
    struct weft_sink sink;
    struct weft_map threads; /* number in the spool → place in thread_list, from 1 */
    struct weft_map objects; /* address → number in the trace << 5 | kind; 0: destroyed */
    struct weft_map sites;   /* address → number in the trace */
    struct {
        struct weft_line_thread *at;
        size_t count, room;
    } thread_list;
    struct {
        const char **at; /* by number in the trace - 1; NULL: without name */
        size_t count, room;
    } object_names;
    struct {
        struct weft_unnamed *at;
        size_t count, room;
    } unnamed;
    struct weft_arena arena;
    uint32_t object_count;
    uint32_t site_count;
    uint32_t stack[WEFT_STACK_MAX]; /* sites of the event that is being written */
    uint32_t last_place;            /* of the thread that was looked for last */
    uint64_t last_ns;
    uint64_t events;
    uint64_t late;
    struct weft_names names;
    struct weft_watch watch;
    struct {
        uint32_t *at;
        size_t count, room;
    } deadlocked; /* numbers of threads of which it was told */
};

bool weft_lines_init(struct weft_lines *lines, int fd);
void weft_lines_done(struct weft_lines *lines);

/* Writes what `taken`, recorded by `thread` at t_ns, means: definitions, an event, or nothing. */
void weft_lines_put(struct weft_lines *lines, uint32_t thread, uint64_t t_ns,
                    const struct weft_taken *taken);

/* A thread that was there before the trace: its number, name and routine, as THREAD_CREATE. */
void weft_lines_know(struct weft_lines *lines, const struct weft_taken *taken);

/* The end of the thread is written. */
bool weft_lines_has_ended(struct weft_lines *lines, uint32_t thread);

/* Writes the names of what was introduced without one: when the program does not wait for us. */
void weft_lines_name(struct weft_lines *lines);

/*
 * A deadlock among what was written up to t_ns, told in text, some lines without the program's
 * name; false: none that was not told before.
 */
bool weft_lines_deadlock(struct weft_lines *lines, uint64_t t_ns, char *text, size_t room);

/* The same of one that was seen without events. */
bool weft_lines_stuck_cycle(struct weft_lines *lines, const struct weft_stuck_cycle *cycle,
                            char *text, size_t room);

/* What everybody waits for when nobody can go on, told in the same way. */
void weft_lines_stuck(struct weft_lines *lines, char *text, size_t room);

#endif
