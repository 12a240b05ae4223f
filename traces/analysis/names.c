#include "traces/analysis/names.h"

#include "base/plain.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "traces/analysis/words.h"

#include <stdlib.h>
#include <string.h>

/* A thread had a name: the rename-th of its names. */
struct use {
    const char *name;
    uint32_t thread, rename;
};

struct uses {
    struct use *at;
    size_t count, room;
};

static int by_name(const void *a, const void *b)
{
    const struct use *first = a, *second = b;
    const int order = strcmp(first->name, second->name);

    return order != 0                        ? order
           : first->thread != second->thread ? (first->thread < second->thread ? -1 : 1)
                                             : 0;
}

static bool list_uses(const struct weft_model *model, struct uses *uses)
{
    for (uint32_t i = 0; i < model->threads.count; i++) {
        const struct weft_thread_info *info = &model->threads.at[i];
        for (uint32_t k = 0; k < info->names.count; k++) {
            if (!weft_vec_push(uses, (struct use){info->names.at[k].name, i, k})) {
                return false;
            }
        }
    }
    return true;
}

static bool add_number(struct weft_model *model, const struct use *use)
{
    struct weft_thread_info *info = &model->threads.at[use->thread];
    struct weft_sentence name = {.len = 0};

    /* The number comes last and must not be what a long name pushes out. */
    weft_sentence_add(&name, "%.*s #%u", (int)weft_utf8_fit(use->name, strlen(use->name), 300),
                      use->name, info->number);
    const char *copy = weft_arena_copy(&model->strings, name.text, strlen(name.text));
    if (copy == NULL) {
        return false;
    }
    info->names.at[use->rename].name = copy;
    if (use->rename + 1 == info->names.count) {
        info->name = copy;
    }
    return true;
}

bool weft_names_tell_apart(struct weft_model *model)
{
    struct uses uses = {NULL, 0, 0};
    bool ok = list_uses(model, &uses);

    if (ok && uses.count > 0) {
        qsort(uses.at, uses.count, sizeof *uses.at, by_name);
    }
    for (size_t from = 0, to; ok && from < uses.count; from = to) {
        for (to = from + 1; to < uses.count && strcmp(uses.at[from].name, uses.at[to].name) == 0;) {
            to++;
        }
        /* Sorted by thread within a name: a thread that had it twice is alone with it. */
        if (uses.at[from].thread == uses.at[to - 1].thread) {
            continue;
        }
        for (size_t i = from; ok && i < to; i++) {
            ok = add_number(model, &uses.at[i]);
        }
    }
    free(uses.at);
    return ok;
}

static bool plain(struct weft_model *model, const char **text)
{
    if (*text == NULL || weft_plain_is(*text)) {
        return true;
    }
    char *made = weft_arena_get(&model->strings, weft_plain_room(*text));
    if (made == NULL) {
        return false;
    }
    weft_plain_write(*text, made, weft_plain_room(*text));
    *text = made;
    return true;
}

static bool make_thread_plain(struct weft_model *model, struct weft_thread_info *info)
{
    bool ok = plain(model, &info->name);

    for (size_t k = 0; ok && k < info->names.count; k++) {
        ok = plain(model, &info->names.at[k].name);
    }
    for (size_t k = 0; ok && k < info->zones.count; k++) {
        ok = plain(model, &info->zones.at[k].name);
    }
    return ok;
}

bool weft_names_make_plain(struct weft_model *model)
{
    struct weft_trace_header *header = &model->header;
    bool ok = plain(model, &header->program) && plain(model, &header->start) &&
              plain(model, &header->clock) && plain(model, &header->recorder) &&
              plain(model, &header->schedule);

    for (size_t i = 0; ok && i < model->threads.count; i++) {
        ok = make_thread_plain(model, &model->threads.at[i]);
    }
    for (size_t i = 0; ok && i < model->objects.count; i++) {
        ok = plain(model, &model->objects.at[i].name);
    }
    for (size_t i = 0; ok && i < model->sites.count; i++) {
        ok = plain(model, &model->sites.at[i].function) && plain(model, &model->sites.at[i].file);
    }
    for (size_t i = 0; ok && i < model->texts.count; i++) {
        ok = plain(model, &model->texts.at[i]);
    }
    for (size_t i = 0; ok && i < model->prints.count; i++) {
        ok = plain(model, &model->prints.at[i].text);
    }
    return ok;
}
