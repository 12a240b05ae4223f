/* Colours: every text can be read, and states can be told apart. */
#include "viewer/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static void assert_readable(struct weft_color ink, struct weft_color under, const char *what)
{
    const float contrast = weft_color_contrast(ink, under);

    if (contrast < 4.5f) {
        fail_msg("%s: %.2f", what, (double)contrast);
    }
}

static void texts_have_contrast_on_every_surface(void **state)
{
    (void)state;
    for (int id = 0; id < WEFT_THEME_COUNT; id++) {
        const struct weft_theme *theme = weft_theme_of((enum weft_theme_id)id);
        const struct weft_color surfaces[] = {theme->ground, theme->stripe, theme->panel,
                                              theme->bar,    theme->raised, theme->marked,
                                              theme->tip};
        for (size_t i = 0; i < sizeof surfaces / sizeof *surfaces; i++) {
            assert_readable(theme->text, surfaces[i], "text");
            assert_readable(theme->muted, surfaces[i], "muted");
        }
        assert_readable(theme->accent, theme->panel, "product");
        assert_readable(theme->accent, theme->raised, "title of the selection");
        assert_readable(theme->on_accent, theme->accent, "on accent");
        assert_readable(theme->on_playhead, theme->playhead, "badge");
        assert_readable(theme->on_hold, theme->hold, "owner");
        assert_readable(theme->on_warning, theme->warning, "warning");
    }
}

static void labels_have_contrast_on_every_state(void **state)
{
    (void)state;
    for (int id = 0; id < WEFT_THEME_COUNT; id++) {
        for (int i = 0; i < WEFT_STATE_COUNT; i++) {
            const struct weft_state_style *style = &weft_state_styles[i];
            assert_readable(style->colors[id].ink, style->colors[id].fill, weft_states[i].name);
            if (style->pattern == WEFT_PATTERN_HATCHED) {
                assert_readable(style->colors[id].ink, style->colors[id].edge, weft_states[i].name);
            }
        }
    }
}

static void every_state_has_a_style(void **state)
{
    (void)state;
    for (int i = 0; i < WEFT_STATE_COUNT; i++) {
        assert_true(weft_state_styles[i].height > 0 && weft_state_styles[i].height <= 1);
        assert_int_equal(weft_state_styles[i].colors[0].fill.a, 255);
        assert_int_equal(weft_state_styles[i].colors[1].fill.a, 255);
    }
}

struct lab {
    double l, a, b;
};

static double linear(uint8_t channel)
{
    const double c = channel / 255.0;

    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double lab_root(double t)
{
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* CIE 1976 L*a*b* under D65. */
static struct lab lab_of(struct weft_color color)
{
    const double r = linear(color.r), g = linear(color.g), b = linear(color.b);
    const double x = lab_root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
    const double y = lab_root(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const double z = lab_root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);

    return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

static uint8_t channel(double value)
{
    const double c = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055;

    return (uint8_t)(c <= 0 ? 0 : c >= 1 ? 255 : lround(c * 255));
}

/* As seen without green cones.  Source: Machado, Oliveira, Fernandes 2009, severity 1.0. */
static struct weft_color without_green(struct weft_color color)
{
    const double r = linear(color.r), g = linear(color.g), b = linear(color.b);

    return (struct weft_color){channel(0.367322 * r + 0.860646 * g - 0.227968 * b),
                               channel(0.280085 * r + 0.672501 * g + 0.047413 * b),
                               channel(-0.011820 * r + 0.042940 * g + 0.968881 * b), 255};
}

static struct weft_color grey(struct weft_color color)
{
    const uint8_t y =
        channel(0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b));

    return (struct weft_color){y, y, y, 255};
}

static double distance(struct weft_color a, struct weft_color b)
{
    const struct lab la = lab_of(a), lb = lab_of(b);

    return sqrt(pow(la.l - lb.l, 2) + pow(la.a - lb.a, 2) + pow(la.b - lb.b, 2));
}

/* Height or pattern says it even where no colour does. */
static bool formed_alike(const struct weft_state_style *a, const struct weft_state_style *b)
{
    return a->pattern == b->pattern && fabsf(a->height - b->height) < 0.1f;
}

static void states_can_be_told_apart_without_green_and_without_colour(void **state)
{
    (void)state;
    for (int id = 0; id < WEFT_THEME_COUNT; id++) {
        for (int i = 0; i < WEFT_STATE_COUNT; i++) {
            for (int k = i + 1; k < WEFT_STATE_COUNT; k++) {
                const struct weft_state_style *a = &weft_state_styles[i];
                const struct weft_state_style *b = &weft_state_styles[k];
                const struct weft_color ca = a->colors[id].fill, cb = b->colors[id].fill;
                if (!formed_alike(a, b)) {
                    continue;
                }
                const double seen = distance(without_green(ca), without_green(cb));
                const double printed = distance(grey(ca), grey(cb));
                if (seen < 12 || printed < 7) {
                    fail_msg("theme %d: %s and %s: %.1f without green, %.1f in grey", id,
                             weft_states[i].name, weft_states[k].name, seen, printed);
                }
            }
        }
    }
}

/* Hue is not all: a pattern and a clearly other height tell two states apart as well. */
static void states_can_be_told_apart(void **state)
{
    (void)state;
    for (int id = 0; id < WEFT_THEME_COUNT; id++) {
        for (int i = 0; i < WEFT_STATE_COUNT; i++) {
            for (int k = i + 1; k < WEFT_STATE_COUNT; k++) {
                const struct weft_state_style *a = &weft_state_styles[i];
                const struct weft_state_style *b = &weft_state_styles[k];
                const struct lab la = lab_of(a->colors[id].fill), lb = lab_of(b->colors[id].fill);
                const double distance =
                    sqrt(pow(la.l - lb.l, 2) + pow(la.a - lb.a, 2) + pow(la.b - lb.b, 2));
                const double least = a->pattern != b->pattern ? 0 : 20;
                if (distance < least) {
                    fail_msg("%s and %s: %.1f", weft_states[i].name, weft_states[k].name, distance);
                }
            }
        }
    }
}

static void contrast_of_black_and_white_is_21(void **state)
{
    (void)state;
    const struct weft_color black = {0, 0, 0, 255}, white = {255, 255, 255, 255};

    assert_true(fabsf(weft_color_contrast(black, white) - 21) < 0.01f);
    assert_true(fabsf(weft_color_contrast(white, white) - 1) < 0.01f);
}

static void a_translucent_colour_is_mixed_by_its_alpha(void **state)
{
    (void)state;
    const struct weft_color mixed = weft_color_over((struct weft_color){0, 100, 200, 255},
                                                    (struct weft_color){200, 100, 0, 127});

    assert_int_equal(mixed.r, 100);
    assert_int_equal(mixed.g, 100);
    assert_int_equal(mixed.b, 100);
    assert_int_equal(mixed.a, 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_have_contrast_on_every_surface),
        cmocka_unit_test(labels_have_contrast_on_every_state),
        cmocka_unit_test(every_state_has_a_style),
        cmocka_unit_test(states_can_be_told_apart),
        cmocka_unit_test(states_can_be_told_apart_without_green_and_without_colour),
        cmocka_unit_test(contrast_of_black_and_white_is_21),
        cmocka_unit_test(a_translucent_colour_is_mixed_by_its_alpha),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
