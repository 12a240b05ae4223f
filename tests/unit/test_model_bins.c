/* Bins of holds, waits, levels and zones, held against a walk over all of them. */
#include "traces/model/build.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 20000, THREADS = 5, LOCK = 1, QUEUE = 2 };

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void event(struct weft_model *model, uint64_t t_ns, uint32_t thread,
                  enum weft_event_kind kind, uint32_t object, int64_t first)
{
    const bool sized = object == QUEUE;
    const struct weft_item item = {.kind = WEFT_ITEM_EVENT,
                                   .event = {.t_ns = t_ns,
                                             .thread = thread,
                                             .kind = kind,
                                             .object = object,
                                             .has_first = sized,
                                             .first = first}};

    assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
}

/* Bursts and pauses, many who wait at once, a depth that jumps. */
static struct weft_model *busy_model(void)
{
    struct weft_model *model = weft_model_new();
    uint64_t t_ns = 1000;
    uint32_t owner = 1;

    assert_non_null(model);
    event(model, t_ns, owner, WEFT_EV_LOCK_ACQUIRE, LOCK, 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t next = owner % THREADS + 1;
        const uint64_t step = i % 700 == 0 ? 5000000 : 1 + next_random() % 400;
        event(model, t_ns += step, next, WEFT_EV_LOCK_REQUEST, LOCK, 0);
        if (i % 3 == 0) {
            event(model, t_ns += step, THREADS + 1, WEFT_EV_QUEUE_PUT, QUEUE,
                  (int64_t)(next_random() % 50));
        }
        event(model, t_ns += step / 2, owner, WEFT_EV_LOCK_RELEASE, LOCK, 0);
        event(model, t_ns += step, next, WEFT_EV_LOCK_ACQUIRE, LOCK, 0);
        owner = next;
    }
    weft_model_settle(model);
    return model;
}

/* What a walk over the items finds in each of many. */
struct seen {
    const struct weft_model *model;
    uint32_t object;
    size_t next, many, visits;
    uint64_t reached_ns;
};

static void is_next(struct seen *seen, const struct weft_bunch *bunch)
{
    if (seen->visits++ > 0) {
        assert_int_equal(bunch->first, seen->next);
        assert_int_equal(bunch->start_ns, seen->reached_ns);
    }
    seen->next = bunch->first + bunch->count;
    seen->reached_ns = bunch->end_ns;
    seen->many += bunch->count > 1;
}

static void check_holds(void *ctx, const struct weft_bunch *bunch)
{
    struct seen *seen = ctx;
    double held_ns = 0;

    is_next(seen, bunch);
    for (size_t i = bunch->first; bunch->count > 1 && i < bunch->first + bunch->count; i++) {
        const struct weft_hold hold = weft_model_hold(seen->model, seen->object, i);
        held_ns += (double)(hold.end_ns - hold.start_ns);
    }
    if (bunch->count > 1) {
        const double mean = held_ns / (double)(bunch->end_ns - bunch->start_ns);
        assert_true(fabs(mean - (double)bunch->bin.low) < 1e-4);
    }
}

/* How long any wait lasted inside the bunch. */
static void check_waits(void *ctx, const struct weft_bunch *bunch)
{
    struct seen *seen = ctx;
    const struct weft_object *object = &seen->model->objects.at[seen->object];
    const size_t end = bunch->first + bunch->count;
    double waited_ns = 0;

    is_next(seen, bunch);
    for (size_t i = bunch->first > 2 * THREADS ? bunch->first - 2 * THREADS : 0;
         bunch->count > 1 && i < end; i++) {
        const struct weft_wait_ref wait = object->waits.at[i];
        const uint64_t from_ns = weft_model_span(seen->model, wait.thread, wait.span).start_ns;
        const uint64_t to_ns = weft_span_end_ns(seen->model, wait.thread, wait.span);
        const uint64_t left = from_ns > bunch->start_ns ? from_ns : bunch->start_ns;
        const uint64_t right = to_ns < bunch->end_ns ? to_ns : bunch->end_ns;
        waited_ns += right > left ? (double)(right - left) : 0;
    }
    if (bunch->count > 1) {
        const double mean = waited_ns / (double)(bunch->end_ns - bunch->start_ns);
        assert_true(fabs(mean - (double)bunch->bin.low) < 1e-4);
    }
}

static void check_levels(void *ctx, const struct weft_bunch *bunch)
{
    struct seen *seen = ctx;
    int64_t low = INT64_MAX, high = INT64_MIN;

    is_next(seen, bunch);
    for (size_t i = bunch->first; i < bunch->first + bunch->count; i++) {
        const int64_t value = weft_model_level(seen->model, seen->object, i).value;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    if (bunch->count > 1) {
        assert_int_equal((int64_t)bunch->bin.low, low);
        assert_int_equal((int64_t)bunch->bin.high, high);
    }
}

static void bunches_say_what_a_walk_finds(void **state)
{
    (void)state;
    static weft_bunch_visit *const visits[] = {check_holds, check_waits, check_levels};
    struct weft_model *model = busy_model();
    size_t many = 0;

    for (int what = 0; what < WEFT_BINS_COUNT; what++) {
        const uint32_t object = what == WEFT_BINS_LEVELS ? 1 : 0;
        const struct weft_object *it = &model->objects.at[object];
        const size_t counts[] = {it->holds.count, it->waits.count, it->levels.count};
        for (uint64_t finest_ns = model->end_ns; finest_ns > 0; finest_ns /= 5) {
            struct seen seen = {.model = model, .object = object};
            weft_model_bunches(model, object, (enum weft_bins_of)what, 0, model->end_ns, finest_ns,
                               visits[what], &seen);
            assert_int_equal(seen.next, counts[what]);
            many += seen.many;
        }
    }
    assert_true(many > 1000);
    weft_model_free(model);
}

static void few_bunches_are_visited_at_any_zoom(void **state)
{
    (void)state;
    enum { COLUMNS = 200 };
    struct weft_model *model = busy_model();

    for (uint64_t length_ns = model->end_ns; length_ns > 10000; length_ns = length_ns * 2 / 3) {
        const uint64_t from_ns = next_random() % (model->end_ns - length_ns + 1);
        struct seen seen = {.model = model};
        weft_model_bunches(model, 0, WEFT_BINS_HOLDS, from_ns, from_ns + length_ns,
                           length_ns / COLUMNS, check_holds, &seen);
        assert_in_range(seen.visits, 1, COLUMNS * 2 * (1 << WEFT_BINS_ITEMS_LOG));
    }
    weft_model_free(model);
}

static void few_holds_take_no_bins(void **state)
{
    (void)state;
    struct weft_model *model = weft_model_new();

    assert_non_null(model);
    for (uint64_t i = 0; i < 16; i++) {
        event(model, 20 * i, 1, WEFT_EV_LOCK_ACQUIRE, LOCK, 0);
        event(model, 20 * i + 10, 1, WEFT_EV_LOCK_RELEASE, LOCK, 0);
    }
    assert_null(model->objects.at[0].bins);
    event(model, 1000, 1, WEFT_EV_LOCK_ACQUIRE, LOCK, 0);
    assert_non_null(model->objects.at[0].bins);
    weft_model_free(model);
}

static void the_zone_around_is_found_over_any_number_of_others(void **state)
{
    (void)state;
    struct weft_model *model = weft_model_new();
    uint64_t t_ns = 10;

    assert_non_null(model);
    event(model, t_ns++, 1, WEFT_EV_ZONE_BEGIN, 0, 0);
    event(model, t_ns++, 1, WEFT_EV_ZONE_BEGIN, 0, 0);
    for (unsigned i = 0; i < 5000; i++) {
        event(model, t_ns++, 1, WEFT_EV_ZONE_BEGIN, 0, 0);
        event(model, t_ns++, 1, WEFT_EV_ZONE_END, 0, 0);
    }
    event(model, t_ns++, 1, WEFT_EV_ZONE_END, 0, 0);
    event(model, t_ns++, 1, WEFT_EV_ZONE_BEGIN, 0, 0);
    assert_int_equal(weft_model_zone_around(model, 0, 5001), 1);
    assert_int_equal(weft_model_zone_around(model, 0, 777), 1);
    assert_int_equal(weft_model_zone_around(model, 0, 5002), 0);
    assert_int_equal(weft_model_zone_around(model, 0, 1), 0);
    assert_int_equal(weft_model_zone_around(model, 0, 0), WEFT_NONE);
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bunches_say_what_a_walk_finds),
        cmocka_unit_test(few_bunches_are_visited_at_any_zoom),
        cmocka_unit_test(few_holds_take_no_bins),
        cmocka_unit_test(the_zone_around_is_found_over_any_number_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
