/*
 * serialised: threads that do nearly all of their work with one lock in their hands, so that never
 * two of them run at the same time.
 */
#include "base/tongue.h"
#include "traces/analysis/crowd.h"

static void tell(struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const uint64_t window_ns = crowd->to_ns - crowd->from_ns;
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_SERIALISED, crowd->from_ns, crowd->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = crowd->waited_ns;
    weft_crowd_tell(findings, finding, crowd);
    finding->what = weft_finding_say(
        findings,
        "%zu threads did their work with %s held, for %s of %s: never two of them ran at "
        "the same time.",
        crowd->users.count, weft_object_called(findings, crowd->object), WEFT_NS(crowd->held_ns),
        WEFT_NS(window_ns));
    finding->why = weft_finding_say(
        findings,
        "They are no faster than one thread, and waited %s in all (counts from %s and at "
        "most %s on).",
        WEFT_NS(crowd->waited_ns), weft_threshold_said(findings, WEFT_FROM_SERIALISED),
        weft_threshold_said(findings, WEFT_FROM_SERIALISED_OUTSIDE));
    finding->advice =
        _("Hold the lock only while shared data is touched and work outside of it, or "
          "give each part of the data a lock of its own.");
}

static void look(struct weft_findings *findings, const struct weft_crowd *crowd)
{
    if (weft_crowd_is_serialised(findings, crowd)) {
        tell(findings, crowd);
    }
}

void weft_find_serialised(struct weft_findings *findings)
{
    weft_crowd_each(findings, look);
}
