#include "cli/launch.h"

#include "base/plain.h"
#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/hint.h"
#include "cli/progress.h"
#include "cli/snapshot.h"
#include "cli/unseen.h"
#include "traces/format/spool.h"
#include "traces/write/write.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, TELL_WAITING_NS = 1000 * 1000 * 1000 };

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

void weft_launch_fix_addresses(void)
{
    const int now = personality(0xffffffff); /* asks */

    if (now >= 0) {
        (void)personality((unsigned long)now | ADDR_NO_RANDOMIZE);
    }
}

/* In the child: becomes the program, or tells why not through the pipe. */
static void become(const struct weft_launch *launch, const char *spool, const sigset_t *mask,
                   int tell)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    if (launch->plan != NULL) {
        weft_launch_fix_addresses();
    }
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
    struct weft_progress progress;
    pid_t program; /* 0: not started yet */
    bool stop;
};

/* Some lines of the writer's; what stands in them is the program's. */
static void tell_lines(const char *text)
{
    char line[1024], shown[2048];

    for (bool first = true; *text != '\0'; first = false) {
        const size_t len = strcspn(text, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)len, text);
        weft_plain_write(line, shown, sizeof shown);
        (void)fprintf(stderr, first ? "weft: %s\n" : "%s\n", shown);
        text += len + (text[len] == '\n');
    }
}

/* A program that is stuck does not listen, so it is ended by the signal that needs no listener. */
static void on_deadlock(void *ctx, const char *text)
{
    const struct watcher *watcher = ctx;

    tell_lines(text);
    if (watcher->stop && watcher->program > 0) {
        (void)kill(watcher->program, SIGKILL);
    }
}

static void on_progress(void *ctx, unsigned percent)
{
    struct watcher *watcher = ctx;

    weft_progress_show(&watcher->progress, percent, 100);
}

/* Nobody in the program can run, so nobody can end it from inside. */
static void on_over(void *ctx, const char *text)
{
    const struct watcher *watcher = ctx;

    tell_lines(text);
    if (watcher->program > 0) {
        (void)kill(watcher->program, SIGKILL);
    }
}

/* What is written while the program runs. */
struct recording {
    struct weft_writer *writer;
    struct weft_follow *follow; /* NULL: children are left alone */
    struct weft_unseen unseen;
    struct weft_snapshots *snapshots; /* NULL: all of it is kept */
};

/* One look at everything; in how many ns the next one is due. */
static long drain(const struct recording *recording)
{
    long pause_ns;

    (void)weft_writer_drain(recording->writer);
    pause_ns = weft_writer_pause_ns(recording->writer);
    if (recording->follow != NULL) {
        const long next_ns = weft_follow_drain(recording->follow);
        pause_ns = next_ns < pause_ns ? next_ns : pause_ns;
    }
    if (recording->snapshots != NULL) {
        weft_snapshots_reap(recording->snapshots, false);
    }
    return pause_ns;
}

static int see_through(struct recording *recording, pid_t program, const sigset_t *waited)
{
    long pause_ns = weft_writer_pause_ns(recording->writer);
    int status = 0;

    for (;;) {
        const struct timespec pause = {.tv_nsec = pause_ns};
        siginfo_t info;
        const int signal = sigtimedwait(waited, &info, &pause);
        if (signal == SIGUSR1 && recording->snapshots != NULL) {
            weft_snapshot_take(recording->snapshots);
        } else if (signal > 0 && signal != SIGCHLD) {
            pass_on(program, signal, &info);
        }
        if (waitpid(program, &status, WNOHANG) == program) {
            return status;
        }
        pause_ns = drain(recording);
        weft_unseen_look(&recording->unseen, program);
    }
}

/*
 * Children that outlive the program, daemons above all, are recorded until they end.  An interrupt
 * ends the recording, not them: weft has not started them.
 */
static void see_children_through(const struct weft_launch *launch,
                                 const struct recording *recording, const sigset_t *waited)
{
    long pause_ns = weft_writer_pause_ns(recording->writer);
    long waited_ns = 0;
    bool told = launch->quiet;

    /* What the program did last is held back for a while, its last child among it. */
    while (waited_ns < 2 * (long)WEFT_HOLD_BACK_NS || weft_follow_living(recording->follow) > 0) {
        const struct timespec pause = {.tv_nsec = pause_ns};
        const int signal = sigtimedwait(waited, NULL, &pause);
        if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT) {
            return;
        }
        if (signal == SIGUSR1 && recording->snapshots != NULL) {
            weft_snapshot_take(recording->snapshots);
        }
        waited_ns += pause_ns;
        if (!told && waited_ns >= TELL_WAITING_NS) {
            told = true;
            (void)weft_cli_fail(0,
                                "%s has ended; %u of its children go on and are recorded (Ctrl-C "
                                "ends the recording, not them)",
                                launch->program, weft_follow_living(recording->follow));
        }
        pause_ns = drain(recording);
    }
}

/* Returns 0, or the errno with which the program could not be executed. */
static int start(const struct weft_launch *launch, struct recording *recording,
                 struct watcher *watcher, int *wait_status)
{
    struct weft_writer *writer = recording->writer;
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
        *wait_status = see_through(recording, program, &waited);
        if (failed == 0 && recording->follow != NULL) {
            see_children_through(launch, recording, &waited);
        }
    }
    (void)close(tell[0]);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* Why a controlled run cannot be repeated exactly; once each. */
static void tell_left(const struct weft_launch *launch, const struct weft_writer_summary *summary)
{
    static const struct {
        uint32_t why;
        const char *words;
    } all[] = {
        {WEFT_LEFT_CALL, "a call waited for something outside it"},
        {WEFT_LEFT_STRANGER, "a thread that weft cannot control took part"},
        {WEFT_LEFT_STUCK, "a thread held up all others without a call that weft sees, and was "
                          "left to itself"},
        {WEFT_LEFT_SHORT, "how much it found in a pipe or socket depended on how fast others were"},
        {WEFT_LEFT_TIMER, "it uses a timer that goes by the real clock (timerfd_create, "
                          "setitimer, alarm, timer_create)"},
        {WEFT_LEFT_CHILD, "it started another process, which is not controlled"},
        {WEFT_LEFT_DIVERGED, "it did not come to the choices of the schedule that was given"},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const bool loud = all[i].why != WEFT_LEFT_CALL || !launch->quiet;
        if ((summary->left & all[i].why) != 0 && loud) {
            (void)weft_cli_fail(0, "this run of %s cannot be repeated exactly: %s", launch->program,
                                all[i].words);
        }
    }
}

static void tell_cost(const struct weft_writer_summary *all, uint64_t cost_per_event_ns)
{
    const double threads_ns = (double)all->duration_ns * all->threads;
    const double cost_ns = (double)all->events * (double)cost_per_event_ns;

    if (threads_ns > 0 && cost_ns / threads_ns >= 0.001) {
        (void)fprintf(stderr, "about %.1f %% of the threads' time", 100 * cost_ns / threads_ns);
    } else {
        (void)fprintf(stderr, "less than 0.1 %% of the threads' time");
    }
}

static void tell_traces(const char *trace, const struct weft_follow_summary *children)
{
    char first[PATH_ROOM], last[PATH_ROOM];

    if (children->processes == 0) {
        (void)fprintf(stderr, "; the trace is %s", weft_plain(trace).text);
    } else {
        weft_follow_number(trace, 2, first, sizeof first);
        weft_follow_number(trace, children->last, last, sizeof last);
        (void)fprintf(stderr, "; the traces are %s and %s%s%s", weft_plain(trace).text,
                      weft_plain(first).text, children->last > 2 ? " … " : "",
                      children->last > 2 ? weft_plain(last).text : "");
    }
    (void)fprintf(stderr, "\nweft: look at it with: weft view %s\n", weft_plain(trace).text);
}

static void tell_summary(const char *trace, const struct weft_writer_summary *first,
                         const struct weft_follow_summary *children)
{
    struct weft_writer_summary all = *first;

    weft_follow_count(&all, &children->sum);
    (void)fprintf(stderr, "weft: ");
    if (children->processes > 0) {
        (void)fprintf(stderr, "%u processes, ", 1 + children->processes);
    }
    (void)fprintf(stderr, "%u thread%s, %llu events in %.2f s, %llu lost; ", all.threads,
                  all.threads == 1 ? "" : "s", (unsigned long long)all.events,
                  (double)all.duration_ns / 1e9, (unsigned long long)all.lost);
    if (all.dropped > 0) {
        (void)fprintf(stderr, "%llu left away; ", (unsigned long long)all.dropped);
    }
    if (children->unfollowed > 0) {
        (void)fprintf(stderr, "%u processes could not be recorded; ", children->unfollowed);
    }
    if (all.left_out > 0) {
        (void)fprintf(stderr, "%llu operations on the memory allocator's own locks left out; ",
                      (unsigned long long)all.left_out);
    }
    if (all.short_stacks > 0) {
        (void)fprintf(stderr, "of %llu waits no caller is known (built without frame pointers); ",
                      (unsigned long long)all.short_stacks);
    }
    (void)fprintf(stderr, "recording took ");
    tell_cost(&all, first->overhead_ns);
    tell_traces(trace, children);
}

/*
 * Starts the viewer on the trace that is being made; 0, or a process.  It gets a process group of
 * its own, since Ctrl-C on the terminal means the program.  False: told why not.
 */
static bool start_viewer(const char *trace, pid_t *viewer)
{
    char path[PATH_ROOM];
    struct stat there;

    if (stat(trace, &there) != 0 || !S_ISREG(there.st_mode)) {
        (void)weft_cli_fail(0, "--view needs a trace that is a file, not %s", trace);
        return false;
    }
    if (!weft_cli_find("weft-view", path, sizeof path)) {
        (void)weft_cli_fail(0, "the viewer (weft-view) is not installed beside this program");
        return false;
    }
    *viewer = fork();
    if (*viewer == 0) {
        const int nothing = open("/dev/null", O_RDONLY);
        (void)setpgid(0, 0);
        (void)dup2(nothing, STDIN_FILENO);
        (void)execl(path, "weft-view", "--live", "--", trace, (char *)NULL);
        (void)weft_cli_fail(0, "cannot run %s: %s", path, strerror(errno));
        _exit(WEFT_EXIT_UNWRITABLE);
    }
    if (*viewer < 0) {
        (void)weft_cli_fail(0, "cannot start the viewer: %s", strerror(errno));
    }
    return *viewer > 0;
}

/* Until its user closes it; a Ctrl-C now ends weft, and leaves the window open. */
static void wait_for_viewer(pid_t viewer)
{
    while (viewer > 0 && waitpid(viewer, NULL, 0) < 0 && errno == EINTR) {
    }
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
    struct recording recording = {0};
    struct weft_writer_summary summary;
    struct weft_follow_summary children = {0};
    struct watcher watcher = {.stop = launch->stop_deadlocks,
                              .progress = {.doing = "writing", .path = launch->trace}};
    int wait_status = -1;
    uint32_t words = 0;
    pid_t viewer = 0;

    while (launch->argv[words] != NULL) {
        words++;
    }
    struct weft_writer_options wanted = {
        .trace_path = launch->trace,
        .program = launch->program,
        .command = (const char *const *)launch->argv,
        .command_count = words,
        .long_call_ns = launch->long_call_ns,
        .stack_frames = launch->stack_frames,
        .max_bytes = launch->max_bytes,
        .last_ns = launch->last_ns,
        .follow = launch->follow,
        .allocator_locks = launch->allocator_locks,
        .on_deadlock = launch->watch_deadlocks ? on_deadlock : NULL,
        .on_over = on_over,
        .on_progress = !launch->quiet && weft_progress_is_wanted() ? on_progress : NULL,
        .plan = launch->plan,
        .start_real_ns = launch->start_real_ns,
        .ctx = &watcher,
    };
    enum weft_status status = weft_writer_new(&wanted, &recording.writer, &error);
    wanted.on_progress = NULL; /* children end while others run */
    if (status == WEFT_OK && launch->follow) {
        status =
            weft_follow_new(recording.writer, launch->trace, &wanted, &recording.follow, &error);
    }
    if (status != WEFT_OK) {
        weft_writer_free(recording.writer);
        return weft_cli_fail(status == WEFT_ERR_WRITE ? WEFT_EXIT_UNWRITABLE : WEFT_EXIT_FAILED,
                             "%s", error.text);
    }
    if (launch->view && !start_viewer(launch->trace, &viewer)) {
        weft_follow_free(recording.follow);
        weft_writer_free(recording.writer);
        remove_trace(launch->trace);
        return WEFT_EXIT_FAILED;
    }
    struct weft_snapshots snapshots = {.writer = recording.writer,
                                       .follow = recording.follow,
                                       .trace = launch->trace,
                                       .quiet = launch->quiet};
    recording.snapshots = launch->last_ns != 0 ? &snapshots : NULL;
    const int failed = start(launch, &recording, &watcher, &wait_status);
    weft_snapshots_reap(&snapshots, true);
    if (failed != 0) {
        weft_follow_free(recording.follow);
        weft_writer_free(recording.writer);
        remove_trace(launch->trace);
        if (viewer > 0) {
            (void)kill(viewer, SIGTERM); /* it would wait for a trace that does not come */
            wait_for_viewer(viewer);
        }
        return weft_cli_fail(failed == ENOENT ? WEFT_EXIT_NOT_FOUND : WEFT_EXIT_NOT_RUN,
                             "cannot run %s: %s", launch->path, strerror(failed));
    }
    if (recording.follow != NULL) {
        children = weft_follow_finish(recording.follow);
    }
    status = weft_writer_finish(recording.writer, wait_status, &summary, &error);
    weft_progress_clear(&watcher.progress);
    weft_follow_free(recording.follow);
    weft_writer_free(recording.writer);
    if (status != WEFT_OK) {
        (void)weft_cli_fail(0, "%s", error.text);
    } else if (!summary.attached) {
        (void)weft_cli_fail(0, "%s never opened the recording; the trace %s is empty",
                            launch->program, launch->trace);
    } else if (!launch->quiet) {
        tell_summary(launch->trace, &summary, &children);
        weft_hint_findings(launch->trace);
    }
    if (launch->plan != NULL) {
        tell_left(launch, &summary);
    }
    if (launch->plan == NULL) { /* there they wait for their turn */
        weft_unseen_tell(&recording.unseen);
    }
    wait_for_viewer(viewer);
    if (WIFSIGNALED(wait_status)) {
        return WEFT_EXIT_BY_SIGNAL + WTERMSIG(wait_status);
    }
    /* The program's own failure says more than that its trace could not be written. */
    return WEXITSTATUS(wait_status) == 0 &&
                   (status != WEFT_OK || children.unwritten || snapshots.failed)
               ? WEFT_EXIT_UNWRITABLE
               : WEXITSTATUS(wait_status);
}
