/* For scripts/images: 200 threads of a make-believe server, at 8 jobs, 4 shards and one log. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { CLERKS = 199, JOBS = 6, SHARDS = 4, AT_ONCE = 8, CONNECT_US = 2000 };

static pthread_mutex_t shards[SHARDS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                         PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t desks = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t desk_free = PTHREAD_COND_INITIALIZER;
static unsigned busy;

static void take_desk(void)
{
    (void)pthread_mutex_lock(&desks);
    while (busy == AT_ONCE) {
        (void)pthread_cond_wait(&desk_free, &desks);
    }
    busy++;
    (void)pthread_mutex_unlock(&desks);
}

static void leave_desk(void)
{
    (void)pthread_mutex_lock(&desks);
    busy--;
    (void)pthread_cond_signal(&desk_free);
    (void)pthread_mutex_unlock(&desks);
}

static void *serve(void *argument)
{
    const unsigned number = (unsigned)(uintptr_t)argument;
    char name[16];

    (void)snprintf(name, sizeof name, "clerk-%u", number);
    (void)pthread_setname_np(pthread_self(), name);
    for (unsigned job = 0; job < JOBS; job++) {
        pthread_mutex_t *shard = &shards[(number + job) % SHARDS];
        take_desk();
        (void)usleep(500 + number * 7919 % 2500);
        (void)pthread_mutex_lock(shard);
        (void)usleep(300 + number * 104729 % 1500);
        (void)pthread_mutex_unlock(shard);
        leave_desk();
        (void)pthread_mutex_lock(&log_lock);
        (void)usleep(20);
        (void)pthread_mutex_unlock(&log_lock);
        (void)usleep(20000 + number * 15485863 % 60000);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[CLERKS];

    for (unsigned i = 0; i < CLERKS; i++) {
        if (pthread_create(&threads[i], NULL, serve, (void *)(uintptr_t)(i + 1)) != 0) {
            return 1;
        }
        (void)usleep(CONNECT_US);
    }
    for (unsigned i = 0; i < CLERKS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return 0;
}
