/*
 * The clock of a recording: the time-stamp counter where it can be trusted (whoever makes the
 * spool decides), else CLOCK_MONOTONIC.  Recorder and writer read it alike; the writer turns
 * ticks into ns.
 * Threads: any.
 */
#ifndef WEFT_TRACES_CLOCK_H
#define WEFT_TRACES_CLOCK_H

#include "traces/format/spool.h"

#include <stdint.h>
#include <time.h>

static inline uint64_t weft_clock_monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * Ordered after the loads and stores before it, so that an acquire is never stamped before the
 * release that made it possible (unfenced, 0.1 to 0.8 % of cross-thread hand-offs are).
 */
static inline uint64_t weft_clock_ticks(uint32_t kind)
{
#if defined(__x86_64__)
    if (kind == WEFT_CLOCK_TSC) {
        uint32_t low, high;
        __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
        return (uint64_t)high << 32 | low;
    }
#else
    (void)kind;
#endif
    return weft_clock_monotonic();
}

/*
 * The same without the order: 15 ns cheaper.  For what happens without contention; a reader
 * clamps the small inversions.
 */
static inline uint64_t weft_clock_ticks_unordered(uint32_t kind)
{
#if defined(__x86_64__)
    if (__builtin_expect(kind == WEFT_CLOCK_TSC, 1)) {
        uint32_t low, high;
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
        return (uint64_t)high << 32 | low;
    }
#endif
    return weft_clock_ticks(kind);
}

#endif
