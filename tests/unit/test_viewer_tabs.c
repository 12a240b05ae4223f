/* Tabs, prompts and the dock's pages: laid out without a flaw in every theme, and saying what the
 * trace says. */
#include "tests/unit/viewer_check.h"

#include "viewer/commands.h"
#include "viewer/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const samples[] = {"locked-sections", "queue-workers", "start-new-thread",
                                      "thread-class", "guided-tour"};
/* The last is what a classroom has of a window of 1280 × 720. */
static const struct {
    float width, height;
} sizes[] = {{1280, 720}, {1600, 900}, {1920, 1080}, {853, 480}};

enum { SAMPLES = sizeof samples / sizeof *samples, SIZES = sizeof sizes / sizeof *sizes };

struct stage {
    struct weft_app *app;
    struct weft_draw_list list;
    float width, height;
    char what[160];
};

static void lay_out(struct stage *stage)
{
    const struct weft_measure measure = check_measure();

    weft_app_layout(stage->app, stage->width, stage->height, &measure, &stage->list);
    check_picture(&stage->list, stage->width, stage->height, stage->what);
}

static void press(struct stage *stage, enum weft_key key, char ch, uint32_t mods)
{
    weft_app_input(stage->app,
                   &(struct weft_input){
                       .kind = WEFT_INPUT_KEY_DOWN, .key = key, .ch = (uint32_t)ch, .mods = mods});
}

static void write(struct stage *stage, const char *text)
{
    for (; *text != '\0'; text++) {
        weft_app_input(stage->app,
                       &(struct weft_input){.kind = WEFT_INPUT_TEXT, .ch = (uint32_t)*text});
    }
}

/* The text that is just that. */
static const struct weft_draw_item *exactly(const struct stage *stage, const char *text)
{
    for (size_t i = 0; i < stage->list.count; i++) {
        const struct weft_draw_item *item = &stage->list.at[i];
        if (item->kind == WEFT_DRAW_TEXT && strcmp(item->text, text) == 0) {
            return item;
        }
    }
    fail_msg("there is no \"%s\"", text);
    return NULL;
}

static void click(struct stage *stage, const char *text)
{
    const struct weft_draw_item *item = exactly(stage, text);

    struct weft_input input = {.kind = WEFT_INPUT_MOUSE_DOWN,
                               .x = item->rect.x + 4,
                               .y = item->rect.y + item->rect.h / 2,
                               .button = 1,
                               .clicks = 1};
    weft_app_input(stage->app, &input);
    input.kind = WEFT_INPUT_MOUSE_UP;
    weft_app_input(stage->app, &input);
}

static void assert_state(struct stage *stage, const char *name, const char *wanted)
{
    char text[256];

    check_state(stage->app, name, text, sizeof text);
    if (strcmp(text, wanted) != 0) {
        fail_msg("%s is %s, not %s", name, text, wanted);
    }
}

static void open_stage(struct stage *stage, const char *sample, uint64_t at_ns)
{
    const struct weft_app_options options = {.has_at = true, .at_ns = at_ns};

    *stage =
        (struct stage){.app = check_open_sample(sample, &options), .width = 1600, .height = 900};
    snprintf(stage->what, sizeof stage->what, "%s", sample);
    weft_draw_init(&stage->list);
    lay_out(stage);
}

static void close_stage(struct stage *stage)
{
    weft_draw_done(&stage->list);
    weft_app_free(stage->app);
}

static void each(void (*visit)(struct stage *stage), uint64_t at_ns)
{
    for (int sample = 0; sample < SAMPLES; sample++) {
        for (int size = 0; size < SIZES; size++) {
            for (int theme = WEFT_THEME_DARK; theme <= WEFT_THEME_CONTRAST; theme++) {
                const struct weft_app_options options = {
                    .theme = (enum weft_theme_id)theme, .has_at = true, .at_ns = at_ns};
                struct stage stage = {.app = check_open_sample(samples[sample], &options),
                                      .width = sizes[size].width,
                                      .height = sizes[size].height};
                snprintf(stage.what, sizeof stage.what, "%s %.0f theme %d", samples[sample],
                         (double)stage.width, theme);
                weft_draw_init(&stage.list);
                lay_out(&stage);
                visit(&stage);
                close_stage(&stage);
            }
        }
    }
}

static void show_tabs(struct stage *stage)
{
    for (int tab = 0; tab < WEFT_TAB_COUNT; tab++) {
        check_command(stage->app, weft_tab_commands[tab]);
        lay_out(stage);
        for (int page = 0; page < WEFT_PAGE_COUNT; page++) {
            check_command(stage->app, WEFT_COMMAND_DOCK_PAGE);
            lay_out(stage);
        }
        check_command(stage->app, WEFT_COMMAND_PAGE_DOWN);
        lay_out(stage);
    }
}

static void tabs_and_pages_are_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each(show_tabs, 1200000000);
    each(show_tabs, 3700000000);
}

static void show_prompts(struct stage *stage)
{
    static const enum weft_command_id prompts[] = {WEFT_COMMAND_SEARCH, WEFT_COMMAND_GO_TO,
                                                   WEFT_COMMAND_FILTER, WEFT_COMMAND_PALETTE,
                                                   WEFT_COMMAND_RECENT, WEFT_COMMAND_BOOKMARK};

    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
        check_command(stage->app, prompts[i]);
        lay_out(stage);
        write(stage, "main");
        lay_out(stage);
        for (int k = 0; k < 90; k++) { /* longer than any field, and down to the end of a list */
            write(stage, "x");
            press(stage, WEFT_KEY_BACKSPACE, 0, 0);
            press(stage, WEFT_KEY_DOWN, 0, 0);
        }
        lay_out(stage);
        write(stage, "A long text that goes on and on, beyond the edge of the field that it is in");
        lay_out(stage);
        press(stage, WEFT_KEY_ESC, 0, 0);
        assert_state(stage, "prompt", "\"\"");
        press(stage, WEFT_KEY_CHAR, 'u', 0); /* the filter's text hides lanes until now */
    }
    weft_app_say(stage->app, "Something that is said for a while, and that goes on for longer than "
                             "a narrow window has room for, so that it must be cut somewhere.");
    lay_out(stage);
}

static void prompts_and_notices_are_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each(show_prompts, 1200000000);
}

static void pick_every_wait(struct stage *stage)
{
    for (int i = 0; i < 12; i++) {
        check_command(stage->app, WEFT_COMMAND_NEXT_CONTENTION);
        lay_out(stage);
        check_command(stage->app, WEFT_COMMAND_ROOT);
        lay_out(stage);
        check_command(stage->app, WEFT_COMMAND_BACK);
    }
    for (int i = 0; i < 20; i++) {
        check_command(stage->app, i % 5 == 0 ? WEFT_COMMAND_LANE_DOWN : WEFT_COMMAND_NEXT_SPAN);
        lay_out(stage);
    }
}

static void waits_and_their_chains_are_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each(pick_every_wait, 0);
}

static void rearrange(struct stage *stage)
{
    static const enum weft_command_id commands[] = {
        WEFT_COMMAND_PIN,      WEFT_COMMAND_LANE_DOWN,   WEFT_COMMAND_MOVE_DOWN,
        WEFT_COMMAND_MOVE_UP,  WEFT_COMMAND_GROUP_QUIET, WEFT_COMMAND_HIDE,
        WEFT_COMMAND_COLLAPSE, WEFT_COMMAND_GROUP_QUIET, WEFT_COMMAND_ALL_LANES};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        check_command(stage->app, commands[i]);
        lay_out(stage);
    }
}

static void arranged_lanes_are_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each(rearrange, 1200000000);
}

static void the_graph_shows_who_waits_for_whom(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 1000000000);
    check_command(stage.app, WEFT_COMMAND_TAB_WAITS_FOR);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "At 1.000 s 2 threads wait."));
    /* Thread-2 stands left of the lock, and that left of Thread-1. */
    float x[3] = {-1, -1, -1};
    static const char *const names[] = {"Thread-2", "threadLock", "Thread-1"};
    for (size_t i = 0; i < stage.list.count; i++) {
        const struct weft_draw_item *item = &stage.list.at[i];
        for (int k = 0; k < 3 && item->kind == WEFT_DRAW_TEXT && item->rect.y < 400; k++) {
            x[k] = strcmp(item->text, names[k]) == 0 ? item->rect.x : x[k];
        }
    }
    assert_true(x[0] > 0 && x[0] < x[1] && x[1] < x[2]);
    close_stage(&stage);
}

static void the_contention_table_sorts_and_leads_to_the_lane(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "guided-tour", 1000000000);
    check_command(stage.app, WEFT_COMMAND_TAB_CONTENTION);
    lay_out(&stage);
    const struct weft_draw_item *waits = check_text(&stage.list, "All waits together");
    const struct weft_draw_item *object = check_text(&stage.list, "Object");
    assert_non_null(waits);
    assert_non_null(object);
    /* By these the rows are sorted at first, and so it is marked. */
    const struct weft_color marked = waits->color, quiet = object->color;
    assert_memory_not_equal(&marked, &quiet, sizeof marked);
    click(&stage, "Longest wait");
    assert_state(&stage, "sort", "6");
    lay_out(&stage);
    waits = check_text(&stage.list, "All waits together");
    assert_non_null(waits);
    assert_memory_equal(&waits->color, &quiet, sizeof quiet);
    click(&stage, "orders");
    assert_state(&stage, "tab", "\"timeline\"");
    assert_state(&stage, "lane", "\"orders\"");
    lay_out(&stage);
    close_stage(&stage);
}

static void a_wait_tells_its_chain_and_r_goes_to_the_root(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    check_command(stage.app, WEFT_COMMAND_NEXT_CONTENTION);
    assert_state(&stage, "selected", "\"span Thread-2 lock_wait threadLock\"");
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "WHY SO LONG"));
    assert_non_null(check_text(&stage.list, "Thread-1 held threadLock: sleep"));
    check_command(stage.app, WEFT_COMMAND_ROOT);
    assert_state(&stage, "selected", "\"span Thread-1 sleep\"");
    check_command(stage.app, WEFT_COMMAND_BACK);
    assert_state(&stage, "selected", "\"span Thread-2 lock_wait threadLock\"");
    check_command(stage.app, WEFT_COMMAND_FORWARD);
    assert_state(&stage, "selected", "\"span Thread-1 sleep\"");
    close_stage(&stage);
}

static void findings_are_cards_that_lead_to_the_spot(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    assert_true(check_state_number(stage.app, "findings") >= 1);
    check_command(stage.app, WEFT_COMMAND_TAB_FINDINGS);
    lay_out(&stage);
    click(&stage, check_text(&stage.list, "threadLock")->text);
    assert_state(&stage, "tab", "\"timeline\"");
    lay_out(&stage);
    check_command(stage.app, WEFT_COMMAND_TO_START);
    check_command(stage.app, WEFT_COMMAND_NEXT_FINDING);
    assert_true(check_state_number(stage.app, "playhead_ns") > 0);
    lay_out(&stage);
    close_stage(&stage);
}

static void a_search_goes_round_through_what_it_found(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    check_command(stage.app, WEFT_COMMAND_SEARCH);
    write(&stage, "THREADLOCK");
    assert_state(&stage, "found", "2"); /* the lock, and the finding about it */
    press(&stage, WEFT_KEY_ENTER, 0, 0);
    assert_state(&stage, "lane", "\"threadLock\"");
    press(&stage, WEFT_KEY_ESC, 0, 0);
    check_command(stage.app, WEFT_COMMAND_SEARCH);
    for (int i = 0; i < 20; i++) {
        press(&stage, WEFT_KEY_BACKSPACE, 0, 0);
    }
    write(&stage, "Starting");
    assert_state(&stage, "found", "2");
    press(&stage, WEFT_KEY_ENTER, 0, 0);
    press(&stage, WEFT_KEY_ESC, 0, 0);
    assert_state(&stage, "selected", "\"event print\"");
    assert_state(&stage, "lane", "\"Thread-1\"");
    check_command(stage.app, WEFT_COMMAND_NEXT_HIT);
    assert_state(&stage, "lane", "\"Thread-2\"");
    check_command(stage.app, WEFT_COMMAND_NEXT_HIT);
    assert_state(&stage, "lane", "\"Thread-1\"");
    check_command(stage.app, WEFT_COMMAND_PREV_HIT);
    assert_state(&stage, "lane", "\"Thread-2\"");
    close_stage(&stage);
}

static void statistics_are_summed_up_once_for_a_range(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    check_command(stage.app, WEFT_COMMAND_TAB_STATISTICS);
    for (int i = 0; i < 5; i++) {
        lay_out(&stage);
    }
    assert_state(&stage, "sums_made", "1");
    check_command(stage.app, WEFT_COMMAND_TAB_TIMELINE);
    check_command(stage.app, WEFT_COMMAND_ZOOM_IN);
    check_command(stage.app, WEFT_COMMAND_TAB_STATISTICS);
    lay_out(&stage);
    lay_out(&stage);
    assert_state(&stage, "sums_made", "2");
    close_stage(&stage);
}

static void pinned_lanes_stay_while_the_others_scroll_below_them(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "guided-tour", 0);
    stage.width = 1280;
    stage.height = 480;
    lay_out(&stage);
    for (int i = 0; i < 5; i++) {
        check_command(stage.app, WEFT_COMMAND_LANE_DOWN);
    }
    check_command(stage.app, WEFT_COMMAND_PIN);
    lay_out(&stage);
    check_command(stage.app, WEFT_COMMAND_PAGE_UP);
    lay_out(&stage);
    assert_state(&stage, "scroll_px", "0.0");
    const float title_y = exactly(&stage, "PINNED")->rect.y;
    const float other_y = exactly(&stage, "THREADS")->rect.y;
    check_command(stage.app, WEFT_COMMAND_PAGE_DOWN);
    lay_out(&stage);
    assert_true(check_state_number(stage.app, "scroll_px") > 0);
    assert_true(exactly(&stage, "PINNED")->rect.y == title_y);
    for (size_t i = 0; i < stage.list.count; i++) { /* scrolled away, or below */
        const struct weft_draw_item *item = &stage.list.at[i];
        assert_false(item->kind == WEFT_DRAW_TEXT && strcmp(item->text, "THREADS") == 0 &&
                     item->rect.y >= title_y && item->rect.y <= other_y - 1);
    }
    /* What is under the pinned lanes cannot be pointed at: the hover is theirs. */
    weft_app_input(stage.app,
                   &(struct weft_input){.kind = WEFT_INPUT_MOUSE_MOVE, .x = 60, .y = title_y + 30});
    lay_out(&stage);
    assert_state(&stage, "hover", "\"lane\"");
    /* Going to a lane brings it below them. */
    check_command(stage.app, WEFT_COMMAND_LANE_UP);
    lay_out(&stage);
    close_stage(&stage);
}

static void a_time_can_be_gone_to_and_a_bad_one_is_told(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    check_command(stage.app, WEFT_COMMAND_GO_TO);
    write(&stage, "soon");
    press(&stage, WEFT_KEY_ENTER, 0, 0);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "That is no time"));
    for (int i = 0; i < 4; i++) {
        press(&stage, WEFT_KEY_BACKSPACE, 0, 0);
    }
    write(&stage, "2.5s");
    press(&stage, WEFT_KEY_ENTER, 0, 0);
    assert_state(&stage, "playhead_ns", "2500000000");
    assert_state(&stage, "prompt", "\"\"");
    close_stage(&stage);
}

static void the_palette_runs_what_was_chosen(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    check_command(stage.app, WEFT_COMMAND_PALETTE);
    write(&stage, "high contrast");
    press(&stage, WEFT_KEY_ENTER, 0, 0);
    assert_state(&stage, "theme", "\"light\"");
    check_command(stage.app, WEFT_COMMAND_PALETTE);
    lay_out(&stage);
    click(&stage, "Zoom in");
    assert_state(&stage, "zoomed", "true");
    assert_state(&stage, "prompt", "\"\"");
    close_stage(&stage);
}

static void a_loop_begins_again_at_the_start_of_the_range(void **state)
{
    (void)state;
    struct stage stage;
    struct weft_input input = {
        .kind = WEFT_INPUT_MOUSE_DOWN, .x = 700, .y = 150, .button = 1, .clicks = 1};

    open_stage(&stage, "locked-sections", 0);
    weft_app_input(stage.app, &input);
    input.kind = WEFT_INPUT_MOUSE_MOVE;
    input.x = 900;
    weft_app_input(stage.app, &input);
    input.kind = WEFT_INPUT_MOUSE_UP;
    weft_app_input(stage.app, &input);
    const double from = check_state_number(stage.app, "range_from_ns");
    const double to = check_state_number(stage.app, "range_to_ns");
    check_command(stage.app, WEFT_COMMAND_LOOP);
    press(&stage, WEFT_KEY_SPACE, 0, 0);
    weft_app_input(stage.app,
                   &(struct weft_input){.kind = WEFT_INPUT_KEY_UP, .key = WEFT_KEY_SPACE});
    for (uint64_t t_ns = 0; t_ns < 5000000000; t_ns += 100000000) {
        weft_app_tick(stage.app, t_ns);
        const double at = check_state_number(stage.app, "playhead_ns");
        assert_true(t_ns == 0 || (at >= from && at <= to));
    }
    assert_state(&stage, "playing", "true");
    close_stage(&stage);
}

static void a_state_in_the_legend_leaves_only_its_threads(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    assert_non_null(check_text(&stage.list, "main"));
    click(&stage, "lock wait");
    lay_out(&stage);
    const float dock_y = check_text(&stage.list, "At 0.000 s")->rect.y;
    bool main_lane = false;
    for (size_t i = 0; i < stage.list.count; i++) {
        const struct weft_draw_item *item = &stage.list.at[i];
        main_lane |= item->kind == WEFT_DRAW_TEXT && item->rect.y < dock_y && item->rect.x < 100 &&
                     strcmp(item->text, "main") == 0;
    }
    assert_false(main_lane);
    press(&stage, WEFT_KEY_CHAR, 'u', 0);
    assert_state(&stage, "only_states", "0");
    close_stage(&stage);
}

static void a_classroom_shows_the_keys(void **state)
{
    (void)state;
    struct stage stage;

    open_stage(&stage, "locked-sections", 0);
    press(&stage, WEFT_KEY_W, 0, 0);
    assert_state(&stage, "key_shown", "\"\"");
    check_command(stage.app, WEFT_COMMAND_CLASSROOM);
    assert_true(weft_app_scale(stage.app) > 1.4f);
    press(&stage, WEFT_KEY_W, 0, 0);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "W   Zoom in"));
    weft_app_tick(stage.app, 1);
    weft_app_tick(stage.app, 5000000000);
    assert_state(&stage, "key_shown", "\"\"");
    close_stage(&stage);
}

static void the_language_changes_all_that_is_shown(void **state)
{
    const struct weft_app_options options = {.tab = "findings",
                                             .catalogues = WEFT_BUILD_DIR "/locale"};
    struct stage stage = {0};

    stage.app = check_open_sample("queue-workers", &options);
    stage.width = 1600;
    stage.height = 900;
    weft_draw_init(&stage.list);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "without a pause"));
    check_command(stage.app, WEFT_COMMAND_LANGUAGE);
    assert_state(&stage, "language", "\"vi\"");
    assert_state(&stage, "tab", "\"findings\"");
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "liên tục không nghỉ"));
    assert_null(check_text(&stage.list, "without a pause"));
    assert_true(weft_app_settings(stage.app)->has_tongue);
    check_command(stage.app, WEFT_COMMAND_LANGUAGE);
    assert_state(&stage, "language", "\"en\"");
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "without a pause"));
    close_stage(&stage);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define VIETNAMESE(name) {#name " (vi)", name, check_speak_vietnamese, check_speak_english, NULL}
        VIETNAMESE(tabs_and_pages_are_laid_out_without_a_flaw),
        VIETNAMESE(prompts_and_notices_are_laid_out_without_a_flaw),
        VIETNAMESE(waits_and_their_chains_are_laid_out_without_a_flaw),
        VIETNAMESE(arranged_lanes_are_laid_out_without_a_flaw),
        cmocka_unit_test(the_language_changes_all_that_is_shown),
        cmocka_unit_test(tabs_and_pages_are_laid_out_without_a_flaw),
        cmocka_unit_test(prompts_and_notices_are_laid_out_without_a_flaw),
        cmocka_unit_test(waits_and_their_chains_are_laid_out_without_a_flaw),
        cmocka_unit_test(arranged_lanes_are_laid_out_without_a_flaw),
        cmocka_unit_test(the_graph_shows_who_waits_for_whom),
        cmocka_unit_test(the_contention_table_sorts_and_leads_to_the_lane),
        cmocka_unit_test(a_wait_tells_its_chain_and_r_goes_to_the_root),
        cmocka_unit_test(findings_are_cards_that_lead_to_the_spot),
        cmocka_unit_test(a_search_goes_round_through_what_it_found),
        cmocka_unit_test(statistics_are_summed_up_once_for_a_range),
        cmocka_unit_test(pinned_lanes_stay_while_the_others_scroll_below_them),
        cmocka_unit_test(a_time_can_be_gone_to_and_a_bad_one_is_told),
        cmocka_unit_test(the_palette_runs_what_was_chosen),
        cmocka_unit_test(a_loop_begins_again_at_the_start_of_the_range),
        cmocka_unit_test(a_state_in_the_legend_leaves_only_its_threads),
        cmocka_unit_test(a_classroom_shows_the_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
