#include "runtime/threads/note.h"
#include "runtime/threads/thread.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct weft_semaphore {
    pthread_mutex_t guard;
    struct weft_waiters waiters; /* guard */
    int value;                   /* guard */
    int most;                    /* that it may have */
};

static struct weft_semaphore *semaphore_new(enum weft_object_kind kind, const char *name, int value,
                                            int most)
{
    if (value < 0) {
        errno = EINVAL;
        return NULL;
    }
    struct weft_semaphore *semaphore = calloc(1, sizeof(*semaphore));
    if (!semaphore)
        return NULL;
    pthread_mutex_init(&semaphore->guard, NULL);
    semaphore->value = value;
    semaphore->most = most;
    weft_note_new(kind, semaphore, value, name); /* a bounded one's value is also its bound */
    return semaphore;
}

struct weft_semaphore *weft_semaphore_new(const char *name, int value)
{
    return semaphore_new(WEFT_OBJ_SEMAPHORE, name, value, INT_MAX);
}

struct weft_semaphore *weft_bounded_semaphore_new(const char *name, int value)
{
    return semaphore_new(WEFT_OBJ_BOUNDED_SEMAPHORE, name, value, value);
}

void weft_semaphore_free(struct weft_semaphore *semaphore)
{
    if (!semaphore)
        return;
    weft_note(WEFT_EV_OBJECT_DESTROY, semaphore, NULL);
    pthread_mutex_destroy(&semaphore->guard);
    free(semaphore);
}

/* Under the guard. */
static void take(struct weft_semaphore *semaphore, const void *site)
{
    semaphore->value--;
    weft_note_args(WEFT_EV_SEM_ACQUIRE, semaphore, site, semaphore->value, 0);
}

/* Under the guard. */
static bool wait_and_take(struct weft_semaphore *semaphore, const struct weft_limit *limit,
                          const void *site)
{
    if (semaphore->value == 0) {
        bool at_front = false;
        weft_note_args(WEFT_EV_SEM_WAIT, semaphore, site, limit->timeout_ns, 0);
        do {
            if (!weft_wait(&semaphore->waiters, &semaphore->guard, limit->deadline_ns, at_front,
                           NULL)) {
                weft_note_outcome(WEFT_EV_SEM_TIMEOUT, semaphore, site, WEFT_OUT_TIMEOUT, 0, 0);
                return false;
            }
            at_front = true;
        } while (semaphore->value == 0);
    }
    take(semaphore, site);
    return true;
}

static int acquire(struct weft_semaphore *semaphore, const struct weft_limit *limit,
                   const void *site)
{
    weft_schedule()->step(semaphore);
    pthread_mutex_lock(&semaphore->guard);
    const bool taken = wait_and_take(semaphore, limit, site);
    pthread_mutex_unlock(&semaphore->guard);
    return taken;
}

static int try_acquire(struct weft_semaphore *semaphore, const void *site)
{
    weft_schedule()->step(semaphore);
    pthread_mutex_lock(&semaphore->guard);
    const bool taken = semaphore->value > 0;
    if (taken)
        take(semaphore, site);
    else
        weft_record_query(WEFT_ASK_PERMIT, weft_note_id(semaphore), site, 0);
    pthread_mutex_unlock(&semaphore->guard);
    if (!taken)
        weft_schedule()->spin();
    return taken;
}

int weft_semaphore_acquire(struct weft_semaphore *semaphore, int blocking)
{
    const void *site = WEFT_CALL_SITE;
    return blocking ? acquire(semaphore, &WEFT_LIMIT_NONE, site) : try_acquire(semaphore, site);
}

int weft_semaphore_acquire_timed(struct weft_semaphore *semaphore, double seconds)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;
    return weft_limit_from(seconds, &limit) ? acquire(semaphore, &limit, site) : -EINVAL;
}

int weft_semaphore_release(struct weft_semaphore *semaphore)
{
    const void *site = WEFT_CALL_SITE;

    pthread_mutex_lock(&semaphore->guard);
    const bool allowed = semaphore->value < semaphore->most;
    if (allowed) {
        weft_note_args(WEFT_EV_SEM_RELEASE, semaphore, site, semaphore->value + 1, 0);
        semaphore->value++;
        weft_waiters_wake(&semaphore->waiters, 1, WEFT_WOKEN_OK);
    }
    pthread_mutex_unlock(&semaphore->guard);
    weft_schedule()->step(NULL);
    return allowed ? 1 : -EPERM;
}
