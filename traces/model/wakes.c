/*
 * Wake-ups: who ended whose wait.  An event that may end waits is an offer on its object; the end
 * of a wait takes the offer that explains it.  What cannot be known stays unknown.
 */
#include "traces/model/build.h"

#include <string.h>

struct route {
    uint8_t draws; /* an end of this kind is explained by that supply */
    uint8_t feeds; /* an event of this kind is an offer there */
};

static struct route route_of(const struct weft_now *now)
{
    const bool ok = now->outcome == WEFT_OUT_OK;

    switch (now->kind) {
    case WEFT_EV_LOCK_ACQUIRE:
    case WEFT_EV_SEM_ACQUIRE:
    case WEFT_EV_COND_WAKE:
    case WEFT_EV_EVENT_WAKE:
    case WEFT_EV_RWLOCK_READ_ACQUIRE:
    case WEFT_EV_RWLOCK_WRITE_ACQUIRE:
    case WEFT_EV_FUTEX_RETURN:
        return (struct route){ok ? WEFT_SUPPLY_MAIN : WEFT_SUPPLY_NONE, WEFT_SUPPLY_NONE};
    case WEFT_EV_LOCK_RELEASE:
    case WEFT_EV_SEM_RELEASE:
    case WEFT_EV_COND_SIGNAL:
    case WEFT_EV_COND_BROADCAST:
    case WEFT_EV_EVENT_SET:
    case WEFT_EV_RWLOCK_RELEASE:
    case WEFT_EV_FUTEX_WAKE:
        return (struct route){WEFT_SUPPLY_NONE, ok ? WEFT_SUPPLY_MAIN : WEFT_SUPPLY_NONE};
    case WEFT_EV_BARRIER_PASS:
        if (now->outcome == WEFT_OUT_BROKEN) {
            return (struct route){WEFT_SUPPLY_BACK, WEFT_SUPPLY_NONE};
        }
        if (!ok) { /* who gives up breaks the barrier for the others */
            return (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_BACK};
        }
        return now->waited == WEFT_NONE /* the last to arrive does not wait */
                   ? (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_MAIN}
                   : (struct route){WEFT_SUPPLY_MAIN, WEFT_SUPPLY_NONE};
    case WEFT_EV_BARRIER_ABORT:
    case WEFT_EV_BARRIER_RESET:
        return (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_BACK};
    case WEFT_EV_QUEUE_PUT:
        return ok ? (struct route){WEFT_SUPPLY_BACK, WEFT_SUPPLY_MAIN}
                  : (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_NONE};
    case WEFT_EV_QUEUE_GET:
        return ok ? (struct route){WEFT_SUPPLY_MAIN, WEFT_SUPPLY_BACK}
                  : (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_NONE};
    case WEFT_EV_QUEUE_TASK_DONE:
        return (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_TASKS};
    case WEFT_EV_QUEUE_JOINED:
        return (struct route){ok ? WEFT_SUPPLY_TASKS : WEFT_SUPPLY_NONE, WEFT_SUPPLY_NONE};
    default:
        return (struct route){WEFT_SUPPLY_NONE, WEFT_SUPPLY_NONE};
    }
}

/* How many waits an offer can end; false: that is not known. */
static bool counted(const struct weft_now *now, uint32_t *waits)
{
    switch (now->kind) {
    case WEFT_EV_SEM_RELEASE:
    case WEFT_EV_QUEUE_PUT:
    case WEFT_EV_QUEUE_GET:
        *waits = 1;
        return true;
    case WEFT_EV_COND_SIGNAL:
    case WEFT_EV_COND_BROADCAST:
    case WEFT_EV_EVENT_SET:
    case WEFT_EV_FUTEX_WAKE:
        if (!now->has_first || now->first < 0) {
            return false;
        }
        *waits = now->first > UINT32_MAX ? UINT32_MAX : (uint32_t)now->first;
        return true;
    default:
        return false;
    }
}

/* The first offer from `from` on that has any left; offers.count when there is none. */
static size_t first_left(struct weft_supply *supply, size_t from)
{
    size_t end = from;

    while (end < supply->offers.count && supply->offers.at[end].left == 0) {
        end = supply->offers.at[end].next;
    }
    for (size_t i = from; i < end;) { /* the next search jumps */
        const size_t next = supply->offers.at[i].next;
        supply->offers.at[i].next = (uint32_t)end;
        i = next;
    }
    return end;
}

/* Takes the oldest offer after the point `after` that has any left; its point, WEFT_NONE: none. */
static struct weft_offer take_offer(struct weft_supply *supply, uint32_t after)
{
    size_t low = 0, high = supply->offers.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (supply->offers.at[middle].point <= after) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low = first_left(supply, low);
    if (low == supply->offers.count) {
        return (struct weft_offer){.point = WEFT_NONE, .text = WEFT_NONE};
    }
    struct weft_offer *offer = &supply->offers.at[low];
    if (--offer->left == 0) {
        offer->next = (uint32_t)low + 1;
        supply->spent++;
    }
    return *offer;
}

/* The memory that the next offer would take is that of offers with none left, if half are. */
static bool push_offer(struct weft_supply *supply, struct weft_offer offer)
{
    if (supply->offers.count == supply->offers.room && supply->spent > supply->offers.count / 2) {
        size_t kept = 0;
        for (size_t i = 0; i < supply->offers.count; i++) {
            if (supply->offers.at[i].left > 0) {
                supply->offers.at[kept++] = supply->offers.at[i];
            }
        }
        supply->offers.count = kept;
        supply->spent = 0;
    }
    return weft_vec_push(&supply->offers, offer);
}

/* Is the item that a get has taken that of the put which woke it?  True when that is sure. */
static bool took_item(const struct weft_model *model, const struct weft_now *now,
                      const struct weft_offer *put)
{
    const struct weft_object *queue = &model->objects.at[now->object];

    if (now->kind != WEFT_EV_QUEUE_GET) {
        return false;
    }
    if (put->text != WEFT_NONE && now->text != NULL) {
        const char *given = model->texts.at[put->text];
        return given == now->text || strcmp(given, now->text) == 0;
    }
    return queue->kind == WEFT_OBJ_QUEUE;
}

static bool add_wake(struct weft_model *model, const struct weft_now *now,
                     const struct weft_offer *from, uint32_t *wake)
{
    const struct weft_point act = weft_model_point(model, from->point);

    if (act.thread == now->thread || act.t_ns < model->builder->threads.at[now->thread].span_ns) {
        return true;
    }
    const bool item = now->kind != WEFT_EV_JOIN_END && took_item(model, now, from);
    if (!weft_vec_push(&model->wakes,
                       (struct weft_wake_kept){.from = from->point | (item ? WEFT_KEPT_BIT : 0),
                                               .to = now->point,
                                               .span = now->waited})) {
        return false;
    }
    *wake = (uint32_t)model->wakes.count - 1;
    return true;
}

bool weft_model_find_wake(struct weft_model *model, const struct weft_now *now, uint32_t *wake)
{
    const struct weft_thread_build *build = &model->builder->threads.at[now->thread];
    const bool waited = now->waited != WEFT_NONE;
    struct weft_offer from = {.point = WEFT_NONE, .text = WEFT_NONE};

    /* A permit or an item that somebody takes without a wait is gone for those who wait. */
    if (now->object == WEFT_NONE ||
        (!waited && now->kind != WEFT_EV_SEM_ACQUIRE && now->info->family != WEFT_FAMILY_QUEUE)) {
        return true;
    }
    const struct route route = route_of(now);
    if (now->kind == WEFT_EV_JOIN_END) {
        from.point = now->outcome == WEFT_OUT_OK
                         ? model->builder->threads.at[now->object].exit_point
                         : WEFT_NONE;
    } else if (route.draws != WEFT_SUPPLY_NONE) {
        struct weft_supply *supply = &model->builder->objects.at[now->object].supplies[route.draws];
        from = take_offer(supply, waited ? build->begin_point : 0);
        if (from.point == WEFT_NONE) {
            from.point = supply->last;
        }
    }
    return !waited || from.point == WEFT_NONE || add_wake(model, now, &from, wake);
}

/*
 * Where all who come to a barrier begin to wait, the last of them opens it: the one that makes the
 * round full.  (Where the last one does not wait, his passing tells.)
 */
static bool completes_round(struct weft_model *model, const struct weft_now *now)
{
    const int64_t parties = model->objects.at[now->object].capacity;
    struct weft_object_build *build = &model->builder->objects.at[now->object];

    if (now->kind != WEFT_EV_BARRIER_WAIT) {
        const bool passed = now->kind == WEFT_EV_BARRIER_PASS && now->waited != WEFT_NONE &&
                            now->outcome == WEFT_OUT_OK;
        build->arrivals = passed ? build->arrivals : 0;
        return false;
    }
    if (++build->arrivals < parties || parties <= 0) {
        return false;
    }
    build->arrivals = 0;
    return true;
}

bool weft_model_offer(struct weft_model *model, const struct weft_now *now)
{
    const bool may_end_waits =
        now->info->effect == WEFT_EFFECT_GIVE || now->info->effect == WEFT_EFFECT_WAKE;
    uint32_t waits = 0;

    if (now->object != WEFT_NONE && now->info->family == WEFT_FAMILY_BARRIER &&
        completes_round(model, now)) {
        model->builder->objects.at[now->object].supplies[WEFT_SUPPLY_MAIN].last = now->point;
        return true;
    }
    if (!may_end_waits || now->object == WEFT_NONE) {
        return true;
    }
    const struct route route = route_of(now);
    if (route.feeds == WEFT_SUPPLY_NONE) {
        return true;
    }
    struct weft_supply *supply = &model->builder->objects.at[now->object].supplies[route.feeds];
    if (!counted(now, &waits)) {
        supply->last = now->point;
        return true;
    }
    /* Without anybody waiting, it ends no wait. */
    return waits == 0 || supply->waiting == 0 ||
           push_offer(supply,
                      (struct weft_offer){.point = now->point,
                                          .left = waits,
                                          .text = now->text != NULL ? model->builder->text_index
                                                                    : WEFT_NONE});
}

bool weft_model_add_late_wake(struct weft_model *model, const struct weft_now *release,
                              const struct weft_object_build *lock)
{
    const uint64_t to_ns = weft_model_point_ns(model, lock->overtaker_point);
    struct weft_span_kept *wait =
        &model->threads.at[lock->overtaker].spans.at[lock->overtaker_span];
    size_t at = model->wakes.count;

    if (!weft_vec_room(&model->wakes, at + 1)) {
        return false;
    }
    for (; at > 0 && weft_model_wake_ns(model, at - 1) > to_ns; at--) {
        const struct weft_wake_kept moved = model->wakes.at[at - 1];
        const uint32_t thread = weft_model_point(model, moved.to & WEFT_KEPT_POINT).thread;
        weft_model_set_wake(model, &model->threads.at[thread].spans.at[moved.span], (uint32_t)at);
        model->wakes.at[at] = moved;
    }
    model->wakes.at[at] = (struct weft_wake_kept){.from = release->point,
                                                  .to = lock->overtaker_point | WEFT_KEPT_BIT,
                                                  .span = lock->overtaker_span};
    model->wakes.count++;
    weft_model_set_wake(model, wait, (uint32_t)at);
    return true;
}
