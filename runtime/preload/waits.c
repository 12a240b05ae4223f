/* Conditions, barriers, one-time initialisation and the bare futex: hooks with a shape each. */
#include "runtime/preload/control.h"
#include "runtime/preload/hook.h"
#include "runtime/preload/sandbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/syscall.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13 /* Linux 5.14 */
#endif

/* Conditions ────────────────────────────────────────────────────────────────────────────────── */

/* Inside the wait the mutex is given up and taken back without a call that could be seen. */
#define CONDITION_WAIT(limit, timed_out, call)                                                     \
    WEFT_WAIT wait = {.object = weft_object_of(condition),                                         \
                      .site = WEFT_SITE,                                                           \
                      .with = (int64_t)weft_object_of(mutex),                                      \
                      .end = WEFT_EV_COND_WAKE,                                                    \
                      .how = WEFT_HOW(OK, CONDITION)};                                             \
    weft_wait_begin(&wait, WEFT_EV_COND_WAIT, limit);                                              \
    const int result = call;                                                                       \
    weft_wait_end(&wait, WEFT_EV_COND_WAKE,                                                        \
                  result == 0             ? woken()                                                \
                  : result == (timed_out) ? WEFT_OUT_TIMEOUT                                       \
                                          : WEFT_OUT_FAILED);                                      \
    return result

static enum weft_outcome woken(void)
{
    return weft_control_was_spurious() ? WEFT_OUT_SPURIOUS : WEFT_OUT_OK;
}

/* The clock that pthread_condattr_setclock chose; programs have glibc's layout compiled in. */
static clockid_t clock_of(const pthread_cond_t *condition)
{
    return (condition->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

/*
 * Each of the six that glibc has in two versions: the current one, and the one for programs of
 * before 2002 (there a condition is one pointer, so nothing in it may be looked at).
 */
#define BOTH_VERSIONS(name)                                                                        \
    __asm__(".symver hook_" #name ", pthread_" #name "@@GLIBC_2.3.2");                             \
    __asm__(".symver hook_" #name "_old, pthread_" #name "@GLIBC_2.2.5")

#define CONDITION_HOOKS(suffix, clock)                                                             \
    WEFT_HOOK int hook_cond_init##suffix(pthread_cond_t *, const pthread_condattr_t *);            \
    WEFT_HOOK int hook_cond_destroy##suffix(pthread_cond_t *);                                     \
    WEFT_HOOK int hook_cond_wait##suffix(pthread_cond_t *, pthread_mutex_t *);                     \
    WEFT_HOOK int hook_cond_timedwait##suffix(pthread_cond_t *, pthread_mutex_t *,                 \
                                              const struct timespec *);                            \
    WEFT_HOOK int hook_cond_signal##suffix(pthread_cond_t *);                                      \
    WEFT_HOOK int hook_cond_broadcast##suffix(pthread_cond_t *);                                   \
                                                                                                   \
    int hook_cond_init##suffix(pthread_cond_t *condition, const pthread_condattr_t *attributes)    \
    {                                                                                              \
        const bool on = weft_hook_on();                                                            \
        const int result = weft_real.cond_init##suffix(condition, attributes);                     \
        if (on && result == 0) {                                                                   \
            weft_hook_made(weft_object_of(condition), WEFT_OBJ_CONDITION, 0, WEFT_SITE);           \
        }                                                                                          \
        return result;                                                                             \
    }                                                                                              \
                                                                                                   \
    int hook_cond_destroy##suffix(pthread_cond_t *condition)                                       \
    {                                                                                              \
        if (weft_hook_on()) {                                                                      \
            weft_record_quick(WEFT_EV_OBJECT_DESTROY, weft_object_of(condition), WEFT_SITE,        \
                              WEFT_HOW(OK, CONDITION));                                            \
        }                                                                                          \
        return weft_real.cond_destroy##suffix(condition);                                          \
    }                                                                                              \
                                                                                                   \
    int hook_cond_wait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex)                  \
    {                                                                                              \
        if (!weft_hook_on()) {                                                                     \
            return weft_real.cond_wait##suffix(condition, mutex);                                  \
        }                                                                                          \
        CONDITION_WAIT(-1, ETIMEDOUT, weft_real.cond_wait##suffix(condition, mutex));              \
    }                                                                                              \
                                                                                                   \
    int hook_cond_timedwait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex,             \
                                    const struct timespec *until)                                  \
    {                                                                                              \
        if (!weft_hook_on()) {                                                                     \
            return weft_real.cond_timedwait##suffix(condition, mutex, until);                      \
        }                                                                                          \
        CONDITION_WAIT(weft_until_ns(clock, until), ETIMEDOUT,                                     \
                       weft_real.cond_timedwait##suffix(condition, mutex, until));                 \
    }                                                                                              \
                                                                                                   \
    int hook_cond_signal##suffix(pthread_cond_t *condition)                                        \
    {                                                                                              \
        if (weft_hook_on()) {                                                                      \
            weft_record_quick(WEFT_EV_COND_SIGNAL, weft_object_of(condition), WEFT_SITE,           \
                              WEFT_HOW(OK, CONDITION));                                            \
        }                                                                                          \
        return weft_real.cond_signal##suffix(condition);                                           \
    }                                                                                              \
                                                                                                   \
    int hook_cond_broadcast##suffix(pthread_cond_t *condition)                                     \
    {                                                                                              \
        if (weft_hook_on()) {                                                                      \
            weft_record_quick(WEFT_EV_COND_BROADCAST, weft_object_of(condition), WEFT_SITE,        \
                              WEFT_HOW(OK, CONDITION));                                            \
        }                                                                                          \
        return weft_real.cond_broadcast##suffix(condition);                                        \
    }

CONDITION_HOOKS(, clock_of(condition))
CONDITION_HOOKS(_old, CLOCK_REALTIME)
BOTH_VERSIONS(cond_init);
BOTH_VERSIONS(cond_destroy);
BOTH_VERSIONS(cond_wait);
BOTH_VERSIONS(cond_timedwait);
BOTH_VERSIONS(cond_signal);
BOTH_VERSIONS(cond_broadcast);

WEFT_HOOK int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                     clockid_t clock, const struct timespec *until)
{
    if (!weft_hook_on()) {
        return weft_real.cond_clockwait(condition, mutex, clock, until);
    }
    CONDITION_WAIT(weft_until_ns(clock, until), ETIMEDOUT,
                   weft_real.cond_clockwait(condition, mutex, clock, until));
}

WEFT_HOOK int cnd_init(cnd_t *condition)
{
    const bool on = weft_hook_on();
    const int result = weft_real.cnd_init(condition);

    if (on && result == thrd_success) {
        weft_hook_made(weft_object_of(condition), WEFT_OBJ_CONDITION, 0, WEFT_SITE);
    }
    return result;
}

WEFT_HOOK void cnd_destroy(cnd_t *condition)
{
    if (weft_hook_on()) {
        weft_record_quick(WEFT_EV_OBJECT_DESTROY, weft_object_of(condition), WEFT_SITE,
                          WEFT_HOW(OK, CONDITION));
    }
    weft_real.cnd_destroy(condition);
}

WEFT_HOOK int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    if (!weft_hook_on()) {
        return weft_real.cnd_wait(condition, mutex);
    }
    CONDITION_WAIT(-1, thrd_timedout, weft_real.cnd_wait(condition, mutex));
}

WEFT_HOOK int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    if (!weft_hook_on()) {
        return weft_real.cnd_timedwait(condition, mutex, until);
    }
    CONDITION_WAIT(weft_until_ns(CLOCK_REALTIME, until), thrd_timedout,
                   weft_real.cnd_timedwait(condition, mutex, until));
}

/* Barriers ──────────────────────────────────────────────────────────────────────────────────── */

WEFT_HOOK int pthread_barrier_init(pthread_barrier_t *barrier,
                                   const pthread_barrierattr_t *attributes, unsigned parties)
{
    const bool on = weft_hook_on();
    const int result = weft_real.pthread_barrier_init(barrier, attributes, parties);

    if (on && result == 0) {
        weft_hook_made(weft_object_of(barrier), WEFT_OBJ_BARRIER, parties, WEFT_SITE);
    }
    return result;
}

WEFT_HOOK int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    if (!weft_hook_on()) {
        return weft_real.pthread_barrier_wait(barrier);
    }
    WEFT_WAIT wait = {.object = weft_object_of(barrier),
                      .site = WEFT_SITE,
                      .end = WEFT_EV_BARRIER_PASS,
                      .how = WEFT_HOW(OK, BARRIER)};
    weft_wait_begin(&wait, WEFT_EV_BARRIER_WAIT, -1);
    const int result = weft_real.pthread_barrier_wait(barrier);
    weft_wait_end(&wait, WEFT_EV_BARRIER_PASS,
                  result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD ? WEFT_OUT_OK
                                                                         : WEFT_OUT_FAILED);
    return result;
}

/* Once ──────────────────────────────────────────────────────────────────────────────────────── */

/*
 * A lock that whoever runs the routine holds meanwhile; who only waits for him has it for no time.
 * The routine gets no argument, so what it stands for is kept by the thread; calls nest.
 */
struct once {
    weft_once_routine *routine;
    struct weft_wait *wait;
    bool ran;
};

static _Thread_local __attribute__((tls_model("initial-exec"))) struct once *once_of_thread;

static void release_once(struct weft_wait *const *wait)
{
    weft_record_with(WEFT_EV_LOCK_RELEASE, (*wait)->object, (*wait)->site, (*wait)->how, NULL);
}

static void run_once(void)
{
    struct once *once = once_of_thread;

    once->ran = true;
    weft_wait_end(once->wait, WEFT_EV_LOCK_ACQUIRE, WEFT_OUT_OK);
    struct weft_wait *held __attribute__((cleanup(release_once))) = once->wait;
    once->routine();
    (void)held;
}

static void restore_once(struct once *const *before)
{
    once_of_thread = *before;
}

static void end_once(const struct once *once)
{
    if (!once->ran) {
        weft_wait_end(once->wait, WEFT_EV_LOCK_ACQUIRE, WEFT_OUT_OK);
        release_once(&once->wait);
    }
}

/* glibc's mark of a routine that has run (bit 1) and has not begun again in a fork's child. */
static bool is_done(const volatile int *control)
{
    return __atomic_load_n(control, __ATOMIC_ACQUIRE) == 2;
}

#define RUN_ONCE(control, once_routine, call)                                                      \
    WEFT_WAIT wait = {.object = weft_object_of(control),                                           \
                      .site = WEFT_SITE,                                                           \
                      .end = WEFT_EV_LOCK_ACQUIRE,                                                 \
                      .how = WEFT_HOW(OK, ONCE)};                                                  \
    struct once once = {.routine = once_routine, .wait = &wait};                                   \
    struct once *before __attribute__((cleanup(restore_once), unused)) = once_of_thread;           \
    weft_wait_begin(&wait, WEFT_EV_LOCK_REQUEST, -1);                                              \
    once_of_thread = &once;                                                                        \
    call;                                                                                          \
    end_once(&once)

WEFT_HOOK int pthread_once(pthread_once_t *control, weft_once_routine *routine)
{
    int result;

    if (!weft_hook_on() || is_done(control)) {
        return weft_real.pthread_once(control, routine);
    }
    RUN_ONCE(control, routine, result = weft_real.pthread_once(control, run_once));
    return result;
}

WEFT_HOOK void call_once(once_flag *flag, weft_once_routine *routine)
{
    if (!weft_hook_on() || is_done(&flag->__data)) {
        weft_real.call_once(flag, routine);
        return;
    }
    RUN_ONCE(flag, routine, weft_real.call_once(flag, run_once));
}

/* Futexes ───────────────────────────────────────────────────────────────────────────────────── */

/* How long a wait may last: some operations have a time to wait for, some a time to wait until. */
static int64_t futex_limit(int operation, const struct timespec *time)
{
    const bool real = (operation & FUTEX_CLOCK_REALTIME) != 0;

    if (time == NULL) {
        return -1;
    }
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return weft_ns_of(time);
    case FUTEX_LOCK_PI:
        return weft_until_ns(CLOCK_REALTIME, time);
    default:
        return weft_until_ns(real ? CLOCK_REALTIME : CLOCK_MONOTONIC, time);
    }
}

static long wait_on_futex(const long *a, const void *site)
{
    WEFT_WAIT wait = {.object = (uint64_t)a[0],
                      .site = site,
                      .end = WEFT_EV_FUTEX_RETURN,
                      .how = WEFT_HOW(OK, FUTEX)};
    const struct timespec *time = (const struct timespec *)a[3];

    weft_wait_begin(&wait, WEFT_EV_FUTEX_WAIT, futex_limit((int)a[1], time));
    const long result = weft_real.syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
    weft_wait_end(&wait, WEFT_EV_FUTEX_RETURN,
                  result >= 0                                ? WEFT_OUT_OK
                  : *weft_real.errno_location() == ETIMEDOUT ? WEFT_OUT_TIMEOUT
                                                             : WEFT_OUT_FAILED);
    return result;
}

static long futex(const long *a, const void *site)
{
    switch (a[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return wait_on_futex(a, site);
    case FUTEX_WAKE_OP: /* wakes those on both */
        weft_record_quick(WEFT_EV_FUTEX_WAKE, (uint64_t)a[4], site, WEFT_HOW(OK, FUTEX));
        weft_record_quick(WEFT_EV_FUTEX_WAKE, (uint64_t)a[0], site, WEFT_HOW(OK, FUTEX));
        break;
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_UNLOCK_PI:
        weft_record_quick(WEFT_EV_FUTEX_WAKE, (uint64_t)a[0], site, WEFT_HOW(OK, FUTEX));
        break;
    default:
        break;
    }
    return weft_real.syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
}

WEFT_HOOK long syscall(long number, ...)
{
    long a[6];
    va_list list;

    /* As the C library does: six are taken, whether the call has as many or not. */
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(list, long);
    }
    va_end(list);
    if (number == SYS_futex && weft_hook_on()) {
        return futex(a, WEFT_SITE);
    }
    if (number == SYS_seccomp && a[0] == SECCOMP_SET_MODE_STRICT) {
        weft_record_stop("the program gives up its clock (seccomp): weft records no further");
    }
    if (number == SYS_seccomp && a[0] == SECCOMP_SET_MODE_FILTER) {
        weft_sandbox_check((const struct sock_fprog *)a[2]);
    }
    weft_real_find();
    return weft_real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
