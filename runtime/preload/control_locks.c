/* Locks and semaphores of a controlled program: real objects, tried until they can be had. */
#include "runtime/preload/control.h"
#include "runtime/preload/hook.h"
#include "runtime/record/sys.h"

#include <errno.h>
#include <stddef.h>

/* In glibc's objects, whose layout programs have compiled in. */
enum {
    KIND_ROBUST = 16,
    KIND_SHARED = 128,
    SEMAPHORE_SHARED_AT = 2, /* the third word of a sem_t: not 0 when processes share it */
};

/* The object that this thread tried last, in vain: the next try of it is one of a loop. */
static _Thread_local __attribute__((tls_model("initial-exec"))) const void *tried_in_vain;

static void before_try(const void *object)
{
    if (tried_in_vain == object) {
        weft_turn_spin();
    } else {
        weft_turn_point(object);
    }
}

static void after_try(const void *object, bool failed)
{
    tried_in_vain = failed ? object : NULL;
}

/* Waits for a release; false: the deadline has passed. */
static bool wait_for(const void *object, uint64_t deadline_ns)
{
    tried_in_vain = NULL;
    return weft_turn_block(object, deadline_ns, UINT32_MAX, false) != WEFT_TURN_TIMEOUT;
}

static void released(const void *object, uint32_t count)
{
    tried_in_vain = NULL;
    (void)weft_turn_wake(object, count, UINT32_MAX);
    weft_turn_point(NULL);
}

/* A real wait until a simulated time: as far in the future as that is from now. */
static struct timespec really_until(uint64_t deadline_ns)
{
    const uint64_t now_ns = weft_turn_now_ns();
    const uint64_t ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    struct timespec until;

    (void)weft_plain.clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec += (long)(ns % 1000000000);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return until;
}

/* Mutexes ───────────────────────────────────────────────────────────────────────────────────── */

static int kind_of(const pthread_mutex_t *mutex)
{
    return mutex->__data.__kind;
}

/* Other processes have it, too, or the kernel gives it to the next when its owner dies. */
static int lock_outside(pthread_mutex_t *mutex, uint64_t deadline_ns)
{
    int result;

    weft_turn_outside();
    if (deadline_ns == WEFT_TURN_NEVER) {
        result = weft_plain.pthread_mutex_lock(mutex);
    } else {
        const struct timespec until = really_until(deadline_ns);
        result = weft_plain.pthread_mutex_timedlock(mutex, &until);
    }
    weft_turn_inside();
    return result;
}

static bool is_locked_again(const pthread_mutex_t *mutex)
{
    return (kind_of(mutex) & 3) == PTHREAD_MUTEX_ERRORCHECK_NP &&
           __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED) == (int)weft_sys_tid();
}

int weft_control_lock_mutex(pthread_mutex_t *mutex, uint64_t deadline_ns)
{
    if ((kind_of(mutex) & (KIND_ROBUST | KIND_SHARED)) != 0) {
        return lock_outside(mutex, deadline_ns);
    }
    for (;;) {
        const int result = weft_plain.pthread_mutex_trylock(mutex);
        if (result != EBUSY) {
            return result;
        }
        if (is_locked_again(mutex)) {
            return EDEADLK;
        }
        if (!wait_for(mutex, deadline_ns)) {
            return weft_plain.pthread_mutex_trylock(mutex) == 0 ? 0 : ETIMEDOUT;
        }
    }
}

int weft_control_unlock_mutex(pthread_mutex_t *mutex)
{
    const int result = weft_plain.pthread_mutex_unlock(mutex);

    if (result == 0) {
        (void)weft_turn_wake(mutex, 1, UINT32_MAX);
    }
    return result;
}

static int control_trylock(pthread_mutex_t *mutex)
{
    before_try(mutex);
    const int result = weft_plain.pthread_mutex_trylock(mutex);
    after_try(mutex, result == EBUSY);
    return result;
}

static int control_lock(pthread_mutex_t *mutex)
{
    return weft_turn_self() == NULL ? weft_plain.pthread_mutex_lock(mutex)
                                    : weft_control_lock_mutex(mutex, WEFT_TURN_NEVER);
}

static int control_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    uint64_t deadline_ns;

    if (weft_turn_self() == NULL || !weft_control_deadline(clock, until, &deadline_ns)) {
        return weft_plain.pthread_mutex_clocklock(mutex, clock, until);
    }
    return weft_control_lock_mutex(mutex, deadline_ns);
}

static int control_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    return weft_turn_self() == NULL ? weft_plain.pthread_mutex_timedlock(mutex, until)
                                    : control_clocklock(mutex, CLOCK_REALTIME, until);
}

/*
 * The release of a plain mutex is in the trace already; that of another only when it did not fail,
 * and then others may go on at the next call.
 */
static int control_unlock(pthread_mutex_t *mutex)
{
    const bool plain = weft_mutex_is_plain(mutex);
    const int result = weft_control_unlock_mutex(mutex);

    tried_in_vain = NULL;
    if (plain) {
        weft_turn_point(NULL);
    }
    return result;
}

/* C11's are glibc's own mutexes by another name, with results of their own. */
static int c11_of(int result)
{
    return result == 0           ? thrd_success
           : result == EBUSY     ? thrd_busy
           : result == ETIMEDOUT ? thrd_timedout
                                 : thrd_error;
}

static int control_mtx_trylock(mtx_t *mutex)
{
    before_try(mutex);
    const int result = weft_plain.mtx_trylock(mutex);
    after_try(mutex, result == thrd_busy);
    return result;
}

static int control_mtx_lock(mtx_t *mutex)
{
    return weft_turn_self() == NULL
               ? weft_plain.mtx_lock(mutex)
               : c11_of(weft_control_lock_mutex((pthread_mutex_t *)mutex, WEFT_TURN_NEVER));
}

static int control_mtx_timedlock(mtx_t *mutex, const struct timespec *until)
{
    return weft_turn_self() == NULL
               ? weft_plain.mtx_timedlock(mutex, until)
               : c11_of(control_clocklock((pthread_mutex_t *)mutex, CLOCK_REALTIME, until));
}

static int control_mtx_unlock(mtx_t *mutex)
{
    const int result = weft_plain.mtx_unlock(mutex);

    released(mutex, 1);
    return result;
}

/* Read-write locks ──────────────────────────────────────────────────────────────────────────── */

#define RWLOCK(side)                                                                               \
    static int control_try##side(pthread_rwlock_t *lock)                                           \
    {                                                                                              \
        before_try(lock);                                                                          \
        const int result = weft_plain.pthread_rwlock_try##side(lock);                              \
        after_try(lock, result == EBUSY);                                                          \
        return result;                                                                             \
    }                                                                                              \
                                                                                                   \
    static int wait_##side(pthread_rwlock_t *lock, uint64_t deadline_ns)                           \
    {                                                                                              \
        for (;;) {                                                                                 \
            const int result = weft_plain.pthread_rwlock_try##side(lock);                          \
            if (result != EBUSY) {                                                                 \
                return result;                                                                     \
            }                                                                                      \
            if (lock->__data.__cur_writer == (int)weft_sys_tid()) {                                \
                return EDEADLK;                                                                    \
            }                                                                                      \
            if (!wait_for(lock, deadline_ns)) {                                                    \
                return ETIMEDOUT;                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static int control_##side(pthread_rwlock_t *lock)                                              \
    {                                                                                              \
        if (weft_turn_self() != NULL && lock->__data.__shared == 0) {                              \
            return wait_##side(lock, WEFT_TURN_NEVER);                                             \
        }                                                                                          \
        weft_turn_outside();                                                                       \
        const int result = weft_plain.pthread_rwlock_##side(lock);                                 \
        weft_turn_inside();                                                                        \
        return result;                                                                             \
    }                                                                                              \
                                                                                                   \
    static int control_clock##side(pthread_rwlock_t *lock, clockid_t clock,                        \
                                   const struct timespec *until)                                   \
    {                                                                                              \
        uint64_t deadline_ns;                                                                      \
        return weft_turn_self() == NULL || !weft_control_deadline(clock, until, &deadline_ns)      \
                   ? weft_plain.pthread_rwlock_clock##side(lock, clock, until)                     \
                   : wait_##side(lock, deadline_ns);                                               \
    }                                                                                              \
                                                                                                   \
    static int control_timed##side(pthread_rwlock_t *lock, const struct timespec *until)           \
    {                                                                                              \
        return weft_turn_self() == NULL ? weft_plain.pthread_rwlock_timed##side(lock, until)       \
                                        : control_clock##side(lock, CLOCK_REALTIME, until);        \
    }
RWLOCK(rdlock)
RWLOCK(wrlock)

static int control_rwlock_unlock(pthread_rwlock_t *lock)
{
    const int result = weft_plain.pthread_rwlock_unlock(lock);

    released(lock, UINT32_MAX);
    return result;
}

/* Spin locks ────────────────────────────────────────────────────────────────────────────────── */

static int control_spin_trylock(pthread_spinlock_t *lock)
{
    const void *object = (const void *)(uintptr_t)lock;

    before_try(object);
    const int result = weft_plain.pthread_spin_trylock(lock);
    after_try(object, result == EBUSY);
    return result;
}

static int control_spin_lock(pthread_spinlock_t *lock)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.pthread_spin_lock(lock);
    }
    while (weft_plain.pthread_spin_trylock(lock) != 0) {
        (void)wait_for((const void *)(uintptr_t)lock, WEFT_TURN_NEVER);
    }
    return 0;
}

static int control_spin_unlock(pthread_spinlock_t *lock)
{
    const int result = weft_plain.pthread_spin_unlock(lock);

    released((const void *)(uintptr_t)lock, 1);
    return result;
}

/* Semaphores ────────────────────────────────────────────────────────────────────────────────── */

static bool is_shared(const sem_t *semaphore)
{
    return ((const int *)(const void *)semaphore)[SEMAPHORE_SHARED_AT] != 0;
}

static int control_sem_trywait(sem_t *semaphore)
{
    before_try(semaphore);
    const int result = weft_plain.sem_trywait(semaphore);
    after_try(semaphore, result != 0);
    return result;
}

/* A try that fails sets errno, a wait that ends well does not. */
static int wait_for_permit(sem_t *semaphore, uint64_t deadline_ns)
{
    int *error = weft_plain.errno_location();
    const int before = *error;

    for (;;) {
        weft_plain.testcancel();
        if (weft_plain.sem_trywait(semaphore) == 0) {
            *error = before;
            return 0;
        }
        if (*error != EAGAIN) {
            return -1;
        }
        if (!wait_for(semaphore, deadline_ns)) {
            *error = ETIMEDOUT;
            return -1;
        }
    }
}

static int control_sem_wait(sem_t *semaphore)
{
    if (weft_turn_self() != NULL && !is_shared(semaphore)) {
        return wait_for_permit(semaphore, WEFT_TURN_NEVER);
    }
    weft_turn_outside();
    const int result = weft_plain.sem_wait(semaphore);
    weft_turn_inside();
    return result;
}

static int control_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    uint64_t deadline_ns;

    return weft_turn_self() == NULL || !weft_control_deadline(clock, until, &deadline_ns)
               ? weft_plain.sem_clockwait(semaphore, clock, until)
               : wait_for_permit(semaphore, deadline_ns);
}

static int control_sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    return weft_turn_self() == NULL ? weft_plain.sem_timedwait(semaphore, until)
                                    : control_sem_clockwait(semaphore, CLOCK_REALTIME, until);
}

static int control_sem_post(sem_t *semaphore)
{
    const int result = weft_plain.sem_post(semaphore);

    released(semaphore, 1);
    return result;
}

void weft_control_locks(struct weft_real *real)
{
    real->pthread_mutex_trylock = control_trylock;
    real->pthread_mutex_lock = control_lock;
    real->pthread_mutex_timedlock = control_timedlock;
    real->pthread_mutex_clocklock = control_clocklock;
    real->pthread_mutex_unlock = control_unlock;
    real->mtx_trylock = control_mtx_trylock;
    real->mtx_lock = control_mtx_lock;
    real->mtx_timedlock = control_mtx_timedlock;
    real->mtx_unlock = control_mtx_unlock;
    real->pthread_rwlock_tryrdlock = control_tryrdlock;
    real->pthread_rwlock_rdlock = control_rdlock;
    real->pthread_rwlock_timedrdlock = control_timedrdlock;
    real->pthread_rwlock_clockrdlock = control_clockrdlock;
    real->pthread_rwlock_trywrlock = control_trywrlock;
    real->pthread_rwlock_wrlock = control_wrlock;
    real->pthread_rwlock_timedwrlock = control_timedwrlock;
    real->pthread_rwlock_clockwrlock = control_clockwrlock;
    real->pthread_rwlock_unlock = control_rwlock_unlock;
    real->pthread_spin_trylock = control_spin_trylock;
    real->pthread_spin_lock = control_spin_lock;
    real->pthread_spin_unlock = control_spin_unlock;
    real->sem_trywait = control_sem_trywait;
    real->sem_wait = control_sem_wait;
    real->sem_timedwait = control_sem_timedwait;
    real->sem_clockwait = control_sem_clockwait;
    real->sem_post = control_sem_post;
}
