/*
 * What the preload library costs a program that knows nothing of it.
 *
 * Every figure comes from a worker process of its own, in turn without the library, with it but
 * not recording, recorded by a writer in this process, and with LTTng-UST's wrapper of the pthread
 * functions (which records mutexes alone), round by round; medians, in ns and as ratios.
 *
 *   pair N     an uncontended lock and unlock, N threads with a mutex each, in bursts that fit into
 *              a lane: what recording itself costs (CPU time of the thread)
 *   steady N   the same without a pause: as fast as the writer can take it (wall time)
 *   contended  four threads on one mutex, in such bursts, each begun together (an acquire)
 *   steady c.  the same without a pause: begun together once (wall time, as of the next two)
 *   pinned c.  likewise, each thread on a processor of its own as far as there are so many
 *   queue      a bounded queue on a mutex and two conditions, two threads each side (an item)
 *
 * usage: bench_preload [-r ROUNDS] [-l LIBRARY] [ROW...]     15 rounds and all rows by default
 */
#include "bench/lttng.h"
#include "bench/measure.h"
#include "traces/format/spool.h"
#include "traces/write/write.h"

#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BURST = 4000,
    BURSTS = 24,
    STEADY = 1000000,
    CONTENDED = 200000,
    CONTENDERS = 4,
    ITEMS = 100000,
    ROOM = 64,
    THREADS_MAX = 4,
    ROUNDS_MAX = 100,
};

/* Workers ───────────────────────────────────────────────────────────────────────────────────── */

static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static unsigned long counter;
static int filled;

static void lock_and_unlock(pthread_mutex_t *mutex, int count)
{
    for (int i = 0; i < count; i++) {
        (void)pthread_mutex_lock(mutex);
        (void)pthread_mutex_unlock(mutex);
    }
}

static void *bursts(void *result)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    double each[BURSTS];

    for (int i = 0; i < BURSTS; i++) {
        const double begin = weft_bench_ns(CLOCK_THREAD_CPUTIME_ID);
        lock_and_unlock(&mutex, BURST);
        each[i] = (weft_bench_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / BURST;
        (void)nanosleep(&pause, NULL);
    }
    *(double *)result = weft_bench_median(each, BURSTS);
    return NULL;
}

static void *steady(void *result)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);

    lock_and_unlock(&mutex, STEADY);
    *(double *)result = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / STEADY;
    return NULL;
}

static pthread_barrier_t all_there;

static void *contend_in_bursts(void *result)
{
    const struct timespec pause = {.tv_nsec = 4000000};
    double each[BURSTS];

    for (int i = 0; i < BURSTS; i++) {
        (void)pthread_barrier_wait(&all_there);
        const double begin = weft_bench_ns(CLOCK_MONOTONIC);
        for (int k = 0; k < BURST; k++) {
            (void)pthread_mutex_lock(&shared);
            counter++;
            (void)pthread_mutex_unlock(&shared);
        }
        (void)pthread_barrier_wait(&all_there);
        each[i] = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / BURST / CONTENDERS;
        (void)nanosleep(&pause, NULL);
    }
    *(double *)result = weft_bench_median(each, BURSTS);
    return NULL;
}

/* The n-th who comes gets the n-th of the processors that we may use, and so on in turn. */
static void pin(void)
{
    static atomic_int came;
    cpu_set_t usable, one;

    if (sched_getaffinity(0, sizeof usable, &usable) != 0) {
        return;
    }
    int nth = atomic_fetch_add(&came, 1) % CPU_COUNT(&usable);
    size_t processor = 0;
    while (!CPU_ISSET(processor, &usable) || nth-- > 0) {
        processor++;
    }
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

static void *contend(void *result)
{
    (void)pthread_barrier_wait(&all_there);
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < CONTENDED; i++) {
        (void)pthread_mutex_lock(&shared);
        counter++;
        (void)pthread_mutex_unlock(&shared);
    }
    *(double *)result = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / CONTENDED / CONTENDERS;
    return NULL;
}

static void *contend_pinned(void *result)
{
    pin();
    return contend(result);
}

static void *put(void *result)
{
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < ITEMS; i++) {
        (void)pthread_mutex_lock(&shared);
        while (filled == ROOM) {
            (void)pthread_cond_wait(&not_full, &shared);
        }
        filled++;
        (void)pthread_cond_signal(&not_empty);
        (void)pthread_mutex_unlock(&shared);
    }
    *(double *)result = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / ITEMS;
    return NULL;
}

static void *get(void *result)
{
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);

    for (int i = 0; i < ITEMS; i++) {
        (void)pthread_mutex_lock(&shared);
        while (filled == 0) {
            (void)pthread_cond_wait(&not_empty, &shared);
        }
        filled--;
        (void)pthread_cond_signal(&not_full);
        (void)pthread_mutex_unlock(&shared);
    }
    *(double *)result = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / ITEMS;
    return NULL;
}

static const struct measure {
    const char *name;
    void *(*routines[2])(void *); /* every other thread runs the second one */
    int threads;
} measures[] = {
    {"pair 1", {bursts, bursts}, 1},
    {"pair 2", {bursts, bursts}, 2},
    {"pair 4", {bursts, bursts}, 4},
    {"steady 1", {steady, steady}, 1},
    {"contended", {contend_in_bursts, contend_in_bursts}, CONTENDERS},
    {"steady c.", {contend, contend}, CONTENDERS},
    {"pinned c.", {contend_pinned, contend_pinned}, CONTENDERS},
    {"queue", {put, get}, 4},
};
enum { MEASURES = sizeof measures / sizeof *measures };

static int work(const struct measure *measure)
{
    pthread_t threads[THREADS_MAX];
    double results[THREADS_MAX] = {0}, sum = 0;

    (void)pthread_barrier_init(&all_there, NULL, (unsigned)measure->threads);
    for (int i = 0; i < measure->threads; i++) {
        if (pthread_create(&threads[i], NULL, measure->routines[i % 2], &results[i]) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < measure->threads; i++) {
        (void)pthread_join(threads[i], NULL);
        sum += results[i];
    }
    (void)printf("%f\n", sum / measure->threads);
    return 0;
}

/* Rounds ────────────────────────────────────────────────────────────────────────────────────── */

enum { PLAIN, LOADED, RECORDED, LTTNG, WAYS };

static void become_worker(const struct measure *measure, const char *library, const char *spool,
                          const int *ends)
{
    char index[16];

    (void)dup2(ends[1], STDOUT_FILENO);
    (void)snprintf(index, sizeof index, "%d", (int)(measure - measures));
    if (library != NULL) {
        (void)setenv("LD_PRELOAD", library, 1);
    }
    if (spool != NULL) {
        (void)setenv(WEFT_SPOOL_ENV, spool, 1);
    }
    (void)execl("/proc/self/exe", "bench_preload", "worker", index, (char *)NULL);
    _exit(1);
}

/* The figure of one worker; *lost grows by what its recording lost.  Below 0: it failed. */
static double run(const struct measure *measure, int way, const char *library,
                  unsigned long long *lost)
{
    static const char *const command[] = {"worker"};
    const struct weft_writer_options options = {
        .trace_path = "/dev/null", .program = "worker", .command = command, .command_count = 1};
    struct weft_writer_summary summary = {0};
    struct weft_writer *writer = NULL;
    struct weft_error error;
    int ends[2], status = 0;
    char text[64] = "-1";

    if (pipe(ends) != 0 ||
        (way == RECORDED && weft_writer_new(&options, &writer, &error) != WEFT_OK)) {
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) {
        become_worker(measure, way != PLAIN ? library : NULL,
                      writer != NULL ? weft_writer_spool_path(writer) : NULL, ends);
    }
    (void)close(ends[1]);
    while (writer != NULL && waitpid(child, &status, WNOHANG) == 0) {
        (void)weft_writer_drain(writer);
        const struct timespec pause = {.tv_nsec = weft_writer_pause_ns(writer)}; /* as weft does */
        (void)nanosleep(&pause, NULL);
    }
    const ssize_t got = read(ends[0], text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    (void)close(ends[0]);
    if (writer == NULL) {
        (void)waitpid(child, &status, 0);
    } else {
        (void)weft_writer_finish(writer, status, &summary, &error);
        weft_writer_free(writer);
        *lost += summary.lost;
    }
    return atof(text);
}

/* NULL: LTTng is not here. */
static const char *lttng;

static void measure_all(int rounds, const char *library, char **names,
                        double (*figures)[WAYS][ROUNDS_MAX], unsigned long long *lost)
{
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < MEASURES; i++) {
            if (!weft_bench_is_wanted(measures[i].name, names)) {
                continue;
            }
            for (int way = PLAIN; way < (lttng != NULL ? WAYS : LTTNG); way++) {
                figures[i][way][round] =
                    run(&measures[i], way, way == LTTNG ? lttng : library, lost);
            }
        }
    }
}

/* Of the difference to the plain run of the same round: what the machine does cancels out. */
static double added(double (*figures)[ROUNDS_MAX], int way, int rounds)
{
    double differences[ROUNDS_MAX];

    for (int i = 0; i < rounds; i++) {
        differences[i] = figures[way][i] - figures[PLAIN][i];
    }
    return weft_bench_median(differences, rounds);
}

static double ratio(double (*figures)[ROUNDS_MAX], int way, int rounds)
{
    double ratios[ROUNDS_MAX];

    for (int i = 0; i < rounds; i++) {
        ratios[i] = figures[way][i] / figures[PLAIN][i];
    }
    return weft_bench_median(ratios, rounds);
}

static void print_row(const struct measure *measure, double (*figures)[ROUNDS_MAX], int rounds)
{
    double plain[ROUNDS_MAX];

    memcpy(plain, figures[PLAIN], sizeof plain);
    (void)printf("%-10s %8.1f", measure->name, weft_bench_median(plain, rounds));
    for (int way = LOADED; way < (lttng != NULL ? WAYS : LTTNG); way++) {
        (void)printf("  %+8.1f x%-5.2f", added(figures, way, rounds), ratio(figures, way, rounds));
    }
    (void)printf(lttng != NULL ? "  %.1f\n" : "  LTTng is not here\n",
                 added(figures, LTTNG, rounds) / added(figures, RECORDED, rounds));
}

int main(int argc, char **argv)
{
    static double figures[MEASURES][WAYS][ROUNDS_MAX];
    const char *library = WEFT_BUILD_DIR "/libweft_preload.so";
    unsigned long long lost = 0;
    int rounds = 15;

    if (argc > 2 && strcmp(argv[1], "worker") == 0) {
        return work(&measures[atoi(argv[2]) % MEASURES]);
    }
    for (int option; (option = getopt(argc, argv, "r:l:")) != -1;) {
        if (option == 'r' && atoi(optarg) > 0 && atoi(optarg) <= ROUNDS_MAX) {
            rounds = atoi(optarg);
        } else if (option == 'l') {
            library = optarg;
        } else {
            (void)fprintf(stderr, "usage: bench_preload [-r ROUNDS] [-l LIBRARY] [ROW...]\n");
            return 2;
        }
    }
    lttng = bench_lttng_start();
    measure_all(rounds, library, argv + optind, figures, &lost);
    (void)printf("%d rounds; plain in ns, then what is added and the ratio, medians of the rounds' "
                 "own; weft lost %llu\n%-10s %8s  %-15s  %-15s  %-15s  LTTng / weft\n",
                 rounds, lost, "", "plain", "loaded", "recorded", "LTTng");
    for (int i = 0; i < MEASURES; i++) {
        if (weft_bench_is_wanted(measures[i].name, argv + optind)) {
            print_row(&measures[i], figures[i], rounds);
        }
    }
    if (weft_bench_is_wanted(measures[0].name, argv + optind) &&
        weft_bench_is_wanted(measures[2].name, argv + optind)) {
        (void)printf("1 to 4 threads: %+.0f %% of the time of a recorded pair\n",
                     100 * (weft_bench_median(figures[2][RECORDED], rounds) /
                                weft_bench_median(figures[0][RECORDED], rounds) -
                            1));
    }
    if (lttng != NULL) {
        bench_lttng_stop();
    }
    return 0;
}
