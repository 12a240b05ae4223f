/* Counts itself what it does with a lock, a semaphore, a condition, a barrier and a read-write
 * lock, and prints it: "OBJECT KEY NUMBER".  weft stats must say the same to the last one. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 4, TURNS = 2000, ROUNDS = 50 };

pthread_mutex_t the_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t the_other = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t the_condition = PTHREAD_COND_INITIALIZER;
pthread_rwlock_t the_rwlock = PTHREAD_RWLOCK_INITIALIZER;
pthread_barrier_t the_barrier;
sem_t the_semaphore;

static atomic_ulong mutex_acquires, other_acquires, other_failed, reads, writes, passes, permits;
static unsigned long signals, waits, turn; /* under the_mutex */

static void take_turns(unsigned long own)
{
    (void)pthread_mutex_lock(&the_mutex);
    mutex_acquires++;
    while (turn % THREADS != own) {
        waits++;
        (void)pthread_cond_wait(&the_condition, &the_mutex);
    }
    turn++;
    signals++;
    (void)pthread_cond_broadcast(&the_condition);
    (void)pthread_mutex_unlock(&the_mutex);
}

static void work(unsigned long own)
{
    for (int i = 0; i < TURNS; i++) {
        (void)pthread_mutex_lock(&the_mutex);
        mutex_acquires++;
        (void)pthread_mutex_unlock(&the_mutex);
        if (pthread_mutex_trylock(&the_other) == 0) {
            other_acquires++;
            (void)pthread_mutex_unlock(&the_other);
        } else {
            other_failed++;
        }
        (void)sem_wait(&the_semaphore);
        permits++;
        (void)sem_post(&the_semaphore);
        if (i % 10 == 0) {
            (void)pthread_rwlock_wrlock(&the_rwlock);
            writes++;
        } else {
            (void)pthread_rwlock_rdlock(&the_rwlock);
            reads++;
        }
        (void)pthread_rwlock_unlock(&the_rwlock);
    }
    for (int i = 0; i < ROUNDS; i++) {
        (void)pthread_barrier_wait(&the_barrier);
        passes++;
        take_turns(own);
    }
}

static void *run(void *own)
{
    work(*(unsigned long *)own);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    unsigned long numbers[THREADS];

    if (pthread_barrier_init(&the_barrier, NULL, THREADS) != 0 ||
        sem_init(&the_semaphore, 0, 2) != 0) {
        return 1;
    }
    for (unsigned long i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, run, &numbers[i]) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    (void)printf("the_mutex acquires %lu\n", mutex_acquires);
    (void)printf("the_other acquires %lu\n", other_acquires);
    (void)printf("the_other failed %lu\n", other_failed);
    (void)printf("the_condition broadcasts %lu\n", signals);
    (void)printf("the_condition waits %lu\n", waits);
    (void)printf("the_rwlock read_acquires %lu\n", reads);
    (void)printf("the_rwlock write_acquires %lu\n", writes);
    (void)printf("the_rwlock acquires %lu\n", reads + writes);
    (void)printf("the_barrier passes %lu\n", passes);
    (void)printf("the_semaphore acquires %lu\n", permits);
    (void)printf("the_semaphore releases %lu\n", permits);
    return 0;
}
