/*
 * What an exploration has found: of each kind of failure the run with the fewest choices against
 * the default, made smaller, and its trace.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_EXPLORE_FOUND_H
#define WEFT_CLI_EXPLORE_FOUND_H

#include "cli/explore_runs.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

enum weft_failure_kind {
    WEFT_FAILURE_NONE,
    WEFT_FAILURE_DEADLOCK,
    WEFT_FAILURE_HANG,
    WEFT_FAILURE_CRASH,
    WEFT_FAILURE_EXIT,
    WEFT_FAILURE_OUTPUT,
};

/* What is looked for.  A zeroed one: any failure. */
struct weft_wanted {
    enum weft_failure_kind only;
    bool plain_hangs; /* a run without control that is ended at its limit is a failure, too */
    regex_t output;   /* compiled when only is OUTPUT */
};

struct weft_failure {
    enum weft_failure_kind kind;
    int detail;            /* CRASH: the signal, EXIT: the status */
    char name[32];         /* "deadlock", "exit-3" … */
    uint64_t runs, first;  /* how many, and the number of the first */
    bool is_plain;         /* seen in runs without control alone: there is nothing to replay */
    bool is_deterministic; /* nothing outside took part in the run that is kept */
    uint64_t changes;      /* choices against the default in it … */
    uint64_t choices;      /* … of so many */
    struct weft_try best;
    char original[WEFT_PLAN_ROOM]; /* its plan, as it was found */
    uint32_t replays, replayed;
    char trace[4096]; /* "": none */
};

enum { WEFT_FAILURES_MAX = 32, WEFT_FAILURE_REPLAYS = 5 };

struct weft_found {
    struct weft_failure at[WEFT_FAILURES_MAX];
    uint32_t count;
    uint64_t runs; /* that failed */
};

enum weft_failure_kind weft_failure_kind_of(const char *name);

/* Takes note of how a run came out; true: it failed as is wanted. */
bool weft_found_add(struct weft_found *found, const struct weft_wanted *wanted,
                    const struct weft_run_end *end);

/*
 * Looks for a run that fails in the same way with fewer choices against the default, and runs that
 * a few times more.  False: interrupted; what there was before is kept.
 */
bool weft_failure_shrink(struct weft_failure *failure, const struct weft_wanted *wanted,
                         struct weft_runs *runs);

#endif
