/*
 * Which schedule is tried next: by seed, or, exhaustively, each that differs from one already seen
 * in its last choice.
 * Threads: one at a time per weft_plans.
 */
#ifndef WEFT_CLI_EXPLORE_PLANS_H
#define WEFT_CLI_EXPLORE_PLANS_H

#include "cli/explore_runs.h"

#include <stdbool.h>
#include <stdint.h>

struct weft_plans;

/*
 * strategy: "portfolio", "random", "pct:D", "pos", "plain" or "exhaustive:BOUND".
 * NULL: it is none, or there is no memory.
 */
struct weft_plans *weft_plans_new(const char *strategy, uint64_t seed);
void weft_plans_free(struct weft_plans *plans); /* NULL: nothing to do */

/* Fills in plan, forced and preemptions of the run with that number; false: there is none, yet. */
bool weft_plans_next(struct weft_plans *plans, uint64_t number, struct weft_try *run);

/* What has come of it. */
void weft_plans_learn(struct weft_plans *plans, const struct weft_run_end *end);

/* There is nothing more to be tried, and nothing was left out. */
bool weft_plans_is_complete(const struct weft_plans *plans);
bool weft_plans_is_exhaustive(const struct weft_plans *plans);
/* Runs without control take part only while they are quick. */
void weft_plans_without_plain(struct weft_plans *plans);

#endif
