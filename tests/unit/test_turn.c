/* Turns, driven in this process: a spool with a simulated clock, and threads made for each case. */
#include "runtime/record/record.h"
#include "runtime/schedule/turn.h"
#include "traces/format/spool.h"
#include "traces/write/write.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char key, other;

struct job {
    struct weft_runner *runner;
    void (*run)(struct job *job);
    int step;
    uint64_t until_ns;
};

static int steps;

static void *begin(void *arg)
{
    struct job *job = arg;
    weft_turn_begin(job->runner);
    job->run(job);
    weft_turn_end();
    return NULL;
}

static pthread_t start(struct job *job)
{
    pthread_t thread;
    job->runner = weft_turn_make(weft_record_new_thread());
    assert_non_null(job->runner);
    assert_int_equal(pthread_create(&thread, NULL, begin, job), 0);
    return thread;
}

static void take_step(struct job *job)
{
    job->step = ++steps;
}

static void sleep_then_step(struct job *job)
{
    weft_turn_sleep_until(job->until_ns);
    job->step = ++steps;
}

static void time_jumps_to_the_next_deadline(void **state)
{
    (void)state;
    const uint64_t deadline = weft_turn_now_ns() + UINT64_C(3600000000000);
    weft_turn_sleep_until(deadline);
    assert_in_range(weft_turn_now_ns(), deadline, deadline + 1000000);
}

static void a_wait_that_nobody_wakes_times_out(void **state)
{
    (void)state;
    const uint64_t deadline = weft_turn_now_ns() + 5000;
    assert_int_equal(weft_turn_block(&key, deadline, UINT32_MAX, false), WEFT_TURN_TIMEOUT);
    assert_true(weft_turn_now_ns() >= deadline);
}

static void sleepers_come_in_the_order_of_their_deadlines(void **state)
{
    (void)state;
    struct job jobs[3];
    pthread_t threads[3];
    steps = 0;
    const uint64_t now = weft_turn_now_ns();
    for (int i = 0; i < 3; i++) {
        jobs[i] =
            (struct job){.run = sleep_then_step, .until_ns = now + (uint64_t)(3 - i) * 1000000000};
        threads[i] = start(&jobs[i]);
    }
    weft_turn_sleep_until(now + UINT64_C(10000000000));
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].step, 3 - i);
    }
}

static void a_thread_runs_only_when_it_has_the_turn(void **state)
{
    (void)state;
    struct job job = {.run = take_step};
    steps = 0;
    pthread_t thread = start(&job);
    weft_turn_point(NULL); /* fifo: whoever runs goes on */
    assert_int_equal(job.step, 0);
    weft_turn_yield();
    assert_int_equal(job.step, 1);
    pthread_join(thread, NULL);
}

static void wait_for_key(struct job *job)
{
    (void)weft_turn_block(&key, WEFT_TURN_NEVER, 2, false);
    job->step = ++steps;
}

static void a_wake_is_for_those_who_wait_for_the_key_and_have_the_bit(void **state)
{
    (void)state;
    struct job job = {.run = wait_for_key};
    pthread_t thread = start(&job);
    steps = 0;
    weft_turn_yield();
    assert_int_equal(weft_turn_waiting(&key), 1);
    assert_int_equal(weft_turn_wake(&other, 1, UINT32_MAX), 0);
    assert_int_equal(weft_turn_wake(&key, 1, 1), 0);
    assert_int_equal(weft_turn_move(&key, &other, 1), 1);
    assert_int_equal(weft_turn_wake(&other, 1, 2), 1);
    assert_int_equal(job.step, 0); /* the turn stays */
    weft_turn_yield();
    assert_int_equal(job.step, 1);
    pthread_join(thread, NULL);
}

static void one_who_spins_does_not_stop_time(void **state)
{
    (void)state;
    struct job job = {.run = sleep_then_step,
                      .until_ns = weft_turn_now_ns() + UINT64_C(60000000000)};
    int asked = 0;
    pthread_t thread = start(&job);
    while (job.step == 0 && asked < 1000) {
        weft_turn_spin();
        asked++;
    }
    assert_in_range(asked, 1, 10);
    assert_true(weft_turn_now_ns() >= job.until_ns);
    pthread_join(thread, NULL);
}

static int set_up(void **state)
{
    static struct weft_writer *writer;
    struct weft_error error;

    *state = &writer;
    if (weft_writer_new(&(struct weft_writer_options){.trace_path = "/dev/null",
                                                      .program = "test",
                                                      .plan = "fifo"},
                        &writer, &error) != WEFT_OK) {
        return -1;
    }
    setenv(WEFT_SPOOL_ENV, weft_writer_spool_path(writer), 1);
    weft_record_open();
    return weft_turn_start() ? 0 : -1;
}

static int tear_down(void **state)
{
    weft_writer_free(*(struct weft_writer **)*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_jumps_to_the_next_deadline),
        cmocka_unit_test(a_wait_that_nobody_wakes_times_out),
        cmocka_unit_test(sleepers_come_in_the_order_of_their_deadlines),
        cmocka_unit_test(a_thread_runs_only_when_it_has_the_turn),
        cmocka_unit_test(a_wake_is_for_those_who_wait_for_the_key_and_have_the_bit),
        cmocka_unit_test(one_who_spins_does_not_stop_time),
    };
    return cmocka_run_group_tests_name("turn", tests, set_up, tear_down);
}
