/* Threads: rows "start_new_thread" … "setName" of the API table, and their misuse. */
#include "tests/unit/stage.h"

#include "runtime/weft.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The linker sends the runtime's pthread_create here (--wrap), so that it can fail. */
typedef void *start_routine(void *arg);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, start_routine *routine,
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, start_routine *routine,
                          void *arg);
static bool no_more_threads;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, start_routine *routine,
                          void *arg)
{
    return no_more_threads ? EAGAIN : __real_pthread_create(thread, attr, routine, arg);
}

static void wait_for_event(void *event)
{
    weft_event_wait(event, WEFT_FOREVER);
}

static void do_nothing(void *self)
{
    (void)self;
}

/* A thread that lives until its event is set. */
struct guest {
    struct weft_thread *thread;
    struct weft_event *go;
};

static struct guest guest_come(const char *name)
{
    struct guest guest = {.go = weft_event_new(NULL)};
    guest.thread = weft_thread_new(name, wait_for_event, guest.go);
    assert_non_null(guest.thread);
    assert_int_equal(weft_thread_start(guest.thread), 1);
    stage_wait_blocked(1);
    return guest;
}

static void guest_go(struct guest guest)
{
    weft_event_set(guest.go);
    assert_int_equal(weft_thread_join(guest.thread, WEFT_FOREVER), 1);
    weft_event_free(guest.go);
}

static void finish(struct weft_thread *thread)
{
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    weft_thread_free(thread);
}

/* For threads that cannot be joined: they have come as far as their last event. */
static void wait_until_alone(void)
{
    while (weft_active_count() > 1)
        ;
}

/* start_new_thread ──────────────────────────────────────────────────────────────────────────── */

struct call {
    struct weft_semaphore *called;
    void *kwargs;
    bool daemon;
};

static void take_call(void *args, void *kwargs)
{
    struct call *call = args;
    call->kwargs = kwargs;
    call->daemon = weft_thread_daemon(weft_current_thread());
    weft_semaphore_release(call->called);
}

static void a_new_thread_calls_its_function_with_its_arguments(void **state)
{
    (void)state;
    struct call call = {.called = weft_semaphore_new(NULL, 0)};
    int kwargs = 0;
    assert_int_equal(weft_start_new_thread(take_call, &call, &kwargs), 1);
    weft_semaphore_acquire(call.called, 1);
    assert_ptr_equal(call.kwargs, &kwargs);
    assert_true(call.daemon);
    wait_until_alone();
    weft_semaphore_free(call.called);
}

static struct weft_semaphore *called;

static void take_no_arguments(void *args, void *kwargs)
{
    assert_null(args);
    assert_null(kwargs);
    weft_semaphore_release(called);
}

static void a_new_thread_needs_no_arguments(void **state)
{
    (void)state;
    called = weft_semaphore_new(NULL, 0);
    assert_int_equal(weft_start_new_thread(take_no_arguments, NULL, NULL), 1);
    weft_semaphore_acquire(called, 1);
    wait_until_alone();
    weft_semaphore_free(called);
    assert_int_equal(weft_start_new_thread(NULL, NULL, NULL), -EINVAL);
}

static void a_new_thread_that_cannot_be_started_is_reported(void **state)
{
    (void)state;
    const int alive = weft_active_count();
    stage_forget();
    no_more_threads = true;
    assert_int_equal(weft_start_new_thread(take_no_arguments, NULL, NULL), -EAGAIN);
    no_more_threads = false;
    assert_string_equal(stage_events(), "");
    assert_int_equal(weft_active_count(), alive);
}

/* start and run ─────────────────────────────────────────────────────────────────────────────── */

struct counter {
    int threads_seen;
    struct weft_thread *seen;
};

static void count(void *self)
{
    struct counter *counter = self;
    counter->threads_seen++;
    counter->seen = weft_current_thread();
}

static void a_thread_runs_the_callers_run_with_the_callers_state(void **state)
{
    (void)state;
    struct counter counter = {0};
    struct weft_thread *thread = weft_thread_new("counter", count, &counter);
    assert_int_equal(counter.threads_seen, 0);
    assert_int_equal(weft_thread_start(thread), 1);
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    assert_int_equal(counter.threads_seen, 1);
    assert_ptr_equal(counter.seen, thread);
    weft_thread_free(thread);
}

static void a_thread_without_run_is_an_error(void **state)
{
    (void)state;
    errno = 0;
    assert_null(weft_thread_new("idle", NULL, NULL));
    assert_int_equal(errno, EINVAL);
    weft_thread_free(NULL);
}

static void a_life_is_recorded_from_create_to_exit(void **state)
{
    (void)state;
    struct guest guest = guest_come("Guest");
    assert_string_equal(stage_events(), "1:object_new 1:thread_create(0)\"Guest\" 2:thread_start "
                                        "2:event_wait(-1)");
    weft_event_set(guest.go);
    assert_int_equal(weft_thread_join(guest.thread, WEFT_FOREVER), 1);
    const char *events = stage_events();
    const char *exit = strstr(events, "2:thread_exit"), *joined = strstr(events, "1:join_end");
    assert_non_null(exit);
    assert_non_null(joined);
    assert_true(exit < joined);
    weft_thread_free(guest.thread);
    weft_event_free(guest.go);
}

static void a_start_returns_when_the_new_thread_first_waits(void **state)
{
    (void)state;
    struct guest guest = {.go = weft_event_new(NULL)};
    guest.thread = weft_thread_new(NULL, wait_for_event, guest.go);
    stage_be_patient(true);
    assert_int_equal(weft_thread_start(guest.thread), 1);
    assert_non_null(strstr(stage_events(), "2:thread_start 2:event_wait(-1)"));
    guest_go(guest);
    weft_thread_free(guest.thread);
}

static void a_start_returns_when_the_new_thread_has_ended_without_a_wait(void **state)
{
    (void)state;
    struct weft_thread *thread = weft_thread_new(NULL, do_nothing, NULL);
    stage_be_patient(true);
    assert_int_equal(weft_thread_start(thread), 1);
    finish(thread);
    assert_int_equal(stage_now_ms(), 0);
}

static void run_until_told(void *told)
{
    stage_wait_blocked(1); /* main, in start */
    stage_pass(0.005);
    while (!*(atomic_bool *)told)
        ;
}

static void a_start_waits_no_longer_than_a_switch_interval(void **state)
{
    (void)state;
    atomic_bool told = false;
    struct weft_thread *thread = weft_thread_new(NULL, run_until_told, &told);
    stage_be_patient(true);
    assert_int_equal(weft_thread_start(thread), 1);
    assert_true(weft_thread_is_alive(thread));
    told = true;
    finish(thread);
}

static void starting_twice_is_an_error(void **state)
{
    (void)state;
    struct guest guest = guest_come(NULL);
    assert_int_equal(weft_thread_start(guest.thread), -EALREADY);
    guest_go(guest);
    assert_int_equal(weft_thread_start(guest.thread), -EALREADY);
    assert_int_equal(weft_thread_start(weft_current_thread()), -EALREADY);
    weft_thread_free(guest.thread);
}

static void a_thread_that_could_not_be_started_may_be_started_later(void **state)
{
    (void)state;
    struct counter counter = {0};
    struct weft_thread *thread = weft_thread_new(NULL, count, &counter);
    no_more_threads = true;
    assert_int_equal(weft_thread_start(thread), -EAGAIN);
    no_more_threads = false;
    assert_false(weft_thread_is_alive(thread));
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), -EINVAL);
    assert_int_equal(weft_thread_start(thread), 1);
    finish(thread);
    assert_int_equal(counter.threads_seen, 1);
}

static void leave_early(void *self)
{
    struct counter *counter = self;
    counter->threads_seen = 1;
    pthread_exit(NULL);
}

static void a_thread_that_calls_pthread_exit_ends_as_any_other(void **state)
{
    (void)state;
    struct counter counter = {0};
    struct weft_thread *thread = weft_thread_new(NULL, leave_early, &counter);
    const int alive = weft_active_count();
    weft_thread_start(thread);
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    assert_false(weft_thread_is_alive(thread));
    assert_int_equal(weft_active_count(), alive);
    weft_thread_free(thread);
}

static void count_after_go(void *go)
{
    weft_event_wait(go, WEFT_FOREVER);
    weft_semaphore_release(called);
}

static void a_thread_that_is_freed_while_it_runs_goes_on(void **state)
{
    (void)state;
    struct weft_event *go = weft_event_new(NULL);
    struct weft_thread *thread = weft_thread_new(NULL, count_after_go, go);
    called = weft_semaphore_new(NULL, 0);
    weft_thread_start(thread);
    stage_wait_blocked(1);
    weft_thread_free(thread);
    weft_event_set(go);
    assert_int_equal(weft_semaphore_acquire(called, 1), 1);
    wait_until_alone();
    weft_semaphore_free(called);
    weft_event_free(go);
}

/* join ──────────────────────────────────────────────────────────────────────────────────────── */

static void join_it(void *thread)
{
    weft_thread_join(thread, WEFT_FOREVER);
}

static void a_join_waits_for_the_end(void **state)
{
    (void)state;
    struct guest guest = guest_come(NULL);
    struct weft_thread *joiners[2];
    for (int i = 0; i < 2; i++) {
        joiners[i] = weft_thread_new(NULL, join_it, guest.thread);
        weft_thread_start(joiners[i]);
        stage_wait_blocked(2 + i);
    }
    assert_true(weft_thread_is_alive(joiners[0]));
    assert_true(weft_thread_is_alive(joiners[1]));
    guest_go(guest);
    finish(joiners[0]);
    finish(joiners[1]);
    weft_thread_free(guest.thread);
}

static void a_join_that_times_out_is_told_apart(void **state)
{
    (void)state;
    struct guest guest = guest_come(NULL);
    const long long before = stage_now_ms();
    stage_forget();
    assert_int_equal(weft_thread_join(guest.thread, 1.5), 0);
    assert_int_equal(stage_now_ms() - before, 1500);
    assert_string_equal(stage_events(), "1:join_begin(1500000000) 1:join_end!timeout");
    assert_int_equal(weft_thread_join(guest.thread, 0), 0);
    guest_go(guest);
    weft_thread_free(guest.thread);
}

static void a_thread_that_has_ended_is_joined_at_once_and_as_often_as_one_likes(void **state)
{
    (void)state;
    struct weft_thread *thread = weft_thread_new(NULL, do_nothing, NULL);
    weft_thread_start(thread);
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    stage_forget();
    assert_int_equal(weft_thread_join(thread, 0), 1);
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    assert_string_equal(stage_events(), "1:join_end 1:join_end");
    weft_thread_free(thread);
}

static void joining_before_the_start_is_an_error(void **state)
{
    (void)state;
    struct weft_thread *thread = weft_thread_new(NULL, do_nothing, NULL);
    assert_int_equal(weft_thread_join(thread, 1), -EINVAL);
    weft_thread_start(thread);
    finish(thread);
}

static void join_oneself(void *answer)
{
    *(int *)answer = weft_thread_join(weft_current_thread(), WEFT_FOREVER);
}

static void joining_oneself_is_an_error(void **state)
{
    (void)state;
    int answer = 0;
    struct weft_thread *thread = weft_thread_new(NULL, join_oneself, &answer);
    weft_thread_start(thread);
    finish(thread);
    assert_int_equal(answer, -EDEADLK);
    assert_int_equal(weft_thread_join(weft_current_thread(), 1), -EDEADLK);
}

static void a_negative_time_to_join_is_an_error(void **state)
{
    (void)state;
    struct weft_thread *thread = weft_thread_new(NULL, do_nothing, NULL);
    weft_thread_start(thread);
    assert_int_equal(weft_thread_join(thread, -1), -EINVAL);
    assert_int_equal(weft_thread_join(thread, NAN), -EINVAL);
    finish(thread);
}

/* What is known about a thread ──────────────────────────────────────────────────────────────── */

static void a_thread_is_alive_from_start_to_end(void **state)
{
    (void)state;
    struct weft_thread *unborn = weft_thread_new(NULL, do_nothing, NULL);
    assert_false(weft_thread_is_alive(unborn));
    weft_thread_free(unborn);
    struct guest guest = guest_come(NULL);
    stage_forget();
    assert_true(weft_thread_is_alive(guest.thread));
    assert_string_equal(stage_events(), "1:is_alive?1");
    guest_go(guest);
    assert_false(weft_thread_is_alive(guest.thread));
    weft_thread_free(guest.thread);
    assert_true(weft_thread_is_alive(weft_current_thread()));
}

static void threads_without_a_name_are_numbered(void **state)
{
    (void)state;
    struct weft_thread *named = weft_thread_new("Ann", do_nothing, NULL);
    struct weft_thread *first = weft_thread_new(NULL, do_nothing, NULL);
    struct weft_thread *second = weft_thread_new(NULL, do_nothing, NULL);
    unsigned number = 0, next = 0;
    assert_string_equal(weft_thread_name(named), "Ann");
    assert_int_equal(sscanf(weft_thread_name(first), "Thread-%u", &number), 1);
    assert_int_equal(sscanf(weft_thread_name(second), "Thread-%u", &next), 1);
    assert_int_equal(next, number + 1);
    weft_thread_free(named);
    weft_thread_free(first);
    weft_thread_free(second);
}

static void a_name_is_copied_and_may_be_changed_at_any_time(void **state)
{
    (void)state;
    char name[] = "Ann";
    struct weft_thread *thread = weft_thread_new(name, do_nothing, NULL);
    name[0] = 'X';
    const char *first = weft_thread_name(thread);
    assert_string_equal(first, "Ann");
    stage_forget();
    assert_int_equal(weft_thread_set_name(thread, "Ben"), 1);
    assert_string_equal(stage_events(), ""); /* its creation will tell */
    weft_thread_start(thread);
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    assert_non_null(strstr(stage_events(), "1:thread_create(0)\"Ben\""));
    assert_int_equal(weft_thread_set_name(thread, "Cem"), 1);
    assert_string_equal(stage_events(), "1:thread_name\"Cem\"");
    assert_string_equal(weft_thread_name(thread), "Cem");
    assert_string_equal(first, "Ann"); /* names once given stay readable */
    assert_int_equal(weft_thread_set_name(thread, NULL), -EINVAL);
    assert_string_equal(weft_thread_name(thread), "Cem");
    weft_thread_free(thread);
}

struct heir {
    struct weft_thread *child;
};

static void make_child(void *self)
{
    struct heir *heir = self;
    heir->child = weft_thread_new(NULL, do_nothing, NULL);
}

static void a_daemon_makes_daemons(void **state)
{
    (void)state;
    struct heir heir = {0};
    struct weft_thread *thread = weft_thread_new(NULL, make_child, &heir);
    assert_false(weft_thread_daemon(thread));
    assert_int_equal(weft_thread_set_daemon(thread, true), 1);
    assert_true(weft_thread_daemon(thread));
    weft_thread_start(thread);
    finish(thread);
    assert_true(weft_thread_daemon(heir.child));
    weft_thread_free(heir.child);
}

static void a_thread_that_has_started_can_no_longer_become_a_daemon(void **state)
{
    (void)state;
    struct guest guest = guest_come(NULL);
    assert_int_equal(weft_thread_set_daemon(guest.thread, true), -EINVAL);
    assert_false(weft_thread_daemon(guest.thread));
    guest_go(guest);
    assert_int_equal(weft_thread_set_daemon(guest.thread, true), -EINVAL);
    weft_thread_free(guest.thread);
}

/* All threads ───────────────────────────────────────────────────────────────────────────────── */

static void the_active_count_counts_main_and_whoever_is_alive(void **state)
{
    (void)state;
    assert_int_equal(weft_active_count(), 1);
    struct guest guest = guest_come(NULL);
    stage_forget();
    assert_int_equal(weft_active_count(), 2);
    assert_string_equal(stage_events(), "1:active_count?2");
    guest_go(guest);
    assert_int_equal(weft_active_count(), 1);
    weft_thread_free(guest.thread);
}

static void the_current_thread_of_main_is_main(void **state)
{
    (void)state;
    struct weft_thread *self = weft_current_thread();
    assert_string_equal(weft_thread_name(self), "main");
    assert_ptr_equal(weft_current_thread(), self);
    assert_false(weft_thread_daemon(self));
    weft_thread_free(self); /* is nobody's to free: nothing happens */
    assert_string_equal(weft_thread_name(weft_current_thread()), "main");
}

struct stranger {
    struct weft_event *known, *go;
    struct weft_thread *self;
    char name[32];
};

static void *come_as_a_stranger(void *arg)
{
    struct stranger *stranger = arg;
    stranger->self = weft_current_thread();
    snprintf(stranger->name, sizeof(stranger->name), "%s", weft_thread_name(stranger->self));
    weft_event_set(stranger->known);
    weft_event_wait(stranger->go, WEFT_FOREVER);
    return NULL;
}

static void a_thread_that_was_not_started_here_is_known_as_long_as_it_lives(void **state)
{
    (void)state;
    struct stranger stranger = {.known = weft_event_new(NULL), .go = weft_event_new(NULL)};
    struct weft_thread *threads[4] = {NULL};
    pthread_t thread;

    assert_int_equal(__real_pthread_create(&thread, NULL, come_as_a_stranger, &stranger), 0);
    weft_event_wait(stranger.known, WEFT_FOREVER);
    assert_memory_equal(stranger.name, "Dummy-", 6);
    assert_int_equal(weft_enumerate(threads, 4), 2);
    assert_ptr_equal(threads[1], stranger.self);
    assert_true(weft_thread_daemon(stranger.self));
    assert_true(weft_thread_is_alive(stranger.self));
    assert_int_equal(weft_thread_join(stranger.self, 1), -EINVAL);
    assert_int_equal(weft_thread_set_name(stranger.self, "friend"), -EINVAL);
    weft_event_set(stranger.go);
    pthread_join(thread, NULL);
    assert_int_equal(weft_active_count(), 1);
    weft_event_free(stranger.known);
    weft_event_free(stranger.go);
}

static void enumerate_gives_all_who_are_alive(void **state)
{
    (void)state;
    struct weft_thread *threads[3] = {NULL};
    assert_int_equal(weft_enumerate(threads, 3), 1);
    struct guest guest = guest_come(NULL);
    assert_int_equal(weft_enumerate(threads, 3), 2);
    assert_ptr_equal(threads[0], weft_current_thread());
    assert_ptr_equal(threads[1], guest.thread);
    assert_null(threads[2]);
    guest_go(guest);
    assert_int_equal(weft_enumerate(threads, 3), 1);
    weft_thread_free(guest.thread);
}

static void enumerate_fills_no_more_than_there_is_room_for(void **state)
{
    (void)state;
    struct weft_thread *threads[2] = {NULL};
    struct guest guest = guest_come(NULL);
    assert_int_equal(weft_enumerate(threads, 1), 2);
    assert_null(threads[1]);
    assert_int_equal(weft_enumerate(NULL, 0), 2);
    assert_int_equal(weft_enumerate(NULL, -1), 2);
    guest_go(guest);
    weft_thread_free(guest.thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_thread_calls_its_function_with_its_arguments, stage_set),
        cmocka_unit_test_setup(a_new_thread_needs_no_arguments, stage_set),
        cmocka_unit_test_setup(a_new_thread_that_cannot_be_started_is_reported, stage_set),
        cmocka_unit_test_setup(a_thread_runs_the_callers_run_with_the_callers_state, stage_set),
        cmocka_unit_test_setup(a_thread_without_run_is_an_error, stage_set),
        cmocka_unit_test_setup(a_life_is_recorded_from_create_to_exit, stage_set),
        cmocka_unit_test_setup(a_start_returns_when_the_new_thread_first_waits, stage_set),
        cmocka_unit_test_setup(a_start_returns_when_the_new_thread_has_ended_without_a_wait,
                               stage_set),
        cmocka_unit_test_setup(a_start_waits_no_longer_than_a_switch_interval, stage_set),
        cmocka_unit_test_setup(starting_twice_is_an_error, stage_set),
        cmocka_unit_test_setup(a_thread_that_could_not_be_started_may_be_started_later, stage_set),
        cmocka_unit_test_setup(a_thread_that_calls_pthread_exit_ends_as_any_other, stage_set),
        cmocka_unit_test_setup(a_thread_that_is_freed_while_it_runs_goes_on, stage_set),
        cmocka_unit_test_setup(a_join_waits_for_the_end, stage_set),
        cmocka_unit_test_setup(a_join_that_times_out_is_told_apart, stage_set),
        cmocka_unit_test_setup(a_thread_that_has_ended_is_joined_at_once_and_as_often_as_one_likes,
                               stage_set),
        cmocka_unit_test_setup(joining_before_the_start_is_an_error, stage_set),
        cmocka_unit_test_setup(joining_oneself_is_an_error, stage_set),
        cmocka_unit_test_setup(a_negative_time_to_join_is_an_error, stage_set),
        cmocka_unit_test_setup(a_thread_is_alive_from_start_to_end, stage_set),
        cmocka_unit_test_setup(threads_without_a_name_are_numbered, stage_set),
        cmocka_unit_test_setup(a_name_is_copied_and_may_be_changed_at_any_time, stage_set),
        cmocka_unit_test_setup(a_daemon_makes_daemons, stage_set),
        cmocka_unit_test_setup(a_thread_that_has_started_can_no_longer_become_a_daemon, stage_set),
        cmocka_unit_test_setup(the_active_count_counts_main_and_whoever_is_alive, stage_set),
        cmocka_unit_test_setup(the_current_thread_of_main_is_main, stage_set),
        cmocka_unit_test_setup(a_thread_that_was_not_started_here_is_known_as_long_as_it_lives,
                               stage_set),
        cmocka_unit_test_setup(enumerate_gives_all_who_are_alive, stage_set),
        cmocka_unit_test_setup(enumerate_fills_no_more_than_there_is_room_for, stage_set),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
