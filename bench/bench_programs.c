/*
 * What recording costs whole programs: wall time of the command, its start and the writing of the
 * trace included, and of the program alone, as the trace has it: from the moment at which the
 * recorder is loaded (a ms after its start) to its end.
 *
 * In every round each program runs plain, under `weft record`, and with LTTng-UST's pthread
 * wrapper, one after the other; the ratio to the plain run of the same round is what counts.
 * Printed is the geometric mean of the ratios with its 95 % interval (Student's t over their
 * logarithms).  Each has work for more than a second, so that it is not the start that is measured.
 *
 * usage: bench_programs [-r ROUNDS] [-w WEFT] [-L] [ROW...]
 *   20 rounds and all rows by default; -L: without LTTng
 */
#include "bench/lttng.h"
#include "bench/measure.h"

#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PLAIN, RECORDED, LTTNG, WAYS, ALONE = WAYS, COLUMNS, ROUNDS_MAX = 60 };

/* TEXT is what they pack, of so many lines. */
static const struct program {
    const char *name;
    unsigned lines;
    const char *argv[8];
} programs[] = {
    {"pigz", 10800000, {"pigz", "-p2", "-c", "TEXT"}},
    {"xz", 4500000, {"xz", "-T2", "-1", "-c", "TEXT"}},
    {"zstd", 6800000, {"zstd", "-T2", "-q", "-9", "-c", "TEXT"}},
    {"pbzip2", 3000000, {"pbzip2", "-p2", "-c", "TEXT"}},
    {"python3",
     0,
     {"/usr/bin/python3", WEFT_SOURCE_DIR "/tests/preload/programs/put_and_get.py", "200000"}},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static const char trace[] = "/tmp/weft-bench.weft.jsonl";
static char text[] = "/tmp/weft-bench-text-XXXXXX";

static bool make_text(unsigned lines)
{
    FILE *file = fopen(text, "w");

    if (file == NULL) {
        return false;
    }
    for (unsigned i = 0; i < lines; i++) {
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
        argv[count++] = trace;
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

/* What the last line of the trace says, in seconds; NAN: there is none. */
static double duration(void)
{
    char end[512] = "";
    const int fd = open(trace, O_RDONLY);
    const off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    const size_t wanted = sizeof end - 1;

    if (size > 0) {
        (void)pread(fd, end, wanted, size > (off_t)wanted ? size - (off_t)wanted : 0);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    const char *last = strstr(end, "{\"end\":true");
    const char *told = last != NULL ? strstr(last, "\"duration_ns\":") : NULL;
    return told != NULL ? 1e-9 * atof(told + strlen("\"duration_ns\":")) : NAN;
}

/* Seconds; NAN: it failed. */
static double run(const struct program *program, int way, const char *weft, const char *wrapper)
{
    struct timespec begin, end;
    int status = -1;

    (void)unlink(trace); /* to empty a large one takes its time */
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

static void measure(const struct program *program, int rounds, const char *weft,
                    const char *wrapper)
{
    static double seconds[COLUMNS][ROUNDS_MAX];
    double sum = 0;

    for (int round = 0; round < rounds; round++) {
        for (int way = PLAIN; way < (wrapper != NULL ? WAYS : LTTNG); way++) {
            seconds[way][round] = run(program, way, weft, wrapper);
            seconds[ALONE][round] = way == RECORDED ? duration() : seconds[ALONE][round];
        }
        sum += seconds[PLAIN][round];
    }
    (void)printf("%-10s %8.3f", program->name, sum / rounds);
    print_ratio(seconds[RECORDED], seconds[PLAIN], rounds);
    print_ratio(seconds[ALONE], seconds[PLAIN], rounds);
    if (wrapper != NULL) {
        print_ratio(seconds[LTTNG], seconds[PLAIN], rounds);
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *weft = WEFT_BUILD_DIR "/weft";
    bool with_lttng = true;
    int rounds = 20;

    for (int option; (option = getopt(argc, argv, "r:w:L")) != -1;) {
        if (option == 'r' && atoi(optarg) > 1 && atoi(optarg) <= ROUNDS_MAX) {
            rounds = atoi(optarg);
        } else if (option == 'w') {
            weft = optarg;
        } else if (option == 'L') {
            with_lttng = false;
        } else {
            (void)fprintf(stderr, "usage: bench_programs [-r ROUNDS] [-w WEFT] [-L] [ROW...]\n");
            return 2;
        }
    }
    if (mkstemp(text) < 0) {
        return 1;
    }
    const char *wrapper = with_lttng ? bench_lttng_start() : NULL;
    (void)printf("%d paired rounds: wall time x plain, mean [95 %% interval]\n"
                 "%-10s %8s  %-22s  %-22s  %s\n",
                 rounds, "", "plain, s", "weft record", "the program alone",
                 wrapper != NULL ? "LTTng"
                 : with_lttng    ? "LTTng is not here"
                                 : "");
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (weft_bench_is_wanted(programs[i].name, argv + optind) && make_text(programs[i].lines)) {
            measure(&programs[i], rounds, weft, wrapper);
        }
    }
    (void)unlink(text);
    (void)unlink(trace);
    if (wrapper != NULL) {
        bench_lttng_stop();
    }
    return 0;
}
