/*
 * Recorder and writer together: what threads record comes out as lines, in order, whole or
 * counted.  A process opens one spool in its life, so each case runs in a child of its own; what
 * fails there is told on stderr and by the child's exit status.
 */
#include "runtime/record/lane.h"
#include "runtime/record/record.h"
#include "traces/write/write.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

struct recording {
    struct weft_writer *writer;
    struct weft_writer_summary summary;
    char path[64];
    char *text; /* the whole trace, after end() */
};

static void begin(struct recording *recording)
{
    static const char *const command[] = {"test"};
    struct weft_error error;

    (void)strcpy(recording->path, "/tmp/weft-test-record-XXXXXX");
    const int fd = mkstemp(recording->path);
    CHECK(fd >= 0);
    (void)close(fd);
    const struct weft_writer_options options = {
        .trace_path = recording->path, .program = "test", .command = command, .command_count = 1};
    CHECK(weft_writer_new(&options, &recording->writer, &error) == WEFT_OK);
    CHECK(setenv("WEFT_SPOOL", weft_writer_spool_path(recording->writer), 1) == 0);
    weft_record_open();
    CHECK(weft_record_on());
}

static void end(struct recording *recording)
{
    static char *text; /* kept until the child ends, which makes one recording */
    struct weft_error error;

    CHECK(weft_writer_finish(recording->writer, 0, &recording->summary, &error) == WEFT_OK);
    weft_writer_free(recording->writer);
    FILE *file = fopen(recording->path, "r");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    const size_t len = (size_t)ftell(file);
    rewind(file);
    text = calloc(1, len + 1);
    CHECK(text != NULL && fread(text, 1, len, file) == len);
    recording->text = text;
    (void)fclose(file);
    (void)unlink(recording->path);
}

static size_t count_of(const struct recording *recording, const char *what)
{
    size_t count = 0;
    char *line = recording->text;

    /* Line by line: AddressSanitizer's strstr measures all the text that follows, each time. */
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        for (const char *at = line; (at = strstr(at, what)) != NULL; at++) {
            count++;
        }
        *end = '\n';
    }
    return count;
}

static void in_a_child(void (*body)(void))
{
    int status = 0;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        body();
        exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void order_body(void)
{
    struct recording recording;
    int64_t last = -1, t = 0;

    begin(&recording);
    for (int i = 0; i < 1000; i++) {
        weft_record(WEFT_EV_LOCK_ACQUIRE, 0x1000, NULL, WEFT_OUT_OK);
        weft_record(WEFT_EV_LOCK_RELEASE, 0x1000, NULL, WEFT_OUT_OK);
    }
    end(&recording);
    CHECK(count_of(&recording, "\"event\":\"lock_acquire\"") == 1000);
    CHECK(count_of(&recording, "\"event\":\"lock_release\"") == 1000);
    CHECK(count_of(&recording, "\"define\":\"object\"") == 1);
    CHECK(count_of(&recording, "\"define\":\"thread\",\"id\":1,\"name\":\"main\"") == 1);
    CHECK(recording.summary.lost == 0 && recording.summary.late == 0);
    CHECK(recording.summary.events == 2002); /* with thread_start and process_end */
    for (const char *at = recording.text; (at = strstr(at, "{\"t\":")) != NULL; at++) {
        t = strtoll(at + 5, NULL, 10);
        CHECK(t >= last);
        last = t;
    }
    CHECK(last > 0);
}

static void events_come_out_in_time_order_and_are_counted(void **state)
{
    (void)state;
    in_a_child(order_body);
}

enum { MANY = 100000, THREADS = 4 };

static atomic_int ended;

static void *record_many(void *arg)
{
    weft_record_attach(weft_record_new_thread());
    for (int i = 0; i < MANY; i++) {
        weft_record(WEFT_EV_LOCK_ACQUIRE, (uint64_t)(uintptr_t)arg, NULL, WEFT_OUT_OK);
    }
    weft_record_detach();
    atomic_fetch_add(&ended, 1);
    return NULL;
}

static void backlog_body(void)
{
    struct recording recording;
    pthread_t threads[THREADS];
    int objects[THREADS];

    begin(&recording);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, record_many, &objects[i]) == 0);
    }
    /* The owners wait while their lanes are full: draining until all have ended is enough. */
    while (atomic_load(&ended) < THREADS) {
        (void)weft_writer_drain(recording.writer);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    end(&recording);
    CHECK(recording.summary.lost == 0);
    CHECK(count_of(&recording, "\"event\":\"lock_acquire\"") == (size_t)MANY * THREADS);
    CHECK(count_of(&recording, "\"define\":\"thread\"") == THREADS + 1);
}

static void a_full_lane_waits_for_the_drain(void **state)
{
    (void)state;
    in_a_child(backlog_body);
}

static void loss_body(void)
{
    struct recording recording;

    begin(&recording);
    atomic_store(&weft_spool.head->drain, 0); /* nobody drains … */
    weft_spool.head->packed_path[0] = '\0';   /* … and we cannot pack either */
    for (int i = 0; i < WEFT_LANE_SLOTS_MIN + 500; i++) {
        weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    }
    end(&recording);
    CHECK(recording.summary.lost > 0);
    CHECK(count_of(&recording, "\"event\":\"sleep_end\"") + recording.summary.lost ==
          WEFT_LANE_SLOTS_MIN + 500);
    CHECK(count_of(&recording, "\"event\":\"lost\"") == 1);
}

static void a_full_lane_without_a_drain_counts_what_it_drops(void **state)
{
    (void)state;
    in_a_child(loss_body);
}

static void text_body(void)
{
    static char text[10000];
    struct recording recording;

    memset(text, 'x', sizeof text);
    begin(&recording);
    weft_record_with(WEFT_EV_PRINT, 0, NULL, WEFT_OUT_OK,
                     &(struct weft_record_args){.text = text, .text_bytes = sizeof text});
    weft_record_with(
        WEFT_EV_PRINT, 0, NULL, WEFT_OUT_OK,
        &(struct weft_record_args){.text = "t\xc3\xadn \"hi\"\n\xff", .text_bytes = 11});
    end(&recording);
    CHECK(count_of(&recording, "x") > WEFT_TEXT_MAX - 1);
    CHECK(count_of(&recording, "\"cut\":10000") == 1);
    CHECK(count_of(&recording, "\"text\":\"t\xc3\xadn \\\"hi\\\"\\n\xef\xbf\xbd\"") == 1);
}

static void a_long_text_is_cut_and_says_so(void **state)
{
    (void)state;
    in_a_child(text_body);
}

static void poll_body(void)
{
    struct recording recording;

    begin(&recording);
    for (int i = 0; i < 100000; i++) {
        weft_record_query(WEFT_ASK_EMPTY, 0x2000, NULL, 0);
    }
    weft_record_query(WEFT_ASK_EMPTY, 0x2000, NULL, 1);
    weft_record_query(WEFT_ASK_ACQUIRE, 0x3000, NULL, 0);
    weft_record_query(WEFT_ASK_PERMIT, 0x4000, NULL, 0);
    weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    weft_record_query(WEFT_ASK_ACTIVE_COUNT, 0, NULL, 3);
    weft_record_query(WEFT_ASK_ACTIVE_COUNT, 0, NULL, 3); /* still open when the trace ends */
    end(&recording);
    CHECK(count_of(&recording, "\"event\":\"poll_begin\"") == 2);
    CHECK(count_of(&recording, "\"event\":\"poll_end\"") == 2);
    CHECK(count_of(&recording, "\"question\":\"empty\",\"count\":100000") == 1);
    CHECK(count_of(&recording, "\"question\":\"active_count\",\"count\":2") == 1);
    CHECK(count_of(&recording, "\"event\":\"lock_fail\"") == 1);
    CHECK(count_of(&recording, "\"event\":\"sem_fail\"") == 1);
    CHECK(count_of(&recording, "\"outcome\":\"failed\"") == 2);
    CHECK(count_of(&recording, "\"event\":\"query\"") == 3);
}

static void a_repeated_question_is_one_poll_with_its_count(void **state)
{
    (void)state;
    in_a_child(poll_body);
}

static void reuse_body(void)
{
    struct recording recording;
    const struct weft_record_args named = {
        .first = WEFT_OBJ_LOCK, .text = "first", .text_bytes = 5};
    const struct weft_record_args again = {
        .first = WEFT_OBJ_QUEUE, .second = 10, .text = "second", .text_bytes = 6};

    begin(&recording);
    weft_record_with(WEFT_EV_OBJECT_NEW, 0x5000, NULL, WEFT_OUT_OK, &named);
    weft_record(WEFT_EV_LOCK_ACQUIRE, 0x5000, NULL, WEFT_OUT_OK);
    weft_record(WEFT_EV_OBJECT_DESTROY, 0x5000, NULL, WEFT_OUT_OK);
    weft_record_with(WEFT_EV_OBJECT_NEW, 0x5000, NULL, WEFT_OUT_OK, &again);
    weft_record_with(WEFT_EV_QUEUE_PUT, 0x5000, NULL, WEFT_OUT_OK,
                     &(struct weft_record_args){.first = 1, .text = "One", .text_bytes = 3});
    end(&recording);
    CHECK(count_of(&recording, "\"define\":\"object\",\"id\":1,\"kind\":\"lock\"") == 1);
    CHECK(count_of(&recording,
                   "\"id\":2,\"kind\":\"queue\",\"name\":\"second\",\"capacity\":10}") == 1);
    CHECK(count_of(&recording,
                   "\"event\":\"queue_put\",\"object\":2,\"size\":1,\"item\":\"One\"") == 1);
}

static void an_address_used_again_is_another_object(void **state)
{
    (void)state;
    in_a_child(reuse_body);
}

static void fork_body(void)
{
    struct recording recording;
    int status = 0;

    begin(&recording);
    weft_record(WEFT_EV_SLEEP_BEGIN, 0, NULL, WEFT_OUT_OK);
    const pid_t child = fork();
    if (child == 0) {
        weft_record(WEFT_EV_SLEEP_BEGIN, 0, NULL, WEFT_OUT_OK);
        _exit(weft_record_on() ? 1 : 0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    end(&recording);
    CHECK(count_of(&recording, "\"event\":\"sleep_begin\"") == 1);
    CHECK(count_of(&recording, "\"event\":\"sleep_end\"") == 1);
}

static void a_forked_child_records_nothing(void **state)
{
    (void)state;
    in_a_child(fork_body);
}

static void errno_body(void)
{
    struct recording recording;

    begin(&recording);
    errno = ESTALE;
    for (int i = 0; i < 100; i++) {
        weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
        CHECK(errno == ESTALE);
    }
    atomic_store(&weft_spool.head->drain, 0);
    for (int i = 0; i < 2 * WEFT_LANE_SLOTS_MAX; i++) { /* packs */
        weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    }
    weft_spool.head->packed_path[0] = '/';              /* which is no file */
    for (int i = 0; i < 2 * WEFT_LANE_SLOTS_MAX; i++) { /* loses */
        weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    }
    CHECK(errno == ESTALE);
    end(&recording);
}

static void errno_is_kept_also_when_the_lane_is_full(void **state)
{
    (void)state;
    in_a_child(errno_body);
}

static void without_a_spool_nothing_is_recorded(void **state)
{
    (void)state;
    assert_false(weft_record_on());
    weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    weft_record_query(WEFT_ASK_EMPTY, 1, NULL, 1);
    assert_int_equal(weft_record_thread(), 0);
}

enum { CROWD = 64 };

static pthread_barrier_t crowd;

static void *record_one(void *arg)
{
    (void)pthread_barrier_wait(&crowd);
    for (uint64_t i = 0; i < 100; i++) {
        weft_record(WEFT_EV_LOCK_ACQUIRE, (uint64_t)(uintptr_t)arg, NULL, WEFT_OUT_OK);
    }
    weft_record_detach();
    return NULL;
}

/* Every thread has an object of its own, so a record under a wrong thread would show. */
static void crowd_body(void)
{
    struct recording recording;
    pthread_t threads[CROWD];
    int objects[CROWD], acquires[CROWD + 2] = {0};

    begin(&recording);
    CHECK(pthread_barrier_init(&crowd, NULL, CROWD) == 0);
    for (int i = 0; i < CROWD; i++) {
        CHECK(pthread_create(&threads[i], NULL, record_one, &objects[i]) == 0);
    }
    for (int i = 0; i < CROWD; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    end(&recording);
    CHECK(recording.summary.lost == 0);
    if (recording.summary.threads != CROWD + 1) {
        (void)fprintf(stderr, "%u threads, not %d\n", recording.summary.threads, CROWD + 1);
    }
    CHECK(recording.summary.threads == CROWD + 1);
    int object_of[CROWD + 2] = {0};
    /* Line by line, as in count_of. */
    for (char *line = recording.text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        const char *at = strstr(line, "\"thread\":");
        if (at != NULL && strstr(line, ",\"event\":\"lock_acquire\"") != NULL) {
            const long thread = strtol(at + 9, NULL, 10);
            const int number = (int)strtol(strstr(line, "\"object\":") + 9, NULL, 10);
            CHECK(thread > 1 && thread < CROWD + 2);
            CHECK(object_of[thread] == 0 || object_of[thread] == number);
            object_of[thread] = number;
            acquires[thread]++;
        }
    }
    for (int i = 2; i < CROWD + 2; i++) {
        CHECK(acquires[i] == 100);
    }
}

static void threads_that_come_at_once_get_lanes_of_their_own(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        in_a_child(crowd_body);
    }
}

static void hostile_body(void)
{
    struct recording recording;

    begin(&recording);
    struct weft_lane *lane = weft_lane_take();
    CHECK(lane != NULL);
    /* A record that claims more slots than there are, then a count beyond the ring. */
    lane->slots[0].head.object_kind = WEFT_EV_PRINT;
    lane->slots[0].head.site_more = 0xff;
    atomic_store(&lane->head, 1);
    (void)weft_writer_drain(recording.writer);
    atomic_store(&lane->head, UINT64_MAX / 2);
    (void)weft_writer_drain(recording.writer);
    weft_record(WEFT_EV_SLEEP_END, 0, NULL, WEFT_OUT_OK);
    end(&recording);
    CHECK(recording.summary.lost == 2);
    CHECK(count_of(&recording, "\"event\":\"sleep_end\"") == 1);
}

static void a_broken_lane_is_counted_and_the_others_go_on(void **state)
{
    (void)state;
    in_a_child(hostile_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_out_in_time_order_and_are_counted),
        cmocka_unit_test(a_full_lane_waits_for_the_drain),
        cmocka_unit_test(a_full_lane_without_a_drain_counts_what_it_drops),
        cmocka_unit_test(a_long_text_is_cut_and_says_so),
        cmocka_unit_test(a_repeated_question_is_one_poll_with_its_count),
        cmocka_unit_test(an_address_used_again_is_another_object),
        cmocka_unit_test(a_forked_child_records_nothing),
        cmocka_unit_test(errno_is_kept_also_when_the_lane_is_full),
        cmocka_unit_test(without_a_spool_nothing_is_recorded),
        cmocka_unit_test(threads_that_come_at_once_get_lanes_of_their_own),
        cmocka_unit_test(a_broken_lane_is_counted_and_the_others_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
