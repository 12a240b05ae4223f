/*
 * What the options of several commands share: the one trace, a range of time.  Each returns as
 * argp's parsers do; what is wrong was told by argp_error.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_ARGS_H
#define WEFT_CLI_ARGS_H

#include <argp.h>
#include <stdint.h>

/* For the keys that a command has no options for: takes the trace, which must be there, once. */
error_t weft_args_trace(int key, char *arg, struct argp_state *state, const char **trace);

/* FROM:TO; outputs untouched on failure. */
error_t weft_args_range(const char *arg, struct argp_state *state, uint64_t *from_ns,
                        uint64_t *to_ns);

#endif
