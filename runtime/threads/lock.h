/*
 * The lock under Lock, RLock and Condition.
 *
 * A release frees it and wakes the first waiter, who tries again: a thread that comes in between
 * may be faster (it "barges"), and the woken one goes back to the front.  Handing the lock over
 * directly was not chosen: it makes every contended release cost a switch of threads.
 */
#ifndef WEFT_RUNTIME_THREADS_LOCK_H
#define WEFT_RUNTIME_THREADS_LOCK_H

#include "runtime/threads/thread.h"

struct weft_lock {
    pthread_mutex_t guard;
    struct weft_waiters waiters;     /* guard */
    _Atomic int depth;               /* 0: free; above 1 only when reentrant; stored under guard */
    const struct weft_thread *owner; /* guard; reentrant only: a plain lock has none */
    bool reentrant;
};

struct weft_rlock {
    struct weft_lock lock;
};

/* May the caller release it?  A plain lock has no owner: as in Python it is enough that it is held.
 */
bool weft_lock_is_owned(struct weft_lock *lock);

/* For a condition's wait: frees it however deep it is held, and takes it back as deep. */
int weft_lock_release_all(struct weft_lock *lock, const void *site);
void weft_lock_restore(struct weft_lock *lock, int depth, const void *site);

#endif
