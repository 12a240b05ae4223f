/*
 * The reader: JSON Lines in, items out, in one pass, for a trace of any size.
 *
 * Plain lines take a fast path, everything else goes through cJSON; both accept the same language
 * (docs/trace-format.md "Grammar").  A bad line is reported with its number and skipped, so that
 * what is good is kept.  A trace that is packed with zstd is unpacked on the way.  Trace bytes are
 * untrusted: every count is checked, lines have a limit.
 *
 * The reader owns its buffer; an item's slices are valid until the next call.
 * Threads: one at a time per reader.
 */
#ifndef WEFT_TRACES_READ_H
#define WEFT_TRACES_READ_H

#include "base/slice.h"
#include "base/status.h"
#include "traces/format/format.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WEFT_STACK_SITES_MAX = 64,         /* of one event */
    WEFT_LINE_MAX_BYTES = 1024 * 1024, /* a longer line is bad, and skipped without storing it */
};

/* Line 1.  Strings are owned by the reader and live as long as it does. */
struct weft_trace_header {
    int64_t version;
    const char *program;
    const char *const *command; /* argv, command_count of them */
    uint32_t command_count;
    int64_t pid;
    const char *start; /* wall clock at t = 0: RFC 3339, UTC, with nanoseconds */
    const char *clock; /* "tsc", "monotonic", "virtual" */
    int64_t resolution_ns;
    const char *recorder; /* "weft 0.1.0" */
    int64_t before_ns;    /* how long the program had run at t = 0, when that was recorded, too */
    int64_t overhead_ns;  /* cost of recording one event, -1 when not said */
    const char *schedule; /* of a controlled run: what --schedule runs again; "" */
    int64_t seed;         /* of it, -1 when not said */
    bool deterministic;   /* the run can be repeated exactly */
};

enum weft_item_kind {
    WEFT_ITEM_EVENT,
    WEFT_ITEM_THREAD, /* "define": "thread" */
    WEFT_ITEM_OBJECT,
    WEFT_ITEM_SITE,
};

struct weft_item {
    enum weft_item_kind kind;
    uint64_t line; /* from 1 */
    union {
        struct weft_item_event {
            uint64_t t_ns;
            uint32_t thread;
            uint32_t object; /* "object", or "target" for events on threads; 0: none */
            uint32_t site;   /* 0: none */
            enum weft_event_kind kind;
            enum weft_outcome outcome;
            bool has_first, has_second, has_text;
            int64_t first, second;
            struct weft_slice text;
            struct weft_slice stack; /* len 0: none; see weft_item_stack */
        } event;
        struct {
            uint32_t id;
            struct weft_slice name;
        } thread;
        struct {
            uint32_t id;
            enum weft_object_kind kind; /* NONE: not said, as when a name is added later */
            struct weft_slice name;     /* len 0: none */
            int64_t capacity;           /* 0: none */
        } object;
        struct {
            uint32_t id;
            struct weft_slice function; /* len 0: unknown */
            struct weft_slice file;     /* len 0: unknown */
            uint32_t line;              /* 0: unknown */
        } site;
    };
};

/*
 * The numbers of the call sites in an event's stack, innermost caller first: how many there are,
 * at most WEFT_STACK_SITES_MAX.
 */
uint32_t weft_item_stack(const struct weft_item_event *event, uint32_t *sites);

enum weft_read {
    WEFT_READ_ITEM,  /* *item is filled */
    WEFT_READ_BAD,   /* a bad line was skipped; weft_reader_error says which and why */
    WEFT_READ_MORE,  /* nothing more at the moment: the file may still grow */
    WEFT_READ_END,   /* the last line, or the end of the file; see weft_reader_health */
    WEFT_READ_ERROR, /* the file cannot be read further (I/O, memory) */
};

/* How far the trace can be trusted.  Valid at any time, final after WEFT_READ_END. */
struct weft_trace_health {
    uint64_t lines;
    uint64_t bytes;
    uint64_t events;         /* good events read */
    uint64_t events_written; /* what the last line says */
    uint64_t lost;           /* what the last line says */
    uint64_t dropped;        /* likewise: left away since a limit was asked for */
    uint64_t late;           /* events that came too late for their place in time order */
    uint64_t bad_lines;
    uint64_t unknown_events; /* kinds that this version does not know; skipped, not bad */
    uint64_t duration_ns;    /* what the last line says; else the last event's time */
    bool ended;              /* the last line was there: the trace was not cut */
    bool complete;           /* and its count of events agrees with what was read */
};

struct weft_reader;

/*
 * Opens a trace and reads its header.  A missing file, an empty one, one that is no trace
 * (binary, other JSON) and a later version are told apart in error: one sentence with the file's
 * name, the line or byte, what was wrong and what was expected.
 * Status: WEFT_ERR_OPEN, WEFT_ERR_FORMAT, WEFT_ERR_VERSION, WEFT_ERR_MEMORY.
 */
enum weft_status weft_reader_open(const char *path, struct weft_reader **reader,
                                  struct weft_error *error);

/*
 * Is there a first line yet?  False while a trace that is about to be written is not there, is
 * empty, or has only a part of its header.
 */
bool weft_reader_has_begun(const char *path);

/* The same from memory, which must outlive the reader; `name` stands for the file in messages. */
enum weft_status weft_reader_open_memory(const char *name, const char *bytes, size_t len,
                                         struct weft_reader **reader, struct weft_error *error);
void weft_reader_close(struct weft_reader *reader);

/*
 * The file may still grow: its end is WEFT_READ_MORE (and a part of a line is left for later)
 * until the last line was read or follow is false again.
 */
void weft_reader_follow(struct weft_reader *reader, bool follow);

enum weft_read weft_reader_next(struct weft_reader *reader, struct weft_item *item);

/*
 * The same for up to `room` items at once, as many as are there without reading on: *count of
 * them, which is 0 unless WEFT_READ_ITEM is returned.  The slices of all of them are valid until
 * the next call.
 */
enum weft_read weft_reader_next_many(struct weft_reader *reader, struct weft_item *items,
                                     size_t room, size_t *count);

const struct weft_trace_header *weft_reader_header(const struct weft_reader *reader);
const struct weft_trace_health *weft_reader_health(const struct weft_reader *reader);

/* How far it is: bytes of the file, and how many it has; *total is 0 where that is not known. */
void weft_reader_progress(const struct weft_reader *reader, uint64_t *bytes, uint64_t *total);

/* After WEFT_READ_BAD or WEFT_READ_ERROR: "FILE: line 40: what is wrong (what was expected)". */
const struct weft_error *weft_reader_error(const struct weft_reader *reader);

#endif
