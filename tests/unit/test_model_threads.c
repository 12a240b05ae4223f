/* Lanes: how events become states, names and zones. */
#include "tests/unit/model_script.h"

static void a_wait_stands_between_two_running_spans(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start tid=77\n"
                                        "5 1 sleep_begin duration=4\n"
                                        "9 1 sleep_end\n"
                                        "12 1 thread_exit\n");
    const struct weft_thread_info *thread = &model->threads.at[0];

    assert_string_equal(lane_of(model, 0), "running 0-5, sleep 5-9, running 9-12");
    assert_int_equal(weft_model_span_extra(model, (size_t)(thread - model->threads.at), 1).amount,
                     4);
    assert_int_equal(thread->tid, 77);
    assert_true(thread->started && thread->ended);
    weft_model_free(model);
}

static void what_is_open_reaches_to_the_end(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "0 1 thread_start\n"
                                        "5 1 lock_request object=1\n"
                                        "7 2 thread_start\n"
                                        "@duration 20\n");

    assert_string_equal(lane_of(model, 0), "running 0-5, lock_wait 5-20 open");
    assert_string_equal(lane_of(model, 1), "running 7-20 open");
    assert_int_equal(model->end_ns, 20);
    assert_false(model->threads.at[0].ended);
    assert_int_equal(model->threads.at[0].end_ns, 20);
    weft_model_free(model);
}

static void a_cut_trace_ends_with_its_last_event(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start\n"
                                        "8 1 mark text=here\n"
                                        "@cut\n");

    assert_int_equal(model->end_ns, 8);
    assert_false(model->health.complete);
    assert_string_equal(lane_of(model, 0), "running 0-8 open");
    weft_model_free(model);
}

static void what_a_thread_did_while_events_were_lost_is_unknown(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "0 1 lock_request object=1\n"
                                        "3 1 lost count=7\n"
                                        "8 1 lock_acquire object=1\n"
                                        "9 1 lost count=1\n"
                                        "10 1 sleep_begin\n"
                                        "12 1 sleep_end\n"
                                        "13 1 lost count=2\n"
                                        "15 1 process_end\n"
                                        "@duration 15\n");

    assert_string_equal(lane_of(model, 0),
                        "lock_wait 0-3 assumed, unknown 3-8, running 8-9, unknown 9-10, "
                        "sleep 10-12, running 12-13, unknown 13-15");
    assert_int_equal(model->objects.at[0].contended, 0); /* that is not known */
    weft_model_free(model);
}

static void running_spans_of_no_length_are_not_stored(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 sleep_begin\n"
                                        "5 1 sleep_end\n"
                                        "5 1 sleep_begin\n"
                                        "5 1 sleep_end\n"
                                        "5 1 sleep_begin\n"
                                        "9 1 sleep_end\n"
                                        "@duration 10\n");

    /* The sleep of no length is in the trace, so it stays. */
    assert_string_equal(lane_of(model, 0), "sleep 0-5, sleep 5-5, sleep 5-9, running 9-10 open");
    weft_model_free(model);
}

static void a_second_wait_ends_the_first_as_assumed(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "0 1 lock_request object=1\n"
                                        "5 1 sleep_begin\n"
                                        "7 1 sleep_end\n"
                                        "@duration 9\n");

    assert_string_equal(lane_of(model, 0), "lock_wait 0-5 assumed, sleep 5-7, running 7-9 open");
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void an_end_of_something_else_ends_a_wait_as_assumed(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@object 2 lock M\n"
                                        "0 1 lock_request object=1\n"
                                        "5 1 lock_acquire object=2\n"
                                        "@duration 9\n");

    assert_string_equal(lane_of(model, 0), "lock_wait 0-5 assumed, running 5-9 open");
    assert_int_equal(model->objects.at[1].contended, 0);
    weft_model_free(model);
}

static void put_does_not_end_a_wait_to_get(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "0 1 queue_get_wait object=1\n"
                                        "5 1 queue_put object=1 size=1\n"
                                        "8 1 queue_get_wait object=1\n"
                                        "9 1 queue_get_timeout object=1 outcome=timeout\n"
                                        "@duration 10\n");

    assert_string_equal(lane_of(model, 0), "queue_wait 0-5 assumed, running 5-8, queue_wait 8-9, "
                                           "running 9-10 open");
    assert_int_equal(weft_model_span(model, 0, 2).outcome, WEFT_OUT_TIMEOUT);
    assert_int_equal(model->objects.at[0].timeouts, 1);
    weft_model_free(model);
}

static void an_end_without_begin_is_a_point(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "0 1 thread_start\n"
                                        "3 1 lock_acquire object=1\n"
                                        "@duration 4\n");

    assert_string_equal(lane_of(model, 0), "running 0-4 open");
    assert_int_equal(weft_model_point(model, 1).kind, WEFT_EV_LOCK_ACQUIRE);
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void ends_that_must_have_a_begin_are_odd_without(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 condition C\n"
                                        "0 1 sleep_end\n"
                                        "1 1 cond_wake object=1\n"
                                        "2 1 zone_end\n");

    assert_int_equal(model->oddities, 3);
    assert_string_equal(lane_of(model, 0), "running 0-2 open");
    weft_model_free(model);
}

static void a_poll_has_its_question_answer_and_count(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "0 1 query object=1 question=empty answer=0\n"
                                        "2 1 poll_begin object=1 question=empty answer=0\n"
                                        "8 1 poll_end object=1 question=empty count=1000\n"
                                        "@duration 9\n");
    const struct weft_span poll = weft_model_span(model, 0, 1);

    assert_string_equal(lane_of(model, 0), "running 0-2, poll 2-8, running 8-9 open");
    assert_int_equal(poll.question, WEFT_ASK_EMPTY);
    assert_int_equal(weft_span_extra_of(model, &poll).answer, 0);
    assert_int_equal(weft_span_extra_of(model, &poll).amount, 1000);
    assert_int_equal(poll.object, 0);
    assert_false(weft_span_about_thread(&poll));
    weft_model_free(model);
}

static void whatever_begins_or_ends_closes_an_open_poll(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "@object 2 lock L\n"
                                        "0 1 poll_begin object=1 question=empty answer=0\n"
                                        "4 1 sleep_begin\n"
                                        "5 1 sleep_end\n"
                                        "6 1 poll_begin object=1 question=empty answer=0\n"
                                        "8 1 lock_acquire object=2\n"
                                        "@duration 9\n");

    assert_string_equal(lane_of(model, 0), "poll 0-4 assumed, sleep 4-5, running 5-6, "
                                           "poll 6-8 assumed, running 8-9 open");
    weft_model_free(model);
}

static void a_poll_for_a_thread_names_the_thread(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@thread 1 main\n"
                                        "@thread 9 Worker\n"
                                        "0 1 poll_begin target=9 question=is_alive answer=1\n"
                                        "4 1 poll_end target=9 question=is_alive count=5\n");
    const struct weft_span poll = weft_model_span(model, 0, 0);

    assert_true(weft_span_about_thread(&poll));
    assert_true(weft_point_about_thread(model, 0));
    assert_string_equal(model->threads.at[poll.object].name, "Worker");
    assert_int_equal(model->objects.count, 0);
    weft_model_free(model);
}

static void the_end_of_a_thread_closes_its_wait_and_zones(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "0 1 thread_start\n"
                                        "1 1 zone_begin name=work\n"
                                        "2 1 lock_request object=1\n"
                                        "6 1 thread_exit\n"
                                        "@duration 9\n");

    assert_string_equal(lane_of(model, 0), "running 0-2, lock_wait 2-6 assumed");
    assert_int_equal(model->threads.at[0].end_ns, 6);
    assert_int_equal(model->threads.at[0].zones.at[0].end_ns, 6);
    assert_int_equal(model->threads.at[0].zones.at[0].flags, WEFT_SPAN_ASSUMED);
    assert_int_equal(weft_model_span_at(model, 0, 7), WEFT_NONE);
    weft_model_free(model);
}

static void the_end_of_the_process_ends_all_lanes(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start\n"
                                        "1 2 thread_start\n"
                                        "2 2 sleep_begin\n"
                                        "3 1 thread_exit\n"
                                        "8 1 process_end status=3 signal=2\n"
                                        "@duration 9\n");

    assert_string_equal(lane_of(model, 0), "running 0-3");
    assert_string_equal(lane_of(model, 1), "running 1-2, sleep 2-8 assumed open");
    assert_int_equal(model->exit_status, 3);
    assert_int_equal(model->exit_signal, 2);
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void a_lane_starts_with_the_threads_own_first_event(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@thread 1 main\n"
                                        "0 1 thread_start\n"
                                        "@thread 2 Worker\n"
                                        "3 1 thread_create target=2 daemon=1 name=Worker\n"
                                        "7 2 thread_start tid=9\n"
                                        "@thread 3 Never\n"
                                        "8 1 thread_create target=3 daemon=0\n"
                                        "9 4 mark text=stranger\n"
                                        "@duration 10\n");

    assert_int_equal(model->threads.at[1].start_ns, 7);
    assert_int_equal(model->threads.at[1].parent, 0);
    assert_true(model->threads.at[1].daemon);
    assert_true(model->threads.at[1].started);
    assert_int_equal(model->threads.at[2].spans.count, 0);
    assert_int_equal(model->threads.at[2].parent, 0);
    assert_string_equal(model->threads.at[3].name, "thread 4");
    assert_false(model->threads.at[3].started);
    assert_int_equal(model->threads.at[3].parent, WEFT_NONE);
    assert_string_equal(lane_of(model, 3), "running 9-10 open");
    weft_model_free(model);
}

static void a_name_holds_from_its_instant_on(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@thread 1 main\n"
                                        "0 1 thread_start\n"
                                        "5 1 thread_name target=1 name=boss\n"
                                        "9 1 thread_name target=1 name=retired\n");
    const struct weft_thread_info *thread = &model->threads.at[0];

    assert_string_equal(thread->name, "retired");
    assert_string_equal(weft_thread_name_at(thread, 0), "main");
    assert_string_equal(weft_thread_name_at(thread, 4), "main");
    assert_string_equal(weft_thread_name_at(thread, 5), "boss");
    assert_string_equal(weft_thread_name_at(thread, 8), "boss");
    assert_string_equal(weft_thread_name_at(thread, 100), "retired");
    weft_model_free(model);
}

static void a_name_that_comes_late_counts_from_the_beginning(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 2 thread_start\n"
                                        "3 2 thread_name target=2 name=later\n"
                                        "@thread 2 first\n"
                                        "@thread 2 ignored\n"
                                        "4 1 thread_create target=7 name=made\n");

    assert_string_equal(weft_thread_name_at(&model->threads.at[0], 1), "first");
    assert_string_equal(model->threads.at[0].name, "later");
    assert_string_equal(model->threads.at[2].name, "made");
    weft_model_free(model);
}

static void zones_nest(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 zone_begin name=outer\n"
                                        "2 1 zone_begin name=inner\n"
                                        "4 1 zone_end\n"
                                        "5 1 zone_begin name=second\n"
                                        "@duration 9\n");
    const struct weft_thread_info *thread = &model->threads.at[0];

    assert_int_equal(thread->zones.count, 3);
    assert_string_equal(thread->zones.at[1].name, "inner");
    assert_int_equal(thread->zones.at[1].depth, 1);
    assert_int_equal(thread->zones.at[1].end_ns, 4);
    assert_int_equal(thread->zones.at[1].flags, 0);
    assert_int_equal(thread->zones.at[2].depth, 1);
    assert_int_equal(thread->zones.at[0].end_ns, 9);
    assert_int_equal(thread->zones.at[0].flags, WEFT_SPAN_OPEN);
    weft_model_free(model);
}

static void prints_are_kept_with_their_thread(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 print text=hello\n"
                                        "3 2 print text=world\n");

    assert_int_equal(model->prints.count, 2);
    assert_string_equal(model->prints.at[1].text, "world");
    assert_int_equal(model->prints.at[1].thread, 1);
    assert_int_equal(model->prints.at[1].point, 1);
    assert_string_equal(weft_model_args(model, 1).text, "world");
    weft_model_free(model);
}

static void what_a_thread_does_after_its_end_changes_no_lane(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "0 1 lock_acquire object=1\n"
                                        "3 1 thread_exit\n"
                                        "5 1 lock_release object=1\n"
                                        "6 1 sleep_begin\n"
                                        "7 1 thread_exit\n"
                                        "@duration 9\n");

    assert_string_equal(lane_of(model, 0), "running 0-3");
    assert_string_equal(holds_of(model, 0), "0:0-5");
    assert_int_equal(model->threads.at[0].end_ns, 3);
    assert_int_equal(model->oddities, 3);
    weft_model_free(model);
}

static void the_header_is_the_models_own(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start\n");

    assert_string_equal(model->header.program, "script");
    assert_int_equal(model->header.command_count, 2);
    assert_string_equal(model->header.command[1], "--fast");
    assert_string_equal(model->header.clock, "tsc");
    assert_int_equal(model->header.pid, 7);
    assert_true(model->health.complete);
    assert_int_equal(model->health.events, 1);
    assert_int_equal(model->exit_status, -1);
    weft_model_free(model);
}

static void the_span_at_a_time_is_found(void **state)
{
    (void)state;
    struct weft_model *model = model_of("2 1 thread_start\n"
                                        "5 1 sleep_begin\n"
                                        "8 1 sleep_end\n"
                                        "8 1 sleep_begin\n"
                                        "8 1 sleep_end\n"
                                        "12 1 thread_exit\n");

    assert_int_equal(weft_model_span_at(model, 0, 1), WEFT_NONE);
    assert_int_equal(weft_model_span_at(model, 0, 2), 0);
    assert_int_equal(weft_model_span_at(model, 0, 4), 0);
    assert_int_equal(weft_model_span_at(model, 0, 5), 1);
    assert_int_equal(weft_model_span_at(model, 0, 7), 1);
    assert_int_equal(weft_model_span_at(model, 0, 8), 3); /* past the one of no length */
    assert_int_equal(weft_model_span_at(model, 0, 11), 3);
    assert_int_equal(weft_model_span_at(model, 0, 12), WEFT_NONE);
    weft_model_free(model);
}

static void points_are_found_by_time(void **state)
{
    (void)state;
    struct weft_model *model = model_of("2 1 mark text=a\n"
                                        "2 1 mark text=b\n"
                                        "5 1 mark text=c\n");

    assert_int_equal(weft_model_point_from(model, 0), 0);
    assert_int_equal(weft_model_point_from(model, 2), 0);
    assert_int_equal(weft_model_point_from(model, 3), 2);
    assert_int_equal(weft_model_point_from(model, 6), 3);
    weft_model_free(model);
}

static void what_an_event_does_not_say_is_told_from_zero(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock L\n"
                                        "@object 2 condition C\n"
                                        "@object 3 barrier B\n"
                                        "0 1 cond_wait object=2 timeout=7\n"
                                        "1 2 cond_wait object=2 with=1\n"
                                        "2 3 barrier_wait object=3 arrived=1\n"
                                        "3 4 thread_exit\n");
    const struct weft_point_args args = weft_model_args(model, 0);

    assert_true(args.has_first && !args.has_second);
    assert_int_equal(args.first, 7);
    assert_int_equal(args.second, WEFT_NONE);
    assert_int_equal(weft_model_args(model, 1).first, -1);
    assert_int_equal(weft_model_args(model, 1).second, 0); /* the index of L */
    assert_int_equal(weft_model_args(model, 2).first, -1);
    assert_int_equal(weft_model_args(model, 2).second, 1);
    assert_int_equal(weft_model_args(model, 3).point, WEFT_NONE);
    weft_model_free(model);
}

/* As items of queues do: a thousand of them, in turns. */
static void texts_that_come_again_are_kept_once(void **state)
{
    (void)state;
    enum { TEXTS = 1000, ROUNDS = 3 };
    char *text = malloc((size_t)TEXTS * ROUNDS * 32), *at = text;
    assert_non_null(text);
    for (int i = 0; i < TEXTS * ROUNDS; i++) {
        at += sprintf(at, "%d 1 mark text=item%d\n", i, i % TEXTS);
    }
    struct weft_model *model = model_of(text);

    assert_int_equal(model->texts.count, TEXTS);
    for (uint32_t i = 0; i < TEXTS * ROUNDS; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "item%u", i % TEXTS);
        assert_string_equal(weft_model_args(model, i).text, expected);
    }
    weft_model_free(model);
    free(text);
}

/* Enough spans that the tallies come into play; the sum is known. */
static void time_in_a_state_is_summed_over_any_range(void **state)
{
    (void)state;
    enum { ROUNDS = 500, ROUND_NS = 10, SLEEP_NS = 3 };
    char *text = malloc((size_t)ROUNDS * 64), *at = text;
    assert_non_null(text);
    *at = '\0';
    for (int i = 0; i < ROUNDS; i++) {
        at += sprintf(at, "%d 1 sleep_begin\n%d 1 sleep_end\n", i * ROUND_NS,
                      i * ROUND_NS + SLEEP_NS);
    }
    sprintf(at, "@duration %d\n", ROUNDS * ROUND_NS);
    struct weft_model *model = model_of(text);

    assert_int_equal(weft_model_state_ns(model, 0, WEFT_STATE_SLEEP, 0, UINT64_MAX),
                     ROUNDS * SLEEP_NS);
    assert_int_equal(weft_model_state_ns(model, 0, WEFT_STATE_RUNNING, 0, UINT64_MAX),
                     ROUNDS * (ROUND_NS - SLEEP_NS));
    for (uint64_t from_ns = 0; from_ns < 2000; from_ns += 77) {
        for (uint64_t to_ns = from_ns; to_ns < 5000; to_ns += 101) {
            uint64_t sum_ns = 0;
            for (uint64_t t_ns = from_ns; t_ns < to_ns; t_ns++) {
                sum_ns += t_ns % ROUND_NS < SLEEP_NS;
            }
            assert_int_equal(weft_model_state_ns(model, 0, WEFT_STATE_SLEEP, from_ns, to_ns),
                             sum_ns);
        }
    }
    assert_int_equal(weft_model_state_ns(model, 0, WEFT_STATE_SLEEP, 50, 50), 0);
    assert_int_equal(weft_model_state_ns(model, 0, WEFT_STATE_SLEEP, 50, 40), 0);
    weft_model_free(model);
    free(text);
}

static void a_call_that_tells_at_its_end_how_long_it_took_began_that_long_before(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start\n"
                                        "10 1 call_end duration=4 name=read\n"
                                        "12 1 call_end duration=99 name=poll\n");

    assert_string_equal(lane_of(model, 0), "running 0-6, io 6-10, io 10-12, running 12-12 open");
    assert_int_equal(model->oddities, 0);
    weft_model_free(model);
}

static void an_exec_ends_all_threads_but_the_one_that_goes_on(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start\n"
                                        "1 2 thread_start\n"
                                        "5 1 process_exec\n"
                                        "7 1 thread_exit\n");

    assert_string_equal(lane_of(model, 0), "running 0-7");
    assert_string_equal(lane_of(model, 1), "running 1-5");
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exec_ends_all_threads_but_the_one_that_goes_on),
        cmocka_unit_test(a_call_that_tells_at_its_end_how_long_it_took_began_that_long_before),
        cmocka_unit_test(a_wait_stands_between_two_running_spans),
        cmocka_unit_test(what_is_open_reaches_to_the_end),
        cmocka_unit_test(a_cut_trace_ends_with_its_last_event),
        cmocka_unit_test(running_spans_of_no_length_are_not_stored),
        cmocka_unit_test(a_second_wait_ends_the_first_as_assumed),
        cmocka_unit_test(an_end_of_something_else_ends_a_wait_as_assumed),
        cmocka_unit_test(put_does_not_end_a_wait_to_get),
        cmocka_unit_test(an_end_without_begin_is_a_point),
        cmocka_unit_test(ends_that_must_have_a_begin_are_odd_without),
        cmocka_unit_test(a_poll_has_its_question_answer_and_count),
        cmocka_unit_test(whatever_begins_or_ends_closes_an_open_poll),
        cmocka_unit_test(a_poll_for_a_thread_names_the_thread),
        cmocka_unit_test(the_end_of_a_thread_closes_its_wait_and_zones),
        cmocka_unit_test(the_end_of_the_process_ends_all_lanes),
        cmocka_unit_test(a_lane_starts_with_the_threads_own_first_event),
        cmocka_unit_test(a_name_holds_from_its_instant_on),
        cmocka_unit_test(a_name_that_comes_late_counts_from_the_beginning),
        cmocka_unit_test(zones_nest),
        cmocka_unit_test(prints_are_kept_with_their_thread),
        cmocka_unit_test(what_a_thread_does_after_its_end_changes_no_lane),
        cmocka_unit_test(the_header_is_the_models_own),
        cmocka_unit_test(the_span_at_a_time_is_found),
        cmocka_unit_test(points_are_found_by_time),
        cmocka_unit_test(what_a_thread_did_while_events_were_lost_is_unknown),
        cmocka_unit_test(what_an_event_does_not_say_is_told_from_zero),
        cmocka_unit_test(texts_that_come_again_are_kept_once),
        cmocka_unit_test(time_in_a_state_is_summed_over_any_range),
    };

    return cmocka_run_group_tests_name("model: threads", tests, NULL, NULL);
}
