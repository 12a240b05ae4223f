#include "tests/preload/guest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 64 };

static int verdict;

void guest_expect(const char *event, unsigned long count)
{
    (void)printf("%s %lu\n", event, count);
    (void)fflush(stdout);
}

void guest_check(bool condition, const char *what)
{
    (void)printf("%s %s\n", condition ? "ok" : "not", what);
    (void)fflush(stdout);
    verdict |= !condition;
}

void guest_run_threads(unsigned count, void *(*routine)(void *), void *argument)
{
    pthread_t threads[THREADS_MAX];

    for (unsigned i = 0; i < count; i++) {
        guest_check(pthread_create(&threads[i], NULL, routine, argument) == 0, "create");
    }
    for (unsigned i = 0; i < count; i++) {
        guest_check(pthread_join(threads[i], NULL) == 0, "join");
    }
}

int main(int argc, char **argv)
{
    const struct guest_mode *const tables[] = {guest_locks, guest_ends, guest_signals, guest_calls,
                                               guest_others};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const struct guest_mode *mode = tables[i]; mode->name != NULL; mode++) {
            if (argc > 1 && strcmp(argv[1], mode->name) == 0) {
                const int status = mode->run();
                return status != 0 ? status : verdict;
            }
        }
    }
    (void)fprintf(stderr, "usage: guest MODE\n");
    return 2;
}
