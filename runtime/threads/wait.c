#include "runtime/threads/wait.h"

#include "runtime/threads/thread.h"

bool weft_limit_from(double seconds, struct weft_limit *limit)
{
    const double longest = 9e18; /* ns that an int64_t holds, near 285 years */

    if (!(seconds >= 0)) /* NaN too */
        return false;
    const double ns = seconds * 1e9;
    if (ns >= longest) {
        *limit = WEFT_LIMIT_NONE;
        return true;
    }
    const int64_t timeout_ns = (int64_t)(ns + 0.5);
    /* Both are below 2^63, so the sum neither wraps nor means "none". */
    *limit = (struct weft_limit){
        .deadline_ns = weft_schedule()->now_ns() + (uint64_t)timeout_ns,
        .timeout_ns = timeout_ns,
    };
    return true;
}

static void unlink_waiter(struct weft_waiters *waiters, struct weft_waiter *waiter)
{
    if (waiter->before)
        waiter->before->next = waiter->next;
    else
        waiters->first = waiter->next;
    if (waiter->next)
        waiter->next->before = waiter->before;
    else
        waiters->last = waiter->before;
    waiter->linked = false;
    waiters->count--;
}

void weft_wait_enter(struct weft_waiters *waiters, struct weft_waiter *waiter, bool at_front)
{
    *waiter = (struct weft_waiter){.parker = &weft_thread_self()->parker, .linked = true};
    if (at_front) {
        waiter->next = waiters->first;
        if (waiters->first)
            waiters->first->before = waiter;
        else
            waiters->last = waiter;
        waiters->first = waiter;
    } else {
        waiter->before = waiters->last;
        if (waiters->last)
            waiters->last->next = waiter;
        else
            waiters->first = waiter;
        waiters->last = waiter;
    }
    waiters->count++;
}

bool weft_wait_until(struct weft_waiters *waiters, struct weft_waiter *waiter,
                     pthread_mutex_t *guard, uint64_t deadline_ns)
{
    weft_thread_settle(weft_thread_self());
    while (waiter->linked) {
        pthread_mutex_unlock(guard);
        const bool unparked = weft_schedule()->park(waiter->parker, deadline_ns);
        pthread_mutex_lock(guard);
        if (!unparked && waiter->linked) {
            unlink_waiter(waiters, waiter);
            return false;
        }
    }
    return true;
}

bool weft_wait_early(struct weft_waiters *waiters, struct weft_waiter *waiter,
                     pthread_mutex_t *guard)
{
    weft_thread_settle(weft_thread_self());
    pthread_mutex_unlock(guard);
    weft_schedule()->step(NULL);
    pthread_mutex_lock(guard);
    if (!waiter->linked)
        return false;
    unlink_waiter(waiters, waiter);
    return true;
}

bool weft_wait(struct weft_waiters *waiters, pthread_mutex_t *guard, uint64_t deadline_ns,
               bool at_front, enum weft_woken *why)
{
    struct weft_waiter waiter;

    weft_wait_enter(waiters, &waiter, at_front);
    const bool woken = weft_wait_until(waiters, &waiter, guard, deadline_ns);
    if (woken && why)
        *why = waiter.why;
    return woken;
}

/* Unparks under the guard: the waiter cannot return, nor its parker go, before we are done. */
void weft_waiters_wake(struct weft_waiters *waiters, int count, enum weft_woken why)
{
    while (count-- > 0 && waiters->first) {
        struct weft_waiter *waiter = waiters->first;
        unlink_waiter(waiters, waiter);
        waiter->why = why;
        weft_schedule()->unpark(waiter->parker);
    }
}
