/*
 * How many pixel columns of a zoomed-out lane show a wrong state: one that has over ten points less
 * of the column's time than the state that has most of it, by the spans themselves.
 *
 *     bench_columns [SPANS]        of a lane, 1,000,000 when it is not said
 *
 * For long phases of one state each and for states at random; the lane is looked at at many zooms,
 * from all of it to about two spans a column, each at several places, 1770 columns wide.  Columns
 * that are drawn span by span are right and not counted.
 */
#define _DEFAULT_SOURCE
#include "bench/measure.h"
#include "traces/model/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPANS = 1000000, COLUMNS = 1770, PLACES = 5, FAULT_POINTS = 10, WIDE = 2 };

static const enum weft_event_kind begins[] = {WEFT_EV_SLEEP_BEGIN, WEFT_EV_LOCK_REQUEST,
                                              WEFT_EV_SEM_WAIT};
static const enum weft_event_kind ends[] = {WEFT_EV_SLEEP_END, WEFT_EV_LOCK_ACQUIRE,
                                            WEFT_EV_SEM_ACQUIRE};

static void event(struct weft_model *model, uint64_t t_ns, unsigned what, bool begin)
{
    const struct weft_item item = {
        .kind = WEFT_ITEM_EVENT,
        .event = {
            .t_ns = t_ns, .thread = 1, .kind = begin ? begins[what] : ends[what], .object = what}};

    if (weft_model_apply(model, &item) != WEFT_OK) {
        (void)fprintf(stderr, "bench_columns: no memory\n");
        exit(1);
    }
}

/* Waits of three kinds and running between them, of 1 to 4096 ns, shorter ones more often. */
static struct weft_model *lane_of(unsigned spans, bool phased, uint64_t *random)
{
    struct weft_model *model = weft_model_new();
    uint64_t t_ns = 1000;

    for (unsigned i = 0; model != NULL && i < spans / 2; i++) {
        const uint64_t dice = weft_bench_random(random);
        const unsigned phase = i / 2500, what = (phased ? phase : (unsigned)(dice >> 40)) % 3;
        const uint64_t most_ns = UINT64_C(1) << (phased ? phase % 11 + 2 : dice >> 50 & 11);
        event(model, t_ns, what, true);
        t_ns += 1 + weft_bench_random(random) % most_ns;
        event(model, t_ns, what, false);
        t_ns += 1 + weft_bench_random(random) % (phased && phase % 4 != 0 ? 16 : most_ns);
    }
    if (model != NULL) {
        weft_model_settle(model);
    }
    return model;
}

/* What is true: the time of each column by state, from every span. */
static void sum_up(const struct weft_model *model, const struct weft_columns *where,
                   double share[COLUMNS][WEFT_STATE_COUNT])
{
    const struct weft_thread_info *info = &model->threads.at[0];

    memset(share, 0, COLUMNS * sizeof *share);
    for (uint32_t i = 0; i < info->spans.count; i++) {
        const struct weft_span span = weft_model_span(model, 0, i);
        const double x0 = ((double)span.start_ns - where->from_ns) / where->column_ns;
        const double x1 =
            ((double)weft_span_end_ns(model, 0, i) - where->from_ns) / where->column_ns;
        for (size_t k = x0 > 0 ? (size_t)x0 : 0; k < COLUMNS && (double)k < x1; k++) {
            const double left = x0 > (double)k ? x0 : (double)k;
            const double right = x1 < (double)(k + 1) ? x1 : (double)(k + 1);
            share[k][span.state] += right - left;
        }
    }
}

static void ignore_wide(void *ctx, uint32_t span, double x0, double x1)
{
    (void)ctx;
    (void)span;
    (void)x0;
    (void)x1;
}

struct count {
    unsigned long columns, wrong;
};

static void count_wrong(const struct weft_model *model, double from_ns, double length_ns,
                        struct count *count)
{
    static double share[COLUMNS][WEFT_STATE_COUNT];
    static struct weft_column columns[COLUMNS];
    const struct weft_columns where = {from_ns, length_ns / COLUMNS, COLUMNS, WIDE};

    memset(columns, 0, sizeof columns);
    weft_model_columns(model, 0, &where, columns, ignore_wide, NULL);
    sum_up(model, &where, share);
    for (size_t i = 0; i < COLUMNS; i++) {
        double best = 0;
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            best = share[i][state] > best ? share[i][state] : best;
        }
        count->columns += columns[i].mask != 0;
        count->wrong +=
            columns[i].mask != 0 && 100 * (best - share[i][columns[i].most]) > FAULT_POINTS;
    }
}

static void measure(const char *name, unsigned spans, bool phased)
{
    uint64_t random = 88172645463325252u;
    struct weft_model *model = lane_of(spans, phased, &random);
    struct count all = {0, 0};

    if (model == NULL) {
        return;
    }
    const double whole_ns = (double)model->end_ns;
    for (double part = 1; (double)spans * part > 2.0 * COLUMNS; part /= 3) {
        struct count count = {0, 0};
        for (int place = 0; place < PLACES; place++) {
            const double at = (double)(weft_bench_random(&random) % 1000) / 1000;
            count_wrong(model, (1 - part) * whole_ns * at, whole_ns * part, &count);
        }
        (void)printf("%-8s %12.0f spans in view  %7lu columns  %.3f %% wrong\n", name,
                     (double)spans * part, count.columns,
                     100 * (double)count.wrong / (double)(count.columns + (count.columns == 0)));
        all.columns += count.columns;
        all.wrong += count.wrong;
    }
    (void)printf("%-8s all: %lu of %lu columns wrong, %.3f %%\n", name, all.wrong, all.columns,
                 100 * (double)all.wrong / (double)(all.columns + (all.columns == 0)));
    weft_model_free(model);
}

int main(int argc, char **argv)
{
    const unsigned spans = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : SPANS;

    measure("phased", spans, true);
    measure("random", spans, false);
    return 0;
}
