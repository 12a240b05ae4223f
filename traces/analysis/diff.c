#include "traces/analysis/diff.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "traces/analysis/findings.h"
#include "traces/analysis/stats.h"
#include "traces/analysis/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRACE = 1 << WEFT_DIFF_TRACE,
    THREAD = 1 << WEFT_DIFF_THREAD,
    OBJECT = 1 << WEFT_DIFF_OBJECT,
    FINDING = 1 << WEFT_DIFF_FINDING,
};

const struct weft_measure_info weft_measures[WEFT_MEASURES] = {
    [WEFT_MEASURE_DURATION] = {"duration_ns", "duration", true, TRACE},
    [WEFT_MEASURE_EVENTS] = {"events", "events", false, TRACE},
    [WEFT_MEASURE_COUNT] = {"count", "how many", false, THREAD | OBJECT | FINDING},
    [WEFT_MEASURE_LIFETIME] = {"lifetime_ns", "life", true, THREAD},
    [WEFT_MEASURE_RUNNING] = {"running_ns", "running or polling", true, THREAD},
    [WEFT_MEASURE_SLEEP] = {"sleep_ns", "sleeping", true, THREAD},
    [WEFT_MEASURE_WAITS] = {"waits", "waits", false, THREAD | OBJECT},
    [WEFT_MEASURE_WAIT_TOTAL] = {"wait_total_ns", "waiting", true, THREAD | OBJECT},
    [WEFT_MEASURE_WAIT_MAX] = {"wait_max_ns", "longest wait", true, THREAD | OBJECT},
    [WEFT_MEASURE_HOLD_TOTAL] = {"hold_total_ns", "held", true, OBJECT},
    [WEFT_MEASURE_HOLD_MAX] = {"hold_max_ns", "longest hold", true, OBJECT},
    [WEFT_MEASURE_ACQUIRES] = {"acquires", "acquires", false, OBJECT},
    [WEFT_MEASURE_CONTENDED] = {"contended", "contended acquires", false, OBJECT},
    [WEFT_MEASURE_FAILED] = {"failed", "tries in vain", false, OBJECT},
    [WEFT_MEASURE_PUTS] = {"puts", "puts", false, OBJECT},
    [WEFT_MEASURE_GETS] = {"gets", "gets", false, OBJECT},
};

void weft_diff_init(struct weft_diff *diff, uint32_t before, uint32_t after)
{
    *diff = (struct weft_diff){.before = before, .after = after};
    weft_arena_init(&diff->memory);
}

void weft_diff_done(struct weft_diff *diff)
{
    free(diff->entries.at);
    weft_map_done(&diff->by_key);
    weft_arena_done(&diff->memory);
}

static uint64_t hash_of(uint8_t what, const char *name)
{
    return weft_hash_bytes(weft_hash_one(WEFT_HASH_START, what), name, strlen(name));
}

/* The run's measures of the entry with this name, made when there is none; NULL: no memory. */
static struct weft_diff_run *entry_for(struct weft_diff *diff, uint8_t what, const char *name,
                                       uint32_t run)
{
    uint64_t key = hash_of(what, name);
    const uint32_t *known;

    while ((known = weft_map_find(&diff->by_key, key)) != NULL) {
        const struct weft_diff_entry *entry = &diff->entries.at[*known];
        if (entry->what == what && strcmp(entry->name, name) == 0) {
            entry->runs[run].there = true;
            return &entry->runs[run];
        }
        key++; /* two names with one hash */
    }
    const struct weft_diff_entry fresh = {
        .what = what,
        .name = weft_arena_copy(&diff->memory, name, strlen(name)),
        .runs = weft_arena_get(&diff->memory,
                               (diff->before + diff->after) * sizeof(struct weft_diff_run))};
    if (fresh.name == NULL || fresh.runs == NULL ||
        !weft_map_put(&diff->by_key, key, (uint32_t)diff->entries.count) ||
        !weft_vec_push(&diff->entries, fresh)) {
        return NULL;
    }
    fresh.runs[run].there = true;
    return &fresh.runs[run];
}

/* Names and roles ───────────────────────────────────────────────────────────────────────────── */

/* Where things were made or first used: a site for each thread and object. */
struct origins {
    uint32_t *threads, *objects;
};

static bool find_origins(const struct weft_model *model, struct origins *origins)
{
    origins->threads = malloc((model->threads.count + 1) * sizeof *origins->threads);
    origins->objects = malloc((model->objects.count + 1) * sizeof *origins->objects);
    if (origins->threads == NULL || origins->objects == NULL) {
        return false;
    }
    for (size_t i = 0; i < model->threads.count; i++) {
        origins->threads[i] = WEFT_NONE;
    }
    for (size_t i = 0; i < model->objects.count; i++) {
        origins->objects[i] = WEFT_NONE;
    }
    for (size_t i = 0; i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        if (point.object == WEFT_NONE || point.site == WEFT_NONE) {
            continue;
        }
        if (point.kind == WEFT_EV_THREAD_CREATE) {
            origins->threads[point.object] = point.site;
        } else if (weft_events[point.kind].family != WEFT_FAMILY_THREAD &&
                   weft_events[point.kind].family != WEFT_FAMILY_ANY &&
                   origins->objects[point.object] == WEFT_NONE) {
            origins->objects[point.object] = point.site;
        }
    }
    return true;
}

/* " of run_worker in pool.c": without the line, which other changes to the source move. */
static void add_origin(const struct weft_model *model, uint32_t site, struct weft_sentence *name)
{
    if (site >= model->sites.count) {
        return;
    }
    const struct weft_site *where = &model->sites.at[site];
    const char *slash = strrchr(where->file, '/');
    const char *file = slash != NULL ? slash + 1 : where->file;

    if (*where->function != '\0') {
        weft_sentence_add(name, " of %.*s",
                          (int)weft_utf8_fit(where->function, strlen(where->function), 100),
                          where->function);
    }
    if (*file != '\0') {
        weft_sentence_add(name, " in %.*s", (int)weft_utf8_fit(file, strlen(file), 100), file);
    }
}

static void name_thread(const struct weft_model *model, const struct origins *origins,
                        uint32_t thread, struct weft_sentence *name)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    char tail[24];
    const size_t len = strlen(info->name);

    (void)snprintf(tail, sizeof tail, "thread %u", info->number);
    if (strcmp(info->name, tail) == 0) {
        weft_sentence_add(name, "unnamed thread");
        add_origin(model, origins->threads[thread], name);
        return;
    }
    /* "worker #3" is a "worker" */
    const size_t tail_len = (size_t)snprintf(tail, sizeof tail, " #%u", info->number);
    const bool numbered = len > tail_len && strcmp(info->name + len - tail_len, tail) == 0;
    weft_sentence_add(name, "%.*s", (int)(numbered ? len - tail_len : len), info->name);
}

static void name_object(const struct weft_model *model, const struct origins *origins,
                        uint32_t index, struct weft_sentence *name)
{
    const struct weft_object *object = &model->objects.at[index];
    const char *kind = object->kind == WEFT_OBJ_NONE ? "object" : weft_objects[object->kind].words;
    char given[64];

    (void)snprintf(given, sizeof given, "%s %u", kind, object->number);
    if (strcmp(object->name, given) == 0) {
        weft_sentence_add(name, "unnamed %s", kind);
        add_origin(model, origins->objects[index], name);
    } else {
        weft_sentence_add(name, "%.*s (%s)",
                          (int)weft_utf8_fit(object->name, strlen(object->name), 300), object->name,
                          kind);
    }
}

/* A run ─────────────────────────────────────────────────────────────────────────────────────── */

static void most(uint64_t *value, uint64_t other)
{
    *value = other > *value ? other : *value;
}

static bool add_thread(struct weft_diff *diff, const struct weft_model *model,
                       const struct origins *origins, const struct weft_thread_stats *row,
                       uint32_t run)
{
    struct weft_sentence name = {.len = 0};

    name_thread(model, origins, row->thread, &name);
    struct weft_diff_run *to = entry_for(diff, WEFT_DIFF_THREAD, name.text, run);
    if (to == NULL) {
        return false;
    }
    to->values[WEFT_MEASURE_COUNT]++;
    to->values[WEFT_MEASURE_LIFETIME] += row->lifetime_ns;
    to->values[WEFT_MEASURE_RUNNING] +=
        row->state_ns[WEFT_STATE_RUNNING] + row->state_ns[WEFT_STATE_POLL];
    to->values[WEFT_MEASURE_SLEEP] += row->state_ns[WEFT_STATE_SLEEP];
    to->values[WEFT_MEASURE_WAITS] += row->waits.count;
    to->values[WEFT_MEASURE_WAIT_TOTAL] += row->waits.total_ns;
    most(&to->values[WEFT_MEASURE_WAIT_MAX], row->waits.max_ns);
    return true;
}

static bool add_object(struct weft_diff *diff, const struct weft_model *model,
                       const struct origins *origins, const struct weft_object_stats *row,
                       uint32_t run)
{
    struct weft_sentence name = {.len = 0};

    name_object(model, origins, row->object, &name);
    struct weft_diff_run *to = entry_for(diff, WEFT_DIFF_OBJECT, name.text, run);
    if (to == NULL) {
        return false;
    }
    to->values[WEFT_MEASURE_COUNT]++;
    to->values[WEFT_MEASURE_WAITS] += row->waits.count;
    to->values[WEFT_MEASURE_WAIT_TOTAL] += row->waits.total_ns;
    most(&to->values[WEFT_MEASURE_WAIT_MAX], row->waits.max_ns);
    to->values[WEFT_MEASURE_HOLD_TOTAL] += row->holds.total_ns;
    most(&to->values[WEFT_MEASURE_HOLD_MAX], row->holds.max_ns);
    to->values[WEFT_MEASURE_ACQUIRES] += row->acquires;
    to->values[WEFT_MEASURE_CONTENDED] += row->contended;
    to->values[WEFT_MEASURE_FAILED] += row->failed;
    to->values[WEFT_MEASURE_PUTS] += row->puts;
    to->values[WEFT_MEASURE_GETS] += row->gets;
    return true;
}

static bool add_findings(struct weft_diff *diff, const struct weft_model *model, uint32_t run)
{
    struct weft_findings findings;
    bool ok;

    weft_findings_init(&findings, model);
    ok = weft_findings_look(&findings) == WEFT_OK;
    for (size_t i = 0; ok && i < findings.all.count; i++) {
        const struct weft_finding *finding = &findings.all.at[i];
        if (finding->detail_of != WEFT_NONE) {
            continue;
        }
        struct weft_diff_run *to =
            entry_for(diff, WEFT_DIFF_FINDING, weft_finding_kinds[finding->kind].name, run);
        ok = to != NULL;
        if (ok) {
            to->values[WEFT_MEASURE_COUNT]++;
        }
    }
    weft_findings_done(&findings);
    return ok;
}

bool weft_diff_add(struct weft_diff *diff, const struct weft_model *model, uint32_t run)
{
    struct origins origins = {NULL, NULL};
    struct weft_stats stats;

    if (!weft_stats_build(model, (struct weft_stats_query){0, UINT64_MAX, WEFT_NONE, WEFT_NONE},
                          &stats)) {
        return false;
    }
    struct weft_diff_run *whole = entry_for(diff, WEFT_DIFF_TRACE, "the whole", run);
    bool ok = whole != NULL && find_origins(model, &origins);
    if (ok) {
        whole->values[WEFT_MEASURE_DURATION] = model->end_ns;
        whole->values[WEFT_MEASURE_EVENTS] = stats.events;
    }
    for (size_t i = 0; ok && i < stats.threads.count; i++) {
        ok = add_thread(diff, model, &origins, &stats.threads.at[i], run);
    }
    for (size_t i = 0; ok && i < stats.objects.count; i++) {
        ok = add_object(diff, model, &origins, &stats.objects.at[i], run);
    }
    ok = ok && add_findings(diff, model, run);
    free(origins.threads);
    free(origins.objects);
    weft_stats_done(&stats);
    return ok;
}

/* Changes ───────────────────────────────────────────────────────────────────────────────────── */

static bool is_there(const struct weft_diff_entry *entry, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (entry->runs[i].there) {
            return true;
        }
    }
    return false;
}

bool weft_diff_is_before(const struct weft_diff *diff, const struct weft_diff_entry *entry)
{
    return is_there(entry, 0, diff->before);
}

bool weft_diff_is_after(const struct weft_diff *diff, const struct weft_diff_entry *entry)
{
    return is_there(entry, diff->before, diff->before + diff->after);
}

struct side {
    double mean, least, most;
};

/* What is not in a run counts 0 there. */
static struct side side_of(const struct weft_diff_entry *entry, enum weft_measure measure,
                           uint32_t from, uint32_t to)
{
    struct side side = {0, (double)entry->runs[from].values[measure], 0};

    for (uint32_t i = from; i < to; i++) {
        const double value = (double)entry->runs[i].values[measure];
        side.mean += value / (to - from);
        side.least = value < side.least ? value : side.least;
        side.most = value > side.most ? value : side.most;
    }
    return side;
}

bool weft_diff_change(const struct weft_diff *diff, uint32_t index, enum weft_measure measure,
                      struct weft_change *change)
{
    const struct weft_diff_entry *entry = &diff->entries.at[index];
    const struct weft_measure_info *info = &weft_measures[measure];

    if ((info->has & 1 << entry->what) == 0) {
        return false;
    }
    const struct side a = side_of(entry, measure, 0, diff->before);
    const struct side b = side_of(entry, measure, diff->before, diff->before + diff->after);
    const double least = a.least < b.least ? a.least : b.least;
    const double top = a.most > b.most ? a.most : b.most;
    if (least >= top) {
        return false;
    }
    const double by = b.mean > a.mean ? b.mean - a.mean : a.mean - b.mean;
    bool noise;
    if (diff->before > 1 || diff->after > 1) {
        /* Told apart by the runs themselves: the sides do not overlap, and their means are further
         * apart than the runs of either side. */
        const double spread =
            a.most - a.least > b.most - b.least ? a.most - a.least : b.most - b.least;
        noise = (a.most >= b.least && b.most >= a.least) || by <= spread;
    } else if (entry->what == WEFT_DIFF_FINDING) {
        noise = false;
    } else {
        const double larger = a.mean > b.mean ? a.mean : b.mean;
        noise = by < (info->is_time ? WEFT_NOISE_NS : WEFT_NOISE_COUNT) ||
                by * 100 < larger * WEFT_NOISE_PERCENT;
    }
    *change = (struct weft_change){index, (uint8_t)measure, noise, a.mean, b.mean};
    return true;
}
