/* Findings in the viewer: looked for beside the frames, seen at any zoom, stepped through, found by
 * a search. */
#include "tests/unit/viewer_check.h"

#include "viewer/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"p\",\"pid\":1,"                        \
    "\"start\":\"2026-01-01T00:00:00Z\",\"clock\":\"tsc\",\"unit\":\"ns\",\"recorder\":\"t\"}\n"   \
    "{\"define\":\"thread\",\"id\":1,\"name\":\"main\"}\n"                                         \
    "{\"define\":\"thread\",\"id\":2,\"name\":\"one\"}\n"                                          \
    "{\"define\":\"thread\",\"id\":3,\"name\":\"two\"}\n"                                          \
    "{\"define\":\"thread\",\"id\":4,\"name\":\"three\"}\n"                                        \
    "{\"define\":\"object\",\"id\":1,\"kind\":\"mutex\",\"name\":\"A\"}\n"                         \
    "{\"define\":\"object\",\"id\":2,\"kind\":\"condition\",\"name\":\"ready\"}\n"                 \
    "{\"define\":\"object\",\"id\":3,\"kind\":\"mutex\",\"name\":\"B\"}\n"

struct stage {
    char path[64];
    FILE *file;
    uint64_t t_ns, events;
    struct weft_app *app;
    struct weft_draw_list list;
    uint64_t now_ns;
};

static void begin(struct stage *stage)
{
    *stage = (struct stage){.path = "/tmp/weft-findings-XXXXXX"};
    const int fd = mkstemp(stage->path);
    assert_true(fd >= 0);
    stage->file = fdopen(fd, "w");
    assert_non_null(stage->file);
    assert_true(fputs(HEAD, stage->file) >= 0);
}

/* An event, `after_ns` behind the last one. */
static void put(struct stage *stage, uint64_t after_ns, int thread, const char *event,
                const char *more)
{
    stage->t_ns += after_ns;
    stage->events++;
    assert_true(fprintf(stage->file, "{\"t\":%llu,\"thread\":%d,\"event\":\"%s\"%s}\n",
                        (unsigned long long)stage->t_ns, thread, event, more) > 0);
}

static void lay_out(struct stage *stage)
{
    const struct weft_measure measure = check_measure();

    weft_app_layout(stage->app, 1280, 720, &measure, &stage->list);
    check_picture(&stage->list, 1280, 720, "findings");
}

static void load(struct stage *stage)
{
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_error error;

    assert_true(
        fprintf(stage->file,
                "{\"end\":true,\"events\":%llu,\"lost\":0,\"late\":0,\"duration_ns\":%llu}\n",
                (unsigned long long)stage->events, (unsigned long long)stage->t_ns) > 0);
    assert_int_equal(fclose(stage->file), 0);
    stage->app = weft_app_new(&options);
    assert_non_null(stage->app);
    weft_draw_init(&stage->list);
    assert_int_equal(weft_app_open(stage->app, stage->path, &error), WEFT_OK);
    while (weft_app_loading(stage->app)) {
        weft_app_tick(stage->app, ++stage->now_ns);
    }
}

static void end(struct stage *stage)
{
    weft_draw_done(&stage->list);
    weft_app_free(stage->app);
    unlink(stage->path);
}

static bool looks(const struct stage *stage)
{
    char text[16];

    check_state(stage->app, "looking", text, sizeof text);
    return strcmp(text, "true") == 0;
}

/* The thread that looks decides when it is over. */
static void until_found(struct stage *stage)
{
    do {
        weft_app_tick(stage->app, ++stage->now_ns);
        sched_yield();
    } while (looks(stage));
}

static void start_threads(struct stage *stage)
{
    for (int thread = 1; thread <= 4; thread++) {
        put(stage, 0, thread, "thread_start", "");
    }
}

static void work(struct stage *stage, uint64_t events)
{
    for (uint64_t i = 0; i < events; i += 4) {
        put(stage, 3000, 2, "lock_acquire", ",\"object\":1");
        put(stage, 3000, 2, "lock_release", ",\"object\":1");
        put(stage, 3000, 3, "lock_acquire", ",\"object\":1");
        put(stage, 3000, 3, "lock_release", ",\"object\":1");
    }
}

/* A signal that nobody hears, and in the middle of all a wait for it that never ends. */
static void lose_a_wakeup(struct stage *stage)
{
    put(stage, 10, 1, "lock_acquire", ",\"object\":3");
    put(stage, 10, 1, "cond_signal", ",\"object\":2,\"woken\":0");
    put(stage, 10, 1, "lock_release", ",\"object\":3");
    put(stage, 10, 4, "lock_acquire", ",\"object\":3");
    put(stage, 10, 4, "cond_wait", ",\"object\":2,\"with\":3");
}

static void make_long(struct stage *stage)
{
    begin(stage);
    start_threads(stage);
    work(stage, 100000);
    lose_a_wakeup(stage);
    work(stage, 100000);
    put(stage, 10, 2, "thread_exit", "");
    put(stage, 10, 3, "thread_exit", "");
    put(stage, 10, 1, "process_end", ",\"signal\":2");
    load(stage);
}

/* Signs on the lanes of threads: each is a triangle of 14 × 12, all in the lanes' part. */
static uint32_t signs_at(const struct stage *stage, float x)
{
    uint32_t count = 0;

    for (size_t i = 0; i < stage->list.count; i++) {
        const struct weft_draw_item *item = &stage->list.at[i];
        count += item->kind == WEFT_DRAW_POLYGON && item->count == 3 &&
                 item->points[1].x - item->points[0].x == 14 && item->points[2].x >= x - 2 &&
                 item->points[2].x <= x + 2;
    }
    return count;
}

static void a_long_trace_is_looked_through_beside_the_frames(void **state)
{
    struct stage stage;
    uint32_t frames = 0;
    (void)state;

    make_long(&stage);
    check_command(stage.app, WEFT_COMMAND_TAB_FINDINGS);
    while (looks(&stage)) {
        lay_out(&stage); /* a picture of any moment is whole */
        assert_non_null(check_text(&stage.list, "Findings are still being looked for."));
        frames++;
        stage.now_ns += 1000000;
        weft_app_tick(stage.app, stage.now_ns);
    }
    assert_true(frames > 0);
    assert_true(check_state_number(stage.app, "findings") == 1);
    end(&stage);
}

static void who_goes_before_all_is_found_is_not_waited_for(void **state)
{
    struct stage stage;
    (void)state;

    make_long(&stage);
    check_command(stage.app, WEFT_COMMAND_NEXT_FINDING);
    end(&stage);
    make_long(&stage);
    check_command(stage.app, WEFT_COMMAND_LANGUAGE); /* what is being found is found anew */
    until_found(&stage);
    end(&stage);
}

static void a_lost_wakeup_is_seen_at_any_zoom(void **state)
{
    struct stage stage;
    (void)state;

    make_long(&stage);
    until_found(&stage);
    check_command(stage.app, WEFT_COMMAND_FIT_ALL);
    lay_out(&stage);
    const double left = check_state_number(stage.app, "lane_left_px");
    const double right = check_state_number(stage.app, "lane_right_px");
    const double share =
        0.5 * check_state_number(stage.app, "end_ns") / check_state_number(stage.app, "to_ns");
    /* On the ruler, on the lane of who signalled, on that of who waits. */
    assert_int_equal(signs_at(&stage, (float)(left + share * (right - left))), 3);
    assert_int_equal(signs_at(&stage, (float)(left + 0.5 * share * (right - left))), 0);
    end(&stage);
}

/* Two threads sleep with a lock each, both from the same time on, and two wait for them. */
static void two_sleep(struct stage *stage)
{
    put(stage, 1000, 1, "lock_acquire", ",\"object\":1");
    put(stage, 0, 2, "lock_acquire", ",\"object\":3");
    put(stage, 100, 1, "sleep_begin", ",\"duration\":20000000");
    put(stage, 0, 2, "sleep_begin", ",\"duration\":20000000");
    put(stage, 0, 3, "lock_request", ",\"object\":1");
    put(stage, 0, 4, "lock_request", ",\"object\":3");
    put(stage, 20000000, 1, "sleep_end", "");
    put(stage, 0, 2, "sleep_end", "");
    put(stage, 10, 1, "lock_release", ",\"object\":1");
    put(stage, 0, 2, "lock_release", ",\"object\":3");
    put(stage, 10, 3, "lock_acquire", ",\"object\":1");
    put(stage, 0, 4, "lock_acquire", ",\"object\":3");
    put(stage, 10, 3, "lock_release", ",\"object\":1");
    put(stage, 0, 4, "lock_release", ",\"object\":3");
}

static void said(struct stage *stage, char *out, size_t room)
{
    check_state(stage->app, "notice", out, room);
}

static void steps_meet_every_finding_of_one_time(void **state)
{
    char first[300], second[300], third[300];
    struct stage stage;
    (void)state;

    begin(&stage);
    start_threads(&stage);
    two_sleep(&stage);
    load(&stage);
    lay_out(&stage);
    assert_true(check_state_number(stage.app, "findings") == 2);
    check_command(stage.app, WEFT_COMMAND_NEXT_FINDING);
    said(&stage, first, sizeof first);
    check_command(stage.app, WEFT_COMMAND_NEXT_FINDING);
    said(&stage, second, sizeof second);
    assert_string_not_equal(first, second);
    check_command(stage.app, WEFT_COMMAND_NEXT_FINDING);
    said(&stage, third, sizeof third);
    assert_non_null(strstr(third, "no finding after"));
    check_command(stage.app, WEFT_COMMAND_PREV_FINDING);
    said(&stage, third, sizeof third);
    assert_string_equal(third, first);
    check_command(stage.app, WEFT_COMMAND_PREV_FINDING);
    said(&stage, third, sizeof third);
    assert_non_null(strstr(third, "no finding before"));
    end(&stage);
}

static void a_search_finds_findings_by_their_words(void **state)
{
    char notice[300];
    struct stage stage;
    (void)state;

    begin(&stage);
    start_threads(&stage);
    two_sleep(&stage);
    load(&stage);
    lay_out(&stage);
    check_command(stage.app, WEFT_COMMAND_SEARCH);
    for (const char *at = "sleep-holding"; *at != '\0'; at++) {
        weft_app_input(stage.app,
                       &(struct weft_input){.kind = WEFT_INPUT_TEXT, .ch = (uint32_t)*at});
    }
    assert_true(check_state_number(stage.app, "found") == 2);
    weft_app_input(stage.app,
                   &(struct weft_input){.kind = WEFT_INPUT_KEY_DOWN, .key = WEFT_KEY_ENTER});
    said(&stage, notice, sizeof notice);
    assert_non_null(strstr(notice, "slept"));
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_trace_is_looked_through_beside_the_frames),
        cmocka_unit_test(who_goes_before_all_is_found_is_not_waited_for),
        cmocka_unit_test(a_lost_wakeup_is_seen_at_any_zoom),
        cmocka_unit_test(steps_meet_every_finding_of_one_time),
        cmocka_unit_test(a_search_finds_findings_by_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
