/* The recorded traces of the documented scenarios: the model says what the programs did. */
#include "tests/unit/model_script.h"

static struct weft_model *load(const char *name)
{
    char path[512];
    struct weft_model *model = NULL;
    struct weft_error error = {{0}};

    snprintf(path, sizeof path, "%s/traces/samples/%s.weft.jsonl", WEFT_SOURCE_DIR, name);
    if (weft_model_load(path, script_bad_line, NULL, &model, &error) != WEFT_OK) {
        fail_msg("%s", error.text);
    }
    const char *wrong = weft_model_check(model);
    if (wrong != NULL) {
        fail_msg("%s: %s", name, wrong);
    }
    assert_int_equal(model->oddities, 0);
    assert_true(model->health.complete);
    return model;
}

static uint32_t thread_named(const struct weft_model *model, const char *name)
{
    for (uint32_t i = 0; i < model->threads.count; i++) {
        if (strcmp(model->threads.at[i].name, name) == 0) {
            return i;
        }
    }
    fail_msg("no thread %s", name);
    return WEFT_NONE;
}

static const struct weft_object *object_named(const struct weft_model *model, const char *name)
{
    for (size_t i = 0; i < model->objects.count; i++) {
        if (strcmp(model->objects.at[i].name, name) == 0) {
            return &model->objects.at[i];
        }
    }
    fail_msg("no object %s", name);
    return NULL;
}

static void no_sample_has_anything_odd(void **state)
{
    (void)state;
    const char *const names[] = {"start-new-thread", "thread-class", "locked-sections",
                                 "queue-workers", "guided-tour"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct weft_model *model = load(names[i]);
        assert_true(model->threads.count >= 3);
        assert_true(model->prints.count > 0);
        for (uint32_t k = 0; k < model->threads.count; k++) {
            assert_true(model->threads.at[k].started && model->threads.at[k].ended);
        }
        weft_model_free(model);
    }
}

/* Whoever of the two gets the lock first, the other waits until it hands it over. */
static void in_locked_sections_one_thread_hands_the_lock_to_the_other(void **state)
{
    (void)state;
    struct weft_model *model = load("locked-sections");
    const struct weft_object *lock = object_named(model, "threadLock");

    assert_int_equal(lock->holds.count, 2);
    assert_int_equal(lock->contended, 1);
    const struct weft_hold first = weft_object_hold(model, lock, 0),
                           second = weft_object_hold(model, lock, 1);
    assert_int_not_equal(first.thread, second.thread);
    assert_true(first.end_ns <= second.start_ns);
    const struct weft_wait_ref ref = lock->waits.at[0];
    const struct weft_span wait = weft_model_span(model, ref.thread, ref.span);
    assert_int_equal(ref.thread, second.thread);
    const struct weft_wake wake = weft_model_wake(model, weft_span_extra_of(model, &wait).wake);
    assert_int_equal(wake.from_thread, first.thread);
    assert_int_equal(wake.from_ns, first.end_ns);
    /* Three prints with a delay of one or two seconds each. */
    const uint64_t waited_ns =
        weft_model_state_ns(model, ref.thread, WEFT_STATE_LOCK_WAIT, 0, UINT64_MAX);
    assert_true(waited_ns > 2900000000U && waited_ns < 6200000000U);
    weft_model_free(model);
}

static void in_queue_workers_each_item_goes_through_the_queue_once(void **state)
{
    (void)state;
    struct weft_model *model = load("queue-workers");
    const struct weft_object *queue = object_named(model, "workQueue");
    const uint32_t main_thread = thread_named(model, "main");

    assert_int_equal(queue->puts, 5);
    assert_int_equal(queue->gets, 5);
    assert_int_equal(queue->capacity, 10);
    assert_int_equal(weft_object_level_at(model, queue, model->end_ns), 0);
    assert_true(weft_model_state_ns(model, main_thread, WEFT_STATE_POLL, 0, UINT64_MAX) >
                900000000U);
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_sample_has_anything_odd),
        cmocka_unit_test(in_locked_sections_one_thread_hands_the_lock_to_the_other),
        cmocka_unit_test(in_queue_workers_each_item_goes_through_the_queue_once),
    };

    return cmocka_run_group_tests_name("model: samples", tests, NULL, NULL);
}
