/* The real schedule.  Its waits are those that end at once: a token that is there, a past time. */
#include "runtime/schedule/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_token_is_taken_once(void **state)
{
    (void)state;
    struct weft_parker parker;
    weft_parker_init(&parker);
    weft_schedule()->unpark(&parker);
    weft_schedule()->unpark(&parker);
    assert_true(weft_schedule()->park(&parker, WEFT_NO_DEADLINE));
    assert_false(weft_schedule()->park(&parker, 0));
    weft_parker_done(&parker);
}

static void a_park_ends_at_its_deadline(void **state)
{
    (void)state;
    struct weft_parker parker;
    weft_parker_init(&parker);
    const uint64_t deadline_ns = weft_schedule()->now_ns() + 2000000;
    assert_false(weft_schedule()->park(&parker, deadline_ns));
    assert_true(weft_schedule()->now_ns() >= deadline_ns);
    weft_parker_done(&parker);
}

static void a_sleep_lasts_until_its_deadline(void **state)
{
    (void)state;
    const uint64_t deadline_ns = weft_schedule()->now_ns() + 2000000;
    weft_schedule()->sleep_until(deadline_ns);
    assert_true(weft_schedule()->now_ns() >= deadline_ns);
    weft_schedule()->sleep_until(0);
}

static void the_clock_never_goes_back(void **state)
{
    (void)state;
    uint64_t before = weft_schedule()->now_ns();
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = weft_schedule()->now_ns();
        assert_true(now >= before);
        before = now;
    }
    assert_true(weft_schedule()->wall_ns() > INT64_C(1521733337000000000));
}

struct pair {
    struct weft_parker mine, theirs;
};

static void *answer(void *arg)
{
    struct pair *pair = arg;
    for (int i = 0; i < 100; i++) {
        weft_schedule()->park(&pair->theirs, WEFT_NO_DEADLINE);
        weft_schedule()->unpark(&pair->mine);
    }
    weft_schedule()->leave(&pair->theirs);
    return NULL;
}

static void two_threads_wake_each_other(void **state)
{
    (void)state;
    struct pair pair;
    pthread_t thread;
    weft_parker_init(&pair.mine);
    weft_parker_init(&pair.theirs);
    assert_int_equal(pthread_create(&thread, NULL, answer, &pair), 0);
    for (int i = 0; i < 100; i++) {
        weft_schedule()->spin();
        weft_schedule()->unpark(&pair.theirs);
        assert_true(weft_schedule()->park(&pair.mine, WEFT_NO_DEADLINE));
    }
    pthread_join(thread, NULL);
    weft_parker_done(&pair.mine);
    weft_parker_done(&pair.theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_taken_once),
        cmocka_unit_test(a_park_ends_at_its_deadline),
        cmocka_unit_test(a_sleep_lasts_until_its_deadline),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(two_threads_wake_each_other),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
