#include "runtime/schedule/runners.h"

#include "runtime/record/lane.h"
#include "runtime/record/sys.h"

#include <linux/futex.h>
#include <stddef.h>

enum { TIMED_OUT = -110 }; /* ETIMEDOUT */

struct weft_runners weft_runners;

_Thread_local struct weft_here weft_here __attribute__((tls_model("initial-exec")));

bool weft_word_wait(_Atomic uint32_t *word, uint32_t value, uint32_t ms)
{
    const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    return weft_sys(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, (long)value,
                    ms > 0 ? (long)&limit : 0, 0, 0) != TIMED_OUT;
}

void weft_word_wake(_Atomic uint32_t *word)
{
    (void)weft_sys(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

void weft_runners_lock(void)
{
    uint32_t free = 0;

    weft_here.holding = true;
    atomic_signal_fence(memory_order_seq_cst);
    /* Pairs with the release in unlock. */
    if (!atomic_compare_exchange_strong_explicit(&weft_runners.lock, &free, 1, memory_order_acquire,
                                                 memory_order_relaxed)) {
        while (atomic_exchange_explicit(&weft_runners.lock, 2, memory_order_acquire) != 0) {
            (void)weft_word_wait(&weft_runners.lock, 2, 0);
        }
    }
}

void weft_runners_unlock(void)
{
    if (atomic_exchange_explicit(&weft_runners.lock, 0, memory_order_release) == 2) {
        weft_word_wake(&weft_runners.lock);
    }
    atomic_signal_fence(memory_order_seq_cst);
    weft_here.holding = false;
}

static uint32_t *count_of(enum weft_runner_state state)
{
    static uint32_t others;

    switch (state) {
    case WEFT_RUNNER_READY:
        return &weft_runners.ready;
    case WEFT_RUNNER_SPINNING:
        return &weft_runners.spinning;
    case WEFT_RUNNER_POLLING:
        return &weft_runners.polling;
    case WEFT_RUNNER_OUTSIDE:
    case WEFT_RUNNER_ASTRAY:
        return &weft_runners.outside;
    default:
        return &others;
    }
}

void weft_runner_set_deadline(struct weft_runner *runner, uint64_t deadline_ns)
{
    runner->deadline_ns = deadline_ns;
    if (deadline_ns < weft_runners.next_deadline_ns) {
        weft_runners.next_deadline_ns = deadline_ns;
    }
}

void weft_runner_set_state(struct weft_runner *runner, enum weft_runner_state state)
{
    (*count_of(runner->state))--;
    (*count_of(state))++;
    runner->state = state;
    runner->since = ++weft_runners.serial;
}

void weft_runner_make_ready(struct weft_runner *runner, enum weft_turn_end end)
{
    runner->end = end;
    runner->key = NULL;
    runner->deadline_ns = WEFT_TURN_NEVER;
    weft_runner_set_state(runner, WEFT_RUNNER_READY);
}

void weft_runners_release(enum weft_runner_state state)
{
    if (*count_of(state) == 0) {
        return;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        if (weft_runners.runners[i].state == state) {
            weft_runners.runners[i].idle = false;
            weft_runner_make_ready(&weft_runners.runners[i], WEFT_TURN_WOKEN);
        }
    }
}

void weft_runners_change(void)
{
    weft_runners.changes++;
    weft_runners_release(WEFT_RUNNER_SPINNING);
}

bool weft_runner_has_deadline(const struct weft_runner *runner)
{
    return (runner->state == WEFT_RUNNER_BLOCKED || runner->state == WEFT_RUNNER_POLLING) &&
           runner->deadline_ns != WEFT_TURN_NEVER;
}

struct weft_runner *weft_runners_first_deadline(void)
{
    struct weft_runner *first = NULL;

    for (uint32_t i = 0; i < weft_runners.count; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (weft_runner_has_deadline(runner) &&
            (first == NULL || runner->deadline_ns < first->deadline_ns)) {
            first = runner;
        }
    }
    return first;
}

void weft_runners_expire(void)
{
    const uint64_t until = weft_runners_now();
    struct weft_runner *first;

    if (until < weft_runners.next_deadline_ns) {
        return;
    }
    while ((first = weft_runners_first_deadline()) != NULL && first->deadline_ns <= until) {
        weft_runner_make_ready(first, WEFT_TURN_TIMEOUT);
    }
    weft_runners.next_deadline_ns = first != NULL ? first->deadline_ns : WEFT_TURN_NEVER;
}

bool weft_runners_have_left(uint32_t why)
{
    return (atomic_load_explicit(&weft_runners.spool->left, memory_order_relaxed) & why) != 0;
}

bool weft_runners_beside(void)
{
    return weft_runners_have_left(WEFT_LEFT_STUCK | WEFT_LEFT_STRANGER);
}

void weft_runners_unpin(void)
{
    if (!weft_processors_unpin()) {
        return;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        const struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->state != WEFT_RUNNER_FREE && runner->tid != 0) {
            (void)weft_processors_set(runner->tid, weft_processors_at(runner->processors));
        }
    }
}

struct weft_runner *weft_runner_find(uint32_t tid, uint32_t number)
{
    if (tid == 0 && number == 0) {
        return weft_here.self;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->state != WEFT_RUNNER_FREE &&
            (number != 0 ? runner->number == number : runner->tid == tid)) {
            return runner;
        }
    }
    return NULL;
}

void weft_runner_keep_processors(struct weft_runner *runner)
{
    struct weft_processors really;
    bool full = false;

    if (runner->tid == 0 || !weft_processors_get(runner->tid, &really)) {
        return;
    }
    runner->processors = weft_processors_keep(&really, &full);
    if (full || !weft_processors_set(runner->tid, weft_processors_one())) {
        weft_runners_unpin();
        (void)weft_processors_set(runner->tid, &really);
    }
}

void weft_runners_left(uint32_t why)
{
    (void)atomic_fetch_or_explicit(&weft_runners.spool->left, why, memory_order_relaxed);
}

void weft_runners_left_beside(uint32_t why)
{
    weft_runners_left(why);
    weft_runners_unpin();
}

struct weft_runner *weft_runners_first_waiting(const void *key, uint32_t mask)
{
    struct weft_runner *first = NULL;

    for (uint32_t i = 0; i < weft_runners.count; i++) {
        struct weft_runner *runner = &weft_runners.runners[i];
        if (runner->state == WEFT_RUNNER_BLOCKED && runner->key == key &&
            (runner->mask & mask) != 0 && (first == NULL || runner->since < first->since)) {
            first = runner;
        }
    }
    return first;
}

uint32_t weft_runners_wake(const void *key, uint32_t count, uint32_t mask)
{
    uint32_t woken = 0;
    struct weft_runner *first;

    while (woken < count && (first = weft_runners_first_waiting(key, mask)) != NULL) {
        weft_runner_make_ready(first, WEFT_TURN_WOKEN);
        woken++;
    }
    return woken;
}

void weft_runners_retry(void)
{
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        if (weft_runners.runners[i].state == WEFT_RUNNER_BLOCKED &&
            weft_runners.runners[i].key != NULL && weft_runners.runners[i].mask != WEFT_TURN_FIRM) {
            weft_runner_make_ready(&weft_runners.runners[i], WEFT_TURN_WOKEN);
        }
    }
}
