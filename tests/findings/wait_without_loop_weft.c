/* The same with weft.h, as a lesson has it. */
#include "runtime/weft.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { ROUNDS = 12 };

static struct weft_lock *lock;
static struct weft_condition *item_came;
static bool is_sound;
static int items;

static void consume(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        weft_lock_acquire(lock, true);
        if (!is_sound && items == 0) {
            weft_condition_wait(item_came, WEFT_FOREVER); /* @waits */
        }
        while (is_sound && items == 0) {
            weft_condition_wait(item_came, WEFT_FOREVER);
        }
        items--;
        weft_lock_release(lock); /* @goes-on */
    }
}

int main(int argc, char **argv)
{
    is_sound = argc > 1 && strcmp(argv[1], "sound") == 0;
    lock = weft_lock_new("lock");
    item_came = weft_condition_new("item_came", lock);
    struct weft_thread *consumer = weft_thread_new("consumer", consume, NULL);
    weft_thread_start(consumer);
    for (int i = 0; i < ROUNDS; i++) {
        weft_sleep(0.005);
        weft_lock_acquire(lock, true);
        items++;
        weft_condition_notify(item_came, 1);
        weft_lock_release(lock);
    }
    weft_thread_join(consumer, WEFT_FOREVER);
    weft_thread_free(consumer);
    weft_condition_free(item_came);
    weft_lock_free(lock);
    return 0;
}
