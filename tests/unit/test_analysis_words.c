/* Numbers for people. */
#include "traces/analysis/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void durations_have_three_digits_and_a_unit(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},
        {512, "512 ns"},
        {999, "999 ns"},
        {1000, "1.00 µs"},
        {12345, "12.3 µs"},
        {145000000, "145 ms"},
        {999400000, "999 ms"},
        {999600000, "1.00 s"},
        {3000912345, "3.00 s"},
        {9012345678, "9.01 s"},
        {9996000000, "10.0 s"},
        {59990000000, "60.0 s"},
        {119000000000, "119 s"},
        {125000000000, "2 min 05 s"},
        {3720000000000, "1 h 02 min"},
        {UINT64_MAX, "5124095 h 34 min"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(weft_words_duration(cases[i].ns).text, cases[i].text);
    }
}

static void means_are_never_told_as_nothing(void **state)
{
    (void)state;
    assert_string_equal(weft_words_mean(0).text, "0.00");
    assert_string_equal(weft_words_mean(0.0000689).text, "less than 0.01");
    assert_string_equal(weft_words_mean(0.005).text, "0.01");
    assert_string_equal(weft_words_mean(2.414).text, "2.41");
}

static void what_has_not_ended_lasts_at_least_so_long(void **state)
{
    (void)state;
    assert_string_equal(weft_words_lasting(3000000000, true).text, "≥ 3.00 s");
    assert_string_equal(weft_words_lasting(3000000000, false).text, "3.00 s");
}

static void progress_has_one_unit_for_both(void **state)
{
    (void)state;
    assert_string_equal(weft_words_progress(1200000000, 2000000000).text, "1.20 of 2.00 s");
    assert_string_equal(weft_words_progress(237000000, 500000000).text, "0.24 of 0.50 s");
    assert_string_equal(weft_words_progress(5100000, 40000000).text, "5.1 of 40.0 ms");
    assert_string_equal(weft_words_progress(3, 7).text, "3 of 7 ns");
}

static void moments_are_as_exact_as_the_picture(void **state)
{
    (void)state;
    assert_string_equal(weft_words_moment(4200000000, 6e6).text, "4.200 s");
    assert_string_equal(weft_words_moment(2999600000, 1e6).text, "3.000 s");
    assert_string_equal(weft_words_moment(3000012400, 2e3).text, "3.000 012 s");
    assert_string_equal(weft_words_moment(3000012345, 1).text, "3.000 012 345 s");
}

static void the_clock_has_minutes_and_hours(void **state)
{
    (void)state;
    assert_string_equal(weft_words_clock(4200000000).text, "00:04.200");
    assert_string_equal(weft_words_clock(59999600000).text, "01:00.000");
    assert_string_equal(weft_words_clock(3723004000000).text, "1:02:03.004");
}

static void counts_are_separated_by_thousands(void **state)
{
    (void)state;
    assert_string_equal(weft_words_count(0).text, "0");
    assert_string_equal(weft_words_count(999).text, "999");
    assert_string_equal(weft_words_count(1000).text, "1,000");
    assert_string_equal(weft_words_count(48211034).text, "48,211,034");
    assert_string_equal(weft_words_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    assert_string_equal(weft_words_number(-1234).text, "-1,234");
    assert_string_equal(weft_words_number(INT64_MIN).text, "-9,223,372,036,854,775,808");
}

static void a_share_that_is_there_is_never_zero(void **state)
{
    (void)state;
    assert_string_equal(weft_words_share(0, 100).text, "0 %");
    assert_string_equal(weft_words_share(1, 100000000).text, "< 0.1 %");
    assert_string_equal(weft_words_share(4, 1000).text, "0.4 %");
    assert_string_equal(weft_words_share(1, 3).text, "33 %");
    assert_string_equal(weft_words_share(999, 1000).text, "99.9 %");
    assert_string_equal(weft_words_share(1, 1).text, "100 %");
    assert_string_equal(weft_words_share(5, 0).text, "0 %");
}

static void one_is_singular(void **state)
{
    (void)state;
    assert_string_equal(weft_words_counted(1, "lock").text, "1 lock");
    assert_string_equal(weft_words_counted(3, "thread").text, "3 threads");
    assert_string_equal(weft_words_counted(1, "futex").text, "1 futex");
    assert_string_equal(weft_words_counted(2, "futex").text, "2 futexes");
    assert_string_equal(weft_words_counted(0, "event").text, "0 events");
}

static void a_long_sentence_ends_in_dots_at_a_whole_character(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        struct weft_sentence sentence = {.len = 0};
        weft_sentence_add(&sentence, "%.*s", (int)shift, "xxxx");
        for (int i = 0; i < 300; i++) {
            weft_sentence_add(&sentence, "ế");
        }
        const size_t len = strlen(sentence.text);
        assert_true(len < sizeof sentence.text);
        assert_string_equal(sentence.text + len - 3, "…");
        /* Before the dots only whole characters of three bytes. */
        assert_int_equal((len - 3 - shift) % 3, 0);
    }
}

static void a_text_that_is_cut_ends_with_a_whole_character(void **state)
{
    (void)state;
    assert_string_equal(weft_words_short("short", 30).text, "short");
    assert_string_equal(weft_words_short("hàng đợi", 2).text, "h…"); /* à has two bytes */
    assert_string_equal(weft_words_short("hàng đợi", 3).text, "hà…");
    assert_string_equal(weft_words_short("đợi", 3).text, "đ…"); /* ợ has three */
    assert_string_equal(weft_words_short("đợi", 4).text, "đ…");
    assert_string_equal(weft_words_short("đợi", 5).text, "đợ…");
    assert_string_equal(weft_words_short("😀😀", 7).text, "😀…");
    assert_string_equal(weft_words_short("", 30).text, "");
    const char *none = "\x80\x80\x80\x80\x80\x80"; /* no UTF-8: as much as fits */
    assert_memory_equal(weft_words_short(none, 5).text, none, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_three_digits_and_a_unit),
        cmocka_unit_test(means_are_never_told_as_nothing),
        cmocka_unit_test(what_has_not_ended_lasts_at_least_so_long),
        cmocka_unit_test(progress_has_one_unit_for_both),
        cmocka_unit_test(moments_are_as_exact_as_the_picture),
        cmocka_unit_test(the_clock_has_minutes_and_hours),
        cmocka_unit_test(counts_are_separated_by_thousands),
        cmocka_unit_test(a_share_that_is_there_is_never_zero),
        cmocka_unit_test(one_is_singular),
        cmocka_unit_test(a_long_sentence_ends_in_dots_at_a_whole_character),
        cmocka_unit_test(a_text_that_is_cut_ends_with_a_whole_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
