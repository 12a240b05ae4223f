/*
 * deadlock: threads that wait for each other in a ring when the trace ends.  Each step of the ring
 * goes from a wait to the owner of the lock, to the thread that is joined, or, from a thread that
 * keeps a lock while it waits for a signal, to one that waits for this lock and could give it.
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"

#include <stdlib.h>

/* Steps of a ring that its sentence tells. */
enum { SAID_MAX = 8 };

struct ring {
    uint32_t *threads;
    size_t count;
};

/* "main waits for A, which Thread-1 took at deadlock.c:12" */
static const char *step_said(struct weft_findings *findings, uint32_t thread)
{
    const struct weft_model *model = findings->model;
    const struct weft_span wait =
        weft_model_span(model, thread, findings->ending->threads[thread].wait);
    const char *name = weft_thread_called(findings, thread);
    const uint32_t next = findings->ending->threads[thread].next;
    const uint32_t held = findings->ending->threads[thread].held;

    if (wait.state == WEFT_STATE_JOIN) {
        return weft_finding_say(findings, "%s waits for the end of %s", name,
                                weft_thread_called(findings, next));
    }
    if (wait.state == WEFT_STATE_LOCK_WAIT || wait.state == WEFT_STATE_RWLOCK_WAIT) {
        return weft_finding_say(findings, "%s waits for %s, which %s has", name,
                                weft_object_called(findings, wait.object),
                                next == thread ? _("it") : weft_thread_called(findings, next));
    }
    if (wait.state == WEFT_STATE_SEM_WAIT && wait.object == held) {
        return weft_finding_say(findings, "%s waits for a permit of %s, which %s has", name,
                                weft_object_called(findings, held),
                                next == thread ? _("it") : weft_thread_called(findings, next));
    }
    return weft_finding_say(findings, "%s waits for %s and keeps %s, without which %s cannot go on",
                            name, weft_object_called(findings, wait.object),
                            weft_object_called(findings, held), weft_thread_called(findings, next));
}

static void add_step(struct weft_findings *findings, struct weft_finding *finding, uint32_t thread)
{
    const struct weft_model *model = findings->model;
    const struct weft_thread_ending *ending = &findings->ending->threads[thread];
    const struct weft_span span = weft_model_span(model, thread, ending->wait);

    weft_finding_thread(findings, finding, thread);
    weft_finding_span(findings, finding, _("waits"), thread, ending->wait);
    if (span.state != WEFT_STATE_JOIN) {
        weft_finding_object(findings, finding, span.object);
    }
    if (ending->hold != WEFT_NONE) {
        const struct weft_hold taken = weft_model_hold(model, ending->held, ending->hold);
        weft_finding_object(findings, finding, ending->held);
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){_("took it"), taken.start_ns, taken.thread,
                                                       ending->held, taken.site, WEFT_NONE});
    }
}

/* Those outside the ring whose waits lead into it. */
static void add_those_behind(struct weft_findings *findings, struct weft_finding *finding,
                             const uint32_t *ring_of, uint32_t ring, bool alone)
{
    const struct weft_ending *ending = findings->ending;

    for (uint32_t i = 0; i < findings->model->threads.count; i++) {
        if (!weft_ending_stuck(ending, i) || ring_of[i] != WEFT_NONE) {
            continue;
        }
        const uint32_t next = ending->threads[i].next;
        if (next != WEFT_NONE && ring_of[next] == ring) {
            weft_finding_span(findings, finding,
                              alone ? _("waits behind it") : _("waits behind them"), i,
                              ending->threads[i].wait);
        }
    }
}

/* All steps at one read-write lock, between those who read: each wants to write. */
static bool is_upgrade(const struct weft_findings *findings, const struct ring *ring)
{
    const struct weft_thread_ending *threads = findings->ending->threads;

    for (size_t i = 0; i < ring->count; i++) {
        const struct weft_thread_ending *one = &threads[ring->threads[i]];
        if (one->hold == WEFT_NONE || one->held != threads[ring->threads[0]].held ||
            (weft_model_hold(findings->model, one->held, one->hold).flags & WEFT_HOLD_SHARED) ==
                0) {
            return false;
        }
    }
    return true;
}

static bool has_join(const struct weft_findings *findings, const struct ring *ring)
{
    bool has = false;

    for (size_t i = 0; i < ring->count; i++) {
        has |= findings->ending->threads[ring->threads[i]].hold == WEFT_NONE;
    }
    return has;
}

static const char *advice_for(const struct weft_findings *findings, const struct ring *ring)
{
    if (is_upgrade(findings, ring)) {
        return _("A read lock does not become a write lock: release it, take the write lock, and "
                 "look again at what was read; or write-lock from the start.");
    }
    if (ring->count == 1) {
        return _("Take it once only (or make it a recursive one), and look which caller "
                 "has it already.");
    }
    if (has_join(findings, ring)) {
        return _("Join a thread only when it needs nothing any more that the one who joins has: "
                 "release the locks before, and let one side alone join the other.");
    }
    return _("Take the locks in one order everywhere, and neither join a thread nor "
             "wait for a signal with a lock that the other one needs.");
}

static void tell(struct weft_findings *findings, const struct ring *ring, const uint32_t *ring_of,
                 uint32_t number)
{
    uint64_t since_ns = 0;
    const char *steps = "";

    for (size_t i = 0; i < ring->count; i++) {
        const uint32_t thread = ring->threads[i];
        const struct weft_span wait =
            weft_model_span(findings->model, thread, findings->ending->threads[thread].wait);
        since_ns = wait.start_ns > since_ns ? wait.start_ns : since_ns;
        if (i < SAID_MAX) {
            steps = weft_finding_say(findings, "%s%s%s", steps, i == 0 ? "" : "; ",
                                     step_said(findings, thread));
        }
    }
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_DEADLOCK, since_ns, findings->ending->end_ns);
    if (finding == NULL) {
        return;
    }
    finding->cost_ns = finding->to_ns - since_ns;
    for (size_t i = 0; i < ring->count; i++) {
        add_step(findings, finding, ring->threads[i]);
    }
    add_those_behind(findings, finding, ring_of, number, ring->count == 1);
    finding->what = ring->count <= SAID_MAX
                        ? weft_finding_say(findings, "%s.", steps)
                        : weft_finding_say(findings, "%s; and so on, in a ring of %zu threads.",
                                           steps, ring->count);
    finding->why =
        ring->count == 1
            ? weft_finding_say(findings, "It can never go on: this has been so since %s, for %s.",
                               WEFT_NS(since_ns), WEFT_NS(finding->cost_ns))
            : weft_finding_say(findings,
                               "None of them can ever go on: this has been so since %s, for %s.",
                               WEFT_NS(since_ns), WEFT_NS(finding->cost_ns));
    finding->advice = advice_for(findings, ring);
}

/* Follows next from a thread until it ends or meets a thread of this walk: a ring. */
static void walk(struct weft_findings *findings, uint32_t first, uint32_t *walk_of,
                 uint32_t *ring_of, struct ring *ring)
{
    const struct weft_thread_ending *threads = findings->ending->threads;
    uint32_t at = first;

    while (at != WEFT_NONE && weft_ending_stuck(findings->ending, at) && walk_of[at] == WEFT_NONE) {
        walk_of[at] = first;
        at = threads[at].next;
    }
    if (at == WEFT_NONE || walk_of[at] != first || ring_of[at] != WEFT_NONE) {
        return;
    }
    ring->count = 0;
    for (uint32_t of = at; ring_of[of] == WEFT_NONE; of = threads[of].next) {
        ring_of[of] = first;
        ring->threads[ring->count++] = of;
    }
}

void weft_find_deadlock(struct weft_findings *findings)
{
    const size_t count = findings->model->threads.count;
    uint32_t *memory = malloc((count + 1) * 3 * sizeof *memory);
    struct ring ring = {memory, 0};

    if (memory == NULL) {
        findings->no_memory = true;
        return;
    }
    uint32_t *walk_of = memory + count, *ring_of = memory + 2 * count;
    for (size_t i = 0; i < count; i++) {
        walk_of[i] = ring_of[i] = WEFT_NONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (weft_ending_stuck(findings->ending, i) && walk_of[i] == WEFT_NONE) {
            ring.count = 0;
            walk(findings, i, walk_of, ring_of, &ring);
            if (ring.count > 0) {
                tell(findings, &ring, ring_of, i);
            }
        }
    }
    free(memory);
}
