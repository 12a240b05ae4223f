/*
 * Runs of one program compared: what took longer, what was waited for more.  Threads and objects
 * are matched by name and role, since numbers change from run to run: threads of one name are one
 * group, objects of one kind and name too, and what has no name goes by where it was made or first
 * used.
 *
 * A run is reduced to its measures when it is added, so that one model is in memory at a time.
 * Source: docs/analysis.md "Runs compared".  Threads: one at a time.
 */
#ifndef WEFT_TRACES_ANALYSIS_DIFF_H
#define WEFT_TRACES_ANALYSIS_DIFF_H

#include "base/arena.h"
#include "base/map.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weft_diff_what {
    WEFT_DIFF_TRACE,
    WEFT_DIFF_THREAD,
    WEFT_DIFF_OBJECT,
    WEFT_DIFF_FINDING,
    WEFT_DIFF_WHATS
};

enum weft_measure {
    WEFT_MEASURE_DURATION,
    WEFT_MEASURE_EVENTS,
    WEFT_MEASURE_COUNT, /* how many of this name; of findings: how many of this kind */
    WEFT_MEASURE_LIFETIME,
    WEFT_MEASURE_RUNNING, /* and polling */
    WEFT_MEASURE_SLEEP,
    WEFT_MEASURE_WAITS,
    WEFT_MEASURE_WAIT_TOTAL,
    WEFT_MEASURE_WAIT_MAX,
    WEFT_MEASURE_HOLD_TOTAL,
    WEFT_MEASURE_HOLD_MAX,
    WEFT_MEASURE_ACQUIRES,
    WEFT_MEASURE_CONTENDED,
    WEFT_MEASURE_FAILED,
    WEFT_MEASURE_PUTS,
    WEFT_MEASURE_GETS,
    WEFT_MEASURES
};

struct weft_measure_info {
    const char *key, *words;
    bool is_time; /* ns, else a count */
    uint8_t has;  /* bits of enum weft_diff_what */
};

extern const struct weft_measure_info weft_measures[WEFT_MEASURES];

/* Below both of these a change of two single runs is noise. */
enum { WEFT_NOISE_PERCENT = 10, WEFT_NOISE_NS = 1000000, WEFT_NOISE_COUNT = 2 };

struct weft_diff_run {
    bool there;
    uint64_t values[WEFT_MEASURES];
};

struct weft_diff_entry {
    uint8_t what; /* enum weft_diff_what */
    const char *name;
    struct weft_diff_run *runs; /* those before, then those after */
};

struct weft_diff {
    struct weft_arena memory;
    struct weft_map by_key;
    uint32_t before, after; /* how many runs */
    struct {
        struct weft_diff_entry *at;
        size_t count, room;
    } entries;
};

/* How one measure of one entry changed. */
struct weft_change {
    uint32_t entry;
    uint8_t measure;
    bool noise; /* the runs of one side differ as much among themselves, or, with one run a
                   side, the change is below the thresholds */
    double before, after; /* means over the runs */
};

void weft_diff_init(struct weft_diff *diff, uint32_t before, uint32_t after);
void weft_diff_done(struct weft_diff *diff);

/* run: 0 … before + after - 1.  False: no memory. */
bool weft_diff_add(struct weft_diff *diff, const struct weft_model *model, uint32_t run);

/* Is it in any run of the side? */
bool weft_diff_is_before(const struct weft_diff *diff, const struct weft_diff_entry *entry);
bool weft_diff_is_after(const struct weft_diff *diff, const struct weft_diff_entry *entry);

/* False: the entry has no such measure, or it is the same in all runs. */
bool weft_diff_change(const struct weft_diff *diff, uint32_t entry, enum weft_measure measure,
                      struct weft_change *change);

#endif
