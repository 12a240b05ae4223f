/*
 * unreleased: a lock that is still held when the trace ends, by a thread that has ended, or by the
 * one that ended the program in good order.  A lock that others hold while the program ends is in
 * use, and one that was destroyed is gone.
 *
 * Programs also use a lock as a gate: whoever ends them closed it long ago, to keep others parked.
 * So the one that ended the program forgot a lock only when it took it for its last section, or
 * when the lock was never released at all and somebody waits for it.
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"

/* Has the thread waited, slept or been blocked since? */
static bool rested_since(const struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    const struct weft_thread_info *info = &model->threads.at[thread];

    for (size_t i = info->spans.count; i > 0; i--) {
        const struct weft_span span = weft_thread_span(model, info, i - 1);
        if (span.start_ns <= t_ns) {
            return false;
        }
        if (span.state != WEFT_STATE_RUNNING && span.state != WEFT_STATE_POLL) {
            return true;
        }
    }
    return false;
}

static bool waits_for(const struct weft_findings *findings, uint32_t thread, uint32_t object)
{
    const uint32_t wait = findings->ending->threads[thread].wait;

    return wait != WEFT_NONE &&
           weft_model_span(findings->model, thread, wait).state != WEFT_STATE_JOIN &&
           weft_model_span(findings->model, thread, wait).object == object;
}

static bool is_forgotten(const struct weft_findings *findings, uint32_t object,
                         const struct weft_hold *hold)
{
    const struct weft_model *model = findings->model;

    if (!rested_since(model, hold->thread, hold->start_ns)) {
        return true;
    }
    for (uint32_t i = 0; i < model->threads.count && model->objects.at[object].holds.count == 1;
         i++) {
        if (waits_for(findings, i, object)) {
            return true;
        }
    }
    return false;
}

static bool is_unreleased(const struct weft_findings *findings, uint32_t object,
                          const struct weft_hold *hold)
{
    const struct weft_ending *ending = findings->ending;

    if ((hold->flags & WEFT_SPAN_OPEN) == 0 || (hold->flags & WEFT_SPAN_ASSUMED) != 0 ||
        !weft_ending_knows(ending, hold->thread, hold->start_ns)) {
        return false;
    }
    if (!ending->threads[hold->thread].alive) {
        return true;
    }
    return ending->process_ended && findings->model->exit_signal == 0 &&
           ending->ended_by == hold->thread && is_forgotten(findings, object, hold);
}

static void tell(struct weft_findings *findings, uint32_t object, const struct weft_hold *hold)
{
    const struct weft_model *model = findings->model;
    const struct weft_ending *ending = findings->ending;
    const bool ended = !ending->threads[hold->thread].alive;
    const uint64_t end_ns = ended ? model->threads.at[hold->thread].end_ns : ending->end_ns;
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_UNRELEASED, hold->start_ns, ending->end_ns);
    uint32_t waiting = 0;

    if (finding == NULL) {
        return;
    }
    weft_finding_thread(findings, finding, hold->thread);
    weft_finding_object(findings, finding, object);
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("took it"), hold->start_ns, hold->thread,
                                                   object, hold->site, WEFT_NONE});
    for (uint32_t i = 0; i < model->threads.count; i++) {
        const uint32_t wait = ending->threads[i].wait;
        if (waits_for(findings, i, object)) {
            weft_finding_span(findings, finding, _("waits"), i, wait);
            finding->cost_ns = weft_sum(finding->cost_ns,
                                        ending->end_ns - weft_model_span(model, i, wait).start_ns);
            waiting++;
        }
    }
    finding->what = weft_finding_say(
        findings, "%s took %s at %s and %s at %s without releasing it.",
        weft_thread_called(findings, hold->thread), weft_object_called(findings, object),
        WEFT_NS(hold->start_ns), ended ? _("ended") : _("ended the program"), WEFT_NS(end_ns));
    finding->why =
        waiting > 0 ? weft_finding_say(findings,
                                       "Nobody can have it any more: %u thread%s wait%s for it "
                                       "for ever.",
                                       waiting, waiting == 1 ? "" : "s", waiting == 1 ? "s" : "")
                    : _("Nobody can have it any more: the next one who takes it waits for ever.");
    finding->advice = _("Release it on every way out of the function, also on errors and when the "
                        "thread is cancelled.");
}

void weft_find_unreleased(struct weft_findings *findings)
{
    const struct weft_model *model = findings->model;

    for (uint32_t i = 0; i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        const bool is_lock =
            object->family == WEFT_FAMILY_LOCK || object->family == WEFT_FAMILY_RWLOCK;
        if (!is_lock || object->kind == WEFT_OBJ_ONCE || object->destroyed) {
            continue;
        }
        /* A lock has one open hold, the last; of a read-write lock's the last few are looked at. */
        const size_t back = object->family == WEFT_FAMILY_LOCK ? 1 : WEFT_OWNERS_MAX;
        for (size_t k = object->holds.count; k > 0 && k + back > object->holds.count; k--) {
            const struct weft_hold hold = weft_model_hold(model, i, k - 1);
            if (is_unreleased(findings, i, &hold)) {
                tell(findings, i, &hold);
                break;
            }
        }
    }
}
