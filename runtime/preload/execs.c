/*
 * The exec functions: the recorded process may become another program with an environment of its
 * own making (env -i, a cleared environ), and is to be recorded on.  The two variables that make
 * it so are put back.  A child on its way to its own program is left alone, and that one may be a
 * vfork's: everything is on the stack, nothing is allocated.
 */
#include "runtime/preload/hook.h"
#include "runtime/record/sys.h"

#include <stdarg.h>
#include <stddef.h>

extern char **environ;

enum { SPOOL_ENTRY_MAX = 512 };

static const char preload_key[] = "LD_PRELOAD=";
static const char spool_key[] = WEFT_SPOOL_ENV "=";

/* "WEFT_SPOOL=…" as it was at the start; the program may write over its own environment. */
static char spool_entry[SPOOL_ENTRY_MAX];

static size_t length(const char *text)
{
    size_t bytes = 0;

    while (text[bytes] != '\0') {
        bytes++;
    }
    return bytes;
}

static bool begins(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

/* Is the library among those of an LD_PRELOAD, which are separated by colons or spaces? */
static bool names_library(const char *list, const char *library)
{
    const size_t bytes = length(library);

    while (*list != '\0') {
        if (begins(list, library) &&
            (list[bytes] == '\0' || list[bytes] == ':' || list[bytes] == ' ')) {
            return true;
        }
        while (*list != '\0' && *list != ':' && *list != ' ') {
            list++;
        }
        list += *list != '\0';
    }
    return false;
}

static char *const *find(char *const *environment, const char *key)
{
    while (environment != NULL && *environment != NULL && !begins(*environment, key)) {
        environment++;
    }
    return environment != NULL && *environment != NULL ? environment : NULL;
}

__attribute__((constructor)) static void keep_entry(int argc, char **argv, char **environment)
{
    char *const *entry = find(environment, spool_key);

    (void)argc;
    (void)argv;
    if (entry != NULL && length(*entry) < SPOOL_ENTRY_MAX) {
        for (size_t i = 0; i <= length(*entry); i++) {
            spool_entry[i] = (*entry)[i];
        }
    }
}

/* False for a child, also one of vfork that has its parent's memory. */
static bool is_recorded_process(void)
{
    return weft_spool_on() && spool_entry[0] != '\0' &&
           atomic_load_explicit(&weft_spool.head->attached, memory_order_relaxed) == weft_sys_pid();
}

/* What has to be put back. */
struct lacks {
    size_t entries; /* of the environment as it is */
    bool spool, library;
    const char *others; /* the program's own LD_PRELOAD, "": none */
};

static bool look(char *const *environment, struct lacks *lacks)
{
    char *const *preload = find(environment, preload_key);

    *lacks = (struct lacks){.others = preload != NULL ? *preload + length(preload_key) : ""};
    while (environment != NULL && environment[lacks->entries] != NULL) {
        lacks->entries++;
    }
    lacks->spool = find(environment, spool_key) == NULL;
    lacks->library = !names_library(lacks->others, weft_real_library());
    return is_recorded_process() && (lacks->spool || lacks->library);
}

static char *append(char *to, const char *text)
{
    while (*text != '\0') {
        *to++ = *text++;
    }
    *to = '\0';
    return to;
}

/* made: lacks->entries + 3 places; preload: room for the key, the library and the others. */
static char *const *put_back(char *const *environment, const struct lacks *lacks, char **made,
                             char *preload)
{
    size_t count = 0;
    char *end = append(append(preload, preload_key), weft_real_library());

    if (lacks->others[0] != '\0') {
        (void)append(append(end, ":"), lacks->others);
    }
    for (size_t i = 0; i < lacks->entries; i++) {
        if (!lacks->library || !begins(environment[i], preload_key)) {
            made[count++] = environment[i];
        }
    }
    if (lacks->library) {
        made[count++] = preload;
    }
    if (lacks->spool) {
        made[count++] = spool_entry;
    }
    made[count] = NULL;
    return made;
}

/* `environment`, or one on this function's stack that has what it lacks. */
#define RECORDED(environment)                                                                      \
    struct lacks lacks;                                                                            \
    char *const *passed = (environment);                                                           \
    weft_real_find();                                                                              \
    if (look(passed, &lacks)) {                                                                    \
        char **made = __builtin_alloca((lacks.entries + 3) * sizeof *made);                        \
        char *preload = __builtin_alloca(sizeof preload_key + length(weft_real_library()) + 1 +    \
                                         length(lacks.others));                                    \
        passed = put_back(passed, &lacks, made, preload);                                          \
    }

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
    RECORDED(environment);
    return weft_real.execve(path, arguments, passed);
}

WEFT_HOOK int execvpe(const char *file, char *const *arguments, char *const *environment)
{
    RECORDED(environment);
    return weft_real.execvpe(file, arguments, passed);
}

WEFT_HOOK int fexecve(int file, char *const *arguments, char *const *environment)
{
    RECORDED(environment);
    return weft_real.fexecve(file, arguments, passed);
}

WEFT_HOOK int execv(const char *path, char *const *arguments)
{
    RECORDED(environ);
    return weft_real.execve(path, arguments, passed);
}

WEFT_HOOK int execvp(const char *file, char *const *arguments)
{
    RECORDED(environ);
    return weft_real.execvpe(file, arguments, passed);
}

WEFT_HOOK int execl(const char *path, const char *first, ...)
{
    ARGUMENTS(first);
    va_end(list);
    RECORDED(environ);
    return weft_real.execve(path, (char *const *)(uintptr_t)arguments, passed);
}

WEFT_HOOK int execlp(const char *file, const char *first, ...)
{
    ARGUMENTS(first);
    va_end(list);
    RECORDED(environ);
    return weft_real.execvpe(file, (char *const *)(uintptr_t)arguments, passed);
}

WEFT_HOOK int execle(const char *path, const char *first, ...)
{
    ARGUMENTS(first);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    RECORDED(environment);
    return weft_real.execve(path, (char *const *)(uintptr_t)arguments, passed);
}
