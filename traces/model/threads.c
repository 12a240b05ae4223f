/* Lanes: states, names and zones of threads. */
#include "traces/model/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool weft_model_add_thread(struct weft_model *model, uint32_t number, uint32_t *added)
{
    struct weft_model_private *builder = model->builder;
    char text[32];
    const int len = snprintf(text, sizeof text, "thread %u", number);
    const char *name = weft_arena_copy(&model->strings, text, (size_t)len);
    const uint32_t index = (uint32_t)model->threads.count;
    struct weft_thread_info info = {.number = number,
                                    .parent = WEFT_NONE,
                                    .start_ns = builder->last_ns,
                                    .end_ns = builder->last_ns,
                                    .name = name};

    if (name == NULL || index == WEFT_NONE - 1 ||
        !weft_vec_room(&model->threads, model->threads.count + 1) ||
        !weft_vec_room(&builder->threads, builder->threads.count + 1) ||
        !weft_vec_push(&info.names, (struct weft_rename){.t_ns = 0, .name = name})) {
        return false;
    }
    if (!weft_numbers_put(&builder->thread_of, number, index)) {
        free(info.names.at);
        return false;
    }
    model->threads.at[model->threads.count++] = info;
    builder->threads.at[builder->threads.count++] =
        (struct weft_thread_build){.last_object = WEFT_NONE, .exit_point = WEFT_NONE};
    *added = index;
    return true;
}

bool weft_model_define_thread(struct weft_model *model, uint32_t number, struct weft_slice name)
{
    uint32_t thread;

    if (!weft_model_thread_index(model, number, &thread)) {
        return false;
    }
    struct weft_thread_build *build = &model->builder->threads.at[thread];
    struct weft_thread_info *info = &model->threads.at[thread];
    if (build->named || name.len == 0) {
        return true;
    }
    const char *copy = weft_arena_copy(&model->strings, name.at, name.len);
    if (copy == NULL) {
        return false;
    }
    /* The name that it was introduced with counts from the beginning; renames stand behind it. */
    build->named = true;
    info->names.at[0].name = copy;
    if (info->names.count == 1) {
        info->name = copy;
    }
    return true;
}

bool weft_model_rename(struct weft_model *model, uint32_t thread, uint64_t t_ns, const char *name)
{
    struct weft_thread_info *info = &model->threads.at[thread];

    if (strcmp(info->name, name) == 0) {
        return true;
    }
    if (!weft_vec_push(&info->names, (struct weft_rename){t_ns, name})) {
        return false;
    }
    info->name = name;
    return true;
}

/* The last span ends at t_ns. */
static bool end_span(struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    struct weft_thread_info *info = &model->threads.at[thread];
    struct weft_thread_build *build = &model->builder->threads.at[thread];
    struct weft_span_kept *span = &info->spans.at[info->spans.count - 1];

    span->flags &= (uint8_t)~WEFT_SPAN_OPEN;
    build->tally.ns[span->state] += t_ns - build->span_ns;
    return weft_pyramid_add(&info->pyramid, (enum weft_state)span->state, build->span_ns, t_ns);
}

/*
 * The last span ends and another begins at start_ns; a running span of no length makes room for it.
 */
static bool next_span(struct weft_model *model, uint32_t thread, uint64_t start_ns,
                      const struct weft_span_kept *span)
{
    struct weft_thread_info *info = &model->threads.at[thread];
    struct weft_thread_build *build = &model->builder->threads.at[thread];

    if (info->spans.count > 0) {
        struct weft_span_kept *last = &info->spans.at[info->spans.count - 1];
        if (last->state == WEFT_STATE_RUNNING && build->span_ns == start_ns) {
            *last = *span;
            return true;
        }
    }
    if (!weft_vec_room(&info->spans, info->spans.count + 1) ||
        !weft_vec_room(&build->tallies, info->spans.count / WEFT_TALLY_SPANS + 1)) {
        return false;
    }
    if (info->spans.count > 0 && !end_span(model, thread, start_ns)) {
        return false;
    }
    if (info->spans.count % WEFT_TALLY_SPANS == 0) {
        build->tallies.at[build->tallies.count++] = build->tally;
    }
    build->span_ns = start_ns;
    info->spans.at[info->spans.count++] = *span;
    return true;
}

static bool run(struct weft_model *model, const struct weft_now *now)
{
    return next_span(model, now->thread, now->t_ns,
                     &(struct weft_span_kept){.point = now->point,
                                              .link = WEFT_NONE,
                                              .state = WEFT_STATE_RUNNING,
                                              .flags = WEFT_SPAN_OPEN});
}

bool weft_model_begin_lane(struct weft_model *model, const struct weft_now *now)
{
    if (!run(model, now)) {
        return false;
    }
    model->builder->threads.at[now->thread].begun = true;
    model->threads.at[now->thread].start_ns = now->t_ns;
    return true;
}

static struct weft_span_kept *last_span(struct weft_model *model, uint32_t thread)
{
    struct weft_thread_info *info = &model->threads.at[thread];

    return &info->spans.at[info->spans.count - 1];
}

/* What a wait that begins with this event waits for. */
static struct weft_supply *supply_for(struct weft_model *model, uint32_t object,
                                      enum weft_event_kind begin)
{
    const int which = begin == WEFT_EV_QUEUE_PUT_WAIT ? WEFT_SUPPLY_BACK
                      : begin == WEFT_EV_QUEUE_JOIN   ? WEFT_SUPPLY_TASKS
                                                      : WEFT_SUPPLY_MAIN;

    return &model->builder->objects.at[object].supplies[which];
}

/* The thread waits no more, however that is known. */
static void stop_waiting(struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    struct weft_thread_build *build = &model->builder->threads.at[thread];

    build->waiting = false;
    build->gave_up = false;
    if (weft_events[build->begin_kind].phase == WEFT_PHASE_BEGIN &&
        build->wait_object != WEFT_NONE && last_span(model, thread)->state != WEFT_STATE_JOIN) {
        struct weft_supply *supply =
            supply_for(model, build->wait_object, (enum weft_event_kind)build->begin_kind);
        weft_bins_leave(&model->builder->objects.at[build->wait_object].bins[WEFT_BINS_WAITS],
                        t_ns);
        if (--supply->waiting == 0) { /* what was offered so far ends no later wait */
            supply->offers.count = 0;
            supply->spent = 0;
        }
    }
}

/* Its end is not in the trace, but what the thread did next is. */
static bool assume_wait_ended(struct weft_model *model, const struct weft_now *now)
{
    if (!model->builder->threads.at[now->thread].waiting) {
        return true;
    }
    stop_waiting(model, now->thread, now->t_ns);
    last_span(model, now->thread)->flags |= WEFT_SPAN_ASSUMED;
    return run(model, now);
}

void weft_model_end_lane(struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    struct weft_thread_build *build = &model->builder->threads.at[thread];
    struct weft_thread_info *info = &model->threads.at[thread];

    if (build->waiting) {
        stop_waiting(model, thread, t_ns);
        last_span(model, thread)->flags |= WEFT_SPAN_ASSUMED;
    }
    /* The last span of all is looked at by itself: it does not matter when it finds no room. */
    (void)end_span(model, thread, t_ns);
    for (size_t i = 0; i < build->open_zones.count; i++) {
        struct weft_zone *zone = &info->zones.at[build->open_zones.at[i]];
        zone->end_ns = t_ns;
        zone->flags = WEFT_SPAN_ASSUMED;
    }
    build->open_zones.count = 0;
    info->ended = true;
    info->end_ns = t_ns;
}

/* Room for what only some spans have. */
static bool add_extra(struct weft_model *model, struct weft_span_kept *span, uint64_t start_ns)
{
    if (!weft_vec_push(&model->extras,
                       (struct weft_extra_kept){.start_ns = start_ns, .wake = WEFT_NONE})) {
        return false;
    }
    span->link = (uint32_t)model->extras.count - 1;
    span->flags |= WEFT_KEPT_MORE;
    return true;
}

void weft_model_set_wake(struct weft_model *model, struct weft_span_kept *span, uint32_t wake)
{
    if ((span->flags & WEFT_KEPT_MORE) != 0) {
        model->extras.at[span->link].wake = wake;
    } else {
        span->link = wake;
    }
}

/* The mutex that the wait which the thread is in gives up meanwhile, or WEFT_NONE. */
static uint32_t wait_mutex(const struct weft_model *model, uint32_t thread)
{
    const struct weft_thread_build *build = &model->builder->threads.at[thread];

    return build->waiting ? build->wait_mutex : WEFT_NONE;
}

static bool begin_wait(struct weft_model *model, struct weft_now *now)
{
    struct weft_thread_build *build = &model->builder->threads.at[now->thread];
    const struct weft_span_kept span = {
        .point = now->point, .link = WEFT_NONE, .state = now->info->state, .flags = WEFT_SPAN_OPEN};
    const bool has_mutex = now->info->second == WEFT_ARG_WITH && now->has_second;

    if (!assume_wait_ended(model, now) || !next_span(model, now->thread, now->t_ns, &span)) {
        return false;
    }
    if (now->object != WEFT_NONE && !now->about_thread) {
        struct weft_object *object = &model->objects.at[now->object];
        const uint32_t index = (uint32_t)model->threads.at[now->thread].spans.count - 1;
        if (!weft_model_crowd_grows(model, now->object, WEFT_BINS_WAITS, object->waits.count,
                                    now->t_ns) ||
            !weft_vec_push(&object->waits, (struct weft_wait_ref){now->thread, index})) {
            return false;
        }
        supply_for(model, now->object, now->kind)->waiting++;
    }
    build->waiting = true;
    build->begin_kind = (uint8_t)now->kind;
    build->begin_point = now->point;
    build->wait_object = now->object;
    build->wait_mutex = has_mutex ? (uint32_t)now->second : WEFT_NONE;
    build->gave_up = false;
    return !has_mutex || weft_model_give_up_mutex(model, now, (uint32_t)now->second);
}

/* Which of a queue's three waits; its events share family and state. */
static int side(enum weft_event_kind kind)
{
    switch (kind) {
    case WEFT_EV_QUEUE_PUT_WAIT:
    case WEFT_EV_QUEUE_PUT:
    case WEFT_EV_QUEUE_PUT_TIMEOUT:
        return 1;
    case WEFT_EV_QUEUE_GET_WAIT:
    case WEFT_EV_QUEUE_GET:
    case WEFT_EV_QUEUE_GET_TIMEOUT:
        return 2;
    default:
        return 0;
    }
}

/* An end that cannot be without its begin: all others may belong to what never had to wait. */
static bool needs_begin(enum weft_event_kind kind)
{
    return kind == WEFT_EV_SLEEP_END || kind == WEFT_EV_COND_WAKE;
}

/* An end that says how long it lasted: the wait began that long before, while the thread ran. */
static bool begin_late(struct weft_model *model, struct weft_now *now)
{
    struct weft_thread_build *build = &model->builder->threads.at[now->thread];
    const uint64_t lasted_ns = now->first > 0 ? (uint64_t)now->first : 0;
    const uint64_t begin_ns = lasted_ns < now->t_ns ? now->t_ns - lasted_ns : 0;
    const uint64_t start_ns = begin_ns > build->span_ns ? begin_ns : build->span_ns;
    struct weft_span_kept span = {
        .point = now->point, .state = now->info->state, .flags = WEFT_SPAN_OPEN | WEFT_KEPT_LATE};

    if (!add_extra(model, &span, start_ns) || !next_span(model, now->thread, start_ns, &span)) {
        return false;
    }
    build->begin_kind = (uint8_t)now->kind;
    build->wait_object = now->object;
    build->wait_mutex = WEFT_NONE;
    now->waited = (uint32_t)model->threads.at[now->thread].spans.count - 1;
    return true;
}

static bool end_or_pass(struct weft_model *model, struct weft_now *now)
{
    const struct weft_thread_build *build = &model->builder->threads.at[now->thread];
    const struct weft_span_kept *span = last_span(model, now->thread);

    if (build->waiting && span->state == now->info->state && build->wait_object == now->object &&
        side(build->begin_kind) == side(now->kind)) {
        now->waited = (uint32_t)model->threads.at[now->thread].spans.count - 1;
        return true;
    }
    if (needs_begin(now->kind)) {
        model->oddities++;
    }
    if (now->info->first == WEFT_ARG_DURATION && now->has_first && !build->waiting) {
        return begin_late(model, now);
    }
    /* A condition's wait takes its mutex again before it ends. */
    if (span->state == WEFT_STATE_COND_WAIT && now->object != WEFT_NONE &&
        wait_mutex(model, now->thread) == now->object) {
        return true;
    }
    return assume_wait_ended(model, now);
}

static bool begin_poll(struct weft_model *model, struct weft_now *now)
{
    struct weft_thread_build *build = &model->builder->threads.at[now->thread];
    struct weft_span_kept span = {.point = now->point,
                                  .state = WEFT_STATE_POLL,
                                  .flags = WEFT_SPAN_OPEN,
                                  .question = (uint8_t)now->first};

    if (!assume_wait_ended(model, now) || !add_extra(model, &span, now->t_ns)) {
        return false;
    }
    build->waiting = true;
    build->begin_kind = (uint8_t)now->kind;
    build->begin_point = now->point;
    build->wait_object = now->object;
    build->wait_mutex = WEFT_NONE;
    build->ask_counted =
        build->last_kind == weft_questions[now->first].once && build->last_object == now->object;
    return next_span(model, now->thread, now->t_ns, &span);
}

static bool end_poll(struct weft_model *model, struct weft_now *now)
{
    const struct weft_thread_build *build = &model->builder->threads.at[now->thread];
    const struct weft_span_kept *span = last_span(model, now->thread);

    if (!build->waiting || span->state != WEFT_STATE_POLL || build->wait_object != now->object ||
        span->question != now->first) {
        model->oddities++;
        return assume_wait_ended(model, now);
    }
    now->waited = (uint32_t)model->threads.at[now->thread].spans.count - 1;
    model->extras.at[span->link].amount = now->has_second && now->second > 0 ? now->second : 0;
    return true;
}

/* What the thread did since then is not in the trace, until its next event. */
static bool lose(struct weft_model *model, const struct weft_now *now)
{
    if (!assume_wait_ended(model, now) ||
        !next_span(model, now->thread, now->t_ns,
                   &(struct weft_span_kept){.point = now->point,
                                            .link = WEFT_NONE,
                                            .state = WEFT_STATE_UNKNOWN,
                                            .flags = WEFT_SPAN_OPEN})) {
        return false;
    }
    model->builder->threads.at[now->thread].unknown = true;
    return true;
}

bool weft_model_step_lane(struct weft_model *model, struct weft_now *now)
{
    struct weft_thread_build *build = &model->builder->threads.at[now->thread];

    if (now->kind == WEFT_EV_LOST) {
        return lose(model, now);
    }
    if (build->unknown) {
        build->unknown = false;
        if (!run(model, now)) {
            return false;
        }
    }
    switch (now->info->phase) {
    case WEFT_PHASE_BEGIN:
        return begin_wait(model, now);
    case WEFT_PHASE_END:
        return end_or_pass(model, now);
    case WEFT_PHASE_POLL_BEGIN:
        return begin_poll(model, now);
    case WEFT_PHASE_POLL_END:
        return end_poll(model, now);
    case WEFT_PHASE_ENTER:
    case WEFT_PHASE_LEAVE:
        return weft_model_zone(model, now);
    default:
        return true;
    }
}

bool weft_model_is_timeout(enum weft_event_kind kind)
{
    return kind == WEFT_EV_LOCK_TIMEOUT || kind == WEFT_EV_RWLOCK_TIMEOUT ||
           kind == WEFT_EV_SEM_TIMEOUT || kind == WEFT_EV_QUEUE_PUT_TIMEOUT ||
           kind == WEFT_EV_QUEUE_GET_TIMEOUT;
}

bool weft_model_end_wait(struct weft_model *model, const struct weft_now *now, uint32_t wake)
{
    struct weft_span_kept *span = last_span(model, now->thread);
    const struct weft_thread_build *build = &model->builder->threads.at[now->thread];

    span->outcome = (uint8_t)(weft_model_is_timeout(now->kind) ? WEFT_OUT_TIMEOUT : now->outcome);
    if (wake != WEFT_NONE) {
        weft_model_set_wake(model, span, wake);
    }
    if (build->gave_up && !weft_model_take_mutex_back(model, now, build->wait_mutex)) {
        return false;
    }
    stop_waiting(model, now->thread, now->t_ns);
    return run(model, now);
}

bool weft_model_zone(struct weft_model *model, const struct weft_now *now)
{
    struct weft_thread_info *info = &model->threads.at[now->thread];
    struct weft_thread_build *build = &model->builder->threads.at[now->thread];

    if (now->info->phase == WEFT_PHASE_LEAVE) {
        if (build->open_zones.count == 0) {
            model->oddities++;
            return true;
        }
        struct weft_zone *zone = &info->zones.at[build->open_zones.at[--build->open_zones.count]];
        zone->end_ns = now->t_ns;
        zone->flags = 0;
        return true;
    }
    return weft_vec_room(&build->open_zones, build->open_zones.count + 1) &&
           weft_bins_level(&info->zone_bins, &build->zone_bins, info->zones.count, now->t_ns,
                           (int64_t)build->open_zones.count) &&
           weft_vec_push(&info->zones,
                         (struct weft_zone){.start_ns = now->t_ns,
                                            .end_ns = now->t_ns,
                                            .depth = (uint32_t)build->open_zones.count,
                                            .flags = WEFT_SPAN_OPEN,
                                            .name = now->text != NULL ? now->text : "zone"}) &&
           weft_vec_push(&build->open_zones, (uint32_t)info->zones.count - 1);
}
