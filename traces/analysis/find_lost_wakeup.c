/*
 * lost-wakeup: a condition was signalled when nobody waited, then a thread began to wait for it,
 * and nobody signalled again.  The signal was meant for this wait when the thread did not have the
 * mutex for another, finished section in between: then it would have seen what was changed.
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"

#include "base/map.h"
#include "base/vec.h"

#include <stdlib.h>

/* A condition on which somebody is stuck. */
struct watched {
    uint32_t object;
    uint32_t waiting;     /* threads in its wait */
    uint32_t lost_thread; /* of the last signal with nobody there */
    uint32_t lost_site;
    uint64_t lost_ns;
    uint64_t last_ns; /* the last signal of all */
    bool lost;
};

struct watch {
    struct weft_map of;
    struct {
        struct watched *at;
        size_t count, room;
    } all;
};

static bool is_stuck_on_condition(const struct weft_findings *findings, uint32_t thread)
{
    return weft_ending_matters(findings->ending, thread, findings->from[WEFT_FROM_STUCK]) &&
           weft_model_span(findings->model, thread, findings->ending->threads[thread].wait).state ==
               WEFT_STATE_COND_WAIT;
}

static bool collect(struct weft_findings *findings, struct watch *watch)
{
    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (!is_stuck_on_condition(findings, i)) {
            continue;
        }
        const uint32_t object =
            weft_model_span(findings->model, i, findings->ending->threads[i].wait).object;
        if (weft_map_find(&watch->of, object) == NULL &&
            (!weft_map_put(&watch->of, object, (uint32_t)watch->all.count) ||
             !weft_vec_push(&watch->all, (struct watched){.object = object}))) {
            return false;
        }
    }
    return true;
}

static void follow(const struct weft_model *model, struct watch *watch)
{
    for (size_t i = 0; i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        if (weft_events[point.kind].family != WEFT_FAMILY_CONDITION) {
            continue;
        }
        const uint32_t *index = weft_map_find(&watch->of, point.object);
        if (index == NULL) {
            continue;
        }
        struct watched *watched = &watch->all.at[*index];
        if (point.kind == WEFT_EV_COND_WAIT) {
            watched->waiting++;
        } else if (point.kind == WEFT_EV_COND_WAKE) {
            watched->waiting -= watched->waiting > 0;
        } else if (point.kind == WEFT_EV_COND_SIGNAL || point.kind == WEFT_EV_COND_BROADCAST) {
            watched->last_ns = point.t_ns;
            if (watched->waiting == 0) {
                watched->lost = true;
                watched->lost_ns = point.t_ns;
                watched->lost_thread = point.thread;
                watched->lost_site = point.site;
            }
        }
    }
}

/* Sections of the mutex that the thread began after the signal: the wait's own is one. */
static uint32_t sections_since(const struct weft_model *model, uint32_t mutex, uint32_t thread,
                               uint64_t from_ns, uint64_t to_ns)
{
    uint32_t count = 0;

    for (size_t i = model->objects.at[mutex].holds.count; i > 0; i--) {
        const struct weft_hold hold = weft_model_hold(model, mutex, i - 1);
        if (hold.start_ns <= from_ns) {
            break;
        }
        count += hold.thread == thread && hold.end_ns <= to_ns;
    }
    return count;
}

static bool was_for(const struct weft_findings *findings, const struct watched *watched,
                    uint32_t thread)
{
    const uint32_t index = findings->ending->threads[thread].wait;
    const struct weft_span wait = weft_model_span(findings->model, thread, index);
    const uint32_t mutex = weft_model_span_extra(findings->model, thread, index).mutex;

    return watched->lost && watched->lost_ns <= wait.start_ns &&
           watched->last_ns <= wait.start_ns && watched->lost_ns == watched->last_ns &&
           (mutex == WEFT_NONE ||
            sections_since(findings->model, mutex, thread, watched->lost_ns, wait.start_ns) <= 1);
}

/* Those behind a thread that waits. */
static void add_those_behind(struct weft_findings *findings, struct weft_finding *finding,
                             uint32_t thread)
{
    const struct weft_ending *ending = findings->ending;

    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (i != thread && weft_ending_stuck(ending, i) && ending->threads[i].next == thread) {
            weft_finding_span(findings, finding, _("waits behind it"), i, ending->threads[i].wait);
        }
    }
}

/* All for whom the signal was; the first of them, or WEFT_NONE. */
static uint32_t add_waiters(struct weft_findings *findings, struct weft_finding *finding,
                            const struct watched *watched)
{
    const struct weft_ending *ending = findings->ending;
    uint32_t first = WEFT_NONE;

    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (!is_stuck_on_condition(findings, i)) {
            continue;
        }
        const struct weft_span wait = weft_model_span(findings->model, i, ending->threads[i].wait);
        if (wait.object == watched->object && was_for(findings, watched, i)) {
            first = first == WEFT_NONE ? i : first;
            weft_finding_thread(findings, finding, i);
            weft_finding_span(findings, finding, _("waits"), i, ending->threads[i].wait);
            finding->cost_ns = weft_sum(finding->cost_ns, ending->end_ns - wait.start_ns);
        }
    }
    return first;
}

static bool was_for_anybody(const struct weft_findings *findings, const struct watched *watched)
{
    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (is_stuck_on_condition(findings, i) &&
            weft_model_span(findings->model, i, findings->ending->threads[i].wait).object ==
                watched->object &&
            was_for(findings, watched, i)) {
            return true;
        }
    }
    return false;
}

static void tell(struct weft_findings *findings, const struct watched *watched)
{
    const struct weft_ending *ending = findings->ending;
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_LOST_WAKEUP, watched->lost_ns, ending->end_ns);

    if (finding == NULL) {
        return;
    }
    weft_finding_object(findings, finding, watched->object);
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("signals"), watched->lost_ns,
                                                   watched->lost_thread, watched->object,
                                                   watched->lost_site, WEFT_NONE});
    const uint32_t first = add_waiters(findings, finding, watched);
    const size_t waiters = finding->threads.count;
    for (size_t i = 0; i < waiters; i++) {
        add_those_behind(findings, finding, finding->threads.at[i]);
    }
    const struct weft_span wait =
        weft_model_span(findings->model, first, ending->threads[first].wait);
    finding->what = weft_finding_say(
        findings,
        "%s signalled %s at %s, when nobody waited for it; %s began to wait %s later and "
        "%s never woken.",
        weft_thread_called(findings, watched->lost_thread),
        weft_object_called(findings, watched->object), WEFT_NS(watched->lost_ns),
        weft_threads_called(findings, finding->threads.at, waiters),
        WEFT_NS(wait.start_ns - watched->lost_ns), waiters == 1 ? _("was") : _("were"));
    finding->why = weft_finding_say(findings,
                                    "A condition remembers no signal, so this wait lasted %s, "
                                    "until the end of the trace.",
                                    WEFT_NS(ending->end_ns - wait.start_ns));
    finding->advice =
        _("Keep what the signal means in a variable, change it with the mutex held, and "
          "wait only while it is not so: while (!ready) pthread_cond_wait(…).");
    weft_finding_thread(findings, finding, watched->lost_thread);
}

void weft_find_lost_wakeup(struct weft_findings *findings)
{
    struct watch watch = {.all = {0}};

    if (!collect(findings, &watch)) {
        findings->no_memory = true;
    } else if (watch.all.count > 0) {
        follow(findings->model, &watch);
        for (size_t i = 0; i < watch.all.count; i++) {
            if (was_for_anybody(findings, &watch.all.at[i])) {
                tell(findings, &watch.all.at[i]);
            }
        }
    }
    weft_map_done(&watch.of);
    free(watch.all.at);
}
