/*
 * What the commands of weft share: exit statuses, messages, and how a trace is opened.
 * Messages go to stderr and begin with "weft: "; results go to stdout.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_CLI_H
#define WEFT_CLI_CLI_H

#include "base/sink.h"
#include "base/status.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stdint.h>

enum weft_exit {
    WEFT_EXIT_DONE = 0,
    WEFT_EXIT_FINDINGS = 1,
    WEFT_EXIT_USAGE = 2,
    WEFT_EXIT_UNREADABLE = 3,
    WEFT_EXIT_UNWRITABLE = 4,
    WEFT_EXIT_FAILED = 125,    /* run, record: weft itself failed */
    WEFT_EXIT_NOT_RUN = 126,   /* run, record: the program cannot be executed */
    WEFT_EXIT_NOT_FOUND = 127, /* run, record: there is no such program */
    WEFT_EXIT_BY_SIGNAL = 128, /* run, record: plus the signal that ended the program */
};

/* A command gets its own name as argv[0] ("weft run") and returns an exit status. */
typedef int weft_command(int argc, char **argv);

#define WEFT_COMMAND(name, function, words) weft_command function;
#include "cli/commands.def"

/* Prints "weft: …", in plain text on one line, and returns status. */
int weft_cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit status for a library's status. */
int weft_cli_exit_of(enum weft_status status);

/* For whom names are: plain for people (base/plain.h), exact for programs. */
enum weft_names { WEFT_NAMES_PLAIN, WEFT_NAMES_EXACT };

/*
 * Loads a trace; bad lines and a cut or lossy trace are told on stderr, and what is good is
 * kept.  Threads of one name are told apart.  WEFT_EXIT_DONE, else the exit status, told already.
 */
int weft_cli_load(const char *path, enum weft_names names, struct weft_model **model);

/*
 * Does a filter mean this thread or object?  It is a number of the trace or a name; that of several
 * threads ("worker" of "worker #3") means all of them.
 */
bool weft_cli_is_meant(const char *filter, uint32_t number, const char *name);

/* By any name that the thread ever had. */
bool weft_cli_is_thread(const struct weft_thread_info *thread, const char *filter);

/*
 * The index of the one thread or object that a filter means; one that means none or several is
 * told.  NULL means WEFT_NONE: no filter.  Returns as weft_cli_load does.
 */
int weft_cli_find_thread(const struct weft_model *model, const char *trace, const char *filter,
                         uint32_t *thread);
int weft_cli_find_object(const struct weft_model *model, const char *trace, const char *filter,
                         uint32_t *object);

/*
 * Where a result goes: stdout, or a file that takes its place only when it is whole, so that a
 * full disk does not destroy what was there.
 */
struct weft_output {
    struct weft_sink sink;
    const char *path;     /* NULL: stdout */
    char temporary[4096]; /* "": the path itself is written (a device, a pipe) */
    int fd;
};

/*
 * path NULL or "-": stdout.  input: the file that the result is made from, which it must not be;
 * NULL: none.  Returns as weft_cli_load does.
 */
int weft_output_open(struct weft_output *output, const char *path, const char *input);
int weft_output_close(struct weft_output *output);

/*
 * Finds what belongs to weft (weft-view, a scenario, the recorder): beside the running program in
 * the build folder, or in the installed libexec or library folder.  false: it is not there.
 */
bool weft_cli_find(const char *name, char *path, size_t room);

#endif
