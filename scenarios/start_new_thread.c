/*
 * start-new-thread: two sleeping printers.
 *
 * Shows     that a started thread runs on its own: each prints five times at its own pace, and
 *           neither knows of the other.
 * Look at   the lanes Thread-1 (five sleeps of 2 s, until second 10) and Thread-2 (five of 4 s,
 *           until second 20).  In seconds 4 and 8 both print: which line comes first is chance.
 *           Main is busy all the time and gets nothing done by it.
 * Finding   spin: main asks active_count for 20 s, on a processor of its own; a join would wait.
 *
 * With --forever main spins until it is interrupted, as the original does.
 */
#include <weft.h>

#include <string.h>

struct args {
    const char *thread_name;
    double delay;
};

static void print_time(void *args, void *kwargs)
{
    const struct args *self = args;
    char now[32];
    int count = 0;

    (void)kwargs;
    while (count < 5) {
        weft_sleep(self->delay);
        count += 1;
        weft_print("%s: %s", self->thread_name, weft_ctime(weft_time(), now));
    }
}

static int program(int argc, char **argv)
{
    static struct args first = {"Thread-1", 2};
    static struct args second = {"Thread-2", 4};
    const bool forever = argc > 1 && strcmp(argv[1], "--forever") == 0;

    if (weft_start_new_thread(print_time, &first, NULL) != 1 ||
        weft_start_new_thread(print_time, &second, NULL) != 1)
        weft_print("Error: unable to start thread");

    while (weft_active_count() > 1 || forever)
        ;
    return 0;
}

int main(int argc, char **argv)
{
    return weft_main(program, argc, argv);
}
