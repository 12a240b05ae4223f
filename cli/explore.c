/* weft explore: a program on many schedules, and how it fails. */
#include "base/duration.h"
#include "base/map.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/explore_found.h"
#include "cli/explore_plans.h"
#include "cli/explore_runs.h"
#include "cli/json.h"
#include "cli/launch.h"
#include "traces/format/clock.h"
#include "traces/write/write.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    RUNS = 256, /* beyond every short option */
    STRATEGY,
    UNTIL,
    JOBS,
    JSON,
    SEED,
    LIMIT,
    RUNS_DEFAULT = 1000,
    JOBS_MAX = 32,
    RUNS_MAX = 1000 * 1000 * 1000,
};

#define NS_PER_S UINT64_C(1000000000)
#define LIMIT_NS (5 * NS_PER_S)
#define PLAIN_LIMIT_NS NS_PER_S
#define PLAIN_PART 10 /* at most one part in so many of the time goes to runs without control */
#define PROGRESS_NS (NS_PER_S / 5)
#define PROGRESS_LINE_NS (10 * NS_PER_S) /* where it is not a terminal */
#define END_NS (2 * NS_PER_S)

struct explore_args {
    uint64_t runs, jobs, seed, limit_ns;
    const char *strategy, *until, *folder;
    bool json;
    char **program; /* its argv */
};

static const struct argp_option options[] = {
    {"runs", RUNS, "N", 0, "Try N schedules (default: 1000)", 0},
    {"strategy", STRATEGY, "STRATEGY", 0,
     "How they are chosen: portfolio (default), random, pct:DEPTH, pos, exhaustive:BOUND (each "
     "schedule with at most BOUND pre-emptions), or plain (no control: the program is just run)",
     0},
    {"until", UNTIL, "WHAT", 0,
     "Look only for \"deadlock\", \"crash\", \"exit\" (a status other than 0), \"hang\" or "
     "\"output:REGEX\", and stop at the first",
     0},
    {"jobs", JOBS, "N", 0, "So many runs at a time (default: one for each processor)", 0},
    {"seed", SEED, "N", 0, "The first run's seed (default: 1); the same seed tries the same", 0},
    {"limit", LIMIT, "TIME", 0, "A run that takes TIME or longer hangs (default: 5s)", 0},
    {"output", 'o', "FOLDER", 0, "Keep the traces in FOLDER (default: explore)", 0},
    {"json", JSON, NULL, 0, "Print the result as JSON", 0},
    {0},
};

static void parse_number(struct argp_state *state, const char *name, const char *text, uint64_t min,
                         uint64_t max, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value < min ||
        *value > max) {
        argp_error(state, "%s takes a number from %llu to %llu, not \"%s\"", name,
                   (unsigned long long)min, (unsigned long long)max, text);
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct explore_args *args = state->input;

    switch (key) {
    case RUNS:
        parse_number(state, "--runs", arg, 1, RUNS_MAX, &args->runs);
        return 0;
    case JOBS:
        parse_number(state, "--jobs", arg, 1, JOBS_MAX, &args->jobs);
        return 0;
    case SEED:
        parse_number(state, "--seed", arg, 0, UINT32_MAX, &args->seed);
        return 0;
    case STRATEGY:
        args->strategy = arg;
        return 0;
    case UNTIL:
        args->until = arg;
        return 0;
    case LIMIT:
        if (!weft_duration_parse(arg, &args->limit_ns) || args->limit_ns == 0) {
            argp_error(state, "--limit takes a time, such as 500ms or 10s, not \"%s\"", arg);
        }
        return 0;
    case 'o':
        args->folder = arg;
        return 0;
    case JSON:
        args->json = true;
        return 0;
    case ARGP_KEY_ARG: /* the program; whatever follows is its own */
        args->program = &state->argv[state->next - 1];
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which program?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "[--] PROGRAM [ARGUMENT...]",
    "Runs PROGRAM, or a scenario, again and again, each time on another schedule and on a "
    "simulated clock, and keeps for each kind of failure (deadlock, hang, crash, exit status) a "
    "short way to it: a trace, which weft replay runs again.\vIts input is empty, and its output "
    "is dropped. Only synchronisation calls are choices: a data race on plain memory between two "
    "of them is not tried. The exit status is 1 when a failure was found, 0 when none was; 125 "
    "when weft itself failed, 126 and 127 when the program cannot be run. Ctrl-C ends the search, "
    "and what it has found is kept.",
    NULL,
    NULL,
    NULL};

/* One exploration. */
struct explore {
    const struct explore_args *args;
    struct weft_launch_target target;
    bool is_scenario;
    int64_t start_real_ns;
    struct weft_wanted wanted;
    bool has_pattern;
    struct weft_plans *plans;
    struct weft_runs *runs;
    struct weft_map seen; /* hashes of choices */
    struct weft_found found;
    uint64_t started, ended, plain, uncertain;
    uint64_t began_ns, plain_ns, took_ns;
    uint64_t told_ns;
    bool is_terminal, told;
    bool interrupted, complete, unwritten, made_folder;
    int failed; /* the program could not be started: an exit status, told already */
};

/* Progress ──────────────────────────────────────────────────────────────────────────────────── */

static void show_progress(struct explore *explore)
{
    const uint64_t now_ns = weft_clock_monotonic();
    const uint64_t gap_ns = explore->is_terminal ? PROGRESS_NS : PROGRESS_LINE_NS;

    if (now_ns - explore->began_ns < NS_PER_S || now_ns - explore->told_ns < gap_ns) {
        return;
    }
    explore->told_ns = now_ns;
    explore->told = true;
    (void)fprintf(stderr, "%sweft: %llu of %llu runs, %zu schedules, %llu failed%s",
                  explore->is_terminal ? "\r" : "", (unsigned long long)explore->ended,
                  (unsigned long long)explore->args->runs, explore->seen.count,
                  (unsigned long long)explore->found.runs, explore->is_terminal ? "\033[K" : "\n");
}

static void end_progress(const struct explore *explore)
{
    if (explore->told && explore->is_terminal) {
        (void)fputs("\r\033[K", stderr);
    }
}

/* The search ────────────────────────────────────────────────────────────────────────────────── */

/* Runs without control take real time: they are left out where they would take most of it. */
static void weigh_plain(struct explore *explore, const struct weft_run_end *end)
{
    const uint64_t now_ns = weft_clock_monotonic();

    explore->plain++;
    explore->plain_ns += end->took_ns;
    if (strcmp(explore->args->strategy, "portfolio") == 0 &&
        (end->hung || (end->took_ns > NS_PER_S / PLAIN_PART &&
                       explore->plain_ns > (now_ns - explore->began_ns) / PLAIN_PART))) {
        weft_plans_without_plain(explore->plans);
    }
}

/* True: that is enough. */
static bool take_note(struct explore *explore, const struct weft_run_end *end)
{
    explore->ended++;
    if (end->run->plan[0] == '\0') {
        weigh_plain(explore, end);
    } else {
        explore->uncertain += end->result.left != 0;
        (void)weft_map_put(&explore->seen, end->result.hash, 1);
    }
    weft_plans_learn(explore->plans, end);
    return weft_found_add(&explore->found, &explore->wanted, end) && explore->args->until != NULL;
}

static bool start_next(struct explore *explore)
{
    struct weft_try run;

    if (explore->started >= explore->args->runs || !weft_runs_has_room(explore->runs) ||
        /* The first goes alone: others learn from it. */
        (explore->started > 0 && explore->ended == 0) ||
        !weft_plans_next(explore->plans, explore->started + 1, &run)) {
        return false;
    }
    const bool is_plain = run.plan[0] == '\0' && strcmp(explore->args->strategy, "plain") != 0;
    run.limit_ns = is_plain && explore->args->limit_ns > PLAIN_LIMIT_NS ? PLAIN_LIMIT_NS
                                                                        : explore->args->limit_ns;
    const int failed = weft_runs_start(explore->runs, &run);
    if (failed != 0) {
        explore->failed =
            weft_cli_fail(failed == ENOENT ? WEFT_EXIT_NOT_FOUND : WEFT_EXIT_NOT_RUN,
                          "cannot run %s: %s", explore->target.path, strerror(failed));
        return false;
    }
    explore->started++;
    return true;
}

static bool has_attached(struct explore *explore, const struct weft_run_end *end)
{
    if (end->run->plan[0] == '\0' || end->result.attached || explore->ended > 0) {
        return true;
    }
    explore->failed =
        weft_cli_fail(WEFT_EXIT_NOT_RUN, "%s never opened the recording: it cannot be controlled",
                      explore->target.program);
    return false;
}

static void search(struct explore *explore)
{
    struct weft_run_end end;
    bool enough = false;

    while (!enough && !explore->interrupted && explore->failed == 0) {
        while (start_next(explore)) {
        }
        if (explore->failed != 0 || weft_runs_running(explore->runs) == 0) {
            break;
        }
        switch (weft_runs_wait(explore->runs, &end)) {
        case WEFT_RUNS_ENDED:
            enough = !has_attached(explore, &end) || take_note(explore, &end);
            break;
        case WEFT_RUNS_INTERRUPTED:
            explore->interrupted = true;
            break;
        case WEFT_RUNS_TICK:
            break;
        }
        show_progress(explore);
    }
    end_progress(explore);
    weft_runs_stop(explore->runs); /* what still runs when there is enough */
    explore->took_ns = weft_clock_monotonic() - explore->began_ns;
    explore->complete = !enough && !explore->interrupted && weft_plans_is_complete(explore->plans);
}

/* What is kept ──────────────────────────────────────────────────────────────────────────────── */

/* In a process of its own, so that the program's output can be dropped. */
static int record_it(const struct explore *explore, const struct weft_failure *failure)
{
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        dup2(nothing, STDERR_FILENO) < 0) {
        return WEFT_EXIT_FAILED;
    }
    return weft_launch(&(struct weft_launch){
        .program = explore->target.program,
        .path = explore->target.path,
        .argv = explore->args->program,
        .preload = explore->target.preload[0] != '\0' ? explore->target.preload : NULL,
        .trace = failure->trace,
        .long_call_ns = WEFT_LONG_CALL_NS,
        .plan = failure->best.plan,
        .start_real_ns = explore->start_real_ns,
        .quiet = true,
        .watch_deadlocks = false,
    });
}

/*
 * Waits for the recording; one that hangs is told to end, and its trace is whole all the same.
 * What its program has started goes with it.
 */
static void see_it_end(pid_t recording, uint64_t limit_ns)
{
    const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
    const uint64_t begin_ns = weft_clock_monotonic();
    siginfo_t info = {0};
    bool told = false;

    while (waitid(P_PID, (id_t)recording, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0) {
        const uint64_t waited_ns = weft_clock_monotonic() - begin_ns;
        if (waited_ns > limit_ns && !told) {
            told = true;
            (void)kill(recording, SIGTERM);
        }
        if (waited_ns > limit_ns + END_NS) {
            (void)kill(-recording, SIGKILL);
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)kill(-recording, SIGKILL); /* while nobody else can have its number */
    (void)waitpid(recording, NULL, 0);
}

static void keep_trace(struct explore *explore, struct weft_failure *failure)
{
    struct stat there;
    const int len = snprintf(failure->trace, sizeof failure->trace, "%s/%s.weft.jsonl",
                             explore->args->folder, failure->name);

    if (len < 0 || (size_t)len >= sizeof failure->trace) {
        failure->trace[0] = '\0';
        return;
    }
    (void)fflush(NULL);
    const pid_t recording = fork();
    if (recording == 0) {
        (void)record_it(explore, failure);
        _exit(0);
    }
    if (recording > 0) {
        see_it_end(recording, explore->args->limit_ns);
    }
    if (stat(failure->trace, &there) != 0 || there.st_size == 0) {
        explore->unwritten = true;
        (void)weft_cli_fail(0, "cannot write %s", failure->trace);
        failure->trace[0] = '\0';
    }
}

static void keep_found(struct explore *explore)
{
    struct weft_found *found = &explore->found;

    for (uint32_t i = 0; i < found->count; i++) {
        if (!explore->interrupted) {
            explore->interrupted =
                !weft_failure_shrink(&found->at[i], &explore->wanted, explore->runs);
        }
    }
    for (uint32_t i = 0; i < found->count; i++) {
        if (!found->at[i].is_plain) {
            keep_trace(explore, &found->at[i]);
        }
    }
}

/* The report ────────────────────────────────────────────────────────────────────────────────── */

static void tell_failure(const struct explore *explore, const struct weft_failure *failure)
{
    (void)printf("\n%s: in %llu of %llu runs, first in run %llu\n", failure->name,
                 (unsigned long long)failure->runs, (unsigned long long)explore->ended,
                 (unsigned long long)failure->first);
    if (failure->is_plain) {
        (void)printf("  only in runs without control, so there is no schedule to run again\n");
        return;
    }
    (void)printf("  schedule  %s\n", failure->best.plan);
    if (failure->changes != UINT64_MAX) {
        (void)printf("            %llu of its %llu choices go against the default\n",
                     (unsigned long long)failure->changes, (unsigned long long)failure->choices);
    }
    if (failure->replays > 0) {
        (void)printf("  replayed  %u of %u times%s\n", failure->replayed, failure->replays,
                     failure->is_deterministic
                         ? ""
                         : " (something outside the schedule took part: see weft-explore(1))");
    }
    if (failure->trace[0] != '\0') {
        (void)printf("  trace     %s\n", failure->trace);
    }
}

static void tell(const struct explore *explore)
{
    const double seconds = (double)explore->took_ns / 1e9;

    (void)printf("%llu runs in %.1f s (%.0f a second), %zu different schedules%s\n",
                 (unsigned long long)explore->ended, seconds,
                 seconds > 0 ? (double)explore->ended / seconds : 0, explore->seen.count,
                 explore->interrupted ? "; interrupted" : "");
    if (weft_plans_is_exhaustive(explore->plans)) {
        (void)printf("%s\n", explore->complete ? "these are all schedules within the bound"
                                               : "there are more schedules within the bound");
    }
    if (explore->uncertain > 0) {
        (void)printf("in %llu runs something took part that the schedule does not control\n",
                     (unsigned long long)explore->uncertain);
    }
    if (explore->found.count == 0) {
        (void)printf("no failure\n");
    }
    for (uint32_t i = 0; i < explore->found.count; i++) {
        tell_failure(explore, &explore->found.at[i]);
    }
    for (uint32_t i = 0; i < explore->found.count; i++) {
        if (explore->found.at[i].trace[0] != '\0') {
            (void)printf("\nRun it again with: weft replay %s\n", explore->found.at[i].trace);
            break;
        }
    }
}

static void put_failure(struct weft_json *json, const struct weft_failure *failure)
{
    weft_json_object(json, NULL);
    weft_json_text(json, "kind", failure->name);
    weft_json_u64(json, "runs", failure->runs);
    weft_json_u64(json, "first_run", failure->first);
    weft_json_bool(json, "plain", failure->is_plain);
    if (!failure->is_plain) {
        weft_json_text(json, "schedule", failure->best.plan);
        weft_json_text(json, "found_by", failure->original);
        weft_json_u64(json, "choices", failure->choices);
        if (failure->changes != UINT64_MAX) {
            weft_json_u64(json, "changes", failure->changes);
        }
        weft_json_bool(json, "deterministic", failure->is_deterministic);
        weft_json_u64(json, "replays", failure->replays);
        weft_json_u64(json, "replayed", failure->replayed);
    }
    if (failure->trace[0] != '\0') {
        weft_json_text(json, "trace", failure->trace);
    }
    weft_json_end(json);
}

static bool put_json(const struct explore *explore)
{
    struct weft_output output;

    if (weft_output_open(&output, NULL, NULL) != WEFT_EXIT_DONE) {
        return false;
    }
    struct weft_json json = {.sink = &output.sink};
    weft_json_object(&json, NULL);
    weft_json_text(&json, "program", explore->target.program);
    weft_json_text(&json, "strategy", explore->args->strategy);
    weft_json_u64(&json, "seed", explore->args->seed);
    weft_json_u64(&json, "runs", explore->ended);
    weft_json_u64(&json, "plain_runs", explore->plain);
    weft_json_u64(&json, "schedules", explore->seen.count);
    weft_json_u64(&json, "failed_runs", explore->found.runs);
    weft_json_u64(&json, "uncontrolled_runs", explore->uncertain);
    weft_json_real(&json, "seconds", (double)explore->took_ns / 1e9);
    weft_json_bool(&json, "interrupted", explore->interrupted);
    weft_json_bool(&json, "complete", explore->complete);
    weft_json_array(&json, "failures");
    for (uint32_t i = 0; i < explore->found.count; i++) {
        put_failure(&json, &explore->found.at[i]);
    }
    weft_json_end(&json);
    weft_json_end(&json);
    return weft_output_close(&output) == WEFT_EXIT_DONE;
}

/* Before anything runs ──────────────────────────────────────────────────────────────────────── */

static int settle_until(struct explore *explore)
{
    const char *until = explore->args->until;
    char why[200];

    if (until == NULL) {
        return WEFT_EXIT_DONE;
    }
    if (strncmp(until, "output:", 7) == 0) {
        const int failed =
            regcomp(&explore->wanted.output, until + 7, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
        if (failed != 0) {
            (void)regerror(failed, &explore->wanted.output, why, sizeof why);
            return weft_cli_fail(WEFT_EXIT_USAGE, "bad pattern \"%s\": %s", until + 7, why);
        }
        explore->has_pattern = true;
        explore->wanted.only = WEFT_FAILURE_OUTPUT;
        return WEFT_EXIT_DONE;
    }
    explore->wanted.only = weft_failure_kind_of(until);
    return explore->wanted.only != WEFT_FAILURE_NONE
               ? WEFT_EXIT_DONE
               : weft_cli_fail(WEFT_EXIT_USAGE,
                               "--until is deadlock, crash, exit, hang or output:REGEX, not \"%s\"",
                               until);
}

static int find_target(struct explore *explore)
{
    const char *name = explore->args->program[0];
    char scenario[300];
    const int len = snprintf(scenario, sizeof scenario, "scenarios/%s", name);

    if (strchr(name, '/') == NULL && name[0] != '\0' && len > 0 && (size_t)len < sizeof scenario &&
        weft_cli_find(scenario, explore->target.path, sizeof explore->target.path)) {
        explore->target.program = name;
        return WEFT_EXIT_DONE;
    }
    return weft_launch_find(name, &explore->target);
}

static int settle(struct explore *explore)
{
    const struct explore_args *args = explore->args;
    struct weft_control control = {.virtual_clock = true};

    int result = settle_until(explore);
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    explore->wanted.plain_hangs = strcmp(args->strategy, "plain") == 0;
    explore->plans = weft_plans_new(args->strategy, args->seed);
    if (explore->plans == NULL) {
        return weft_cli_fail(WEFT_EXIT_USAGE,
                             "--strategy is portfolio, random, pct:DEPTH (1 to 64), pos, "
                             "exhaustive:BOUND (0 to 16) or plain, not \"%s\"",
                             args->strategy);
    }
    /* Now rather than after a long search. */
    explore->made_folder = mkdir(args->folder, 0777) == 0;
    if (!explore->made_folder && errno != EEXIST) {
        return weft_cli_fail(WEFT_EXIT_UNWRITABLE, "cannot make the folder %s: %s", args->folder,
                             strerror(errno));
    }
    result = weft_control_settle(&control);
    explore->start_real_ns = control.start_real_ns;
    weft_control_done(&control);
    if (result == WEFT_EXIT_DONE) {
        result = find_target(explore);
    }
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    weft_launch_fix_addresses();
    return weft_runs_new(
        &(struct weft_runs_options){
            .path = explore->target.path,
            .argv = args->program,
            .preload = explore->target.preload[0] != '\0' ? explore->target.preload : NULL,
            .start_real_ns = explore->start_real_ns,
            .jobs = (uint32_t)args->jobs,
            .keep_output = explore->wanted.only == WEFT_FAILURE_OUTPUT,
        },
        &explore->runs);
}

static int explore_all(struct explore *explore)
{
    const int result = settle(explore);

    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    explore->began_ns = weft_clock_monotonic();
    explore->told_ns = explore->began_ns;
    explore->is_terminal = isatty(STDERR_FILENO) == 1;
    search(explore);
    if (explore->failed != 0) {
        return explore->failed;
    }
    keep_found(explore);
    if (explore->args->json) {
        explore->unwritten |= !put_json(explore);
    } else {
        tell(explore);
        explore->unwritten |= fflush(stdout) != 0;
    }
    if (explore->found.count > 0) {
        return WEFT_EXIT_FINDINGS;
    }
    return explore->unwritten ? WEFT_EXIT_UNWRITABLE : WEFT_EXIT_DONE;
}

int weft_cli_explore(int argc, char **argv)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct explore_args args = {
        .runs = RUNS_DEFAULT,
        .jobs = processors < 1          ? 1
                : processors > JOBS_MAX ? JOBS_MAX
                                        : (uint64_t)processors,
        .seed = 1,
        .limit_ns = LIMIT_NS,
        .strategy = "portfolio",
        .folder = "explore",
    };

    (void)argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &args);
    struct explore *explore = calloc(1, sizeof *explore);
    if (explore == NULL) {
        return weft_cli_fail(WEFT_EXIT_FAILED, "no memory");
    }
    explore->args = &args;
    const int result = explore_all(explore);
    if (explore->made_folder) {
        (void)rmdir(args.folder); /* stays when there is something in it */
    }
    weft_runs_free(explore->runs);
    weft_plans_free(explore->plans);
    weft_map_done(&explore->seen);
    if (explore->has_pattern) {
        regfree(&explore->wanted.output);
    }
    free(explore);
    return result;
}
