/*
 * spin: a thread that asks and asks, without a pause, until the answer is another one: polls of the
 * trace, long waits for spin locks, and loops of taking a lock only to look (looks.h).
 */
#include "base/tongue.h"
#include "traces/analysis/looks.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* On the average a question at least so often: who asks more rarely does something in between. */
enum { GAP_MAX_NS = 100000 };

/* What one thread asked of one thing. */
struct asking {
    uint64_t from_ns, to_ns, ns, times;
    uint32_t thread, object;
    uint32_t longest; /* span */
    uint64_t longest_ns;
    uint8_t state, question;
    bool about_thread;
};

struct askings {
    struct {
        struct asking *at;
        size_t count, room;
    } all;
};

static struct asking *asking_of(struct askings *askings, size_t first, uint32_t thread,
                                const struct weft_span *span)
{
    for (size_t i = first; i < askings->all.count; i++) {
        struct asking *asking = &askings->all.at[i];
        if (asking->object == span->object && asking->state == span->state &&
            asking->question == span->question) {
            return asking;
        }
    }
    if (!weft_vec_push(&askings->all,
                       (struct asking){.from_ns = span->start_ns,
                                       .thread = thread,
                                       .object = span->object,
                                       .state = span->state,
                                       .question = span->question,
                                       .about_thread = weft_span_about_thread(span)})) {
        return NULL;
    }
    return &askings->all.at[askings->all.count - 1];
}

static bool is_spin_lock(const struct weft_model *model, const struct weft_span *span)
{
    return span->state == WEFT_STATE_LOCK_WAIT && span->object != WEFT_NONE &&
           model->objects.at[span->object].kind == WEFT_OBJ_SPINLOCK;
}

static bool add_thread(struct weft_findings *findings, uint32_t thread, struct askings *askings)
{
    const struct weft_model *model = findings->model;
    const struct weft_thread_info *info = &model->threads.at[thread];
    const size_t first = askings->all.count;
    const bool simulated =
        model->header.clock != NULL && strcmp(model->header.clock, "virtual") == 0;

    for (uint32_t i = 0; i < info->spans.count; i++) {
        const uint8_t state = info->spans.at[i].state;
        if (state != WEFT_STATE_POLL && state != WEFT_STATE_LOCK_WAIT) {
            continue;
        }
        const struct weft_span span = weft_model_span(model, thread, i);
        if (state == WEFT_STATE_LOCK_WAIT && !is_spin_lock(model, &span)) {
            continue;
        }
        const uint64_t end_ns = weft_span_end_ns(model, thread, i);
        const uint64_t ns = end_ns - span.start_ns;
        const int64_t times = weft_span_extra_of(model, &span).amount;
        /* A simulated clock goes on by more than a question takes. */
        if (state == WEFT_STATE_POLL && times > 0 && !simulated &&
            ns / (uint64_t)times > GAP_MAX_NS) {
            continue;
        }
        struct asking *asking = asking_of(askings, first, thread, &span);
        if (asking == NULL) {
            return false;
        }
        asking->to_ns = end_ns;
        asking->ns = weft_sum(asking->ns, ns);
        asking->times += state == WEFT_STATE_POLL && times > 0 ? (uint64_t)times : 0;
        if (ns >= asking->longest_ns) {
            asking->longest_ns = ns;
            asking->longest = i;
        }
    }
    return true;
}

static const char ADVICE[] = N_(
    "Wait instead of asking: join the thread or the queue, wait on a condition, a semaphore or an "
    "event; or take the lock, which waits.");

static void tell_asking(struct weft_findings *findings, const struct asking *asking)
{
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_SPIN, asking->from_ns, asking->to_ns);
    const char *thing = "";

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = asking->ns;
    weft_finding_thread(findings, finding, asking->thread);
    if (asking->object != WEFT_NONE && !asking->about_thread) {
        weft_finding_object(findings, finding, asking->object);
        thing = weft_finding_say(findings, " of %s", weft_object_called(findings, asking->object));
    } else if (asking->object != WEFT_NONE) {
        thing = weft_finding_say(findings, " of %s", weft_thread_called(findings, asking->object));
    }
    weft_finding_span(findings, finding, _("spins"), asking->thread, asking->longest);
    const char *name = weft_thread_called(findings, asking->thread);
    if (asking->state == WEFT_STATE_LOCK_WAIT) {
        finding->what =
            weft_finding_say(findings, "%s spun for %s, a spin lock, for %s.", name,
                             weft_object_called(findings, asking->object), WEFT_NS(asking->ns));
    } else {
        finding->what = weft_finding_say(
            findings, "%s asked “%s”%s without a pause for %s%s.", name,
            _(weft_questions[asking->question].words), thing, WEFT_NS(asking->ns),
            asking->times == 0
                ? ""
                : weft_finding_say(findings, ", %s times", weft_words_count(asking->times).text));
    }
    finding->why = weft_finding_say(
        findings,
        "It kept a processor busy all that time and got nothing done by it (counts from "
        "%s on).",
        weft_threshold_said(findings, WEFT_FROM_SPIN));
    finding->advice = _(ADVICE);
}

static void tell_looks(struct weft_findings *findings, const struct weft_looks *looks)
{
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_SPIN, looks->from_ns, looks->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = looks->to_ns - looks->from_ns;
    weft_finding_thread(findings, finding, looks->thread);
    weft_finding_object(findings, finding, looks->object);
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("spins"), looks->from_ns, looks->thread,
                                                   looks->object, looks->site, WEFT_NONE});
    finding->what = weft_finding_say(
        findings, "%s took %s %s times in %s only to look, until %s had changed something.",
        weft_thread_called(findings, looks->thread), weft_object_called(findings, looks->object),
        weft_words_count(looks->looks).text, WEFT_NS(finding->cost_ns),
        weft_thread_called(findings, looks->changed_by));
    finding->why = weft_finding_say(
        findings, "It kept a processor busy and the lock from others (counts from %s and %s on).",
        weft_threshold_said(findings, WEFT_FROM_SPIN_LOOKS),
        weft_threshold_said(findings, WEFT_FROM_SPIN));
    finding->advice = "Wait on a condition of this lock, and signal it where the change is made.";
}

void weft_find_spin(struct weft_findings *findings)
{
    struct askings askings = {.all = {0}};
    struct weft_looks_list looks = {.all = {0}};
    bool good =
        weft_looks_collect(findings->model, false, findings->from[WEFT_FROM_SPIN_LOOKS], &looks);

    for (uint32_t i = 0; good && i < findings->model->threads.count; i++) {
        good = add_thread(findings, i, &askings);
    }
    findings->no_memory |= !good;
    for (size_t i = 0; good && i < askings.all.count; i++) {
        const struct asking *asking = &askings.all.at[i];
        if (asking->ns > 0 && asking->ns >= findings->from[WEFT_FROM_SPIN]) {
            tell_asking(findings, asking);
        }
    }
    for (size_t i = 0; good && i < looks.all.count; i++) {
        const struct weft_looks *it = &looks.all.at[i];
        if (it->to_ns - it->from_ns >= findings->from[WEFT_FROM_SPIN]) {
            tell_looks(findings, it);
        }
    }
    free(askings.all.at);
    free(looks.all.at);
}
