#include "traces/write/trial.h"

#include "traces/format/spool.h"
#include "traces/write/lanes.h"
#include "traces/write/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct weft_trial {
    struct weft_lanes lanes;
};

enum weft_status weft_trial_new(struct weft_trial **trial, struct weft_error *error)
{
    struct weft_trial *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the runs");
    }
    const enum weft_status status = weft_lanes_open(&made->lanes, NULL, "fifo", 0, error);
    if (status != WEFT_OK) {
        free(made);
        return status;
    }
    *trial = made;
    return WEFT_OK;
}

void weft_trial_free(struct weft_trial *trial)
{
    if (trial != NULL) {
        weft_lanes_close(&trial->lanes, true);
        free(trial);
    }
}

const char *weft_trial_spool_path(const struct weft_trial *trial)
{
    return trial->lanes.path;
}

/* What a lane says of itself; its ring and its pages stay, to be written over. */
static void forget_lane(struct weft_lane *lane)
{
    memset(lane, 0, offsetof(struct weft_lane, room));
}

void weft_trial_begin(struct weft_trial *trial, const char *plan, int64_t start_real_ns)
{
    struct weft_lanes *lanes = &trial->lanes;
    struct weft_spool_head *head = lanes->head;

    weft_lanes_count(lanes);
    for (uint32_t i = 0; i < lanes->count; i++) {
        forget_lane(weft_lane_at(lanes, i));
    }
    lanes->count = 0;
    memset(head, 0, offsetof(struct weft_spool_head, logged)); /* choices: their count is 0 */
    weft_lanes_prepare(lanes, plan, start_real_ns);
    head->long_call_ns = WEFT_LONG_CALL_NS; /* a record takes time: as in a run with a trace */
    head->schedule.end_when_over = 1;
    atomic_store(&head->drain, 0); /* nobody comes to empty a ring: none waits for it */
}

struct weft_trial_result weft_trial_result(const struct weft_trial *trial)
{
    const struct weft_spool_head *head = trial->lanes.head;
    const struct weft_spool_schedule *schedule = &head->schedule;
    const uint64_t choices = atomic_load(&schedule->choices);

    return (struct weft_trial_result){
        .attached = atomic_load(&head->attached) != 0,
        .deadlock = atomic_load(&schedule->verdict) == WEFT_VERDICT_DEADLOCK,
        .limit = atomic_load(&schedule->verdict) == WEFT_VERDICT_LIMIT,
        .left = atomic_load(&schedule->left),
        .points = atomic_load(&schedule->points),
        .choices = choices,
        .hash = atomic_load(&schedule->hash),
        .is_whole = choices <= WEFT_CHOICES_LOGGED,
    };
}

struct weft_trial_choice weft_trial_choice(const struct weft_trial *trial, uint64_t index)
{
    const uint16_t logged = atomic_load_explicit(
        &trial->lanes.head->logged[index % WEFT_CHOICES_LOGGED], memory_order_relaxed);

    return (struct weft_trial_choice){
        .taken = (uint8_t)weft_logged_taken(logged),
        .count = (uint8_t)weft_logged_count(logged),
        .preempts = (logged & WEFT_LOGGED_PREEMPTS) != 0,
    };
}
