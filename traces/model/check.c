#include "traces/model/check.h"

static bool is_index(uint32_t index, size_t count)
{
    return index < count;
}

static bool is_index_or_none(uint32_t index, size_t count)
{
    return index == WEFT_NONE || index < count;
}

static const char *check_extra(const struct weft_model *model, uint32_t thread, uint32_t index)
{
    const struct weft_span span = weft_model_span(model, thread, index);

    if (!is_index_or_none(span.more, model->extras.count)) {
        return "a span has an extra that does not exist";
    }
    const struct weft_span_extra extra = weft_span_extra_of(model, &span);
    if (!is_index_or_none(extra.mutex, model->objects.count)) {
        return "a wait has a mutex that does not exist";
    }
    if (extra.wake == WEFT_NONE) {
        return NULL;
    }
    if (!is_index(extra.wake, model->wakes.count)) {
        return "a wait has a wake-up that does not exist";
    }
    const struct weft_wake wake = weft_model_wake(model, extra.wake);
    return wake.to_thread == thread && wake.span == index
               ? NULL
               : "a wait's wake-up belongs to another wait";
}

static const char *check_spans(const struct weft_model *model, uint32_t thread)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    uint64_t sum_ns = 0;

    for (size_t i = 0; i < info->spans.count; i++) {
        const struct weft_span span = weft_thread_span(model, info, i);
        const uint64_t end_ns = weft_span_end_ns(model, thread, (uint32_t)i);
        const bool last = i + 1 == info->spans.count;
        if (i == 0 && span.start_ns != info->start_ns) {
            return "a lane does not start with its first span";
        }
        if (end_ns < span.start_ns) {
            return "a span ends before it starts";
        }
        if (span.state >= WEFT_STATE_COUNT || span.outcome >= WEFT_OUT_COUNT ||
            span.question >= WEFT_ASK_COUNT) {
            return "a span has a state, an outcome or a question that does not exist";
        }
        if (span.state == WEFT_STATE_RUNNING && end_ns == span.start_ns && !last) {
            return "a running span in the middle of a lane has no length";
        }
        if ((span.flags & WEFT_SPAN_OPEN) != 0
                ? !last || (info->ended && span.state == WEFT_STATE_RUNNING)
                : last && !info->ended) {
            return "a span is open that ended, or the other way round";
        }
        if (!is_index_or_none(span.object, weft_span_about_thread(&span) ? model->threads.count
                                                                         : model->objects.count) ||
            !is_index_or_none(span.site, model->sites.count)) {
            return "a span has an object or a site that does not exist";
        }
        const char *wrong = check_extra(model, thread, (uint32_t)i);
        if (wrong != NULL) {
            return wrong;
        }
        sum_ns += end_ns - span.start_ns;
    }
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        sum_ns -= weft_model_state_ns(model, thread, (enum weft_state)state, 0, UINT64_MAX);
    }
    return sum_ns == 0 ? NULL : "the times of a thread's states do not add up to its life";
}

static const char *check_thread(const struct weft_model *model, uint32_t thread)
{
    const struct weft_thread_info *info = &model->threads.at[thread];

    if (info->end_ns < info->start_ns || info->end_ns > model->end_ns) {
        return "a lane ends before it starts, or after the trace";
    }
    if (!is_index_or_none(info->parent, model->threads.count)) {
        return "a thread has a parent that does not exist";
    }
    if (info->names.count == 0 || info->name == NULL || info->name[0] == '\0' ||
        info->name != info->names.at[info->names.count - 1].name) {
        return "a thread's name is not the last of its names";
    }
    for (size_t i = 1; i < info->names.count; i++) {
        if (info->names.at[i].t_ns < info->names.at[i - 1].t_ns) {
            return "names of a thread are not in time order";
        }
    }
    for (size_t i = 0; i < info->zones.count; i++) {
        const struct weft_zone *zone = &info->zones.at[i];
        if (zone->end_ns < zone->start_ns || zone->name == NULL ||
            (i > 0 && zone->start_ns < info->zones.at[i - 1].start_ns) ||
            zone->depth > (i > 0 ? info->zones.at[i - 1].depth + 1 : 0)) {
            return "zones of a thread do not nest in time order";
        }
    }
    return check_spans(model, thread);
}

static const char *check_holds(const struct weft_model *model, const struct weft_object *object)
{
    for (size_t i = 0; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(model, object, i);
        if (hold.end_ns < hold.start_ns || hold.end_ns > model->end_ns) {
            return "a hold ends before it starts, or after the trace";
        }
        if (!is_index(hold.thread, model->threads.count) ||
            !is_index_or_none(hold.released_by, model->threads.count) ||
            !is_index_or_none(hold.site, model->sites.count) ||
            !is_index_or_none(hold.release_site, model->sites.count)) {
            return "a hold has a thread or a site that does not exist";
        }
        if ((hold.flags & WEFT_SPAN_OPEN) != 0 && hold.released_by != WEFT_NONE) {
            return "a hold is open and released";
        }
        if (i == 0) {
            continue;
        }
        const struct weft_hold before = weft_object_hold(model, object, i - 1);
        if (hold.start_ns < before.start_ns) {
            return "holds are not in time order";
        }
        if (object->family == WEFT_FAMILY_LOCK && before.end_ns > hold.start_ns) {
            return "two threads hold one lock";
        }
    }
    return NULL;
}

static const char *check_object(const struct weft_model *model, uint32_t index)
{
    const struct weft_object *object = &model->objects.at[index];

    if (object->kind >= WEFT_OBJ_COUNT || object->family != weft_objects[object->kind].family) {
        return "an object's family is not that of its kind";
    }
    if (object->name == NULL || object->name[0] == '\0' || object->last_ns < object->first_ns) {
        return "an object has no name, or ends before it starts";
    }
    if (object->contended > object->acquires) {
        return "an object was acquired after a wait more often than at all";
    }
    for (size_t i = 0; i < object->waits.count; i++) {
        const struct weft_wait_ref ref = object->waits.at[i];
        if (!is_index(ref.thread, model->threads.count) ||
            !is_index(ref.span, model->threads.at[ref.thread].spans.count) ||
            weft_model_span(model, ref.thread, ref.span).object != index) {
            return "an object's wait is not a wait for it";
        }
        if (i > 0) {
            const struct weft_wait_ref before = object->waits.at[i - 1];
            if (weft_model_span(model, before.thread, before.span).start_ns >
                weft_model_span(model, ref.thread, ref.span).start_ns) {
                return "waits are not in time order";
            }
        }
    }
    for (size_t i = 0; i < object->levels.count; i++) {
        const struct weft_level level = weft_object_level(model, object, i);
        if (!is_index(level.point, model->points.count) || level.value > object->peak ||
            (i > 0 && level.t_ns < weft_object_level(model, object, i - 1).t_ns)) {
            return "levels are not in time order, or above their peak";
        }
    }
    return check_holds(model, object);
}

static const char *check_points(const struct weft_model *model)
{
    for (size_t i = 0; i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        if (i > 0 && point.t_ns < weft_model_point(model, i - 1).t_ns) {
            return "points are not in time order";
        }
        if (point.kind == WEFT_EV_NONE || point.kind >= WEFT_EV_COUNT ||
            point.outcome >= WEFT_OUT_COUNT || !is_index(point.thread, model->threads.count) ||
            !is_index_or_none(point.site, model->sites.count)) {
            return "a point has a kind, an outcome, a thread or a site that does not exist";
        }
        if (point.has_args) {
            const struct weft_point_args args = weft_model_args(model, (uint32_t)i);
            if (args.point != i || (!args.has_first && !args.has_second && args.text == NULL)) {
                return "a point has arguments that do not exist";
            }
        }
        if (!is_index_or_none(point.object, weft_point_about_thread(model, (uint32_t)i)
                                                ? model->threads.count
                                                : model->objects.count)) {
            return "a point has an object that does not exist";
        }
    }
    return NULL;
}

static const char *check_wakes(const struct weft_model *model)
{
    for (size_t i = 0; i < model->wakes.count; i++) {
        const struct weft_wake wake = weft_model_wake(model, i);
        if (wake.to_ns < wake.from_ns ||
            (i > 0 && wake.to_ns < weft_model_wake(model, i - 1).to_ns)) {
            return "wake-ups are not in time order";
        }
        if (!is_index(wake.from_thread, model->threads.count) ||
            !is_index(wake.to_thread, model->threads.count) || wake.from_thread == wake.to_thread ||
            !is_index(wake.span, model->threads.at[wake.to_thread].spans.count) ||
            !is_index_or_none(wake.object, model->objects.count) ||
            !is_index_or_none(wake.from_site, model->sites.count) ||
            !is_index_or_none(wake.item, model->points.count)) {
            return "a wake-up has a thread, a span, an object, a site or an item that does not "
                   "exist";
        }
        if (weft_span_end_ns(model, wake.to_thread, wake.span) != wake.to_ns ||
            weft_model_span(model, wake.to_thread, wake.span).start_ns > wake.from_ns) {
            return "a wake-up is not within the wait that it ended";
        }
        const struct weft_span span = weft_model_span(model, wake.to_thread, wake.span);
        if (weft_span_extra_of(model, &span).wake != i) {
            return "a wake-up's wait does not know it";
        }
    }
    return NULL;
}

const char *weft_model_check(const struct weft_model *model)
{
    const char *wrong = check_points(model);

    for (size_t i = 0; wrong == NULL && i < model->threads.count; i++) {
        wrong = check_thread(model, (uint32_t)i);
    }
    for (size_t i = 0; wrong == NULL && i < model->objects.count; i++) {
        wrong = check_object(model, (uint32_t)i);
    }
    for (size_t i = 0; wrong == NULL && i < model->prints.count; i++) {
        const struct weft_print_line *print = &model->prints.at[i];
        if (!is_index(print->thread, model->threads.count) ||
            !is_index(print->point, model->points.count) || print->text == NULL ||
            (i > 0 && print->t_ns < model->prints.at[i - 1].t_ns)) {
            wrong = "prints are not in time order";
        }
    }
    return wrong != NULL ? wrong : check_wakes(model);
}
