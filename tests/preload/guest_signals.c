/* Signal handlers that record, whatever they interrupt. */
#include "tests/preload/guest.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

enum { LOCKS = 2000000, ALARM_US = 200, FILLING = 2100, FILLS = 300 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t posted;
static volatile unsigned long posts, calls;
static volatile unsigned long per_call = 1;

static void post(int signal)
{
    (void)signal;
    calls++;
    for (unsigned long i = 0; i < per_call; i++) {
        (void)sem_post(&posted);
        posts++;
    }
}

static void alarms(long every_us)
{
    const struct itimerval timer = {.it_interval = {.tv_usec = every_us},
                                    .it_value = {.tv_usec = every_us}};

    (void)signal(SIGALRM, post);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* What was posted can only be said while no signal comes any more. */
static void no_more_alarms(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGALRM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static int post_in_handler(void)
{
    unsigned long locks = 0;

    (void)sem_init(&posted, 0, 0);
    alarms(ALARM_US);
    while (locks < LOCKS) {
        (void)pthread_mutex_lock(&lock);
        locks++;
        (void)pthread_mutex_unlock(&lock);
    }
    no_more_alarms();
    guest_check(calls > 10, "handlers ran");
    guest_expect("lock_acquire", locks);
    guest_expect("lock_release", locks);
    guest_expect("sem_release", posts);
    return 0;
}

/* Each handler writes more than what is left in most lanes. */
static int fill_in_handler(void)
{
    unsigned long locks = 0;

    (void)sem_init(&posted, 0, 0);
    per_call = FILLING;
    alarms(1000);
    while (calls < FILLS) {
        (void)pthread_mutex_lock(&lock);
        locks++;
        (void)pthread_mutex_unlock(&lock);
    }
    no_more_alarms();
    guest_expect("lock_acquire", locks);
    guest_expect("lock_release", locks);
    guest_expect("sem_release", posts);
    return 0;
}

static sigjmp_buf out;

static void jump(int signal)
{
    (void)signal;
    siglongjmp(out, 1);
}

/* A wait that a handler jumps out of has no end; what comes after is recorded all the same. */
static int jump_out(void)
{
    sem_t never;

    (void)sem_init(&never, 0, 0);
    (void)signal(SIGALRM, jump);
    if (sigsetjmp(out, 1) == 0) {
        (void)alarm(1);
        (void)sem_wait(&never);
    }
    for (int i = 0; i < 1000; i++) {
        (void)pthread_mutex_lock(&lock);
        (void)pthread_mutex_unlock(&lock);
    }
    guest_expect("sem_wait", 1);
    guest_expect("sem_acquire", 0);
    guest_expect("lock_acquire", 1000);
    return 0;
}

const struct guest_mode guest_signals[] = {
    {"sigpost", post_in_handler},
    {"sigfill", fill_in_handler},
    {"longjmp", jump_out},
    {NULL, NULL},
};
