/* weft stats: the numbers of a trace, for people or as JSON (docs/stats.schema.json). */
#include "cli/stats.h"

#include "cli/args.h"
#include "cli/cli.h"

#include <errno.h>

struct stats_args {
    const char *trace;
    const char *thread, *object; /* NULL: all */
    uint64_t from_ns, to_ns;
    bool json;
};

static const struct argp_option options[] = {
    {"thread", 'T', "THREAD", 0, "Only what this thread did (its number or its name)", 0},
    {"object", 'O', "OBJECT", 0, "Only this object (its number or its name)", 0},
    {"range", 'r', "FROM:TO", 0, "Only this time, such as 1.5s:2s, 300ms: or :1s", 0},
    {"json", 'j', NULL, 0, "One JSON object, in nanoseconds (see weft-stats(1))", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct stats_args *args = state->input;

    switch (key) {
    case 'T':
        args->thread = arg;
        return 0;
    case 'O':
        args->object = arg;
        return 0;
    case 'r':
        return weft_args_range(arg, state, &args->from_ns, &args->to_ns);
    case 'j':
        args->json = true;
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Prints the numbers of a trace: time of each thread in each state, waits and holds of each "
    "lock, depth of each queue, the longest waits, and how far the trace can be trusted.",
    NULL,
    NULL,
    NULL};

static int report(const struct stats_args *args, const struct weft_model *model)
{
    struct weft_stats_query query = {.from_ns = args->from_ns, .to_ns = args->to_ns};
    struct weft_stats stats;
    struct weft_output output;
    int result = weft_cli_find_thread(model, args->trace, args->thread, &query.thread);

    if (result == WEFT_EXIT_DONE) {
        result = weft_cli_find_object(model, args->trace, args->object, &query.object);
    }
    if (result == WEFT_EXIT_DONE && args->from_ns > model->end_ns) {
        result = weft_cli_fail(WEFT_EXIT_USAGE, "%s: the range begins after the end, at %.3f s",
                               args->trace, (double)model->end_ns / 1e9);
    }
    if (result == WEFT_EXIT_DONE && !weft_stats_build(model, query, &stats)) {
        result = weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", args->trace);
    }
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    result = weft_output_open(&output, NULL, NULL);
    if (result == WEFT_EXIT_DONE) {
        (args->json ? weft_stats_put_json : weft_stats_put_words)(&output.sink, model, &stats);
        result = weft_output_close(&output);
    }
    weft_stats_done(&stats);
    return result;
}

int weft_cli_stats(int argc, char **argv)
{
    struct stats_args args = {.to_ns = UINT64_MAX};
    struct weft_model *model = NULL;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN, &model);
    if (result == WEFT_EXIT_DONE) {
        result = report(&args, model);
        weft_model_free(model);
    }
    return result;
}
