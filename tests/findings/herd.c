/* One item comes, and all who wait are woken for it. */
#include "tests/findings/program.h"

enum { THREADS = 5, ITEMS = 15 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static int items;
static bool done;

static void *worker(void *unused)
{
    pthread_mutex_lock(&lock);
    while (!done || items > 0) {
        if (items == 0) {
            pthread_cond_wait(&arrived, &lock); /* @waits */
            continue;
        }
        items--;
        pthread_mutex_unlock(&lock);
        work_us(100);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (!begin(argc, argv, 0)) {
        return 2;
    }
    for (int i = 0; i < THREADS; i++) {
        threads[i] = start(worker, NULL);
    }
    for (int i = 0; i < ITEMS; i++) {
        sleep_ms(8);
        pthread_mutex_lock(&lock);
        items++;
        if (is("fault")) {
            pthread_cond_broadcast(&arrived); /* @broadcasts */
        } else {
            pthread_cond_signal(&arrived);
        }
        pthread_mutex_unlock(&lock);
    }
    sleep_ms(8);
    pthread_mutex_lock(&lock);
    done = true;
    pthread_cond_broadcast(&arrived); /* for all: in order */
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
