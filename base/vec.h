/*
 * A growing array of any type: struct { TYPE *at; size_t count, room; }.  Elements move when it
 * grows, so keep indices, not pointers.
 *
 *     struct { int *at; size_t count, room; } numbers = {0};
 *     if (!weft_vec_push(&numbers, 7)) …no memory…
 *     free(numbers.at);
 *
 * Threads: one at a time.
 */
#ifndef WEFT_BASE_VEC_H
#define WEFT_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `wanted` elements of `size` bytes in *at; false when there is no memory. */
bool weft_vec_reserve(void **at, size_t *room, size_t wanted, size_t size);

#define weft_vec_room(vec, wanted)                                                                 \
    ((wanted) <= (vec)->room ||                                                                    \
     weft_vec_reserve((void **)&(vec)->at, &(vec)->room, (wanted), sizeof *(vec)->at))

#define weft_vec_push(vec, ...)                                                                    \
    (weft_vec_room((vec), (vec)->count + 1) ? ((vec)->at[(vec)->count++] = __VA_ARGS__, true)      \
                                            : false)

#endif
