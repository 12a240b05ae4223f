/*
 * An output sink: buffered bytes on their way to a file descriptor or to memory.  Errors stick:
 * write as much as you like and ask once, at the end.  A partial write, a full disk and a closed
 * pipe are all the same error, and errno_at tells which.
 * Threads: one at a time.  The sink owns its buffer, never the descriptor.
 */
#ifndef WEFT_BASE_SINK_H
#define WEFT_BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_sink {
    int fd; /* -1: memory only */
    char *buffer;
    size_t used;
    size_t room;
    uint64_t total_bytes; /* handed over so far, flushed or not */
    uint64_t file_bytes;  /* that the file took, packed or not */
    int errno_at;         /* the first error, 0 for none; later bytes are dropped */

    /* What base/pack.h puts between buffer and file; NULL: nothing. */
    struct weft_pack *pack;
    bool (*pack_put)(struct weft_sink *sink, const char *bytes, size_t len, bool last);
    void (*pack_done)(struct weft_sink *sink);
};

/*
 * Whether two paths, either of which may be NULL, name one file that exists: writing the output
 * would then destroy the input.
 */
bool weft_sink_is_input(const char *output, const char *input);

/* Room for a line of any length that weft itself makes; it grows for memory sinks. */
bool weft_sink_init(struct weft_sink *sink, int fd);
void weft_sink_done(struct weft_sink *sink);

void weft_sink_bytes(struct weft_sink *sink, const char *bytes, size_t len);
void weft_sink_text(struct weft_sink *sink, const char *text);
void weft_sink_char(struct weft_sink *sink, char c);
void weft_sink_u64(struct weft_sink *sink, uint64_t value);
void weft_sink_i64(struct weft_sink *sink, int64_t value);
void weft_sink_printf(struct weft_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void weft_sink_json(struct weft_sink *sink, const char *text, size_t len);

/*
 * Room for `bytes` at the end of the buffer, for who writes there himself; NULL when an error
 * sticks or there is no memory.  weft_sink_took says up to where it was used.
 */
char *weft_sink_room(struct weft_sink *sink, size_t bytes);
static inline void weft_sink_took(struct weft_sink *sink, const char *end)
{
    const size_t used = (size_t)(end - sink->buffer);

    sink->total_bytes += used - sink->used;
    sink->used = used;
}

/* Writes out what is buffered; true when nothing has failed so far. */
bool weft_sink_flush(struct weft_sink *sink);

/* The same, and nothing comes after it: a packed file is whole only then. */
bool weft_sink_finish(struct weft_sink *sink);

/* Past the buffer, for what stands between it and the file; false with errno_at set. */
bool weft_sink_write(struct weft_sink *sink, const char *bytes, size_t len);

#endif
