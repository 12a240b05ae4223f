/*
 * Programs to be recorded: each counts what it does itself and prints it, one line an event kind,
 * "lock_acquire 1000"; the driver compares that with the trace, to the last one.
 * Lines that begin with "ok" or "not" are the program's own verdicts.
 */
#ifndef WEFT_TESTS_PRELOAD_GUEST_H
#define WEFT_TESTS_PRELOAD_GUEST_H

#include <stdbool.h>

/* One mode of the guest: its name on the command line, and what it does. */
struct guest_mode {
    const char *name;
    int (*run)(void); /* the exit status */
};

extern const struct guest_mode guest_locks[], guest_ends[], guest_signals[], guest_calls[],
    guest_others[];

/* "event count": what the trace has to have. */
void guest_expect(const char *event, unsigned long count);
void guest_check(bool condition, const char *what);

/* Threads that are made and joined, without their events: the caller counts them. */
void guest_run_threads(unsigned count, void *(*routine)(void *), void *argument);

#endif
