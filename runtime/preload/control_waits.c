/*
 * What is waited for without being held: conditions, barriers, one-time routines, ends of threads,
 * futexes.  Threads out of control wait for the real objects, so those are woken, too.
 */
#include "runtime/preload/control.h"
#include "runtime/preload/hook.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>

/* Conditions ────────────────────────────────────────────────────────────────────────────────── */

static _Thread_local __attribute__((tls_model("initial-exec"))) bool spurious;

bool weft_control_was_spurious(void)
{
    const bool was = spurious;

    spurious = false;
    return was;
}

/*
 * The mutex is given up and the wait begun in one turn, so no signal is lost in between.  One who
 * is cancelled has it again before it unwinds.
 */
static int wait_on(const void *condition, pthread_mutex_t *mutex, uint64_t deadline_ns)
{
    weft_plain.testcancel();
    weft_turn_point(condition);
    const int failed = weft_control_unlock_mutex(mutex);
    if (failed != 0) {
        return failed;
    }
    const enum weft_turn_end end = weft_turn_block(condition, deadline_ns, UINT32_MAX, true);
    spurious = end == WEFT_TURN_SPURIOUS;
    const int locked = weft_control_lock_mutex(mutex, WEFT_TURN_NEVER);
    weft_plain.testcancel();
    return locked != 0 ? locked : end == WEFT_TURN_TIMEOUT ? ETIMEDOUT : 0;
}

static clockid_t clock_of(const pthread_cond_t *condition)
{
    return (condition->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

#define CONDITION(suffix, clock)                                                                   \
    static int control_wait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex)             \
    {                                                                                              \
        return weft_turn_self() == NULL ? weft_plain.cond_wait##suffix(condition, mutex)           \
                                        : wait_on(condition, mutex, WEFT_TURN_NEVER);              \
    }                                                                                              \
                                                                                                   \
    static int control_timedwait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex,        \
                                         const struct timespec *until)                             \
    {                                                                                              \
        uint64_t deadline_ns;                                                                      \
        return weft_turn_self() == NULL || !weft_control_deadline(clock, until, &deadline_ns)      \
                   ? weft_plain.cond_timedwait##suffix(condition, mutex, until)                    \
                   : wait_on(condition, mutex, deadline_ns);                                       \
    }                                                                                              \
                                                                                                   \
    static int control_signal##suffix(pthread_cond_t *condition)                                   \
    {                                                                                              \
        const int result = weft_plain.cond_signal##suffix(condition);                              \
        (void)weft_turn_wake(condition, 1, UINT32_MAX);                                            \
        weft_turn_point(NULL);                                                                     \
        return result;                                                                             \
    }                                                                                              \
                                                                                                   \
    static int control_broadcast##suffix(pthread_cond_t *condition)                                \
    {                                                                                              \
        const int result = weft_plain.cond_broadcast##suffix(condition);                           \
        (void)weft_turn_wake(condition, UINT32_MAX, UINT32_MAX);                                   \
        weft_turn_point(NULL);                                                                     \
        return result;                                                                             \
    }
CONDITION(, clock_of(condition))
CONDITION(_old, CLOCK_REALTIME)

static int control_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                             const struct timespec *until)
{
    uint64_t deadline_ns;

    return weft_turn_self() == NULL || !weft_control_deadline(clock, until, &deadline_ns)
               ? weft_plain.cond_clockwait(condition, mutex, clock, until)
               : wait_on(condition, mutex, deadline_ns);
}

static int control_cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    uint64_t deadline_ns;

    if (weft_turn_self() == NULL || !weft_control_deadline(CLOCK_REALTIME, until, &deadline_ns)) {
        return weft_plain.cnd_timedwait(condition, mutex, until);
    }
    const int result = wait_on(condition, (pthread_mutex_t *)mutex, deadline_ns);
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}

static int control_cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return weft_turn_self() == NULL ? weft_plain.cnd_wait(condition, mutex)
                                    : control_cnd_timedwait(condition, mutex, NULL);
}

static int control_cnd_signal(cnd_t *condition)
{
    return control_signal((pthread_cond_t *)condition);
}

static int control_cnd_broadcast(cnd_t *condition)
{
    return control_broadcast((pthread_cond_t *)condition);
}

/* Barriers ──────────────────────────────────────────────────────────────────────────────────── */

/* In glibc's barrier, whose layout programs have compiled in. */
enum { PARTIES_AT = 2, SHARED_AT = 3 };

static int control_barrier_wait(pthread_barrier_t *barrier)
{
    const unsigned *words = (const void *)barrier;

    if (weft_turn_self() == NULL || words[SHARED_AT] != 0) {
        weft_turn_outside();
        const int result = weft_plain.pthread_barrier_wait(barrier);
        weft_turn_inside();
        return result;
    }
    weft_turn_point(barrier);
    if (weft_turn_waiting(barrier) + 1 < words[PARTIES_AT]) {
        (void)weft_turn_block(barrier, WEFT_TURN_NEVER, WEFT_TURN_FIRM, false);
        return 0;
    }
    (void)weft_turn_wake(barrier, UINT32_MAX, UINT32_MAX);
    return PTHREAD_BARRIER_SERIAL_THREAD;
}

/* Once ──────────────────────────────────────────────────────────────────────────────────────── */

/* In glibc's once: 2 done, 1 somebody is at it. */
enum { ONCE_BUSY = 1, ONCE_DONE = 2 };

static void wake_once(const void *const *control)
{
    (void)weft_turn_wake(*control, UINT32_MAX, UINT32_MAX);
}

/* Waits while another thread runs the routine; should that be cancelled, the next one does. */
static void wait_for_once(const int *control)
{
    weft_turn_point(control);
    while ((__atomic_load_n(control, __ATOMIC_ACQUIRE) & 3) == ONCE_BUSY) {
        (void)weft_turn_block(control, WEFT_TURN_NEVER, UINT32_MAX, false);
    }
}

static int control_once(pthread_once_t *control, weft_once_routine *routine)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.pthread_once(control, routine);
    }
    wait_for_once(control);
    const void *woken __attribute__((cleanup(wake_once), unused)) = control;
    return weft_plain.pthread_once(control, routine);
}

static void control_call_once(once_flag *flag, weft_once_routine *routine)
{
    if (weft_turn_self() == NULL) {
        weft_plain.call_once(flag, routine);
        return;
    }
    wait_for_once(&flag->__data);
    const void *woken __attribute__((cleanup(wake_once), unused)) = &flag->__data;
    weft_plain.call_once(flag, routine);
}

/* Ends of threads ───────────────────────────────────────────────────────────────────────────── */

/* False: the deadline has passed.  Behind it the real join waits only for the kernel. */
static bool wait_for_end(pthread_t thread, uint64_t deadline_ns)
{
    const uint32_t number = weft_thread_number(thread);

    weft_plain.testcancel();
    weft_turn_point(weft_turn_end_key(number));
    while (number != 0 && weft_turn_is_alive(number)) {
        if (weft_turn_block(weft_turn_end_key(number), deadline_ns, UINT32_MAX, false) ==
            WEFT_TURN_TIMEOUT) {
            return false;
        }
        weft_plain.testcancel();
    }
    return true;
}

static bool joins_itself(pthread_t thread)
{
    return weft_turn_self() == NULL || thread == (pthread_t)__builtin_thread_pointer();
}

static int control_join(pthread_t thread, void **value)
{
    if (!joins_itself(thread)) {
        (void)wait_for_end(thread, WEFT_TURN_NEVER);
    }
    return weft_plain.pthread_join(thread, value);
}

static int control_clockjoin(pthread_t thread, void **value, clockid_t clock,
                             const struct timespec *until)
{
    uint64_t deadline_ns;

    if (joins_itself(thread) || !weft_control_deadline(clock, until, &deadline_ns)) {
        return weft_plain.pthread_clockjoin_np(thread, value, clock, until);
    }
    return wait_for_end(thread, deadline_ns) ? weft_plain.pthread_join(thread, value) : ETIMEDOUT;
}

static int control_timedjoin(pthread_t thread, void **value, const struct timespec *until)
{
    return joins_itself(thread) ? weft_plain.pthread_timedjoin_np(thread, value, until)
                                : control_clockjoin(thread, value, CLOCK_REALTIME, until);
}

static int control_tryjoin(pthread_t thread, void **value)
{
    if (joins_itself(thread)) {
        return weft_plain.pthread_tryjoin_np(thread, value);
    }
    weft_turn_spin();
    return weft_turn_is_alive(weft_thread_number(thread)) ? EBUSY
                                                          : weft_plain.pthread_join(thread, value);
}

static int control_thrd_join(thrd_t thread, int *value)
{
    if (!joins_itself(thread)) {
        (void)wait_for_end(thread, WEFT_TURN_NEVER);
    }
    return weft_plain.thrd_join(thread, value);
}

/* One who waits is no place of the real library's to be cancelled in: it looks for itself. */
static int control_cancel(pthread_t thread)
{
    const uint32_t number = weft_thread_number(thread);
    const int result = weft_plain.pthread_cancel(thread);

    if (result == 0 && number != 0) {
        weft_turn_nudge(number);
    }
    return result;
}

/* Futexes ───────────────────────────────────────────────────────────────────────────────────── */

static bool futex_deadline(int operation, const struct timespec *time, uint64_t *deadline_ns)
{
    if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) {
        *deadline_ns = weft_control_in(weft_ns_of(time));
        return true;
    }
    return weft_control_deadline((operation & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME
                                                                         : CLOCK_MONOTONIC,
                                 time, deadline_ns);
}

static long fails(int error)
{
    *weft_plain.errno_location() = error;
    return -1;
}

static long futex_wait(const long *a, uint32_t mask)
{
    const uint32_t *word = (const void *)a[0];
    uint64_t deadline_ns;

    weft_turn_point(word);
    if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != (uint32_t)a[2]) {
        return fails(EAGAIN);
    }
    (void)futex_deadline((int)a[1], (const struct timespec *)a[3], &deadline_ns);
    return weft_turn_block(word, deadline_ns, mask, false) == WEFT_TURN_TIMEOUT ? fails(ETIMEDOUT)
                                                                                : 0;
}

/* Those who wait here, and those who wait in the kernel because nobody controls them. */
static long futex_wake(const long *a, uint32_t mask)
{
    const uint32_t count = a[2] > 0 ? (uint32_t)a[2] : 0;
    const long there = weft_plain.syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
    const uint32_t here = weft_turn_wake((const void *)a[0], count, mask);

    weft_turn_point(NULL);
    return there < 0 ? there : there + here;
}

static long futex_requeue(const long *a, bool compares)
{
    const void *from = (const void *)a[0], *to = (const void *)a[4];
    const long there = weft_plain.syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);

    if (there < 0) {
        return there;
    }
    const uint32_t woken = weft_turn_wake(from, (uint32_t)a[2], UINT32_MAX);
    const uint32_t moved = weft_turn_move(from, to, (uint32_t)a[3]);
    weft_turn_point(NULL);
    return there + woken + (compares ? moved : 0);
}

/* The kernel does the operation on the second word; whether it then wakes there it does not tell,
 * so those are woken in any case: a futex may always wake for nothing. */
static long futex_wake_op(const long *a)
{
    const long there = weft_plain.syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);

    if (there < 0) {
        return there;
    }
    const uint32_t first = weft_turn_wake((const void *)a[0], (uint32_t)a[2], UINT32_MAX);
    const uint32_t second = weft_turn_wake((const void *)a[4], (uint32_t)a[3], UINT32_MAX);
    weft_turn_point(NULL);
    return there + first + second;
}

static long control_futex(const long *a)
{
    switch (a[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return futex_wait(a, UINT32_MAX);
    case FUTEX_WAIT_BITSET:
        return futex_wait(a, (uint32_t)a[5]);
    case FUTEX_WAKE:
        return futex_wake(a, UINT32_MAX);
    case FUTEX_WAKE_BITSET:
        return futex_wake(a, (uint32_t)a[5]);
    case FUTEX_REQUEUE:
        return futex_requeue(a, false);
    case FUTEX_CMP_REQUEUE:
        return futex_requeue(a, true);
    case FUTEX_WAKE_OP:
        return futex_wake_op(a);
    default: { /* with priorities: the kernel's own */
        weft_turn_outside();
        const long result = weft_plain.syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
        weft_turn_inside();
        return result;
    }
    }
}

static long control_syscall(long number, ...)
{
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(list, long);
    }
    va_end(list);
    return number == SYS_futex && weft_turn_self() != NULL
               ? control_futex(a)
               : weft_plain.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void weft_control_waits(struct weft_real *real)
{
    real->cond_wait = control_wait;
    real->cond_timedwait = control_timedwait;
    real->cond_signal = control_signal;
    real->cond_broadcast = control_broadcast;
    real->cond_wait_old = control_wait_old;
    real->cond_timedwait_old = control_timedwait_old;
    real->cond_signal_old = control_signal_old;
    real->cond_broadcast_old = control_broadcast_old;
    real->cond_clockwait = control_clockwait;
    real->cnd_wait = control_cnd_wait;
    real->cnd_timedwait = control_cnd_timedwait;
    real->cnd_signal = control_cnd_signal;
    real->cnd_broadcast = control_cnd_broadcast;
    real->pthread_barrier_wait = control_barrier_wait;
    real->pthread_once = control_once;
    real->call_once = control_call_once;
    real->pthread_join = control_join;
    real->pthread_timedjoin_np = control_timedjoin;
    real->pthread_clockjoin_np = control_clockjoin;
    real->pthread_tryjoin_np = control_tryjoin;
    real->thrd_join = control_thrd_join;
    real->pthread_cancel = control_cancel;
    real->syscall = control_syscall;
}
