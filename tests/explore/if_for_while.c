/* `if` for `while`: who was woken finds the item gone, since another consumer came first.
 * Oracle: exit status 3.  Twin: `while`. */
#include "tests/explore/program.h"

enum { CONSUMERS = 2 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items;
static bool sound;

static void *consume(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    if (sound) {
        while (items == 0) {
            pthread_cond_wait(&filled, &mutex);
        }
    } else if (items == 0) {
        pthread_cond_wait(&filled, &mutex);
    }
    if (items == 0) {
        _exit(3);
    }
    items--;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *produce(void *unused)
{
    (void)unused;
    for (int i = 0; i < CONSUMERS; i++) {
        pthread_mutex_lock(&mutex);
        items++;
        pthread_cond_signal(&filled);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    for (int i = 0; i < CONSUMERS; i++) {
        start(consume, NULL);
    }
    start(produce, NULL);
    join_all();
    return 0;
}
