#define _POSIX_C_SOURCE 200809L
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"
#include "traces/model/check.h"
#include "traces/model/model.h"

#include <string.h>
#include <unistd.h>

static void count_bad(void *ctx, const char *text)
{
    uint64_t *bad = ctx;

    CHECK(text[0] != '\0');
    (*bad)++;
}

/* Every question about a thread, at the borders of its spans and beyond them. */
static void ask_thread(const struct weft_model *model, uint32_t thread)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    uint64_t total_ns = 0;

    for (uint32_t i = 0; i < info->spans.count; i++) {
        const struct weft_span span = weft_thread_span(model, info, i);
        const uint64_t end_ns = weft_span_end_ns(model, thread, i);
        CHECK(end_ns >= span.start_ns);
        const uint32_t found = weft_model_span_at(model, thread, span.start_ns);
        CHECK(found == WEFT_NONE || found < info->spans.count);
        (void)weft_span_extra_of(model, &span);
        CHECK(weft_thread_name_at(info, span.start_ns)[0] != '\0');
        (void)weft_span_about_thread(&span);
    }
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        total_ns += weft_model_state_ns(model, thread, (enum weft_state)state, info->start_ns,
                                        info->end_ns);
    }
    CHECK(total_ns <= info->end_ns - info->start_ns);
    (void)weft_model_span_at(model, thread, 0);
    (void)weft_model_span_at(model, thread, UINT64_MAX);
    (void)weft_thread_name_at(info, UINT64_MAX);
}

static void ask_object(const struct weft_model *model, const struct weft_object *object)
{
    for (size_t i = 0; i < object->holds.count; i++) {
        const uint32_t found =
            weft_object_hold_at(model, object, weft_object_hold(model, object, i).start_ns);
        CHECK(found == WEFT_NONE || found < object->holds.count);
    }
    for (size_t i = 0; i < object->levels.count; i++) {
        (void)weft_object_level_at(model, object, weft_object_level(model, object, i).t_ns);
    }
    CHECK(weft_object_level_at(model, object, 0) == 0 || object->levels.count > 0);
    (void)weft_object_hold_at(model, object, UINT64_MAX);
    (void)weft_object_level_at(model, object, UINT64_MAX);
}

static void ask(const struct weft_model *model)
{
    const char *fault = weft_model_check(model);

    if (fault != NULL) {
        (void)fprintf(stderr, "the model: %s\n", fault);
        abort();
    }
    for (uint32_t i = 0; i < model->threads.count; i++) {
        ask_thread(model, i);
    }
    for (size_t i = 0; i < model->objects.count; i++) {
        ask_object(model, &model->objects.at[i]);
    }
    for (uint32_t i = 0; i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        const struct weft_point_args args = weft_model_args(model, i);
        CHECK((args.point != WEFT_NONE) == point.has_args);
        (void)weft_point_about_thread(model, i);
        CHECK(weft_model_point_from(model, point.t_ns) <= i);
    }
    CHECK(weft_model_point_from(model, UINT64_MAX) <= model->points.count);
}

/* From a file at once: what the batches gave. */
static void load(const char *text, size_t len, const struct weft_model *expected)
{
    static int file = -1;
    static char path[FUZZ_PATH_BYTES];
    struct weft_model *model;
    uint64_t bad = 0;

    if (file < 0) {
        file = fuzz_file(path);
    }
    CHECK(ftruncate(file, 0) == 0);
    CHECK(pwrite(file, text, len, 0) == (ssize_t)len);
    CHECK(weft_model_load(path, count_bad, &bad, &model, NULL) == WEFT_OK);
    CHECK(bad == expected->health.bad_lines && model->end_ns == expected->end_ns);
    CHECK(model->points.count == expected->points.count);
    CHECK(model->threads.count == expected->threads.count);
    CHECK(model->wakes.count == expected->wakes.count);
    CHECK(model->oddities == expected->oddities);
    weft_model_free(model);
}

/* In batches, as a window does; the model holds together after each. */
static void feed(struct weft_reader *reader, const char *text, size_t len)
{
    struct weft_model *model = weft_model_new();
    struct weft_error error;
    uint64_t bad = 0;
    bool more = true;

    CHECK(model != NULL);
    for (uint64_t budget = 1; more; budget *= 4) {
        CHECK(weft_model_feed(model, reader, budget, count_bad, &bad, &more, &error) == WEFT_OK);
        ask(model);
    }
    CHECK(model->health.bad_lines == bad);
    CHECK(model->points.count == model->health.events);
    load(text, len, model);
    weft_model_free(model);
}

void fuzz_model(const uint8_t *bytes, size_t len)
{
    static const char header[] = "{\"format\":\"weft-trace\",\"version\":1}\n";
    const size_t head = sizeof header - 1;
    struct weft_reader *reader;
    const bool has_one = len >= 9 && memcmp(bytes, header, 9) == 0;

    /* The header is the reader's own target; here every input gets past it. */
    char *text = malloc(head + len);
    CHECK(text != NULL);
    memcpy(text, header, has_one ? 0 : head);
    if (len > 0) {
        memcpy(text + (has_one ? 0 : head), bytes, len);
    }
    const size_t total = len + (has_one ? 0 : head);
    if (weft_reader_open_memory("fuzz", text, total, &reader, NULL) == WEFT_OK) {
        feed(reader, text, total);
        weft_reader_close(reader);
    }
    free(text);
}
