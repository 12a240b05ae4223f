#include "runtime/threads/note.h"
#include "runtime/threads/thread.h"

#include <errno.h>
#include <stdlib.h>

/* Those who wait are the waiters; a round ends when the last takes them all off the list. */
struct weft_barrier {
    pthread_mutex_t guard;
    struct weft_waiters waiters; /* guard */
    int parties;
    _Atomic bool broken; /* stored under the guard */
};

struct weft_barrier *weft_barrier_new(const char *name, int parties)
{
    if (parties < 1) {
        errno = EINVAL;
        return NULL;
    }
    struct weft_barrier *barrier = calloc(1, sizeof(*barrier));
    if (!barrier)
        return NULL;
    pthread_mutex_init(&barrier->guard, NULL);
    barrier->parties = parties;
    weft_note_new(WEFT_OBJ_BARRIER, barrier, parties, name);
    return barrier;
}

void weft_barrier_free(struct weft_barrier *barrier)
{
    if (!barrier)
        return;
    weft_note(WEFT_EV_OBJECT_DESTROY, barrier, NULL);
    pthread_mutex_destroy(&barrier->guard);
    free(barrier);
}

/* Under the guard. */
static void turn_away(struct weft_barrier *barrier, enum weft_event_kind kind, const void *site)
{
    weft_note_args(kind, barrier, site, barrier->waiters.count, 0);
    barrier->broken = kind == WEFT_EV_BARRIER_ABORT;
    weft_waiters_wake(&barrier->waiters, barrier->waiters.count, WEFT_WOKEN_BROKEN);
}

/* Under the guard: waits for the last one.  1, 0 timed out, -EPIPE. */
static int wait_for_last(struct weft_barrier *barrier, const struct weft_limit *limit, int arrived,
                         const void *site)
{
    enum weft_woken why = WEFT_WOKEN_OK;

    weft_note_args(WEFT_EV_BARRIER_WAIT, barrier, site, limit->timeout_ns, arrived);
    if (!weft_wait(&barrier->waiters, &barrier->guard, limit->deadline_ns, false, &why)) {
        weft_note_outcome(WEFT_EV_BARRIER_PASS, barrier, site, WEFT_OUT_TIMEOUT, arrived, 0);
        turn_away(barrier, WEFT_EV_BARRIER_ABORT, site);
        return 0;
    }
    const bool broken = why == WEFT_WOKEN_BROKEN;
    weft_note_outcome(WEFT_EV_BARRIER_PASS, barrier, site, broken ? WEFT_OUT_BROKEN : WEFT_OUT_OK,
                      arrived, 0);
    return broken ? -EPIPE : 1;
}

/* Under the guard. */
static int wait(struct weft_barrier *barrier, const struct weft_limit *limit, int *index,
                const void *site)
{
    const int arrived = barrier->waiters.count + 1;
    int passed = 1;

    if (barrier->broken) {
        weft_note_outcome(WEFT_EV_BARRIER_PASS, barrier, site, WEFT_OUT_BROKEN, 0, 0);
        return -EPIPE;
    }
    if (arrived < barrier->parties) {
        passed = wait_for_last(barrier, limit, arrived, site);
    } else {
        weft_note_args(WEFT_EV_BARRIER_PASS, barrier, site, arrived, 0);
        weft_waiters_wake(&barrier->waiters, barrier->waiters.count, WEFT_WOKEN_OK);
    }
    if (passed == 1 && index)
        *index = arrived - 1;
    return passed;
}

int weft_barrier_wait(struct weft_barrier *barrier, double seconds, int *index)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;

    if (!weft_limit_from(seconds, &limit))
        return -EINVAL;
    weft_schedule()->step(barrier);
    pthread_mutex_lock(&barrier->guard);
    const int passed = wait(barrier, &limit, index, site);
    pthread_mutex_unlock(&barrier->guard);
    return passed;
}

int weft_barrier_abort(struct weft_barrier *barrier)
{
    const void *site = WEFT_CALL_SITE;
    pthread_mutex_lock(&barrier->guard);
    turn_away(barrier, WEFT_EV_BARRIER_ABORT, site);
    pthread_mutex_unlock(&barrier->guard);
    weft_schedule()->step(NULL);
    return 1;
}

int weft_barrier_reset(struct weft_barrier *barrier)
{
    const void *site = WEFT_CALL_SITE;
    pthread_mutex_lock(&barrier->guard);
    turn_away(barrier, WEFT_EV_BARRIER_RESET, site);
    pthread_mutex_unlock(&barrier->guard);
    weft_schedule()->step(NULL);
    return 1;
}

bool weft_barrier_broken(const struct weft_barrier *barrier)
{
    return barrier->broken;
}
