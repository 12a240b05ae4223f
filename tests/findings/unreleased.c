/* A way out of a function that forgets the lock; the thread ends with it. */
#include "tests/findings/program.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int left = 3;

static void *careless(void *unused)
{
    pthread_mutex_lock(&lock); /* @took */
    left--;
    if (!is("sound")) {
        return NULL;
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static void *next(void *unused)
{
    pthread_mutex_lock(&lock); /* @waits */
    left--;
    pthread_mutex_unlock(&lock);
    return unused;
}

static void *naps(void *unused)
{
    sleep_ms(20);
    return unused;
}

/* A gate that is shut when the program ends, with somebody parked behind it. */
static void shut_the_gate(void)
{
    pthread_mutex_lock(&lock);
    const pthread_t first = start(next, NULL);
    pthread_join(start(naps, NULL), NULL);
    pthread_mutex_unlock(&lock);
    pthread_join(first, NULL);
    pthread_mutex_lock(&lock);
    (void)start(next, NULL);
    pthread_join(start(naps, NULL), NULL);
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 300)) {
        return 2;
    }
    if (is("gate")) {
        shut_the_gate();
        return 0;
    }
    if (is("last")) {
        pthread_mutex_lock(&lock); /* @took-last */
        left--;
        return 0;
    }
    pthread_join(start(careless, NULL), NULL);
    if (!is("alone")) {
        pthread_join(start(next, NULL), NULL);
    }
    return 0;
}
