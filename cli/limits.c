#include "cli/limits.h"

#include "base/duration.h"
#include "cli/args.h"
#include "cli/cli.h"

#include <errno.h>

enum { MAX_SIZE = 0x200, LAST };

/* Less holds no trace that is worth the name. */
#define SIZE_LEAST (UINT64_C(1) << 20)

/* Well above the time for which records are held back. */
#define LAST_LEAST_NS (UINT64_C(100) * 1000 * 1000)
#define LAST_MOST_NS (UINT64_C(86400) * 1000 * 1000 * 1000)

static const struct argp_option options[] = {
    {"max-size", MAX_SIZE, "SIZE", 0,
     "The trace ends where it has SIZE bytes (such as 500M; at least 1M): the program goes on, and "
     "what comes later is only counted",
     1},
    {"last", LAST, "TIME", 0,
     "Keep only the last TIME (such as 10s) of the recording: the trace is written when the "
     "program "
     "has ended, and a numbered one each time that weft gets SIGUSR1",
     1},
    {0},
};

const char *const weft_limits_options[] = {"--max-size", "--last", NULL};

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
    case LAST:
        if (!weft_duration_parse(arg, &limits->last_ns) || limits->last_ns < LAST_LEAST_NS ||
            limits->last_ns > LAST_MOST_NS) {
            argp_error(state, "--last takes a time from 100ms to 86400s, such as 10s, not \"%s\"",
                       arg);
            return EINVAL;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp weft_limits_argp = {options, parse_option, NULL, NULL, NULL, NULL, NULL};

int weft_limits_check(const struct weft_limits *limits, bool controlled, bool view)
{
    if (limits->last_ns == 0) {
        return WEFT_EXIT_DONE;
    }
    if (controlled) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "--last is not for controlled runs");
    }
    return view ? weft_cli_fail(WEFT_EXIT_USAGE,
                                "--view shows a trace while it is written, and with --last that is "
                                "when the program has ended")
                : WEFT_EXIT_DONE;
}
