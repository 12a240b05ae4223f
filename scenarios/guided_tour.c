/*
 * guided-tour: every call that the other scenarios do not make, each where it can be seen.
 *
 * Shows     four chapters, each a zone on main's lane.
 * Look at   second 0.0  "threads": Thread-1 holds baton until 1.5.  Main cannot have it (a failed
 *                       try at 0.25), gives Thread-1 the name Keeper, and joins it twice: for half
 *                       a second, in vain, and until it ends.
 *           second 1.5  "a full queue": orders holds two; Producer's third put waits for a second,
 *                       until main takes one.
 *           second 2.5  "priorities": main puts laundry, fire, lunch into todo; Consumer gets
 *                       fire, lunch, laundry, one every quarter of a second.
 *           second 3.25 "the family": Ann and Ben wait for the event go, which a timer sets at
 *                       3.75; there is one seat, so Ben or Ann sits from 3.75 and the other from
 *                       4.25; both meet at the barrier at 4.75 and tell main, which waits on a
 *                       condition.
 * Finding   none: nobody waits for baton while Keeper sleeps with it; a seat is there to be kept.
 */
#include <weft.h>

#include <stdlib.h>

static bool start(struct weft_thread *thread)
{
    return thread && weft_thread_start(thread) == 1;
}

static void finish(struct weft_thread *thread)
{
    weft_thread_join(thread, WEFT_FOREVER);
    weft_thread_free(thread);
}

/* 1. Threads ────────────────────────────────────────────────────────────────────────────────── */

static void hold_baton(void *baton)
{
    weft_lock_acquire(baton, 1);
    weft_sleep(1.5);
    weft_lock_release(baton);
}

static void say_who_is_alive(void)
{
    struct weft_thread *threads[8];
    const int alive = weft_enumerate(threads, 8);

    for (int i = 0; i < alive && i < 8; i++)
        weft_print("  %d: %s", i + 1, weft_thread_name(threads[i]));
}

static bool visit_threads(void)
{
    struct weft_lock *baton = weft_lock_new("baton");
    struct weft_thread *keeper = weft_thread_new(NULL, hold_baton, baton);

    weft_zone_begin("threads");
    if (!baton || !start(keeper))
        return false;
    weft_sleep(0.25);
    if (weft_lock_acquire(baton, 0) == 0)
        weft_print("%s cannot have the baton now", weft_thread_name(weft_current_thread()));

    weft_thread_set_name(keeper, "Keeper");
    weft_print("%d threads are alive:", weft_active_count());
    say_who_is_alive();

    if (weft_thread_join(keeper, 0.5) == 0)
        weft_print("Keeper is %s after half a second",
                   weft_thread_is_alive(keeper) ? "still alive" : "gone");
    finish(keeper);
    weft_lock_free(baton);
    weft_zone_end();
    return true;
}

/* 2. A full queue ───────────────────────────────────────────────────────────────────────────── */

static void produce(void *orders)
{
    static char soup[] = "soup", bread[] = "bread", tea[] = "tea";

    weft_queue_put(orders, soup);
    weft_queue_put(orders, bread);
    weft_queue_put(orders, tea); /* there is room for two: waits */
    weft_queue_join(orders);
}

static bool visit_full_queue(void)
{
    struct weft_queue *orders = weft_queue_new("orders", 2);
    struct weft_thread *producer = weft_thread_new("Producer", produce, orders);
    void *order = NULL;

    weft_zone_begin("a full queue");
    if (!orders || !producer)
        return false;
    weft_queue_set_label(orders, weft_label_text);
    if (!start(producer))
        return false;
    weft_sleep(0.75);
    weft_print("orders is %s: %d", weft_queue_full(orders) ? "full" : "not full",
               weft_queue_qsize(orders));
    weft_sleep(0.25);
    for (int i = 0; i < 3; i++) {
        weft_queue_get(orders, &order);
        weft_print("%s is served", (const char *)order);
        weft_queue_task_done(orders);
    }
    finish(producer);
    weft_queue_free(orders);
    weft_zone_end();
    return true;
}

/* 3. Priorities ─────────────────────────────────────────────────────────────────────────────── */

struct task {
    int priority; /* the least is the most urgent */
    const char *what;
};

static int compare_tasks(const void *a, const void *b)
{
    const struct task *left = a, *right = b;
    return (left->priority > right->priority) - (left->priority < right->priority);
}

static const char *task_label(const void *item)
{
    const struct task *task = item;
    return task->what;
}

static void consume(void *todo)
{
    void *item = NULL;

    while (weft_queue_get_nowait(todo, &item) == 1) {
        weft_print("%s comes next", task_label(item));
        weft_sleep(0.25);
    }
}

static bool visit_priorities(void)
{
    static struct task tasks[] = {{3, "laundry"}, {1, "fire"}, {2, "lunch"}};
    struct weft_queue *todo = weft_priority_queue_new("todo", 0, compare_tasks);
    struct weft_thread *consumer = weft_thread_new("Consumer", consume, todo);

    weft_zone_begin("priorities");
    if (!todo || !consumer)
        return false;
    weft_queue_set_label(todo, task_label);
    for (int i = 0; i < 3; i++)
        weft_queue_put(todo, &tasks[i]);
    if (!start(consumer))
        return false;
    finish(consumer);
    weft_queue_free(todo);
    weft_zone_end();
    return true;
}

/* 4. The rest of the family ─────────────────────────────────────────────────────────────────── */

struct family {
    struct weft_event *go;
    struct weft_semaphore *seat;
    struct weft_barrier *meeting;
    struct weft_rlock *lock;
    struct weft_condition *changed;
    struct weft_counter *arrived;
    int done; /* lock */
};

static void say_go(void *go)
{
    weft_event_set(go);
}

static void sit_and_meet(void *object)
{
    struct family *family = object;

    weft_event_wait(family->go, WEFT_FOREVER);

    weft_semaphore_acquire(family->seat, 1);
    weft_zone_begin("seated");
    weft_sleep(0.5);
    weft_zone_end();
    weft_semaphore_release(family->seat);

    weft_barrier_wait(family->meeting, WEFT_FOREVER, NULL);

    weft_rlock_acquire(family->lock, 1);
    family->done += 1;
    weft_counter_set(family->arrived, family->done);
    weft_condition_notify(family->changed, 1);
    weft_rlock_release(family->lock);
}

static bool both_are_done(void *object)
{
    const struct family *family = object;
    return family->done == 2;
}

static bool family_init(struct family *family)
{
    family->go = weft_event_new("go");
    family->seat = weft_semaphore_new("seat", 1);
    family->meeting = weft_barrier_new("meeting", 2);
    family->lock = weft_rlock_new("familyLock");
    family->changed = family->lock ? weft_condition_new_rlock("changed", family->lock) : NULL;
    family->arrived = weft_counter_new("arrived");
    family->done = 0;
    return family->go && family->seat && family->meeting && family->changed && family->arrived;
}

static void family_done(struct family *family)
{
    weft_counter_free(family->arrived);
    weft_condition_free(family->changed);
    weft_rlock_free(family->lock);
    weft_barrier_free(family->meeting);
    weft_semaphore_free(family->seat);
    weft_event_free(family->go);
}

static bool visit_family(void)
{
    static struct family family;
    struct weft_thread *ann = weft_thread_new("Ann", sit_and_meet, &family);
    struct weft_thread *ben = weft_thread_new("Ben", sit_and_meet, &family);
    struct weft_timer *timer = NULL;

    weft_zone_begin("the family");
    if (!family_init(&family) || !(timer = weft_timer_new(0.5, say_go, family.go)) || !start(ann) ||
        !start(ben) || weft_timer_start(timer) != 1)
        return false;

    weft_rlock_acquire(family.lock, 1);
    weft_condition_wait_for(family.changed, both_are_done, &family, WEFT_FOREVER);
    weft_rlock_release(family.lock);
    weft_mark("the tour is over");
    weft_print("Ann and Ben have met");

    finish(ann);
    finish(ben);
    weft_timer_join(timer, WEFT_FOREVER);
    weft_timer_free(timer);
    family_done(&family);
    weft_zone_end();
    return true;
}

static int program(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (!visit_threads() || !visit_full_queue() || !visit_priorities() || !visit_family()) {
        weft_print("Error: unable to go on with the tour");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    return weft_main(program, argc, argv);
}
