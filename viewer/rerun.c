#include "viewer/rerun.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { BY_SIGNAL = 128 };

bool weft_rerun_find(char *path, size_t room)
{
    /* In the build beside it; installed, it is in bin, and this program in libexec/weft or in
     * lib/ARCHITECTURE/weft. */
    static const char *const places[] = {"weft", "../../bin/weft", "../../../bin/weft"};
    char self[2048];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    self[len > 0 ? len : 0] = '\0';
    char *const slash = strrchr(self, '/');
    for (size_t i = 0; slash != NULL && i < sizeof places / sizeof *places; i++) {
        slash[1] = '\0';
        const int used = snprintf(path, room, "%s%s", self, places[i]);
        if (used > 0 && (size_t)used < room && access(path, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

static size_t without(const char *name, size_t len, const char *end)
{
    const size_t cut = strlen(end);

    return len > cut && memcmp(name + len - cut, end, cut) == 0 ? len - cut : len;
}

/* "folder/name.other-12-1.weft.jsonl" for folder/name.weft.jsonl; false: it would be too long. */
static bool name_new(struct weft_rerun *rerun, const char *trace, uint64_t number, uint32_t take)
{
    const char *slash = strrchr(trace, '/');
    const char *name = slash != NULL ? slash + 1 : trace;
    char folder[WEFT_RERUN_PATH_BYTES] = "";
    const size_t folder_len = (size_t)(name - trace);
    size_t len = strlen(name);

    if (folder_len >= sizeof folder) {
        return false;
    }
    memcpy(folder, trace, folder_len);
    folder[folder_len] = '\0';
    if (folder_len > 0 && access(folder, W_OK) != 0) {
        folder[0] = '\0';
    }
    len = without(name, len, ".zst");
    len = without(name, len, ".jsonl");
    len = without(name, len, ".weft");
    const int used =
        snprintf(rerun->trace, sizeof rerun->trace, "%s%.*s.other-%llu-%u.weft.jsonl", folder,
                 (int)(len < 1024 ? len : 1024), name, (unsigned long long)number, take);
    return used > 0 && (size_t)used < sizeof rerun->trace;
}

/* The child's standard files: nothing, nothing, and a pipe to us. */
static int spawn(pid_t *pid, const char *weft, char *const *argv, int errors)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    int failed = posix_spawn_file_actions_init(&files);

    if (failed != 0) {
        return failed;
    }
    failed = posix_spawnattr_init(&how);
    if (failed != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return failed;
    }
    failed = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    failed = failed != 0 ? failed
                         : posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
                                                            O_WRONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    failed = failed != 0 ? failed : posix_spawnattr_setpgroup(&how, 0);
    failed = failed != 0 ? failed : posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
    failed = failed != 0 ? failed : posix_spawn(pid, weft, &files, &how, argv, environ);
    (void)posix_spawnattr_destroy(&how);
    (void)posix_spawn_file_actions_destroy(&files);
    return failed;
}

static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        return false;
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return true;
}

enum weft_status weft_rerun_start(struct weft_rerun *rerun, const char *weft, const char *trace,
                                  uint64_t number, uint32_t take, struct weft_error *error)
{
    char other[48];
    int ends[2];
    pid_t pid = 0;

    weft_rerun_done(rerun);
    if (!name_new(rerun, trace, number, take)) {
        return weft_error_set(error, WEFT_ERR_OPEN, "the name of %s is too long", trace);
    }
    (void)snprintf(other, sizeof other, "%llu:%u", (unsigned long long)number, take);
    const char *const words[] = {"weft", "replay",     "-q", "--other", other,
                                 "-o",   rerun->trace, "--", trace,     NULL};
    if (!open_pipe(ends)) {
        return weft_error_set(error, WEFT_ERR_OPEN, "cannot start weft replay: %s",
                              strerror(errno));
    }
    (void)unlink(rerun->trace); /* so that what is there afterwards is this run's */
    const int failed = spawn(&pid, weft, (char *const *)(uintptr_t)words, ends[1]);
    (void)close(ends[1]);
    if (failed != 0) {
        (void)close(ends[0]);
        return weft_error_set(error, WEFT_ERR_OPEN, "cannot run %s: %s", weft, strerror(failed));
    }
    rerun->pid = pid;
    rerun->errors = ends[0];
    return WEFT_OK;
}

static void take_line(struct weft_rerun *rerun)
{
    static const char own[] = "weft: ";
    const bool is_own = strncmp(rerun->line, own, sizeof own - 1) == 0;

    rerun->line[rerun->line_len] = '\0';
    if (is_own) { /* the program's own errors are in no way the run's */
        memcpy(rerun->said, rerun->line + sizeof own - 1, rerun->line_len - (sizeof own - 1) + 1);
    }
    rerun->line_len = 0;
}

static void read_errors(struct weft_rerun *rerun)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(rerun->errors, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] == '\n') {
                take_line(rerun);
            } else if (rerun->line_len + 1 < sizeof rerun->line) {
                rerun->line[rerun->line_len++] = bytes[i];
            }
        }
    }
}

bool weft_rerun_runs(struct weft_rerun *rerun)
{
    int status = 0;

    if (rerun->pid == 0) {
        return false;
    }
    read_errors(rerun);
    if (waitpid((pid_t)rerun->pid, &status, WNOHANG) == 0) {
        return true;
    }
    read_errors(rerun);
    if (rerun->line_len > 0) {
        take_line(rerun);
    }
    (void)close(rerun->errors);
    rerun->pid = 0;
    rerun->status = WIFSIGNALED(status) ? BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    return false;
}

void weft_rerun_stop(struct weft_rerun *rerun)
{
    if (rerun->pid > 0) {
        (void)kill(-(pid_t)rerun->pid, rerun->asked ? SIGKILL : SIGINT);
        rerun->asked = true;
    }
}

void weft_rerun_done(struct weft_rerun *rerun)
{
    if (rerun->pid > 0) {
        (void)kill(-(pid_t)rerun->pid, SIGKILL);
        while (waitpid((pid_t)rerun->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        (void)close(rerun->errors);
    }
    *rerun = (struct weft_rerun){.pid = 0};
}
