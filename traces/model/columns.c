/*
 * What the pixel columns of a lane show.  Bins that lie inside a column are summed up whole; those
 * over the edge of one are taken apart, until they reach a quarter of a column: so a column costs a
 * handful of bins at any zoom.  Spans come in time order, so one column at a time is summed up.
 */
#include "traces/model/build.h"

enum { PARTS = 1 << WEFT_PYRAMID_LOG };

static const double SEEN = 0.25;
static const float SHARE_ALL = 65535;

struct walk {
    const struct weft_model *model;
    const struct weft_thread_info *info;
    const struct weft_pyramid_level *levels;
    uint32_t thread;
    double from_ns, per_ns; /* columns in a nanosecond */
    double end, wide;
    struct weft_column *columns;
    uint32_t count;
    weft_wide_visit *visit;
    void *ctx;
    /* The column that is summed up. */
    uint32_t at;
    uint32_t states; /* a bit for each that has a share */
    uint32_t mask;
    float share[WEFT_STATE_COUNT];
};

static double x_of(const struct walk *walk, uint64_t t_ns)
{
    return ((double)t_ns - walk->from_ns) * walk->per_ns;
}

static void end_column(struct walk *walk)
{
    float best = -1;
    uint8_t most = 0;

    for (uint32_t left = walk->states; left != 0; left &= left - 1) {
        const int state = __builtin_ctz(left);
        if (walk->share[state] > best) {
            best = walk->share[state];
            most = (uint8_t)state;
        }
        walk->share[state] = 0;
    }
    walk->columns[walk->at] = (struct weft_column){(uint16_t)walk->mask, most};
    walk->states = walk->mask = 0;
}

static void go_to(struct walk *walk, uint32_t column)
{
    if (column > walk->at) {
        end_column(walk);
        walk->at = column;
    }
}

static void add(struct walk *walk, double share, uint32_t state, bool is_short)
{
    walk->share[state] += (float)share;
    walk->states |= 1u << state;
    walk->mask |= (uint32_t)is_short << state;
}

/* A span has [x0, x1), which is not all beside the picture. */
static void add_span(struct walk *walk, size_t span, uint32_t state, double x0, double x1)
{
    const bool is_wide = x1 - x0 >= walk->wide;
    const double left = x0 < 0 ? 0 : x0, right = x1 > walk->end ? walk->end : x1;
    const uint32_t first = (uint32_t)left, last = (uint32_t)right;

    if (is_wide) {
        walk->visit(walk->ctx, (uint32_t)span, x0, x1);
    }
    if (first >= walk->count) {
        return;
    }
    go_to(walk, first);
    if (last <= first) { /* even one without any length is there */
        add(walk, right - left, state, !is_wide);
        return;
    }
    add(walk, (double)(first + 1) - left, state, !is_wide);
    for (uint32_t i = first + 1; i < last && !is_wide; i++) {
        go_to(walk, i);
        add(walk, 1, state, true);
    }
    if (right > (double)last && last < walk->count) {
        go_to(walk, last);
        add(walk, right - (double)last, state, !is_wide);
    }
}

static void add_spans(struct walk *walk, size_t first, size_t end)
{
    double x0 = first < end ? x_of(walk, weft_thread_span_ns(walk->model, walk->info, first)) : 0;

    for (size_t i = first; i < end && x0 <= walk->end; i++) {
        const double x1 = x_of(walk, weft_span_end_ns(walk->model, walk->thread, (uint32_t)i));
        if (x1 >= 0) {
            add_span(walk, i, walk->info->spans.at[i].state, x0, x1);
        }
        x0 = x1;
    }
}

/* A bin of level 0. */
static void add_four(struct walk *walk, size_t bin, double x0, double x1)
{
    const struct weft_four *four = &walk->levels[0].fours[bin];
    const double unit = (x1 - x0) / (double)SHARE_ALL;
    double left = x0;

    if ((x1 - x0) > WEFT_FOUR_EXACT * SEEN) {
        add_spans(walk, bin * PARTS, (bin + 1) * PARTS);
        return;
    }
    for (size_t i = 0; i < PARTS; i++) {
        const double right = i + 1 < PARTS ? x0 + (double)four->begins[i] * unit : x1;
        if (right >= 0 && left <= walk->end) {
            add_span(walk, bin * PARTS + i, four->states >> (4 * i) & 15, left, right);
        }
        left = right;
    }
}

/* A bin in less than can be seen, or inside one column. */
static void add_bin(struct walk *walk, const struct weft_pyramid_level *bins, size_t bin, double x0,
                    double x1)
{
    const double left = x0 < 0 ? 0 : x0, right = x1 > walk->end ? walk->end : x1;
    const uint32_t first = (uint32_t)left;
    const uint32_t mask = bins->masks[bin];

    for (uint32_t i = first; i < walk->count && (i == first || (double)i < right); i++) {
        const double from = i == first ? left : (double)i;
        const double to = right < (double)(i + 1) ? right : (double)(i + 1);
        const float part = (float)(to - from) / SHARE_ALL;
        go_to(walk, i);
        for (uint32_t states = mask; states != 0; states &= states - 1) {
            const int state = __builtin_ctz(states);
            if (bins->shares[state] != NULL) { /* none has a state that never had any length */
                walk->share[state] += part * (float)bins->shares[state][bin];
            }
        }
        walk->states |= mask;
        walk->mask |= mask;
    }
}

static bool is_seen_whole(const struct walk *walk, double x0, double x1)
{
    return x1 - x0 <= SEEN ||
           (x0 >= 0 && x1 < walk->end && (uint32_t)x0 == (uint32_t)x1 && x1 - x0 < walk->wide);
}

/* The bin has [x0, x1). */
static void walk_bin(struct walk *walk, size_t level, size_t bin, double x0, double x1)
{
    if (x1 < 0 || x0 > walk->end) {
        return;
    }
    if (level == 0) {
        add_four(walk, bin, x0, x1);
        return;
    }
    if (is_seen_whole(walk, x0, x1)) {
        add_bin(walk, &walk->levels[level], bin, x0, x1);
        return;
    }
    const size_t part = bin << WEFT_PYRAMID_LOG;
    if (level == 1 && x1 - x0 > PARTS * WEFT_FOUR_EXACT * SEEN) {
        weft_model_fetch_spans(walk->model, walk->info, part << WEFT_PYRAMID_LOG,
                               (part + PARTS) << WEFT_PYRAMID_LOG);
    }
    double left = x0;
    for (size_t i = 0; i < PARTS && left <= walk->end; i++) {
        const double right =
            i + 1 < PARTS
                ? x_of(walk, weft_pyramid_start_ns(&walk->levels[level - 1], part + i + 1))
                : x1;
        walk_bin(walk, level - 1, part + i, left, right); /* as deep as there are levels */
        left = right;
    }
}

void weft_model_columns(const struct weft_model *model, uint32_t thread,
                        const struct weft_columns *where, struct weft_column *columns,
                        weft_wide_visit *visit, void *ctx)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    struct walk walk = {.model = model,
                        .info = info,
                        .levels = info->pyramid.levels,
                        .thread = thread,
                        .from_ns = where->from_ns,
                        .per_ns = 1 / where->column_ns,
                        .end = where->count,
                        .wide = where->wide,
                        .columns = columns,
                        .count = where->count,
                        .visit = visit,
                        .ctx = ctx};
    size_t span = 0;

    if (!(where->column_ns > 0) || where->count == 0) {
        return;
    }
    /* The bins that no bin of the level above has taken in yet, from the highest level down. */
    for (size_t level = WEFT_PYRAMID_LEVELS; walk.levels != NULL && level-- > 0;) {
        const struct weft_pyramid_level *bins = &walk.levels[level];
        const unsigned log = WEFT_PYRAMID_LOG * ((unsigned)level + 1);
        for (size_t bin = span >> log; bin < bins->count; bin++) {
            span = (bin + 1) << log;
            const uint64_t end_ns = bin + 1 < bins->count
                                        ? weft_pyramid_start_ns(bins, bin + 1)
                                        : weft_span_end_ns(model, thread, (uint32_t)(span - 1));
            walk_bin(&walk, level, bin, x_of(&walk, weft_pyramid_start_ns(bins, bin)),
                     x_of(&walk, end_ns));
        }
    }
    add_spans(&walk, span, info->spans.count);
    end_column(&walk);
}
