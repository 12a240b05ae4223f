/* AB–BA: two threads take two locks, each its own way around, after ten sections of their own.
 * Oracle: deadlock.  Twin: both take A first. */
#include "tests/explore/program.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static int shared;
static bool sound;

static void *one(void *other_way)
{
    pthread_mutex_t *first = other_way != NULL && !sound ? &b : &a;
    pthread_mutex_t *second = first == &a ? &b : &a;

    for (int i = 0; i < 10; i++) {
        pthread_mutex_lock(first);
        shared++;
        pthread_mutex_unlock(first);
    }
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    shared++;
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    start(one, NULL);
    start(one, &shared);
    join_all();
    return 0;
}
