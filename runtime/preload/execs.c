/*
 * Processes that come of this one.  What decides whether a program is recorded is its environment,
 * so that is seen to wherever a program is started:
 *
 *   the recorded process becomes another program   the two variables are put back if they are gone
 *   a child, when children are followed            likewise
 *   a child, when they are not                     the variables are taken out
 *   a program that the recorder cannot be loaded
 *   into (musl, 32 bits)                           likewise: it would not start
 *
 * This may be a vfork's child: everything is on the stack, nothing is allocated, no libc is called.
 * vfork itself is not hooked (its frame must not be returned from twice).
 */
#include "runtime/preload/hook.h"
#include "runtime/preload/image.h"
#include "runtime/record/follow.h"
#include "runtime/record/sys.h"
#include "runtime/record/text.h"
#include "runtime/schedule/turn.h"

#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>

extern char **environ;

enum { ENTRY_MAX = 1024 };

static const char preload_key[] = "LD_PRELOAD=";
static const char spool_key[] = WEFT_SPOOL_ENV "=";

/*
 * As they were at the start; the program may write over its own environment.  Of LD_PRELOAD what
 * goes up to our library: what stands behind it is the program's.
 */
static char spool_entry[ENTRY_MAX];
static char preload_value[ENTRY_MAX];

static char *append(char *to, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        *to++ = text[i];
    }
    *to = '\0';
    return to;
}

/* What stands behind our library in an LD_PRELOAD; NULL: it is not there. */
static const char *behind_library(const char *list)
{
    const char *library = weft_real_library();
    const size_t bytes = weft_text_bytes(library);

    while (*list != '\0' && bytes > 0) {
        if (weft_text_begins(list, library) &&
            (list[bytes] == '\0' || list[bytes] == ':' || list[bytes] == ' ')) {
            return list + bytes;
        }
        while (*list != '\0' && *list != ':' && *list != ' ') {
            list++;
        }
        list += *list != '\0';
    }
    return NULL;
}

static char *const *find(char *const *environment, const char *key)
{
    while (environment != NULL && *environment != NULL && !weft_text_begins(*environment, key)) {
        environment++;
    }
    return environment != NULL && *environment != NULL ? environment : NULL;
}

static void keep_spool(const char *path)
{
    if (path[0] != '\0' && sizeof spool_key + weft_text_bytes(path) < ENTRY_MAX) {
        (void)append(append(spool_entry, spool_key, weft_text_bytes(spool_key)), path,
                     weft_text_bytes(path));
    }
}

/*
 * Opens the recording, so that a followed child's environment can say which spool is its own: to
 * another recorder in the program, and to the program that this one becomes.
 */
__attribute__((constructor(102))) static void keep_environment(int argc, char **argv,
                                                               char **environment)
{
    char *const *spool = find(environment, spool_key);
    char *const *preload = find(environment, preload_key);

    (void)argc;
    (void)argv;
    weft_record_start(environment);
    weft_allocator_find();
    if (spool != NULL) {
        keep_spool(weft_follow_path()[0] != '\0' ? weft_follow_path()
                                                 : *spool + weft_text_bytes(spool_key));
        *(char **)(uintptr_t)spool = spool_entry[0] != '\0' ? spool_entry : *spool;
    }
    if (preload != NULL) {
        const char *value = *preload + weft_text_bytes(preload_key);
        const char *behind = behind_library(value);
        if (behind != NULL && (size_t)(behind - value) < ENTRY_MAX) {
            (void)append(preload_value, value, (size_t)(behind - value));
        }
    }
}

/* False for a child, also one of vfork that has its parent's memory. */
static bool is_recorded_process(void)
{
    return weft_spool_on() &&
           atomic_load_explicit(&weft_spool.head->attached, memory_order_relaxed) == weft_sys_pid();
}

/* What has to be done to an environment. */
struct change {
    size_t entries;     /* of the environment as it is */
    bool record;        /* the program is to be recorded; otherwise nothing of us is to be left */
    const char *others; /* the program's own LD_PRELOAD, "": none */
    size_t room;        /* for its LD_PRELOAD */
};

/* True: the environment has to be another one. */
static bool look(char *const *environment, const char *path, bool searched, bool is_child,
                 struct change *change)
{
    char *const *preload = find(environment, preload_key);
    const char *value = preload != NULL ? *preload + weft_text_bytes(preload_key) : "";
    const char *behind = behind_library(value);
    const bool has_spool = find(environment, spool_key) != NULL;
    const bool wanted = spool_entry[0] != '\0' && preload_value[0] != '\0' &&
                        (is_child ? weft_spool.follow : is_recorded_process());

    *change = (struct change){.others = value};
    if (behind != NULL) {
        change->others = *behind != '\0' ? behind + 1 : behind;
    }
    while (environment != NULL && environment[change->entries] != NULL) {
        change->entries++;
    }
    change->record = wanted && weft_image_takes_us(path, searched);
    change->room =
        sizeof preload_key + weft_text_bytes(preload_value) + 1 + weft_text_bytes(change->others);
    return change->record ? !has_spool || behind == NULL : has_spool || behind != NULL;
}

/* made: change->entries + 3 places; preload: change->room bytes. */
static char *const *changed(char *const *environment, const struct change *change, char **made,
                            char *preload)
{
    size_t count = 0;
    char *end = append(preload, preload_key, weft_text_bytes(preload_key));
    const bool has_others = change->others[0] != '\0';

    if (change->record) {
        end = append(end, preload_value, weft_text_bytes(preload_value));
        end = has_others ? append(end, ":", 1) : end;
    }
    (void)append(end, change->others, weft_text_bytes(change->others));
    for (size_t i = 0; i < change->entries; i++) {
        if (!weft_text_begins(environment[i], preload_key) &&
            !weft_text_begins(environment[i], spool_key)) {
            made[count++] = environment[i];
        }
    }
    if (change->record || has_others) {
        made[count++] = preload;
    }
    if (change->record) {
        made[count++] = spool_entry;
    }
    made[count] = NULL;
    return made;
}

/* Another process takes part from now on, and nobody controls it. */
static void leave_child(void)
{
    if (weft_turn_on()) {
        weft_turn_left(WEFT_LEFT_CHILD);
    }
}

/* A child of vfork has its parent's memory, lanes included: there it tells that it exists. */
static void tell_vfork_child(const void *site)
{
    static uint32_t told;
    const uint32_t pid = weft_sys_pid();

    if (weft_spool_on() &&
        atomic_load_explicit(&weft_spool.head->attached, memory_order_relaxed) != pid &&
        told != pid) {
        told = pid; /* it may try several paths */
        leave_child();
        weft_record_with(WEFT_EV_PROCESS_CHILD, 0, site, 0,
                         &(struct weft_record_args){.first = pid});
    }
}

/* A followed child that has recorded goes on in its own spool. */
static void prepare_exec(const void *site)
{
    weft_real_find();
    tell_vfork_child(site);
    if (is_recorded_process()) {
        keep_spool(weft_follow_path());
    }
}

/* `environment`, or one on the caller's stack that is as it has to be. */
#define SEEN_TO(environment, path, searched, is_child)                                             \
    struct change change;                                                                          \
    char *const *passed = (environment);                                                           \
    if (look(passed, path, searched, is_child, &change)) {                                         \
        char **made = __builtin_alloca((change.entries + 3) * sizeof *made);                       \
        passed = changed(passed, &change, made, __builtin_alloca(change.room));                    \
    }

#define EXEC(environment, path, searched, call)                                                    \
    prepare_exec(WEFT_SITE);                                                                       \
    SEEN_TO(environment, path, searched, !is_recorded_process());                                  \
    weft_turn_spread();                                                                            \
    const int result = call;                                                                       \
    weft_turn_gather();                                                                            \
    return result

/* The arguments of execl and its kind, as an array on the stack; `last` is behind the NULL. */
#define ARGUMENTS(first)                                                                           \
    size_t count = 1;                                                                              \
    va_list list;                                                                                  \
    va_start(list, first);                                                                         \
    while (va_arg(list, const char *) != NULL) {                                                   \
        count++;                                                                                   \
    }                                                                                              \
    va_end(list);                                                                                  \
    const char **arguments = __builtin_alloca((count + 1) * sizeof *arguments);                    \
    arguments[0] = (first);                                                                        \
    va_start(list, first);                                                                         \
    for (size_t i = 1; i <= count; i++) {                                                          \
        arguments[i] = va_arg(list, const char *);                                                 \
    }

WEFT_HOOK int execve(const char *path, char *const *arguments, char *const *environment)
{
    EXEC(environment, path, false, weft_real.execve(path, arguments, passed));
}

WEFT_HOOK int execvpe(const char *file, char *const *arguments, char *const *environment)
{
    EXEC(environment, file, true, weft_real.execvpe(file, arguments, passed));
}

WEFT_HOOK int fexecve(int file, char *const *arguments, char *const *environment)
{
    EXEC(environment, NULL, false, weft_real.fexecve(file, arguments, passed));
}

WEFT_HOOK int execveat(int folder, const char *path, char *const *arguments,
                       char *const *environment, int flags)
{
    EXEC(environment, path[0] == '/' || folder == AT_FDCWD ? path : NULL, false,
         weft_real.execveat(folder, path, arguments, passed, flags));
}

WEFT_HOOK int execv(const char *path, char *const *arguments)
{
    EXEC(environ, path, false, weft_real.execve(path, arguments, passed));
}

WEFT_HOOK int execvp(const char *file, char *const *arguments)
{
    EXEC(environ, file, true, weft_real.execvpe(file, arguments, passed));
}

WEFT_HOOK int execl(const char *path, const char *first, ...)
{
    ARGUMENTS(first);
    va_end(list);
    EXEC(environ, path, false, weft_real.execve(path, (char *const *)(uintptr_t)arguments, passed));
}

WEFT_HOOK int execlp(const char *file, const char *first, ...)
{
    ARGUMENTS(first);
    va_end(list);
    EXEC(environ, file, true, weft_real.execvpe(file, (char *const *)(uintptr_t)arguments, passed));
}

WEFT_HOOK int execle(const char *path, const char *first, ...)
{
    ARGUMENTS(first);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    EXEC(environment, path, false,
         weft_real.execve(path, (char *const *)(uintptr_t)arguments, passed));
}

/* Children that keep this program, or are started whole ─────────────────────────────────────────
 */

static void tell_child(pid_t child, const void *site)
{
    leave_child();
    weft_record_with(WEFT_EV_PROCESS_CHILD, 0, site, 0, &(struct weft_record_args){.first = child});
}

#define FORK(name)                                                                                 \
    const bool on = weft_hook_on();                                                                \
    const pid_t child = weft_real.name();                                                          \
    if (on && child > 0) {                                                                         \
        tell_child(child, WEFT_SITE);                                                              \
    }                                                                                              \
    if (child == 0) {                                                                              \
        weft_turn_spread();                                                                        \
    }                                                                                              \
    return child

WEFT_HOOK pid_t fork(void)
{
    FORK(fork);
}

WEFT_HOOK pid_t _Fork(void)
{
    FORK(_Fork);
}

#define SPAWN(name, searched)                                                                      \
    pid_t made_pid = 0;                                                                            \
    const bool on = weft_hook_on();                                                                \
    SEEN_TO(environment, path, searched, true);                                                    \
    weft_turn_spread();                                                                            \
    const int result = weft_real.name(&made_pid, path, actions, attributes, arguments, passed);    \
    weft_turn_gather();                                                                            \
    if (result == 0 && child != NULL) {                                                            \
        *child = made_pid;                                                                         \
    }                                                                                              \
    if (result == 0 && on) {                                                                       \
        tell_child(made_pid, WEFT_SITE);                                                           \
    }                                                                                              \
    return result

WEFT_HOOK int posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const *arguments,
                          char *const *environment)
{
    SPAWN(posix_spawn, false);
}

WEFT_HOOK int posix_spawnp(pid_t *child, const char *path,
                           const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const *arguments,
                           char *const *environment)
{
    SPAWN(posix_spawnp, true);
}
