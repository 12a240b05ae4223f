/*
 * One line of a trace: from bytes to fields to an item.  Inside the reader only (and its tests).
 *
 *             ┌─ weft_line_event (a good event as recorders write it) ──────────────────────► item
 *     bytes ──┼─ weft_line_scan  (flat object, no escapes, no blanks) ────────────┐             ▲
 *             └─ weft_line_parse (everything else, through cJSON; all messages) ──┴─► fields    │
 *                                                                                        │      │
 *                                                                    weft_line_interpret ┴──────┘
 *
 * Scanner and parser only find the fields; what they mean is decided once, so they cannot differ
 * in it.  weft_line_event decides on the way, of what is clearly good, and is held against the
 * other two by test_read_line and the fuzzer.  Neither fast path ever judges: what it does not take
 * goes to the next.
 * Threads: any; the vocabulary is const once made.
 */
#ifndef WEFT_TRACES_LINE_H
#define WEFT_TRACES_LINE_H

#include "base/slice.h"
#include "base/status.h"
#include "traces/format/format.h"
#include "traces/read/names.h"
#include "traces/read/read.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

enum {
    WEFT_LINE_DEPTH_MAX = 64,  /* objects and arrays inside each other */
    WEFT_NUMBER_MAX_BYTES = 60 /* cJSON cuts a number at 63 */
};
#define WEFT_ID_MAX 4294967294U /* 2^32 - 2: UINT32_MAX means "none" in the model */

/* The keys of events, definitions and the last line.  The header's are in header.c. */
#define WEFT_LINE_KEYS(KEY)                                                                        \
    KEY(T, "t")                                                                                    \
    KEY(THREAD, "thread")                                                                          \
    KEY(EVENT, "event")                                                                            \
    KEY(OBJECT, "object")                                                                          \
    KEY(TARGET, "target")                                                                          \
    KEY(SITE, "site")                                                                              \
    KEY(STACK, "stack")                                                                            \
    KEY(OUTCOME, "outcome")                                                                        \
    KEY(DEFINE, "define")                                                                          \
    KEY(ID, "id")                                                                                  \
    KEY(KIND, "kind")                                                                              \
    KEY(CAPACITY, "capacity")                                                                      \
    KEY(FUNCTION, "function")                                                                      \
    KEY(FILE, "file")                                                                              \
    KEY(LINE, "line")                                                                              \
    KEY(END, "end")                                                                                \
    KEY(EVENTS, "events")                                                                          \
    KEY(LOST, "lost")                                                                              \
    KEY(DROPPED, "dropped")                                                                        \
    KEY(LATE, "late")                                                                              \
    KEY(DURATION, "duration_ns")

enum weft_key {
#define WEFT_KEY(id, name) WEFT_KEY_##id,
    WEFT_LINE_KEYS(WEFT_KEY)
#undef WEFT_KEY
        WEFT_KEY_ARGS,                                            /* + enum weft_arg */
    WEFT_KEY_TEXTS = (int)WEFT_KEY_ARGS + (int)WEFT_ARG_COUNT_OF, /* + enum weft_text */
    WEFT_KEY_COUNT = (int)WEFT_KEY_TEXTS + (int)WEFT_TEXT_COUNT
};

enum weft_value_type {
    WEFT_VALUE_INTEGER,
    WEFT_VALUE_TEXT,
    WEFT_VALUE_TRUE,
    WEFT_VALUE_LIST,  /* an array; text is all of it as it stands in the line */
    WEFT_VALUE_OTHER, /* no key takes it; text says what it is, for the message */
};

struct weft_value {
    enum weft_value_type type;
    union {
        int64_t integer;
        struct weft_slice text;
    };
};

/* at[key] is set where bit `key` of present is. */
struct weft_fields {
    uint64_t present;
    bool padded; /* WEFT_NAME_PAD_BYTES can be read behind each text */
    struct weft_value at[WEFT_KEY_COUNT];
};
_Static_assert(WEFT_KEY_COUNT <= 64, "one bit of weft_fields.present for each key");

/* All names that can stand in a line, ready to be looked up. */
struct weft_vocabulary {
    struct weft_names keys;      /* enum weft_key */
    struct weft_names events;    /* enum weft_event_kind */
    struct weft_names objects;   /* enum weft_object_kind */
    struct weft_names outcomes;  /* enum weft_outcome */
    struct weft_names questions; /* enum weft_question */
};

void weft_vocabulary_init(struct weft_vocabulary *words);

/*
 * The fastest path, for nearly all lines: a good event whose line begins with t, thread and event,
 * and has only keys of its kind.  False says nothing about the line.
 *   line, *end   as below
 */
bool weft_line_event(const struct weft_vocabulary *words, const char *line,
                     struct weft_item_event *event, const char **end);

/*
 * The fast path: false when the line is not plain, which says nothing about it.
 *   line   ends with '\n', after which WEFT_NAME_PAD_BYTES more can be read
 *   *end   where its '\n' stands
 * The texts in fields point into the line.
 */
bool weft_line_scan(const struct weft_vocabulary *words, const char *line,
                    struct weft_fields *fields, const char **end);

/*
 * The slow path, for any bytes.
 *   *tree   what the texts in fields point into, for cJSON_Delete; untouched on failure
 * Status: WEFT_ERR_FORMAT (error says what is wrong, without file and line), WEFT_ERR_MEMORY.
 */
enum weft_status weft_line_parse(const struct weft_vocabulary *words, const char *line, size_t len,
                                 struct weft_fields *fields, struct cJSON **tree,
                                 struct weft_error *error);

/*
 * Is it strict JSON (RFC 8259) of one object, within our limits?  cJSON alone is too lax.
 * Status: WEFT_ERR_FORMAT.
 */
enum weft_status weft_line_check(const char *line, size_t len, struct weft_error *error);

/*
 * Calls `member` for each member of the line's object, in order: `text` is the value as it stands
 * in the line, `item` what cJSON made of it (item->string is the key).  Stops at the first status
 * that is not WEFT_OK and returns it.
 *   *tree   as above; may be NULL: then it is freed, and nothing of it may be kept
 */
typedef enum weft_status weft_line_member(void *ctx, struct weft_slice text,
                                          const struct cJSON *item, struct weft_error *error);
enum weft_status weft_line_members(const char *line, size_t len, weft_line_member *member,
                                   void *ctx, struct cJSON **tree, struct weft_error *error);

/*
 * The call sites of a list as it stands in a line, which is JSON: how many there are, 0 when it is
 * no list of them.  sites: WEFT_STACK_SITES_MAX, NULL: not wanted.
 */
uint32_t weft_line_sites(struct weft_slice list, uint32_t *sites);

/* An integer that fits 64 bits, exactly, or false. */
bool weft_line_integer(const char *text, size_t len, int64_t *value);

enum weft_line {
    WEFT_LINE_ITEM,
    WEFT_LINE_IGNORED,       /* a definition of something that this version does not know */
    WEFT_LINE_UNKNOWN_EVENT, /* an event of which the same is true; item->event.t_ns is set */
    WEFT_LINE_END,
    WEFT_LINE_BAD, /* error says what is wrong, without file and line */
};

/* What the last line says. */
struct weft_line_end {
    uint64_t events, lost, dropped, late, duration_ns;
};

/* What the fields mean.  `item` or `end` is filled, but for item->line. */
enum weft_line weft_line_interpret(const struct weft_vocabulary *words,
                                   const struct weft_fields *fields, struct weft_item *item,
                                   struct weft_line_end *end, struct weft_error *error);

#endif
