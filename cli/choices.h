/*
 * The choices of a run as a text (traces/format/plan.h): how many in a row were the default, then
 * letters for one that was not.  Choices by default at the end are left out: they hold anyway.
 */
#ifndef WEFT_CLI_CHOICES_H
#define WEFT_CLI_CHOICES_H

#include "traces/format/plan.h"
#include "traces/format/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed one is empty. */
struct weft_choices {
    char text[WEFT_PLAN_ROOM];
    size_t used;
    uint64_t defaults;
    bool full; /* there are more than fit into a plan */
};

void weft_choices_add(struct weft_choices *choices, uint64_t taken);

/*
 * The plan that makes these choices, and is in all else as the settled plan `like`.  False: it does
 * not fit.
 */
bool weft_choices_plan(const struct weft_choices *choices, const struct weft_plan *like,
                       char plan[WEFT_PLAN_ROOM]);

#endif
