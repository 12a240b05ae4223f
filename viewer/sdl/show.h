/*
 * Shows an app: in a window, or as one picture without any display.
 * Threads: the main thread, as SDL demands.
 */
#ifndef WEFT_VIEWER_SDL_SHOW_H
#define WEFT_VIEWER_SDL_SHOW_H

#include "base/status.h"
#include "viewer/app.h"

struct weft_show_options {
    int width, height;      /* of the picture in pixels; of the window in the screen's units */
    float scale;            /* pixels of a logical px; in a window on top of the screen's own */
    const char *state_path; /* gets the app's state after every frame; NULL: none */
};

/*
 * Loads the whole trace, draws one frame and writes it as a PNG: under another name first, so
 * that `path` is either the whole picture or what it was before.
 * Status: WEFT_ERR_OPEN (fonts), WEFT_ERR_WRITE, WEFT_ERR_MEMORY.
 */
enum weft_status weft_show_picture(struct weft_app *app, const struct weft_show_options *options,
                                   const char *path, struct weft_error *error);

/*
 * Opens a window and runs it until its user closes it.
 * Status: WEFT_ERR_OPEN (fonts, no display), WEFT_ERR_WRITE (the state's file), WEFT_ERR_MEMORY.
 */
enum weft_status weft_show_window(struct weft_app *app, const struct weft_show_options *options,
                                  struct weft_error *error);

#endif
