/* Pictures: nothing clipped, overlapping or unreadable, and no number that contradicts them. */
#include "tests/unit/viewer_check.h"

#include "base/tongue.h"
#include "traces/analysis/words.h"
#include "traces/model/model.h"
#include "viewer/frame.h"
#include "viewer/tracks/tracks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const samples[] = {"locked-sections", "queue-workers", "start-new-thread",
                                      "thread-class", "guided-tour"};
static const struct {
    float width, height;
} sizes[] = {{1280, 720}, {1600, 900}, {1920, 1080}};

enum { SAMPLES = sizeof samples / sizeof *samples, SIZES = sizeof sizes / sizeof *sizes };

static void send_mouse(struct weft_app *app, enum weft_input_kind kind, float x, float y)
{
    weft_app_input(app,
                   &(struct weft_input){.kind = kind, .x = x, .y = y, .button = 1, .clicks = 1});
}

static void send_char(struct weft_app *app, char ch)
{
    weft_app_input(app, &(struct weft_input){
                            .kind = WEFT_INPUT_KEY_DOWN, .key = WEFT_KEY_CHAR, .ch = (uint32_t)ch});
}

static void lay_out(struct weft_app *app, struct weft_draw_list *list, float width, float height,
                    const char *what)
{
    const struct weft_measure measure = check_measure();

    weft_app_layout(app, width, height, &measure, list);
    check_picture(list, width, height, what);
}

static void each_sample(void (*visit)(struct weft_app *app, struct weft_draw_list *list,
                                      float width, float height, const char *what),
                        bool has_at, uint64_t at_ns)
{
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (int sample = 0; sample < SAMPLES; sample++) {
        for (int size = 0; size < SIZES; size++) {
            for (int theme = 0; theme < 2; theme++) {
                char what[128];
                const struct weft_app_options options = {
                    .theme = (enum weft_theme_id)theme, .has_at = has_at, .at_ns = at_ns};
                struct weft_app *app = check_open_sample(samples[sample], &options);
                snprintf(what, sizeof what, "%s %.0f %s", samples[sample],
                         (double)sizes[size].width, theme == WEFT_THEME_DARK ? "dark" : "light");
                visit(app, &list, sizes[size].width, sizes[size].height, what);
                weft_app_free(app);
            }
        }
    }
    weft_draw_done(&list);
}

static void samples_are_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each_sample(lay_out, false, 0);
    each_sample(lay_out, true, 2500000000);
}

static void zoom_and_step(struct weft_app *app, struct weft_draw_list *list, float width,
                          float height, const char *what)
{
    for (int i = 0; i < 14; i++) {
        lay_out(app, list, width, height, what);
        send_mouse(app, WEFT_INPUT_MOUSE_MOVE, width * 0.6f, height * 0.25f);
        weft_app_input(app, &(struct weft_input){.kind = WEFT_INPUT_WHEEL,
                                                 .x = width * 0.6f,
                                                 .y = height * 0.25f,
                                                 .mods = WEFT_MOD_CTRL,
                                                 .wheel_y = 3});
        send_char(app, '.');
    }
    lay_out(app, list, width, height, what);
}

static void every_zoom_is_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each_sample(zoom_and_step, true, 10000000);
}

/* Every fourth of a lane, hovered and clicked. */
static void point_around(struct weft_app *app, struct weft_draw_list *list, float width,
                         float height, const char *what)
{
    lay_out(app, list, width, height, what);
    for (float y = 10; y < height; y += 71) {
        for (float x = 30; x < width; x += 293) {
            send_mouse(app, WEFT_INPUT_MOUSE_MOVE, x, y);
            lay_out(app, list, width, height, what);
        }
        send_mouse(app, WEFT_INPUT_MOUSE_DOWN, width * 0.4f, y);
        send_mouse(app, WEFT_INPUT_MOUSE_UP, width * 0.4f, y);
        lay_out(app, list, width, height, what);
    }
}

static void hover_and_selection_are_laid_out_without_a_flaw(void **state)
{
    (void)state;
    each_sample(point_around, true, 1200000000);
}

static void open_help(struct weft_app *app, struct weft_draw_list *list, float width, float height,
                      const char *what)
{
    send_char(app, '?');
    lay_out(app, list, width, height, what);
    assert_non_null(check_text(list, _("Zoom in")));
    assert_non_null(check_text(list, _("Ctrl+drag")));
}

static void the_help_sheet_fits_every_window(void **state)
{
    (void)state;
    each_sample(open_help, false, 0);
}

/* About as wide as the letters of the viewer's own font are on the average, and a little more. */
static float narrow_width(void *context, enum weft_font font, float size, const char *text,
                          size_t bytes)
{
    size_t letters = 0;
    (void)context;
    (void)font;

    for (size_t i = 0; i < bytes; i++) {
        letters += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    return 0.48f * size * (float)letters;
}

static void the_help_sheet_cuts_no_line_in_a_small_window(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open_sample("locked-sections", &options);
    const struct weft_measure measure = {narrow_width, NULL};
    struct weft_draw_list list;
    size_t lines = 0;

    weft_draw_init(&list);
    check_command(app, WEFT_COMMAND_HELP);
    weft_app_layout(app, 1280, 720, &measure, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct weft_draw_item *item = &list.at[i];
        for (int k = 0; item->kind == WEFT_DRAW_TEXT && k < WEFT_COMMAND_COUNT; k++) {
            lines += strcmp(item->text, _(weft_commands[k].help)) == 0;
        }
    }
    assert_in_range(lines, WEFT_COMMAND_COUNT, 2 * WEFT_COMMAND_COUNT);
    weft_draw_done(&list);
    weft_app_free(app);
}

/* Two lines of one thread at one place, of which the flag is one. */
static void a_flag_says_how_many_lines_it_stands_for(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open_sample("guided-tour", &options);
    struct weft_draw_list list;
    bool told = false;

    weft_draw_init(&list);
    lay_out(app, &list, 1280, 720, "flags");
    for (float y = 80; y < 140; y += 4) { /* above main's lane, around 0.25 s */
        for (float x = 280; x < 320 && !told; x += 2) {
            send_mouse(app, WEFT_INPUT_MOUSE_MOVE, x, y);
            lay_out(app, &list, 1280, 720, "flags");
            told = check_text(&list, "3 more lines here") != NULL;
        }
    }
    assert_true(told);
    weft_draw_done(&list);
    weft_app_free(app);
}

static void the_dock_gives_its_room_to_the_lanes(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open_sample("guided-tour", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1280, 720, "with a dock");
    assert_non_null(check_text(&list, "Output until"));
    assert_null(check_text(&list, "CONDITIONS")); /* further down */
    check_command(app, WEFT_COMMAND_DOCK);
    lay_out(app, &list, 1280, 720, "without a dock");
    assert_null(check_text(&list, "Output until"));
    assert_non_null(check_text(&list, "familyLock"));
    check_command(app, WEFT_COMMAND_DOCK);
    lay_out(app, &list, 1280, 720, "with a dock again");
    assert_non_null(check_text(&list, "Output until"));
    weft_draw_done(&list);
    weft_app_free(app);
}

static void the_main_picture_says_who_waits_for_whom(void **state)
{
    (void)state;
    const struct weft_app_options options = {.has_at = true, .at_ns = 4200000000};
    struct weft_app *app = check_open_sample("locked-sections", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1600, 900, "locked-sections");
    assert_non_null(check_text(&list, "waits 3.00 s for threadLock — held by Thread-1"));
    assert_non_null(check_text(&list, "sleep 67 % · lock wait 33 %"));
    assert_non_null(check_text(&list, "2 acquires · 1 contended"));
    assert_non_null(check_text(&list, "max wait 3.00 s"));
    assert_non_null(check_text(&list, "3 threads · 1 lock"));
    assert_non_null(check_text(&list, "9.00 s long"));
    assert_non_null(check_text(&list, "At 4.200 s"));
    assert_non_null(check_text(&list, "of 2.00 s), holding threadLock"));
    assert_non_null(check_text(&list, "waits for Thread-2 to finish"));
    assert_non_null(check_text(&list, "held by Thread-2 since 3.0"));
    assert_non_null(check_text(&list, "LATER"));
    assert_non_null(check_text(&list, "ended at 3.001 s"));
    /* Nothing that is not in this trace. */
    assert_null(check_text(&list, "QUEUES"));
    assert_null(check_text(&list, "queue wait"));
    assert_null(check_text(&list, "SELECTED"));
    assert_null(check_text(&list, "WHOLE TRACE"));
    weft_draw_done(&list);
    weft_app_free(app);
}

static void the_main_picture_says_so_in_vietnamese(void **state)
{
    (void)state;
    const struct weft_app_options options = {.has_at = true, .at_ns = 4200000000};
    struct weft_app *app = check_open_sample("locked-sections", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1600, 900, "locked-sections, vi");
    assert_non_null(check_text(&list, "chờ 3.00 s để lấy threadLock — do Thread-1 giữ"));
    assert_non_null(check_text(&list, "ngủ 67 % · chờ khóa 33 %"));
    assert_non_null(check_text(&list, "chờ luồng kết thúc 100 %"));
    assert_non_null(check_text(&list, "2 lần lấy · 1 lần phải chờ"));
    assert_non_null(check_text(&list, "3 luồng · 1 khóa"));
    assert_non_null(check_text(&list, "Lúc 4.200 s"));
    assert_non_null(check_text(&list, "đang giữ threadLock"));
    assert_non_null(check_text(&list, "chờ Thread-2 kết thúc"));
    assert_non_null(check_text(&list, "do Thread-2 giữ từ 3.0"));
    assert_null(check_text(&list, "held"));
    assert_null(check_text(&list, "THREADS"));
    weft_draw_done(&list);
    weft_app_free(app);
}

static void a_queue_says_what_is_in_it(void **state)
{
    (void)state;
    const struct weft_app_options options = {.has_at = true, .at_ns = 1500000000};
    struct weft_app *app = check_open_sample("queue-workers", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1920, 1080, "queue-workers");
    assert_non_null(check_text(&list, "capacity 10 · 5 put · 5 got"));
    assert_non_null(check_text(&list, "peak 5"));
    assert_non_null(check_text(&list, "2 of 10 items: Four, Five"));
    assert_non_null(check_text(&list, "× is it empty? no"));
    weft_draw_done(&list);
    weft_app_free(app);
}

static void a_wait_says_for_what_before_it_says_how_long(void **state)
{
    (void)state;
    const struct weft_app_options options = {.has_at = true, .at_ns = 4000000000};
    struct weft_app *app = check_open_sample("guided-tour", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1280, 720, "guided-tour");
    assert_non_null(check_text(&list, "for seat"));
    assert_non_null(check_text(&list, "joins Keeper"));
    assert_null(check_text(&list, "waits 500 ms"));
    lay_out(app, &list, 3000, 1200, "guided-tour");
    assert_non_null(check_text(&list, "waits 500 ms for seat — held by Ann"));
    assert_non_null(check_text(&list, "0 of 1 permits free, held by Ann, 1 thread waits"));
    assert_non_null(check_text(&list, " of 0.50 s)"));
    weft_draw_done(&list);
    weft_app_free(app);
}

/* Every mark that guided-tour has, in windows of which the small one needs two rows. */
static void the_legend_names_every_mark_at_any_width(void **state)
{
    (void)state;
    static const char *const wanted[] = {"running",
                                         "sleep",
                                         "lock wait",
                                         "condition wait",
                                         "semaphore wait",
                                         "event wait",
                                         "barrier wait",
                                         "queue wait",
                                         "join",
                                         "printed line",
                                         "mark",
                                         "signal",
                                         "in vain",
                                         "hand-off: ends a wait",
                                         "its end ends a join",
                                         "lock goes to a waiter",
                                         "put or release, get or acquire",
                                         "start, end",
                                         "lock held",
                                         "zone",
                                         "help"};
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open_sample("guided-tour", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (float width = 1000; width <= 3000; width += 100) {
        lay_out(app, &list, width, 900, "legend");
        for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++) {
            bool found = false;
            for (size_t i = 0; i < list.count && !found; i++) {
                found = list.at[i].kind == WEFT_DRAW_TEXT && list.at[i].rect.y > 780 &&
                        strcmp(list.at[i].text, wanted[w]) == 0;
            }
            if (!found) {
                fail_msg("%.0f px: the legend lacks \"%s\"", (double)width, wanted[w]);
            }
        }
        assert_null(check_text(&list, "not ended yet"));
    }
    weft_draw_done(&list);
    weft_app_free(app);
}

/* Of the prints of a trace: how many are seen as texts, and how many are said to be hidden. */
static void the_output_says_how_many_lines_it_hides(void **state)
{
    (void)state;
    struct weft_draw_list list;
    struct weft_model *model = NULL;
    uint32_t hidden_somewhere = 0;

    weft_draw_init(&list);
    assert_int_equal(weft_model_load(WEFT_SOURCE_DIR "/traces/samples/guided-tour.weft.jsonl", NULL,
                                     NULL, &model, NULL),
                     WEFT_OK);
    for (uint64_t at_ns = 0; at_ns <= 5000000000; at_ns += 250000000) {
        const struct weft_app_options options = {.has_at = true, .at_ns = at_ns};
        struct weft_app *app = check_open_sample("guided-tour", &options);
        unsigned shown = 0, hidden = 0;
        lay_out(app, &list, 1280, 720, "guided-tour");
        for (size_t i = 0; i < list.count; i++) {
            unsigned count = 0;
            const struct weft_draw_item *item = &list.at[i];
            if (item->kind != WEFT_DRAW_TEXT) {
                continue;
            }
            shown += item->font == WEFT_FONT_MONO && item->size > 12.4f && item->size < 12.6f &&
                     item->rect.y > 360;
            if (sscanf(item->text, "… %u earlier line", &count) == 1 ||
                sscanf(item->text, "… %u more line", &count) == 1) {
                assert_true(count > 1);
                hidden += count;
                hidden_somewhere++;
            }
        }
        assert_int_equal(shown + hidden, model->prints.count);
        weft_app_free(app);
    }
    assert_true(hidden_somewhere > 0);
    weft_model_free(model);
    weft_draw_done(&list);
}

/* The figures of the gutter against sums over the model that the test makes itself. */
static void shares_in_the_gutter_are_sums_of_the_spans(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (int sample = 0; sample < SAMPLES; sample++) {
        char path[512];
        struct weft_model *model = NULL;
        struct weft_app *app = check_open_sample(samples[sample], &options);
        snprintf(path, sizeof path, "%s/traces/samples/%s.weft.jsonl", WEFT_SOURCE_DIR,
                 samples[sample]);
        assert_int_equal(weft_model_load(path, NULL, NULL, &model, NULL), WEFT_OK);
        lay_out(app, &list, 1920, 1080, samples[sample]);
        for (uint32_t i = 0; i < model->threads.count; i++) {
            const struct weft_thread_info *thread = &model->threads.at[i];
            uint64_t most_ns = 0;
            int most = 0;
            for (int k = 0; k < WEFT_STATE_COUNT; k++) {
                const uint64_t ns =
                    weft_model_state_ns(model, i, (enum weft_state)k, 0, model->end_ns);
                most = ns > most_ns ? k : most;
                most_ns = ns > most_ns ? ns : most_ns;
            }
            char wanted[128];
            snprintf(wanted, sizeof wanted, "%s %s", weft_states[most].words,
                     weft_words_share(most_ns, thread->end_ns - thread->start_ns).text);
            if (check_text(&list, wanted) == NULL) {
                fail_msg("%s: the gutter lacks \"%s\" of %s", samples[sample], wanted,
                         thread->name);
            }
        }
        weft_model_free(model);
        weft_app_free(app);
    }
    weft_draw_done(&list);
}

static bool same(struct weft_color a, struct weft_color b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

/* Bars of a state's colour inside a lane's rows: how many px they cover together. */
static float covered_px(const struct weft_draw_list *list, uint8_t state, float top, float bottom,
                        float left)
{
    const struct weft_color color = weft_state_styles[state].colors[WEFT_THEME_DARK].fill;
    float sum = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind == WEFT_DRAW_RECT && same(item->color, color) && item->rect.y >= top &&
            item->rect.y + item->rect.h <= bottom && item->rect.x >= left) {
            sum += item->rect.w;
        }
    }
    return sum;
}

static void put_line(FILE *file, uint64_t t_ns, const char *rest)
{
    fprintf(file, "{\"t\":%" PRIu64 ",\"thread\":1,\"event\":%s}\n", t_ns, rest);
}

/* One thread: 20000 pairs of 70 µs of sleep and 30 µs of running, and one lock wait of 5 µs. */
static const char *write_dense_trace(void)
{
    static char path[512];
    uint64_t t_ns = 1000;

    snprintf(path, sizeof path, "%s/tests/viewer-dense.weft.jsonl", WEFT_BUILD_DIR);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("{\"format\":\"weft-trace\",\"version\":1,\"program\":\"dense\",\"command\":[\"dense\"],"
          "\"pid\":1,\"start\":\"2026-01-01T00:00:00.000000000Z\",\"clock\":\"tsc\","
          "\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft 0.1.0\"}\n"
          "{\"define\":\"thread\",\"id\":1,\"name\":\"main\"}\n"
          "{\"define\":\"object\",\"id\":1,\"kind\":\"lock\",\"name\":\"rare\"}\n",
          file);
    put_line(file, 0, "\"thread_start\",\"tid\":1");
    for (int i = 0; i < 20000; i++) {
        put_line(file, t_ns, "\"sleep_begin\",\"duration\":70000");
        put_line(file, t_ns + 70000, "\"sleep_end\"");
        if (i == 10000) {
            put_line(file, t_ns + 70000, "\"lock_request\",\"object\":1");
            put_line(file, t_ns + 75000, "\"lock_acquire\",\"object\":1");
            put_line(file, t_ns + 76000, "\"lock_release\",\"object\":1");
        }
        t_ns += 100000;
    }
    put_line(file, t_ns, "\"thread_exit\"");
    fprintf(file,
            "{\"end\":true,\"events\":%d,\"lost\":0,\"late\":0,\"duration_ns\":%" PRIu64 "}\n",
            2 + 40000 + 3, t_ns);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void a_crowded_column_shows_what_dominates_and_keeps_the_rare(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open(write_dense_trace(), &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1600, 900, "dense");
    const double left = check_state_number(app, "lane_left_px");
    const double right = check_state_number(app, "lane_right_px");
    const double share = check_state_number(app, "end_ns") / check_state_number(app, "to_ns");
    const float lane = (float)((right - left) * share);
    const struct weft_draw_item *name = check_text(&list, "main");
    const float top = name->rect.y - 30, bottom = name->rect.y + 60;
    /* Sleep has 70 % of every column: all of them are sleep, in one or few runs. */
    const struct weft_color edge = weft_state_styles[WEFT_STATE_SLEEP].colors[0].edge;
    float sleep = covered_px(&list, WEFT_STATE_SLEEP, top, bottom, (float)left);
    (void)edge;
    assert_true(sleep > lane - 3 && sleep < lane + 3);
    assert_true(covered_px(&list, WEFT_STATE_RUNNING, top, bottom, (float)left) < 3);
    /* 5 µs of 2 s are a three-hundredth of a pixel, and still there. */
    const float wait = covered_px(&list, WEFT_STATE_LOCK_WAIT, top, bottom, (float)left);
    assert_true(wait >= 1 && wait <= 3);
    assert_true(list.count < 4000);
    assert_non_null(check_text(&list, "lock wait < 0.1 %"));
    weft_draw_done(&list);
    weft_app_free(app);
}

/* Names longer than any gutter, in scripts of several bytes, and far more lanes than fit. */
static const char *write_crowd(void)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/tests/viewer-crowd.weft.jsonl", WEFT_BUILD_DIR);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("{\"format\":\"weft-trace\",\"version\":1,\"program\":\"crowd\",\"command\":[\"crowd\"],"
          "\"pid\":1,\"start\":\"2026-01-01T00:00:00.000000000Z\",\"clock\":\"tsc\","
          "\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft 0.1.0\"}\n",
          file);
    fputs("{\"define\":\"object\",\"id\":1,\"kind\":\"lock\",\"name\":\"", file);
    for (int i = 0; i < 60; i++) {
        fputs("khoá-", file);
    }
    fputs("\"}\n", file);
    for (int i = 1; i <= 200; i++) {
        fprintf(file, "{\"define\":\"thread\",\"id\":%d,\"name\":\"Luồng số %d ", i, i);
        for (int k = 0; k < i % 40; k++) {
            fputs("đếm ", file);
        }
        fputs("\"}\n", file);
    }
    for (int i = 1; i <= 200; i++) {
        fprintf(file, "{\"t\":%d,\"thread\":%d,\"event\":\"thread_start\",\"tid\":%d}\n", i * 1000,
                i, i);
        fprintf(file, "{\"t\":%d,\"thread\":%d,\"event\":\"print\",\"text\":\"%d\\n\"}\n",
                i * 1000 + 10, i, i);
        fprintf(file, "{\"t\":%d,\"thread\":%d,\"event\":\"lock_request\",\"object\":1}\n",
                i * 1000 + 20, i);
    }
    fputs("{\"t\":900000,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\nno json\n", file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static uint32_t count_texts(const struct weft_draw_list *list, const char *text)
{
    uint32_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        count += list->at[i].kind == WEFT_DRAW_TEXT && strcmp(list->at[i].text, text) == 0;
    }
    return count;
}

static void a_thread_has_the_same_badge_in_the_gutter_and_on_locks(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open_sample("locked-sections", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    lay_out(app, &list, 1600, 900, "locked-sections");
    assert_int_equal(count_texts(&list, "m"), 1);
    assert_int_equal(count_texts(&list, "T1"), 2);
    assert_int_equal(count_texts(&list, "T2"), 2);
    weft_app_free(app);
    /* Two hundred threads whose names all begin alike are told apart by their numbers. */
    app = check_open(write_crowd(), &options);
    lay_out(app, &list, 1600, 4000, "crowd");
    for (int i = 1; i <= 40; i++) {
        char badge[16];
        snprintf(badge, sizeof badge, "L%d", i);
        assert_true(count_texts(&list, badge) >= 1);
    }
    weft_app_free(app);
    weft_draw_done(&list);
}

static void a_crowd_with_long_names_is_laid_out_without_a_flaw(void **state)
{
    (void)state;
    const char *path = write_crowd();
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (int size = 0; size < SIZES; size++) {
        const struct weft_app_options options = {
            .theme = WEFT_THEME_LIGHT, .has_at = true, .at_ns = 500000};
        struct weft_app *app = check_open(path, &options);
        const float width = sizes[size].width, height = sizes[size].height;
        lay_out(app, &list, width, height, "crowd");
        assert_non_null(check_text(&list, weft_tongue_now() == WEFT_TONGUE_VI
                                              ? "Vết ghi này bị cắt"
                                              : "This trace was cut"));
        assert_non_null(check_text(&list, weft_tongue_now() == WEFT_TONGUE_VI
                                              ? "1 dòng của tệp không đọc được"
                                              : "1 line of the file could not be read"));
        for (int i = 0; i < 12; i++) {
            weft_app_input(app, &(struct weft_input){
                                    .kind = WEFT_INPUT_WHEEL, .x = 600, .y = 300, .wheel_y = -9});
            lay_out(app, &list, width, height, "crowd");
        }
        assert_true(check_state_number(app, "scroll_px") > 3000);
        send_mouse(app, WEFT_INPUT_MOUSE_DOWN, width * 0.6f, height * 0.3f);
        send_mouse(app, WEFT_INPUT_MOUSE_UP, width * 0.6f, height * 0.3f);
        lay_out(app, &list, width, height, "crowd");
        weft_app_free(app);
    }
    weft_draw_done(&list);
}

static FILE *create_trace(const char *name, char *path, size_t room)
{
    snprintf(path, room, "%s/tests/%s.weft.jsonl", WEFT_BUILD_DIR, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"%s\",\"command\":[\"%s\"],"
            "\"pid\":1,\"start\":\"2026-01-01T00:00:00.000000000Z\",\"clock\":\"tsc\","
            "\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft 0.1.0\"}\n",
            name, name);
    return file;
}

static void end_trace(FILE *file, int events, int end_ns)
{
    fprintf(file, "{\"end\":true,\"events\":%d,\"lost\":0,\"late\":0,\"duration_ns\":%d}\n", events,
            end_ns);
    assert_int_equal(fclose(file), 0);
}

/* In ms: two threads "w" read table, 10 to 40 and 20 to 60, and wait on word, 70 to 90; "writer"
 * waits to write, 30 to 60, writes until 80, and wakes them. */
static const char *write_readers(void)
{
    static const struct {
        int ms, thread;
        const char *event;
    } events[] = {
        {0, 1, "thread_start\""},
        {0, 2, "thread_start\""},
        {0, 3, "thread_start\""},
        {10, 1, "rwlock_read_acquire\",\"object\":1"},
        {20, 2, "rwlock_read_acquire\",\"object\":1"},
        {30, 3, "rwlock_write_request\",\"object\":1"},
        {40, 1, "rwlock_release\",\"object\":1"},
        {60, 2, "rwlock_release\",\"object\":1"},
        {60, 3, "rwlock_write_acquire\",\"object\":1"},
        {70, 1, "futex_wait\",\"object\":2"},
        {70, 2, "futex_wait\",\"object\":2"},
        {80, 3, "rwlock_release\",\"object\":1"},
        {90, 3, "futex_wake\",\"object\":2"},
        {90, 1, "futex_return\",\"object\":2"},
        {90, 2, "futex_return\",\"object\":2"},
        {100, 1, "thread_exit\""},
        {100, 2, "thread_exit\""},
        {100, 3, "thread_exit\""},
    };
    static char path[512];
    FILE *file = create_trace("viewer-readers", path, sizeof path);

    fputs("{\"define\":\"thread\",\"id\":1,\"name\":\"w\"}\n"
          "{\"define\":\"thread\",\"id\":2,\"name\":\"w\"}\n"
          "{\"define\":\"thread\",\"id\":3,\"name\":\"writer\"}\n"
          "{\"define\":\"object\",\"id\":1,\"kind\":\"rwlock\",\"name\":\"table\"}\n"
          "{\"define\":\"object\",\"id\":2,\"kind\":\"futex\",\"name\":\"word\"}\n",
          file);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        fprintf(file, "{\"t\":%d,\"thread\":%d,\"event\":\"%s}\n", events[i].ms * 1000000,
                events[i].thread, events[i].event);
    }
    end_trace(file, (int)(sizeof events / sizeof *events), 100000000);
    return path;
}

static struct weft_app *lay_out_readers(struct weft_draw_list *list, uint64_t at_ms, int size)
{
    const struct weft_app_options options = {
        .theme = (enum weft_theme_id)(at_ms / 10 % 2), .has_at = true, .at_ns = at_ms * 1000000};
    struct weft_app *app = check_open(write_readers(), &options);

    lay_out(app, list, sizes[size].width, sizes[size].height, "readers");
    return app;
}

static void read_write_locks_and_futexes_have_lanes_and_words(void **state)
{
    (void)state;
    static const struct {
        uint64_t at_ms;
        const char *words;
    } moments[] = {{5, "not used yet"},
                   {15, "held for reading by w #1"},
                   {25, "held for reading by w #2 and w #1"},
                   {35, "waits to write under table, held for reading by w #2 and w #1"},
                   {65, "held for writing by writer"},
                   {65, ", holding table"},
                   {85, "free"},
                   {85, "2 threads wait"},
                   {95, "nobody waits"}};
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        for (int size = 0; size < SIZES; size++) {
            struct weft_app *app = lay_out_readers(&list, moments[i].at_ms, size);
            if (check_text(&list, moments[i].words) == NULL) {
                fail_msg("at %d ms nothing says \"%s\"", (int)moments[i].at_ms, moments[i].words);
            }
            assert_non_null(check_text(&list, "READ-WRITE LOCKS"));
            assert_non_null(check_text(&list, "FUTEXES"));
            assert_null(check_text(&list, "QUEUES"));
            weft_app_free(app);
        }
    }
    weft_draw_done(&list);
}

static void readers_lie_below_one_another_and_are_told_apart(void **state)
{
    (void)state;
    struct weft_draw_list list;

    weft_draw_init(&list);
    struct weft_app *app = lay_out_readers(&list, 50, 2);
    assert_non_null(check_text(&list, "1 read-write lock · 1 futex"));
    const struct weft_draw_item *first = check_text(&list, "w #1 reads");
    const struct weft_draw_item *second = check_text(&list, "w #2 reads");
    const struct weft_draw_item *writer = check_text(&list, "writer writes");
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(writer);
    assert_true(second->rect.y >= first->rect.y + first->rect.h);
    assert_true(writer->rect.y > first->rect.y && writer->rect.y < second->rect.y);
    /* Each box says whose it is. */
    send_mouse(app, WEFT_INPUT_MOUSE_MOVE, second->rect.x + 4, second->rect.y + 4);
    lay_out(app, &list, sizes[2].width, sizes[2].height, "readers");
    assert_non_null(check_text(&list, "table held for reading by w #2"));
    weft_app_free(app);
    weft_draw_done(&list);
}

enum { LOCKS_MANY = 2000, LOCKS_WAITED_FOR = 3 };

/* Two threads take each of 2000 mutexes in turn; one of them waits for three of these, for 1, 2
 * and 3 µs. */
static const char *write_many_locks(void)
{
    static char path[512];
    FILE *file = create_trace("viewer-many", path, sizeof path);
    int t_ns = 1000, events = 0;

    fputs("{\"define\":\"thread\",\"id\":1,\"name\":\"a\"}\n"
          "{\"define\":\"thread\",\"id\":2,\"name\":\"b\"}\n",
          file);
    for (int lock = 1; lock <= LOCKS_MANY; lock++) {
        const int waits_ns = lock % 500 == 0 && lock < LOCKS_MANY ? lock * 2 : 0;
        fprintf(file,
                "{\"define\":\"object\",\"id\":%d,\"kind\":\"mutex\",\"name\":\"m%d\"}\n"
                "{\"t\":%d,\"thread\":1,\"event\":\"lock_acquire\",\"object\":%d}\n",
                lock, lock, t_ns, lock);
        if (waits_ns > 0) {
            fprintf(file, "{\"t\":%d,\"thread\":2,\"event\":\"lock_request\",\"object\":%d}\n",
                    t_ns, lock);
            events++;
        }
        t_ns += 100 + waits_ns;
        fprintf(file,
                "{\"t\":%d,\"thread\":1,\"event\":\"lock_release\",\"object\":%d}\n"
                "{\"t\":%d,\"thread\":2,\"event\":\"lock_acquire\",\"object\":%d}\n"
                "{\"t\":%d,\"thread\":2,\"event\":\"lock_release\",\"object\":%d}\n",
                t_ns, lock, t_ns, lock, t_ns + 50, lock);
        events += 4;
        t_ns += 100;
    }
    end_trace(file, events, t_ns);
    return path;
}

static void locks_that_nobody_waited_for_are_counted_behind_the_others(void **state)
{
    (void)state;
    const struct weft_app_options options = {
        .theme = WEFT_THEME_DARK, .has_at = true, .at_ns = 5000};
    struct weft_app *app = check_open(write_many_locks(), &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (int size = 0; size < SIZES; size++) {
        lay_out(app, &list, sizes[size].width, sizes[size].height, "many locks");
        assert_non_null(check_text(&list, "LOCKS  2,000"));
        assert_true(count_texts(&list, "and 1,997 more locks without waits") +
                        count_texts(&list, "and 1,997 more without waits") ==
                    1);
        assert_int_equal(count_texts(&list, "and 1,997 more"), 1); /* in the dock */
        /* Those that were waited for longest come first. */
        const struct weft_draw_item *longest = check_text(&list, "m1500");
        const struct weft_draw_item *shortest = check_text(&list, "m500");
        assert_true(longest != NULL && shortest != NULL && longest->rect.y < shortest->rect.y);
        assert_null(check_text(&list, "m501"));
    }
    weft_draw_done(&list);
    weft_app_free(app);
}

/* The first lines of a sample, as a recorder leaves them that was killed. */
static const char *write_cut(int lines)
{
    static char path[512];
    char from_path[512], line[4096];

    snprintf(from_path, sizeof from_path, "%s/traces/samples/locked-sections.weft.jsonl",
             WEFT_SOURCE_DIR);
    snprintf(path, sizeof path, "%s/tests/viewer-cut.weft.jsonl", WEFT_BUILD_DIR);
    FILE *from = fopen(from_path, "r"), *to = fopen(path, "w");
    assert_non_null(from);
    assert_non_null(to);
    for (int i = 0; i < lines && fgets(line, sizeof line, from) != NULL; i++) {
        fputs(line, to);
    }
    fclose(from);
    assert_int_equal(fclose(to), 0);
    return path;
}

static void what_was_cut_is_torn_and_said_to_be(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_draw_list list;
    int waits = 0;

    weft_draw_init(&list);
    for (int lines = 2; lines < 40; lines++) { /* wherever it is cut */
        struct weft_app *app = check_open(write_cut(lines), &options);
        size_t teeth = 0;
        lay_out(app, &list, 1280, 720, "cut");
        assert_non_null(check_text(&list, "This trace was cut"));
        for (size_t i = 0; i < list.count; i++) {
            teeth += list.at[i].kind == WEFT_DRAW_POLYGON && list.at[i].count == 3 &&
                     same(list.at[i].color, weft_theme_of(WEFT_THEME_DARK)->ground);
        }
        if (check_text(&list, "waits ≥ ") != NULL &&
            check_text(&list, "Thread-2 still waits") != NULL) {
            waits++;
            assert_true(teeth >= 4);
        }
        weft_app_free(app);
    }
    assert_true(waits > 3);
    weft_draw_done(&list);
}

static void seed_click(struct weft_app *app, uint32_t seed)
{
    const float x = 240 + (float)(seed * 7919 % 1000), y = 80 + (float)(seed * 104729 % 420);

    send_mouse(app, WEFT_INPUT_MOUSE_MOVE, x, y);
    send_mouse(app, WEFT_INPUT_MOUSE_DOWN, x, y);
    send_mouse(app, WEFT_INPUT_MOUSE_UP, x, y);
    send_char(app, "[].,f0"[seed % 6]);
}

/* A sample with some digits and some lines changed: readable, but what it says is nonsense. */
static const char *write_nonsense(const char *sample, uint32_t seed)
{
    static char path[512];
    char from_path[512], line[4096];

    snprintf(from_path, sizeof from_path, "%s/traces/samples/%s.weft.jsonl", WEFT_SOURCE_DIR,
             sample);
    snprintf(path, sizeof path, "%s/tests/viewer-nonsense.weft.jsonl", WEFT_BUILD_DIR);
    FILE *from = fopen(from_path, "r"), *to = fopen(path, "w");
    assert_non_null(from);
    assert_non_null(to);
    for (bool first = true; fgets(line, sizeof line, from) != NULL; first = false) {
        seed = seed * 1664525 + 1013904223;
        if (!first && (seed >> 16) % 11 == 0) {
            continue; /* a line is missing */
        }
        for (size_t i = 0; !first && line[i] != '\0'; i++) {
            seed = seed * 1664525 + 1013904223;
            if (line[i] >= '1' && line[i] <= '9' && (seed >> 16) % 37 == 0) {
                line[i] = (char)('1' + (seed >> 24) % 9);
            }
        }
        fputs(line, to);
        if (!first && (seed >> 16) % 13 == 0) {
            fputs(line, to); /* and another twice */
        }
    }
    fclose(from);
    assert_int_equal(fclose(to), 0);
    return path;
}

static void nonsense_is_laid_out_all_the_same(void **state)
{
    (void)state;
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (uint32_t seed = 1; seed <= 60; seed++) {
        const struct weft_app_options options = {
            .theme = (enum weft_theme_id)(seed % 2), .has_at = true, .at_ns = seed * 50000000};
        struct weft_app *app = check_open(write_nonsense(samples[seed % SAMPLES], seed), &options);
        char what[64];
        snprintf(what, sizeof what, "nonsense %u", seed);
        lay_out(app, &list, 1280, 720, what);
        for (int i = 0; i < 12; i++) {
            seed_click(app, seed * 12 + (uint32_t)i);
            lay_out(app, &list, 1280, 720, what);
        }
        weft_app_free(app);
    }
    weft_draw_done(&list);
}

static void a_tiny_window_does_not_break(void **state)
{
    (void)state;
    const struct weft_app_options options = {.has_at = true, .at_ns = 1000000000};
    const struct weft_measure measure = check_measure();
    struct weft_app *app = check_open_sample("guided-tour", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (float side = 1; side < 700; side += 31) {
        weft_app_layout(app, side, side, &measure, &list);
        assert_false(list.failed);
        send_char(app, '?');
        weft_app_layout(app, side, side / 2, &measure, &list);
        assert_false(list.failed);
        send_char(app, '?');
    }
    weft_draw_done(&list);
    weft_app_free(app);
}

/* From the release to the acquire: the arrow's two ends, not only its direction. */
static void the_hand_off_goes_from_the_release_to_the_acquire(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_app *app = check_open_sample("locked-sections", &options);
    struct weft_model *model = NULL;
    struct weft_draw_list list;
    char path[512];
    bool found = false;

    weft_draw_init(&list);
    snprintf(path, sizeof path, "%s/traces/samples/locked-sections.weft.jsonl", WEFT_SOURCE_DIR);
    assert_int_equal(weft_model_load(path, NULL, NULL, &model, NULL), WEFT_OK);
    lay_out(app, &list, 1600, 900, "locked-sections");
    const double left = check_state_number(app, "lane_left_px");
    const double right = check_state_number(app, "lane_right_px");
    const double to_ns = check_state_number(app, "to_ns");
    for (size_t w = 0; w < model->wakes.count; w++) {
        const struct weft_wake wake = weft_model_wake(model, w);
        const double x0 = left + (double)wake.from_ns / to_ns * (right - left);
        const double x1 = left + (double)wake.to_ns / to_ns * (right - left);
        bool drawn = false;
        for (size_t i = 0; i < list.count; i++) {
            const struct weft_draw_item *item = &list.at[i];
            drawn |= item->kind == WEFT_DRAW_LINE && item->count > 2 &&
                     (double)item->points[0].x > x0 - 0.2 && (double)item->points[0].x < x0 + 0.2 &&
                     (double)item->points[item->count - 1].x > x1 - 0.2 &&
                     (double)item->points[item->count - 1].x < x1 + 0.2;
        }
        assert_true(drawn);
        found |= wake.object != WEFT_NONE;
    }
    assert_true(found);
    weft_model_free(model);
    weft_draw_done(&list);
    weft_app_free(app);
}

static void a_frame_allocates_nothing_once_it_has_grown(void **state)
{
    (void)state;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    const struct weft_measure measure = check_measure();
    struct weft_app *app = check_open_sample("guided-tour", &options);
    struct weft_draw_list list;

    weft_draw_init(&list);
    for (int i = 0; i < 3; i++) {
        weft_app_layout(app, 1600, 900, &measure, &list);
    }
    const void *block = list.arena.first, *items = list.at;
    for (int i = 0; i < 20; i++) {
        weft_app_layout(app, 1600, 900, &measure, &list);
        assert_ptr_equal(list.arena.first, block);
        assert_ptr_equal(list.at, items);
    }
    weft_draw_done(&list);
    weft_app_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define VIETNAMESE(name) {#name " (vi)", name, check_speak_vietnamese, check_speak_english, NULL}
        VIETNAMESE(samples_are_laid_out_without_a_flaw),
        VIETNAMESE(every_zoom_is_laid_out_without_a_flaw),
        VIETNAMESE(hover_and_selection_are_laid_out_without_a_flaw),
        VIETNAMESE(the_help_sheet_fits_every_window),
        VIETNAMESE(the_help_sheet_cuts_no_line_in_a_small_window),
        VIETNAMESE(the_main_picture_says_so_in_vietnamese),
        VIETNAMESE(a_crowd_with_long_names_is_laid_out_without_a_flaw),
        VIETNAMESE(nonsense_is_laid_out_all_the_same),
        VIETNAMESE(a_tiny_window_does_not_break),
        cmocka_unit_test(samples_are_laid_out_without_a_flaw),
        cmocka_unit_test(every_zoom_is_laid_out_without_a_flaw),
        cmocka_unit_test(hover_and_selection_are_laid_out_without_a_flaw),
        cmocka_unit_test(the_help_sheet_fits_every_window),
        cmocka_unit_test(the_help_sheet_cuts_no_line_in_a_small_window),
        cmocka_unit_test(a_flag_says_how_many_lines_it_stands_for),
        cmocka_unit_test(the_dock_gives_its_room_to_the_lanes),
        cmocka_unit_test(the_main_picture_says_who_waits_for_whom),
        cmocka_unit_test(a_queue_says_what_is_in_it),
        cmocka_unit_test(a_wait_says_for_what_before_it_says_how_long),
        cmocka_unit_test(the_legend_names_every_mark_at_any_width),
        cmocka_unit_test(a_thread_has_the_same_badge_in_the_gutter_and_on_locks),
        cmocka_unit_test(the_output_says_how_many_lines_it_hides),
        cmocka_unit_test(shares_in_the_gutter_are_sums_of_the_spans),
        cmocka_unit_test(a_crowded_column_shows_what_dominates_and_keeps_the_rare),
        cmocka_unit_test(a_crowd_with_long_names_is_laid_out_without_a_flaw),
        cmocka_unit_test(read_write_locks_and_futexes_have_lanes_and_words),
        cmocka_unit_test(readers_lie_below_one_another_and_are_told_apart),
        cmocka_unit_test(locks_that_nobody_waited_for_are_counted_behind_the_others),
        cmocka_unit_test(what_was_cut_is_torn_and_said_to_be),
        cmocka_unit_test(nonsense_is_laid_out_all_the_same),
        cmocka_unit_test(a_tiny_window_does_not_break),
        cmocka_unit_test(the_hand_off_goes_from_the_release_to_the_acquire),
        cmocka_unit_test(a_frame_allocates_nothing_once_it_has_grown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
