/* From a reader into a model, a batch at a time. */
#include "traces/model/build.h"

#include <string.h>

enum {
    WATCHED_ITEMS = 100000, /* between two looks at how far it is: some 10 ms */
    BATCH_ITEMS = 32,       /* that are read before they are applied */
};

static bool copy(struct weft_model *model, const char **text)
{
    const char *from = *text != NULL ? *text : "";

    *text = weft_arena_copy(&model->strings, from, strlen(from));
    return *text != NULL;
}

static bool copy_header(struct weft_model *model, const struct weft_trace_header *from)
{
    struct weft_trace_header header = *from;
    const char **command =
        weft_arena_get(&model->strings, (header.command_count + (size_t)1) * sizeof *command);

    if (command == NULL || !copy(model, &header.program) || !copy(model, &header.start) ||
        !copy(model, &header.clock) || !copy(model, &header.recorder) ||
        !copy(model, &header.schedule)) {
        return false;
    }
    for (uint32_t i = 0; i < header.command_count; i++) {
        command[i] = from->command[i];
        if (!copy(model, &command[i])) {
            return false;
        }
    }
    header.command = command;
    model->header = header;
    model->builder->has_header = true;
    return true;
}

static void end_batch(struct weft_model *model, const struct weft_reader *reader, bool finished)
{
    model->health = *weft_reader_health(reader);
    if (finished && model->health.duration_ns > model->end_ns) {
        model->end_ns = model->health.duration_ns;
    }
    weft_model_settle(model);
    if (finished) {
        weft_model_finish(model);
    }
}

static enum weft_status apply_all(struct weft_model *model, const struct weft_item *items,
                                  size_t count)
{
    enum weft_status status = WEFT_OK;

    weft_model_expect(model, items, count);
    for (size_t i = 0; i < count && status == WEFT_OK; i++) {
        status = weft_model_apply(model, &items[i]);
    }
    return status;
}

enum weft_status weft_model_feed(struct weft_model *model, struct weft_reader *reader,
                                 uint64_t budget, void (*bad)(void *ctx, const char *text),
                                 void *ctx, bool *more, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;
    enum weft_read read = WEFT_READ_ITEM;
    struct weft_item items[BATCH_ITEMS];

    if (!model->builder->has_header && !copy_header(model, weft_reader_header(reader))) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the model");
    }
    while (status == WEFT_OK && budget > 0) {
        size_t count;
        read = weft_reader_next_many(reader, items, budget < BATCH_ITEMS ? budget : BATCH_ITEMS,
                                     &count);
        budget -= count;
        if (read == WEFT_READ_ITEM) {
            status = apply_all(model, items, count);
        } else if (read != WEFT_READ_BAD) {
            break;
        } else {
            budget--;
            if (bad != NULL) {
                bad(ctx, weft_reader_error(reader)->text);
            }
        }
    }
    end_batch(model, reader, read == WEFT_READ_END);
    if (status == WEFT_ERR_LIMIT) {
        return weft_error_set(error, status,
                              "too many events: weft counts up to 2 thousand million");
    }
    if (status != WEFT_OK) {
        return weft_error_set(error, status, "no memory for %zu events", model->points.count);
    }
    if (read == WEFT_READ_ERROR) {
        return weft_error_set(error, WEFT_ERR_OPEN, "%s", weft_reader_error(reader)->text);
    }
    *more = read != WEFT_READ_END;
    return WEFT_OK;
}

enum weft_status weft_model_load(const char *path, void (*bad)(void *ctx, const char *text),
                                 void *ctx, struct weft_model **model, struct weft_error *error)
{
    return weft_model_load_watched(path, bad, ctx, NULL, NULL, model, error);
}

enum weft_status weft_model_load_watched(const char *path, void (*bad)(void *ctx, const char *text),
                                         void *ctx, weft_model_watch *watch, void *watch_ctx,
                                         struct weft_model **model, struct weft_error *error)
{
    struct weft_reader *reader = NULL;
    struct weft_model *loaded = NULL;
    enum weft_status status = weft_reader_open(path, &reader, error);
    bool more = false;

    if (status != WEFT_OK) {
        return status;
    }
    loaded = weft_model_new();
    if (loaded == NULL) {
        status = weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the model");
        goto done;
    }
    do {
        status = weft_model_feed(loaded, reader, WATCHED_ITEMS, bad, ctx, &more, error);
        if (status != WEFT_OK) {
            goto done;
        }
        if (watch != NULL) {
            uint64_t bytes, total;
            weft_reader_progress(reader, &bytes, &total);
            watch(watch_ctx, bytes, total);
        }
    } while (more);
    *model = loaded;
    loaded = NULL;
done:
    weft_model_free(loaded);
    weft_reader_close(reader);
    return status;
}
