/* Readers who overlap without a gap keep the writer out. */
#include "tests/findings/program.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static volatile bool stop;

static void *reader(void *unused)
{
    while (!stop) {
        pthread_rwlock_rdlock(&table); /* @reads */
        work_us(500);
        pthread_rwlock_unlock(&table);
        if (is("sound")) {
            sleep_ms(3);
        }
    }
    return unused;
}

static void *writer(void *unused)
{
    while (!stop) {
        sleep_ms(2);
        pthread_rwlock_wrlock(&table); /* @writes */
        work_us(50);
        pthread_rwlock_unlock(&table);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[4];

    if (!begin(argc, argv, 0)) {
        return 2;
    }
    for (int i = 0; i < 3; i++) {
        threads[i] = start(reader, NULL);
    }
    threads[3] = start(writer, NULL);
    sleep_ms(350);
    stop = true;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
