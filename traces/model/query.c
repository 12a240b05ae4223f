/* Questions to a model. */
#include "traces/model/build.h"

#include <assert.h>

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
    const enum weft_event_kind kind = (enum weft_event_kind)weft_model_point(model, point).kind;

    return weft_event_about_thread(kind, (enum weft_question)weft_model_args(model, point).first);
}

uint64_t weft_span_end_ns(const struct weft_model *model, uint32_t thread, uint32_t span)
{
    assert(thread < model->threads.count && span < model->threads.at[thread].spans.count);
    const struct weft_thread_info *info = &model->threads.at[thread];

    if (span + 1 < info->spans.count) {
        return weft_thread_span_ns(model, info, span + 1);
    }
    return info->ended ? info->end_ns : model->end_ns;
}

/* The last span that starts at or before t_ns; the first when all start later. */
static size_t span_from(const struct weft_model *model, const struct weft_thread_info *info,
                        uint64_t t_ns)
{
    size_t low = 0, high = info->spans.count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (weft_thread_span_ns(model, info, middle) <= t_ns) {
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
    return (uint32_t)span_from(model, info, t_ns);
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
        if (weft_object_hold_ns(model, object, middle) <= t_ns) {
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
        if (weft_object_level_ns(model, object, middle) <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? 0 : weft_object_level(model, object, low - 1).value;
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
    const size_t last = span_from(model, info, t_ns);
    const size_t tally = last / WEFT_TALLY_SPANS;
    uint64_t sum = build->tallies.at[tally].ns[state];
    for (size_t i = tally * WEFT_TALLY_SPANS; i <= last; i++) {
        if (info->spans.at[i].state == state) {
            const uint64_t end_ns = weft_span_end_ns(model, thread, (uint32_t)i);
            sum += (end_ns < t_ns ? end_ns : t_ns) - weft_thread_span_ns(model, info, i);
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
        if (weft_model_point_ns(model, middle) < t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
