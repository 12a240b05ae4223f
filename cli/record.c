/* weft record: any program, recorded without rebuilding it. */
#include "base/duration.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/elf.h"
#include "cli/launch.h"
#include "cli/limits.h"
#include "traces/format/spool.h"
#include "traces/write/write.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
    ON_DEADLOCK = 256, /* beyond every short option */
    CALLS_FROM,
    STACKS,
    ALLOCATOR_LOCKS,
    VIEW,
    PATH_ROOM = 4096,
    SCRIPT_DEPTH = 4, /* interpreters that are scripts themselves: as many as Linux follows */
};

struct record_args {
    struct weft_control control;
    struct weft_limits limits;
    const char *trace;
    uint64_t long_call_ns;
    uint32_t stack_frames;
    bool allocator_locks;
    bool follow;
    bool quiet;
    bool view;
    bool stop_deadlocks;
    char **program; /* its argv */
};

static const struct argp_option options[] = {
    {"output", 'o', "TRACE", 0, "Write the trace to TRACE (default: PROGRAM.weft.jsonl)", 0},
    {"quiet", 'q', NULL, 0, "No summary when the program has ended", 0},
    {"view", VIEW, NULL, 0, "Show the trace in a window while it is written, and wait for it", 0},
    {"on-deadlock", ON_DEADLOCK, "WHAT", 0,
     "What to do, besides telling it, when threads wait for each other for ever: \"go-on\" "
     "(default) or \"stop\", which ends the program",
     0},
    {"follow", 'f', NULL, 0,
     "Record the processes that PROGRAM starts, too, each into a trace of its own: TRACE with .2, "
     ".3 "
     "... before its ending",
     0},
    {"allocator-locks", ALLOCATOR_LOCKS, NULL, 0,
     "Record also the locks that jemalloc, tcmalloc or mimalloc take for themselves", 0},
    {"calls-from", CALLS_FROM, "TIME", 0,
     "Record a call that may block (read, poll, accept, waitpid ...) when it takes TIME or longer "
     "(default: 1ms)",
     0},
    {"stacks", STACKS, "N", OPTION_ARG_OPTIONAL,
     "Keep up to N callers of each call that waits (default: 4, at most 16); needs programs and "
     "libraries with frame pointers",
     0},
    {0},
};

/* 0: it is no number of frames. */
static uint32_t parse_frames(const char *text)
{
    char *end;

    if (text == NULL) {
        return WEFT_STACK_USUAL;
    }
    errno = 0;
    const unsigned long frames = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
                   frames <= WEFT_STACK_MAX
               ? (uint32_t)frames
               : 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct record_args *args = state->input;

    switch (key) {
    case 'o':
        args->trace = arg;
        return 0;
    case 'q':
        args->quiet = true;
        return 0;
    case ON_DEADLOCK:
        args->stop_deadlocks = strcmp(arg, "stop") == 0;
        if (!args->stop_deadlocks && strcmp(arg, "go-on") != 0) {
            argp_error(state, "--on-deadlock is \"go-on\" or \"stop\", not \"%s\"", arg);
        }
        return 0;
    case 'f':
        args->follow = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->control;
        state->child_inputs[1] = &args->limits;
        return 0;
    case ALLOCATOR_LOCKS:
        args->allocator_locks = true;
        return 0;
    case VIEW:
        args->view = true;
        return 0;
    case CALLS_FROM:
        if (!weft_duration_parse(arg, &args->long_call_ns)) {
            argp_error(state, "--calls-from takes a time, such as 1ms or 50us, not \"%s\"", arg);
        }
        return 0;
    case STACKS:
        args->stack_frames = parse_frames(arg);
        if (args->stack_frames == 0) {
            argp_error(state, "--stacks takes a number from 1 to %d, not \"%s\"", WEFT_STACK_MAX,
                       arg);
        }
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

static const struct argp_child children[] = {
    {&weft_control_argp, 0, NULL, 0}, {&weft_limits_argp, 0, NULL, 0}, {0}};

static const struct argp parser = {
    options,
    parse_option,
    "[--] PROGRAM [ARGUMENT...]",
    "Runs PROGRAM as it is and writes what its threads did into a trace.\vThe program is found as "
    "a shell finds it, and needs no rebuild, only glibc, dynamically linked; what it starts is "
    "left alone without --follow. Its input, output and signals are its own. The exit status is "
    "the program's; "
    "128 + N when signal N ended it; 125 when weft itself failed; 126 when the program cannot be "
    "executed or cannot be recorded (static, 32-bit, setuid); 127 when there is no such program.",
    children,
    NULL,
    NULL};

static bool is_program(const char *path)
{
    struct stat there;

    if (stat(path, &there) != 0) {
        return false;
    }
    if (S_ISDIR(there.st_mode)) {
        errno = EISDIR;
        return false;
    }
    return access(path, X_OK) == 0;
}

/* As execvp: PATH, unless there is a slash.  0, or why not; ENOENT: nowhere. */
static int find_program(const char *name, char *path)
{
    const char *folders = getenv("PATH");
    int failed = ENOENT;

    if (strchr(name, '/') != NULL || name[0] == '\0') {
        if (snprintf(path, PATH_ROOM, "%s", name) >= PATH_ROOM) {
            return ENAMETOOLONG;
        }
        return is_program(path) ? 0 : errno;
    }
    for (const char *at = folders != NULL ? folders : "/bin:/usr/bin"; at != NULL;) {
        const size_t len = strcspn(at, ":");
        const int used =
            snprintf(path, PATH_ROOM, "%.*s%s%s", (int)len, at, len > 0 ? "/" : "./", name);
        if (used > 0 && used < PATH_ROOM) {
            if (is_program(path)) {
                return 0;
            }
            failed = errno == EACCES ? EACCES : failed;
        }
        at = at[len] == ':' ? at + len + 1 : NULL;
    }
    return failed;
}

/* Why the loader would drop a preload silently: the program gains rights.  NULL: it does not. */
static const char *gains_rights(const char *path)
{
    struct stat there;
    char capabilities[64];

    if (stat(path, &there) != 0) {
        return NULL;
    }
    if ((there.st_mode & S_ISUID) != 0 && there.st_uid != getuid()) {
        return "it is setuid";
    }
    if ((there.st_mode & S_ISGID) != 0 && (there.st_mode & S_IXGRP) != 0 &&
        there.st_gid != getgid()) {
        return "it is setgid";
    }
    if (getuid() != 0 &&
        getxattr(path, "security.capability", capabilities, sizeof capabilities) > 0) {
        return "it has file capabilities";
    }
    return NULL;
}

static const char *cannot_be_loaded(const struct weft_elf *facts)
{
    if (facts->is_32_bit) {
        return "it is a 32-bit program";
    }
    if (facts->is_foreign) {
        return "it is made for another processor";
    }
    if (facts->interpreter[0] == '\0') {
        return facts->is_go ? "it is a static program, made with Go"
                            : "it is statically linked, so no recorder can be loaded into it";
    }
    if (strstr(facts->interpreter, "/ld-musl") != NULL) {
        return "it is linked with musl, and the recorder needs glibc";
    }
    return NULL;
}

static void warn_of_the_unseen(const char *path, const struct weft_elf *facts)
{
    if (facts->is_go) {
        (void)weft_cli_fail(0, "%s is made with Go: only what its C code does can be seen", path);
    }
    if (facts->needs_gomp) {
        (void)weft_cli_fail(0,
                            "%s uses GCC's OpenMP (libgomp), which waits by itself: those waits "
                            "cannot be seen, only its threads",
                            path);
    }
}

/* The program that will really run, behind scripts; false: it cannot be recorded, and told so. */
static bool check(const char *path, struct weft_elf *facts)
{
    char runs[PATH_ROOM];
    const char *why = NULL;

    (void)snprintf(runs, sizeof runs, "%s", path);
    weft_elf_read(runs, facts);
    for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
        if (facts->kind == WEFT_ELF_OTHER) {
            (void)snprintf(runs, sizeof runs, "/bin/sh");
        } else if (facts->kind == WEFT_ELF_SCRIPT) {
            (void)snprintf(runs, sizeof runs, "%s", facts->interpreter);
        } else {
            break;
        }
        weft_elf_read(runs, facts);
    }
    why = facts->kind == WEFT_ELF_PROGRAM ? cannot_be_loaded(facts) : NULL;
    why = why != NULL ? why : gains_rights(runs);
    if (why == NULL) {
        warn_of_the_unseen(runs, facts);
        return true;
    }
    if (strcmp(runs, path) == 0) {
        (void)weft_cli_fail(0, "cannot record %s: %s", path, why);
    } else {
        (void)weft_cli_fail(0, "cannot record %s: it is run by %s, and %s", path, runs, why);
    }
    return false;
}

/* The recorder for LD_PRELOAD, behind AddressSanitizer, which must come first. */
static bool find_preload(const struct weft_elf *facts, char *preload, size_t room)
{
    char library[PATH_ROOM];

    if (!weft_cli_find("libweft_preload.so", library, sizeof library)) {
        (void)weft_cli_fail(0, "the recorder (libweft_preload.so) is not installed beside this "
                               "program");
        return false;
    }
    if (strpbrk(library, ": \t\n") != NULL) { /* the loader takes them as ends of a name */
        (void)weft_cli_fail(0, "the recorder cannot be loaded from %s: no blanks or colons there",
                            library);
        return false;
    }
    const int len =
        snprintf(preload, room, "%s%s%s", facts->asan, facts->asan[0] != '\0' ? ":" : "", library);
    return len > 0 && (size_t)len < room;
}

int weft_launch_find(const char *name, struct weft_launch_target *target)
{
    const char *slash = strrchr(name, '/');
    struct weft_elf facts;

    target->program = slash != NULL && slash[1] != '\0' ? slash + 1 : name;
    const int failed = find_program(name, target->path);
    if (failed != 0) {
        return weft_cli_fail(failed == ENOENT ? WEFT_EXIT_NOT_FOUND : WEFT_EXIT_NOT_RUN,
                             "cannot run %s: %s", name, strerror(failed));
    }
    if (!check(target->path, &facts)) {
        return WEFT_EXIT_NOT_RUN;
    }
    target->preload[0] = '\0';
    return facts.records_itself || find_preload(&facts, target->preload, sizeof target->preload)
               ? WEFT_EXIT_DONE
               : WEFT_EXIT_FAILED;
}

static int record(const struct record_args *args)
{
    struct weft_launch_target target;
    char trace[PATH_ROOM];

    const int found = weft_launch_find(args->program[0], &target);
    if (found != WEFT_EXIT_DONE) {
        return found;
    }
    if (args->stack_frames > 0 && target.preload[0] == '\0') {
        (void)weft_cli_fail(0, "%s records itself, without --stacks", args->program[0]);
    }
    const int len = snprintf(trace, sizeof trace, "%s.weft.jsonl", target.program);
    if (args->trace == NULL && (len < 0 || (size_t)len >= sizeof trace)) {
        return weft_cli_fail(WEFT_EXIT_FAILED, "the name %s is too long for a trace",
                             target.program);
    }
    return weft_launch(&(struct weft_launch){
        .program = target.program,
        .path = target.path,
        .argv = args->program,
        .preload = target.preload[0] != '\0' ? target.preload : NULL,
        .trace = args->trace != NULL ? args->trace : trace,
        .long_call_ns = args->long_call_ns,
        .stack_frames = args->stack_frames,
        .follow = args->follow,
        .max_bytes = args->limits.max_bytes,
        .last_ns = args->limits.last_ns,
        .allocator_locks = args->allocator_locks,
        .plan = args->control.plan,
        .start_real_ns = args->control.start_real_ns,
        .quiet = args->quiet,
        .view = args->view,
        .watch_deadlocks = true,
        .stop_deadlocks = args->stop_deadlocks,
    });
}

int weft_cli_record(int argc, char **argv)
{
    struct record_args args = {.long_call_ns = WEFT_LONG_CALL_NS};

    (void)argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &args);
    int settled = weft_control_settle(&args.control);
    if (settled == WEFT_EXIT_DONE) {
        settled = weft_limits_check(&args.limits, args.control.plan != NULL, args.view);
    }
    if (settled == WEFT_EXIT_DONE && args.stack_frames > 0 && args.control.plan != NULL) {
        weft_control_done(&args.control);
        return weft_cli_fail(WEFT_EXIT_USAGE, "--stacks is not for controlled runs");
    }
    const int result = settled == WEFT_EXIT_DONE ? record(&args) : settled;
    weft_control_done(&args.control);
    return result;
}
