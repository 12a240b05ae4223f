/* Condition, Semaphore, BoundedSemaphore, Event, Barrier, Timer, and their misuse. */
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

static struct weft_thread *start(const char *name, void (*run)(void *self), void *self)
{
    struct weft_thread *thread = weft_thread_new(name, run, self);
    assert_non_null(thread);
    assert_int_equal(weft_thread_start(thread), 1);
    return thread;
}

static void finish(struct weft_thread *thread)
{
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    weft_thread_free(thread);
}

/* Condition ─────────────────────────────────────────────────────────────────────────────────── */

struct room {
    struct weft_lock *lock;
    struct weft_condition *changed;
    int guests;  /* lock */
    int greeted; /* lock: who has come back from its wait */
    int answer;
    double seconds;
};

static void room_init(struct room *room)
{
    *room = (struct room){.lock = weft_lock_new("lock"), .seconds = WEFT_FOREVER};
    room->changed = weft_condition_new("changed", room->lock);
}

static void room_done(struct room *room)
{
    weft_condition_free(room->changed);
    weft_lock_free(room->lock);
}

static void wait_in_room(void *self)
{
    struct room *room = self;
    weft_lock_acquire(room->lock, 1);
    room->answer = weft_condition_wait(room->changed, room->seconds);
    room->greeted++;
    weft_lock_release(room->lock);
}

static void notify(struct room *room, int count)
{
    weft_lock_acquire(room->lock, 1);
    assert_int_equal(weft_condition_notify(room->changed, count), 1);
    weft_lock_release(room->lock);
}

static void a_wait_on_a_condition_gives_the_lock_back_and_takes_it_again(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    stage_forget();
    struct weft_thread *thread = start("guest", wait_in_room, &room);
    stage_wait_blocked(1);
    assert_string_equal(stage_events(), "1:thread_create(0)\"guest\" 2:thread_start "
                                        "2:lock_acquire 2:lock_release 2:cond_wait(-1)");
    assert_int_equal(weft_lock_acquire(room.lock, 0), 1);
    assert_int_equal(weft_condition_notify(room.changed, 1), 1);
    stage_wait_blocked(1); /* for the lock now */
    assert_string_equal(stage_events(), "1:lock_acquire(1) 1:cond_signal(1) 2:cond_wake "
                                        "2:lock_request(-1)");
    weft_lock_release(room.lock);
    finish(thread);
    assert_int_equal(room.answer, 1);
    assert_false(weft_lock_locked(room.lock));
    room_done(&room);
}

static void a_notify_wakes_as_many_as_it_says(void **state)
{
    (void)state;
    struct room room;
    struct weft_thread *threads[3];
    room_init(&room);
    for (int i = 0; i < 3; i++) {
        threads[i] = start(NULL, wait_in_room, &room);
        stage_wait_blocked(i + 1);
    }
    notify(&room, 0);
    notify(&room, 2);
    finish(threads[0]);
    finish(threads[1]);
    assert_int_equal(room.greeted, 2);
    assert_true(weft_thread_is_alive(threads[2]));
    stage_forget();
    notify(&room, 7);
    finish(threads[2]);
    assert_non_null(strstr(stage_events(), "1:cond_signal(1)"));
    room_done(&room);
}

static void notify_all_wakes_all(void **state)
{
    (void)state;
    struct room room;
    struct weft_thread *threads[3];
    room_init(&room);
    for (int i = 0; i < 3; i++) {
        threads[i] = start(NULL, wait_in_room, &room);
        stage_wait_blocked(i + 1);
    }
    stage_forget();
    weft_lock_acquire(room.lock, 1);
    assert_int_equal(weft_condition_notify_all(room.changed), 1);
    weft_lock_release(room.lock);
    for (int i = 0; i < 3; i++)
        finish(threads[i]);
    assert_non_null(strstr(stage_events(), "1:cond_broadcast(3)"));
    assert_int_equal(room.greeted, 3);
    room_done(&room);
}

static void a_notify_that_nobody_waits_for_is_lost(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    notify(&room, 1);
    weft_lock_acquire(room.lock, 1);
    stage_forget();
    assert_int_equal(weft_condition_wait(room.changed, 1), 0);
    assert_string_equal(
        stage_events(),
        "1:lock_release 1:cond_wait(1000000000) 1:cond_wake!timeout 1:lock_acquire");
    assert_int_equal(weft_lock_release(room.lock), 1); /* it has the lock again */
    room_done(&room);
}

static bool there_are_guests(void *self)
{
    const struct room *room = self;
    return room->guests > 0;
}

static void wait_for_guests(void *self)
{
    struct room *room = self;
    weft_lock_acquire(room->lock, 1);
    room->answer = weft_condition_wait_for(room->changed, there_are_guests, room, room->seconds);
    room->greeted++;
    weft_lock_release(room->lock);
}

static void wait_for_sleeps_until_its_predicate_holds(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    struct weft_thread *thread = start(NULL, wait_for_guests, &room);
    stage_wait_blocked(1);
    weft_lock_acquire(room.lock, 1);
    weft_condition_notify(room.changed, 1); /* too early: it goes on waiting */
    weft_lock_release(room.lock);
    stage_wait_blocked(1);
    weft_lock_acquire(room.lock, 1);
    assert_int_equal(room.greeted, 0);
    room.guests = 1;
    weft_condition_notify(room.changed, 1);
    weft_lock_release(room.lock);
    finish(thread);
    assert_int_equal(room.answer, 1);
    room_done(&room);
}

static void wait_for_gives_up_at_its_own_time_limit(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    weft_lock_acquire(room.lock, 1);
    assert_int_equal(weft_condition_wait_for(room.changed, there_are_guests, &room, 3), 0);
    assert_int_equal(stage_now_ms(), 3000);
    room.guests = 1;
    assert_int_equal(weft_condition_wait_for(room.changed, there_are_guests, &room, 0), 1);
    weft_lock_release(room.lock);
    room_done(&room);
}

static void a_wait_may_end_early_when_the_schedule_says_so(void **state)
{
    (void)state;
    struct room room;

    room_init(&room);
    weft_lock_acquire(room.lock, 1);
    stage_end_early(1);
    stage_forget();
    assert_int_equal(weft_condition_wait(room.changed, 1), 1);
    assert_string_equal(
        stage_events(),
        "1:lock_release 1:cond_wait(1000000000) 1:cond_wake!spurious 1:lock_acquire");
    assert_true(weft_lock_locked(room.lock));
    assert_int_equal(weft_condition_wait(room.changed, 1), 0); /* nobody is left on the list */
    assert_int_equal(weft_condition_notify(room.changed, 1), 1);
    weft_lock_release(room.lock);
    room_done(&room);
}

static void a_condition_is_used_with_its_lock_held_or_not_at_all(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    stage_forget();
    assert_int_equal(weft_condition_wait(room.changed, 1), -EPERM);
    assert_int_equal(weft_condition_wait_for(room.changed, there_are_guests, &room, 1), -EPERM);
    assert_int_equal(weft_condition_notify(room.changed, 1), -EPERM);
    assert_int_equal(weft_condition_notify_all(room.changed), -EPERM);
    weft_lock_acquire(room.lock, 1);
    stage_forget();
    assert_int_equal(weft_condition_wait(room.changed, -1), -EINVAL);
    assert_int_equal(weft_condition_wait_for(room.changed, there_are_guests, &room, NAN), -EINVAL);
    assert_int_equal(weft_condition_wait_for(room.changed, NULL, &room, 1), -EINVAL);
    assert_int_equal(weft_condition_notify(room.changed, -1), -EINVAL);
    assert_string_equal(stage_events(), "");
    weft_lock_release(room.lock);
    errno = 0;
    assert_null(weft_condition_new("no lock", NULL));
    assert_int_equal(errno, EINVAL);
    assert_null(weft_condition_new_rlock("no lock", NULL));
    weft_condition_free(NULL);
    room_done(&room);
}

struct deep_room {
    struct weft_rlock *lock;
    struct weft_condition *changed;
    int released[3];
};

static void wait_deep(void *self)
{
    struct deep_room *room = self;
    weft_rlock_acquire(room->lock, 1);
    weft_rlock_acquire(room->lock, 1);
    weft_condition_wait(room->changed, WEFT_FOREVER);
    for (int i = 0; i < 3; i++)
        room->released[i] = weft_rlock_release(room->lock);
}

static void a_wait_gives_a_reentrant_lock_back_however_deep_it_is_held(void **state)
{
    (void)state;
    struct deep_room room = {.lock = weft_rlock_new(NULL)};
    room.changed = weft_condition_new_rlock(NULL, room.lock);
    struct weft_thread *thread = start(NULL, wait_deep, &room);
    stage_wait_blocked(1);
    assert_int_equal(weft_rlock_acquire(room.lock, 0), 1);
    assert_int_equal(weft_condition_notify(room.changed, 1), 1);
    assert_int_equal(weft_rlock_release(room.lock), 1);
    assert_int_equal(weft_condition_notify(room.changed, 1), -EPERM); /* not its owner */
    finish(thread);
    assert_int_equal(room.released[0], 1);
    assert_int_equal(room.released[1], 1);
    assert_int_equal(room.released[2], -EPERM);
    weft_condition_free(room.changed);
    weft_rlock_free(room.lock);
}

/* Semaphores ────────────────────────────────────────────────────────────────────────────────── */

struct visitor {
    struct weft_semaphore *semaphore;
    double seconds;
    int answer;
};

static void visit(void *self)
{
    struct visitor *visitor = self;
    visitor->answer = visitor->seconds > 0
                          ? weft_semaphore_acquire_timed(visitor->semaphore, visitor->seconds)
                          : weft_semaphore_acquire(visitor->semaphore, 1);
}

static void a_semaphore_gives_as_many_permits_as_it_has(void **state)
{
    (void)state;
    struct weft_semaphore *semaphore = weft_semaphore_new("seats", 2);
    assert_int_equal(weft_semaphore_acquire(semaphore, 1), 1);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 1);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 0);
    assert_int_equal(weft_semaphore_acquire_timed(semaphore, 1), 0);
    assert_int_equal(weft_semaphore_release(semaphore), 1);
    assert_int_equal(weft_semaphore_acquire_timed(semaphore, 0), 1);
    assert_string_equal(stage_events(), "1:object_new\"seats\" 1:sem_acquire(1) 1:sem_acquire(0) "
                                        "1:sem_fail!failed 1:sem_wait(1000000000) "
                                        "1:sem_timeout!timeout 1:sem_release(1) 1:sem_acquire(0)");
    weft_semaphore_free(semaphore);
    weft_semaphore_free(NULL);
}

static void a_release_ends_the_wait_of_the_first_who_came(void **state)
{
    (void)state;
    struct weft_semaphore *semaphore = weft_semaphore_new(NULL, 0);
    struct visitor visitors[2] = {{.semaphore = semaphore}, {.semaphore = semaphore}};
    struct weft_thread *threads[2];
    for (int i = 0; i < 2; i++) {
        threads[i] = start(NULL, visit, &visitors[i]);
        stage_wait_blocked(i + 1);
    }
    weft_semaphore_release(semaphore);
    finish(threads[0]);
    assert_true(weft_thread_is_alive(threads[1]));
    weft_semaphore_release(semaphore);
    finish(threads[1]);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 0);
    weft_semaphore_free(semaphore);
}

static void who_was_woken_and_lost_its_permit_keeps_its_place(void **state)
{
    (void)state;
    struct weft_semaphore *semaphore = weft_semaphore_new(NULL, 0);
    struct visitor visitors[2] = {{.semaphore = semaphore}, {.semaphore = semaphore}};
    struct weft_thread *threads[2];
    for (int i = 0; i < 2; i++) {
        threads[i] = start(NULL, visit, &visitors[i]);
        stage_wait_blocked(i + 1);
    }
    stage_hold(true);
    weft_semaphore_release(semaphore);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 1);
    stage_hold(false);
    stage_wait_blocked(2);
    weft_semaphore_release(semaphore);
    finish(threads[0]);
    assert_true(weft_thread_is_alive(threads[1]));
    weft_semaphore_release(semaphore);
    finish(threads[1]);
    weft_semaphore_free(semaphore);
}

static void a_semaphore_without_bound_may_grow(void **state)
{
    (void)state;
    struct weft_semaphore *semaphore = weft_semaphore_new(NULL, 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(weft_semaphore_release(semaphore), 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(weft_semaphore_acquire(semaphore, 0), 1);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 0);
    weft_semaphore_free(semaphore);
}

static void releasing_a_bounded_semaphore_too_often_is_an_error(void **state)
{
    (void)state;
    struct weft_semaphore *semaphore = weft_bounded_semaphore_new(NULL, 1);
    assert_int_equal(weft_semaphore_release(semaphore), -EPERM);
    assert_int_equal(weft_semaphore_acquire(semaphore, 1), 1);
    assert_int_equal(weft_semaphore_release(semaphore), 1);
    assert_int_equal(weft_semaphore_release(semaphore), -EPERM);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 1);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 0);
    weft_semaphore_free(semaphore);
}

static void a_semaphore_below_zero_is_an_error(void **state)
{
    (void)state;
    errno = 0;
    assert_null(weft_semaphore_new(NULL, -1));
    assert_int_equal(errno, EINVAL);
    assert_null(weft_bounded_semaphore_new(NULL, -1));
    struct weft_semaphore *semaphore = weft_semaphore_new(NULL, 1);
    assert_int_equal(weft_semaphore_acquire_timed(semaphore, -1), -EINVAL);
    assert_int_equal(weft_semaphore_acquire_timed(semaphore, NAN), -EINVAL);
    assert_int_equal(weft_semaphore_acquire(semaphore, 0), 1);
    weft_semaphore_free(semaphore);
}

/* Event ─────────────────────────────────────────────────────────────────────────────────────── */

struct watcher {
    struct weft_event *event;
    double seconds;
    int answer;
};

static void watch(void *self)
{
    struct watcher *watcher = self;
    watcher->answer = weft_event_wait(watcher->event, watcher->seconds);
}

static void an_event_that_is_set_lets_everyone_pass(void **state)
{
    (void)state;
    struct weft_event *event = weft_event_new("go");
    assert_false(weft_event_is_set(event));
    assert_int_equal(weft_event_set(event), 1);
    assert_true(weft_event_is_set(event));
    assert_int_equal(weft_event_wait(event, WEFT_FOREVER), 1);
    assert_int_equal(weft_event_wait(event, 0), 1);
    assert_int_equal(weft_event_clear(event), 1);
    assert_false(weft_event_is_set(event));
    assert_int_equal(weft_event_wait(event, 1), 0);
    assert_string_equal(stage_events(),
                        "1:object_new\"go\" 1:is_set?0 1:event_set(0) 1:is_set?1 1:event_wake "
                        "1:event_wake 1:event_clear 1:is_set?0 1:event_wait(1000000000) "
                        "1:event_wake!timeout");
    weft_event_free(event);
    weft_event_free(NULL);
}

static void setting_an_event_wakes_all_who_wait_even_if_it_is_cleared_at_once(void **state)
{
    (void)state;
    struct weft_event *event = weft_event_new(NULL);
    struct watcher watchers[2] = {{event, WEFT_FOREVER, 0}, {event, 9, 0}};
    struct weft_thread *threads[2];
    for (int i = 0; i < 2; i++) {
        threads[i] = start(NULL, watch, &watchers[i]);
        stage_wait_blocked(i + 1);
    }
    stage_forget();
    stage_hold(true);
    weft_event_set(event);
    weft_event_clear(event);
    assert_string_equal(stage_events(), "1:event_set(2) 1:event_clear");
    stage_hold(false);
    for (int i = 0; i < 2; i++) {
        finish(threads[i]);
        assert_int_equal(watchers[i].answer, 1);
    }
    weft_event_free(event);
}

static void a_negative_wait_for_an_event_is_an_error(void **state)
{
    (void)state;
    struct weft_event *event = weft_event_new(NULL);
    assert_int_equal(weft_event_wait(event, -1), -EINVAL);
    assert_int_equal(weft_event_wait(event, NAN), -EINVAL);
    weft_event_free(event);
}

/* Barrier ───────────────────────────────────────────────────────────────────────────────────── */

struct walker {
    struct weft_thread *thread;
    struct weft_barrier *barrier;
    double seconds;
    int answer, index;
};

static void walk(void *self)
{
    struct walker *walker = self;
    walker->answer = weft_barrier_wait(walker->barrier, walker->seconds, &walker->index);
}

static void walkers_come(struct walker *walkers, int count, struct weft_barrier *barrier,
                         double seconds)
{
    for (int i = 0; i < count; i++) {
        walkers[i] = (struct walker){.barrier = barrier, .seconds = seconds, .index = -1};
        walkers[i].thread = start(NULL, walk, &walkers[i]);
        stage_wait_blocked(i + 1);
    }
}

static void a_barrier_opens_when_the_last_has_come(void **state)
{
    (void)state;
    struct weft_barrier *barrier = weft_barrier_new("gate", 3);
    struct walker walkers[2];
    for (int round = 0; round < 2; round++) {
        int index = -1;
        walkers_come(walkers, 2, barrier, WEFT_FOREVER);
        assert_int_equal(walkers[0].answer, 0);
        stage_forget();
        assert_int_equal(weft_barrier_wait(barrier, WEFT_FOREVER, &index), 1);
        assert_memory_equal(stage_events(), "1:barrier_pass(3)", 17);
        assert_int_equal(index, 2);
        for (int i = 0; i < 2; i++) {
            finish(walkers[i].thread);
            assert_int_equal(walkers[i].answer, 1);
            assert_int_equal(walkers[i].index, i);
        }
    }
    assert_false(weft_barrier_broken(barrier));
    weft_barrier_free(barrier);
    weft_barrier_free(NULL);
}

static void a_barrier_for_one_is_always_open(void **state)
{
    (void)state;
    struct weft_barrier *barrier = weft_barrier_new(NULL, 1);
    assert_int_equal(weft_barrier_wait(barrier, WEFT_FOREVER, NULL), 1);
    assert_int_equal(weft_barrier_wait(barrier, 0, NULL), 1);
    weft_barrier_free(barrier);
}

static void a_time_out_breaks_the_barrier_for_all(void **state)
{
    (void)state;
    struct weft_barrier *barrier = weft_barrier_new(NULL, 3);
    struct walker walker;
    int index = -1;
    walkers_come(&walker, 1, barrier, WEFT_FOREVER);
    stage_forget();
    assert_int_equal(weft_barrier_wait(barrier, 2, &index), 0);
    finish(walker.thread);
    assert_int_equal(walker.answer, -EPIPE);
    assert_int_equal(walker.index, -1);
    assert_int_equal(index, -1);
    assert_true(weft_barrier_broken(barrier));
    assert_int_equal(weft_barrier_wait(barrier, WEFT_FOREVER, NULL), -EPIPE);
    const char *events = stage_events();
    assert_non_null(strstr(events, "1:barrier_wait(2000000000,2) 1:barrier_pass(2)!timeout "
                                   "1:barrier_abort(1)"));
    assert_non_null(strstr(events, "2:barrier_pass(1)!broken"));
    weft_barrier_free(barrier);
}

static void an_abort_turns_away_who_waits_and_who_comes(void **state)
{
    (void)state;
    struct weft_barrier *barrier = weft_barrier_new(NULL, 3);
    struct walker walkers[2];
    walkers_come(walkers, 2, barrier, WEFT_FOREVER);
    assert_int_equal(weft_barrier_abort(barrier), 1);
    for (int i = 0; i < 2; i++) {
        finish(walkers[i].thread);
        assert_int_equal(walkers[i].answer, -EPIPE);
    }
    assert_int_equal(weft_barrier_wait(barrier, 1, NULL), -EPIPE);
    weft_barrier_free(barrier);
}

static void a_reset_turns_away_who_waits_and_begins_anew(void **state)
{
    (void)state;
    struct weft_barrier *barrier = weft_barrier_new(NULL, 2);
    struct walker walker;
    walkers_come(&walker, 1, barrier, WEFT_FOREVER);
    stage_forget();
    assert_int_equal(weft_barrier_reset(barrier), 1);
    assert_memory_equal(stage_events(), "1:barrier_reset(1)", 18);
    finish(walker.thread);
    assert_int_equal(walker.answer, -EPIPE);
    assert_false(weft_barrier_broken(barrier));

    weft_barrier_abort(barrier);
    weft_barrier_reset(barrier); /* mends a broken one, too */
    walkers_come(&walker, 1, barrier, WEFT_FOREVER);
    assert_int_equal(weft_barrier_wait(barrier, WEFT_FOREVER, NULL), 1);
    finish(walker.thread);
    assert_int_equal(walker.answer, 1);
    weft_barrier_free(barrier);
}

static void a_barrier_for_nobody_or_with_a_negative_wait_is_an_error(void **state)
{
    (void)state;
    errno = 0;
    assert_null(weft_barrier_new(NULL, 0));
    assert_int_equal(errno, EINVAL);
    struct weft_barrier *barrier = weft_barrier_new(NULL, 2);
    assert_int_equal(weft_barrier_wait(barrier, -1, NULL), -EINVAL);
    assert_int_equal(weft_barrier_wait(barrier, NAN, NULL), -EINVAL);
    assert_false(weft_barrier_broken(barrier));
    weft_barrier_free(barrier);
}

/* Timer ─────────────────────────────────────────────────────────────────────────────────────── */

static void ring(void *bell)
{
    ++*(atomic_int *)bell;
}

static void a_timer_calls_its_function_after_its_time(void **state)
{
    (void)state;
    atomic_int bell = 0;
    struct weft_timer *timer = weft_timer_new(5, ring, &bell);
    assert_int_equal(weft_timer_start(timer), 1);
    stage_wait_blocked(1);
    stage_pass(4.9);
    assert_int_equal(bell, 0);
    stage_pass(0.1);
    assert_int_equal(weft_timer_join(timer, WEFT_FOREVER), 1);
    assert_int_equal(bell, 1);
    weft_timer_free(timer);
    weft_timer_free(NULL);
}

static void a_timer_that_is_cancelled_never_calls(void **state)
{
    (void)state;
    atomic_int bell = 0;
    struct weft_timer *timer = weft_timer_new(5, ring, &bell);
    weft_timer_start(timer);
    stage_wait_blocked(1);
    assert_int_equal(weft_timer_cancel(timer), 1);
    assert_int_equal(weft_timer_join(timer, WEFT_FOREVER), 1);
    assert_int_equal(bell, 0);
    weft_timer_free(timer);

    timer = weft_timer_new(5, ring, &bell);
    weft_timer_cancel(timer); /* before it starts */
    weft_timer_start(timer);
    assert_int_equal(weft_timer_join(timer, WEFT_FOREVER), 1);
    assert_int_equal(bell, 0);
    weft_timer_free(timer);
}

static void a_timer_that_is_freed_while_it_runs_still_calls(void **state)
{
    (void)state;
    struct weft_event *rung = weft_event_new(NULL);
    struct watcher watcher = {rung, WEFT_FOREVER, 0};
    struct weft_timer *timer = weft_timer_new(1, watch, &watcher);
    assert_int_equal(weft_timer_start(timer), 1);
    stage_wait_blocked(1);
    weft_timer_free(timer);
    stage_pass(1);
    stage_wait_blocked(1); /* in its function */
    weft_event_set(rung);
    while (weft_active_count() > 1)
        ;
    assert_int_equal(watcher.answer, 1);
    weft_event_free(rung);
}

static void a_timer_is_started_once_and_joined_once_it_has_started(void **state)
{
    (void)state;
    atomic_int bell = 0;
    struct weft_timer *timer = weft_timer_new(1, ring, &bell);
    assert_int_equal(weft_timer_join(timer, 1), -EINVAL);
    assert_int_equal(weft_timer_start(timer), 1);
    assert_int_equal(weft_timer_start(timer), -EALREADY);
    assert_int_equal(weft_timer_join(timer, -1), -EINVAL);
    weft_timer_cancel(timer);
    assert_int_equal(weft_timer_join(timer, WEFT_FOREVER), 1);
    assert_int_equal(weft_timer_start(timer), -EALREADY);
    weft_timer_free(timer);
}

static void a_timer_with_no_function_or_a_negative_time_is_an_error(void **state)
{
    (void)state;
    errno = 0;
    assert_null(weft_timer_new(-1, ring, NULL));
    assert_int_equal(errno, EINVAL);
    assert_null(weft_timer_new(NAN, ring, NULL));
    assert_null(weft_timer_new(1, NULL, NULL));
}

#define CASE(name) cmocka_unit_test_setup(name, stage_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_wait_on_a_condition_gives_the_lock_back_and_takes_it_again),
        CASE(a_notify_wakes_as_many_as_it_says),
        CASE(notify_all_wakes_all),
        CASE(a_notify_that_nobody_waits_for_is_lost),
        CASE(wait_for_sleeps_until_its_predicate_holds),
        CASE(wait_for_gives_up_at_its_own_time_limit),
        CASE(a_wait_may_end_early_when_the_schedule_says_so),
        CASE(a_condition_is_used_with_its_lock_held_or_not_at_all),
        CASE(a_wait_gives_a_reentrant_lock_back_however_deep_it_is_held),
        CASE(a_semaphore_gives_as_many_permits_as_it_has),
        CASE(a_release_ends_the_wait_of_the_first_who_came),
        CASE(who_was_woken_and_lost_its_permit_keeps_its_place),
        CASE(a_semaphore_without_bound_may_grow),
        CASE(releasing_a_bounded_semaphore_too_often_is_an_error),
        CASE(a_semaphore_below_zero_is_an_error),
        CASE(an_event_that_is_set_lets_everyone_pass),
        CASE(setting_an_event_wakes_all_who_wait_even_if_it_is_cleared_at_once),
        CASE(a_negative_wait_for_an_event_is_an_error),
        CASE(a_barrier_opens_when_the_last_has_come),
        CASE(a_barrier_for_one_is_always_open),
        CASE(a_time_out_breaks_the_barrier_for_all),
        CASE(an_abort_turns_away_who_waits_and_who_comes),
        CASE(a_reset_turns_away_who_waits_and_begins_anew),
        CASE(a_barrier_for_nobody_or_with_a_negative_wait_is_an_error),
        CASE(a_timer_calls_its_function_after_its_time),
        CASE(a_timer_that_is_cancelled_never_calls),
        CASE(a_timer_that_is_freed_while_it_runs_still_calls),
        CASE(a_timer_is_started_once_and_joined_once_it_has_started),
        CASE(a_timer_with_no_function_or_a_negative_time_is_an_error),
    };
    return cmocka_run_group_tests_name("synchronisation", tests, NULL, NULL);
}
