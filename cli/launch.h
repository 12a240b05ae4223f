/*
 * Starting a program under the recorder and seeing it through: its stdin, stdout, stderr,
 * signals and exit status are its own.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_LAUNCH_H
#define WEFT_CLI_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

struct weft_launch {
    const char *program; /* its name in the trace */
    const char *path;    /* what is executed */
    char **argv;         /* ended by NULL */
    const char *preload; /* goes before what LD_PRELOAD has already; NULL: it records itself */
    const char *trace;
    uint64_t long_call_ns; /* calls that block as long are recorded */
    uint32_t stack_frames; /* callers that are kept of each wait; 0: none */
    bool allocator_locks;  /* those that a memory allocator takes are recorded, too */
    bool follow;           /* children are recorded, too */
    const char *plan;      /* of a controlled run (traces/format/plan.h); NULL: none */
    int64_t start_real_ns; /* what its wall clock shows at the start */
    bool quiet;            /* no summary */
    bool view;             /* show the trace while it is written, and wait for the window */
    bool watch_deadlocks;  /* tell of threads that wait for each other */
    bool stop_deadlocks;   /* and end the program then */
};

/*
 * Runs and records the program; Ctrl-C goes to it, and weft goes on until it has ended.  What
 * fails is told.  Returns weft's exit status: the program's own, 128 + the signal that ended it,
 * or a weft_exit.
 */
int weft_launch(const struct weft_launch *launch);

#endif
