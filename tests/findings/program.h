/*
 * What the programs with a fault have in common.  Each is called with "fault", "sound" or the name
 * of another variant of its fault, and is over well below a second: who waits for ever is ended by
 * a signal.  Comments of the form "@word" name the lines that weft check must point to.
 */
#ifndef WEFT_TESTS_FINDINGS_PROGRAM_H
#define WEFT_TESTS_FINDINGS_PROGRAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *mode = "";

static inline bool is(const char *name)
{
    return strcmp(mode, name) == 0;
}

/* No function: the call site is the line that sleeps. */
#define sleep_ms(ms) ((void)usleep((useconds_t)((ms)*1000)))

/* Work, not sleep. */
static inline void work_us(long us)
{
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000 < us);
}

static inline pthread_t start(void *(*routine)(void *), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, routine, argument) != 0) {
        perror("pthread_create");
    }
    return thread;
}

/* False: the mode is missing.  ends_ms: when a signal ends it, 0: it ends by itself. */
static inline bool begin(int argc, char **argv, long ends_ms)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s fault|sound|VARIANT\n", argv[0]);
        return false;
    }
    mode = argv[1];
    if (ends_ms > 0) {
        (void)ualarm((useconds_t)ends_ms * 1000, 0);
    }
    return true;
}

#endif
