/* weft run: a scenario, recorded. */
#include "cli/cli.h"
#include "cli/launch.h"
#include "traces/write/write.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run_args {
    const char *trace;
    bool quiet;
    const char *scenario;
    char **rest; /* the scenario's own arguments */
    int rest_count;
};

static const struct argp_option options[] = {
    {"output", 'o', "TRACE", 0, "Write the trace to TRACE (default: NAME.weft.jsonl)", 0},
    {"quiet", 'q', NULL, 0, "No summary when the scenario has ended", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct run_args *args = state->input;

    switch (key) {
    case 'o':
        args->trace = arg;
        return 0;
    case 'q':
        args->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (args->scenario == NULL) {
            args->scenario = arg;
            return 0;
        }
        return ARGP_ERR_UNKNOWN;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scenario? (see: weft scenarios)");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "NAME [ARGUMENT...]",
    "Runs a scenario as a program of its own, with its output, and writes what its threads did "
    "into a trace.\vAfter NAME, -o and -q are weft's; whatever else stands there, and everything "
    "after \"--\", is the scenario's own. The exit status is the scenario's; 128 + N when signal N "
    "ended it; 125 when weft itself failed; 127 when there is no such scenario. Ctrl-C goes to "
    "the scenario, and the trace is still whole.",
    NULL,
    NULL,
    NULL};

/* Sorts argv into what argp shall see and what the scenario gets. */
static int split(int argc, char **argv, char **own, struct run_args *args)
{
    int own_count = 0;
    bool named = false;

    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (named && strcmp(word, "--") == 0) {
            while (++i < argc) {
                args->rest[args->rest_count++] = argv[i];
            }
        } else if (strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0) {
            own[own_count++] = word;
            if (i + 1 < argc) {
                own[own_count++] = argv[++i];
            }
        } else if (i == 0 || !named || strncmp(word, "-o", 2) == 0 || strcmp(word, "-q") == 0 ||
                   strcmp(word, "--quiet") == 0 || strncmp(word, "--output=", 9) == 0 ||
                   strcmp(word, "--help") == 0) {
            own[own_count++] = word;
            named |= i > 0 && word[0] != '-';
        } else {
            args->rest[args->rest_count++] = word;
        }
    }
    own[own_count] = NULL;
    return own_count;
}

int weft_cli_run(int argc, char **argv)
{
    struct run_args args = {.rest_count = 1};
    char path[4096], name[300], trace[300];
    int result;

    char **own = calloc((size_t)argc + 2, sizeof *own);
    args.rest = calloc((size_t)argc + 2, sizeof *args.rest);
    if (own == NULL || args.rest == NULL) {
        result = weft_cli_fail(WEFT_EXIT_FAILED, "no memory");
        goto done;
    }
    const int own_count = split(argc, argv, own, &args);
    (void)argp_parse(&parser, own_count, own, 0, NULL, &args);
    const int len = snprintf(name, sizeof name, "scenarios/%s", args.scenario);
    if (len < 0 || (size_t)len >= sizeof name || strchr(args.scenario, '/') != NULL ||
        args.scenario[0] == '\0' || !weft_cli_find(name, path, sizeof path)) {
        result = weft_cli_fail(WEFT_EXIT_NOT_FOUND,
                               "there is no scenario \"%s\" (see: weft scenarios)", args.scenario);
        goto done;
    }
    (void)snprintf(trace, sizeof trace, "%s.weft.jsonl", args.scenario);
    args.rest[0] = (char *)(uintptr_t)args.scenario; /* free for the program itself */
    args.rest[args.rest_count] = NULL;
    result = weft_launch(&(struct weft_launch){
        .program = args.scenario,
        .path = path,
        .argv = args.rest,
        .trace = args.trace != NULL ? args.trace : trace,
        .long_call_ns = WEFT_LONG_CALL_NS,
        .quiet = args.quiet,
        .watch_deadlocks = true,
    });
done:
    free(own);
    free(args.rest);
    return result;
}
