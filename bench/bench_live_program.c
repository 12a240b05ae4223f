/*
 * For bench_window.py: makes events at a steady rate, a lock taken and released for two of them,
 * and sleeps in between in a way that a recorder does not see.
 *
 *     bench_live_program EVENTS-A-SECOND SECONDS
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, LOCKS = 5, TICK_NS = 2000000, SECOND_NS = 1000000000 };

static pthread_mutex_t locks[LOCKS];
static double rate;
static uint64_t seconds;
static struct timespec begin;

static void sleep_until(uint64_t after_ns)
{
    const uint64_t at_ns = (uint64_t)begin.tv_nsec + after_ns;
    const struct timespec at = {begin.tv_sec + (time_t)(at_ns / SECOND_NS),
                                (long)(at_ns % SECOND_NS)};

    (void)syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void *work(void *argument)
{
    const uint64_t thread = (uint64_t)(size_t)argument;
    const double pairs_a_tick = rate / 2 / THREADS * TICK_NS / SECOND_NS;
    double due = 0;

    for (uint64_t tick = 1; tick * TICK_NS < seconds * SECOND_NS; tick++) {
        for (due += pairs_a_tick; due >= 1; due--) {
            pthread_mutex_t *lock = &locks[(thread + (uint64_t)due + tick) % LOCKS];
            (void)pthread_mutex_lock(lock);
            (void)pthread_mutex_unlock(lock);
        }
        sleep_until(tick * TICK_NS + thread * (TICK_NS / THREADS));
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (argc != 3) {
        (void)fprintf(stderr, "usage: bench_live_program EVENTS-A-SECOND SECONDS\n");
        return 2;
    }
    rate = strtod(argv[1], NULL);
    seconds = strtoul(argv[2], NULL, 10);
    for (size_t i = 0; i < LOCKS; i++) {
        (void)pthread_mutex_init(&locks[i], NULL);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (size_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return 0;
}
