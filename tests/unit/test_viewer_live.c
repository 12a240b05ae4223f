/* A trace that grows while it is looked at. */
#include "tests/unit/viewer_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"p\",\"pid\":1,"                        \
    "\"start\":\"2026-01-01T00:00:00Z\",\"clock\":\"tsc\",\"unit\":\"ns\",\"recorder\":\"t\"}\n"   \
    "{\"define\":\"thread\",\"id\":1,\"name\":\"one\"}\n"                                          \
    "{\"define\":\"thread\",\"id\":2,\"name\":\"two\"}\n"                                          \
    "{\"define\":\"object\",\"id\":1,\"kind\":\"mutex\",\"name\":\"A\"}\n"                         \
    "{\"define\":\"object\",\"id\":2,\"kind\":\"mutex\",\"name\":\"B\"}\n"                         \
    "{\"t\":0,\"thread\":1,\"event\":\"thread_start\"}\n"                                          \
    "{\"t\":0,\"thread\":2,\"event\":\"thread_start\"}\n"

static const uint64_t MS = 1000000;

struct stage {
    char path[64];
    FILE *file;
    struct weft_app *app;
    struct weft_draw_list list;
    uint64_t now_ns;
    uint64_t t_ns; /* of the trace */
};

static void lay_out(struct stage *stage)
{
    const struct weft_measure measure = check_measure();

    weft_app_layout(stage->app, 1280, 720, &measure, &stage->list);
    check_picture(&stage->list, 1280, 720, "a live trace");
}

/* Time passes, in steps of 50 ms. */
static void pass(struct stage *stage, uint64_t ns)
{
    const uint64_t until = stage->now_ns + ns;

    do {
        stage->now_ns += 50 * MS;
        weft_app_tick(stage->app, stage->now_ns);
    } while (weft_app_loading(stage->app) || stage->now_ns < until);
}

static void put(struct stage *stage, const char *text)
{
    assert_true(fputs(text, stage->file) >= 0);
    assert_int_equal(fflush(stage->file), 0);
}

static void event(struct stage *stage, uint64_t t_ns, int thread, const char *what, int object)
{
    char line[200];

    snprintf(line, sizeof line, "{\"t\":%llu,\"thread\":%d,\"event\":\"%s\",\"object\":%d}\n",
             (unsigned long long)t_ns, thread, what, object);
    put(stage, line);
}

static void begin(struct stage *stage, const char *text)
{
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK, .live = true};
    struct weft_error error;

    *stage = (struct stage){.path = "/tmp/weft-test-live-XXXXXX"};
    const int fd = mkstemp(stage->path);
    assert_true(fd >= 0);
    stage->file = fdopen(fd, "w");
    assert_non_null(stage->file);
    put(stage, text);
    stage->app = weft_app_new(&options);
    assert_non_null(stage->app);
    weft_draw_init(&stage->list);
    assert_int_equal(weft_app_open(stage->app, stage->path, &error), WEFT_OK);
    pass(stage, 50 * MS);
    lay_out(stage);
}

static void end(struct stage *stage)
{
    weft_draw_done(&stage->list);
    weft_app_free(stage->app);
    assert_int_equal(fclose(stage->file), 0);
    unlink(stage->path);
}

static double number(const struct stage *stage, const char *key)
{
    return check_state_number(stage->app, key);
}

static bool is(const struct stage *stage, const char *key)
{
    char text[16];

    check_state(stage->app, key, text, sizeof text);
    return strcmp(text, "true") == 0;
}

static void key(struct stage *stage, enum weft_key which, char ch)
{
    weft_app_input(stage->app, &(struct weft_input){
                                   .kind = WEFT_INPUT_KEY_DOWN, .key = which, .ch = (uint32_t)ch});
    weft_app_input(stage->app, &(struct weft_input){.kind = WEFT_INPUT_KEY_UP, .key = which});
}

static void half_a_line_is_waited_for(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, HEAD);
    assert_true(number(&stage, "events") == 2);
    put(&stage, "{\"t\":5000,\"thread\":1,\"ev");
    pass(&stage, 100 * MS);
    assert_true(number(&stage, "events") == 2);
    put(&stage, "ent\":\"mark\",\"text\":\"x\"}\n");
    pass(&stage, 100 * MS);
    assert_true(number(&stage, "events") == 3);
    assert_true(number(&stage, "end_ns") == 5000);
    assert_true(number(&stage, "playhead_ns") == 5000);
    end(&stage);
}

static void a_trace_that_is_not_there_yet_is_waited_for(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, "");
    assert_non_null(check_text(&stage.list, "Waiting for the program"));
    put(&stage, "{\"format\":\"weft-tr"); /* a part of the first line */
    pass(&stage, 200 * MS);
    assert_true(is(&stage, "live"));
    assert_true(number(&stage, "threads") == 0);
    rewind(stage.file);
    put(&stage, HEAD);
    pass(&stage, 200 * MS);
    lay_out(&stage);
    assert_true(number(&stage, "threads") == 2);
    assert_non_null(check_text(&stage.list, "live"));
    end(&stage);
}

static void nothing_new_is_no_new_frame(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, HEAD);
    event(&stage, 1000, 1, "lock_acquire", 1);
    pass(&stage, 2000 * MS);
    lay_out(&stage);
    for (int i = 0; i < 50; i++) {
        pass(&stage, 50 * MS);
        assert_false(weft_app_dirty(stage.app));
    }
    event(&stage, 2000, 1, "lock_release", 1);
    pass(&stage, 50 * MS);
    assert_true(weft_app_dirty(stage.app));
    end(&stage);
}

/* Frames in which something is new while time passes. */
static uint32_t frames_of(struct stage *stage, uint64_t ns)
{
    uint32_t frames = 0;

    for (uint64_t passed = 0; passed < ns; passed += 50 * MS) {
        pass(stage, 50 * MS);
        frames += weft_app_dirty(stage->app);
        lay_out(stage);
    }
    return frames;
}

/* The number of a process that has been, and is no more. */
static pid_t dead_process(void)
{
    const pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void begin_of(struct stage *stage, pid_t pid)
{
    char head[sizeof HEAD + 16];
    const char *at = strstr(HEAD, "\"pid\":1");

    snprintf(head, sizeof head, "%.*s\"pid\":%d%s", (int)(at - HEAD), HEAD, (int)pid,
             at + strlen("\"pid\":1"));
    begin(stage, head);
}

static void a_silent_program_is_told_now_and_then(void **state)
{
    struct stage stage;
    (void)state;

    begin_of(&stage, getpid());
    event(&stage, 1000, 1, "lock_acquire", 1);
    pass(&stage, 1000 * MS);
    lay_out(&stage);
    assert_null(check_text(&stage.list, "no news"));
    assert_int_equal(frames_of(&stage, 8000 * MS), 1);
    assert_non_null(check_text(&stage.list, "no news for ≥ 5.00 s"));
    assert_int_equal(frames_of(&stage, 53000 * MS), 4); /* at 10, 20, 30 and 60 s */
    assert_true(is(&stage, "live"));
    assert_false(is(&stage, "gone"));
    event(&stage, 2000, 1, "lock_release", 1);
    pass(&stage, 50 * MS);
    lay_out(&stage);
    assert_null(check_text(&stage.list, "no news"));
    end(&stage);
}

static void a_writer_that_is_gone_is_told_and_one_that_comes_back_is_followed(void **state)
{
    struct stage stage;
    (void)state;

    begin_of(&stage, dead_process());
    event(&stage, 1000, 1, "lock_acquire", 1);
    pass(&stage, 9000 * MS);
    lay_out(&stage);
    assert_false(is(&stage, "gone"));
    pass(&stage, 2000 * MS);
    lay_out(&stage);
    assert_true(is(&stage, "gone"));
    assert_non_null(check_text(&stage.list, "no longer written"));
    assert_non_null(check_text(&stage.list, "whoever wrote this trace is gone"));
    assert_non_null(check_text(&stage.list, "This trace was cut"));
    event(&stage, 2000, 1, "lock_release", 1); /* it was on another machine, or in a container */
    pass(&stage, 50 * MS);
    lay_out(&stage);
    assert_false(is(&stage, "gone"));
    assert_null(check_text(&stage.list, "This trace was cut"));
    end(&stage);
}

/* The playhead is where the trace ends, and that is where its user looks. */
static void the_end_that_is_followed_says_what_everybody_does(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, HEAD);
    event(&stage, 1000, 1, "lock_acquire", 1);
    event(&stage, 2000, 2, "lock_request", 1);
    pass(&stage, 200 * MS);
    lay_out(&stage);
    assert_true(is(&stage, "follow"));
    assert_null(check_text(&stage.list, "beyond the end"));
    assert_non_null(check_text(&stage.list, "runs, holding A"));
    assert_non_null(check_text(&stage.list, "waits for A, held by one"));
    assert_non_null(check_text(&stage.list, "held by one since"));
    check_command(stage.app, WEFT_COMMAND_TAB_WAITS_FOR);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "1 thread waits."));
    end(&stage);
}

/* The program that the trace names goes on: this one. */
static void a_writer_whose_program_lives_on_is_told_to_be_gone(void **state)
{
    struct stage stage;
    (void)state;

    begin_of(&stage, getpid());
    assert_int_equal(flock(fileno(stage.file), LOCK_EX), 0);
    event(&stage, 1000, 1, "lock_acquire", 1);
    pass(&stage, 11000 * MS);
    lay_out(&stage);
    assert_false(is(&stage, "gone")); /* the program is silent, no more */
    assert_int_equal(flock(fileno(stage.file), LOCK_UN), 0);
    pass(&stage, 10000 * MS);
    lay_out(&stage);
    assert_true(is(&stage, "gone"));
    assert_non_null(check_text(&stage.list, "no longer written"));
    assert_non_null(check_text(&stage.list, "weft, which wrote this trace, is gone"));
    end(&stage);
}

/* A writer that looks around every 20 ms, a screen that shows 60 pictures a second. */
static void each_picture_moves_although_news_come_less_often(void **state)
{
    struct stage stage;
    double last = 0;
    uint64_t wall_ns = 0, written_ns = 0;
    uint32_t still = 0, back = 0;
    (void)state;

    begin(&stage, HEAD);
    for (uint32_t frame = 0; frame < 300; frame++) {
        wall_ns += 16666667;
        for (; written_ns + 20 * MS <= wall_ns; written_ns += 20 * MS) {
            event(&stage, written_ns + 20 * MS, 1, "mark", 0);
        }
        stage.now_ns += 16666667;
        weft_app_tick(stage.app, stage.now_ns);
        const double to = number(&stage, "to_ns");
        if (frame > 10) {
            still += to == last;
            back += to < last;
        }
        last = to;
    }
    assert_int_equal(still, 0);
    assert_int_equal(back, 0);
    end(&stage);
}

/* Locks and releases A for so long. */
static void grow(struct stage *stage, uint64_t ns)
{
    for (const uint64_t until = stage->t_ns + ns; stage->t_ns < until;) {
        event(stage, stage->t_ns += 10 * MS, 1, "lock_acquire", 1);
        event(stage, stage->t_ns += 10 * MS, 1, "lock_release", 1);
    }
    pass(stage, 100 * MS);
    lay_out(stage);
}

static void the_end_is_followed_until_space_and_again_from_end_on(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, HEAD);
    grow(&stage, 4000 * MS);
    assert_true(is(&stage, "follow"));
    assert_true(number(&stage, "playhead_ns") == (double)stage.t_ns);
    key(&stage, WEFT_KEY_SPACE, 0);
    assert_false(is(&stage, "follow"));
    const double from = number(&stage, "from_ns"), to = number(&stage, "to_ns");
    const double at = number(&stage, "playhead_ns");
    grow(&stage, 4000 * MS);
    assert_true(number(&stage, "from_ns") == from);
    assert_true(number(&stage, "to_ns") == to);
    assert_true(number(&stage, "playhead_ns") == at);
    assert_true(number(&stage, "end_ns") == (double)stage.t_ns);
    key(&stage, WEFT_KEY_END, 0);
    assert_true(is(&stage, "follow"));
    assert_true(number(&stage, "playhead_ns") == (double)stage.t_ns);
    assert_true(number(&stage, "to_ns") >= (double)stage.t_ns);
    key(&stage, WEFT_KEY_CHAR, 'e');
    assert_false(is(&stage, "follow"));
    end(&stage);
}

static void a_long_run_shows_its_last_part_and_a_look_back_stays_where_it_is(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, HEAD);
    grow(&stage, 20000 * MS);
    grow(&stage, 1000 * MS);
    assert_true(number(&stage, "from_ns") > 9e9);
    assert_true(number(&stage, "to_ns") > number(&stage, "end_ns"));
    key(&stage, WEFT_KEY_W, 0); /* closer, and the end goes on */
    key(&stage, WEFT_KEY_S, 0);
    key(&stage, WEFT_KEY_A, 0);
    assert_false(is(&stage, "follow"));
    const double from = number(&stage, "from_ns");
    grow(&stage, 3000 * MS);
    assert_true(number(&stage, "from_ns") == from);
    end(&stage);
}

static void a_deadlock_is_told_within_a_second_while_others_go_on(void **state)
{
    struct stage stage;
    char notice[300];
    (void)state;

    begin(&stage, HEAD "{\"define\":\"thread\",\"id\":3,\"name\":\"three\"}\n"
                       "{\"define\":\"object\",\"id\":3,\"kind\":\"mutex\",\"name\":\"C\"}\n");
    grow(&stage, 1000 * MS);
    event(&stage, stage.t_ns += MS, 1, "lock_acquire", 1);
    event(&stage, stage.t_ns += MS, 2, "lock_acquire", 2);
    event(&stage, stage.t_ns += MS, 1, "lock_request", 2);
    pass(&stage, 300 * MS);
    check_state(stage.app, "notice", notice, sizeof notice);
    assert_null(strstr(notice, "Deadlock"));
    event(&stage, stage.t_ns += MS, 2, "lock_request", 1);
    for (uint64_t i = 0; i < 15; i++) { /* 750 ms */
        event(&stage, stage.t_ns += MS, 3, i % 2 == 0 ? "lock_acquire" : "lock_release", 3);
        pass(&stage, 50 * MS);
    }
    check_state(stage.app, "notice", notice, sizeof notice);
    assert_non_null(strstr(notice, "Deadlock"));
    assert_true(number(&stage, "findings") >= 1);
    end(&stage);
}

static void the_last_line_ends_it(void **state)
{
    struct stage stage;
    char notice[300];
    (void)state;

    begin(&stage, HEAD);
    grow(&stage, 100 * MS);
    put(&stage, "{\"end\":true,\"events\":12,\"lost\":0,\"late\":0,\"duration_ns\":200000000}\n");
    pass(&stage, 50 * MS);
    assert_false(is(&stage, "live"));
    assert_false(is(&stage, "follow"));
    assert_true(number(&stage, "end_ns") == 200e6);
    assert_true(number(&stage, "playhead_ns") == 200e6);
    check_state(stage.app, "notice", notice, sizeof notice);
    assert_non_null(strstr(notice, "The program has ended"));
    lay_out(&stage);
    assert_null(check_text(&stage.list, "● live"));
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_line_is_waited_for),
        cmocka_unit_test(a_trace_that_is_not_there_yet_is_waited_for),
        cmocka_unit_test(nothing_new_is_no_new_frame),
        cmocka_unit_test(a_silent_program_is_told_now_and_then),
        cmocka_unit_test(a_writer_that_is_gone_is_told_and_one_that_comes_back_is_followed),
        cmocka_unit_test(the_end_that_is_followed_says_what_everybody_does),
        cmocka_unit_test(a_writer_whose_program_lives_on_is_told_to_be_gone),
        cmocka_unit_test(each_picture_moves_although_news_come_less_often),
        cmocka_unit_test(the_end_is_followed_until_space_and_again_from_end_on),
        cmocka_unit_test(a_long_run_shows_its_last_part_and_a_look_back_stays_where_it_is),
        cmocka_unit_test(a_deadlock_is_told_within_a_second_while_others_go_on),
        cmocka_unit_test(the_last_line_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
