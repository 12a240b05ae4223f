/* The signal comes before the wait, and nothing remembers it. */
#include "tests/findings/program.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready_changed = PTHREAD_COND_INITIALIZER;
static bool ready;

static void *waiter(void *unused)
{
    sleep_ms(30);
    pthread_mutex_lock(&lock);
    if (is("fault")) {
        pthread_cond_wait(&ready_changed, &lock); /* @waits */
    }
    while (!ready) {
        pthread_cond_wait(&ready_changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

/* Signals when nobody waits are in order when the state is kept: here the items are counted. */
static int items;
static bool done;

static void *worker(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (items == 0 && !done) {
            pthread_cond_wait(&ready_changed, &lock);
        }
        if (items == 0) {
            break;
        }
        items--;
        pthread_mutex_unlock(&lock);
        work_us(500);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static void feed(void)
{
    const pthread_t thread = start(worker, NULL);

    for (int i = 0; i < 40; i++) {
        pthread_mutex_lock(&lock);
        items++;
        pthread_cond_signal(&ready_changed);
        pthread_mutex_unlock(&lock);
        work_us(i % 4 == 0 ? 1000 : 100);
    }
    pthread_mutex_lock(&lock);
    done = true;
    pthread_cond_signal(&ready_changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

/* Three look under the lock, release it, and then wait in spite of what came meanwhile. */
static pthread_barrier_t all;

static void *looks_and_waits(void *unused)
{
    pthread_mutex_lock(&lock);
    const bool wait = !ready;
    pthread_mutex_unlock(&lock);
    pthread_barrier_wait(&all); /* they have looked */
    pthread_barrier_wait(&all); /* it is ready */
    pthread_mutex_lock(&lock);
    if (wait) {
        pthread_cond_wait(&ready_changed, &lock); /* @pool-waits */
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static void stop_a_pool(void)
{
    pthread_t pool[3];

    pthread_barrier_init(&all, NULL, 4);
    for (int i = 0; i < 3; i++) {
        pool[i] = start(looks_and_waits, NULL);
    }
    pthread_barrier_wait(&all);
    pthread_mutex_lock(&lock);
    ready = true;
    pthread_cond_broadcast(&ready_changed); /* @pool-signals */
    pthread_mutex_unlock(&lock);
    pthread_barrier_wait(&all);
    for (int i = 0; i < 3; i++) {
        pthread_join(pool[i], NULL);
    }
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 400)) {
        return 2;
    }
    if (is("queue")) {
        feed();
        return 0;
    }
    if (is("pool")) {
        stop_a_pool();
        return 0;
    }
    const pthread_t thread = start(waiter, NULL);
    pthread_mutex_lock(&lock);
    ready = true;
    pthread_cond_signal(&ready_changed); /* @signals */
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    return 0;
}
