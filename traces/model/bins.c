#include "traces/model/bins.h"

#include <stdlib.h>

enum { PARTS = 1 << WEFT_BINS_LOG, ITEMS = 1 << WEFT_BINS_ITEMS_LOG };

void weft_bins_done(struct weft_bins *bins)
{
    for (uint32_t i = 0; i < bins->level_count; i++) {
        free(bins->levels[i].at);
        free(bins->levels[i].starts_ns);
    }
    free(bins->levels);
    *bins = (struct weft_bins){.level_count = 0};
}

/* Filling ───────────────────────────────────────────────────────────────────────────────────── */

static bool make_room(struct weft_bins_level *level)
{
    const size_t room = level->room + level->room / 2 + 4;
    struct weft_bin *at = realloc(level->at, room * sizeof *at);

    if (at == NULL) {
        return false;
    }
    level->at = at;
    uint64_t *starts = realloc(level->starts_ns, room * sizeof *starts);
    if (starts == NULL) {
        return false;
    }
    level->starts_ns = starts;
    level->room = room;
    return true;
}

static bool add_level(struct weft_bins *bins)
{
    struct weft_bins_level *levels =
        realloc(bins->levels, (bins->level_count + 1) * sizeof *levels);

    if (levels == NULL) {
        return false;
    }
    bins->levels = levels;
    bins->levels[bins->level_count++] = (struct weft_bins_level){.count = 0};
    return true;
}

/* The last four bins of a level in one. */
static struct weft_bin together(const struct weft_bins_level *level, uint64_t end_ns, bool crowd)
{
    const size_t first = level->count - PARTS;
    struct weft_bin bin = level->at[first];
    double sum = 0;

    for (size_t i = first; i < level->count; i++) {
        const uint64_t next_ns = i + 1 < level->count ? level->starts_ns[i + 1] : end_ns;
        const struct weft_bin part = level->at[i];
        sum += (double)part.low * (double)(next_ns - level->starts_ns[i]);
        bin.low = part.low < bin.low ? part.low : bin.low;
        bin.high = part.high > bin.high ? part.high : bin.high;
    }
    if (crowd) {
        const double length_ns = (double)(end_ns - level->starts_ns[first]);
        bin.low = length_ns > 0 ? (float)(sum / length_ns) : 0;
    }
    return bin;
}

/* A bin of level 0 is full, and with it perhaps some above it. */
static bool end_bin(struct weft_bins *bins, struct weft_bin bin, uint64_t start_ns, uint64_t end_ns,
                    bool crowd)
{
    for (uint32_t i = 0;; i++) {
        if (i == bins->level_count && !add_level(bins)) {
            return false;
        }
        struct weft_bins_level *level = &bins->levels[i];
        if (level->count == level->room && !make_room(level)) {
            return false;
        }
        level->at[level->count] = bin;
        level->starts_ns[level->count++] = start_ns;
        if (level->count % PARTS != 0) {
            return true;
        }
        bin = together(level, end_ns, crowd);
        start_ns = level->starts_ns[level->count - PARTS];
    }
}

static void count_time(struct weft_bins_input *input, uint64_t t_ns)
{
    input->sum_ns += (double)input->crowd * (double)(t_ns - input->changed_ns);
    input->changed_ns = t_ns;
}

bool weft_bins_enter(struct weft_bins *bins, struct weft_bins_input *input, size_t items,
                     uint64_t t_ns)
{
    count_time(input, t_ns);
    if (items % ITEMS == 0) {
        const double length_ns = (double)(t_ns - input->start_ns);
        const float mean = length_ns > 0 ? (float)(input->sum_ns / length_ns) : 0;
        if (items > 0 &&
            !end_bin(bins, (struct weft_bin){mean, input->high}, input->start_ns, t_ns, true)) {
            return false;
        }
        input->sum_ns = 0;
        input->high = (float)input->crowd;
        input->start_ns = t_ns;
    }
    input->crowd++;
    input->high = (float)input->crowd > input->high ? (float)input->crowd : input->high;
    return true;
}

void weft_bins_leave(struct weft_bins_input *input, uint64_t t_ns)
{
    count_time(input, t_ns);
    input->crowd -= input->crowd > 0;
}

bool weft_bins_level(struct weft_bins *bins, struct weft_bins_input *input, size_t items,
                     uint64_t t_ns, int64_t value)
{
    const float height = (float)value;

    if (items % ITEMS == 0) {
        if (items > 0 && !end_bin(bins, (struct weft_bin){input->low, input->high}, input->start_ns,
                                  t_ns, false)) {
            return false;
        }
        input->low = input->high = height;
        input->start_ns = t_ns;
    }
    input->low = height < input->low ? height : input->low;
    input->high = height > input->high ? height : input->high;
    return true;
}

/* Looking ───────────────────────────────────────────────────────────────────────────────────── */

struct walk {
    const struct weft_series *series;
    uint64_t from_ns, to_ns, finest_ns;
    weft_bunch_visit *visit;
    void *ctx;
};

static size_t items_of(size_t level)
{
    return (size_t)1 << (WEFT_BINS_ITEMS_LOG + WEFT_BINS_LOG * level);
}

static uint64_t item_ns(const struct walk *walk, size_t index)
{
    const struct weft_series *series = walk->series;

    return index < series->count ? series->item_ns(series->ctx, index) : series->end_ns;
}

static void visit_items(const struct walk *walk, size_t first, size_t end)
{
    uint64_t start_ns = first < end ? item_ns(walk, first) : 0;

    for (size_t i = first; i < end && start_ns <= walk->to_ns; i++) {
        const uint64_t next_ns = item_ns(walk, i + 1);
        if (next_ns >= walk->from_ns) {
            walk->visit(walk->ctx, &(struct weft_bunch){start_ns, next_ns, i, 1, {0, 0}});
        }
        start_ns = next_ns;
    }
}

static void visit_bin(const struct walk *walk, size_t level, size_t bin, uint64_t end_ns)
{
    const struct weft_bins_level *bins = &walk->series->bins->levels[level];
    const uint64_t start_ns = bins->starts_ns[bin];
    const size_t first = bin * items_of(level);

    if (end_ns < walk->from_ns || start_ns > walk->to_ns) {
        return;
    }
    if (end_ns - start_ns <= walk->finest_ns) {
        walk->visit(walk->ctx,
                    &(struct weft_bunch){start_ns, end_ns, first, items_of(level), bins->at[bin]});
    } else if (level == 0) {
        if (walk->series->fetch != NULL) {
            walk->series->fetch(walk->series->ctx, first, first + ITEMS);
        }
        visit_items(walk, first, first + ITEMS);
    } else {
        const struct weft_bins_level *below = bins - 1;
        for (size_t i = bin * PARTS; i < (bin + 1) * PARTS; i++) {
            const bool last = i + 1 == (bin + 1) * PARTS;
            visit_bin(walk, level - 1, i, last ? end_ns : below->starts_ns[i + 1]);
        }
    }
}

void weft_series_bunches(const struct weft_series *series, uint64_t from_ns, uint64_t to_ns,
                         uint64_t finest_ns, weft_bunch_visit *visit, void *visit_ctx)
{
    const struct walk walk = {series, from_ns, to_ns, finest_ns, visit, visit_ctx};
    size_t item = 0;

    /* The bins that no bin of the level above has taken in yet, from the highest level down. */
    for (size_t level = series->bins->level_count; level-- > 0;) {
        const struct weft_bins_level *bins = &series->bins->levels[level];
        for (size_t bin = item / items_of(level); bin < bins->count; bin++) {
            item = (bin + 1) * items_of(level);
            visit_bin(&walk, level, bin,
                      bin + 1 < bins->count ? bins->starts_ns[bin + 1] : item_ns(&walk, item));
        }
    }
    visit_items(&walk, item, series->count);
}
