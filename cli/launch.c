#include "cli/launch.h"

#include "cli/cli.h"
#include "traces/format/spool.h"
#include "traces/write/write.h"

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
    DRAIN_MIN_NS = 500 * 1000,      /* while records come */
    DRAIN_MAX_NS = 10 * 1000 * 1000 /* while nothing does */
};

/* Signals that somebody may send to weft but means for the program. */
static const int passed_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM};

static void block_signals(sigset_t *waited, sigset_t *before)
{
    (void)sigemptyset(waited);
    (void)sigaddset(waited, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        (void)sigaddset(waited, passed_on[i]);
    }
    (void)sigprocmask(SIG_BLOCK, waited, before);
}

/* The environment of the program: where the spool is, and the recorder before other preloads. */
static bool set_environment(const struct weft_launch *launch, const char *spool)
{
    const char *others = getenv("LD_PRELOAD");

    if (setenv(WEFT_SPOOL_ENV, spool, 1) != 0) {
        return false;
    }
    if (launch->preload == NULL) {
        return true;
    }
    if (others == NULL || others[0] == '\0') {
        return setenv("LD_PRELOAD", launch->preload, 1) == 0;
    }
    const size_t room = strlen(launch->preload) + strlen(others) + 2;
    char *all = malloc(room);
    if (all == NULL) {
        return false;
    }
    (void)snprintf(all, room, "%s:%s", launch->preload, others);
    const bool set = setenv("LD_PRELOAD", all, 1) == 0;
    free(all);
    return set;
}

/* In the child: becomes the program, or tells why not through the pipe. */
static void become(const struct weft_launch *launch, const char *spool, const sigset_t *mask,
                   int tell)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    if (set_environment(launch, spool)) {
        (void)execvp(launch->path, launch->argv); /* a path: no search, but /bin/sh at need */
    }
    const int failed = errno;
    (void)write(tell, &failed, sizeof failed);
    _exit(127);
}

/* A signal from the terminal has reached the program already; one sent to us alone has not. */
static void pass_on(pid_t program, int signal, const siginfo_t *info)
{
    if (info->si_code == SI_USER || info->si_code == SI_QUEUE) {
        (void)kill(program, signal);
    }
}

/* What the writer's watcher needs when it has found something. */
struct watcher {
    pid_t program; /* 0: not started yet */
    bool stop;
};

/* A program that is stuck does not listen, so it is ended by the signal that needs no listener. */
static void on_deadlock(void *ctx, const char *text)
{
    const struct watcher *watcher = ctx;

    (void)weft_cli_fail(0, "%s", text);
    if (watcher->stop && watcher->program > 0) {
        (void)kill(watcher->program, SIGKILL);
    }
}

static int see_through(struct weft_writer *writer, pid_t program, const sigset_t *waited)
{
    long pause_ns = DRAIN_MIN_NS;
    int status = 0;

    for (;;) {
        const struct timespec pause = {.tv_nsec = pause_ns};
        siginfo_t info;
        const int signal = sigtimedwait(waited, &info, &pause);
        if (signal > 0 && signal != SIGCHLD) {
            pass_on(program, signal, &info);
        }
        if (waitpid(program, &status, WNOHANG) == program) {
            return status;
        }
        if (weft_writer_drain(writer)) {
            pause_ns = DRAIN_MIN_NS;
        } else if (pause_ns < DRAIN_MAX_NS) {
            pause_ns *= 2;
        }
    }
}

/* Returns 0, or the errno with which the program could not be executed. */
static int start(const struct weft_launch *launch, struct weft_writer *writer,
                 struct watcher *watcher, int *wait_status)
{
    sigset_t waited, before;
    int tell[2];
    int failed = 0;

    if (pipe(tell) != 0) {
        return errno;
    }
    (void)fcntl(tell[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(tell[1], F_SETFD, FD_CLOEXEC);
    block_signals(&waited, &before);
    const pid_t program = fork();
    if (program == 0) {
        become(launch, weft_writer_spool_path(writer), &before, tell[1]);
    }
    (void)close(tell[1]);
    if (program < 0) {
        failed = errno;
    } else {
        watcher->program = program;
        /* libdw would ask servers for debugging information while the program waits for us. */
        (void)unsetenv("DEBUGINFOD_URLS");
        /* Returns at once when the exec succeeds, since that closes the pipe. */
        while (read(tell[0], &failed, sizeof failed) < 0 && errno == EINTR) {
        }
        *wait_status = see_through(writer, program, &waited);
    }
    (void)close(tell[0]);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static void tell_summary(const char *trace, const struct weft_writer_summary *summary)
{
    const double seconds = (double)summary->duration_ns / 1e9;
    const double all_threads_ns = (double)summary->duration_ns * summary->threads;
    const double cost_ns = (double)summary->events * (double)summary->overhead_ns;

    (void)fprintf(stderr, "weft: %u thread%s, %llu events in %.2f s, %llu lost; recording took ",
                  summary->threads, summary->threads == 1 ? "" : "s",
                  (unsigned long long)summary->events, seconds, (unsigned long long)summary->lost);
    if (all_threads_ns > 0 && cost_ns / all_threads_ns >= 0.001) {
        (void)fprintf(stderr, "about %.1f %% of the threads' time", 100 * cost_ns / all_threads_ns);
    } else {
        (void)fprintf(stderr, "less than 0.1 %% of the threads' time");
    }
    (void)fprintf(stderr, "; the trace is %s\nweft: look at it with: weft view %s\n", trace, trace);
}

/* Nothing was run: the file that was made for its trace goes again; a device stays. */
static void remove_trace(const char *trace)
{
    struct stat there;

    if (lstat(trace, &there) == 0 && S_ISREG(there.st_mode)) {
        (void)unlink(trace);
    }
}

int weft_launch(const struct weft_launch *launch)
{
    struct weft_error error;
    struct weft_writer *writer = NULL;
    struct weft_writer_summary summary;
    struct watcher watcher = {.stop = launch->stop_deadlocks};
    int wait_status = -1;
    uint32_t words = 0;

    while (launch->argv[words] != NULL) {
        words++;
    }
    const struct weft_writer_options wanted = {
        .trace_path = launch->trace,
        .program = launch->program,
        .command = (const char *const *)launch->argv,
        .command_count = words,
        .long_call_ns = launch->long_call_ns,
        .on_deadlock = launch->watch_deadlocks ? on_deadlock : NULL,
        .ctx = &watcher,
    };
    enum weft_status status = weft_writer_new(&wanted, &writer, &error);
    if (status != WEFT_OK) {
        return weft_cli_fail(status == WEFT_ERR_WRITE ? WEFT_EXIT_UNWRITABLE : WEFT_EXIT_FAILED,
                             "%s", error.text);
    }
    const int failed = start(launch, writer, &watcher, &wait_status);
    if (failed != 0) {
        weft_writer_free(writer);
        remove_trace(launch->trace);
        return weft_cli_fail(failed == ENOENT ? WEFT_EXIT_NOT_FOUND : WEFT_EXIT_NOT_RUN,
                             "cannot run %s: %s", launch->path, strerror(failed));
    }
    status = weft_writer_finish(writer, wait_status, &summary, &error);
    weft_writer_free(writer);
    if (status != WEFT_OK) {
        (void)weft_cli_fail(0, "%s", error.text);
    } else if (!summary.attached) {
        (void)weft_cli_fail(0, "%s never opened the recording; the trace %s is empty",
                            launch->program, launch->trace);
    } else if (!launch->quiet) {
        tell_summary(launch->trace, &summary);
    }
    if (WIFSIGNALED(wait_status)) {
        return WEFT_EXIT_BY_SIGNAL + WTERMSIG(wait_status);
    }
    /* The program's own failure says more than that its trace could not be written. */
    return WEXITSTATUS(wait_status) == 0 && status != WEFT_OK ? WEFT_EXIT_UNWRITABLE
                                                              : WEXITSTATUS(wait_status);
}
