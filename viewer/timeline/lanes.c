#include "viewer/timeline/lanes.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* Heights of a lane of weight 1: above the most nothing is gained; lanes that scroll anyway keep
 * the room for a label in their bars until there are too many to be read one by one. */
static const float MOST_PX = 72, TITLE_PX = 26, MORE_PX = 30;

static float least_px(size_t lanes)
{
    return lanes <= 30 ? 46 : lanes <= 70 ? 34 : 26;
}

const struct weft_lane_section weft_lane_sections[WEFT_LANE_SECTIONS] = {
    {WEFT_FAMILY_LOCK, WEFT_LANE_LOCK, "LOCKS", "lock"},
    {WEFT_FAMILY_RWLOCK, WEFT_LANE_LOCK, "READ-WRITE LOCKS", "read-write lock"},
    {WEFT_FAMILY_QUEUE, WEFT_LANE_LEVEL, "QUEUES", "queue"},
    {WEFT_FAMILY_SEMAPHORE, WEFT_LANE_LEVEL, "SEMAPHORES", "semaphore"},
    {WEFT_FAMILY_CONDITION, WEFT_LANE_WAITS, "CONDITIONS", "condition"},
    {WEFT_FAMILY_EVENT, WEFT_LANE_WAITS, "EVENTS", "event flag"},
    {WEFT_FAMILY_BARRIER, WEFT_LANE_WAITS, "BARRIERS", "barrier"},
    {WEFT_FAMILY_FUTEX, WEFT_LANE_WAITS, "FUTEXES", "futex"},
    {WEFT_FAMILY_COUNTER, WEFT_LANE_LEVEL, "COUNTERS", "counter"},
};

void weft_lanes_done(struct weft_lanes *lanes)
{
    free(lanes->at);
    free(lanes->of_object.at);
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

static bool add(struct weft_lanes *lanes, enum weft_lane_kind kind, uint32_t index,
                const char *title)
{
    return weft_vec_push(lanes, (struct weft_lane){.kind = kind, .index = index, .title = title});
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

/* The lanes of a section that is folded. */
static bool list_folded(struct weft_lanes *lanes, const struct weft_model *model,
                        const struct weft_summary *summary, const struct weft_lane_section *section)
{
    const size_t begin = lanes->count;
    uint32_t quiet = 0;
    bool ok = true;

    for (uint32_t i = 0; ok && i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        if (object->family != section->family || !worth_a_lane(object)) {
            continue;
        }
        if (is_quiet(object)) {
            quiet++;
        } else {
            ok = weft_vec_push(lanes,
                               (struct weft_lane){.kind = section->kind,
                                                  .index = i,
                                                  .waits_ns = summary->objects.at[i].all_waits_ns});
        }
    }
    const size_t loud = lanes->count - begin;
    if (loud > 0) {
        qsort(&lanes->at[begin], loud, sizeof *lanes->at, by_waits);
    }
    return ok && (quiet == 0 || weft_vec_push(lanes, (struct weft_lane){.kind = WEFT_LANE_MORE,
                                                                        .index = quiet,
                                                                        .title = section->noun,
                                                                        .first = loud == 0}));
}

static bool list_section(struct weft_lanes *lanes, const struct weft_model *model,
                         const struct weft_summary *summary,
                         const struct weft_lane_section *section)
{
    if (lanes->objects[section->family] == 0) {
        return true;
    }
    bool ok = add(lanes, WEFT_LANE_TITLE, 0, section->title);
    if (lanes->folded) {
        return ok && list_folded(lanes, model, summary, section);
    }
    for (uint32_t i = 0; ok && i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        if (object->family == section->family && worth_a_lane(object)) {
            ok = add(lanes, section->kind, i, NULL);
        }
    }
    return ok;
}

static bool note_objects(struct weft_lanes *lanes, const struct weft_model *model)
{
    lanes->of_object.count = 0;
    if (!weft_vec_room(&lanes->of_object, model->objects.count)) {
        return false;
    }
    lanes->of_object.count = model->objects.count;
    for (size_t i = 0; i < lanes->of_object.count; i++) {
        lanes->of_object.at[i] = WEFT_NONE;
    }
    for (uint32_t i = 0; i < lanes->count; i++) {
        if (weft_lane_of_object(&lanes->at[i])) {
            lanes->of_object.at[lanes->at[i].index] = i;
        }
    }
    return true;
}

static bool list_lanes(struct weft_lanes *lanes, const struct weft_model *model,
                       const struct weft_summary *summary)
{
    lanes->count = 0;
    bool ok = model->threads.count == 0 || add(lanes, WEFT_LANE_TITLE, 0, "THREADS");
    for (uint32_t i = 0; ok && i < model->threads.count; i++) {
        ok = add(lanes, WEFT_LANE_THREAD, i, NULL);
    }
    lanes->folded = count_objects(lanes, model) > WEFT_LANES_UNFOLDED;
    for (size_t s = 0; ok && s < WEFT_LANE_SECTIONS; s++) {
        ok = list_section(lanes, model, summary, &weft_lane_sections[s]);
    }
    return ok && note_objects(lanes, model);
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
        return 1 + 0.3f * (float)(zones < 2 ? zones : 2);
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
                       const struct weft_summary *summary, float available_px)
{
    float weights = 0, titles = 0, y = 0;

    if (!list_lanes(lanes, model, summary)) {
        lanes->count = lanes->of_object.count = 0;
        return false;
    }
    for (size_t i = 0; i < lanes->count; i++) {
        weights += weight_of(&lanes->at[i], model, summary);
        titles += fixed_px(&lanes->at[i]);
    }
    float unit = weights > 0 ? (available_px - titles - 6) / weights : 0;
    const float least = least_px(lanes->count);
    unit = unit < least ? least : unit > MOST_PX ? MOST_PX : unit;
    for (size_t i = 0; i < lanes->count; i++) {
        struct weft_lane *lane = &lanes->at[i];
        lane->y = y;
        lane->h = fixed_px(lane) > 0 ? fixed_px(lane)
                                     : (float)(int)(unit * weight_of(lane, model, summary));
        y += lane->h;
    }
    lanes->total_px = y;
    return true;
}

const struct weft_lane *weft_lanes_of_thread(const struct weft_lanes *lanes, uint32_t thread)
{
    /* Threads come first, in order, behind one title. */
    const size_t at = (size_t)thread + 1;

    return at < lanes->count && lanes->at[at].kind == WEFT_LANE_THREAD ? &lanes->at[at] : NULL;
}

const struct weft_lane *weft_lanes_of_object(const struct weft_lanes *lanes, uint32_t object)
{
    const uint32_t at = object < lanes->of_object.count ? lanes->of_object.at[object] : WEFT_NONE;

    return at != WEFT_NONE ? &lanes->at[at] : NULL;
}
