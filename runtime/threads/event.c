#include "runtime/threads/event.h"

#include "runtime/threads/note.h"

#include <errno.h>
#include <stdlib.h>

struct weft_event {
    pthread_mutex_t guard;
    struct weft_waiters waiters; /* guard */
    _Atomic bool set;            /* stored under the guard */
};

struct weft_event *weft_event_new(const char *name)
{
    struct weft_event *event = calloc(1, sizeof(*event));
    if (!event)
        return NULL;
    pthread_mutex_init(&event->guard, NULL);
    weft_note_new(WEFT_OBJ_EVENT, event, 0, name);
    return event;
}

void weft_event_free(struct weft_event *event)
{
    if (!event)
        return;
    weft_note(WEFT_EV_OBJECT_DESTROY, event, NULL);
    pthread_mutex_destroy(&event->guard);
    free(event);
}

int weft_event_set_at(struct weft_event *event, const void *site)
{
    pthread_mutex_lock(&event->guard);
    weft_note_args(WEFT_EV_EVENT_SET, event, site, event->waiters.count, 0);
    event->set = true;
    weft_waiters_wake(&event->waiters, event->waiters.count, WEFT_WOKEN_OK);
    pthread_mutex_unlock(&event->guard);
    weft_schedule()->step(NULL);
    return 1;
}

int weft_event_set(struct weft_event *event)
{
    return weft_event_set_at(event, WEFT_CALL_SITE);
}

int weft_event_clear(struct weft_event *event)
{
    const void *site = WEFT_CALL_SITE;

    pthread_mutex_lock(&event->guard);
    weft_note(WEFT_EV_EVENT_CLEAR, event, site);
    event->set = false;
    pthread_mutex_unlock(&event->guard);
    weft_schedule()->step(NULL);
    return 1;
}

bool weft_event_is_set(const struct weft_event *event)
{
    const bool set = event->set;
    weft_record_query(WEFT_ASK_IS_SET, weft_note_id(event), WEFT_CALL_SITE, set);
    weft_schedule()->spin();
    return set;
}

/* Who was woken has seen it set, even if it has been cleared again since. */
int weft_event_wait_at(struct weft_event *event, double seconds, const void *site)
{
    struct weft_limit limit;
    bool seen = true;

    if (!weft_limit_from(seconds, &limit))
        return -EINVAL;
    weft_schedule()->step(event);
    pthread_mutex_lock(&event->guard);
    if (!event->set) {
        weft_note_args(WEFT_EV_EVENT_WAIT, event, site, limit.timeout_ns, 0);
        seen = weft_wait(&event->waiters, &event->guard, limit.deadline_ns, false, NULL);
    }
    weft_note_outcome(WEFT_EV_EVENT_WAKE, event, site, seen ? WEFT_OUT_OK : WEFT_OUT_TIMEOUT, 0, 0);
    pthread_mutex_unlock(&event->guard);
    return seen;
}

int weft_event_wait(struct weft_event *event, double seconds)
{
    return weft_event_wait_at(event, seconds, WEFT_CALL_SITE);
}
