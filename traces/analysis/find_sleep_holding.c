/* sleep-holding: threads sleep with a lock in their hands while others wait for it. */
#include "base/tongue.h"
#include "traces/analysis/holding.h"

static void tell(struct weft_findings *findings, const struct weft_holding *holding)
{
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_SLEEP_HOLDING, holding->from_ns, holding->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = holding->waited_ns;
    weft_holding_tell(findings, finding, holding, &holding->longest, _("sleeps"));
    finding->what = weft_finding_say(
        findings, "%s slept with %s held, %llu time%s and %s in all, while %s waited for it.",
        weft_threads_called(findings, holding->holders.at, holding->holders.count),
        weft_object_called(findings, holding->object), (unsigned long long)holding->count,
        holding->count == 1 ? "" : "s", WEFT_NS(holding->rested_ns),
        weft_threads_called(findings, holding->waiters.at, holding->waiters.count));
    finding->why = weft_finding_say(
        findings,
        "The others lost %s to these sleeps, %s of their waiting for it: while one sleeps, none of "
        "them can go on (counts from %s and %s on).",
        WEFT_NS(holding->waited_ns), weft_words_share(holding->waited_ns, holding->wanted_ns).text,
        weft_threshold_said(findings, WEFT_FROM_SLEEP_HOLDING),
        weft_threshold_said(findings, WEFT_FROM_HELD_UP));
    finding->advice =
        _("Sleep outside the lock: release it before, or hold it only for the data that "
          "it guards.");
}

void weft_find_sleep_holding(struct weft_findings *findings)
{
    struct weft_holdings holdings = {.all = {0}};

    findings->no_memory |= !weft_holdings_collect(findings->model, true, &holdings);
    for (size_t i = 0; i < holdings.all.count; i++) {
        const struct weft_holding *holding = &holdings.all.at[i];
        if (weft_holding_matters(holding, findings->from[WEFT_FROM_SLEEP_HOLDING],
                                 findings->from[WEFT_FROM_HELD_UP])) {
            tell(findings, holding);
        }
    }
    weft_holdings_done(&holdings);
}
