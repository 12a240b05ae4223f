/*
 * The one table of who is under control, and the lock that it lies under.
 * Private to the turn: turn.c (the calls), pick.c (who goes on), watch.c (who does not come back),
 * strangers.c (who is not under control).
 *
 * Everything but the lock itself, weft_runners_left and weft_runners_now: under the lock.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_RUNNERS_H
#define WEFT_RUNTIME_SCHEDULE_RUNNERS_H

#include "runtime/schedule/choose.h"
#include "traces/format/spool.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct weft_runners {
    _Atomic uint32_t lock; /* 0 free, 1 taken, 2 taken and waited for */
    struct weft_spool_schedule *spool;
    struct weft_chooser chooser;
    struct weft_runner runners[WEFT_RUNNERS];
    uint32_t count;             /* runners ever used */
    struct weft_runner *holder; /* NULL: nobody has the turn */
    struct weft_plan plan;
    uint64_t serial;       /* gives `since` */
    uint64_t changes;      /* what others may have waited for */
    uint64_t random_other; /* jitter and spurious wake-ups */
    uint64_t points, choices, hash;
    uint32_t alive, ready, spinning, polling,
        outside;               /* runners in these states; outside: or astray */
    uint64_t next_deadline_ns; /* at most the first one */
    bool outside_had_time;     /* who is outside has been waited for */
    bool over;
    bool on;
    _Atomic bool nudge_all; /* a signal handler came in the middle */
};

extern struct weft_runners weft_runners;

/* What the calling thread is in the middle of. */
struct weft_here {
    struct weft_runner *self;
    bool inside;  /* in a call of turn.h */
    bool holding; /* the lock */
};

extern _Thread_local struct weft_here weft_here __attribute__((tls_model("initial-exec")));

/* A word that one thread waits on.  ms 0: without limit.  False: it has passed. */
bool weft_word_wait(_Atomic uint32_t *word, uint32_t value, uint32_t ms);
void weft_word_wake(_Atomic uint32_t *word);

void weft_runners_lock(void);
void weft_runners_unlock(void);

static inline uint64_t weft_runners_now(void)
{
    return atomic_load_explicit(&weft_runners.spool->now_ns, memory_order_relaxed);
}

void weft_runner_set_state(struct weft_runner *runner, enum weft_runner_state state);
void weft_runner_set_deadline(struct weft_runner *runner, uint64_t deadline_ns);
void weft_runner_make_ready(struct weft_runner *runner, enum weft_turn_end end);

/* Something may have changed for those who ask again and again. */
void weft_runners_change(void);
/* All that are in this state can go on. */
void weft_runners_release(enum weft_runner_state state);
/* Who waits on an object may have been woken past us, by an instruction that nobody can see. */
void weft_runners_retry(void);

bool weft_runner_has_deadline(const struct weft_runner *runner);
/* The one whose deadline is the first; NULL: nobody has one. */
struct weft_runner *weft_runners_first_deadline(void);
/* Ends the waits whose deadline has come, in the order of their deadlines. */
void weft_runners_expire(void);

/* The first that waits for key; NULL: nobody does. */
struct weft_runner *weft_runners_first_waiting(const void *key, uint32_t mask);
uint32_t weft_runners_wake(const void *key, uint32_t count, uint32_t mask);

/* By one of the two, the other 0; both 0: the caller.  NULL: there is none. */
struct weft_runner *weft_runner_find(uint32_t tid, uint32_t number);

/* Something took part that cannot be repeated: enum weft_left. */
void weft_runners_left(uint32_t why);
/* … and from here on threads run beside each other. */
void weft_runners_left_beside(uint32_t why);
/* Something of this has happened. */
bool weft_runners_have_left(uint32_t why);
/* Threads run beside each other. */
bool weft_runners_beside(void);

/* Threads run side by side: each gets its own processors back. */
void weft_runners_unpin(void);
/* What the kernel lets it have now is its own mask, and it is on the one processor again. */
void weft_runner_keep_processors(struct weft_runner *runner);

#pragma GCC visibility pop

#endif
