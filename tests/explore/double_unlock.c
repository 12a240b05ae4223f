/* A double unlock: the way out after a failure unlocks once more, and so opens a lock that another
 * thread has by then.  Oracle: exit status 4, two threads in one section.
 * Twin: the way out leaves it alone. */
#include "tests/explore/program.h"

enum { WORKERS = 3 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static int inside;
static bool sound;

static void *fail(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    if (!sound) {
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    if (++inside > 1) {
        _exit(4);
    }
    pthread_mutex_lock(&inner); /* the section takes its time */
    pthread_mutex_unlock(&inner);
    inside--;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    start(fail, NULL);
    for (int i = 1; i < WORKERS; i++) {
        start(work, NULL);
    }
    join_all();
    return 0;
}
