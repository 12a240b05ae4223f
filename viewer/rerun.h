/*
 * A run that is made again with another choice: `weft replay TRACE --other N:TAKEN`, a child of
 * the viewer's and the only one that it has.  Nothing here waits: the child is asked how it is.
 * The child leads a process group, in which the program is, too.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_RERUN_H
#define WEFT_VIEWER_RERUN_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_RERUN_PATH_BYTES = 4096 };

struct weft_rerun {
    int64_t pid;                       /* 0: none runs */
    int errors;                        /* the reading end of its standard error */
    bool asked;                        /* it was asked to end */
    char trace[WEFT_RERUN_PATH_BYTES]; /* the new one */
    char line[400];                    /* of its errors, the one that is being read */
    size_t line_len;
    char said[400]; /* the last of its errors; "": none */
    int status;     /* of the child when it has ended: 128 + n for signal n */
};

/* Where the program weft is, seen from this one; false when it is not there. */
bool weft_rerun_find(char *path, size_t room);

/*
 * Starts it.
 *   weft     the program
 *   number   of the choice, from 1
 *   take     the candidate that shall go on, from 0
 * The new trace comes beside the first, or where that is not allowed into the current folder.
 */
enum weft_status weft_rerun_start(struct weft_rerun *rerun, const char *weft, const char *trace,
                                  uint64_t number, uint32_t take, struct weft_error *error);

/* True while it runs. */
bool weft_rerun_runs(struct weft_rerun *rerun);

/* Asks it to end, as Ctrl-C does; the second time it must. */
void weft_rerun_stop(struct weft_rerun *rerun);

/* Ends it at once. */
void weft_rerun_done(struct weft_rerun *rerun);

#endif
