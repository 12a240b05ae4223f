#include "runtime/threads/lock.h"
#include "runtime/threads/note.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* Guards are taken in the order condition, lock. */
struct weft_condition {
    pthread_mutex_t guard;
    struct weft_waiters waiters; /* guard */
    struct weft_lock *lock;
};

static struct weft_condition *condition_new(const char *name, struct weft_lock *lock)
{
    if (!lock) {
        errno = EINVAL;
        return NULL;
    }
    struct weft_condition *condition = calloc(1, sizeof(*condition));
    if (!condition)
        return NULL;
    pthread_mutex_init(&condition->guard, NULL);
    condition->lock = lock;
    weft_note_new(WEFT_OBJ_CONDITION, condition, 0, name);
    return condition;
}

struct weft_condition *weft_condition_new(const char *name, struct weft_lock *lock)
{
    return condition_new(name, lock);
}

struct weft_condition *weft_condition_new_rlock(const char *name, struct weft_rlock *lock)
{
    return condition_new(name, lock ? &lock->lock : NULL);
}

void weft_condition_free(struct weft_condition *condition)
{
    if (!condition)
        return;
    weft_note(WEFT_EV_OBJECT_DESTROY, condition, NULL);
    pthread_mutex_destroy(&condition->guard);
    free(condition);
}

/*
 * On the list first, then the release: a notify by whoever gets the lock next finds us there, so
 * no wake-up is lost.
 */
static bool wait_woken(struct weft_condition *condition, const struct weft_limit *limit,
                       const void *site)
{
    const int64_t with = (int64_t)weft_note_id(condition->lock);
    struct weft_waiter waiter;

    weft_schedule()->step(condition);
    pthread_mutex_lock(&condition->guard);
    weft_wait_enter(&condition->waiters, &waiter, false);
    const int depth = weft_lock_release_all(condition->lock, site);
    weft_note_args(WEFT_EV_COND_WAIT, condition, site, limit->timeout_ns, with);
    const bool early = weft_schedule()->ends_early() &&
                       weft_wait_early(&condition->waiters, &waiter, &condition->guard);
    const bool woken = early || weft_wait_until(&condition->waiters, &waiter, &condition->guard,
                                                limit->deadline_ns);
    weft_note_outcome(WEFT_EV_COND_WAKE, condition, site,
                      early   ? WEFT_OUT_SPURIOUS
                      : woken ? WEFT_OUT_OK
                              : WEFT_OUT_TIMEOUT,
                      0, with);
    pthread_mutex_unlock(&condition->guard);

    weft_lock_restore(condition->lock, depth, site);
    return woken;
}

int weft_condition_wait(struct weft_condition *condition, double seconds)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;

    if (!weft_limit_from(seconds, &limit))
        return -EINVAL;
    if (!weft_lock_is_owned(condition->lock))
        return -EPERM;
    return wait_woken(condition, &limit, site);
}

int weft_condition_wait_for(struct weft_condition *condition, bool (*predicate)(void *arg),
                            void *arg, double seconds)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;

    if (!predicate || !weft_limit_from(seconds, &limit))
        return -EINVAL;
    if (!weft_lock_is_owned(condition->lock))
        return -EPERM;
    while (!predicate(arg)) {
        if (!wait_woken(condition, &limit, site))
            return predicate(arg);
    }
    return 1;
}

static int notify(struct weft_condition *condition, enum weft_event_kind kind, int count,
                  const void *site)
{
    if (!weft_lock_is_owned(condition->lock))
        return -EPERM;
    pthread_mutex_lock(&condition->guard);
    const int waiting = condition->waiters.count;
    const int woken = count < waiting ? count : waiting;
    weft_note_args(kind, condition, site, woken, 0);
    weft_waiters_wake(&condition->waiters, woken, WEFT_WOKEN_OK);
    pthread_mutex_unlock(&condition->guard);
    weft_schedule()->step(NULL);
    return 1;
}

int weft_condition_notify(struct weft_condition *condition, int count)
{
    const void *site = WEFT_CALL_SITE;
    return count < 0 ? -EINVAL : notify(condition, WEFT_EV_COND_SIGNAL, count, site);
}

int weft_condition_notify_all(struct weft_condition *condition)
{
    return notify(condition, WEFT_EV_COND_BROADCAST, INT_MAX, WEFT_CALL_SITE);
}
