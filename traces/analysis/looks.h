/*
 * Loops in which a thread looks: takes a lock and releases it again, at one place and over and
 * over, with or without a sleep in between, and does nothing else.  That alone may be work; it was
 * a loop of looking when others changed something under the lock hardly ever, and it ended with the
 * first look behind such a change.
 * Private to traces/analysis.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_LOOKS_H
#define WEFT_TRACES_LOOKS_H

#include "traces/analysis/finding.h"

struct weft_looks {
    uint64_t from_ns, to_ns;
    uint64_t looks;
    uint64_t slept_ns;
    uint32_t thread, object;
    uint32_t site;       /* where it took the lock */
    uint32_t sleep_site; /* WEFT_NONE: it did not sleep */
    uint32_t changed_by; /* who had the lock before the last look */
};

struct weft_looks_list {
    struct {
        struct weft_looks *at;
        size_t count, room;
    } all;
};

/* sleeps: the loops with sleeps, of at least min_looks; else those without.  False: no memory. */
bool weft_looks_collect(const struct weft_model *model, bool sleeps, uint64_t min_looks,
                        struct weft_looks_list *list);

#endif
