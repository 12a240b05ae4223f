/*
 * Source files, when they can be found: the lines that threads are at.  A site names its file as
 * the compiler did; it is looked for as it is, then in the trace's folder, then in the folders
 * that the user named, each time with all of its path and with less and less of it.
 * Files are read once, whole, up to a bound, and shown only: nothing in them is obeyed.
 * The shelf owns the files.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SOURCE_H
#define WEFT_VIEWER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_SOURCE_BYTES_MAX = 4 * 1024 * 1024, WEFT_SOURCE_FILES = 32 };

struct weft_source {
    char *name;  /* as sites say it */
    char *bytes; /* NULL: it was not found */
    uint32_t *lines;
    uint32_t line_count; /* lines[i] is where line i + 1 begins; lines[line_count]: the end */
};

struct weft_shelf {
    char *trace_folder; /* may be NULL */
    char *user_folder;  /* may be NULL */
    struct weft_source files[WEFT_SOURCE_FILES];
    uint32_t count;
};

void weft_shelf_done(struct weft_shelf *shelf);

/* For a new trace: forgets the files.  Folders are copied; without memory there are none. */
void weft_shelf_open(struct weft_shelf *shelf, const char *trace, const char *user_folder);

/* A file by its name in a site; NULL when it is not to be found.  Cost: opens it the first time;
 * afterwards a look at the shelf. */
const struct weft_source *weft_shelf_find(struct weft_shelf *shelf, const char *name);

/* Line `line` (from 1) without its end, at most room - 1 bytes, tabs as blanks; false when there
 * is none. */
bool weft_source_line(const struct weft_source *source, uint32_t line, char *out, size_t room);

#endif
