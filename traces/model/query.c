/* Questions to a model. */
#include "traces/model/build.h"

#include <assert.h>
#include <string.h>

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

uint32_t weft_model_span_shown(const struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    assert(thread < model->threads.count);
    const struct weft_thread_info *info = &model->threads.at[thread];

    if (t_ns == model->end_ns && !info->ended && info->spans.count > 0) {
        return (uint32_t)(info->spans.count - 1);
    }
    return weft_model_span_at(model, thread, t_ns);
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

size_t weft_object_holds_begun(const struct weft_model *model, const struct weft_object *object,
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
    return low;
}

uint32_t weft_object_hold_at(const struct weft_model *model, const struct weft_object *object,
                             uint64_t t_ns)
{
    size_t low = weft_object_holds_begun(model, object, t_ns);

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

uint32_t weft_object_hold_shown(const struct weft_model *model, const struct weft_object *object,
                                uint64_t t_ns)
{
    const size_t count = object->holds.count;

    if (t_ns == model->end_ns && count > 0 &&
        (weft_object_hold(model, object, count - 1).flags & WEFT_SPAN_OPEN) != 0) {
        return (uint32_t)(count - 1);
    }
    return weft_object_hold_at(model, object, t_ns);
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

struct item_of {
    const struct weft_model *model;
    const struct weft_object *object;
};

static uint64_t hold_item_ns(const void *ctx, size_t index)
{
    const struct item_of *of = ctx;

    return weft_object_hold_ns(of->model, of->object, index);
}

static uint64_t wait_item_ns(const void *ctx, size_t index)
{
    const struct item_of *of = ctx;
    const struct weft_wait_ref wait = of->object->waits.at[index];

    return weft_thread_span_ns(of->model, &of->model->threads.at[wait.thread], wait.span);
}

static uint64_t level_item_ns(const void *ctx, size_t index)
{
    const struct item_of *of = ctx;

    return weft_object_level_ns(of->model, of->object, index);
}

static void fetch_holds(const void *ctx, size_t first, size_t end)
{
    const struct item_of *of = ctx;

    for (size_t i = first; i < end; i++) {
        weft_model_fetch_point(of->model, of->object->holds.at[i].from & WEFT_KEPT_POINT);
        weft_model_fetch_point(of->model, of->object->holds.at[i].to & WEFT_KEPT_POINT);
    }
}

static void fetch_waits(const void *ctx, size_t first, size_t end)
{
    const struct item_of *of = ctx;
    const struct weft_wait_ref *waits = of->object->waits.at;

    for (size_t i = first; i < end; i++) { /* a wait ends where the next span begins */
        __builtin_prefetch(&of->model->threads.at[waits[i].thread].spans.at[waits[i].span]);
    }
    for (size_t i = first; i < end; i++) {
        const struct weft_thread_info *info = &of->model->threads.at[waits[i].thread];
        const size_t span = waits[i].span;
        weft_model_fetch_spans(of->model, info, span,
                               span + 2 < info->spans.count ? span + 2 : info->spans.count);
    }
}

static void fetch_levels(const void *ctx, size_t first, size_t end)
{
    const struct item_of *of = ctx;

    for (size_t i = first; i < end; i++) {
        weft_model_fetch_point(of->model, of->object->levels.at[i] & WEFT_KEPT_POINT);
    }
}

static uint64_t zone_item_ns(const void *ctx, size_t index)
{
    const struct weft_thread_info *info = ctx;

    return info->zones.at[index].start_ns;
}

void weft_model_bunches(const struct weft_model *model, uint32_t object, enum weft_bins_of what,
                        uint64_t from_ns, uint64_t to_ns, uint64_t finest_ns,
                        weft_bunch_visit *visit, void *ctx)
{
    static const struct weft_bins none;
    static weft_item_ns *const items[] = {hold_item_ns, wait_item_ns, level_item_ns};
    static weft_items_fetch *const fetches[] = {fetch_holds, fetch_waits, fetch_levels};
    const struct weft_object *it = &model->objects.at[object];
    const size_t counts[] = {it->holds.count, it->waits.count, it->levels.count};
    const struct item_of of = {model, it};
    const struct weft_series series = {.bins = it->bins != NULL ? &it->bins[what] : &none,
                                       .item_ns = items[what],
                                       .fetch = fetches[what],
                                       .ctx = &of,
                                       .count = counts[what],
                                       .end_ns = model->end_ns};

    weft_series_bunches(&series, from_ns, to_ns, finest_ns, visit, ctx);
}

void weft_model_zone_bunches(const struct weft_model *model, uint32_t thread, uint64_t from_ns,
                             uint64_t to_ns, uint64_t finest_ns, weft_bunch_visit *visit, void *ctx)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    const struct weft_series series = {.bins = &info->zone_bins,
                                       .item_ns = zone_item_ns,
                                       .ctx = info,
                                       .count = info->zones.count,
                                       .end_ns = info->end_ns};

    weft_series_bunches(&series, from_ns, to_ns, finest_ns, visit, ctx);
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

/* The last zone before `end` that is less deep, looked for through the bins that have any. */
static uint32_t less_deep(const struct weft_thread_info *info, size_t end, uint32_t depth)
{
    const struct weft_bins *bins = &info->zone_bins;

    while (end > 0) {
        if (info->zones.at[end - 1].depth < depth) {
            return (uint32_t)(end - 1);
        }
        end--;
        /* Whole bins that lie before it, as large as they come. */
        for (uint32_t level = bins->level_count; level-- > 0;) {
            const unsigned log = WEFT_BINS_ITEMS_LOG + WEFT_BINS_LOG * level;
            const size_t bin = (end >> log) - 1;
            if (end > 0 && end % ((size_t)1 << log) == 0 && bin < bins->levels[level].count &&
                bins->levels[level].at[bin].low >= (float)depth) {
                end -= (size_t)1 << log;
                level = bins->level_count; /* perhaps there is another one */
            }
        }
    }
    return WEFT_NONE;
}

uint32_t weft_model_zone_around(const struct weft_model *model, uint32_t thread, size_t zone)
{
    assert(thread < model->threads.count && zone < model->threads.at[thread].zones.count);
    const struct weft_thread_info *info = &model->threads.at[thread];

    return less_deep(info, zone, info->zones.at[zone].depth);
}

struct weft_state_times weft_model_state_times(const struct weft_model *model, uint32_t thread)
{
    assert(thread < model->threads.count);
    const struct weft_thread_info *info = &model->threads.at[thread];
    const struct weft_thread_build *build = &model->builder->threads.at[thread];
    struct weft_state_times times;

    memcpy(times.ns, build->tally.ns, sizeof times.ns);
    if (info->spans.count > 0 && !info->ended) { /* the last span is not in the tally yet */
        times.ns[info->spans.at[info->spans.count - 1].state] += model->end_ns - build->span_ns;
    }
    return times;
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
