/*
 * The report of weft stats in its two forms.  One table of facts about objects makes the keys of
 * the one and the columns of the other. Private to cli.  Threads: the main thread only.
 */
#ifndef WEFT_CLI_STATS_H
#define WEFT_CLI_STATS_H

#include "base/sink.h"
#include "traces/analysis/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum weft_stats_type { WEFT_STATS_COUNT, WEFT_STATS_NS, WEFT_STATS_LEVEL, WEFT_STATS_MEAN };

/* Families as bits. */
enum {
    WEFT_OF_LOCKS = 1 << WEFT_FAMILY_LOCK,
    WEFT_OF_RWLOCKS = 1 << WEFT_FAMILY_RWLOCK,
    WEFT_OF_CONDITIONS = 1 << WEFT_FAMILY_CONDITION,
    WEFT_OF_SEMAPHORES = 1 << WEFT_FAMILY_SEMAPHORE,
    WEFT_OF_EVENTS = 1 << WEFT_FAMILY_EVENT,
    WEFT_OF_BARRIERS = 1 << WEFT_FAMILY_BARRIER,
    WEFT_OF_QUEUES = 1 << WEFT_FAMILY_QUEUE,
    WEFT_OF_FUTEXES = 1 << WEFT_FAMILY_FUTEX,
    WEFT_OF_COUNTERS = 1 << WEFT_FAMILY_COUNTER,
    WEFT_OF_HELD = WEFT_OF_LOCKS | WEFT_OF_RWLOCKS | WEFT_OF_SEMAPHORES,
    WEFT_OF_LEVELS = WEFT_OF_QUEUES | WEFT_OF_SEMAPHORES,
    WEFT_OF_ALL = -1,
};

struct weft_stats_field {
    const char *key;   /* in JSON */
    const char *title; /* of the column; NULL: only in JSON */
    enum weft_stats_type type;
    size_t offset; /* in struct weft_object_stats */
    int in_json;   /* families that have the key */
    int in_words;  /* families that have the column */
};

/* Is the number not known?  POSIX semaphores do not say their value. */
static inline bool weft_stats_unknown(const struct weft_stats_field *field,
                                      const struct weft_object_stats *row)
{
    const bool of_level = field->type == WEFT_STATS_LEVEL || field->type == WEFT_STATS_MEAN ||
                          field->offset == offsetof(struct weft_object_stats, empty_ns) ||
                          field->offset == offsetof(struct weft_object_stats, full_ns);

    return of_level && !row->has_level && (field->in_json & WEFT_OF_SEMAPHORES) != 0;
}

extern const struct weft_stats_field weft_stats_fields[];
extern const size_t weft_stats_field_count;

static inline uint64_t weft_stats_number(const struct weft_stats_field *field,
                                         const struct weft_object_stats *row)
{
    uint64_t value;

    memcpy(&value, (const char *)row + field->offset, sizeof value);
    return value;
}

static inline int64_t weft_stats_level(const struct weft_stats_field *field,
                                       const struct weft_object_stats *row)
{
    int64_t value;

    memcpy(&value, (const char *)row + field->offset, sizeof value);
    return value;
}

static inline double weft_stats_mean(const struct weft_stats_field *field,
                                     const struct weft_object_stats *row)
{
    double value;

    memcpy(&value, (const char *)row + field->offset, sizeof value);
    return value;
}

/* docs/stats.schema.json. */
void weft_stats_put_json(struct weft_sink *sink, const struct weft_model *model,
                         const struct weft_stats *stats);
void weft_stats_put_words(struct weft_sink *sink, const struct weft_model *model,
                          const struct weft_stats *stats);

#endif
