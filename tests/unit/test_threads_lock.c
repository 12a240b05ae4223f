/* Lock and RLock: rows "Lock()", "acquire", "release" of the API table, and their misuse. */
#include "tests/unit/stage.h"

#include "runtime/weft.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A thread that acquires, says so, and releases. */
struct taker {
    struct weft_thread *thread;
    struct weft_lock *lock;
    double seconds;
    _Atomic int *turn;
    int taken, answer;
};

static void take(void *self)
{
    struct taker *taker = self;
    taker->answer = taker->seconds > 0 ? weft_lock_acquire_timed(taker->lock, taker->seconds)
                                       : weft_lock_acquire(taker->lock, 1);
    if (taker->answer != 1)
        return;
    taker->taken = ++*taker->turn;
    weft_lock_release(taker->lock);
}

static void start(struct weft_thread *thread)
{
    assert_non_null(thread);
    assert_int_equal(weft_thread_start(thread), 1);
}

static void finish(struct weft_thread *thread)
{
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    weft_thread_free(thread);
}

static void start_taker(struct taker *taker, struct weft_lock *lock, _Atomic int *turn,
                        double seconds)
{
    *taker = (struct taker){.lock = lock, .turn = turn, .seconds = seconds};
    taker->thread = weft_thread_new("taker", take, taker);
    start(taker->thread);
}

static void a_free_lock_is_had_at_once(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new("threadLock");
    assert_int_equal(weft_lock_acquire(lock, 1), 1);
    assert_int_equal(weft_lock_release(lock), 1);
    assert_int_equal(weft_lock_acquire(lock, 0), 1);
    assert_int_equal(weft_lock_release(lock), 1);
    assert_int_equal(weft_lock_acquire_timed(lock, 0), 1);
    assert_int_equal(weft_lock_release(lock), 1);
    weft_lock_free(lock);
    assert_string_equal(stage_events(), "1:object_new\"threadLock\" 1:lock_acquire 1:lock_release "
                                        "1:lock_acquire(1) 1:lock_release 1:lock_acquire(1) "
                                        "1:lock_release 1:object_destroy");
}

static void a_try_of_a_held_lock_fails_at_once(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    weft_lock_acquire(lock, 1);
    stage_forget();
    assert_int_equal(weft_lock_acquire(lock, 0), 0);
    assert_string_equal(stage_events(), "1:lock_fail!failed");
    weft_lock_release(lock);
    weft_lock_free(lock);
}

static void an_acquire_waits_until_the_lock_is_released(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker taker;
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    start_taker(&taker, lock, &turn, 0);
    stage_wait_blocked(1);
    assert_int_equal(turn, 0);
    stage_forget();
    weft_lock_release(lock);
    finish(taker.thread);
    assert_int_equal(taker.taken, 1);
    weft_lock_free(lock);
}

static void a_wait_for_a_lock_is_recorded_from_request_to_acquire(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker taker;
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    stage_forget();
    start_taker(&taker, lock, &turn, 0);
    stage_wait_blocked(1);
    assert_string_equal(stage_events(),
                        "1:thread_create(0)\"taker\" 2:thread_start 2:lock_request(-1)");
    stage_hold(true);
    weft_lock_release(lock);
    assert_string_equal(stage_events(), "1:lock_release");
    assert_int_equal(weft_thread_join(taker.thread, 1), 0);
    stage_forget();
    stage_hold(false);
    finish(taker.thread);
    assert_non_null(strstr(stage_events(), "2:lock_acquire 2:lock_release 2:thread_exit"));
    weft_lock_free(lock);
}

static void an_acquire_with_a_time_limit_gives_up(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    weft_lock_acquire(lock, 1);
    stage_forget();
    assert_int_equal(weft_lock_acquire_timed(lock, 2.5), 0);
    assert_int_equal(stage_now_ms(), 2500);
    assert_string_equal(stage_events(), "1:lock_request(2500000000) 1:lock_timeout!timeout");
    assert_int_equal(weft_lock_release(lock), 1);
    assert_int_equal(weft_lock_acquire(lock, 0), 1);
    weft_lock_release(lock);
    weft_lock_free(lock);
}

static void who_was_woken_takes_the_lock_although_its_time_is_up(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker taker;
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    start_taker(&taker, lock, &turn, 5);
    stage_wait_blocked(1);
    stage_hold(true);
    weft_lock_release(lock);
    stage_pass(10);
    stage_hold(false);
    finish(taker.thread);
    assert_int_equal(taker.answer, 1);
    weft_lock_free(lock);
}

static void waiters_get_the_lock_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker takers[3];
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    for (int i = 0; i < 3; i++) {
        start_taker(&takers[i], lock, &turn, 0);
        stage_wait_blocked(i + 1);
    }
    weft_lock_release(lock);
    for (int i = 0; i < 3; i++) {
        finish(takers[i].thread);
        assert_int_equal(takers[i].taken, i + 1);
    }
    weft_lock_free(lock);
}

static void who_was_woken_and_lost_keeps_its_place(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker first, second;
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    start_taker(&first, lock, &turn, 0);
    stage_wait_blocked(1);
    start_taker(&second, lock, &turn, 0);
    stage_wait_blocked(2);

    stage_hold(true); /* the first is woken, but we are faster */
    weft_lock_release(lock);
    assert_int_equal(weft_lock_acquire(lock, 0), 1);
    stage_hold(false);
    stage_wait_blocked(2);

    weft_lock_release(lock);
    finish(first.thread);
    finish(second.thread);
    assert_int_equal(first.taken, 1);
    assert_int_equal(second.taken, 2);
    weft_lock_free(lock);
}

static void who_gives_up_leaves_the_others_in_order(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker takers[3];
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    for (int i = 0; i < 3; i++) {
        start_taker(&takers[i], lock, &turn, i == 1 ? 1 : 0);
        stage_wait_blocked(i + 1);
    }
    stage_pass(1);
    finish(takers[1].thread);
    assert_int_equal(takers[1].answer, 0);
    weft_lock_release(lock);
    finish(takers[0].thread);
    finish(takers[2].thread);
    assert_int_equal(takers[0].taken, 1);
    assert_int_equal(takers[2].taken, 2);
    weft_lock_free(lock);
}

static void release_it(void *lock)
{
    weft_lock_release(lock);
}

static void any_thread_may_release_a_lock(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct weft_thread *thread = weft_thread_new(NULL, release_it, lock);

    weft_lock_acquire(lock, 1);
    start(thread);
    assert_int_equal(weft_lock_acquire(lock, 1), 1);
    finish(thread);
    weft_lock_release(lock);
    weft_lock_free(lock);
}

static void releasing_a_lock_that_nobody_holds_is_an_error(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    stage_forget();
    assert_int_equal(weft_lock_release(lock), -EPERM);
    assert_string_equal(stage_events(), "");
    assert_int_equal(weft_lock_acquire(lock, 0), 1);
    assert_int_equal(weft_lock_release(lock), 1);
    assert_int_equal(weft_lock_release(lock), -EPERM);
    assert_int_equal(weft_lock_acquire(lock, 0), 1);
    assert_int_equal(weft_lock_acquire(lock, 0), 0);
    weft_lock_free(lock);
}

static void a_time_limit_that_is_negative_or_no_number_is_an_error(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct weft_rlock *rlock = weft_rlock_new(NULL);
    assert_int_equal(weft_lock_acquire_timed(lock, -1), -EINVAL);
    assert_int_equal(weft_lock_acquire_timed(lock, NAN), -EINVAL);
    assert_int_equal(weft_lock_acquire_timed(lock, -INFINITY), -EINVAL);
    assert_int_equal(weft_rlock_acquire_timed(rlock, -0.001), -EINVAL);
    assert_false(weft_lock_locked(lock));
    weft_rlock_free(rlock);
    weft_lock_free(lock);
}

static void a_time_limit_beyond_all_clocks_means_for_ever(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    struct taker taker;
    _Atomic int turn = 0;

    weft_lock_acquire(lock, 1);
    start_taker(&taker, lock, &turn, 1e300);
    stage_wait_blocked(1);
    stage_pass(1e9);
    weft_lock_release(lock);
    finish(taker.thread);
    assert_int_equal(taker.answer, 1);
    weft_lock_free(lock);
}

static void locked_tells_whether_it_is_held(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    stage_forget();
    assert_false(weft_lock_locked(lock));
    weft_lock_acquire(lock, 1);
    assert_true(weft_lock_locked(lock));
    assert_string_equal(stage_events(), "1:locked?0 1:lock_acquire 1:locked?1");
    weft_lock_release(lock);
    weft_lock_free(lock);
}

static void a_lock_can_be_named_later(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    assert_int_equal(weft_lock_set_name(lock, "door"), 1);
    assert_int_equal(weft_lock_set_name(lock, NULL), -EINVAL);
    assert_string_equal(stage_events(), "1:object_new 1:object_name\"door\"");
    weft_lock_free(lock);
    weft_lock_free(NULL);
}

/* RLock ─────────────────────────────────────────────────────────────────────────────────────── */

static void its_owner_may_acquire_a_reentrant_lock_again(void **state)
{
    (void)state;
    struct weft_rlock *lock = weft_rlock_new("rlock");
    stage_forget();
    assert_int_equal(weft_rlock_acquire(lock, 1), 1);
    assert_int_equal(weft_rlock_acquire(lock, 0), 1);
    assert_int_equal(weft_rlock_acquire_timed(lock, 1), 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(weft_rlock_release(lock), 1);
    assert_int_equal(weft_rlock_release(lock), -EPERM);
    assert_string_equal(stage_events(), "1:lock_acquire 1:lock_acquire(1) 1:lock_acquire(1) "
                                        "1:lock_release 1:lock_release 1:lock_release");
    weft_rlock_free(lock);
    weft_rlock_free(NULL);
}

struct outsider {
    struct weft_rlock *lock;
    int tried, released, waited;
};

static void meddle(void *self)
{
    struct outsider *outsider = self;
    outsider->released = weft_rlock_release(outsider->lock);
    outsider->tried = weft_rlock_acquire(outsider->lock, 0);
    outsider->waited = weft_rlock_acquire(outsider->lock, 1);
    weft_rlock_release(outsider->lock);
}

static void nobody_else_may_have_or_release_a_reentrant_lock(void **state)
{
    (void)state;
    struct weft_rlock *lock = weft_rlock_new(NULL);
    struct outsider outsider = {.lock = lock};
    struct weft_thread *thread = weft_thread_new(NULL, meddle, &outsider);

    weft_rlock_acquire(lock, 1);
    weft_rlock_acquire(lock, 1);
    start(thread);
    stage_wait_blocked(1);
    assert_int_equal(outsider.released, -EPERM);
    assert_int_equal(outsider.tried, 0);
    weft_rlock_release(lock);
    assert_int_equal(outsider.waited, 0); /* still held once */
    weft_rlock_release(lock);
    finish(thread);
    assert_int_equal(outsider.waited, 1);
    weft_rlock_free(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_free_lock_is_had_at_once, stage_set),
        cmocka_unit_test_setup(a_try_of_a_held_lock_fails_at_once, stage_set),
        cmocka_unit_test_setup(an_acquire_waits_until_the_lock_is_released, stage_set),
        cmocka_unit_test_setup(a_wait_for_a_lock_is_recorded_from_request_to_acquire, stage_set),
        cmocka_unit_test_setup(an_acquire_with_a_time_limit_gives_up, stage_set),
        cmocka_unit_test_setup(who_was_woken_takes_the_lock_although_its_time_is_up, stage_set),
        cmocka_unit_test_setup(waiters_get_the_lock_in_the_order_in_which_they_came, stage_set),
        cmocka_unit_test_setup(who_was_woken_and_lost_keeps_its_place, stage_set),
        cmocka_unit_test_setup(who_gives_up_leaves_the_others_in_order, stage_set),
        cmocka_unit_test_setup(any_thread_may_release_a_lock, stage_set),
        cmocka_unit_test_setup(releasing_a_lock_that_nobody_holds_is_an_error, stage_set),
        cmocka_unit_test_setup(a_time_limit_that_is_negative_or_no_number_is_an_error, stage_set),
        cmocka_unit_test_setup(a_time_limit_beyond_all_clocks_means_for_ever, stage_set),
        cmocka_unit_test_setup(locked_tells_whether_it_is_held, stage_set),
        cmocka_unit_test_setup(a_lock_can_be_named_later, stage_set),
        cmocka_unit_test_setup(its_owner_may_acquire_a_reentrant_lock_again, stage_set),
        cmocka_unit_test_setup(nobody_else_may_have_or_release_a_reentrant_lock, stage_set),
    };
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
