/* A thread reads from a slow pipe inside the lock that the other one needs. */
#include "tests/findings/program.h"

static pthread_mutex_t cache = PTHREAD_MUTEX_INITIALIZER;
static int ends[2];

static void *reads(void *unused)
{
    char byte;

    for (int i = 0; i < 3; i++) {
        if (is("sound")) {
            (void)!read(ends[0], &byte, 1);
        }
        pthread_mutex_lock(&cache); /* @took */
        if (!is("sound")) {
            (void)!read(ends[0], &byte, 1); /* @blocked */
        }
        pthread_mutex_unlock(&cache);
    }
    return unused;
}

static void *uses(void *unused)
{
    for (int i = 0; i < 5; i++) {
        sleep_ms(5);
        pthread_mutex_lock(&cache); /* @waits */
        pthread_mutex_unlock(&cache);
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0) || pipe(ends) != 0) {
        return 2;
    }
    const pthread_t one = start(reads, NULL), two = start(uses, NULL);
    for (int i = 0; i < 3; i++) {
        sleep_ms(30);
        (void)!write(ends[1], "x", 1);
    }
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
