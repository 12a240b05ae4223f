#define _POSIX_C_SOURCE 200809L
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"
#include "tests/read_items.h"
#include "traces/read/line.h"

#include <cjson/cJSON.h>
#include <string.h>
#include <unistd.h>

static const struct weft_vocabulary *vocabulary(void)
{
    static struct weft_vocabulary words;

    if (words.keys.count == 0) {
        weft_vocabulary_init(&words);
    }
    return &words;
}

static void same_slice(struct weft_slice a, struct weft_slice b)
{
    CHECK(weft_slice_equal(a, b));
}

static void same_item(const struct weft_item *a, const struct weft_item *b)
{
    CHECK(a->kind == b->kind);
    switch (a->kind) {
    case WEFT_ITEM_EVENT:
        CHECK(a->event.t_ns == b->event.t_ns && a->event.thread == b->event.thread);
        CHECK(a->event.object == b->event.object && a->event.site == b->event.site);
        CHECK(a->event.kind == b->event.kind && a->event.outcome == b->event.outcome);
        CHECK(a->event.has_first == b->event.has_first && a->event.first == b->event.first);
        CHECK(a->event.has_second == b->event.has_second && a->event.second == b->event.second);
        CHECK(a->event.has_text == b->event.has_text);
        same_slice(a->event.text, b->event.text);
        same_slice(a->event.stack, b->event.stack);
        break;
    case WEFT_ITEM_THREAD:
        CHECK(a->thread.id == b->thread.id);
        same_slice(a->thread.name, b->thread.name);
        break;
    case WEFT_ITEM_OBJECT:
        CHECK(a->object.id == b->object.id && a->object.kind == b->object.kind);
        CHECK(a->object.capacity == b->object.capacity);
        same_slice(a->object.name, b->object.name);
        break;
    case WEFT_ITEM_SITE:
        CHECK(a->site.id == b->site.id && a->site.line == b->site.line);
        same_slice(a->site.function, b->site.function);
        same_slice(a->site.file, b->site.file);
        break;
    }
}

/* What the path of events takes, the others find good, and the same. */
static void event_path(const char *line, size_t len, const struct weft_item *expected)
{
    struct weft_item item = {.kind = WEFT_ITEM_EVENT, .line = 1};
    const char *end;

    if (weft_line_event(vocabulary(), line, &item.event, &end)) {
        CHECK(end == line + len);
        CHECK(expected != NULL);
        same_item(&item, expected);
    }
}

/* The line is followed by '\n' and the promised padding. */
static void all_paths(const char *line, size_t len)
{
    const struct weft_vocabulary *words = vocabulary();
    struct weft_fields fast, slow;
    struct weft_item fast_item = {.line = 1}, slow_item = {.line = 1};
    struct weft_line_end end;
    struct weft_error error, slow_error;
    const char *fast_end;
    cJSON *tree = NULL;

    const bool plain = weft_line_scan(words, line, &fast, &fast_end);
    const enum weft_status status = weft_line_parse(words, line, len, &slow, &tree, &error);
    /* Of lines this short none is out of memory: what the check lets through, cJSON takes. */
    CHECK(status != WEFT_ERR_MEMORY);
    CHECK((status == WEFT_OK) == (tree != NULL));
    bool good = false;
    if (plain) {
        CHECK(status == WEFT_OK);
        CHECK(fast_end == line + len);
        CHECK(fast.present == slow.present);
        const enum weft_line kind = weft_line_interpret(words, &fast, &fast_item, &end, &error);
        CHECK(weft_line_interpret(words, &slow, &slow_item, &end, &slow_error) == kind);
        if (kind == WEFT_LINE_BAD) {
            CHECK(strcmp(error.text, slow_error.text) == 0);
        } else if (kind == WEFT_LINE_ITEM) {
            same_item(&fast_item, &slow_item);
            good = true;
        }
    }
    event_path(line, len, good ? &slow_item : NULL);
    cJSON_Delete(tree);
}

static void each_line(const uint8_t *bytes, size_t len)
{
    const size_t padding = 1 + WEFT_NAME_PAD_BYTES;

    for (size_t at = 0; at < len;) {
        const uint8_t *newline = memchr(bytes + at, '\n', len - at);
        const size_t line_len = newline != NULL ? (size_t)(newline - bytes) - at : len - at;
        char *line = calloc(1, line_len + padding);
        CHECK(line != NULL);
        memcpy(line, bytes + at, line_len);
        line[line_len] = '\n';
        all_paths(line, line_len);
        free(line);
        at += line_len + 1;
    }
}

/* Memory sinks that live as long as the program: a target runs a thousand times a second. */
static struct weft_sink *sink_of(unsigned which)
{
    static struct weft_sink sinks[2];

    if (sinks[which].buffer == NULL) {
        CHECK(weft_sink_init(&sinks[which], -1));
    }
    sinks[which].used = 0;
    return &sinks[which];
}

/* Tells all that the reader says; every line is accounted for, and time never goes back. */
static enum weft_read whole(struct weft_reader *reader, struct weft_sink *sink, uint64_t *bad)
{
    const struct weft_trace_health *health = weft_reader_health(reader);
    struct weft_item item;
    uint64_t last_ns = 0, last_line = 1;
    enum weft_read read;

    while ((read = weft_reader_next(reader, &item)) == WEFT_READ_ITEM || read == WEFT_READ_BAD) {
        CHECK(read == WEFT_READ_BAD || item.line == health->lines);
        CHECK(health->lines > last_line);
        last_line = health->lines;
        if (read == WEFT_READ_BAD) {
            const char *sentence = strstr(weft_reader_error(reader)->text, ": line ");
            CHECK(sentence != NULL);
            weft_sink_text(sink, sentence);
            weft_sink_char(sink, '\n');
            (*bad)++;
            continue;
        }
        if (item.kind == WEFT_ITEM_EVENT) {
            CHECK(item.event.t_ns >= last_ns && item.event.thread != 0);
            last_ns = item.event.t_ns;
        }
        item_print(sink, &item);
    }
    return read;
}

static void check_health(const struct weft_trace_health *health, size_t len, uint64_t bad)
{
    CHECK(health->bad_lines == bad && health->bytes == len);
    CHECK(health->lines >= 1 + health->events + bad + health->unknown_events);
    CHECK(!health->complete || health->events_written == health->events + health->unknown_events);
}

/*
 * The same bytes from a file that grows while it is read tell the same.  Nothing is compared when
 * the first part ends with the last line: a reader that follows a file is then done with it.
 */
static void growing(const uint8_t *bytes, size_t len, const struct weft_sink *expected)
{
    static int file = -1;
    static char path[FUZZ_PATH_BYTES];
    const size_t part = len / 2;
    struct weft_reader *reader;
    struct weft_sink *said = sink_of(1);
    uint64_t bad = 0;

    if (file < 0) {
        file = fuzz_file(path);
    }
    CHECK(ftruncate(file, 0) == 0);
    CHECK(pwrite(file, bytes, part, 0) == (ssize_t)part);
    if (weft_reader_open(path, &reader, NULL) != WEFT_OK) {
        return; /* the header itself was cut */
    }
    weft_reader_follow(reader, true);
    if (whole(reader, said, &bad) == WEFT_READ_MORE) {
        CHECK(pwrite(file, bytes + part, len - part, (off_t)part) == (ssize_t)(len - part));
        (void)whole(reader, said, &bad);
        weft_reader_follow(reader, false);
        CHECK(whole(reader, said, &bad) == WEFT_READ_END);
        check_health(weft_reader_health(reader), len, bad);
        CHECK(said->used == expected->used);
        CHECK(memcmp(said->buffer, expected->buffer, said->used) == 0);
    }
    weft_reader_close(reader);
}

void fuzz_read(const uint8_t *bytes, size_t len)
{
    struct weft_reader *reader;
    struct weft_error error;
    struct weft_sink *said = sink_of(0);
    uint64_t bad = 0;

    each_line(bytes, len);
    if (weft_reader_open_memory("fuzz", (const char *)bytes, len, &reader, &error) != WEFT_OK) {
        CHECK(strncmp(error.text, "fuzz: ", 6) == 0);
        return;
    }
    CHECK(weft_reader_header(reader)->version == 1);
    CHECK(whole(reader, said, &bad) == WEFT_READ_END);
    check_health(weft_reader_health(reader), len, bad);
    weft_reader_close(reader);
    growing(bytes, len, said);
}
