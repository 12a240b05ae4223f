/*
 * An arena: memory that is given out piece by piece and freed at once.  Pieces never move, so
 * pointers into it hold until weft_arena_done.
 * Threads: one at a time.
 */
#ifndef WEFT_BASE_ARENA_H
#define WEFT_BASE_ARENA_H

#include <stddef.h>

struct weft_arena_block;

struct weft_arena {
    struct weft_arena_block *first;
    size_t total_bytes; /* given out so far, for reports */
};

void weft_arena_init(struct weft_arena *arena);
void weft_arena_done(struct weft_arena *arena);

/* Zeroed, aligned for any type; NULL when there is no memory. */
void *weft_arena_get(struct weft_arena *arena, size_t bytes);

/* A NUL-ended copy of len bytes; NULL when there is no memory. */
char *weft_arena_copy(struct weft_arena *arena, const char *text, size_t len);

/* Forgets all pieces but keeps the memory, for arenas that live for a frame. */
void weft_arena_reset(struct weft_arena *arena);

#endif
