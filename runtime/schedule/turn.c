#include "runtime/schedule/turn.h"

#include "runtime/record/lane.h"
#include "runtime/record/record.h"
#include "runtime/record/sys.h"
#include "runtime/schedule/pick.h"
#include "runtime/schedule/runners.h"
#include "runtime/schedule/strangers.h"
#include "runtime/schedule/watch.h"
#include "traces/format/plan.h"

#include <stdatomic.h>
#include <stddef.h>

enum {
    IDLE_PAUSE_NS = 1000000, /* between two looks at the outside that nobody else waits for */
    LOOKS_A_POINT = 64,      /* readings of the clock that are also a scheduling point */
};

static void pass_time(uint64_t ns)
{
    (void)atomic_fetch_add_explicit(&weft_runners.spool->now_ns, ns, memory_order_relaxed);
}

/* Waits until the caller, me, has the turn. */
static void await_go(struct weft_runner *me)
{
    /* Pairs with the release in give: what was done before it is seen. */
    while (atomic_exchange_explicit(&me->go, 0, memory_order_acquire) == 0) {
        if (!weft_word_wait(&me->go, 0, weft_watch_ms())) {
            weft_watch();
        }
    }
}

static void await(struct weft_runner *me)
{
    await_go(me);
    weft_choice_record(me);
}

static void enter(struct weft_runner *me)
{
    weft_here.inside = true;
    atomic_signal_fence(memory_order_seq_cst);
    weft_runners_lock();
    if (me->unfinished != NULL) {
        me->unfinished = NULL;
        weft_runners_left(WEFT_LEFT_SHORT);
    }
    while (me->state != WEFT_RUNNER_RUNNING) { /* outside, or left alone: it comes back */
        weft_runner_make_ready(me, WEFT_TURN_WOKEN);
        if (weft_runners.holder == NULL) {
            weft_give(weft_pick(NULL));
        } else {
            weft_runners_unlock();
        }
        await(me);
        weft_runners_lock();
    }
    if (atomic_exchange_explicit(&weft_runners.nudge_all, false, memory_order_relaxed)) {
        weft_runners_retry();
    }
}

static void leave(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    weft_here.inside = false;
}

/*
 * me is in the state in which it gives its turn away; returns when it has it again.
 *   favoured   whom the default lets go on, if it can: me, or NULL: who has waited longest
 */
static void pass_to(struct weft_runner *me, struct weft_runner *favoured)
{
    struct weft_runner *next = weft_pick(favoured);

    if (next == me) {
        weft_runner_set_state(me, WEFT_RUNNER_RUNNING);
        me->deadline_ns = WEFT_TURN_NEVER;
        weft_runners_unlock();
        weft_choice_record(me);
    } else {
        weft_give(next);
        await(me);
    }
    leave();
}

static void pass(struct weft_runner *me)
{
    pass_to(me, me);
}

static void count_point(void)
{
    weft_runners.points++;
    atomic_store_explicit(&weft_runners.spool->points, weft_runners.points, memory_order_relaxed);
    pass_time(weft_runners.plan.cost_ns);
}

/* A scheduling point that is about an object, NULL: about none; others see what came before. */
static void arrive(struct weft_runner *me, const void *about)
{
    enter(me);
    count_point();
    weft_runners_change();
    me->spun = false;
    me->about = about;
}

static struct weft_runner *new_runner(uint32_t number)
{
    for (uint32_t i = 0; i < WEFT_RUNNERS; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->state == WEFT_RUNNER_FREE) {
            weft_runners.count = i < weft_runners.count ? weft_runners.count : i + 1;
            *runner = (struct weft_runner){
                .number = number,
                .deadline_ns = WEFT_TURN_NEVER,
                .processors = weft_here.self != NULL ? weft_here.self->processors : 0};
            weft_chooser_meet(&weft_runners.chooser, runner);
            weft_runners.alive++;
            return runner;
        }
    }
    weft_runners_left_beside(WEFT_LEFT_STRANGER);
    return NULL;
}

bool weft_turn_start(void)
{
    if (!weft_spool_on() || weft_spool.clock != WEFT_CLOCK_VIRTUAL) {
        return false;
    }
    weft_runners.spool = &weft_spool.head->schedule;
    if (weft_plan_parse(weft_runners.spool->plan, &weft_runners.plan) != NULL) {
        return false;
    }
    weft_plan_settle(&weft_runners.plan);
    weft_chooser_init(&weft_runners.chooser, &weft_runners.plan);
    weft_runners.random_other = weft_runners.plan.seed ^ 0x6a69747465727321u;
    weft_runners.next_deadline_ns = WEFT_TURN_NEVER;
    weft_runners.hash = 0xcbf29ce484222325u;
    weft_processors_pin();
    struct weft_runner *me = new_runner(weft_record_thread());
    me->tid = weft_sys_tid();
    weft_runner_set_state(me, WEFT_RUNNER_RUNNING);
    weft_runners.holder = me;
    weft_here.self = me;
    weft_runners.on = true;
    return true;
}

bool weft_turn_on(void)
{
    return weft_runners.on && weft_spool_on();
}

struct weft_runner *weft_turn_self(void)
{
    return weft_here.inside || !weft_turn_on() ? NULL : weft_here.self;
}

struct weft_runner *weft_turn_make(uint32_t number)
{
    weft_runners_lock();
    struct weft_runner *made = new_runner(number);
    if (made != NULL) {
        weft_runner_set_state(made, WEFT_RUNNER_READY);
        weft_runners_change();
    }
    weft_runners_unlock();
    return made;
}

void weft_turn_unmake(struct weft_runner *runner)
{
    weft_runners_lock();
    weft_runners.alive--;
    weft_runner_set_state(runner, WEFT_RUNNER_FREE);
    weft_runners_unlock();
}

/* Under its turn: it was made on processors of its own, or has come too late to get them back. */
static void begin_on_processors(struct weft_runner *me)
{
    struct weft_processors really;

    if ((!weft_processors_pinned() && !weft_runners_beside()) || !weft_processors_get(0, &really)) {
        return;
    }
    const bool on_one = weft_processors_equal(&really, weft_processors_one());
    if (weft_processors_pinned() && !on_one) {
        weft_runner_keep_processors(me);
    } else if (!weft_processors_pinned() && on_one) {
        (void)weft_processors_set(0, weft_processors_at(me->processors));
    }
}

void weft_turn_begin(struct weft_runner *runner)
{
    weft_here.self = runner;
    weft_here.inside = true;
    runner->tid = weft_sys_tid();
    await_go(runner);
    begin_on_processors(runner);
    weft_record_attach(runner->number);
    weft_choice_record(runner);
    leave();
}

void weft_turn_adopt(void)
{
    struct weft_runner *runner = weft_turn_make(weft_record_thread());

    if (runner == NULL) {
        return;
    }
    weft_runners_lock();
    weft_runners_left_beside(WEFT_LEFT_STRANGER);
    if (weft_runners.holder == NULL) {
        weft_give(weft_pick(NULL));
    } else {
        weft_runners_unlock();
    }
    weft_turn_begin(runner);
}

void weft_turn_end(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    enter(me);
    weft_runners.alive--;
    weft_here.self = NULL;
    weft_runner_set_state(me, WEFT_RUNNER_FREE);
    weft_runners_change();
    (void)weft_runners_wake(weft_turn_end_key(me->number), UINT32_MAX, UINT32_MAX);
    weft_strangers_ended(me->tid);
    weft_give(weft_pick(NULL));
    leave();
}

void weft_turn_point(const void *about)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    arrive(me, about);
    weft_runner_set_state(me, WEFT_RUNNER_READY);
    pass(me);
}

void weft_turn_yield(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    arrive(me, NULL);
    weft_runner_set_state(me, WEFT_RUNNER_READY);
    pass_to(me, NULL);
}

void weft_turn_spin(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    enter(me);
    count_point();
    if (!me->spun) {
        weft_runners_change(); /* it may have done something before it asked */
    }
    const bool again = me->spun && me->seen == weft_runners.changes;
    me->spun = true;
    me->seen = weft_runners.changes;
    me->about = NULL;
    weft_runner_set_state(me, again ? WEFT_RUNNER_SPINNING : WEFT_RUNNER_READY);
    pass(me);
}

void weft_turn_look(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    pass_time(weft_runners.plan.cost_ns);
    me->spun = false; /* the answer is another each time */
    if (++me->looks % LOOKS_A_POINT == 0) {
        weft_turn_point(NULL);
    }
}

static bool is_spurious(bool may_be)
{
    return may_be && weft_runners.plan.spurious > 0 &&
           weft_plan_random(&weft_runners.random_other) % 100 < weft_runners.plan.spurious;
}

enum weft_turn_end weft_turn_block(const void *key, uint64_t deadline_ns, uint32_t mask,
                                   bool spurious)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return WEFT_TURN_WOKEN;
    }
    enter(me);
    weft_runners_change();
    me->spun = false;
    me->about = key;
    if (is_spurious(spurious)) {
        weft_runner_make_ready(me, WEFT_TURN_SPURIOUS);
    } else {
        me->key = key;
        me->mask = mask;
        weft_runner_set_deadline(me, deadline_ns);
        weft_runner_set_state(me, WEFT_RUNNER_BLOCKED);
    }
    pass(me);
    return me->end;
}

bool weft_turn_ends_early(void)
{
    weft_runners_lock();
    const bool early = is_spurious(true);
    weft_runners_unlock();
    return early;
}

/* What a stranger does, and what a runner does that is not in the middle of a call. */
static bool begin_act(void)
{
    if (!weft_turn_on()) {
        return false;
    }
    if (weft_here.holding) { /* a handler interrupted us: all look again, later */
        atomic_store_explicit(&weft_runners.nudge_all, true, memory_order_relaxed);
        return false;
    }
    weft_runners_lock();
    return true;
}

static void end_act(void)
{
    if (weft_runners.holder == NULL && weft_runners.ready > 0) {
        weft_give(weft_pick(NULL));
    } else {
        weft_runners_unlock();
    }
}

uint32_t weft_turn_wake(const void *key, uint32_t count, uint32_t mask)
{
    if (!begin_act()) {
        return 0;
    }
    const uint32_t woken = weft_runners_wake(key, count, mask);
    weft_runners_change();
    end_act();
    return woken;
}

uint32_t weft_turn_move(const void *from, const void *to, uint32_t count)
{
    uint32_t moved = 0;
    struct weft_runner *first;

    if (!begin_act()) {
        return 0;
    }
    while (moved < count && (first = weft_runners_first_waiting(from, UINT32_MAX)) != NULL) {
        first->key = to;
        first->since = ++weft_runners.serial;
        moved++;
    }
    end_act();
    return moved;
}

uint32_t weft_turn_waiting(const void *key)
{
    uint32_t count = 0;

    if (!begin_act()) {
        return 0;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        count += weft_runners.runners[i].state == WEFT_RUNNER_BLOCKED &&
                 weft_runners.runners[i].key == key;
    }
    end_act();
    return count;
}

void weft_turn_nudge(uint32_t number)
{
    if (!begin_act()) {
        return;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->number == number &&
            (runner->state == WEFT_RUNNER_BLOCKED || runner->state == WEFT_RUNNER_POLLING)) {
            weft_runner_make_ready(runner, WEFT_TURN_WOKEN);
            runner->nudged = true;
        }
    }
    end_act();
}

void weft_turn_poke(void)
{
    if (weft_runners.polling > 0 && begin_act()) {
        weft_runners_release(WEFT_RUNNER_POLLING);
        end_act();
    }
}

void weft_turn_sleep_until(uint64_t deadline_ns)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    me->nudged = false;
    do {
        arrive(me, NULL);
        me->key = NULL;
        weft_runner_set_deadline(me, deadline_ns);
        weft_runner_set_state(me, WEFT_RUNNER_BLOCKED);
        pass(me);
    } while (me->end != WEFT_TURN_TIMEOUT && weft_runners_now() < deadline_ns && !me->nudged);
}

uint64_t weft_turn_stretch(uint64_t ns)
{
    const uint64_t more = weft_runners.plan.jitter_permille - 1000;

    if (more == 0 || weft_turn_self() == NULL) {
        return ns;
    }
    weft_runners_lock();
    const uint64_t share = weft_plan_random(&weft_runners.random_other) % (more + 1);
    weft_runners_unlock();
    return ns > UINT64_MAX / 1000 / (more + 1) ? ns : ns + ns / 1000 * share;
}

void weft_turn_outside(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    arrive(me, me->about);
    weft_runners_left(WEFT_LEFT_CALL);
    weft_runner_set_state(me, WEFT_RUNNER_OUTSIDE);
    weft_runners.outside_had_time = false;
    weft_give(weft_pick(NULL));
    leave();
}

void weft_turn_inside(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL) {
        enter(me);
        weft_runners_unlock();
        leave();
    }
}

enum weft_turn_look weft_turn_wait_outside(uint64_t deadline_ns)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return WEFT_LOOK_TIMEOUT;
    }
    arrive(me, NULL);
    me->idle = false;
    weft_runner_set_deadline(me, deadline_ns);
    weft_runner_set_state(me, WEFT_RUNNER_POLLING);
    pass(me);
    if (me->idle) {
        weft_sys_pause_ns(IDLE_PAUSE_NS);
        return WEFT_LOOK_IDLE;
    }
    return me->end == WEFT_TURN_TIMEOUT ? WEFT_LOOK_TIMEOUT : WEFT_LOOK_POKED;
}

void weft_turn_keep(bool keeps)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL) {
        atomic_store_explicit(&me->keeps, keeps, memory_order_relaxed);
    }
}

bool weft_turn_is_alive(uint32_t number)
{
    bool alive = false;

    if (!begin_act()) {
        return false;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        alive |= weft_runners.runners[i].state != WEFT_RUNNER_FREE &&
                 weft_runners.runners[i].number == number;
    }
    end_act();
    return alive;
}

/* Odd and small: no object's address. */
const void *weft_turn_end_key(uint32_t number)
{
    return (const void *)((uintptr_t)number * 2 + 1);
}

void weft_turn_unfinished(const void *rest)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL) {
        me->unfinished = rest;
    }
}

void weft_turn_goes_on(const void *at)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL && me->unfinished == at) {
        me->unfinished = NULL;
    }
}

void weft_turn_left(uint32_t why)
{
    weft_runners_left(why);
}

uint64_t weft_turn_now_ns(void)
{
    return weft_runners_now();
}

int64_t weft_turn_start_wall_ns(void)
{
    return weft_runners.spool->start_real_ns;
}

int64_t weft_turn_wall_ns(void)
{
    return weft_runners.spool->start_real_ns + (int64_t)weft_runners_now();
}

/* Processors ────────────────────────────────────────────────────────────────────────────────── */

/* False: nothing is to be seen to.  True: under the lock. */
static bool begin_processors(void)
{
    if (!weft_turn_on() || !weft_processors_pinned() || weft_here.holding) {
        return false;
    }
    weft_runners_lock();
    return true;
}

const struct weft_processors *weft_turn_processors(uint32_t tid, uint32_t number)
{
    const struct weft_processors *mask = NULL;

    if (begin_processors()) {
        const struct weft_runner *runner = weft_runner_find(tid, number);
        mask = runner != NULL ? weft_processors_at(runner->processors) : NULL;
        weft_runners_unlock();
    }
    return mask;
}

/* One that has not come yet sees to it when it comes. */
void weft_turn_moved(uint32_t tid, uint32_t number)
{
    if (begin_processors()) {
        struct weft_runner *runner = weft_runner_find(tid, number);
        if (runner != NULL) {
            weft_runner_keep_processors(runner);
        }
        weft_runners_unlock();
    }
}

/* No lock: a child after a fork may have one that nobody will ever free. */
void weft_turn_spread(void)
{
    if (weft_runners.on && weft_processors_pinned()) {
        (void)weft_processors_set(
            0, weft_processors_at(weft_here.self != NULL ? weft_here.self->processors : 0));
    }
}

void weft_turn_gather(void)
{
    if (weft_runners.on && weft_processors_pinned() && weft_here.self != NULL) {
        (void)weft_processors_set(0, weft_processors_one());
    }
}

void weft_turn_unpin(void)
{
    if (begin_processors()) {
        weft_runners_unpin();
        weft_runners_unlock();
    }
}