/* A missed broadcast: two wait for the same gate, and only one of them is woken.
 * Oracle: deadlock.  Twin: all are woken. */
#include "tests/explore/program.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_open, sound;

static void *pass(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    while (!is_open) {
        pthread_cond_wait(&opened, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *open_it(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    is_open = true;
    if (sound) {
        pthread_cond_broadcast(&opened);
    } else {
        pthread_cond_signal(&opened);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    start(open_it, NULL);
    start(pass, NULL);
    start(pass, NULL);
    join_all();
    return 0;
}
