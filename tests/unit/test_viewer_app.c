/* Input: what keys and mouse do to the view. */
#include "tests/unit/viewer_check.h"

#include "viewer/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1600, HEIGHT = 900 };

struct stage {
    struct weft_app *app;
    struct weft_draw_list list;
};

static void lay_out(struct stage *stage)
{
    const struct weft_measure measure = check_measure();

    weft_app_layout(stage->app, WIDTH, HEIGHT, &measure, &stage->list);
}

static void open_stage(struct stage *stage, const char *sample)
{
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};

    stage->app = check_open_sample(sample, &options);
    weft_draw_init(&stage->list);
    lay_out(stage);
}

/* On a copy of the sample: what is typed may keep a bookmark beside it. */
static void open_copy(struct stage *stage, const char *sample)
{
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    char from[512], to[512], bytes[4096];
    size_t len;

    snprintf(from, sizeof from, "%s/traces/samples/%s.weft.jsonl", WEFT_SOURCE_DIR, sample);
    snprintf(to, sizeof to, "%s/tests/viewer-app.weft.jsonl", WEFT_BUILD_DIR);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((len = fread(bytes, 1, sizeof bytes, in)) > 0) {
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
    stage->app = check_open(to, &options);
    weft_draw_init(&stage->list);
    lay_out(stage);
}

static void close_stage(struct stage *stage)
{
    weft_draw_done(&stage->list);
    weft_app_free(stage->app);
}

static void key(struct stage *stage, enum weft_key which)
{
    weft_app_input(stage->app, &(struct weft_input){.kind = WEFT_INPUT_KEY_DOWN, .key = which});
}

static void type(struct stage *stage, char ch, uint32_t mods)
{
    weft_app_input(stage->app, &(struct weft_input){.kind = WEFT_INPUT_KEY_DOWN,
                                                    .key = WEFT_KEY_CHAR,
                                                    .ch = (uint32_t)ch,
                                                    .mods = mods});
}

static void mouse(struct stage *stage, enum weft_input_kind kind, double x, double y, int button,
                  uint32_t mods)
{
    weft_app_input(stage->app, &(struct weft_input){.kind = kind,
                                                    .x = (float)x,
                                                    .y = (float)y,
                                                    .button = button,
                                                    .clicks = 1,
                                                    .mods = mods});
}

static void click(struct stage *stage, double x, double y)
{
    mouse(stage, WEFT_INPUT_MOUSE_MOVE, x, y, 0, 0);
    mouse(stage, WEFT_INPUT_MOUSE_DOWN, x, y, 1, 0);
    mouse(stage, WEFT_INPUT_MOUSE_UP, x, y, 1, 0);
}

static void drag(struct stage *stage, double x0, double x1, double y, int button, uint32_t mods)
{
    mouse(stage, WEFT_INPUT_MOUSE_DOWN, x0, y, button, mods);
    mouse(stage, WEFT_INPUT_MOUSE_MOVE, (x0 + x1) / 2, y, 0, mods);
    mouse(stage, WEFT_INPUT_MOUSE_MOVE, x1, y, 0, mods);
    mouse(stage, WEFT_INPUT_MOUSE_UP, x1, y, button, mods);
}

static void wheel(struct stage *stage, double x, double y, float up, uint32_t mods)
{
    weft_app_input(
        stage->app,
        &(struct weft_input){
            .kind = WEFT_INPUT_WHEEL, .x = (float)x, .y = (float)y, .wheel_y = up, .mods = mods});
}

static double number(const struct stage *stage, const char *name)
{
    return check_state_number(stage->app, name);
}

static void assert_text(const struct stage *stage, const char *name, const char *wanted)
{
    char text[256];

    check_state(stage->app, name, text, sizeof text);
    assert_string_equal(text, wanted);
}

/* x of a time, y of a lane's middle: by what the state tells. */
static double x_of(const struct stage *stage, double t_ns)
{
    const double left = number(stage, "lane_left_px"), right = number(stage, "lane_right_px");
    const double from = number(stage, "from_ns"), to = number(stage, "to_ns");

    return left + (t_ns - from) / (to - from) * (right - left);
}

static double y_of(const struct stage *stage, const char *name)
{
    for (size_t i = 0; i < stage->list.count; i++) {
        const struct weft_draw_item *item = &stage->list.at[i];
        if (item->kind == WEFT_DRAW_TEXT && strcmp(item->text, name) == 0 && item->rect.x < 200) {
            return (double)(item->rect.y + item->rect.h / 2) + 12;
        }
    }
    fail_msg("no lane %s", name);
    return 0;
}

static void keys_zoom_pan_and_come_back(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    const double all = check_state_number(stage.app, "to_ns");
    key(&stage, WEFT_KEY_W);
    assert_true(check_state_number(stage.app, "to_ns") - check_state_number(stage.app, "from_ns") <
                all * 0.8);
    const double from = check_state_number(stage.app, "from_ns");
    key(&stage, WEFT_KEY_D);
    assert_true(check_state_number(stage.app, "from_ns") > from);
    key(&stage, WEFT_KEY_A);
    assert_true(fabs(check_state_number(stage.app, "from_ns") - from) < 2);
    key(&stage, WEFT_KEY_S);
    assert_text(&stage, "zoomed", "false");
    type(&stage, '+', WEFT_MOD_SHIFT);
    type(&stage, '+', WEFT_MOD_SHIFT);
    assert_text(&stage, "zoomed", "true");
    type(&stage, 'z', WEFT_MOD_CTRL);
    assert_true(fabs(check_state_number(stage.app, "to_ns") -
                     check_state_number(stage.app, "from_ns") - all * 0.7) < 2);
    type(&stage, '0', 0);
    assert_text(&stage, "zoomed", "false");
    close_stage(&stage);
}

static void the_wheel_zooms_at_the_pointer_only_with_ctrl(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    const double x = x_of(&stage, 3e9), y = y_of(&stage, "Thread-2");
    wheel(&stage, x, y, 1, 0);
    assert_text(&stage, "zoomed", "false");
    for (int i = 0; i < 12; i++) {
        wheel(&stage, x, y, 1, WEFT_MOD_CTRL);
        lay_out(&stage);
        assert_true(fabs(x_of(&stage, 3e9) - x) < 0.1);
    }
    const double from = check_state_number(stage.app, "from_ns");
    wheel(&stage, x, y, -1, WEFT_MOD_SHIFT);
    assert_true(check_state_number(stage.app, "from_ns") > from);
    close_stage(&stage);
}

static void a_drag_measures_a_range(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    drag(&stage, x_of(&stage, 1e9), x_of(&stage, 4e9), y_of(&stage, "Thread-1"), 1, 0);
    assert_true(fabs(number(&stage, "range_from_ns") - 1e9) < 1e7);
    assert_true(fabs(number(&stage, "range_to_ns") - 4e9) < 1e7);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "Range of 3.00 s"));
    assert_non_null(check_text(&stage.list, "lock wait 2.0"));
    type(&stage, 'f', 0);
    assert_true(check_state_number(stage.app, "from_ns") > 0.7e9 &&
                check_state_number(stage.app, "to_ns") < 4.3e9);
    type(&stage, 'f', 0);
    assert_text(&stage, "zoomed", "false");
    key(&stage, WEFT_KEY_ESC);
    assert_text(&stage, "range_to_ns", "");
    close_stage(&stage);
}

static void ctrl_drag_zooms_and_shift_and_middle_drag_pan(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    const double y = y_of(&stage, "Thread-1");
    drag(&stage, x_of(&stage, 2e9), x_of(&stage, 4e9), y, 1, WEFT_MOD_CTRL);
    assert_true(fabs(check_state_number(stage.app, "from_ns") - 2e9) < 1e7);
    assert_true(fabs(check_state_number(stage.app, "to_ns") - 4e9) < 1e7);
    assert_text(&stage, "range_to_ns", "");
    lay_out(&stage);
    drag(&stage, 800, 700, y, 1, WEFT_MOD_SHIFT);
    const double after = check_state_number(stage.app, "from_ns");
    assert_true(after > 2.1e9);
    lay_out(&stage);
    drag(&stage, 700, 800, y, 2, 0);
    assert_true(fabs(check_state_number(stage.app, "from_ns") - 2e9) < 1e7);
    close_stage(&stage);
}

static void space_plays_when_tapped_and_pans_when_held(void **state)
{
    (void)state;
    struct stage stage;
    const struct weft_input up = {.kind = WEFT_INPUT_KEY_UP, .key = WEFT_KEY_SPACE};

    open_stage(&stage, "locked-sections");
    key(&stage, WEFT_KEY_SPACE);
    assert_text(&stage, "playing", "false");
    weft_app_input(stage.app, &up);
    assert_text(&stage, "playing", "true");
    assert_true(weft_app_tick(stage.app, 1000) >= 0);
    weft_app_tick(stage.app, 1000 + 500000000);
    assert_int_equal((int)(number(&stage, "playhead_ns") / 1000000), 500);
    key(&stage, WEFT_KEY_SPACE);
    weft_app_input(stage.app, &up);
    assert_text(&stage, "playing", "false");
    assert_int_equal(weft_app_tick(stage.app, 2000000000), -1);
    key(&stage, WEFT_KEY_W);
    key(&stage, WEFT_KEY_W);
    lay_out(&stage);
    const double from = check_state_number(stage.app, "from_ns");
    key(&stage, WEFT_KEY_SPACE);
    drag(&stage, 900, 700, y_of(&stage, "Thread-1"), 1, 0);
    weft_app_input(stage.app, &up);
    assert_true(check_state_number(stage.app, "from_ns") > from);
    assert_text(&stage, "playing", "false");
    close_stage(&stage);
}

static void a_click_selects_what_is_there(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    click(&stage, x_of(&stage, 1.5e9), y_of(&stage, "Thread-2"));
    assert_text(&stage, "selected", "\"span Thread-2 lock_wait threadLock\"");
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "SELECTED"));
    assert_non_null(check_text(&stage.list, "Thread-1 releases threadLock"));
    assert_non_null(check_text(&stage.list, "locked_sections.c:"));
    click(&stage, x_of(&stage, 5e9), y_of(&stage, "threadLock") - 8);
    assert_text(&stage, "selected", "\"hold threadLock Thread-2\"");
    key(&stage, WEFT_KEY_ESC);
    assert_text(&stage, "selected", "\"\"");
    close_stage(&stage);
}

static void hovering_names_what_is_under_the_mouse(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    mouse(&stage, WEFT_INPUT_MOUSE_MOVE, x_of(&stage, 6e9), y_of(&stage, "Thread-2"), 0, 0);
    assert_true(weft_app_dirty(stage.app));
    lay_out(&stage);
    assert_false(weft_app_dirty(stage.app));
    assert_text(&stage, "hover", "\"span Thread-2 sleep\"");
    assert_non_null(check_text(&stage.list, "It asked for 2.00 s."));
    weft_app_input(stage.app, &(struct weft_input){.kind = WEFT_INPUT_MOUSE_LEAVE});
    lay_out(&stage);
    assert_text(&stage, "hover", "\"\"");
    close_stage(&stage);
}

static void a_double_click_fits_a_span(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    const double x = x_of(&stage, 4e9), y = y_of(&stage, "Thread-2");
    weft_app_input(
        stage.app,
        &(struct weft_input){
            .kind = WEFT_INPUT_MOUSE_DOWN, .x = (float)x, .y = (float)y, .button = 1, .clicks = 2});
    assert_true(check_state_number(stage.app, "from_ns") > 2.7e9 &&
                check_state_number(stage.app, "from_ns") < 3.1e9);
    assert_true(check_state_number(stage.app, "to_ns") > 4.9e9 &&
                check_state_number(stage.app, "to_ns") < 5.3e9);
    close_stage(&stage);
}

static void arrows_step_along_and_across_lanes(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    click(&stage, x_of(&stage, 1.5e9), y_of(&stage, "Thread-2"));
    key(&stage, WEFT_KEY_RIGHT);
    key(&stage, WEFT_KEY_RIGHT);
    assert_text(&stage, "selected", "\"span Thread-2 sleep\"");
    const double then = number(&stage, "playhead_ns");
    assert_true(then > 2.9e9 && then < 3.1e9);
    key(&stage, WEFT_KEY_RIGHT);
    key(&stage, WEFT_KEY_RIGHT);
    const double later = number(&stage, "playhead_ns");
    assert_true(later > 4.9e9 && later < 5.1e9);
    key(&stage, WEFT_KEY_UP);
    key(&stage, WEFT_KEY_UP);
    assert_text(&stage, "selected", "\"span main join Thread-2\"");
    assert_true(number(&stage, "playhead_ns") == later);
    key(&stage, WEFT_KEY_LEFT);
    key(&stage, WEFT_KEY_LEFT);
    assert_text(&stage, "selected", "\"span main join Thread-1\"");
    close_stage(&stage);
}

static void comma_and_dot_step_through_all_events(void **state)
{
    (void)state;
    struct stage stage;
    double last = -1;
    int steps = 0;

    open_stage(&stage, "locked-sections");
    for (; steps < 1000; steps++) {
        type(&stage, '.', 0);
        const double now = number(&stage, "playhead_ns");
        if (now == last) {
            break;
        }
        assert_true(now > last);
        last = now;
    }
    assert_true(steps > 20);
    for (int i = 1; i < steps; i++) {
        type(&stage, ',', 0);
    }
    assert_true(number(&stage, "playhead_ns") < 1e7);
    close_stage(&stage);
}

static void brackets_follow_the_hand_off(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    click(&stage, x_of(&stage, 1.5e9), y_of(&stage, "Thread-2"));
    type(&stage, '[', 0);
    char text[128];
    check_state(stage.app, "selected", text, sizeof text);
    assert_non_null(strstr(text, "span Thread-1 "));
    type(&stage, ']', 0);
    assert_text(&stage, "selected", "\"span Thread-2 lock_wait threadLock\"");
    close_stage(&stage);
}

static void the_ruler_and_the_minimap_take_the_mouse(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    click(&stage, x_of(&stage, 5e9), 60);
    assert_true(fabs(number(&stage, "playhead_ns") - 5e9) < 1e7);
    key(&stage, WEFT_KEY_W);
    key(&stage, WEFT_KEY_W);
    key(&stage, WEFT_KEY_W);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "WHOLE TRACE"));
    click(&stage, number(&stage, "lane_left_px") + 20, 64);
    assert_true(check_state_number(stage.app, "from_ns") == 0);
    close_stage(&stage);
}

static void buttons_do_what_their_keys_do(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    click(&stage, WIDTH / 2.0, 23);
    assert_text(&stage, "playing", "true");
    click(&stage, WIDTH / 2.0, 23);
    assert_text(&stage, "playing", "false");
    click(&stage, WIDTH - 26, 23);
    assert_text(&stage, "help", "true");
    key(&stage, WEFT_KEY_W);
    assert_text(&stage, "zoomed", "false");
    key(&stage, WEFT_KEY_F1);
    assert_text(&stage, "help", "false");
    close_stage(&stage);
}

static void speeds_have_ends(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections");
    for (int i = 0; i < 20; i++) {
        type(&stage, '>', WEFT_MOD_SHIFT);
    }
    assert_true(number(&stage, "speed") == 100);
    for (int i = 0; i < 40; i++) {
        type(&stage, '<', WEFT_MOD_SHIFT);
    }
    assert_true(number(&stage, "speed") <= 0.1);
    close_stage(&stage);
}

static double first_playhead(const struct weft_app_options *options)
{
    struct stage stage;

    stage.app = check_open_sample("locked-sections", options);
    weft_draw_init(&stage.list);
    lay_out(&stage);
    const double playhead_ns = number(&stage, "playhead_ns");
    close_stage(&stage);
    return playhead_ns;
}

static void without_a_choice_the_playhead_stands_where_what_is_shown_begins(void **state)
{
    (void)state;
    assert_true(first_playhead(&(struct weft_app_options){.to_ns = 0}) == 0);
    assert_true(first_playhead(
                    &(struct weft_app_options){.from_ns = 1000000000, .to_ns = UINT64_MAX}) == 1e9);
    assert_true(first_playhead(&(struct weft_app_options){
                    .from_ns = 1000000000, .to_ns = 5000000000, .in_middle = true}) == 3e9);
}

static void q_closes_the_window(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, "locked-sections");
    assert_false(weft_app_quit(stage.app));
    type(&stage, 'q', 0);
    assert_true(weft_app_quit(stage.app));
    close_stage(&stage);
}

static void the_first_range_and_playhead_are_the_callers(void **state)
{
    (void)state;
    const struct weft_app_options options = {
        .from_ns = 1000000000, .to_ns = 5000000000, .has_at = true, .at_ns = 4200000000};
    struct stage stage;

    stage.app = check_open_sample("locked-sections", &options);
    weft_draw_init(&stage.list);
    lay_out(&stage);
    assert_true(check_state_number(stage.app, "from_ns") == 1e9 &&
                check_state_number(stage.app, "to_ns") == 5e9);
    assert_true(number(&stage, "playhead_ns") == 4.2e9);
    close_stage(&stage);
}

static void another_trace_can_be_opened_and_a_bad_one_changes_nothing(void **state)
{
    (void)state;
    struct stage stage;
    struct weft_error error;
    char path[512];

    open_stage(&stage, "locked-sections");
    assert_int_equal(weft_app_open(stage.app, "/nowhere/at/all", &error), WEFT_ERR_OPEN);
    assert_true(number(&stage, "threads") == 3);
    snprintf(path, sizeof path, "%s/traces/samples/queue-workers.weft.jsonl", WEFT_SOURCE_DIR);
    assert_int_equal(weft_app_open(stage.app, path, &error), WEFT_OK);
    lay_out(&stage); /* while it is still being read */
    while (weft_app_loading(stage.app)) {
        weft_app_tick(stage.app, 0);
    }
    lay_out(&stage);
    assert_true(number(&stage, "threads") == 4);
    assert_string_equal(weft_app_title(stage.app), "queue-workers.weft.jsonl — weft");
    close_stage(&stage);
}

static void every_command_has_a_key_and_no_key_two_commands(void **state)
{
    (void)state;
    for (int i = 0; i < WEFT_COMMAND_COUNT; i++) {
        assert_string_not_equal(weft_command_cap((enum weft_command_id)i), "");
    }
    for (size_t i = 0; i < weft_binding_count; i++) {
        const struct weft_binding *a = &weft_bindings[i];
        const struct weft_input input = {
            .kind = WEFT_INPUT_KEY_DOWN, .key = a->key, .ch = a->ch, .mods = a->mods};
        assert_int_equal(weft_command_of(&input), a->command);
        for (size_t k = i + 1; k < weft_binding_count; k++) {
            const struct weft_binding *b = &weft_bindings[k];
            assert_false(a->key == b->key && a->ch == b->ch && a->mods == b->mods);
        }
    }
}

/* Any input in any order: nothing breaks, whatever it does. */
static void two_traces_have_one_time_axis_and_one_playhead(void **state)
{
    const char *path = WEFT_SOURCE_DIR "/traces/samples/queue-workers.weft.jsonl";
    struct stage stage;
    struct weft_error error;
    struct weft_sink sink;
    (void)state;

    open_stage(&stage, "locked-sections");
    assert_int_equal(weft_app_open_beside(stage.app, path, false, &error), WEFT_OK);
    while (weft_app_loading(stage.app)) {
        weft_app_tick(stage.app, 0);
    }
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "locked-sections.weft.jsonl"));
    assert_non_null(check_text(&stage.list, "queue-workers.weft.jsonl"));
    check_picture(&stage.list, WIDTH, HEIGHT, "two traces");
    /* One legend, with what is in either. */
    uint32_t locks = 0, polls = 0;
    for (size_t i = 0; i < stage.list.count; i++) {
        const struct weft_draw_item *item = &stage.list.at[i];
        locks += item->kind == WEFT_DRAW_TEXT && strcmp(item->text, "lock wait") == 0;
        polls += item->kind == WEFT_DRAW_TEXT && strcmp(item->text, "busy polling") == 0;
    }
    assert_int_equal(locks, 1);
    assert_int_equal(polls, 1);
    /* Half a small window is enough for the lanes of all threads. */
    const struct weft_measure measure = check_measure();
    weft_app_layout(stage.app, 1280, 720, &measure, &stage.list);
    check_picture(&stage.list, 1280, 720, "two traces in a small window");
    assert_non_null(check_text(&stage.list, "Thread-2"));
    assert_non_null(check_text(&stage.list, "Thread-3"));
    lay_out(&stage);
    const double whole_ns =
        check_state_number(stage.app, "to_ns") - check_state_number(stage.app, "from_ns");
    type(&stage, '+', 0);
    weft_app_tick(stage.app, 0);
    assert_true(check_state_number(stage.app, "to_ns") - check_state_number(stage.app, "from_ns") <
                0.9 * whole_ns);
    key(&stage, WEFT_KEY_END);
    lay_out(&stage);
    assert_true(weft_sink_init(&sink, -1));
    weft_app_state(stage.app, &sink);
    weft_sink_char(&sink, '\0');
    const char *lower = strstr(sink.buffer, "\"lower\":");
    assert_non_null(lower);
    for (size_t i = 0; i < 3; i++) {
        static const char *const keys[] = {"\"from_ns\":", "\"to_ns\":", "\"playhead_ns\":"};
        const char *first = strstr(sink.buffer, keys[i]), *second = strstr(lower, keys[i]);
        assert_true(first != NULL && second != NULL && first < lower);
        assert_true(strtoll(first + strlen(keys[i]), NULL, 10) ==
                    strtoll(second + strlen(keys[i]), NULL, 10));
    }
    weft_sink_done(&sink);
    close_stage(&stage);
}

static void two_traces_align_by_what_is_selected_in_both(void **state)
{
    const char *path = WEFT_SOURCE_DIR "/traces/samples/queue-workers.weft.jsonl";
    struct stage stage;
    struct weft_error error;
    (void)state;

    open_stage(&stage, "locked-sections");
    assert_int_equal(weft_app_open_beside(stage.app, path, false, &error), WEFT_OK);
    while (weft_app_loading(stage.app)) {
        weft_app_tick(stage.app, 0);
    }
    lay_out(&stage);
    key(&stage, WEFT_KEY_RIGHT); /* main's first span, at the start */
    type(&stage, 'y', 0);
    key(&stage, WEFT_KEY_END);
    key(&stage, WEFT_KEY_DOWN); /* the lower one's last span */
    type(&stage, 'x', 0);
    lay_out(&stage);
    check_picture(&stage.list, WIDTH, HEIGHT, "two traces, aligned");
    assert_true(number(&stage, "shift_ns") < 0);
    assert_true(check_state_number(stage.app, "from_ns") == number(&stage, "shift_ns"));
    key(&stage, WEFT_KEY_ESC);
    type(&stage, 'x', 0);
    assert_true(number(&stage, "shift_ns") == 0);
    close_stage(&stage);
}

static void take_random_input(struct stage *stage_of)
{
    struct stage stage = *stage_of;
    uint32_t seed = 20260401;

    for (int i = 0; i < 6000; i++) {
        seed = seed * 1664525 + 1013904223;
        const uint32_t r = seed >> 8;
        struct weft_input input = {.kind = (enum weft_input_kind)(r % (WEFT_INPUT_TEXT + 1)),
                                   .key = (enum weft_key)((r >> 3) % WEFT_KEY_COUNT),
                                   .ch = 32 + (r >> 5) % 95,
                                   .mods = (r >> 11) % 8,
                                   .x = (float)((r >> 2) % (WIDTH + 100)) - 50,
                                   .y = (float)((r >> 7) % (HEIGHT + 100)) - 50,
                                   .button = 1 + (int)(r >> 13) % 3,
                                   .clicks = 1 + (int)(r >> 15) % 2,
                                   .wheel_x = (float)((int)(r >> 9) % 5 - 2),
                                   .wheel_y = (float)((int)(r >> 10) % 5 - 2)};
        weft_app_input(stage.app, &input);
        weft_app_tick(stage.app, (uint64_t)i * 16000000);
        if (i % 9 == 0) {
            lay_out(&stage);
            assert_false(stage.list.failed);
        }
        assert_true(check_state_number(stage.app, "to_ns") >
                    check_state_number(stage.app, "from_ns"));
    }
    *stage_of = stage;
}

static void random_input_breaks_nothing(void **state)
{
    (void)state;
    struct stage stage;

    open_copy(&stage, "guided-tour");
    take_random_input(&stage);
    assert_true(check_state_number(stage.app, "from_ns") >= 0);
    close_stage(&stage);
}

static void random_input_breaks_nothing_in_two_traces(void **state)
{
    const char *path = WEFT_SOURCE_DIR "/traces/samples/queue-workers.weft.jsonl";
    struct stage stage;
    struct weft_error error;
    (void)state;

    open_copy(&stage, "guided-tour");
    assert_int_equal(weft_app_open_beside(stage.app, path, false, &error), WEFT_OK);
    take_random_input(&stage);
    close_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_zoom_pan_and_come_back),
        cmocka_unit_test(the_wheel_zooms_at_the_pointer_only_with_ctrl),
        cmocka_unit_test(a_drag_measures_a_range),
        cmocka_unit_test(ctrl_drag_zooms_and_shift_and_middle_drag_pan),
        cmocka_unit_test(space_plays_when_tapped_and_pans_when_held),
        cmocka_unit_test(a_click_selects_what_is_there),
        cmocka_unit_test(hovering_names_what_is_under_the_mouse),
        cmocka_unit_test(a_double_click_fits_a_span),
        cmocka_unit_test(arrows_step_along_and_across_lanes),
        cmocka_unit_test(comma_and_dot_step_through_all_events),
        cmocka_unit_test(brackets_follow_the_hand_off),
        cmocka_unit_test(the_ruler_and_the_minimap_take_the_mouse),
        cmocka_unit_test(buttons_do_what_their_keys_do),
        cmocka_unit_test(speeds_have_ends),
        cmocka_unit_test(the_first_range_and_playhead_are_the_callers),
        cmocka_unit_test(without_a_choice_the_playhead_stands_where_what_is_shown_begins),
        cmocka_unit_test(q_closes_the_window),
        cmocka_unit_test(another_trace_can_be_opened_and_a_bad_one_changes_nothing),
        cmocka_unit_test(every_command_has_a_key_and_no_key_two_commands),
        cmocka_unit_test(two_traces_have_one_time_axis_and_one_playhead),
        cmocka_unit_test(two_traces_align_by_what_is_selected_in_both),
        cmocka_unit_test(random_input_breaks_nothing),
        cmocka_unit_test(random_input_breaks_nothing_in_two_traces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
