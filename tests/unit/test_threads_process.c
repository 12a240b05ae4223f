/* weft_main: the process outlives its main thread.  One case: main ends but once. */
#include "tests/unit/stage.h"

#include "runtime/weft.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct weft_thread *main_thread;
static int worker_ended, main_joined;
static bool main_was_alive, daemon_ended;

static void work(void *self)
{
    (void)self;
    weft_sleep(3);
    main_was_alive = weft_thread_is_alive(main_thread);
    worker_ended = 1;
}

static void join_main(void *self)
{
    (void)self;
    main_joined = weft_thread_join(main_thread, WEFT_FOREVER);
}

static void wait_for_ever(void *event)
{
    weft_event_wait(event, WEFT_FOREVER);
    daemon_ended = true;
}

/* Lets time pass once main has ended: then worker, daemon and the process itself wait. */
static void pass_time(void *args, void *kwargs)
{
    (void)args;
    (void)kwargs;
    weft_thread_join(main_thread, WEFT_FOREVER);
    stage_wait_blocked(3);
    stage_pass(3);
}

static int program(int argc, char **argv)
{
    struct weft_thread *worker = weft_thread_new("worker", work, NULL);
    struct weft_thread *joiner = weft_thread_new("joiner", join_main, NULL);
    struct weft_thread *daemon = weft_thread_new("daemon", wait_for_ever, weft_event_new("never"));

    assert_int_equal(argc, 1);
    assert_string_equal(argv[0], "program");
    main_thread = weft_current_thread();
    weft_thread_set_daemon(daemon, true);
    assert_int_equal(weft_thread_start(worker), 1);
    assert_int_equal(weft_thread_start(joiner), 1);
    assert_int_equal(weft_thread_start(daemon), 1);
    weft_thread_free(worker);
    weft_thread_free(joiner);
    weft_thread_free(daemon);
    stage_wait_blocked(3);
    assert_int_equal(weft_start_new_thread(pass_time, NULL, NULL), 1);
    return 7;
}

static void the_process_lives_until_the_last_thread_that_is_no_daemon_has_ended(void **state)
{
    (void)state;
    char name[] = "program", *argv[] = {name, NULL};
    assert_int_equal(weft_main(program, 1, argv), 7);
    assert_int_equal(worker_ended, 1);
    assert_int_equal(main_joined, 1);
    assert_false(main_was_alive);
    assert_false(daemon_ended);
    const char *events = stage_events();
    assert_true(strstr(events, "1:thread_exit") < strstr(events, "2:sleep_end"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_process_lives_until_the_last_thread_that_is_no_daemon_has_ended,
                               stage_set),
    };
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
