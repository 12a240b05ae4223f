/*
 * A spool for controlled runs of which no trace is wanted, only how they went: one after the other
 * through the same shared memory, so that a run costs hardly more than starting its program.
 * What its threads record goes around in their rings and is dropped.
 * Threads: one at a time per trial.
 */
#ifndef WEFT_TRACES_TRIAL_H
#define WEFT_TRACES_TRIAL_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_trial;

/* Status: WEFT_ERR_OPEN, WEFT_ERR_MEMORY. */
enum weft_status weft_trial_new(struct weft_trial **trial, struct weft_error *error);
void weft_trial_free(struct weft_trial *trial); /* NULL: nothing to do */

/* Goes into the program's environment as WEFT_SPOOL_ENV. */
const char *weft_trial_spool_path(const struct weft_trial *trial);

/*
 * Forgets the last run, whose processes are gone, and gives the next one its plan
 * (traces/format/plan.h, shorter than WEFT_PLAN_ROOM); the program ends itself by SIGKILL when
 * nobody can ever go on.
 */
void weft_trial_begin(struct weft_trial *trial, const char *plan, int64_t start_real_ns);

/* One choice: which of the candidates went on; 0 is the default (traces/format/plan.h). */
struct weft_trial_choice {
    uint8_t taken, count; /* 127: so many or more */
    bool preempts;        /* whoever ran could have gone on: not to take 0 pre-empts it */
};

struct weft_trial_result {
    bool attached; /* the program opened the spool at all */
    bool deadlock; /* it ended because nobody could ever run again */
    bool limit;    /* it was ended because its simulated time was over */
    uint32_t left; /* enum weft_left; 0: the run can be repeated exactly */
    uint64_t points, choices, hash;
    bool is_whole; /* all choices are known */
};

/* How the run went, once it is over. */
struct weft_trial_result weft_trial_result(const struct weft_trial *trial);

/* Choice number `index`, below the result's choices where those are whole. */
struct weft_trial_choice weft_trial_choice(const struct weft_trial *trial, uint64_t index);

#endif
