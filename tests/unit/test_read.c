/* A whole trace: opening, lines, losses and cuts. */
#define _POSIX_C_SOURCE 200809L
#include "tests/read_items.h"
#include "traces/read/line.h"

#include <cjson/cJSON.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "{\"format\":\"weft-trace\",\"version\":1}\n"
#define MARK(t) "{\"t\":" #t ",\"thread\":1,\"event\":\"mark\"}\n"

/* Everything that a reader says about a trace, as text. */
static char *told(struct weft_reader *reader)
{
    struct weft_sink sink;
    struct weft_item item;
    enum weft_read read;

    assert_true(weft_sink_init(&sink, -1));
    while ((read = weft_reader_next(reader, &item)) != WEFT_READ_END) {
        assert_true(read == WEFT_READ_ITEM || read == WEFT_READ_BAD);
        if (read == WEFT_READ_ITEM) {
            item_print(&sink, &item);
        } else {
            weft_sink_text(&sink, weft_reader_error(reader)->text);
            weft_sink_char(&sink, '\n');
        }
    }
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_END);
    health_print(&sink, weft_reader_health(reader));
    weft_sink_char(&sink, '\0');
    weft_reader_close(reader);
    return sink.buffer;
}

static char *told_of(const char *bytes, size_t len)
{
    struct weft_reader *reader;
    struct weft_error error;

    if (weft_reader_open_memory("t", bytes, len, &reader, &error) != WEFT_OK) {
        fail_msg("%s", error.text);
    }
    return told(reader);
}

static void expect(const char *bytes, const char *expected)
{
    char *text = told_of(bytes, strlen(bytes));
    char all[32];

    /* That all bytes were read need not be said by each case. */
    (void)snprintf(all, sizeof all, "bytes=%zu ", strlen(bytes));
    char *found = strstr(text, all);
    assert_non_null(found);
    memmove(found, found + strlen(all), strlen(found) + 1 - strlen(all));
    assert_string_equal(text, expected);
    free(text);
}

/* Opening ───────────────────────────────────────────────────────────────────────────────────── */

static void expect_refused(const char *bytes, size_t len, enum weft_status status,
                           const char *sentence)
{
    struct weft_reader *const untouched = (struct weft_reader *)&status;
    struct weft_reader *reader = untouched;
    struct weft_error error;

    assert_int_equal(weft_reader_open_memory("t", bytes, len, &reader, &error), status);
    assert_string_equal(error.text, sentence);
    assert_ptr_equal(reader, untouched);
}

#define REFUSED(bytes, status, sentence)                                                           \
    expect_refused(bytes, sizeof(bytes) - 1, status, "t: " sentence)

static void what_is_no_trace_is_refused_with_one_sentence_each(void **state)
{
    (void)state;
    REFUSED("", WEFT_ERR_FORMAT, "is empty (expected a weft trace, with a header in line 1)");
    REFUSED("\x1f\x8b\x08\n", WEFT_ERR_FORMAT,
            "is compressed with gzip (expected a trace as plain text: unpack it first)");
    REFUSED("\x28\xb5\x2f\xfd\x04\n", WEFT_ERR_FORMAT,
            "its compressed data end in the middle (expected whole zstd frames)");
    REFUSED("\x7f"
            "ELF\x02\x01\x01\0\0\n",
            WEFT_ERR_FORMAT,
            "is a binary file (expected a weft trace: JSON Lines with a header in line 1)");
    REFUSED("\xef\xbb\xbf" HEAD, WEFT_ERR_FORMAT,
            "line 1: starts with a byte order mark (expected the header's '{' as the first byte)");
    REFUSED("hello\n", WEFT_ERR_FORMAT,
            "line 1: no header of a weft trace: byte 1: no JSON object (expected '{')");
    REFUSED("{\"traceEvents\":[]}\n", WEFT_ERR_FORMAT,
            "line 1: JSON, but no header of a weft trace (expected one with "
            "\"format\":\"weft-trace\")");
    REFUSED("{\"format\":\"weft-trace\",\"version\":2}\n", WEFT_ERR_VERSION,
            "line 1: version 2 of the format (expected 1: this trace needs a later weft)");
    REFUSED("{\"format\":\"weft-trace\",\"version\":0}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"version\" in the header (expected 1)");
    REFUSED("{\"format\":\"weft-trace\"}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"version\" in the header (expected 1)");
    REFUSED("{\"format\":\"weft-trace\",\"vers", WEFT_ERR_FORMAT,
            "line 1: the header is cut: no header of a weft trace: byte 29: the line ends inside "
            "a string");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1}", WEFT_ERR_FORMAT,
            "line 1: the header is cut (expected a line end)");
    REFUSED("{\"traceEvents\":[]}", WEFT_ERR_FORMAT,
            "line 1: JSON, but no header of a weft trace (expected one with "
            "\"format\":\"weft-trace\")");
    REFUSED("hello", WEFT_ERR_FORMAT,
            "line 1: no header of a weft trace: byte 1: no JSON object (expected '{')");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1,\"unit\":\"ms\"}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"unit\" in the header (expected \"ns\")");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1,\"pid\":1.5}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"pid\" in the header (expected an integer)");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1,\"clock\":5}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"clock\" in the header (expected a text)");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1,\"command\":[1]}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"command\" in the header (expected an array of texts)");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1,\"command\":\"a\"}\n", WEFT_ERR_FORMAT,
            "line 1: bad \"command\" in the header (expected an array of texts)");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1,\"version\":1}\n", WEFT_ERR_FORMAT,
            "line 1: the key \"version\" twice (expected it once)");
    REFUSED("{\"format\":\"weft-trace\",\"version\":1}}\n", WEFT_ERR_FORMAT,
            "line 1: no header of a weft trace: byte 36: something after the object (expected the "
            "end of the line)");
}

static void a_header_without_end_is_refused_at_once(void **state)
{
    const size_t len = 3 * WEFT_LINE_MAX_BYTES;
    char *text = malloc(len);
    char *zeros = calloc(1, len);
    (void)state;

    assert_true(text != NULL && zeros != NULL);
    memset(text, 'a', len);
    expect_refused(text, len, WEFT_ERR_FORMAT,
                   "t: line 1: longer than 1048576 bytes (expected the header of a weft trace)");
    expect_refused(zeros, len, WEFT_ERR_FORMAT,
                   "t: is a binary file (expected a weft trace: JSON Lines with a header in line "
                   "1)");
    free(text);
    free(zeros);
}

static void files_that_cannot_be_opened_are_told_apart(void **state)
{
    struct weft_reader *reader;
    struct weft_error error;
    (void)state;

    assert_int_equal(weft_reader_open("no-such-file", &reader, &error), WEFT_ERR_OPEN);
    assert_string_equal(error.text, "no-such-file: cannot be opened: No such file or directory");
    assert_int_equal(weft_reader_open("/", &reader, &error), WEFT_ERR_OPEN);
    assert_string_equal(error.text, "/: is a directory (expected a trace file)");
    assert_int_equal(weft_reader_open("/dev/null", &reader, &error), WEFT_ERR_FORMAT);
    assert_int_equal(weft_reader_open("no-such-file", &reader, NULL), WEFT_ERR_OPEN);
    weft_reader_close(NULL);
}

static void a_long_name_leaves_room_for_the_sentence(void **state)
{
    char name[3000];
    struct weft_reader *reader;
    struct weft_error error;
    (void)state;

    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name + sizeof name - 12, "/trace.json", 11);
    assert_int_equal(weft_reader_open(name, &reader, &error), WEFT_ERR_OPEN);
    assert_non_null(strstr(error.text, "dd/trace.json: cannot be opened: File name too long"));
    assert_memory_equal(error.text, "…dd", strlen("…dd"));
}

static void the_header_is_kept_as_it_was_written(void **state)
{
    static const char text[] =
        "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"pr\\u00f6\",\"command\":[\"a\","
        "\"b c\",\"\"],\"pid\":9007199254740993,\"start\":\"2026-11-24T11:49:13.123456789Z\","
        "\"clock\":\"tsc\",\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft 0.1.0\","
        "\"overhead_ns\":21,\"later\":{\"pid\":[1]}}\n";
    struct weft_reader *reader;
    (void)state;

    assert_int_equal(weft_reader_open_memory("t", text, sizeof text - 1, &reader, NULL), WEFT_OK);
    const struct weft_trace_header *header = weft_reader_header(reader);
    assert_int_equal(header->version, 1);
    assert_string_equal(header->program, "prö");
    assert_int_equal(header->command_count, 3);
    assert_string_equal(header->command[1], "b c");
    assert_true(header->pid == INT64_C(9007199254740993));
    assert_string_equal(header->start, "2026-11-24T11:49:13.123456789Z");
    assert_string_equal(header->clock, "tsc");
    assert_int_equal(header->resolution_ns, 1);
    assert_string_equal(header->recorder, "weft 0.1.0");
    assert_int_equal(header->overhead_ns, 21);
    weft_reader_close(reader);

    assert_int_equal(weft_reader_open_memory("t", HEAD, strlen(HEAD), &reader, NULL), WEFT_OK);
    assert_string_equal(weft_reader_header(reader)->program, "");
    assert_int_equal(weft_reader_header(reader)->command_count, 0);
    assert_int_equal(weft_reader_header(reader)->overhead_ns, -1);
    weft_reader_close(reader);
}

/* Lines ─────────────────────────────────────────────────────────────────────────────────────── */

static void a_whole_trace_is_complete(void **state)
{
    (void)state;
    expect(HEAD MARK(5) MARK(7) "{\"end\":true,\"events\":2,\"lost\":3,\"late\":1,"
                                "\"duration_ns\":9}\n",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "3 event t=7 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "health lines=4 events=2 written=2 lost=3 late=1 bad=0 unknown=0 duration=9 "
           "complete=1\n");
}

static void a_trace_is_not_complete_when_its_last_line_counts_otherwise(void **state)
{
    (void)state;
    expect(HEAD MARK(5) "{\"end\":true,\"events\":2}\n",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "health lines=3 events=1 written=2 lost=0 late=0 bad=0 unknown=0 duration=5 "
           "complete=0\n");
}

static void events_of_a_later_weft_are_counted_and_belong_to_the_whole(void **state)
{
    (void)state;
    expect(HEAD MARK(5) "{\"t\":6,\"thread\":1,\"event\":\"teleport\"}\n"
                        "{\"define\":\"galaxy\"}\n{\"end\":true,\"events\":2}\n",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "health lines=5 events=1 written=2 lost=0 late=0 bad=0 unknown=1 duration=6 "
           "complete=1\n");
}

static void a_bad_line_is_named_and_the_rest_is_kept(void **state)
{
    (void)state;
    expect(HEAD MARK(5) "garbage\n\n" MARK(6) "{\"end\":true,\"events\":2}\n",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "t: line 3: byte 1: no JSON object (expected '{')\n"
           "t: line 4: an empty line (expected a JSON object)\n"
           "5 event t=6 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "health lines=6 events=2 written=2 lost=0 late=0 bad=2 unknown=0 duration=6 "
           "complete=1\n");
}

static void time_that_goes_back_makes_a_line_bad(void **state)
{
    (void)state;
    expect(HEAD MARK(5) MARK(4) MARK(5) "{\"t\":4,\"thread\":1,\"event\":\"teleport\"}\n",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "t: line 3: \"t\" goes back to 4 (expected at least 5, the time of an earlier line)\n"
           "4 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "t: line 5: \"t\" goes back to 4 (expected at least 5, the time of an earlier line)\n"
           "health lines=5 events=2 written=0 lost=0 late=0 bad=2 unknown=0 duration=5 "
           "complete=0\n");
}

static void the_duration_is_never_less_than_the_last_time(void **state)
{
    (void)state;
    expect(HEAD MARK(5) "{\"end\":true,\"events\":1,\"duration_ns\":2}\n",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "health lines=3 events=1 written=1 lost=0 late=0 bad=0 unknown=0 duration=5 "
           "complete=1\n");
}

static void lines_after_the_last_one_are_bad(void **state)
{
    (void)state;
    expect(HEAD "{\"end\":true,\"events\":0}\n" MARK(5) "x\n",
           "t: line 3: after the last line (expected the end of the file)\n"
           "t: line 4: byte 1: no JSON object (expected '{')\n"
           "health lines=4 events=0 written=0 lost=0 late=0 bad=2 unknown=0 duration=0 "
           "complete=1\n");
}

static void a_cut_last_line_is_kept_when_it_is_whole(void **state)
{
    (void)state;
    expect(HEAD MARK(5) "{\"t\":6,\"thread\":1,\"event\":\"mark\"}",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "3 event t=6 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "health lines=3 events=2 written=0 lost=0 late=0 bad=0 unknown=0 duration=6 "
           "complete=0\n");
    expect(HEAD MARK(5) "{\"t\":6,\"thread\":1,\"eve",
           "2 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok\n"
           "t: line 3: the file is cut here: byte 23: the line ends inside a string\n"
           "health lines=3 events=1 written=0 lost=0 late=0 bad=1 unknown=0 duration=5 "
           "complete=0\n");
    expect(HEAD "{\"end\":true,\"events\":0}",
           "health lines=2 events=0 written=0 lost=0 late=0 bad=0 unknown=0 duration=0 "
           "complete=1\n");
}

static void a_file_cut_anywhere_tells_only_what_is_there(void **state)
{
    static const char text[] =
        HEAD MARK(5) "{\"define\":\"thread\",\"id\":2,\"name\":\"\\u00e9\"}\n" MARK(7);
    (void)state;

    for (size_t len = sizeof(HEAD) - 1; len < sizeof text; len++) {
        size_t whole = 1, part = len;
        for (size_t i = sizeof(HEAD) - 1; i < len; i++) {
            whole += text[i] == '\n';
        }
        while (text[part - 1] != '\n') {
            part--;
        }
        /* What follows the last line end is a line if only its line end is missing. */
        const bool complete_line = part < len && text[len] == '\n';
        char *said = told_of(text, len);
        const char *health = strstr(said, "health lines=");
        char expected[64];
        (void)snprintf(expected, sizeof expected, "health lines=%zu bytes=%zu ",
                       whole + (part < len), len);
        assert_non_null(health);
        assert_memory_equal(health, expected, strlen(expected));
        assert_int_equal(strstr(said, "t: line") != NULL, part < len && !complete_line);
        free(said);
    }
}

/* Sizes ─────────────────────────────────────────────────────────────────────────────────────── */

/* A trace with a mark of `len` bytes in the middle. */
static char *with_line_of(size_t len, size_t *total)
{
    static const char head[] = HEAD "{\"t\":1,\"thread\":1,\"event\":\"mark\",\"text\":\"";
    static const char tail[] = "\"}\n" MARK(2) "{\"end\":true,\"events\":2}\n";
    const size_t fill = len - (sizeof head - 1 - (sizeof(HEAD) - 1)) - 2;
    char *text = malloc(sizeof head + fill + sizeof tail);

    assert_non_null(text);
    memcpy(text, head, sizeof head - 1);
    memset(text + sizeof head - 1, 'a', fill);
    memcpy(text + sizeof head - 1 + fill, tail, sizeof tail);
    *total = sizeof head - 1 + fill + sizeof tail - 1;
    return text;
}

static void a_line_may_have_a_mebibyte_and_no_byte_more(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t total;
        char *text = with_line_of(WEFT_LINE_MAX_BYTES + more, &total);
        char *said = told_of(text, total);
        if (more == 0) {
            assert_null(strstr(said, "t: line"));
            assert_non_null(strstr(said, "complete=1"));
        } else {
            assert_non_null(strstr(said, "t: line 2: longer than 1048576 bytes (expected a "
                                         "shorter line)\n3 event t=2 "));
            assert_non_null(strstr(said, "lines=4 "));
            assert_non_null(strstr(said, "bad=1 "));
        }
        free(said);
        free(text);
    }
}

static void a_hundred_megabytes_without_a_line_end_are_one_bad_line(void **state)
{
    size_t total;
    char *text = with_line_of(100 * 1000 * 1000, &total);
    char *said = told_of(text, total);
    char expected[32];
    (void)state;

    (void)snprintf(expected, sizeof expected, "lines=4 bytes=%zu ", total);
    assert_memory_equal(said, "t: line 2: longer than", 22);
    assert_non_null(strstr(said, "\n3 event t=2 "));
    assert_non_null(strstr(said, expected));
    free(said);
    said = told_of(text, total - 2000);
    assert_memory_equal(said, "t: line 2: the file is cut here: longer than", 44);
    assert_non_null(strstr(said, "complete=0"));
    free(said);
    free(text);
}

/* So many that lines cross the reads' borders at many places. */
static char *many_lines(unsigned count, size_t *len)
{
    struct weft_sink sink;

    assert_true(weft_sink_init(&sink, -1));
    weft_sink_text(&sink, HEAD);
    for (unsigned i = 0; i < count; i++) {
        weft_sink_printf(
            &sink, "{\"t\":%u,\"thread\":%u,\"event\":\"%s\",\"text\":\"%.*s\"%s}\n", i, i % 7 + 1,
            i % 3 == 0 ? "print" : "mark", (int)(i % 61),
            "sixty characters of text, so that lines have all lengths and more of the same",
            i % 11 == 0 ? ",\"new\":[true]" : "");
    }
    weft_sink_printf(&sink, "{\"end\":true,\"events\":%u}\n", count);
    *len = sink.used;
    return sink.buffer;
}

static void write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t wrote = write(fd, bytes, len);
        assert_true(wrote > 0);
        bytes += wrote;
        len -= (size_t)wrote;
    }
}

static void write_text(int fd, const char *text)
{
    write_all(fd, text, strlen(text));
}

static void a_file_and_memory_tell_the_same(void **state)
{
    char path[] = "/tmp/weft-test-read-XXXXXX";
    size_t len;
    char *text = many_lines(60000, &len);
    char *from_memory = told_of(text, len);
    struct weft_reader *reader;
    const int fd = mkstemp(path);
    (void)state;

    assert_true(fd >= 0);
    assert_true(len > 3 * WEFT_LINE_MAX_BYTES);
    assert_non_null(strstr(from_memory, "events=60000 written=60000 "));
    assert_non_null(strstr(from_memory, "complete=1"));
    write_all(fd, text, len);
    assert_int_equal(weft_reader_open(path, &reader, NULL), WEFT_OK);
    char *from_file = told(reader);
    assert_string_equal(from_file, from_memory);
    (void)close(fd);
    (void)unlink(path);
    free(from_file);
    free(from_memory);
    free(text);
}

static void standard_input_may_be_a_pipe(void **state)
{
    static const char text[] = HEAD MARK(5) "{\"end\":true,\"events\":1}\n";
    struct weft_reader *reader;
    int ends[2];
    const int saved = dup(STDIN_FILENO);
    (void)state;

    assert_int_equal(pipe(ends), 0);
    write_all(ends[1], text, sizeof text - 1);
    (void)close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    assert_int_equal(weft_reader_open("-", &reader, NULL), WEFT_OK);
    char *said = told(reader);
    assert_non_null(strstr(said, "complete=1"));
    free(said);
    /* It is the caller's, so it is still open. */
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    (void)close(saved);
}

static void a_growing_file_is_followed_to_its_last_line(void **state)
{
    char path[] = "/tmp/weft-test-read-XXXXXX";
    struct weft_reader *reader;
    struct weft_item item;
    const int fd = mkstemp(path);
    (void)state;

    assert_true(fd >= 0);
    write_text(fd, HEAD MARK(5));
    assert_int_equal(weft_reader_open(path, &reader, NULL), WEFT_OK);
    weft_reader_follow(reader, true);
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_ITEM);
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_MORE);
    write_text(fd, "{\"t\":6,\"thr");
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_MORE);
    write_text(fd, "ead\":1,\"event\":\"mark\"}\n{\"end\":true,");
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_ITEM);
    assert_int_equal(item.event.t_ns, 6);
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_MORE);
    assert_false(weft_reader_health(reader)->complete);
    write_text(fd, "\"events\":2}\n");
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_END);
    assert_true(weft_reader_health(reader)->complete);
    weft_reader_close(reader);

    /* Its writer died: what there is of the last line is all that will come. */
    assert_int_equal(ftruncate(fd, (off_t)strlen(HEAD MARK(5)) - 1), 0);
    assert_int_equal(weft_reader_open(path, &reader, NULL), WEFT_OK);
    weft_reader_follow(reader, true);
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_MORE);
    weft_reader_follow(reader, false);
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_ITEM);
    assert_int_equal(weft_reader_next(reader, &item), WEFT_READ_END);
    weft_reader_close(reader);
    (void)close(fd);
    (void)unlink(path);
}

/* Both paths over the samples ───────────────────────────────────────────────────────────────── */

static void check_sample_line(const struct weft_vocabulary *words, const char *line, size_t len)
{
    struct weft_fields fast, slow;
    struct weft_item fast_item = {.line = 1}, slow_item = {.line = 1};
    struct weft_line_end unused;
    struct weft_error error;
    const char *end;
    cJSON *tree = NULL;
    struct weft_sink a, b;

    if (!weft_line_scan(words, line, &fast, &end)) {
        return;
    }
    assert_ptr_equal(end, line + len);
    assert_int_equal(weft_line_parse(words, line, len, &slow, &tree, &error), WEFT_OK);
    assert_true(fast.present == slow.present);
    const enum weft_line kind = weft_line_interpret(words, &fast, &fast_item, &unused, &error);
    assert_int_equal(weft_line_interpret(words, &slow, &slow_item, &unused, &error), kind);
    assert_true(weft_sink_init(&a, -1) && weft_sink_init(&b, -1));
    if (kind == WEFT_LINE_ITEM) {
        item_print(&a, &fast_item);
        item_print(&b, &slow_item);
    }
    assert_int_equal(a.used, b.used);
    assert_memory_equal(a.buffer, b.buffer, a.used);
    weft_sink_done(&a);
    weft_sink_done(&b);
    cJSON_Delete(tree);
}

static void the_fast_path_reads_the_samples_as_the_slow_one_does(void **state)
{
    struct weft_vocabulary words;
    glob_t found;
    (void)state;

    weft_vocabulary_init(&words);
    assert_int_equal(glob(WEFT_SOURCE_DIR "/tests/golden/traces/*.jsonl", 0, NULL, &found), 0);
    (void)glob(WEFT_SOURCE_DIR "/traces/samples/*.jsonl", GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "re");
        char line[16384];
        size_t plain = 0, all = 0;
        assert_non_null(file);
        while (fgets(line, sizeof line - WEFT_NAME_PAD_BYTES, file) != NULL) {
            struct weft_fields fields;
            const char *end;
            if (strchr(line, '\n') == NULL) {
                break; /* a cut trace */
            }
            plain += weft_line_scan(&words, line, &fields, &end);
            all++;
            check_sample_line(&words, line, strlen(line) - 1);
        }
        (void)fclose(file);
        /* What weft writes is nearly all plain; else the fast path would be for nothing. */
        const bool otherwise = strstr(found.gl_pathv[i], "otherwise") != NULL;
        assert_true(otherwise ? plain == 0 : plain * 10 > all * 9);
    }
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_trace_is_refused_with_one_sentence_each),
        cmocka_unit_test(a_header_without_end_is_refused_at_once),
        cmocka_unit_test(files_that_cannot_be_opened_are_told_apart),
        cmocka_unit_test(a_long_name_leaves_room_for_the_sentence),
        cmocka_unit_test(the_header_is_kept_as_it_was_written),
        cmocka_unit_test(a_whole_trace_is_complete),
        cmocka_unit_test(a_trace_is_not_complete_when_its_last_line_counts_otherwise),
        cmocka_unit_test(events_of_a_later_weft_are_counted_and_belong_to_the_whole),
        cmocka_unit_test(a_bad_line_is_named_and_the_rest_is_kept),
        cmocka_unit_test(time_that_goes_back_makes_a_line_bad),
        cmocka_unit_test(the_duration_is_never_less_than_the_last_time),
        cmocka_unit_test(lines_after_the_last_one_are_bad),
        cmocka_unit_test(a_cut_last_line_is_kept_when_it_is_whole),
        cmocka_unit_test(a_file_cut_anywhere_tells_only_what_is_there),
        cmocka_unit_test(a_line_may_have_a_mebibyte_and_no_byte_more),
        cmocka_unit_test(a_hundred_megabytes_without_a_line_end_are_one_bad_line),
        cmocka_unit_test(a_file_and_memory_tell_the_same),
        cmocka_unit_test(standard_input_may_be_a_pipe),
        cmocka_unit_test(a_growing_file_is_followed_to_its_last_line),
        cmocka_unit_test(the_fast_path_reads_the_samples_as_the_slow_one_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
