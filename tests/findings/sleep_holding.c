/* A thread sleeps inside the lock that the other one needs. */
#include "tests/findings/program.h"

static pthread_mutex_t printer = PTHREAD_MUTEX_INITIALIZER;

static void *slow(void *unused)
{
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&printer); /* @took */
        if (is("fault")) {
            sleep_ms(30); /* @sleeps */
        }
        pthread_mutex_unlock(&printer);
        sleep_ms(10);
    }
    return unused;
}

static void *quick(void *unused)
{
    for (int i = 0; i < 3; i++) {
        sleep_ms(10);
        pthread_mutex_lock(&printer); /* @waits */
        pthread_mutex_unlock(&printer);
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0)) {
        return 2;
    }
    const pthread_t one = start(slow, NULL), two = start(quick, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
