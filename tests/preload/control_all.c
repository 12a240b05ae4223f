/*
 * Every way to wait, each with a result that is printed: what test_control.py runs under many
 * schedules.  The output must be the same under all of them.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, TURNS = 25 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static sem_t items, rooms;
static mtx_t c11;
static cnd_t c11_changed;
static atomic_int word, serials, done;
static int sum, written, spun, initialised, produced, consumed, c11_sum;
static int ends[2];

static void initialise(void)
{
    usleep(1000);
    initialised++;
}

static void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void add(int *to)
{
    const int before = *to;
    sched_yield();
    *to = before + 1;
}

static void *work(void *arg)
{
    const long me = (long)arg;
    pthread_once(&once, initialise);
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_lock(&mutex);
        add(&sum);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
        pthread_mutex_lock(&recursive);
        pthread_mutex_lock(&recursive);
        pthread_mutex_unlock(&recursive);
        pthread_mutex_unlock(&recursive);
        pthread_rwlock_wrlock(&rwlock);
        add(&written);
        pthread_rwlock_unlock(&rwlock);
        pthread_rwlock_rdlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
        while (pthread_spin_trylock(&spin) != 0) {
        }
        add(&spun);
        pthread_spin_unlock(&spin);
        mtx_lock(&c11);
        add(&c11_sum);
        cnd_signal(&c11_changed);
        mtx_unlock(&c11);
        if (me % 2 == 0) {
            sem_wait(&rooms);
            pthread_mutex_lock(&mutex);
            produced++;
            pthread_mutex_unlock(&mutex);
            sem_post(&items);
        } else {
            sem_wait(&items);
            pthread_mutex_lock(&mutex);
            consumed++;
            pthread_mutex_unlock(&mutex);
            sem_post(&rooms);
        }
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            serials++;
        }
    }
    sleep_ms(me * 100);
    done++;
    word++;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    write(ends[1], "x", 1);
    return arg;
}

static void *wait_cancelled(void *arg)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &mutex);
    for (;;) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_cleanup_pop(1);
    return arg;
}

static struct timespec after_ms(clockid_t clock, long ms)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += ms * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

/* Each gives up; all of it together takes more than 2 s, of simulated time. */
static void time_out(void)
{
    struct timespec until = after_ms(CLOCK_REALTIME, 500);
    pthread_mutex_lock(&mutex);
    int result = 0;
    while (result == 0) { /* it may end without a signal */
        result = pthread_cond_timedwait(&changed, &mutex, &until);
    }
    pthread_mutex_unlock(&mutex);
    printf("cond %d", result == ETIMEDOUT);
    sem_t none;
    sem_init(&none, 0, 0);
    until = after_ms(CLOCK_MONOTONIC, 500);
    printf(" sem %d", sem_clockwait(&none, CLOCK_MONOTONIC, &until) == -1 && errno == ETIMEDOUT);
    struct pollfd quiet = {.fd = ends[0], .events = POLLIN};
    printf(" poll %d", poll(&quiet, 1, 500));
    const struct timespec half = {0, 500000000};
    const int value = word;
    printf(" futex %d\n",
           syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, &half, NULL, 0) == -1 &&
               errno == ETIMEDOUT);
}

int main(void)
{
    pthread_t threads[THREADS], cancelled;
    pthread_mutexattr_t attributes;
    struct timespec begin, end;
    void *value;
    char bytes[THREADS];

    clock_gettime(CLOCK_MONOTONIC, &begin);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_barrier_init(&barrier, NULL, THREADS);
    pthread_spin_init(&spin, 0);
    sem_init(&items, 0, 0);
    sem_init(&rooms, 0, 2);
    mtx_init(&c11, mtx_plain);
    cnd_init(&c11_changed);
    pipe(ends);
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, (void *)i);
    }
    pthread_create(&cancelled, NULL, wait_cancelled, NULL);
    mtx_lock(&c11);
    while (c11_sum < THREADS * TURNS) {
        cnd_wait(&c11_changed, &c11);
    }
    mtx_unlock(&c11);
    for (int now; (now = word) < THREADS;) {
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
    }
    for (int got = 0; got < THREADS;) {
        got += (int)read(ends[0], bytes, (size_t)(THREADS - got));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_cancel(cancelled);
    pthread_join(cancelled, &value);
    time_out();
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("sum %d %d %d c11 %d produced %d consumed %d once %d serials %d done %d cancelled %d\n",
           sum, written, spun, c11_sum, produced, consumed, initialised, serials, done,
           value == PTHREAD_CANCELED);
    printf("seconds %d\n", (int)(end.tv_sec - begin.tv_sec) >= 2);
    return 0;
}
