/*
 * Starting a program under the recorder and seeing it through: its stdin, stdout, stderr,
 * signals and exit status are its own.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_LAUNCH_H
#define WEFT_CLI_LAUNCH_H

#include "cli/elf.h"

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
    uint64_t max_bytes;    /* of the trace; 0: no limit */
    uint64_t last_ns;      /* only so much of the end is kept, and SIGUSR1 writes it; 0: all */
    bool allocator_locks;  /* those that a memory allocator takes are recorded, too */
    bool follow;           /* children are recorded, too */
    const char *plan;      /* of a controlled run (traces/format/plan.h); NULL: none */
    int64_t start_real_ns; /* what its wall clock shows at the start */
    bool quiet;            /* no summary */
    bool view;             /* show the trace while it is written, and wait for the window */
    bool watch_deadlocks;  /* tell of threads that wait for each other */
    bool stop_deadlocks;   /* and end the program then */
};

/* A program as the command line names it. */
struct weft_launch_target {
    const char *program; /* its name in a trace: in what was given */
    char path[4096];
    char preload[4096 + WEFT_ELF_NAME_MAX + 1]; /* "": it records itself */
};

/*
 * Finds the program as a shell would, and looks whether it can be recorded.  WEFT_EXIT_DONE, or an
 * exit status, told already.
 */
int weft_launch_find(const char *name, struct weft_launch_target *target);

/*
 * What this process executes from now on has the same addresses each time, so that what a program
 * orders by them, as sets of pointers are, comes in the same order again.  Where the kernel
 * refuses, they differ.
 */
void weft_launch_fix_addresses(void);

/*
 * Runs and records the program; Ctrl-C goes to it, and weft goes on until it has ended.  What
 * fails is told.  Returns weft's exit status: the program's own, 128 + the signal that ended it,
 * or a weft_exit.
 */
int weft_launch(const struct weft_launch *launch);

#endif
