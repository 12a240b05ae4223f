/* A counter that is read under the lock, and written under the lock, but not at once.
 * Oracle: the output "lost".  Twin: one section for both. */
#include "tests/explore/program.h"

enum { WORKERS = 2, ROUNDS = 3 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter;
static bool sound;

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        const int seen = counter;
        if (!sound) {
            pthread_mutex_unlock(&mutex);
            pthread_mutex_lock(&mutex);
        }
        counter = seen + 1;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    for (int i = 0; i < WORKERS; i++) {
        start(count, NULL);
    }
    join_all();
    (void)printf(counter == WORKERS * ROUNDS ? "all counted\n" : "%d lost\n",
                 WORKERS * ROUNDS - counter);
    return 0;
}
