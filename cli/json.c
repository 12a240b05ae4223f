#include "cli/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void begin(struct weft_json *json, const char *key)
{
    if (json->depth > 0) {
        if (json->begun[json->depth - 1]) {
            weft_sink_char(json->sink, ',');
        }
        json->begun[json->depth - 1] = true;
    }
    if (key != NULL) {
        weft_sink_json(json->sink, key, strlen(key));
        weft_sink_char(json->sink, ':');
    }
}

static void open_level(struct weft_json *json, const char *key, char start, char end)
{
    assert(json->depth < WEFT_JSON_DEPTH);
    begin(json, key);
    weft_sink_char(json->sink, start);
    json->ends[json->depth] = end;
    json->begun[json->depth] = false;
    json->depth++;
}

void weft_json_object(struct weft_json *json, const char *key)
{
    open_level(json, key, '{', '}');
}

void weft_json_array(struct weft_json *json, const char *key)
{
    open_level(json, key, '[', ']');
}

void weft_json_end(struct weft_json *json)
{
    assert(json->depth > 0);
    weft_sink_char(json->sink, json->ends[--json->depth]);
    if (json->depth == 0) {
        weft_sink_char(json->sink, '\n');
    }
}

void weft_json_u64(struct weft_json *json, const char *key, uint64_t value)
{
    begin(json, key);
    weft_sink_u64(json->sink, value);
}

void weft_json_i64(struct weft_json *json, const char *key, int64_t value)
{
    begin(json, key);
    weft_sink_i64(json->sink, value);
}

void weft_json_real(struct weft_json *json, const char *key, double value)
{
    begin(json, key);
    weft_sink_printf(json->sink, "%.6g", isfinite(value) ? value : 0);
}

void weft_json_bool(struct weft_json *json, const char *key, bool value)
{
    begin(json, key);
    weft_sink_text(json->sink, value ? "true" : "false");
}

void weft_json_text(struct weft_json *json, const char *key, const char *value)
{
    begin(json, key);
    weft_sink_json(json->sink, value, strlen(value));
}

void weft_json_null(struct weft_json *json, const char *key)
{
    begin(json, key);
    weft_sink_text(json->sink, "null");
}
