#include "cli/stats.h"

#include "cli/json.h"
#include "traces/analysis/sentences.h"
#include "traces/analysis/wait_id.h"

#include <stdio.h>

/* Of pairs so many are told. */
enum { PAIRS_IN_JSON = 1000 };

static void json_site(struct weft_json *json, const struct weft_model *model, uint32_t site)
{
    if (site >= model->sites.count) {
        return;
    }
    weft_json_text(json, "function", model->sites.at[site].function);
    weft_json_text(json, "file", model->sites.at[site].file);
    weft_json_u64(json, "line", model->sites.at[site].line);
}

static void json_trace(struct weft_json *json, const struct weft_model *model,
                       const struct weft_stats *stats)
{
    const struct weft_trace_health *health = &model->health;

    weft_json_object(json, "trace");
    weft_json_text(json, "program", model->header.program);
    weft_json_u64(json, "duration_ns", model->end_ns);
    weft_json_u64(json, "events", health->events);
    weft_json_u64(json, "lost", stats->lost);
    weft_json_u64(json, "dropped", health->dropped);
    weft_json_bool(json, "complete", health->complete);
    weft_json_bool(json, "cut", !health->ended);
    weft_json_u64(json, "late", health->late);
    weft_json_u64(json, "bad_lines", health->bad_lines);
    weft_json_u64(json, "unknown_events", health->unknown_events);
    weft_json_u64(json, "oddities", model->oddities);
    weft_json_text(json, "clock", model->header.clock);
    weft_json_i64(json, "resolution_ns", model->header.resolution_ns);
    if (stats->overhead_ns >= 0) {
        weft_json_i64(json, "overhead_ns", stats->overhead_ns);
        weft_json_i64(json, "overhead_per_event_ns", model->header.overhead_ns);
    } else {
        weft_json_null(json, "overhead_ns");
        weft_json_null(json, "overhead_per_event_ns");
    }
    weft_json_end(json);
    weft_json_object(json, "range");
    weft_json_u64(json, "from_ns", stats->query.from_ns);
    weft_json_u64(json, "to_ns", stats->query.to_ns);
    weft_json_u64(json, "events", stats->events);
    weft_json_end(json);
}

static void json_thread(struct weft_json *json, const struct weft_model *model,
                        const struct weft_thread_stats *row)
{
    const struct weft_thread_info *info = &model->threads.at[row->thread];

    weft_json_object(json, NULL);
    weft_json_u64(json, "id", info->number);
    weft_json_text(json, "name", info->name);
    weft_json_i64(json, "tid", info->tid);
    weft_json_u64(json, "start_ns", info->start_ns);
    weft_json_u64(json, "end_ns", info->end_ns);
    weft_json_bool(json, "ended", info->ended);
    weft_json_u64(json, "lifetime_ns", row->lifetime_ns);
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        struct weft_word key;
        (void)snprintf(key.text, sizeof key.text, "%s_ns", weft_states[state].name);
        weft_json_u64(json, key.text, row->state_ns[state]);
    }
    weft_json_u64(json, "events", row->events);
    weft_json_u64(json, "waits", row->waits.count);
    weft_json_u64(json, "wait_total_ns", row->waits.total_ns);
    weft_json_u64(json, "wait_max_ns", row->waits.max_ns);
    weft_json_u64(json, "wait_p50_ns", row->waits.p50_ns);
    weft_json_u64(json, "wait_p99_ns", row->waits.p99_ns);
    weft_json_end(json);
}

static void json_person(struct weft_json *json, const struct weft_model *model, const char *id_key,
                        const char *key, uint32_t thread)
{
    if (thread == WEFT_NONE) {
        weft_json_null(json, id_key);
        weft_json_null(json, key);
    } else {
        weft_json_u64(json, id_key, model->threads.at[thread].number);
        weft_json_text(json, key, model->threads.at[thread].name);
    }
}

static void json_object(struct weft_json *json, const struct weft_model *model,
                        const struct weft_object_stats *row)
{
    const struct weft_object *object = &model->objects.at[row->object];

    weft_json_object(json, NULL);
    weft_json_u64(json, "id", object->number);
    weft_json_text(json, "kind",
                   object->kind == WEFT_OBJ_NONE ? "unknown" : weft_objects[object->kind].name);
    weft_json_text(json, "name", object->name);
    if (object->capacity > 0) {
        weft_json_i64(json, "capacity", object->capacity);
    }
    for (size_t i = 0; i < weft_stats_field_count; i++) {
        const struct weft_stats_field *field = &weft_stats_fields[i];
        if (field->in_json != WEFT_OF_ALL && (field->in_json & 1 << object->family) == 0) {
            continue;
        }
        if (weft_stats_unknown(field, row)) {
            weft_json_null(json, field->key);
        } else if (field->type == WEFT_STATS_MEAN) {
            weft_json_real(json, field->key, weft_stats_mean(field, row));
        } else if (field->type == WEFT_STATS_LEVEL) {
            weft_json_i64(json, field->key, weft_stats_level(field, row));
        } else {
            weft_json_u64(json, field->key, weft_stats_number(field, row));
        }
    }
    weft_json_array(json, "waited_for");
    for (size_t i = 0; i < row->blames.count && i < PAIRS_IN_JSON; i++) {
        const struct weft_blame *blame = &row->blames.at[i];
        weft_json_object(json, NULL);
        json_person(json, model, "waiter_id", "waiter", blame->waiter);
        json_person(json, model, "owner_id", "owner", blame->owner);
        weft_json_u64(json, "ns", blame->ns);
        weft_json_u64(json, "waits", blame->count);
        weft_json_end(json);
    }
    weft_json_end(json);
    weft_json_u64(json, "waited_for_left_out",
                  row->blames.count > PAIRS_IN_JSON ? row->blames.count - PAIRS_IN_JSON : 0);
    weft_json_end(json);
}

static void json_longest(struct weft_json *json, const struct weft_model *model,
                         const struct weft_stats *stats)
{
    weft_json_array(json, "longest_waits");
    for (size_t i = 0; i < stats->longest_count; i++) {
        const struct weft_long_wait *wait = &stats->longest[i];
        const struct weft_span span = weft_model_span(model, wait->thread, wait->span);
        weft_json_object(json, NULL);
        weft_json_text(json, "wait", weft_wait_id(model, wait->thread, wait->span).text);
        json_person(json, model, "thread_id", "thread", wait->thread);
        weft_json_text(json, "state", weft_states[span.state].name);
        if (span.object != WEFT_NONE && weft_span_about_thread(&span)) {
            json_person(json, model, "target_id", "target", span.object);
        } else if (span.object != WEFT_NONE) {
            weft_json_u64(json, "object_id", model->objects.at[span.object].number);
            weft_json_text(json, "object", model->objects.at[span.object].name);
        }
        weft_json_u64(json, "start_ns", span.start_ns);
        weft_json_u64(json, "end_ns", weft_span_end_ns(model, wait->thread, wait->span));
        weft_json_u64(json, "ns", wait->ns);
        weft_json_bool(json, "open", (span.flags & WEFT_SPAN_OPEN) != 0);
        json_site(json, model, span.site);
        weft_json_end(json);
    }
    weft_json_end(json);
}

void weft_stats_put_json(struct weft_sink *sink, const struct weft_model *model,
                         const struct weft_stats *stats)
{
    struct weft_json json = {.sink = sink};

    weft_json_object(&json, NULL);
    json_trace(&json, model, stats);
    weft_json_array(&json, "threads");
    for (size_t i = 0; i < stats->threads.count; i++) {
        json_thread(&json, model, &stats->threads.at[i]);
    }
    weft_json_end(&json);
    weft_json_array(&json, "objects");
    for (size_t i = 0; i < stats->objects.count; i++) {
        json_object(&json, model, &stats->objects.at[i]);
    }
    weft_json_end(&json);
    json_longest(&json, model, stats);
    weft_json_object(&json, "parallelism");
    weft_json_real(&json, "mean", stats->parallel);
    weft_json_array(&json, "over_time");
    for (int i = 0; i < WEFT_STATS_BUCKETS; i++) {
        weft_json_real(&json, NULL, stats->parallel_of[i]);
    }
    weft_json_end(&json);
    weft_json_end(&json);
    weft_json_end(&json);
}
