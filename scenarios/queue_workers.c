/*
 * queue-workers: three workers share one queue.
 *
 * Shows     how a queue hands work out: each item goes to one worker, whichever comes first.
 * Look at   workQueue, whose depth rises to 5 and falls as the workers take One … Five, one each a
 *           second; queueLock, held for a moment each time; and main, which asks "is it empty?"
 *           until it is, then sets the flag.  Each worker sees it only after its sleep.
 * Finding   spin: main asks workQueue "is it empty?" until it is, where a join of the queue would
 *           wait.  poll: the three workers ask the same and sleep a second in turn.
 */
#include <weft.h>

#include <stdatomic.h>

enum { THREADS = 3, WORDS = 5 };

static atomic_bool exit_flag;
static struct weft_lock *queue_lock;
static struct weft_queue *work_queue;

struct my_thread {
    struct weft_thread *thread;
    int thread_id;
    const char *name;
    struct weft_queue *q;
};

static void process_data(const char *thread_name, struct weft_queue *q)
{
    while (!exit_flag) {
        weft_lock_acquire(queue_lock, 1);
        if (!weft_queue_empty(work_queue)) {
            void *data = NULL;
            weft_queue_get(q, &data);
            weft_lock_release(queue_lock);
            weft_print("%s processing %s", thread_name, (const char *)data);
        } else {
            weft_lock_release(queue_lock);
        }
        weft_sleep(1);
    }
}

static void run(void *object)
{
    const struct my_thread *self = object;

    weft_print("Starting %s", self->name);
    process_data(self->name, self->q);
    weft_print("Exiting %s", self->name);
}

static bool my_thread_init(struct my_thread *self, int thread_id, const char *name,
                           struct weft_queue *q)
{
    self->thread = weft_thread_new(name, run, self);
    self->thread_id = thread_id;
    self->name = name;
    self->q = q;
    return self->thread != NULL;
}

static int program(int argc, char **argv)
{
    static const char *const thread_list[THREADS] = {"Thread-1", "Thread-2", "Thread-3"};
    static char name_list[WORDS][6] = {"One", "Two", "Three", "Four", "Five"};
    struct my_thread threads[THREADS];

    (void)argc;
    (void)argv;
    queue_lock = weft_lock_new("queueLock");
    work_queue = weft_queue_new("workQueue", 10);
    if (!queue_lock || !work_queue)
        return 1;
    weft_queue_set_label(work_queue, weft_label_text); /* the trace names the items */

    /* Create new threads */
    for (int i = 0; i < THREADS; i++) {
        if (!my_thread_init(&threads[i], i + 1, thread_list[i], work_queue))
            return 1;
        weft_thread_start(threads[i].thread);
    }

    /* Fill the queue */
    weft_lock_acquire(queue_lock, 1);
    for (int i = 0; i < WORDS; i++)
        weft_queue_put(work_queue, name_list[i]);
    weft_lock_release(queue_lock);

    /* Wait for queue to empty */
    while (!weft_queue_empty(work_queue))
        ;

    /* Notify threads it's time to exit */
    exit_flag = true;

    /* Wait for all threads to complete */
    for (int i = 0; i < THREADS; i++)
        weft_thread_join(threads[i].thread, WEFT_FOREVER);
    weft_print("Exiting Main Thread");

    for (int i = 0; i < THREADS; i++)
        weft_thread_free(threads[i].thread);
    weft_queue_free(work_queue);
    weft_lock_free(queue_lock);
    return 0;
}

int main(int argc, char **argv)
{
    return weft_main(program, argc, argv);
}
