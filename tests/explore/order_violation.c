/* An order violation: the worker uses what its maker sets up only after having started it.
 * Oracle: SIGSEGV.  Twin: it is set up before. */
#include "tests/explore/program.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int value = 7;
static int *volatile config;

static void set_up(void)
{
    pthread_mutex_lock(&mutex);
    config = &value;
    pthread_mutex_unlock(&mutex);
}

static void *work(void *unused)
{
    int seen;

    (void)unused;
    pthread_mutex_lock(&mutex);
    seen = *config;
    pthread_mutex_unlock(&mutex);
    return seen == 7 ? NULL : &value;
}

int main(int argc, char **argv)
{
    const bool sound = is_sound(argc, argv);

    if (sound) {
        set_up();
    }
    start(work, NULL);
    if (!sound) {
        set_up();
    }
    join_all();
    return 0;
}
