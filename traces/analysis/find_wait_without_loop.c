/*
 * wait-without-loop: a wait on a condition ended although nobody signalled, made so by the
 * controlled schedule (cond_wake with the outcome "spurious"), and the thread went on as if
 * somebody had: it released the mutex without having waited again.
 *
 * Nothing can have changed when no other thread had the mutex and nobody signalled since the wait
 * began.  Only then is it sure that it should have waited again.
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"

#include <stdlib.h>

struct waiting {
    uint64_t wait_ns, wake_ns;
    uint32_t condition, mutex;
    uint32_t wait_site;
    uint64_t release_ns; /* of the mutex, after it woke */
    uint32_t release_site;
    bool waits;
    bool touched; /* the mutex or the condition was used by another since it began */
    bool spurious;
};

static void tell(struct weft_findings *findings, uint32_t thread, const struct waiting *waiting)
{
    struct weft_finding *finding = weft_finding_new(findings, WEFT_FIND_WAIT_WITHOUT_LOOP,
                                                    waiting->wait_ns, waiting->release_ns);

    if (finding == NULL) {
        return;
    }
    weft_finding_thread(findings, finding, thread);
    weft_finding_object(findings, finding, waiting->condition);
    weft_finding_place(
        findings, finding,
        (struct weft_finding_place){"waits", waiting->wait_ns, thread, waiting->condition,
                                    waiting->wait_site,
                                    weft_model_span_at(findings->model, thread, waiting->wait_ns)});
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("goes on"), waiting->release_ns, thread,
                                                   waiting->mutex, waiting->release_site,
                                                   WEFT_NONE});
    finding->what = weft_finding_say(
        findings,
        "%s woke from %s at %s although nobody had signalled, and went on without waiting "
        "again.",
        weft_thread_called(findings, thread), weft_object_called(findings, waiting->condition),
        WEFT_NS(waiting->wake_ns));
    finding->why =
        _("A wait may end for no reason, and another thread may be quicker after a signal: "
          "then it goes on with what is not there.");
    finding->advice = _("Wait in a loop that looks at what is waited for: while (!ready) "
                        "pthread_cond_wait(…).");
}

/* Somebody else has the mutex, or signals. */
static void touch(struct waiting *threads, size_t count, const struct weft_point *point)
{
    const bool signals =
        point->kind == WEFT_EV_COND_SIGNAL || point->kind == WEFT_EV_COND_BROADCAST;
    const bool takes = weft_events[point->kind].effect == WEFT_EFFECT_TAKE &&
                       weft_events[point->kind].family == WEFT_FAMILY_LOCK;

    for (size_t i = 0; (signals || takes) && i < count; i++) {
        if (threads[i].waits && i != point->thread &&
            point->object == (signals ? threads[i].condition : threads[i].mutex)) {
            threads[i].touched = true;
        }
    }
}

static void step(struct weft_findings *findings, struct waiting *threads, size_t index,
                 const struct weft_point *point, bool *told)
{
    struct waiting *waiting = &threads[point->thread];

    if (point->kind == WEFT_EV_COND_WAIT) {
        const struct weft_point_args args = weft_model_args(findings->model, (uint32_t)index);
        const uint32_t mutex = point->has_args && args.has_second && args.second >= 0
                                   ? (uint32_t)args.second
                                   : WEFT_NONE;
        *waiting = (struct waiting){.wait_ns = point->t_ns,
                                    .condition = point->object,
                                    .mutex = mutex,
                                    .wait_site = point->site,
                                    .waits = true};
    } else if (point->kind == WEFT_EV_COND_WAKE) {
        waiting->spurious = waiting->waits && point->outcome == WEFT_OUT_SPURIOUS;
        waiting->wake_ns = point->t_ns;
        waiting->waits = waiting->spurious;
    } else if (waiting->spurious && point->kind == WEFT_EV_LOCK_RELEASE &&
               point->object == waiting->mutex) {
        /* weft.h releases the mutex right before it waits again: what comes next will tell. */
        waiting->waits = false;
        waiting->release_ns = point->t_ns;
        waiting->release_site = point->site;
    } else if (waiting->spurious && !waiting->waits) {
        waiting->spurious = false;
        if (!waiting->touched && waiting->mutex != WEFT_NONE && !told[waiting->condition]) {
            told[waiting->condition] = true;
            tell(findings, point->thread, waiting);
        }
    }
}

void weft_find_wait_without_loop(struct weft_findings *findings)
{
    const struct weft_model *model = findings->model;
    bool any = false;

    for (size_t i = 0; i < model->points.count && !any; i++) {
        const struct weft_point point = weft_model_point(model, i);
        any = point.kind == WEFT_EV_COND_WAKE && point.outcome == WEFT_OUT_SPURIOUS;
    }
    if (!any) { /* nearly always */
        return;
    }
    struct waiting *threads = calloc(model->threads.count + 1, sizeof *threads);
    bool *told = calloc(model->objects.count + 1, sizeof *told);
    findings->no_memory |= threads == NULL || told == NULL;
    for (size_t i = 0; !findings->no_memory && i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        touch(threads, model->threads.count, &point);
        step(findings, threads, i, &point, told);
    }
    free(threads);
    free(told);
}
