/*
 * No memory, at every allocation in turn: building stops with its status, and what was built can
 * be read and freed.
 */
#include "tests/unit/model_script.h"
#include "tests/unit/scarce.h"

static const char *const SCRIPT = "@thread 1 main\n"
                                  "@object 1 lock L\n"
                                  "@object 2 condition C\n"
                                  "@object 3 semaphore S 1\n"
                                  "@object 4 queue Q\n"
                                  "@object 5 counter N\n"
                                  "@site 1 work a.c 3\n"
                                  "0 1 thread_start tid=9\n"
                                  "1 1 thread_create target=2 name=Worker site=1\n"
                                  "2 1 lock_acquire object=1 site=1\n"
                                  "3 2 lock_request object=1 timeout=9\n"
                                  "4 1 zone_begin name=zone\n"
                                  "5 1 cond_wait object=2 with=1\n"
                                  "6 2 lock_acquire object=1\n"
                                  "7 2 cond_signal object=2 woken=1\n"
                                  "8 2 lock_release object=1\n"
                                  "9 1 cond_wake object=2 with=1\n"
                                  "10 1 sem_acquire object=3 value=0\n"
                                  "11 2 sem_wait object=3\n"
                                  "12 1 sem_release object=3 value=1\n"
                                  "13 2 sem_acquire object=3 value=0\n"
                                  "14 2 queue_get_wait object=4\n"
                                  "15 1 queue_put object=4 size=1 item=One\n"
                                  "16 2 queue_get object=4 size=0 item=One\n"
                                  "17 1 counter object=5 value=1\n"
                                  "18 1 poll_begin target=2 question=is_alive answer=1\n"
                                  "19 1 poll_end target=2 question=is_alive count=3\n"
                                  "20 1 print text=line\n"
                                  "21 2 thread_name target=2 name=Retired\n"
                                  "22 1 join_begin target=2\n"
                                  "23 2 thread_exit\n"
                                  "24 1 join_end target=2\n"
                                  "25 1 process_end status=0\n";

/* True when everything was built. */
static bool build(const struct script *script)
{
    struct weft_model *model = NULL;
    struct weft_reader *reader = NULL;
    struct weft_error error = {{0}};
    bool more = true, built = false;
    enum weft_status status =
        weft_reader_open_memory("script", script->json.buffer, script->json.used, &reader, &error);

    if (status != WEFT_OK) {
        assert_int_equal(status, WEFT_ERR_MEMORY);
        return false;
    }
    model = weft_model_new();
    while (model != NULL && more) {
        status = weft_model_feed(model, reader, 4, NULL, NULL, &more, &error);
        if (status != WEFT_OK) {
            assert_int_equal(status, WEFT_ERR_MEMORY);
            assert_true(more); /* outputs stay as they were */
            assert_true(error.text[0] != '\0');
            break;
        }
    }
    built = model != NULL && !more && model->health.bad_lines == 0;
    for (size_t i = 0; model != NULL && i < model->threads.count; i++) {
        for (size_t k = 0; k < model->threads.at[i].spans.count; k++) {
            (void)weft_model_span_extra(model, i, k).wake;
        }
        assert_true(weft_thread_name_at(&model->threads.at[i], 5)[0] != '\0');
    }
    weft_model_free(model);
    weft_reader_close(reader);
    return built;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct script script = {.events = 0};
    uint64_t count, failed = 0;

    script_to_json(&script, SCRIPT);
    scarce_allocations = 0;
    assert_true(build(&script));
    count = scarce_allocations;
    assert_true(count > 20);
    for (uint64_t i = 0; i < count; i++) {
        scarce_allocations = 0;
        scarce_fails_at = i;
        failed += !build(&script);
        scarce_fails_at = UINT64_MAX;
    }
    /* All but those that the reader can do without. */
    assert_true(failed > count / 2);
    weft_sink_done(&script.json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

    return cmocka_run_group_tests_name("model: no memory", tests, NULL, NULL);
}
