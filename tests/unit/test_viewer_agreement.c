/* What the viewer says about a thing, in tooltip and dock, is what the reports say. */
#include "tests/unit/model_script.h"

#include "traces/analysis/chain.h"
#include "traces/analysis/explain.h"
#include "traces/analysis/stats.h"
#include "viewer/facts.h"
#include "viewer/timeline/summary.h"

#include <glob.h>

/* Every sample, and the golden traces, which have all kinds of events. */
static glob_t samples;

static int find_samples(void **state)
{
    (void)state;
    if (glob(WEFT_SOURCE_DIR "/traces/samples/*.jsonl", 0, NULL, &samples) != 0) {
        return -1;
    }
    return glob(WEFT_SOURCE_DIR "/tests/golden/traces/*.jsonl", GLOB_APPEND, NULL, &samples);
}

static int forget_samples(void **state)
{
    (void)state;
    globfree(&samples);
    return 0;
}

static void skip_bad_line(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

static struct weft_model *load(const char *path)
{
    struct weft_model *model = NULL;
    struct weft_error error = {{0}};

    assert_int_equal(weft_model_load(path, skip_bad_line, NULL, &model, &error), WEFT_OK);
    return model;
}

static struct weft_stats stats_of(const struct weft_model *model)
{
    struct weft_stats stats;

    assert_true(weft_stats_build(
        model, (struct weft_stats_query){0, UINT64_MAX, WEFT_NONE, WEFT_NONE}, &stats));
    return stats;
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

    for (size_t s = 0; s < samples.gl_pathc; s++) {
        struct weft_model *model = load(samples.gl_pathv[s]);
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
    for (size_t s = 0; s < samples.gl_pathc; s++) {
        struct weft_model *model = load(samples.gl_pathv[s]);
        struct weft_stats stats = stats_of(model);
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

/* Whatever a thread did, as its tooltips say, adds up to its row. */
static void the_tooltips_of_a_thread_add_up_to_its_row_in_stats(void **state)
{
    (void)state;
    for (size_t s = 0; s < samples.gl_pathc; s++) {
        struct weft_model *model = load(samples.gl_pathv[s]);
        struct weft_stats stats = stats_of(model);
        assert_int_equal(stats.threads.count, model->threads.count);
        for (size_t i = 0; i < stats.threads.count; i++) {
            const struct weft_thread_stats *row = &stats.threads.at[i];
            uint64_t state_ns[WEFT_STATE_COUNT] = {0}, waits = 0;
            for (uint32_t k = 0; k < model->threads.at[row->thread].spans.count; k++) {
                const struct weft_span span = weft_model_span(model, row->thread, k);
                const uint64_t ns = weft_span_end_ns(model, row->thread, k) - span.start_ns;
                const struct weft_facts facts = facts_of(model, WEFT_TARGET_SPAN, row->thread, k);
                assert_says(&facts, weft_words_duration(ns).text);
                assert_says(&facts, weft_states[span.state].words);
                state_ns[span.state] += ns;
                waits += weft_state_is_wait((enum weft_state)span.state);
            }
            for (int k = 0; k < WEFT_STATE_COUNT; k++) {
                assert_int_equal(row->state_ns[k], state_ns[k]);
            }
            assert_int_equal(row->waits.count, waits);
        }
        weft_stats_done(&stats);
        weft_model_free(model);
    }
}

/* The figures beside the lanes and in the tabs are the summary's and the model's. */
static void the_figures_beside_the_lanes_are_those_of_stats(void **state)
{
    (void)state;
    for (size_t s = 0; s < samples.gl_pathc; s++) {
        struct weft_model *model = load(samples.gl_pathv[s]);
        struct weft_stats stats = stats_of(model);
        struct weft_summary summary = {.threads = {0}};
        assert_true(weft_summary_build(&summary, model));
        for (size_t i = 0; i < stats.threads.count; i++) {
            const struct weft_thread_stats *row = &stats.threads.at[i];
            const struct weft_thread_summary *sum = &summary.threads.at[row->thread];
            assert_int_equal(sum->life_ns, row->lifetime_ns);
            assert_memory_equal(sum->state_ns, row->state_ns, sizeof row->state_ns);
        }
        for (size_t i = 0; i < stats.objects.count; i++) {
            const struct weft_object_stats *row = &stats.objects.at[i];
            const struct weft_object_summary *sum = &summary.objects.at[row->object];
            const struct weft_object *object = &model->objects.at[row->object];
            assert_int_equal(sum->waits, row->waits.count);
            assert_int_equal(sum->all_waits_ns, row->waits.total_ns);
            assert_int_equal(sum->longest_wait_ns, row->waits.max_ns);
            assert_int_equal(object->acquires, row->acquires);
            assert_int_equal(object->contended, row->contended);
            assert_int_equal(object->failed, row->failed);
            assert_int_equal(object->timeouts, row->timeouts);
            assert_int_equal(object->puts, row->puts);
            assert_int_equal(object->gets, row->gets);
        }
        weft_summary_done(&summary);
        weft_stats_done(&stats);
        weft_model_free(model);
    }
}

/* What a condition's wait consisted of, in its tooltip, adds up to the parts in stats. */
static void the_parts_of_a_wait_on_a_condition_are_the_same(void **state)
{
    (void)state;
    uint32_t split = 0;

    for (size_t s = 0; s < samples.gl_pathc; s++) {
        struct weft_model *model = load(samples.gl_pathv[s]);
        struct weft_stats stats = stats_of(model);
        for (size_t i = 0; i < stats.objects.count; i++) {
            const struct weft_object_stats *row = &stats.objects.at[i];
            const struct weft_object *object = &model->objects.at[row->object];
            uint64_t signal_ns = 0, mutex_ns = 0;
            for (size_t k = 0; k < object->waits.count; k++) {
                const struct weft_wait_ref ref = object->waits.at[k];
                struct weft_cond_parts parts;
                if (!weft_cond_wait_parts(model, ref.thread, ref.span, 0, UINT64_MAX, &parts)) {
                    continue;
                }
                signal_ns += parts.signal_ns;
                mutex_ns += parts.mutex_ns;
                split++;
                if (weft_model_span_extra(model, ref.thread, ref.span).mutex != WEFT_NONE) {
                    const struct weft_facts facts =
                        facts_of(model, WEFT_TARGET_SPAN, ref.thread, ref.span);
                    assert_says(&facts, weft_words_duration(parts.signal_ns).text);
                    assert_says(&facts, weft_words_duration(parts.mutex_ns).text);
                }
            }
            assert_int_equal(row->signal_ns, signal_ns);
            assert_int_equal(row->mutex_ns, mutex_ns);
        }
        weft_stats_done(&stats);
        weft_model_free(model);
    }
    assert_true(split > 0);
}

/* dump says of an event what its tooltip says: the same thread, thing and time. */
static void an_event_is_told_by_its_tooltip_as_by_dump(void **state)
{
    (void)state;
    for (size_t s = 0; s < samples.gl_pathc; s++) {
        struct weft_model *model = load(samples.gl_pathv[s]);
        for (uint32_t i = 0; i < model->points.count; i++) {
            const struct weft_point point = weft_model_point(model, i);
            const struct weft_facts facts = facts_of(model, WEFT_TARGET_POINT, 0, i);
            assert_says(&facts, weft_name_of_thread(model, point.thread, point.t_ns));
            assert_says(&facts, weft_words_moment(point.t_ns, 1e3).text);
        }
        weft_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_as_long_in_its_tooltip_as_in_its_story),
        cmocka_unit_test(holds_and_waits_add_up_to_what_stats_says),
        cmocka_unit_test(the_tooltips_of_a_thread_add_up_to_its_row_in_stats),
        cmocka_unit_test(the_figures_beside_the_lanes_are_those_of_stats),
        cmocka_unit_test(the_parts_of_a_wait_on_a_condition_are_the_same),
        cmocka_unit_test(an_event_is_told_by_its_tooltip_as_by_dump),
    };

    return cmocka_run_group_tests_name("viewer: agreement", tests, find_samples, forget_samples);
}
