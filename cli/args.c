#include "cli/args.h"

#include "base/duration.h"

#include <errno.h>
#include <stddef.h>

error_t weft_args_trace(int key, char *arg, struct argp_state *state, const char **trace)
{
    switch (key) {
    case ARGP_KEY_ARG:
        if (*trace != NULL) {
            return ARGP_ERR_UNKNOWN;
        }
        *trace = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which trace?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

error_t weft_args_range(const char *arg, struct argp_state *state, uint64_t *from_ns,
                        uint64_t *to_ns)
{
    if (!weft_duration_parse_range(arg, from_ns, to_ns)) {
        argp_error(state,
                   "\"%s\" is no range (expected FROM:TO with FROM before TO, such as 1.5s:2s "
                   "or 1.5s:)",
                   arg);
        return EINVAL;
    }
    return 0;
}
