#include "traces/analysis/ending.h"

#include "base/vec.h"
#include "traces/analysis/owners.h"

#include <stdlib.h>

/* Whatever threads had before is not known to be theirs any more. */
static void forget_all(struct weft_ending *ending, uint64_t t_ns)
{
    for (size_t i = 0; i < ending->model->threads.count; i++) {
        ending->threads[i].lost = true;
        ending->threads[i].lost_ns = t_ns;
    }
}

/* Exits, losses and the end of the process; thread by thread. */
static void read_points(struct weft_ending *ending)
{
    const struct weft_model *model = ending->model;
    uint64_t lost = 0;

    for (size_t i = 0; i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        if (point.kind == WEFT_EV_THREAD_EXIT) {
            ending->threads[point.thread].alive = false;
        } else if (point.kind == WEFT_EV_LOST) {
            const struct weft_point_args args = weft_model_args(model, (uint32_t)i);
            ending->threads[point.thread].lost = true;
            ending->threads[point.thread].lost_ns = point.t_ns;
            lost += args.has_first && args.first > 0 ? (uint64_t)args.first : 1;
        } else if (point.kind == WEFT_EV_PROCESS_END) {
            ending->process_ended = true;
            ending->ended_by = point.thread;
        } else if (point.kind == WEFT_EV_PROCESS_EXEC) {
            forget_all(ending, point.t_ns); /* what the old program's threads had is gone */
        }
    }
    /* Bad lines and kinds that nobody knows may have been anything. */
    ending->sure = ending->sure && lost >= model->health.lost && model->health.bad_lines == 0 &&
                   model->health.unknown_events == 0;
}

/* The wait that the thread is in at the end, without limit and for something that is known. */
static uint32_t last_wait(const struct weft_ending *ending, uint32_t thread)
{
    const struct weft_model *model = ending->model;
    const struct weft_thread_info *info = &model->threads.at[thread];
    const uint32_t index = (uint32_t)info->spans.count - 1;

    if (info->spans.count == 0 || !ending->threads[thread].alive) {
        return WEFT_NONE;
    }
    const struct weft_span span = weft_model_span(model, thread, index);
    const struct weft_span_extra extra = weft_model_span_extra(model, thread, index);
    if ((span.flags & WEFT_SPAN_OPEN) == 0 || !weft_state_is_wait((enum weft_state)span.state) ||
        extra.amount >= 0 || span.object == WEFT_NONE ||
        !weft_ending_knows(ending, thread, span.start_ns)) {
        return WEFT_NONE;
    }
    return index;
}

static bool is_open_hold(const struct weft_ending *ending, const struct weft_hold *hold)
{
    return (hold->flags & WEFT_SPAN_OPEN) != 0 && (hold->flags & WEFT_SPAN_ASSUMED) == 0 &&
           weft_ending_knows(ending, hold->thread, hold->start_ns);
}

/*
 * Who waits for a permit that it has itself may wait for another to take what it made: that is a
 * lock only when such permits came back from those who took them.
 */
static bool is_used_as_lock(const struct weft_ending *ending, uint32_t thread, uint32_t object)
{
    const struct weft_object *semaphore = &ending->model->objects.at[object];
    int64_t open = 0;
    bool has_itself = false, came_back = false;

    for (size_t i = 0; i < semaphore->holds.count; i++) {
        const struct weft_hold hold = weft_model_hold(ending->model, object, i);
        if (is_open_hold(ending, &hold)) {
            open++;
            has_itself |= hold.thread == thread;
        } else if (hold.released_by != hold.thread) {
            return false;
        } else {
            came_back = true;
        }
    }
    return semaphore->capacity > 0 && open == semaphore->capacity && (came_back || !has_itself);
}

/* Locks have one open hold at most, and it is the last one. */
size_t weft_ending_owners(const struct weft_ending *ending, uint32_t thread,
                          uint32_t owners[WEFT_OWNERS_MAX])
{
    const struct weft_span span =
        weft_model_span(ending->model, thread, ending->threads[thread].wait);
    size_t count = 0;

    if (span.state != WEFT_STATE_LOCK_WAIT && span.state != WEFT_STATE_RWLOCK_WAIT &&
        (span.state != WEFT_STATE_SEM_WAIT || !is_used_as_lock(ending, thread, span.object))) {
        return 0;
    }
    const struct weft_object *object = &ending->model->objects.at[span.object];
    for (size_t i = object->holds.count; i > 0 && count < WEFT_OWNERS_MAX; i--) {
        const struct weft_hold hold = weft_model_hold(ending->model, span.object, i - 1);
        if (is_open_hold(ending, &hold)) {
            owners[count++] = (uint32_t)i - 1;
        }
        if (object->family == WEFT_FAMILY_LOCK) {
            break;
        }
    }
    return count;
}

static bool owner_goes_on(const struct weft_ending *ending, uint32_t object, uint32_t hold)
{
    const struct weft_hold held = weft_model_hold(ending->model, object, hold);
    const struct weft_thread_ending *owner = &ending->threads[held.thread];

    /* An owner that has ended will never release it, and was not seen to. */
    return owner->alive && owner->goes_on;
}

static const struct weft_actors *actors_on(const struct weft_ending *ending, uint32_t object)
{
    const uint32_t *index = weft_map_find(&ending->actors_of, object);

    return index != NULL && *index < ending->actors.count ? &ending->actors.at[*index] : NULL;
}

/* Signals, posts and the like may come from whoever gave them before; else from anybody. */
static bool may_be_woken(const struct weft_ending *ending, uint32_t thread, uint32_t object)
{
    const struct weft_actors *actors = actors_on(ending, object);

    if (actors == NULL || actors->count == 0 || actors->many) {
        return ending->anybody_goes_on;
    }
    for (uint32_t i = 0; i < actors->count; i++) {
        if (actors->thread[i] != thread && ending->threads[actors->thread[i]].goes_on) {
            return true;
        }
    }
    return false;
}

static bool can_go_on(const struct weft_ending *ending, uint32_t thread)
{
    const struct weft_span span =
        weft_model_span(ending->model, thread, ending->threads[thread].wait);
    uint32_t owners[WEFT_OWNERS_MAX];

    if (span.state == WEFT_STATE_JOIN) {
        const struct weft_thread_ending *target = &ending->threads[span.object];
        return !target->alive || target->goes_on ||
               ending->model->threads.at[span.object].spans.count == 0;
    }
    const bool is_lock = span.state == WEFT_STATE_LOCK_WAIT || span.state == WEFT_STATE_RWLOCK_WAIT;
    const size_t count = weft_ending_owners(ending, thread, owners);
    if (!is_lock && count == 0) {
        return may_be_woken(ending, thread, span.object);
    }
    for (size_t i = 0; i < count && !is_lock; i++) {
        if (owner_goes_on(ending, span.object, owners[i])) {
            return true;
        }
    }
    if (!is_lock) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!owner_goes_on(ending, span.object, owners[i])) {
            return false;
        }
    }
    return true;
}

/* A chain of waits longer than this is taken as one that goes on somewhere. */
enum { ROUNDS_MAX = 1000 };

static void settle(struct weft_ending *ending)
{
    const size_t count = ending->model->threads.count;
    bool changed = true;

    for (int round = 0; changed; round++) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            struct weft_thread_ending *thread = &ending->threads[i];
            if (thread->alive && !thread->goes_on &&
                (round == ROUNDS_MAX || can_go_on(ending, (uint32_t)i))) {
                thread->goes_on = true;
                ending->anybody_goes_on = true;
                changed = true;
            }
        }
    }
}

/* Whoever acts on the objects that are waited for at the end. */
static bool find_actors(struct weft_ending *ending)
{
    const struct weft_model *model = ending->model;

    for (uint32_t i = 0; i < model->threads.count; i++) {
        if (ending->threads[i].wait == WEFT_NONE) {
            continue;
        }
        const struct weft_span span = weft_model_span(model, i, ending->threads[i].wait);
        if (span.state != WEFT_STATE_JOIN &&
            weft_map_find(&ending->actors_of, span.object) == NULL) {
            if (!weft_map_put(&ending->actors_of, span.object, (uint32_t)ending->actors.count) ||
                !weft_vec_push(&ending->actors, (struct weft_actors){.last_thread = WEFT_NONE,
                                                                     .last_site = WEFT_NONE})) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < model->points.count && ending->actors.count > 0; i++) {
        const struct weft_point point = weft_model_point(model, i);
        const uint8_t effect = weft_events[point.kind].effect;
        if ((effect != WEFT_EFFECT_WAKE && effect != WEFT_EFFECT_GIVE) ||
            point.kind == WEFT_EV_THREAD_EXIT || point.object == WEFT_NONE) {
            continue;
        }
        const uint32_t *index = weft_map_find(&ending->actors_of, point.object);
        if (index == NULL) {
            continue;
        }
        struct weft_actors *actors = &ending->actors.at[*index];
        actors->last_thread = point.thread;
        actors->last_site = point.site;
        actors->last_ns = point.t_ns;
        actors->last_for_one = point.kind == WEFT_EV_COND_SIGNAL;
        uint32_t k = 0;
        while (k < actors->count && actors->thread[k] != point.thread) {
            k++;
        }
        if (k < actors->count) {
            continue;
        }
        if (k == sizeof actors->thread / sizeof *actors->thread) {
            actors->many = true;
        } else {
            actors->thread[actors->count++] = point.thread;
        }
    }
    return true;
}

const struct weft_actors *weft_ending_actors(const struct weft_ending *ending, uint32_t thread)
{
    const struct weft_span span =
        weft_model_span(ending->model, thread, ending->threads[thread].wait);

    return span.state == WEFT_STATE_JOIN ? NULL : actors_on(ending, span.object);
}

bool weft_ending_acted(const struct weft_ending *ending, uint32_t waiter, uint32_t thread)
{
    const struct weft_actors *actors = weft_ending_actors(ending, waiter);

    for (uint32_t i = 0; actors != NULL && i < actors->count; i++) {
        if (actors->thread[i] == thread) {
            return true;
        }
    }
    return false;
}

/* Who is stuck on a lock of another that is stuck, and the other way round; see `next`. */
static void link_lock(struct weft_ending *ending, uint32_t thread, uint32_t object)
{
    struct weft_thread_ending *waiter = &ending->threads[thread];
    uint32_t owners[WEFT_OWNERS_MAX];
    const size_t count = weft_ending_owners(ending, thread, owners);

    for (size_t i = 0; i < count; i++) {
        const uint32_t owner = weft_model_hold(ending->model, object, owners[i]).thread;
        struct weft_thread_ending *keeps = &ending->threads[owner];
        if (!weft_ending_stuck(ending, owner)) {
            continue;
        }
        if (waiter->next == WEFT_NONE || waiter->next == thread) {
            waiter->next = owner;
            waiter->held = object;
            waiter->hold = owners[i];
        }
        const enum weft_state state =
            (enum weft_state)weft_model_span(ending->model, owner, keeps->wait).state;
        uint32_t its_owners[WEFT_OWNERS_MAX];
        const bool waits_for_an_act =
            state != WEFT_STATE_JOIN && weft_ending_owners(ending, owner, its_owners) == 0 &&
            state != WEFT_STATE_LOCK_WAIT && state != WEFT_STATE_RWLOCK_WAIT;
        /* A permit may be no more than a sign of life: who has it keeps nothing from the other. */
        if (waits_for_an_act && ending->model->objects.at[object].family != WEFT_FAMILY_SEMAPHORE &&
            (keeps->next == WEFT_NONE || weft_ending_acted(ending, owner, thread))) {
            keeps->next = thread;
            keeps->held = object;
            keeps->hold = owners[i];
        }
    }
}

static void link_all(struct weft_ending *ending)
{
    for (uint32_t i = 0; i < ending->model->threads.count; i++) {
        if (!weft_ending_stuck(ending, i)) {
            continue;
        }
        const struct weft_span span = weft_model_span(ending->model, i, ending->threads[i].wait);
        if (span.state == WEFT_STATE_JOIN) {
            ending->threads[i].next =
                weft_ending_stuck(ending, span.object) ? span.object : WEFT_NONE;
        } else if (span.state == WEFT_STATE_LOCK_WAIT || span.state == WEFT_STATE_RWLOCK_WAIT ||
                   span.state == WEFT_STATE_SEM_WAIT) {
            link_lock(ending, i, span.object);
        }
    }
}

/* Whom somebody waits for at the end: to join it, or for a lock that it has. */
static void mark_wanted(struct weft_ending *ending)
{
    uint32_t owners[WEFT_OWNERS_MAX];

    for (uint32_t i = 0; i < ending->model->threads.count; i++) {
        if (ending->threads[i].wait == WEFT_NONE) {
            continue;
        }
        const struct weft_span span = weft_model_span(ending->model, i, ending->threads[i].wait);
        if (span.state == WEFT_STATE_JOIN) {
            ending->threads[span.object].wanted = true;
            continue;
        }
        const size_t count = weft_ending_owners(ending, i, owners);
        for (size_t k = 0; k < count; k++) {
            const struct weft_hold hold = weft_model_hold(ending->model, span.object, owners[k]);
            ending->threads[hold.thread].wanted |= hold.thread != i;
        }
    }
}

/* Did any wait for this ever end well? */
static bool ever_worked(const struct weft_ending *ending, uint32_t object)
{
    const struct weft_model *model = ending->model;
    const struct weft_object *it = &model->objects.at[object];

    for (size_t i = 0; i < it->waits.count; i++) {
        const struct weft_span span =
            weft_model_span(model, it->waits.at[i].thread, it->waits.at[i].span);
        if ((span.flags & (WEFT_SPAN_OPEN | WEFT_SPAN_ASSUMED)) == 0 &&
            span.outcome == WEFT_OUT_OK) {
            return true;
        }
    }
    return false;
}

bool weft_ending_matters(const struct weft_ending *ending, uint32_t thread, uint64_t long_ns)
{
    const struct weft_thread_ending *it = &ending->threads[thread];

    if (!it->alive || it->wait == WEFT_NONE) {
        return false;
    }
    if (!it->goes_on && (it->wanted || !ending->anybody_goes_on)) {
        return true;
    }
    const struct weft_span span = weft_model_span(ending->model, thread, it->wait);
    if (ending->model->exit_signal == 0 || span.state == WEFT_STATE_JOIN ||
        ending->end_ns - span.start_ns < long_ns) {
        return false;
    }
    return !ever_worked(ending, span.object);
}

bool weft_ending_build(const struct weft_model *model, struct weft_ending *ending)
{
    *ending = (struct weft_ending){
        .model = model, .sure = true, .ended_by = WEFT_NONE, .end_ns = model->end_ns};
    ending->threads = calloc(model->threads.count + 1, sizeof *ending->threads);
    if (ending->threads == NULL) {
        return false;
    }
    for (size_t i = 0; i < model->threads.count; i++) {
        /* One without a lane was never seen to run: it may be anywhere, but it is not alone. */
        ending->threads[i].alive = model->threads.at[i].spans.count > 0;
        ending->threads[i].wait = WEFT_NONE;
        ending->threads[i].next = WEFT_NONE;
        ending->threads[i].held = WEFT_NONE;
        ending->threads[i].hold = WEFT_NONE;
    }
    read_points(ending);
    for (size_t i = 0; i < model->threads.count; i++) {
        struct weft_thread_ending *thread = &ending->threads[i];
        thread->wait = last_wait(ending, (uint32_t)i);
        thread->goes_on = thread->alive && thread->wait == WEFT_NONE;
        ending->anybody_goes_on |= thread->goes_on;
    }
    /* Whoever ended the program in good order could go on. */
    ending->anybody_goes_on |= ending->process_ended && model->exit_signal == 0;
    if (!find_actors(ending)) {
        weft_ending_done(ending);
        return false;
    }
    settle(ending);
    link_all(ending);
    mark_wanted(ending);
    return true;
}

void weft_ending_done(struct weft_ending *ending)
{
    free(ending->threads);
    free(ending->actors.at);
    weft_map_done(&ending->actors_of);
    *ending = (struct weft_ending){0};
}
