/*
 * Thread objects: made, named, started, joined, freed.
 */
#include "runtime/threads/thread.h"

#include "runtime/threads/note.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void weft_thread_init(struct weft_thread *thread, enum weft_thread_origin origin, bool daemon)
{
    memset(thread, 0, sizeof(*thread));
    pthread_mutex_init(&thread->guard, NULL);
    pthread_mutex_init(&thread->settling, NULL);
    weft_parker_init(&thread->parker);
    thread->origin = origin;
    thread->daemon = daemon;
    thread->name = thread->first_name;
}

/* "Thread-1", "Thread-2", … over all threads without a name of their own, as Python counts. */
static void number_name(struct weft_thread *thread)
{
    static _Atomic unsigned unnamed;
    snprintf(thread->first_name, sizeof(thread->first_name), "Thread-%u",
             atomic_fetch_add(&unnamed, 1) + 1);
}

/* Under the guard, or before anyone else knows the thread. */
static bool keep_name(struct weft_thread *thread, const char *name)
{
    const size_t bytes = strlen(name) + 1;
    struct weft_thread_name *kept = malloc(sizeof(*kept) + bytes);
    if (!kept)
        return false;
    memcpy(kept->text, name, bytes);
    kept->older = thread->names;
    thread->names = kept;
    thread->name = kept->text;
    return true;
}

static void drop_reference(struct weft_thread *thread)
{
    if (thread->origin != WEFT_THREAD_MADE || atomic_fetch_sub(&thread->references, 1) != 1)
        return;
    while (thread->names) {
        struct weft_thread_name *older = thread->names->older;
        free(thread->names);
        thread->names = older;
    }
    weft_parker_done(&thread->parker);
    pthread_mutex_destroy(&thread->settling);
    pthread_mutex_destroy(&thread->guard);
    free(thread);
}

struct weft_thread *weft_thread_new(const char *name, void (*run)(void *self), void *self)
{
    if (!run) {
        errno = EINVAL;
        return NULL;
    }
    struct weft_thread *thread = malloc(sizeof(*thread));
    if (!thread)
        return NULL;
    weft_thread_init(thread, WEFT_THREAD_MADE, weft_thread_self()->daemon);
    thread->references = 1;
    thread->run = run;
    thread->self = self;
    if (!name) {
        number_name(thread);
    } else if (!keep_name(thread, name)) {
        drop_reference(thread);
        errno = ENOMEM;
        return NULL;
    }
    return thread;
}

void weft_thread_free(struct weft_thread *thread)
{
    if (thread)
        drop_reference(thread);
}

/* Starting and ending ───────────────────────────────────────────────────────────────────────── */

void weft_thread_settle(struct weft_thread *self)
{
    if (self->settled)
        return;
    pthread_mutex_lock(&self->settling);
    self->settled = true;
    weft_waiters_wake(&self->starter, self->starter.count, WEFT_WOKEN_OK);
    pthread_mutex_unlock(&self->settling);
}

static void wait_until_settled(struct weft_thread *thread)
{
    const uint64_t switch_interval_ns = 5000000; /* CPython's sys.getswitchinterval() */

    if (weft_schedule()->let_begin())
        return;
    const uint64_t deadline_ns = weft_schedule()->now_ns() + switch_interval_ns;

    pthread_mutex_lock(&thread->settling);
    if (!thread->settled)
        weft_wait(&thread->starter, &thread->settling, deadline_ns, false, NULL);
    pthread_mutex_unlock(&thread->settling);
}

void weft_thread_finish(struct weft_thread *thread)
{
    weft_thread_settle(thread);
    weft_note(WEFT_EV_THREAD_EXIT, NULL, NULL);
    weft_record_detach();
    weft_alive_remove(thread);
    pthread_mutex_lock(&thread->guard);
    thread->phase = WEFT_THREAD_ENDED;
    weft_waiters_wake(&thread->joiners, thread->joiners.count, WEFT_WOKEN_OK);
    pthread_mutex_unlock(&thread->guard);
}

static void end(void *arg)
{
    struct weft_thread *thread = arg;
    weft_thread_finish(thread);
    weft_alive_set_self(NULL);
    weft_schedule()->leave(&thread->parker);
    drop_reference(thread);
}

/* Parks first: its maker records that it was made before it is seen to run. */
static void *begin(void *arg)
{
    struct weft_thread *thread = arg;

    weft_schedule()->park(&thread->parker, WEFT_NO_DEADLINE);
    weft_alive_set_self(thread);
    weft_record_attach(thread->number);
    pthread_cleanup_push(end, thread); /* a run that calls pthread_exit ends as any other */
    if (thread->function)
        thread->function(thread->args, thread->kwargs);
    else
        thread->run(thread->self);
    pthread_cleanup_pop(1);
    return NULL;
}

static int create(struct weft_thread *thread)
{
    pthread_attr_t detached;
    pthread_t ignored;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    const int error = pthread_create(&ignored, &detached, begin, thread);
    pthread_attr_destroy(&detached);
    return error;
}

/* Under the guard.  What did not start is as it was before, and may be started again. */
static int start(struct weft_thread *thread, const void *site)
{
    if (thread->phase != WEFT_THREAD_NEW)
        return -EALREADY;
    thread->number = weft_record_new_thread();
    thread->parker.number = thread->number;
    thread->phase = WEFT_THREAD_ALIVE;
    atomic_fetch_add(&thread->references, 1);
    weft_alive_add(thread);
    if (create(thread) != 0) {
        weft_alive_remove(thread);
        atomic_fetch_sub(&thread->references, 1);
        thread->phase = WEFT_THREAD_NEW;
        thread->number = 0;
        return -EAGAIN;
    }
    weft_note_thread(WEFT_EV_THREAD_CREATE, thread->number, site, WEFT_OUT_OK, thread->daemon,
                     thread->name);
    weft_schedule()->unpark(&thread->parker);
    return 1;
}

static int start_at_once(struct weft_thread *thread, const void *site)
{
    pthread_mutex_lock(&thread->guard);
    const int started = start(thread, site);
    pthread_mutex_unlock(&thread->guard);
    return started;
}

/* Its own reference: a thread that runs to its end at once may have been freed by then. */
int weft_thread_start_at(struct weft_thread *thread, const void *site)
{
    if (thread->origin != WEFT_THREAD_MADE)
        return -EALREADY;
    atomic_fetch_add(&thread->references, 1);
    const int started = start_at_once(thread, site);
    if (started == 1)
        wait_until_settled(thread);
    drop_reference(thread);
    return started;
}

int weft_thread_start(struct weft_thread *thread)
{
    return weft_thread_start_at(thread, WEFT_CALL_SITE);
}

int weft_start_new_thread(void (*function)(void *args, void *kwargs), void *args, void *kwargs)
{
    if (!function)
        return -EINVAL;
    struct weft_thread *thread = malloc(sizeof(*thread));
    if (!thread)
        return -ENOMEM;
    weft_thread_init(thread, WEFT_THREAD_MADE, true);
    thread->references = 1;
    thread->function = function;
    thread->args = args;
    thread->kwargs = kwargs;
    number_name(thread);
    const int started = start_at_once(thread, WEFT_CALL_SITE);
    weft_schedule()->step(NULL);
    drop_reference(thread); /* nobody owns it: it goes when it ends */
    return started;
}

/* Joining ───────────────────────────────────────────────────────────────────────────────────── */

/* Under the guard. */
static int join(struct weft_thread *thread, const struct weft_limit *limit, const void *site)
{
    bool ended = true;

    if (thread->phase == WEFT_THREAD_ALIVE) {
        weft_note_thread(WEFT_EV_JOIN_BEGIN, thread->number, site, WEFT_OUT_OK, limit->timeout_ns,
                         NULL);
        ended = weft_wait(&thread->joiners, &thread->guard, limit->deadline_ns, false, NULL);
    }
    weft_note_thread(WEFT_EV_JOIN_END, thread->number, site, ended ? WEFT_OUT_OK : WEFT_OUT_TIMEOUT,
                     0, NULL);
    return ended;
}

int weft_thread_join_at(struct weft_thread *thread, double seconds, const void *site)
{
    struct weft_limit limit;

    /* A stranger's memory goes with it, so nobody could wait on it until then. */
    if (!weft_limit_from(seconds, &limit) || thread->origin == WEFT_THREAD_STRANGER)
        return -EINVAL;
    if (thread == weft_thread_self())
        return -EDEADLK;
    weft_schedule()->step(thread);
    pthread_mutex_lock(&thread->guard);
    const int joined = thread->phase == WEFT_THREAD_NEW ? -EINVAL : join(thread, &limit, site);
    pthread_mutex_unlock(&thread->guard);
    return joined;
}

int weft_thread_join(struct weft_thread *thread, double seconds)
{
    return weft_thread_join_at(thread, seconds, WEFT_CALL_SITE);
}

/* What is known about it ────────────────────────────────────────────────────────────────────── */

bool weft_thread_is_alive(const struct weft_thread *thread)
{
    const bool alive = thread->phase == WEFT_THREAD_ALIVE;
    weft_record_query(WEFT_ASK_IS_ALIVE, thread->number, WEFT_CALL_SITE, alive);
    weft_schedule()->spin();
    return alive;
}

const char *weft_thread_name(const struct weft_thread *thread)
{
    return thread->name;
}

int weft_thread_set_name(struct weft_thread *thread, const char *name)
{
    const void *site = WEFT_CALL_SITE;
    int renamed = 1;

    if (!name || thread->origin == WEFT_THREAD_STRANGER)
        return -EINVAL;
    pthread_mutex_lock(&thread->guard);
    if (!keep_name(thread, name))
        renamed = -ENOMEM;
    else if (thread->number != 0)
        weft_note_thread(WEFT_EV_THREAD_NAME, thread->number, site, WEFT_OUT_OK, 0, name);
    pthread_mutex_unlock(&thread->guard);
    return renamed;
}

int weft_thread_set_daemon(struct weft_thread *thread, bool daemon)
{
    int set = -EINVAL;

    pthread_mutex_lock(&thread->guard);
    if (thread->phase == WEFT_THREAD_NEW) {
        thread->daemon = daemon;
        set = 1;
    }
    pthread_mutex_unlock(&thread->guard);
    return set;
}

bool weft_thread_daemon(const struct weft_thread *thread)
{
    return thread->daemon;
}
