/*
 * Call sites of C++ where std::mutex::lock is a function of its own, as without optimisation and
 * where optimisers do not think it worth being inlined: every lock of the program would be taken in
 * one place, a header of the compiler.  The functions of namespace std in the program are looked up
 * in its symbol table at the start, those that set up a frame or only make room on the stack; a
 * call from inside of one is told as a call by its caller.  That is exact: whoever has a frame has
 * its caller's address in it, and who makes room has it above. Threads: any, once the constructor
 * has run.
 */
#ifndef WEFT_RUNTIME_PRELOAD_WRAPPERS_H
#define WEFT_RUNTIME_PRELOAD_WRAPPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct weft_wrapper {
    uintptr_t from, to;
    unsigned below; /* bytes of its own on the stack, below the return address; 0: it has a frame */
};

extern struct weft_wrappers {
    const struct weft_wrapper *at; /* sorted, disjoint */
    size_t count;
} weft_wrappers;

/* Of the program and of the libraries that are loaded with it, but for the system's. */
void weft_wrappers_find(void);

/* site: a return address; frame: of the function that returns there. */
const void *weft_wrappers_climb(const void *site, void *const *frame);

static inline __attribute__((always_inline)) const void *weft_site_of(const void *site,
                                                                      void *const *frame)
{
    return __builtin_expect(weft_wrappers.count == 0, 1) ? site : weft_wrappers_climb(site, frame);
}

#pragma GCC visibility pop

#endif
