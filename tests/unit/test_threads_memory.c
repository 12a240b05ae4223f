/* No memory: whatever allocates says so, and leaves everything as it was. */
#include "tests/unit/stage.h"

#include "runtime/weft.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The linker sends the runtime's malloc and calloc here (--wrap). */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
static int left = -1; /* allocations that succeed from now on; -1: all */

static bool granted(void)
{
    if (left == 0)
        return false;
    if (left > 0)
        left--;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    if (granted())
        return __real_malloc(bytes);
    errno = ENOMEM;
    return NULL;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    if (granted())
        return __real_calloc(count, bytes);
    errno = ENOMEM;
    return NULL;
}

static void do_nothing(void *self)
{
    (void)self;
}

static void do_nothing_new(void *args, void *kwargs)
{
    (void)args;
    (void)kwargs;
}

static int compare(const void *a, const void *b)
{
    return (a > b) - (a < b);
}

static int tear_down(void **state)
{
    (void)state;
    left = -1;
    return 0;
}

static void *make(int kind, struct weft_lock *lock)
{
    switch (kind) {
    case 0:
        return weft_lock_new("name");
    case 1:
        return weft_rlock_new("name");
    case 2:
        return weft_condition_new("name", lock);
    case 3:
        return weft_semaphore_new("name", 1);
    case 4:
        return weft_bounded_semaphore_new("name", 1);
    case 5:
        return weft_event_new("name");
    case 6:
        return weft_barrier_new("name", 2);
    case 7:
        return weft_queue_new("name", 1);
    case 8:
        return weft_lifo_queue_new("name", 1);
    case 9:
        return weft_priority_queue_new("name", 1, compare);
    case 10:
        return weft_counter_new("name");
    case 11:
        return weft_thread_new("name", do_nothing, NULL);
    default:
        return weft_timer_new(1, do_nothing, NULL);
    }
}

static void an_object_that_finds_no_memory_is_not_made(void **state)
{
    (void)state;
    struct weft_lock *lock = weft_lock_new(NULL);
    stage_forget();
    for (int kind = 0; kind <= 12; kind++) {
        left = 0;
        errno = 0;
        assert_null(make(kind, lock));
        assert_int_equal(errno, ENOMEM);
    }
    assert_string_equal(stage_events(), "");
    left = -1;
    weft_lock_free(lock);
}

static void an_object_of_several_parts_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    left = 1; /* the thread, but not its name */
    assert_null(weft_thread_new("name", do_nothing, NULL));
    assert_int_equal(errno, ENOMEM);
    for (int parts = 1; parts <= 2; parts++) { /* timer; its thread; its event */
        left = parts;
        errno = 0;
        assert_null(weft_timer_new(1, do_nothing, NULL));
        assert_int_equal(errno, ENOMEM);
    }
}

static void a_new_thread_without_memory_is_reported(void **state)
{
    (void)state;
    left = 0;
    assert_int_equal(weft_start_new_thread(do_nothing_new, NULL, NULL), -ENOMEM);
    assert_int_equal(weft_active_count(), 1);
}

static void a_thread_keeps_its_name_when_there_is_no_memory_for_another(void **state)
{
    (void)state;
    struct weft_thread *thread = weft_thread_new("Ann", do_nothing, NULL);
    left = 0;
    assert_int_equal(weft_thread_set_name(thread, "Ben"), -ENOMEM);
    assert_string_equal(weft_thread_name(thread), "Ann");
    weft_thread_free(thread);
}

static void a_queue_that_cannot_grow_keeps_what_it_has(void **state)
{
    (void)state;
    struct weft_queue *queue = weft_queue_new(NULL, 0);
    int items[100], put = 0;
    void *item = NULL;
    left = 1;
    while (weft_queue_put(queue, &items[put]) == 1)
        put++;
    assert_true(put > 0 && put < 100);
    assert_int_equal(weft_queue_put_nowait(queue, &items[put]), -ENOMEM);
    assert_int_equal(weft_queue_qsize(queue), put);
    left = -1;
    assert_int_equal(weft_queue_put(queue, &items[put]), 1);
    for (int i = 0; i <= put; i++) {
        assert_int_equal(weft_queue_get(queue, &item), 1);
        assert_ptr_equal(item, &items[i]);
        assert_int_equal(weft_queue_task_done(queue), 1);
    }
    assert_int_equal(weft_queue_task_done(queue), -EPERM); /* what was not put is not due */
    weft_queue_free(queue);
}

static void a_long_line_without_memory_is_not_printed_in_part(void **state)
{
    (void)state;
    static char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    stage_forget();
    left = 0;
    assert_int_equal(weft_print("%s", text), -ENOMEM);
    weft_mark("%s", text);
    assert_string_equal(stage_events(), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, stage_set, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_object_that_finds_no_memory_is_not_made),
        CASE(an_object_of_several_parts_is_made_whole_or_not_at_all),
        CASE(a_new_thread_without_memory_is_reported),
        CASE(a_thread_keeps_its_name_when_there_is_no_memory_for_another),
        CASE(a_queue_that_cannot_grow_keeps_what_it_has),
        CASE(a_long_line_without_memory_is_not_printed_in_part),
    };
    return cmocka_run_group_tests_name("no memory", tests, NULL, NULL);
}
