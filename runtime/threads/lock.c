#include "runtime/threads/lock.h"

#include "runtime/threads/note.h"

#include <errno.h>
#include <stdlib.h>

/* An RLock is in the trace at its own address, which is its lock's. */
static void lock_init(struct weft_lock *lock, bool reentrant, const char *name)
{
    pthread_mutex_init(&lock->guard, NULL);
    lock->reentrant = reentrant;
    weft_note_new(reentrant ? WEFT_OBJ_RLOCK : WEFT_OBJ_LOCK, lock, 0, name);
}

static void lock_done(struct weft_lock *lock)
{
    weft_note(WEFT_EV_OBJECT_DESTROY, lock, NULL);
    pthread_mutex_destroy(&lock->guard);
}

/* Everything below: under the guard, unless it says otherwise. */

static bool can_take(const struct weft_lock *lock)
{
    return lock->depth == 0 || (lock->reentrant && lock->owner == weft_thread_self());
}

/*
 * Each level of a reentrant lock is an acquire of its own in the trace, as each has its release.
 * limited: the caller would not have waited for ever.
 */
static void take(struct weft_lock *lock, int levels, bool limited, const void *site)
{
    lock->depth += levels;
    if (lock->reentrant)
        lock->owner = weft_thread_self();
    while (levels-- > 0) {
        if (limited)
            weft_note_args(WEFT_EV_LOCK_ACQUIRE, lock, site, 1, 0);
        else
            weft_note(WEFT_EV_LOCK_ACQUIRE, lock, site);
    }
}

static void give(struct weft_lock *lock, int levels, const void *site)
{
    for (int level = 0; level < levels; level++)
        weft_note(WEFT_EV_LOCK_RELEASE, lock, site);
    lock->depth -= levels;
    if (lock->depth == 0) {
        lock->owner = NULL;
        weft_waiters_wake(&lock->waiters, 1, WEFT_WOKEN_OK);
    }
}

/* Waits until it can be had, takes it: true; false at the deadline. */
static bool wait_and_take(struct weft_lock *lock, const struct weft_limit *limit, int levels,
                          const void *site)
{
    if (!can_take(lock)) {
        bool at_front = false;
        weft_note_args(WEFT_EV_LOCK_REQUEST, lock, site, limit->timeout_ns, 0);
        do {
            if (!weft_wait(&lock->waiters, &lock->guard, limit->deadline_ns, at_front, NULL)) {
                weft_note_outcome(WEFT_EV_LOCK_TIMEOUT, lock, site, WEFT_OUT_TIMEOUT, 0, 0);
                return false;
            }
            at_front = true;
        } while (!can_take(lock));
    }
    take(lock, levels, limit->timeout_ns >= 0, site);
    return true;
}

/* Without the guard. */
static int acquire(struct weft_lock *lock, const struct weft_limit *limit, const void *site)
{
    weft_schedule()->step(lock);
    pthread_mutex_lock(&lock->guard);
    const bool taken = wait_and_take(lock, limit, 1, site);
    pthread_mutex_unlock(&lock->guard);
    return taken;
}

/* Without the guard; fails are questions that may be repeated a great many times. */
static int try_acquire(struct weft_lock *lock, const void *site)
{
    weft_schedule()->step(lock);
    pthread_mutex_lock(&lock->guard);
    const bool taken = can_take(lock);
    if (taken)
        take(lock, 1, true, site);
    else
        weft_record_query(WEFT_ASK_ACQUIRE, weft_note_id(lock), site, 0);
    pthread_mutex_unlock(&lock->guard);
    if (!taken)
        weft_schedule()->spin();
    return taken;
}

static int acquire_timed(struct weft_lock *lock, double seconds, const void *site)
{
    struct weft_limit limit;
    return weft_limit_from(seconds, &limit) ? acquire(lock, &limit, site) : -EINVAL;
}

static bool may_release(const struct weft_lock *lock)
{
    return lock->depth > 0 && (!lock->reentrant || lock->owner == weft_thread_self());
}

/* Without the guard. */
static int release(struct weft_lock *lock, const void *site)
{
    pthread_mutex_lock(&lock->guard);
    const bool owned = may_release(lock);
    if (owned)
        give(lock, 1, site);
    pthread_mutex_unlock(&lock->guard);
    weft_schedule()->step(NULL);
    return owned ? 1 : -EPERM;
}

bool weft_lock_is_owned(struct weft_lock *lock)
{
    pthread_mutex_lock(&lock->guard);
    const bool owned = may_release(lock);
    pthread_mutex_unlock(&lock->guard);
    return owned;
}

int weft_lock_release_all(struct weft_lock *lock, const void *site)
{
    pthread_mutex_lock(&lock->guard);
    const int depth = lock->depth;
    give(lock, depth, site);
    pthread_mutex_unlock(&lock->guard);
    return depth;
}

void weft_lock_restore(struct weft_lock *lock, int depth, const void *site)
{
    pthread_mutex_lock(&lock->guard);
    wait_and_take(lock, &WEFT_LIMIT_NONE, depth, site);
    pthread_mutex_unlock(&lock->guard);
}

/* Lock ──────────────────────────────────────────────────────────────────────────────────────── */

struct weft_lock *weft_lock_new(const char *name)
{
    struct weft_lock *lock = calloc(1, sizeof(*lock));
    if (lock)
        lock_init(lock, false, name);
    return lock;
}

void weft_lock_free(struct weft_lock *lock)
{
    if (!lock)
        return;
    lock_done(lock);
    free(lock);
}

int weft_lock_acquire(struct weft_lock *lock, int blocking)
{
    const void *site = WEFT_CALL_SITE;
    return blocking ? acquire(lock, &WEFT_LIMIT_NONE, site) : try_acquire(lock, site);
}

int weft_lock_acquire_timed(struct weft_lock *lock, double seconds)
{
    return acquire_timed(lock, seconds, WEFT_CALL_SITE);
}

int weft_lock_release(struct weft_lock *lock)
{
    return release(lock, WEFT_CALL_SITE);
}

bool weft_lock_locked(const struct weft_lock *lock)
{
    const bool locked = lock->depth > 0;
    weft_record_query(WEFT_ASK_LOCKED, weft_note_id(lock), WEFT_CALL_SITE, locked);
    weft_schedule()->spin();
    return locked;
}

int weft_lock_set_name(struct weft_lock *lock, const char *name)
{
    if (!name)
        return -EINVAL;
    weft_note_text(WEFT_EV_OBJECT_NAME, lock, WEFT_CALL_SITE, 0, name);
    return 1;
}

/* RLock ─────────────────────────────────────────────────────────────────────────────────────── */

struct weft_rlock *weft_rlock_new(const char *name)
{
    struct weft_rlock *lock = calloc(1, sizeof(*lock));
    if (lock)
        lock_init(&lock->lock, true, name);
    return lock;
}

void weft_rlock_free(struct weft_rlock *lock)
{
    if (!lock)
        return;
    lock_done(&lock->lock);
    free(lock);
}

int weft_rlock_acquire(struct weft_rlock *lock, int blocking)
{
    const void *site = WEFT_CALL_SITE;
    return blocking ? acquire(&lock->lock, &WEFT_LIMIT_NONE, site) : try_acquire(&lock->lock, site);
}

int weft_rlock_acquire_timed(struct weft_rlock *lock, double seconds)
{
    return acquire_timed(&lock->lock, seconds, WEFT_CALL_SITE);
}

int weft_rlock_release(struct weft_rlock *lock)
{
    return release(&lock->lock, WEFT_CALL_SITE);
}
