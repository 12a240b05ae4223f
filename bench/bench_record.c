/*
 * What recording costs the thread that records, and what the writer makes of it.
 *
 * In one interleaved run: an acquire and release of a weft lock without and with recording, a
 * question asked again and again (folded) without and with recording: medians of the rounds, in ns
 * and as ratios.  Then a long row of pairs that nobody drains: how many bytes an event takes in the
 * packed file, and how fast it becomes JSON Lines.
 *
 * usage: bench_record [ROUNDS]
 */
#include "bench/measure.h"
#include "runtime/record/lane.h"
#include "runtime/record/record.h"
#include "runtime/weft.h"
#include "traces/write/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS = 2000, BULK = 4000000, QUESTIONS = 1000000, ROUNDS_MAX = 1000 };

struct figures {
    double pair[ROUNDS_MAX];
    double question[ROUNDS_MAX];
};

static void lock_often(int pairs)
{
    struct weft_lock *lock = weft_lock_new("lock");

    for (int i = 0; i < pairs; i++) {
        (void)weft_lock_acquire(lock, 1);
        (void)weft_lock_release(lock);
    }
    weft_lock_free(lock);
}

/* A round fits into a lane, so nobody has to drain meanwhile. */
static void measure(struct figures *figures, int round, struct weft_writer *writer)
{
    struct weft_lock *lock = weft_lock_new("lock");
    struct weft_queue *queue = weft_queue_new("queue", 0);

    double begin = weft_bench_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < PAIRS; i++) {
        (void)weft_lock_acquire(lock, 1);
        (void)weft_lock_release(lock);
    }
    figures->pair[round] = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / PAIRS;
    begin = weft_bench_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < QUESTIONS; i++) {
        (void)weft_queue_empty(queue);
    }
    figures->question[round] = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / QUESTIONS;
    weft_queue_free(queue);
    weft_lock_free(lock);
    while (writer != NULL && weft_writer_drain(writer)) {
    }
}

int main(int argc, char **argv)
{
    static const char *const command[] = {"bench_record"};
    static struct figures plain, recorded;
    const int wanted = argc > 1 ? atoi(argv[1]) : 25;
    const int rounds = wanted < 1 ? 1 : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    const struct weft_writer_options options = {
        .trace_path = "/dev/null", .program = "bench", .command = command, .command_count = 1};
    struct weft_writer_summary summary;
    struct weft_writer *writer = NULL;
    struct weft_error error;

    if (weft_writer_new(&options, &writer, &error) != WEFT_OK ||
        setenv("WEFT_SPOOL", weft_writer_spool_path(writer), 1) != 0) {
        (void)fprintf(stderr, "bench_record: %s\n", error.text);
        return 1;
    }
    weft_record_open();
    uint32_t *on = (uint32_t *)(uintptr_t)weft_spool.on;
    for (int round = 0; round < rounds; round++) { /* plain, recorded, plain, … */
        *on = 0;
        measure(&plain, round, NULL);
        *on = 1;
        measure(&recorded, round, writer);
    }
    lock_often(BULK);
    const double begin = weft_bench_ns(CLOCK_MONOTONIC);
    (void)weft_writer_finish(writer, 0, &summary, &error);
    const double line = (weft_bench_ns(CLOCK_MONOTONIC) - begin) / (2.0 * BULK);
    weft_writer_free(writer);

    const double pair = weft_bench_median(plain.pair, rounds),
                 pair_on = weft_bench_median(recorded.pair, rounds);
    const double ask = weft_bench_median(plain.question, rounds),
                 ask_on = weft_bench_median(recorded.question, rounds);
    (void)printf("%d rounds, medians; %llu events, %llu lost\n", rounds,
                 (unsigned long long)summary.events, (unsigned long long)summary.lost);
    (void)printf("lock pair      %7.1f ns plain  %7.1f ns recorded  +%.1f ns  x%.2f\n", pair,
                 pair_on, pair_on - pair, pair_on / pair);
    (void)printf("question       %7.1f ns plain  %7.1f ns recorded  +%.1f ns  x%.2f\n", ask, ask_on,
                 ask_on - ask, ask_on / ask);
    (void)printf("spool          %7.2f bytes an event\n",
                 (double)summary.spool_bytes / (double)summary.events);
    (void)printf("spool to JSON  %7.1f ns an event, %.1f million events/s\n", line, 1000.0 / line);
    return 0;
}
