/*
 * How much of a recording is kept, as `weft run` and `weft record` are told: an argp child whose
 * input is a struct weft_limits.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_LIMITS_H
#define WEFT_CLI_LIMITS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct weft_limits {
    uint64_t max_bytes; /* 0: no limit */
    uint64_t last_ns;   /* 0: all of it */
};

extern const struct argp weft_limits_argp;

/* Whether they go with what else was asked for; 0, or an exit status, told already. */
int weft_limits_check(const struct weft_limits *limits, bool controlled, bool view);

/* Options that take a value; ended by NULL. */
extern const char *const weft_limits_options[];

#endif
