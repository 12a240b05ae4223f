/*
 * The runtime on the real schedule: threads meet on every kind of object, with time-outs so short
 * that giving up and being woken collide.  Whatever happens, nothing may be lost or had twice.
 */
#include "runtime/weft.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 400 };

static const double instants[] = {0, 1e-7, 1e-6, 1e-5, 5e-5};

static double instant(int round)
{
    return instants[(size_t)round % (sizeof(instants) / sizeof(*instants))];
}

static void storm(void (*run)(void *self), void *self)
{
    struct weft_thread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        threads[i] = weft_thread_new(NULL, run, self);
        assert_int_equal(weft_thread_start(threads[i]), 1);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(weft_thread_join(threads[i], WEFT_FOREVER), 1);
        weft_thread_free(threads[i]);
    }
}

struct locked {
    struct weft_lock *lock;
    int inside;   /* lock: who is in the section */
    int sections; /* lock */
    atomic_int taken, wrong;
};

static void take_and_give_up(void *self)
{
    struct locked *locked = self;
    for (int round = 0; round < ROUNDS; round++) {
        const int taken = round % 3 ? weft_lock_acquire_timed(locked->lock, instant(round))
                                    : weft_lock_acquire(locked->lock, round % 2);
        if (taken != 1)
            continue;
        locked->taken++;
        locked->sections++;
        if (++locked->inside != 1)
            locked->wrong++;
        locked->inside--;
        if (weft_lock_release(locked->lock) != 1)
            locked->wrong++;
    }
}

static void a_lock_is_never_held_twice_and_never_lost(void **state)
{
    (void)state;
    struct locked locked = {.lock = weft_lock_new(NULL)};
    storm(take_and_give_up, &locked);
    assert_int_equal(locked.wrong, 0);
    assert_int_equal(locked.sections, locked.taken);
    assert_int_equal(weft_lock_acquire(locked.lock, 0), 1);
    weft_lock_free(locked.lock);
}

struct seats {
    struct weft_semaphore *seats;
    atomic_int seated, wrong;
};

static void sit_down(void *self)
{
    struct seats *seats = self;
    for (int round = 0; round < ROUNDS; round++) {
        if (weft_semaphore_acquire_timed(seats->seats, instant(round)) != 1)
            continue;
        if (++seats->seated > 2)
            seats->wrong++;
        seats->seated--;
        if (weft_semaphore_release(seats->seats) != 1)
            seats->wrong++;
    }
}

static void a_semaphore_never_gives_more_or_fewer_permits(void **state)
{
    (void)state;
    struct seats seats = {.seats = weft_bounded_semaphore_new(NULL, 2)};
    storm(sit_down, &seats);
    assert_int_equal(seats.wrong, 0);
    assert_int_equal(weft_semaphore_release(seats.seats), -EPERM); /* all are back */
    weft_semaphore_free(seats.seats);
}

struct exchange {
    struct weft_queue *queue;
    atomic_int put, got;
};

static void put_and_get(void *self)
{
    struct exchange *exchange = self;
    void *item;
    for (int round = 0; round < ROUNDS; round++) {
        if (weft_queue_put_timed(exchange->queue, exchange, instant(round)) == 1)
            exchange->put++;
        if (weft_queue_get_timed(exchange->queue, &item, instant(round + 1)) == 1)
            exchange->got++;
    }
}

static void a_queue_gives_what_was_put_and_no_more(void **state)
{
    (void)state;
    struct exchange exchange = {.queue = weft_queue_new(NULL, 1)};
    storm(put_and_get, &exchange);
    assert_int_equal(exchange.put, exchange.got + weft_queue_qsize(exchange.queue));
    weft_queue_free(exchange.queue);
}

struct meeting {
    struct weft_barrier *barrier;
    struct weft_rlock *lock;
    struct weft_condition *changed;
    int arrived; /* lock */
    atomic_int indices[THREADS], wrong;
};

static bool all_have_arrived(void *self)
{
    const struct meeting *meeting = self;
    return meeting->arrived % THREADS == 0;
}

/* A rendezvous twice a round: at the barrier, and by a condition. */
static void meet(void *self)
{
    struct meeting *meeting = self;
    for (int round = 0; round < ROUNDS / 4; round++) {
        int index = -1;
        if (weft_barrier_wait(meeting->barrier, WEFT_FOREVER, &index) != 1)
            meeting->wrong++;
        else
            meeting->indices[index]++;

        weft_rlock_acquire(meeting->lock, 1);
        weft_rlock_acquire(meeting->lock, 1);
        meeting->arrived++;
        if (all_have_arrived(meeting))
            weft_condition_notify_all(meeting->changed);
        while (!all_have_arrived(meeting))
            weft_condition_wait(meeting->changed, instant(round));
        weft_rlock_release(meeting->lock);
        weft_rlock_release(meeting->lock);
        /* The next round's arrivals must not be taken for this one's. */
        if (weft_barrier_wait(meeting->barrier, WEFT_FOREVER, NULL) != 1)
            meeting->wrong++;
    }
}

static void nobody_misses_a_meeting(void **state)
{
    (void)state;
    struct meeting meeting = {.barrier = weft_barrier_new(NULL, THREADS),
                              .lock = weft_rlock_new(NULL)};
    meeting.changed = weft_condition_new_rlock(NULL, meeting.lock);
    storm(meet, &meeting);
    assert_int_equal(meeting.wrong, 0);
    assert_int_equal(meeting.arrived, THREADS * (ROUNDS / 4));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(meeting.indices[i], ROUNDS / 4);
    weft_condition_free(meeting.changed);
    weft_rlock_free(meeting.lock);
    weft_barrier_free(meeting.barrier);
}

static void ring(void *bells)
{
    ++*(atomic_int *)bells;
}

static void start_and_cancel(void *bells)
{
    for (int round = 0; round < ROUNDS / 10; round++) {
        struct weft_timer *timer = weft_timer_new(instant(round), ring, bells);
        weft_timer_start(timer);
        if (round % 2)
            weft_timer_cancel(timer);
        if (round % 3)
            weft_timer_join(timer, WEFT_FOREVER);
        weft_timer_free(timer);
    }
}

static void timers_end_however_they_are_left(void **state)
{
    (void)state;
    atomic_int bells = 0;
    storm(start_and_cancel, &bells);
    while (weft_active_count() > 1)
        ;
    /* Even rounds are not cancelled: each of them has called, whoever freed its timer. */
    assert_in_range(bells, THREADS * ROUNDS / 20, THREADS * ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_is_never_held_twice_and_never_lost),
        cmocka_unit_test(a_semaphore_never_gives_more_or_fewer_permits),
        cmocka_unit_test(a_queue_gives_what_was_put_and_no_more),
        cmocka_unit_test(nobody_misses_a_meeting),
        cmocka_unit_test(timers_end_however_they_are_left),
    };
    return cmocka_run_group_tests_name("a storm", tests, NULL, NULL);
}
