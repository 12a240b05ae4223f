/* weft recover: the trace of a recording whose launcher was killed. */
#include "base/plain.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "traces/write/write.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct recover_args {
    const char *spool;
    const char *trace;
};

static const struct argp_option options[] = {
    {"output", 'o', "TRACE", 0, "Write the trace to TRACE (default: recovered.weft.jsonl)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct recover_args *args = state->input;

    switch (key) {
    case 'o':
        args->trace = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (args->spool != NULL) {
            argp_error(state, "one spool only");
        }
        args->spool = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which spool? (see /dev/shm/weft-*)");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "SPOOL",
    "Makes a trace of what a recording has in its shared memory, /dev/shm/weft-XXXXXX, after the "
    "weft that wrote its trace was killed, and removes that memory.\vWhat was written before is in "
    "the first trace. A program that still runs is recorded on, until it ends or weft is "
    "interrupted.",
    NULL,
    NULL,
    NULL};

/* While the program lives; an interrupt ends the recording, not the program. */
static void record_on(struct weft_writer *writer)
{
    sigset_t waited;

    (void)sigemptyset(&waited);
    (void)sigaddset(&waited, SIGINT);
    (void)sigaddset(&waited, SIGTERM);
    (void)sigaddset(&waited, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &waited, NULL);
    while (weft_writer_program(writer) != 0) {
        (void)weft_writer_drain(writer);
        const struct timespec pause = {.tv_nsec = weft_writer_pause_ns(writer)};
        if (sigtimedwait(&waited, NULL, &pause) > 0) {
            return;
        }
    }
}

static void on_progress(void *ctx, unsigned percent)
{
    weft_progress_show(ctx, percent, 100);
}

int weft_cli_recover(int argc, char **argv)
{
    struct recover_args args = {.trace = "recovered.weft.jsonl"};
    struct weft_writer_summary summary;
    struct weft_writer *writer = NULL;
    struct weft_error error;
    char spool[4096];

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    (void)unsetenv("DEBUGINFOD_URLS");         /* as in launch.c */
    if (realpath(args.spool, spool) == NULL) { /* as the program's mappings call it */
        return weft_cli_fail(WEFT_EXIT_UNREADABLE, "cannot open %s: %s", args.spool,
                             strerror(errno));
    }
    struct weft_progress progress = {.doing = "writing", .path = args.trace};
    const struct weft_writer_options wanted = {
        .trace_path = args.trace,
        .on_progress = weft_progress_is_wanted() ? on_progress : NULL,
        .ctx = &progress,
    };
    enum weft_status status = weft_writer_adopt(&wanted, spool, &writer, &error);
    if (status != WEFT_OK) {
        return weft_cli_fail(weft_cli_exit_of(status), "%s", error.text);
    }
    record_on(writer);
    status = weft_writer_finish(writer, -1, &summary, &error);
    weft_progress_clear(&progress);
    weft_writer_free(writer);
    if (status != WEFT_OK) {
        return weft_cli_fail(WEFT_EXIT_UNWRITABLE, "%s", error.text);
    }
    (void)fprintf(stderr, "weft: %u thread%s, %llu events, %llu lost; the trace is %s\n",
                  summary.threads, summary.threads == 1 ? "" : "s",
                  (unsigned long long)summary.events, (unsigned long long)summary.lost,
                  weft_plain(args.trace).text);
    return WEFT_EXIT_DONE;
}
