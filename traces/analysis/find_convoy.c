/*
 * convoy: threads that have work of their own queue for a lock again and again: more threads want
 * it than it can serve, and on the average several stand in the queue.
 */
#include "base/tongue.h"
#include "traces/analysis/crowd.h"

/*
 * Would they queue on a machine with nothing else to do?  While one has the lock, each of the
 * others does its gap and stands in the queue for the rest of the round: with as many as are here,
 * n - (hold + gap) / hold of them.  How many of the acquires had to wait says less: where threads
 * get a processor in turn only, each has the lock many times in its turn before another asks.
 * Source: Little's law for a closed system (Denning and Buzen, "The Operational Analysis of
 * Queueing Network Models", 1978).
 */
static bool is_saturated(const struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const double hold_ns = crowd->hold_ns > 0 ? (double)crowd->hold_ns : 1;
    const double queue = (double)weft_crowd_real_users(crowd) - 1 - (double)crowd->gap_ns / hold_ns;

    return queue >= (double)findings->from[WEFT_FROM_CONVOY_QUEUE];
}

static bool is_convoy(const struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const uint64_t window_ns = crowd->to_ns - crowd->from_ns;

    return findings->model->objects.at[crowd->object].family == WEFT_FAMILY_LOCK &&
           crowd->users.count > 2 && crowd->waits >= crowd->users.count &&
           crowd->acquires >= findings->from[WEFT_FROM_CONVOY_ACQUIRES] &&
           is_saturated(findings, crowd) &&
           crowd->waited_ns / findings->from[WEFT_FROM_CONVOY_QUEUE] >= window_ns &&
           !weft_crowd_is_serialised(findings, crowd) &&
           weft_crowd_starved(findings, crowd) == WEFT_NONE;
}

static void tell(struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const uint64_t window_ns = crowd->to_ns - crowd->from_ns;
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_CONVOY, crowd->from_ns, crowd->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = crowd->waited_ns;
    weft_crowd_tell(findings, finding, crowd);
    finding->what = weft_finding_say(
        findings,
        "%zu threads queued for %s: %llu of %llu acquires had to wait, with %.1f threads "
        "in the queue on the average.",
        crowd->users.count, weft_object_called(findings, crowd->object),
        (unsigned long long)crowd->waits, (unsigned long long)crowd->acquires,
        (double)crowd->waited_ns / (double)window_ns);
    finding->why = weft_finding_say(
        findings,
        "They waited %s in all, and each time that it changes hands a thread must be "
        "woken (counts from %s and %s on).",
        WEFT_NS(crowd->waited_ns), weft_threshold_said(findings, WEFT_FROM_CONVOY_QUEUE),
        weft_threshold_said(findings, WEFT_FROM_CONVOY_ACQUIRES));
    finding->advice = _("Take the lock less often (for several items at once), split it by what it "
                        "guards, or do less while it is held.");
}

static void look(struct weft_findings *findings, const struct weft_crowd *crowd)
{
    if (is_convoy(findings, crowd)) {
        tell(findings, crowd);
    }
}

void weft_find_convoy(struct weft_findings *findings)
{
    if (findings->from[WEFT_FROM_CONVOY_QUEUE] == 0) {
        findings->from[WEFT_FROM_CONVOY_QUEUE] = 1;
    }
    weft_crowd_each(findings, look);
}
