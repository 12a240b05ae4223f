/*
 * What the options of several commands share: the one trace, a range of time.  Each returns as
 * argp's parsers do; what is wrong was told by argp_error.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_ARGS_H
#define WEFT_CLI_ARGS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* For the keys that a command has no options for: takes the trace, which must be there, once. */
error_t weft_args_trace(int key, char *arg, struct argp_state *state, const char **trace);

/* "500M": bytes, or with K, M, G that many times 1024 of them.  False: no size; untouched. */
bool weft_args_size(const char *arg, uint64_t *bytes);

/* FROM:TO; outputs untouched on failure. */
error_t weft_args_range(const char *arg, struct argp_state *state, uint64_t *from_ns,
                        uint64_t *to_ns);

#endif
