#include "base/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void times_are_read_in_every_unit(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {
        {"0", 0},
        {"0s", 0},
        {"4.2s", UINT64_C(4200000000)},
        {"150ms", UINT64_C(150000000)},
        {"3us", 3000},
        {"3\u00b5s", 3000}, /* the micro sign */
        {"3\u03bcs", 3000}, /* the Greek letter */
        {"1234ns", 1234},
        {"5", UINT64_C(5000000000)},
        {"0.000000001", 1},
        {"007s", UINT64_C(7000000000)},
        {"1.500ms", 1500000},
        {"1.0ns", 1},
        {"18446744073709551615ns", UINT64_MAX},
        {"18446744073.709551615s", UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t ns = 77;
        assert_true(weft_duration_parse(good[i].text, &ns));
        assert_true(ns == good[i].ns);
    }
}

static void junk_is_rejected_and_leaves_the_output_alone(void **state)
{
    static const char *const bad[] = {
        "",
        "s",
        "-1s",
        "+1s",
        " 1s",
        "1s ",
        "1 s",
        "1.s",
        ".5s",
        "1..5s",
        "1.5.s",
        "1e3s",
        "0x10",
        "inf",
        "nan",
        "1m",
        "1h",
        "1S",
        "1MS",
        "1sec",
        "1s1s",
        "0.5ns",
        "1,5s",
        "1.0001us1",
        "1.0000000001s",
        "18446744073709551616ns",
        "18446744073.709551616s",
        "99999999999999999999999s",
        "1\xb5s",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t ns = 77;
        if (weft_duration_parse(bad[i], &ns)) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_int_equal(ns, 77);
    }
}

static void a_range_is_two_times_in_order(void **state)
{
    static const char *const bad[] = {"",    ":",     "1s",       "x:",    ":x",    "2s:1s",
                                      ":0s", "1s:1s", "1s:2s:3s", "1s-2s", "1s: 2s"};
    uint64_t from = 7, to = 8;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(weft_duration_parse_range(bad[i], &from, &to));
        assert_int_equal(from, 7);
        assert_int_equal(to, 8);
    }
    assert_true(weft_duration_parse_range("0s:5s", &from, &to));
    assert_int_equal(from, 0);
    assert_int_equal(to, 5000000000);
    assert_true(weft_duration_parse_range("2.5ms:3ms", &from, &to));
    assert_int_equal(from, 2500000);
    assert_int_equal(to, 3000000);
    assert_true(weft_duration_parse_range("4s:", &from, &to));
    assert_int_equal(from, 4000000000);
    assert_true(to == UINT64_MAX);
    assert_true(weft_duration_parse_range(":1ms", &from, &to));
    assert_int_equal(from, 0);
    assert_int_equal(to, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_every_unit),
        cmocka_unit_test(junk_is_rejected_and_leaves_the_output_alone),
        cmocka_unit_test(a_range_is_two_times_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
