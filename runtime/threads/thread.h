/*
 * Threads, as the other files of this folder see them.
 *
 *   made ──start──► alive ──run returns──► ended
 *
 * Three origins: a thread that a program made (heap, counted references: its owner's and, while
 * it runs, its own); the program's main thread (static, for ever); a stranger that was started
 * by other means and called us (in its own thread-local memory, until it ends).
 *
 * Everyone who is alive stands in one list (alive.c).  Guards are taken in the order object,
 * alive, never the other way round.
 */
#ifndef WEFT_RUNTIME_THREADS_THREAD_H
#define WEFT_RUNTIME_THREADS_THREAD_H

#include "runtime/threads/wait.h"
#include "runtime/weft.h"

#include <stdatomic.h>

enum weft_thread_origin { WEFT_THREAD_MADE, WEFT_THREAD_MAIN, WEFT_THREAD_STRANGER };
enum weft_thread_phase { WEFT_THREAD_NEW, WEFT_THREAD_ALIVE, WEFT_THREAD_ENDED };

/* Names are kept until their thread is freed, so that a name once given stays readable. */
struct weft_thread_name {
    struct weft_thread_name *older;
    char text[];
};

struct weft_thread {
    pthread_mutex_t guard;
    struct weft_parker parker;
    struct weft_waiters joiners;    /* guard */
    struct weft_thread_name *names; /* guard; newest first */
    _Atomic(const char *) name;     /* of names, or first_name */
    char first_name[24];            /* needs no memory */
    _Atomic int phase;              /* enum weft_thread_phase; stored under the guard */
    _Atomic uint32_t number;        /* in the trace; 0 before it has started */
    _Atomic bool daemon;
    _Atomic int references; /* made threads only */
    enum weft_thread_origin origin;
    int zones; /* open ones; its own thread only */

    pthread_mutex_t settling;    /* innermost of all guards */
    struct weft_waiters starter; /* settling */
    _Atomic bool settled;        /* stored under settling */

    void (*run)(void *self);
    void *self;
    void (*function)(void *args, void *kwargs); /* start_new_thread: in place of run */
    void *args, *kwargs;

    struct weft_thread *next, *before; /* of those alive; the list's guard */
};

/* The caller's; a stranger becomes known by it. */
struct weft_thread *weft_thread_self(void);

/* Fields that every origin has; the name is first_name. */
void weft_thread_init(struct weft_thread *thread, enum weft_thread_origin origin, bool daemon);

/*
 * The caller is about to wait for the first time, or to end: whoever started it may go on.  Under
 * CPython's interpreter lock a new thread runs until then (or for a switch interval of 5 ms), so
 * that threads that are started one after the other also do their first things in that order.
 */
void weft_thread_settle(struct weft_thread *self);

/* For other modules that are threads: the caller's site in the trace is theirs. */
int weft_thread_start_at(struct weft_thread *thread, const void *site); /* until it settles */
int weft_thread_join_at(struct weft_thread *thread, double seconds, const void *site);

/* The caller ends: it is recorded, no longer alive, and whoever joins it goes on. */
void weft_thread_finish(struct weft_thread *thread);

/* alive.c: who is alive. */
void weft_alive_set_self(struct weft_thread *thread); /* at the start of a made thread */
void weft_alive_add(struct weft_thread *thread);
void weft_alive_remove(struct weft_thread *thread);

#endif
