/* Choices of a controlled run: their marks, their words, and the run that is made again. */
#include "tests/unit/viewer_check.h"

#include "traces/analysis/choice.h"
#include "viewer/commands.h"
#include "viewer/rerun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"p\",\"pid\":1,\"command\":[\"./p\"],"  \
    "\"start\":\"2026-01-01T00:00:00Z\",\"clock\":\"virtual\",\"unit\":\"ns\","                    \
    "\"recorder\":\"t\",\"schedule\":\"fifo\"}\n"                                                  \
    "{\"define\":\"thread\",\"id\":1,\"name\":\"main\"}\n"                                         \
    "{\"define\":\"thread\",\"id\":2,\"name\":\"two\"}\n"                                          \
    "{\"define\":\"thread\",\"id\":3,\"name\":\"three\"}\n"                                        \
    "{\"t\":0,\"thread\":1,\"event\":\"thread_start\"}\n"                                          \
    "{\"t\":0,\"thread\":2,\"event\":\"thread_start\"}\n"                                          \
    "{\"t\":0,\"thread\":3,\"event\":\"thread_start\"}\n"

struct stage {
    char folder[64], path[128], weft[128];
    struct weft_app *app;
    struct weft_draw_list list;
    uint64_t now_ns;
};

static void lay_out(struct stage *stage)
{
    const struct weft_measure measure = check_measure();

    weft_app_layout(stage->app, 1280, 720, &measure, &stage->list);
    check_picture(&stage->list, 1280, 720, "choices");
}

static void write_file(const char *path, const char *head, const char *body, int mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(head, file) >= 0 && fputs(body, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, (mode_t)mode), 0);
}

/* Opens a trace of these events; `script` takes the place of weft. */
static void begin(struct stage *stage, const char *events, const char *script)
{
    struct weft_error error;

    *stage = (struct stage){.folder = "/tmp/weft-choices-XXXXXX"};
    assert_non_null(mkdtemp(stage->folder));
    snprintf(stage->path, sizeof stage->path, "%s/run.weft.jsonl", stage->folder);
    snprintf(stage->weft, sizeof stage->weft, "%s/weft", stage->folder);
    write_file(stage->path, HEAD, events, 0600);
    write_file(stage->weft, "#!/bin/sh\n", script != NULL ? script : "", 0700);
    const struct weft_app_options options = {.weft = script != NULL ? stage->weft : NULL};
    stage->app = weft_app_new(&options);
    assert_non_null(stage->app);
    weft_draw_init(&stage->list);
    assert_int_equal(weft_app_open(stage->app, stage->path, &error), WEFT_OK);
    while (weft_app_loading(stage->app)) {
        weft_app_tick(stage->app, ++stage->now_ns);
    }
    lay_out(stage);
}

static void end(struct stage *stage)
{
    char other[160];

    weft_draw_done(&stage->list);
    weft_app_free(stage->app);
    snprintf(other, sizeof other, "%s/run.other-2-0.weft.jsonl", stage->folder);
    unlink(other);
    unlink(stage->path);
    unlink(stage->weft);
    assert_int_equal(rmdir(stage->folder), 0);
}

static void enter(struct stage *stage)
{
    weft_app_input(stage->app,
                   &(struct weft_input){.kind = WEFT_INPUT_KEY_DOWN, .key = WEFT_KEY_ENTER});
}

static void assert_notice(struct stage *stage, const char *part)
{
    char text[300];

    check_state(stage->app, "notice", text, sizeof text);
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, text);
    }
}

/* Ticks until nothing runs any more: the child is a process, whose end only it decides. */
static void until_made(struct stage *stage)
{
    char runs[16] = "true";

    while (strcmp(runs, "true") == 0) {
        stage->now_ns += 1000000;
        weft_app_tick(stage->app, stage->now_ns);
        check_state(stage->app, "runs_again", runs, sizeof runs);
        sched_yield();
    }
}

static const char three[] =
    "{\"t\":10,\"thread\":2,\"event\":\"choice\",\"taken\":0,\"among\":\"2,1\"}\n"
    "{\"t\":500,\"thread\":3,\"event\":\"choice\",\"taken\":1,\"among\":\"2,3,1\"}\n"
    "{\"t\":500,\"thread\":1,\"event\":\"choice\",\"taken\":1,\"among\":\"9,1\"}\n"
    "{\"t\":1000,\"thread\":1,\"event\":\"print\",\"text\":\"x\"}\n";

static void steps_meet_every_choice_and_tell_who_could_have_gone_on(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, three, "exit 0\n");
    assert_true(check_state_number(stage.app, "choices") == 3);
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    lay_out(&stage);
    assert_true(check_state_number(stage.app, "playhead_ns") == 500);
    assert_non_null(check_text(&stage.list, "three goes on"));
    assert_non_null(check_text(&stage.list, "A choice: two or main could"));
    assert_non_null(check_text(&stage.list, "Run again with two"));
    assert_non_null(check_text(&stage.list, "Run again with main"));
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE); /* at the same time as the one before */
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "Run again with thread 9"));
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    assert_notice(&stage, "no choice after");
    check_command(stage.app, WEFT_COMMAND_PREV_CHOICE);
    check_command(stage.app, WEFT_COMMAND_PREV_CHOICE);
    assert_true(check_state_number(stage.app, "playhead_ns") == 10);
    check_command(stage.app, WEFT_COMMAND_PREV_CHOICE);
    assert_notice(&stage, "no choice before");
    end(&stage);
}

static void another_choice_is_run_and_shown_below(void **state)
{
    struct stage stage;
    (void)state;

    /* weft replay -q --other N:T -o OUT -- TRACE */
    begin(&stage, three,
          "test \"$1 $2 $3 $4 $5\" = 'replay -q --other 2:0 -o' && test $7 = -- && cp \"$8\" "
          "\"$6\"\n");
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "Runs ./p as it was run"));
    enter(&stage);
    weft_app_tick(stage.app, ++stage.now_ns);
    until_made(&stage);
    assert_notice(&stage, "Below: the same until");
    lay_out(&stage);
    assert_non_null(check_text(&stage.list, "run.other-2-0.weft.jsonl"));
    assert_true(check_state_number(stage.app, "playhead_ns") == 500);
    end(&stage);
}

static void a_run_that_fails_is_told_with_its_own_words(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, three, "echo 'the program says' >&2\necho 'weft: it cannot be' >&2\nexit 3\n");
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
    enter(&stage);
    until_made(&stage);
    assert_notice(&stage, "ended with 3). it cannot be");
    end(&stage);
}

static void escape_ends_a_run_and_so_does_the_end_of_the_viewer(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, three, "exec sleep 1000\n");
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
    enter(&stage);
    weft_app_tick(stage.app, ++stage.now_ns);
    assert_notice(&stage, "Running again");
    check_command(stage.app, WEFT_COMMAND_CLEAR);
    check_command(stage.app, WEFT_COMMAND_CLEAR);
    until_made(&stage);
    assert_notice(&stage, "No run was made");
    check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
    enter(&stage);
    weft_app_tick(stage.app, ++stage.now_ns);
    end(&stage); /* it would not come back if it waited for the child */
}

static void without_weft_or_a_choice_it_is_said_why_nothing_is_run(void **state)
{
    struct stage stage;
    (void)state;

    begin(&stage, three, NULL);
    check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
    assert_notice(&stage, "Select a choice first");
    check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
    check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
    enter(&stage);
    assert_notice(&stage, "weft was not found");
    end(&stage);
}

static void texts_that_are_no_candidates_are_no_choice(void **state)
{
    static const char *const bad[] = {"", "x", "1", "1,", ",1", "1,,2", "1;2", "99999999999,1"};
    struct stage stage;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char events[200];
        snprintf(events, sizeof events,
                 "{\"t\":10,\"thread\":2,\"event\":\"choice\",\"taken\":0,\"among\":\"%s\"}\n",
                 bad[i]);
        begin(&stage, events, "exit 0\n");
        check_command(stage.app, WEFT_COMMAND_NEXT_CHOICE);
        lay_out(&stage);
        assert_null(check_text(&stage.list, "Run again with"));
        check_command(stage.app, WEFT_COMMAND_RUN_AGAIN);
        assert_notice(&stage, "Select a choice first");
        end(&stage);
    }
}

/* How much of the picture is drawn in the mark's colour as ticks, and where the lowest bar ends. */
static void many_choices_leave_the_states_as_they_are(void **state)
{
    char *many = malloc(400000), *at = many;
    struct stage stage;
    uint32_t ticks = 0, lines = 0;
    (void)state;

    assert_non_null(many);
    for (int i = 0; i < 4000; i++) {
        at += sprintf(at,
                      "{\"t\":%d,\"thread\":2,\"event\":\"choice\",\"taken\":0,"
                      "\"among\":\"2,1\"}\n",
                      1000 + i * 1000);
    }
    begin(&stage, many, "exit 0\n");
    for (size_t i = 0; i < stage.list.count; i++) {
        const struct weft_draw_item *item = &stage.list.at[i];
        ticks += item->kind == WEFT_DRAW_RECT && item->rect.w == 1.25f && item->rect.h == 3;
        lines += item->kind == WEFT_DRAW_LINE;
    }
    /* A tick each three pixels at most, and hardly a fork: the legend's, and at the ends. */
    assert_in_range(ticks, 250, 350);
    assert_in_range(lines, 1, 12);
    end(&stage);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_meet_every_choice_and_tell_who_could_have_gone_on),
        cmocka_unit_test(another_choice_is_run_and_shown_below),
        cmocka_unit_test(a_run_that_fails_is_told_with_its_own_words),
        cmocka_unit_test(escape_ends_a_run_and_so_does_the_end_of_the_viewer),
        cmocka_unit_test(without_weft_or_a_choice_it_is_said_why_nothing_is_run),
        cmocka_unit_test(texts_that_are_no_candidates_are_no_choice),
        cmocka_unit_test(many_choices_leave_the_states_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
