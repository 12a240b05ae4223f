/*
 * Names to numbers, for the hot path: a perfect hash over two words of each name, so a look-up is
 * one probe and one comparison.  It is made from the tables of the format when a trace is opened
 * and has no names of its own.
 * Threads: any once it is sealed.
 */
#ifndef WEFT_TRACES_NAMES_H
#define WEFT_TRACES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    WEFT_NAMES_MAX = 96,      /* names in a table */
    WEFT_NAMES_SLOTS_LOG = 9, /* so sparse that a multiplier without collision is found soon */
    WEFT_NAME_MAX_BYTES = 24, /* of a name: three words */
    WEFT_NAME_PAD_BYTES = 16, /* what may be read past a name's (or line's) end */
};

struct weft_name {
    uint64_t head;   /* the first 8 bytes, zeros beyond the end */
    uint64_t tail;   /* the last 8, 0 when there are fewer than 8 */
    uint64_t middle; /* bytes 8 to 16, 0 when there are not more than 16 */
    uint32_t len;
    int32_t number;
};

struct weft_names {
    uint64_t multiplier; /* found by weft_names_seal */
    uint32_t count;
    uint8_t slots[1 << WEFT_NAMES_SLOTS_LOG]; /* index into names; 0, which is no name, when free */
    struct weft_name names[1 + WEFT_NAMES_MAX];
};

void weft_names_init(struct weft_names *names);

/* Adds a name; an empty one stands for "none" and is left out. */
void weft_names_add(struct weft_names *names, const char *name, int32_t number);

/* All names are added: finds the hash. */
void weft_names_seal(struct weft_names *names);

/* The number of the name, or -1; for a text without padding. */
int32_t weft_names_find_text(const struct weft_names *names, const char *text, size_t len);

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

static inline uint32_t weft_name_slot(const struct weft_name *name, uint64_t multiplier)
{
    const uint64_t turned = name->tail << 21 | name->tail >> 43;

    return (uint32_t)(((name->head ^ turned) * multiplier) >> (64 - WEFT_NAMES_SLOTS_LOG));
}

static inline int32_t weft_names_find_name(const struct weft_names *names,
                                           const struct weft_name *name)
{
    const struct weft_name *found =
        &names->names[names->slots[weft_name_slot(name, names->multiplier)]];

    return found->head == name->head && found->tail == name->tail && found->len == name->len &&
                   found->middle == name->middle
               ? found->number
               : -1;
}

/*
 * The number of the name, or -1.
 *   text   WEFT_NAME_PAD_BYTES beyond its end can be read
 */
static inline int32_t weft_names_find(const struct weft_names *names, const char *text, size_t len)
{
    if (len > WEFT_NAME_MAX_BYTES) {
        return -1;
    }
    const struct weft_name name = weft_name_of(text, len);
    return weft_names_find_name(names, &name);
}

#endif
