/* The numbers of a trace. */
#include "tests/unit/model_script.h"

#include "traces/analysis/stats.h"
#include "traces/analysis/wait_id.h"

static struct weft_stats stats_of(const struct weft_model *model, uint64_t from_ns, uint64_t to_ns)
{
    struct weft_stats stats;

    assert_true(weft_stats_build(
        model, (struct weft_stats_query){from_ns, to_ns, WEFT_NONE, WEFT_NONE}, &stats));
    return stats;
}

/* Two threads take turns at a mutex; the second waits twice, once in vain. */
static const char TURNS[] = "@object 1 mutex m\n"
                            "0 1 thread_start\n"
                            "0 2 thread_start\n"
                            "10 1 lock_acquire object=1\n"
                            "20 2 lock_request object=1\n"
                            "5000 1 lock_release object=1\n"
                            "5010 2 lock_acquire object=1\n"
                            "5100 2 lock_release object=1\n"
                            "6000 1 lock_acquire object=1\n"
                            "6010 2 lock_request object=1 timeout=500\n"
                            "6510 2 lock_timeout object=1\n"
                            "6600 2 lock_fail object=1 outcome=failed\n"
                            "9000 1 lock_release object=1\n"
                            "10000 1 thread_exit\n"
                            "10000 2 thread_exit\n";

static void a_lock_is_counted_and_measured(void **state)
{
    (void)state;
    struct weft_model *model = model_of(TURNS);
    struct weft_stats stats = stats_of(model, 0, UINT64_MAX);
    const struct weft_object_stats *lock = &stats.objects.at[0];

    assert_int_equal(lock->acquires, 3);
    assert_int_equal(lock->contended, 1);
    assert_int_equal(lock->failed, 1);
    assert_int_equal(lock->timeouts, 1);
    assert_int_equal(lock->waits.count, 2);
    assert_int_equal(lock->waits.total_ns, 4990 + 500);
    assert_int_equal(lock->waits.max_ns, 4990);
    assert_int_equal(lock->waits.p50_ns, 500);
    assert_int_equal(lock->waits.p99_ns, 4990);
    assert_int_equal(lock->holds.count, 3);
    assert_int_equal(lock->holds.total_ns, 4990 + 90 + 3000);
    assert_int_equal(lock->blames.count, 1);
    assert_int_equal(lock->blames.at[0].waiter, 1);
    assert_int_equal(lock->blames.at[0].owner, 0);
    assert_int_equal(lock->blames.at[0].ns, 4980 + 500); /* without the hand-over */
    assert_int_equal(lock->blames.at[0].count, 2);
    assert_int_equal(stats.longest_count, 2);
    assert_int_equal(stats.longest[0].ns, 4990);
    weft_stats_done(&stats);
    weft_model_free(model);
}

static void a_range_takes_its_part_of_waits_and_holds(void **state)
{
    (void)state;
    struct weft_model *model = model_of(TURNS);
    struct weft_stats stats = stats_of(model, 4000, 6100);
    const struct weft_object_stats *lock = &stats.objects.at[0];

    assert_int_equal(stats.events, 5);
    assert_int_equal(lock->acquires, 2);
    assert_int_equal(lock->contended, 1);
    assert_int_equal(lock->timeouts, 0);
    assert_int_equal(lock->waits.total_ns, 1010 + 90);
    assert_int_equal(lock->holds.total_ns, 1000 + 90 + 100);
    assert_int_equal(lock->open_waits, 1);
    assert_int_equal(lock->open_holds, 1);
    assert_int_equal(stats.threads.at[1].state_ns[WEFT_STATE_LOCK_WAIT], 1010 + 90);
    weft_stats_done(&stats);
    weft_model_free(model);
}

static void percentiles_are_exact(void **state)
{
    (void)state;
    enum { WAITS = 200 };
    static char text[WAITS * 200];
    size_t used = 0;
    uint64_t t_ns = 1000;

    /* Waits of 1 … 200 µs, in an order that is not sorted. */
    for (uint64_t i = 0; i < WAITS; i++) {
        const uint64_t us = (i * 73) % WAITS + 1;
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%llu 1 event_wait object=1\n%llu 1 event_wake object=1\n",
                                 (unsigned long long)t_ns, (unsigned long long)(t_ns + us * 1000));
        t_ns += us * 1000 + 10;
    }
    struct weft_model *model = model_of(text);
    struct weft_stats stats = stats_of(model, 0, UINT64_MAX);
    assert_int_equal(stats.objects.at[0].waits.count, WAITS);
    assert_int_equal(stats.objects.at[0].waits.p50_ns, 100 * 1000);
    assert_int_equal(stats.objects.at[0].waits.p99_ns, 198 * 1000);
    assert_int_equal(stats.objects.at[0].waits.max_ns, 200 * 1000);
    assert_int_equal(stats.objects.at[0].blames.at[0].owner, WEFT_NONE); /* nobody set it */
    weft_stats_done(&stats);
    weft_model_free(model);
}

static void the_depth_of_a_queue_is_weighed_by_time(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue q 2\n"
                                        "0 1 thread_start\n"
                                        "100 1 queue_put object=1 size=1\n"
                                        "200 1 queue_put object=1 size=2\n"
                                        "500 1 queue_get object=1 size=1\n"
                                        "600 1 queue_get object=1 size=0\n"
                                        "1100 1 thread_exit\n");
    struct weft_stats stats = stats_of(model, 0, UINT64_MAX);
    const struct weft_object_stats *queue = &stats.objects.at[0];

    assert_int_equal(queue->puts, 2);
    assert_int_equal(queue->gets, 2);
    assert_int_equal(queue->level_peak, 2);
    assert_int_equal(queue->full_ns, 300);
    assert_int_equal(queue->empty_ns, 500);
    assert_true(queue->level_mean > 0.799 && queue->level_mean < 0.801); /* 800 of 1000 ns */
    weft_stats_done(&stats);
    weft_model_free(model);
}

static void a_condition_wait_is_told_in_its_two_parts(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex m\n"
                                        "@object 2 condition c\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "20 1 cond_wait object=2 with=1\n"
                                        "110 2 lock_acquire object=1\n"
                                        "120 2 cond_signal object=2 woken=1\n"
                                        "200 2 lock_release object=1\n"
                                        "210 1 cond_wake object=2 with=1\n"
                                        "220 1 lock_release object=1\n");
    struct weft_stats stats = stats_of(model, 0, UINT64_MAX);
    const struct weft_object_stats *condition = &stats.objects.at[1];

    assert_int_equal(condition->signals, 1);
    assert_int_equal(condition->signal_ns, 100);
    assert_int_equal(condition->mutex_ns, 90);
    assert_int_equal(condition->contended, 0);
    weft_stats_done(&stats);
    weft_model_free(model);
}

/* Tries that a recorder folded into a poll count, and none twice. */
static void what_the_model_counts_is_what_is_counted_here(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 lock l\n"
                                        "0 1 thread_start\n"
                                        "10 1 lock_fail object=1 outcome=failed\n"
                                        "20 1 poll_begin object=1 question=acquire answer=0\n"
                                        "90 1 poll_end object=1 question=acquire count=50\n"
                                        "100 1 lock_acquire object=1\n"
                                        "200 1 poll_begin object=1 question=acquire answer=0\n"
                                        "290 1 poll_end object=1 question=acquire count=7\n");
    struct weft_stats stats = stats_of(model, 0, UINT64_MAX);

    assert_int_equal(model->objects.at[0].failed, 1 + 49 + 7);
    assert_int_equal(stats.objects.at[0].failed, model->objects.at[0].failed);
    weft_stats_done(&stats);
    weft_model_free(model);
}

static void the_counts_of_every_trace_are_the_models(void **state)
{
    (void)state;
    static const char *const names[] = {
        "traces/samples/start-new-thread",      "traces/samples/thread-class",
        "traces/samples/locked-sections",       "traces/samples/queue-workers",
        "traces/samples/guided-tour",           "tests/golden/traces/all-kinds",
        "tests/golden/traces/written-otherwise"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        struct weft_model *model = NULL;
        struct weft_error error = {{0}};
        snprintf(path, sizeof path, "%s/%s.weft.jsonl", WEFT_SOURCE_DIR, names[i]);
        assert_int_equal(weft_model_load(path, script_bad_line, NULL, &model, &error), WEFT_OK);
        struct weft_stats stats = stats_of(model, 0, UINT64_MAX);
        assert_int_equal(stats.events, model->points.count);
        for (size_t k = 0; k < model->objects.count; k++) {
            const struct weft_object *object = &model->objects.at[k];
            const struct weft_object_stats *row = &stats.objects.at[k];
            assert_int_equal(row->acquires, object->acquires);
            assert_int_equal(row->contended, object->contended);
            assert_int_equal(row->failed, object->failed);
            assert_int_equal(row->timeouts, object->timeouts);
            assert_int_equal(row->puts, object->puts);
            assert_int_equal(row->gets, object->gets);
        }
        weft_stats_done(&stats);
        weft_model_free(model);
    }
}

static void one_thread_has_its_own_waits_and_holds(void **state)
{
    (void)state;
    struct weft_model *model = model_of(TURNS);
    struct weft_stats stats;

    assert_true(
        weft_stats_build(model, (struct weft_stats_query){0, UINT64_MAX, 1, WEFT_NONE}, &stats));
    assert_int_equal(stats.threads.count, 1);
    assert_int_equal(stats.objects.at[0].acquires, 1);
    assert_int_equal(stats.objects.at[0].waits.count, 2);
    assert_int_equal(stats.objects.at[0].holds.total_ns, 90);
    weft_stats_done(&stats);
    weft_model_free(model);
}

static void a_wait_is_known_by_its_name(void **state)
{
    (void)state;
    struct weft_model *model = model_of(TURNS);
    uint32_t thread = 77, span = 77;

    assert_string_equal(weft_wait_id(model, 1, 3).text, "2.3");
    assert_true(weft_wait_id_parse(model, "2.3", &thread, &span));
    assert_int_equal(thread, 1);
    assert_int_equal(span, 3);
    const char *const wrong[] = {"",     "2",     "2.",   "2.x",  ".3",
                                 "3.1",  "2.99",  "2.3 ", " 2.3", "+2.3",
                                 "2.-3", "2.3.4", "2,3",  "w2.3", "2.99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(weft_wait_id_parse(model, wrong[i], &thread, &span));
    }
    assert_int_equal(span, 3);
    /* The event at 20 begins the first wait of the second thread. */
    assert_true(weft_wait_begun_by(model, 3, &span));
    assert_int_equal(span, 1);
    assert_false(weft_wait_begun_by(model, 4, &span));
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_is_counted_and_measured),
        cmocka_unit_test(a_range_takes_its_part_of_waits_and_holds),
        cmocka_unit_test(percentiles_are_exact),
        cmocka_unit_test(the_depth_of_a_queue_is_weighed_by_time),
        cmocka_unit_test(a_condition_wait_is_told_in_its_two_parts),
        cmocka_unit_test(what_the_model_counts_is_what_is_counted_here),
        cmocka_unit_test(the_counts_of_every_trace_are_the_models),
        cmocka_unit_test(one_thread_has_its_own_waits_and_holds),
        cmocka_unit_test(a_wait_is_known_by_its_name),
    };

    return cmocka_run_group_tests_name("analysis: stats", tests, NULL, NULL);
}
