/*
 * Many runs of one program, a few at a time, each in a process group of its own, without input,
 * with its output kept or dropped; how each came out.
 * SIGINT, SIGTERM and SIGHUP reach weft alone, as an answer of weft_runs_wait.
 * Threads: the main thread only; one weft_runs at a time (it takes signals).
 */
#ifndef WEFT_CLI_EXPLORE_RUNS_H
#define WEFT_CLI_EXPLORE_RUNS_H

#include "traces/format/spool.h"
#include "traces/write/trial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_runs;

struct weft_runs_options {
    const char *path;
    char **argv;
    const char *preload; /* NULL: the program records itself */
    int64_t start_real_ns;
    uint32_t jobs; /* runs at a time, from 1 */
    bool keep_output;
};

/* One run that is to be made. */
struct weft_try {
    uint64_t number;           /* from 1 */
    char plan[WEFT_PLAN_ROOM]; /* "": a plain run, without any control */
    uint64_t limit_ns;         /* of real time */
    uint64_t forced;           /* choices that the plan makes (exhaustive) … */
    uint32_t preemptions;      /* … and those of them that pre-empt */
};

enum weft_runs_got {
    WEFT_RUNS_ENDED,
    WEFT_RUNS_TICK, /* some time has passed */
    WEFT_RUNS_INTERRUPTED,
};

struct weft_run_end {
    const struct weft_try *run;
    int wait_status;
    bool hung;        /* it was ended at its limit */
    uint64_t took_ns; /* real time */
    const struct weft_trial *trial;
    struct weft_trial_result result; /* all zeros of a plain run */
    const char *output;              /* ended by 0; NULL: not kept */
};

/* 0, or an exit status, told already. */
int weft_runs_new(const struct weft_runs_options *options, struct weft_runs **runs);
void weft_runs_stop(struct weft_runs *runs); /* ends what still runs, and forgets it */
/* The same first. */
void weft_runs_free(struct weft_runs *runs); /* NULL: nothing to do */

bool weft_runs_has_room(const struct weft_runs *runs);
uint32_t weft_runs_running(const struct weft_runs *runs);

/* Needs room.  0, or the errno with which the program could not be started. */
int weft_runs_start(struct weft_runs *runs, const struct weft_try *run);

/* *end, for ENDED, is valid until the next start or wait. */
enum weft_runs_got weft_runs_wait(struct weft_runs *runs, struct weft_run_end *end);

/* Makes one run, with nothing else running; false: it could not be made, or was interrupted. */
bool weft_runs_one(struct weft_runs *runs, const struct weft_try *run, struct weft_run_end *end);

#endif
