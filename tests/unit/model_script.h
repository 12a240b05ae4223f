/*
 * Small traces for the model's tests, written as a script, one line an event:
 *
 *     "@object 1 lock threadLock\n"         a definition: thread, object (kind), site
 *     "5 2 lock_request object=1 site=3\n"  time in ns, thread, event, arguments
 *     "@duration 100\n" "@cut\n"            what the last line says, or that there is none
 *
 * The script becomes JSON Lines and goes through the real reader, so the tests hold the whole way.
 * Every model is built twice, at once and an item at a time, and checked for consistency.
 */
#ifndef WEFT_TESTS_MODEL_SCRIPT_H
#define WEFT_TESTS_MODEL_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sink.h"
#include "traces/model/check.h"
#include "traces/model/model.h"

struct script {
    struct weft_sink json;
    uint64_t events, duration_ns;
    bool cut;
};

static void script_pair(struct script *script, const char *key, const char *value)
{
    char *end;

    weft_sink_printf(&script->json, "%s\"%s\":", strcmp(key, "define") == 0 ? "" : ",", key);
    (void)strtoll(value, &end, 10);
    if (*value != '\0' && *end == '\0') {
        weft_sink_text(&script->json, value);
    } else {
        weft_sink_json(&script->json, value, strlen(value));
    }
}

static void script_definition(struct script *script, char *words)
{
    static const char *const keys[3][5] = {{"thread", "id", "name"},
                                           {"object", "id", "kind", "name", "capacity"},
                                           {"site", "id", "function", "file", "line"}};
    char *kind = strtok(words, " ");

    for (int i = 0; i < 3; i++) {
        if (strcmp(kind, keys[i][0]) != 0) {
            continue;
        }
        weft_sink_char(&script->json, '{');
        script_pair(script, "define", kind);
        for (int k = 1; k < 5 && keys[i][k] != NULL; k++) {
            const char *value = strtok(NULL, " ");
            if (value != NULL && strcmp(value, "-") != 0) {
                script_pair(script, keys[i][k], value);
            }
        }
        weft_sink_text(&script->json, "}\n");
        return;
    }
    fail_msg("unknown definition: %s", kind);
}

static void script_event(struct script *script, char *words)
{
    const char *t = strtok(words, " ");
    const char *thread = strtok(NULL, " ");
    const char *event = strtok(NULL, " ");

    assert_non_null(event);
    weft_sink_printf(&script->json, "{\"t\":%s,\"thread\":%s,\"event\":\"%s\"", t, thread, event);
    for (char *word = strtok(NULL, " "); word != NULL; word = strtok(NULL, " ")) {
        char *equals = strchr(word, '=');
        assert_non_null(equals);
        *equals = '\0';
        script_pair(script, word, equals + 1);
    }
    weft_sink_text(&script->json, "}\n");
    script->events++;
    script->duration_ns = strtoull(t, NULL, 10);
}

static void script_line(struct script *script, char *line)
{
    if (strncmp(line, "@duration ", 10) == 0) {
        script->duration_ns = strtoull(line + 10, NULL, 10);
    } else if (strcmp(line, "@cut") == 0) {
        script->cut = true;
    } else if (line[0] == '@') {
        script_definition(script, line + 1);
    } else if (line[0] != '\0') {
        script_event(script, line);
    }
}

static void script_to_json(struct script *script, const char *text)
{
    char *copy = strdup(text), *line = copy;

    assert_non_null(copy);
    assert_true(weft_sink_init(&script->json, -1));
    weft_sink_text(&script->json,
                   "{\"format\":\"weft-trace\",\"version\":1,\"program\":\"script\","
                   "\"command\":[\"./script\",\"--fast\"],\"pid\":7,"
                   "\"start\":\"2026-11-24T11:49:13.123456789Z\",\"clock\":\"tsc\","
                   "\"resolution_ns\":1,\"unit\":\"ns\",\"recorder\":\"weft 0.1.0\"}\n");
    while (line != NULL) {
        char *next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        script_line(script, line);
        line = next;
    }
    if (!script->cut) {
        weft_sink_printf(&script->json,
                         "{\"end\":true,\"events\":%llu,\"lost\":0,\"late\":0,"
                         "\"duration_ns\":%llu}\n",
                         (unsigned long long)script->events,
                         (unsigned long long)script->duration_ns);
    }
    free(copy);
}

static inline void script_bad_line(void *ctx, const char *text)
{
    (void)ctx;
    fail_msg("%s", text);
}

static inline struct weft_model *script_feed(const struct script *script, uint64_t budget)
{
    struct weft_model *model = weft_model_new();
    struct weft_reader *reader = NULL;
    struct weft_error error = {{0}};
    bool more = true;

    assert_non_null(model);
    if (weft_reader_open_memory("script", script->json.buffer, script->json.used, &reader,
                                &error) != WEFT_OK) {
        fail_msg("%s", error.text);
    }
    while (more) {
        if (weft_model_feed(model, reader, budget, script_bad_line, NULL, &more, &error) !=
            WEFT_OK) {
            fail_msg("%s", error.text);
        }
        const char *wrong = weft_model_check(model);
        if (wrong != NULL) {
            fail_msg("%s", wrong);
        }
    }
    weft_reader_close(reader);
    return model;
}

static inline struct weft_model *model_of(const char *text)
{
    struct script script = {.events = 0};

    script_to_json(&script, text);
    struct weft_model *model = script_feed(&script, UINT64_MAX);
    struct weft_model *slow = script_feed(&script, 1);
    assert_int_equal(model->points.count, slow->points.count);
    assert_int_equal(model->wakes.count, slow->wakes.count);
    assert_int_equal(model->end_ns, slow->end_ns);
    assert_int_equal(model->oddities, slow->oddities);
    for (size_t i = 0; i < model->threads.count; i++) {
        assert_int_equal(model->threads.at[i].spans.count, slow->threads.at[i].spans.count);
        assert_int_equal(model->threads.at[i].end_ns, slow->threads.at[i].end_ns);
    }
    weft_model_free(slow);
    weft_sink_done(&script.json);
    return model;
}

/* A lane as text: "running 0-5, lock_wait 5-9, running 9-12 open". */
static inline const char *lane_of(const struct weft_model *model, uint32_t thread)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < model->threads.at[thread].spans.count; i++) {
        const struct weft_span span = weft_model_span(model, thread, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %llu-%llu%s%s",
                                 i == 0 ? "" : ", ", weft_states[span.state].name,
                                 (unsigned long long)span.start_ns,
                                 (unsigned long long)weft_span_end_ns(model, thread, (uint32_t)i),
                                 (span.flags & WEFT_SPAN_ASSUMED) != 0 ? " assumed" : "",
                                 (span.flags & WEFT_SPAN_OPEN) != 0 ? " open" : "");
        assert_true(used < sizeof text);
    }
    return text;
}

/* The holds of an object as text: "0:5-9" is held by thread 0 from 5 to 9. */
static inline const char *holds_of(const struct weft_model *model, uint32_t object)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < model->objects.at[object].holds.count; i++) {
        const struct weft_hold hold = weft_model_hold(model, object, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u:%llu-%llu%s%s",
                                 i == 0 ? "" : ", ", hold.thread, (unsigned long long)hold.start_ns,
                                 (unsigned long long)hold.end_ns,
                                 (hold.flags & WEFT_SPAN_ASSUMED) != 0 ? " assumed" : "",
                                 (hold.flags & WEFT_SPAN_OPEN) != 0 ? " open" : "");
        assert_true(used < sizeof text);
    }
    return text;
}

/* The levels of an object as text: "3@5" is 3 from 5 on. */
static inline const char *levels_of(const struct weft_model *model, uint32_t object)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < model->objects.at[object].levels.count; i++) {
        const struct weft_level level = weft_model_level(model, object, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld@%llu", i == 0 ? "" : ", ",
                                 (long long)level.value, (unsigned long long)level.t_ns);
        assert_true(used < sizeof text);
    }
    return text;
}

/* All wake-ups as text: "0>1@5-6" is thread 0 at 5 ending a wait of thread 1 at 6. */
static inline const char *wakes_of(const struct weft_model *model)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < model->wakes.count; i++) {
        const struct weft_wake wake = weft_model_wake(model, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u>%u@%llu-%llu",
                                 i == 0 ? "" : ", ", wake.from_thread, wake.to_thread,
                                 (unsigned long long)wake.from_ns, (unsigned long long)wake.to_ns);
        assert_true(used < sizeof text);
    }
    return text;
}

#endif
