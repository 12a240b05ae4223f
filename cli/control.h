/*
 * The options of a controlled run, as `weft run` and `weft record` share them: an argp child whose
 * input is a struct weft_control.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_CONTROL_H
#define WEFT_CLI_CONTROL_H

#include "cli/launch.h"

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct weft_control {
    bool virtual_clock;
    const char *schedule; /* NULL: the default */
    const char *seed, *jitter, *spurious;
    const char *start;
    bool has_limit;
    uint64_t limit_ns; /* of simulated time */
    char *plan;        /* made by weft_control_settle */
    int64_t start_real_ns;
};

extern const struct argp weft_control_argp;

/* Options that take a value in the next word, and those that take none; ended by NULL. */
extern const char *const weft_control_options[];

/*
 * Makes the plan of what was given, and checks it; 0, or an exit status, told already.  Without
 * any option of a controlled run the plan stays NULL.
 */
int weft_control_settle(struct weft_control *control);
void weft_control_done(struct weft_control *control);

#endif
