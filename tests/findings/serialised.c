/* Two threads that do all of their work inside one lock. */
#include "tests/findings/program.h"

static pthread_mutex_t everything = PTHREAD_MUTEX_INITIALIZER;

static pthread_barrier_t both;

static void *worker(void *unused)
{
    pthread_barrier_wait(&both);
    for (int i = 0; i < 10; i++) {
        if (is("sound")) {
            work_us(5000);
            pthread_mutex_lock(&everything);
            pthread_mutex_unlock(&everything);
        } else {
            pthread_mutex_lock(&everything); /* @waits */
            work_us(5000);
            pthread_mutex_unlock(&everything);
        }
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0)) {
        return 2;
    }
    pthread_barrier_init(&both, NULL, 2);
    const pthread_t one = start(worker, NULL), two = start(worker, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
