/*
 * Whose turn it is: a schedule that lets one thread run at a time, on a simulated clock.
 *
 *            point, spin ─────────────┐
 *                                     ▼
 *   RUNNING ──block──► BLOCKED ──► READY ──chosen──► RUNNING ──end──► (free)
 *      │                  ▲ wake, deadline
 *      └─outside──► OUTSIDE ──inside──► READY          in a call that really waits
 *      └─(watchdog)► ASTRAY ──next call─► READY        holds up the others and does not come back
 *
 * A thread under control is a runner.  It gives its turn away only in calls of this file, each a
 * scheduling point, where the plan (traces/format/plan.h) chooses among those that can go on.
 * Time goes on by the plan's cost at each point, and jumps to the next deadline when nobody can go
 * on.  One who asks the same again with nothing done by others in between waits, like a sleeper,
 * for a deadline or a change.  When nobody can ever go on, and no thread is outside, the run is
 * over: that is said in the spool, and weft ends the program.
 *
 * State lies in one table under one lock of its own; nothing is allocated, errno is not touched.
 * Threads: any; a thread that is no runner passes through.  Not for signal handlers: there
 * weft_turn_self gives NULL while its thread is in a call of this file.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_TURN_H
#define WEFT_RUNTIME_SCHEDULE_TURN_H

#include "runtime/schedule/processors.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

#define WEFT_TURN_NEVER UINT64_MAX
/* A mask of one who must not look again before it is woken. */
#define WEFT_TURN_FIRM (UINT32_C(1) << 31)

struct weft_runner;

/* How a block ended. */
enum weft_turn_end { WEFT_TURN_WOKEN, WEFT_TURN_TIMEOUT, WEFT_TURN_SPURIOUS };

/*
 * Begins to control this process when its recording has a simulated clock: the caller, its first
 * thread, runs.  False: it has not, and no other function may be called but weft_turn_on.
 */
bool weft_turn_start(void);

/* True when this process is controlled; a forked child is not. */
bool weft_turn_on(void);

/* The caller's; NULL: it is not under control, or in the middle of a call. */
struct weft_runner *weft_turn_self(void);

/*
 * A runner for a thread that will come: it can be chosen from now on, and runs when it has come.
 *   number   in the trace
 * NULL: there are too many; that thread is not controlled.
 */
struct weft_runner *weft_turn_make(uint32_t number);
void weft_turn_unmake(struct weft_runner *runner); /* its thread did not start */
void weft_turn_begin(
    struct weft_runner *runner); /* the caller is that thread: waits for its turn */
void weft_turn_adopt(void);      /* the caller, a stranger, joins in */
void weft_turn_end(void);        /* the caller is no runner from now on */

/* Others may go on.  about: the object that the caller is going to use; NULL: none. */
void weft_turn_point(const void *about);
/* The same where others have the first claim to go on. */
void weft_turn_yield(void);
/* The caller asks again and again, without waiting. */
void weft_turn_spin(void);
/* The caller reads the clock: it costs a little, so that one who waits for a time sees it come. */
void weft_turn_look(void);

/*
 * Waits until somebody wakes `key`.  The caller has seen under its turn that it must wait.
 *   deadline_ns   WEFT_TURN_NEVER: none
 *   mask          of bits: a wake must have one of them
 *   spurious      may end without any wake, as conditions may
 */
enum weft_turn_end weft_turn_block(const void *key, uint64_t deadline_ns, uint32_t mask,
                                   bool spurious);

/* Is the caller's next wait on a condition one of those that the plan lets end without a wake?  For
 * one who does not block by `spurious`. */
bool weft_turn_ends_early(void);

/* Makes the first `count` that wait for `key` able to go on; how many.  The turn stays. */
uint32_t weft_turn_wake(const void *key, uint32_t count, uint32_t mask);
/* Lets the first `count` that wait for `from` wait for `to` instead; how many. */
uint32_t weft_turn_move(const void *from, const void *to, uint32_t count);
/* How many wait for key. */
uint32_t weft_turn_waiting(const void *key);
/* Lets one runner, blocked on whatever it is, look again. */
void weft_turn_nudge(uint32_t number);
/* The program itself has done something that shows outside: who waits there looks again. */
void weft_turn_poke(void);

void weft_turn_sleep_until(uint64_t deadline_ns);
/* How long a sleep of ns lasts under the plan. */
uint64_t weft_turn_stretch(uint64_t ns);

/* Around a call that really waits: the others run meanwhile. */
void weft_turn_outside(void);
void weft_turn_inside(void);
/* The caller has looked for something outside the program in vain: when it may look again. */
enum weft_turn_look { WEFT_LOOK_TIMEOUT, WEFT_LOOK_POKED, WEFT_LOOK_IDLE };
enum weft_turn_look weft_turn_wait_outside(uint64_t deadline_ns);

/* From now on the caller waits in the kernel with its turn, on purpose; or no longer. */
void weft_turn_keep(bool keeps);

/* Is `number` a runner that has not ended? */
bool weft_turn_is_alive(uint32_t number);
/* The key under which a runner's end is waited for. */
const void *weft_turn_end_key(uint32_t number);

/*
 * Processors (processors.h).  Of a runner one of tid and number is known, the other 0; both 0: the
 * caller.
 */
/* The program's own mask of it.  NULL: it has that really. */
const struct weft_processors *weft_turn_processors(uint32_t tid, uint32_t number);
/* The program has given it another one, really. */
void weft_turn_moved(uint32_t tid, uint32_t number);
/* The caller, or its child after a fork, has the program's own mask, really, until it is told to
 * return: what it starts in between inherits that. */
void weft_turn_spread(void);
void weft_turn_gather(void);
/* All threads have their own processors from now on. */
void weft_turn_unpin(void);

/*
 * A read or write has moved less than it was asked to, because others were slow, and `rest` is
 * where it ended.  That makes no other run only if the caller, before anything else, goes on there.
 */
void weft_turn_unfinished(const void *rest);
void weft_turn_goes_on(const void *at);

/* Something took part that cannot be repeated: enum weft_left. */
void weft_turn_left(uint32_t why);

/* Simulated ns since the start, and what the wall clock shows. */
uint64_t weft_turn_now_ns(void);
int64_t weft_turn_wall_ns(void);
int64_t weft_turn_start_wall_ns(void);

#pragma GCC visibility pop

#endif
