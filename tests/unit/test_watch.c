/* The deadlock watcher by itself: which orders of events are told, and which are not. */
#include "traces/write/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { A = 1, B, C, MS = 1000000 };

static struct weft_watch watch;
static uint64_t now_ns;

static int begin(void **state)
{
    (void)state;
    now_ns = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    weft_watch_done(&watch);
    return 0;
}

static void happens(enum weft_event_kind kind, uint32_t thread, uint32_t object)
{
    now_ns += MS;
    weft_watch_event(&watch, &(struct weft_watched_event){.kind = kind,
                                                          .object_kind = WEFT_OBJ_MUTEX,
                                                          .thread = thread,
                                                          .object = object,
                                                          .t_ns = now_ns});
}

static void requests_timed(uint32_t thread, uint32_t object)
{
    weft_watch_event(&watch, &(struct weft_watched_event){.kind = WEFT_EV_LOCK_REQUEST,
                                                          .thread = thread,
                                                          .object = object,
                                                          .timed = true,
                                                          .t_ns = ++now_ns});
}

/* Looks until 500 ms from now, every 100 ms; how many deadlocks were told, the last in *cycle. */
static int told(struct weft_cycle *cycle)
{
    int count = 0;

    for (int look = 0; look <= 5; look++) {
        while (weft_watch_look(&watch, now_ns, cycle)) {
            count++;
        }
        now_ns += 100 * MS;
    }
    return count;
}

static void ab_ba(void)
{
    happens(WEFT_EV_LOCK_ACQUIRE, 1, A);
    happens(WEFT_EV_LOCK_ACQUIRE, 2, B);
    happens(WEFT_EV_LOCK_REQUEST, 1, B);
    happens(WEFT_EV_LOCK_REQUEST, 2, A);
}

static void two_threads_are_told_once(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    ab_ba();
    assert_int_equal(told(&cycle), 1);
    assert_int_equal(cycle.count, 2);
    assert_int_equal(cycle.threads[0], 1);
    assert_int_equal(cycle.threads[1], 2);
    assert_int_equal(told(&cycle), 0);
}

static void one_look_is_not_enough(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    ab_ba();
    assert_false(weft_watch_look(&watch, now_ns, &cycle));
    now_ns += 199 * MS;
    assert_false(weft_watch_look(&watch, now_ns, &cycle));
    now_ns += MS;
    assert_true(weft_watch_look(&watch, now_ns, &cycle));
}

static void a_circle_that_moves_is_no_deadlock(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    ab_ba();
    for (int round = 0; round < 10; round++) {
        assert_false(weft_watch_look(&watch, now_ns, &cycle));
        now_ns += 150 * MS;
        happens(WEFT_EV_LOCK_ACQUIRE, 1, B); /* stamped before the release by 2 */
        happens(WEFT_EV_LOCK_RELEASE, 2, B);
        happens(WEFT_EV_LOCK_RELEASE, 1, B);
        happens(WEFT_EV_LOCK_ACQUIRE, 2, B);
        happens(WEFT_EV_LOCK_REQUEST, 1, B);
        happens(WEFT_EV_LOCK_REQUEST, 2, A);
    }
}

static void a_time_limit_in_it_is_no_deadlock(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    happens(WEFT_EV_LOCK_ACQUIRE, 1, A);
    happens(WEFT_EV_LOCK_ACQUIRE, 2, B);
    requests_timed(1, B);
    happens(WEFT_EV_LOCK_REQUEST, 2, A);
    assert_int_equal(told(&cycle), 0);
}

static void those_who_wait_beside_a_circle_are_not_of_it(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    happens(WEFT_EV_LOCK_ACQUIRE, 1, C);
    happens(WEFT_EV_LOCK_REQUEST, 1, A);
    happens(WEFT_EV_LOCK_ACQUIRE, 2, A);
    happens(WEFT_EV_LOCK_ACQUIRE, 3, B);
    happens(WEFT_EV_LOCK_REQUEST, 2, B);
    happens(WEFT_EV_LOCK_REQUEST, 3, A);
    assert_int_equal(told(&cycle), 1);
    assert_int_equal(cycle.count, 2);
    assert_int_equal(cycle.threads[0], 2);
}

static void a_recursive_lock_is_held_until_its_last_release(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    for (int i = 0; i < 2; i++) {
        weft_watch_event(&watch,
                         &(struct weft_watched_event){.kind = WEFT_EV_LOCK_ACQUIRE,
                                                      .object_kind = WEFT_OBJ_RECURSIVE_MUTEX,
                                                      .thread = 1,
                                                      .object = A,
                                                      .t_ns = ++now_ns});
    }
    happens(WEFT_EV_LOCK_RELEASE, 1, A);
    happens(WEFT_EV_LOCK_ACQUIRE, 2, B);
    happens(WEFT_EV_LOCK_REQUEST, 1, B);
    happens(WEFT_EV_LOCK_REQUEST, 2, A);
    assert_int_equal(told(&cycle), 1);
}

static void a_condition_gives_its_mutex_up(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    happens(WEFT_EV_LOCK_ACQUIRE, 1, A);
    happens(WEFT_EV_LOCK_ACQUIRE, 2, B);
    weft_watch_event(
        &watch,
        &(struct weft_watched_event){
            .kind = WEFT_EV_COND_WAIT, .thread = 1, .object = C, .with = A, .t_ns = ++now_ns});
    happens(WEFT_EV_LOCK_REQUEST, 2, A);
    assert_int_equal(told(&cycle), 0);
}

static void readers_of_a_lock_are_nobody(void **state)
{
    struct weft_cycle cycle;

    (void)state;
    happens(WEFT_EV_RWLOCK_READ_ACQUIRE, 1, A);
    happens(WEFT_EV_RWLOCK_READ_ACQUIRE, 2, A);
    happens(WEFT_EV_RWLOCK_WRITE_REQUEST, 1, A);
    happens(WEFT_EV_RWLOCK_WRITE_REQUEST, 2, A);
    assert_int_equal(told(&cycle), 0);
}

static void a_circle_of_more_than_can_be_told_is_left(void **state)
{
    struct weft_cycle cycle;
    const uint32_t threads = WEFT_CYCLE_MAX + 1;

    (void)state;
    for (uint32_t i = 1; i <= threads; i++) {
        happens(WEFT_EV_LOCK_ACQUIRE, i, i);
    }
    for (uint32_t i = 1; i <= threads; i++) {
        happens(WEFT_EV_LOCK_REQUEST, i, i % threads + 1);
    }
    assert_int_equal(told(&cycle), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_threads_are_told_once, begin, end),
        cmocka_unit_test_setup_teardown(one_look_is_not_enough, begin, end),
        cmocka_unit_test_setup_teardown(a_circle_that_moves_is_no_deadlock, begin, end),
        cmocka_unit_test_setup_teardown(a_time_limit_in_it_is_no_deadlock, begin, end),
        cmocka_unit_test_setup_teardown(those_who_wait_beside_a_circle_are_not_of_it, begin, end),
        cmocka_unit_test_setup_teardown(a_recursive_lock_is_held_until_its_last_release, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_condition_gives_its_mutex_up, begin, end),
        cmocka_unit_test_setup_teardown(readers_of_a_lock_are_nobody, begin, end),
        cmocka_unit_test_setup_teardown(a_circle_of_more_than_can_be_told_is_left, begin, end),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
