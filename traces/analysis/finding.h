/*
 * How a finder makes a finding.  Memory that runs out is remembered in findings->no_memory and
 * makes the rest do nothing.  Private to traces/analysis.
 */
#ifndef WEFT_TRACES_FINDING_H
#define WEFT_TRACES_FINDING_H

#include "traces/analysis/ending.h"
#include "traces/analysis/findings.h"
#include "traces/analysis/words.h"

/* The finders, one a kind. */
#define WEFT_FINDING(id, name, finder, words) void finder(struct weft_findings *findings);
#include "traces/analysis/findings.def"

/* A new finding; valid until the next one.  NULL: no memory. */
struct weft_finding *weft_finding_new(struct weft_findings *findings, enum weft_finding_kind kind,
                                      uint64_t from_ns, uint64_t to_ns);

/* Each thread and object once, in the order in which they are given. */
void weft_finding_thread(struct weft_findings *findings, struct weft_finding *finding,
                         uint32_t thread);
void weft_finding_object(struct weft_findings *findings, struct weft_finding *finding,
                         uint32_t object);

/* At most WEFT_PLACES_MAX of them are kept; role is a literal. */
enum { WEFT_PLACES_MAX = 64 };
void weft_finding_place(struct weft_findings *findings, struct weft_finding *finding,
                        struct weft_finding_place place);

/* The place of a wait, or of another span. */
void weft_finding_span(struct weft_findings *findings, struct weft_finding *finding,
                       const char *role, uint32_t thread, uint32_t span);

/* A sentence, kept by the findings. */
const char *weft_finding_say(struct weft_findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Names for sentences. */
const char *weft_thread_called(const struct weft_findings *findings, uint32_t thread);
const char *weft_object_called(const struct weft_findings *findings, uint32_t object);

/* "a", "a and b", "a, b and 3 others"; kept by the findings. */
const char *weft_threads_called(struct weft_findings *findings, const uint32_t *threads,
                                size_t count);
const char *weft_objects_called(struct weft_findings *findings, const uint32_t *objects,
                                size_t count);

#define WEFT_NS(ns) (weft_words_duration(ns).text)

/* "sleep-holding=1.00 ms": how a sentence names the threshold that it used. */
const char *weft_threshold_said(struct weft_findings *findings, enum weft_threshold threshold);

/* More than max: no, but they grow by doubling and may be huge. */
static inline uint64_t weft_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
