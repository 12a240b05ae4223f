/* For check_window.py: works until its input ends; a line of input makes two threads deadlock. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static atomic_bool stuck;

struct order {
    pthread_mutex_t *first, *second;
};

static void *work(void *argument)
{
    const struct order *order = argument;

    while (!atomic_load(&stuck)) {
        (void)pthread_mutex_lock(order->first);
        (void)usleep(3000);
        (void)pthread_mutex_unlock(order->first);
        (void)usleep(1000);
    }
    (void)pthread_mutex_lock(order->first);
    (void)pthread_barrier_wait(&both);
    (void)pthread_mutex_lock(order->second);
    return NULL;
}

int main(void)
{
    static const struct order orders[] = {{&left, &right}, {&right, &left}};
    pthread_t threads[2];

    (void)pthread_barrier_init(&both, NULL, 2);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_create(&threads[i], NULL, work, (void *)(size_t)&orders[i]);
    }
    while (getchar() != EOF) {
        atomic_store(&stuck, true);
    }
    exit(0);
}
