/*
 * The locks of a memory allocator are taken at every turn and are hardly ever what somebody looks
 * for.  When one is loaded with the program (jemalloc, tcmalloc, mimalloc), the locks that it takes
 * are left out and counted.
 * Threads: any, once the constructor has run.
 */
#ifndef WEFT_RUNTIME_PRELOAD_ALLOCATOR_H
#define WEFT_RUNTIME_PRELOAD_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Its code; bytes 0: there is none. */
extern struct weft_allocator {
    uintptr_t from, bytes;
} weft_allocator;

/* After the spool was opened, which says whether they are to be left out. */
void weft_allocator_find(void);

/* One more was left out. */
void weft_allocator_count(void);

static inline __attribute__((always_inline)) bool weft_is_allocator(const void *site)
{
    if (__builtin_expect((uintptr_t)site - weft_allocator.from >= weft_allocator.bytes, 1)) {
        return false;
    }
    weft_allocator_count();
    return true;
}

#pragma GCC visibility pop

#endif
