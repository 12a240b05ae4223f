/*
 * block-holding: threads are blocked, in a call into the kernel, a join, a queue …, with a lock in
 * their hands while others wait for it; or for very long in a call, even if nobody waits yet.
 */
#include "base/tongue.h"
#include "traces/analysis/holding.h"
#include "traces/analysis/sentences.h"

static const char *doing(const struct weft_findings *findings, const struct weft_holding_rest *rest)
{
    return weft_words_of_doing(findings->model, (enum weft_state)rest->state, rest->point);
}

static void tell(struct weft_findings *findings, const struct weft_holding *holding, bool waited)
{
    const struct weft_holding_rest *rest = waited ? &holding->longest : &holding->longest_io;
    struct weft_finding *finding = weft_finding_new(findings, WEFT_FIND_BLOCK_HOLDING,
                                                    waited ? holding->from_ns : rest->from_ns,
                                                    waited ? holding->to_ns : rest->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = holding->waited_ns;
    weft_holding_tell(findings, finding, holding, rest, _("is blocked"));
    if (waited) {
        finding->what = weft_finding_say(
            findings,
            "%s %s blocked (%s) with %s held, %llu time%s and %s in all, while %s waited "
            "for it.",
            weft_threads_called(findings, holding->holders.at, holding->holders.count),
            holding->holders.count == 1 ? _("was") : _("were"), doing(findings, rest),
            weft_object_called(findings, holding->object), (unsigned long long)holding->count,
            holding->count == 1 ? "" : "s", WEFT_NS(holding->rested_ns),
            weft_threads_called(findings, holding->waiters.at, holding->waiters.count));
        finding->why = weft_finding_say(
            findings,
            "The others lost %s to it, %s of their waiting for it: how long it takes is not in "
            "the program's hands (counts from %s and %s on).",
            WEFT_NS(holding->waited_ns),
            weft_words_share(holding->waited_ns, holding->wanted_ns).text,
            weft_threshold_said(findings, WEFT_FROM_BLOCK_HOLDING),
            weft_threshold_said(findings, WEFT_FROM_HELD_UP));
    } else {
        finding->what = weft_finding_say(
            findings, "%s was blocked for %s (%s) with %s held.",
            weft_thread_called(findings, rest->thread), WEFT_NS(rest->to_ns - rest->from_ns),
            doing(findings, rest), weft_object_called(findings, holding->object));
        finding->why = weft_finding_say(
            findings,
            "Nobody wanted it this time; who does waits as long as the call takes (counts "
            "from %s on).",
            weft_threshold_said(findings, WEFT_FROM_BLOCK_ALONE));
    }
    finding->advice = _("Copy what the call needs while the lock is held, release it, and make the "
                        "call then.");
}

void weft_find_block_holding(struct weft_findings *findings)
{
    struct weft_holdings holdings = {.all = {0}};

    findings->no_memory |= !weft_holdings_collect(findings->model, false, &holdings);
    for (size_t i = 0; i < holdings.all.count; i++) {
        const struct weft_holding *holding = &holdings.all.at[i];
        const bool waited = weft_holding_matters(holding, findings->from[WEFT_FROM_BLOCK_HOLDING],
                                                 findings->from[WEFT_FROM_HELD_UP]);
        const bool alone = holding->longest_io_ns > 0 &&
                           holding->longest_io_ns >= findings->from[WEFT_FROM_BLOCK_ALONE];
        if (waited || alone) {
            tell(findings, holding, waited);
        }
    }
    weft_holdings_done(&holdings);
}
