/*
 * stuck: a wait that never ended, where that mattered: somebody waits for the thread, nobody can go
 * on, or a signal ended the program while it waited for something that never came to anybody.  A
 * worker that is parked when the program ends in good order is none.
 *
 * Told is the wait at the root; those whose waits lead to it are named with it.
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"

#include <stdlib.h>

static bool is_root(const struct weft_ending *ending, uint32_t thread)
{
    return ending->threads[thread].next == WEFT_NONE;
}

/* The root of a thread's chain of waits; itself when it is in a ring. */
static uint32_t root_of(const struct weft_ending *ending, uint32_t thread)
{
    uint32_t at = thread;

    for (size_t steps = 0; ending->threads[at].next != WEFT_NONE; steps++) {
        if (steps > ending->model->threads.count) {
            return thread;
        }
        at = ending->threads[at].next;
    }
    return at;
}

static const char *cause_of(struct weft_findings *findings, uint32_t thread)
{
    const struct weft_model *model = findings->model;
    const struct weft_span wait =
        weft_model_span(model, thread, findings->ending->threads[thread].wait);

    if (wait.state == WEFT_STATE_JOIN) {
        return weft_finding_say(findings, "%s did not end",
                                weft_thread_called(findings, wait.object));
    }
    const struct weft_object *object = &model->objects.at[wait.object];
    switch (wait.state) {
    case WEFT_STATE_LOCK_WAIT:
    case WEFT_STATE_RWLOCK_WAIT:
        return _("its owner did not release it");
    case WEFT_STATE_COND_WAIT:
        return _("nobody signalled it any more");
    case WEFT_STATE_SEM_WAIT:
        return _("nobody gave a permit back any more");
    case WEFT_STATE_BARRIER_WAIT:
        return object->capacity > 0
                   ? weft_finding_say(findings, "it opens for %lld threads, and not all came",
                                      (long long)object->capacity)
                   : _("not all who should have come came");
    case WEFT_STATE_QUEUE_WAIT:
        return weft_finding_say(
            findings, "it stayed as it was, with %lld in it",
            (long long)(object->levels.count == 0
                            ? 0
                            : weft_model_level(model, wait.object, object->levels.count - 1)
                                  .value));
    default:
        return _("nobody woke it any more");
    }
}

/* All who are stuck on the same thing. */
static void add_together(struct weft_findings *findings, struct weft_finding *finding,
                         uint32_t first, bool *told)
{
    const struct weft_model *model = findings->model;
    const struct weft_ending *ending = findings->ending;
    const struct weft_span wait = weft_model_span(model, first, ending->threads[first].wait);

    for (uint32_t i = first; i < model->threads.count; i++) {
        if (told[i] || !weft_ending_matters(ending, i, findings->from[WEFT_FROM_STUCK]) ||
            !is_root(ending, i)) {
            continue;
        }
        const struct weft_span other = weft_model_span(model, i, ending->threads[i].wait);
        if (i != first && (other.state != wait.state || other.object != wait.object)) {
            continue;
        }
        told[i] = true;
        weft_finding_thread(findings, finding, i);
        weft_finding_span(findings, finding, "waits", i, ending->threads[i].wait);
        finding->cost_ns = weft_sum(finding->cost_ns, ending->end_ns - other.start_ns);
    }
}

static uint32_t add_those_behind(struct weft_findings *findings, struct weft_finding *finding,
                                 const bool *told)
{
    const struct weft_ending *ending = findings->ending;
    uint32_t behind = WEFT_NONE;

    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (ending->threads[i].wait == WEFT_NONE || told[i]) {
            continue;
        }
        const struct weft_span wait = weft_model_span(findings->model, i, ending->threads[i].wait);
        const uint32_t root = wait.state == WEFT_STATE_JOIN && ending->threads[i].next == WEFT_NONE
                                  ? wait.object
                                  : root_of(ending, i);
        for (size_t k = 0; k < finding->threads.count; k++) {
            if (root == finding->threads.at[k]) {
                weft_finding_span(findings, finding, "waits behind it", i, ending->threads[i].wait);
                behind = behind == WEFT_NONE ? i : behind;
                break;
            }
        }
    }
    return behind;
}

static void tell(struct weft_findings *findings, uint32_t thread, bool *told)
{
    const struct weft_model *model = findings->model;
    const struct weft_ending *ending = findings->ending;
    const struct weft_span wait = weft_model_span(model, thread, ending->threads[thread].wait);
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_STUCK, wait.start_ns, ending->end_ns);

    if (finding == NULL) {
        return;
    }
    if (wait.state != WEFT_STATE_JOIN) {
        weft_finding_object(findings, finding, wait.object);
    }
    add_together(findings, finding, thread, told);
    const size_t alone = finding->threads.count;
    const uint32_t behind = add_those_behind(findings, finding, told);
    finding->what =
        weft_finding_say(findings, "%s waited for %s from %s to the end of the trace: %s.",
                         weft_threads_called(findings, finding->threads.at, alone),
                         wait.state == WEFT_STATE_JOIN ? weft_thread_called(findings, wait.object)
                                                       : weft_object_called(findings, wait.object),
                         WEFT_NS(wait.start_ns), cause_of(findings, thread));
    if (behind != WEFT_NONE) {
        finding->why = weft_finding_say(findings, "%s waits for %s and cannot go on either.",
                                        weft_thread_called(findings, behind),
                                        weft_thread_called(findings, thread));
    } else if (!ending->anybody_goes_on) {
        finding->why = _("No thread could go on any more.");
    } else {
        finding->why = weft_finding_say(
            findings,
            "Signal %d ended the program, and nobody ever ended a wait for it (waits of "
            "%s on count).",
            (int)model->exit_signal, weft_threshold_said(findings, WEFT_FROM_STUCK));
    }
    finding->advice =
        _("Look who should have ended this wait, and which way it went instead; for a "
          "worker, tell it to stop before it is joined.");
}

void weft_find_stuck(struct weft_findings *findings)
{
    bool *told = calloc(findings->model->threads.count + 1, sizeof *told);

    if (told == NULL) {
        findings->no_memory = true;
        return;
    }
    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (!told[i] && is_root(findings->ending, i) &&
            weft_ending_matters(findings->ending, i, findings->from[WEFT_FROM_STUCK])) {
            tell(findings, i, told);
        }
    }
    free(told);
}
