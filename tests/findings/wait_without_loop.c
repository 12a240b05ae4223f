/* Who wakes takes it that somebody signalled; a wait may also end for no reason. */
#include "tests/findings/program.h"

enum { ROUNDS = 12 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t item_came = PTHREAD_COND_INITIALIZER;
static int items;

static void *consumer(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        if (is("fault") && items == 0) {
            pthread_cond_wait(&item_came, &lock); /* @waits */
        }
        while (is("sound") && items == 0) {
            pthread_cond_wait(&item_came, &lock);
        }
        items--;
        pthread_mutex_unlock(&lock); /* @goes-on */
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 400)) {
        return 2;
    }
    const pthread_t thread = start(consumer, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        sleep_ms(5);
        pthread_mutex_lock(&lock);
        items++;
        pthread_cond_signal(&item_came);
        pthread_mutex_unlock(&lock);
    }
    pthread_join(thread, NULL);
    return 0;
}
