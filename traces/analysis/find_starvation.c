/*
 * starvation: a thread waits long for a lock while others take it again and again, and gets much
 * less than a fair share of it in the end.
 */
#include "base/tongue.h"
#include "traces/analysis/crowd.h"

static void tell(struct weft_findings *findings, const struct weft_crowd *crowd, uint32_t index)
{
    const struct weft_user *user = &crowd->users.at[index];
    const uint64_t overtaken =
        weft_crowd_overtaken(findings->model, crowd->object, user->thread, user->longest_wait);
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_STARVATION, crowd->from_ns, crowd->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = user->waited_ns;
    weft_finding_thread(findings, finding, user->thread);
    weft_crowd_tell(findings, finding, crowd);
    finding->what = weft_finding_say(
        findings,
        "%s got %s %llu of %llu times, where %llu were its share; in one wait of %s others "
        "took it %llu times before it.",
        weft_thread_called(findings, user->thread), weft_object_called(findings, crowd->object),
        (unsigned long long)user->acquires, (unsigned long long)crowd->acquires,
        (unsigned long long)(crowd->acquires / crowd->users.count), WEFT_NS(user->longest_ns),
        (unsigned long long)overtaken);
    finding->why = weft_finding_say(
        findings,
        "It waited %s in all, and how long is a matter of luck (counts from %s and %s on, "
        "with at most %s of a share).",
        WEFT_NS(user->waited_ns), weft_threshold_said(findings, WEFT_FROM_STARVATION),
        weft_threshold_said(findings, WEFT_FROM_OVERTAKEN),
        weft_threshold_said(findings, WEFT_FROM_UNFAIR));
    finding->advice =
        _("Let the others do something without the lock before they take it again, or "
          "hand it over in turn: a ticket, a queue, a read-write lock that prefers "
          "writers.");
}

static void look(struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const uint32_t starved = weft_crowd_starved(findings, crowd);

    if (starved != WEFT_NONE) {
        tell(findings, crowd, starved);
    }
}

void weft_find_starvation(struct weft_findings *findings)
{
    weft_crowd_each(findings, look);
}
