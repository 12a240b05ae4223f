/* Many threads work in parallel, but each step goes through one lock: they queue. */
#include "tests/findings/program.h"

enum { THREADS = 8, ROUNDS = 12 };

static pthread_mutex_t total_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t own_lock[THREADS];

static void *worker(void *number)
{
    pthread_mutex_t *lock = is("fault") ? &total_lock : &own_lock[(long)number];

    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(lock); /* @waits */
        work_us(500);
        pthread_mutex_unlock(lock);
        work_us(120);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (!begin(argc, argv, 0)) {
        return 2;
    }
    for (long i = 0; i < THREADS; i++) {
        pthread_mutex_init(&own_lock[i], NULL);
        threads[i] = start(worker, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
