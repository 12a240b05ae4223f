/*
 * Who has the turn and does not come back: it waits where the schedule cannot see it.
 * Private to the turn.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_WATCH_H
#define WEFT_RUNTIME_SCHEDULE_WATCH_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* How long one who waits for its turn waits until it looks, in ms. */
uint32_t weft_watch_ms(void);
/* One who waits for its turn looks at who has it, and lets others go on when that one is stuck. */
void weft_watch(void);

#pragma GCC visibility pop

#endif
