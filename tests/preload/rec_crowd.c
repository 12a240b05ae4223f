/*
 * Many threads at once that take one lock, each so often; then it says how often in all.
 *
 * usage: rec_crowd THREADS ROUNDS
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 2000, STACK_BYTES = 64 * 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_there;
static unsigned long acquires;
static int rounds;

static void *run(void *unused)
{
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < rounds; i++) {
        pthread_mutex_lock(&lock);
        acquires++;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

int main(int argc, char **argv)
{
    static pthread_t threads[THREADS_MAX];
    pthread_attr_t small;
    const int count = argc == 3 ? atoi(argv[1]) : 0;

    if (count < 1 || count > THREADS_MAX) {
        return 2;
    }
    rounds = atoi(argv[2]);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    pthread_barrier_init(&all_there, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], &small, run, NULL) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    (void)printf("lock acquires %lu\n", acquires);
    return 0;
}
