/* The chain of chain.weft.jsonl: a sleeps holding A; b holds B and waits for A; c waits for B. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER, B = PTHREAD_MUTEX_INITIALIZER;

static void *a(void *unused)
{
    (void)pthread_mutex_lock(&A);
    (void)usleep(800000);
    (void)pthread_mutex_unlock(&A);
    return unused;
}

static void *b(void *unused)
{
    (void)usleep(100000);
    (void)pthread_mutex_lock(&B);
    (void)usleep(100000);
    (void)pthread_mutex_lock(&A);
    (void)usleep(100000);
    (void)pthread_mutex_unlock(&A);
    (void)pthread_mutex_unlock(&B);
    return unused;
}

static void *c(void *unused)
{
    (void)usleep(300000);
    (void)pthread_mutex_lock(&B);
    (void)usleep(50000);
    (void)pthread_mutex_unlock(&B);
    return unused;
}

int main(void)
{
    static void *(*const starts[])(void *) = {a, b, c};
    pthread_t threads[3];

    for (size_t i = 0; i < 3; i++) {
        (void)pthread_create(&threads[i], NULL, starts[i], NULL);
    }
    for (size_t i = 0; i < 3; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return 0;
}
