/* What the benchmarks share: the clock in ns, medians, rows by name, and random numbers that are
 * always the same.
 */
#ifndef WEFT_BENCH_MEASURE_H
#define WEFT_BENCH_MEASURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* CLOCK_PROCESS_CPUTIME_ID where others may have the machine meanwhile. */
static inline double weft_bench_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int weft_bench_by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Sorts them. */
static inline double weft_bench_median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, weft_bench_by_size);
    return values[count / 2];
}

/* Is this row asked for?  names: those that are, up to a NULL; none at all: every row is. */
static inline bool weft_bench_is_wanted(const char *row, char **names)
{
    bool found = names[0] == NULL;

    for (; *names != NULL; names++) {
        found |= strcmp(row, *names) == 0;
    }
    return found;
}

/* state: not 0. */
static inline uint64_t weft_bench_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
