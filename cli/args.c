#include "cli/args.h"

#include "base/duration.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

bool weft_args_size(const char *arg, uint64_t *bytes)
{
    static const char units[] = "KMG";
    char *end;

    errno = 0;
    const unsigned long long number = strtoull(arg, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    const unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    if (arg[0] < '0' || arg[0] > '9' || errno != 0 || number > UINT64_MAX >> shift ||
        (unit != NULL ? end[1] : *end) != '\0') {
        return false;
    }
    *bytes = (uint64_t)number << shift;
    return true;
}
