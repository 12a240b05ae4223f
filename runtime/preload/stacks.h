/*
 * Who called the function that waits: `weft record --stacks`.  The chain of frame pointers is
 * followed, for that needs no lock, no memory and no table; an unwinder would take the loader's
 * lock, which the program may hold while it waits.  Nothing is believed: a frame is read through
 * the kernel, which answers EFAULT where we would crash, unless its page is known to be there, and
 * a return address counts only when a call stands before it.  Without frame pointers the chain
 * breaks off, and the wait has its own call alone, which is counted.
 * Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_PRELOAD_STACKS_H
#define WEFT_RUNTIME_PRELOAD_STACKS_H

#include "runtime/record/lane.h"

#pragma GCC visibility push(hidden)

/* In a hook or what it calls; site: as the hook tells it. */
void weft_stack_record(const void *site);

/* Goes before the record of a wait; costs one look when nobody wants stacks. */
static inline void weft_stack_keep(const void *site)
{
    if (__builtin_expect(weft_spool.stack_frames != 0, 0)) {
        weft_stack_record(site);
    }
}

#pragma GCC visibility pop

#endif
