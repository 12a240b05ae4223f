#include "runtime/schedule/pick.h"

#include "runtime/record/lane.h"
#include "runtime/record/sys.h"
#include "runtime/schedule/runners.h"
#include "runtime/schedule/strangers.h"
#include "traces/format/plan.h"

#include <signal.h>
#include <stddef.h>

enum {
    SLACK_NS = 50000, /* timers this close together fire together, as Linux lets them by default */
    IDLE_ROUNDS = 10, /* looks at the outside before time jumps ahead */
};

static uint32_t idle_rounds;

/* When the run is ended. */
static uint64_t end_ns(void)
{
    return weft_runners.plan.limit_ms != 0 ? weft_runners.plan.limit_ms * 1000000 : WEFT_TURN_NEVER;
}

/*
 * Has it gone on for too long?  Where the plan does not say what that is, one that serves the world
 * outside may, and one that did little in that time: it only waits for long.
 */
static bool is_too_late(void)
{
    return weft_runners_now() >= end_ns() &&
           (weft_runners.plan.has_limit || (!weft_runners_have_left(WEFT_LEFT_CALL) &&
                                            weft_runners.points >= WEFT_PLAN_LIMIT_POINTS));
}

/* Time jumps to the first deadline, and to those that come with it; false: there is none. */
static bool jump(void)
{
    const struct weft_runner *runner = weft_runners_first_deadline();
    uint64_t last = 0;

    if (runner == NULL) {
        return false;
    }
    const uint64_t first = runner->deadline_ns;
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        const uint64_t deadline = weft_runners.runners[i].deadline_ns;
        if (weft_runner_has_deadline(&weft_runners.runners[i]) && deadline - first <= SLACK_NS &&
            deadline > last) {
            last = deadline;
        }
    }
    if (weft_runners.plan.has_limit && last > end_ns()) {
        last = end_ns();
    }
    if (last > weft_runners_now()) {
        atomic_store_explicit(&weft_runners.spool->now_ns, last, memory_order_relaxed);
    }
    return true;
}

/* In the order of the default: who runs first, then who has waited longest. */
static uint32_t gather(struct weft_runner *me, struct weft_runner **found)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < weft_runners.count && count < weft_runners.ready; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->state != WEFT_RUNNER_READY) {
            continue;
        }
        uint32_t at = count++;
        while (at > 0 && found[at - 1] != me &&
               (runner == me || found[at - 1]->since > runner->since)) {
            found[at] = found[at - 1];
            at--;
        }
        found[at] = runner;
    }
    return count;
}

static struct weft_runner *choose(struct weft_runner *me)
{
    static struct weft_runner *found[WEFT_RUNNERS];
    const uint32_t count = gather(me, found);
    uint32_t taken = 0;
    bool diverged = false;

    if (count > 1) {
        taken =
            weft_choose(&weft_runners.chooser, found, count, me, weft_runners.points, &diverged);
        weft_choice_keep(found[taken], found, count, taken);
        if (weft_runners.choices < WEFT_CHOICES_LOGGED) {
            atomic_store_explicit(&weft_spool.head->logged[weft_runners.choices],
                                  weft_logged(taken, count, found[0] == me), memory_order_relaxed);
        }
        weft_runners.choices++;
        weft_runners.hash = (weft_runners.hash ^ found[taken]->number) * 0x100000001b3u;
        atomic_store_explicit(&weft_runners.spool->choices, weft_runners.choices,
                              memory_order_relaxed);
        atomic_store_explicit(&weft_runners.spool->hash, weft_runners.hash, memory_order_relaxed);
    }
    if (diverged) {
        weft_runners_left(WEFT_LEFT_DIVERGED);
    }
    return found[taken];
}

static struct weft_runner *first_polling(void)
{
    struct weft_runner *first = NULL;

    for (uint32_t i = 0; i < weft_runners.count; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->state == WEFT_RUNNER_POLLING &&
            (first == NULL || runner->since < first->since)) {
            first = runner;
        }
    }
    return first;
}

/* Nobody is ready: makes somebody so, gives one who looks outside; false: nobody can be. */
static bool stir(struct weft_runner **found)
{
    const bool deadline = weft_runners_first_deadline() != NULL;

    if (weft_runners.polling > 0 && weft_runners.spinning > 0 && !deadline) {
        weft_runners_release(WEFT_RUNNER_SPINNING);
        weft_runners_release(WEFT_RUNNER_POLLING);
        return true;
    }
    if (weft_runners.polling > 0 && (!deadline || idle_rounds < IDLE_ROUNDS)) {
        idle_rounds++;
        *found = first_polling();
        (*found)->idle = true;
        (*found)->end = WEFT_TURN_WOKEN;
        return true;
    }
    if (deadline && weft_runners.outside > 0 && !weft_runners.outside_had_time) {
        return false;
    }
    if (deadline) {
        idle_rounds = 0;
        weft_runners.outside_had_time = false;
        return jump();
    }
    if (weft_runners.spinning > 0) {
        weft_runners_release(WEFT_RUNNER_SPINNING);
        return true;
    }
    return false;
}

/* The run is over: weft ends the program, or it does so itself. */
static void end_run(enum weft_verdict verdict)
{
    weft_runners.over = true;
    atomic_store_explicit(&weft_runners.spool->verdict, verdict, memory_order_release);
    if (weft_runners.spool->end_when_over != 0) {
        (void)weft_sys(SYS_kill, (long)weft_sys_pid(), SIGKILL, 0, 0, 0, 0);
    }
}

struct weft_runner *weft_pick(struct weft_runner *me)
{
    for (;;) {
        struct weft_runner *found = NULL;
        if (weft_runners.over) {
            return NULL;
        }
        if (is_too_late()) {
            end_run(WEFT_VERDICT_LIMIT);
            return NULL;
        }
        weft_runners_expire();
        if (weft_runners.ready == 1 && me != NULL && me->state == WEFT_RUNNER_READY) {
            return me;
        }
        if (weft_runners.ready > 0) {
            return choose(me);
        }
        if (!stir(&found)) {
            break;
        }
        if (found != NULL) {
            return found;
        }
    }
    if (weft_runners.alive > 0 && weft_runners.outside == 0) {
        if (weft_strangers_exist()) {
            weft_runners_left_beside(WEFT_LEFT_STRANGER);
        } else {
            end_run(WEFT_VERDICT_DEADLOCK);
        }
    }
    return NULL;
}

void weft_give(struct weft_runner *next)
{
    weft_runners.holder = next;
    if (next != NULL) {
        weft_runner_set_state(next, WEFT_RUNNER_RUNNING);
        next->deadline_ns = WEFT_TURN_NEVER;
        atomic_store_explicit(&next->go, 1, memory_order_release);
    }
    weft_runners_unlock();
    if (next != NULL) {
        weft_word_wake(&next->go);
    }
}
