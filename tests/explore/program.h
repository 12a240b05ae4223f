/*
 * What the programs here share.  Each has a bug of its own that only some schedules show, and an
 * oracle: it ends with a status or a signal, prints a line, or cannot go on.  With the argument
 * "sound" it is its twin, which does the same without the bug.
 */
#ifndef WEFT_TESTS_EXPLORE_PROGRAM_H
#define WEFT_TESTS_EXPLORE_PROGRAM_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 16 };

static pthread_t threads[THREADS_MAX];
static int thread_count;

static void start(void *(*routine)(void *), void *argument)
{
    if (pthread_create(&threads[thread_count++], NULL, routine, argument) != 0) {
        abort();
    }
}

static void join_all(void)
{
    for (int i = 0; i < thread_count; i++) {
        if (pthread_join(threads[i], NULL) != 0) {
            abort();
        }
    }
    thread_count = 0;
}

static bool is_sound(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "sound") == 0;
}

#endif
