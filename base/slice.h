/*
 * A string slice: bytes that somebody else owns, not ended by a NUL.
 * Threads: any.
 */
#ifndef WEFT_BASE_SLICE_H
#define WEFT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct weft_slice {
    const char *at;
    size_t len;
};

static inline struct weft_slice weft_slice_of(const char *text)
{
    return (struct weft_slice){text, strlen(text)};
}

static inline bool weft_slice_equal(struct weft_slice a, struct weft_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool weft_slice_is(struct weft_slice a, const char *text)
{
    return weft_slice_equal(a, weft_slice_of(text));
}

#endif
