#include "traces/analysis/names.h"

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
    weft_sentence_add(&name, "%.300s #%u", use->name, info->number);
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
