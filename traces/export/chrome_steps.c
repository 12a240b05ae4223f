#include "traces/export/chrome_steps.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* Perfetto drops slices that lie deeper than 512 in others; deeper zones become instants. */
enum { ZONES_NESTED_MAX = 256 };

struct build {
    const struct weft_model *model;
    struct weft_chrome_steps steps;
    uint32_t lanes; /* numbers given to holds that overlap others */
    enum weft_status status;
};

static void push(struct build *build, struct weft_chrome_step step)
{
    if (build->status != WEFT_OK) {
        return;
    }
    step.sequence = (uint32_t)build->steps.count;
    if (build->steps.count > UINT32_MAX) {
        build->status = WEFT_ERR_LIMIT;
    } else if (!weft_vec_push(&build->steps, step)) {
        build->status = WEFT_ERR_MEMORY;
    }
}

static void add(struct build *build, uint64_t t_ns, enum weft_chrome_what what, uint32_t owner,
                uint32_t index)
{
    push(build, (struct weft_chrome_step){.t_ns = t_ns,
                                          .owner = owner,
                                          .index = index,
                                          .zone = WEFT_NONE,
                                          .what = (uint8_t)what});
}

/* The begin and the end of something. */
static void add_pair(struct build *build, struct weft_chrome_step step, uint64_t end_ns,
                     enum weft_chrome_what end)
{
    push(build, step);
    step.t_ns = end_ns;
    step.what = (uint8_t)end;
    push(build, step);
}

/* Threads: states inside zones ────────────────────────────────────────────────────────────────
 *
 *   zones    ├──── load ────┤          The spans of a thread tile its life, the zones nest among
 *   states ├─ running ─┤├ sleep ┤      themselves, but a zone begins and ends inside of spans.  So
 *                                      spans are cut where zones begin and end: each part lies in
 *   written ├r┤├─ load ─────┤├s┤       one zone or beside it, and all slices of the thread nest.
 *              ├─ r ──┤├─s ─┤
 */
struct nest {
    uint32_t thread;
    uint32_t next; /* zone to be opened */
    uint32_t depth;
    uint32_t deepest;
    struct open {
        uint32_t zone;
        bool again;
        uint64_t end_ns;          /* never later than the end of the zone around it */
    } open[ZONES_NESTED_MAX];     /* from depth on: zones that were closed, perhaps just now */
    struct weft_chrome_step last; /* begin of the last piece of a span; last_end_ns: its end */
    uint64_t last_end_ns;
};

static const char *zone_name(const struct build *build, const struct nest *nest, uint32_t zone)
{
    return build->model->threads.at[nest->thread].zones.at[zone].name;
}

static void zones_close(struct build *build, struct nest *nest, uint64_t t_ns)
{
    while (nest->depth > 0 && nest->open[nest->depth - 1].end_ns <= t_ns) {
        const struct open *open = &nest->open[--nest->depth];
        push(build, (struct weft_chrome_step){.t_ns = open->end_ns,
                                              .owner = nest->thread,
                                              .index = open->zone,
                                              .zone = WEFT_NONE,
                                              .what = WEFT_CHROME_ZONE_END,
                                              .again = open->again});
    }
}

/*
 * speedscope puts a begin before an end of the same name, args and time, since it cannot know that
 * they are not one slice of no length, and is lost when more ends follow.  So of two such
 * neighbours one is marked.
 */
static bool zone_is_again(const struct build *build, const struct nest *nest, uint64_t t_ns)
{
    for (uint32_t i = nest->depth; i < nest->deepest; i++) {
        if (nest->open[i].end_ns == t_ns && strcmp(zone_name(build, nest, nest->open[i].zone),
                                                   zone_name(build, nest, nest->next)) == 0) {
            return !nest->open[i].again;
        }
    }
    return false;
}

static bool in_zones_of_the_same_name(const struct build *build, const struct nest *nest,
                                      const struct weft_chrome_step *a,
                                      const struct weft_chrome_step *b)
{
    if (a->zone == WEFT_NONE || b->zone == WEFT_NONE) {
        return a->zone == b->zone;
    }
    return strcmp(zone_name(build, nest, a->zone), zone_name(build, nest, b->zone)) == 0;
}

static bool span_is_again(const struct build *build, const struct nest *nest,
                          const struct weft_chrome_step *step)
{
    const struct weft_span a = weft_model_span(build->model, nest->thread, nest->last.index);
    const struct weft_span b = weft_model_span(build->model, nest->thread, step->index);

    /* Of running slices the zone is an argument; waits have none. */
    return nest->last_end_ns == step->t_ns && a.state == b.state && a.object == b.object &&
           (a.state != WEFT_STATE_RUNNING ||
            in_zones_of_the_same_name(build, nest, &nest->last, step)) &&
           !nest->last.again;
}

static void zones_open(struct build *build, struct nest *nest, uint64_t t_ns)
{
    const struct weft_thread_info *thread = &build->model->threads.at[nest->thread];

    for (; nest->next < thread->zones.count && thread->zones.at[nest->next].start_ns <= t_ns;
         nest->next++) {
        const struct weft_zone *zone = &thread->zones.at[nest->next];
        uint64_t end_ns = zone->end_ns < thread->end_ns ? zone->end_ns : thread->end_ns;
        if (nest->depth > 0 && end_ns > nest->open[nest->depth - 1].end_ns) {
            end_ns = nest->open[nest->depth - 1].end_ns;
        }
        if (end_ns <= t_ns || nest->depth == ZONES_NESTED_MAX) {
            add(build, zone->start_ns, WEFT_CHROME_ZONE_INSTANT, nest->thread, nest->next);
            continue;
        }
        const bool again = zone_is_again(build, nest, t_ns);
        push(build, (struct weft_chrome_step){.t_ns = t_ns,
                                              .owner = nest->thread,
                                              .index = nest->next,
                                              .zone = WEFT_NONE,
                                              .what = WEFT_CHROME_ZONE_BEGIN,
                                              .again = again});
        nest->open[nest->depth++] = (struct open){nest->next, again, end_ns};
        nest->deepest = nest->depth > nest->deepest ? nest->depth : nest->deepest;
    }
}

/* Up to where the span that goes on is one piece. */
static uint64_t next_cut(const struct build *build, const struct nest *nest, uint64_t end_ns)
{
    const struct weft_thread_info *thread = &build->model->threads.at[nest->thread];

    if (nest->depth > 0 && nest->open[nest->depth - 1].end_ns < end_ns) {
        end_ns = nest->open[nest->depth - 1].end_ns;
    }
    if (nest->next < thread->zones.count && thread->zones.at[nest->next].start_ns < end_ns) {
        end_ns = thread->zones.at[nest->next].start_ns;
    }
    return end_ns;
}

static void add_span(struct build *build, struct nest *nest, uint32_t index, uint64_t end_ns)
{
    uint64_t t_ns = weft_model_span(build->model, nest->thread, index).start_ns;

    while (t_ns < end_ns) {
        zones_close(build, nest, t_ns);
        zones_open(build, nest, t_ns);
        struct weft_chrome_step step = {
            .t_ns = t_ns,
            .owner = nest->thread,
            .index = index,
            .zone = nest->depth > 0 ? nest->open[nest->depth - 1].zone : WEFT_NONE,
            .what = WEFT_CHROME_SPAN_BEGIN,
        };
        step.again = span_is_again(build, nest, &step);
        t_ns = next_cut(build, nest, end_ns);
        add_pair(build, step, t_ns, WEFT_CHROME_SPAN_END);
        nest->last = step;
        nest->last_end_ns = t_ns;
    }
}

static void add_thread(struct build *build, uint32_t index)
{
    const struct weft_thread_info *thread = &build->model->threads.at[index];
    struct nest nest = {.thread = index, .last_end_ns = UINT64_MAX};

    for (uint32_t i = 0; i < thread->spans.count; i++) {
        const uint64_t end_ns = weft_span_end_ns(build->model, index, i);
        if (weft_thread_span(build->model, thread, i).start_ns < end_ns) {
            add_span(build, &nest, i, end_ns);
        } else if (weft_thread_span(build->model, thread, i).state != WEFT_STATE_RUNNING) {
            add(build, end_ns, WEFT_CHROME_SPAN_INSTANT, index, i);
        }
    }
    zones_close(build, &nest, thread->end_ns);
    zones_open(build, &nest, UINT64_MAX);
}

/* Arrows ────────────────────────────────────────────────────────────────────────────────────── */

static bool has_slice_at(const struct weft_thread_info *thread, uint64_t t_ns)
{
    return thread->spans.count > 0 && thread->start_ns < thread->end_ns &&
           thread->start_ns <= t_ns && t_ns <= thread->end_ns;
}

static void add_wakes(struct build *build)
{
    for (uint32_t i = 0; i < build->model->wakes.count; i++) {
        const struct weft_wake wake = weft_model_wake(build->model, i);
        const struct weft_thread_info *from = &build->model->threads.at[wake.from_thread];
        const struct weft_thread_info *to = &build->model->threads.at[wake.to_thread];

        /* Readers drop an arrow with an end outside of any slice, and complain. */
        if (!has_slice_at(from, wake.from_ns) || !has_slice_at(to, wake.to_ns) ||
            wake.from_ns > wake.to_ns) {
            continue;
        }
        add(build, wake.from_ns, WEFT_CHROME_WAKES, wake.from_thread, i);
        add(build, wake.to_ns,
            wake.to_ns == to->end_ns ? WEFT_CHROME_WOKEN_AT_END : WEFT_CHROME_WOKEN, wake.to_thread,
            i);
    }
}

/* Points ────────────────────────────────────────────────────────────────────────────────────── */

/* Did this END end a span, so that the export already has it as the end of a slice? */
static bool ended_a_span(const struct weft_model *model, const struct weft_point *point)
{
    const struct weft_thread_info *thread = &model->threads.at[point->thread];
    const uint32_t at = weft_model_span_at(model, point->thread, point->t_ns);
    uint32_t i = at != WEFT_NONE ? at : (uint32_t)thread->spans.count;

    /* Of the spans that end at t_ns only the last may be of some length. */
    while (i-- > 0) {
        if (weft_span_end_ns(model, point->thread, i) != point->t_ns) {
            return false;
        }
        if (weft_thread_span(model, thread, i).state == weft_events[point->kind].state) {
            return true;
        }
        if (weft_thread_span(model, thread, i).start_ns != point->t_ns) {
            return false;
        }
    }
    return false;
}

/*
 * Slices show begins and ends, counters show counters.  All else is an instant, and so are ends
 * that took or gave something: which item left the queue is nowhere else in the picture.
 */
static bool is_instant(const struct weft_model *model, const struct weft_point *point)
{
    const struct weft_event_info *info = &weft_events[point->kind];

    switch ((enum weft_phase)info->phase) {
    case WEFT_PHASE_POINT:
        return point->kind != WEFT_EV_COUNTER;
    case WEFT_PHASE_END:
        return (info->effect != WEFT_EFFECT_NONE && point->outcome == WEFT_OUT_OK) ||
               !ended_a_span(model, point);
    default:
        return false;
    }
}

static void add_points(struct build *build)
{
    for (uint32_t i = 0; i < build->model->points.count; i++) {
        const struct weft_point point = weft_model_point(build->model, i);
        if (is_instant(build->model, &point)) {
            add(build, point.t_ns, WEFT_CHROME_POINT, point.thread, i);
        }
    }
}

/* Objects ───────────────────────────────────────────────────────────────────────────────────── */

/*
 * Holds lie inside the life of their object, on its lane.  One that overlaps the one before it (a
 * semaphore has many permits) cannot nest there, and gets a lane of its own.
 */
static void add_holds(struct build *build, uint32_t index)
{
    const struct weft_object *object = &build->model->objects.at[index];
    uint64_t begin_ns = object->first_ns, end_ns = object->last_ns, free_from_ns = 0;

    for (size_t i = 0; i < object->holds.count; i++) {
        begin_ns = weft_object_hold(build->model, object, i).start_ns < begin_ns
                       ? weft_object_hold(build->model, object, i).start_ns
                       : begin_ns;
        end_ns = weft_object_hold(build->model, object, i).end_ns > end_ns
                     ? weft_object_hold(build->model, object, i).end_ns
                     : end_ns;
    }
    if (object->holds.count == 0) {
        return;
    }
    add(build, begin_ns, WEFT_CHROME_LIFE_BEGIN, index, 0);
    for (uint32_t i = 0; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(build->model, object, i);
        uint32_t lane = 0;
        if (hold.start_ns < free_from_ns) {
            lane = ++build->lanes;
        } else {
            free_from_ns = hold.end_ns;
        }
        add_pair(build,
                 (struct weft_chrome_step){.t_ns = hold.start_ns,
                                           .owner = index,
                                           .index = i,
                                           .lane = lane,
                                           .zone = WEFT_NONE,
                                           .what = WEFT_CHROME_HOLD_BEGIN},
                 hold.end_ns, WEFT_CHROME_HOLD_END);
    }
    add(build, end_ns, WEFT_CHROME_LIFE_END, index, 0);
}

static void add_object(struct build *build, uint32_t index)
{
    const struct weft_object *object = &build->model->objects.at[index];

    add_holds(build, index);
    for (uint32_t i = 0; i < object->levels.count; i++) {
        add(build, weft_object_level(build->model, object, i).t_ns, WEFT_CHROME_LEVEL, index, i);
    }
    for (size_t i = 0; i < object->waits.count; i++) {
        const struct weft_wait_ref *wait = &object->waits.at[i];
        const uint64_t start_ns = weft_model_span(build->model, wait->thread, wait->span).start_ns;
        const uint64_t end_ns = weft_span_end_ns(build->model, wait->thread, wait->span);
        if (start_ns < end_ns) {
            add(build, start_ns, WEFT_CHROME_WAITING_MORE, index, 0);
            add(build, end_ns, WEFT_CHROME_WAITING_LESS, index, 0);
        }
    }
}

/* Order ─────────────────────────────────────────────────────────────────────────────────────── */

static const uint8_t ranks[] = {
    [WEFT_CHROME_WAKES] = 0,        [WEFT_CHROME_WOKEN_AT_END] = 1, [WEFT_CHROME_SPAN_END] = 2,
    [WEFT_CHROME_ZONE_END] = 2,     [WEFT_CHROME_SPAN_BEGIN] = 3,   [WEFT_CHROME_ZONE_BEGIN] = 3,
    [WEFT_CHROME_WOKEN] = 4,        [WEFT_CHROME_SPAN_INSTANT] = 5, [WEFT_CHROME_ZONE_INSTANT] = 5,
    [WEFT_CHROME_POINT] = 5,        [WEFT_CHROME_LIFE_BEGIN] = 5,   [WEFT_CHROME_LIFE_END] = 5,
    [WEFT_CHROME_HOLD_BEGIN] = 5,   [WEFT_CHROME_HOLD_END] = 5,     [WEFT_CHROME_LEVEL] = 5,
    [WEFT_CHROME_WAITING_LESS] = 5, [WEFT_CHROME_WAITING_MORE] = 6,
};

static int compare(const void *left, const void *right)
{
    const struct weft_chrome_step *a = left, *b = right;

    if (a->t_ns != b->t_ns) {
        return a->t_ns < b->t_ns ? -1 : 1;
    }
    if (ranks[a->what] != ranks[b->what]) {
        return ranks[a->what] < ranks[b->what] ? -1 : 1;
    }
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

enum weft_status weft_chrome_steps_build(const struct weft_model *model,
                                         struct weft_chrome_steps *steps)
{
    struct build build = {.model = model, .status = WEFT_OK};

    for (uint32_t i = 0; i < model->threads.count; i++) {
        add_thread(&build, i);
    }
    add_wakes(&build);
    add_points(&build);
    for (uint32_t i = 0; i < model->objects.count; i++) {
        add_object(&build, i);
    }
    if (build.status != WEFT_OK) {
        free(build.steps.at);
        return build.status;
    }
    if (build.steps.count > 1) {
        qsort(build.steps.at, build.steps.count, sizeof build.steps.at[0], compare);
    }
    *steps = build.steps;
    return WEFT_OK;
}
