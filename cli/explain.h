/*
 * What weft explain tells, one subject a function, in words or as JSON.
 * Private to cli.  Threads: the main thread only.  False: no memory.
 */
#ifndef WEFT_CLI_EXPLAIN_H
#define WEFT_CLI_EXPLAIN_H

#include "cli/json.h"
#include "traces/analysis/stats.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the report goes, in one of two forms. */
struct weft_report {
    const struct weft_model *model;
    struct weft_sink *sink;
    struct weft_json *json; /* NULL: words */
};

bool weft_report_wait(const struct weft_report *report, uint32_t thread, uint32_t span);
bool weft_report_moment(const struct weft_report *report, uint32_t thread, uint64_t t_ns);
bool weft_report_thread(const struct weft_report *report, uint32_t thread);
bool weft_report_whole(const struct weft_report *report);

/* The longest waits of some stats. */
bool weft_report_longest(const struct weft_report *report, const struct weft_stats *stats);

/* The keys "thread_id" and "thread"; null for WEFT_NONE. */
void weft_report_who(struct weft_json *json, const struct weft_model *model, uint32_t thread);

#endif
