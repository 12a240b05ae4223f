#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct weft_arena_block {
    struct weft_arena_block *next;
    size_t used;
    size_t room;
    alignas(max_align_t) unsigned char bytes[];
};

void weft_arena_init(struct weft_arena *arena)
{
    arena->first = NULL;
    arena->total_bytes = 0;
}

void weft_arena_done(struct weft_arena *arena)
{
    while (arena->first != NULL) {
        struct weft_arena_block *block = arena->first;
        arena->first = block->next;
        free(block);
    }
    arena->total_bytes = 0;
}

void *weft_arena_get(struct weft_arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);

    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    bytes = (bytes + align - 1) / align * align;
    struct weft_arena_block *block = arena->first;
    if (block == NULL || block->room - block->used < bytes) {
        const size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = malloc(sizeof *block + room);
        if (block == NULL) {
            return NULL;
        }
        block->used = 0;
        block->room = room;
        block->next = arena->first;
        arena->first = block;
    }
    void *piece = block->bytes + block->used;
    block->used += bytes;
    arena->total_bytes += bytes;
    return memset(piece, 0, bytes);
}

char *weft_arena_copy(struct weft_arena *arena, const char *text, size_t len)
{
    char *copy = weft_arena_get(arena, len + 1);

    if (copy != NULL && len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

void weft_arena_reset(struct weft_arena *arena)
{
    struct weft_arena_block *keep = arena->first;

    if (keep == NULL) {
        return;
    }
    arena->first = keep->next;
    weft_arena_done(arena);
    keep->next = NULL;
    keep->used = 0;
    arena->first = keep;
}
