/* Locks of every type, and what is waited for. */
#include "tests/preload/guest.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 500000, HEAP = 10000 };

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long counter;

static void *acquire_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < MANY; i++) {
        (void)pthread_mutex_lock(&queue_lock);
        counter++;
        (void)pthread_mutex_unlock(&queue_lock);
    }
    return NULL;
}

static int many(void)
{
    guest_run_threads(4, acquire_many, NULL);
    guest_check(counter == 4ul * MANY, "the lock locks");
    guest_expect("lock_acquire", counter);
    guest_expect("lock_release", counter);
    return 0;
}

static int heap(void)
{
    for (int i = 0; i < HEAP; i++) {
        pthread_mutex_t *mutex = malloc(sizeof *mutex);
        (void)pthread_mutex_init(mutex, NULL);
        (void)pthread_mutex_lock(mutex);
        (void)pthread_mutex_unlock(mutex);
        (void)pthread_mutex_destroy(mutex);
        free(mutex);
    }
    guest_expect("lock_acquire", HEAP);
    guest_expect("lock_release", HEAP);
    guest_expect("object_destroy", HEAP);
    guest_expect("object:mutex", HEAP);
    return 0;
}

static void *die_with(void *mutex)
{
    (void)pthread_mutex_lock(mutex);
    return NULL;
}

static struct timespec soon(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    time.tv_nsec += 20000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static void make(pthread_mutex_t *mutex, int type, int robust, int protocol)
{
    pthread_mutexattr_t attributes;

    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, type);
    (void)pthread_mutexattr_setrobust(&attributes, robust);
    (void)pthread_mutexattr_setprotocol(&attributes, protocol);
    (void)pthread_mutex_init(mutex, &attributes);
}

/* Each answer as POSIX has it, recorded or not. */
static int types(void)
{
    static pthread_mutex_t checked, recursive, robust, inheriting;
    const struct timespec when = soon(CLOCK_REALTIME);

    make(&checked, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    guest_check(pthread_mutex_lock(&checked) == 0, "errorcheck: lock");
    guest_check(pthread_mutex_lock(&checked) == EDEADLK, "errorcheck: EDEADLK");
    guest_check(pthread_mutex_trylock(&checked) == EBUSY, "errorcheck: EBUSY");
    guest_check(pthread_mutex_unlock(&checked) == 0, "errorcheck: unlock");
    guest_check(pthread_mutex_unlock(&checked) == EPERM, "errorcheck: EPERM");

    make(&recursive, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    guest_check(pthread_mutex_lock(&recursive) == 0, "recursive: lock");
    guest_check(pthread_mutex_lock(&recursive) == 0, "recursive: again");
    guest_check(pthread_mutex_trylock(&recursive) == 0, "recursive: try");
    for (int i = 0; i < 3; i++) {
        guest_check(pthread_mutex_unlock(&recursive) == 0, "recursive: unlock");
    }
    guest_check(pthread_mutex_unlock(&recursive) == EPERM, "recursive: EPERM");

    make(&robust, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    guest_run_threads(1, die_with, &robust);
    guest_check(pthread_mutex_lock(&robust) == EOWNERDEAD, "robust: EOWNERDEAD");
    guest_check(pthread_mutex_unlock(&robust) == 0, "robust: unlock, not repaired");
    guest_check(pthread_mutex_lock(&robust) == ENOTRECOVERABLE, "robust: ENOTRECOVERABLE");

    make(&inheriting, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
    guest_check(pthread_mutex_lock(&inheriting) == 0, "PI: lock");
    guest_check(pthread_mutex_unlock(&inheriting) == 0, "PI: unlock");

    guest_check(pthread_mutex_lock(&queue_lock) == 0, "plain: lock");
    guest_check(pthread_mutex_timedlock(&queue_lock, &when) == ETIMEDOUT, "plain: ETIMEDOUT");
    guest_check(pthread_mutex_unlock(&queue_lock) == 0, "plain: unlock");
    /* errorcheck 1, recursive 3, robust 2, PI 1, plain 1; EDEADLK is an acquire that failed */
    guest_expect("lock_acquire", 9);
    guest_expect("lock_release", 1 + 3 + 1 + 1 + 1);
    guest_expect("lock_fail", 1);
    guest_expect("lock_timeout", 1);
    guest_expect("object:recursive_mutex", 1);
    return 0;
}

static int rwlocks(void)
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    const struct timespec when = soon(CLOCK_REALTIME);

    guest_check(pthread_rwlock_rdlock(&lock) == 0, "read");
    guest_check(pthread_rwlock_tryrdlock(&lock) == 0, "read again");
    guest_check(pthread_rwlock_trywrlock(&lock) == EBUSY, "no write");
    guest_check(pthread_rwlock_timedwrlock(&lock, &when) == ETIMEDOUT, "no write in time");
    guest_check(pthread_rwlock_unlock(&lock) == 0, "unlock");
    guest_check(pthread_rwlock_unlock(&lock) == 0, "unlock");
    guest_check(pthread_rwlock_wrlock(&lock) == 0, "write");
    guest_check(pthread_rwlock_unlock(&lock) == 0, "unlock");
    guest_expect("rwlock_read_acquire", 2);
    guest_expect("rwlock_write_acquire", 1);
    guest_expect("rwlock_write_request", 1);
    guest_expect("rwlock_timeout", 1);
    guest_expect("rwlock_fail", 1);
    guest_expect("rwlock_release", 3);
    guest_expect("object:rwlock", 1);
    return 0;
}

static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static unsigned long serial, initialised;

static void initialise(void)
{
    initialised++;
}

static void *meet(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            (void)pthread_spin_lock(&spin);
            serial++;
            (void)pthread_spin_unlock(&spin);
        }
    }
    (void)pthread_once(&once, initialise);
    return NULL;
}

static int barriers(void)
{
    (void)pthread_barrier_init(&barrier, NULL, 3);
    (void)pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    (void)pthread_once(&once, initialise);
    guest_run_threads(3, meet, NULL);
    guest_check(serial == 100 && initialised == 1, "one of three, and once");
    guest_expect("barrier_wait", 300);
    guest_expect("barrier_pass", 300);
    guest_expect("lock_acquire", 100 + 1); /* the spin lock's, and the one who initialised */
    guest_expect("lock_release", 100 + 1);
    guest_expect("object:spinlock", 1);
    guest_expect("object:once", 1);
    return 0;
}

static int semaphores(void)
{
    sem_t semaphore;
    const struct timespec when = soon(CLOCK_REALTIME);

    (void)sem_init(&semaphore, 0, 1);
    errno = 77;
    guest_check(sem_wait(&semaphore) == 0 && errno == 77, "a permit, errno kept");
    guest_check(sem_trywait(&semaphore) == -1 && errno == EAGAIN, "EAGAIN");
    guest_check(sem_timedwait(&semaphore, &when) == -1 && errno == ETIMEDOUT, "ETIMEDOUT");
    errno = 77;
    guest_check(sem_post(&semaphore) == 0 && errno == 77, "post, errno kept");
    guest_check(sem_trywait(&semaphore) == 0, "try");
    (void)sem_destroy(&semaphore);
    guest_expect("sem_wait", 1);
    guest_expect("sem_acquire", 2);
    guest_expect("sem_fail", 1);
    guest_expect("sem_timeout", 1);
    guest_expect("sem_release", 1);
    guest_expect("object:semaphore", 1);
    return 0;
}

/* errno as the program left it, through every way of recording. */
static int errnos(void)
{
    sem_t semaphore;

    (void)sem_init(&semaphore, 0, 0);
    errno = 77;
    for (int i = 0; i < 100000; i++) {
        (void)pthread_mutex_lock(&queue_lock);
        (void)pthread_mutex_unlock(&queue_lock);
        (void)sem_post(&semaphore);
        (void)sem_wait(&semaphore);
        if (errno != 77) {
            break;
        }
    }
    guest_check(errno == 77, "errno kept");
    guest_expect("lock_acquire", 100000);
    guest_expect("sem_acquire", 100000);
    return 0;
}

static bool ready;

static void *wait_for_it(void *unused)
{
    (void)unused;
    (void)pthread_mutex_lock(&queue_lock);
    counter++;
    while (!ready) {
        (void)pthread_cond_wait(&changed, &queue_lock);
    }
    (void)pthread_mutex_unlock(&queue_lock);
    return NULL;
}

/* A condition that is certainly waited on; the mutex is held once before and once after. */
static int conditions(void)
{
    pthread_t thread;
    struct timespec when;
    bool waits = false;

    (void)pthread_create(&thread, NULL, wait_for_it, NULL);
    while (!waits) { /* who gets the mutex after it counted, sees it waiting */
        (void)pthread_mutex_lock(&queue_lock);
        waits = counter == 1;
        ready = waits;
        (void)pthread_cond_signal(&changed);
        (void)pthread_mutex_unlock(&queue_lock);
    }
    (void)pthread_join(thread, NULL);
    (void)pthread_mutex_lock(&queue_lock);
    when = soon(CLOCK_REALTIME);
    guest_check(pthread_cond_timedwait(&changed, &queue_lock, &when) == ETIMEDOUT, "timed");
    when = soon(CLOCK_MONOTONIC);
    guest_check(pthread_cond_clockwait(&changed, &queue_lock, CLOCK_MONOTONIC, &when) == ETIMEDOUT,
                "by a clock");
    (void)pthread_mutex_unlock(&queue_lock);
    guest_expect("cond_wait", 3);
    guest_expect("cond_wake", 3);
    guest_expect("object:condition", 1);
    guest_expect("thread_exit", 1);
    return 0;
}

static mtx_t c11_lock;
static cnd_t c11_changed;
static once_flag c11_once = ONCE_FLAG_INIT;

static int c11_thread(void *argument)
{
    call_once(&c11_once, initialise);
    (void)mtx_lock(&c11_lock);
    ready = true;
    (void)cnd_signal(&c11_changed);
    (void)mtx_unlock(&c11_lock);
    return *(int *)argument;
}

static int c11(void)
{
    thrd_t thread;
    int argument = 42, result = 0;
    struct timespec when;
    const struct timespec pause = {.tv_nsec = 1000};

    (void)mtx_init(&c11_lock, mtx_plain);
    (void)cnd_init(&c11_changed);
    (void)mtx_lock(&c11_lock);
    guest_check(mtx_trylock(&c11_lock) == thrd_busy, "busy");
    when = soon(CLOCK_REALTIME);
    guest_check(cnd_timedwait(&c11_changed, &c11_lock, &when) == thrd_timedout, "timed out");
    guest_check(thrd_create(&thread, c11_thread, &argument) == thrd_success, "create");
    while (!ready) {
        (void)cnd_wait(&c11_changed, &c11_lock);
    }
    (void)mtx_unlock(&c11_lock);
    guest_check(thrd_join(thread, &result) == thrd_success && result == 42, "join");
    (void)thrd_sleep(&pause, NULL);
    mtx_destroy(&c11_lock);
    cnd_destroy(&c11_changed);
    guest_expect("thread_create", 1);
    guest_expect("thread_start", 2);
    guest_expect("thread_exit", 1);
    guest_expect("join_end", 1);
    guest_expect("lock_acquire", 3); /* two of the mutex, one of the initialisation */
    guest_expect("lock_fail", 1);
    guest_expect("cond_signal", 1);
    guest_expect("sleep_end", 1);
    guest_expect("object_destroy", 2);
    return 0;
}

static uint32_t word;

static void *wake_word(void *unused)
{
    (void)unused;
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    (void)syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return NULL;
}

static int futexes(void)
{
    const struct timespec limit = {.tv_nsec = 1000000};

    errno = 0;
    guest_check(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0) == -1 &&
                    errno == EAGAIN,
                "EAGAIN");
    guest_check(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0) == -1 &&
                    errno == ETIMEDOUT,
                "ETIMEDOUT");
    guest_run_threads(1, wake_word, NULL);
    guest_check(syscall(SYS_gettid) == getpid(), "other calls pass");
    guest_expect("futex_wait", 2);
    guest_expect("futex_return", 2);
    guest_expect("futex_wake", 1);
    guest_expect("object:futex", 1);
    return 0;
}

const struct guest_mode guest_locks[] = {
    {"many", many},         {"heap", heap},
    {"types", types},       {"rwlocks", rwlocks},
    {"barriers", barriers}, {"semaphores", semaphores},
    {"errno", errnos},      {"conditions", conditions},
    {"c11", c11},           {"futexes", futexes},
    {NULL, NULL},
};
