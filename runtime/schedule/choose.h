/*
 * Who goes on: the strategies of a plan, and how a choice is kept for the trace.
 * Private to the turn; all under its lock but weft_choice_record.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_CHOOSE_H
#define WEFT_RUNTIME_SCHEDULE_CHOOSE_H

#include "runtime/schedule/turn.h"
#include "traces/format/plan.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
    WEFT_RUNNERS = 4096,    /* threads under control at once */
    WEFT_CHOICE_NAMED = 16, /* candidates that the trace names; it counts all */
    WEFT_PCT_CHANGES_MAX = 64,
};

enum weft_runner_state {
    WEFT_RUNNER_FREE,
    WEFT_RUNNER_RUNNING,
    WEFT_RUNNER_READY,
    WEFT_RUNNER_BLOCKED,
    WEFT_RUNNER_SPINNING, /* until something changes */
    WEFT_RUNNER_POLLING,  /* until something outside the program may have changed */
    WEFT_RUNNER_OUTSIDE,
    WEFT_RUNNER_ASTRAY,
};

struct weft_runner {
    _Alignas(64) _Atomic uint32_t go; /* 1: it has been given the turn */
    uint32_t number;                  /* in the trace; 0: none */
    uint32_t tid;                     /* 0: it has not come yet */
    uint32_t mask;
    enum weft_runner_state state;
    enum weft_turn_end end;
    const void *key;   /* BLOCKED: what must be woken; NULL: it sleeps */
    const void *about; /* what it is going to use */
    uint64_t deadline_ns;
    uint64_t since; /* serial of its state */
    uint64_t priority;
    uint64_t seen;          /* changes when it last asked */
    const void *unfinished; /* where the rest of a read or write has to go; NULL: none */
    uint32_t looks;
    uint32_t processors; /* number of its own mask */
    bool spun;           /* its last call was spin */
    bool idle;           /* POLLING: chosen because nobody else could go on */
    bool nudged;
    _Atomic bool keeps; /* its turn, while it waits in the kernel; only a hint to who watches */
    struct {
        uint32_t count; /* candidates; 0: there was no choice */
        uint32_t taken;
        uint32_t numbers[WEFT_CHOICE_NAMED];
    } choice; /* by which it was given the turn */
};

struct weft_chooser {
    const struct weft_plan *plan;
    uint64_t random;
    uint64_t change_at[WEFT_PCT_CHANGES_MAX]; /* points, sorted by nothing */
    uint32_t change_count;
    const char *choices, *choices_end;
    uint64_t skip;
};

/* plan: settled, and outlives the chooser. */
void weft_chooser_init(struct weft_chooser *chooser, const struct weft_plan *plan);
void weft_chooser_meet(struct weft_chooser *chooser, struct weft_runner *runner);

/*
 * Which of the candidates (at least two; in the order of the default) goes on.
 *   me         who had the turn; NULL: nobody
 *   points     scheduling points so far
 *   diverged   set when the plan's choice is not among them
 */
uint32_t weft_choose(struct weft_chooser *chooser, struct weft_runner *const *found, uint32_t count,
                     struct weft_runner *me, uint64_t points, bool *diverged);

void weft_choice_keep(struct weft_runner *chosen, struct weft_runner *const *found, uint32_t count,
                      uint32_t taken);
/* The chosen one, the caller, writes it into the trace. */
void weft_choice_record(struct weft_runner *me);

#pragma GCC visibility pop

#endif
