/* Takes a lock two hundred times a second, until it is ended. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

static pthread_mutex_t tick_lock = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    for (int tick = 0;; tick++) {
        pthread_mutex_lock(&tick_lock);
        pthread_mutex_unlock(&tick_lock);
        nanosleep(&pause, NULL);
        if (tick == 0) {
            puts("ready");
            fflush(stdout);
        }
    }
}
