#include "traces/analysis/looks.h"

#include "base/vec.h"

#include <stdlib.h>

/* Of so many looks, others may have changed something before one. */
enum { LOOKS_PER_CHANGE = 8 };

/* The loop that a thread is in; looks 0: none. */
struct loop {
    struct weft_looks it;
    uint64_t others;   /* acquires by others when it last looked */
    uint64_t changes;  /* looks before which others had the lock */
    uint64_t sleep_ns; /* when the sleep that it is in began */
    bool changed_last; /* the last look was such a one */
};

struct use {
    uint64_t acquires;
    uint32_t last; /* who had it last */
};

struct collector {
    const struct weft_model *model;
    struct weft_looks_list *list;
    struct loop *loops; /* by thread */
    struct use *uses;   /* by object */
    uint64_t min_looks;
    bool sleeps;
};

static bool end_loop(struct collector *collector, struct loop *loop)
{
    bool good = true;

    if (loop->it.looks >= collector->min_looks && loop->changed_last &&
        (loop->it.sleep_site != WEFT_NONE || loop->it.slept_ns > 0) == collector->sleeps &&
        loop->changes * LOOKS_PER_CHANGE <= loop->it.looks) {
        good = weft_vec_push(&collector->list->all, loop->it);
    }
    loop->it.looks = 0;
    return good;
}

static bool look(struct collector *collector, struct loop *loop, const struct weft_point *point)
{
    struct use *use = &collector->uses[point->object];
    const bool same =
        loop->it.looks > 0 && loop->it.object == point->object && loop->it.site == point->site;

    if (!same) {
        if (!end_loop(collector, loop)) {
            return false;
        }
        *loop = (struct loop){.it = {.from_ns = point->t_ns,
                                     .thread = point->thread,
                                     .object = point->object,
                                     .site = point->site,
                                     .sleep_site = WEFT_NONE,
                                     .changed_by = WEFT_NONE},
                              .others = use->acquires};
    }
    /* `others` is what it counted when it looked itself: any more are by others. */
    loop->changed_last = same && use->acquires != loop->others;
    loop->changes += loop->changed_last;
    if (loop->changed_last) {
        loop->it.changed_by = use->last;
    }
    loop->it.looks++;
    loop->it.to_ns = point->t_ns;
    use->acquires++;
    use->last = point->thread;
    loop->others = use->acquires;
    return true;
}

static bool step(struct collector *collector, const struct weft_point *point)
{
    const struct weft_event_info *info = &weft_events[point->kind];
    struct loop *loop = &collector->loops[point->thread];
    const bool is_lock = info->family == WEFT_FAMILY_LOCK && point->object != WEFT_NONE;

    if (is_lock && info->effect == WEFT_EFFECT_TAKE && point->outcome == WEFT_OUT_OK) {
        return look(collector, loop, point);
    }
    if (loop->it.looks == 0) {
        return true;
    }
    if (is_lock && point->object == loop->it.object) {
        return true; /* a request, the release */
    }
    if (point->kind == WEFT_EV_SLEEP_BEGIN) {
        loop->it.sleep_site = point->site;
        loop->sleep_ns = point->t_ns;
        return true;
    }
    if (point->kind == WEFT_EV_SLEEP_END) {
        loop->it.slept_ns = weft_sum(loop->it.slept_ns, point->t_ns - loop->sleep_ns);
        return true;
    }
    return end_loop(collector, loop);
}

bool weft_looks_collect(const struct weft_model *model, bool sleeps, uint64_t min_looks,
                        struct weft_looks_list *list)
{
    struct collector collector = {.model = model,
                                  .list = list,
                                  .loops = calloc(model->threads.count + 1, sizeof(struct loop)),
                                  .uses = calloc(model->objects.count + 1, sizeof(struct use)),
                                  .min_looks = min_looks < 2 ? 2 : min_looks,
                                  .sleeps = sleeps};
    bool good = collector.loops != NULL && collector.uses != NULL;

    for (size_t i = 0; good && i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        good = step(&collector, &point);
    }
    free(collector.loops);
    free(collector.uses);
    return good;
}
