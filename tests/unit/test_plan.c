/* The text of a plan: what it means, and what is no plan. */
#include "traces/format/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct weft_plan parsed(const char *text)
{
    struct weft_plan plan = {0};

    assert_null(weft_plan_parse(text, &plan));
    return plan;
}

static void a_strategy_alone_has_the_usual_options(void **state)
{
    (void)state;
    const struct weft_plan plan = parsed("fifo");
    assert_int_equal(plan.strategy, WEFT_STRATEGY_FIFO);
    assert_int_equal(plan.seed, 0);
    assert_int_equal(plan.cost_ns, WEFT_PLAN_COST_NS);
    assert_int_equal(plan.jitter_permille, 1000);
    assert_int_equal(plan.stall_ms, WEFT_PLAN_STALL_MS);
}

static void every_option_is_understood(void **state)
{
    (void)state;
    const struct weft_plan plan = parsed(
        "pct:3,seed=9223372036854775799,jitter=1.25,spurious=100,cost=1,steps=7,stall=9,limit=11");
    assert_int_equal(plan.strategy, WEFT_STRATEGY_PCT);
    assert_int_equal(plan.depth, 3);
    assert_int_equal(plan.seed, INT64_C(9223372036854775799));
    assert_int_equal(plan.jitter_permille, 1250);
    assert_int_equal(plan.spurious, 100);
    assert_int_equal(plan.limit_ms, 11);
    assert_true(plan.has_limit);
    assert_int_equal(plan.cost_ns, 1);
    assert_int_equal(plan.steps, 7);
    assert_int_equal(plan.stall_ms, 9);
}

static void what_is_no_plan_leaves_it_untouched(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "fast",
        "fifo ",
        "randomly",
        "pct",
        "pct:",
        "pct:0",
        "pct:65",
        "replay:A",
        "replay:1-2",
        "fifo,",
        "fifo,seed=",
        "fifo,seed=-1",
        "fifo,seed=1x",
        "fifo,seed=99999999999999999999",
        "fifo,cost=0",
        "fifo,jitter=0.9",
        "fifo,jitter=1001",
        "fifo,spurious=101",
        "fifo,limit=",
        "fifo,limit=9223372036855",
        "fifo,stall=0",
        "fifo,steps=0",
        "fifo,,seed=1",
    };
    struct weft_plan plan = {.seed = 42};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (weft_plan_parse(wrong[i], &plan) == NULL) {
            fail_msg("\"%s\" was taken for a plan", wrong[i]);
        }
        assert_int_equal(plan.seed, 42);
    }
}

static void choices_are_defaults_and_letters(void **state)
{
    (void)state;
    static const uint32_t wanted[] = {0, 0, 1, 2, 0, 25, 26, 51, 0, 0};
    const struct weft_plan plan = parsed("replay:2ab1yzazza,seed=1");
    const char *at = plan.choices;
    uint64_t skip = 0;

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(weft_plan_next(&at, plan.choices + plan.choices_bytes, &skip), wanted[i]);
    }
}

static void a_portfolio_is_settled_by_its_seed(void **state)
{
    (void)state;
    unsigned seen = 0, stretched = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        struct weft_plan plan = {
            .strategy = WEFT_STRATEGY_PORTFOLIO, .seed = seed, .jitter_permille = 1000};
        weft_plan_settle(&plan);
        struct weft_plan again = {
            .strategy = WEFT_STRATEGY_PORTFOLIO, .seed = seed, .jitter_permille = 1000};
        weft_plan_settle(&again);
        assert_int_equal(plan.strategy, again.strategy);
        assert_int_equal(plan.depth, again.depth);
        seen |= 1u << plan.strategy;
        stretched += plan.jitter_permille > 1000;
    }
    assert_int_equal(seen, 1u << WEFT_STRATEGY_FIFO | 1u << WEFT_STRATEGY_RANDOM |
                               1u << WEFT_STRATEGY_PCT | 1u << WEFT_STRATEGY_POS);
    assert_in_range(stretched, 60, 140);
}

static void random_numbers_are_those_of_splitmix64(void **state)
{
    (void)state;
    uint64_t seed = 1234567;
    /* The first of https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64 */
    assert_true(weft_plan_random(&seed) == UINT64_C(6457827717110365317));
    assert_true(weft_plan_random(&seed) == UINT64_C(3203168211198807973));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strategy_alone_has_the_usual_options),
        cmocka_unit_test(every_option_is_understood),
        cmocka_unit_test(what_is_no_plan_leaves_it_untouched),
        cmocka_unit_test(choices_are_defaults_and_letters),
        cmocka_unit_test(a_portfolio_is_settled_by_its_seed),
        cmocka_unit_test(random_numbers_are_those_of_splitmix64),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
