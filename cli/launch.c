#include "cli/launch.h"

#include "traces/format/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
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

/* In the child: becomes the program, or tells why not through the pipe. */
static void become(const char *path, char *const *argv, const char *spool, const sigset_t *mask,
                   int tell)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    if (setenv(WEFT_SPOOL_ENV, spool, 1) == 0) {
        (void)execv(path, argv);
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

int weft_launch(struct weft_writer *writer, const char *path, char *const *argv, int *wait_status)
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
        become(path, argv, weft_writer_spool_path(writer), &before, tell[1]);
    }
    (void)close(tell[1]);
    if (program < 0) {
        failed = errno;
    } else {
        /* Returns at once when the exec succeeds, since that closes the pipe. */
        while (read(tell[0], &failed, sizeof failed) < 0 && errno == EINTR) {
        }
        *wait_status = see_through(writer, program, &waited);
    }
    (void)close(tell[0]);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}
