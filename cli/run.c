/* weft run: a scenario, recorded. */
#include "cli/cli.h"
#include "cli/launch.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

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

static void tell_summary(const char *trace, const struct weft_writer_summary *summary)
{
    (void)fprintf(
        stderr,
        "weft: %u thread%s, %llu events in %.2f s, %llu lost%s; the trace is %s\n"
        "weft: look at it with: weft view %s\n",
        summary->threads, summary->threads == 1 ? "" : "s", (unsigned long long)summary->events,
        (double)summary->duration_ns / 1e9, (unsigned long long)summary->lost,
        summary->attached ? "" : " (the program never opened the recording)", trace, trace);
}

static int record(const struct run_args *args, const char *path, const char *trace)
{
    struct weft_error error;
    struct weft_writer *writer = NULL;
    struct weft_writer_summary summary;
    int wait_status = -1;
    char **argv = args->rest; /* rest[0] is free for the program itself */

    argv[0] = (char *)(uintptr_t)args->scenario;
    argv[args->rest_count] = NULL;
    const struct weft_writer_options wanted = {
        .trace_path = trace,
        .program = args->scenario,
        .command = (const char *const *)argv,
        .command_count = (uint32_t)args->rest_count,
    };
    enum weft_status status = weft_writer_new(&wanted, &writer, &error);
    if (status != WEFT_OK) {
        return weft_cli_fail(status == WEFT_ERR_WRITE ? WEFT_EXIT_UNWRITABLE : WEFT_EXIT_FAILED,
                             "%s", error.text);
    }
    const int failed = weft_launch(writer, path, argv, &wait_status);
    if (failed != 0) {
        weft_writer_free(writer);
        (void)remove(trace);
        return weft_cli_fail(failed == ENOENT ? WEFT_EXIT_NOT_FOUND : WEFT_EXIT_NOT_RUN,
                             "cannot run %s: %s", path, strerror(failed));
    }
    status = weft_writer_finish(writer, wait_status, &summary, &error);
    weft_writer_free(writer);
    if (status != WEFT_OK) {
        (void)weft_cli_fail(0, "%s", error.text);
    } else if (!args->quiet) {
        tell_summary(trace, &summary);
    }
    if (WIFSIGNALED(wait_status)) {
        return WEFT_EXIT_BY_SIGNAL + WTERMSIG(wait_status);
    }
    /* The program's own failure says more than that its trace could not be written. */
    return WEXITSTATUS(wait_status) == 0 && status != WEFT_OK ? WEFT_EXIT_UNWRITABLE
                                                              : WEXITSTATUS(wait_status);
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
    result = record(&args, path, args.trace != NULL ? args.trace : trace);
done:
    free(own);
    free(args.rest);
    return result;
}
