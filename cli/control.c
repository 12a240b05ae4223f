#include "cli/control.h"

#include "base/duration.h"
#include "cli/cli.h"
#include "traces/format/plan.h"
#include "traces/format/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLOCK = 512, SCHEDULE, SEED, JITTER, SPURIOUS, START, LIMIT };

/* Any fixed time will do, so that two runs show the same. */
#define DEFAULT_START "2026-01-01 00:00:00"
#define DEFAULT_SCHEDULE "fifo"
#define SEEDED_SCHEDULE "portfolio"

const char *const weft_control_options[] = {"--clock",    "--schedule", "--seed",  "--jitter",
                                            "--spurious", "--start",    "--limit", NULL};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "A run that can be repeated (each of these asks for the virtual clock):", 1},
    {"clock", CLOCK, "CLOCK", 0,
     "\"virtual\": one thread runs at a time, and time is simulated, so that waiting takes none "
     "(other processes, real timers and signals are not controlled: it is told when they took "
     "part); \"real\" (default)",
     1},
    {"schedule", SCHEDULE, "SCHEDULE", 0,
     "Who goes on: fifo (default), round-robin, random, pct:DEPTH, pos, portfolio (default with "
     "--seed), or replay:CHOICES; or the whole \"schedule\" of a trace's first line",
     1},
    {"seed", SEED, "N", 0, "The same seed makes the same choices", 1},
    {"jitter", JITTER, "FACTOR", 0, "Sleeps last up to FACTOR times as long, by the seed", 1},
    {"spurious", SPURIOUS, "PERCENT", 0,
     "So many of 100 waits on a condition end without a signal, as POSIX allows", 1},
    {"limit", LIMIT, "TIME", 0,
     "End the run after so much simulated time, 0: never (default: 3600s of "
     "it, and 100,000 calls, in a program that does not wait for the world outside)",
     1},
    {"start", START, "TIME", 0,
     "What the clock shows at the start: \"2018-03-22 15:42:15\", local time (default: "
     "\"" DEFAULT_START "\")",
     1},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct weft_control *control = state->input;

    switch (key) {
    case CLOCK:
        if (strcmp(arg, "virtual") != 0 && strcmp(arg, "real") != 0) {
            argp_error(state, "--clock is \"virtual\" or \"real\", not \"%s\"", arg);
        }
        control->virtual_clock = strcmp(arg, "virtual") == 0;
        return 0;
    case SCHEDULE:
        control->schedule = arg;
        break;
    case SEED:
        control->seed = arg;
        break;
    case JITTER:
        control->jitter = arg;
        break;
    case SPURIOUS:
        control->spurious = arg;
        break;
    case LIMIT:
        if (!weft_duration_parse(arg, &control->limit_ns)) {
            argp_error(state, "--limit takes a time, such as 500ms or 10s, not \"%s\"", arg);
        }
        control->has_limit = true;
        break;
    case START:
        control->start = arg;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    control->virtual_clock = true;
    return 0;
}

const struct argp weft_control_argp = {options, parse_option, NULL, NULL, NULL, NULL, NULL};

/* Local time, as ctime shows it; false: it is none. */
static bool parse_start(const char *text, int64_t *ns)
{
    struct tm tm = {.tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

    if (end == NULL || *end != '\0') {
        return false;
    }
    const struct tm wanted = tm;
    const time_t time = mktime(&tm);
    /* mktime makes 1 March of 30 February. */
    if (time == (time_t)-1 || tm.tm_mday != wanted.tm_mday || time > INT64_MAX / 1000000000 / 2) {
        return false;
    }
    *ns = (int64_t)time * 1000000000;
    return true;
}

int weft_control_settle(struct weft_control *control)
{
    const char *schedule = control->schedule != NULL ? control->schedule
                           : control->seed != NULL   ? SEEDED_SCHEDULE
                                                     : DEFAULT_SCHEDULE;
    const char *start = control->start != NULL ? control->start : DEFAULT_START;
    char limit[24];
    const struct {
        const char *key, *value;
    } more[] = {{",seed=", control->seed},
                {",jitter=", control->jitter},
                {",spurious=", control->spurious},
                {",limit=", control->has_limit ? limit : NULL}};
    struct weft_plan plan;
    size_t room = strlen(schedule) + 1;

    if (!control->virtual_clock) {
        return WEFT_EXIT_DONE;
    }
    /* In whole ms, and not to 0. */
    (void)snprintf(
        limit, sizeof limit, "%llu",
        (unsigned long long)(control->limit_ns / 1000000 + (control->limit_ns % 1000000 != 0)));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        room += more[i].value != NULL ? strlen(more[i].key) + strlen(more[i].value) : 0;
    }
    control->plan = malloc(room);
    if (control->plan == NULL) {
        return weft_cli_fail(WEFT_EXIT_FAILED, "no memory");
    }
    size_t used = (size_t)snprintf(control->plan, room, "%s", schedule);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (more[i].value != NULL) {
            used += (size_t)snprintf(control->plan + used, room - used, "%s%s", more[i].key,
                                     more[i].value);
        }
    }
    const char *wrong = weft_plan_parse(control->plan, &plan);
    if (wrong != NULL) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "bad schedule \"%s\": %s", control->plan, wrong);
    }
    if (used >= WEFT_PLAN_ROOM) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "the schedule has %zu bytes (expected at most %d)",
                             used, WEFT_PLAN_ROOM - 1);
    }
    if (!parse_start(start, &control->start_real_ns)) {
        return weft_cli_fail(WEFT_EXIT_USAGE,
                             "--start \"%s\" is no time (expected one such as \"%s\")", start,
                             DEFAULT_START);
    }
    return WEFT_EXIT_DONE;
}

void weft_control_done(struct weft_control *control)
{
    free(control->plan);
    control->plan = NULL;
}
