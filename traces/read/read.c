/*
 * Where the lines come from.  The buffer:
 *
 *     ┌─────────┬──────────────────────────┬────────────────┬──────────┬─────────┐
 *     │  read   │ whole lines, to be read  │ part of a line │   room   │ padding │
 *     └─────────┴──────────────────────────┴────────────────┴──────────┴─────────┘
 *               at                         whole            used
 *
 * When all whole lines are read, the part moves to the front and the next READ_BYTES follow it.
 * A part that has grown past WEFT_LINE_MAX_BYTES is dropped, and so is what follows up to the
 * next '\n': a line of any length costs no more than the buffer.
 */
#define _POSIX_C_SOURCE 200809L
#include "traces/read/read.h"

#include "base/arena.h"
#include "traces/read/header.h"
#include "traces/read/line.h"
#include "traces/read/unpack.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 1024 * 1024, /* measured: 1 MiB reads beat mmap in memory, and equal it in time */
    /* A part of a line, a read, and the '\n' that a cut last line is given. */
    BUFFER_BYTES = WEFT_LINE_MAX_BYTES + READ_BYTES + 1,
    NAME_SHOWN_BYTES = 256, /* half of what a weft_error holds */
};

struct weft_reader {
    char *name;
    int fd; /* -1: from memory */
    bool own_fd;
    const char *memory; /* what is left to be read, memory_len bytes */
    size_t memory_len;
    uint64_t source_bytes, source_total; /* as they stand in the file; total 0: not known */
    char head[4];                        /* its first bytes, which say whether it is packed */
    size_t head_at, head_len;
    bool looked;
    struct weft_unpack *unpack; /* NULL: it is plain */
    const char *damage;         /* what is wrong with the rest of a packed file, until it is told */
    char *buffer;
    size_t at, whole, used;
    bool dropping; /* inside a line that is too long */
    bool eof;
    bool cut; /* the last line had no '\n' */
    bool follow;
    bool ended; /* the last line ("end") was read */
    uint64_t last_t_ns;
    struct weft_vocabulary words;
    struct weft_fields fields;
    cJSON *tree; /* what the last item's texts point into, if it took the slow path */
    struct weft_arena strings;
    struct weft_trace_header header;
    struct weft_trace_health health;
    struct weft_error error;
};

/* Bytes and lines ───────────────────────────────────────────────────────────────────────────── */

/* Up to `room` bytes as they stand in the file; 0 at the end, -1 with errno set. */
static ssize_t read_source(void *ctx, char *to, size_t room)
{
    struct weft_reader *reader = ctx;

    if (reader->fd < 0) {
        const size_t part = reader->memory_len < room ? reader->memory_len : room;
        if (part > 0) {
            memcpy(to, reader->memory, part);
        }
        reader->memory += part;
        reader->memory_len -= part;
        reader->source_bytes += part;
        return (ssize_t)part;
    }
    for (;;) {
        const ssize_t got = read(reader->fd, to, room);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) {
            reader->source_bytes += got > 0 ? (uint64_t)got : 0;
            return got;
        }
        if (errno == EAGAIN) {
            /* Standard input may have been left non-blocking by whoever shares it. */
            struct pollfd ready = {.fd = reader->fd, .events = POLLIN};
            (void)poll(&ready, 1, -1);
        }
    }
}

/* The first bytes say whether the others have to be unpacked; false with errno set. */
static bool look(struct weft_reader *reader)
{
    while (reader->head_len < sizeof reader->head) {
        const ssize_t got = read_source(reader, reader->head + reader->head_len,
                                        sizeof reader->head - reader->head_len);
        if (got < 0) {
            return false;
        }
        if (got == 0) {
            break;
        }
        reader->head_len += (size_t)got;
    }
    reader->looked = true;
    if (weft_unpack_is_packed(reader->head, reader->head_len)) {
        reader->unpack = weft_unpack_new(reader->head, reader->head_len, read_source, reader);
        errno = ENOMEM;
        return reader->unpack != NULL;
    }
    return true;
}

/* Reads up to `room` bytes of the trace; 0 at the end, -1 with errno set. */
static ssize_t read_some(struct weft_reader *reader, char *to, size_t room)
{
    if (!reader->looked && !look(reader)) {
        return -1;
    }
    if (reader->unpack != NULL) {
        const char *damage = NULL;
        const ssize_t got = weft_unpack_read(reader->unpack, to, room, &damage);
        if (damage != NULL && (!reader->follow || !weft_unpack_may_grow(reader->unpack))) {
            reader->damage = damage;
            reader->follow = false;
        }
        return got;
    }
    const size_t head = reader->head_len - reader->head_at;
    if (head > 0) {
        const size_t part = head < room ? head : room;
        memcpy(to, reader->head + reader->head_at, part);
        reader->head_at += part;
        return (ssize_t)part;
    }
    return read_source(reader, to, room);
}

enum source {
    SOURCE_LINE,  /* there is a whole line at `at` */
    SOURCE_LONG,  /* a line that is too long has been dropped */
    SOURCE_NONE,  /* no more bytes */
    SOURCE_ERROR, /* errno says why */
};

/* What is left when no more bytes come. */
static enum source at_eof(struct weft_reader *reader)
{
    if (reader->follow) {
        return SOURCE_NONE;
    }
    reader->eof = true;
    if (reader->dropping) {
        reader->dropping = false;
        reader->cut = true;
        return SOURCE_LONG;
    }
    if (reader->used == 0) {
        return SOURCE_NONE;
    }
    reader->cut = true;
    reader->buffer[reader->used++] = '\n';
    reader->whole = reader->used;
    return SOURCE_LINE;
}

/* Just behind the last '\n' of [from, to) in the buffer; `from` when there is none. */
static size_t whole_lines(const struct weft_reader *reader, size_t from, size_t to)
{
    while (to > from && reader->buffer[to - 1] != '\n') {
        to--;
    }
    return to;
}

/* Of a line that is too long only its end is looked for; true when it was found. */
static bool drop(struct weft_reader *reader)
{
    const char *newline = memchr(reader->buffer, '\n', reader->used);

    if (newline == NULL) {
        reader->health.bytes += reader->used;
        reader->used = 0;
        return false;
    }
    const size_t dropped = (size_t)(newline + 1 - reader->buffer);
    reader->health.bytes += dropped;
    reader->at = dropped;
    reader->dropping = false;
    reader->whole = whole_lines(reader, dropped, reader->used);
    return true;
}

/* Makes sure that a whole line stands at `at`. */
static enum source next_line(struct weft_reader *reader)
{
    if (reader->at < reader->whole) {
        return SOURCE_LINE;
    }
    if (reader->eof) {
        return SOURCE_NONE;
    }
    reader->used -= reader->at;
    memmove(reader->buffer, reader->buffer + reader->at, reader->used);
    reader->at = reader->whole = 0;
    for (;;) {
        const size_t old = reader->used;
        const ssize_t got = read_some(reader, reader->buffer + old, READ_BYTES);
        if (got < 0) {
            return SOURCE_ERROR;
        }
        if (got == 0) {
            return at_eof(reader);
        }
        reader->used += (size_t)got;
        if (reader->dropping) {
            if (drop(reader)) {
                return SOURCE_LONG;
            }
            continue;
        }
        reader->whole = whole_lines(reader, old, reader->used);
        if (reader->whole > old) {
            return SOURCE_LINE;
        }
        reader->whole = 0;
        if (reader->used > WEFT_LINE_MAX_BYTES) {
            if (reader->health.lines == 0) {
                /* No header is so long, and a file that never ends (a device) is no trace. */
                return SOURCE_LONG;
            }
            reader->dropping = true;
            reader->health.bytes += reader->used;
            reader->used = 0;
        }
    }
}

/* The line at `at` is done with: `len` bytes and its '\n', which a cut last line lacks. */
static void pass_line(struct weft_reader *reader, size_t len)
{
    reader->at += len + 1;
    reader->health.bytes += len + (reader->cut && reader->at == reader->whole ? 0 : 1);
}

/* Lines to items ────────────────────────────────────────────────────────────────────────────── */

static enum weft_read bad_line(struct weft_reader *reader, const char *what)
{
    const bool cut = reader->cut && reader->at == reader->whole;

    reader->health.bad_lines++;
    (void)weft_error_set(&reader->error, WEFT_ERR_FORMAT, "%s: line %" PRIu64 ": %s%s",
                         reader->name, reader->health.lines, cut ? "the file is cut here: " : "",
                         what);
    return WEFT_READ_BAD;
}

static enum weft_read too_long(struct weft_reader *reader)
{
    return bad_line(reader, "longer than 1048576 bytes (expected a shorter line)");
}

static enum weft_read cannot_read(struct weft_reader *reader, const char *why)
{
    (void)weft_error_set(&reader->error, WEFT_ERR_OPEN,
                         "%s: cannot be read after line %" PRIu64 ": %s", reader->name,
                         reader->health.lines, why);
    return WEFT_READ_ERROR;
}

/* The rest of a packed file is lost; what came out of it before is good.  Said once. */
static enum weft_read damaged(struct weft_reader *reader)
{
    reader->health.bad_lines++;
    (void)weft_error_set(&reader->error, WEFT_ERR_FORMAT,
                         "%s: after line %" PRIu64 ": its compressed data %s (expected whole zstd "
                         "frames)",
                         reader->name, reader->health.lines, reader->damage);
    reader->damage = NULL;
    return WEFT_READ_BAD;
}

/* Takes the fields of the line at `at` and steps over it. */
static enum weft_status take_fields(struct weft_reader *reader, struct weft_error *error)
{
    const char *line = reader->buffer + reader->at;
    const char *end;

    const bool plain = weft_line_scan(&reader->words, line, &reader->fields, &end);
    if (!plain) {
        end = memchr(line, '\n', reader->whole - reader->at);
    }
    const size_t len = (size_t)(end - line);
    pass_line(reader, len);
    if (len > WEFT_LINE_MAX_BYTES) {
        return weft_error_set(error, WEFT_ERR_LIMIT, "too long");
    }
    return plain
               ? WEFT_OK
               : weft_line_parse(&reader->words, line, len, &reader->fields, &reader->tree, error);
}

/* Times never go back; a line that would make them is bad. */
static bool in_order(struct weft_reader *reader, uint64_t t_ns, struct weft_error *error)
{
    if (t_ns < reader->last_t_ns) {
        (void)weft_error_set(error, WEFT_ERR_FORMAT,
                             "\"t\" goes back to %" PRIu64 " (expected at least %" PRIu64
                             ", the time of an earlier line)",
                             t_ns, reader->last_t_ns);
        return false;
    }
    reader->last_t_ns = t_ns;
    return true;
}

static void take_end(struct weft_reader *reader, const struct weft_line_end *end)
{
    struct weft_trace_health *health = &reader->health;

    reader->ended = true;
    health->ended = true;
    health->events_written = end->events;
    health->lost = end->lost;
    health->dropped = end->dropped;
    health->late = end->late;
    health->duration_ns =
        end->duration_ns > reader->last_t_ns ? end->duration_ns : reader->last_t_ns;
    health->complete = health->events + health->unknown_events == end->events;
}

/* Takes the line at `at` when it is a good event as recorders write it, which nearly all are. */
static bool take_event(struct weft_reader *reader, struct weft_item *item)
{
    const char *line = reader->buffer + reader->at;
    const char *end;

    if (reader->ended || !weft_line_event(&reader->words, line, &item->event, &end) ||
        item->event.t_ns < reader->last_t_ns || end - line > WEFT_LINE_MAX_BYTES) {
        return false;
    }
    pass_line(reader, (size_t)(end - line));
    item->kind = WEFT_ITEM_EVENT;
    item->line = ++reader->health.lines;
    reader->health.events++;
    reader->last_t_ns = item->event.t_ns;
    return true;
}

/* *result is set when the line is one that the caller sees. */
static bool line_result(struct weft_reader *reader, struct weft_item *item, enum weft_read *result)
{
    struct weft_error why;
    struct weft_line_end end;
    enum weft_line kind = WEFT_LINE_BAD;

    reader->health.lines++;
    item->line = reader->health.lines;
    const enum weft_status status = take_fields(reader, &why);
    if (status == WEFT_ERR_MEMORY) {
        *result = cannot_read(reader, "no memory");
        return true;
    }
    if (status == WEFT_ERR_LIMIT) {
        *result = too_long(reader);
        return true;
    }
    if (status == WEFT_OK && reader->ended) {
        (void)weft_error_set(&why, WEFT_ERR_FORMAT,
                             "after the last line (expected the end of the file)");
    } else if (status == WEFT_OK) {
        kind = weft_line_interpret(&reader->words, &reader->fields, item, &end, &why);
    }
    if ((kind == WEFT_LINE_UNKNOWN_EVENT ||
         (kind == WEFT_LINE_ITEM && item->kind == WEFT_ITEM_EVENT)) &&
        !in_order(reader, item->event.t_ns, &why)) {
        kind = WEFT_LINE_BAD;
    }
    switch (kind) {
    case WEFT_LINE_ITEM:
        reader->health.events += item->kind == WEFT_ITEM_EVENT;
        *result = WEFT_READ_ITEM;
        return true;
    case WEFT_LINE_UNKNOWN_EVENT:
        reader->health.unknown_events++;
        return false;
    case WEFT_LINE_END:
        take_end(reader, &end);
        return false;
    case WEFT_LINE_IGNORED:
        return false;
    case WEFT_LINE_BAD:
        break;
    }
    *result = bad_line(reader, why.text);
    return true;
}

enum weft_read weft_reader_next(struct weft_reader *reader, struct weft_item *item)
{
    enum weft_read result;

    for (;;) {
        if (reader->tree != NULL) {
            cJSON_Delete(reader->tree);
            reader->tree = NULL;
        }
        switch (next_line(reader)) {
        case SOURCE_LINE:
            if (take_event(reader, item)) {
                return WEFT_READ_ITEM;
            }
            if (line_result(reader, item, &result)) {
                return result;
            }
            break;
        case SOURCE_LONG:
            reader->health.lines++;
            return too_long(reader);
        case SOURCE_NONE:
            if (reader->damage != NULL) {
                return damaged(reader);
            }
            if (!reader->ended) {
                reader->health.duration_ns = reader->last_t_ns;
            }
            return reader->follow && !reader->ended ? WEFT_READ_MORE : WEFT_READ_END;
        case SOURCE_ERROR:
            return cannot_read(reader, strerror(errno));
        }
    }
}

enum weft_read weft_reader_next_many(struct weft_reader *reader, struct weft_item *items,
                                     size_t room, size_t *count)
{
    const enum weft_read read = room > 0 ? weft_reader_next(reader, items) : WEFT_READ_MORE;
    size_t got = read == WEFT_READ_ITEM;

    /* Events alone: they leave the buffer, and what the first item may have of cJSON's, alone. */
    while (got > 0 && got < room && reader->at < reader->whole && take_event(reader, &items[got])) {
        got++;
    }
    *count = got;
    return read;
}

/* Opening ───────────────────────────────────────────────────────────────────────────────────── */

bool weft_reader_has_begun(const char *path)
{
    char head[4096];
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe waits for nobody */
    bool begun = fd >= 0 || errno != ENOENT; /* opening it will tell what else is wrong */

    if (fd >= 0) {
        struct stat there;
        const bool plain = fstat(fd, &there) == 0 && S_ISREG(there.st_mode);
        const ssize_t got = plain ? read(fd, head, sizeof head) : (ssize_t)sizeof head;
        /* Packed or not, one that has as much is one that can be judged. */
        begun = got < 0 || got == (ssize_t)sizeof head || memchr(head, '\n', (size_t)got) != NULL;
        (void)close(fd);
    }
    return begun;
}

/* A path that would leave no room for the sentence is known by its end. */
static char *name_for_messages(const char *path)
{
    const size_t len = strlen(path);
    char *name = malloc(NAME_SHOWN_BYTES + sizeof "…");

    if (name != NULL && len <= NAME_SHOWN_BYTES) {
        memcpy(name, path, len + 1);
    } else if (name != NULL) {
        const char *end = path + len - NAME_SHOWN_BYTES;
        while (((unsigned char)*end & 0xc0) == 0x80) {
            end++; /* not inside a character */
        }
        (void)snprintf(name, NAME_SHOWN_BYTES + sizeof "…", "…%s", end);
    }
    return name;
}

/* The buffer is made for `bytes` that come, which may be more than it ever has to hold. */
static enum weft_status new_reader(const char *name, size_t bytes, struct weft_reader **made,
                                   struct weft_error *error)
{
    const size_t room = bytes < BUFFER_BYTES ? bytes + 1 : BUFFER_BYTES;
    struct weft_reader *reader = calloc(1, sizeof *reader);

    if (reader != NULL) {
        reader->fd = -1;
        weft_arena_init(&reader->strings);
        weft_vocabulary_init(&reader->words);
        reader->name = name_for_messages(name);
        reader->buffer = calloc(1, room + WEFT_NAME_PAD_BYTES);
    }
    if (reader == NULL || reader->name == NULL || reader->buffer == NULL) {
        weft_reader_close(reader);
        (void)weft_error_set(error, WEFT_ERR_MEMORY, "%s: no memory to read it", name);
        return WEFT_ERR_MEMORY;
    }
    *made = reader;
    return WEFT_OK;
}

static enum weft_status read_header(struct weft_reader *reader, struct weft_error *error)
{
    struct weft_error why;
    const enum source source = next_line(reader);

    if (source == SOURCE_ERROR) {
        return weft_error_set(error, WEFT_ERR_OPEN, "%s: cannot be read: %s", reader->name,
                              strerror(errno));
    }
    if (source == SOURCE_NONE && reader->damage != NULL) {
        return weft_error_set(error, WEFT_ERR_FORMAT,
                              "%s: its compressed data %s (expected whole zstd frames)",
                              reader->name, reader->damage);
    }
    if (source == SOURCE_NONE) {
        return weft_error_set(error, WEFT_ERR_FORMAT,
                              "%s: is empty (expected a weft trace, with a header in line 1)",
                              reader->name);
    }
    const char *line = reader->buffer;
    const char *end = source == SOURCE_LINE ? memchr(line, '\n', reader->whole) : NULL;
    const size_t len = end != NULL ? (size_t)(end - line) : reader->used;
    const char *foreign = weft_header_foreign(line, len);
    if (foreign != NULL) {
        return weft_error_set(error, WEFT_ERR_FORMAT, "%s: %s", reader->name, foreign);
    }
    if (source == SOURCE_LONG || len > WEFT_LINE_MAX_BYTES) {
        return weft_error_set(error, WEFT_ERR_FORMAT,
                              "%s: line 1: longer than 1048576 bytes (expected the header of a "
                              "weft trace)",
                              reader->name);
    }
    reader->health.lines = 1;
    pass_line(reader, len);
    enum weft_status status = weft_header_parse(line, len, &reader->strings, &reader->header, &why);
    const char *cut = "";
    if (reader->cut && status == WEFT_OK) {
        /* It may be good so far, but without its end nothing is known to follow. */
        status = weft_error_set(&why, WEFT_ERR_FORMAT, "the header is cut (expected a line end)");
    } else if (reader->cut && line[0] == '{' && weft_line_check(line, len, NULL) != WEFT_OK) {
        cut = "the header is cut: ";
    }
    return status == WEFT_OK
               ? WEFT_OK
               : weft_error_set(error, status, "%s: line 1: %s%s", reader->name, cut, why.text);
}

static enum weft_status open_file(struct weft_reader *reader, const char *path,
                                  struct weft_error *error)
{
    struct stat info;

    reader->own_fd = strcmp(path, "-") != 0;
    reader->fd = reader->own_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (reader->fd < 0) {
        return weft_error_set(error, WEFT_ERR_OPEN, "%s: cannot be opened: %s", reader->name,
                              strerror(errno));
    }
    const bool known = fstat(reader->fd, &info) == 0;
    if (known && S_ISREG(info.st_mode)) {
        reader->source_total = (uint64_t)info.st_size;
    }
    if (known && S_ISDIR(info.st_mode)) {
        return weft_error_set(error, WEFT_ERR_OPEN, "%s: is a directory (expected a trace file)",
                              reader->name);
    }
    return WEFT_OK;
}

enum weft_status weft_reader_open(const char *path, struct weft_reader **reader,
                                  struct weft_error *error)
{
    struct weft_reader *made = NULL;
    enum weft_status status =
        new_reader(strcmp(path, "-") == 0 ? "standard input" : path, SIZE_MAX, &made, error);

    if (status != WEFT_OK) {
        return status;
    }
    status = open_file(made, path, error);
    if (status == WEFT_OK) {
        status = read_header(made, error);
    }
    if (status != WEFT_OK) {
        weft_reader_close(made);
        return status;
    }
    *reader = made;
    return WEFT_OK;
}

enum weft_status weft_reader_open_memory(const char *name, const char *bytes, size_t len,
                                         struct weft_reader **reader, struct weft_error *error)
{
    struct weft_reader *made = NULL;
    enum weft_status status =
        new_reader(name, weft_unpack_is_packed(bytes, len) ? SIZE_MAX : len, &made, error);

    if (status != WEFT_OK) {
        return status;
    }
    made->memory = bytes;
    made->memory_len = len;
    made->source_total = len;
    status = read_header(made, error);
    if (status != WEFT_OK) {
        weft_reader_close(made);
        return status;
    }
    *reader = made;
    return WEFT_OK;
}

void weft_reader_close(struct weft_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->own_fd && reader->fd >= 0) {
        (void)close(reader->fd);
    }
    cJSON_Delete(reader->tree);
    weft_unpack_free(reader->unpack);
    weft_arena_done(&reader->strings);
    free(reader->buffer);
    free(reader->name);
    free(reader);
}

void weft_reader_follow(struct weft_reader *reader, bool follow)
{
    reader->follow = follow;
}

void weft_reader_progress(const struct weft_reader *reader, uint64_t *bytes, uint64_t *total)
{
    *bytes = reader->source_bytes;
    *total = reader->source_total;
}

const struct weft_trace_header *weft_reader_header(const struct weft_reader *reader)
{
    return &reader->header;
}

const struct weft_trace_health *weft_reader_health(const struct weft_reader *reader)
{
    return &reader->health;
}

const struct weft_error *weft_reader_error(const struct weft_reader *reader)
{
    return &reader->error;
}
