/* weft check on scripted traces: what cannot be had from a run, and what must not be guessed. */
#include "tests/unit/model_script.h"

#include "traces/analysis/findings.h"

/* The kinds that are found, in order: "deadlock stuck"; details in brackets. */
static const char *found_in(const char *text)
{
    static char kinds[512];
    struct weft_model *model = model_of(text);
    struct weft_findings findings;
    size_t used = 0;

    weft_findings_init(&findings, model);
    assert_int_equal(weft_findings_look(&findings), WEFT_OK);
    kinds[0] = '\0';
    for (size_t i = 0; i < findings.all.count; i++) {
        const struct weft_finding *finding = &findings.all.at[i];
        const bool detail = finding->detail_of != WEFT_NONE;
        used += (size_t)snprintf(kinds + used, sizeof kinds - used, "%s%s%s%s", used > 0 ? " " : "",
                                 detail ? "(" : "", weft_finding_kinds[finding->kind].name,
                                 detail ? ")" : "");
        assert_true(used < sizeof kinds);
        assert_true(finding->what[0] != '\0' && finding->why[0] != '\0');
        assert_true(finding->threads.count > 0 && finding->places.count > 0);
    }
    weft_findings_done(&findings);
    weft_model_free(model);
    return kinds;
}

#define RING                                                                                       \
    "@object 1 mutex A\n"                                                                          \
    "@object 2 mutex B\n"                                                                          \
    "1 1 lock_acquire object=1\n"                                                                  \
    "2 2 lock_acquire object=2\n"

static void a_ring_of_owners_is_a_deadlock(void **state)
{
    (void)state;
    assert_string_equal(found_in(RING "3 1 lock_request object=2\n"
                                      "4 2 lock_request object=1\n"
                                      "9 1 process_end signal=9\n"),
                        "deadlock");
}

static void a_time_limit_in_the_ring_ends_it(void **state)
{
    (void)state;
    assert_string_equal(found_in(RING "3 1 lock_request object=2 timeout=1000\n"
                                      "4 2 lock_request object=1\n"
                                      "9 1 process_end signal=9\n"),
                        "");
}

static void behind_a_loss_nobody_knows_who_holds_what(void **state)
{
    (void)state;
    assert_string_equal(found_in(RING "3 1 lost count=7\n"
                                      "4 1 lock_request object=2\n"
                                      "5 2 lock_request object=1\n"
                                      "9 1 process_end signal=9\n"),
                        "");
    /* What it took after the loss it has. */
    assert_string_equal(found_in("@object 1 mutex A\n"
                                 "@object 2 mutex B\n"
                                 "1 1 lost count=7\n"
                                 "2 1 lock_acquire object=1\n"
                                 "3 2 lock_acquire object=2\n"
                                 "4 1 lock_request object=2\n"
                                 "5 2 lock_request object=1\n"
                                 "9 1 process_end signal=9\n"),
                        "deadlock");
}

#define WAITS                                                                                      \
    "@object 1 mutex M\n"                                                                          \
    "@object 2 condition C\n"                                                                      \
    "1 1 lock_acquire object=1\n"                                                                  \
    "2 1 cond_wait object=2 with=1\n"

static void going_on_after_a_wake_up_for_no_reason_is_a_fault(void **state)
{
    (void)state;
    assert_string_equal(found_in(WAITS "5 1 cond_wake object=2 with=1 outcome=spurious\n"
                                       "6 1 lock_release object=1\n"
                                       "7 1 print text=on\n"
                                       "9 1 process_end status=0\n"),
                        "wait-without-loop");
}

static void waiting_again_after_a_wake_up_for_no_reason_is_in_order(void **state)
{
    (void)state;
    assert_string_equal(found_in(WAITS "5 1 cond_wake object=2 with=1 outcome=spurious\n"
                                       "6 1 cond_wait object=2 with=1\n"
                                       "7 2 lock_acquire object=1\n"
                                       "8 2 cond_signal object=2\n"
                                       "9 2 lock_release object=1\n"
                                       "10 1 cond_wake object=2 with=1\n"
                                       "11 1 lock_release object=1\n"
                                       "12 1 print text=on\n"
                                       "13 1 process_end status=0\n"),
                        "");
    /* As weft.h records it, which releases the lock itself. */
    assert_string_equal(found_in(WAITS "5 1 cond_wake object=2 with=1 outcome=spurious\n"
                                       "6 1 lock_release object=1\n"
                                       "7 1 cond_wait object=2\n"
                                       "8 2 process_end status=0\n"),
                        "");
}

static void what_another_may_have_changed_is_no_fault(void **state)
{
    (void)state;
    assert_string_equal(found_in(WAITS "3 2 lock_acquire object=1\n"
                                       "4 2 lock_release object=1\n"
                                       "5 1 cond_wake object=2 with=1 outcome=spurious\n"
                                       "6 1 lock_release object=1\n"
                                       "7 1 print text=on\n"
                                       "9 1 process_end status=0\n"),
                        "");
}

static void a_lock_that_was_had_by_a_try_makes_no_order(void **state)
{
    (void)state;
    assert_string_equal(found_in("@object 1 mutex A\n"
                                 "@object 2 mutex B\n"
                                 "1 1 thread_create target=2\n"
                                 "2 1 lock_acquire object=1\n"
                                 "3 1 lock_acquire object=2\n"
                                 "4 1 lock_release object=2\n"
                                 "5 1 lock_release object=1\n"
                                 "6 2 lock_acquire object=2\n"
                                 "7 2 lock_acquire object=1 try=1\n"
                                 "8 2 lock_release object=1\n"
                                 "9 2 lock_release object=2\n"),
                        "");
}

static void what_came_behind_an_exec_is_known(void **state)
{
    (void)state;
    /* A wrapper that becomes the program: what that takes is taken. */
    assert_string_equal(found_in("@object 1 mutex A\n"
                                 "@object 2 mutex B\n"
                                 "1 1 process_exec\n"
                                 "2 1 lock_acquire object=1\n"
                                 "3 2 lock_acquire object=2\n"
                                 "4 1 lock_request object=2\n"
                                 "5 2 lock_request object=1\n"
                                 "9 1 process_end signal=9\n"),
                        "deadlock");
    assert_string_equal(found_in(RING "3 1 process_exec\n"
                                      "4 1 lock_request object=2\n"
                                      "5 2 lock_request object=1\n"
                                      "9 1 process_end signal=9\n"),
                        "");
}

/* Who takes its item, works without the lock and comes back for the next did not wake for nothing.
 */
static void who_works_between_two_waits_was_not_woken_for_nothing(void **state)
{
    static const char start[] = "@object 1 mutex M\n"
                                "@object 2 condition C\n"
                                "1 1 lock_acquire object=1\n"
                                "2 1 cond_wait object=2 with=1\n"
                                "3 2 lock_acquire object=1\n"
                                "4 2 cond_wait object=2 with=1\n"
                                "5 3 lock_acquire object=1\n"
                                "6 3 cond_wait object=2 with=1\n";
    char works[4096], idles[4096];
    size_t a = (size_t)snprintf(works, sizeof works, "%s", start);
    size_t b = (size_t)snprintf(idles, sizeof idles, "%s", start);

    (void)state;
    for (int t = 100; t < 600; t += 100) {
        const char *const format = "%d 4 cond_broadcast object=2\n";
        a += (size_t)snprintf(works + a, sizeof works - a, format, t);
        b += (size_t)snprintf(idles + b, sizeof idles - b, format, t);
        for (int i = 1; i <= 3; i++) {
            a += (size_t)snprintf(works + a, sizeof works - a,
                                  "%d %d cond_wake object=2 with=1\n"
                                  "%d %d lock_release object=1\n"
                                  "%d %d lock_acquire object=1\n"
                                  "%d %d cond_wait object=2 with=1\n",
                                  t + 10 * i, i, t + 10 * i + 1, i, t + 10 * i + 2, i,
                                  t + 10 * i + 3, i);
            b += (size_t)snprintf(idles + b, sizeof idles - b,
                                  "%d %d cond_wake object=2 with=1\n"
                                  "%d %d cond_wait object=2 with=1\n",
                                  t + 10 * i, i, t + 10 * i + 1, i);
        }
    }
    assert_string_equal(found_in(works), "");
    assert_string_equal(found_in(idles), "herd");
}

/* The sentences of the first finding. */
static const char *said_in(const char *text)
{
    static char said[2048];
    struct weft_model *model = model_of(text);
    struct weft_findings findings;

    weft_findings_init(&findings, model);
    assert_int_equal(weft_findings_look(&findings), WEFT_OK);
    assert_true(findings.all.count > 0);
    (void)snprintf(said, sizeof said, "%s %s", findings.all.at[0].what, findings.all.at[0].why);
    weft_findings_done(&findings);
    weft_model_free(model);
    return said;
}

/* Three readers sleep, the second within the first, the third half behind it: the writer lost the
 * time from 2 to 16 ms once, not three times. */
static void who_waits_for_several_sleepers_at_once_loses_the_time_once(void **state)
{
    const char *said = said_in("@object 1 rwlock table\n"
                               "1000000 1 rwlock_read_acquire object=1\n"
                               "1000000 2 rwlock_read_acquire object=1\n"
                               "1000000 3 rwlock_read_acquire object=1\n"
                               "1000000 1 sleep_begin\n"
                               "2000000 4 rwlock_write_request object=1\n"
                               "4000000 2 sleep_begin\n"
                               "6000000 2 sleep_end\n"
                               "8000000 3 sleep_begin\n"
                               "11000000 1 sleep_end\n"
                               "16000000 3 sleep_end\n"
                               "17000000 1 rwlock_release object=1\n"
                               "17000000 2 rwlock_release object=1\n"
                               "17000000 3 rwlock_release object=1\n"
                               "22000000 4 rwlock_write_acquire object=1\n"
                               "23000000 1 process_end status=0\n");

    (void)state;
    assert_non_null(strstr(said, "3 times and 20.0 ms in all"));
    assert_non_null(strstr(said, "The others lost 14.0 ms to these sleeps, 70 % of"));
}

static void all_who_keep_a_permit_are_told(void **state)
{
    static const char leak[] = "1 1 sem_acquire object=1\n"
                               "2 2 sem_acquire object=1\n"
                               "3 3 sem_wait object=1\n"
                               "4 1 thread_exit\n"
                               "5 2 thread_exit\n"
                               "9 3 process_end signal=15\n";
    char text[512];

    (void)state;
    (void)snprintf(text, sizeof text, "@object 1 semaphore slots 2\n%s", leak);
    assert_non_null(strstr(said_in(text), "thread 2 and thread 1 took permits"));
    /* One that counts what came: who took has nothing to give back. */
    (void)snprintf(text, sizeof text, "@object 1 semaphore items 0\n%s", leak);
    assert_null(strstr(said_in(text), "took"));
}

static void who_waits_for_itself_is_one(void **state)
{
    const char *said = said_in("@object 1 mutex A\n"
                               "1 1 lock_acquire object=1\n"
                               "2 1 lock_request object=1\n"
                               "9 1 process_end signal=15\n");

    (void)state;
    assert_non_null(strstr(said, "which it has. It can never go on"));
}

static void an_empty_trace_has_no_findings(void **state)
{
    (void)state;
    assert_string_equal(found_in(""), "");
    assert_string_equal(found_in("1 1 process_end status=0\n"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_of_owners_is_a_deadlock),
        cmocka_unit_test(a_time_limit_in_the_ring_ends_it),
        cmocka_unit_test(behind_a_loss_nobody_knows_who_holds_what),
        cmocka_unit_test(going_on_after_a_wake_up_for_no_reason_is_a_fault),
        cmocka_unit_test(waiting_again_after_a_wake_up_for_no_reason_is_in_order),
        cmocka_unit_test(what_another_may_have_changed_is_no_fault),
        cmocka_unit_test(a_lock_that_was_had_by_a_try_makes_no_order),
        cmocka_unit_test(what_came_behind_an_exec_is_known),
        cmocka_unit_test(who_works_between_two_waits_was_not_woken_for_nothing),
        cmocka_unit_test(who_waits_for_several_sleepers_at_once_loses_the_time_once),
        cmocka_unit_test(all_who_keep_a_permit_are_told),
        cmocka_unit_test(who_waits_for_itself_is_one),
        cmocka_unit_test(an_empty_trace_has_no_findings),
    };

    return cmocka_run_group_tests_name("analysis: findings", tests, NULL, NULL);
}
