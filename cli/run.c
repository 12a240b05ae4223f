/* weft run: a scenario, recorded. */
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/launch.h"
#include "cli/limits.h"
#include "traces/write/write.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSCRIPT = 256, VIEW };

struct run_args {
    struct weft_control control;
    struct weft_limits limits;
    const char *trace;
    bool quiet;
    bool view;
    bool transcript;
    const char *scenario;
    char **rest; /* the scenario's own arguments */
    int rest_count;
};

static const struct argp_option options[] = {
    {"output", 'o', "TRACE", 0, "Write the trace to TRACE (default: NAME.weft.jsonl)", 0},
    {"quiet", 'q', NULL, 0, "No summary when the scenario has ended", 0},
    {"view", VIEW, NULL, 0, "Show the trace in a window while it is written, and wait for it", 0},
    {"transcript", TRANSCRIPT, NULL, 0,
     "Print what the scenario's documentation says that it prints, line for line: a run with the "
     "virtual clock and the schedule that go with it; the trace is only kept with -o",
     0},
    {0},
};

/* How a scenario prints what is documented of it. */
static const struct transcript {
    const char *scenario, *start, *schedule;
} transcripts[] = {
#define WEFT_TRANSCRIPT(name, start, schedule) {name, start, schedule},
#include "scenarios/scenarios.def"
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
    case VIEW:
        args->view = true;
        return 0;
    case TRANSCRIPT:
        args->transcript = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->control;
        state->child_inputs[1] = &args->limits;
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

static const struct argp_child children[] = {
    {&weft_control_argp, 0, NULL, 0}, {&weft_limits_argp, 0, NULL, 0}, {0}};

static const struct argp parser = {
    options,
    parse_option,
    "NAME [ARGUMENT...]",
    "Runs a scenario as a program of its own, with its output, and writes what its threads did "
    "into a trace.\vAfter NAME, weft's own options are still weft's; whatever else stands there, "
    "and "
    "everything after \"--\", is the scenario's own. The exit status is the scenario's; 128 + N "
    "when signal N "
    "ended it; 125 when weft itself failed; 127 when there is no such scenario. Ctrl-C goes to "
    "the scenario, and the trace is still whole.",
    children,
    NULL,
    NULL};

/* How many words one of these options with its value takes; 0: it is none of them. */
static int words_with_value(const char *word, const char *const *known)
{
    for (; *known != NULL; known++) {
        const size_t len = strlen(*known);
        if (strncmp(word, *known, len) == 0 && (word[len] == '\0' || word[len] == '=')) {
            return word[len] == '\0' ? 2 : 1;
        }
    }
    return 0;
}

/* 0: not weft's, 1: weft's, 2: and the next word is its value. */
static int words_of_option(const char *word)
{
    static const char *const plain[] = {"-q",     "--quiet", "--transcript",
                                        "--view", "--help",  "--usage"};

    if (strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0) {
        return 2;
    }
    if (strncmp(word, "-o", 2) == 0 || strncmp(word, "--output=", 9) == 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(word, plain[i]) == 0) {
            return 1;
        }
    }
    const int control = words_with_value(word, weft_control_options);
    return control != 0 ? control : words_with_value(word, weft_limits_options);
}

/* Sorts argv into what argp shall see and what the scenario gets. */
static int split(int argc, char **argv, char **own, struct run_args *args)
{
    int own_count = 0;
    bool named = false;

    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        const int words = words_of_option(word);
        if (named && strcmp(word, "--") == 0) {
            while (++i < argc) {
                args->rest[args->rest_count++] = argv[i];
            }
        } else if (words == 2) {
            own[own_count++] = word;
            if (i + 1 < argc) {
                own[own_count++] = argv[++i];
            }
        } else if (i == 0 || !named || words == 1) {
            own[own_count++] = word;
            named |= i > 0 && word[0] != '-';
        } else {
            args->rest[args->rest_count++] = word;
        }
    }
    own[own_count] = NULL;
    return own_count;
}

/* 0, or an exit status, told already. */
static int prepare_transcript(struct run_args *args)
{
    for (size_t i = 0; i < sizeof transcripts / sizeof *transcripts; i++) {
        if (strcmp(transcripts[i].scenario, args->scenario) == 0) {
            struct weft_control *control = &args->control;
            control->virtual_clock = true;
            control->start = control->start != NULL ? control->start : transcripts[i].start;
            if (control->schedule == NULL && control->seed == NULL) {
                control->schedule = transcripts[i].schedule;
            }
            args->trace = args->trace != NULL ? args->trace : "/dev/null";
            args->quiet = true;
            return WEFT_EXIT_DONE;
        }
    }
    return weft_cli_fail(WEFT_EXIT_USAGE, "no transcript is documented of \"%s\"", args->scenario);
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
    result = args.transcript ? prepare_transcript(&args) : WEFT_EXIT_DONE;
    result = result == WEFT_EXIT_DONE ? weft_control_settle(&args.control) : result;
    result = result == WEFT_EXIT_DONE
                 ? weft_limits_check(&args.limits, args.control.plan != NULL, args.view)
                 : result;
    if (result != WEFT_EXIT_DONE) {
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
        .max_bytes = args.limits.max_bytes,
        .last_ns = args.limits.last_ns,
        .plan = args.control.plan,
        .start_real_ns = args.control.start_real_ns,
        .quiet = args.quiet,
        .view = args.view,
        .watch_deadlocks = true,
    });
done:
    weft_control_done(&args.control);
    free(own);
    free(args.rest);
    return result;
}
