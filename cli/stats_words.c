#include "cli/stats.h"

#include "cli/table.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"
#include "traces/analysis/words.h"

#include <stdio.h>
#include <stdlib.h>

/* So many are told to people. */
enum { THREADS_SHOWN = 50, OBJECTS_SHOWN = 20, PAIRS_SHOWN = 5 };

static void put_head(struct weft_sink *sink, const struct weft_model *model,
                     const struct weft_stats *stats)
{
    weft_sink_printf(sink, "%s: %s, ", model->header.program,
                     weft_words_duration(model->end_ns).text);
    weft_sink_printf(sink, "%s by ", weft_words_counted(model->health.events, "event").text);
    weft_sink_printf(sink, "%s on ", weft_words_counted(model->threads.count, "thread").text);
    weft_sink_printf(sink, "%s\n", weft_words_counted(model->objects.count, "object").text);
    if (stats->query.from_ns > 0 || !stats->to_end) {
        weft_sink_printf(sink, "only from %s ", weft_words_moment(stats->query.from_ns, 1e3).text);
        weft_sink_printf(sink, "to %s: %s\n", weft_words_moment(stats->query.to_ns, 1e3).text,
                         weft_words_counted(stats->events, "event").text);
    }
}

static struct weft_word time_cell(uint64_t ns)
{
    return ns == 0 ? (struct weft_word){"–"} : weft_words_duration(ns);
}

static void put_threads(struct weft_sink *sink, const struct weft_model *model,
                        const struct weft_stats *stats)
{
    bool used[WEFT_STATE_COUNT] = {[WEFT_STATE_RUNNING] = true};
    size_t columns = 3;
    struct weft_table table;

    for (size_t i = 0; i < stats->threads.count; i++) {
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            used[state] |= stats->threads.at[i].state_ns[state] > 0;
        }
    }
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        columns += used[state];
    }
    weft_table_init(&table, columns, 2);
    weft_table_cell(&table, "id");
    weft_table_cell(&table, "thread");
    weft_table_cell(&table, "life");
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        if (used[state]) {
            weft_table_cell(&table, weft_states[state].words);
        }
    }
    for (size_t i = 0; i < stats->threads.count && i < THREADS_SHOWN; i++) {
        const struct weft_thread_stats *row = &stats->threads.at[i];
        const struct weft_thread_info *info = &model->threads.at[row->thread];
        weft_table_cell(&table, weft_words_count(info->number).text);
        weft_table_cell(&table, info->name);
        weft_table_cell(&table, weft_words_duration(row->lifetime_ns).text);
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            if (used[state]) {
                weft_table_cell(&table, time_cell(row->state_ns[state]).text);
            }
        }
    }
    weft_sink_text(sink, "\nThreads (running means running or ready to run)\n");
    weft_table_print(&table, sink);
    weft_table_done(&table);
    if (stats->threads.count > THREADS_SHOWN) {
        weft_sink_printf(sink, "  and %s more (--json has all)\n",
                         weft_words_count(stats->threads.count - THREADS_SHOWN).text);
    }
}

static const struct section {
    int family;
    const char *title;
} sections[] = {
    {WEFT_FAMILY_LOCK, "Locks"},           {WEFT_FAMILY_RWLOCK, "Read-write locks"},
    {WEFT_FAMILY_CONDITION, "Conditions"}, {WEFT_FAMILY_SEMAPHORE, "Semaphores"},
    {WEFT_FAMILY_EVENT, "Events"},         {WEFT_FAMILY_BARRIER, "Barriers"},
    {WEFT_FAMILY_QUEUE, "Queues"},         {WEFT_FAMILY_FUTEX, "Futexes"},
    {WEFT_FAMILY_COUNTER, "Counters"},
};

static int most_waited_first(const void *a, const void *b)
{
    const struct weft_object_stats *first = *(const struct weft_object_stats *const *)a;
    const struct weft_object_stats *second = *(const struct weft_object_stats *const *)b;

    return first->waits.total_ns != second->waits.total_ns
               ? (first->waits.total_ns > second->waits.total_ns ? -1 : 1)
           : first->events != second->events ? (first->events > second->events ? -1 : 1)
                                             : (first->object < second->object ? -1 : 1);
}

static void put_cell(struct weft_table *table, const struct weft_stats_field *field,
                     const struct weft_object_stats *row)
{
    struct weft_word word;

    if (weft_stats_unknown(field, row)) {
        weft_table_cell(table, "–");
        return;
    }
    switch (field->type) {
    case WEFT_STATS_NS:
        word = time_cell(weft_stats_number(field, row));
        break;
    case WEFT_STATS_LEVEL:
        word = weft_words_number(weft_stats_level(field, row));
        break;
    case WEFT_STATS_MEAN:
        (void)snprintf(word.text, sizeof word.text, "%.2f", weft_stats_mean(field, row));
        break;
    default:
        word = weft_words_count(weft_stats_number(field, row));
        break;
    }
    weft_table_cell(table, word.text);
}

static void put_pairs(struct weft_sink *sink, const struct weft_model *model,
                      const struct weft_object_stats *row)
{
    for (size_t i = 0; i < row->blames.count && i < PAIRS_SHOWN; i++) {
        const struct weft_blame *blame = &row->blames.at[i];
        weft_sink_printf(sink, "    %s: %s waited ", model->objects.at[row->object].name,
                         model->threads.at[blame->waiter].name);
        weft_sink_printf(sink, "%s for ", weft_words_duration(blame->ns).text);
        weft_sink_printf(sink, "%s, in ",
                         blame->owner == WEFT_NONE ? "nobody that is known"
                                                   : model->threads.at[blame->owner].name);
        weft_sink_printf(sink, "%s\n", weft_words_counted(blame->count, "wait").text);
    }
    if (row->blames.count > PAIRS_SHOWN) {
        weft_sink_printf(sink, "    %s: and %s more pairs\n", model->objects.at[row->object].name,
                         weft_words_count(row->blames.count - PAIRS_SHOWN).text);
    }
}

static void put_section(struct weft_sink *sink, const struct weft_model *model,
                        const struct section *section, const struct weft_object_stats *const *rows,
                        size_t count)
{
    const size_t shown = count < OBJECTS_SHOWN ? count : OBJECTS_SHOWN;
    const int family = 1 << section->family;
    size_t columns = 3;
    struct weft_table table;

    for (size_t i = 0; i < weft_stats_field_count; i++) {
        columns += (weft_stats_fields[i].in_words & family) != 0;
    }
    weft_table_init(&table, columns, 3);
    weft_table_cell(&table, "id");
    weft_table_cell(&table, "name");
    weft_table_cell(&table, "kind");
    for (size_t i = 0; i < weft_stats_field_count; i++) {
        if ((weft_stats_fields[i].in_words & family) != 0) {
            weft_table_cell(&table, weft_stats_fields[i].title);
        }
    }
    for (size_t k = 0; k < shown; k++) {
        const struct weft_object *object = &model->objects.at[rows[k]->object];
        weft_table_cell(&table, weft_words_count(object->number).text);
        weft_table_cell(&table, object->name);
        weft_table_cell(&table, weft_objects[object->kind].words);
        for (size_t i = 0; i < weft_stats_field_count; i++) {
            if ((weft_stats_fields[i].in_words & family) != 0) {
                put_cell(&table, &weft_stats_fields[i], rows[k]);
            }
        }
    }
    weft_sink_printf(sink, "\n%s\n", section->title);
    weft_table_print(&table, sink);
    weft_table_done(&table);
    if (count > shown) {
        weft_sink_printf(sink, "  and %s more, which were waited for less (--json has all)\n",
                         weft_words_count(count - shown).text);
    }
    for (size_t k = 0; k < shown; k++) {
        put_pairs(sink, model, rows[k]);
    }
}

static bool put_objects(struct weft_sink *sink, const struct weft_model *model,
                        const struct weft_stats *stats)
{
    const struct weft_object_stats **rows = calloc(stats->objects.count + 1, sizeof *rows);

    if (rows == NULL) {
        return false;
    }
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        size_t count = 0;
        for (size_t i = 0; i < stats->objects.count; i++) {
            const struct weft_object_stats *row = &stats->objects.at[i];
            if (model->objects.at[row->object].family == sections[s].family) {
                rows[count++] = row;
            }
        }
        if (count > 0) {
            qsort(rows, count, sizeof *rows, most_waited_first);
            put_section(sink, model, &sections[s], rows, count);
        }
    }
    free(rows);
    return true;
}

static void put_longest(struct weft_sink *sink, const struct weft_model *model,
                        const struct weft_stats *stats)
{
    struct weft_table table;

    if (stats->longest_count == 0) {
        return;
    }
    weft_table_init(&table, 5, 5);
    for (size_t i = 0; i < stats->longest_count; i++) {
        const struct weft_long_wait *wait = &stats->longest[i];
        const struct weft_span span = weft_model_span(model, wait->thread, wait->span);
        struct weft_sentence label = {.len = 0}, site = {.len = 0};
        struct weft_word word;
        for (uint32_t variant = span.state == WEFT_STATE_JOIN ? 0 : 1;
             variant < WEFT_LABEL_VARIANTS &&
             !weft_sentence_label(model, wait->thread, wait->span, variant, &label);
             variant++) {
        }
        weft_table_cell(&table, weft_wait_id(model, wait->thread, wait->span).text);
        weft_table_cell(&table,
                        weft_thread_name_at(&model->threads.at[wait->thread], span.start_ns));
        weft_table_cell(&table, label.text);
        (void)snprintf(word.text, sizeof word.text, "from %.40s",
                       weft_words_moment(span.start_ns, 1e6).text);
        weft_table_cell(&table, word.text);
        weft_table_cell(&table, weft_sentence_site(model, span.site, &site) ? site.text : "");
    }
    weft_sink_text(sink, "\nLongest waits (weft explain TRACE --wait ID tells why)\n");
    weft_table_print(&table, sink);
    weft_table_done(&table);
}

static void put_parallel(struct weft_sink *sink, const struct weft_stats *stats)
{
    static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double most = 0;

    for (int i = 0; i < WEFT_STATS_BUCKETS; i++) {
        most = stats->parallel_of[i] > most ? stats->parallel_of[i] : most;
    }
    weft_sink_printf(sink, "\nParallelism: %s threads ran at a time on average\n  |",
                     weft_words_mean(stats->parallel).text);
    for (int i = 0; i < WEFT_STATS_BUCKETS; i++) {
        const double share = most > 0 ? stats->parallel_of[i] / most : 0;
        const int bar = (int)(share * 8 + 0.5);
        weft_sink_text(sink, bars[bar == 0 && share > 0 ? 1 : bar]);
    }
    weft_sink_printf(sink, "|  at most %.2f\n", most);
}

static void put_health(struct weft_sink *sink, const struct weft_model *model,
                       const struct weft_stats *stats)
{
    const struct weft_trace_health *health = &model->health;
    const double threads_ns = (double)model->end_ns * (double)model->threads.count;

    weft_sink_printf(sink, "\nThe trace: %s, ",
                     health->complete ? "complete"
                     : health->ended  ? "not complete"
                                      : "cut (its last line is missing)");
    weft_sink_printf(sink, "%s lost", weft_words_counted(stats->lost, "event").text);
    if (health->dropped > 0) {
        weft_sink_printf(sink, ", %s left away by a limit", weft_words_count(health->dropped).text);
    }
    if (health->late > 0) {
        weft_sink_printf(sink, ", %s late", weft_words_count(health->late).text);
    }
    if (health->bad_lines > 0) {
        weft_sink_printf(sink, ", %s skipped",
                         weft_words_counted(health->bad_lines, "bad line").text);
    }
    if (model->oddities > 0) {
        weft_sink_printf(sink, ", %s contradict what came before",
                         weft_words_counted(model->oddities, "event").text);
    }
    weft_sink_printf(sink, "; clock %s, ", model->header.clock);
    weft_sink_printf(sink, "resolution %s\n",
                     weft_words_duration(model->header.resolution_ns > 0
                                             ? (uint64_t)model->header.resolution_ns
                                             : 0)
                         .text);
    if (stats->overhead_ns < 0) {
        weft_sink_text(sink, "The recording's cost is not known\n");
        return;
    }
    weft_sink_printf(sink, "Recording took about %s, ",
                     weft_words_duration((uint64_t)stats->overhead_ns).text);
    weft_sink_printf(
        sink, "%s an event: ", weft_words_duration((uint64_t)model->header.overhead_ns).text);
    weft_sink_printf(sink, "%s of the threads' time\n",
                     weft_words_share((uint64_t)stats->overhead_ns,
                                      threads_ns < 1e18 ? (uint64_t)threads_ns : UINT64_MAX)
                         .text);
}

void weft_stats_put_words(struct weft_sink *sink, const struct weft_model *model,
                          const struct weft_stats *stats)
{
    put_head(sink, model, stats);
    put_threads(sink, model, stats);
    if (!put_objects(sink, model, stats)) {
        weft_sink_text(sink, "\n(no memory for the objects)\n");
    }
    put_longest(sink, model, stats);
    put_parallel(sink, stats);
    put_health(sink, model, stats);
}
