/*
 * Records → lines.  Numbers threads, objects and call sites by first use and introduces each
 * before the event that needs it.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_EVENTS_H
#define WEFT_TRACES_EVENTS_H

#include "base/map.h"
#include "base/sink.h"
#include "traces/write/lanes.h"
#include "traces/write/names.h"

#include <stdbool.h>
#include <stdint.h>

struct weft_lines {
    struct weft_sink sink;
    struct weft_map threads; /* number in the spool → 1 named, 2 also started */
    struct weft_map objects; /* address → number in the trace << 5 | kind; 0: destroyed */
    struct weft_map sites;   /* address → number in the trace */
    uint32_t object_count;
    uint32_t site_count;
    uint32_t thread_count;
    uint64_t last_ns;
    uint64_t events;
    uint64_t late;
    struct weft_names names;
};

bool weft_lines_init(struct weft_lines *lines, int fd);
void weft_lines_done(struct weft_lines *lines);

/* Writes what `taken`, recorded by `thread` at t_ns, means: definitions, an event, or nothing. */
void weft_lines_put(struct weft_lines *lines, uint32_t thread, uint64_t t_ns,
                    const struct weft_taken *taken);

#endif
