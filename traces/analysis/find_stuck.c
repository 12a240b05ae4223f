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

/* How many are in a wait for this at the end. */
static size_t waiting_for(const struct weft_findings *findings, uint32_t object)
{
    size_t count = 0;

    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        const uint32_t wait = findings->ending->threads[i].wait;
        if (wait != WEFT_NONE) {
            const struct weft_span span = weft_model_span(findings->model, i, wait);
            count += span.state != WEFT_STATE_JOIN && span.object == object;
        }
    }
    return count;
}

/* "nobody signalled it any more; prod did so last, at 2.31 ms" */
static const char *nobody(struct weft_findings *findings, uint32_t thread, const char *any_more,
                          const char *ever)
{
    const struct weft_actors *actors = weft_ending_actors(findings->ending, thread);

    if (actors == NULL || actors->last_thread == WEFT_NONE) {
        return ever;
    }
    return weft_finding_say(findings, "%s; %s did so last, at %s", any_more,
                            weft_thread_called(findings, actors->last_thread),
                            WEFT_NS(actors->last_ns));
}

enum { KEEPERS_MAX = 8 };

/* Holds of permits that other threads took and have still, a thread each, the last one first; of
 * the semaphore that a thread waits for, none where it waits for something else. */
struct keepers {
    uint32_t hold[KEEPERS_MAX], thread[KEEPERS_MAX];
    size_t count;
};

static struct keepers keepers_of(const struct weft_findings *findings, uint32_t thread)
{
    const struct weft_model *model = findings->model;
    const struct weft_span wait =
        weft_model_span(model, thread, findings->ending->threads[thread].wait);
    struct keepers keepers = {.count = 0};

    if (wait.state != WEFT_STATE_SEM_WAIT) {
        return keepers;
    }
    const struct weft_object *object = &model->objects.at[wait.object];
    if (object->capacity == 0) {
        return keepers; /* it counts what came: who takes one has nothing to give back */
    }
    for (size_t i = object->holds.count; i > 0 && keepers.count < KEEPERS_MAX; i--) {
        const struct weft_hold hold = weft_object_hold(model, object, i - 1);
        size_t k = 0;
        if ((hold.flags & (WEFT_SPAN_OPEN | WEFT_SPAN_ASSUMED)) != WEFT_SPAN_OPEN ||
            hold.thread == thread) {
            continue;
        }
        while (k < keepers.count && keepers.thread[k] != hold.thread) {
            k++;
        }
        if (k == keepers.count) {
            keepers.thread[k] = hold.thread;
            keepers.hold[k] = (uint32_t)i - 1;
            keepers.count++;
        }
    }
    return keepers;
}

static const char *semaphore_cause(struct weft_findings *findings, uint32_t thread,
                                   uint32_t semaphore)
{
    const struct keepers keepers = keepers_of(findings, thread);
    const char *last = nobody(findings, thread, _("nobody gave a permit back any more"),
                              _("nobody ever gave it a permit"));

    if (keepers.count == 0) {
        return last;
    }
    if (keepers.count > 1) {
        return weft_finding_say(findings, "%s; %s took permits and did not give them back", last,
                                weft_threads_called(findings, keepers.thread, keepers.count));
    }
    const struct weft_hold hold = weft_model_hold(findings->model, semaphore, keepers.hold[0]);
    const bool alive = findings->ending->threads[hold.thread].alive;
    const char *who = weft_thread_called(findings, hold.thread);
    return alive ? weft_finding_say(findings, "%s; %s has one since %s", last, who,
                                    WEFT_NS(hold.start_ns))
                 : weft_finding_say(findings, "%s; %s took one at %s and ended with it", last, who,
                                    WEFT_NS(hold.start_ns));
}

static const char *barrier_cause(struct weft_findings *findings, uint32_t barrier)
{
    const long long parties = findings->model->objects.at[barrier].capacity;

    return parties > 0 ? weft_finding_say(findings, "it opens for %lld threads, and %zu came",
                                          parties, waiting_for(findings, barrier))
                       : _("not all who should have come came");
}

static const char *queue_cause(struct weft_findings *findings, uint32_t thread, uint32_t queue)
{
    const size_t levels = findings->model->objects.at[queue].levels.count;
    const long long depth =
        levels == 0 ? 0 : (long long)weft_model_level(findings->model, queue, levels - 1).value;

    return nobody(findings, thread,
                  weft_finding_say(findings,
                                   "it stayed as it was, with %lld in it, and nobody put "
                                   "or got any more",
                                   depth),
                  weft_finding_say(findings, "it stayed as it was, with %lld in it", depth));
}

static const char *cause_of(struct weft_findings *findings, uint32_t thread)
{
    const struct weft_span wait =
        weft_model_span(findings->model, thread, findings->ending->threads[thread].wait);

    switch (wait.state) {
    case WEFT_STATE_JOIN:
        return weft_finding_say(findings, "%s did not end",
                                weft_thread_called(findings, wait.object));
    case WEFT_STATE_LOCK_WAIT:
    case WEFT_STATE_RWLOCK_WAIT:
        return _("its owner did not release it");
    case WEFT_STATE_COND_WAIT:
        return nobody(findings, thread, _("nobody signalled it any more"),
                      _("nobody ever signalled it"));
    case WEFT_STATE_SEM_WAIT:
        return semaphore_cause(findings, thread, wait.object);
    case WEFT_STATE_BARRIER_WAIT:
        return barrier_cause(findings, wait.object);
    case WEFT_STATE_QUEUE_WAIT:
        return queue_cause(findings, thread, wait.object);
    default:
        return nobody(findings, thread, _("nobody woke it any more"), _("nobody ever woke it"));
    }
}

/* Where the last act was, and where a permit was taken that did not come back. */
static void add_causes(struct weft_findings *findings, struct weft_finding *finding,
                       uint32_t thread)
{
    const struct weft_model *model = findings->model;
    const struct weft_span wait =
        weft_model_span(model, thread, findings->ending->threads[thread].wait);
    const struct weft_actors *actors = weft_ending_actors(findings->ending, thread);
    const struct keepers keepers = keepers_of(findings, thread);

    if (actors != NULL && actors->last_thread != WEFT_NONE) {
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){_("acted last"), actors->last_ns,
                                                       actors->last_thread, wait.object,
                                                       actors->last_site, WEFT_NONE});
    }
    for (size_t i = 0; i < keepers.count; i++) {
        const struct weft_hold hold = weft_model_hold(model, wait.object, keepers.hold[i]);
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){_("took it"), hold.start_ns, hold.thread,
                                                       wait.object, hold.site, WEFT_NONE});
    }
}

/*
 * Who is stuck, too, and waits for another thing, where each acted on what the other waits for: a
 * full buffer whose producer and consumer both wait.  WEFT_NONE: there is none.
 */
static uint32_t partner_of(const struct weft_findings *findings, uint32_t thread, const bool *told)
{
    const struct weft_ending *ending = findings->ending;

    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (i != thread && !told[i] && weft_ending_stuck(ending, i) && is_root(ending, i) &&
            weft_ending_acted(ending, thread, i) && weft_ending_acted(ending, i, thread)) {
            return i;
        }
    }
    return WEFT_NONE;
}

/* All who are stuck on the same thing. */
static void add_together(struct weft_findings *findings, struct weft_finding *finding,
                         uint32_t first, bool *told)
{
    const struct weft_model *model = findings->model;
    const struct weft_ending *ending = findings->ending;
    const struct weft_span wait = weft_model_span(model, first, ending->threads[first].wait);

    for (uint32_t i = 0; i < model->threads.count; i++) {
        if (told[i] || !is_root(ending, i) || ending->threads[i].wait == WEFT_NONE ||
            (i != first && !weft_ending_matters(ending, i, findings->from[WEFT_FROM_STUCK]))) {
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

static const char *what_is_stuck(struct weft_findings *findings, uint32_t thread,
                                 const struct weft_finding *finding, size_t alone, uint32_t partner)
{
    const struct weft_model *model = findings->model;
    const struct weft_thread_ending *threads = findings->ending->threads;
    const struct weft_span wait = weft_model_span(model, thread, threads[thread].wait);
    const char *who = weft_threads_called(findings, finding->threads.at, alone);
    const char *for_what = wait.state == WEFT_STATE_JOIN
                               ? weft_thread_called(findings, wait.object)
                               : weft_object_called(findings, wait.object);

    if (partner == WEFT_NONE) {
        return weft_finding_say(findings, "%s waited for %s from %s to the end of the trace: %s.",
                                who, for_what, WEFT_NS(wait.start_ns), cause_of(findings, thread));
    }
    const struct weft_span other = weft_model_span(model, partner, threads[partner].wait);
    return weft_finding_say(findings,
                            "%s waited for %s from %s, and %s for %s from %s to the end of the "
                            "trace: each of them would "
                            "have to wake the other.",
                            who, for_what, WEFT_NS(wait.start_ns),
                            weft_thread_called(findings, partner),
                            weft_object_called(findings, other.object), WEFT_NS(other.start_ns));
}

static const char *why_it_matters(struct weft_findings *findings, uint32_t thread, uint32_t behind)
{
    if (behind != WEFT_NONE) {
        return weft_finding_say(findings, "%s waits for %s and cannot go on either.",
                                weft_thread_called(findings, behind),
                                weft_thread_called(findings, thread));
    }
    if (!findings->ending->anybody_goes_on) {
        return _("No thread could go on any more.");
    }
    return weft_finding_say(findings,
                            "Signal %d ended the program, and nobody ever ended a wait for it "
                            "(waits of %s on count).",
                            (int)findings->model->exit_signal,
                            weft_threshold_said(findings, WEFT_FROM_STUCK));
}

static void tell(struct weft_findings *findings, uint32_t thread, bool *told)
{
    const struct weft_ending *ending = findings->ending;
    const struct weft_span wait =
        weft_model_span(findings->model, thread, ending->threads[thread].wait);
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
    const uint32_t partner = partner_of(findings, thread, told);
    if (partner != WEFT_NONE) {
        const struct weft_span other =
            weft_model_span(findings->model, partner, ending->threads[partner].wait);
        weft_finding_object(findings, finding, other.object);
        add_together(findings, finding, partner, told);
    }
    add_causes(findings, finding, thread);
    if (partner != WEFT_NONE) {
        add_causes(findings, finding, partner);
    }
    const uint32_t behind = add_those_behind(findings, finding, told);
    finding->what = what_is_stuck(findings, thread, finding, alone, partner);
    finding->why = why_it_matters(findings, thread, behind);
    const struct weft_actors *actors = weft_ending_actors(ending, thread);
    finding->advice =
        actors != NULL && partner == WEFT_NONE && alone > 1 && actors->last_for_one &&
                actors->last_ns > wait.start_ns
            ? _("The last signal came while they waited, and woke another: broadcast when what "
                "has changed is for all, such as the order to stop.")
        : partner != WEFT_NONE
            ? _("Signal whenever the state changed, also when it was neither full nor empty "
                "before: "
                "one signal wakes one of several who wait; broadcast when in doubt.")
        : keepers_of(findings, thread).count > 0
            ? _("Give the permit back on every way out, also on errors and when the thread is "
                "cancelled.")
            : _("Look who should have ended this wait, and which way it went instead; for a "
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
