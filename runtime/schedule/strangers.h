/*
 * Threads of the process that are not under control: as long as there is one, nobody can say that
 * a run can never go on.  Private to the turn; under its lock.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_STRANGERS_H
#define WEFT_RUNTIME_SCHEDULE_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* A runner ends; the kernel may know its thread for a while. */
void weft_strangers_ended(uint32_t tid);
/* Is there a thread that we do not know?  When many have ended, the kernel may need a moment. */
bool weft_strangers_exist(void);

#pragma GCC visibility pop

#endif
