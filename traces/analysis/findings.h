/*
 * Findings: what is wrong in a trace, in words.  findings.def says which kinds there are; each is
 * looked for by one file, find_*.c.  The findings own their memory and name threads, objects and
 * call sites of the model by index; they hold while the model does.
 *
 * Nothing is guessed: behind a loss of events nobody knows who holds what, and then nothing is said
 * of it.  Rules: docs/findings.md.
 * Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_FINDINGS_H
#define WEFT_TRACES_FINDINGS_H

#include "base/arena.h"
#include "base/status.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weft_finding_kind {
#define WEFT_FINDING(id, ...) WEFT_FIND_##id,
#include "traces/analysis/findings.def"
    WEFT_FIND_COUNT
};

enum weft_threshold {
#define WEFT_THRESHOLD(id, ...) WEFT_FROM_##id,
#include "traces/analysis/findings.def"
    WEFT_FROM_COUNT
};

enum weft_threshold_unit { WEFT_UNIT_NS, WEFT_UNIT_COUNT, WEFT_UNIT_PERCENT };

struct weft_finding_info {
    const char *name;
    const char *words;
};

struct weft_threshold_info {
    const char *name;
    const char *words;
    uint64_t value; /* the default */
    uint8_t unit;   /* enum weft_threshold_unit */
};

extern const struct weft_finding_info weft_finding_kinds[WEFT_FIND_COUNT];
extern const struct weft_threshold_info weft_thresholds[WEFT_FROM_COUNT];

/* What a thread did at a call site that has to do with it. */
struct weft_finding_place {
    const char *role; /* one word or two: "waits", "took it", "sleeps" … */
    uint64_t t_ns;
    uint32_t thread;
    uint32_t object; /* WEFT_NONE: none */
    uint32_t site;   /* WEFT_NONE: not known */
    uint32_t span;   /* of thread: the wait, the sleep; WEFT_NONE: it is no span */
};

struct weft_finding {
    uint8_t kind; /* enum weft_finding_kind */
    uint64_t from_ns, to_ns;
    uint64_t cost_ns; /* waiting or wasted time, by which findings of a kind are ordered */
    struct {
        uint32_t *at;
        size_t count, room;
    } threads, objects; /* who did it first */
    struct {
        struct weft_finding_place *at;
        size_t count, room;
    } places;
    const char *what, *why, *advice; /* a sentence each */
    uint32_t detail_of;              /* the finding that took it in; WEFT_NONE: it stands alone */
};

/* Of each kind so many are kept; a trace with more has them from one cause. */
enum { WEFT_FINDINGS_MAX = 100 };

struct weft_findings {
    const struct weft_model *model;
    uint64_t from[WEFT_FROM_COUNT]; /* thresholds */
    struct weft_arena strings;
    struct {
        struct weft_finding *at;
        size_t count, room;
    } all;                          /* those that were taken in, too; the weighty kinds first */
    size_t count;                   /* of those that stand alone */
    uint32_t made[WEFT_FIND_COUNT]; /* of each kind, those beyond WEFT_FINDINGS_MAX included */
    bool all_stand;                 /* nobody could go on when the trace ended */
    bool no_memory;
    /* While they are looked for: */
    struct weft_ending *ending;
    uint32_t kinds_done;
    struct weft_crowds *crowds;
};

/* The default thresholds; to be changed before weft_findings_look. */
void weft_findings_init(struct weft_findings *findings, const struct weft_model *model);
void weft_findings_done(struct weft_findings *findings);

/*
 * Looks for them a kind at a time, for one who has something else to do between: _begin, then _step
 * until it is false; what was found is in order only then.  Memory that ran out is in no_memory.
 */
void weft_findings_begin(struct weft_findings *findings);
bool weft_findings_step(struct weft_findings *findings);

/* Looks for all kinds.  WEFT_ERR_MEMORY: what was found so far is there, but not all. */
enum weft_status weft_findings_look(struct weft_findings *findings);

#endif
