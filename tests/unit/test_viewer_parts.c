#define _XOPEN_SOURCE 700 /* mkdtemp */

/* The viewer's small parts, each alone: search, bookmarks, prompt, arrangement, source, settings,
 * and the graph of a moment. */
#include "traces/model/build.h"
#include "viewer/bookmarks.h"
#include "viewer/moment.h"
#include "viewer/prompt.h"
#include "viewer/search.h"
#include "viewer/settings.h"
#include "viewer/source.h"
#include "viewer/timeline/arrange.h"
#include "viewer/timeline/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[128];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/weft-parts-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char words[200];

    (void)state;
    (void)snprintf(words, sizeof words, "rm -r %s", folder);
    return system(words);
}

static const char *path_to(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *out = fopen(path_to(name), "wb");

    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static struct weft_model *model_of(const char *events)
{
    struct weft_model *model = NULL;
    char text[4096];

    (void)snprintf(text, sizeof text,
                   "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"p\",\"pid\":1,"
                   "\"start\":\"2026-04-01T00:00:00.000000000Z\",\"clock\":\"monotonic\","
                   "\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft test\"}\n"
                   "{\"define\":\"thread\",\"id\":1,\"name\":\"a\"}\n"
                   "{\"define\":\"thread\",\"id\":2,\"name\":\"b\"}\n"
                   "{\"define\":\"thread\",\"id\":3,\"name\":\"c\"}\n"
                   "{\"define\":\"object\",\"id\":1,\"kind\":\"mutex\",\"name\":\"A\"}\n"
                   "{\"define\":\"object\",\"id\":2,\"kind\":\"mutex\",\"name\":\"B\"}\n%s",
                   events);
    write_file("m.weft.jsonl", text);
    assert_int_equal(weft_model_load(path_to("m.weft.jsonl"), NULL, NULL, &model, NULL), WEFT_OK);
    return model;
}

static const char deadlock[] =
    "{\"t\":100,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
    "{\"t\":110,\"thread\":2,\"event\":\"lock_acquire\",\"object\":2}\n"
    "{\"t\":200,\"thread\":3,\"event\":\"lock_request\",\"object\":1}\n"
    "{\"t\":300,\"thread\":1,\"event\":\"lock_request\",\"object\":2}\n"
    "{\"t\":400,\"thread\":2,\"event\":\"lock_request\",\"object\":1}\n"
    "{\"t\":900,\"thread\":2,\"event\":\"print\",\"text\":\"Hello World\"}\n";

static void a_moment_shows_a_ring_only_while_it_is_one(void **state)
{
    (void)state;
    struct weft_model *model = model_of(deadlock);
    struct weft_moment moment;

    weft_moment_build(&moment, model, 350);
    assert_int_equal(moment.waiting, 2);
    assert_int_equal(moment.cycle_length, 0);
    /* c waits for A of a, which waits for B of b: five nodes, each a step further from b. */
    assert_int_equal(moment.node_count, 5);
    for (uint32_t i = 0; i < moment.node_count; i++) {
        const struct weft_moment_node *node = &moment.nodes[i];
        const uint32_t wanted = node->thread       ? (node->index == 0   ? 2u
                                                      : node->index == 1 ? 0u
                                                                         : 4u)
                                : node->index == 0 ? 3u
                                                   : 1u;
        assert_int_equal(node->rank, wanted);
    }
    weft_moment_build(&moment, model, 450);
    assert_int_equal(moment.waiting, 3);
    assert_int_equal(moment.cycle_length, 4);
    uint32_t red = 0;
    for (uint32_t i = 0; i < moment.edge_count; i++) {
        const struct weft_moment_edge *edge = &moment.edges[i];
        red += edge->in_cycle;
        /* c is not in it, and waits in front of it. */
        assert_false(edge->in_cycle && moment.nodes[edge->from].thread &&
                     moment.nodes[edge->from].index == 2);
    }
    assert_int_equal(red, 4);
    weft_model_free(model);
}

static void a_search_looks_into_names_and_text_without_case(void **state)
{
    (void)state;
    struct weft_model *model = model_of(deadlock);
    struct weft_search search = {.at = WEFT_NONE};

    assert_true(weft_search_run(&search, model, NULL, "hello w"));
    assert_int_equal(search.found.count, 1);
    assert_int_equal(search.found.at[0].kind, WEFT_FOUND_PRINT);
    assert_true(weft_search_run(&search, model, NULL, "a"));
    assert_int_equal(search.found.count, 2); /* thread a and lock A */
    assert_int_equal(weft_search_step(&search, false)->kind, WEFT_FOUND_OBJECT);
    assert_int_equal(weft_search_step(&search, true)->kind, WEFT_FOUND_THREAD);
    assert_int_equal(weft_search_step(&search, true)->kind, WEFT_FOUND_OBJECT);
    assert_true(weft_search_run(&search, model, NULL, "nowhere"));
    assert_null(weft_search_step(&search, true));
    assert_true(weft_search_run(&search, model, NULL, ""));
    assert_int_equal(search.found.count, 0);
    weft_search_done(&search);
    weft_model_free(model);
}

static void bookmarks_come_back_as_they_were_kept(void **state)
{
    (void)state;
    struct weft_bookmarks kept = {0}, back = {0};
    struct weft_error error;

    assert_true(weft_bookmarks_set(&kept, 500, "the \"second\" lỗi"));
    assert_true(weft_bookmarks_set(&kept, 100, "first\nwith a line"));
    assert_true(weft_bookmarks_set(&kept, 900, "gone"));
    assert_true(weft_bookmarks_set(&kept, 900, ""));
    assert_int_equal(weft_bookmarks_save(&kept, path_to("t"), &error), WEFT_OK);
    weft_bookmarks_load(&back, path_to("t"));
    assert_int_equal(back.count, 2);
    assert_string_equal(back.at[0].note, "first with a line");
    assert_string_equal(weft_bookmarks_find(&back, 500)->note, "the \"second\" lỗi");
    assert_int_equal(weft_bookmarks_next(&back, 100, true)->t_ns, 500);
    assert_int_equal(weft_bookmarks_next(&back, 500, false)->t_ns, 100);
    assert_null(weft_bookmarks_next(&back, 500, true));
    /* Without any, no file is left behind. */
    weft_bookmarks_set(&kept, 100, "");
    weft_bookmarks_set(&kept, 500, "");
    assert_int_equal(weft_bookmarks_save(&kept, path_to("t"), &error), WEFT_OK);
    assert_int_equal(access(path_to("t.bookmarks"), F_OK), -1);
    assert_int_equal(weft_bookmarks_save(&back, path_to("none/t"), &error), WEFT_ERR_WRITE);
    weft_bookmarks_done(&kept);
    weft_bookmarks_done(&back);
}

static void lines_that_are_no_bookmarks_are_left_out(void **state)
{
    (void)state;
    struct weft_bookmarks back = {0};

    write_file("u.bookmarks",
               "12 good\n\nhello\n-4 no\n99999999999999999999999 no\n7\n13 also\r\n");
    weft_bookmarks_load(&back, path_to("u"));
    assert_int_equal(back.count, 2);
    assert_int_equal(back.at[1].t_ns, 13);
    assert_string_equal(back.at[1].note, "also");
    weft_bookmarks_done(&back);
}

static void a_prompt_is_edited_by_whole_characters(void **state)
{
    (void)state;
    struct weft_prompt prompt;

    weft_prompt_open(&prompt, WEFT_PROMPT_SEARCH, "ab");
    weft_prompt_write(&prompt, 0x1ed7); /* ỗ */
    assert_string_equal(prompt.text, "abỗ");
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_LEFT));
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_LEFT));
    weft_prompt_write(&prompt, 'x');
    assert_string_equal(prompt.text, "axbỗ");
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_DELETE));
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_DELETE));
    assert_string_equal(prompt.text, "ax");
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_BACKSPACE));
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_HOME));
    assert_true(weft_prompt_edit(&prompt, WEFT_KEY_BACKSPACE)); /* nothing is left of it */
    assert_string_equal(prompt.text, "a");
    assert_false(weft_prompt_edit(&prompt, WEFT_KEY_ENTER));
    weft_prompt_write(&prompt, '\n');
    weft_prompt_write(&prompt, 0xd800);
    assert_string_equal(prompt.text, "a");
    for (int i = 0; i < 1000; i++) {
        weft_prompt_write(&prompt, 0x1ed7);
    }
    assert_true(prompt.len < sizeof prompt.text);
}

static void the_palette_finds_by_every_word(void **state)
{
    (void)state;
    enum weft_command_id found[WEFT_COMMAND_COUNT];

    assert_int_equal(weft_prompt_commands("", found, WEFT_COMMAND_COUNT), WEFT_COMMAND_COUNT);
    assert_int_equal(weft_prompt_commands("LANE top", found, WEFT_COMMAND_COUNT), 1);
    assert_int_equal(found[0], WEFT_COMMAND_PIN);
    assert_int_equal(weft_prompt_commands("zoom xyzzy", found, WEFT_COMMAND_COUNT), 0);
}

static void an_order_keeps_what_was_moved_when_more_come(void **state)
{
    (void)state;
    struct weft_order order = {0};

    assert_int_equal(weft_order_at(&order, 7), 7);
    assert_true(weft_order_swap(&order, 3, 0, 2));
    assert_int_equal(weft_order_at(&order, 0), 2);
    assert_int_equal(weft_order_at(&order, 2), 0);
    assert_int_equal(weft_order_at(&order, 5), 5);
    assert_true(weft_order_swap(&order, 6, 5, 2));
    assert_int_equal(weft_order_at(&order, 0), 5);
    assert_int_equal(weft_order_at(&order, 5), 2);
    assert_false(weft_order_swap(&order, 6, 6, 0));
    assert_true(weft_order_set(&order, 6, 4, WEFT_ARRANGE_HIDDEN, 0));
    assert_int_equal(weft_order_flags(&order, 4), WEFT_ARRANGE_HIDDEN);
    assert_int_equal(weft_order_flags(&order, 400), 0);
    free(order.at);
    free(order.flags);
}

static void a_source_is_found_beside_the_trace_and_where_the_user_says(void **state)
{
    (void)state;
    struct weft_shelf shelf = {.count = 0};
    char line[64];

    assert_int_equal(mkdir(path_to("src"), 0700), 0);
    write_file("src/a.c", "one\n\ttwo\r\nthree");
    weft_shelf_open(&shelf, path_to("t.weft.jsonl"), NULL);
    const struct weft_source *source = weft_shelf_find(&shelf, "/build/of/others/src/a.c");
    assert_non_null(source);
    assert_ptr_equal(weft_shelf_find(&shelf, "/build/of/others/src/a.c"), source);
    assert_int_equal(source->line_count, 3);
    assert_true(weft_source_line(source, 2, line, sizeof line));
    assert_string_equal(line, "    two");
    assert_true(weft_source_line(source, 3, line, sizeof line));
    assert_string_equal(line, "three");
    assert_false(weft_source_line(source, 4, line, sizeof line));
    assert_null(weft_shelf_find(&shelf, "b.c"));
    write_file("src/b.c", "b\n");
    char sources[256];
    (void)snprintf(sources, sizeof sources, "%s/src", folder);
    weft_shelf_open(&shelf, path_to("t.weft.jsonl"), sources);
    assert_non_null(weft_shelf_find(&shelf, "x/b.c"));
    assert_null(weft_shelf_find(&shelf, ""));
    weft_shelf_done(&shelf);
}

static void settings_come_back_as_they_were_saved(void **state)
{
    (void)state;
    static struct weft_settings saved, back;

    assert_int_equal(setenv("XDG_CONFIG_HOME", path_to("config/deep"), 1), 0);
    assert_int_equal(setenv("XDG_STATE_HOME", path_to("state"), 1), 0);
    weft_settings_init(&saved);
    saved.theme = WEFT_THEME_CONTRAST;
    saved.scale = 1.25f;
    saved.width = 1234;
    saved.height = 567;
    for (int i = 0; i < 12; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "t%d", i);
        write_file(name, "");
        weft_settings_opened(&saved, path_to(name));
    }
    weft_settings_opened(&saved, path_to("t5"));
    weft_settings_opened(&saved, path_to("not there"));
    saved.tongue = WEFT_TONGUE_VI;
    saved.has_tongue = true;
    weft_settings_save(&saved);
    weft_settings_init(&back);
    weft_settings_load(&back);
    assert_int_equal(back.theme, WEFT_THEME_CONTRAST);
    assert_true(back.scale == 1.25f);
    assert_true(back.has_tongue);
    assert_int_equal(back.tongue, WEFT_TONGUE_VI);
    assert_int_equal(back.width, 1234);
    assert_int_equal(back.height, 567);
    assert_int_equal(back.recent_count, WEFT_RECENT_MAX);
    assert_string_equal(back.recent[0], path_to("t5"));
    assert_string_equal(back.recent[1], path_to("t11"));
}

static void settings_that_make_no_sense_change_nothing(void **state)
{
    (void)state;
    static struct weft_settings back;

    assert_int_equal(setenv("XDG_CONFIG_HOME", folder, 1), 0);
    assert_int_equal(setenv("XDG_STATE_HOME", folder, 1), 0);
    (void)mkdir(path_to("weft"), 0700);
    write_file("weft/viewer.conf", "theme purple\nscale 1000\nwindow -4 99999\nscale nan\nx\n\n");
    weft_settings_init(&back);
    weft_settings_load(&back);
    assert_int_equal(back.theme, WEFT_THEME_DARK);
    assert_true(back.scale == 1);
    assert_int_equal(back.width, 0);
    assert_int_equal(back.recent_count, 0);
}

/* Three threads in a circle around a lock, the waits overlapping. */
static void lock_round(struct weft_model *model, unsigned i)
{
    const uint32_t owner = i % 3 + 1, next = (i + 1) % 3 + 1, after = (i + 2) % 3 + 1;
    const struct {
        uint32_t thread;
        enum weft_event_kind kind;
    } steps[] = {{i == 0 ? next : after, WEFT_EV_LOCK_REQUEST},
                 {owner, WEFT_EV_LOCK_RELEASE},
                 {next, WEFT_EV_LOCK_ACQUIRE}};

    for (unsigned k = 0; k < 3; k++) {
        const struct weft_item item = {.kind = WEFT_ITEM_EVENT,
                                       .event = {.t_ns = 100 + i * 90 + k * (i % 7 + 1),
                                                 .thread = steps[k].thread,
                                                 .kind = steps[k].kind,
                                                 .object = 1}};
        assert_int_equal(weft_model_apply(model, &item), WEFT_OK);
        if (i == 0 && k == 0) { /* the third one comes, too */
            struct weft_item third = item;
            third.event.thread = after;
            assert_int_equal(weft_model_apply(model, &third), WEFT_OK);
        }
    }
}

static void a_summary_that_grows_is_the_one_made_at_once(void **state)
{
    (void)state;
    struct weft_model *model = weft_model_new();
    struct weft_summary grown = {0}, made = {0};
    const struct weft_item first = {
        .kind = WEFT_ITEM_EVENT,
        .event = {.t_ns = 50, .thread = 1, .kind = WEFT_EV_LOCK_ACQUIRE, .object = 1}};

    assert_non_null(model);
    assert_int_equal(weft_model_apply(model, &first), WEFT_OK);
    for (unsigned i = 0; i < 200; i++) {
        lock_round(model, i);
        if (i % 11 == 0) { /* in the middle of waits */
            weft_model_settle(model);
            assert_true(weft_summary_build(&grown, model));
        }
    }
    weft_model_settle(model);
    assert_true(weft_summary_build(&grown, model));
    assert_true(weft_summary_build(&made, model));
    const struct weft_object_summary *a = &grown.objects.at[0], *b = &made.objects.at[0];
    assert_true(b->waits > 100 && b->crowd > 1);
    assert_int_equal(a->waits, b->waits);
    assert_int_equal(a->all_waits_ns, b->all_waits_ns);
    assert_int_equal(a->longest_wait_ns, b->longest_wait_ns);
    assert_int_equal(a->crowd, b->crowd);
    for (uint32_t i = 0; i < 3; i++) {
        for (int k = 0; k < WEFT_STATE_COUNT; k++) {
            assert_int_equal(grown.threads.at[i].state_ns[k], made.threads.at[i].state_ns[k]);
            assert_int_equal(made.threads.at[i].state_ns[k],
                             weft_model_state_ns(model, i, (enum weft_state)k, 0, UINT64_MAX));
        }
    }
    assert_int_equal(memcmp(grown.states, made.states, sizeof made.states), 0);
    weft_summary_done(&grown);
    weft_summary_done(&made);
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_that_grows_is_the_one_made_at_once),
        cmocka_unit_test(a_moment_shows_a_ring_only_while_it_is_one),
        cmocka_unit_test(a_search_looks_into_names_and_text_without_case),
        cmocka_unit_test(bookmarks_come_back_as_they_were_kept),
        cmocka_unit_test(lines_that_are_no_bookmarks_are_left_out),
        cmocka_unit_test(a_prompt_is_edited_by_whole_characters),
        cmocka_unit_test(the_palette_finds_by_every_word),
        cmocka_unit_test(an_order_keeps_what_was_moved_when_more_come),
        cmocka_unit_test(a_source_is_found_beside_the_trace_and_where_the_user_says),
        cmocka_unit_test(settings_come_back_as_they_were_saved),
        cmocka_unit_test(settings_that_make_no_sense_change_nothing),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
