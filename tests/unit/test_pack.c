/* Packed traces: what is written packed is read as it was, and what is damaged costs only itself.
 */
#include "base/pack.h"
#include "traces/read/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#define HEAD "{\"format\":\"weft-trace\",\"version\":1,\"unit\":\"ns\"}\n"

enum { EVENTS = 20000 };

/* A trace of many lines; the caller frees it. */
static char *long_trace(size_t *len)
{
    struct weft_sink sink;

    assert_true(weft_sink_init(&sink, -1));
    weft_sink_text(&sink, HEAD);
    for (unsigned i = 0; i < EVENTS; i++) {
        weft_sink_printf(&sink, "{\"t\":%u,\"thread\":%u,\"event\":\"mark\",\"text\":\"%x\"}\n", i,
                         1 + i % 7, i * 2654435761u);
    }
    weft_sink_printf(&sink, "{\"end\":true,\"events\":%d,\"lost\":0,\"late\":0}\n", EVENTS);
    *len = sink.used;
    return sink.buffer;
}

/* Reads all; the events, and the last sentence about what was bad ("" when nothing was). */
static uint64_t events_of(const char *bytes, size_t len, char *said, size_t room, bool *complete)
{
    struct weft_reader *reader;
    struct weft_item item;
    struct weft_error error;
    enum weft_read read;

    said[0] = '\0';
    assert_int_equal(weft_reader_open_memory("t", bytes, len, &reader, &error), WEFT_OK);
    while ((read = weft_reader_next(reader, &item)) != WEFT_READ_END) {
        assert_true(read == WEFT_READ_ITEM || read == WEFT_READ_BAD);
        if (read == WEFT_READ_BAD) {
            (void)snprintf(said, room, "%s", weft_reader_error(reader)->text);
        }
    }
    const uint64_t events = weft_reader_health(reader)->events;
    *complete = weft_reader_health(reader)->complete;
    weft_reader_close(reader);
    return events;
}

static char *packed(const char *text, size_t len, size_t *packed_len)
{
    char *bytes = malloc(ZSTD_compressBound(len));

    assert_non_null(bytes);
    *packed_len = ZSTD_compress(bytes, ZSTD_compressBound(len), text, len, 3);
    assert_false(ZSTD_isError(*packed_len));
    return bytes;
}

static void a_packed_trace_is_read_as_the_plain_one(void **state)
{
    (void)state;
    char said[512];
    size_t len, packed_len;
    bool complete;
    char *text = long_trace(&len), *bytes = packed(text, len, &packed_len);

    assert_true(packed_len < len / 2);
    assert_int_equal(events_of(bytes, packed_len, said, sizeof said, &complete), EVENTS);
    assert_true(complete);
    assert_string_equal(said, "");
    free(bytes);
    free(text);
}

static void frames_behind_each_other_are_one_trace(void **state)
{
    (void)state;
    char said[512];
    size_t len, first_len, second_len;
    bool complete;
    char *text = long_trace(&len);
    char *first = packed(text, len / 2, &first_len);
    char *second = packed(text + len / 2, len - len / 2, &second_len);
    char *both = malloc(first_len + second_len);

    assert_non_null(both);
    memcpy(both, first, first_len);
    memcpy(both + first_len, second, second_len);
    assert_int_equal(events_of(both, first_len + second_len, said, sizeof said, &complete), EVENTS);
    assert_true(complete);
    free(both);
    free(first);
    free(second);
    free(text);
}

static void of_a_cut_file_the_good_part_is_kept(void **state)
{
    (void)state;
    char said[512];
    size_t len, packed_len;
    bool complete;
    char *text = long_trace(&len), *bytes = packed(text, len, &packed_len);
    const uint64_t events =
        events_of(bytes, packed_len - packed_len / 4, said, sizeof said, &complete);

    assert_true(events > 100 && events < EVENTS);
    assert_false(complete);
    assert_non_null(strstr(said, "its compressed data end in the middle"));
    free(bytes);
    free(text);
}

static void what_is_damaged_ends_the_trace_there(void **state)
{
    (void)state;
    char said[512];
    size_t len, packed_len;
    bool complete;
    char *text = long_trace(&len), *bytes = packed(text, len, &packed_len);

    memset(bytes + packed_len / 2, 0xff, packed_len / 2);
    assert_true(events_of(bytes, packed_len, said, sizeof said, &complete) < EVENTS);
    assert_false(complete);
    assert_non_null(strstr(said, "its compressed data are damaged"));
    free(bytes);
    free(text);
}

static void a_frame_that_wants_too_much_memory_is_refused(void **state)
{
    (void)state;
    /* A frame header with a window descriptor of 2^31 bytes. */
    static const char frame[] = "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
    struct weft_reader *reader = NULL;
    struct weft_error error;

    assert_int_equal(weft_reader_open_memory("t", frame, sizeof frame - 1, &reader, &error),
                     WEFT_ERR_FORMAT);
    assert_string_equal(error.text, "t: its compressed data need more than 128 MiB to be unpacked "
                                    "(expected whole zstd frames)");
    assert_null(reader);
}

static void a_packing_sink_can_be_read_up_to_each_flush(void **state)
{
    (void)state;
    char path[] = "/tmp/weft-test-pack-XXXXXX", said[512];
    const int fd = mkstemp(path);
    struct weft_sink sink;
    size_t len;
    bool complete;
    char *text = long_trace(&len), *bytes = malloc(len);

    assert_true(fd >= 0 && bytes != NULL);
    assert_true(weft_sink_init(&sink, fd) && weft_sink_pack(&sink));
    weft_sink_bytes(&sink, text, len);
    assert_true(weft_sink_flush(&sink));
    ssize_t there = pread(fd, bytes, len, 0);
    assert_true(there > 0);
    assert_int_equal(events_of(bytes, (size_t)there, said, sizeof said, &complete), EVENTS);
    assert_non_null(strstr(said, "end in the middle")); /* more could have come */
    assert_true(weft_sink_finish(&sink));
    there = pread(fd, bytes, len, 0);
    assert_int_equal(events_of(bytes, (size_t)there, said, sizeof said, &complete), EVENTS);
    assert_string_equal(said, "");
    weft_sink_done(&sink);
    (void)close(fd);
    (void)unlink(path);
    free(bytes);
    free(text);
}

static void the_name_of_a_file_asks_for_packing(void **state)
{
    (void)state;
    assert_true(weft_pack_is_wanted("x.weft.jsonl.zst"));
    assert_false(weft_pack_is_wanted("x.weft.jsonl"));
    assert_false(weft_pack_is_wanted(".zst"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_trace_is_read_as_the_plain_one),
        cmocka_unit_test(frames_behind_each_other_are_one_trace),
        cmocka_unit_test(of_a_cut_file_the_good_part_is_kept),
        cmocka_unit_test(what_is_damaged_ends_the_trace_there),
        cmocka_unit_test(a_frame_that_wants_too_much_memory_is_refused),
        cmocka_unit_test(a_packing_sink_can_be_read_up_to_each_flush),
        cmocka_unit_test(the_name_of_a_file_asks_for_packing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
