/*
 * What is counted once for a whole trace and then only looked up by frames: shares of states,
 * which states and marks there are, the longest waits.  Everything here is summed up from the
 * same spans that the lanes draw, so that no number contradicts the picture.
 * The summary owns its arrays.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_TIMELINE_SUMMARY_H
#define WEFT_VIEWER_TIMELINE_SUMMARY_H

#include "traces/model/model.h"

enum { WEFT_CROWD_MAX = 8 };

/* A thread's quiet mark: initials, "m", "T1", "T2", "K"; unlike any other thread's where a few
 * letters can be. */
struct weft_badge {
    char text[12];
    uint8_t characters;
};

struct weft_thread_summary {
    struct weft_badge badge;
    uint64_t state_ns[WEFT_STATE_COUNT];
    uint64_t life_ns;
    uint32_t zone_depth; /* 0: it has no zones */
    size_t zones;        /* that are in it */
    struct {
        uint32_t *at;
        size_t count, room;
    } choices; /* after which it went on, although others could have: indices of summary->choices */
};

/* In which of the rows below one another each of what happens at once is drawn. */
struct weft_rows {
    uint8_t *at;
    size_t count, room;
    uint64_t until[WEFT_CROWD_MAX]; /* when each row is free again */
};

struct weft_object_summary {
    uint64_t longest_wait_ns;
    uint64_t all_waits_ns;
    uint32_t waits;
    uint32_t crowd;           /* how many ever waited at once, at most WEFT_CROWD_MAX */
    uint64_t longest_hold_ns; /* these two: of read-write locks only */
    uint32_t readers;         /* how many ever read at once, at most WEFT_CROWD_MAX */
    int64_t lowest, highest;  /* of its levels */
    size_t levels;            /* that are in these */
    struct weft_rows wait_rows, hold_rows;
};

/* Small marks on the lanes; each has one row in the legend. */
enum weft_mark {
    WEFT_MARK_NONE,
    WEFT_MARK_PRINT,
    WEFT_MARK_USER,
    WEFT_MARK_SIGNAL, /* signals, sets, broadcasts */
    WEFT_MARK_FAIL,   /* tries in vain and time-outs */
    WEFT_MARK_LOST,
    WEFT_MARK_COUNT
};

/* A wait that had not ended when it was summed up. */
struct weft_unended {
    uint32_t object;
    uint32_t wait;       /* index into the object's */
    uint64_t counted_ns; /* so much of it is in the sums */
};

struct weft_summary {
    struct {
        struct weft_thread_summary *at;
        size_t count, room;
    } threads; /* as model->threads */
    struct {
        struct weft_object_summary *at;
        size_t count, room;
    } objects; /* as model->objects */
    struct {
        uint32_t *at;
        size_t count, room;
    } marks; /* points that have a mark, in time order */
    struct {
        uint32_t *at;
        size_t count, room;
    } choices; /* of a controlled run: their points; weft replay numbers them from 1 */
    bool states[WEFT_STATE_COUNT]; /* that occur */
    bool has_mark[WEFT_MARK_COUNT];
    bool has_holds, has_waiters, has_levels, has_zones;
    bool has_items, has_permits; /* changes of queues, of semaphores */
    bool has_handoffs, has_joined, has_passed_locks;
    bool has_ends;            /* starts or ends of threads */
    bool has_torn;            /* spans that had not ended */
    uint8_t badge_characters; /* of the longest badge */
    size_t points_seen, wakes_seen;
    struct {
        struct weft_unended *at;
        size_t count, room;
    } unended; /* waits that still last */
};

void weft_summary_done(struct weft_summary *summary);

/*
 * Sums up what came since the last time; the model must be the same, and may have grown.
 * False when there is no memory.
 */
bool weft_summary_build(struct weft_summary *summary, const struct weft_model *model);

/* Makes place for threads and objects that came since then, about which nothing is summed up yet.
 * False when there is no memory. */
bool weft_summary_cover(struct weft_summary *summary, const struct weft_model *model);

enum weft_mark weft_mark_of(const struct weft_point *point);

/* Of a thread: its first choice at or after t_ns, choices.count when there is none. */
size_t weft_summary_choice_from(const struct weft_summary *summary, const struct weft_model *model,
                                uint32_t thread, uint64_t t_ns);

/* Of all threads: the first at or after t_ns. */
size_t weft_summary_choice_at(const struct weft_summary *summary, const struct weft_model *model,
                              uint64_t t_ns);

/* The place of a point among all choices; choices.count: it is none. */
size_t weft_summary_choice_of(const struct weft_summary *summary, uint32_t point);

/*
 * Rows for those who wait: each takes the first that is free until its wait ends.
 *   until   of each row, zeroed before the first wait; waits come by their begin
 */
uint32_t weft_crowd_row(uint64_t *until, uint32_t rows, uint64_t from_ns, uint64_t to_ns);

/* First mark at or after t_ns. */
size_t weft_summary_mark_from(const struct weft_summary *summary, const struct weft_model *model,
                              uint64_t t_ns);

#endif
