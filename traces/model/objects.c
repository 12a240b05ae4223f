/* Objects: names, holds of locks and semaphores, levels and counts. */
#include "traces/model/build.h"

#include <stdio.h>
#include <stdlib.h>

/* Clocks of two cores may differ by this much: an acquire may seem to come before the release
 * that allowed it. */
enum { SKEW_NS = 1000 };

static enum weft_object_kind kind_of(enum weft_family family)
{
    for (int kind = 1; kind < WEFT_OBJ_COUNT; kind++) {
        if (weft_objects[kind].family == family) {
            return (enum weft_object_kind)kind;
        }
    }
    return WEFT_OBJ_NONE;
}

static bool is_reentrant(const struct weft_object *object)
{
    return object->kind == WEFT_OBJ_RLOCK || object->kind == WEFT_OBJ_RECURSIVE_MUTEX;
}

/* Sets the kind, and the name that it gives when the program gave none. */
static bool set_kind(struct weft_model *model, struct weft_object *object, bool named,
                     enum weft_object_kind kind)
{
    object->kind = (uint8_t)kind;
    object->family = weft_objects[kind].family;
    if (!named) {
        char text[64];
        const int len =
            snprintf(text, sizeof text, "%s %u",
                     kind == WEFT_OBJ_NONE ? "object" : weft_objects[kind].words, object->number);
        const char *name = weft_arena_copy(&model->strings, text, (size_t)len);
        if (name == NULL) {
            return false;
        }
        object->name = name;
    }
    return true;
}

static bool add_object(struct weft_model *model, uint32_t number, enum weft_object_kind kind)
{
    struct weft_model_private *builder = model->builder;
    const uint32_t index = (uint32_t)model->objects.count;
    struct weft_object object = {.number = number};
    struct weft_object_build build = {.open_hold = WEFT_NONE,
                                      .overtaken = WEFT_NONE,
                                      .overtaker = WEFT_NONE,
                                      .first_permit = WEFT_NONE,
                                      .last_permit = WEFT_NONE};

    for (int i = 0; i < WEFT_SUPPLY_COUNT; i++) {
        build.supplies[i].last = WEFT_NONE;
    }
    if (index == WEFT_NONE - 1 || !set_kind(model, &object, false, kind) ||
        !weft_vec_room(&model->objects, model->objects.count + 1) ||
        !weft_vec_room(&builder->objects, builder->objects.count + 1) ||
        !weft_numbers_put(&builder->object_of, number, index)) {
        return false;
    }
    model->objects.at[model->objects.count++] = object;
    builder->objects.at[builder->objects.count++] = build;
    return true;
}

bool weft_model_settle_object(struct weft_model *model, uint32_t number, enum weft_family family,
                              uint32_t *index)
{
    *index = weft_numbers_find(&model->builder->object_of, number);
    if (*index == WEFT_NONE) {
        if (!add_object(model, number, kind_of(family))) {
            return false;
        }
        *index = (uint32_t)model->objects.count - 1;
        return true;
    }
    /* Made up by a question, and only now it shows what it is. */
    struct weft_object *object = &model->objects.at[*index];
    if (object->kind != WEFT_OBJ_NONE) {
        return true;
    }
    const enum weft_object_kind kind = kind_of(family);
    return kind == WEFT_OBJ_NONE ||
           set_kind(model, object, model->builder->objects.at[*index].named, kind);
}

bool weft_model_define_object(struct weft_model *model, uint32_t number, enum weft_object_kind kind,
                              struct weft_slice name, int64_t capacity)
{
    uint32_t index;

    if (!weft_model_object_index(model, number, (enum weft_family)weft_objects[kind].family,
                                 &index)) {
        return false;
    }
    struct weft_object_build *build = &model->builder->objects.at[index];
    struct weft_object *object = &model->objects.at[index];
    const bool same =
        build->defined ? object->kind == kind : object->family == weft_objects[kind].family;
    if (kind != WEFT_OBJ_NONE && !same) {
        model->oddities++; /* a later definition adds, it does not change the kind */
        return true;
    }
    if (name.len > 0) { /* the last name counts */
        const char *copy = weft_arena_copy(&model->strings, name.at, name.len);
        if (copy == NULL) {
            return false;
        }
        object->name = copy;
        build->named = true;
    }
    if (capacity > 0) {
        object->capacity = capacity;
    }
    if (kind == WEFT_OBJ_NONE) {
        return true;
    }
    build->defined = true;
    return set_kind(model, object, build->named, kind);
}

static struct weft_bins *bins_of(const struct weft_object *object, enum weft_bins_of what)
{
    return object->bins != NULL ? &object->bins[what] : NULL;
}

/* Makes the object's bins when the first one is full. */
static bool has_bins(struct weft_object *object, size_t items)
{
    if (items == (size_t)1 << WEFT_BINS_ITEMS_LOG && object->bins == NULL) {
        object->bins = calloc(WEFT_BINS_COUNT, sizeof *object->bins);
        return object->bins != NULL;
    }
    return true;
}

bool weft_model_crowd_grows(struct weft_model *model, uint32_t object, enum weft_bins_of what,
                            size_t items, uint64_t t_ns)
{
    struct weft_object *it = &model->objects.at[object];

    return has_bins(it, items) &&
           weft_bins_enter(bins_of(it, what), &model->builder->objects.at[object].bins[what], items,
                           t_ns);
}

static void crowd_shrinks(struct weft_model *model, uint32_t object, uint64_t t_ns)
{
    weft_bins_leave(&model->builder->objects.at[object].bins[WEFT_BINS_HOLDS], t_ns);
}

static bool set_level(struct weft_model *model, const struct weft_now *now, int64_t value)
{
    struct weft_object *object = &model->objects.at[now->object];
    struct weft_object_build *build = &model->builder->objects.at[now->object];

    if (object->levels.count > 0 && build->level == value) {
        return true;
    }
    if (!has_bins(object, object->levels.count) ||
        !weft_bins_level(bins_of(object, WEFT_BINS_LEVELS), &build->bins[WEFT_BINS_LEVELS],
                         object->levels.count, now->t_ns, value)) {
        return false;
    }
    if (object->levels.count == 0 || value > object->peak) {
        object->peak = value;
    }
    build->level = value;
    return weft_vec_push(&object->levels, now->point);
}

/* The level before the first event, which no event says. */
static bool set_level_before(struct weft_model *model, const struct weft_now *now, int64_t value)
{
    struct weft_object *object = &model->objects.at[now->object];

    if (!set_level(model, now, value)) {
        return false;
    }
    object->level_before = value;
    object->levels.at[0] |= WEFT_KEPT_BIT;
    return true;
}

/* The program ran before t = 0. */
static bool is_window(const struct weft_model *model)
{
    return model->header.before_ns > 0;
}

/* In the middle of a program a queue holds what its first event implies, if that does. */
static bool begin_queue(struct weft_model *model, const struct weft_now *now)
{
    const bool has_size = now->has_first && now->info->first == WEFT_ARG_SIZE;

    if (now->kind == WEFT_EV_QUEUE_PUT && has_size && now->first > 0) {
        return set_level_before(model, now, now->first - 1);
    }
    if (now->kind == WEFT_EV_QUEUE_GET && has_size && now->first < INT64_MAX) {
        return set_level_before(model, now, now->first + 1);
    }
    return now->kind != WEFT_EV_QUEUE_GET_WAIT || set_level_before(model, now, 0);
}

/*
 * What the level was before the first event about the object.  A semaphore's definition may not
 * say its first value (it says what it is bounded by): then the first event does.
 */
static bool begin_level(struct weft_model *model, const struct weft_now *now)
{
    const struct weft_object *object = &model->objects.at[now->object];

    if (object->family == WEFT_FAMILY_QUEUE) {
        return is_window(model) ? begin_queue(model, now) : set_level_before(model, now, 0);
    }
    if (object->family != WEFT_FAMILY_SEMAPHORE) {
        return true;
    }
    const bool changes = now->kind == WEFT_EV_SEM_ACQUIRE || now->kind == WEFT_EV_SEM_RELEASE;
    if (changes && !now->has_first) {
        return true; /* those of POSIX do not say how many are left: it would stay at the first */
    }
    if (object->capacity > 0 && !is_window(model)) {
        return set_level_before(model, now, object->capacity);
    }
    if (now->kind == WEFT_EV_SEM_ACQUIRE && now->has_first && now->first < INT64_MAX) {
        return set_level_before(model, now, now->first + 1);
    }
    if (now->kind == WEFT_EV_SEM_RELEASE && now->has_first && now->first > 0) {
        return set_level_before(model, now, now->first - 1);
    }
    return now->kind != WEFT_EV_SEM_WAIT || set_level_before(model, now, 0);
}

bool weft_model_touch(struct weft_model *model, const struct weft_now *now)
{
    struct weft_object *object = &model->objects.at[now->object];
    struct weft_object_build *build = &model->builder->objects.at[now->object];

    if (!build->touched) {
        build->touched = true;
        object->first_ns = now->t_ns;
        if (!begin_level(model, now)) {
            return false;
        }
    }
    object->last_ns = now->t_ns;
    return true;
}

/* Locks ─────────────────────────────────────────────────────────────────────────────────────── */

static bool add_hold(struct weft_model *model, const struct weft_now *now, uint32_t object)
{
    return weft_model_crowd_grows(model, object, WEFT_BINS_HOLDS,
                                  model->objects.at[object].holds.count, now->t_ns) &&
           weft_vec_push(&model->objects.at[object].holds,
                         (struct weft_hold_kept){.from = now->point, .to = WEFT_KEPT_POINT});
}

static uint32_t holder(const struct weft_model *model, const struct weft_hold_kept *hold)
{
    return weft_model_point(model, hold->from & WEFT_KEPT_POINT).thread;
}

/* The owner's release was overtaken by this acquire, or is lost: which, its release will tell. */
static void cut_hold(struct weft_model *model, const struct weft_now *now, uint32_t object)
{
    struct weft_object_build *build = &model->builder->objects.at[object];
    struct weft_hold_kept *hold = &model->objects.at[object].holds.at[build->open_hold];
    const bool own = build->owner == now->thread;

    hold->from |= WEFT_KEPT_BIT;
    hold->to |= WEFT_KEPT_BIT;
    crowd_shrinks(model, object, now->t_ns);
    if (build->overtaken != WEFT_NONE || own) {
        model->oddities++;
    }
    if (!own) {
        build->overtaken = build->open_hold;
        build->overtaker = now->waited != WEFT_NONE ? now->thread : WEFT_NONE;
        build->overtaker_span = now->waited;
        build->overtaker_point = now->point;
    }
}

static bool take_lock(struct weft_model *model, const struct weft_now *now, uint32_t object)
{
    struct weft_object_build *build = &model->builder->objects.at[object];

    if (build->open_hold != WEFT_NONE) {
        if (is_reentrant(&model->objects.at[object]) && build->owner == now->thread) {
            build->depth += build->depth < UINT32_MAX;
            return true;
        }
        cut_hold(model, now, object);
    } else if (build->overtaken != WEFT_NONE) {
        build->overtaken = WEFT_NONE; /* a whole hold has passed: its release is lost */
        model->oddities++;
    }
    if (!add_hold(model, now, object)) {
        return false;
    }
    build->open_hold = (uint32_t)model->objects.at[object].holds.count - 1;
    build->owner = now->thread;
    build->depth = 1;
    return true;
}

/* The release that an acquire overtook: ownership follows the release, within the skew. */
static bool end_overtaken(struct weft_model *model, const struct weft_now *now, uint32_t object)
{
    struct weft_object_build *build = &model->builder->objects.at[object];
    struct weft_hold_kept *hold = &model->objects.at[object].holds.at[build->overtaken];

    build->overtaken = WEFT_NONE;
    hold->to = now->point | WEFT_KEPT_BIT;
    if (now->t_ns - weft_model_point_ns(model, build->overtaker_point) > SKEW_NS) {
        model->oddities++;
        return true;
    }
    hold->to = now->point;
    if (build->overtaker == WEFT_NONE || build->overtaker == now->thread) {
        return true;
    }
    if (weft_model_span(model, build->overtaker, build->overtaker_span).wake != WEFT_NONE) {
        return true;
    }
    return weft_model_add_late_wake(model, now, build);
}

/* *gave: the lock is free now. */
static bool release_lock(struct weft_model *model, const struct weft_now *now, uint32_t object,
                         bool *gave)
{
    struct weft_object_build *build = &model->builder->objects.at[object];
    struct weft_hold_kept *holds = model->objects.at[object].holds.at;
    struct weft_hold_kept *open = build->open_hold == WEFT_NONE ? NULL : &holds[build->open_hold];
    const bool own = open != NULL && build->owner == now->thread;

    *gave = false;
    if (!own && build->overtaken != WEFT_NONE &&
        holder(model, &holds[build->overtaken]) == now->thread) {
        return end_overtaken(model, now, object);
    }
    if (open == NULL || (!own && is_reentrant(&model->objects.at[object]))) {
        /* An acquire is lost, or the trace began in the middle of a hold. */
        model->oddities += !is_window(model) || model->objects.at[object].holds.count > 0;
        *gave = open == NULL;
        return true;
    }
    if (--build->depth == 0) {
        open->to = now->point;
        crowd_shrinks(model, object, now->t_ns);
        build->open_hold = WEFT_NONE;
        *gave = true;
    }
    return true;
}

bool weft_model_give_up_mutex(struct weft_model *model, const struct weft_now *now, uint32_t mutex)
{
    struct weft_object_build *build = &model->builder->objects.at[mutex];
    struct weft_thread_build *thread = &model->builder->threads.at[now->thread];

    if (build->open_hold == WEFT_NONE) {
        return true;
    }
    if (build->owner != now->thread) {
        return true;
    }
    thread->gave_up = true;
    thread->mutex_depth = build->depth;
    model->objects.at[mutex].holds.at[build->open_hold].to = now->point;
    crowd_shrinks(model, mutex, now->t_ns);
    build->open_hold = WEFT_NONE;
    build->depth = 0;
    build->supplies[WEFT_SUPPLY_MAIN].last = now->point;
    model->objects.at[mutex].last_ns = now->t_ns;
    return true;
}

bool weft_model_take_mutex_back(struct weft_model *model, const struct weft_now *now,
                                uint32_t mutex)
{
    if (!take_lock(model, now, mutex)) {
        return false;
    }
    model->builder->objects.at[mutex].depth = model->builder->threads.at[now->thread].mutex_depth;
    model->objects.at[mutex].last_ns = now->t_ns;
    return true;
}

/* A release inside a condition's wait that says what the wait has said already. */
static bool was_given_up(struct weft_model *model, const struct weft_now *now)
{
    struct weft_thread_build *build = &model->builder->threads.at[now->thread];

    if (!build->gave_up) {
        return false;
    }
    if (build->wait_mutex != now->object) {
        return false;
    }
    build->gave_up = false;
    return true;
}

/* Semaphores ────────────────────────────────────────────────────────────────────────────────── */

static uint64_t permit_key(uint32_t object, uint32_t thread)
{
    return (uint64_t)object << 32 | thread;
}

/* The open permits of a thread; NULL when it never had any. */
static struct weft_permit_list *find_permits(struct weft_model_private *builder, uint32_t object,
                                             uint32_t thread)
{
    const uint32_t *index = weft_map_find(&builder->permit_list_of, permit_key(object, thread));

    return index == NULL ? NULL : &builder->permit_lists.at[*index];
}

/* The same, made when need be; NULL: no memory. */
static struct weft_permit_list *permits_of(struct weft_model_private *builder, uint32_t object,
                                           uint32_t thread)
{
    struct weft_permit_list *list = find_permits(builder, object, thread);
    const uint32_t index = (uint32_t)builder->permit_lists.count;

    if (list != NULL) {
        return list;
    }
    if (!weft_vec_room(&builder->permit_lists, builder->permit_lists.count + 1) ||
        !weft_map_put(&builder->permit_list_of, permit_key(object, thread), index)) {
        return NULL;
    }
    builder->permit_lists.at[index] = (struct weft_permit_list){WEFT_NONE, WEFT_NONE};
    builder->permit_lists.count++;
    return &builder->permit_lists.at[index];
}

static bool new_permit(struct weft_model_private *builder, uint32_t *permit)
{
    if (builder->free_permit != WEFT_NONE) {
        *permit = builder->free_permit;
        builder->free_permit = builder->permits.at[*permit].next;
        return true;
    }
    if (!weft_vec_room(&builder->permits, builder->permits.count + 1)) {
        return false;
    }
    *permit = (uint32_t)builder->permits.count++;
    return true;
}

static bool take_permit(struct weft_model *model, const struct weft_now *now)
{
    struct weft_model_private *builder = model->builder;
    struct weft_object_build *build = &builder->objects.at[now->object];
    struct weft_permit_list *list = permits_of(builder, now->object, now->thread);
    uint32_t permit = WEFT_NONE;

    if (list == NULL || !new_permit(builder, &permit) || !add_hold(model, now, now->object)) {
        return false;
    }
    builder->permits.at[permit] =
        (struct weft_permit){.hold = (uint32_t)model->objects.at[now->object].holds.count - 1,
                             .thread = now->thread,
                             .previous = build->last_permit,
                             .next = WEFT_NONE,
                             .next_of_thread = WEFT_NONE};
    if (build->last_permit != WEFT_NONE) {
        builder->permits.at[build->last_permit].next = permit;
    } else {
        build->first_permit = permit;
    }
    build->last_permit = permit;
    if (list->last != WEFT_NONE) {
        builder->permits.at[list->last].next_of_thread = permit;
    } else {
        list->first = permit;
    }
    list->last = permit;
    return true;
}

/* The oldest permit of the thread, else of the object; a release without any is nothing odd. */
static void release_permit(struct weft_model *model, const struct weft_now *now)
{
    struct weft_model_private *builder = model->builder;
    struct weft_object_build *build = &builder->objects.at[now->object];
    struct weft_permit_list *list = find_permits(builder, now->object, now->thread);
    const uint32_t at =
        list != NULL && list->first != WEFT_NONE ? list->first : build->first_permit;

    if (at == WEFT_NONE) {
        return;
    }
    struct weft_permit *permit = &builder->permits.at[at];
    list = find_permits(builder, now->object, permit->thread);
    list->first = permit->next_of_thread; /* the oldest of an object is the oldest of its thread */
    if (list->first == WEFT_NONE) {
        list->last = WEFT_NONE;
    }
    if (permit->previous != WEFT_NONE) {
        builder->permits.at[permit->previous].next = permit->next;
    } else {
        build->first_permit = permit->next;
    }
    if (permit->next != WEFT_NONE) {
        builder->permits.at[permit->next].previous = permit->previous;
    } else {
        build->last_permit = permit->previous;
    }
    model->objects.at[now->object].holds.at[permit->hold].to = now->point;
    crowd_shrinks(model, now->object, now->t_ns);
    permit->next = builder->free_permit;
    builder->free_permit = at;
}

/* Counts ────────────────────────────────────────────────────────────────────────────────────── */

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

enum weft_vain weft_point_in_vain(uint8_t kind, int64_t first, bool has_second, int64_t second)
{
    const bool is_try = weft_events[kind].first == WEFT_ARG_QUESTION && first > WEFT_ASK_NONE &&
                        first < WEFT_ASK_COUNT && weft_questions[first].once != WEFT_EV_QUERY;

    switch (kind) {
    case WEFT_EV_LOCK_FAIL:
    case WEFT_EV_RWLOCK_FAIL:
    case WEFT_EV_SEM_FAIL:
    case WEFT_EV_QUEUE_PUT_FAIL:
    case WEFT_EV_QUEUE_GET_FAIL:
        return WEFT_VAIN_TRY;
    case WEFT_EV_QUERY:
        return is_try && has_second && second == 0 ? WEFT_VAIN_TRY : WEFT_VAIN_NOT;
    case WEFT_EV_POLL_END:
        return is_try ? WEFT_VAIN_POLL : WEFT_VAIN_NOT;
    default:
        return WEFT_VAIN_NOT;
    }
}

uint64_t weft_poll_in_vain(const struct weft_span_extra *poll, bool first_counted)
{
    return poll->answer == 0 && poll->amount > 0 ? (uint64_t)poll->amount - (first_counted ? 1 : 0)
                                                 : 0;
}

static uint64_t failed_tries(const struct weft_model *model, const struct weft_now *now)
{
    const enum weft_vain vain =
        weft_point_in_vain((uint8_t)now->kind, now->first, now->has_second, now->second);

    if (vain != WEFT_VAIN_POLL || now->waited == WEFT_NONE) {
        return vain == WEFT_VAIN_TRY;
    }
    const struct weft_span_extra extra = weft_model_span_extra(model, now->thread, now->waited);
    return weft_poll_in_vain(&extra, model->builder->threads.at[now->thread].ask_counted);
}

static void count(struct weft_model *model, const struct weft_now *now)
{
    struct weft_object *object = &model->objects.at[now->object];
    const bool ok = now->outcome == WEFT_OUT_OK;

    if (now->info->effect == WEFT_EFFECT_TAKE && ok && !weft_model_is_carried(model, now->t_ns)) {
        object->acquires++;
        object->contended += now->waited != WEFT_NONE;
    }
    if (now->info->phase == WEFT_PHASE_END &&
        (now->outcome == WEFT_OUT_TIMEOUT || weft_model_is_timeout(now->kind))) {
        object->timeouts++;
    }
    switch (now->kind) {
    case WEFT_EV_QUEUE_PUT:
        object->puts += ok;
        break;
    case WEFT_EV_QUEUE_GET:
        object->gets += ok;
        break;
    case WEFT_EV_LOCK_FAIL:
    case WEFT_EV_RWLOCK_FAIL:
    case WEFT_EV_SEM_FAIL:
    case WEFT_EV_QUEUE_PUT_FAIL:
    case WEFT_EV_QUEUE_GET_FAIL:
    case WEFT_EV_QUERY:
    case WEFT_EV_POLL_END:
        object->failed = sum(object->failed, failed_tries(model, now));
        break;
    case WEFT_EV_OBJECT_DESTROY:
        object->destroyed = true;
        break;
    default:
        break;
    }
}

bool weft_model_step_object(struct weft_model *model, const struct weft_now *now, bool *gave)
{
    const bool ok = now->outcome == WEFT_OUT_OK;
    const bool takes = ok && now->info->effect == WEFT_EFFECT_TAKE;
    const bool gives = ok && now->info->effect == WEFT_EFFECT_GIVE;

    *gave = true;
    count(model, now);
    if (now->info->family == WEFT_FAMILY_LOCK) {
        if (takes && !take_lock(model, now, now->object)) {
            return false;
        }
        if (gives) {
            if (was_given_up(model, now)) {
                *gave = false;
            } else if (!release_lock(model, now, now->object, gave)) {
                return false;
            }
        }
    } else if (now->info->family == WEFT_FAMILY_SEMAPHORE ||
               now->info->family == WEFT_FAMILY_RWLOCK) { /* readers share, as permits do */
        if (takes && !take_permit(model, now)) {
            return false;
        }
        if (gives) {
            release_permit(model, now);
        }
    }
    const bool has_level =
        now->has_first && (now->info->first == WEFT_ARG_VALUE || now->info->first == WEFT_ARG_SIZE);
    return !has_level || set_level(model, now, now->first);
}
