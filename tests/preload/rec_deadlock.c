/*
 * Threads that take two locks each, in a circle, and wait for each other for ever; with "join" main
 * holds the lock that the thread needs which it joins; with "beside" four others lock meanwhile at
 * full speed, for some seconds; with "timed" they give up in the end, with
 * "sound" all take the locks in one order, and with "self" one takes its lock twice.
 *
 * usage: rec_deadlock [beside] THREADS|join|timed|sound|self
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 8, ROUNDS = 3000 };

static pthread_mutex_t fork_lock[THREADS_MAX];
static pthread_barrier_t all_have_one;
static int threads = 2;
static int timed;

static void take(pthread_mutex_t *lock)
{
    struct timespec until;

    if (timed) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        (void)pthread_mutex_timedlock(lock, &until);
    } else {
        pthread_mutex_lock(lock);
    }
}

static void *philosopher(void *argument)
{
    const int i = (int)(long)argument;

    pthread_mutex_lock(&fork_lock[i]);
    pthread_barrier_wait(&all_have_one);
    take(&fork_lock[(i + 1) % threads]);
    return NULL;
}

static void *needs_the_first(void *argument)
{
    pthread_mutex_lock(&fork_lock[0]);
    pthread_mutex_unlock(&fork_lock[0]);
    return argument;
}

/* Ends the process: the others never end. */
static void *lock_at_full_speed(void *argument)
{
    static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    const time_t begin = time(NULL);

    while (time(NULL) < begin + 20) {
        for (int i = 0; i < 100000; i++) {
            pthread_mutex_t *lock = i % 100 == 0 ? &shared : &own;
            pthread_mutex_lock(lock);
            pthread_mutex_unlock(lock);
        }
    }
    exit(3);
    return argument;
}

static void start_others(void)
{
    const struct timespec until_the_recorder_is_behind = {.tv_nsec = 200000000};
    pthread_t other;

    for (int i = 0; i < 4; i++) {
        if (pthread_create(&other, NULL, lock_at_full_speed, NULL) != 0) {
            exit(1);
        }
    }
    nanosleep(&until_the_recorder_is_behind, NULL);
}

static void *in_order(void *argument)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < THREADS_MAX; i++) {
            pthread_mutex_lock(&fork_lock[i]);
        }
        for (int i = 0; i < THREADS_MAX; i++) {
            pthread_mutex_unlock(&fork_lock[i]);
        }
    }
    return argument;
}

int main(int argc, char **argv)
{
    const int beside = argc > 1 && strcmp(argv[1], "beside") == 0;
    const char *mode = argc > 1 + beside ? argv[1 + beside] : "2";
    void *(*routine)(void *) = philosopher;
    pthread_t made[THREADS_MAX];

    timed = strcmp(mode, "timed") == 0;
    if (strcmp(mode, "self") == 0) {
        pthread_mutex_lock(&fork_lock[0]);
        pthread_mutex_lock(&fork_lock[0]);
    } else if (strcmp(mode, "join") == 0) {
        routine = needs_the_first;
        threads = 1;
        pthread_mutex_lock(&fork_lock[0]);
    } else if (strcmp(mode, "sound") == 0) {
        routine = in_order;
        threads = 4;
    } else if (!timed) {
        threads = atoi(mode);
    }
    if (threads < 1 || threads > THREADS_MAX) {
        return 2;
    }
    if (beside) {
        start_others();
    }
    pthread_barrier_init(&all_have_one, NULL, (unsigned)threads);
    for (long i = 0; i < threads; i++) {
        if (pthread_create(&made[i], NULL, routine, (void *)i) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(made[i], NULL);
    }
    puts("done");
    return 0;
}
