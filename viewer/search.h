/*
 * What a word is found in: names of threads and objects, findings, places in the source,
 * printed text.
 * The search owns its list.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SEARCH_H
#define WEFT_VIEWER_SEARCH_H

#include "traces/analysis/findings.h"
#include "traces/model/model.h"

#include <stdbool.h>

enum weft_found_kind {
    WEFT_FOUND_THREAD,  /* index: thread */
    WEFT_FOUND_OBJECT,  /* index: object */
    WEFT_FOUND_FINDING, /* index: in findings->all */
    WEFT_FOUND_SITE,    /* index: site */
    WEFT_FOUND_PRINT,   /* index: printed line */
};

struct weft_found {
    enum weft_found_kind kind;
    uint32_t index;
};

enum { WEFT_SEARCH_MOST = 1000 };

struct weft_search {
    char text[200]; /* what was looked for */
    struct {
        struct weft_found *at;
        size_t count, room;
    } found;
    bool more;   /* than WEFT_SEARCH_MOST */
    uint32_t at; /* the place that was gone to last; WEFT_NONE: none yet */
};

void weft_search_done(struct weft_search *search);

/*
 * Looks for text anew, without regard to the case of ASCII letters; "" finds nothing.
 *   findings   may be NULL: they are not known yet
 * False when there is no memory: the list then has what was found until then.
 */
bool weft_search_run(struct weft_search *search, const struct weft_model *model,
                     const struct weft_findings *findings, const char *text);

/* Has `text` the word in it, as above? */
bool weft_search_has(const char *text, const char *word);

/* The next place or the one before, round and round; NULL: there is none. */
const struct weft_found *weft_search_step(struct weft_search *search, bool on);

#endif
