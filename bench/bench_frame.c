/*
 * What a frame costs: layout and paint apart, in milliseconds, median and 95th percentile.
 *
 *     bench_frame TRACE [SCALE]      1920 × 1080 pixels, without any window
 *
 * Three ways of looking: standing still (every label is in the cache), panning (labels repeat but
 * are cut differently) and zooming in and out over the whole trace.
 */
#define _POSIX_C_SOURCE 200809L

#include "viewer/app.h"
#include "viewer/sdl/paint.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, FRAMES = 300 };

static uint32_t pixels[WIDTH * HEIGHT];

struct bench {
    struct weft_app *app;
    struct weft_paint paint;
    struct weft_draw_list list;
    float scale;
    double layout_ms[FRAMES], paint_ms[FRAMES];
};

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void press(struct bench *bench, enum weft_key key, uint32_t ch)
{
    const struct weft_input input = {.kind = WEFT_INPUT_KEY_DOWN, .key = key, .ch = ch};

    weft_app_input(bench->app, &input);
}

static void draw(struct bench *bench, int frame)
{
    const struct weft_measure measure = weft_text_measure(bench->paint.text);
    const double begin = now_ms();

    weft_paint_target(&bench->paint, pixels, WIDTH, HEIGHT, WIDTH, bench->scale);
    weft_app_layout(bench->app, WIDTH / bench->scale, HEIGHT / bench->scale, &measure,
                    &bench->list);
    const double laid_out = now_ms();
    (void)weft_paint_list(&bench->paint, &bench->list);
    bench->layout_ms[frame] = laid_out - begin;
    bench->paint_ms[frame] = now_ms() - laid_out;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct bench *bench, const char *what)
{
    qsort(bench->layout_ms, FRAMES, sizeof(double), by_value);
    qsort(bench->paint_ms, FRAMES, sizeof(double), by_value);
    printf("%-8s layout %6.2f ms (p95 %6.2f)   paint %6.2f ms (p95 %6.2f)   %zu items\n", what,
           bench->layout_ms[FRAMES / 2], bench->layout_ms[FRAMES * 95 / 100],
           bench->paint_ms[FRAMES / 2], bench->paint_ms[FRAMES * 95 / 100], bench->list.count);
}

static void run(struct bench *bench)
{
    draw(bench, 0);
    printf("first    layout %6.2f ms                 paint %6.2f ms\n", bench->layout_ms[0],
           bench->paint_ms[0]);
    for (int i = 0; i < FRAMES; i++) {
        draw(bench, i);
    }
    report(bench, "still");
    for (int i = 0; i < FRAMES; i++) {
        press(bench, i % 60 < 30 ? WEFT_KEY_W : WEFT_KEY_S, 0);
        draw(bench, i);
    }
    report(bench, "zooming");
    for (int i = 0; i < 4; i++) {
        press(bench, WEFT_KEY_W, 0);
    }
    for (int i = 0; i < FRAMES; i++) {
        press(bench, i % 30 < 15 ? WEFT_KEY_D : WEFT_KEY_A, 0);
        draw(bench, i);
    }
    report(bench, "panning");
    printf("labels   %llu made, %zu KiB kept\n",
           (unsigned long long)weft_text_made(bench->paint.text),
           weft_text_cached_bytes(bench->paint.text) / 1024);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.scale = 1};
    const struct weft_app_options options = {.theme = WEFT_THEME_DARK};
    struct weft_error error;

    if (argc < 2 || argc > 3 || (argc == 3 && !((bench.scale = strtof(argv[2], NULL)) >= 0.5f))) {
        (void)fprintf(stderr, "usage: bench_frame TRACE [SCALE]\n");
        return 2;
    }
    bench.app = weft_app_new(&options);
    if (bench.app == NULL || weft_app_open(bench.app, argv[1], &error) != WEFT_OK ||
        weft_paint_init(&bench.paint, &error) != WEFT_OK) {
        (void)fprintf(stderr, "bench_frame: %s\n", bench.app == NULL ? "no memory" : error.text);
        weft_app_free(bench.app);
        return 3;
    }
    weft_draw_init(&bench.list);
    const double begin = now_ms();
    while (weft_app_tick(bench.app, 0) == 0 && weft_app_loading(bench.app)) {
    }
    printf("load     %.1f ms\n", now_ms() - begin);
    run(&bench);
    weft_draw_done(&bench.list);
    weft_paint_done(&bench.paint);
    weft_app_free(bench.app);
    return 0;
}
