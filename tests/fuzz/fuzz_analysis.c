#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"
#include "traces/analysis/chain.h"
#include "traces/analysis/choice.h"
#include "traces/analysis/diff.h"
#include "traces/analysis/explain.h"
#include "traces/analysis/findings.h"
#include "traces/analysis/names.h"
#include "traces/analysis/path.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/stats.h"
#include "traces/analysis/wait_id.h"

#include <string.h>

/* Of each sort of question so many are asked: inputs are small, but answers may be long. */
enum { ASKED_MAX = 64 };

/* What weft check says of it: whatever it finds, it names what is there. */
static void look(const struct weft_model *model)
{
    struct weft_findings findings;
    size_t alone = 0;

    weft_findings_init(&findings, model);
    CHECK(weft_findings_look(&findings) == WEFT_OK);
    for (size_t i = 0; i < findings.all.count; i++) {
        const struct weft_finding *finding = &findings.all.at[i];
        CHECK(finding->what[0] != '\0' && finding->why[0] != '\0' && finding->advice[0] != '\0');
        CHECK(finding->from_ns <= finding->to_ns && finding->to_ns <= model->end_ns);
        CHECK(finding->threads.count > 0);
        CHECK(finding->detail_of == WEFT_NONE ||
              (finding->detail_of < findings.all.count &&
               findings.all.at[finding->detail_of].detail_of == WEFT_NONE));
        for (size_t k = 0; k < finding->threads.count; k++) {
            CHECK(finding->threads.at[k] < model->threads.count);
        }
        for (size_t k = 0; k < finding->objects.count; k++) {
            CHECK(finding->objects.at[k] < model->objects.count);
        }
        for (size_t k = 0; k < finding->places.count; k++) {
            const struct weft_finding_place *place = &finding->places.at[k];
            CHECK(place->thread < model->threads.count);
            CHECK(place->object == WEFT_NONE || place->object < model->objects.count);
            CHECK(place->site == WEFT_NONE || place->site < model->sites.count);
            CHECK(place->span == WEFT_NONE ||
                  place->span < model->threads.at[place->thread].spans.count);
        }
        alone += finding->detail_of == WEFT_NONE;
    }
    CHECK(alone == findings.count);
    weft_findings_done(&findings);
}

/* Parts are no larger than the whole, and nothing is outside of the range. */
static void count(const struct weft_model *model, uint64_t from_ns, uint64_t to_ns)
{
    struct weft_stats stats;

    CHECK(weft_stats_build(model, (struct weft_stats_query){from_ns, to_ns, WEFT_NONE, WEFT_NONE},
                           &stats));
    for (size_t i = 0; i < stats.threads.count; i++) {
        const struct weft_thread_stats *row = &stats.threads.at[i];
        uint64_t sum_ns = 0;
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            sum_ns += row->state_ns[state];
        }
        CHECK(sum_ns == row->lifetime_ns);
    }
    for (size_t i = 0; i < stats.objects.count; i++) {
        const struct weft_object_stats *row = &stats.objects.at[i];
        CHECK(row->waits.p50_ns <= row->waits.p99_ns && row->waits.p99_ns <= row->waits.max_ns);
        CHECK(row->waits.max_ns <= row->waits.total_ns && row->contended <= row->waits.count);
        CHECK(row->signal_ns + row->mutex_ns <= row->waits.total_ns);
        if (from_ns == 0 && to_ns == UINT64_MAX) {
            const struct weft_object *object = &model->objects.at[row->object];
            CHECK(row->acquires == object->acquires && row->failed == object->failed);
            CHECK(row->puts == object->puts && row->gets == object->gets);
        }
    }
    weft_stats_done(&stats);
}

/* Why a wait took so long: its causes add up, and its name leads back to it. */
static void explain(const struct weft_model *model, uint32_t thread, uint32_t span)
{
    struct weft_sentence text = {.len = 0};
    struct weft_chain chain;
    uint32_t named_thread, named_span;

    CHECK(weft_chain_build(model, thread, span, 0, UINT64_MAX, &chain));
    CHECK(chain.causes.count > 0 && weft_chain_root(&chain) < chain.causes.count);
    weft_explain_chain(model, &chain, &text);
    weft_explain_root(model, &chain, &text);
    for (uint32_t i = 0; i < chain.causes.count; i++) {
        uint64_t below_ns = 0;
        text.len = 0;
        weft_explain_cause(model, &chain, i, &text);
        for (uint32_t k = chain.causes.at[i].first_child; k != WEFT_NONE;
             k = chain.causes.at[k].sibling) {
            CHECK(k < chain.causes.count && chain.causes.at[k].parent == i);
            below_ns += chain.causes.at[k].ns;
        }
        CHECK(below_ns <= chain.causes.at[i].ns);
    }
    weft_chain_done(&chain);
    text.len = 0;
    weft_explain_end(model, thread, span, &text);
    const struct weft_word name = weft_wait_id(model, thread, span);
    if (name.text[0] != '\0') {
        CHECK(weft_wait_id_parse(model, name.text, &named_thread, &named_span));
        CHECK(named_thread == thread && named_span == span);
    }
}

/* What tooltips, labels and `explain --at` say. */
static void tell_thread(const struct weft_model *model, uint32_t thread)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    struct weft_sentence text = {.len = 0};
    struct weft_facts facts;

    for (uint32_t i = 0; i < info->spans.count && i < ASKED_MAX; i++) {
        weft_facts_of_span(model, thread, i, &facts);
        CHECK(facts.title.len > 0 && facts.count <= WEFT_FACTS_MAX);
        for (uint32_t variant = 0; variant < WEFT_LABEL_VARIANTS; variant++) {
            (void)weft_sentence_label(model, thread, i, variant, &text);
        }
        text.len = 0;
        weft_sentence_now(model, thread, weft_model_span(model, thread, i).start_ns, &text);
        explain(model, thread, i);
    }
    for (uint32_t i = 0; i < info->zones.count && i < ASKED_MAX; i++) {
        weft_facts_of_zone(model, thread, i, &facts);
    }
}

static void tell_object(const struct weft_model *model, uint32_t index)
{
    const struct weft_object *object = &model->objects.at[index];
    struct weft_sentence text = {.len = 0};
    struct weft_facts facts;

    for (uint32_t i = 0; i < object->holds.count && i < ASKED_MAX; i++) {
        weft_facts_of_hold(model, index, i, &facts);
        CHECK(facts.title.len > 0);
    }
    for (uint32_t i = 0; i < object->levels.count && i < ASKED_MAX; i++) {
        weft_facts_of_level(model, index, i, &facts);
    }
    weft_sentence_object_now(model, index, model->end_ns, &text);
}

static void tell(const struct weft_model *model)
{
    struct weft_choice choice;
    struct weft_facts facts;

    for (uint32_t i = 0; i < model->threads.count; i++) {
        tell_thread(model, i);
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        tell_object(model, i);
    }
    for (uint32_t i = 0; i < model->points.count && i < ASKED_MAX; i++) {
        weft_facts_of_point(model, i, &facts);
        (void)weft_choice_of(model, i, &choice);
    }
    for (uint32_t i = 0; i < model->wakes.count && i < ASKED_MAX; i++) {
        weft_facts_of_wake(model, i, &facts);
    }
}

/* The pieces of the path follow each other, up to the end of the last thread. */
static void follow(const struct weft_model *model)
{
    struct weft_path path;
    struct weft_costs costs;

    CHECK(weft_path_build(model, &path));
    for (size_t i = 0; i < path.pieces.count; i++) {
        const struct weft_piece *piece = &path.pieces.at[i];
        CHECK(piece->from_ns <= piece->to_ns && piece->to_ns <= model->end_ns);
        CHECK(i == 0 || piece->from_ns == path.pieces.at[i - 1].to_ns);
    }
    weft_path_done(&path);
    CHECK(weft_costs_build(model, &costs));
    for (size_t i = 0; i < costs.count; i++) {
        struct weft_sentence text = {.len = 0};
        weft_explain_cost(model, &costs.at[i], &text);
        CHECK(costs.at[i].longest_ns <= costs.at[i].ns);
    }
    weft_costs_done(&costs);
}

/* A run is what it is. */
static void compare(const struct weft_model *model)
{
    struct weft_diff diff;
    struct weft_change change;

    weft_diff_init(&diff, 1, 1);
    CHECK(weft_diff_add(&diff, model, 0) && weft_diff_add(&diff, model, 1));
    for (uint32_t i = 0; i < diff.entries.count; i++) {
        for (int measure = 0; measure < WEFT_MEASURES; measure++) {
            CHECK(!weft_diff_change(&diff, i, (enum weft_measure)measure, &change));
        }
    }
    weft_diff_done(&diff);
}

static void skip_bad(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

static void ask(struct weft_model *model, const uint8_t *bytes, size_t len)
{
    uint64_t middle_ns = 0;

    memcpy(&middle_ns, bytes, len < sizeof middle_ns ? len : sizeof middle_ns);
    middle_ns = model->end_ns > 0 ? middle_ns % model->end_ns : 0;
    look(model);
    count(model, 0, UINT64_MAX);
    count(model, middle_ns, middle_ns + (model->end_ns - middle_ns) / 2);
    follow(model);
    compare(model);
    CHECK(weft_names_make_plain(model) && weft_names_tell_apart(model));
    tell(model);
}

void fuzz_analysis(const uint8_t *bytes, size_t len)
{
    static const char header[] = "{\"format\":\"weft-trace\",\"version\":1}\n";
    const size_t head = len >= 9 && memcmp(bytes, header, 9) == 0 ? 0 : sizeof header - 1;
    struct weft_reader *reader;
    char *text = malloc(head + len + 1);

    CHECK(text != NULL);
    memcpy(text, header, head);
    if (len > 0) {
        memcpy(text + head, bytes, len);
    }
    if (weft_reader_open_memory("fuzz", text, head + len, &reader, NULL) == WEFT_OK) {
        struct weft_model *model = weft_model_new();
        bool more = true;
        CHECK(model != NULL);
        while (more) {
            CHECK(weft_model_feed(model, reader, UINT64_MAX, skip_bad, NULL, &more, NULL) ==
                  WEFT_OK);
        }
        ask(model, bytes, len);
        weft_model_free(model);
        weft_reader_close(reader);
    }
    free(text);
}
