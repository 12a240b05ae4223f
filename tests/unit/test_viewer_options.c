#include "viewer/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

/* Parses "weft-view" and the words, which a NULL ends. */
static bool parse(const char *const *words, struct weft_view_options *options,
                  struct weft_error *error)
{
    static char name[] = "weft-view";
    static char copies[WORDS_MAX][64];
    char *argv[WORDS_MAX + 2] = {name};
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++) {
        (void)strncpy(copies[argc - 1], words[argc - 1], sizeof copies[0] - 1);
        argv[argc] = copies[argc - 1];
    }
    return weft_view_options_parse(argc, argv, options, error);
}

static void a_trace_alone_gets_what_is_documented(void **state)
{
    const char *const words[] = {"a.jsonl", NULL};
    struct weft_view_options options;
    struct weft_error error;

    (void)state;
    assert_true(parse(words, &options, &error));
    assert_string_equal(options.trace, "a.jsonl");
    assert_null(options.screenshot);
    assert_null(options.state);
    assert_int_equal(options.width, 1600);
    assert_int_equal(options.height, 900);
    assert_true(options.scale == 1);
    assert_int_equal(options.app.theme, WEFT_THEME_DARK);
    assert_false(options.app.has_at);
    assert_int_equal(options.app.to_ns, 0);
    assert_false(options.help);
}

static void every_option_is_taken_before_and_after_the_trace(void **state)
{
    const char *const words[] = {
        "--size",  "3840x2160", "--scale=2",          "a.jsonl",   "--theme", "light", "--at=4.2s",
        "--range", "0:5s",      "--screenshot=b.png", "--state=c", NULL};
    struct weft_view_options options;
    struct weft_error error;

    (void)state;
    assert_true(parse(words, &options, &error));
    assert_string_equal(options.trace, "a.jsonl");
    assert_string_equal(options.screenshot, "b.png");
    assert_string_equal(options.state, "c");
    assert_int_equal(options.width, 3840);
    assert_int_equal(options.height, 2160);
    assert_true(options.scale == 2);
    assert_int_equal(options.app.theme, WEFT_THEME_LIGHT);
    assert_true(options.app.has_at);
    assert_int_equal(options.app.at_ns, 4200000000);
    assert_int_equal(options.app.from_ns, 0);
    assert_int_equal(options.app.to_ns, 5000000000);
}

static void help_needs_no_trace(void **state)
{
    const char *const words[] = {"--help", NULL};
    struct weft_view_options options;
    struct weft_error error;

    (void)state;
    assert_true(parse(words, &options, &error));
    assert_true(options.help);
}

static void wrong_words_are_named_and_leave_the_options_alone(void **state)
{
    static const struct {
        const char *words[4];
        const char *named;
    } wrong[] = {
        {{NULL}, "no trace"},
        {{"a", "b", "c", NULL}, "'c'"},
        {{"a", "--bogus", NULL}, "'--bogus'"},
        {{"--bogus=1", "a", NULL}, "'--bogus=1'"},
        {{"a", "-x", NULL}, "'-x'"},
        {{"-xy", "a", NULL}, "'-xy'"},
        {{"a", "--size", NULL}, "'--size'"},
        {{"a", "--help=yes", NULL}, "'--help=yes'"},
        {{"a", "--size=1600", NULL}, "'1600'"},
        {{"a", "--size=1600x", NULL}, "'1600x'"},
        {{"a", "--size=x900", NULL}, "'x900'"},
        {{"a", "--size=-5x900", NULL}, "'-5x900'"},
        {{"a", "--size=63x900", NULL}, "'63x900'"},
        {{"a", "--size=16385x900", NULL}, "'16385x900'"},
        {{"a", "--size=99999999999999999999x900", NULL}, "x900'"},
        {{"a", "--scale=0.4", NULL}, "'0.4'"},
        {{"a", "--scale=8.1", NULL}, "'8.1'"},
        {{"a", "--scale=1e1", NULL}, "'1e1'"},
        {{"a", "--scale=inf", NULL}, "'inf'"},
        {{"a", "--scale=", NULL}, "''"},
        {{"a", "--theme=Dark", NULL}, "'Dark'"},
        {{"a", "--at=-1s", NULL}, "'-1s'"},
        {{"a", "--range=2s:1s", NULL}, "'2s:1s'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct weft_view_options options = {.width = 7};
        struct weft_error error = {""};
        if (parse(wrong[i].words, &options, &error)) {
            fail_msg("taken: %s", wrong[i].named);
        }
        if (strstr(error.text, wrong[i].named) == NULL) {
            fail_msg("%s is not named: %s", wrong[i].named, error.text);
        }
        assert_null(strchr(error.text, '\n'));
        assert_int_equal(options.width, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_alone_gets_what_is_documented),
        cmocka_unit_test(every_option_is_taken_before_and_after_the_trace),
        cmocka_unit_test(help_needs_no_trace),
        cmocka_unit_test(wrong_words_are_named_and_leave_the_options_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
