#include "bench/lttng.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const wrappers[] = {
    "/usr/lib/x86_64-linux-gnu/liblttng-ust-pthread-wrapper.so.1",
    "/usr/lib64/liblttng-ust-pthread-wrapper.so.1",
    "/usr/lib/liblttng-ust-pthread-wrapper.so.1",
};
static char folder[] = "/tmp/weft-bench-lttng-XXXXXX";
static pid_t daemon_pid;

static bool shell(const char *command)
{
    const int status = system(command);

    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The daemon says that it is ready by SIGUSR1 to its parent. */
static bool start_daemon(void)
{
    const struct timespec limit = {.tv_sec = 10};
    sigset_t ready;

    (void)sigemptyset(&ready);
    (void)sigaddset(&ready, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &ready, NULL);
    daemon_pid = fork();
    if (daemon_pid == 0) {
        (void)sigprocmask(SIG_UNBLOCK, &ready, NULL);
        (void)execlp("lttng-sessiond", "lttng-sessiond", "--sig-parent", "--no-kernel", "--quiet",
                     (char *)NULL);
        _exit(127);
    }
    return daemon_pid > 0 && sigtimedwait(&ready, NULL, &limit) == SIGUSR1;
}

const char *bench_lttng_start(void)
{
    static const char begin[] =
        "exec >/dev/null 2>&1; lttng create weft --output=\"$LTTNG_HOME\"/trace &&"
        " lttng enable-event -u 'lttng_ust_pthread:*' && lttng start";

    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (access(wrappers[i], R_OK) != 0 || mkdtemp(folder) == NULL) {
            continue;
        }
        (void)setenv("LTTNG_HOME", folder, 1);
        if (start_daemon() && shell(begin)) {
            return wrappers[i];
        }
        bench_lttng_stop();
        return NULL;
    }
    return NULL;
}

void bench_lttng_stop(void)
{
    if (daemon_pid > 0) {
        (void)fflush(stdout);
        (void)shell("lttng stop weft 2>&1 | grep -i discarded; lttng destroy weft >/dev/null 2>&1");
        (void)kill(daemon_pid, SIGTERM);
        (void)waitpid(daemon_pid, NULL, 0);
        daemon_pid = 0;
    }
    (void)shell("rm -rf \"$LTTNG_HOME\"");
}
