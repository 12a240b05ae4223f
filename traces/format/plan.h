/*
 * A plan: the whole choice of a controlled run as a short text.  A command line gives it, the spool
 * hands it to the program, and the trace's header keeps it: the same program with the same input
 * and the same plan runs the same way.
 *
 *   random,seed=7                     random,seed=7,jitter=2,cost=1000
 *   pct:3,seed=9,steps=400            replay:12a3b,seed=7,jitter=2
 *
 * Choices, behind "replay:", are the ways in which a run left the default, "the one who runs goes
 * on, else who has waited longest": a number is how many choices in a row were the default, a
 * letter the one that was not, a = the second of the candidates, b = the third, … y, and z adds 25
 * to the letter behind it.  When they end, the default holds.
 *
 * Freestanding.  Threads: any.
 */
#ifndef WEFT_TRACES_PLAN_H
#define WEFT_TRACES_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weft_strategy {
    WEFT_STRATEGY_FIFO,        /* nobody is interrupted */
    WEFT_STRATEGY_ROUND_ROBIN, /* everybody is, every time */
    WEFT_STRATEGY_RANDOM,
    WEFT_STRATEGY_PCT,       /* priorities, lowered at depth - 1 places: Burckhardt et al. 2010 */
    WEFT_STRATEGY_POS,       /* partial order sampling: Yuan et al. 2018 */
    WEFT_STRATEGY_PORTFOLIO, /* the seed chooses one of the others: weft_plan_settle */
    WEFT_STRATEGY_REPLAY,
};

struct weft_plan {
    enum weft_strategy strategy;
    uint32_t depth; /* PCT */
    uint64_t steps; /* PCT: about how many scheduling points the run has */
    uint64_t seed;
    uint64_t cost_ns;         /* simulated, of one scheduling point */
    uint32_t jitter_permille; /* a sleep lasts up to so many times as long; 1000: no longer */
    uint32_t spurious;        /* of 100 waits on conditions so many end without a signal */
    uint64_t limit_ms;        /* of simulated time, after which the run is ended; 0: never */
    bool has_limit;           /* the plan said so; else it takes WEFT_PLAN_LIMIT_POINTS, too */
    uint32_t stall_ms;        /* of a processor, after which one that holds all others is left */
    const char *choices;      /* REPLAY: in the text that was parsed, choices_bytes of it */
    size_t choices_bytes;
};

enum {
    WEFT_PLAN_COST_NS = 1000,
    WEFT_PLAN_STALL_MS = 2000,
    WEFT_PLAN_STEPS = 200,
    WEFT_PLAN_LIMIT_MS = 3600 * 1000,
    WEFT_PLAN_LIMIT_POINTS = 100000
};

/* NULL: understood.  Else what is wrong, and *plan is untouched. */
const char *weft_plan_parse(const char *text, struct weft_plan *plan);

/* A portfolio becomes the strategy that its seed means. */
void weft_plan_settle(struct weft_plan *plan);

/*
 * One step through choices: how the next choice goes, 0 for the default.  `skip` is 0 at first.
 *   at   moves on; where it ends, all that follow are 0
 */
uint32_t weft_plan_next(const char **at, const char *end, uint64_t *skip);

/* A generator of numbers: splitmix64. */
uint64_t weft_plan_random(uint64_t *state);

#endif
