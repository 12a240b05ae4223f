/* What is kept of the records that leave a window, and that it can be told again. */
#include "traces/write/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LOCK = 0x1000, OTHER = 0x2000, CONDITION = 0x3000, TEXT_ROOM = 4096, MANY = 50000 };

static struct weft_past past;
static uint64_t ticks;

static int begin(void **state)
{
    (void)state;
    past = (struct weft_past){0};
    ticks = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    weft_past_done(&past);
    return 0;
}

static void put(uint32_t thread, enum weft_event_kind kind, uint64_t object, int64_t second,
                const char *text)
{
    const uint32_t len = text != NULL ? (uint32_t)strlen(text) : 0;

    weft_past_put(&past, thread,
                  &(struct weft_taken){.ticks = ++ticks,
                                       .object = object,
                                       .kind = kind,
                                       .has_args = text != NULL || second != 0,
                                       .second = second,
                                       .text = text,
                                       .text_stored = len,
                                       .text_bytes = len});
}

static void happens(uint32_t thread, enum weft_event_kind kind, uint64_t object)
{
    put(thread, kind, object, 0, NULL);
}

struct told {
    char text[TEXT_ROOM];
    size_t len, count;
};

static void tell(void *ctx, uint32_t thread, const struct weft_taken *taken)
{
    struct told *told = ctx;
    const char *name = taken->kind < WEFT_EV_COUNT ? weft_events[taken->kind].name : "new";
    const int len =
        snprintf(told->text + told->len, sizeof told->text - told->len, "%u %s %llx%s%.*s\n",
                 thread, name, (unsigned long long)taken->object, taken->text != NULL ? " " : "",
                 (int)taken->text_stored, taken->text != NULL ? taken->text : "");

    told->count++;
    if (told->len + (size_t)len < sizeof told->text) {
        told->len += (size_t)len;
    }
}

static void assert_told(const struct weft_past *of, const char *expected)
{
    struct told told = {.len = 0};

    weft_past_tell_all(of, tell, &told);
    assert_string_equal(told.text, expected);
}

static size_t count_told(void)
{
    struct told told = {.len = 0};

    weft_past_tell_all(&past, tell, &told);
    return told.count;
}

static void what_is_open_is_told_and_what_is_over_is_not(void **state)
{
    (void)state;
    put(1, WEFT_EV_THREAD_CREATE, 2, 0, "worker");
    happens(2, WEFT_EV_ATTACH, 2);
    happens(1, WEFT_EV_LOCK_ACQUIRE, LOCK);
    happens(1, WEFT_EV_LOCK_ACQUIRE, OTHER);
    happens(1, WEFT_EV_LOCK_RELEASE, OTHER);
    put(2, WEFT_EV_ZONE_BEGIN, 0, 0, "outer");
    put(2, WEFT_EV_ZONE_BEGIN, 0, 0, "inner");
    happens(2, WEFT_EV_ZONE_END, 0);
    happens(2, WEFT_EV_SLEEP_BEGIN, 0);
    happens(2, WEFT_EV_SLEEP_END, 0);
    happens(2, WEFT_EV_LOCK_REQUEST, LOCK);
    assert_told(&past, "0 thread_create 1\n"
                       "1 before 0\n"
                       "1 lock_acquire 1000\n"
                       "0 thread_create 2 worker\n"
                       "2 before 0\n"
                       "2 zone_begin 0 outer\n"
                       "2 lock_request 1000\n");
    assert_int_equal(past.dropped, 11);
}

static void a_wait_on_a_condition_gives_up_its_mutex_and_takes_it_back(void **state)
{
    (void)state;
    happens(1, WEFT_EV_LOCK_ACQUIRE, LOCK);
    put(1, WEFT_EV_COND_WAIT, CONDITION, LOCK, NULL);
    happens(2, WEFT_EV_LOCK_ACQUIRE, LOCK);
    assert_told(&past, "0 thread_create 1\n"
                       "1 before 0\n"
                       "1 lock_acquire 1000\n" /* and then the wait gives it up */
                       "1 cond_wait 3000\n"
                       "0 thread_create 2\n"
                       "2 before 0\n"
                       "2 lock_acquire 1000\n");
    happens(2, WEFT_EV_LOCK_RELEASE, LOCK);
    put(1, WEFT_EV_COND_WAKE, CONDITION, LOCK, NULL);
    assert_told(&past, "0 thread_create 1\n"
                       "1 before 0\n"
                       "1 lock_acquire 1000\n"
                       "0 thread_create 2\n"
                       "2 before 0\n");
}

static void a_lock_that_another_thread_releases_is_not_held(void **state)
{
    (void)state;
    happens(1, WEFT_EV_LOCK_ACQUIRE, LOCK);
    happens(2, WEFT_EV_LOCK_RELEASE, LOCK);
    assert_told(&past, "0 thread_create 1\n1 before 0\n0 thread_create 2\n2 before 0\n");
}

static void after_a_loss_nothing_is_known_of_the_thread(void **state)
{
    (void)state;
    happens(1, WEFT_EV_LOCK_ACQUIRE, LOCK);
    happens(1, WEFT_EV_LOCK_REQUEST, OTHER);
    weft_past_lose(&past, 1);
    assert_told(&past, "0 thread_create 1\n1 before 0\n");
    assert_int_equal(past.dropped, 2);
}

static void names_are_kept_until_the_thing_is_gone(void **state)
{
    (void)state;
    put(1, WEFT_EV_OBJECT_NEW, LOCK, 0, "queue_lock");
    put(1, WEFT_EV_OBJECT_NEW, OTHER, 0, NULL);
    put(1, WEFT_EV_OBJECT_NAME, OTHER, 0, "other");
    put(1, WEFT_EV_OBJECT_NEW, CONDITION, 0, "gone");
    happens(1, WEFT_EV_OBJECT_DESTROY, CONDITION);
    put(1, WEFT_EV_THREAD_NAME, 1, 0, "chief");
    assert_told(&past, "0 new 1000 queue_lock\n0 new 2000 other\n"
                       "0 thread_create 1 chief\n1 before 0\n");
}

static void an_exec_leaves_one_thread_that_holds_nothing(void **state)
{
    (void)state;
    put(1, WEFT_EV_OBJECT_NEW, LOCK, 0, "queue_lock");
    happens(1, WEFT_EV_LOCK_ACQUIRE, LOCK);
    happens(2, WEFT_EV_LOCK_ACQUIRE, OTHER);
    happens(1, WEFT_EV_PROCESS_EXEC, 0);
    assert_told(&past, "0 thread_create 1\n1 before 0\n");
    assert_int_equal(past.dropped, 3);
}

static void threads_and_objects_that_are_gone_take_no_memory(void **state)
{
    (void)state;
    for (uint32_t i = 2; i < MANY; i++) {
        put(1, WEFT_EV_THREAD_CREATE, i, 0, "short");
        happens(i, WEFT_EV_ATTACH, i);
        put(i, WEFT_EV_OBJECT_NEW, 0x1000 + (uint64_t)i * 64, 0, "short");
        happens(i, WEFT_EV_OBJECT_DESTROY, 0x1000 + (uint64_t)i * 64);
        happens(i, WEFT_EV_THREAD_EXIT, 0);
        if (i % 2 == 0) { /* the others are never joined */
            happens(1, WEFT_EV_JOIN_END, i);
        }
    }
    assert_true(count_told() <= WEFT_PAST_ENDED + 4);
    assert_true(past.threads.room < 16384 && past.objects.room < 16384);
    assert_true(past.thread_of.room < 16384 && past.object_of.room < 16384);
}

static void what_is_written_is_read_back(void **state)
{
    struct weft_past back = {0};
    struct told told = {.len = 0};
    struct weft_sink sink;

    (void)state;
    put(1, WEFT_EV_OBJECT_NEW, LOCK, 0, "queue_lock");
    put(1, WEFT_EV_THREAD_CREATE, 2, 0x4000, NULL);
    happens(1, WEFT_EV_LOCK_ACQUIRE, LOCK);
    put(1, WEFT_EV_ZONE_BEGIN, 0, 0, "zone");
    happens(2, WEFT_EV_LOCK_ACQUIRE, OTHER);
    put(2, WEFT_EV_COND_WAIT, CONDITION, OTHER, NULL);
    weft_past_tell_all(&past, tell, &told);
    assert_true(weft_sink_init(&sink, -1));
    weft_past_write(&past, &sink, TEXT_ROOM);
    weft_past_read(&back, (const unsigned char *)sink.buffer, sink.used);
    assert_told(&back, told.text);
    weft_past_done(&back);
    for (size_t len = 0; len < sink.used; len++) { /* cut anywhere, it is the beginning of it */
        weft_past_read(&back, (const unsigned char *)sink.buffer, len);
        weft_past_done(&back);
    }
    weft_sink_done(&sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_open_is_told_and_what_is_over_is_not, begin, end),
        cmocka_unit_test_setup_teardown(a_wait_on_a_condition_gives_up_its_mutex_and_takes_it_back,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_lock_that_another_thread_releases_is_not_held, begin,
                                        end),
        cmocka_unit_test_setup_teardown(after_a_loss_nothing_is_known_of_the_thread, begin, end),
        cmocka_unit_test_setup_teardown(names_are_kept_until_the_thing_is_gone, begin, end),
        cmocka_unit_test_setup_teardown(an_exec_leaves_one_thread_that_holds_nothing, begin, end),
        cmocka_unit_test_setup_teardown(threads_and_objects_that_are_gone_take_no_memory, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_written_is_read_back, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
