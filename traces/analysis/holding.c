#include "traces/analysis/holding.h"

#include "base/map.h"
#include "base/vec.h"
#include "traces/analysis/sections.h"

#include <stdlib.h>

enum {
    NAMED_MAX = 32,     /* threads of each sort that are kept */
    LOOKED_BACK = 1024, /* waits that began before and may still last */
    RESTS_MANY = 10,    /* from so many on, the longest is left out */
};

/* A rest that a thread is in. */
struct pending {
    uint64_t from_ns;
    uint32_t site;
    uint32_t point; /* that it began with */
    uint8_t state;
    bool open;
};

struct collector {
    const struct weft_model *model;
    struct weft_holdings *holdings;
    struct weft_map of; /* object → holding */
    struct pending *pending;
    bool sleeps;
};

static bool is_rest(const struct collector *collector, enum weft_state state)
{
    switch (state) {
    case WEFT_STATE_SLEEP:
        return collector->sleeps;
    case WEFT_STATE_IO:
    case WEFT_STATE_JOIN:
    case WEFT_STATE_COND_WAIT:
    case WEFT_STATE_SEM_WAIT:
    case WEFT_STATE_EVENT_WAIT:
    case WEFT_STATE_BARRIER_WAIT:
    case WEFT_STATE_QUEUE_WAIT:
        return !collector->sleeps;
    default:
        return false;
    }
}

static struct weft_holding *holding_of(struct collector *collector, uint32_t object)
{
    const uint32_t *index = weft_map_find(&collector->of, object);

    if (index != NULL) {
        return &collector->holdings->all.at[*index];
    }
    if (!weft_map_put(&collector->of, object, (uint32_t)collector->holdings->all.count) ||
        !weft_vec_push(
            &collector->holdings->all,
            (struct weft_holding){.object = object, .from_ns = UINT64_MAX, .waiter = WEFT_NONE})) {
        return NULL;
    }
    return &collector->holdings->all.at[collector->holdings->all.count - 1];
}

#define NAME_ONCE(list, thread)                                                                    \
    do {                                                                                           \
        size_t k = 0;                                                                              \
        while (k < (list)->count && (list)->at[k] != (thread)) {                                   \
            k++;                                                                                   \
        }                                                                                          \
        if (k == (list)->count && k < NAMED_MAX) {                                                 \
            (void)weft_vec_push((list), (thread));                                                 \
        }                                                                                          \
    } while (0)

/* Parked there until the program ended in good order: it lost nothing by that. */
static bool is_parked(const struct weft_model *model, struct weft_wait_ref ref)
{
    return model->exit_status >= 0 && model->exit_signal == 0 &&
           (weft_model_span(model, ref.thread, ref.span).flags & WEFT_SPAN_OPEN) != 0;
}

/*
 * A gate: who rests took the lock, then made the thread, whose first wait for it this is.  It was
 * to wait until whoever made it is ready.
 */
static bool is_behind_gate(const struct weft_model *model, const struct weft_object *object,
                           const struct weft_holding_rest *rest, size_t wait)
{
    const struct weft_wait_ref ref = object->waits.at[wait];
    const struct weft_thread_info *info = &model->threads.at[ref.thread];
    const uint32_t index = weft_object_hold_at(model, object, rest->from_ns);

    if (rest->state == WEFT_STATE_SLEEP || info->parent != rest->thread || index == WEFT_NONE) {
        return false;
    }
    const struct weft_hold hold = weft_object_hold(model, object, index);
    if (hold.thread != rest->thread || hold.start_ns > info->start_ns) {
        return false;
    }
    for (size_t i = 0; i < wait && i < LOOKED_BACK; i++) {
        if (object->waits.at[i].thread == ref.thread) {
            return false;
        }
    }
    return true;
}

/*
 * Waits for the object that overlap the stretch: how long in all, and whose is the longest.
 *   stretch   of the rest, what no other rest has been counted for
 */
static void add_waits(struct collector *collector, struct weft_holding *holding,
                      const struct weft_holding_rest *rest, struct weft_holding_stretch stretch)
{
    const struct weft_model *model = collector->model;
    const struct weft_object *object = &model->objects.at[holding->object];
    size_t low = 0, high = object->waits.count;
    uint64_t waited_ns = 0, longest_ns = 0;
    struct weft_wait_ref longest = {WEFT_NONE, 0};

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct weft_wait_ref ref = object->waits.at[middle];
        if (weft_model_span(model, ref.thread, ref.span).start_ns < stretch.to_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i > 0 && low - i < LOOKED_BACK; i--) {
        const struct weft_wait_ref ref = object->waits.at[i - 1];
        const uint64_t start_ns = weft_model_span(model, ref.thread, ref.span).start_ns;
        const uint64_t end_ns = weft_span_end_ns(model, ref.thread, ref.span);
        const uint64_t from_ns = start_ns > stretch.from_ns ? start_ns : stretch.from_ns;
        const uint64_t to_ns = end_ns < stretch.to_ns ? end_ns : stretch.to_ns;
        if (from_ns >= to_ns || ref.thread == rest->thread || is_parked(model, ref) ||
            is_behind_gate(model, object, rest, i - 1)) {
            continue;
        }
        waited_ns = weft_sum(waited_ns, to_ns - from_ns);
        NAME_ONCE(&holding->waiters, ref.thread);
        if (to_ns - from_ns > longest_ns) {
            longest_ns = to_ns - from_ns;
            longest = ref;
        }
    }
    if (waited_ns == 0) {
        return;
    }
    holding->waited_ns = weft_sum(holding->waited_ns, waited_ns);
    holding->from_ns = rest->from_ns < holding->from_ns ? rest->from_ns : holding->from_ns;
    holding->to_ns = rest->to_ns > holding->to_ns ? rest->to_ns : holding->to_ns;
    if (waited_ns > holding->longest_waited_ns) {
        holding->longest_waited_ns = waited_ns;
        holding->longest = *rest;
        holding->waiter = longest.thread;
        holding->waiter_span = longest.span;
    }
}

/*
 * The rest without what earlier ones cover: several readers may sleep at once, and who waits loses
 * that time once.  Rests come by their ends, so those that this one meets are the last ones that
 * are kept; they and it become one.
 */
static bool add_uncovered(struct collector *collector, struct weft_holding *holding,
                          const struct weft_holding_rest *rest)
{
    struct weft_holding_stretch whole = {rest->from_ns, rest->to_ns};
    uint64_t to_ns = rest->to_ns;

    if (collector->model->objects.at[holding->object].family != WEFT_FAMILY_RWLOCK) {
        add_waits(collector, holding, rest, whole); /* one owner at a time */
        return true;
    }
    while (holding->covered.count > 0) {
        const struct weft_holding_stretch last = holding->covered.at[holding->covered.count - 1];
        if (last.to_ns < whole.from_ns) {
            break;
        }
        if (last.to_ns < to_ns) {
            add_waits(collector, holding, rest, (struct weft_holding_stretch){last.to_ns, to_ns});
        }
        to_ns = last.from_ns < to_ns ? last.from_ns : to_ns;
        whole.from_ns = last.from_ns < whole.from_ns ? last.from_ns : whole.from_ns;
        holding->covered.count--;
    }
    if (rest->from_ns < to_ns) {
        add_waits(collector, holding, rest, (struct weft_holding_stretch){rest->from_ns, to_ns});
    }
    return weft_vec_push(&holding->covered, whole);
}

static bool add_rest(struct collector *collector, const struct weft_sections_thread *thread,
                     const struct weft_holding_rest *rest)
{
    for (uint32_t i = 0; i < thread->count && rest->from_ns < rest->to_ns; i++) {
        struct weft_holding *holding = holding_of(collector, thread->held[i].object);
        struct weft_holding_rest within = *rest;
        if (holding == NULL) {
            return false;
        }
        if (thread->held[i].t_ns > within.from_ns) {
            within.from_ns = thread->held[i].t_ns;
        }
        if (within.from_ns >= within.to_ns) {
            continue;
        }
        const uint64_t ns = within.to_ns - within.from_ns;
        holding->count++;
        holding->rested_ns = weft_sum(holding->rested_ns, ns);
        NAME_ONCE(&holding->holders, rest->thread);
        if (rest->state == WEFT_STATE_IO && ns > holding->longest_io_ns) {
            holding->longest_io_ns = ns;
            holding->longest_io = within;
        }
        if (!add_uncovered(collector, holding, &within)) {
            return false;
        }
    }
    return true;
}

/* A call that is told only at its end began `duration` before. */
static uint64_t began_ns(const struct weft_sections *sections)
{
    const struct weft_point *point = &sections->point;

    if (!point->has_args) {
        return point->t_ns;
    }
    const struct weft_point_args args =
        weft_model_args(sections->model, (uint32_t)(sections->next - 1));
    return args.has_first && args.first > 0 && (uint64_t)args.first < point->t_ns
               ? point->t_ns - (uint64_t)args.first
               : point->t_ns;
}

static bool step(struct collector *collector, const struct weft_sections *sections)
{
    const struct weft_point *point = &sections->point;
    const struct weft_event_info *info = &weft_events[point->kind];
    struct pending *pending = &collector->pending[point->thread];
    const uint32_t at = (uint32_t)(sections->next - 1);

    if (info->phase == WEFT_PHASE_BEGIN) {
        *pending = (struct pending){point->t_ns, point->site, at, info->state,
                                    is_rest(collector, (enum weft_state)info->state)};
        return true;
    }
    if (info->phase != WEFT_PHASE_END) {
        return true;
    }
    struct weft_holding_rest rest = {.to_ns = point->t_ns, .thread = point->thread, .point = at};
    if (pending->open && pending->state == info->state) {
        rest.from_ns = pending->from_ns;
        rest.site = pending->site;
        rest.point = pending->point;
    } else if (info->state == WEFT_STATE_IO && is_rest(collector, WEFT_STATE_IO)) {
        rest.from_ns = began_ns(sections);
        rest.site = point->site;
    } else {
        rest.from_ns = rest.to_ns;
    }
    rest.state = info->state;
    pending->open = false;
    return add_rest(collector, sections->thread, &rest);
}

/* Rests that the end of the trace found. */
static bool add_open(struct collector *collector, const struct weft_sections *sections)
{
    for (uint32_t i = 0; i < collector->model->threads.count; i++) {
        const struct pending *pending = &collector->pending[i];
        const struct weft_holding_rest rest = {.from_ns = pending->from_ns,
                                               .to_ns = collector->model->end_ns,
                                               .thread = i,
                                               .site = pending->site,
                                               .point = pending->point,
                                               .state = pending->state};
        if (pending->open && !add_rest(collector, &sections->threads[i], &rest)) {
            return false;
        }
    }
    return true;
}

static void add_wanted(const struct weft_model *model, struct weft_holding *holding)
{
    const struct weft_object *object = &model->objects.at[holding->object];

    for (size_t i = 0; i < object->waits.count && holding->waited_ns > 0; i++) {
        const struct weft_wait_ref ref = object->waits.at[i];
        if (!is_parked(model, ref)) {
            holding->wanted_ns = weft_sum(
                holding->wanted_ns, weft_span_end_ns(model, ref.thread, ref.span) -
                                        weft_model_span(model, ref.thread, ref.span).start_ns);
        }
    }
}

bool weft_holdings_collect(const struct weft_model *model, bool sleeps,
                           struct weft_holdings *holdings)
{
    struct collector collector = {.model = model, .holdings = holdings, .sleeps = sleeps};
    struct weft_sections sections;

    collector.pending = calloc(model->threads.count + 1, sizeof *collector.pending);
    bool good = weft_sections_init(&sections, model) && collector.pending != NULL;
    while (good && weft_sections_step(&sections)) {
        good = step(&collector, &sections);
    }
    good = good && add_open(&collector, &sections);
    for (size_t i = 0; good && i < holdings->all.count; i++) {
        add_wanted(model, &holdings->all.at[i]);
    }
    weft_sections_done(&sections);
    free(collector.pending);
    weft_map_done(&collector.of);
    return good;
}

bool weft_holding_matters(const struct weft_holding *holding, uint64_t from_ns, uint64_t percent)
{
    const uint64_t sure_ns = holding->count < RESTS_MANY
                                 ? holding->waited_ns
                                 : holding->waited_ns - holding->longest_waited_ns;

    return sure_ns > 0 && sure_ns >= from_ns &&
           (double)holding->waited_ns * 100 >= (double)holding->wanted_ns * (double)percent;
}

void weft_holdings_done(struct weft_holdings *holdings)
{
    for (size_t i = 0; i < holdings->all.count; i++) {
        free(holdings->all.at[i].holders.at);
        free(holdings->all.at[i].waiters.at);
        free(holdings->all.at[i].covered.at);
    }
    free(holdings->all.at);
    *holdings = (struct weft_holdings){.all = {0}};
}

void weft_holding_tell(struct weft_findings *findings, struct weft_finding *finding,
                       const struct weft_holding *holding, const struct weft_holding_rest *rest,
                       const char *role)
{
    const struct weft_model *model = findings->model;

    weft_finding_object(findings, finding, holding->object);
    weft_finding_thread(findings, finding, rest->thread);
    for (size_t i = 0; i < holding->holders.count; i++) {
        weft_finding_thread(findings, finding, holding->holders.at[i]);
    }
    for (size_t i = 0; i < holding->waiters.count; i++) {
        weft_finding_thread(findings, finding, holding->waiters.at[i]);
    }
    const struct weft_object *object = &model->objects.at[holding->object];
    const uint32_t hold = weft_object_hold_at(model, object, rest->from_ns);
    if (hold != WEFT_NONE && weft_model_hold(model, holding->object, hold).thread == rest->thread) {
        const struct weft_hold held = weft_model_hold(model, holding->object, hold);
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){"took it", held.start_ns, rest->thread,
                                                       holding->object, held.site, WEFT_NONE});
    }
    weft_finding_place(
        findings, finding,
        (struct weft_finding_place){role, rest->from_ns, rest->thread, WEFT_NONE, rest->site,
                                    weft_model_span_at(model, rest->thread, rest->from_ns)});
    if (holding->waiter != WEFT_NONE) {
        weft_finding_span(findings, finding, "waits", holding->waiter, holding->waiter_span);
    }
}
