/* Objects: holds, levels, counts and names. */
#include "tests/unit/model_script.h"

static void a_lock_is_held_from_acquire_to_release(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@site 1 work a.c 10\n"
                                        "@site 2 work a.c 20\n"
                                        "1 1 lock_acquire object=1 site=1\n"
                                        "2 2 lock_request object=1\n"
                                        "5 1 lock_release object=1 site=2\n"
                                        "6 2 lock_acquire object=1\n"
                                        "@duration 9\n");
    const struct weft_object *lock = &model->objects.at[0];

    assert_string_equal(holds_of(model, 0), "0:1-5, 1:6-9 open");
    assert_int_equal(weft_object_hold(model, lock, 0).released_by, 0);
    assert_int_equal(model->sites.at[weft_object_hold(model, lock, 0).site].line, 10);
    assert_int_equal(model->sites.at[weft_object_hold(model, lock, 0).release_site].line, 20);
    assert_int_equal(weft_object_hold(model, lock, 1).released_by, WEFT_NONE);
    assert_int_equal(lock->acquires, 2);
    assert_int_equal(lock->contended, 1);
    assert_int_equal(lock->waits.count, 1);
    assert_int_equal(lock->waits.at[0].thread, 1);
    assert_int_equal(lock->waits.at[0].span, 0);
    assert_int_equal(lock->first_ns, 1);
    assert_int_equal(lock->last_ns, 6);
    weft_model_free(model);
}

static void any_thread_may_release_a_lock(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1 1 lock_acquire object=1\n"
                                        "4 2 lock_release object=1\n");

    assert_string_equal(holds_of(model, 0), "0:1-4");
    assert_int_equal(weft_model_hold(model, 0, 0).released_by, 1);
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void the_owner_at_a_time_is_found(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1 1 lock_acquire object=1\n"
                                        "4 1 lock_release object=1\n"
                                        "6 1 lock_acquire object=1\n"
                                        "6 1 lock_release object=1\n"
                                        "6 2 lock_acquire object=1\n"
                                        "@duration 9\n");
    const struct weft_object *lock = &model->objects.at[0];

    assert_int_equal(weft_object_hold_at(model, lock, 0), WEFT_NONE);
    assert_int_equal(weft_object_hold_at(model, lock, 1), 0);
    assert_int_equal(weft_object_hold_at(model, lock, 3), 0);
    assert_int_equal(weft_object_hold_at(model, lock, 4), WEFT_NONE);
    assert_int_equal(weft_object_hold_at(model, lock, 6), 2);
    assert_int_equal(weft_object_hold_at(model, lock, 8), 2);
    weft_model_free(model);
}

static void a_reentrant_lock_is_held_until_the_outermost_release(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 rlock R\n"
                                        "1 1 lock_acquire object=1\n"
                                        "2 1 lock_acquire object=1\n"
                                        "3 2 lock_request object=1\n"
                                        "4 1 lock_release object=1\n"
                                        "5 2 lock_release object=1\n" /* not the owner */
                                        "6 1 lock_release object=1\n"
                                        "8 2 lock_acquire object=1\n"
                                        "@duration 9\n");

    assert_string_equal(holds_of(model, 0), "0:1-6, 1:8-9 open");
    assert_string_equal(wakes_of(model), "0>1@6-8");
    assert_int_equal(model->objects.at[0].acquires, 3);
    assert_int_equal(model->oddities, 1);
    weft_model_free(model);
}

static void the_release_of_a_free_lock_is_odd(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1 1 lock_release object=1\n");

    assert_int_equal(model->oddities, 1);
    assert_int_equal(model->objects.at[0].holds.count, 0);
    assert_int_equal(model->points.count, 1);
    weft_model_free(model);
}

static void an_acquire_that_overtakes_its_release_by_a_microsecond_is_put_right(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1000 1 lock_acquire object=1\n"
                                        "2000 2 lock_request object=1\n"
                                        "5000 2 lock_acquire object=1\n"
                                        "5900 1 lock_release object=1\n"
                                        "9000 2 lock_release object=1\n");

    assert_string_equal(holds_of(model, 0), "0:1000-5000, 1:5000-9000");
    assert_int_equal(weft_model_hold(model, 0, 0).released_by, 0);
    assert_int_equal(weft_model_hold(model, 0, 1).released_by, 1);
    assert_string_equal(wakes_of(model), "0>1@5000-5000");
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void a_release_that_comes_later_than_that_is_odd(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1000 1 lock_acquire object=1\n"
                                        "2000 2 lock_request object=1\n"
                                        "5000 2 lock_acquire object=1\n"
                                        "6001 1 lock_release object=1\n"
                                        "9000 2 lock_release object=1\n");

    assert_string_equal(holds_of(model, 0), "0:1000-5000 assumed, 1:5000-9000");
    assert_string_equal(wakes_of(model), "");
    assert_int_equal(model->oddities, 1);
    weft_model_free(model);
}

static void a_lost_release_is_assumed_at_the_next_acquire(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1 1 lock_acquire object=1\n"
                                        "5 1 lock_acquire object=1\n" /* its own: odd at once */
                                        "7 2 lock_acquire object=1\n" /* odd when nothing comes */
                                        "@duration 9\n");

    assert_string_equal(holds_of(model, 0), "0:1-5 assumed, 0:5-7 assumed, 1:7-9 open");
    assert_int_equal(model->oddities, 2);
    weft_model_free(model);
}

static void a_condition_wait_gives_its_mutex_up(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "@object 2 lock L\n"
                                        "1 1 lock_acquire object=2\n"
                                        "2 3 lock_request object=2\n"
                                        "3 1 cond_wait object=1 with=2\n"
                                        "4 3 lock_acquire object=2\n"
                                        "5 3 cond_signal object=1 woken=1\n"
                                        "6 3 lock_release object=2\n"
                                        "8 1 cond_wake object=1 with=2\n"
                                        "9 1 lock_release object=2\n");
    const struct weft_span wait = weft_model_span(model, 0, 1);

    assert_string_equal(holds_of(model, 1), "0:1-3, 1:4-6, 0:8-9");
    assert_string_equal(wakes_of(model), "0>1@3-4, 1>0@5-8");
    assert_int_equal(weft_span_extra_of(model, &wait).mutex, 1);
    assert_int_equal(weft_model_args(model, 2).second, 1); /* an index, not the file's number */
    assert_int_equal(model->objects.at[1].acquires, 2);
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void a_condition_wait_may_say_itself_what_it_does_to_its_mutex(void **state)
{
    (void)state;
    struct weft_model *before = model_of("@object 1 condition C\n"
                                         "@object 2 rlock L\n"
                                         "1 1 lock_acquire object=2\n"
                                         "2 1 lock_release object=2\n"
                                         "3 1 cond_wait object=1 with=2\n"
                                         "5 2 cond_signal object=1 woken=1\n"
                                         "8 1 cond_wake object=1 with=2\n"
                                         "9 1 lock_acquire object=2\n"
                                         "10 1 lock_release object=2\n");
    assert_string_equal(holds_of(before, 1), "0:1-2, 0:9-10");
    assert_int_equal(before->oddities, 0);
    weft_model_free(before);

    struct weft_model *inside = model_of("@object 1 condition C\n"
                                         "@object 2 lock L\n"
                                         "1 1 lock_acquire object=2\n"
                                         "2 1 cond_wait object=1 with=2\n"
                                         "3 1 lock_release object=2\n"
                                         "7 1 lock_acquire object=2\n"
                                         "8 1 cond_wake object=1 with=2\n"
                                         "9 1 lock_release object=2\n");
    assert_string_equal(holds_of(inside, 1), "0:1-2, 0:7-9");
    assert_string_equal(lane_of(inside, 0), "running 1-2, cond_wait 2-8, running 8-9 open");
    assert_int_equal(inside->oddities, 0);
    weft_model_free(inside);
}

static void a_reentrant_mutex_comes_back_as_deep_as_it_was(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "@object 2 rlock L\n"
                                        "1 1 lock_acquire object=2\n"
                                        "2 1 lock_acquire object=2\n"
                                        "3 1 cond_wait object=1 with=2\n"
                                        "6 1 cond_wake object=1 with=2 outcome=timeout\n"
                                        "7 1 lock_release object=2\n"
                                        "8 1 lock_release object=2\n");

    assert_string_equal(holds_of(model, 1), "0:1-3, 0:6-8");
    assert_int_equal(model->objects.at[0].timeouts, 1);
    weft_model_free(model);
}

static void each_permit_of_a_semaphore_is_a_hold(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore S 2\n"
                                        "1 1 sem_acquire object=1 value=1\n"
                                        "2 2 sem_acquire object=1 value=0\n"
                                        "3 2 sem_release object=1 value=1\n" /* its own first */
                                        "4 3 sem_acquire object=1 value=0\n"
                                        "5 4 sem_release object=1 value=1\n" /* the oldest */
                                        "@duration 9\n");

    assert_string_equal(holds_of(model, 0), "0:1-5, 1:2-3, 2:4-9 open");
    assert_int_equal(weft_model_hold(model, 0, 0).released_by, 3);
    assert_string_equal(levels_of(model, 0), "2@1, 1@1, 0@2, 1@3, 0@4, 1@5");
    assert_int_equal(weft_object_hold_at(model, &model->objects.at[0], 2), 1);
    assert_int_equal(weft_object_hold_at(model, &model->objects.at[0], 3), 0);
    assert_int_equal(model->objects.at[0].peak, 2);
    weft_model_free(model);
}

static void permits_of_one_thread_end_in_their_order(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore S 3\n"
                                        "1 1 sem_acquire object=1 value=2\n"
                                        "2 2 sem_acquire object=1 value=1\n"
                                        "3 1 sem_acquire object=1 value=0\n"
                                        "4 1 sem_release object=1 value=1\n"
                                        "5 9 sem_release object=1 value=2\n"
                                        "6 1 sem_release object=1 value=3\n"
                                        "7 1 sem_acquire object=1 value=2\n"
                                        "8 1 sem_release object=1 value=3\n");

    assert_string_equal(holds_of(model, 0), "0:1-4, 1:2-5, 0:3-6, 0:7-8");
    weft_model_free(model);
}

static void a_thread_ends_its_own_permits_before_those_of_others(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore S 3\n"
                                        "1 1 sem_acquire object=1 value=2\n"
                                        "2 2 sem_acquire object=1 value=1\n"
                                        "3 2 sem_acquire object=1 value=0\n"
                                        "4 2 sem_release object=1 value=1\n"
                                        "5 2 sem_release object=1 value=2\n"
                                        "@duration 9\n");

    assert_string_equal(holds_of(model, 0), "0:1-9 open, 1:2-4, 1:3-5");
    weft_model_free(model);
}

static void a_semaphore_may_be_released_without_a_permit(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore S\n"
                                        "1 1 sem_release object=1 value=1\n"
                                        "2 2 sem_acquire object=1 value=0\n");

    assert_int_equal(model->oddities, 0);
    assert_string_equal(levels_of(model, 0), "0@1, 1@1, 0@2");
    weft_model_free(model);
}

static void the_first_event_tells_what_a_semaphore_had(void **state)
{
    (void)state;
    struct weft_model *taken = model_of("@object 1 semaphore S\n"
                                        "3 1 sem_acquire object=1 value=4\n");
    assert_string_equal(levels_of(taken, 0), "5@3, 4@3");
    weft_model_free(taken);

    struct weft_model *empty = model_of("@object 1 semaphore S\n"
                                        "3 1 sem_wait object=1\n");
    assert_string_equal(levels_of(empty, 0), "0@3");
    weft_model_free(empty);

    struct weft_model *unknown = model_of("@object 1 semaphore S\n"
                                          "3 1 sem_fail object=1 outcome=failed\n");
    assert_string_equal(levels_of(unknown, 0), "");
    weft_model_free(unknown);
}

static void a_queue_has_its_depth_from_put_and_get(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q 10\n"
                                        "1 1 queue_put object=1 size=1 item=a\n"
                                        "2 1 queue_put object=1 size=2 item=b\n"
                                        "5 2 queue_get object=1 size=1 item=a\n");
    const struct weft_object *queue = &model->objects.at[0];

    assert_string_equal(levels_of(model, 0), "0@1, 1@1, 2@2, 1@5");
    assert_int_equal(queue->capacity, 10);
    assert_int_equal(queue->puts, 2);
    assert_int_equal(queue->gets, 1);
    assert_int_equal(queue->peak, 2);
    assert_int_equal(weft_object_level_at(model, queue, 0), 0);
    assert_int_equal(weft_object_level_at(model, queue, 1), 1);
    assert_int_equal(weft_object_level_at(model, queue, 4), 2);
    assert_int_equal(weft_object_level_at(model, queue, 99), 1);
    assert_int_equal(weft_object_level(model, queue, 2).point, 1);
    weft_model_free(model);
}

static void a_counter_has_its_value_and_negative_peaks(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 counter N\n"
                                        "1 1 counter object=1 value=-7\n"
                                        "2 1 counter object=1 value=-3\n"
                                        "3 1 counter object=1 value=-3\n"
                                        "4 1 counter object=1 value=-9\n");

    assert_string_equal(levels_of(model, 0), "-7@1, -3@2, -9@4");
    assert_int_equal(model->objects.at[0].peak, -3);
    weft_model_free(model);
}

static void tries_in_vain_are_counted_once_each(void **state)
{
    (void)state;
    struct weft_model *model =
        model_of("@object 1 lock L\n"
                 "@object 2 queue Q\n"
                 "1 1 lock_fail object=1 outcome=failed\n"
                 "2 1 poll_begin object=1 question=acquire answer=0\n"
                 "9 1 poll_end object=1 question=acquire count=50\n" /* the first is in it */
                 "10 1 queue_get_fail object=2 outcome=failed\n"
                 "11 1 queue_get_fail object=2 outcome=failed\n"
                 "12 1 sleep_begin\n"
                 "13 1 sleep_end\n"
                 "14 1 poll_begin object=2 question=get answer=0\n" /* its first was lost */
                 "19 1 poll_end object=2 question=get count=7\n"
                 "20 1 query object=2 question=empty answer=0\n"
                 "21 1 poll_begin object=2 question=empty answer=0\n"
                 "29 1 poll_end object=2 question=empty count=999\n");

    assert_int_equal(model->objects.at[0].failed, 50);
    assert_int_equal(model->objects.at[1].failed, 9);
    weft_model_free(model);
}

static void time_outs_are_counted(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@object 2 event E\n"
                                        "1 1 lock_request object=1 timeout=5\n"
                                        "6 1 lock_timeout object=1 outcome=timeout\n"
                                        "7 1 event_wait object=2 timeout=1\n"
                                        "8 1 event_wake object=2 outcome=timeout\n"
                                        "9 1 event_wait object=2\n"
                                        "@duration 10\n");
    const struct weft_thread_info *thread = &model->threads.at[0];

    assert_int_equal(model->objects.at[0].timeouts, 1);
    assert_int_equal(model->objects.at[1].timeouts, 1);
    assert_int_equal(weft_thread_span(model, thread, 0).outcome, WEFT_OUT_TIMEOUT);
    assert_int_equal(weft_model_span_extra(model, (size_t)(thread - model->threads.at), 0).amount,
                     5);
    assert_int_equal(weft_model_span_extra(model, (size_t)(thread - model->threads.at), 4).amount,
                     -1);
    weft_model_free(model);
}

static void waits_of_an_object_are_in_order_of_begin(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "1 3 lock_request object=1\n"
                                        "2 1 lock_request object=1\n"
                                        "5 1 lock_acquire object=1\n"
                                        "7 1 lock_release object=1\n"
                                        "8 1 lock_request object=1\n");
    const struct weft_object *lock = &model->objects.at[0];

    assert_int_equal(lock->waits.count, 3);
    assert_int_equal(lock->waits.at[0].thread, 0); /* the file's thread 3 came first */
    assert_int_equal(lock->waits.at[1].thread, 1);
    assert_int_equal(lock->waits.at[2].thread, 1);
    assert_int_equal(lock->waits.at[2].span, 2);
    weft_model_free(model);
}

static void what_has_no_name_is_called_by_kind_and_number(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 3 lock\n"
                                        "@object 4 rlock\n"
                                        "0 1 lock_acquire object=3\n"
                                        "1 1 queue_put object=9 size=1\n" /* never defined */
                                        "2 1 object_destroy object=12\n"
                                        "3 1 lock_acquire object=12\n");

    assert_string_equal(model->objects.at[0].name, "lock 3");
    assert_string_equal(model->objects.at[1].name, "reentrant lock 4");
    assert_string_equal(model->objects.at[2].name, "queue 9");
    assert_string_equal(model->objects.at[3].name, "lock 12"); /* it turned out to be one */
    assert_true(model->objects.at[3].destroyed);
    assert_string_equal(model->threads.at[0].name, "thread 1");
    weft_model_free(model);
}

static void a_later_definition_adds_and_never_changes_a_kind(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 lock_acquire object=1\n"
                                        "@object 1 rlock\n"
                                        "@object 1 - early\n"
                                        "@object 1 - late\n"
                                        "@object 1 queue other\n"
                                        "@site 1 - file.c\n"
                                        "@site 1 work other.c 7\n");

    assert_int_equal(model->objects.at[0].kind, WEFT_OBJ_RLOCK);
    assert_string_equal(model->objects.at[0].name, "late");
    assert_int_equal(model->oddities, 1);
    assert_string_equal(model->sites.at[0].file, "file.c");
    assert_string_equal(model->sites.at[0].function, "work");
    assert_int_equal(model->sites.at[0].line, 7);
    weft_model_free(model);
}

static void a_recursive_mutex_is_held_until_the_outermost_release(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 recursive_mutex M\n"
                                        "1 1 lock_acquire object=1\n"
                                        "2 1 lock_acquire object=1\n"
                                        "3 1 lock_release object=1\n"
                                        "9 1 lock_release object=1\n");

    assert_int_equal(model->objects.at[0].holds.count, 1);
    assert_int_equal(weft_model_hold(model, 0, 0).end_ns, 9);
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void readers_hold_a_read_write_lock_together(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 rwlock R\n"
                                        "1 1 rwlock_read_acquire object=1\n"
                                        "2 2 rwlock_read_acquire object=1\n"
                                        "3 3 rwlock_write_request object=1\n"
                                        "4 4 rwlock_fail object=1 outcome=failed\n"
                                        "5 1 rwlock_release object=1\n"
                                        "6 2 rwlock_release object=1\n"
                                        "7 3 rwlock_write_acquire object=1\n"
                                        "8 5 rwlock_read_request object=1 timeout=1\n"
                                        "9 5 rwlock_timeout object=1\n");
    const struct weft_object *object = &model->objects.at[0];

    assert_int_equal(object->holds.count, 3);
    assert_int_equal(weft_object_hold(model, object, 0).flags, WEFT_HOLD_SHARED);
    assert_int_equal(weft_object_hold(model, object, 0).end_ns, 5);
    assert_int_equal(weft_object_hold(model, object, 1).flags, WEFT_HOLD_SHARED);
    assert_int_equal(weft_object_hold(model, object, 1).end_ns, 6);
    assert_int_equal(weft_object_hold(model, object, 2).flags, WEFT_SPAN_OPEN);
    assert_int_equal(object->acquires, 3);
    assert_int_equal(object->contended, 1);
    assert_int_equal(object->failed, 1);
    assert_int_equal(object->timeouts, 1);
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void a_semaphore_that_does_not_say_its_value_has_no_level(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore S 1\n"
                                        "@object 2 semaphore T 1\n"
                                        "5 1 sem_acquire object=1\n"
                                        "6 1 sem_acquire object=2 value=0\n"
                                        "9 1 sem_release object=1\n");

    assert_string_equal(levels_of(model, 0), "");
    assert_string_equal(holds_of(model, 0), "0:5-9");
    assert_int_not_equal(model->objects.at[1].levels.count, 0);
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_semaphore_that_does_not_say_its_value_has_no_level),
        cmocka_unit_test(a_lock_is_held_from_acquire_to_release),
        cmocka_unit_test(any_thread_may_release_a_lock),
        cmocka_unit_test(the_owner_at_a_time_is_found),
        cmocka_unit_test(a_reentrant_lock_is_held_until_the_outermost_release),
        cmocka_unit_test(a_recursive_mutex_is_held_until_the_outermost_release),
        cmocka_unit_test(readers_hold_a_read_write_lock_together),
        cmocka_unit_test(the_release_of_a_free_lock_is_odd),
        cmocka_unit_test(an_acquire_that_overtakes_its_release_by_a_microsecond_is_put_right),
        cmocka_unit_test(a_release_that_comes_later_than_that_is_odd),
        cmocka_unit_test(a_lost_release_is_assumed_at_the_next_acquire),
        cmocka_unit_test(a_condition_wait_gives_its_mutex_up),
        cmocka_unit_test(a_condition_wait_may_say_itself_what_it_does_to_its_mutex),
        cmocka_unit_test(a_reentrant_mutex_comes_back_as_deep_as_it_was),
        cmocka_unit_test(each_permit_of_a_semaphore_is_a_hold),
        cmocka_unit_test(permits_of_one_thread_end_in_their_order),
        cmocka_unit_test(a_thread_ends_its_own_permits_before_those_of_others),
        cmocka_unit_test(a_semaphore_may_be_released_without_a_permit),
        cmocka_unit_test(the_first_event_tells_what_a_semaphore_had),
        cmocka_unit_test(a_queue_has_its_depth_from_put_and_get),
        cmocka_unit_test(a_counter_has_its_value_and_negative_peaks),
        cmocka_unit_test(tries_in_vain_are_counted_once_each),
        cmocka_unit_test(time_outs_are_counted),
        cmocka_unit_test(waits_of_an_object_are_in_order_of_begin),
        cmocka_unit_test(what_has_no_name_is_called_by_kind_and_number),
        cmocka_unit_test(a_later_definition_adds_and_never_changes_a_kind),
    };

    return cmocka_run_group_tests_name("model: objects", tests, NULL, NULL);
}
