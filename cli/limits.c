#include "cli/limits.h"

#include "cli/args.h"

#include <errno.h>

enum { MAX_SIZE = 0x200 };

/* Less holds no trace that is worth the name. */
#define SIZE_LEAST (UINT64_C(1) << 20)

static const struct argp_option options[] = {
    {"max-size", MAX_SIZE, "SIZE", 0,
     "The trace ends where it has SIZE bytes (such as 500M; at least 1M): the program goes on, and "
     "what comes later is only counted",
     1},
    {0},
};

const char *const weft_limits_options[] = {"--max-size", NULL};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct weft_limits *limits = state->input;

    switch (key) {
    case MAX_SIZE:
        if (!weft_args_size(arg, &limits->max_bytes) || limits->max_bytes < SIZE_LEAST) {
            argp_error(state, "--max-size takes a size of at least 1M, such as 500M, not \"%s\"",
                       arg);
            return EINVAL;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp weft_limits_argp = {options, parse_option, NULL, NULL, NULL, NULL, NULL};
