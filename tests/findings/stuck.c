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

/* A permit that is taken like a lock and never given back. */
static void *takes(void *unused)
{
    while (sem_wait(&work_left) != 0) { /* @takes */
    }
    return unused;
}

static void forget_a_permit(void)
{
    sem_init(&work_left, 0, 1);
    pthread_join(start(takes, NULL), NULL);
    pthread_join(start(worker, NULL), NULL);
}

/* A buffer of one place whose producer signals the first time only. */
static pthread_mutex_t buffer = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int items;

static void *consumes(void *unused)
{
    pthread_mutex_lock(&buffer);
    for (int i = 0; i < 4; i++) {
        while (items == 0) {
            pthread_cond_wait(&not_empty, &buffer); /* @consumer-waits */
        }
        items--;
        pthread_cond_signal(&not_full);
    }
    pthread_mutex_unlock(&buffer);
    return unused;
}

static void *produces(void *unused)
{
    sleep_ms(5);
    pthread_mutex_lock(&buffer);
    for (int i = 0; i < 4; i++) {
        while (items == 1) {
            pthread_cond_wait(&not_full, &buffer); /* @producer-waits */
        }
        items++;
        if (i == 0 || is("enough")) {
            pthread_cond_signal(&not_empty); /* @signals */
        }
    }
    pthread_mutex_unlock(&buffer);
    return unused;
}

static void fill_a_buffer(void)
{
    const pthread_t consumer = start(consumes, NULL), producer = start(produces, NULL);

    pthread_join(consumer, NULL);
    pthread_join(producer, NULL);
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, is("sound") ? 0 : 400)) {
        return 2;
    }
    if (is("permit")) {
        forget_a_permit();
        return 0;
    }
    if (is("buffer") || is("enough")) {
        fill_a_buffer();
        return 0;
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
