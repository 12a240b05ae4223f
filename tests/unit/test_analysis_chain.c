/* Whom a thread waited for, and why: stretches of a wait, chains and their roots. */
#include "tests/unit/model_script.h"

#include "traces/analysis/chain.h"
#include "traces/analysis/explain.h"
#include "traces/analysis/path.h"

static const char *const why_words[] = {"unknown",  "held",    "until", "life",
                                        "handover", "timeout", "nobody"};

static uint32_t span_of(const struct weft_model *model, uint32_t thread, enum weft_state state)
{
    for (uint32_t i = 0; i < model->threads.at[thread].spans.count; i++) {
        if (weft_model_span(model, thread, i).state == state) {
            return i;
        }
    }
    fail_msg("thread %u has no %s", thread, weft_states[state].name);
    return WEFT_NONE;
}

/* "held by 0 10-30, handover 30-31" */
static const char *stretches_of(const struct weft_model *model, uint32_t thread,
                                enum weft_state state)
{
    static char text[4096];
    struct weft_stretches list = {0};
    size_t used = 0;
    const uint32_t span = span_of(model, thread, state);
    uint64_t at_ns = weft_model_span(model, thread, span).start_ns;

    assert_true(weft_wait_stretches(model, thread, span, 0, UINT64_MAX, &list));
    for (size_t i = 0; i < list.count; i++) {
        const struct weft_stretch *one = &list.at[i];
        assert_int_equal(one->from_ns, at_ns); /* they tile the wait */
        at_ns = one->to_ns;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : ", ",
                                 why_words[one->why]);
        if (one->thread != WEFT_NONE) {
            used += (size_t)snprintf(text + used, sizeof text - used, " %u", one->thread);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, " %llu-%llu",
                                 (unsigned long long)one->from_ns, (unsigned long long)one->to_ns);
    }
    assert_int_equal(at_ns, weft_span_end_ns(model, thread, span));
    free(list.at);
    return text;
}

static size_t put_cause(const struct weft_model *model, const struct weft_chain *chain,
                        uint32_t index, char *text, size_t room)
{
    const struct weft_cause *cause = &chain->causes.at[index];
    static const char *const doing[] = {"", "unborn", "ended", "", "cycle", "deeper"};
    uint64_t sum_ns = 0;
    size_t used = 0;

    if (index != 0) {
        used += (size_t)snprintf(text + used, room - used, "%s ", why_words[cause->why]);
    }
    if (cause->thread != WEFT_NONE) {
        used += (size_t)snprintf(text + used, room - used, "%u ", cause->thread);
    }
    if (cause->doing == WEFT_DOING_STATE) {
        used += (size_t)snprintf(text + used, room - used, "%s ", weft_states[cause->state].name);
    } else if (*doing[cause->doing] != '\0') {
        used += (size_t)snprintf(text + used, room - used, "%s ", doing[cause->doing]);
    }
    used += (size_t)snprintf(text + used, room - used, "%llu", (unsigned long long)cause->ns);
    if (cause->first_child == WEFT_NONE) {
        return used;
    }
    used += (size_t)snprintf(text + used, room - used, " (");
    uint32_t children[64], count = 0;
    for (uint32_t i = cause->first_child; i != WEFT_NONE; i = chain->causes.at[i].sibling) {
        assert_int_equal(chain->causes.at[i].parent, index);
        sum_ns += chain->causes.at[i].ns;
        children[count++] = i;
    }
    assert_int_equal(sum_ns + chain->cut_ns, cause->ns);
    for (uint32_t i = count; i > 0; i--) {
        used += put_cause(model, chain, children[i - 1], text + used, room - used);
        used += (size_t)snprintf(text + used, room - used, "%s", i > 1 ? ", " : ")");
    }
    assert_true(used < room);
    return used;
}

/* "2 lock_wait 20 (held 1 lock_wait 15 (held 0 sleep 15), held 1 running 5)" */
static const char *chain_of(const struct weft_model *model, uint32_t thread, enum weft_state state)
{
    static char text[4096];
    struct weft_chain chain;

    assert_true(
        weft_chain_build(model, thread, span_of(model, thread, state), 0, UINT64_MAX, &chain));
    put_cause(model, &chain, 0, text, sizeof text);
    weft_chain_done(&chain);
    return text;
}

/* a (0) sleeps holding A; b (1) holds B and waits for A; c (2) waits for B. */
static const char CHAIN[] = "@object 1 mutex A\n"
                            "@object 2 mutex B\n"
                            "0 1 thread_start\n"
                            "0 2 thread_start\n"
                            "0 3 thread_start\n"
                            "10 1 lock_acquire object=1\n"
                            "11 1 sleep_begin duration=1000\n"
                            "20 2 lock_acquire object=2\n"
                            "30 2 lock_request object=1\n"
                            "40 3 lock_request object=2\n"
                            "1011 1 sleep_end\n"
                            "1020 1 lock_release object=1\n"
                            "1025 2 lock_acquire object=1\n"
                            "1060 2 lock_release object=2\n"
                            "1070 3 lock_acquire object=2\n"
                            "1080 3 lock_release object=2\n"
                            "1090 2 lock_release object=1\n"
                            "1100 1 thread_exit\n"
                            "1100 2 thread_exit\n"
                            "1100 3 thread_exit\n";

static void the_root_of_a_chain_is_what_its_last_thread_does(void **state)
{
    (void)state;
    struct weft_model *model = model_of(CHAIN);
    struct weft_chain chain;

    assert_string_equal(stretches_of(model, 2, WEFT_STATE_LOCK_WAIT),
                        "held 1 40-1060, handover 1060-1070");
    assert_string_equal(chain_of(model, 2, WEFT_STATE_LOCK_WAIT),
                        "2 lock_wait 1030 (held 1 lock_wait 985 (held 0 sleep 971, held 0 running "
                        "9, handover 5), held 1 running 35, handover 10)");
    assert_true(weft_chain_build(model, 2, 1, 0, UINT64_MAX, &chain));
    const struct weft_cause *root = &chain.causes.at[weft_chain_root(&chain)];
    assert_int_equal(root->thread, 0);
    assert_int_equal(root->state, WEFT_STATE_SLEEP);
    assert_int_equal(chain.end.how, WEFT_ENDED_BY_ACT);
    assert_int_equal(weft_model_wake(model, chain.end.wake).from_thread, 1);
    weft_chain_done(&chain);
    weft_model_free(model);
}

static void a_window_cuts_the_chain_to_size(void **state)
{
    (void)state;
    struct weft_model *model = model_of(CHAIN);
    struct weft_chain chain;

    assert_true(weft_chain_build(model, 2, 1, 500, 600, &chain));
    assert_int_equal(chain.causes.count, 3);
    assert_int_equal(chain.causes.at[weft_chain_root(&chain)].ns, 100);
    weft_chain_done(&chain);
    weft_model_free(model);
}

static void every_owner_in_turn_has_its_stretch(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex m\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "0 3 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "15 2 lock_request object=1\n"
                                        "16 3 lock_request object=1\n"
                                        "2020 1 lock_release object=1\n"
                                        "2025 2 lock_acquire object=1\n"
                                        "4040 2 lock_release object=1\n"
                                        "4050 3 lock_acquire object=1\n");

    assert_string_equal(stretches_of(model, 2, WEFT_STATE_LOCK_WAIT),
                        "held 0 16-2020, handover 2020-2025, held 1 2025-4040, handover 4040-4050");
    weft_model_free(model);
}

static void a_condition_wait_is_the_wait_for_the_signal_and_then_for_the_mutex(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex m\n"
                                        "@object 2 condition c\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "20 1 cond_wait object=2 with=1\n"
                                        "30 2 sleep_begin duration=70\n"
                                        "100 2 sleep_end\n"
                                        "110 2 lock_acquire object=1\n"
                                        "120 2 cond_signal object=2 woken=1\n"
                                        "200 2 lock_release object=1\n"
                                        "210 1 cond_wake object=2 with=1\n"
                                        "220 1 lock_release object=1\n");

    assert_string_equal(stretches_of(model, 0, WEFT_STATE_COND_WAIT),
                        "until 1 20-120, held 1 120-200, handover 200-210");
    assert_string_equal(chain_of(model, 0, WEFT_STATE_COND_WAIT),
                        "0 cond_wait 190 (until 1 running 30, until 1 sleep 70, held 1 running 80, "
                        "handover 10)");
    weft_model_free(model);
}

static void a_condition_wait_that_timed_out_waited_for_nobody(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex m\n"
                                        "@object 2 condition c\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "20 1 cond_wait object=2 timeout=50 with=1\n"
                                        "30 2 lock_acquire object=1\n"
                                        "90 2 lock_release object=1\n"
                                        "95 1 cond_wake object=2 with=1 outcome=timeout\n");

    assert_string_equal(stretches_of(model, 0, WEFT_STATE_COND_WAIT),
                        "timeout 20-70, held 1 70-90, handover 90-95");
    weft_model_free(model);
}

static void what_is_not_in_the_trace_is_unknown(void **state)
{
    (void)state;
    /* Nobody signals, but it wakes; the release of the first hold is missing. */
    struct weft_model *model = model_of("@object 1 mutex m\n"
                                        "@object 2 condition c\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 cond_wait object=2\n"
                                        "90 1 cond_wake object=2\n"
                                        "100 1 lock_acquire object=1\n"
                                        "200 2 lock_request object=1\n"
                                        "9000 2 lock_acquire object=1\n"
                                        "9999 2 lock_release object=1\n");

    assert_string_equal(stretches_of(model, 0, WEFT_STATE_COND_WAIT), "unknown 10-90");
    assert_string_equal(stretches_of(model, 1, WEFT_STATE_LOCK_WAIT), "unknown 200-9000");
    assert_string_equal(chain_of(model, 1, WEFT_STATE_LOCK_WAIT),
                        "1 lock_wait 8800 (unknown 8800)");
    weft_model_free(model);
}

static void a_deadlock_is_a_cycle_and_ends(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex A\n"
                                        "@object 2 mutex B\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "10 2 lock_acquire object=2\n"
                                        "20 1 lock_request object=2\n"
                                        "30 2 lock_request object=1\n"
                                        "@duration 100\n");
    struct weft_stretch stretch;

    assert_string_equal(chain_of(model, 0, WEFT_STATE_LOCK_WAIT),
                        "0 lock_wait 80 (held 1 running 10, held 1 lock_wait 70 (held 0 cycle "
                        "70))");
    assert_true(weft_waits_for_at(model, 0, 99, &stretch));
    assert_int_equal(stretch.why, WEFT_WHY_HELD);
    assert_int_equal(stretch.thread, 1);
    assert_int_equal(weft_wait_end_of(model, 0, 1).how, WEFT_ENDED_NEVER);
    weft_model_free(model);
}

static void who_waits_for_a_lock_that_it_has_itself_is_in_a_cycle(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex A\n"
                                        "0 1 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "20 1 lock_request object=1\n"
                                        "@duration 100\n");

    assert_string_equal(chain_of(model, 0, WEFT_STATE_LOCK_WAIT),
                        "0 lock_wait 80 (held 0 cycle 80)");
    weft_model_free(model);
}

static void of_several_readers_the_last_to_leave_kept_the_writer_out(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 rwlock rw\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "0 3 thread_start\n"
                                        "10 1 rwlock_read_acquire object=1\n"
                                        "20 2 rwlock_read_acquire object=1\n"
                                        "30 3 rwlock_write_request object=1\n"
                                        "50 1 rwlock_release object=1\n"
                                        "90 2 rwlock_release object=1\n"
                                        "95 3 rwlock_write_acquire object=1\n");

    assert_string_equal(stretches_of(model, 2, WEFT_STATE_RWLOCK_WAIT),
                        "held 1 30-90, handover 90-95");
    weft_model_free(model);
}

static void a_join_waits_for_the_life_of_its_thread_and_for_what_that_waits_for(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue q\n"
                                        "0 1 thread_start\n"
                                        "5 1 join_begin target=2\n"
                                        "10 2 thread_start\n"
                                        "10 3 thread_start\n"
                                        "20 2 queue_get_wait object=1\n"
                                        "40 3 sleep_begin duration=40\n"
                                        "80 3 sleep_end\n"
                                        "85 3 queue_put object=1 size=1\n"
                                        "88 2 queue_get object=1 size=0\n"
                                        "90 2 thread_exit\n"
                                        "99 1 join_end target=2\n");

    assert_string_equal(chain_of(model, 0, WEFT_STATE_JOIN),
                        "0 join 94 (life 1 unborn 5, life 1 running 12, life 1 queue_wait 68 "
                        "(until 2 running 25, until 2 sleep 40, handover 3), handover 9)");
    weft_model_free(model);
}

static void the_last_to_arrive_is_whom_a_barrier_waits_for(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 barrier meet 2\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 barrier_wait object=1 arrived=1\n"
                                        "20 2 sleep_begin duration=60\n"
                                        "80 2 sleep_end\n"
                                        "90 2 barrier_pass object=1 arrived=2\n"
                                        "92 1 barrier_pass object=1\n");

    assert_string_equal(chain_of(model, 0, WEFT_STATE_BARRIER_WAIT),
                        "0 barrier_wait 82 (until 1 running 20, until 1 sleep 60, handover 2)");
    weft_model_free(model);
}

static void the_only_permits_holder_keeps_those_waiting_who_wait_to_the_end(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 semaphore s 1\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 sem_acquire object=1 value=0\n"
                                        "20 2 sem_wait object=1\n"
                                        "@duration 100\n");

    assert_string_equal(stretches_of(model, 1, WEFT_STATE_SEM_WAIT), "held 0 20-100");
    weft_model_free(model);
}

/* Ninety threads, each holding a lock that the one before waits for. */
static void a_chain_that_is_too_deep_is_cut_and_says_so(void **state)
{
    (void)state;
    enum { THREADS = 90 };
    static char text[THREADS * 200];
    size_t used = 0;

    for (int i = 1; i <= THREADS; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d %d lock_acquire object=%d\n",
                                 i, i, i);
    }
    for (int i = 1; i < THREADS; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d %d lock_request object=%d\n",
                                 100 + i, i, i + 1);
    }
    snprintf(text + used, sizeof text - used, "@duration 1000\n");
    struct weft_model *model = model_of(text);
    struct weft_chain chain;
    assert_true(
        weft_chain_build(model, 0, span_of(model, 0, WEFT_STATE_LOCK_WAIT), 0, UINT64_MAX, &chain));
    assert_int_equal(chain.causes.at[weft_chain_root(&chain)].doing, WEFT_DOING_DEEPER);
    weft_chain_done(&chain);
    weft_model_free(model);
}

static const char *story_of(const struct weft_model *model, uint32_t thread, enum weft_state state)
{
    static struct weft_sentence story;
    struct weft_chain chain;

    story = (struct weft_sentence){.len = 0};
    assert_true(
        weft_chain_build(model, thread, span_of(model, thread, state), 0, UINT64_MAX, &chain));
    weft_explain_chain(model, &chain, &story);
    weft_sentence_add(&story, " Root: ");
    weft_explain_root(model, &chain, &story);
    weft_chain_done(&chain);
    return story.text;
}

static void the_story_of_a_chain_ends_with_its_root(void **state)
{
    (void)state;
    struct weft_model *model = model_of(CHAIN);

    assert_string_equal(story_of(model, 2, WEFT_STATE_LOCK_WAIT),
                        "thread 3 waited 1.03 µs for B, because thread 2 held it; thread 2 spent "
                        "985 ns of that waiting for A, because thread 1 held it; thread 1 spent "
                        "971 ns of that sleeping. Root: thread 1 was sleeping");
    weft_model_free(model);
}

static void the_story_of_what_is_not_known_says_so(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 2 condition c\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 cond_wait object=2\n"
                                        "20 2 event_wait object=3\n"
                                        "90 1 cond_wake object=2\n"
                                        "@duration 100\n");

    assert_string_equal(story_of(model, 0, WEFT_STATE_COND_WAIT),
                        "thread 1 waited 80 ns on c; who kept it waiting is not known. Root: "
                        "thread 1 was waiting on c, and who kept it waiting is not known");
    assert_string_equal(story_of(model, 1, WEFT_STATE_EVENT_WAIT),
                        "thread 2 waited ≥ 80 ns for event 3 to be set, and nobody ended that "
                        "before the trace ended. Root: thread 2 was waiting for event 3 to be set, "
                        "and nobody ended it");
    weft_model_free(model);
}

/* "0:running 0-5, 1:sleep 5-9" */
static const char *path_of(const struct weft_model *model)
{
    static char text[4096];
    struct weft_path path;
    size_t used = 0;
    uint64_t at_ns = 0;

    text[0] = '\0';
    assert_true(weft_path_build(model, &path));
    for (size_t i = 0; i < path.pieces.count; i++) {
        const struct weft_piece *piece = &path.pieces.at[i];
        assert_int_equal(piece->from_ns, at_ns); /* they tile the time */
        assert_true(piece->to_ns > piece->from_ns);
        at_ns = piece->to_ns;
        if (piece->thread == WEFT_NONE) {
            used += (size_t)snprintf(text + used, sizeof text - used, "nothing");
        } else {
            used += (size_t)snprintf(
                text + used, sizeof text - used, "%s%u:%s", i == 0 ? "" : ", ", piece->thread,
                piece->handover
                    ? "handover"
                    : weft_states[weft_model_span(model, piece->thread, piece->span).state].name);
        }
        used +=
            (size_t)snprintf(text + used, sizeof text - used, " %llu-%llu",
                             (unsigned long long)piece->from_ns, (unsigned long long)piece->to_ns);
    }
    assert_int_equal(at_ns, model->end_ns);
    weft_path_done(&path);
    return text;
}

static void the_critical_path_follows_wake_ups_back_from_the_end(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 queue q\n"
                                        "5 1 thread_start\n"
                                        "7 1 thread_create target=2\n"
                                        "8 1 thread_create target=3\n"
                                        "9 1 join_begin target=2\n"
                                        "10 2 thread_start\n"
                                        "12 3 thread_start\n"
                                        "20 2 queue_get_wait object=1\n"
                                        "40 3 sleep_begin duration=40\n"
                                        "80 3 sleep_end\n"
                                        "85 3 queue_put object=1 size=1\n"
                                        "88 2 queue_get object=1 size=0\n"
                                        "90 2 thread_exit\n"
                                        "91 3 thread_exit\n"
                                        "99 1 join_end target=2\n"
                                        "100 1 thread_exit\n");

    assert_string_equal(path_of(model),
                        "nothing 0-5, 0:running 5-9, 0:join 9-12, 2:running 12-40, 2:sleep 40-80, "
                        "2:running 80-85, 1:handover 85-88, 1:running 88-90, 0:handover 90-99, "
                        "0:running 99-100");
    weft_model_free(model);
}

/* After a signal the mutex's holder is what keeps the path. */
static void the_critical_path_follows_the_mutex_of_a_condition(void **state)
{
    (void)state;
    struct weft_model *model = model_of("@object 1 mutex m\n"
                                        "@object 2 condition c\n"
                                        "0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 lock_acquire object=1\n"
                                        "20 1 cond_wait object=2 with=1\n"
                                        "110 2 lock_acquire object=1\n"
                                        "120 2 cond_signal object=2 woken=1\n"
                                        "200 2 lock_release object=1\n"
                                        "205 2 thread_exit\n"
                                        "210 1 cond_wake object=2 with=1\n"
                                        "220 1 thread_exit\n");

    assert_string_equal(path_of(model), "1:running 0-200, 0:handover 200-210, 0:running 210-220");
    weft_model_free(model);
}

/* Clocks may let two threads wake each other at one instant. */
static void a_critical_path_that_goes_round_at_one_instant_ends(void **state)
{
    (void)state;
    struct weft_model *model = model_of("0 1 thread_start\n"
                                        "0 2 thread_start\n"
                                        "10 1 event_wait object=1\n"
                                        "10 2 event_wait object=2\n"
                                        "50 1 event_set object=2\n"
                                        "50 2 event_set object=1\n"
                                        "50 1 event_wake object=1\n"
                                        "50 2 event_wake object=2\n"
                                        "60 1 thread_exit\n"
                                        "60 2 thread_exit\n");

    (void)path_of(model);
    weft_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_of_a_chain_is_what_its_last_thread_does),
        cmocka_unit_test(a_window_cuts_the_chain_to_size),
        cmocka_unit_test(every_owner_in_turn_has_its_stretch),
        cmocka_unit_test(a_condition_wait_is_the_wait_for_the_signal_and_then_for_the_mutex),
        cmocka_unit_test(a_condition_wait_that_timed_out_waited_for_nobody),
        cmocka_unit_test(what_is_not_in_the_trace_is_unknown),
        cmocka_unit_test(a_deadlock_is_a_cycle_and_ends),
        cmocka_unit_test(who_waits_for_a_lock_that_it_has_itself_is_in_a_cycle),
        cmocka_unit_test(of_several_readers_the_last_to_leave_kept_the_writer_out),
        cmocka_unit_test(a_join_waits_for_the_life_of_its_thread_and_for_what_that_waits_for),
        cmocka_unit_test(the_last_to_arrive_is_whom_a_barrier_waits_for),
        cmocka_unit_test(the_only_permits_holder_keeps_those_waiting_who_wait_to_the_end),
        cmocka_unit_test(a_chain_that_is_too_deep_is_cut_and_says_so),
        cmocka_unit_test(the_story_of_a_chain_ends_with_its_root),
        cmocka_unit_test(the_story_of_what_is_not_known_says_so),
        cmocka_unit_test(the_critical_path_follows_wake_ups_back_from_the_end),
        cmocka_unit_test(the_critical_path_follows_the_mutex_of_a_condition),
        cmocka_unit_test(a_critical_path_that_goes_round_at_one_instant_ends),
    };

    return cmocka_run_group_tests_name("analysis: chain", tests, NULL, NULL);
}
