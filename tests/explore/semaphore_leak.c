/* A semaphore leak: who finds the resource taken goes away without giving its permit back.
 * Oracle: deadlock, when all permits are wanted at the end.  Twin: every way out gives it back. */
#include "tests/explore/program.h"

enum { WORKERS = 3, PERMITS = 2 };

static sem_t permits;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t resource = PTHREAD_MUTEX_INITIALIZER;
static int uses;
static bool sound;

static void *work(void *unused)
{
    (void)unused;
    sem_wait(&permits);
    if (pthread_mutex_trylock(&resource) != 0) {
        if (sound) {
            sem_post(&permits);
        }
        return NULL;
    }
    pthread_mutex_lock(&log_mutex); /* what it does with it takes its time */
    uses++;
    pthread_mutex_unlock(&log_mutex);
    pthread_mutex_unlock(&resource);
    sem_post(&permits);
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    sem_init(&permits, 0, PERMITS);
    for (int i = 0; i < WORKERS; i++) {
        start(work, NULL);
    }
    join_all();
    for (int i = 0; i < PERMITS; i++) {
        sem_wait(&permits); /* nobody holds one any more */
    }
    return 0;
}
