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

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 300)) {
        return 2;
    }
    pthread_join(start(careless, NULL), NULL);
    if (!is("alone")) {
        pthread_join(start(next, NULL), NULL);
    }
    return 0;
}
