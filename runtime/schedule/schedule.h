/*
 * The one seam through which the runtime reads the time and blocks, so that another clock and
 * another schedule can stand in for the real ones.
 *
 * A thread blocks only in park (until unpark or a deadline) and in sleep; everything above is
 * bookkeeping under a short guard.  Times are ns on a clock of the schedule's own that never goes
 * back; WEFT_NO_DEADLINE waits without limit.
 * Threads: any.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_H
#define WEFT_RUNTIME_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define WEFT_NO_DEADLINE UINT64_MAX

/* Where one thread waits.  Owned by its thread; unpark may be called by any. */
struct weft_parker;

/* A short critical section around an object's own state; nothing blocks inside it. */
struct weft_guard;

struct weft_schedule {
    uint64_t (*now_ns)(void);      /* the schedule's clock */
    int64_t (*wall_ns)(void);      /* since 1970, UTC */
    void (*sleep_until)(uint64_t deadline_ns);
    /* Waits for an unpark that has not been used yet; false at the deadline. */
    bool (*park)(struct weft_parker *parker, uint64_t deadline_ns);
    void (*unpark)(struct weft_parker *parker);
};

/* The schedule in force; the real one unless another was chosen before the first call. */
const struct weft_schedule *weft_schedule(void);

#endif
