/* Questions to a model. */
#include "traces/model/build.h"

#include <assert.h>

static const struct weft_span_extra NOTHING = {
    .amount = -1, .answer = 0, .wake = WEFT_NONE, .mutex = WEFT_NONE};

static const struct weft_point_args NO_ARGS = {.point = WEFT_NONE};

bool weft_event_about_thread(enum weft_event_kind kind, enum weft_question question)
{
    switch (kind) {
    case WEFT_EV_QUERY:
    case WEFT_EV_POLL_BEGIN:
    case WEFT_EV_POLL_END:
        return question == WEFT_ASK_IS_ALIVE;
    default:
        return weft_events[kind].family == WEFT_FAMILY_THREAD;
    }
}

bool weft_span_about_thread(const struct weft_span *span)
{
    return span->state == WEFT_STATE_JOIN ||
           (span->state == WEFT_STATE_POLL && span->question == WEFT_ASK_IS_ALIVE);
}

bool weft_point_about_thread(const struct weft_model *model, uint32_t point)
{
    const enum weft_event_kind kind = (enum weft_event_kind)model->points.at[point].kind;

    return weft_event_about_thread(kind, (enum weft_question)weft_model_args(model, point).first);
}

uint64_t weft_span_end_ns(const struct weft_model *model, uint32_t thread, uint32_t span)
{
    assert(thread < model->threads.count && span < model->threads.at[thread].spans.count);
    const struct weft_thread_info *info = &model->threads.at[thread];

    if (span + 1 < info->spans.count) {
        return info->spans.at[span + 1].start_ns;
    }
    return info->ended ? info->end_ns : model->end_ns;
}

/* The last span that starts at or before t_ns; the first when all start later. */
static size_t span_from(const struct weft_thread_info *info, uint64_t t_ns)
{
    size_t low = 0, high = info->spans.count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (info->spans.at[middle].start_ns <= t_ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t weft_model_span_at(const struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    assert(thread < model->threads.count);
    const struct weft_thread_info *info = &model->threads.at[thread];
    const uint64_t end_ns = info->ended ? info->end_ns : model->end_ns;

    if (info->spans.count == 0 || t_ns < info->start_ns || t_ns >= end_ns) {
        return WEFT_NONE;
    }
    return (uint32_t)span_from(info, t_ns);
}

struct weft_span_extra weft_span_extra_of(const struct weft_model *model,
                                          const struct weft_span *span)
{
    return span->extra == WEFT_NONE ? NOTHING : model->extras.at[span->extra];
}

const char *weft_thread_name_at(const struct weft_thread_info *thread, uint64_t t_ns)
{
    size_t low = 0, high = thread->names.count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (thread->names.at[middle].t_ns <= t_ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return thread->names.at[low].name;
}

uint32_t weft_object_hold_at(const struct weft_model *model, const struct weft_object *object,
                             uint64_t t_ns)
{
    size_t low = 0, high = object->holds.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (weft_object_hold(model, object, middle).start_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* Holds of a lock follow each other, permits of a semaphore overlap. */
    while (low > 0) {
        low--;
        if (weft_object_hold(model, object, low).end_ns > t_ns) {
            return (uint32_t)low;
        }
        if (object->family == WEFT_FAMILY_LOCK) {
            break;
        }
    }
    return WEFT_NONE;
}

int64_t weft_object_level_at(const struct weft_model *model, const struct weft_object *object,
                             uint64_t t_ns)
{
    size_t low = 0, high = object->levels.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (weft_object_level(model, object, middle).t_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? 0 : weft_object_level(model, object, low - 1).value;
}

struct weft_point_args weft_model_args(const struct weft_model *model, uint32_t point)
{
    size_t low = 0, high = model->args.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (model->args.at[middle].point < point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < model->args.count && model->args.at[low].point == point ? model->args.at[low]
                                                                         : NO_ARGS;
}

/* Time of a thread in a state before t_ns. */
static uint64_t state_before(const struct weft_model *model, uint32_t thread, enum weft_state state,
                             uint64_t t_ns)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    const struct weft_thread_build *build = &model->builder->threads.at[thread];

    if (info->spans.count == 0 || t_ns <= info->start_ns) {
        return 0;
    }
    const size_t last = span_from(info, t_ns);
    const size_t tally = last / WEFT_TALLY_SPANS;
    uint64_t sum = build->tallies.at[tally].ns[state];
    for (size_t i = tally * WEFT_TALLY_SPANS; i <= last; i++) {
        if (info->spans.at[i].state == state) {
            const uint64_t end_ns = weft_span_end_ns(model, thread, (uint32_t)i);
            sum += (end_ns < t_ns ? end_ns : t_ns) - info->spans.at[i].start_ns;
        }
    }
    return sum;
}

uint64_t weft_model_state_ns(const struct weft_model *model, uint32_t thread, enum weft_state state,
                             uint64_t from_ns, uint64_t to_ns)
{
    assert(thread < model->threads.count);
    if (state >= WEFT_STATE_COUNT || to_ns <= from_ns) {
        return 0;
    }
    return state_before(model, thread, state, to_ns) - state_before(model, thread, state, from_ns);
}

size_t weft_model_point_from(const struct weft_model *model, uint64_t t_ns)
{
    size_t low = 0, high = model->points.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (model->points.at[middle].t_ns < t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
