/* What the viewer says about a thing, in tooltip and dock, is what the reports say. */
#include "tests/unit/model_script.h"

#include "traces/analysis/chain.h"
#include "traces/analysis/explain.h"
#include "traces/analysis/stats.h"
#include "viewer/facts.h"

static const char *const samples[] = {"start-new-thread", "thread-class", "locked-sections",
                                      "queue-workers", "guided-tour"};
enum { SAMPLES = sizeof samples / sizeof *samples };

static struct weft_model *load(const char *name)
{
    char path[512];
    struct weft_model *model = NULL;
    struct weft_error error = {{0}};

    snprintf(path, sizeof path, "%s/traces/samples/%s.weft.jsonl", WEFT_SOURCE_DIR, name);
    assert_int_equal(weft_model_load(path, script_bad_line, NULL, &model, &error), WEFT_OK);
    return model;
}

static struct weft_facts facts_of(const struct weft_model *model, enum weft_target_kind kind,
                                  uint32_t owner, uint32_t index)
{
    struct weft_facts facts;

    assert_true(weft_facts_of(model, (struct weft_target){kind, owner, index}, &facts));
    return facts;
}

static void assert_says(const struct weft_facts *facts, const char *words)
{
    bool said = strstr(facts->title.text, words) != NULL;

    for (uint32_t i = 0; i < facts->count; i++) {
        said = said || strstr(facts->facts[i].text, words) != NULL;
    }
    if (!said) {
        fail_msg("\"%s\" does not say %s", facts->title.text, words);
    }
}

static void a_wait_is_as_long_in_its_tooltip_as_in_its_story(void **state)
{
    (void)state;
    uint32_t waits = 0;

    for (size_t s = 0; s < SAMPLES; s++) {
        struct weft_model *model = load(samples[s]);
        for (uint32_t i = 0; i < model->threads.count; i++) {
            for (uint32_t k = 0; k < model->threads.at[i].spans.count; k++) {
                const struct weft_span span = weft_model_span(model, i, k);
                if (!weft_state_is_wait((enum weft_state)span.state)) {
                    continue;
                }
                const struct weft_facts facts = facts_of(model, WEFT_TARGET_SPAN, i, k);
                struct weft_sentence story = {.len = 0}, end = {.len = 0};
                struct weft_chain chain;
                assert_true(weft_chain_build(model, i, k, 0, UINT64_MAX, &chain));
                weft_explain_chain(model, &chain, &story);
                const struct weft_word lasted = weft_words_duration(chain.causes.at[0].ns);
                weft_chain_done(&chain);
                assert_says(&facts, lasted.text);
                assert_non_null(strstr(story.text, lasted.text));
                weft_explain_end(model, i, k, &end);
                if (strncmp(end.text, "Ended at", 8) == 0 ||
                    strncmp(end.text, "It gave up", 10) == 0) {
                    assert_says(&facts, end.text);
                }
                waits++;
            }
        }
        weft_model_free(model);
    }
    assert_true(waits >= 10);
}

static void holds_and_waits_add_up_to_what_stats_says(void **state)
{
    (void)state;
    for (size_t s = 0; s < SAMPLES; s++) {
        struct weft_model *model = load(samples[s]);
        struct weft_stats stats;
        assert_true(weft_stats_build(
            model, (struct weft_stats_query){0, UINT64_MAX, WEFT_NONE, WEFT_NONE}, &stats));
        for (size_t i = 0; i < stats.objects.count; i++) {
            const struct weft_object_stats *row = &stats.objects.at[i];
            const struct weft_object *object = &model->objects.at[row->object];
            uint64_t held_ns = 0;
            for (uint32_t k = 0; k < object->holds.count; k++) {
                const struct weft_hold hold = weft_object_hold(model, object, k);
                const struct weft_facts facts = facts_of(model, WEFT_TARGET_HOLD, row->object, k);
                assert_says(&facts, weft_words_duration(hold.end_ns - hold.start_ns).text);
                held_ns += hold.end_ns - hold.start_ns;
            }
            assert_int_equal(row->holds.total_ns, held_ns);
            assert_int_equal(row->holds.count, object->holds.count);
            for (uint32_t k = 0; k < object->levels.count; k++) {
                if (object->family == WEFT_FAMILY_QUEUE && k > 0 &&
                    weft_object_level(model, object, k).value == row->level_peak) {
                    const struct weft_facts facts =
                        facts_of(model, WEFT_TARGET_LEVEL, row->object, k);
                    assert_says(&facts, weft_words_number(row->level_peak).text);
                }
            }
        }
        for (size_t i = 0; i < stats.longest_count; i++) {
            const struct weft_facts facts =
                facts_of(model, WEFT_TARGET_SPAN, stats.longest[i].thread, stats.longest[i].span);
            assert_says(&facts, weft_words_duration(stats.longest[i].ns).text);
        }
        weft_stats_done(&stats);
        weft_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_as_long_in_its_tooltip_as_in_its_story),
        cmocka_unit_test(holds_and_waits_add_up_to_what_stats_says),
    };

    return cmocka_run_group_tests_name("viewer: agreement", tests, NULL, NULL);
}
