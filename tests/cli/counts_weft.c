/* The same with weft.h: puts and gets of a queue that is often full and empty, and a reentrant
 * lock. */
#include <weft.h>

#include <stdatomic.h>
#include <stdio.h>

enum { ITEMS = 3000, TAKERS = 3 };

static struct weft_queue *queue;
static struct weft_rlock *lock;
static atomic_ulong puts_done, gets_done, failed, acquires;

static void give(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS; i++) {
        static int item;
        if (i % 3 == 0 && weft_queue_put_nowait(queue, &item) == 1) {
            puts_done++;
            continue;
        }
        failed += i % 3 == 0;
        puts_done += weft_queue_put(queue, &item) == 1;
    }
    for (int i = 0; i < TAKERS; i++) {
        puts_done += weft_queue_put(queue, NULL) == 1;
    }
}

static void take(void *unused)
{
    void *item = &unused;

    while (item != NULL) {
        gets_done += weft_queue_get(queue, &item) == 1;
        acquires += weft_rlock_acquire(lock, 1) == 1;
        acquires += weft_rlock_acquire(lock, 1) == 1;
        weft_rlock_release(lock);
        weft_rlock_release(lock);
    }
}

static int program(int argc, char **argv)
{
    struct weft_thread *threads[TAKERS + 1];

    (void)argc;
    (void)argv;
    queue = weft_queue_new("the_queue", 4);
    lock = weft_rlock_new("the_lock");
    for (int i = 0; i <= TAKERS; i++) {
        threads[i] = weft_thread_new(i == 0 ? "giver" : "taker", i == 0 ? give : take, NULL);
        weft_thread_start(threads[i]);
    }
    for (int i = 0; i <= TAKERS; i++) {
        weft_thread_join(threads[i], WEFT_FOREVER);
        weft_thread_free(threads[i]);
    }
    (void)printf("the_queue puts %lu\n", puts_done);
    (void)printf("the_queue gets %lu\n", gets_done);
    (void)printf("the_queue failed %lu\n", failed);
    (void)printf("the_lock acquires %lu\n", acquires);
    weft_rlock_free(lock);
    weft_queue_free(queue);
    return 0;
}

int main(int argc, char **argv)
{
    return weft_main(program, argc, argv);
}
