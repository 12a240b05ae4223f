/* Names, sleeps, and conditions of another size. */
#include "tests/preload/guest.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* The conditions of before 2002: one pointer each, so what stands behind it must not change. */
int old_init(pthread_cond_t *, const pthread_condattr_t *);
int old_timedwait(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
int old_signal(pthread_cond_t *);
int old_broadcast(pthread_cond_t *);
int old_destroy(pthread_cond_t *);
__asm__(".symver old_init, pthread_cond_init@GLIBC_2.2.5");
__asm__(".symver old_timedwait, pthread_cond_timedwait@GLIBC_2.2.5");
__asm__(".symver old_signal, pthread_cond_signal@GLIBC_2.2.5");
__asm__(".symver old_broadcast, pthread_cond_broadcast@GLIBC_2.2.5");
__asm__(".symver old_destroy, pthread_cond_destroy@GLIBC_2.2.5");

enum { CANARIES = 6 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    void *condition;
    unsigned long canaries[CANARIES];
} old = {.canaries = {1111, 2222, 3333, 4444, 5555, 6666}};

static int old_conditions(void)
{
    pthread_cond_t *condition = (pthread_cond_t *)(void *)&old.condition;
    const struct timespec past = {.tv_sec = 1};
    bool kept = true;

    guest_check(old_init(condition, NULL) == 0, "init");
    (void)pthread_mutex_lock(&lock);
    guest_check(old_timedwait(condition, &lock, &past) == ETIMEDOUT, "timed");
    (void)pthread_mutex_unlock(&lock);
    guest_check(old_signal(condition) == 0 && old_broadcast(condition) == 0, "signal");
    guest_check(old_destroy(condition) == 0, "destroy");
    for (unsigned long i = 0; i < CANARIES; i++) {
        kept = kept && old.canaries[i] == 1111 * (i + 1);
    }
    guest_check(kept, "what stands behind it is untouched");
    guest_expect("cond_wait", 1);
    guest_expect("cond_signal", 1);
    guest_expect("cond_broadcast", 1);
    return 0;
}

static int names(void)
{
    guest_check(pthread_setname_np(pthread_self(), "first") == 0, "setname");
    guest_check(prctl(PR_SET_NAME, "second", 0, 0, 0) == 0, "prctl");
    guest_check(pthread_setname_np(pthread_self(), "a name that is too long") == ERANGE, "ERANGE");
    guest_expect("thread_name", 2);
    return 0;
}

static int sleeps(void)
{
    const struct timespec short_time = {.tv_nsec = 1000};
    const struct timespec past = {.tv_sec = 1};

    (void)usleep(1);
    (void)nanosleep(&short_time, NULL);
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL);
    (void)sleep(0);
    guest_expect("sleep_begin", 4);
    guest_expect("sleep_end", 4);
    return 0;
}

const struct guest_mode guest_others[] = {
    {"oldconditions", old_conditions},
    {"names", names},
    {"sleeps", sleeps},
    {NULL, NULL},
};
