/* Time and words: rows "time.sleep", "time.ctime" of the API table, print, zones, marks, counters.
 */
#include "tests/unit/stage.h"

#include "runtime/weft.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Time ──────────────────────────────────────────────────────────────────────────────────────── */

static void sleep_holds_the_thread_for_its_time(void **state)
{
    (void)state;
    assert_int_equal(weft_sleep(1.25), 1);
    assert_int_equal(stage_now_ms(), 1250);
    assert_int_equal(weft_sleep(0), 1);
    assert_string_equal(stage_events(),
                        "1:sleep_begin(1250000000) 1:sleep_end 1:sleep_begin(0) 1:sleep_end");
}

static void a_negative_sleep_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(weft_sleep(-1), -EINVAL);
    assert_int_equal(weft_sleep(-INFINITY), -EINVAL);
    assert_int_equal(weft_sleep(NAN), -EINVAL);
    assert_string_equal(stage_events(), "");
    assert_int_equal(stage_now_ms(), 0);
}

static void fractions_of_a_second_count_to_the_nanosecond(void **state)
{
    (void)state;
    weft_sleep(0.1);
    weft_sleep(1e-9);
    assert_string_equal(stage_events(), "1:sleep_begin(100000000) 1:sleep_end 1:sleep_begin(1) "
                                        "1:sleep_end");
}

static void time_is_seconds_since_1970(void **state)
{
    (void)state;
    assert_true(weft_time() == 1521733337.0);
    weft_sleep(0.5);
    assert_true(weft_time() == 1521733337.5);
}

static void ctime_is_the_form_that_python_prints(void **state)
{
    (void)state;
    char out[32];
    assert_string_equal(weft_ctime(weft_time(), out), "Thu Mar 22 15:42:17 2018");
    assert_ptr_equal(weft_ctime(0, out), out);
    assert_string_equal(out, "Thu Jan  1 00:00:00 1970");
    assert_string_equal(weft_ctime(1521623288.9, out), "Wed Mar 21 09:08:08 2018");
    assert_string_equal(weft_ctime(-0.5, out), "Wed Dec 31 23:59:59 1969");
    assert_string_equal(weft_ctime(253402300800.0, out), "Sat Jan  1 00:00:00 10000");
}

static void ctime_of_no_time_is_empty(void **state)
{
    (void)state;
    char out[32];
    assert_string_equal(weft_ctime(NAN, out), "");
    assert_string_equal(weft_ctime(INFINITY, out), "");
    assert_string_equal(weft_ctime(-INFINITY, out), "");
    assert_string_equal(weft_ctime(1e18, out), "");
    assert_string_equal(weft_ctime(9e16, out), ""); /* within time_t, beyond struct tm */
}

static void ctime_fits_the_furthest_years(void **state)
{
    (void)state;
    char out[32];
    assert_string_equal(weft_ctime(67768036191676799.0, out), ""); /* as a double: a year more */
    assert_string_equal(weft_ctime(67768036191676792.0, out), "Wed Dec 31 23:59:52 2147485547");
    assert_string_equal(weft_ctime(-67768040609740800.0, out), "Thu Jan  1 00:00:00 -2147481748");
}

/* Print ─────────────────────────────────────────────────────────────────────────────────────── */

/* Runs print with stdout in a file; what came out is in `out`. */
static int print_into(const char *path, int flags, char *out, size_t room, const char *text)
{
    fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    const int file = open(path, flags, 0600);
    assert_true(kept >= 0 && file >= 0);
    dup2(file, STDOUT_FILENO);
    const int printed = weft_print("%s", text);
    if (out) {
        const ssize_t bytes = pread(file, out, room - 1, 0);
        assert_true(bytes >= 0);
        out[bytes] = '\0';
    }
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(file);
    return printed;
}

static int print_to_file(char *out, size_t room, const char *text)
{
    char path[] = "/tmp/weft-print-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    const int printed = print_into(path, O_RDWR, out, room, text);
    unlink(path);
    return printed;
}

static void print_writes_one_line_and_records_it(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(print_to_file(out, sizeof(out), "Starting Thread-1"), 1);
    assert_string_equal(out, "Starting Thread-1\n");
    assert_string_equal(stage_events(), "1:print\"Starting Thread-1\"");
    assert_int_equal(print_to_file(out, sizeof(out), ""), 1);
    assert_string_equal(out, "\n");
}

static void print_keeps_its_place_among_the_programs_own_output(void **state)
{
    (void)state;
    char path[] = "/tmp/weft-print-XXXXXX", out[64] = "";
    const int file = mkstemp(path);
    fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    dup2(file, STDOUT_FILENO);
    fputs("before ", stdout);
    weft_print("between");
    fputs("after", stdout);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    assert_true(pread(file, out, sizeof(out) - 1, 0) > 0);
    assert_string_equal(out, "before between\nafter");
    close(kept);
    close(file);
    unlink(path);
}

static void print_takes_lines_of_any_length(void **state)
{
    (void)state;
    static char text[3000], out[4000];
    const size_t lengths[] = {509, 510, 511, 512, 513, 2999};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        memset(text, 'x', lengths[i]);
        text[lengths[i]] = '\0';
        assert_int_equal(print_to_file(out, sizeof(out), text), 1);
        assert_int_equal(strlen(out), lengths[i] + 1);
        assert_memory_equal(out, text, lengths[i]);
        assert_int_equal(out[lengths[i]], '\n');
    }
}

static void print_tells_when_the_line_could_not_be_written(void **state)
{
    (void)state;
    assert_int_equal(print_into("/dev/full", O_WRONLY, NULL, 0, "lost"), -ENOSPC);
    assert_string_equal(stage_events(), "");
    char out[64];
    assert_int_equal(print_to_file(out, sizeof(out), "found"), 1);
    assert_string_equal(out, "found\n");
}

/* Zones, marks, counters ────────────────────────────────────────────────────────────────────── */

static void end_a_zone(void *answer)
{
    *(int *)answer = weft_zone_end();
}

static void zones_nest_in_their_own_thread(void **state)
{
    (void)state;
    int answer = 0;
    assert_int_equal(weft_zone_begin("outer"), 1);
    assert_int_equal(weft_zone_begin("inner"), 1);
    assert_int_equal(weft_zone_end(), 1);
    assert_string_equal(stage_events(), "1:zone_begin\"outer\" 1:zone_begin\"inner\" 1:zone_end");
    struct weft_thread *thread = weft_thread_new(NULL, end_a_zone, &answer);
    weft_thread_start(thread);
    weft_thread_join(thread, WEFT_FOREVER);
    weft_thread_free(thread);
    assert_int_equal(answer, -EPERM);
    assert_int_equal(weft_zone_end(), 1);
}

static void ending_a_zone_that_was_not_begun_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(weft_zone_end(), -EPERM);
    assert_int_equal(weft_zone_begin(NULL), -EINVAL);
    assert_int_equal(weft_zone_end(), -EPERM);
    assert_string_equal(stage_events(), "");
}

static void a_mark_carries_its_text(void **state)
{
    (void)state;
    weft_mark("round %d of %s", 3, "five");
    assert_string_equal(stage_events(), "1:mark\"round 3 of five\"");
}

static void a_counter_keeps_its_name_and_records_its_values(void **state)
{
    (void)state;
    struct weft_counter *counter = weft_counter_new("served");
    weft_counter_set(counter, 7);
    weft_counter_set(counter, -1);
    weft_counter_free(counter);
    weft_counter_free(NULL);
    assert_string_equal(stage_events(),
                        "1:object_new\"served\" 1:counter(7) 1:counter(-1) 1:object_destroy");
}

#define CASE(name) cmocka_unit_test_setup(name, stage_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sleep_holds_the_thread_for_its_time),
        CASE(a_negative_sleep_is_an_error),
        CASE(fractions_of_a_second_count_to_the_nanosecond),
        CASE(time_is_seconds_since_1970),
        CASE(ctime_is_the_form_that_python_prints),
        CASE(ctime_of_no_time_is_empty),
        CASE(ctime_fits_the_furthest_years),
        CASE(print_writes_one_line_and_records_it),
        CASE(print_keeps_its_place_among_the_programs_own_output),
        CASE(print_takes_lines_of_any_length),
        CASE(print_tells_when_the_line_could_not_be_written),
        CASE(zones_nest_in_their_own_thread),
        CASE(ending_a_zone_that_was_not_begun_is_an_error),
        CASE(a_mark_carries_its_text),
        CASE(a_counter_keeps_its_name_and_records_its_values),
    };
    setenv("TZ", "UTC0", 1);
    tzset();
    return cmocka_run_group_tests_name("time and words", tests, NULL, NULL);
}
