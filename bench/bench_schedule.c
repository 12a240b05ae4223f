/*
 * What the controlled schedule costs: a scheduling point at which the same thread goes on, a
 * hand-over to another thread, and whole runs of a scenario by `weft run`.  Medians of the rounds.
 *
 * usage: bench_schedule [ROUNDS [WEFT]]      WEFT: the program; without it no runs are made
 */
#define _GNU_SOURCE
#include "bench/measure.h"
#include "runtime/record/record.h"
#include "runtime/schedule/turn.h"
#include "traces/format/spool.h"
#include "traces/write/write.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { POINTS = 1000000, TURNS = 20000, RUNS = 50, ROUNDS_MAX = 100 };

static char mine, theirs;

static void *answer(void *runner)
{
    weft_turn_begin(runner);
    for (int i = 0; i < TURNS; i++) {
        (void)weft_turn_wake(&mine, 1, UINT32_MAX);
        (void)weft_turn_block(&theirs, WEFT_TURN_NEVER, UINT32_MAX, false);
    }
    weft_turn_end();
    return NULL;
}

/* ns a hand-over: there and back are two. */
static double hand_over(void)
{
    pthread_t thread;
    struct weft_runner *runner = weft_turn_make(weft_record_new_thread());

    if (pthread_create(&thread, NULL, answer, runner) != 0) {
        return 0;
    }
    (void)weft_turn_block(&mine, WEFT_TURN_NEVER, UINT32_MAX, false);
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);
    for (int i = 1; i < TURNS; i++) {
        (void)weft_turn_wake(&theirs, 1, UINT32_MAX);
        (void)weft_turn_block(&mine, WEFT_TURN_NEVER, UINT32_MAX, false);
    }
    const double ns = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / (2 * TURNS);
    (void)weft_turn_wake(&theirs, 1, UINT32_MAX);
    (void)weft_turn_yield();
    (void)pthread_join(thread, NULL);
    return ns;
}

static double point(void)
{
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < POINTS; i++) {
        weft_turn_point(NULL);
    }
    return (weft_bench_ns(CLOCK_MONOTONIC) - begin) / POINTS;
}

/* Runs a second. */
static double runs(const char *weft)
{
    char command[4096];
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);

    (void)snprintf(command, sizeof command,
                   "i=0; while [ $i -lt %d ]; do %s run thread-class -q --seed $i -o /dev/null "
                   ">/dev/null; i=$((i+1)); done",
                   RUNS, weft);
    return system(command) == 0 ? RUNS / ((weft_bench_ns(CLOCK_MONOTONIC) - begin) / 1e9) : 0;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    double points[ROUNDS_MAX], over[ROUNDS_MAX], per_second[ROUNDS_MAX];
    struct weft_writer *writer = NULL;
    struct weft_error error;

    rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    if (weft_writer_new(&(struct weft_writer_options){.trace_path = "/dev/null",
                                                      .program = "bench",
                                                      .plan = "fifo"},
                        &writer, &error) != WEFT_OK) {
        (void)fprintf(stderr, "bench_schedule: %s\n", error.text);
        return 1;
    }
    (void)setenv(WEFT_SPOOL_ENV, weft_writer_spool_path(writer), 1);
    weft_record_open();
    if (!weft_turn_start()) {
        (void)fprintf(stderr, "bench_schedule: no controlled schedule\n");
        return 1;
    }
    for (int i = 0; i < rounds; i++) {
        points[i] = point();
        over[i] = hand_over();
        if (argc > 2) {
            per_second[i] = runs(argv[2]);
        }
    }
    const double point_ns = weft_bench_median(points, rounds);
    printf("a point where the same thread goes on: %.1f ns, %.1f million a second\n", point_ns,
           1e3 / point_ns);
    printf("a hand-over: %.2f us\n", weft_bench_median(over, rounds) / 1e3);
    if (argc > 2) {
        printf("runs of thread-class: %.0f a second, each with a weft of its own\n",
               weft_bench_median(per_second, rounds));
    }
    weft_writer_free(writer);
    return 0;
}
