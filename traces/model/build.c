/* Items in, one after the other: numbers become indices, every event becomes a point. */
#include "traces/model/build.h"

#include <stdlib.h>
#include <string.h>

/* So that spans, two an event at most, are counted in 32 bits. */
enum { POINTS_MAX = INT32_MAX };

struct weft_model *weft_model_new(void)
{
    struct weft_model *model = calloc(1, sizeof *model);
    struct weft_model_private *builder = calloc(1, sizeof *builder);

    if (model == NULL || builder == NULL) {
        free(model);
        free(builder);
        return NULL;
    }
    weft_arena_init(&model->strings);
    model->header.program = "";
    model->header.start = "";
    model->header.clock = "";
    model->header.recorder = "";
    model->header.overhead_ns = -1;
    model->header.schedule = "";
    model->header.seed = -1;
    model->exit_status = -1;
    model->builder = builder;
    builder->free_permit = WEFT_NONE;
    return model;
}

/* An array of so many for each number that was put. */
enum { NUMBERS_SPARSE = 4, NUMBERS_FIRST = 256 };

bool weft_numbers_put(struct weft_numbers *numbers, uint32_t number, uint32_t index)
{
    const size_t most = NUMBERS_SPARSE * (numbers->count + NUMBERS_FIRST);

    if (number >= numbers->room && number < most) {
        uint32_t *grown = realloc(numbers->at, most * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        memset(grown + numbers->room, 0, (most - numbers->room) * sizeof *grown);
        numbers->at = grown;
        numbers->room = most;
    }
    if (number >= numbers->room) {
        if (!weft_map_put(&numbers->others, number, index)) {
            return false;
        }
    } else {
        numbers->at[number] = index + 1;
    }
    numbers->count++;
    return true;
}

void weft_numbers_done(struct weft_numbers *numbers)
{
    free(numbers->at);
    weft_map_done(&numbers->others);
}

static void free_builder(struct weft_model_private *builder)
{
    weft_numbers_done(&builder->thread_of);
    weft_numbers_done(&builder->object_of);
    weft_numbers_done(&builder->site_of);
    weft_map_done(&builder->permit_list_of);
    weft_map_done(&builder->stack_of);
    for (size_t i = 0; i < builder->threads.count; i++) {
        free(builder->threads.at[i].open_zones.at);
        free(builder->threads.at[i].tallies.at);
    }
    for (size_t i = 0; i < builder->objects.count; i++) {
        for (int k = 0; k < WEFT_SUPPLY_COUNT; k++) {
            free(builder->objects.at[i].supplies[k].offers.at);
        }
    }
    free(builder->threads.at);
    free(builder->objects.at);
    free(builder->permits.at);
    free(builder->seen_texts);
    free(builder->permit_lists.at);
    free(builder);
}

void weft_model_free(struct weft_model *model)
{
    if (model == NULL) {
        return;
    }
    free_builder(model->builder);
    for (size_t i = 0; i < model->threads.count; i++) {
        free(model->threads.at[i].names.at);
        free(model->threads.at[i].spans.at);
        weft_pyramid_done(&model->threads.at[i].pyramid);
        free(model->threads.at[i].zones.at);
        weft_bins_done(&model->threads.at[i].zone_bins);
    }
    for (size_t i = 0; i < model->objects.count; i++) {
        free(model->objects.at[i].holds.at);
        free(model->objects.at[i].waits.at);
        free(model->objects.at[i].levels.at);
        for (int k = 0; k < WEFT_BINS_COUNT && model->objects.at[i].bins != NULL; k++) {
            weft_bins_done(&model->objects.at[i].bins[k]);
        }
        free(model->objects.at[i].bins);
    }
    free(model->threads.at);
    free(model->objects.at);
    free(model->sites.at);
    weft_model_free_points(model);
    free(model->texts.at);
    free(model->stacks.at);
    free(model->callers.at);
    free(model->extras.at);
    free(model->wakes.at);
    free(model->prints.at);
    weft_arena_done(&model->strings);
    free(model);
}

/* Sites ─────────────────────────────────────────────────────────────────────────────────────── */

static bool add_site(struct weft_model *model, uint32_t number, uint32_t *index)
{
    struct weft_model_private *builder = model->builder;

    *index = (uint32_t)model->sites.count;
    return *index < WEFT_NONE - 1 && weft_vec_room(&model->sites, model->sites.count + 1) &&
           weft_numbers_put(&builder->site_of, number, *index) &&
           weft_vec_push(&model->sites,
                         (struct weft_site){.number = number, .function = "", .file = ""});
}

static inline bool site_index(struct weft_model *model, uint32_t number, uint32_t *index)
{
    *index = weft_numbers_find(&model->builder->site_of, number);
    return *index != WEFT_NONE || add_site(model, number, index);
}

/* What is known already stays: a later definition only adds. */
static bool define_site(struct weft_model *model, uint32_t number, struct weft_slice function,
                        struct weft_slice file, uint32_t line)
{
    uint32_t index;

    if (!site_index(model, number, &index)) {
        return false;
    }
    struct weft_site *site = &model->sites.at[index];
    const char *names[2] = {site->function, site->file};
    const struct weft_slice given[2] = {function, file};
    for (int i = 0; i < 2; i++) {
        if (names[i][0] == '\0' && given[i].len > 0) {
            names[i] = weft_arena_copy(&model->strings, given[i].at, given[i].len);
            if (names[i] == NULL) {
                return false;
            }
        }
    }
    site->function = names[0];
    site->file = names[1];
    site->line = site->line == 0 ? line : site->line;
    return true;
}

/* Events ────────────────────────────────────────────────────────────────────────────────────── */

/*
 * An argument that means an object becomes its index; false in *has when it means nothing.  What
 * the event does not have gets the value that means "none" for its type.
 */
static bool resolve_arg(struct weft_model *model, enum weft_arg arg, bool *has, int64_t *value)
{
    uint32_t index;

    switch (weft_args[arg].type) {
    case WEFT_ARG_TYPE_OBJECT:
        if (!*has || *value <= 0 || *value >= UINT32_MAX) {
            *has = false;
            *value = WEFT_NONE;
            return true;
        }
        if (!weft_model_object_index(model, (uint32_t)*value, WEFT_FAMILY_LOCK, &index)) {
            return false;
        }
        *value = index;
        return true;
    case WEFT_ARG_TYPE_QUESTION:
        if (!*has || *value <= WEFT_ASK_NONE || *value >= WEFT_ASK_COUNT) {
            *value = WEFT_ASK_NONE;
        }
        return true;
    case WEFT_ARG_TYPE_NS:
        *value = *has ? *value : -1;
        return true;
    default:
        *value = *has ? *value : 0;
        return true;
    }
}

static inline bool resolve_args(struct weft_model *model, struct weft_now *now)
{
    const enum weft_arg first = (enum weft_arg)now->info->first;
    const enum weft_arg second = (enum weft_arg)now->info->second;

    return (first == WEFT_ARG_NONE || resolve_arg(model, first, &now->has_first, &now->first)) &&
           (second == WEFT_ARG_NONE || resolve_arg(model, second, &now->has_second, &now->second));
}

static bool resolve(struct weft_model *model, const struct weft_item_event *event,
                    struct weft_now *now)
{
    struct weft_model_private *builder = model->builder;

    if (event->t_ns > builder->last_ns) { /* the reader gives time order; hold to it anyhow */
        builder->last_ns = event->t_ns;
    }
    *now = (struct weft_now){.kind = event->kind,
                             .info = &weft_events[event->kind],
                             .outcome = event->outcome,
                             .t_ns = builder->last_ns,
                             .point = (uint32_t)model->points.count,
                             .object = WEFT_NONE,
                             .site = WEFT_NONE,
                             .has_first = event->has_first,
                             .has_second = event->has_second,
                             .first = event->has_first ? event->first : 0,
                             .second = event->has_second ? event->second : 0,
                             .waited = WEFT_NONE};
    if ((unsigned)event->outcome >= WEFT_OUT_COUNT) {
        now->outcome = WEFT_OUT_OK;
    }
    if (!weft_model_thread_index(model, event->thread, &now->thread) ||
        (event->site != 0 && !site_index(model, event->site, &now->site)) ||
        !resolve_args(model, now)) {
        return false;
    }
    if (event->object == 0) {
        return true;
    }
    now->about_thread = weft_event_about_thread(now->kind, (enum weft_question)now->first);
    if (now->about_thread) {
        return weft_model_thread_index(model, event->object, &now->object);
    }
    return weft_model_object_index(model, event->object, (enum weft_family)now->info->family,
                                   &now->object);
}

static bool add_point(struct weft_model *model, const struct weft_item_event *event,
                      struct weft_now *now)
{
    if (event->has_text) {
        now->text = weft_model_keep_text(model, event->text);
        if (now->text == NULL) {
            return false;
        }
    }
    return weft_model_add_point(model, now);
}

static bool add_stack(struct weft_model *model, const struct weft_item_event *event, uint32_t point)
{
    uint32_t sites[WEFT_STACK_SITES_MAX];
    const uint32_t count = weft_item_stack(event, sites);

    for (uint32_t i = 0; i < count; i++) {
        if (!site_index(model, sites[i], &sites[i])) {
            return false;
        }
    }
    return count == 0 || weft_model_add_stack(model, point, sites, count);
}

static int32_t small(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

static inline bool begin_lane(struct weft_model *model, const struct weft_now *now)
{
    return model->builder->threads.at[now->thread].begun || weft_model_begin_lane(model, now);
}

/* An exec leaves one thread, which goes on in another program. */
static void end_others(struct weft_model *model, const struct weft_now *now)
{
    for (size_t i = 0; i < model->threads.count; i++) {
        if (i != now->thread && model->builder->threads.at[i].begun &&
            !model->threads.at[i].ended) {
            weft_model_end_lane(model, (uint32_t)i, now->t_ns);
        }
    }
}

/*
 * All lanes end.  Who waited then waited in vain: the wait never ended, and what was held to the
 * last was never released.
 */
static void end_process(struct weft_model *model, const struct weft_now *now)
{
    for (size_t i = 0; i < model->threads.count; i++) {
        struct weft_thread_info *info = &model->threads.at[i];
        if (!model->builder->threads.at[i].begun || info->ended) {
            continue;
        }
        weft_model_end_lane(model, (uint32_t)i, now->t_ns);
        struct weft_span_kept *last = &info->spans.at[info->spans.count - 1];
        if (last->state != WEFT_STATE_RUNNING && last->state != WEFT_STATE_UNKNOWN) {
            last->flags |= WEFT_SPAN_OPEN;
        }
    }
    model->exit_status = now->has_first ? small(now->first) : -1;
    model->exit_signal = now->has_second ? small(now->second) : 0;
}

/* thread_create and thread_name: somebody says something about another thread, or itself. */
static bool tell_thread(struct weft_model *model, const struct weft_now *now)
{
    struct weft_thread_info *info = &model->threads.at[now->object];
    const bool has_name = now->text != NULL && now->text[0] != '\0';

    if (now->kind == WEFT_EV_THREAD_NAME) {
        return !has_name || weft_model_rename(model, now->object, now->t_ns, now->text);
    }
    if (info->parent != WEFT_NONE || now->object == now->thread) {
        model->oddities++; /* made twice, or by itself */
        return true;
    }
    info->parent = now->thread;
    info->daemon = now->has_first && now->first != 0;
    return !has_name || weft_model_define_thread(model, info->number, weft_slice_of(now->text));
}

/* What is said about the thread itself, beside its waits. */
static bool step_self(struct weft_model *model, const struct weft_now *now)
{
    struct weft_thread_info *info = &model->threads.at[now->thread];

    switch (now->kind) {
    case WEFT_EV_THREAD_START:
        model->oddities += info->started;
        info->started = true;
        info->tid = now->has_first ? now->first : 0;
        return true;
    case WEFT_EV_BEFORE:
        info->started = true;
        info->tid = now->has_second ? now->second : 0;
        return true;
    case WEFT_EV_THREAD_EXIT:
        if (!info->ended) {
            model->builder->threads.at[now->thread].exit_point = now->point;
            weft_model_end_lane(model, now->thread, now->t_ns);
        }
        return true;
    case WEFT_EV_PROCESS_EXEC:
        end_others(model, now);
        return true;
    case WEFT_EV_PRINT:
        return weft_vec_push(&model->prints,
                             (struct weft_print_line){.t_ns = now->t_ns,
                                                      .thread = now->thread,
                                                      .point = now->point,
                                                      .text = now->text != NULL ? now->text : ""});
    case WEFT_EV_THREAD_CREATE:
    case WEFT_EV_THREAD_NAME:
        return now->object == WEFT_NONE || tell_thread(model, now);
    default:
        return true;
    }
}

/* An event that cannot be about this object, or needs one and has none. */
static bool contradicts(const struct weft_model *model, const struct weft_now *now)
{
    const enum weft_family family = (enum weft_family)now->info->family;

    if (family == WEFT_FAMILY_NONE || family == WEFT_FAMILY_ANY) {
        return false;
    }
    if (now->object == WEFT_NONE) {
        return true;
    }
    return !now->about_thread && model->objects.at[now->object].family != family;
}

static bool step(struct weft_model *model, struct weft_now *now)
{
    const bool about_object = now->object != WEFT_NONE && !now->about_thread;
    uint32_t wake = WEFT_NONE;
    bool gave = true;

    if (now->info->second == WEFT_ARG_WITH && now->has_second &&
        model->objects.at[now->second].family != WEFT_FAMILY_LOCK) {
        model->oddities++; /* no lock that could be given up */
        now->has_second = false;
    }
    if (about_object && !weft_model_touch(model, now)) {
        return false;
    }
    if (model->threads.at[now->thread].ended) {
        model->oddities++; /* its lane is closed, but what it does to objects counts */
    } else if (!begin_lane(model, now) || !weft_model_step_lane(model, now)) {
        return false;
    }
    if (!step_self(model, now) || !weft_model_find_wake(model, now, &wake) ||
        (about_object && !weft_model_step_object(model, now, &gave)) ||
        (about_object && gave && !weft_model_offer(model, now))) {
        return false;
    }
    return now->waited == WEFT_NONE || weft_model_end_wait(model, now, wake);
}

static bool apply_event(struct weft_model *model, const struct weft_item_event *event)
{
    struct weft_now now;

    if (!resolve(model, event, &now) || !add_point(model, event, &now) ||
        (event->stack.len > 0 && !add_stack(model, event, now.point))) {
        return false;
    }
    model->end_ns = now.t_ns > model->end_ns ? now.t_ns : model->end_ns;
    if (now.kind == WEFT_EV_PROCESS_END) {
        end_process(model, &now);
        return true;
    }
    if (contradicts(model, &now)) {
        model->oddities++;
        return begin_lane(model, &now);
    }
    if (now.kind == WEFT_EV_CHOICE) {
        return true; /* it befell the thread: what that did last is something else */
    }
    const bool done = step(model, &now);
    struct weft_thread_build *build = &model->builder->threads.at[now.thread];
    build->last_kind = (uint8_t)now.kind;
    build->last_object = now.object;
    return done;
}

/* Fetching ──────────────────────────────────────────────────────────────────────────────────── */

/* Of so few, all that is built in is in the caches anyhow. */
enum { OBJECTS_CACHED = 256, CACHE_LINE_BYTES = 64 };

static void fetch(const void *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += CACHE_LINE_BYTES) {
        __builtin_prefetch((const char *)at + i, 1);
    }
}

/* Of an object that is known by now; WEFT_NONE: there is none, or it is new. */
static uint32_t expected_object(const struct weft_model *model, const struct weft_item *item)
{
    return item->kind != WEFT_ITEM_EVENT || item->event.object == 0
               ? WEFT_NONE
               : weft_numbers_find(&model->builder->object_of, item->event.object);
}

/* Three rounds, since each says where the next one has to look. */
void weft_model_expect(const struct weft_model *model, const struct weft_item *items, size_t count)
{
    const struct weft_numbers *numbers = &model->builder->object_of;

    if (model->objects.count <= OBJECTS_CACHED) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i].kind == WEFT_ITEM_EVENT && items[i].event.object < numbers->room) {
            __builtin_prefetch(&numbers->at[items[i].event.object]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t index = expected_object(model, &items[i]);
        if (index < model->objects.count) {
            fetch(&model->objects.at[index], sizeof *model->objects.at);
            fetch(&model->builder->objects.at[index], sizeof *model->builder->objects.at);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t index = expected_object(model, &items[i]);
        if (index < model->objects.count) {
            const struct weft_object *object = &model->objects.at[index];
            fetch(object->holds.at + object->holds.count, sizeof *object->holds.at);
        }
    }
}

/* One item after the other ──────────────────────────────────────────────────────────────────── */

enum weft_status weft_model_apply(struct weft_model *model, const struct weft_item *item)
{
    bool done = true;

    switch (item->kind) {
    case WEFT_ITEM_THREAD:
        done = weft_model_define_thread(model, item->thread.id, item->thread.name);
        break;
    case WEFT_ITEM_OBJECT:
        if ((unsigned)item->object.kind >= WEFT_OBJ_COUNT) {
            model->oddities++;
            break;
        }
        done = weft_model_define_object(model, item->object.id, item->object.kind,
                                        item->object.name, item->object.capacity);
        break;
    case WEFT_ITEM_SITE:
        done = define_site(model, item->site.id, item->site.function, item->site.file,
                           item->site.line);
        break;
    case WEFT_ITEM_EVENT:
        if (item->event.kind <= WEFT_EV_NONE || item->event.kind >= WEFT_EV_COUNT) {
            break;
        }
        if (model->points.count >= POINTS_MAX) {
            return WEFT_ERR_LIMIT;
        }
        done = apply_event(model, &item->event);
        break;
    }
    return done ? WEFT_OK : WEFT_ERR_MEMORY;
}

void weft_model_settle(struct weft_model *model)
{
    struct weft_model_private *builder = model->builder;

    for (size_t i = 0; i < model->threads.count; i++) {
        struct weft_thread_info *info = &model->threads.at[i];
        const struct weft_thread_build *build = &builder->threads.at[i];
        if (build->begun && !info->ended) {
            info->end_ns = model->end_ns;
        }
        for (size_t k = 0; k < build->open_zones.count; k++) {
            info->zones.at[build->open_zones.at[k]].end_ns = model->end_ns;
        }
    }
}

void weft_model_finish(struct weft_model *model)
{
    if (model->builder->finished) {
        return;
    }
    model->builder->finished = true;
    for (size_t i = 0; i < model->objects.count; i++) {
        model->oddities += model->builder->objects.at[i].overtaken != WEFT_NONE;
    }
}
