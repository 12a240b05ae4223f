/*
 * poll: threads that look and sleep in turn until what they look for has come: questions and tries
 * in vain with a sleep behind each, or loops of taking a lock only to look (looks.h).
 *
 * A thread that asks, then works, then sleeps does so for its work; one that asks and goes to sleep
 * at once has looked in vain.  At least a quarter of the looks must be such.
 */
#include "base/tongue.h"
#include "traces/analysis/looks.h"

#include "base/map.h"
#include "base/vec.h"

#include <stdlib.h>

enum { VAIN_PART = 4, NAMED_MAX = 32 };

/* What threads asked of one thing with sleeps in between. */
struct poll {
    uint64_t from_ns, to_ns;
    uint64_t looks, vain, slept_ns;
    uint64_t most; /* looks of one thread, in a row */
    uint32_t object;
    uint8_t question;
    struct {
        struct poller {
            uint64_t looks;
            uint32_t thread, site, sleep_site;
            uint64_t t_ns;
        } * at;
        size_t count, room;
    } pollers;
};

/* What a thread has done since it last slept. */
struct between {
    uint64_t t_ns;
    uint32_t object, site;
    uint8_t question;
    bool asked, worked;
    uint32_t poll; /* its last look was of this one, WEFT_NONE: it was none */
    uint64_t sleep_ns;
};

struct polls {
    const struct weft_model *model;
    struct between *threads;
    struct weft_map of; /* object << 8 | question */
    struct {
        struct poll *at;
        size_t count, room;
    } all;
};

static enum weft_question question_of(const struct weft_model *model, size_t index,
                                      const struct weft_point *point)
{
    switch (point->kind) {
    case WEFT_EV_QUERY:
    case WEFT_EV_POLL_BEGIN: {
        const struct weft_point_args args = weft_model_args(model, (uint32_t)index);
        return args.has_first && args.first > 0 && args.first < WEFT_ASK_COUNT
                   ? (enum weft_question)args.first
                   : WEFT_ASK_NONE;
    }
    case WEFT_EV_LOCK_FAIL:
        return WEFT_ASK_ACQUIRE;
    case WEFT_EV_SEM_FAIL:
        return WEFT_ASK_PERMIT;
    case WEFT_EV_QUEUE_PUT_FAIL:
        return WEFT_ASK_PUT;
    case WEFT_EV_QUEUE_GET_FAIL:
        return WEFT_ASK_GET;
    case WEFT_EV_RWLOCK_FAIL:
        return WEFT_ASK_READ;
    default:
        return WEFT_ASK_NONE;
    }
}

static struct poll *poll_of(struct polls *polls, uint32_t object, uint8_t question, uint32_t *at)
{
    const uint64_t key = (uint64_t)object << 8 | question;
    const uint32_t *index = weft_map_find(&polls->of, key);

    *at = index != NULL ? *index : (uint32_t)polls->all.count;
    if (index == NULL && (!weft_map_put(&polls->of, key, *at) ||
                          !weft_vec_push(&polls->all, (struct poll){.from_ns = UINT64_MAX,
                                                                    .object = object,
                                                                    .question = question}))) {
        return NULL;
    }
    return &polls->all.at[*at];
}

/* The thread goes to sleep after a look. */
static bool add_look(struct polls *polls, uint32_t thread, struct between *between,
                     uint32_t sleep_site)
{
    uint32_t at;
    struct poll *poll = poll_of(polls, between->object, between->question, &at);
    size_t k = 0;

    if (poll == NULL) {
        return false;
    }
    poll->from_ns = between->t_ns < poll->from_ns ? between->t_ns : poll->from_ns;
    poll->to_ns = between->t_ns;
    poll->looks++;
    poll->vain += !between->worked;
    while (k < poll->pollers.count && poll->pollers.at[k].thread != thread) {
        k++;
    }
    between->poll = at;
    if (k == poll->pollers.count) {
        if (k == NAMED_MAX) {
            return true;
        }
        if (!weft_vec_push(&poll->pollers,
                           (struct poller){0, thread, between->site, sleep_site, between->t_ns})) {
            return false;
        }
    }
    poll->pollers.at[k].looks++;
    if (poll->pollers.at[k].looks > poll->most) {
        poll->most = poll->pollers.at[k].looks;
    }
    return true;
}

static bool step(struct polls *polls, size_t index, const struct weft_point *point)
{
    struct between *between = &polls->threads[point->thread];
    const enum weft_question question = question_of(polls->model, index, point);
    const uint8_t family = weft_events[point->kind].family;

    if (question != WEFT_ASK_NONE) {
        between->worked |= between->asked && between->object != point->object;
        between->asked = true;
        between->object = point->object;
        between->question = (uint8_t)question;
        between->site = point->site;
        between->t_ns = point->t_ns;
        return true;
    }
    if (point->kind == WEFT_EV_SLEEP_BEGIN) {
        between->sleep_ns = point->t_ns;
        between->poll = WEFT_NONE;
        const bool good = !between->asked || add_look(polls, point->thread, between, point->site);
        between->asked = between->worked = false;
        return good;
    }
    if (point->kind == WEFT_EV_SLEEP_END) {
        if (between->poll != WEFT_NONE) {
            struct poll *poll = &polls->all.at[between->poll];
            poll->slept_ns = weft_sum(poll->slept_ns, point->t_ns - between->sleep_ns);
            poll->to_ns = point->t_ns;
        }
        between->poll = WEFT_NONE;
        return true;
    }
    /* Locks around the look are no work, and neither is the end of a poll. */
    if (family != WEFT_FAMILY_LOCK && family != WEFT_FAMILY_RWLOCK &&
        point->kind != WEFT_EV_POLL_END && between->asked) {
        between->worked = true;
    }
    return true;
}

static void tell(struct weft_findings *findings, const struct poll *poll)
{
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_POLL, poll->from_ns, poll->to_ns);
    uint64_t looks = 0;

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = poll->slept_ns;
    for (size_t i = 0; i < poll->pollers.count; i++) {
        const struct poller *poller = &poll->pollers.at[i];
        if (poller->looks < 2) {
            continue;
        }
        looks += poller->looks;
        weft_finding_thread(findings, finding, poller->thread);
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){
                               _("looks"), poller->t_ns, poller->thread,
                               poll->question == WEFT_ASK_IS_ALIVE ? WEFT_NONE : poll->object,
                               poller->site, WEFT_NONE});
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){_("sleeps"), poller->t_ns, poller->thread,
                                                       WEFT_NONE, poller->sleep_site, WEFT_NONE});
    }
    const char *thing = "";
    if (poll->object != WEFT_NONE && poll->question != WEFT_ASK_IS_ALIVE) {
        weft_finding_object(findings, finding, poll->object);
        thing = weft_finding_say(findings, " of %s", weft_object_called(findings, poll->object));
    }
    finding->what =
        weft_finding_say(findings, "%s asked “%s”%s and slept in turn, %llu times.",
                         weft_threads_called(findings, finding->threads.at, finding->threads.count),
                         _(weft_questions[poll->question].words), thing, (unsigned long long)looks);
    finding->why = weft_finding_say(
        findings,
        "What comes meanwhile waits until the sleep is over: they slept %s in all, and "
        "%llu looks were in vain (counts from %s on).",
        WEFT_NS(poll->slept_ns), (unsigned long long)poll->vain,
        weft_threshold_said(findings, WEFT_FROM_POLL_LOOKS));
    finding->advice =
        _("Wait for it instead: a get that waits, a condition, a semaphore or an event "
          "wakes the thread as soon as there is something.");
}

static void tell_looks(struct weft_findings *findings, const struct weft_looks *looks)
{
    struct weft_finding *finding =
        weft_finding_new(findings, WEFT_FIND_POLL, looks->from_ns, looks->to_ns);

    if (finding == NULL) {
        return;
    }
    finding->cost_ns = looks->slept_ns;
    weft_finding_thread(findings, finding, looks->thread);
    weft_finding_object(findings, finding, looks->object);
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("looks"), looks->from_ns, looks->thread,
                                                   looks->object, looks->site, WEFT_NONE});
    weft_finding_place(findings, finding,
                       (struct weft_finding_place){_("sleeps"), looks->from_ns, looks->thread,
                                                   WEFT_NONE, looks->sleep_site, WEFT_NONE});
    finding->what = weft_finding_say(
        findings,
        "%s took %s %llu times only to look, and slept in between, until %s had changed "
        "something.",
        weft_thread_called(findings, looks->thread), weft_object_called(findings, looks->object),
        (unsigned long long)looks->looks, weft_thread_called(findings, looks->changed_by));
    finding->why = weft_finding_say(
        findings,
        "It sees a change only when its sleep is over, and it slept %s in all (counts "
        "from %s on).",
        WEFT_NS(looks->slept_ns), weft_threshold_said(findings, WEFT_FROM_POLL_LOCK_LOOKS));
    finding->advice =
        _("Wait on a condition of this lock, and signal it where the change is made.");
}

static bool collect(struct polls *polls)
{
    bool good = true;

    polls->threads = calloc(polls->model->threads.count + 1, sizeof *polls->threads);
    for (size_t i = 0; polls->threads != NULL && i < polls->model->threads.count; i++) {
        polls->threads[i].poll = WEFT_NONE;
    }
    for (size_t i = 0; polls->threads != NULL && good && i < polls->model->points.count; i++) {
        const struct weft_point point = weft_model_point(polls->model, i);
        good = step(polls, i, &point);
    }
    return good && polls->threads != NULL;
}

void weft_find_poll(struct weft_findings *findings)
{
    struct polls polls = {.model = findings->model};
    struct weft_looks_list looks = {.all = {0}};
    const bool good =
        collect(&polls) && weft_looks_collect(findings->model, true,
                                              findings->from[WEFT_FROM_POLL_LOCK_LOOKS], &looks);

    findings->no_memory |= !good;
    for (size_t i = 0; i < polls.all.count; i++) {
        const struct poll *poll = &polls.all.at[i];
        if (good && poll->most >= findings->from[WEFT_FROM_POLL_LOOKS] && poll->most > 1 &&
            poll->vain > 0 && poll->vain * VAIN_PART >= poll->looks) {
            tell(findings, poll);
        }
        free(poll->pollers.at);
    }
    for (size_t i = 0; good && i < looks.all.count; i++) {
        tell_looks(findings, &looks.all.at[i]);
    }
    free(polls.threads);
    free(polls.all.at);
    free(looks.all.at);
    weft_map_done(&polls.of);
}
