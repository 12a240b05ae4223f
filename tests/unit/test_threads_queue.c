/* Queues: rows "Queue(maxsize)" … "full()" of the API table, task_done and join, and misuse. */
#include "tests/unit/stage.h"

#include "runtime/weft.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char one[] = "One", two[] = "Two", three[] = "Three";

static struct weft_thread *start(void (*run)(void *self), void *self)
{
    struct weft_thread *thread = weft_thread_new(NULL, run, self);
    assert_non_null(thread);
    assert_int_equal(weft_thread_start(thread), 1);
    return thread;
}

static void finish(struct weft_thread *thread)
{
    assert_int_equal(weft_thread_join(thread, WEFT_FOREVER), 1);
    weft_thread_free(thread);
}

static void *get(struct weft_queue *queue)
{
    void *item = NULL;
    assert_int_equal(weft_queue_get(queue, &item), 1);
    return item;
}

/* A thread that gets one item, or puts one. */
struct client {
    struct weft_queue *queue;
    void *item;
    double seconds;
    int answer;
};

static void get_one(void *self)
{
    struct client *client = self;
    client->answer = client->seconds > 0
                         ? weft_queue_get_timed(client->queue, &client->item, client->seconds)
                         : weft_queue_get(client->queue, &client->item);
}

static void put_one(void *self)
{
    struct client *client = self;
    client->answer = client->seconds > 0
                         ? weft_queue_put_timed(client->queue, client->item, client->seconds)
                         : weft_queue_put(client->queue, client->item);
}

static void items_come_out_in_the_order_in_which_they_were_put(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    int items[100];
    int next_put = 0, next_get = 0;
    for (int round = 0; round < 10; round++) { /* so that the ring turns and grows */
        for (int i = 0; i < 10; i++)
            assert_int_equal(weft_queue_put(queue, &items[next_put++]), 1);
        for (int i = 0; i < 7; i++)
            assert_ptr_equal(get(queue), &items[next_get++]);
    }
    while (next_get < 100)
        assert_ptr_equal(get(queue), &items[next_get++]);
    assert_true(weft_queue_empty(queue));
    weft_queue_free(queue);
    weft_queue_free(NULL);
}

static void the_last_item_comes_out_of_a_lifo_queue_first(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_lifo_queue_new(NULL, 0);
    int items[20];
    for (int i = 0; i < 20; i++)
        weft_queue_put(queue, &items[i]);
    for (int i = 19; i >= 0; i--)
        assert_ptr_equal(get(queue), &items[i]);
    weft_queue_free(queue);
}

struct task {
    int priority;
};

static int compare_tasks(const void *a, const void *b)
{
    const struct task *left = a, *right = b;
    return (left->priority > right->priority) - (left->priority < right->priority);
}

static void the_least_item_comes_out_of_a_priority_queue_first(void **state)
{
    (void)state;
    enum { TASKS = 97 }; /* a prime: 31 visits every priority once */
    struct weft_queue *queue = weft_priority_queue_new("todo", 0, compare_tasks);
    struct task tasks[TASKS];
    for (int i = 0; i < TASKS; i++) {
        tasks[i].priority = i * 31 % TASKS;
        assert_int_equal(weft_queue_put(queue, &tasks[i]), 1);
    }
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(((struct task *)get(queue))->priority, i);
    weft_queue_free(queue);
}

static void equal_items_come_out_of_a_priority_queue_in_the_order_of_their_put(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_priority_queue_new(NULL, 0, compare_tasks);
    struct task tasks[60];
    for (int i = 0; i < 60; i++) {
        tasks[i].priority = i % 3;
        weft_queue_put(queue, &tasks[i]);
    }
    for (int priority = 0; priority < 3; priority++)
        for (int i = priority; i < 60; i += 3)
            assert_ptr_equal(get(queue), &tasks[i]);
    weft_queue_free(queue);
}

static void a_priority_queue_needs_an_order(void **state)
{
    (void)state;
    errno = 0;
    assert_null(weft_priority_queue_new(NULL, 0, NULL));
    assert_int_equal(errno, EINVAL);
}

static void puts_and_gets_are_recorded_with_size_and_item(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new("workQueue", 10);
    weft_queue_put(queue, one);
    weft_queue_set_label(queue, weft_label_text);
    weft_queue_put(queue, two);
    get(queue);
    get(queue);
    weft_queue_free(queue);
    assert_string_equal(stage_events(),
                        "1:object_new\"workQueue\" 1:queue_put(1) 1:queue_put(2)\"Two\" "
                        "1:queue_get(1)\"One\" 1:queue_get(0)\"Two\" 1:object_destroy");
}

static void a_queue_can_be_named_later(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    assert_int_equal(weft_queue_set_name(queue, "jobs"), 1);
    assert_int_equal(weft_queue_set_name(queue, NULL), -EINVAL);
    assert_string_equal(stage_events(), "1:object_new 1:object_name\"jobs\"");
    weft_queue_free(queue);
}

static void an_item_may_be_null_and_need_not_be_taken(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    void *item = one;
    weft_queue_put(queue, NULL);
    weft_queue_put(queue, two);
    assert_int_equal(weft_queue_get(queue, &item), 1);
    assert_null(item);
    assert_int_equal(weft_queue_get(queue, NULL), 1);
    assert_true(weft_queue_empty(queue));
    weft_queue_free(queue);
}

static void qsize_empty_and_full_tell_what_is_in_it(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 2);
    stage_forget();
    assert_true(weft_queue_empty(queue));
    assert_false(weft_queue_full(queue));
    assert_int_equal(weft_queue_qsize(queue), 0);
    weft_queue_put(queue, one);
    weft_queue_put(queue, two);
    assert_false(weft_queue_empty(queue));
    assert_true(weft_queue_full(queue));
    assert_int_equal(weft_queue_qsize(queue), 2);
    assert_string_equal(stage_events(), "1:empty?1 1:full?0 1:qsize?0 1:queue_put(1) "
                                        "1:queue_put(2) 1:empty?0 1:full?1 1:qsize?2");
    weft_queue_free(queue);
}

static void a_queue_without_bound_is_never_full(void **state)
{
    (void)state;
    struct weft_queue *zero = weft_queue_new(NULL, 0), *negative = weft_queue_new(NULL, -3);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(weft_queue_put_nowait(zero, one), 1);
        assert_int_equal(weft_queue_put_nowait(negative, one), 1);
    }
    assert_false(weft_queue_full(zero));
    assert_false(weft_queue_full(negative));
    weft_queue_free(zero);
    weft_queue_free(negative);
}

static void a_get_waits_while_the_queue_is_empty(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    struct client clients[2] = {{.queue = queue}, {.queue = queue}};
    struct weft_thread *threads[2];
    for (int i = 0; i < 2; i++) {
        threads[i] = start(get_one, &clients[i]);
        stage_wait_blocked(i + 1);
    }
    assert_non_null(strstr(stage_events(), "2:queue_get_wait(-1)"));
    weft_queue_put(queue, one);
    finish(threads[0]);
    assert_ptr_equal(clients[0].item, one);
    assert_non_null(strstr(stage_events(), "2:queue_get(0)"));
    assert_true(weft_thread_is_alive(threads[1]));
    weft_queue_put(queue, two);
    finish(threads[1]);
    assert_ptr_equal(clients[1].item, two);
    weft_queue_free(queue);
}

static void a_put_waits_while_the_queue_is_full(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 1);
    struct client client = {.queue = queue, .item = two};
    weft_queue_put(queue, one);
    struct weft_thread *thread = start(put_one, &client);
    stage_wait_blocked(1);
    assert_non_null(strstr(stage_events(), "2:queue_put_wait(-1)"));
    assert_int_equal(weft_queue_qsize(queue), 1);
    assert_ptr_equal(get(queue), one);
    finish(thread);
    assert_int_equal(client.answer, 1);
    assert_ptr_equal(get(queue), two);
    weft_queue_free(queue);
}

static void a_get_or_put_without_waiting_fails_at_once(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 1);
    void *item = three;
    stage_forget();
    assert_int_equal(weft_queue_get_nowait(queue, &item), 0);
    assert_ptr_equal(item, three);
    assert_int_equal(weft_queue_put_nowait(queue, one), 1);
    assert_int_equal(weft_queue_put_nowait(queue, two), 0);
    assert_int_equal(weft_queue_get_nowait(queue, &item), 1);
    assert_ptr_equal(item, one);
    assert_string_equal(stage_events(), "1:queue_get_fail!failed 1:queue_put(1) "
                                        "1:queue_put_fail!failed 1:queue_get(0)");
    weft_queue_free(queue);
}

static void a_get_or_put_with_a_time_limit_gives_up(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 1);
    void *item = three;
    stage_forget();
    assert_int_equal(weft_queue_get_timed(queue, &item, 1), 0);
    assert_ptr_equal(item, three);
    assert_int_equal(weft_queue_put_timed(queue, one, 1), 1);
    assert_int_equal(weft_queue_put_timed(queue, two, 2), 0);
    assert_int_equal(stage_now_ms(), 3000);
    assert_int_equal(weft_queue_get_timed(queue, &item, 0), 1);
    assert_string_equal(stage_events(),
                        "1:queue_get_wait(1000000000) 1:queue_get_timeout!timeout 1:queue_put(1) "
                        "1:queue_put_wait(2000000000) 1:queue_put_timeout!timeout 1:queue_get(0)");
    weft_queue_free(queue);
}

static void who_was_woken_and_lost_its_item_keeps_its_place(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    struct client clients[2] = {{.queue = queue}, {.queue = queue}};
    struct weft_thread *threads[2];
    void *item = NULL;
    for (int i = 0; i < 2; i++) {
        threads[i] = start(get_one, &clients[i]);
        stage_wait_blocked(i + 1);
    }
    stage_hold(true);
    weft_queue_put(queue, one);
    assert_int_equal(weft_queue_get_nowait(queue, &item), 1);
    stage_hold(false);
    stage_wait_blocked(2);
    weft_queue_put(queue, two);
    finish(threads[0]);
    assert_ptr_equal(clients[0].item, two);
    weft_queue_put(queue, three);
    finish(threads[1]);
    weft_queue_free(queue);
}

static void who_was_woken_takes_its_item_although_its_time_is_up(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    struct client client = {.queue = queue, .seconds = 5};
    struct weft_thread *thread = start(get_one, &client);
    stage_wait_blocked(1);
    stage_hold(true);
    weft_queue_put(queue, one);
    stage_pass(10);
    stage_hold(false);
    finish(thread);
    assert_int_equal(client.answer, 1);
    assert_ptr_equal(client.item, one);
    weft_queue_free(queue);
}

static void a_negative_time_to_get_or_put_is_an_error(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    void *item = three;
    assert_int_equal(weft_queue_put_timed(queue, one, -1), -EINVAL);
    assert_int_equal(weft_queue_put_timed(queue, one, NAN), -EINVAL);
    assert_true(weft_queue_empty(queue));
    weft_queue_put(queue, one);
    assert_int_equal(weft_queue_get_timed(queue, &item, -1), -EINVAL);
    assert_ptr_equal(item, three);
    assert_int_equal(weft_queue_qsize(queue), 1);
    weft_queue_free(queue);
}

static void join_queue(void *self)
{
    struct client *client = self;
    client->answer = weft_queue_join(client->queue);
}

static void a_join_waits_until_every_item_is_done(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    struct client client = {.queue = queue};
    weft_queue_put(queue, one);
    weft_queue_put(queue, two);
    struct weft_thread *thread = start(join_queue, &client);
    stage_wait_blocked(1);
    assert_non_null(strstr(stage_events(), "2:queue_join(2)"));
    get(queue);
    get(queue); /* taken is not done */
    assert_int_equal(weft_queue_task_done(queue), 1);
    assert_true(weft_thread_is_alive(thread));
    stage_forget();
    assert_int_equal(weft_queue_task_done(queue), 1);
    finish(thread);
    assert_memory_equal(stage_events(), "1:queue_task_done(0)", 20);
    assert_int_equal(client.answer, 1);
    weft_queue_free(queue);
}

static void a_join_of_a_queue_without_tasks_returns_at_once(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    stage_forget();
    assert_int_equal(weft_queue_join(queue), 1);
    assert_string_equal(stage_events(), "1:queue_joined");
    weft_queue_free(queue);
}

static void a_task_done_too_many_is_an_error(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    assert_int_equal(weft_queue_task_done(queue), -EPERM);
    weft_queue_put(queue, one);
    assert_int_equal(weft_queue_task_done(queue), 1);
    assert_int_equal(weft_queue_task_done(queue), -EPERM);
    assert_int_equal(weft_queue_join(queue), 1);
    assert_int_equal(weft_queue_qsize(queue), 1);
    weft_queue_free(queue);
}

/* Many threads ──────────────────────────────────────────────────────────────────────────────── */

enum { PRODUCERS = 3, CONSUMERS = 3, ITEMS = 200 };

struct mill {
    struct weft_queue *queue;
    int items[PRODUCERS][ITEMS]; /* how often each came out */
    int next_producer;
    struct weft_lock *lock; /* next_producer, items */
};

static void produce(void *self)
{
    struct mill *mill = self;
    weft_lock_acquire(mill->lock, 1);
    int *items = mill->items[mill->next_producer++];
    weft_lock_release(mill->lock);
    for (int i = 0; i < ITEMS; i++)
        weft_queue_put(mill->queue, &items[i]);
}

static void consume(void *self)
{
    struct mill *mill = self;
    for (void *item; weft_queue_get(mill->queue, &item) == 1 && item;) {
        weft_lock_acquire(mill->lock, 1);
        ++*(int *)item;
        weft_lock_release(mill->lock);
        weft_queue_task_done(mill->queue);
    }
}

static void every_item_comes_out_once_however_many_put_and_get(void **state)
{
    (void)state;
    static struct mill mill;
    struct weft_thread *producers[PRODUCERS], *consumers[CONSUMERS];
    mill.queue = weft_queue_new(NULL, 2);
    mill.lock = weft_lock_new(NULL);
    for (int i = 0; i < CONSUMERS; i++)
        consumers[i] = start(consume, &mill);
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = start(produce, &mill);
    for (int i = 0; i < PRODUCERS; i++)
        finish(producers[i]);
    assert_int_equal(weft_queue_join(mill.queue), 1);
    for (int i = 0; i < CONSUMERS; i++)
        weft_queue_put(mill.queue, NULL);
    for (int i = 0; i < CONSUMERS; i++)
        finish(consumers[i]);
    for (int producer = 0; producer < PRODUCERS; producer++)
        for (int i = 0; i < ITEMS; i++)
            assert_int_equal(mill.items[producer][i], 1);
    weft_queue_free(mill.queue);
    weft_lock_free(mill.lock);
}

#define CASE(name) cmocka_unit_test_setup(name, stage_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(items_come_out_in_the_order_in_which_they_were_put),
        CASE(the_last_item_comes_out_of_a_lifo_queue_first),
        CASE(the_least_item_comes_out_of_a_priority_queue_first),
        CASE(equal_items_come_out_of_a_priority_queue_in_the_order_of_their_put),
        CASE(a_priority_queue_needs_an_order),
        CASE(puts_and_gets_are_recorded_with_size_and_item),
        CASE(a_queue_can_be_named_later),
        CASE(an_item_may_be_null_and_need_not_be_taken),
        CASE(qsize_empty_and_full_tell_what_is_in_it),
        CASE(a_queue_without_bound_is_never_full),
        CASE(a_get_waits_while_the_queue_is_empty),
        CASE(a_put_waits_while_the_queue_is_full),
        CASE(a_get_or_put_without_waiting_fails_at_once),
        CASE(a_get_or_put_with_a_time_limit_gives_up),
        CASE(who_was_woken_and_lost_its_item_keeps_its_place),
        CASE(who_was_woken_takes_its_item_although_its_time_is_up),
        CASE(a_negative_time_to_get_or_put_is_an_error),
        CASE(a_join_waits_until_every_item_is_done),
        CASE(a_join_of_a_queue_without_tasks_returns_at_once),
        CASE(a_task_done_too_many_is_an_error),
        CASE(every_item_comes_out_once_however_many_put_and_get),
    };
    return cmocka_run_group_tests_name("queues", tests, NULL, NULL);
}
