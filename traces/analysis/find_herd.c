/*
 * herd: broadcasts that wake many threads of which at most one finds what it waits for; the others
 * wait again at once, without having released the lock in between.
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"

#include "base/map.h"
#include "base/vec.h"

#include <stdlib.h>

/* A broadcast: how many it woke, and how many of these waited again at once. */
struct cast {
    uint64_t t_ns;
    uint32_t woken, again;
    uint32_t thread, site;
};

/* A condition. */
struct herd {
    uint32_t object;
    uint32_t waiting;
    uint64_t rounds, woken, again;
    uint64_t from_ns, to_ns;
    struct cast cast; /* the last broadcast; woken 0: none is open */
    uint32_t thread, site;
};

/* What a thread is in: it was woken by the cast and has not shown yet what it does. */
struct woken {
    uint32_t herd;
    uint64_t cast_ns;
    bool is;
    bool released; /* the mutex, since then: weft.h does so before it waits */
};

struct herds {
    struct weft_findings *findings;
    struct weft_map of;
    struct {
        struct herd *at;
        size_t count, room;
    } all;
    struct woken *threads;
};

static void end_cast(struct herds *herds, struct herd *herd)
{
    const struct cast *cast = &herd->cast;

    if (cast->woken >= herds->findings->from[WEFT_FROM_HERD] && cast->woken > 1 &&
        cast->again + 1 >= cast->woken) {
        herd->from_ns = herd->rounds == 0 ? cast->t_ns : herd->from_ns;
        herd->to_ns = cast->t_ns;
        herd->rounds++;
        herd->woken += cast->woken;
        herd->again += cast->again;
        herd->thread = cast->thread;
        herd->site = cast->site;
    }
    herd->cast.woken = 0;
}

static struct herd *herd_of(struct herds *herds, uint32_t object, uint32_t *at)
{
    const uint32_t *index = weft_map_find(&herds->of, object);

    *at = index != NULL ? *index : (uint32_t)herds->all.count;
    if (index == NULL && (!weft_map_put(&herds->of, object, *at) ||
                          !weft_vec_push(&herds->all, (struct herd){.object = object}))) {
        return NULL;
    }
    return &herds->all.at[*at];
}

static bool step_condition(struct herds *herds, const struct weft_point *point)
{
    struct woken *thread = &herds->threads[point->thread];
    uint32_t at;
    struct herd *herd = herd_of(herds, point->object, &at);

    if (herd == NULL) {
        return false;
    }
    switch (point->kind) {
    case WEFT_EV_COND_WAIT:
        herd->waiting++;
        if (thread->is && thread->herd == at && thread->cast_ns == herd->cast.t_ns) {
            herd->cast.again++;
        }
        thread->is = false;
        break;
    case WEFT_EV_COND_WAKE:
        herd->waiting -= herd->waiting > 0;
        *thread = (struct woken){at, herd->cast.t_ns,
                                 herd->cast.woken > 0 && point->outcome == WEFT_OUT_OK, false};
        break;
    case WEFT_EV_COND_SIGNAL:
    case WEFT_EV_COND_BROADCAST:
        end_cast(herds, herd);
        if (point->kind == WEFT_EV_COND_BROADCAST) {
            herd->cast = (struct cast){point->t_ns, herd->waiting, 0, point->thread, point->site};
        }
        break;
    default:
        break;
    }
    return true;
}

static bool step(struct herds *herds, const struct weft_point *point)
{
    const struct weft_event_info *info = &weft_events[point->kind];

    if (info->family == WEFT_FAMILY_CONDITION && point->object != WEFT_NONE) {
        return step_condition(herds, point);
    }
    /* Having the mutex back is no progress, and weft.h releases it before the wait.  Anything else
     * is, also to take a lock behind that release: it has worked without it meanwhile. */
    struct woken *thread = &herds->threads[point->thread];
    if (info->family != WEFT_FAMILY_LOCK ||
        (thread->released && info->effect == WEFT_EFFECT_TAKE)) {
        thread->is = false;
    }
    thread->released |= info->family == WEFT_FAMILY_LOCK && info->effect == WEFT_EFFECT_GIVE;
    return true;
}

static void tell(struct weft_findings *findings, const struct herd *herd)
{
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_HERD, herd->from_ns, herd->to_ns);
    const struct weft_object *object = &findings->model->objects.at[herd->object];

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = herd->to_ns - herd->from_ns;
    weft_finding_object(findings, finding, herd->object);
    weft_finding_thread(findings, finding, herd->thread);
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("broadcasts"), herd->to_ns, herd->thread,
                                                   herd->object, herd->site, WEFT_NONE});
    for (size_t i = 0; i < object->waits.count && i < WEFT_PLACES_MAX * 4; i++) {
        const size_t before = finding->threads.count;
        weft_finding_thread(findings, finding, object->waits.at[i].thread);
        if (finding->threads.count > before) {
            weft_finding_span(findings, finding, "waits", object->waits.at[i].thread,
                              object->waits.at[i].span);
        }
    }
    finding->what = weft_finding_say(
        findings,
        "%s broadcast on %s: %llu times it woke %llu threads in all, of which %llu found "
        "nothing and waited again at once.",
        weft_thread_called(findings, herd->thread), weft_object_called(findings, herd->object),
        (unsigned long long)herd->rounds, (unsigned long long)herd->woken,
        (unsigned long long)herd->again);
    finding->why = weft_finding_say(
        findings,
        "Each of them had to be woken and to take the lock for nothing (counts from %s and "
        "%s on).",
        weft_threshold_said(findings, WEFT_FROM_HERD),
        weft_threshold_said(findings, WEFT_FROM_HERD_ROUNDS));
    finding->advice = _("Signal instead, which wakes one, when what has come is for one of them.");
}

void weft_find_herd(struct weft_findings *findings)
{
    const struct weft_model *model = findings->model;
    struct herds herds = {.findings = findings,
                          .threads = calloc(model->threads.count + 1, sizeof(struct woken))};
    bool good = herds.threads != NULL;

    for (size_t i = 0; good && i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        good = step(&herds, &point);
    }
    findings->no_memory |= !good;
    for (size_t i = 0; good && i < herds.all.count; i++) {
        end_cast(&herds, &herds.all.at[i]);
        if (herds.all.at[i].rounds > 0 &&
            herds.all.at[i].rounds >= findings->from[WEFT_FROM_HERD_ROUNDS]) {
            tell(findings, &herds.all.at[i]);
        }
    }
    free(herds.threads);
    free(herds.all.at);
    weft_map_done(&herds.of);
}
