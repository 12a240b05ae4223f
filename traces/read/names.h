/*
 * Names to numbers, for the hot path: a hash table over two words of each name.  It is made once
 * from a table of the format and has no names of its own.
 * Threads: any once it is made.
 */
#ifndef WEFT_TRACES_NAMES_H
#define WEFT_TRACES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    WEFT_NAMES_MAX = 96,      /* names in a table */
    WEFT_NAMES_SLOTS = 256,   /* a power of two, so sparse that a second probe is rare */
    WEFT_NAME_MAX_BYTES = 24, /* of a name: three words */
    WEFT_NAME_PAD_BYTES = 16, /* what may be read past a name's (or line's) end */
};

struct weft_name {
    uint64_t head;   /* the first 8 bytes, zeros beyond the end */
    uint64_t tail;   /* the last 8, 0 when there are fewer than 8 */
    uint64_t middle; /* bytes 8 to 16, 0 when there are not more than 16 */
    uint32_t len;
    uint32_t number;
};

struct weft_names {
    uint8_t slots[WEFT_NAMES_SLOTS]; /* 1 + index into names, 0: free */
    struct weft_name names[WEFT_NAMES_MAX];
    uint32_t count;
};

/* Adds a name; an empty one stands for "none" and is left out. */
void weft_names_add(struct weft_names *names, const char *name, uint32_t number);

/* The number of the name, or -1; for a text without padding. */
int weft_names_find_text(const struct weft_names *names, const char *text, size_t len);

/* 8 bytes, the first one lowest. */
static inline uint64_t weft_word_load(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline struct weft_name weft_name_of(const char *text, size_t len)
{
    const uint64_t head = weft_word_load(text);

    if (len < 8) {
        return (struct weft_name){.head = head & ((UINT64_C(1) << (8 * len)) - 1),
                                  .len = (uint32_t)len};
    }
    return (struct weft_name){.head = head,
                              .tail = weft_word_load(text + len - 8),
                              .middle = len > 16 ? weft_word_load(text + 8) : 0,
                              .len = (uint32_t)len};
}

static inline uint32_t weft_name_slot(const struct weft_name *name)
{
    /* Odd constants of high weight: the golden ratio in 64 bits, and a prime of xxHash. */
    const uint64_t mixed = name->head * UINT64_C(0x9e3779b97f4a7c15) +
                           name->tail * UINT64_C(0xc2b2ae3d27d4eb4f) + name->len;

    return (uint32_t)((mixed * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

/*
 * The number of the name, or -1.
 *   text   WEFT_NAME_PAD_BYTES beyond its end can be read
 */
static inline int weft_names_find(const struct weft_names *names, const char *text, size_t len)
{
    if (len > WEFT_NAME_MAX_BYTES) {
        return -1;
    }
    const struct weft_name name = weft_name_of(text, len);
    for (uint32_t slot = weft_name_slot(&name);; slot = (slot + 1) % WEFT_NAMES_SLOTS) {
        if (names->slots[slot] == 0) {
            return -1;
        }
        const struct weft_name *found = &names->names[names->slots[slot] - 1];
        if (found->head == name.head && found->tail == name.tail && found->len == name.len &&
            found->middle == name.middle) {
            return (int)found->number;
        }
    }
}

#endif
