/* weft explain: why threads waited, in plain sentences. */
#include "cli/explain.h"

#include "base/duration.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "traces/analysis/wait_id.h"

#include <errno.h>

struct explain_args {
    const char *trace;
    const char *thread, *wait; /* NULL: not asked */
    uint64_t at_ns;
    bool has_at, json;
};

static const struct argp_option options[] = {
    {"thread", 'T', "THREAD", 0, "The life of this thread (its number or its name)", 0},
    {"at", 'a', "TIME", 0, "What every thread and object is doing at this time, such as 1.5s", 0},
    {"wait", 'w', "ID", 0, "Why this wait lasted; stats and dump tell the IDs, such as 2.5", 0},
    {"json", 'j', NULL, 0, "One JSON object, in nanoseconds (see weft-explain(1))", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct explain_args *args = state->input;

    switch (key) {
    case 'T':
        args->thread = arg;
        return 0;
    case 'w':
        args->wait = arg;
        return 0;
    case 'a':
        args->has_at = true;
        if (!weft_duration_parse(arg, &args->at_ns)) {
            argp_error(state, "\"%s\" is no time (expected such as 1.5s or 300ms)", arg);
            return EINVAL;
        }
        return 0;
    case 'j':
        args->json = true;
        return 0;
    case ARGP_KEY_END:
        if (args->wait != NULL && (args->thread != NULL || args->has_at)) {
            argp_error(state, "--wait stands alone: the ID says which thread and when");
            return EINVAL;
        }
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Tells in sentences why threads waited: by default what cost most time and which pieces the "
    "whole duration consisted of; for a wait its chain of owners and the root; for a thread its "
    "life; for a time what everything was doing.",
    NULL,
    NULL,
    NULL};

void weft_report_who(struct weft_json *json, const struct weft_model *model, uint32_t thread)
{
    if (thread == WEFT_NONE) {
        weft_json_null(json, "thread_id");
        weft_json_null(json, "thread");
        return;
    }
    weft_json_u64(json, "thread_id", model->threads.at[thread].number);
    weft_json_text(json, "thread", model->threads.at[thread].name);
}

/* ───────────────────────────────────────────────────────────────────────────────────────────── */

struct asked {
    uint32_t thread, span;
};

static int resolve(const struct explain_args *args, const struct weft_model *model,
                   struct asked *asked)
{
    if (args->wait != NULL &&
        !weft_wait_id_parse(model, args->wait, &asked->thread, &asked->span)) {
        return weft_cli_fail(WEFT_EXIT_USAGE,
                             "%s: there is no wait \"%s\" (expected an ID that weft stats tells, "
                             "such as 2.5)",
                             args->trace, args->wait);
    }
    if (args->has_at && args->at_ns > model->end_ns) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: %.3f s is after the end, at %.3f s", args->trace,
                             (double)args->at_ns / 1e9, (double)model->end_ns / 1e9);
    }
    return args->wait != NULL
               ? WEFT_EXIT_DONE
               : weft_cli_find_thread(model, args->trace, args->thread, &asked->thread);
}

static bool tell(const struct explain_args *args, const struct weft_report *report,
                 const struct asked *asked)
{
    if (args->wait != NULL) {
        return weft_report_wait(report, asked->thread, asked->span);
    }
    if (args->has_at) {
        return weft_report_moment(report, asked->thread, args->at_ns);
    }
    return asked->thread != WEFT_NONE ? weft_report_thread(report, asked->thread)
                                      : weft_report_whole(report);
}

static int explain(const struct explain_args *args, const struct weft_model *model)
{
    struct asked asked = {WEFT_NONE, WEFT_NONE};
    struct weft_output output;
    int result = resolve(args, model, &asked);

    if (result == WEFT_EXIT_DONE) {
        result = weft_output_open(&output, NULL, NULL);
    }
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    struct weft_json json = {.sink = &output.sink};
    const struct weft_report report = {model, &output.sink, args->json ? &json : NULL};
    if (args->json) {
        weft_json_object(&json, NULL);
    }
    const bool ok = tell(args, &report, &asked);
    if (args->json && ok) {
        weft_json_end(&json);
    }
    result = weft_output_close(&output);
    return ok ? result : weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", args->trace);
}

int weft_cli_explain(int argc, char **argv)
{
    struct explain_args args = {0};
    struct weft_model *model = NULL;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN, &model);
    if (result == WEFT_EXIT_DONE) {
        result = explain(&args, model);
        weft_model_free(model);
    }
    return result;
}
