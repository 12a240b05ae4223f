/*
 * What recording costs whole programs: wall time of a run, its start and the writing of the trace
 * included.
 *
 * In every round each program runs plain, under `weft record`, and with LTTng-UST's pthread
 * wrapper, one after the other; the ratio to the plain run of the same round is what counts.
 * Printed is the geometric mean of the ratios with its 95 % interval (Student's t over their
 * logarithms).
 *
 * usage: bench_programs [ROUNDS [WEFT]]      20 rounds by default
 */
#include "bench/lttng.h"

#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PLAIN, RECORDED, LTTNG, WAYS, ROUNDS_MAX = 60, LINES = 1200000 };

/* TEXT is what they pack. */
static const struct program {
    const char *name;
    const char *argv[8];
} programs[] = {
    {"pigz", {"pigz", "-p2", "-c", "TEXT"}},
    {"xz -T2", {"xz", "-T2", "-1", "-c", "TEXT"}},
    {"zstd -T2", {"zstd", "-T2", "-q", "-9", "-c", "TEXT"}},
    {"pbzip2", {"pbzip2", "-p2", "-c", "TEXT"}},
    {"python3", {"/usr/bin/python3", WEFT_SOURCE_DIR "/tests/preload/programs/put_and_get.py"}},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static char text[] = "/tmp/weft-bench-text-XXXXXX";

static bool make_text(void)
{
    const int fd = mkstemp(text);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (file == NULL) {
        return false;
    }
    for (unsigned i = 0; i < LINES; i++) {
        (void)fprintf(file, "%u %u the quick brown fox\n", i, i * i % 977u);
    }
    return fclose(file) == 0;
}

static void become(const struct program *program, int way, const char *weft, const char *wrapper)
{
    const char *argv[16];
    const int nowhere = open("/dev/null", O_RDWR);
    int count = 0;

    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    if (way == RECORDED) {
        static const char *const record[] = {"record", "-q", "-o"};
        argv[count++] = weft;
        for (int i = 0; i < 3; i++) {
            argv[count++] = record[i];
        }
        argv[count++] = "/tmp/weft-bench.weft.jsonl";
        argv[count++] = "--";
    } else if (way == LTTNG) {
        (void)setenv("LD_PRELOAD", wrapper, 1);
    }
    for (int i = 0; program->argv[i] != NULL; i++) {
        argv[count++] = strcmp(program->argv[i], "TEXT") == 0 ? text : program->argv[i];
    }
    argv[count] = NULL;
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Seconds; NAN: it failed. */
static double run(const struct program *program, int way, const char *weft, const char *wrapper)
{
    struct timespec begin, end;
    int status = -1;

    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    const pid_t child = fork();
    if (child == 0) {
        become(program, way, weft, wrapper);
    }
    (void)waitpid(child, &status, 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return NAN;
    }
    return (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
}

/* Two-sided 95 %, for so many degrees of freedom. */
static double student_t(int freedom)
{
    static const double few[] = {12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23,
                                 2.20,  2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09, 2.09};

    return freedom < 1 ? NAN : freedom <= 20 ? few[freedom - 1] : 2.05;
}

static void print_ratio(const double *seconds, const double *plain, int rounds)
{
    double sum = 0, squares = 0;

    for (int i = 0; i < rounds; i++) {
        sum += log(seconds[i] / plain[i]);
    }
    const double mean = sum / rounds;
    for (int i = 0; i < rounds; i++) {
        const double off = log(seconds[i] / plain[i]) - mean;
        squares += off * off;
    }
    const double half = student_t(rounds - 1) * sqrt(squares / (rounds - 1) / rounds);
    (void)printf("  x%.3f [%.3f, %.3f]", exp(mean), exp(mean - half), exp(mean + half));
}

int main(int argc, char **argv)
{
    static double seconds[WAYS][ROUNDS_MAX];
    const int wanted = argc > 1 ? atoi(argv[1]) : 20;
    const int rounds = wanted < 2 ? 2 : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    const char *weft = argc > 2 ? argv[2] : WEFT_BUILD_DIR "/weft";

    if (!make_text()) {
        return 1;
    }
    const char *wrapper = bench_lttng_start();
    (void)printf(
        "%d paired rounds: wall time x plain, mean [95 %% interval]\n%-10s %8s  %-22s  %s\n",
        rounds, "", "plain, s", "weft record", wrapper != NULL ? "LTTng" : "");
    for (size_t i = 0; i < PROGRAMS; i++) {
        double sum = 0;
        for (int round = 0; round < rounds; round++) {
            for (int way = PLAIN; way < (wrapper != NULL ? WAYS : LTTNG); way++) {
                seconds[way][round] = run(&programs[i], way, weft, wrapper);
            }
            sum += seconds[PLAIN][round];
        }
        (void)printf("%-10s %8.3f", programs[i].name, sum / rounds);
        print_ratio(seconds[RECORDED], seconds[PLAIN], rounds);
        if (wrapper != NULL) {
            print_ratio(seconds[LTTNG], seconds[PLAIN], rounds);
        } else {
            (void)printf("  LTTng is not here");
        }
        (void)printf("\n");
        (void)fflush(stdout);
    }
    (void)unlink(text);
    (void)unlink("/tmp/weft-bench.weft.jsonl");
    if (wrapper != NULL) {
        bench_lttng_stop();
    }
    return 0;
}
