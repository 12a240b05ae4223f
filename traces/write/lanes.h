/*
 * The shared memory as the writer sees it: it makes the file and knows how ticks become ns.  What
 * stands there is checked: the recorded program can write anything.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_LANES_H
#define WEFT_TRACES_LANES_H

#include "base/status.h"
#include "traces/format/format.h"
#include "traces/format/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record in the writer's own memory. */
struct weft_taken {
    uint64_t ticks;
    uint64_t object; /* an address, a thread's number, or 0 */
    uint64_t site;   /* a return address, or 0 */
    enum weft_event_kind kind;
    enum weft_outcome outcome;
    enum weft_object_kind object_kind; /* WEFT_OBJ_NONE: as the event's family says */
    bool has_args;
    int64_t first, second;
    const char *text; /* NULL: none; text_stored of it */
    uint32_t text_stored;
    uint32_t text_bytes;
};

struct weft_lanes {
    char path[128];
    struct weft_spool_head *head;
    size_t mapped_bytes;
    uint32_t clock; /* as the head had it when the spool was opened */
    uint64_t ticks_per_ms;
    struct weft_clock_pair start;
    uint32_t max;     /* lanes that are mapped */
    uint32_t count;   /* of lanes ever seen */
    uint64_t corrupt; /* lanes that were found broken, and left */
    struct {
        struct weft_clock_pair *at;
        size_t count, room;
    } pairs;        /* in time order */
    size_t segment; /* the pair before the time that was converted last */
    struct {
        uint64_t from, to; /* ticks, for which the rest holds; from = to: for none */
        uint64_t mono_ns;  /* at from */
        uint64_t per_tick; /* ns × 2^40 */
    } rate;
    uint64_t start_mono_ns; /* time zero of the trace; 0: not converted yet */
};

/*
 * path: of the file to be made, NULL: any.  plan, start_real_ns: of a controlled run with a
 * simulated clock; NULL: none.
 */
enum weft_status weft_lanes_open(struct weft_lanes *lanes, const char *path, const char *plan,
                                 int64_t start_real_ns, struct weft_error *error);
/* Fills the head of a spool that is all zeros; weft_lanes_open does. */
void weft_lanes_prepare(struct weft_lanes *lanes, const char *plan, int64_t start_real_ns);
/* Takes over a spool whose drain has died; path is kept. */
enum weft_status weft_lanes_adopt(struct weft_lanes *lanes, const char *path,
                                  struct weft_error *error);
void weft_lanes_close(struct weft_lanes *lanes, bool remove); /* the file, too */

static inline struct weft_lane *weft_lane_at(const struct weft_lanes *lanes, uint32_t lane)
{
    return (struct weft_lane *)((char *)lanes->head + weft_spool_lane_at(lane));
}

/* Looks how many lanes there are by now. */
void weft_lanes_count(struct weft_lanes *lanes);

/* Records that found no room: of one lane, and of all, corrupt lanes included. */
uint64_t weft_lanes_lost(const struct weft_lanes *lanes, uint32_t lane);
uint64_t weft_lanes_all_lost(const struct weft_lanes *lanes);

/* Operations on an allocator's own locks that were not recorded, as was wanted. */
uint64_t weft_lanes_left_out(const struct weft_lanes *lanes);

/* Waits whose callers were wanted and could not be found. */
uint64_t weft_lanes_short_stacks(const struct weft_lanes *lanes);

/* The poll that a lane's owner has open; false: none. */
bool weft_lanes_poll(const struct weft_lanes *lanes, uint32_t lane, uint64_t *count,
                     uint64_t *last_ticks);

/* The call that blocks a lane's owner; false: none.  name is not ended by 0 when it is full. */
bool weft_lanes_call(const struct weft_lanes *lanes, uint32_t lane, uint64_t *since_ticks,
                     uint64_t *site, char name[16]);

/* The oldest time of a record that waits for room in its lane, at most `now`. */
uint64_t weft_lanes_waiting(const struct weft_lanes *lanes, uint64_t now);

/* Now, on the spool's clock. */
uint64_t weft_lanes_now(const struct weft_lanes *lanes);

/* Both clocks, now. */
struct weft_clock_pair weft_lanes_pair(const struct weft_lanes *lanes);

/* The next clock pair, from a mark; one that does not come after the last is left out. */
void weft_lanes_add_pair(struct weft_lanes *lanes, struct weft_clock_pair pair);

/*
 * Ticks → ns since the program's start.  Piecewise linear between clock pairs, so it never jumps;
 * called with times that (almost) never go back.
 */
uint64_t weft_lanes_ns(struct weft_lanes *lanes, uint64_t ticks);

/*
 * Time zero is at `ticks` from now on, or rather 1 ns before, so that nothing that came later has
 * it: how many ns after the program's start that is.  0: it had hardly begun, and nothing changes.
 */
uint64_t weft_lanes_begin_at(struct weft_lanes *lanes, uint64_t ticks);

/* Wall clock at the program's start, ns since 1970. */
int64_t weft_lanes_start_real_ns(struct weft_lanes *lanes);

#endif
