/*
 * Line 1 of a trace.  Inside the reader only.
 * Threads: one at a time.
 */
#ifndef WEFT_TRACES_HEADER_H
#define WEFT_TRACES_HEADER_H

#include "base/arena.h"
#include "base/status.h"
#include "traces/read/read.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Says what else the file is when its first bytes are no trace: compressed, binary, text …
 *   line, len   the first line, as far as it was read
 * NULL when it can be a header.
 */
const char *weft_header_foreign(const char *line, size_t len);

/*
 * Reads the header; its strings go into `strings`.  Keys that it does not know are ignored.
 * Status: WEFT_ERR_FORMAT, WEFT_ERR_VERSION, WEFT_ERR_MEMORY; error is without file and line.
 */
enum weft_status weft_header_parse(const char *line, size_t len, struct weft_arena *strings,
                                   struct weft_trace_header *header, struct weft_error *error);

#endif
