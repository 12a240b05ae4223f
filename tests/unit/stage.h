/*
 * The stage on which the runtime's tests play: a schedule whose clock stands still until the test
 * moves it, and a recorder that keeps what it is told.  Linked in place of the real ones.
 *
 * Time passes only by stage_pass, and when the test's own (main) thread sleeps or waits with a
 * time-out: then it jumps to the end of that wait.  Other threads wait for it.
 */
#ifndef WEFT_TESTS_UNIT_STAGE_H
#define WEFT_TESTS_UNIT_STAGE_H

#include <stdbool.h>

/* Before each test; no other thread runs.  A cmocka setup function. */
int stage_set(void **state);

/* Waits until `count` other threads are blocked. */
void stage_wait_blocked(int count);

/* Moves the clock. */
void stage_pass(double seconds);
long long stage_now_ms(void);

/* While held, nobody who was unparked or timed out goes on. */
void stage_hold(bool held);

/* While patient, main waits for time to pass as the others do. */
void stage_be_patient(bool patient);

/* The next so many waits on conditions end without a notify. */
void stage_end_early(int waits);

/*
 * What was recorded since the last call, such as "1:lock_acquire 2:lock_request(-1)": the number
 * of the thread, the event, its arguments, its text, and !outcome when that is not ok.
 */
const char *stage_events(void);

/* Forgets what was recorded. */
void stage_forget(void);

#endif
