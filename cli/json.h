/*
 * JSON reports: an object or array at a time, with commas where they belong.
 *
 *     weft_json_object(&json, NULL);       {
 *     weft_json_u64(&json, "events", 7);     "events":7,
 *     weft_json_array(&json, "threads");     "threads":[
 *     weft_json_end(&json);                  ]
 *     weft_json_end(&json);                }
 *
 * key is NULL inside an array and at the top.  Threads: one at a time.
 */
#ifndef WEFT_CLI_JSON_H
#define WEFT_CLI_JSON_H

#include "base/sink.h"

#include <stdbool.h>
#include <stdint.h>

enum { WEFT_JSON_DEPTH = 16 };

struct weft_json {
    struct weft_sink *sink;
    uint32_t depth;
    char ends[WEFT_JSON_DEPTH]; /* what closes each level */
    bool begun[WEFT_JSON_DEPTH];
};

void weft_json_object(struct weft_json *json, const char *key);
void weft_json_array(struct weft_json *json, const char *key);
/* Closes the innermost; behind the outermost goes a line end. */
void weft_json_end(struct weft_json *json);

void weft_json_u64(struct weft_json *json, const char *key, uint64_t value);
void weft_json_i64(struct weft_json *json, const char *key, int64_t value);
void weft_json_real(struct weft_json *json, const char *key, double value);
void weft_json_bool(struct weft_json *json, const char *key, bool value);
void weft_json_text(struct weft_json *json, const char *key, const char *value);
void weft_json_null(struct weft_json *json, const char *key);

#endif
