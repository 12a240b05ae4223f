/*
 * What the viewer remembers from one time to the next: how it looks, in the folder of the user's
 * configuration (XDG_CONFIG_HOME), and which traces were open, in that of the user's state
 * (XDG_STATE_HOME).  Plain files: "key value", a line each; what is unknown is left out.
 *
 *     theme dark            …/weft/viewer.conf
 *     scale 1.25
 *     window 1600 900
 *     language vi           only when it was chosen: else the locale's
 *     trace /home/…/a.weft.jsonl      …/weft/viewer.recent, newest first
 *
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SETTINGS_H
#define WEFT_VIEWER_SETTINGS_H

#include "base/tongue.h"
#include "viewer/app.h"

#include <stdbool.h>

enum { WEFT_RECENT_MAX = 10, WEFT_RECENT_BYTES = 1024 };

struct weft_settings {
    enum weft_theme_id theme;
    float scale;       /* of everything, 1 as usual */
    int width, height; /* of the window; 0: as usual */
    enum weft_tongue tongue;
    bool has_tongue; /* was chosen; false: the locale's */
    char recent[WEFT_RECENT_MAX][WEFT_RECENT_BYTES];
    uint32_t recent_count;
};

/* As usual. */
void weft_settings_init(struct weft_settings *settings);

/* Takes over what the user's files say; without them it changes nothing. */
void weft_settings_load(struct weft_settings *settings);

/* Writes them.  A home that cannot be written to is no error: nothing is remembered then. */
void weft_settings_save(const struct weft_settings *settings);

/* Puts a trace on top of the recent ones, by its full path. */
void weft_settings_opened(struct weft_settings *settings, const char *path);

const char *weft_theme_name(enum weft_theme_id id);
bool weft_theme_parse(const char *name, enum weft_theme_id *id);

#endif
