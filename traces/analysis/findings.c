#include "traces/analysis/findings.h"

#include "base/sink.h"
#include "base/tongue.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "traces/analysis/crowd.h"
#include "traces/analysis/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct weft_finding_info weft_finding_kinds[WEFT_FIND_COUNT] = {
#define WEFT_FINDING(id, name, finder, words) {name, words},
#include "traces/analysis/findings.def"
};

const struct weft_threshold_info weft_thresholds[WEFT_FROM_COUNT] = {
#define WEFT_THRESHOLD(id, name, value, unit, words) {name, words, value, WEFT_UNIT_##unit},
#include "traces/analysis/findings.def"
};

static const struct {
    uint8_t kind, by;
} absorbs[] = {
#define WEFT_ABSORBS(kind, by) {WEFT_FIND_##kind, WEFT_FIND_##by},
#include "traces/analysis/findings.def"
};

static void forget_ending(struct weft_findings *findings)
{
    if (findings->ending != NULL) {
        weft_ending_done(findings->ending);
        free(findings->ending);
        findings->ending = NULL;
    }
    weft_crowds_done(findings);
}

void weft_findings_init(struct weft_findings *findings, const struct weft_model *model)
{
    *findings = (struct weft_findings){.model = model};
    weft_arena_init(&findings->strings);
    for (int i = 0; i < WEFT_FROM_COUNT; i++) {
        findings->from[i] = weft_thresholds[i].value;
    }
}

void weft_findings_done(struct weft_findings *findings)
{
    forget_ending(findings);
    for (size_t i = 0; i < findings->all.count; i++) {
        free(findings->all.at[i].threads.at);
        free(findings->all.at[i].objects.at);
        free(findings->all.at[i].places.at);
    }
    free(findings->all.at);
    weft_arena_done(&findings->strings);
    *findings = (struct weft_findings){0};
}

/* Making ────────────────────────────────────────────────────────────────────────────────────── */

struct weft_finding *weft_finding_new(struct weft_findings *findings, enum weft_finding_kind kind,
                                      uint64_t from_ns, uint64_t to_ns)
{
    if (findings->made[kind]++ >= WEFT_FINDINGS_MAX) {
        return NULL;
    }
    if (!weft_vec_push(&findings->all, (struct weft_finding){.kind = (uint8_t)kind,
                                                             .from_ns = from_ns,
                                                             .to_ns = to_ns,
                                                             .what = "",
                                                             .why = "",
                                                             .advice = "",
                                                             .detail_of = WEFT_NONE})) {
        findings->no_memory = true;
        return NULL;
    }
    return &findings->all.at[findings->all.count - 1];
}

void weft_finding_thread(struct weft_findings *findings, struct weft_finding *finding,
                         uint32_t thread)
{
    for (size_t i = 0; i < finding->threads.count; i++) {
        if (finding->threads.at[i] == thread) {
            return;
        }
    }
    findings->no_memory |= !weft_vec_push(&finding->threads, thread);
}

void weft_finding_object(struct weft_findings *findings, struct weft_finding *finding,
                         uint32_t object)
{
    for (size_t i = 0; i < finding->objects.count; i++) {
        if (finding->objects.at[i] == object) {
            return;
        }
    }
    findings->no_memory |= !weft_vec_push(&finding->objects, object);
}

void weft_finding_place(struct weft_findings *findings, struct weft_finding *finding,
                        struct weft_finding_place place)
{
    if (finding->places.count < WEFT_PLACES_MAX) {
        findings->no_memory |= !weft_vec_push(&finding->places, place);
    }
}

void weft_finding_span(struct weft_findings *findings, struct weft_finding *finding,
                       const char *role, uint32_t thread, uint32_t index)
{
    const struct weft_span span = weft_model_span(findings->model, thread, index);

    weft_finding_place(findings, finding,
                       (struct weft_finding_place){
                           .role = role,
                           .t_ns = span.start_ns,
                           .thread = thread,
                           .object = weft_span_about_thread(&span) ? WEFT_NONE : span.object,
                           .site = span.site,
                           .span = index});
}

/* Sentences ─────────────────────────────────────────────────────────────────────────────────── */

static const char *keep(struct weft_findings *findings, const char *text, size_t len)
{
    const char *kept = weft_arena_copy(&findings->strings, text, len);

    findings->no_memory |= kept == NULL;
    return kept != NULL ? kept : "";
}

const char *weft_finding_say(struct weft_findings *findings, const char *format, ...)
{
    enum { LONGEST = 2000 }; /* and a character more, which tells where it may be cut */
    char text[LONGEST + 8];
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, _(format), args);
    va_end(args);
    if (len < 0) {
        return "";
    }
    /* Names come from the trace and may be of any length: a sentence that is too long is cut. */
    return keep(findings, text, weft_utf8_fit(text, (size_t)len, LONGEST));
}

const char *weft_thread_called(const struct weft_findings *findings, uint32_t thread)
{
    return findings->model->threads.at[thread].name;
}

const char *weft_object_called(const struct weft_findings *findings, uint32_t object)
{
    return findings->model->objects.at[object].name;
}

/* How many names a list has before it becomes "and 7 others". */
enum { NAMED_MAX = 4 };

static const char *list(struct weft_findings *findings, const uint32_t *at, size_t count,
                        const char *(*called)(const struct weft_findings *, uint32_t))
{
    const size_t named = count <= NAMED_MAX ? count : NAMED_MAX - 1;
    char text[1024] = "";
    size_t used = 0;

    for (size_t i = 0; i < named; i++) {
        const char *name = called(findings, at[i]);
        const char *before = i == 0 ? "" : i + 1 == count ? _(" and ") : ", ";
        const int len = snprintf(text + used, sizeof text - used, "%s%.*s", before,
                                 (int)weft_utf8_fit(name, strlen(name), 200), name);
        if (len < 0 || (size_t)len >= sizeof text - used) {
            break;
        }
        used += (size_t)len;
    }
    if (named < count) {
        const int len =
            snprintf(text + used, sizeof text - used, _(" and %zu others"), count - named);
        used += len > 0 && (size_t)len < sizeof text - used ? (size_t)len : 0;
    }
    return keep(findings, text, used);
}

const char *weft_threads_called(struct weft_findings *findings, const uint32_t *threads,
                                size_t count)
{
    return list(findings, threads, count, weft_thread_called);
}

const char *weft_objects_called(struct weft_findings *findings, const uint32_t *objects,
                                size_t count)
{
    return list(findings, objects, count, weft_object_called);
}

const char *weft_threshold_said(struct weft_findings *findings, enum weft_threshold threshold)
{
    const struct weft_threshold_info *info = &weft_thresholds[threshold];
    const unsigned long long value = findings->from[threshold];

    switch (info->unit) {
    case WEFT_UNIT_NS:
        return weft_finding_say(findings, "%s=%s", info->name, WEFT_NS(value));
    case WEFT_UNIT_PERCENT:
        return weft_finding_say(findings, "%s=%llu%%", info->name, value);
    default:
        return weft_finding_say(findings, "%s=%llu", info->name, value);
    }
}

/* One cause, one finding ────────────────────────────────────────────────────────────────────── */

static bool meet(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++) {
        for (size_t k = 0; k < b_count; k++) {
            if (a[i] == b[k]) {
                return true;
            }
        }
    }
    return false;
}

static bool takes_in(const struct weft_findings *findings, const struct weft_finding *by,
                     const struct weft_finding *finding)
{
    bool may = false;

    for (size_t i = 0; i < sizeof absorbs / sizeof *absorbs; i++) {
        may |= absorbs[i].kind == finding->kind && absorbs[i].by == by->kind;
    }
    if (!may) {
        return false;
    }
    /* When nobody can go on, whoever waits does so for the sake of the one that stands in the way.
     */
    if (findings->all_stand &&
        (finding->kind == WEFT_FIND_STUCK || finding->kind == WEFT_FIND_LOST_WAKEUP)) {
        return true;
    }
    if (meet(finding->objects.at, finding->objects.count, by->objects.at, by->objects.count)) {
        return true;
    }
    /* Who waits for a thread that is in the other one waits for the same reason. */
    return (finding->objects.count == 0 || finding->kind == WEFT_FIND_STUCK) &&
           meet(finding->threads.at, finding->threads.count, by->threads.at, by->threads.count);
}

static void absorb(struct weft_findings *findings)
{
    findings->count = 0;
    for (size_t i = 0; i < findings->all.count; i++) {
        struct weft_finding *finding = &findings->all.at[i];
        for (size_t k = 0; k < findings->all.count && finding->detail_of == WEFT_NONE; k++) {
            if (k != i && takes_in(findings, &findings->all.at[k], finding)) {
                finding->detail_of = (uint32_t)k;
            }
        }
        findings->count += finding->detail_of == WEFT_NONE;
    }
    /* A detail of a detail is one of the finding that stands. */
    for (size_t i = 0; i < findings->all.count; i++) {
        uint32_t by = findings->all.at[i].detail_of;
        for (int steps = 0; by != WEFT_NONE && steps < WEFT_FIND_COUNT; steps++) {
            findings->all.at[i].detail_of = by;
            by = findings->all.at[by].detail_of;
        }
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct weft_finding *left = a, *right = b;

    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    if (left->cost_ns != right->cost_ns) {
        return left->cost_ns > right->cost_ns ? -1 : 1;
    }
    return (left->from_ns > right->from_ns) - (left->from_ns < right->from_ns);
}

static void (*const finders[])(struct weft_findings *) = {
#define WEFT_FINDING(id, name, finder, words) finder,
#include "traces/analysis/findings.def"
};

void weft_findings_begin(struct weft_findings *findings)
{
    struct weft_ending *ending = malloc(sizeof *ending);

    findings->kinds_done = 0;
    if (ending == NULL || !weft_ending_build(findings->model, ending)) {
        free(ending);
        findings->no_memory = true;
        return;
    }
    findings->ending = ending;
    findings->all_stand = !ending->anybody_goes_on;
}

bool weft_findings_step(struct weft_findings *findings)
{
    const uint32_t count = sizeof finders / sizeof *finders;

    if (findings->kinds_done < count && !findings->no_memory) {
        finders[findings->kinds_done++](findings);
    }
    if (findings->kinds_done < count && !findings->no_memory) {
        return true;
    }
    forget_ending(findings);
    if (findings->all.count > 0) {
        qsort(findings->all.at, findings->all.count, sizeof *findings->all.at, by_weight);
    }
    absorb(findings);
    return false;
}

enum weft_status weft_findings_look(struct weft_findings *findings)
{
    weft_findings_begin(findings);
    while (weft_findings_step(findings)) {
    }
    return findings->no_memory ? WEFT_ERR_MEMORY : WEFT_OK;
}
