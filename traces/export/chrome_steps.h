/*
 * What the Chrome export consists of, in the order in which it is written: the first half of the
 * exporter, which knows about time, nesting and ties but not about JSON.
 *
 * A step is one line of the export (an arrow's start is two).  Steps are sorted by time; at equal
 * times by rank, so that on every thread ends come before begins and a slice is there before an
 * arrow points at it; and else in the order in which they were made, so that parents come before
 * children and the end of one hold before the begin of the next.
 *
 *      t            s ─ the waker's instant and the arrow's start: still inside its old slice
 *      │        E E │   ends, the inner one first
 *      ▼        B B │   begins, the outer one first
 *                 f ▼   the arrow's end: bound to the slice that has just begun
 *                 i C b e   what nests with nothing
 *
 * Owns: the array of steps (the caller frees it).  Threads: any, on a model that nobody feeds.
 */
#ifndef WEFT_TRACES_EXPORT_CHROME_STEPS_H
#define WEFT_TRACES_EXPORT_CHROME_STEPS_H

#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weft_chrome_what {
    WEFT_CHROME_WAKES,        /* owner: the waking thread, index: wake */
    WEFT_CHROME_WOKEN_AT_END, /* owner: the woken thread, index: wake; its last slice ends here */
    WEFT_CHROME_SPAN_END,     /* owner: thread, index: span */
    WEFT_CHROME_ZONE_END,     /* owner: thread, index: zone */
    WEFT_CHROME_SPAN_BEGIN,
    WEFT_CHROME_ZONE_BEGIN,
    WEFT_CHROME_WOKEN,        /* as WOKEN_AT_END, but a slice begins here */
    WEFT_CHROME_SPAN_INSTANT, /* a wait of no length: as a pair it would come apart */
    WEFT_CHROME_ZONE_INSTANT,
    WEFT_CHROME_POINT,      /* owner: thread, index: point */
    WEFT_CHROME_LIFE_BEGIN, /* owner: object */
    WEFT_CHROME_LIFE_END,
    WEFT_CHROME_HOLD_BEGIN, /* owner: object, index: hold, lane */
    WEFT_CHROME_HOLD_END,
    WEFT_CHROME_LEVEL,        /* owner: object, index: level */
    WEFT_CHROME_WAITING_LESS, /* owner: object */
    WEFT_CHROME_WAITING_MORE,
};

struct weft_chrome_step {
    uint64_t t_ns;
    uint32_t owner;
    uint32_t index;
    uint32_t lane;     /* holds: 0 on the object's own lane, else a number of its own */
    uint32_t zone;     /* spans: the innermost zone around, or WEFT_NONE */
    uint32_t sequence; /* the order in which steps were made */
    uint8_t what;      /* enum weft_chrome_what */
    bool again;        /* one of the same name ends on this thread at the time of its begin */
};

struct weft_chrome_steps {
    struct weft_chrome_step *at;
    size_t count, room;
};

/*
 * All steps of a model, sorted.
 * Status: WEFT_ERR_MEMORY, WEFT_ERR_LIMIT (more than 2^32 steps).
 */
enum weft_status weft_chrome_steps_build(const struct weft_model *model,
                                         struct weft_chrome_steps *steps);

#endif
