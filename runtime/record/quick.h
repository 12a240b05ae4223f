/*
 * The way of a record that costs next to nothing, for those who record a stranger's uncontended
 * locks: one slot, an unordered clock, no call.  Private to the recorder and the preload library.
 *
 * Signals: a handler that records while its thread is in the middle of a record finds `depth`
 * raised and takes another seat, that is, another lane of the same thread; the writer merges lanes
 * by time, so nothing has to be reserved and nothing can be torn.  A handler that jumps out of an
 * interrupted record leaves depth raised: later records use the next seat, none is lost.
 * Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_RECORD_QUICK_H
#define WEFT_RUNTIME_RECORD_QUICK_H

#include "runtime/record/lane.h"
#include "traces/format/clock.h"
#include "traces/format/format.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
    WEFT_SEATS = 4,
    /* Slots for a lock that is waited for, with its stack, and what is done while it is held. */
    WEFT_AHEAD = 24,
};

/* A lane that a thread writes into. */
struct weft_seat {
    struct weft_lane *lane;
    uint64_t head;  /* as in the lane */
    uint64_t limit; /* where room must be looked for */
    uint64_t mask;  /* the ring's capacity - 1 */
};

/* What a thread repeats; count 0: nothing, 1: asked once, ≥ 2: a poll is open. */
struct weft_asked {
    uint64_t object;
    int64_t answer;
    uint64_t count;
    uint64_t last;
    uint64_t head; /* of the lane behind it: something else was recorded when it has moved on */
    const void *site;
    unsigned how;
    enum weft_question question;
};

/*
 * The calling thread.  Initial-exec: an access costs nothing (global-dynamic +2.7 ns), and the
 * block lies at the same distance from every thread's pointer.
 */
struct weft_me {
    uint32_t depth;       /* records in the middle of which the thread is */
    uint32_t number;      /* 0: not known yet */
    uint64_t quick_limit; /* of seats[0]; 0: the long way must be taken */
    struct weft_seat seats[WEFT_SEATS];
    struct weft_asked asked;
    bool refused; /* there was no lane: do not search again for every record */
    bool ended;   /* its end is recorded: no lane is kept longer than for one record */
};

extern _Thread_local struct weft_me weft_me __attribute__((tls_model("initial-exec")));

/* Called when a thread gets a lane, NULL: nobody wants to know.  Set before any thread has one. */
extern void (*weft_record_seated)(void);

/* how: WEFT_SLOT_HOW. */
void weft_record_slow(uint64_t ticks, enum weft_event_kind kind, uint64_t object, const void *site,
                      unsigned how);

void weft_record_tidy(void);

/*
 * Before a lock is taken: a lane that is nearly full is packed now.  Packing takes as long as a
 * thousand locks; who did it while holding one would send all others to sleep.
 */
static inline void weft_record_ahead(void)
{
    const struct weft_me *me = &weft_me;

    if (__builtin_expect(me->quick_limit - me->seats[0].head < WEFT_AHEAD, 0)) {
        weft_record_tidy();
    }
}

static inline void weft_record_quick_at(uint64_t ticks, enum weft_event_kind kind, uint64_t object,
                                        const void *site, unsigned how)
{
    struct weft_me *me = &weft_me;
    struct weft_seat *seat = &me->seats[0];

    if (__builtin_expect(me->depth != 0, 0)) {
        weft_record_slow(ticks, kind, object, site, how);
        return;
    }
    me->depth = 1;
    /* From here on a handler of this thread keeps away from the seat. */
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(seat->head >= me->quick_limit, 0)) {
        me->depth = 0;
        weft_record_slow(ticks, kind, object, site, how);
        return;
    }
    union weft_slot *slot = &seat->lane->slots[seat->head & seat->mask];
    slot->head.time = ticks;
    slot->head.object_kind = object << 8 | (uint64_t)kind;
    slot->head.site_more = (uint64_t)(uintptr_t)site << 16 | (uint64_t)how << 8;
    seat->head++;
    /* Pairs with the drain's acquire load: it sees the slot before the count. */
    atomic_store_explicit(&seat->lane->head, seat->head, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    me->depth = 0;
}

/* Where nobody else was involved. */
static inline void weft_record_quick(enum weft_event_kind kind, uint64_t object, const void *site,
                                     unsigned how)
{
    weft_record_quick_at(weft_spool_ticks_unordered(), kind, object, site, how);
}

/* Where somebody else's act made this one possible. */
static inline void weft_record_ordered(enum weft_event_kind kind, uint64_t object, const void *site,
                                       unsigned how)
{
    weft_record_quick_at(weft_spool_ticks(), kind, object, site, how);
}

#pragma GCC visibility pop

#endif
