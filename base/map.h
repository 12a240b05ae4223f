/*
 * A hash map from a 64-bit key to a 32-bit number, with open addressing; it only grows.
 * Keys may come from untrusted files: memory is linear in the keys that were put.
 * Threads: one at a time.
 */
#ifndef WEFT_BASE_MAP_H
#define WEFT_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_map_entry {
    uint64_t key;
    uint32_t value;
    bool full;
};

struct weft_map {
    struct weft_map_entry *at;
    size_t count;
    size_t room; /* 0 or a power of two */
};

/* A zeroed map is empty and ready. */
void weft_map_done(struct weft_map *map);

/* The value of key, NULL when there is none; valid until the next put. */
uint32_t *weft_map_find(const struct weft_map *map, uint64_t key);

/* Sets the value of key; false when there is no memory. */
bool weft_map_put(struct weft_map *map, uint64_t key, uint32_t value);

#endif
