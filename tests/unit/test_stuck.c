/*
 * Deadlocks as they are seen in the lanes alone: which last records and owners make a cycle, and
 * which only look like one.  Lanes, program and clock are the test's own.
 */
#include "traces/write/stuck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 1000, RING = 16, TID = 5000 };

static const uint64_t locks = 0x10000;
static struct weft_lanes lanes;
static struct weft_stuck stuck;
static uint32_t owners[THREADS]; /* of lock i: a kernel's number */
static uint32_t asleep;          /* on any lock */
static unsigned asked;
static unsigned told;
static struct weft_stuck_cycle last;

static uint32_t owner(void *ctx, uint64_t object, enum weft_object_kind kind)
{
    (void)ctx;
    (void)kind;
    asked++;
    return owners[object - locks];
}

static bool sleeps_on(void *ctx, uint32_t tid, uint64_t object)
{
    (void)ctx;
    return tid == asleep && object >= locks;
}

static void found(void *ctx, const struct weft_stuck_cycle *cycle)
{
    (void)ctx;
    told++;
    last = *cycle;
}

static const struct weft_stuck_program program = {owner, sleeps_on, NULL};

static int begin(void **state)
{
    (void)state;
    lanes = (struct weft_lanes){.mapped_bytes = weft_spool_lane_at(THREADS), .count = THREADS};
    /* Hardly any of its pages are touched: the file is a hole. */
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (off_t)lanes.mapped_bytes), 0);
    lanes.head =
        mmap(NULL, lanes.mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    (void)fclose(file);
    memset(owners, 0, sizeof owners);
    asleep = asked = told = 0;
    return lanes.head == MAP_FAILED ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    weft_stuck_done(&stuck);
    return munmap(lanes.head, lanes.mapped_bytes);
}

static void records(uint32_t lane, enum weft_event_kind event, enum weft_object_kind kind,
                    uint32_t lock, uint64_t site)
{
    struct weft_lane *at = weft_lane_at(&lanes, lane);
    const uint64_t head = atomic_load(&at->head);

    atomic_store(&at->capacity, RING);
    atomic_store(&at->used, TID + lane);
    atomic_store(&at->thread, lane + 1);
    at->slots[head % RING].head.object_kind = (locks + lock) << 8 | event;
    at->slots[head % RING].head.site_more = site << 16 | (uint64_t)WEFT_SLOT_HOW(WEFT_OUT_OK, kind)
                                                             << 8;
    atomic_store(&at->head, head + 1);
}

/* The thread has one lock and waits for another. */
static void has_and_wants(uint32_t lane, enum weft_object_kind kind, uint32_t has, uint32_t wants)
{
    const bool rw = kind == WEFT_OBJ_RWLOCK;

    records(lane, rw ? WEFT_EV_RWLOCK_WRITE_ACQUIRE : WEFT_EV_LOCK_ACQUIRE, kind, has, 100 + lane);
    records(lane, rw ? WEFT_EV_RWLOCK_READ_REQUEST : WEFT_EV_LOCK_REQUEST, kind, wants, 200 + lane);
    owners[has] = TID + lane;
}

static void look_twice(void)
{
    weft_stuck_look(&stuck, &lanes, 1, &program, found);
    assert_int_equal(told, 0);
    weft_stuck_look(&stuck, &lanes, 1 + WEFT_STUCK_NS, &program, found);
}

static void two_that_wait_for_each_other_are_told_with_their_places(void **state)
{
    (void)state;
    has_and_wants(3, WEFT_OBJ_MUTEX, 0, 1);
    has_and_wants(7, WEFT_OBJ_MUTEX, 1, 0);
    look_twice();
    assert_int_equal(told, 1);
    assert_int_equal(last.count, 2);
    assert_int_equal(last.waits[0].thread, 4);
    assert_int_equal(last.waits[0].object, locks + 1);
    assert_int_equal(last.waits[0].site, 203);
    assert_int_equal(last.waits[0].held_site, 107);
    assert_int_equal(last.waits[1].thread, 8);
    assert_int_equal(last.waits[1].held_site, 103);
}

static void a_reader_and_a_writer_of_two_rwlocks_are_told(void **state)
{
    (void)state;
    has_and_wants(0, WEFT_OBJ_RWLOCK, 0, 1);
    has_and_wants(1, WEFT_OBJ_RWLOCK, 1, 0);
    look_twice();
    assert_int_equal(told, 1);
    assert_int_equal(last.count, 2);
    assert_int_equal(last.waits[1].kind, WEFT_OBJ_RWLOCK);
    assert_int_equal(last.waits[1].held_site, 100);
}

static void a_mutex_and_a_recursive_one_make_a_cycle_of_three(void **state)
{
    (void)state;
    has_and_wants(2, WEFT_OBJ_RECURSIVE_MUTEX, 2, 0);
    has_and_wants(1, WEFT_OBJ_MUTEX, 1, 2);
    has_and_wants(0, WEFT_OBJ_RWLOCK, 0, 1);
    look_twice();
    assert_int_equal(told, 1);
    assert_int_equal(last.count, 3);
}

static void one_who_went_on_between_the_looks_is_not_stuck(void **state)
{
    (void)state;
    has_and_wants(0, WEFT_OBJ_MUTEX, 0, 1);
    has_and_wants(1, WEFT_OBJ_MUTEX, 1, 0);
    weft_stuck_look(&stuck, &lanes, 1, &program, found);
    records(1, WEFT_EV_LOCK_REQUEST, WEFT_OBJ_MUTEX, 0, 300);
    weft_stuck_look(&stuck, &lanes, 1 + WEFT_STUCK_NS, &program, found);
    assert_int_equal(told, 0);
    weft_stuck_look(&stuck, &lanes, 1 + 2 * WEFT_STUCK_NS, &program, found);
    assert_int_equal(told, 1);
}

static void one_who_waits_for_something_else_breaks_the_cycle(void **state)
{
    (void)state;
    has_and_wants(0, WEFT_OBJ_MUTEX, 0, 1);
    has_and_wants(1, WEFT_OBJ_MUTEX, 1, 0);
    records(1, WEFT_EV_COND_WAIT, WEFT_OBJ_CONDITION, 5, 300);
    look_twice();
    assert_int_equal(told, 0);
}

static void who_sleeps_on_what_he_has_waits_for_himself(void **state)
{
    (void)state;
    has_and_wants(4, WEFT_OBJ_MUTEX, 4, 4);
    asleep = TID + 4;
    look_twice();
    assert_int_equal(told, 1);
    assert_int_equal(last.count, 1);
    assert_int_equal(last.waits[0].held_site, 104);
}

static void who_was_given_a_lock_and_has_not_said_so_yet_does_not(void **state)
{
    (void)state;
    has_and_wants(4, WEFT_OBJ_MUTEX, 4, 4); /* no processor: not asleep */
    look_twice();
    assert_int_equal(told, 0);
    asleep = TID + 4; /* on the drain, for room in his lane */
    atomic_store(&weft_lane_at(&lanes, 4)->waiting, 77);
    weft_stuck_look(&stuck, &lanes, 1 + 2 * WEFT_STUCK_NS, &program, found);
    assert_int_equal(told, 0);
}

static void a_thousand_in_a_row_are_asked_for_once_each(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < THREADS; i++) {
        has_and_wants(i, WEFT_OBJ_MUTEX, i, i + 1 < THREADS ? i + 1 : 0);
    }
    owners[0] = 1; /* somebody who does not wait */
    look_twice();
    assert_int_equal(told, 0);
    assert_int_equal(asked, THREADS);
    records(THREADS - 1, WEFT_EV_LOCK_REQUEST, WEFT_OBJ_MUTEX, THREADS - 2, 300);
    weft_stuck_look(&stuck, &lanes, 1 + 2 * WEFT_STUCK_NS, &program, found);
    weft_stuck_look(&stuck, &lanes, 1 + 3 * WEFT_STUCK_NS, &program, found);
    assert_int_equal(told, 1);
    assert_int_equal(last.count, 2);
}

static void garbage_in_a_lane_is_no_wait(void **state)
{
    (void)state;
    has_and_wants(0, WEFT_OBJ_MUTEX, 0, 1);
    has_and_wants(1, WEFT_OBJ_MUTEX, 1, 0);
    atomic_store(&weft_lane_at(&lanes, 1)->capacity, 12345);
    look_twice();
    assert_int_equal(told, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(two_that_wait_for_each_other_are_told_with_their_places),
        CASE(a_reader_and_a_writer_of_two_rwlocks_are_told),
        CASE(a_mutex_and_a_recursive_one_make_a_cycle_of_three),
        CASE(one_who_went_on_between_the_looks_is_not_stuck),
        CASE(one_who_waits_for_something_else_breaks_the_cycle),
        CASE(who_sleeps_on_what_he_has_waits_for_himself),
        CASE(who_was_given_a_lock_and_has_not_said_so_yet_does_not),
        CASE(a_thousand_in_a_row_are_asked_for_once_each),
        CASE(garbage_in_a_lane_is_no_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
