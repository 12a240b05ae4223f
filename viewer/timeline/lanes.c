#include "viewer/timeline/lanes.h"

#include "base/tongue.h"
#include "base/vec.h"
#include "viewer/search.h"

#include <stdlib.h>
#include <string.h>

/* Heights of a lane of weight 1: above the most nothing is gained; lanes that scroll anyway keep
 * the room for a label in their bars until there are too many to be read one by one. */
static const float MOST_PX = 72, TITLE_PX = 26, MORE_PX = 30;

static float least_px(size_t lanes, bool cramped)
{
    return lanes <= 30 && !cramped ? 46 : lanes <= 70 ? 34 : 26;
}

const struct weft_lane_section weft_lane_sections[WEFT_LANE_SECTIONS] = {
    {WEFT_FAMILY_LOCK, WEFT_LANE_LOCK, N_("LOCKS"), N_("lock")},
    {WEFT_FAMILY_RWLOCK, WEFT_LANE_LOCK, N_("READ-WRITE LOCKS"), N_("read-write lock")},
    {WEFT_FAMILY_QUEUE, WEFT_LANE_LEVEL, N_("QUEUES"), N_("queue")},
    {WEFT_FAMILY_SEMAPHORE, WEFT_LANE_LEVEL, N_("SEMAPHORES"), N_("semaphore")},
    {WEFT_FAMILY_CONDITION, WEFT_LANE_WAITS, N_("CONDITIONS"), N_("condition")},
    {WEFT_FAMILY_EVENT, WEFT_LANE_WAITS, N_("EVENTS"), N_("event flag")},
    {WEFT_FAMILY_BARRIER, WEFT_LANE_WAITS, N_("BARRIERS"), N_("barrier")},
    {WEFT_FAMILY_FUTEX, WEFT_LANE_WAITS, N_("FUTEXES"), N_("futex")},
    {WEFT_FAMILY_COUNTER, WEFT_LANE_LEVEL, N_("COUNTERS"), N_("counter")},
};

void weft_lanes_done(struct weft_lanes *lanes)
{
    free(lanes->at);
    free(lanes->of_object.at);
    free(lanes->of_thread.at);
    *lanes = (struct weft_lanes){0};
}

/* Objects that were only made are in no lane. */
static bool worth_a_lane(const struct weft_object *object)
{
    return object->holds.count > 0 || object->waits.count > 0 || object->levels.count > 0 ||
           object->failed > 0 || object->timeouts > 0 ||
           (object->last_ns > object->first_ns &&
            (object->family == WEFT_FAMILY_EVENT || object->family == WEFT_FAMILY_CONDITION ||
             object->family == WEFT_FAMILY_BARRIER || object->family == WEFT_FAMILY_FUTEX));
}

/* Nobody ever waited for it or tried in vain; counters are never waited for and always told. */
static bool is_quiet(const struct weft_object *object)
{
    return object->family != WEFT_FAMILY_COUNTER && object->waits.count == 0 &&
           object->contended == 0 && object->failed == 0 && object->timeouts == 0;
}

uint8_t weft_lane_section_of(enum weft_family family)
{
    for (uint8_t i = 0; i < WEFT_LANE_SECTIONS; i++) {
        if (weft_lane_sections[i].family == family) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}

/* What is listed, and from what. */
struct listing {
    struct weft_lanes *lanes;
    const struct weft_model *model;
    const struct weft_summary *summary;
    const struct weft_arrangement *arrangement;
};

static bool add(const struct listing *from, enum weft_lane_kind kind, uint32_t index,
                uint8_t section)
{
    return weft_vec_push(from->lanes,
                         (struct weft_lane){.kind = kind, .index = index, .section = section});
}

/* A section's title; when it is folded, index says how many lanes are in it. */
static bool add_title(const struct listing *from, const char *title, uint8_t section, bool folded,
                      uint32_t count)
{
    return weft_vec_push(from->lanes, (struct weft_lane){.kind = WEFT_LANE_TITLE,
                                                         .index = count,
                                                         .title = title,
                                                         .section = section,
                                                         .folded = folded});
}

static bool add_more(const struct listing *from, uint32_t count, const char *noun, uint8_t section,
                     bool first)
{
    return count == 0 || weft_vec_push(from->lanes, (struct weft_lane){.kind = WEFT_LANE_MORE,
                                                                       .index = count,
                                                                       .title = noun,
                                                                       .section = section,
                                                                       .first = first});
}

/* A name passes that has the filter's text in it, or whose kind has. */
static bool passes(const struct listing *from, const char *name, const char *kind)
{
    const char *filter = from->arrangement->filter;

    return filter[0] == '\0' || weft_search_has(name, filter) || weft_search_has(kind, filter) ||
           weft_search_has(_(kind), filter);
}

static bool thread_passes(const struct listing *from, uint32_t thread)
{
    const uint32_t states = from->arrangement->only_states;
    const struct weft_thread_summary *sum = &from->summary->threads.at[thread];
    bool was_in_one = states == 0;

    for (int state = 0; state < WEFT_STATE_COUNT && !was_in_one; state++) {
        was_in_one = (states >> state & 1) != 0 && sum->state_ns[state] > 0;
    }
    return was_in_one && passes(from, from->model->threads.at[thread].name, N_("thread"));
}

static bool object_passes(const struct listing *from, uint32_t object)
{
    const struct weft_object *what = &from->model->objects.at[object];

    return passes(from, what->name, weft_objects[what->kind].words) &&
           (from->arrangement->only_states == 0 || what->waits.count > 0);
}

/* It lived for a moment, or did next to nothing and was kept from nothing. */
static bool is_idle_or_short(const struct listing *from, uint32_t thread)
{
    const struct weft_thread_summary *sum = &from->summary->threads.at[thread];
    const uint64_t busy_ns = sum->state_ns[WEFT_STATE_RUNNING] + sum->state_ns[WEFT_STATE_POLL] +
                             sum->state_ns[WEFT_STATE_LOCK_WAIT] +
                             sum->state_ns[WEFT_STATE_RWLOCK_WAIT];
    const uint64_t little_ns = from->model->end_ns / 200;

    return sum->life_ns < little_ns || busy_ns < little_ns;
}

static bool is_shown(const struct weft_order *order, uint32_t index)
{
    return (weft_order_flags(order, index) & (WEFT_ARRANGE_HIDDEN | WEFT_ARRANGE_PINNED)) == 0;
}

/* Counts the objects with lanes, per family and in all. */
static uint32_t count_objects(struct weft_lanes *lanes, const struct weft_model *model)
{
    uint32_t all = 0;

    memset(lanes->objects, 0, sizeof lanes->objects);
    for (size_t i = 0; i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        if (object->family < WEFT_FAMILY_ANY && worth_a_lane(object)) {
            lanes->objects[object->family]++;
            all++;
        }
    }
    return all;
}

/* Those that were waited for longest come first. */
static int by_waits(const void *a, const void *b)
{
    const struct weft_lane *first = a, *second = b;

    if (first->waits_ns != second->waits_ns) {
        return first->waits_ns > second->waits_ns ? -1 : 1;
    }
    return first->index < second->index ? -1 : 1;
}

/* The lanes of a section of very many: the loud ones, and how many quiet ones there are. */
static bool list_loud(const struct listing *from, const struct weft_lane_section *section,
                      uint8_t number)
{
    struct weft_lanes *lanes = from->lanes;
    const size_t begin = lanes->count;
    uint32_t quiet = 0;
    bool ok = true;

    for (uint32_t i = 0; ok && i < from->model->objects.count; i++) {
        const struct weft_object *object = &from->model->objects.at[i];
        if (object->family != section->family || !worth_a_lane(object) ||
            !is_shown(&from->arrangement->objects, i) || !object_passes(from, i)) {
            continue;
        }
        if (is_quiet(object) &&
            (weft_order_flags(&from->arrangement->objects, i) & WEFT_ARRANGE_SHOWN) == 0) {
            quiet++;
        } else {
            ok = weft_vec_push(
                lanes, (struct weft_lane){.kind = section->kind,
                                          .index = i,
                                          .section = number,
                                          .waits_ns = from->summary->objects.at[i].all_waits_ns});
        }
    }
    const size_t loud = lanes->count - begin;
    if (loud > 0) {
        qsort(&lanes->at[begin], loud, sizeof *lanes->at, by_waits);
    }
    return ok && add_more(from, quiet, section->noun, number, loud == 0);
}

static bool list_section(const struct listing *from, const struct weft_lane_section *section)
{
    const uint8_t number = weft_lane_section_of(section->family);
    const bool folded = (from->arrangement->collapsed >> number & 1) != 0;
    const struct weft_order *order = &from->arrangement->objects;

    if (from->lanes->objects[section->family] == 0) {
        return true;
    }
    const size_t title = from->lanes->count;
    bool ok =
        add_title(from, section->title, number, folded, from->lanes->objects[section->family]);
    if (!ok || folded) {
        return ok;
    }
    if (from->lanes->folded) {
        ok = list_loud(from, section, number);
    } else {
        for (size_t k = 0; ok && k < from->model->objects.count; k++) {
            const uint32_t i = weft_order_at(order, k);
            const struct weft_object *object = &from->model->objects.at[i];
            if (object->family == section->family && worth_a_lane(object) && is_shown(order, i) &&
                object_passes(from, i)) {
                ok = add(from, section->kind, i, number);
            }
        }
    }
    if (ok && from->lanes->count == title + 1) {
        from->lanes->count = title; /* all of them are elsewhere or filtered out */
    }
    return ok;
}

static bool list_threads(const struct listing *from)
{
    const struct weft_order *order = &from->arrangement->threads;
    const uint32_t count = (uint32_t)from->model->threads.count;
    const bool folded = (from->arrangement->collapsed & 1) != 0;
    const bool groups = from->arrangement->grouping == WEFT_GROUPING_ON ||
                        (from->arrangement->grouping == WEFT_GROUPING_AUTO &&
                         count > WEFT_GROUP_FROM && from->arrangement->filter[0] == '\0');
    uint32_t grouped = 0;

    if (count == 0) {
        return true;
    }
    const size_t title = from->lanes->count;
    bool ok = add_title(from, N_("THREADS"), 0, folded, count);
    for (size_t k = 0; ok && !folded && k < count; k++) {
        const uint32_t i = weft_order_at(order, k);
        if (!is_shown(order, i) || !thread_passes(from, i)) {
            continue;
        }
        if (groups && (weft_order_flags(order, i) & WEFT_ARRANGE_SHOWN) == 0 &&
            is_idle_or_short(from, i)) {
            grouped++;
        } else {
            ok = add(from, WEFT_LANE_THREAD, i, 0);
        }
    }
    from->lanes->grouped = grouped;
    return ok && add_more(from, grouped, N_("thread"), 0, from->lanes->count == title + 1);
}

static bool list_pinned(const struct listing *from)
{
    const size_t title = from->lanes->count;
    bool ok = add_title(from, N_("PINNED"), WEFT_LANE_PINNED, false, 0);

    for (uint32_t i = 0; ok && i < from->model->threads.count; i++) {
        if ((weft_order_flags(&from->arrangement->threads, i) & WEFT_ARRANGE_PINNED) != 0) {
            ok = add(from, WEFT_LANE_THREAD, i, WEFT_LANE_PINNED);
        }
    }
    for (uint32_t i = 0; ok && i < from->model->objects.count; i++) {
        const uint8_t section =
            weft_lane_section_of((enum weft_family)from->model->objects.at[i].family);
        if ((weft_order_flags(&from->arrangement->objects, i) & WEFT_ARRANGE_PINNED) != 0 &&
            section > 0) {
            ok = add(from, weft_lane_sections[section - 1].kind, i, WEFT_LANE_PINNED);
        }
    }
    if (ok && from->lanes->count == title + 1) {
        from->lanes->count = title;
    }
    return ok;
}

static bool fill_none(uint32_t **at, size_t *count, size_t *room, size_t wanted)
{
    *count = 0;
    if (wanted > *room && !weft_vec_reserve((void **)at, room, wanted, sizeof **at)) {
        return false;
    }
    *count = wanted;
    for (size_t i = 0; i < wanted; i++) {
        (*at)[i] = WEFT_NONE;
    }
    return true;
}

/* Which lane is whose. */
static bool note_places(struct weft_lanes *lanes, const struct weft_model *model)
{
    if (!fill_none(&lanes->of_object.at, &lanes->of_object.count, &lanes->of_object.room,
                   model->objects.count) ||
        !fill_none(&lanes->of_thread.at, &lanes->of_thread.count, &lanes->of_thread.room,
                   model->threads.count)) {
        return false;
    }
    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct weft_lane *lane = &lanes->at[i];
        if (weft_lane_of_object(lane)) {
            lanes->of_object.at[lane->index] = i;
        } else if (lane->kind == WEFT_LANE_THREAD) {
            lanes->of_thread.at[lane->index] = i;
        }
    }
    return true;
}

static bool list_lanes(const struct listing *from)
{
    from->lanes->count = 0;
    bool ok = list_pinned(from) && list_threads(from);
    from->lanes->folded = count_objects(from->lanes, from->model) > WEFT_LANES_UNFOLDED;
    for (size_t s = 0; ok && s < WEFT_LANE_SECTIONS; s++) {
        ok = list_section(from, &weft_lane_sections[s]);
    }
    return ok && note_places(from->lanes, from->model);
}

/* How tall a lane is, in units of a thread's. */
static float weight_of(const struct weft_lane *lane, const struct weft_model *model,
                       const struct weft_summary *summary)
{
    switch (lane->kind) {
    case WEFT_LANE_TITLE:
    case WEFT_LANE_MORE:
        return 0;
    case WEFT_LANE_LOCK: {
        /* Readers at once need room below one another. */
        const uint32_t readers = summary->objects.at[lane->index].readers;
        return readers < 2 ? 1 : 1 + 0.4f * (float)(readers < 5 ? readers - 1 : 4);
    }
    case WEFT_LANE_THREAD: {
        const uint32_t zones = summary->threads.at[lane->index].zone_depth;
        return 1 + 0.3f * (float)(zones < WEFT_ZONE_ROWS ? zones : WEFT_ZONE_ROWS);
    }
    case WEFT_LANE_WAITS:
        return model->objects.at[lane->index].waits.count > 1 ? 1 : 0.8f;
    default:
        return 1;
    }
}

/* What never grows nor shrinks; 0: the others. */
static float fixed_px(const struct weft_lane *lane)
{
    return lane->kind == WEFT_LANE_TITLE ? TITLE_PX : lane->kind == WEFT_LANE_MORE ? MORE_PX : 0;
}

bool weft_lanes_layout(struct weft_lanes *lanes, const struct weft_model *model,
                       const struct weft_summary *summary,
                       const struct weft_arrangement *arrangement, float available_px)
{
    const struct listing from = {lanes, model, summary, arrangement};
    float weights = 0, titles = 0, y = 0;

    if (!list_lanes(&from)) {
        lanes->count = lanes->of_object.count = lanes->of_thread.count = 0;
        return false;
    }
    for (size_t i = 0; i < lanes->count; i++) {
        weights += weight_of(&lanes->at[i], model, summary);
        titles += fixed_px(&lanes->at[i]);
    }
    float unit = weights > 0 ? (available_px - titles - 6) / weights : 0;
    const float least = least_px(lanes->count, lanes->cramped);
    unit = unit < least ? least : unit > MOST_PX ? MOST_PX : unit;
    for (size_t i = 0; i < lanes->count; i++) {
        struct weft_lane *lane = &lanes->at[i];
        lane->y = y;
        lane->h = fixed_px(lane) > 0 ? fixed_px(lane)
                                     : (float)(int)(unit * weight_of(lane, model, summary));
        y += lane->h;
    }
    lanes->total_px = y;
    lanes->pinned_px = 0;
    for (size_t i = 0; i < lanes->count && lanes->at[i].section == WEFT_LANE_PINNED; i++) {
        lanes->pinned_px += lanes->at[i].h;
    }
    return true;
}

const struct weft_lane *weft_lanes_of_thread(const struct weft_lanes *lanes, uint32_t thread)
{
    const uint32_t at = thread < lanes->of_thread.count ? lanes->of_thread.at[thread] : WEFT_NONE;

    return at != WEFT_NONE ? &lanes->at[at] : NULL;
}

const struct weft_lane *weft_lanes_of_object(const struct weft_lanes *lanes, uint32_t object)
{
    const uint32_t at = object < lanes->of_object.count ? lanes->of_object.at[object] : WEFT_NONE;

    return at != WEFT_NONE ? &lanes->at[at] : NULL;
}
