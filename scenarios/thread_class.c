/*
 * thread-class: a class of threads of one's own.
 *
 * Shows     a thread that has its own state and its own run, and that a process lives until its
 *           last thread has ended.
 * Look at   main, whose lane ends at second 0, right after "Exiting Main Thread"; Thread-1 (five
 *           sleeps of 1 s) and Thread-2 (five of 2 s) go on until seconds 5 and 10.
 * Finding   none: nobody waits for anybody.
 */
#include <weft.h>

#include <stdatomic.h>

static atomic_bool exit_flag;

/* What a subclass of Thread is in Python: a thread, the state that goes with it, and a run. */
struct my_thread {
    struct weft_thread *thread;
    int thread_id;
    const char *name;
    double counter;
};

static void print_time(const char *thread_name, int counter, double delay)
{
    char now[32];

    while (counter) {
        if (exit_flag)
            return;
        weft_sleep(delay);
        weft_print("%s: %s", thread_name, weft_ctime(weft_time(), now));
        counter -= 1;
    }
}

static void run(void *object)
{
    const struct my_thread *self = object;

    weft_print("Starting %s", self->name);
    print_time(self->name, 5, self->counter);
    weft_print("Exiting %s", self->name);
}

static bool my_thread_init(struct my_thread *self, int thread_id, const char *name, double counter)
{
    self->thread = weft_thread_new(name, run, self);
    self->thread_id = thread_id;
    self->name = name;
    self->counter = counter;
    return self->thread != NULL;
}

static int program(int argc, char **argv)
{
    static struct my_thread thread1, thread2; /* they outlive this function */

    (void)argc;
    (void)argv;
    /* Create new threads */
    if (!my_thread_init(&thread1, 1, "Thread-1", 1) || !my_thread_init(&thread2, 2, "Thread-2", 2))
        return 1;

    /* Start new threads */
    if (weft_thread_start(thread1.thread) != 1 || weft_thread_start(thread2.thread) != 1)
        return 1;

    weft_print("Exiting Main Thread");

    weft_thread_free(thread1.thread); /* a thread that still runs is freed when it ends */
    weft_thread_free(thread2.thread);
    return 0;
}

int main(int argc, char **argv)
{
    return weft_main(program, argc, argv);
}
