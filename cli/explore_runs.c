#include "cli/explore_runs.h"

#include "cli/cli.h"
#include "traces/format/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    TICK_NS = 50 * 1000 * 1000,
    OUTPUT_KEPT = 1024 * 1024,      /* bytes that a pattern is looked for in */
    OUTPUT_MOST = 16 * OUTPUT_KEPT, /* what a run may leave in memory between two looks */
};

struct slot {
    struct weft_trial *trial;
    char **environment; /* of a controlled run */
    char *words[2];     /* of it, that are ours */
    int output;         /* a file without a name, or /dev/null */
    pid_t pid;          /* 0: free */
    bool hung;
    uint64_t began_ns;
    struct weft_try run;
};

struct weft_runs {
    struct weft_runs_options options;
    struct slot *slots;
    uint32_t running;
    uint64_t watched_ns;
    int nothing; /* /dev/null */
    char *text;  /* of an output; NULL: they are not kept */
    char **plain;
    sigset_t waited, before;
};

static const int stops[] = {SIGINT, SIGTERM, SIGHUP};

/* Ours are left out. */
static size_t copy_environment(char **to)
{
    size_t count = 0;

    for (char **entry = environ; *entry != NULL; entry++) {
        if (strncmp(*entry, WEFT_SPOOL_ENV "=", sizeof WEFT_SPOOL_ENV) != 0) {
            to[count++] = *entry;
        }
    }
    to[count] = NULL;
    return count;
}

static size_t environment_room(void)
{
    size_t count = 0;

    while (environ[count] != NULL) {
        count++;
    }
    return count + 3;
}

static char *joined(const char *a, const char *b, const char *c, const char *d)
{
    const size_t room = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
    char *text = malloc(room);

    if (text != NULL) {
        (void)snprintf(text, room, "%s%s%s%s", a, b, c, d);
    }
    return text;
}

/* Where the spool is, and the recorder before other preloads. */
static bool make_environment(const struct weft_runs *runs, struct slot *slot)
{
    const char *others = getenv("LD_PRELOAD");
    const bool has_others = others != NULL && others[0] != '\0';

    slot->environment = calloc(environment_room(), sizeof *slot->environment);
    slot->words[0] = joined(WEFT_SPOOL_ENV, "=", weft_trial_spool_path(slot->trial), "");
    if (slot->environment == NULL || slot->words[0] == NULL) {
        return false;
    }
    size_t count = copy_environment(slot->environment);
    slot->environment[count++] = slot->words[0];
    if (runs->options.preload == NULL) {
        return true;
    }
    slot->words[1] = joined("LD_PRELOAD=", runs->options.preload, has_others ? ":" : "",
                            has_others ? others : "");
    if (slot->words[1] == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strncmp(slot->environment[i], "LD_PRELOAD=", sizeof "LD_PRELOAD=" - 1) == 0) {
            slot->environment[i] = slot->words[1];
            return true;
        }
    }
    slot->environment[count] = slot->words[1];
    return true;
}

/* Appended to, so that it can be cut while the program writes; -1: there is no room for it. */
static int unnamed_file(void)
{
    char path[] = "/dev/shm/weft-output-XXXXXX";
    const int fd = mkstemp(path);

    if (fd >= 0) {
        (void)unlink(path);
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void)fcntl(fd, F_SETFL, O_APPEND);
    }
    return fd;
}

static void take_signals(struct weft_runs *runs)
{
    (void)sigemptyset(&runs->waited);
    (void)sigaddset(&runs->waited, SIGCHLD);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        (void)sigaddset(&runs->waited, stops[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &runs->waited, &runs->before);
}

int weft_runs_new(const struct weft_runs_options *options, struct weft_runs **runs)
{
    struct weft_error error = {.text = "no memory for the runs"};
    struct weft_runs *made = calloc(1, sizeof *made);
    bool done = made != NULL;

    if (!done) {
        return weft_cli_fail(WEFT_EXIT_FAILED, "%s", error.text);
    }
    made->options = *options;
    take_signals(made);
    made->nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    made->slots = calloc(options->jobs, sizeof *made->slots);
    made->plain = calloc(environment_room(), sizeof *made->plain);
    made->text = options->keep_output ? malloc(OUTPUT_KEPT + 1) : NULL;
    done = made->nothing >= 0 && made->slots != NULL && made->plain != NULL &&
           (made->text != NULL || !options->keep_output);
    made->options.jobs = made->slots != NULL ? options->jobs : 0;
    for (uint32_t i = 0; done && i < options->jobs; i++) {
        struct slot *slot = &made->slots[i];
        slot->output = options->keep_output ? unnamed_file() : made->nothing;
        done = slot->output >= 0 && weft_trial_new(&slot->trial, &error) == WEFT_OK &&
               make_environment(made, slot);
    }
    if (!done) {
        weft_runs_free(made);
        return weft_cli_fail(WEFT_EXIT_FAILED, "%s", error.text);
    }
    (void)copy_environment(made->plain);
    *runs = made;
    return WEFT_EXIT_DONE;
}

static void end_run(const struct slot *slot)
{
    (void)kill(-slot->pid, SIGKILL);
    (void)kill(slot->pid, SIGKILL); /* it may have left its group */
}

void weft_runs_stop(struct weft_runs *runs)
{
    for (uint32_t i = 0; i < runs->options.jobs; i++) {
        struct slot *slot = &runs->slots[i];
        if (slot->pid > 0) {
            end_run(slot);
            (void)waitpid(slot->pid, NULL, 0);
            slot->pid = 0;
        }
    }
    runs->running = 0;
}

void weft_runs_free(struct weft_runs *runs)
{
    if (runs == NULL) {
        return;
    }
    weft_runs_stop(runs);
    for (uint32_t i = 0; i < runs->options.jobs; i++) {
        struct slot *slot = &runs->slots[i];
        weft_trial_free(slot->trial);
        free(slot->environment);
        free(slot->words[0]);
        free(slot->words[1]);
        if (slot->output > 0 && slot->output != runs->nothing) {
            (void)close(slot->output);
        }
    }
    if (runs->nothing >= 0) {
        (void)close(runs->nothing);
    }
    free(runs->slots);
    free((void *)runs->plain);
    free(runs->text);
    (void)sigprocmask(SIG_SETMASK, &runs->before, NULL);
    free(runs);
}

bool weft_runs_has_room(const struct weft_runs *runs)
{
    return runs->running < runs->options.jobs;
}

uint32_t weft_runs_running(const struct weft_runs *runs)
{
    return runs->running;
}

/* posix_spawn lends the child our memory until it executes: no copy of weft is made. */
static int spawn(struct weft_runs *runs, struct slot *slot, char **environment)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults;

    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)sigaddset(&defaults, SIGXFSZ);
    int failed = posix_spawn_file_actions_init(&files);
    if (failed != 0) {
        return failed;
    }
    failed = posix_spawnattr_init(&attributes);
    if (failed != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return failed;
    }
    (void)posix_spawnattr_setsigmask(&attributes, &runs->before);
    (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP);
    failed = posix_spawn_file_actions_adddup2(&files, runs->nothing, STDIN_FILENO);
    failed = failed != 0 ? failed
                         : posix_spawn_file_actions_adddup2(&files, slot->output, STDOUT_FILENO);
    failed = failed != 0 ? failed
                         : posix_spawn_file_actions_adddup2(&files, slot->output, STDERR_FILENO);
    failed = failed != 0 ? failed
                         : posix_spawn(&slot->pid, runs->options.path, &files, &attributes,
                                       runs->options.argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return failed;
}

int weft_runs_start(struct weft_runs *runs, const struct weft_try *run)
{
    struct slot *slot = runs->slots;

    while (slot->pid != 0) {
        slot++;
    }
    slot->run = *run;
    slot->hung = false;
    if (runs->options.keep_output) {
        (void)ftruncate(slot->output, 0);
    }
    if (run->plan[0] != '\0') {
        weft_trial_begin(slot->trial, run->plan, runs->options.start_real_ns);
    }
    slot->began_ns = weft_clock_monotonic();
    const int failed = spawn(runs, slot, run->plan[0] != '\0' ? slot->environment : runs->plain);
    if (failed != 0) {
        slot->pid = 0;
        return failed;
    }
    runs->running++;
    return 0;
}

/* A program that never stops writing must not fill the memory. */
static void watch(struct weft_runs *runs)
{
    const uint64_t now_ns = weft_clock_monotonic();

    if (now_ns - runs->watched_ns < TICK_NS) {
        return;
    }
    runs->watched_ns = now_ns;
    for (uint32_t i = 0; i < runs->options.jobs; i++) {
        struct slot *slot = &runs->slots[i];
        struct stat there;
        if (slot->pid == 0) {
            continue;
        }
        if (now_ns - slot->began_ns >= slot->run.limit_ns) {
            slot->hung = true;
            end_run(slot);
        }
        if (runs->options.keep_output && fstat(slot->output, &there) == 0 &&
            there.st_size > OUTPUT_MOST) {
            (void)ftruncate(slot->output, OUTPUT_KEPT);
        }
    }
}

static const char *read_output(const struct weft_runs *runs, const struct slot *slot)
{
    ssize_t got;

    if (!runs->options.keep_output) {
        return NULL;
    }
    got = pread(slot->output, runs->text, OUTPUT_KEPT, 0);
    got = got > 0 ? got : 0;
    for (ssize_t i = 0; i < got; i++) { /* a text, for a pattern to look in */
        runs->text[i] = runs->text[i] == '\0' ? ' ' : runs->text[i];
    }
    runs->text[got] = '\0';
    return runs->text;
}

/* The next run that has ended, whose group goes with it; false: none has. */
static bool collect(struct weft_runs *runs, struct weft_run_end *end)
{
    siginfo_t info = {0};

    for (uint32_t i = 0; i < runs->options.jobs; i++) {
        struct slot *slot = &runs->slots[i];
        if (slot->pid == 0 ||
            waitid(P_PID, (id_t)slot->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != slot->pid) {
            continue;
        }
        *end = (struct weft_run_end){.run = &slot->run,
                                     .hung = slot->hung,
                                     .took_ns = weft_clock_monotonic() - slot->began_ns,
                                     .trial = slot->trial};
        (void)kill(-slot->pid, SIGKILL); /* while nobody else can have its number */
        (void)waitpid(slot->pid, &end->wait_status, 0);
        slot->pid = 0;
        runs->running--;
        if (slot->run.plan[0] != '\0') {
            end->result = weft_trial_result(slot->trial);
        }
        end->output = read_output(runs, slot);
        return true;
    }
    return false;
}

enum weft_runs_got weft_runs_wait(struct weft_runs *runs, struct weft_run_end *end)
{
    const struct timespec pause = {.tv_nsec = TICK_NS};

    for (;;) {
        watch(runs);
        if (collect(runs, end)) {
            return WEFT_RUNS_ENDED;
        }
        const int signal = sigtimedwait(&runs->waited, NULL, &pause);
        if (signal == SIGCHLD || (signal < 0 && errno == EINTR)) {
            continue;
        }
        if (signal > 0) {
            return WEFT_RUNS_INTERRUPTED;
        }
        return WEFT_RUNS_TICK;
    }
}

bool weft_runs_one(struct weft_runs *runs, const struct weft_try *run, struct weft_run_end *end)
{
    enum weft_runs_got got;

    if (weft_runs_start(runs, run) != 0) {
        return false;
    }
    while ((got = weft_runs_wait(runs, end)) == WEFT_RUNS_TICK) {
    }
    return got == WEFT_RUNS_ENDED;
}
