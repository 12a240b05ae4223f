/* The zoom pyramid, held against a linear scan of the same lanes. */
#include "traces/model/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SPANS = 120000, COLUMNS = 500, FAULT_POINTS = 10 };

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void event(struct weft_model *model, uint64_t t_ns, enum weft_event_kind kind)
{
    const bool io = kind == WEFT_EV_LOCK_REQUEST || kind == WEFT_EV_LOCK_ACQUIRE;
    const struct weft_item item = {
        .kind = WEFT_ITEM_EVENT,
        .event = {.t_ns = t_ns, .thread = 1, .kind = kind, .object = io ? 1 : 0}};

    assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
}

/* How long the next span of a lane is, and whether it sleeps or waits for a lock. */
typedef uint64_t length_of(unsigned i, bool *lock);

static uint64_t phased(unsigned i, bool *lock)
{
    *lock = i / 3000 % 2 == 0;
    return 1000 + i / 7000 % 3 * 500;
}

static uint64_t at_random(unsigned i, bool *lock)
{
    (void)i;
    *lock = next_random() % 2 == 0;
    return 1 + next_random() % 5000;
}

/* Bursts, with a thousand times as much time between them. */
static uint64_t in_bursts(unsigned i, bool *lock)
{
    *lock = next_random() % 3 == 0;
    return i % 1000 == 0 ? 50000000 : 1 + next_random() % 90;
}

/* One state for long, and long gaps of another among many short ones. */
static uint64_t skewed(unsigned i, bool *lock)
{
    const uint64_t exponent = next_random() % 24;

    (void)i;
    *lock = exponent > 20;
    return UINT64_C(1) << exponent;
}

static struct weft_model *lane_of(length_of *length)
{
    struct weft_model *model = weft_model_new();
    uint64_t t_ns = 1000;

    assert_non_null(model);
    for (unsigned i = 0; i < SPANS / 2; i++) {
        bool lock;
        const uint64_t waits_ns = length(i, &lock), runs_ns = length(i, &lock) / 2 + 1;
        event(model, t_ns, lock ? WEFT_EV_LOCK_REQUEST : WEFT_EV_SLEEP_BEGIN);
        event(model, t_ns += waits_ns, lock ? WEFT_EV_LOCK_ACQUIRE : WEFT_EV_SLEEP_END);
        t_ns += runs_ns;
    }
    weft_model_settle(model);
    return model;
}

struct picture {
    double from_ns, column_ns;
    double share[COLUMNS][WEFT_STATE_COUNT]; /* of a column */
    size_t visits;
    uint64_t reached_ns;
    bool gap;
};

static void draw(void *ctx, const struct weft_strip *strip)
{
    struct picture *picture = ctx;

    picture->visits++;
    picture->gap |= picture->visits > 1 && strip->start_ns != picture->reached_ns;
    picture->reached_ns = strip->end_ns;
    const double x0 = ((double)strip->start_ns - picture->from_ns) / picture->column_ns;
    const double x1 = ((double)strip->end_ns - picture->from_ns) / picture->column_ns;
    for (size_t i = x0 < 0 ? 0 : (size_t)x0; i < COLUMNS && (double)i < x1; i++) {
        const double left = x0 > (double)i ? x0 : (double)i;
        const double right = x1 < (double)i + 1 ? x1 : (double)i + 1;
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            picture->share[i][state] += (right - left) * (double)strip->share[state];
        }
    }
}

static int most_of(const double *share)
{
    int most = 0;

    for (int state = 1; state < WEFT_STATE_COUNT; state++) {
        most = share[state] > share[most] ? state : most;
    }
    return most;
}

/* Columns whose drawn state has over 10 points less of them than the one that has most. */
static unsigned wrong_columns(const struct weft_model *model, uint64_t from_ns, uint64_t to_ns,
                              size_t *visits)
{
    static struct picture drawn, exact;
    const struct picture empty = {.from_ns = (double)from_ns,
                                  .column_ns = (double)(to_ns - from_ns) / COLUMNS};
    unsigned wrong = 0;

    drawn = exact = empty;
    weft_model_strips(model, 0, from_ns, to_ns, (uint64_t)(empty.column_ns / 4), draw, &drawn);
    weft_model_strips(model, 0, from_ns, to_ns, 0, draw, &exact); /* span by span */
    assert_false(drawn.gap || exact.gap);
    for (size_t i = 0; i < COLUMNS; i++) {
        const double best = exact.share[i][most_of(exact.share[i])];
        const double shown = exact.share[i][most_of(drawn.share[i])];
        wrong += (best - shown) * 100 > FAULT_POINTS;
    }
    *visits = drawn.visits;
    return wrong;
}

static void no_column_is_wrong_at_any_zoom(void **state)
{
    (void)state;
    length_of *const lanes[] = {phased, at_random, in_bursts, skewed};

    for (size_t lane = 0; lane < sizeof lanes / sizeof *lanes; lane++) {
        struct weft_model *model = lane_of(lanes[lane]);
        uint64_t length_ns = model->end_ns;
        unsigned wrong = 0, columns = 0;
        while (length_ns > 100000) {
            const uint64_t from_ns = next_random() % (model->end_ns - length_ns + 1);
            size_t visits;
            wrong += wrong_columns(model, from_ns, from_ns + length_ns, &visits);
            assert_true(visits < COLUMNS * 4 * 8); /* so many parts of a column at the most */
            columns += COLUMNS;
            length_ns = length_ns * 2 / 3;
        }
        assert_true(columns > 5000);
        assert_int_equal(wrong * 1000 / columns, 0); /* 0.0 % */
        weft_model_free(model);
    }
}

/* Wide spans of a picture, held against the spans themselves. */
struct wides {
    const struct weft_model *model;
    struct weft_columns where;
    size_t count;
    uint32_t next; /* all before are narrow or were visited */
};

static double column_of(const struct wides *wides, uint64_t t_ns)
{
    return ((double)t_ns - wides->where.from_ns) / wides->where.column_ns;
}

/* A narrow one by a hair may count as wide, and the other way round. */
static void assert_no_wide(const struct wides *wides, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const double x0 = column_of(wides, weft_model_span(wides->model, 0, i).start_ns);
        const double x1 = column_of(wides, weft_span_end_ns(wides->model, 0, i));
        assert_true(x1 < 0 || x0 > COLUMNS || x1 - x0 < wides->where.wide + 0.01);
    }
}

static void note_wide(void *ctx, uint32_t span, double x0, double x1)
{
    struct wides *wides = ctx;
    const double start = column_of(wides, weft_model_span(wides->model, 0, span).start_ns);
    const double end = column_of(wides, weft_span_end_ns(wides->model, 0, span));

    assert_true(span >= wides->next);
    assert_no_wide(wides, wides->next, span);
    assert_true(x0 - start < 0.01 && start - x0 < 0.01);
    assert_true(x1 - end < 0.01 && end - x1 < 0.01);
    wides->next = span + 1;
    wides->count++;
}

/* Of columns that no wide span has a part of, those that show what has over 10 points less. */
static unsigned wrong_shown(const struct weft_model *model, double from_ns, double length_ns)
{
    static struct picture exact;
    struct weft_column columns[COLUMNS] = {{0}};
    struct wides wides = {.model = model,
                          .where = {from_ns, length_ns / COLUMNS, COLUMNS, .wide = 2}};
    unsigned wrong = 0;

    exact = (struct picture){.from_ns = from_ns, .column_ns = length_ns / COLUMNS};
    weft_model_strips(model, 0, (uint64_t)from_ns, (uint64_t)(from_ns + length_ns), 0, draw,
                      &exact);
    weft_model_columns(model, 0, &wides.where, columns, note_wide, &wides);
    assert_no_wide(&wides, wides.next, (uint32_t)model->threads.at[0].spans.count);
    for (size_t i = 0; i < COLUMNS; i++) {
        const double best = exact.share[i][most_of(exact.share[i])];
        const double shown = exact.share[i][columns[i].most];
        wrong += columns[i].mask != 0 && (best - shown) * 100 > FAULT_POINTS;
        assert_true(columns[i].mask != 0 || best > 0.999 || wides.count > 0);
    }
    return wrong;
}

static void no_column_of_a_picture_is_wrong_at_any_zoom(void **state)
{
    (void)state;
    length_of *const lanes[] = {phased, at_random, in_bursts, skewed};

    for (size_t lane = 0; lane < sizeof lanes / sizeof *lanes; lane++) {
        struct weft_model *model = lane_of(lanes[lane]);
        double length_ns = (double)model->end_ns;
        unsigned wrong = 0, columns = 0;
        while (length_ns > 20000) {
            const double rest_ns = (double)model->end_ns - length_ns;
            wrong += wrong_shown(model, rest_ns * (double)(next_random() % 1000) / 1000, length_ns);
            columns += COLUMNS;
            length_ns = length_ns * 0.6;
        }
        assert_true(columns > 5000);
        assert_int_equal(wrong * 1000 / columns, 0); /* 0.0 % */
        weft_model_free(model);
    }
}

static void a_lane_that_grows_keeps_its_bins(void **state)
{
    (void)state;
    struct weft_model *model = lane_of(phased);
    const struct weft_pyramid_level *level = &model->threads.at[0].pyramid.levels[2];
    const size_t count = level->count;
    const uint16_t share = level->shares[WEFT_STATE_RUNNING][count - 1];
    const uint64_t at_ns = level->starts_ns[count - 1];

    for (unsigned i = 0; i < 1000; i++) {
        event(model, model->end_ns + 10, WEFT_EV_SLEEP_BEGIN);
        event(model, model->end_ns + 20, WEFT_EV_SLEEP_END);
    }
    assert_true(level->count > count);
    assert_int_equal(level->shares[WEFT_STATE_RUNNING][count - 1], share);
    assert_int_equal(level->starts_ns[count - 1], at_ns);
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_column_is_wrong_at_any_zoom),
        cmocka_unit_test(no_column_of_a_picture_is_wrong_at_any_zoom),
        cmocka_unit_test(a_lane_that_grows_keeps_its_bins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
