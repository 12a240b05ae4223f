/*
 * Who goes on when one gives its turn away.  Private to the turn; under its lock.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_PICK_H
#define WEFT_RUNTIME_SCHEDULE_PICK_H

#include "runtime/schedule/choose.h"

#pragma GCC visibility push(hidden)

/*
 * Who goes on; NULL: nobody can, for now or for ever, which ends the run.
 *   favoured   whom the default lets go on, if it can; NULL: who has waited longest
 */
struct weft_runner *weft_pick(struct weft_runner *favoured);
/* Gives the turn to whom weft_pick chose, and unlocks. */
void weft_give(struct weft_runner *next);

#pragma GCC visibility pop

#endif
