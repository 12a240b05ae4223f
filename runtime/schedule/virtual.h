/*
 * The schedule of a plan, for programs on weft.h: parkers on top of turns.
 * Private to runtime/schedule.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_VIRTUAL_H
#define WEFT_RUNTIME_SCHEDULE_VIRTUAL_H

#include "runtime/schedule/schedule.h"

extern const struct weft_schedule weft_virtual;

/* Opens the recording.  True: it has a simulated clock, and the caller's turn has begun. */
bool weft_virtual_start(void);

#endif
