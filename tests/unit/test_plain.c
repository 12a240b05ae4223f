/* Text that others made, as people may see it. */
#include "base/plain.h"

#include "base/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_shown(const char *text, const char *shown)
{
    assert_string_equal(weft_plain(text).text, shown);
    assert_int_equal(weft_plain_is(text), strcmp(text, shown) == 0);
    assert_true(strlen(shown) < weft_plain_room(text));
}

static void letters_of_any_language_stay(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("Thread-1 #2", "Thread-1 #2");
    assert_shown("luồng chờ → 待つ 🧵", "luồng chờ → 待つ 🧵");
    assert_shown("C:\\x", "C:\\x");
}

static void what_a_terminal_obeys_is_escaped(void **state)
{
    (void)state;
    assert_shown("a\x1b[31mb", "a\\x1b[31mb");
    assert_shown("a\nb\tc\rd", "a\\nb\\tc\\rd");
    assert_shown("\x7f\x07", "\\x7f\\x07");
    assert_shown("\xc2\x9b"
                 "31m",
                 "\\u{9b}31m");
}

static void what_turns_or_hides_letters_is_escaped(void **state)
{
    (void)state;
    assert_shown("a\u202eb", "a\\u{202e}b");
    assert_shown("\u2066\u200f\u200b\ufeff", "\\u{2066}\\u{200f}\\u{200b}\\u{feff}");
}

static void bytes_that_are_no_letters_are_escaped(void **state)
{
    (void)state;
    assert_shown("a\xff\xc3", "a\\xff\\xc3");
    assert_shown("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
    assert_shown("\xc0\xaf", "\\xc0\\xaf");          /* overlong */
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
    (void)state;
    char text[8];

    weft_plain_write("abc\x1b", text, sizeof text);
    assert_string_equal(text, "abc\\x1b");
    weft_plain_write("abcd\x1b", text, sizeof text);
    assert_string_equal(text, "abcd");
    weft_plain_write("abcdeồ", text, sizeof text);
    assert_string_equal(text, "abcde");
    weft_plain_write("x", text, 1);
    assert_string_equal(text, "");
}

static void json_escapes_what_a_terminal_obeys(void **state)
{
    (void)state;
    static const char text[] = "a\x1b\xc2\x9b\u202e\u2069\xffồ";
    struct weft_sink sink;

    assert_true(weft_sink_init(&sink, -1));
    weft_sink_json(&sink, text, strlen(text));
    weft_sink_char(&sink, '\0');
    assert_string_equal(sink.buffer, "\"a\\u001b\\u009b\\u202e\\u2069\uFFFDồ\"");
    weft_sink_done(&sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_of_any_language_stay),
        cmocka_unit_test(what_a_terminal_obeys_is_escaped),
        cmocka_unit_test(what_turns_or_hides_letters_is_escaped),
        cmocka_unit_test(bytes_that_are_no_letters_are_escaped),
        cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
        cmocka_unit_test(json_escapes_what_a_terminal_obeys),
    };

    return cmocka_run_group_tests_name("base: plain", tests, NULL, NULL);
}
