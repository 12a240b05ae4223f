/*
 * Bins over what objects and threads have many of, so that a picture of a few pixels is made from a
 * few numbers: how many held or waited for an object at once, how high a level was, how deep zones
 * lay in one another.
 *
 *     bins, level 1   ├───────────────────────────────────────────┤
 *     bins, level 0   ├────────────┤├────────────┤├──────────────┤     16 items each, then 4 bins
 *     items           │ ││  │  │││││ │ │ │  ││  │ │ │  │ │││  │ │ │
 *
 * Bins tile the time from the first item on: each goes from its first item's begin to the next
 * bin's.  They are made when that has come and never change, so a live trace appends.  Less than a
 * bin of items, as most of very many objects have, takes no memory.
 *
 * Threads: as the model.
 */
#ifndef WEFT_TRACES_BINS_H
#define WEFT_TRACES_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEFT_BINS_ITEMS_LOG = 4, /* of a bin of level 0 */
    WEFT_BINS_LOG = 2,       /* bins of the level below in one */
};

/* Numbers for pictures: 24 bits are more than a screen has rows. */
struct weft_bin {
    float low;  /* levels, zones: the lowest; holds and waits: how many at once, on average */
    float high; /* the highest; the most at once */
};

struct weft_bins_level {
    struct weft_bin *at;
    uint64_t *starts_ns;
    size_t count, room;
};

struct weft_bins {
    struct weft_bins_level *levels;
    uint32_t level_count;
};

/* The bin that is being filled: its owner keeps it, beside what it changes together with. */
struct weft_bins_input {
    union {
        double sum_ns; /* crowds: time, times how many there were */
        float low;
    };
    float high;
    uint32_t crowd; /* how many there are */
    uint64_t start_ns, changed_ns;
};

void weft_bins_done(struct weft_bins *bins);

/*
 * The next item begins at t_ns: one more of a crowd, or a level.
 *   items   how many there are before it
 * False: no memory; the bins then end here.
 */
bool weft_bins_enter(struct weft_bins *bins, struct weft_bins_input *input, size_t items,
                     uint64_t t_ns);
bool weft_bins_level(struct weft_bins *bins, struct weft_bins_input *input, size_t items,
                     uint64_t t_ns, int64_t value);

/* One less of a crowd. */
void weft_bins_leave(struct weft_bins_input *input, uint64_t t_ns);

/* An item, when count is 1, or many that follow each other. */
struct weft_bunch {
    uint64_t start_ns, end_ns; /* to where the next one starts */
    size_t first, count;
    struct weft_bin bin; /* says nothing about a single item */
};

/* Where item `index` begins. */
typedef uint64_t weft_item_ns(const void *ctx, size_t index);
/* Items [first, end) will be asked for, one after the other. */
typedef void weft_items_fetch(const void *ctx, size_t first, size_t end);
typedef void weft_bunch_visit(void *ctx, const struct weft_bunch *bunch);

/* What is walked over. */
struct weft_series {
    const struct weft_bins *bins;
    weft_item_ns *item_ns;
    weft_items_fetch *fetch; /* may be NULL */
    const void *ctx;
    size_t count;    /* items */
    uint64_t end_ns; /* of the last one */
};

/*
 * The bunches that [from_ns, to_ns] has a part of, in time order and without gaps: many items are
 * one bunch where they fit into finest_ns together. Cost: O(log items + (to_ns - from_ns) /
 * finest_ns), however the items lie.
 */
void weft_series_bunches(const struct weft_series *series, uint64_t from_ns, uint64_t to_ns,
                         uint64_t finest_ns, weft_bunch_visit *visit, void *visit_ctx);

#endif
