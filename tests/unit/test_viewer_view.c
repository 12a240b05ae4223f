/* The view: zoom, pan, undo, playing; and the ruler's ticks. */
#include "viewer/timeline/ruler.h"
#include "viewer/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static struct weft_view view_of(uint64_t end_ns)
{
    struct weft_view view;

    weft_view_init(&view);
    weft_view_set_end(&view, end_ns);
    return view;
}

static void a_new_view_shows_everything(void **state)
{
    (void)state;
    const struct weft_view view = view_of(9000000000);

    assert_true(view.range.from_ns == 0 && view.range.to_ns > 9e9);
    assert_false(weft_view_zoomed(&view));
}

static void a_zoom_keeps_the_time_under_the_cursor(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);
    const double at_ns = 3.1e9;

    for (int i = 0; i < 40; i++) {
        const double before =
            (at_ns - view.range.from_ns) / (view.range.to_ns - view.range.from_ns);
        weft_view_zoom(&view, at_ns, 0.8);
        const double after = (at_ns - view.range.from_ns) / (view.range.to_ns - view.range.from_ns);
        assert_true(fabs(before - after) < 1e-6);
    }
    assert_true(weft_view_zoomed(&view));
    assert_true(view.range.to_ns - view.range.from_ns < 2e6);
}

static void zooming_ends_at_the_clock_and_at_the_whole(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);

    for (int i = 0; i < 500; i++) {
        weft_view_zoom(&view, 5e9, 0.5);
    }
    assert_true(view.range.to_ns - view.range.from_ns >= 10);
    for (int i = 0; i < 500; i++) {
        weft_view_zoom(&view, 5e9, 2);
    }
    assert_false(weft_view_zoomed(&view));
}

static void a_pan_stops_at_the_ends_and_keeps_the_width(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);

    weft_view_show(&view, 1e9, 2e9);
    weft_view_pan(&view, -5e9);
    assert_true(view.range.from_ns == 0 && view.range.to_ns == 1e9);
    weft_view_pan(&view, 5e11);
    assert_true(fabs(view.range.to_ns - weft_view_all(&view).to_ns) < 1);
    assert_true(fabs(view.range.to_ns - view.range.from_ns - 1e9) < 1);
}

static void undo_goes_back_one_view_at_a_time(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);

    weft_view_remember(&view);
    weft_view_show(&view, 1e9, 2e9);
    weft_view_remember(&view);
    weft_view_show(&view, 3e9, 4e9);
    assert_true(weft_view_back(&view));
    assert_true(view.range.from_ns == 1e9);
    assert_true(weft_view_back(&view));
    assert_false(weft_view_zoomed(&view));
    assert_false(weft_view_back(&view));
}

static void undo_remembers_only_so_much(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);
    int undone = 0;

    for (int i = 0; i < 3 * WEFT_VIEW_UNDO; i++) {
        weft_view_remember(&view);
        weft_view_show(&view, i * 1e7, i * 1e7 + 1e9);
    }
    while (weft_view_back(&view)) {
        undone++;
    }
    assert_int_equal(undone, WEFT_VIEW_UNDO);
}

static void playing_moves_with_the_speed_and_stops_at_the_end(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);

    view.playing = true;
    weft_view_play(&view, 500000000);
    assert_int_equal(view.playhead_ns, 500000000);
    while (weft_view_speeds[view.speed] != 200) {
        view.speed++;
    }
    weft_view_play(&view, 500000000);
    assert_int_equal(view.playhead_ns, 1500000000);
    assert_true(view.playing);
    weft_view_play(&view, UINT64_C(60000000000));
    assert_int_equal(view.playhead_ns, 9000000000);
    assert_false(view.playing);
}

static void the_view_follows_the_playhead(void **state)
{
    (void)state;
    struct weft_view view = view_of(9000000000);

    weft_view_show(&view, 0, 1e9);
    view.playing = true;
    for (int i = 0; i < 80; i++) {
        weft_view_play(&view, 50000000);
        assert_true((double)view.playhead_ns >= view.range.from_ns &&
                    (double)view.playhead_ns <= view.range.to_ns);
    }
}

static void a_trace_of_no_length_has_a_view(void **state)
{
    (void)state;
    struct weft_view view = view_of(0);

    assert_true(view.range.to_ns > view.range.from_ns);
    weft_view_zoom(&view, 0, 0.1);
    weft_view_pan(&view, 1e9);
    assert_true(view.range.to_ns > view.range.from_ns);
}

static void ticks_are_one_two_five_in_one_unit(void **state)
{
    (void)state;
    for (double width_ns = 40; width_ns < 1e13; width_ns *= 1.37) {
        const struct weft_range range = {3.123456789e9, 3.123456789e9 + width_ns};
        const struct weft_ticks ticks = weft_ruler_ticks(range, 1300, 92);
        const double power = pow(10, floor(log10(ticks.step_ns) + 1e-9));
        const double head = ticks.step_ns / power;
        assert_true(fabs(head - 1) < 1e-6 || fabs(head - 2) < 1e-6 || fabs(head - 5) < 1e-6);
        /* Far enough for a label, near enough to be of use. */
        const double px = ticks.step_ns / (width_ns / 1300);
        assert_true(px >= 91.9 || ticks.step_ns == 1);
        assert_true(px < 92 * 2.6 || ticks.step_ns == 1);
        assert_true(ticks.first_ns >= range.from_ns - 1e-3);
        assert_true(ticks.first_ns - range.from_ns <= ticks.step_ns * 1.000001);
        for (int n = 0; n < 3; n++) {
            const struct weft_word label =
                weft_ruler_label(&ticks, ticks.first_ns + n * ticks.step_ns);
            assert_true(strlen(label.text) <= 10);
            assert_non_null(strstr(label.text, ticks.unit));
        }
    }
}

static void neighbouring_ticks_have_different_labels(void **state)
{
    (void)state;
    for (double width_ns = 40; width_ns < 1e12; width_ns *= 2.3) {
        const struct weft_range range = {12.3e9, 12.3e9 + width_ns};
        const struct weft_ticks ticks = weft_ruler_ticks(range, 1000, 92);
        const struct weft_word a = weft_ruler_label(&ticks, ticks.first_ns);
        const struct weft_word b = weft_ruler_label(&ticks, ticks.first_ns + ticks.step_ns);
        assert_string_not_equal(a.text, b.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_view_shows_everything),
        cmocka_unit_test(a_zoom_keeps_the_time_under_the_cursor),
        cmocka_unit_test(zooming_ends_at_the_clock_and_at_the_whole),
        cmocka_unit_test(a_pan_stops_at_the_ends_and_keeps_the_width),
        cmocka_unit_test(undo_goes_back_one_view_at_a_time),
        cmocka_unit_test(undo_remembers_only_so_much),
        cmocka_unit_test(playing_moves_with_the_speed_and_stops_at_the_end),
        cmocka_unit_test(the_view_follows_the_playhead),
        cmocka_unit_test(a_trace_of_no_length_has_a_view),
        cmocka_unit_test(ticks_are_one_two_five_in_one_unit),
        cmocka_unit_test(neighbouring_ticks_have_different_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
