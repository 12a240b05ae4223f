/*
 * Mutexes, read-write locks, spin locks and semaphores.  Each is tried first: without contention
 * that takes it, and one record says so; only who must wait records the request, too.  A release
 * is recorded before it happens, so that the next owner's acquire comes later.
 */
#include "runtime/preload/hook.h"
#include "runtime/schedule/turn.h"

#include <errno.h>

/* The rows of hooks.def name these by prefix. */
enum {
    MUTEX_request = WEFT_EV_LOCK_REQUEST,
    MUTEX_acquire = WEFT_EV_LOCK_ACQUIRE,
    MUTEX_timeout = WEFT_EV_LOCK_TIMEOUT,
    MUTEX_question = WEFT_ASK_ACQUIRE,
    READ_request = WEFT_EV_RWLOCK_READ_REQUEST,
    READ_acquire = WEFT_EV_RWLOCK_READ_ACQUIRE,
    READ_timeout = WEFT_EV_RWLOCK_TIMEOUT,
    READ_question = WEFT_ASK_READ,
    WRITE_request = WEFT_EV_RWLOCK_WRITE_REQUEST,
    WRITE_acquire = WEFT_EV_RWLOCK_WRITE_ACQUIRE,
    WRITE_timeout = WEFT_EV_RWLOCK_TIMEOUT,
    WRITE_question = WEFT_ASK_WRITE,
};

static inline unsigned MUTEX_how(const void *mutex)
{
    return weft_mutex_is_recursive(mutex) ? WEFT_HOW(OK, RECURSIVE_MUTEX) : WEFT_HOW(OK, MUTEX);
}

/*
 * A try of a robust mutex that cannot be recovered leaves it locked for ever (glibc 2.36).  These
 * are not tried but locked; that nobody has it is seen from its lock word.
 */
enum { ROBUST = 16 };

static inline bool MUTEX_may_try(const void *mutex)
{
    return (((const pthread_mutex_t *)mutex)->__data.__kind & ROBUST) == 0;
}

static inline bool MUTEX_is_free(const void *mutex)
{
    return __atomic_load_n(&((const pthread_mutex_t *)mutex)->__data.__lock, __ATOMIC_RELAXED) == 0;
}

/*
 * Somebody has it: to try all the same would take the cache line away from him just when he is
 * about to give it up.  (Of the other types the lock word alone does not say so.)
 */
static inline bool MUTEX_is_had(const void *mutex)
{
    return !MUTEX_is_free(mutex) && weft_mutex_is_plain(mutex);
}

static inline bool READ_is_had(const void *lock)
{
    (void)lock;
    return false;
}

static inline bool READ_may_try(const void *lock)
{
    (void)lock;
    return true;
}

static inline bool READ_is_free(const void *lock)
{
    (void)lock;
    return true;
}

#define WRITE_is_had READ_is_had
#define WRITE_may_try READ_may_try
#define WRITE_is_free READ_is_free

static inline unsigned READ_how(const void *lock)
{
    (void)lock;
    return WEFT_HOW(OK, RWLOCK);
}

static inline unsigned WRITE_how(const void *lock)
{
    return READ_how(lock);
}

/* A robust mutex whose owner died is held all the same. */
static inline bool is_taken(int result)
{
    return result == 0 || result == EOWNERDEAD;
}

static void end_lock(struct weft_wait *wait, int result, int timed_out, unsigned timeout)
{
    if (is_taken(result)) {
        weft_wait_end(wait, wait->end, WEFT_OUT_OK);
    } else if (result == timed_out) {
        weft_wait_end(wait, (enum weft_event_kind)timeout, WEFT_OUT_OK);
    } else {
        weft_wait_end(wait, wait->end, WEFT_OUT_FAILED);
    }
}

/* Taken at once by one who would not have waited for ever: no deadlock can come of it. */
static inline void tried_in_time(enum weft_event_kind acquire, uint64_t object, const void *site,
                                 unsigned how)
{
    weft_record_with(acquire, object, site, how, &(struct weft_record_args){.first = 1});
}

/* The long way of each: it is out of line, so that the short one needs no frame. */
#define WEFT_LOCKING(name, type, try, busy, WHAT)                                                  \
    static __attribute__((noinline, cold)) int name##_waiting(type *object, const void *site)      \
    {                                                                                              \
        struct weft_wait wait = {.object = weft_object_of(object),                                 \
                                 .site = site,                                                     \
                                 .end = (enum weft_event_kind)WHAT##_acquire,                      \
                                 .how = WHAT##_how(object)};                                       \
        weft_wait_begin(&wait, (enum weft_event_kind)WHAT##_request, -1);                          \
        const int result = weft_real.name(object);                                                 \
        end_lock(&wait, result, -1, 0);                                                            \
        return result;                                                                             \
    }                                                                                              \
                                                                                                   \
    WEFT_HOOK int name(type *object)                                                               \
    {                                                                                              \
        if (!weft_lock_on()) {                                                                     \
            return weft_real.name(object);                                                         \
        }                                                                                          \
        weft_record_ahead();                                                                       \
        const int tried = __builtin_expect(WHAT##_is_had(object), 0)    ? (busy)                   \
                          : __builtin_expect(WHAT##_may_try(object), 1) ? weft_real.try(object)    \
                          : WHAT##_is_free(object)                      ? weft_real.name(object)   \
                                                                        : (busy);                                       \
        if (__builtin_expect(is_taken(tried), 1)) {                                                \
            weft_record_quick((enum weft_event_kind)WHAT##_acquire, weft_object_of(object),        \
                              WEFT_SITE, WHAT##_how(object));                                      \
            return tried;                                                                          \
        }                                                                                          \
        return tried == (busy) ? name##_waiting(object, WEFT_SITE) : tried;                        \
    }
#define WEFT_TIMED(name, type, try, busy, timed_out, WHAT)                                         \
    WEFT_HOOK int name(type *object, const struct timespec *until)                                 \
    {                                                                                              \
        if (!weft_lock_on()) {                                                                     \
            return weft_real.name(object, until);                                                  \
        }                                                                                          \
        const int tried = WHAT##_may_try(object) ? weft_real.try(object) : (busy);                 \
        if (is_taken(tried)) {                                                                     \
            tried_in_time((enum weft_event_kind)WHAT##_acquire, weft_object_of(object), WEFT_SITE, \
                          WHAT##_how(object));                                                     \
            return tried;                                                                          \
        }                                                                                          \
        struct weft_wait wait = {.object = weft_object_of(object),                                 \
                                 .site = WEFT_SITE,                                                \
                                 .end = (enum weft_event_kind)WHAT##_acquire,                      \
                                 .how = WHAT##_how(object)};                                       \
        weft_wait_begin(&wait, (enum weft_event_kind)WHAT##_request,                               \
                        weft_until_ns(CLOCK_REALTIME, until));                                     \
        const int result = weft_real.name(object, until);                                          \
        end_lock(&wait, result, timed_out, WHAT##_timeout);                                        \
        return result;                                                                             \
    }
#define WEFT_CLOCKED(name, type, try, busy, timed_out, WHAT)                                       \
    WEFT_HOOK int name(type *object, clockid_t clock, const struct timespec *until)                \
    {                                                                                              \
        if (!weft_lock_on()) {                                                                     \
            return weft_real.name(object, clock, until);                                           \
        }                                                                                          \
        const int tried = WHAT##_may_try(object) ? weft_real.try(object) : (busy);                 \
        if (is_taken(tried)) {                                                                     \
            tried_in_time((enum weft_event_kind)WHAT##_acquire, weft_object_of(object), WEFT_SITE, \
                          WHAT##_how(object));                                                     \
            return tried;                                                                          \
        }                                                                                          \
        struct weft_wait wait = {.object = weft_object_of(object),                                 \
                                 .site = WEFT_SITE,                                                \
                                 .end = (enum weft_event_kind)WHAT##_acquire,                      \
                                 .how = WHAT##_how(object)};                                       \
        weft_wait_begin(&wait, (enum weft_event_kind)WHAT##_request, weft_until_ns(clock, until)); \
        const int result = weft_real.name(object, clock, until);                                   \
        end_lock(&wait, result, timed_out, WHAT##_timeout);                                        \
        return result;                                                                             \
    }
#define WEFT_TRYING(name, type, busy, WHAT)                                                        \
    WEFT_HOOK int name(type *object)                                                               \
    {                                                                                              \
        if (!weft_lock_on()) {                                                                     \
            return weft_real.name(object);                                                         \
        }                                                                                          \
        const int result = weft_real.name(object);                                                 \
        if (is_taken(result)) {                                                                    \
            tried_in_time((enum weft_event_kind)WHAT##_acquire, weft_object_of(object), WEFT_SITE, \
                          WHAT##_how(object));                                                     \
        } else if (result == (busy)) {                                                             \
            weft_record_try((enum weft_question)WHAT##_question, weft_object_of(object),           \
                            WEFT_SITE, WHAT##_how(object), 0);                                     \
        }                                                                                          \
        return result;                                                                             \
    }
#define WEFT_RELEASING(name, type, KIND, OBJECT)                                                   \
    WEFT_HOOK int name(type *object)                                                               \
    {                                                                                              \
        if (weft_lock_on()) {                                                                      \
            weft_record_quick(WEFT_EV_##KIND, weft_object_of(object), WEFT_SITE,                   \
                              WEFT_HOW(OK, OBJECT));                                               \
        }                                                                                          \
        return weft_real.name(object);                                                             \
    }
#define WEFT_DESTROYING(name, type, OBJECT)                                                        \
    WEFT_HOOK int name(type *object)                                                               \
    {                                                                                              \
        const bool on = weft_lock_on();                                                            \
        const int result = weft_real.name(object);                                                 \
        if (on && result == 0) {                                                                   \
            weft_record_quick(WEFT_EV_OBJECT_DESTROY, weft_object_of(object), WEFT_SITE,           \
                              WEFT_HOW(OK, OBJECT));                                               \
        }                                                                                          \
        return result;                                                                             \
    }
#include "runtime/preload/hooks.def"

/* Mutexes ───────────────────────────────────────────────────────────────────────────────────── */

/*
 * A release that may fail is stamped before it happens and recorded after; by then the mutex may
 * be gone, so what it is was asked before.
 */
static __attribute__((noinline, cold)) int
unlock_checked(void *mutex, int (*unlock)(pthread_mutex_t *), const void *site)
{
    const uint64_t before = weft_record_ticks();
    const unsigned how = MUTEX_how(mutex);
    const int result = unlock(mutex);

    if (result == 0) {
        weft_record_stamped(before, WEFT_EV_LOCK_RELEASE, weft_object_of(mutex), site, how, NULL);
    }
    weft_turn_point(NULL);
    return result;
}

WEFT_HOOK int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (!weft_lock_on()) {
        return weft_real.pthread_mutex_unlock(mutex);
    }
    if (__builtin_expect(!weft_mutex_is_plain(mutex), 0)) {
        return unlock_checked(mutex, weft_real.pthread_mutex_unlock, WEFT_SITE);
    }
    weft_record_quick(WEFT_EV_LOCK_RELEASE, weft_object_of(mutex), WEFT_SITE, WEFT_HOW(OK, MUTEX));
    return weft_real.pthread_mutex_unlock(mutex);
}

/* A C11 mutex is a pthread mutex of glibc, and its unlock answers 0 alike. */
WEFT_HOOK int mtx_unlock(mtx_t *mutex)
{
    if (!weft_lock_on()) {
        return weft_real.mtx_unlock(mutex);
    }
    weft_record_quick(WEFT_EV_LOCK_RELEASE, weft_object_of(mutex), WEFT_SITE, MUTEX_how(mutex));
    return weft_real.mtx_unlock(mutex);
}

static enum weft_object_kind kind_of_mutex(const void *mutex)
{
    return weft_mutex_is_recursive(mutex) ? WEFT_OBJ_RECURSIVE_MUTEX : WEFT_OBJ_MUTEX;
}

WEFT_HOOK int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    const bool on = weft_lock_on();
    const int result = weft_real.pthread_mutex_init(mutex, attributes);

    if (on && result == 0) {
        weft_hook_made(weft_object_of(mutex), kind_of_mutex(mutex), 0, WEFT_SITE);
    }
    return result;
}

WEFT_HOOK int mtx_init(mtx_t *mutex, int type)
{
    const bool on = weft_lock_on();
    const int result = weft_real.mtx_init(mutex, type);

    if (on && result == thrd_success) {
        weft_hook_made(weft_object_of(mutex), kind_of_mutex(mutex), 0, WEFT_SITE);
    }
    return result;
}

WEFT_HOOK int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    const bool on = weft_lock_on();
    const unsigned how = on ? MUTEX_how(mutex) : 0;
    const int result = weft_real.pthread_mutex_destroy(mutex);

    if (on && result == 0) {
        weft_record_quick(WEFT_EV_OBJECT_DESTROY, weft_object_of(mutex), WEFT_SITE, how);
    }
    return result;
}

WEFT_HOOK void mtx_destroy(mtx_t *mutex)
{
    if (weft_lock_on()) {
        weft_record_quick(WEFT_EV_OBJECT_DESTROY, weft_object_of(mutex), WEFT_SITE,
                          MUTEX_how(mutex));
    }
    weft_real.mtx_destroy(mutex);
}

WEFT_HOOK int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
    const bool on = weft_lock_on();
    const int result = weft_real.pthread_rwlock_init(lock, attributes);

    if (on && result == 0) {
        weft_hook_made(weft_object_of(lock), WEFT_OBJ_RWLOCK, 0, WEFT_SITE);
    }
    return result;
}

/* Spin locks: their type is a volatile int, so they stand outside the shapes. ────────────────── */

WEFT_HOOK int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    const bool on = weft_lock_on();
    const int result = weft_real.pthread_spin_init(lock, shared);

    if (on && result == 0) {
        weft_hook_made(weft_object_of(lock), WEFT_OBJ_SPINLOCK, 0, WEFT_SITE);
    }
    return result;
}

WEFT_HOOK int pthread_spin_destroy(pthread_spinlock_t *lock)
{
    if (weft_lock_on()) {
        weft_record_quick(WEFT_EV_OBJECT_DESTROY, weft_object_of(lock), WEFT_SITE,
                          WEFT_HOW(OK, SPINLOCK));
    }
    return weft_real.pthread_spin_destroy(lock);
}

WEFT_HOOK int pthread_spin_lock(pthread_spinlock_t *lock)
{
    const uint64_t object = weft_object_of(lock);

    if (!weft_lock_on()) {
        return weft_real.pthread_spin_lock(lock);
    }
    if (weft_real.pthread_spin_trylock(lock) != 0) {
        weft_record_with(WEFT_EV_LOCK_REQUEST, object, WEFT_SITE, WEFT_HOW(OK, SPINLOCK), NULL);
        (void)weft_real.pthread_spin_lock(lock); /* it has no way to fail */
        weft_record_with(WEFT_EV_LOCK_ACQUIRE, object, WEFT_SITE, WEFT_HOW(OK, SPINLOCK), NULL);
        return 0;
    }
    weft_record_quick(WEFT_EV_LOCK_ACQUIRE, object, WEFT_SITE, WEFT_HOW(OK, SPINLOCK));
    return 0;
}

WEFT_HOOK int pthread_spin_trylock(pthread_spinlock_t *lock)
{
    const bool on = weft_lock_on();
    const int result = weft_real.pthread_spin_trylock(lock);

    if (on && result == 0) {
        tried_in_time(WEFT_EV_LOCK_ACQUIRE, weft_object_of(lock), WEFT_SITE,
                      WEFT_HOW(OK, SPINLOCK));
    } else if (on) {
        weft_record_try(WEFT_ASK_ACQUIRE, weft_object_of(lock), WEFT_SITE, WEFT_HOW(OK, SPINLOCK),
                        0);
    }
    return result;
}

WEFT_HOOK int pthread_spin_unlock(pthread_spinlock_t *lock)
{
    if (weft_lock_on()) {
        weft_record_quick(WEFT_EV_LOCK_RELEASE, weft_object_of(lock), WEFT_SITE,
                          WEFT_HOW(OK, SPINLOCK));
    }
    return weft_real.pthread_spin_unlock(lock);
}

/* Semaphores ────────────────────────────────────────────────────────────────────────────────── */

WEFT_HOOK int sem_init(sem_t *semaphore, int shared, unsigned value)
{
    const bool on = weft_hook_on();
    const int result = weft_real.sem_init(semaphore, shared, value);

    if (on && result == 0) {
        weft_hook_made(weft_object_of(semaphore), WEFT_OBJ_SEMAPHORE, value, WEFT_SITE);
    }
    return result;
}

/*
 * A permit without a wait.  The try sets errno when there is none, the wait proper does not; and
 * sem_wait is a place to be cancelled even when it need not wait.
 */
static bool take_permit(sem_t *semaphore, const void *site)
{
    int *error = weft_real.errno_location();
    const int before = *error;

    weft_real.testcancel();
    if (weft_real.sem_trywait(semaphore) == 0) {
        weft_record_quick(WEFT_EV_SEM_ACQUIRE, weft_object_of(semaphore), site,
                          WEFT_HOW(OK, SEMAPHORE));
        return true;
    }
    *error = before;
    return false;
}

static void end_permit(struct weft_wait *wait, int result)
{
    if (result == 0) {
        weft_wait_end(wait, WEFT_EV_SEM_ACQUIRE, WEFT_OUT_OK);
    } else if (*weft_real.errno_location() == ETIMEDOUT) {
        weft_wait_end(wait, WEFT_EV_SEM_TIMEOUT, WEFT_OUT_OK);
    } else {
        weft_wait_end(wait, WEFT_EV_SEM_ACQUIRE, WEFT_OUT_FAILED);
    }
}

#define WAIT_FOR_PERMIT(limit, call)                                                               \
    WEFT_WAIT wait = {.object = weft_object_of(semaphore),                                         \
                      .site = WEFT_SITE,                                                           \
                      .end = WEFT_EV_SEM_ACQUIRE,                                                  \
                      .how = WEFT_HOW(OK, SEMAPHORE)};                                             \
    weft_wait_begin(&wait, WEFT_EV_SEM_WAIT, limit);                                               \
    const int result = call;                                                                       \
    end_permit(&wait, result);                                                                     \
    return result

WEFT_HOOK int sem_wait(sem_t *semaphore)
{
    if (!weft_hook_on()) {
        return weft_real.sem_wait(semaphore);
    }
    if (take_permit(semaphore, WEFT_SITE)) {
        return 0;
    }
    WAIT_FOR_PERMIT(-1, weft_real.sem_wait(semaphore));
}

WEFT_HOOK int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    if (!weft_hook_on()) {
        return weft_real.sem_timedwait(semaphore, until);
    }
    if (take_permit(semaphore, WEFT_SITE)) {
        return 0;
    }
    WAIT_FOR_PERMIT(weft_until_ns(CLOCK_REALTIME, until),
                    weft_real.sem_timedwait(semaphore, until));
}

WEFT_HOOK int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    if (!weft_hook_on()) {
        return weft_real.sem_clockwait(semaphore, clock, until);
    }
    if (take_permit(semaphore, WEFT_SITE)) {
        return 0;
    }
    WAIT_FOR_PERMIT(weft_until_ns(clock, until), weft_real.sem_clockwait(semaphore, clock, until));
}

WEFT_HOOK int sem_trywait(sem_t *semaphore)
{
    const bool on = weft_hook_on();
    const int result = weft_real.sem_trywait(semaphore);

    if (on && result == 0) {
        weft_record_quick(WEFT_EV_SEM_ACQUIRE, weft_object_of(semaphore), WEFT_SITE,
                          WEFT_HOW(OK, SEMAPHORE));
    } else if (on && *weft_real.errno_location() == EAGAIN) {
        weft_record_try(WEFT_ASK_PERMIT, weft_object_of(semaphore), WEFT_SITE,
                        WEFT_HOW(OK, SEMAPHORE), 0);
    }
    return result;
}
