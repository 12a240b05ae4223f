/*
 * Bookmarks: moments with a note, kept beside the trace in TRACE.bookmarks.  A plain file, one
 * bookmark a line: the time in ns, a blank, the note.  Lines that are none are left out.
 *
 *     4200000000 the second lock is taken here
 *
 * The list owns its notes.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_BOOKMARKS_H
#define WEFT_VIEWER_BOOKMARKS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_NOTE_BYTES = 200, WEFT_BOOKMARKS_MAX = 1000 };

struct weft_bookmark {
    uint64_t t_ns;
    char note[WEFT_NOTE_BYTES];
};

struct weft_bookmarks {
    struct weft_bookmark *at; /* in time order */
    size_t count, room;
};

void weft_bookmarks_done(struct weft_bookmarks *bookmarks);

/* Sets or changes the bookmark at t_ns; an empty note takes it away.  False when there is no
 * memory or there are WEFT_BOOKMARKS_MAX already. */
bool weft_bookmarks_set(struct weft_bookmarks *bookmarks, uint64_t t_ns, const char *note);

/* The bookmark at exactly t_ns; NULL: none. */
const struct weft_bookmark *weft_bookmarks_find(const struct weft_bookmarks *bookmarks,
                                                uint64_t t_ns);

/* The first after t_ns, or the last before it; NULL: none. */
const struct weft_bookmark *weft_bookmarks_next(const struct weft_bookmarks *bookmarks,
                                                uint64_t t_ns, bool on);

/* Reads those of a trace; a file that is not there is no error. */
void weft_bookmarks_load(struct weft_bookmarks *bookmarks, const char *trace);

/* Writes them; without any, the file goes.  Status: WEFT_ERR_WRITE, WEFT_ERR_MEMORY. */
enum weft_status weft_bookmarks_save(const struct weft_bookmarks *bookmarks, const char *trace,
                                     struct weft_error *error);

#endif
