/* A worker waits for work that never comes, and main waits for the worker. */
#include "tests/findings/program.h"

#include <semaphore.h>

static sem_t work_left;
static bool stop;

static void *worker(void *unused)
{
    for (;;) {
        while (sem_wait(&work_left) != 0) { /* @waits */
        }
        if (stop) {
            break;
        }
        work_us(100);
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, is("sound") ? 0 : 400)) {
        return 2;
    }
    sem_init(&work_left, 0, 0);
    const pthread_t thread = start(worker, NULL);
    for (int i = 0; i < 5; i++) {
        sem_post(&work_left);
        work_us(50);
    }
    if (is("parked")) { /* the pool is idle when the program ends: in order */
        sleep_ms(50);
        return 0;
    }
    if (is("sound")) {
        stop = true;
        sem_post(&work_left);
    }
    pthread_join(thread, NULL); /* @joins */
    return 0;
}
