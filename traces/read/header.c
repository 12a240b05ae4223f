#include "traces/read/header.h"

#include "base/utf8.h"
#include "traces/read/line.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool starts(const char *line, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && memcmp(line, magic, magic_len) == 0;
}

static bool is_text(const char *line, size_t len)
{
    for (size_t i = 0; i < len;) {
        const unsigned char byte = (unsigned char)line[i];
        const size_t width = weft_utf8_width(line + i, len - i);
        /* A character that the end of the bytes cuts is still text. */
        if (width == 0 && len - i >= 4) {
            return false;
        }
        if (byte < 0x20 && byte != '\t' && byte != '\r') {
            return false;
        }
        i += width == 0 ? 1 : width;
    }
    return true;
}

const char *weft_header_foreign(const char *line, size_t len)
{
    if (starts(line, len, "\x1f\x8b", 2)) {
        return "is compressed with gzip (expected a trace as plain text: unpack it first)";
    }
    if (starts(line, len, "\x28\xb5\x2f\xfd", 4)) {
        return "is compressed with zstd twice (expected once: unpack it first)";
    }
    if (starts(line, len, "\xef\xbb\xbf", 3)) {
        return "line 1: starts with a byte order mark (expected the header's '{' as the first "
               "byte)";
    }
    if (!is_text(line, len)) {
        return "is a binary file (expected a weft trace: JSON Lines with a header in line 1)";
    }
    return NULL;
}

/* One key of the header and where its value goes. */
struct slot {
    const char *key;
    const char **text;
    int64_t *integer;
    bool *flag;
};

static enum weft_status bad(struct weft_error *error, const char *key, const char *expected)
{
    return weft_error_set(error, WEFT_ERR_FORMAT, "bad \"%s\" in the header (expected %s)", key,
                          expected);
}

static enum weft_status set_slot(const struct slot *slot, const cJSON *item, struct weft_slice text,
                                 struct weft_arena *strings, struct weft_error *error)
{
    if (slot->text != NULL) {
        if (!cJSON_IsString(item)) {
            return bad(error, slot->key, "a text");
        }
        const char *copy = weft_arena_copy(strings, item->valuestring, strlen(item->valuestring));
        if (copy == NULL) {
            return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the header");
        }
        *slot->text = copy;
        return WEFT_OK;
    }
    if (slot->flag != NULL) {
        *slot->flag = cJSON_IsTrue(item);
        return cJSON_IsBool(item) ? WEFT_OK : bad(error, slot->key, "true or false");
    }
    if (!cJSON_IsNumber(item) || !weft_line_integer(text.at, text.len, slot->integer)) {
        return bad(error, slot->key, "an integer");
    }
    return WEFT_OK;
}

static enum weft_status set_command(const cJSON *item, struct weft_arena *strings,
                                    struct weft_trace_header *header, struct weft_error *error)
{
    const cJSON *word;
    uint32_t count = 0;

    if (!cJSON_IsArray(item)) {
        return bad(error, "command", "an array of texts");
    }
    /* cJSON_GetArraySize counts in int; a line of 1 MiB cannot overflow it. */
    const char **command =
        weft_arena_get(strings, ((size_t)cJSON_GetArraySize(item) + 1) * sizeof *command);
    if (command == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the header");
    }
    cJSON_ArrayForEach(word, item)
    {
        if (!cJSON_IsString(word)) {
            return bad(error, "command", "an array of texts");
        }
        command[count] = weft_arena_copy(strings, word->valuestring, strlen(word->valuestring));
        if (command[count++] == NULL) {
            return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the header");
        }
    }
    header->command = command;
    header->command_count = count;
    return WEFT_OK;
}

struct header_fields {
    struct slot *slots;
    size_t count;
    uint32_t seen; /* bit i: slots[i] was there; bit 31: command */
    struct weft_arena *strings;
    struct weft_trace_header *header;
};

static enum weft_status set_member(void *ctx, struct weft_slice text, const cJSON *item,
                                   struct weft_error *error)
{
    struct header_fields *fields = ctx;
    const bool command = strcmp(item->string, "command") == 0;
    size_t i = 0;

    while (i < fields->count && strcmp(item->string, fields->slots[i].key) != 0) {
        i++;
    }
    if (i == fields->count && !command) {
        return WEFT_OK;
    }
    const uint32_t bit = UINT32_C(1) << (command ? 31 : i);
    if ((fields->seen & bit) != 0) {
        return weft_error_set(error, WEFT_ERR_FORMAT, "the key \"%s\" twice (expected it once)",
                              item->string);
    }
    fields->seen |= bit;
    return command ? set_command(item, fields->strings, fields->header, error)
                   : set_slot(&fields->slots[i], item, text, fields->strings, error);
}

static enum weft_status check(const struct header_fields *fields, const char *format,
                              const char *unit, struct weft_error *error)
{
    const int64_t version = fields->header->version;

    if (format == NULL || strcmp(format, "weft-trace") != 0) {
        return weft_error_set(error, WEFT_ERR_FORMAT,
                              "JSON, but no header of a weft trace (expected one with "
                              "\"format\":\"weft-trace\")");
    }
    if (version < 1) {
        return bad(error, "version", "1");
    }
    if (version > WEFT_TRACE_VERSION) {
        return weft_error_set(error, WEFT_ERR_VERSION,
                              "version %" PRId64 " of the format (expected %d: this trace needs a "
                              "later weft)",
                              version, WEFT_TRACE_VERSION);
    }
    return strcmp(unit, "ns") == 0 ? WEFT_OK : bad(error, "unit", "\"ns\"");
}

enum weft_status weft_header_parse(const char *line, size_t len, struct weft_arena *strings,
                                   struct weft_trace_header *header, struct weft_error *error)
{
    struct weft_trace_header read = {.program = "",
                                     .start = "",
                                     .clock = "",
                                     .recorder = "",
                                     .overhead_ns = -1,
                                     .schedule = "",
                                     .seed = -1};
    const char *format = NULL, *unit = "ns";
    struct slot slots[] = {
        {"format", &format, NULL, NULL},
        {"version", NULL, &read.version, NULL},
        {"unit", &unit, NULL, NULL},
        {"program", &read.program, NULL, NULL},
        {"pid", NULL, &read.pid, NULL},
        {"start", &read.start, NULL, NULL},
        {"clock", &read.clock, NULL, NULL},
        {"resolution_ns", NULL, &read.resolution_ns, NULL},
        {"recorder", &read.recorder, NULL, NULL},
        {"overhead_ns", NULL, &read.overhead_ns, NULL},
        {"before_ns", NULL, &read.before_ns, NULL},
        {"schedule", &read.schedule, NULL, NULL},
        {"seed", NULL, &read.seed, NULL},
        {"deterministic", NULL, NULL, &read.deterministic},
    };
    struct header_fields fields = {slots, sizeof slots / sizeof *slots, 0, strings, &read};
    struct weft_error why;
    enum weft_status status = weft_line_check(line, len, &why);

    if (status != WEFT_OK) {
        return weft_error_set(error, status, "no header of a weft trace: %s", why.text);
    }
    status = weft_line_members(line, len, set_member, &fields, NULL, error);

    if (status == WEFT_OK) {
        status = check(&fields, format, unit, error);
    }
    if (status == WEFT_OK) {
        *header = read;
    }
    return status;
}
