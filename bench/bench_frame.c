/*
 * What a frame costs at any zoom, and whether it costs more in a long trace: 1920 × 1080 pixels,
 * without a window, milliseconds of the processor.
 *
 *     bench_frame [EVENTS [WORKLOAD]]       traces of bench_load, which it lets that write
 *     bench_frame --trace FILE [SCALE]      one trace
 *
 * Each workload comes with EVENTS / 100 and EVENTS events (10 million).  `first` is from the file
 * to a painted picture of all of it; then, at each zoom, the 95th percentile of frames that pan
 * (layout and paint together).  Last: the worst zoom of the long trace against that of the short
 * one.
 */
#define _DEFAULT_SOURCE

#include "bench/measure.h"
#include "viewer/app.h"
#include "viewer/sdl/paint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WIDTH = 1920,
    HEIGHT = 1080,
    FRAMES = 60, /* at each zoom */
    ZOOMS = 8,
    ZOOM_KEYS = 6, /* from one to the next */
    EVENTS = 10000000,
    SMALLER = 100,
};

static uint32_t pixels[WIDTH * HEIGHT];

struct bench {
    struct weft_app *app;
    struct weft_paint paint;
    struct weft_draw_list list;
    float scale;
    double layout_ms[FRAMES], all_ms[FRAMES];
};

/* Of this process: others may have the machine meanwhile. */
static double now_ms(void)
{
    return weft_bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
}

static void fail(const char *text)
{
    (void)fprintf(stderr, "bench_frame: %s\n", text);
    exit(1);
}

static void press(struct bench *bench, enum weft_key key)
{
    const struct weft_input input = {.kind = WEFT_INPUT_KEY_DOWN, .key = key};

    weft_app_input(bench->app, &input);
}

static void draw(struct bench *bench, int frame)
{
    const struct weft_measure measure = weft_text_measure(bench->paint.text);
    const double begin = now_ms();

    weft_paint_target(&bench->paint, pixels, WIDTH, HEIGHT, WIDTH, bench->scale);
    weft_app_layout(bench->app, WIDTH / bench->scale, HEIGHT / bench->scale, &measure,
                    &bench->list);
    bench->layout_ms[frame] = now_ms() - begin;
    (void)weft_paint_list(&bench->paint, &bench->list);
    bench->all_ms[frame] = now_ms() - begin;
}

static double part_of(double *values, int percent)
{
    qsort(values, FRAMES, sizeof *values, weft_bench_by_size);
    return values[FRAMES * percent / 100];
}

/* The worst 95th percentile over all zooms. */
static double measure_zooms(struct bench *bench)
{
    double worst = 0;

    for (int zoom = 0; zoom < ZOOMS; zoom++) {
        draw(bench, 0); /* its labels are new: that happens once */
        for (int i = 0; i < FRAMES; i++) {
            press(bench, i % 30 < 15 ? WEFT_KEY_D : WEFT_KEY_A);
            draw(bench, i);
        }
        const double layout = part_of(bench->layout_ms, 50), p95 = part_of(bench->all_ms, 95);
        (void)printf(" %5.1f/%-5.1f", layout, p95);
        (void)fflush(stdout);
        worst = p95 > worst ? p95 : worst;
        for (int i = 0; i < ZOOM_KEYS; i++) {
            press(bench, WEFT_KEY_W);
        }
    }
    return worst;
}

static double measure_trace(const char *path, float scale)
{
    static struct bench bench;
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_error error;
    const double begin = now_ms();

    bench = (struct bench){.app = weft_app_new(&options), .scale = scale};
    if (bench.app == NULL || weft_app_open(bench.app, path, &error) != WEFT_OK ||
        weft_paint_init(&bench.paint, &error) != WEFT_OK) {
        fail(bench.app == NULL ? "no memory" : error.text);
    }
    weft_draw_init(&bench.list);
    while (weft_app_tick(bench.app, 0) == 0 && weft_app_loading(bench.app)) {
    }
    const double loaded = now_ms();
    draw(&bench, 0);
    (void)printf(" %6.0f %6.0f ", loaded - begin, now_ms() - begin);
    while (weft_app_looking(bench.app)) { /* that is another thread's work */
        (void)weft_app_tick(bench.app, 0);
        (void)usleep(1000);
    }
    const double worst = measure_zooms(&bench);
    (void)printf(" %6.1f", worst);
    weft_draw_done(&bench.list);
    weft_paint_done(&bench.paint);
    weft_app_free(bench.app);
    return worst;
}

/* bench_load stands beside this program. */
static void write_trace(const char *workload, unsigned long events, const char *path)
{
    char program[4096], count[32];
    const ssize_t len = readlink("/proc/self/exe", program, sizeof program - sizeof "bench_load");
    int status = 1;

    if (len < 0) {
        fail("does not find itself");
    }
    program[len] = '\0';
    char *name = strrchr(program, '/');
    memcpy(name + 1, "bench_load", sizeof "bench_load");
    (void)snprintf(count, sizeof count, "%lu", events);
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        (void)execl(program, program, "--write", workload, count, path, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fail("bench_load wrote no trace");
    }
}

static void head(void)
{
    (void)printf("%-15s %9s %6s %6s  layout/p95 in ms at zooms from all of it to a part%*s %6s\n",
                 "workload", "events", "load", "first", 46, "", "worst");
}

static void measure_workload(const char *workload, unsigned long events, const char *path)
{
    double worst[2] = {0, 0};

    for (int i = 0; i < 2; i++) {
        const unsigned long count = i == 0 ? events / SMALLER : events;
        write_trace(workload, count, path);
        (void)printf("%-15s %9lu", workload, count);
        worst[i] = measure_trace(path, 1);
        (void)printf(i == 0 ? "\n" : "  %.2f times the short one's\n", worst[1] / worst[0]);
    }
}

int main(int argc, char **argv)
{
    static const char *const workloads[] = {"contended",    "queue",          "ping-pong", "zones",
                                            "1000 threads", "100000 objects", "skewed"};
    char path[] = "/tmp/weft-bench-frame-XXXXXX";

    head();
    if (argc >= 3 && strcmp(argv[1], "--trace") == 0) {
        (void)printf("%-25.25s", argv[2]);
        (void)measure_trace(argv[2], argc > 3 ? strtof(argv[3], NULL) : 1);
        (void)printf("\n");
        return 0;
    }
    const unsigned long events = argc > 1 ? strtoul(argv[1], NULL, 10) : EVENTS;
    const int fd = mkstemp(path);
    if (fd < 0 || events < SMALLER) {
        fail("no place for a trace, or too few events");
    }
    (void)close(fd);
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        if (argc < 3 || strcmp(argv[2], workloads[i]) == 0) {
            measure_workload(workloads[i], events, path);
        }
    }
    (void)unlink(path);
    return 0;
}
