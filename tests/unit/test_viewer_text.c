#include "viewer/sdl/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int open_text(void **state)
{
    struct weft_text *text;
    struct weft_error error;

    if (weft_text_new(&text, &error) != WEFT_OK) {
        print_error("%s\n", error.text);
        return -1;
    }
    *state = text;
    return 0;
}

static int close_text(void **state)
{
    weft_text_free(*state);
    return 0;
}

static struct weft_text_label label_of(struct weft_text *text, const char *bytes)
{
    return weft_text_label(text, WEFT_FONT_SANS, 13, bytes, strlen(bytes));
}

static float width_of(struct weft_text *text, enum weft_font font, const char *bytes)
{
    const struct weft_measure measure = weft_text_measure(text);

    return measure.width(measure.ctx, font, 13, bytes, strlen(bytes));
}

/* How much ink rows [from, to) of a label hold. */
static uint64_t ink(const struct weft_text_label *label, int from, int to)
{
    uint64_t sum = 0;

    for (int y = from; y < to; y++) {
        for (int x = 0; x < label->width; x++) {
            sum += label->coverage[y * label->width + x];
        }
    }
    return sum;
}

static void a_label_stands_on_its_baseline(void **state)
{
    const struct weft_text_label high = label_of(*state, "HIT");
    const uint64_t all = ink(&high, 0, high.height);

    assert_true(all > 0);
    assert_int_equal(ink(&high, high.ascent, high.height), 0);
    const struct weft_text_label low = label_of(*state, "gpq");
    assert_true(ink(&low, low.ascent, low.height) > 0);
}

static void a_longer_text_is_wider_and_a_measure_is_what_is_drawn(void **state)
{
    const float one = width_of(*state, WEFT_FONT_SANS, "m"),
                two = width_of(*state, WEFT_FONT_SANS, "mm");
    const struct weft_text_label label = label_of(*state, "mm");

    assert_true(one > 5 && two > one * 1.8f && two < one * 2.2f);
    assert_int_equal((int)(two + 0.5f), label.width);
    assert_true(width_of(*state, WEFT_FONT_SANS, "") == 0);
    assert_null(label_of(*state, "").coverage);
}

static void every_character_of_the_mono_font_is_as_wide_as_the_next(void **state)
{
    assert_true(width_of(*state, WEFT_FONT_MONO, "iiii1111") ==
                width_of(*state, WEFT_FONT_MONO, "mmmmWWWW"));
    assert_true(width_of(*state, WEFT_FONT_SANS, "iiii1111") <
                width_of(*state, WEFT_FONT_SANS, "mmmmWWWW"));
}

static void bold_has_more_ink(void **state)
{
    const struct weft_text_label thin = label_of(*state, "Thread");
    const uint64_t thin_ink = ink(&thin, 0, thin.height);
    const struct weft_text_label bold =
        weft_text_label(*state, WEFT_FONT_SANS_BOLD, 13, "Thread", 6);

    assert_true(ink(&bold, 0, bold.height) > thin_ink * 11 / 10);
}

static void the_scale_multiplies_pixels_but_not_widths(void **state)
{
    const float width = width_of(*state, WEFT_FONT_SANS, "critical section");
    const int height = label_of(*state, "critical section").height;

    weft_text_scale(*state, 2);
    const float scaled = width_of(*state, WEFT_FONT_SANS, "critical section");
    assert_true(scaled > width * 0.97f && scaled < width * 1.03f);
    assert_in_range(label_of(*state, "critical section").height, height * 2 - 2, height * 2 + 2);
}

static void a_label_is_made_once(void **state)
{
    const char text[] = "waits for threadLock";

    (void)label_of(*state, text);
    const uint64_t made = weft_text_made(*state);
    for (int i = 0; i < 10; i++) {
        (void)label_of(*state, text);
        (void)width_of(*state, WEFT_FONT_SANS, text);
    }
    assert_true(weft_text_made(*state) == made);
    (void)weft_text_label(*state, WEFT_FONT_SANS, 14, text, strlen(text));
    (void)weft_text_label(*state, WEFT_FONT_MONO, 13, text, strlen(text));
    (void)weft_text_label(*state, WEFT_FONT_SANS, 13, text, strlen(text) - 1);
    assert_true(weft_text_made(*state) == made + 3);
}

static void the_cache_is_bounded_and_what_is_used_stays(void **state)
{
    char text[400];
    const char kept[] = "used in every frame";
    uint64_t made = 0;

    memset(text, 'm', sizeof text);
    weft_text_scale(*state, 4);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(text, 16, "%d", i);
        (void)weft_text_label(*state, WEFT_FONT_SANS, 13, text, sizeof text);
        (void)label_of(*state, kept);
        assert_true(weft_text_cached_bytes(*state) <= 24u * 1024 * 1024);
    }
    assert_true(weft_text_cached_bytes(*state) > 16u * 1024 * 1024);
    made = weft_text_made(*state);
    (void)label_of(*state, kept);
    assert_true(weft_text_made(*state) == made);
    (void)snprintf(text, 16, "%d", 0); /* the oldest is gone */
    (void)weft_text_label(*state, WEFT_FONT_SANS, 13, text, sizeof text);
    assert_true(weft_text_made(*state) == made + 1);
}

static void vietnamese_and_arrows_have_glyphs_and_tall_letters_are_whole(void **state)
{
    static const char *const words[] = {"luồng", "Ế", "đợi", "→", "←", "×", "·", "—", "≥", "↑"};
    const struct weft_text_label box = label_of(*state, "\U000e0fff"); /* no font has it */
    const int box_width = box.width;
    const uint64_t box_ink = ink(&box, 0, box.height);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct weft_text_label label = label_of(*state, words[i]);
        assert_true(label.coverage != NULL);
        assert_true(label.width != box_width || ink(&label, 0, label.height) != box_ink);
    }
    const struct weft_text_label tall = label_of(*state, "Ế");
    const struct weft_text_label flat = label_of(*state, "E");
    assert_int_equal(ink(&tall, tall.ascent, tall.height), 0);
    assert_true(tall.ascent >= flat.ascent);
}

/*
 * All 67 vowels with their tones and đ, small and large: none is the box for what a font lacks, and
 * no two look alike.
 */
static void every_vietnamese_letter_is_drawn_in_every_font(void **state)
{
    static const char letters[] =
        "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵdđ"
        "AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬEÈẺẼÉẸÊỀỂỄẾỆIÌỈĨÍỊOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢUÙỦŨÚỤƯỪỬỮỨỰYỲỶỸÝỴDĐ";
    enum { LETTERS = 148, BYTES_MAX = 4 };

    for (int font = 0; font <= WEFT_FONT_MONO_BOLD; font++) {
        const struct weft_text_label none =
            weft_text_label(*state, (enum weft_font)font, 32, "\uE123", 3);
        const int none_width = none.width;
        uint64_t looks[LETTERS], none_ink = 0;
        int count = 0;
        for (int i = 0; i < none.width * none.height; i++) {
            none_ink = none_ink * 31 + none.coverage[i];
        }
        for (const char *at = letters; *at != '\0';) {
            size_t len = 1;
            while (((unsigned char)at[len] & 0xc0) == 0x80 && len < BYTES_MAX) {
                len++;
            }
            const struct weft_text_label label =
                weft_text_label(*state, (enum weft_font)font, 32, at, len);
            uint64_t look = 0;
            for (int i = 0; i < label.width * label.height; i++) {
                look = look * 31 + label.coverage[i];
            }
            assert_true(ink(&label, 0, label.height) > 0);
            assert_false(label.width == none_width && look == none_ink);
            for (int i = 0; i < count; i++) {
                assert_true(looks[i] != look);
            }
            assert_true(count < LETTERS);
            looks[count++] = look;
            at += len;
        }
        assert_int_equal(count, LETTERS);
    }
}

static void bad_bytes_and_controls_are_drawn_as_such(void **state)
{
    assert_true(width_of(*state, WEFT_FONT_SANS,
                         "a\xff"
                         "b") == width_of(*state, WEFT_FONT_SANS,
                                          "a\uFFFD"
                                          "b"));
    assert_true(width_of(*state, WEFT_FONT_SANS, "a\nb\x7f") ==
                width_of(*state, WEFT_FONT_SANS, "a b "));
    assert_true(width_of(*state, WEFT_FONT_SANS, "a\u202eb") ==
                width_of(*state, WEFT_FONT_SANS, "a b"));
    const struct weft_measure measure = weft_text_measure(*state);
    assert_true(measure.width(measure.ctx, WEFT_FONT_SANS, 13, "a\0b", 3) ==
                width_of(*state, WEFT_FONT_SANS, "a b"));
}

static void a_text_of_a_megabyte_is_cut_not_drawn(void **state)
{
    const size_t len = 1024 * 1024;
    char *text = malloc(len);

    assert_non_null(text);
    memset(text, 0xe1, len); /* never a whole character */
    const struct weft_text_label label = weft_text_label(*state, WEFT_FONT_SANS, 13, text, len);
    assert_in_range(label.width, 1000, 100000);
    free(text);
    assert_int_equal(weft_text_label(*state, WEFT_FONT_SANS, 0, "x", 1).height < 8, 1);
    assert_true(weft_text_label(*state, WEFT_FONT_SANS, 1e9f, "x", 1).height < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_text, close_text)
        CASE(a_label_stands_on_its_baseline),
        CASE(a_longer_text_is_wider_and_a_measure_is_what_is_drawn),
        CASE(every_character_of_the_mono_font_is_as_wide_as_the_next),
        CASE(bold_has_more_ink),
        CASE(the_scale_multiplies_pixels_but_not_widths),
        CASE(a_label_is_made_once),
        CASE(the_cache_is_bounded_and_what_is_used_stays),
        CASE(vietnamese_and_arrows_have_glyphs_and_tall_letters_are_whole),
        CASE(every_vietnamese_letter_is_drawn_in_every_font),
        CASE(bad_bytes_and_controls_are_drawn_as_such),
        CASE(a_text_of_a_megabyte_is_cut_not_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
