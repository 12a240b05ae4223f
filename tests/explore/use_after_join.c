/* Use after join: the maker joins the worker and frees what it made, while a monitor may still look
 * at it.  Oracle: SIGABRT, from the value that the freed block was given.
 * Twin: the monitor is joined first. */
#include "tests/explore/program.h"

enum { LIVE = 42, FREED = -1 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int *made;
static bool sound;

static void *work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    *made = LIVE;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *monitor(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    if (*made == FREED) {
        abort();
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t worker;

    sound = is_sound(argc, argv);
    made = calloc(1, sizeof *made);
    if (made == NULL || pthread_create(&worker, NULL, work, NULL) != 0) {
        return 9;
    }
    start(monitor, NULL);
    if (sound) {
        join_all();
    }
    pthread_join(worker, NULL);
    pthread_mutex_lock(&mutex);
    *made = FREED; /* what free may leave there */
    pthread_mutex_unlock(&mutex);
    join_all();
    free(made);
    return 0;
}
