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

static void *writes_later(void *unused)
{
    sleep_ms(30);
    (void)!write(ends[1], "x", 1);
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

/* Started behind a gate, which opens when all is read. */
static void start_behind_a_gate(void)
{
    char byte;

    pthread_mutex_lock(&cache);
    const pthread_t two = start(uses, NULL);
    const pthread_t slow = start(writes_later, NULL);
    (void)!read(ends[0], &byte, 1);
    pthread_mutex_unlock(&cache);
    pthread_join(slow, NULL);
    pthread_join(two, NULL);
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0) || pipe(ends) != 0) {
        return 2;
    }
    if (is("gate")) {
        start_behind_a_gate();
        return 0;
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
