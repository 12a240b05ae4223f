/*
 * locked-sections: the same two threads, one after the other.
 *
 * Shows     a lock around a section of work: whoever comes second waits for the whole of it.
 * Look at   Thread-2, which waits for threadLock from second 0 to second 3, and threadLock, held
 *           by Thread-1 until second 3 and by Thread-2 until second 9.  The arrow at second 3 is
 *           the release that ended the wait.  Main joins Thread-1, then Thread-2.
 * Finding   sleep-holding: Thread-1 sleeps with threadLock held while Thread-2 waits 3 s for it.
 */
#include <weft.h>

static struct weft_lock *thread_lock;

struct my_thread {
    struct weft_thread *thread;
    int thread_id;
    const char *name;
    double counter;
};

static void print_time(const char *thread_name, double delay, int counter)
{
    char now[32];

    while (counter) {
        weft_sleep(delay);
        weft_print("%s: %s", thread_name, weft_ctime(weft_time(), now));
        counter -= 1;
    }
}

static void run(void *object)
{
    const struct my_thread *self = object;

    weft_print("Starting %s", self->name);
    /* Get lock to synchronize threads */
    weft_lock_acquire(thread_lock, 1);
    print_time(self->name, self->counter, 3);
    /* Free lock to release next thread */
    weft_lock_release(thread_lock);
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
    struct my_thread thread1, thread2;
    struct my_thread *threads[2];

    (void)argc;
    (void)argv;
    thread_lock = weft_lock_new("threadLock");
    if (!thread_lock)
        return 1;

    /* Create new threads */
    if (!my_thread_init(&thread1, 1, "Thread-1", 1) || !my_thread_init(&thread2, 2, "Thread-2", 2))
        return 1;

    /* Start new threads */
    weft_thread_start(thread1.thread);
    weft_thread_start(thread2.thread);

    /* Add threads to thread list */
    threads[0] = &thread1;
    threads[1] = &thread2;

    /* Wait for all threads to complete */
    for (int i = 0; i < 2; i++)
        weft_thread_join(threads[i]->thread, WEFT_FOREVER);
    weft_print("Exiting Main Thread");

    for (int i = 0; i < 2; i++)
        weft_thread_free(threads[i]->thread);
    weft_lock_free(thread_lock);
    return 0;
}

int main(int argc, char **argv)
{
    return weft_main(program, argc, argv);
}
