/* A thread looks whether there is work, and sleeps when there is none. */
#include "tests/findings/program.h"

#include <semaphore.h>

static sem_t jobs;
static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;
static bool done;

static void *worker(void *unused)
{
    if (is("sound")) {
        while (sem_wait(&jobs) != 0) {
        }
        return unused;
    }
    while (sem_trywait(&jobs) != 0) { /* @looks */
        sleep_ms(10);                 /* @sleeps */
    }
    return unused;
}

static void *looks_at_the_flag(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&state); /* @looks-at-flag */
        const bool seen = done;
        pthread_mutex_unlock(&state);
        if (seen) {
            return unused;
        }
        sleep_ms(2);
    }
}

/* Two that print at their own pace under one lock: that is their work. */
static void *prints(void *pace)
{
    for (int i = 0; i < 10; i++) {
        sleep_ms((long)pace);
        pthread_mutex_lock(&screen);
        work_us(20);
        pthread_mutex_unlock(&screen);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0)) {
        return 2;
    }
    sem_init(&jobs, 0, 0);
    if (is("printers")) {
        const pthread_t one = start(prints, (void *)5L), two = start(prints, (void *)7L);
        pthread_join(one, NULL);
        pthread_join(two, NULL);
        return 0;
    }
    const pthread_t thread = start(is("flag") ? looks_at_the_flag : worker, NULL);
    sleep_ms(100);
    pthread_mutex_lock(&state);
    done = true;
    pthread_mutex_unlock(&state);
    sem_post(&jobs);
    pthread_join(thread, NULL);
    return 0;
}
