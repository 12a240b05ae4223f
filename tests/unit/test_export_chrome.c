/*
 * The Chrome export in small: what becomes what.  Whether readers accept the whole is asked in
 * tests/e2e.
 */
#include "tests/unit/scarce.h"
#include "traces/export/export.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char header[] =
    "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"p\",\"command\":[\"p\",\"-x\"],"
    "\"pid\":50,\"start\":\"2026-11-24T11:49:13.000000000Z\",\"clock\":\"virtual\","
    "\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft\",\"overhead_ns\":0}\n"
    "{\"define\":\"thread\",\"id\":1,\"name\":\"main\"}\n"
    "{\"define\":\"thread\",\"id\":2,\"name\":\"other\"}\n"
    "{\"define\":\"object\",\"id\":1,\"kind\":\"lock\",\"name\":\"L\"}\n"
    "{\"define\":\"object\",\"id\":2,\"kind\":\"semaphore\",\"name\":\"S\",\"capacity\":2}\n"
    "{\"define\":\"object\",\"id\":3,\"kind\":\"queue\",\"name\":\"Q\"}\n"
    "{\"define\":\"site\",\"id\":1,\"function\":\"run\",\"file\":\"src/a.c\",\"line\":7}\n";

static void fail_on_bad_line(void *ctx, const char *text)
{
    (void)ctx;
    fail_msg("%s", text);
}

static struct weft_model *model_of(const char *lines)
{
    struct weft_error error = {""};
    struct weft_reader *reader = NULL;
    struct weft_model *model = weft_model_new();
    const size_t room = sizeof header + strlen(lines);
    char *text = malloc(room);
    bool more = true;

    assert_non_null(model);
    assert_non_null(text);
    (void)snprintf(text, room, "%s%s", header, lines);
    assert_int_equal(weft_reader_open_memory("t", text, strlen(text), &reader, &error), WEFT_OK);
    while (more) {
        assert_int_equal(
            weft_model_feed(model, reader, 1000, fail_on_bad_line, NULL, &more, &error), WEFT_OK);
    }
    weft_reader_close(reader);
    free(text);
    return model;
}

static const struct weft_exporter *chrome(void)
{
    for (size_t i = 0; i < weft_exporter_count; i++) {
        if (strcmp(weft_exporters[i].name, "chrome") == 0) {
            return &weft_exporters[i];
        }
    }
    fail_msg("there is no exporter \"chrome\"");
    return NULL;
}

/* The export of these events as text; the caller frees it. */
static char *export_of(const char *lines)
{
    struct weft_model *model = model_of(lines);
    struct weft_sink sink;

    assert_true(weft_sink_init(&sink, -1));
    chrome()->write(model, &sink);
    weft_sink_char(&sink, '\0');
    assert_int_equal(sink.errno_at, 0);
    char *text = strdup(sink.buffer);
    assert_non_null(text);
    weft_sink_done(&sink);
    weft_model_free(model);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in:\n%s", part, text);
    }
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("%s in:\n%s", part, text);
    }
}

static void assert_in_order(const char *text, const char *first, const char *second)
{
    assert_has(text, first);
    assert_has(text, second);
    if (strstr(text, first) > strstr(text, second)) {
        fail_msg("%s after %s in:\n%s", first, second, text);
    }
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)) != NULL; text++) {
        count++;
    }
    return count;
}

static void times_keep_their_nanoseconds(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":7,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":9007199254740993,\"thread\":1,\"event\":\"thread_exit\"}\n");

    assert_has(text, "{\"ph\":\"B\",\"pid\":50,\"tid\":50,\"ts\":0.007,\"name\":\"running\"");
    assert_has(text, "\"ts\":9007199254740.993,\"name\":\"running\"");
    free(text);
}

static void a_wait_names_its_lock_owner_outcome_and_place(void **state)
{
    (void)state;
    char *text =
        export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                  "{\"t\":0,\"thread\":2,\"event\":\"thread_start\",\"tid\":51}\n"
                  "{\"t\":10,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
                  "{\"t\":20,\"thread\":2,\"event\":\"lock_request\",\"object\":1,\"site\":1,"
                  "\"timeout\":70}\n"
                  "{\"t\":90,\"thread\":2,\"event\":\"lock_timeout\",\"object\":1,"
                  "\"outcome\":\"timeout\"}\n");

    assert_has(text, "{\"ph\":\"B\",\"pid\":50,\"tid\":51,\"ts\":0.020,\"name\":\"lock wait L\","
                     "\"cat\":\"lock_wait\",\"cname\":\"terrible\",\"loc\":\"a.c:7\",\"args\":{"
                     "\"object\":\"L\",\"owner\":\"main\",\"timeout_ns\":70,"
                     "\"outcome\":\"timeout\",\"function\":\"run\",\"file\":\"src/a.c\","
                     "\"line\":7}}");
    assert_has_not(text, "hand-off");
    free(text);
}

static void a_hand_off_is_an_arrow_from_an_instant_to_the_slice_that_begins(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":0,\"thread\":2,\"event\":\"thread_start\",\"tid\":51}\n"
                           "{\"t\":10,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
                           "{\"t\":20,\"thread\":2,\"event\":\"lock_request\",\"object\":1}\n"
                           "{\"t\":50,\"thread\":1,\"event\":\"lock_release\",\"object\":1}\n"
                           "{\"t\":50,\"thread\":2,\"event\":\"lock_acquire\",\"object\":1}\n"
                           "{\"t\":60,\"thread\":2,\"event\":\"thread_exit\"}\n");

    assert_has(text, "\"ts\":0.050,\"name\":\"wakes other\",\"cat\":\"hand-off\",\"s\":\"t\","
                     "\"args\":{\"thread\":\"other\",\"object\":\"L\"}},\n"
                     "{\"ph\":\"s\",\"pid\":50,\"tid\":50,\"ts\":0.050,\"name\":\"hand-off\","
                     "\"cat\":\"hand-off\",\"id\":1,\"bp\":\"e\"}");
    assert_in_order(text, "{\"ph\":\"s\"", "{\"ph\":\"E\",\"pid\":50,\"tid\":51,\"ts\":0.050");
    assert_in_order(text, "{\"ph\":\"B\",\"pid\":50,\"tid\":51,\"ts\":0.050",
                    "{\"ph\":\"f\",\"pid\":50,\"tid\":51,\"ts\":0.050,\"name\":\"hand-off\","
                    "\"cat\":\"hand-off\",\"id\":1,\"bp\":\"e\"}");
    free(text);
}

static void a_wait_of_no_length_is_an_instant(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":5,\"thread\":1,\"event\":\"sleep_begin\",\"duration\":0}\n"
                           "{\"t\":5,\"thread\":1,\"event\":\"sleep_end\"}\n"
                           "{\"t\":9,\"thread\":1,\"event\":\"thread_exit\"}\n");

    assert_int_equal(count_of(text, "\"name\":\"sleep\""), 1);
    assert_has(text, "{\"ph\":\"i\",\"pid\":50,\"tid\":50,\"ts\":0.005,\"name\":\"sleep\"");
    free(text);
}

static void neighbours_of_the_same_name_are_told_apart(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":0,\"thread\":1,\"event\":\"sleep_begin\",\"duration\":5}\n"
                           "{\"t\":5,\"thread\":1,\"event\":\"sleep_end\"}\n"
                           "{\"t\":5,\"thread\":1,\"event\":\"sleep_begin\",\"duration\":5}\n"
                           "{\"t\":10,\"thread\":1,\"event\":\"sleep_end\"}\n"
                           "{\"t\":10,\"thread\":1,\"event\":\"sleep_begin\",\"duration\":5}\n"
                           "{\"t\":15,\"thread\":1,\"event\":\"sleep_end\"}\n");

    assert_int_equal(count_of(text, "\"name\":\"sleep\""), 6);
    assert_int_equal(count_of(text, "\"args\":{\"asked_ns\":5}}"), 4);
    assert_int_equal(count_of(text, "\"args\":{\"asked_ns\":5,\"again\":true}}"), 2);
    free(text);
}

static void a_zone_cuts_the_states_around_its_ends(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":10,\"thread\":1,\"event\":\"zone_begin\",\"name\":\"load\"}\n"
                           "{\"t\":20,\"thread\":1,\"event\":\"sleep_begin\",\"duration\":10}\n"
                           "{\"t\":30,\"thread\":1,\"event\":\"sleep_end\"}\n"
                           "{\"t\":40,\"thread\":1,\"event\":\"zone_end\"}\n"
                           "{\"t\":50,\"thread\":1,\"event\":\"thread_exit\"}\n");

    assert_in_order(text, "{\"ph\":\"E\",\"pid\":50,\"tid\":50,\"ts\":0.010,\"name\":\"running\"",
                    "{\"ph\":\"B\",\"pid\":50,\"tid\":50,\"ts\":0.010,\"name\":\"load\"");
    assert_in_order(text, "{\"ph\":\"B\",\"pid\":50,\"tid\":50,\"ts\":0.010,\"name\":\"load\"",
                    "{\"ph\":\"B\",\"pid\":50,\"tid\":50,\"ts\":0.010,\"name\":\"running\"");
    assert_in_order(text, "{\"ph\":\"E\",\"pid\":50,\"tid\":50,\"ts\":0.040,\"name\":\"running\"",
                    "{\"ph\":\"E\",\"pid\":50,\"tid\":50,\"ts\":0.040,\"name\":\"load\"");
    assert_has(text, "{\"ph\":\"B\",\"pid\":50,\"tid\":50,\"ts\":0.040,\"name\":\"running\"");
    free(text);
}

static void zones_deeper_than_readers_go_become_instants(void **state)
{
    static const char begin[] = "{\"t\":1,\"thread\":1,\"event\":\"zone_begin\",\"name\":\"z\"}\n";
    char *lines = calloc(1000, sizeof begin);

    (void)state;
    assert_non_null(lines);
    strcpy(lines, "{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n");
    char *end = lines + strlen(lines);
    for (int i = 0; i < 900; i++) {
        memcpy(end, begin, sizeof begin);
        end += sizeof begin - 1;
    }
    strcpy(end, "{\"t\":9,\"thread\":1,\"event\":\"mark\",\"text\":\"end\"}\n");
    char *text = export_of(lines);

    const size_t slices =
        count_of(text, "{\"ph\":\"B\",\"pid\":50,\"tid\":50,\"ts\":0.001,\"name\":\"z\"");
    const size_t instants =
        count_of(text, "{\"ph\":\"i\",\"pid\":50,\"tid\":50,\"ts\":0.001,\"name\":\"z\"");
    assert_true(slices > 0 && slices < 512);
    assert_int_equal(slices + instants, 900);
    assert_int_equal(count_of(text, "\"ph\":\"B\""), count_of(text, "\"ph\":\"E\""));
    free(text);
    free(lines);
}

static void what_the_end_of_the_trace_cuts_says_so(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":1,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
                           "{\"t\":5,\"thread\":1,\"event\":\"sleep_begin\",\"duration\":100}\n"
                           "{\"t\":9,\"thread\":2,\"event\":\"mark\",\"text\":\"last\"}\n");

    assert_has(text, "{\"ph\":\"E\",\"pid\":50,\"tid\":50,\"ts\":0.009,\"name\":\"sleep\","
                     "\"cat\":\"sleep\",\"args\":{\"asked_ns\":100,\"cut\":true}}");
    assert_has(text, "\"name\":\"held by main\",\"args\":{\"owner\":\"main\",\"cut\":true}}");
    assert_has(text, "\"complete\":false");
    free(text);
}

static void permits_that_overlap_lie_on_lanes_of_their_own(void **state)
{
    (void)state;
    char *text =
        export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                  "{\"t\":0,\"thread\":2,\"event\":\"thread_start\",\"tid\":51}\n"
                  "{\"t\":1,\"thread\":1,\"event\":\"sem_acquire\",\"object\":2,\"value\":1}\n"
                  "{\"t\":2,\"thread\":2,\"event\":\"sem_acquire\",\"object\":2,\"value\":0}\n"
                  "{\"t\":3,\"thread\":1,\"event\":\"sem_release\",\"object\":2,\"value\":1}\n"
                  "{\"t\":4,\"thread\":2,\"event\":\"sem_release\",\"object\":2,\"value\":2}\n");

    assert_has(text, "\"ts\":0.001,\"id\":2,\"cat\":\"semaphore\",\"name\":\"held by main\"");
    assert_has(text, "\"ts\":0.002,\"id\":4,\"cat\":\"semaphore\",\"name\":\"S held by other\"");
    assert_has(text, "\"ts\":0.003,\"name\":\"S\",\"cat\":\"semaphore\",\"args\":{\"permits\":1}}");
    free(text);
}

static void a_queue_counts_its_items(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":1,\"thread\":1,\"event\":\"queue_put\",\"object\":3,\"size\":1,"
                           "\"item\":\"a\\\"\\u0001\\\\b\"}\n"
                           "{\"t\":2,\"thread\":1,\"event\":\"queue_get\",\"object\":3,\"size\":0,"
                           "\"item\":\"a\\\"\\u0001\\\\b\"}\n");

    assert_has(text, "\"ts\":0.001,\"name\":\"Q\",\"cat\":\"queue\",\"args\":{\"items\":1}}");
    assert_has(text, "\"ts\":0.002,\"name\":\"Q\",\"cat\":\"queue\",\"args\":{\"items\":0}}");
    assert_has(text, "\"name\":\"puts into Q\",\"cat\":\"queue_put\",\"s\":\"t\",\"args\":{"
                     "\"object\":\"Q\",\"size\":1,\"item\":\"a\\\"\\u0001\\\\b\"}}");
    free(text);
}

static void a_question_is_an_instant_and_its_repetition_a_slice(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":1,\"thread\":1,\"event\":\"query\",\"target\":2,"
                           "\"question\":\"is_alive\",\"answer\":1}\n"
                           "{\"t\":2,\"thread\":1,\"event\":\"poll_begin\",\"object\":3,"
                           "\"question\":\"empty\",\"answer\":0}\n"
                           "{\"t\":9,\"thread\":1,\"event\":\"poll_end\",\"object\":3,"
                           "\"question\":\"empty\",\"count\":1000}\n");

    assert_has(text, "\"name\":\"asks other: is it alive?\",\"cat\":\"query\"");
    assert_has(text, "{\"ph\":\"E\",\"pid\":50,\"tid\":50,\"ts\":0.009,"
                     "\"name\":\"busy polling Q\",\"cat\":\"poll\",\"args\":{\"object\":\"Q\","
                     "\"question\":\"is it empty?\",\"answer\":0,\"times\":1000}}");
    free(text);
}

static void objects_of_the_same_name_get_their_numbers(void **state)
{
    (void)state;
    char *text = export_of("{\"define\":\"object\",\"id\":9,\"kind\":\"lock\",\"name\":\"L\"}\n"
                           "{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                           "{\"t\":1,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
                           "{\"t\":2,\"thread\":1,\"event\":\"lock_acquire\",\"object\":9}\n");

    assert_has(text, "\"name\":\"acquires L #1\"");
    assert_has(text, "\"name\":\"acquires L #9\"");
    free(text);
}

static void threads_without_a_number_of_their_own_get_a_free_one(void **state)
{
    (void)state;
    char *text = export_of("{\"define\":\"thread\",\"id\":3,\"name\":\"third\"}\n"
                           "{\"define\":\"thread\",\"id\":4,\"name\":\"fourth\"}\n"
                           "{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":1}\n"
                           "{\"t\":0,\"thread\":2,\"event\":\"thread_start\",\"tid\":1}\n"
                           "{\"t\":0,\"thread\":3,\"event\":\"thread_start\"}\n"
                           "{\"t\":0,\"thread\":4,\"event\":\"thread_start\","
                           "\"tid\":99999999999}\n"
                           "{\"t\":9,\"thread\":4,\"event\":\"thread_exit\"}\n");

    assert_has(text, "\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"main\"}}");
    assert_has(text, "\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"other\"}}");
    assert_has(text, "\"tid\":3,\"name\":\"thread_name\",\"args\":{\"name\":\"third\"}}");
    assert_has(text, "\"tid\":4,\"name\":\"thread_name\",\"args\":{\"name\":\"fourth\"}}");
    free(text);
}

static void lanes_stand_in_the_order_of_the_trace(void **state)
{
    (void)state;
    char *text =
        export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":70}\n"
                  "{\"t\":0,\"thread\":2,\"event\":\"thread_start\",\"tid\":60}\n"
                  "{\"t\":1,\"thread\":1,\"event\":\"thread_name\",\"target\":2,\"name\":\"new\"}\n"
                  "{\"t\":2,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n");

    assert_has(text, "{\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":50,\"tid\":70,"
                     "\"name\":\"process_name\",\"args\":{\"name\":\"p\"}}");
    assert_has(text, "\"tid\":70,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":1}}");
    assert_has(text, "\"tid\":60,\"name\":\"thread_name\",\"args\":{\"name\":\"new\"}}");
    assert_has(text, "\"tid\":60,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":2}}");
    assert_has(text, "\"name\":\"thread_name\",\"args\":{\"name\":\"L\"}}");
    assert_has(text, "\"name\":\"renames other\",\"cat\":\"thread_name\"");
    free(text);
}

static void an_empty_trace_is_still_a_document(void **state)
{
    (void)state;
    char *text = export_of("{\"end\":true,\"events\":0,\"lost\":0,\"late\":0,\"duration_ns\":0}\n");

    assert_has(text, "\"process_name\"");
    assert_has(text, "\n],\n\"displayTimeUnit\":\"ns\",\n\"metadata\":{\n\"program\":\"p\",\n"
                     "\"command\":\"p -x\"");
    assert_has(text, "\"complete\":true\n}}\n");
    free(text);
}

static void a_full_disk_is_the_sinks_error(void **state)
{
    struct weft_model *model =
        model_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n");
    const int fd = open("/dev/full", O_WRONLY);
    struct weft_sink sink;

    (void)state;
    assert_true(fd >= 0);
    assert_true(weft_sink_init(&sink, fd));
    chrome()->write(model, &sink);
    assert_false(weft_sink_flush(&sink));
    assert_int_equal(sink.errno_at, ENOSPC);
    weft_sink_done(&sink);
    close(fd);
    weft_model_free(model);
}

static void no_memory_is_the_sinks_error(void **state)
{
    struct weft_model *model =
        model_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n"
                 "{\"t\":1,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
                 "{\"t\":2,\"thread\":2,\"event\":\"lock_request\",\"object\":1}\n"
                 "{\"t\":3,\"thread\":1,\"event\":\"lock_release\",\"object\":1}\n"
                 "{\"t\":4,\"thread\":2,\"event\":\"lock_acquire\",\"object\":1}\n");
    uint64_t failures = 0;
    bool whole = false;

    (void)state;
    while (!whole) {
        struct weft_sink sink;
        assert_true(weft_sink_init(&sink, -1));
        scarce_allocations = 0;
        scarce_fails_at = failures;
        chrome()->write(model, &sink);
        scarce_fails_at = UINT64_MAX;
        whole = sink.errno_at == 0;
        assert_true(whole || sink.errno_at == ENOMEM);
        weft_sink_done(&sink);
        failures += !whole;
    }
    assert_true(failures > 5);
    weft_model_free(model);
}

static void findings_lie_on_a_lane_of_their_own(void **state)
{
    (void)state;
    char *text =
        export_of("{\"t\":0,\"thread\":1,\"event\":\"lock_acquire\",\"object\":1}\n"
                  "{\"t\":1000,\"thread\":1,\"event\":\"lock_request\",\"object\":1,\"site\":1}\n"
                  "{\"t\":9000,\"thread\":2,\"event\":\"print\",\"text\":\"on\"}\n");

    assert_has(text, "\"args\":{\"name\":\"findings\"}");
    assert_has(text, "\"ts\":1.000,\"name\":\"deadlock: L\",\"cat\":\"finding\",\"s\":\"t\"");
    assert_has(text, "\"what\":\"main waits for L, which it has.\"");
    free(text);
}

static void without_findings_there_is_no_lane_for_them(void **state)
{
    (void)state;
    char *text = export_of("{\"t\":0,\"thread\":1,\"event\":\"thread_start\",\"tid\":50}\n");

    assert_has_not(text, "finding");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_keep_their_nanoseconds),
        cmocka_unit_test(findings_lie_on_a_lane_of_their_own),
        cmocka_unit_test(without_findings_there_is_no_lane_for_them),
        cmocka_unit_test(a_wait_names_its_lock_owner_outcome_and_place),
        cmocka_unit_test(a_hand_off_is_an_arrow_from_an_instant_to_the_slice_that_begins),
        cmocka_unit_test(a_wait_of_no_length_is_an_instant),
        cmocka_unit_test(neighbours_of_the_same_name_are_told_apart),
        cmocka_unit_test(a_zone_cuts_the_states_around_its_ends),
        cmocka_unit_test(zones_deeper_than_readers_go_become_instants),
        cmocka_unit_test(what_the_end_of_the_trace_cuts_says_so),
        cmocka_unit_test(permits_that_overlap_lie_on_lanes_of_their_own),
        cmocka_unit_test(a_queue_counts_its_items),
        cmocka_unit_test(a_question_is_an_instant_and_its_repetition_a_slice),
        cmocka_unit_test(objects_of_the_same_name_get_their_numbers),
        cmocka_unit_test(threads_without_a_number_of_their_own_get_a_free_one),
        cmocka_unit_test(lanes_stand_in_the_order_of_the_trace),
        cmocka_unit_test(an_empty_trace_is_still_a_document),
        cmocka_unit_test(a_full_disk_is_the_sinks_error),
        cmocka_unit_test(no_memory_is_the_sinks_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
