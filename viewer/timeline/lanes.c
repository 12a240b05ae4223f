#include "viewer/timeline/lanes.h"

#include "base/vec.h"

#include <stdlib.h>

/* Heights of a lane of weight 1: above the most nothing is gained; lanes that scroll anyway keep
 * the room for a label in their bars until there are too many to be read one by one. */
static const float MOST_PX = 72, TITLE_PX = 26;

static float least_px(size_t lanes)
{
    return lanes <= 30 ? 46 : lanes <= 70 ? 34 : 26;
}

static const struct {
    enum weft_family family;
    enum weft_lane_kind kind;
    const char *title;
} sections[] = {
    {WEFT_FAMILY_LOCK, WEFT_LANE_LOCK, "LOCKS"},
    {WEFT_FAMILY_QUEUE, WEFT_LANE_LEVEL, "QUEUES"},
    {WEFT_FAMILY_SEMAPHORE, WEFT_LANE_LEVEL, "SEMAPHORES"},
    {WEFT_FAMILY_CONDITION, WEFT_LANE_WAITS, "CONDITIONS"},
    {WEFT_FAMILY_EVENT, WEFT_LANE_WAITS, "EVENTS"},
    {WEFT_FAMILY_BARRIER, WEFT_LANE_WAITS, "BARRIERS"},
    {WEFT_FAMILY_COUNTER, WEFT_LANE_LEVEL, "COUNTERS"},
};

void weft_lanes_done(struct weft_lanes *lanes)
{
    free(lanes->at);
    *lanes = (struct weft_lanes){0};
}

/* Objects that were only made are in no lane. */
static bool worth_a_lane(const struct weft_object *object)
{
    return object->holds.count > 0 || object->waits.count > 0 || object->levels.count > 0 ||
           object->failed > 0 || object->timeouts > 0 ||
           (object->last_ns > object->first_ns &&
            (object->family == WEFT_FAMILY_EVENT || object->family == WEFT_FAMILY_CONDITION ||
             object->family == WEFT_FAMILY_BARRIER));
}

static bool add(struct weft_lanes *lanes, enum weft_lane_kind kind, uint32_t index,
                const char *title)
{
    return weft_vec_push(lanes, (struct weft_lane){.kind = kind, .index = index, .title = title});
}

static bool list_lanes(struct weft_lanes *lanes, const struct weft_model *model)
{
    lanes->count = 0;
    bool ok = model->threads.count == 0 || add(lanes, WEFT_LANE_TITLE, 0, "THREADS");
    for (uint32_t i = 0; ok && i < model->threads.count; i++) {
        ok = add(lanes, WEFT_LANE_THREAD, i, NULL);
    }
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        bool titled = false;
        for (uint32_t i = 0; ok && i < model->objects.count; i++) {
            const struct weft_object *object = &model->objects.at[i];
            if (object->family != sections[s].family || !worth_a_lane(object)) {
                continue;
            }
            ok = (titled || add(lanes, WEFT_LANE_TITLE, 0, sections[s].title)) &&
                 add(lanes, sections[s].kind, i, NULL);
            titled = true;
        }
    }
    return ok;
}

/* How tall a lane is, in units of a thread's. */
static float weight_of(const struct weft_lane *lane, const struct weft_model *model,
                       const struct weft_summary *summary)
{
    switch (lane->kind) {
    case WEFT_LANE_TITLE:
        return 0;
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

bool weft_lanes_layout(struct weft_lanes *lanes, const struct weft_model *model,
                       const struct weft_summary *summary, float available_px)
{
    float weights = 0, titles = 0, y = 0;

    if (!list_lanes(lanes, model)) {
        lanes->count = 0;
        return false;
    }
    for (size_t i = 0; i < lanes->count; i++) {
        weights += weight_of(&lanes->at[i], model, summary);
        titles += lanes->at[i].kind == WEFT_LANE_TITLE ? TITLE_PX : 0;
    }
    float unit = weights > 0 ? (available_px - titles - 6) / weights : 0;
    const float least = least_px(lanes->count);
    unit = unit < least ? least : unit > MOST_PX ? MOST_PX : unit;
    for (size_t i = 0; i < lanes->count; i++) {
        struct weft_lane *lane = &lanes->at[i];
        lane->y = y;
        lane->h = lane->kind == WEFT_LANE_TITLE
                      ? TITLE_PX
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
    for (size_t i = lanes->count; i > 0; i--) {
        const struct weft_lane *lane = &lanes->at[i - 1];
        if (lane->kind == WEFT_LANE_THREAD) {
            break;
        }
        if (lane->kind != WEFT_LANE_TITLE && lane->index == object) {
            return lane;
        }
    }
    return NULL;
}
