/*
 * A timer is a thread that waits on an event of its own: cancelling it sets the event.
 */
#include "runtime/threads/event.h"
#include "runtime/threads/note.h"

#include <errno.h>
#include <stdlib.h>

struct weft_timer {
    struct weft_thread *thread;
    struct weft_event *finished;
    double seconds;
    void (*function)(void *arg);
    void *arg;
    _Atomic(const void *) site; /* where it was started: its wait is in the trace at that line */
    _Atomic int references;     /* its owner's, and its thread's while that runs */
};

static void drop_reference(struct weft_timer *timer)
{
    if (atomic_fetch_sub(&timer->references, 1) != 1)
        return;
    weft_thread_free(timer->thread);
    weft_event_free(timer->finished);
    free(timer);
}

static void run(void *self)
{
    struct weft_timer *timer = self;

    if (weft_event_wait_at(timer->finished, timer->seconds, timer->site) == 0)
        timer->function(timer->arg);
    drop_reference(timer);
}

struct weft_timer *weft_timer_new(double seconds, void (*function)(void *arg), void *arg)
{
    struct weft_limit limit;

    if (!function || !weft_limit_from(seconds, &limit)) {
        errno = EINVAL;
        return NULL;
    }
    struct weft_timer *timer = calloc(1, sizeof(*timer));
    if (!timer)
        return NULL;
    timer->references = 1;
    timer->seconds = seconds;
    timer->function = function;
    timer->arg = arg;
    timer->thread = weft_thread_new(NULL, run, timer);
    timer->finished = weft_event_new("finished");
    if (!timer->thread || !timer->finished) {
        drop_reference(timer);
        errno = ENOMEM;
        return NULL;
    }
    return timer;
}

void weft_timer_free(struct weft_timer *timer)
{
    if (timer)
        drop_reference(timer);
}

int weft_timer_start(struct weft_timer *timer)
{
    const void *site = WEFT_CALL_SITE;

    atomic_fetch_add(&timer->references, 1);
    timer->site = site;
    const int started = weft_thread_start_at(timer->thread, site);
    if (started != 1)
        drop_reference(timer);
    return started;
}

int weft_timer_cancel(struct weft_timer *timer)
{
    return weft_event_set_at(timer->finished, WEFT_CALL_SITE);
}

int weft_timer_join(struct weft_timer *timer, double seconds)
{
    return weft_thread_join_at(timer->thread, seconds, WEFT_CALL_SITE);
}
