/*
 * A thread that holds a lock for ever, one that waits for it, one that waits on a condition, and
 * main, which takes a lock until SIGTERM or for so long, once or, when the pauses are of 1 ms or
 * more, very often between two pauses; then it says how often.
 *
 * usage: rec_window SECONDS MICROSECONDS exit|segv
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONG_PAUSE_US = 1000, ROUNDS = 4096 };

static pthread_mutex_t hot_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t all_there;
static volatile sig_atomic_t over;

static void *holds(void *unused)
{
    pthread_setname_np(pthread_self(), "holder");
    pthread_mutex_lock(&kept_lock);
    pthread_barrier_wait(&all_there);
    for (;;) {
        sleep(1000);
    }
    return unused;
}

static void *wants(void *unused)
{
    pthread_barrier_wait(&all_there);
    pthread_mutex_lock(&kept_lock);
    return unused;
}

static void *waits(void *unused)
{
    pthread_mutex_lock(&wait_lock);
    pthread_barrier_wait(&all_there);
    pthread_cond_wait(&never, &wait_lock);
    return unused;
}

static void on_signal(int signal)
{
    (void)signal;
    over = 1;
}

static int is_over(const struct timespec *begin, double seconds)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return over ||
           (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9 >
               seconds;
}

int main(int argc, char **argv)
{
    pthread_t threads[3];
    struct timespec begin;
    unsigned long acquires = 0;

    if (argc != 4) {
        return 2;
    }
    signal(SIGTERM, on_signal);
    pthread_barrier_init(&all_there, NULL, 4);
    pthread_create(&threads[0], NULL, holds, NULL);
    pthread_create(&threads[1], NULL, wants, NULL);
    pthread_create(&threads[2], NULL, waits, NULL);
    pthread_barrier_wait(&all_there);
    (void)printf("ready\n");
    (void)fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const int pause_us = atoi(argv[2]);
    const int rounds = pause_us < LONG_PAUSE_US ? 1 : ROUNDS;
    do {
        for (int i = 0; i < rounds; i++) {
            pthread_mutex_lock(&hot_lock);
            acquires++;
            pthread_mutex_unlock(&hot_lock);
        }
        usleep((useconds_t)pause_us);
    } while (!is_over(&begin, atof(argv[1])));
    (void)printf("hot_lock acquires %lu\n", acquires);
    (void)fflush(stdout);
    if (strcmp(argv[3], "segv") == 0) {
        raise(SIGSEGV);
    }
    _exit(3);
}
