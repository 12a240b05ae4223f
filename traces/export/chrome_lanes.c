#include "traces/export/chrome_lanes.h"

#include <stdlib.h>
#include <string.h>

/* Readers take u32, and what does not fit for 0, which merges threads; kernels go to 2^22. */
static bool is_tid(int64_t tid)
{
    return tid > 0 && tid <= INT32_MAX;
}

static int compare_u32(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

/* The tids that the trace knows, sorted, and which of them have been given to a thread. */
struct known {
    uint32_t *tids;
    bool *given;
    size_t count;
    uint32_t last; /* free number that was handed out last */
};

/* A number that no thread of the trace has, nor the process: to some readers tid = pid is main. */
static uint32_t next_free(struct known *known, uint32_t pid)
{
    do {
        known->last++;
    } while (known->last == pid || bsearch(&known->last, known->tids, known->count,
                                           sizeof known->tids[0], compare_u32) != NULL);
    return known->last;
}

/*
 * Threads keep the kernel's number when it is known.  After a wrap, or in a trace that lies, two
 * may have the same: the later one gets a free number, since readers would mix their slices.
 */
static uint32_t number_of(struct known *known, const struct weft_thread_info *thread, uint32_t pid)
{
    if (is_tid(thread->tid)) {
        const uint32_t tid = (uint32_t)thread->tid;
        const uint32_t *found =
            bsearch(&tid, known->tids, known->count, sizeof known->tids[0], compare_u32);
        if (!known->given[found - known->tids]) {
            known->given[found - known->tids] = true;
            return tid;
        }
    }
    return next_free(known, pid);
}

static bool number_all(struct weft_chrome_lanes *lanes, const struct weft_model *model)
{
    struct known known = {
        .tids = calloc(model->threads.count + 1, sizeof(uint32_t)),
        .given = calloc(model->threads.count + 1, sizeof(bool)),
    };
    const bool have = known.tids != NULL && known.given != NULL;

    if (have) {
        for (size_t i = 0; i < model->threads.count; i++) {
            if (is_tid(model->threads.at[i].tid)) {
                known.tids[known.count++] = (uint32_t)model->threads.at[i].tid;
            }
        }
        qsort(known.tids, known.count, sizeof known.tids[0], compare_u32);
        for (size_t i = 0; i < model->threads.count; i++) {
            lanes->thread_tids[i] = number_of(&known, &model->threads.at[i], lanes->pid);
        }
        for (size_t i = 0; i < model->objects.count; i++) {
            lanes->object_tids[i] = next_free(&known, lanes->pid);
        }
        lanes->findings_tid = next_free(&known, lanes->pid);
    }
    free(known.given);
    free(known.tids);
    return have;
}

struct named {
    const char *name;
    uint32_t object;
};

static int compare_named(const void *left, const void *right)
{
    return strcmp(((const struct named *)left)->name, ((const struct named *)right)->name);
}

/* Counters and lanes of the same name would become one. */
static bool mark_ambiguous(struct weft_chrome_lanes *lanes, const struct weft_model *model)
{
    const size_t count = model->objects.count;
    struct named *named = calloc(count + 1, sizeof *named);

    if (named == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        named[i] = (struct named){model->objects.at[i].name, i};
    }
    qsort(named, count, sizeof *named, compare_named);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(named[i - 1].name, named[i].name) == 0) {
            lanes->ambiguous[named[i - 1].object] = true;
            lanes->ambiguous[named[i].object] = true;
        }
    }
    free(named);
    return true;
}

enum weft_status weft_chrome_lanes_init(struct weft_chrome_lanes *lanes,
                                        const struct weft_model *model)
{
    *lanes = (struct weft_chrome_lanes){
        .pid = is_tid(model->header.pid) ? (uint32_t)model->header.pid : 1,
        .thread_tids = calloc(model->threads.count + 1, sizeof(uint32_t)),
        .object_tids = calloc(model->objects.count + 1, sizeof(uint32_t)),
        .ambiguous = calloc(model->objects.count + 1, sizeof(bool)),
    };
    return lanes->thread_tids != NULL && lanes->object_tids != NULL && lanes->ambiguous != NULL &&
                   number_all(lanes, model) && mark_ambiguous(lanes, model)
               ? WEFT_OK
               : WEFT_ERR_MEMORY;
}

void weft_chrome_lanes_done(struct weft_chrome_lanes *lanes)
{
    free(lanes->ambiguous);
    free(lanes->object_tids);
    free(lanes->thread_tids);
    *lanes = (struct weft_chrome_lanes){0};
}
