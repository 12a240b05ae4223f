/* A thread asks for a lock again and again instead of waiting for it. */
#include "tests/findings/program.h"

static pthread_mutex_t result = PTHREAD_MUTEX_INITIALIZER;
static bool done;

static void *worker(void *unused)
{
    pthread_mutex_lock(&result);
    work_us(60000);
    pthread_mutex_unlock(&result);
    return unused;
}

static void *impatient(void *unused)
{
    sleep_ms(5);
    if (is("sound")) {
        pthread_mutex_lock(&result);
    } else {
        while (pthread_mutex_trylock(&result) != 0) { /* @asks */
        }
    }
    pthread_mutex_unlock(&result);
    return unused;
}

static void *sets_the_flag(void *unused)
{
    sleep_ms(60);
    pthread_mutex_lock(&result);
    done = true;
    pthread_mutex_unlock(&result);
    return unused;
}

static void *looks_at_the_flag(void *unused)
{
    bool seen = false;

    while (!seen) {
        pthread_mutex_lock(&result); /* @looks */
        seen = done;
        pthread_mutex_unlock(&result);
    }
    return unused;
}

/* Work that has the same form: it counts, and both take their turns. */
static int counter;

static void *count(void *unused)
{
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&result);
        counter++;
        pthread_mutex_unlock(&result);
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0)) {
        return 2;
    }
    void *(*const first)(void *) = is("flag") ? sets_the_flag : is("count") ? count : worker;
    void *(*const second)(void *) = is("flag")    ? looks_at_the_flag
                                    : is("count") ? count
                                                  : impatient;
    const pthread_t one = start(first, NULL), two = start(second, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
