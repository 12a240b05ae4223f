#include "traces/analysis/sections.h"

#include <stdlib.h>
#include <string.h>

bool weft_sections_init(struct weft_sections *sections, const struct weft_model *model)
{
    *sections = (struct weft_sections){.model = model};
    sections->threads = calloc(model->threads.count + 1, sizeof *sections->threads);
    return sections->threads != NULL;
}

void weft_sections_done(struct weft_sections *sections)
{
    free(sections->threads);
    *sections = (struct weft_sections){0};
}

static struct weft_section *find(struct weft_sections_thread *thread, uint32_t object)
{
    for (uint32_t i = thread->count; i > 0; i--) {
        if (thread->held[i - 1].object == object) {
            return &thread->held[i - 1];
        }
    }
    return NULL;
}

static void take(struct weft_sections *sections, struct weft_sections_thread *thread,
                 struct weft_section section)
{
    struct weft_section *there = find(thread, section.object);

    if (there != NULL) { /* again: a reentrant lock, a second read */
        there->depth++;
        return;
    }
    sections->took = true;
    sections->taken = section;
    if (thread->count < WEFT_HELD_MAX) {
        thread->held[thread->count++] = section;
    }
}

static bool give(struct weft_sections_thread *thread, uint32_t object, bool whole,
                 struct weft_section *given)
{
    struct weft_section *there = find(thread, object);

    if (there == NULL) {
        return false;
    }
    if (!whole && --there->depth > 0) {
        return true;
    }
    if (given != NULL) {
        *given = *there;
    }
    const size_t behind = (size_t)(&thread->held[thread->count] - (there + 1));
    memmove(there, there + 1, behind * sizeof *there);
    thread->count--;
    return true;
}

/* Released by a thread that does not have it: then its owner has it no longer. */
static void give_for_another(struct weft_sections *sections, uint32_t object)
{
    if (sections->model->objects.at[object].family != WEFT_FAMILY_LOCK) {
        return;
    }
    for (size_t i = 0; i < sections->model->threads.count; i++) {
        if (sections->threads[i].count > 0 && give(&sections->threads[i], object, true, NULL)) {
            return;
        }
    }
}

static struct weft_section section_of(const struct weft_point *point, uint32_t object)
{
    return (struct weft_section){.t_ns = point->t_ns,
                                 .object = object,
                                 .site = point->site,
                                 .depth = 1,
                                 .shared = point->kind == WEFT_EV_RWLOCK_READ_ACQUIRE};
}

static void step_lock(struct weft_sections *sections, struct weft_sections_thread *thread)
{
    const struct weft_point *point = &sections->point;
    const struct weft_event_info *info = &weft_events[point->kind];
    const uint32_t at = (uint32_t)(sections->next - 1);

    if (info->phase == WEFT_PHASE_BEGIN) {
        const struct weft_point_args args = weft_model_args(sections->model, at);
        thread->limited = point->has_args && args.has_first && args.first >= 0;
        return;
    }
    if (info->effect == WEFT_EFFECT_TAKE && point->outcome == WEFT_OUT_OK) {
        struct weft_section section = section_of(point, point->object);
        section.limited = thread->limited;
        if (point->has_args) {
            const struct weft_point_args args = weft_model_args(sections->model, at);
            section.limited |= args.has_first && args.first != 0;
        }
        thread->limited = false;
        take(sections, thread, section);
    } else if (info->effect == WEFT_EFFECT_GIVE && point->outcome == WEFT_OUT_OK) {
        if (!give(thread, point->object, false, NULL)) {
            give_for_another(sections, point->object);
        }
    } else if (info->phase == WEFT_PHASE_END) {
        thread->limited = false;
    }
}

static void step_condition(struct weft_sections *sections, struct weft_sections_thread *thread)
{
    const struct weft_point *point = &sections->point;

    if (point->kind == WEFT_EV_COND_WAIT && point->has_args) {
        const struct weft_point_args args =
            weft_model_args(sections->model, (uint32_t)(sections->next - 1));
        thread->gave = args.has_second && args.second >= 0 &&
                       args.second < (int64_t)sections->model->objects.count &&
                       give(thread, (uint32_t)args.second, true, &thread->given);
    } else if (point->kind == WEFT_EV_COND_WAKE && thread->gave) {
        struct weft_section back = thread->given;
        thread->gave = false;
        back.t_ns = point->t_ns;
        back.limited = false;
        take(sections, thread, back);
    }
}

bool weft_sections_step(struct weft_sections *sections)
{
    const struct weft_model *model = sections->model;

    if (sections->next >= model->points.count) {
        return false;
    }
    sections->point = weft_model_point(model, sections->next++);
    sections->took = false;
    struct weft_sections_thread *thread = &sections->threads[sections->point.thread];
    sections->thread = thread;
    const uint8_t family = weft_events[sections->point.kind].family;
    if (family == WEFT_FAMILY_LOCK || family == WEFT_FAMILY_RWLOCK) {
        const uint32_t object = sections->point.object;
        if (object != WEFT_NONE && model->objects.at[object].family == family &&
            model->objects.at[object].kind != WEFT_OBJ_ONCE) {
            step_lock(sections, thread);
        }
    } else if (family == WEFT_FAMILY_CONDITION) {
        step_condition(sections, thread);
    } else if (sections->point.kind == WEFT_EV_LOST ||
               sections->point.kind == WEFT_EV_THREAD_EXIT) {
        thread->count = 0;
        thread->gave = thread->limited = false;
    }
    return true;
}
