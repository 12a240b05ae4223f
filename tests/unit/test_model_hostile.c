/* Traces that no program would leave: anything may come, and the model stays whole. */
#include "tests/unit/model_script.h"

#include "traces/model/build.h"

static void huge_numbers_cost_no_memory(void **state)
{
    (void)state;
    struct weft_model *model =
        model_of("@thread 4294967294 far\n"
                 "@object 4294967294 lock L\n"
                 "@site 4294967294 work a.c 3\n"
                 "0 4294967294 lock_acquire object=4294967294 site=4294967294\n"
                 "1 4000000000 lock_request object=4294967294\n"
                 "2 4294967294 lock_release object=4294967294\n"
                 "3 4000000000 lock_acquire object=4294967294\n"
                 "4 4000000000 thread_create target=4294967293 daemon=1\n"
                 "5 4000000000 cond_wait object=4294967292 with=4294967294\n");

    assert_int_equal(model->threads.count, 3);
    assert_int_equal(model->objects.count, 2);
    assert_int_equal(model->sites.count, 1);
    assert_string_equal(wakes_of(model), "0>1@2-3");
    assert_string_equal(model->threads.at[1].name, "thread 4000000000");
    assert_true(model->threads.room < 100 && model->objects.room < 100);
    weft_model_free(model);
}

static void an_event_about_the_wrong_kind_of_object_has_no_effect(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue Q\n"
                                        "@object 2 condition C\n"
                                        "0 1 lock_acquire object=1\n"
                                        "1 1 lock_request object=1\n"
                                        "2 1 lock_release object=1\n"
                                        "3 1 cond_wait object=2 with=1\n" /* no lock to give up */
                                        "@duration 5\n");

    assert_int_equal(model->oddities, 4);
    assert_int_equal(model->objects.at[0].holds.count, 0);
    assert_int_equal(model->objects.at[0].acquires, 0);
    assert_string_equal(lane_of(model, 0), "running 0-3, cond_wait 3-5 open");
    assert_int_equal(weft_model_span_extra(model, 0, 1).mutex, WEFT_NONE);
    assert_int_equal(model->points.count, 4);
    weft_model_free(model);
}

static void counts_of_any_size_do_not_wrap(void **state)
{
    (void)state;
    struct weft_model *model =
        model_of("@object 1 lock L\n"
                 "@object 2 counter N\n"
                 "@object 3 condition C\n"
                 "@object 4 semaphore S\n"
                 "1 1 poll_begin object=1 question=acquire answer=0\n"
                 "2 1 poll_end object=1 question=acquire count=9223372036854775807\n"
                 "3 1 poll_begin object=1 question=acquire answer=0\n"
                 "4 1 poll_end object=1 question=acquire count=9223372036854775807\n"
                 "5 1 poll_begin object=1 question=acquire answer=0\n"
                 "6 1 poll_end object=1 question=acquire count=9223372036854775807\n"
                 "7 1 counter object=2 value=9223372036854775807\n"
                 "8 1 counter object=2 value=-9223372036854775808\n"
                 "9 1 cond_wait object=3\n"
                 "10 2 cond_signal object=3 woken=9223372036854775807\n"
                 "11 1 cond_wake object=3\n"
                 "12 1 sem_acquire object=4 value=9223372036854775807\n"
                 "13 1 process_end status=9223372036854775807 signal=-9223372036854775808\n");

    assert_true(model->objects.at[0].failed == UINT64_MAX);
    assert_true(model->objects.at[1].peak == INT64_MAX);
    assert_string_equal(wakes_of(model), "1>0@10-11");
    assert_int_equal(model->exit_status, INT32_MAX);
    assert_int_equal(model->exit_signal, INT32_MIN);
    weft_model_free(model);
}

static void a_thread_cannot_be_made_twice_or_by_itself(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_create target=2\n"
                                        "1 3 thread_create target=2\n"
                                        "2 1 thread_create target=1\n"
                                        "3 1 thread_start\n"
                                        "4 1 thread_start\n");

    assert_int_equal(model->threads.at[1].parent, 0);
    assert_int_equal(model->threads.at[0].parent, WEFT_NONE);
    assert_int_equal(model->oddities, 3);
    weft_model_free(model);
}

static void time_never_goes_back(void **state)
{
    (void)state;
    struct weft_model *model = weft_model_new();
    const uint64_t times_ns[] = {50, 10, UINT64_MAX, 0};

    assert_non_null(model);
    for (size_t i = 0; i < sizeof times_ns / sizeof times_ns[0]; i++) {
        const struct weft_item item = {
            .kind = WEFT_ITEM_EVENT,
            .event = {.t_ns = times_ns[i],
                      .thread = 1,
                      .kind = i % 2 == 0 ? WEFT_EV_SLEEP_BEGIN : WEFT_EV_SLEEP_END}};
        assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    }
    weft_model_settle(model);
    assert_null(weft_model_check(model));
    assert_true(model->end_ns == UINT64_MAX);
    assert_int_equal(weft_model_point(model, 1).t_ns, 50);
    weft_model_free(model);
}

/* Source: Marsaglia, "Xorshift RNGs". */
static uint32_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 32);
}

static int64_t random_number(uint64_t *seed)
{
    switch (next_random(seed) % 6) {
    case 0:
        return INT64_MAX;
    case 1:
        return INT64_MIN;
    case 2:
        return -(int64_t)(next_random(seed) % 5);
    default:
        return next_random(seed) % 12;
    }
}

struct box {
    uint64_t seed, t_ns;
    struct weft_item_event last[6]; /* by thread */
};

/* The end of what the thread began: in the table it stands behind the begin. */
static void follow_up(struct box *box, struct weft_item_event *event)
{
    const struct weft_item_event *last = &box->last[event->thread];
    const uint8_t phase = weft_events[last->kind].phase;

    if ((phase == WEFT_PHASE_BEGIN || phase == WEFT_PHASE_POLL_BEGIN) &&
        next_random(&box->seed) % 3 != 0) {
        event->kind = (enum weft_event_kind)(last->kind + 1);
        event->object = last->object;
        event->first = last->first;
    }
    box->last[event->thread] = *event;
}

/* Few threads and objects, so that events meet; any kind on any of them. */
static void random_item(struct box *box, struct weft_item *item)
{
    uint64_t *seed = &box->seed, *t_ns = &box->t_ns;
    const uint32_t dice = next_random(seed) % 40;

    *item = (struct weft_item){.kind = WEFT_ITEM_EVENT};
    if (dice == 0) {
        item->kind = WEFT_ITEM_OBJECT;
        item->object.id = next_random(seed) % 12 + 1;
        item->object.kind = (enum weft_object_kind)(next_random(seed) % (WEFT_OBJ_COUNT + 1));
        item->object.capacity = random_number(seed);
        item->object.name = weft_slice_of(next_random(seed) % 2 == 0 ? "" : "name");
        return;
    }
    if (dice == 1) {
        item->kind = WEFT_ITEM_THREAD;
        item->thread.id = next_random(seed) % 6 + 1;
        item->thread.name = weft_slice_of(next_random(seed) % 2 == 0 ? "" : "name");
        return;
    }
    *t_ns += next_random(seed) % 3 == 0 ? next_random(seed) % 2000 : 0;
    item->event.t_ns = *t_ns;
    item->event.thread = next_random(seed) % 5 + 1;
    item->event.object = next_random(seed) % 10;
    item->event.site = next_random(seed) % 4;
    item->event.kind = (enum weft_event_kind)(next_random(seed) % WEFT_EV_COUNT);
    /* Ends of threads and of the process end all play; seldom is enough. */
    while ((item->event.kind == WEFT_EV_THREAD_EXIT || item->event.kind == WEFT_EV_PROCESS_END ||
            item->event.kind == WEFT_EV_PROCESS_EXEC) &&
           next_random(seed) % 50 != 0) {
        item->event.kind = (enum weft_event_kind)(next_random(seed) % WEFT_EV_COUNT);
    }
    /* Mostly an object that the event fits, and one that other events meet. */
    if (next_random(seed) % 4 != 0) {
        item->event.object = weft_events[item->event.kind].family;
    }
    item->event.outcome = next_random(seed) % 3 == 0
                              ? (enum weft_outcome)(next_random(seed) % (WEFT_OUT_COUNT + 1))
                              : WEFT_OUT_OK;
    item->event.has_first = next_random(seed) % 4 != 0;
    item->event.has_second = next_random(seed) % 4 != 0;
    item->event.has_text = next_random(seed) % 4 == 0;
    item->event.first = random_number(seed);
    item->event.second = random_number(seed);
    item->event.text = weft_slice_of("text");
    follow_up(box, &item->event);
}

static void any_sequence_of_items_leaves_a_whole_model(void **state)
{
    (void)state;
    enum { SEEDS = 200, ITEMS = 1000, EVERY = 100 };
    uint64_t wakes = 0, contended = 0;

    for (uint64_t start = 1; start <= SEEDS; start++) {
        struct box box = {.seed = start * 0x9e3779b97f4a7c15U};
        struct weft_model *model = weft_model_new();
        assert_non_null(model);
        for (int i = 1; i <= ITEMS; i++) {
            struct weft_item item;
            random_item(&box, &item);
            assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
            if (i % EVERY == 0) {
                weft_model_settle(model);
                const char *wrong = weft_model_check(model);
                if (wrong != NULL) {
                    fail_msg("seed %llu, item %d: %s", (unsigned long long)start, i, wrong);
                }
            }
        }
        wakes += model->wakes.count;
        for (size_t i = 0; i < model->objects.count; i++) {
            contended += model->objects.at[i].contended;
        }
        weft_model_free(model);
    }
    /* The dice do meet what is to be tested. */
    assert_true(wakes > SEEDS);
    assert_true(contended > SEEDS);
}

/* Each waiter in turn finds all earlier signals used up: the search must not walk them again. */
static void many_used_up_signals_do_not_slow_the_search(void **state)
{
    (void)state;
    enum { WAITERS = 20000 };
    struct weft_model *model = weft_model_new();

    assert_non_null(model);
    struct weft_item item = {.kind = WEFT_ITEM_EVENT,
                             .event = {.object = 1, .kind = WEFT_EV_COND_WAIT}};
    for (uint32_t i = 1; i <= WAITERS; i++) {
        item.event.thread = i;
        assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    }
    item.event = (struct weft_item_event){.t_ns = 1,
                                          .thread = WAITERS + 1,
                                          .object = 1,
                                          .kind = WEFT_EV_COND_SIGNAL,
                                          .has_first = true,
                                          .first = 1};
    for (uint32_t i = 1; i <= WAITERS; i++) {
        item.event.t_ns = i;
        assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    }
    item.event = (struct weft_item_event){.t_ns = WAITERS, .object = 1, .kind = WEFT_EV_COND_WAKE};
    for (uint32_t i = 1; i <= WAITERS; i++) {
        item.event.thread = i;
        assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    }
    weft_model_settle(model);
    assert_null(weft_model_check(model));
    assert_int_equal(model->wakes.count, WAITERS);
    assert_int_equal(weft_model_wake(model, WAITERS - 1).from_ns, WAITERS);
    weft_model_free(model);
}

/* A queue or a semaphore that is used for hours must not collect offers that nobody can take. */
static void offers_are_kept_only_while_somebody_waits(void **state)
{
    (void)state;
    struct weft_model *model = weft_model_new();
    struct weft_item item = {.kind = WEFT_ITEM_EVENT,
                             .event = {.thread = 1, .object = 1, .kind = WEFT_EV_QUEUE_GET_WAIT}};

    assert_non_null(model);
    assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    const struct weft_supply *puts = &model->builder->objects.at[0].supplies[WEFT_SUPPLY_MAIN];
    item.event.thread = 2;
    item.event.kind = WEFT_EV_QUEUE_PUT;
    assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    assert_int_equal(puts->offers.count, 1);
    item.event.thread = 1;
    item.event.kind = WEFT_EV_QUEUE_GET;
    assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
    item.event.kind = WEFT_EV_QUEUE_PUT;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
        assert_int_equal(puts->offers.count, 0);
    }
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(huge_numbers_cost_no_memory),
        cmocka_unit_test(an_event_about_the_wrong_kind_of_object_has_no_effect),
        cmocka_unit_test(counts_of_any_size_do_not_wrap),
        cmocka_unit_test(a_thread_cannot_be_made_twice_or_by_itself),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(any_sequence_of_items_leaves_a_whole_model),
        cmocka_unit_test(many_used_up_signals_do_not_slow_the_search),
        cmocka_unit_test(offers_are_kept_only_while_somebody_waits),
    };

    return cmocka_run_group_tests_name("model: hostile traces", tests, NULL, NULL);
}
