/* weft replay: a controlled run once more, or another way from one of its choices on. */
#include "cli/choices.h"
#include "cli/cli.h"
#include "traces/format/plan.h"
#include "traces/format/spool.h"
#include "traces/read/read.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OTHER = 256, OWN_WORDS = 10 };

struct replay_args {
    const char *from;
    const char *trace;
    bool quiet;
    uint64_t other; /* the choice, from 1, that shall be made otherwise; 0: none */
    uint64_t take;  /* how */
    bool taking;
};

static const struct argp_option options[] = {
    {"output", 'o', "TRACE", 0, "Write the new trace to TRACE (default: replay.weft.jsonl)", 0},
    {"quiet", 'q', NULL, 0, "No summary when the program has ended", 0},
    {"other", OTHER, "N[:TAKEN]", 0,
     "Make the choices before the trace's choice number N, then let the candidate TAKEN go on "
     "(default: the next one after the one that did), and from there on whoever runs, or has "
     "waited longest",
     0},
    {0},
};

static bool parse_other(const char *text, struct replay_args *args)
{
    char *end;

    errno = 0;
    args->other = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0 || args->other == 0) {
        return false;
    }
    args->taking = *end == ':';
    if (args->taking) {
        const char *taken = end + 1;
        args->take = strtoull(taken, &end, 10);
        return taken[0] >= '0' && taken[0] <= '9' && errno == 0 && *end == '\0' &&
               args->take < UINT32_MAX;
    }
    return *end == '\0';
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct replay_args *args = state->input;

    switch (key) {
    case 'o':
        args->trace = arg;
        return 0;
    case 'q':
        args->quiet = true;
        return 0;
    case OTHER:
        if (!parse_other(arg, args)) {
            argp_error(state, "--other takes the number of a choice, from 1, such as 12 or 12:0");
        }
        return 0;
    case ARGP_KEY_ARG:
        if (args->from != NULL) {
            argp_error(state, "one trace only");
        }
        args->from = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which trace?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Runs the program of a trace with a virtual clock again, on the same schedule, with the same "
    "start of its clock; the program, its files and its input must be what they were.\vA trace "
    "numbers its choices from 1, in the order of its \"choice\" events. The exit status is that of "
    "weft run or weft record.",
    NULL,
    NULL,
    NULL};

static uint32_t count_names(struct weft_slice among)
{
    uint32_t names = among.len > 0;

    for (size_t i = 0; i < among.len; i++) {
        names += among.at[i] == ',';
    }
    return names;
}

/* The plan up to the choice that shall be another; 0, or an exit status, told already. */
static int plan_other(struct weft_reader *reader, const struct replay_args *args, char *plan)
{
    struct weft_choices choices = {.text = ""};
    struct weft_item item;
    struct weft_plan old;
    enum weft_read got;
    uint64_t number = 0, take = args->take;

    while (number < args->other &&
           ((got = weft_reader_next(reader, &item)) == WEFT_READ_ITEM || got == WEFT_READ_BAD)) {
        if (got != WEFT_READ_ITEM || item.kind != WEFT_ITEM_EVENT ||
            item.event.kind != WEFT_EV_CHOICE) {
            continue;
        }
        if (++number < args->other) {
            weft_choices_add(&choices, (uint64_t)item.event.first);
            continue;
        }
        const uint32_t names = count_names(item.event.text);
        if (!args->taking && names > 0) {
            take = ((uint64_t)item.event.first + 1) % names;
        }
        weft_choices_add(&choices, take);
    }
    if (number < args->other) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s has %llu choices (expected at least %llu)",
                             args->from, (unsigned long long)number,
                             (unsigned long long)args->other);
    }
    if (weft_plan_parse(weft_reader_header(reader)->schedule, &old) != NULL) {
        return weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: line 1: a schedule that weft does not know",
                             args->from);
    }
    weft_plan_settle(&old); /* what a portfolio's seed did to the sleeps stays */
    if (!weft_choices_plan(&choices, &old, plan)) {
        return weft_cli_fail(WEFT_EXIT_FAILED, "choice %llu of %s comes too late to be described",
                             (unsigned long long)args->other, args->from);
    }
    return WEFT_EXIT_DONE;
}

/* Seconds since 1970 of a time in UTC (timegm is not in POSIX 2008): days by whole 400 years. */
static time_t seconds_of(const struct tm *utc)
{
    const int64_t year = utc->tm_year + 1900LL - (utc->tm_mon < 2); /* it begins in March */
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t of_era = year - era * 400;
    const int64_t day = (153 * ((utc->tm_mon + 10) % 12) + 2) / 5 + utc->tm_mday - 1;
    const int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719468;

    return (time_t)(days * 86400 + utc->tm_hour * 3600 + utc->tm_min * 60 + utc->tm_sec);
}

/* The header's start, in UTC, as --start takes it: local. */
static bool local_start(const char *start, char *text, size_t room)
{
    struct tm tm = {0};
    const char *end = strptime(start, "%Y-%m-%dT%H:%M:%S", &tm);

    if (end == NULL) {
        return false;
    }
    const time_t time = seconds_of(&tm);
    return localtime_r(&time, &tm) != NULL && strftime(text, room, "%Y-%m-%d %H:%M:%S", &tm) > 0;
}

/* Runs the header's command under the plan, as the command line would. */
static int run_again(const struct weft_trace_header *header, const struct replay_args *args,
                     const char *plan)
{
    char start[64], scenario[300], path[4096];
    const char *program = header->command[0];
    const int len = snprintf(scenario, sizeof scenario, "scenarios/%s", program);
    const bool is_scenario = strchr(program, '/') == NULL && len > 0 &&
                             (size_t)len < sizeof scenario &&
                             weft_cli_find(scenario, path, sizeof path);
    const char **words = calloc(header->command_count + (size_t)OWN_WORDS + 1, sizeof *words);
    int count = 0;

    if (words == NULL) {
        return weft_cli_fail(WEFT_EXIT_FAILED, "no memory");
    }
    words[count++] = is_scenario ? "weft run" : "weft record";
    words[count++] = "--schedule";
    words[count++] = plan;
    words[count++] = "-o";
    words[count++] = args->trace;
    if (local_start(header->start, start, sizeof start)) {
        words[count++] = "--start";
        words[count++] = start;
    }
    if (args->quiet) {
        words[count++] = "-q";
    }
    for (uint32_t i = 0; i < header->command_count; i++) {
        if (i == (is_scenario ? 1 : 0)) {
            words[count++] = "--";
        }
        words[count++] = header->command[i];
    }
    char **argv = (char **)(uintptr_t)words;
    const int result = is_scenario ? weft_cli_run(count, argv) : weft_cli_record(count, argv);
    free(words);
    return result;
}

int weft_cli_replay(int argc, char **argv)
{
    struct replay_args args = {.trace = "replay.weft.jsonl"};
    struct weft_reader *reader = NULL;
    struct weft_error error;
    char plan[WEFT_PLAN_ROOM];
    int result = WEFT_EXIT_DONE;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    const enum weft_status status = weft_reader_open(args.from, &reader, &error);
    if (status != WEFT_OK) {
        return weft_cli_fail(weft_cli_exit_of(status), "%s", error.text);
    }
    const struct weft_trace_header *header = weft_reader_header(reader);
    if (header->schedule[0] == '\0' || header->command_count == 0) {
        result = weft_cli_fail(WEFT_EXIT_USAGE,
                               "%s was not recorded with --clock virtual: there is no schedule to "
                               "run again",
                               args.from);
        goto done;
    }
    if (weft_sink_is_input(args.trace, args.from)) {
        result = weft_cli_fail(WEFT_EXIT_USAGE, "%s is the trace that is run again", args.trace);
        goto done;
    }
    if (args.other == 0) {
        (void)snprintf(plan, sizeof plan, "%s", header->schedule);
    } else {
        result = plan_other(reader, &args, plan);
    }
    if (result == WEFT_EXIT_DONE) {
        result = run_again(header, &args, plan);
    }
done:
    weft_reader_close(reader);
    return result;
}
