/* A lost wake-up: the flag is looked at before the lock is taken, so that a signal in between finds
 * nobody.  Oracle: deadlock.  Twin: the flag is looked at under the lock. */
#include "tests/explore/program.h"

#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static atomic_bool done;
static bool sound;

static void *wait_for_it(void *unused)
{
    (void)unused;
    if (sound) {
        pthread_mutex_lock(&mutex);
        while (!done) {
            pthread_cond_wait(&ready, &mutex);
        }
        pthread_mutex_unlock(&mutex);
    } else if (!done) {
        pthread_mutex_lock(&mutex);
        pthread_cond_wait(&ready, &mutex);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *tell(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    done = true;
    pthread_cond_signal(&ready);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    start(wait_for_it, NULL);
    start(tell, NULL);
    join_all();
    return 0;
}
