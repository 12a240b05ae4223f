/*
 * What the words after `weft view` mean.
 * Threads: the main thread (argp's own state).
 */
#ifndef WEFT_VIEWER_OPTIONS_H
#define WEFT_VIEWER_OPTIONS_H

#include "base/status.h"
#include "base/tongue.h"
#include "viewer/app.h"

#include <stdbool.h>
#include <stdio.h>

/* Bounds of what people may ask for: a picture of 16384² takes 1 GiB. */
enum { WEFT_VIEW_SIDE_MIN = 64, WEFT_VIEW_SIDE_MAX = 16384 };

struct weft_view_options {
    const char *trace;      /* of argv, as all strings here */
    const char *beside;     /* a second trace; NULL: none */
    const char *screenshot; /* NULL: a window */
    const char *state;      /* NULL: none */
    int width, height;
    float scale;
    enum weft_tongue tongue;
    bool has_size, has_theme, has_tongue; /* were said; else they may be those of the last time */
    struct weft_app_options app;
    bool help; /* wanted instead of all that */
};

/*
 * Parses the words.  argv is not kept but its strings are.  False: wrong usage, and error says in
 * one sentence what and what is expected.
 */
bool weft_view_options_parse(int argc, char **argv, struct weft_view_options *options,
                             struct weft_error *error);

void weft_view_options_help(FILE *out);

#endif
