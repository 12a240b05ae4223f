/* Languages: which one is wanted, and what a translated sentence is made of. */
#include "base/tongue.h"

#include "traces/analysis/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char catalogues[] = WEFT_BUILD_DIR "/locale";

static void the_locale_says_which_language_is_wanted(void **state)
{
    (void)state;
    assert_int_equal(weft_tongue_wanted(NULL, NULL), WEFT_TONGUE_EN);
    assert_int_equal(weft_tongue_wanted("vi", NULL), WEFT_TONGUE_EN);
    assert_int_equal(weft_tongue_wanted("vi", "C"), WEFT_TONGUE_EN);
    assert_int_equal(weft_tongue_wanted("", "vi_VN.UTF-8"), WEFT_TONGUE_VI);
    assert_int_equal(weft_tongue_wanted(NULL, "vi"), WEFT_TONGUE_VI);
    assert_int_equal(weft_tongue_wanted("fr:vi:en", "en_US.UTF-8"), WEFT_TONGUE_VI);
    assert_int_equal(weft_tongue_wanted("en:vi", "vi_VN.UTF-8"), WEFT_TONGUE_EN);
    assert_int_equal(weft_tongue_wanted("fr", "vi_VN"), WEFT_TONGUE_VI);
    assert_int_equal(weft_tongue_wanted(NULL, "vie_XX"), WEFT_TONGUE_EN);
    assert_int_equal(weft_tongue_wanted(":::", "de_DE"), WEFT_TONGUE_EN);
}

static void a_language_has_a_code_that_is_its_only_name(void **state)
{
    enum weft_tongue tongue = WEFT_TONGUE_EN;

    (void)state;
    assert_true(weft_tongue_parse("vi", &tongue));
    assert_int_equal(tongue, WEFT_TONGUE_VI);
    assert_false(weft_tongue_parse("vi_VN", &tongue));
    assert_false(weft_tongue_parse("", &tongue));
    assert_int_equal(tongue, WEFT_TONGUE_VI);
    assert_string_equal(weft_tongue_code(WEFT_TONGUE_VI), "vi");
}

static void without_a_choice_nothing_is_translated(void **state)
{
    struct weft_sentence out = {.len = 0};

    (void)state;
    assert_string_equal(_("lock wait"), "lock wait");
    assert_string_equal(C_("figure", "waits"), "waits");
    assert_null(weft_tongue_noun("thread", 2));
    weft_sentence_add(&out, "%s item%s", "3", "s");
    assert_string_equal(out.text, "3 items");
}

static void a_chosen_language_takes_over_and_lets_go(void **state)
{
    struct weft_sentence out = {.len = 0};

    (void)state;
    assert_true(weft_tongue_choose(WEFT_TONGUE_VI, catalogues));
    assert_int_equal(weft_tongue_now(), WEFT_TONGUE_VI);
    assert_string_equal(_("lock wait"), "chờ khóa");
    assert_string_equal(_("no such text"), "no such text");
    assert_string_equal(_(""), "");
    assert_string_equal(weft_words_counted(1, "thread").text, "1 luồng");
    assert_string_equal(weft_words_counted(3, "thread").text, "3 luồng");
    assert_string_equal(weft_words_counted(2, "no such noun").text, "2 no such noun");
    assert_string_equal(weft_words_duration(3000000000).text, "3.00 s");
    assert_string_equal(weft_words_count(1234567).text, "1,234,567");
    weft_sentence_add(&out, "%s item%s", "3", "s");
    assert_string_equal(out.text, "3 phần tử");
    assert_true(weft_tongue_choose(WEFT_TONGUE_EN, catalogues));
    assert_string_equal(_("lock wait"), "lock wait");
}

static void one_english_word_can_be_two_others(void **state)
{
    (void)state;
    assert_true(weft_tongue_choose(WEFT_TONGUE_VI, catalogues));
    assert_string_equal(C_("figure", "waits"), "lần chờ");
    assert_string_equal(_("waits"), "chờ");
    assert_string_equal(C_("nowhere", "waits"), "waits");
    assert_true(weft_tongue_choose(WEFT_TONGUE_EN, NULL));
}

static void a_catalogue_that_is_not_there_leaves_english(void **state)
{
    (void)state;
    assert_false(weft_tongue_choose(WEFT_TONGUE_VI, NULL));
    assert_false(weft_tongue_choose(WEFT_TONGUE_VI, "/nowhere"));
    assert_int_equal(weft_tongue_now(), WEFT_TONGUE_EN);
    assert_string_equal(_("lock wait"), "lock wait");
    assert_true(weft_tongue_choose(WEFT_TONGUE_VI, catalogues));
    assert_string_equal(_("lock wait"), "chờ khóa");
    assert_true(weft_tongue_choose(WEFT_TONGUE_EN, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_locale_says_which_language_is_wanted),
        cmocka_unit_test(a_language_has_a_code_that_is_its_only_name),
        cmocka_unit_test(without_a_choice_nothing_is_translated),
        cmocka_unit_test(a_chosen_language_takes_over_and_lets_go),
        cmocka_unit_test(one_english_word_can_be_two_others),
        cmocka_unit_test(a_catalogue_that_is_not_there_leaves_english),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
