/* Wake-ups: who ended whose wait, and when that is not known. */
#include "tests/unit/model_script.h"

static void the_last_release_before_the_acquire_hands_a_lock_over(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@site 4 work a.c 9\n"
                                        "1 1 lock_acquire object=1\n"
                                        "2 2 lock_request object=1\n"
                                        "3 1 lock_release object=1\n"
                                        "3 3 lock_acquire object=1\n" /* barges in */
                                        "6 3 lock_release object=1 site=4\n"
                                        "7 2 lock_acquire object=1\n");
    const struct weft_wake wake = weft_model_wake(model, 0);

    assert_string_equal(wakes_of(model), "2>1@6-7");
    assert_int_equal(wake.object, 0);
    assert_int_equal(wake.span, 0);
    assert_int_equal(model->sites.at[wake.from_site].line, 9);
    assert_int_equal(wake.item, WEFT_NONE);
    assert_int_equal(weft_model_span_extra(model, 1, 0).wake, 0);
    weft_model_free(model);
}

static void a_release_before_the_wait_began_ended_nothing(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1 1 lock_acquire object=1\n"
                                        "2 1 lock_release object=1\n"
                                        "5 2 lock_request object=1\n"
                                        "7 2 lock_acquire object=1\n");

    assert_int_equal(model->wakes.count, 0);
    weft_model_free(model);
}

static void nobody_wakes_oneself(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@object 2 condition C\n"
                                        "@object 3 event E\n"
                                        "1 1 lock_acquire object=1\n"
                                        "5 1 lock_release object=1\n"
                                        "5 1 lock_request object=1\n"
                                        "7 1 lock_acquire object=1\n"
                                        "8 1 cond_wait object=2\n"
                                        "9 1 cond_signal object=2 woken=1\n"
                                        "10 1 cond_wake object=2\n"
                                        "11 1 event_wait object=3\n"
                                        "12 1 event_set object=3\n"
                                        "13 1 event_wake object=3\n");

    assert_int_equal(model->wakes.count, 0);
    weft_model_free(model);
}

static void a_signal_wakes_as_many_as_it_says(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "1 1 cond_wait object=1\n"
                                        "2 2 cond_wait object=1\n"
                                        "3 3 cond_wait object=1\n"
                                        "4 4 cond_signal object=1 woken=1\n"
                                        "5 5 cond_signal object=1 woken=2\n"
                                        "6 2 cond_wake object=1\n"
                                        "7 1 cond_wake object=1\n"
                                        "8 3 cond_wake object=1\n");

    assert_string_equal(wakes_of(model), "3>1@4-6, 4>0@5-7, 4>2@5-8");
    weft_model_free(model);
}

static void a_signal_that_came_before_the_wait_is_not_taken(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "1 1 cond_wait object=1\n"
                                        "4 4 cond_signal object=1 woken=1\n"
                                        "5 2 cond_wait object=1\n"
                                        "6 2 cond_wake object=1\n" /* spurious */
                                        "8 1 cond_wake object=1\n");

    assert_string_equal(wakes_of(model), "1>0@4-8");
    weft_model_free(model);
}

static void a_signal_that_woke_nobody_ends_no_wait(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "1 1 cond_wait object=1\n"
                                        "4 2 cond_signal object=1 woken=0\n"
                                        "8 1 cond_wake object=1\n");

    assert_int_equal(model->wakes.count, 0);
    weft_model_free(model);
}

static void a_signal_without_a_count_is_taken_when_it_is_the_last(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "1 1 cond_wait object=1\n"
                                        "2 2 cond_wait object=1\n"
                                        "3 3 cond_signal object=1\n"
                                        "4 4 cond_broadcast object=1\n"
                                        "8 1 cond_wake object=1\n"
                                        "9 2 cond_wake object=1\n");

    assert_string_equal(wakes_of(model), "3>0@4-8, 3>1@4-9");
    weft_model_free(model);
}

static void a_wait_that_timed_out_was_ended_by_nobody(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "@object 2 lock L\n"
                                        "@object 3 queue Q\n"
                                        "1 1 cond_wait object=1 timeout=3\n"
                                        "3 2 cond_signal object=1 woken=1\n"
                                        "4 1 cond_wake object=1 outcome=timeout\n"
                                        "5 1 lock_request object=2 timeout=1\n"
                                        "5 2 lock_release object=2\n"
                                        "6 1 lock_timeout object=2 outcome=timeout\n"
                                        "7 1 queue_get_wait object=3 timeout=1\n"
                                        "7 2 queue_put object=3 size=1\n"
                                        "8 1 queue_get_timeout object=3 outcome=timeout\n"
                                        "9 1 join_begin target=2 timeout=1\n"
                                        "9 2 thread_exit\n"
                                        "10 1 join_end target=2 outcome=timeout\n");

    assert_int_equal(model->wakes.count, 0);
    weft_model_free(model);
}

static void each_release_of_a_semaphore_ends_one_wait(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore S\n"
                                        "1 1 sem_wait object=1\n"
                                        "2 2 sem_wait object=1\n"
                                        "3 3 sem_release object=1 value=1\n"
                                        "4 5 sem_acquire object=1 value=0\n" /* barges in */
                                        "5 4 sem_release object=1 value=1\n"
                                        "6 3 sem_release object=1 value=2\n"
                                        "7 1 sem_acquire object=1 value=1\n"
                                        "8 2 sem_acquire object=1 value=0\n");

    assert_string_equal(wakes_of(model), "4>0@5-7, 2>1@6-8");
    assert_int_equal(model->objects.at[0].contended, 2);
    assert_int_equal(model->objects.at[0].acquires, 3);
    weft_model_free(model);
}

static void setting_an_event_wakes_all_who_wait(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 event E\n"
                                        "1 1 event_wait object=1\n"
                                        "2 2 event_wait object=1\n"
                                        "3 3 event_set object=1 woken=2\n"
                                        "4 3 event_clear object=1\n"
                                        "5 4 event_set object=1 woken=0\n"
                                        "5 4 event_wake object=1\n" /* saw it set, did not wait */
                                        "6 1 event_wake object=1\n"
                                        "7 2 event_wake object=1\n");

    assert_string_equal(wakes_of(model), "2>0@3-6, 2>1@3-7");
    weft_model_free(model);
}

static void the_last_to_arrive_opens_the_barrier(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 barrier B 3\n"
                                        "1 1 barrier_wait object=1 arrived=1\n"
                                        "2 2 barrier_wait object=1 arrived=2\n"
                                        "5 3 barrier_pass object=1 arrived=3\n"
                                        "6 1 barrier_pass object=1 arrived=1\n"
                                        "7 2 barrier_pass object=1 arrived=2\n");

    assert_string_equal(wakes_of(model), "2>0@5-6, 2>1@5-7");
    assert_int_equal(model->objects.at[0].capacity, 3);
    weft_model_free(model);
}

static void who_gives_up_or_aborts_breaks_the_barrier(void **state)
{
    (void)state;
    struct weft_model *model =
        model_of("@object 1 barrier B 3\n"
                 "1 1 barrier_wait object=1 arrived=1\n"
                 "2 2 barrier_wait object=1 arrived=2 timeout=3\n"
                 "5 2 barrier_pass object=1 outcome=timeout\n"
                 "6 1 barrier_pass object=1 outcome=broken\n"
                 "7 4 barrier_pass object=1 outcome=broken\n" /* found it broken */
                 "10 1 barrier_wait object=1 arrived=1\n"
                 "11 3 barrier_abort object=1 woken=1\n"
                 "12 1 barrier_pass object=1 outcome=broken\n"
                 "20 1 barrier_wait object=1 arrived=1\n"
                 "21 2 barrier_reset object=1 woken=1\n"
                 "22 1 barrier_pass object=1 outcome=broken\n");

    assert_string_equal(wakes_of(model), "1>0@5-6, 3>0@11-12, 1>0@21-22");
    weft_model_free(model);
}

static void a_put_ends_the_wait_to_get_and_hands_its_item_over(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "1 1 queue_get_wait object=1\n"
                                        "2 2 queue_get_wait object=1\n"
                                        "3 3 queue_put object=1 size=1 item=One\n"
                                        "4 4 queue_put object=1 size=2 item=Two\n"
                                        "5 1 queue_get object=1 size=1 item=One\n"
                                        "6 2 queue_get object=1 size=0 item=Two\n");

    assert_string_equal(wakes_of(model), "2>0@3-5, 3>1@4-6");
    assert_int_equal(weft_model_wake(model, 0).item, 2);
    assert_int_equal(weft_model_wake(model, 1).item, 3);
    weft_model_free(model);
}

static void an_item_that_another_took_is_gone(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "1 1 queue_get_wait object=1\n"
                                        "3 3 queue_put object=1 size=1 item=One\n"
                                        "4 2 queue_get object=1 size=0 item=One\n"
                                        "5 4 queue_put object=1 size=1 item=Two\n"
                                        "6 1 queue_get object=1 size=0 item=Two\n");

    assert_string_equal(wakes_of(model), "3>0@5-6");
    assert_int_equal(weft_model_wake(model, 0).item, 3);
    weft_model_free(model);
}

static void which_item_of_a_priority_queue_was_taken_is_said_only_when_sure(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 priority_queue P\n"
                                        "1 1 queue_get_wait object=1\n"
                                        "3 2 queue_put object=1 size=1 item=low\n"
                                        "4 2 queue_put object=1 size=2 item=high\n"
                                        "5 1 queue_get object=1 size=1 item=high\n"
                                        "6 1 queue_get object=1 size=0 item=low\n"
                                        "7 1 queue_get_wait object=1\n"
                                        "8 2 queue_put object=1 size=1\n"
                                        "9 1 queue_get object=1 size=0\n");

    assert_string_equal(wakes_of(model), "1>0@3-5, 1>0@8-9");
    assert_int_equal(weft_model_wake(model, 0).item, WEFT_NONE);
    assert_int_equal(weft_model_wake(model, 1).item, WEFT_NONE);
    weft_model_free(model);
}

static void a_get_ends_the_wait_to_put(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q 1\n"
                                        "1 1 queue_put object=1 size=1 item=a\n"
                                        "2 1 queue_put_wait object=1\n"
                                        "5 2 queue_get object=1 size=0 item=a\n"
                                        "6 1 queue_put object=1 size=1 item=b\n"
                                        "7 3 queue_get_wait object=1\n"
                                        "8 3 queue_get object=1 size=0 item=b\n");

    /* Nothing that came after the get of thread 3 began, so its waker is not known. */
    assert_string_equal(wakes_of(model), "1>0@5-6");
    assert_int_equal(weft_model_wake(model, 0).item, WEFT_NONE);
    weft_model_free(model);
}

static void the_last_task_done_ends_the_join_of_a_queue(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "1 1 queue_join object=1 tasks=2\n"
                                        "3 2 queue_task_done object=1 tasks=1\n"
                                        "5 3 queue_task_done object=1 tasks=0\n"
                                        "6 1 queue_joined object=1\n");

    assert_string_equal(wakes_of(model), "2>0@5-6");
    assert_int_equal(weft_model_span_extra(model, 0, 0).amount, -1);
    weft_model_free(model);
}

static void the_end_of_a_thread_ends_the_joins(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@thread 1 main\n"
                                        "@thread 2 Worker\n"
                                        "0 2 thread_start\n"
                                        "1 1 join_begin target=2\n"
                                        "5 2 thread_exit\n"
                                        "6 1 join_end target=2\n"
                                        "7 3 join_begin target=2\n" /* it has ended already */
                                        "8 3 join_end target=2\n");
    const struct weft_span join = weft_model_span(model, 0, 0);

    assert_string_equal(wakes_of(model), "1>0@5-6");
    assert_int_equal(weft_model_wake(model, 0).object, WEFT_NONE);
    assert_int_equal(join.state, WEFT_STATE_JOIN);
    assert_int_equal(join.object, 1);
    assert_true(weft_span_about_thread(&join));
    weft_model_free(model);
}

static void wakes_stay_in_time_order_when_one_is_understood_late(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@object 2 lock M\n"
                                        "1 1 lock_acquire object=1\n"
                                        "2 2 lock_request object=1\n"
                                        "3 4 lock_acquire object=2\n"
                                        "4 3 lock_request object=2\n"
                                        "10 2 lock_acquire object=1\n" /* before its release */
                                        "20 4 lock_release object=2\n"
                                        "21 3 lock_acquire object=2\n"
                                        "30 1 lock_release object=1\n");

    assert_string_equal(wakes_of(model), "0>1@10-10, 2>3@20-21");
    weft_model_free(model);
}

static void the_arrival_that_fills_a_round_opens_a_barrier_at_which_all_wait(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 barrier B 2\n"
                                        "1 1 barrier_wait object=1\n"
                                        "5 2 barrier_wait object=1\n"
                                        "6 2 barrier_pass object=1\n"
                                        "7 2 barrier_wait object=1\n" /* the next round */
                                        "8 1 barrier_pass object=1\n"
                                        "9 1 barrier_wait object=1\n"
                                        "10 2 barrier_pass object=1\n");

    assert_string_equal(wakes_of(model), "1>0@5-8, 0>1@9-10");
    weft_model_free(model);
}

static void a_release_of_a_read_write_lock_lets_those_who_wait_in(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 rwlock R\n"
                                        "1 1 rwlock_write_acquire object=1\n"
                                        "2 2 rwlock_read_request object=1\n"
                                        "3 3 rwlock_read_request object=1\n"
                                        "5 1 rwlock_release object=1\n"
                                        "6 2 rwlock_read_acquire object=1\n"
                                        "7 3 rwlock_read_acquire object=1\n");

    assert_string_equal(wakes_of(model), "0>1@5-6, 0>2@5-7");
    weft_model_free(model);
}

static void the_last_wake_of_a_futex_ends_the_waits_on_it(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 futex F\n"
                                        "1 1 futex_wait object=1\n"
                                        "5 2 futex_wake object=1\n"
                                        "6 1 futex_return object=1\n"
                                        "7 1 futex_wait object=1\n"
                                        "8 1 futex_return object=1 outcome=timeout\n");

    assert_string_equal(wakes_of(model), "1>0@5-6");
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_release_before_the_acquire_hands_a_lock_over),
        cmocka_unit_test(a_release_before_the_wait_began_ended_nothing),
        cmocka_unit_test(nobody_wakes_oneself),
        cmocka_unit_test(a_signal_wakes_as_many_as_it_says),
        cmocka_unit_test(a_signal_that_came_before_the_wait_is_not_taken),
        cmocka_unit_test(a_signal_that_woke_nobody_ends_no_wait),
        cmocka_unit_test(a_signal_without_a_count_is_taken_when_it_is_the_last),
        cmocka_unit_test(a_wait_that_timed_out_was_ended_by_nobody),
        cmocka_unit_test(each_release_of_a_semaphore_ends_one_wait),
        cmocka_unit_test(setting_an_event_wakes_all_who_wait),
        cmocka_unit_test(the_last_to_arrive_opens_the_barrier),
        cmocka_unit_test(who_gives_up_or_aborts_breaks_the_barrier),
        cmocka_unit_test(a_put_ends_the_wait_to_get_and_hands_its_item_over),
        cmocka_unit_test(an_item_that_another_took_is_gone),
        cmocka_unit_test(which_item_of_a_priority_queue_was_taken_is_said_only_when_sure),
        cmocka_unit_test(a_get_ends_the_wait_to_put),
        cmocka_unit_test(the_last_task_done_ends_the_join_of_a_queue),
        cmocka_unit_test(the_end_of_a_thread_ends_the_joins),
        cmocka_unit_test(the_arrival_that_fills_a_round_opens_a_barrier_at_which_all_wait),
        cmocka_unit_test(a_release_of_a_read_write_lock_lets_those_who_wait_in),
        cmocka_unit_test(the_last_wake_of_a_futex_ends_the_waits_on_it),
        cmocka_unit_test(wakes_stay_in_time_order_when_one_is_understood_late),
    };

    return cmocka_run_group_tests_name("model: wake-ups", tests, NULL, NULL);
}
