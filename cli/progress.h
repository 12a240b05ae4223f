/*
 * How far something is that takes long: one line on a terminal, written over and over, and removed
 * when it is done.  Shown after a second, at most ten times a second.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_PROGRESS_H
#define WEFT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct weft_progress {
    const char *doing; /* "reading" */
    const char *path;
    double from_s, shown_s; /* 0: nothing was shown yet */
};

/* Whether anybody would see it. */
bool weft_progress_is_wanted(void);

/* total 0: not known, and `done` counts bytes. */
void weft_progress_show(struct weft_progress *progress, uint64_t done, uint64_t total);
void weft_progress_clear(struct weft_progress *progress);

#endif
