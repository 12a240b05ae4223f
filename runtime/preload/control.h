/*
 * A controlled schedule under a program that was not made for it: when the recording has a
 * simulated clock, the functions behind the hooks (weft_real) are replaced by these, which do the
 * same one thread at a time (runtime/schedule/turn.h).  The hooks record as always.
 *
 * What an object is stays in the object: it is tried, and who cannot have it waits for a turn
 * after its release.  Only what can be waited for alone (conditions, barriers, joins, futexes) is
 * kept here.  A thread that is not under control gets the real functions.
 * Private to the preload library.
 */
#ifndef WEFT_RUNTIME_PRELOAD_CONTROL_H
#define WEFT_RUNTIME_PRELOAD_CONTROL_H

#include "runtime/preload/real.h"
#include "runtime/schedule/turn.h"

#pragma GCC visibility push(hidden)

/* The real functions, also where weft_real no longer has them. */
extern struct weft_real weft_plain;

void weft_control_locks(struct weft_real *real);
void weft_control_waits(struct weft_real *real);
void weft_control_times(struct weft_real *real);
void weft_control_calls(struct weft_real *real);

/* The last wait on a condition of this thread ended without a signal; asked once. */
bool weft_control_was_spurious(void);

/* A time of a clock, on the simulated one; WEFT_TURN_NEVER for NULL.  False: not simulated. */
bool weft_control_deadline(clockid_t clock, const struct timespec *time, uint64_t *deadline_ns);
/* As long from now on. */
uint64_t weft_control_in(int64_t ns);

/* Takes a mutex; result as of pthread_mutex_clocklock. */
int weft_control_lock_mutex(pthread_mutex_t *mutex, uint64_t deadline_ns);
int weft_control_unlock_mutex(pthread_mutex_t *mutex);

#pragma GCC visibility pop

#endif
