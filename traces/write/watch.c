#include "traces/write/watch.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void weft_watch_done(struct weft_watch *watch)
{
    free(watch->threads.at);
    free(watch->objects.at);
    free(watch->suspects.at);
    *watch = (struct weft_watch){0};
}

/* NULL: no memory, and the thread is not watched. */
static struct weft_watched_thread *thread_at(struct weft_watch *watch, uint32_t thread)
{
    while (watch->threads.count <= thread) {
        if (!weft_vec_push(&watch->threads, (struct weft_watched_thread){0})) {
            return NULL;
        }
    }
    return &watch->threads.at[thread];
}

static struct weft_watched_object *object_at(struct weft_watch *watch, uint32_t object)
{
    while (watch->objects.count <= object) {
        if (!weft_vec_push(&watch->objects, (struct weft_watched_object){0})) {
            return NULL;
        }
    }
    return &watch->objects.at[object];
}

static void take(struct weft_watch *watch, const struct weft_watched_event *event, uint32_t object)
{
    struct weft_watched_object *taken = object_at(watch, object);
    const bool again =
        event->object_kind == WEFT_OBJ_RECURSIVE_MUTEX || event->object_kind == WEFT_OBJ_RLOCK;

    if (taken == NULL) {
        return;
    }
    if (taken->owner == event->thread && again) {
        taken->depth++;
        return;
    }
    *taken = (struct weft_watched_object){event->t_ns, event->site, event->thread, 1};
}

/* By somebody else: the next owner's acquire was stamped before this release.  It stays. */
static void give(struct weft_watch *watch, uint32_t thread, uint32_t object)
{
    struct weft_watched_object *given = object_at(watch, object);

    if (given != NULL && given->owner == thread && --given->depth == 0) {
        given->owner = 0;
    }
}

void weft_watch_event(struct weft_watch *watch, const struct weft_watched_event *event)
{
    const struct weft_event_info *info = &weft_events[event->kind];
    struct weft_watched_thread *thread = thread_at(watch, event->thread);

    if (thread == NULL || event->kind == WEFT_EV_CHOICE) {
        return;
    }
    /* Whatever a thread does, it does not wait any more. */
    thread->object = 0;
    thread->target = 0;
    if (event->outcome != WEFT_OUT_OK) {
        return;
    }
    if (info->phase == WEFT_PHASE_BEGIN &&
        (info->state == WEFT_STATE_LOCK_WAIT || info->state == WEFT_STATE_RWLOCK_WAIT ||
         info->state == WEFT_STATE_JOIN)) {
        *thread = (struct weft_watched_thread){event->t_ns, event->site, event->object,
                                               event->target, event->timed};
    } else if (event->kind == WEFT_EV_RWLOCK_READ_ACQUIRE) {
        struct weft_watched_object *shared = object_at(watch, event->object);
        if (shared != NULL) {
            shared->owner = 0; /* one of many */
        }
    } else if (event->object != 0 &&
               (info->family == WEFT_FAMILY_LOCK || info->family == WEFT_FAMILY_RWLOCK)) {
        if (info->effect == WEFT_EFFECT_TAKE) {
            take(watch, event, event->object);
        } else if (info->effect == WEFT_EFFECT_GIVE) {
            give(watch, event->thread, event->object);
        }
    } else if (event->kind == WEFT_EV_COND_WAIT && event->with != 0) {
        struct weft_watched_object *given = object_at(watch, event->with);
        if (given != NULL && given->owner == event->thread) {
            given->owner = 0;
        }
    } else if (event->kind == WEFT_EV_COND_WAKE && event->with != 0) {
        take(watch, event, event->with);
    } else if (event->kind == WEFT_EV_OBJECT_DESTROY && event->object != 0) {
        struct weft_watched_object *gone = object_at(watch, event->object);
        if (gone != NULL) {
            gone->owner = 0;
        }
    }
}

/* Whom a thread waits for; 0: for nobody known, or not for ever. */
static uint32_t next_of(const struct weft_watch *watch, uint32_t thread)
{
    if (thread >= watch->threads.count) {
        return 0;
    }
    const struct weft_watched_thread *waits = &watch->threads.at[thread];
    if (waits->timed) {
        return 0;
    }
    if (waits->target != 0) {
        return waits->target;
    }
    return waits->object != 0 && waits->object < watch->objects.count
               ? watch->objects.at[waits->object].owner
               : 0;
}

/* The cycle that begins and ends at first, its smallest thread; false: there is none. */
static bool cycle_from(const struct weft_watch *watch, uint32_t first, struct weft_cycle *cycle)
{
    uint32_t at = first;

    cycle->count = 0;
    do {
        if (cycle->count == WEFT_CYCLE_MAX) {
            return false;
        }
        cycle->threads[cycle->count++] = at;
        at = next_of(watch, at);
    } while (at > first);
    return at == first;
}

/* The same threads, in the same waits, behind the same acquires. */
static uint64_t hash_of(const struct weft_watch *watch, const struct weft_cycle *cycle)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (uint32_t i = 0; i < cycle->count; i++) {
        const struct weft_watched_thread *waits = &watch->threads.at[cycle->threads[i]];
        const uint64_t held = waits->object != 0 ? watch->objects.at[waits->object].since_ns : 0;
        const uint64_t parts[] = {cycle->threads[i], waits->since_ns, waits->object, held};
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            hash = (hash ^ parts[p]) * 0x100000001b3u;
        }
    }
    return hash;
}

/* True when it is time to tell it. */
static bool suspect(struct weft_watch *watch, uint64_t hash, uint64_t t_ns)
{
    for (size_t i = 0; i < watch->suspects.count; i++) {
        struct weft_suspect *known = &watch->suspects.at[i];
        if (known->hash == hash) {
            known->seen = true;
            if (known->told || t_ns < known->first_ns + WEFT_DEADLOCK_NS) {
                return false;
            }
            known->told = true;
            return true;
        }
    }
    (void)weft_vec_push(&watch->suspects, (struct weft_suspect){hash, t_ns, false, true});
    return false;
}

static void forget_the_past(struct weft_watch *watch)
{
    size_t kept = 0;

    for (size_t i = 0; i < watch->suspects.count; i++) {
        if (watch->suspects.at[i].seen) {
            watch->suspects.at[kept] = watch->suspects.at[i];
            watch->suspects.at[kept++].seen = false;
        }
    }
    watch->suspects.count = kept;
}

bool weft_watch_look(struct weft_watch *watch, uint64_t t_ns, struct weft_cycle *cycle)
{
    struct weft_cycle found;

    for (size_t i = 1; i < watch->threads.count; i++) {
        const uint32_t thread = (uint32_t)i;
        if (next_of(watch, thread) != 0 && cycle_from(watch, thread, &found) &&
            suspect(watch, hash_of(watch, &found), t_ns)) {
            *cycle = found;
            return true;
        }
    }
    forget_the_past(watch);
    return false;
}
