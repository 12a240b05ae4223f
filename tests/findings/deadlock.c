/* Two threads take two locks in opposite orders and meet in the middle; other rings, too. */
#include "tests/findings/program.h"

#include <semaphore.h>

static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t third_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;
static bool ready;

static void *one(void *unused)
{
    pthread_mutex_lock(&first_lock); /* @one-took */
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&second_lock); /* @one-waits */
    pthread_mutex_unlock(&second_lock);
    pthread_mutex_unlock(&first_lock);
    return unused;
}

static void *two(void *unused)
{
    pthread_mutex_lock(&second_lock); /* @two-took */
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&first_lock); /* @two-waits */
    pthread_mutex_unlock(&first_lock);
    pthread_mutex_unlock(&second_lock);
    return unused;
}

static void *in_order(void *unused)
{
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&first_lock);
        pthread_mutex_lock(&second_lock);
        pthread_mutex_unlock(&second_lock);
        pthread_mutex_unlock(&first_lock);
    }
    return unused;
}

static pthread_mutex_t *const ring[] = {&first_lock, &second_lock, &third_lock};

static void *in_ring(void *number)
{
    const int i = (int)(long)number;

    pthread_mutex_lock(ring[i]);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(ring[(i + 1) % 3]);
    return NULL;
}

static void *needs_the_lock(void *unused)
{
    pthread_mutex_lock(&first_lock); /* @join-lock */
    pthread_mutex_unlock(&first_lock);
    return unused;
}

static void join_with_the_lock(void)
{
    pthread_mutex_lock(&first_lock);                 /* @join-took */
    pthread_join(start(needs_the_lock, NULL), NULL); /* @join-join */
    pthread_mutex_unlock(&first_lock);
}

/* Two readers who both want to write. */
static void *upgrade(void *unused)
{
    pthread_rwlock_rdlock(&table);
    pthread_barrier_wait(&both);
    pthread_rwlock_wrlock(&table);
    return unused;
}

/* Waits for a signal with a lock that the other one needs before it can give it. */
static void *wait_with_a_lock(void *unused)
{
    pthread_mutex_lock(&first_lock); /* @cond-took */
    pthread_mutex_lock(&second_lock);
    pthread_barrier_wait(&both);
    while (!ready) {
        pthread_cond_wait(&changed, &second_lock); /* @cond-waits */
    }
    return unused;
}

static void *signal_with_the_lock(void *unused)
{
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&first_lock); /* @cond-lock */
    pthread_mutex_lock(&second_lock);
    ready = true;
    pthread_cond_signal(&changed);
    return unused;
}

static void *tick(void *unused)
{
    for (;;) {
        sleep_ms(10);
    }
    return unused;
}

static void run_all(void *(*const *routines)(void *), int count)
{
    pthread_t threads[3];

    pthread_barrier_init(&both, NULL, (unsigned)count);
    for (long i = 0; i < count; i++) {
        threads[i] = start(routines[i], (void *)i);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Semaphores of one permit, used as locks. */
static sem_t one_permit, other_permit;

static void *takes_permits(void *first)
{
    sem_t *const mine = first, *const next = mine == &one_permit ? &other_permit : &one_permit;

    sem_wait(mine); /* @permit-took */
    pthread_barrier_wait(&both);
    sem_wait(next); /* @permit-waits */
    sem_post(next);
    sem_post(mine);
    return NULL;
}

static void take_permits(void)
{
    sem_init(&one_permit, 0, 1);
    sem_init(&other_permit, 0, 1);
    pthread_barrier_init(&both, NULL, 2);
    const pthread_t one_way = start(takes_permits, &one_permit);
    const pthread_t other_way = start(takes_permits, &other_permit);
    pthread_join(one_way, NULL);
    pthread_join(other_way, NULL);
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 500)) {
        return 2;
    }
    if (is("fault")) {
        run_all((void *(*const[])(void *)){one, two}, 2);
    } else if (is("sound")) {
        run_all((void *(*const[])(void *)){in_order, in_order}, 2);
    } else if (is("partial")) {
        (void)start(tick, NULL);
        run_all((void *(*const[])(void *)){one, two}, 2);
    } else if (is("ring")) {
        run_all((void *(*const[])(void *)){in_ring, in_ring, in_ring}, 3);
    } else if (is("join")) {
        join_with_the_lock();
    } else if (is("permits")) {
        take_permits();
    } else if (is("self")) {
        pthread_mutex_lock(&first_lock); /* @self-took */
        pthread_mutex_lock(&first_lock); /* @self-waits */
    } else if (is("rwlock")) {
        run_all((void *(*const[])(void *)){upgrade, upgrade}, 2);
    } else if (is("condition")) {
        run_all((void *(*const[])(void *)){wait_with_a_lock, signal_with_the_lock}, 2);
    }
    return 0;
}
