/*
 * What frames are drawn on: lay out, paint, tell the state.  It is the same for the window and for
 * a picture, so both show the same.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SDL_CANVAS_H
#define WEFT_VIEWER_SDL_CANVAS_H

#include "base/sink.h"
#include "base/status.h"
#include "viewer/app.h"
#include "viewer/draw.h"
#include "viewer/sdl/paint.h"

#include <stddef.h>
#include <stdint.h>

struct weft_canvas {
    struct weft_paint paint;
    struct weft_draw_list list;
    struct weft_sink line; /* of state */
    int state_fd;          /* -1: nobody wants to know */
};

/*
 *   state_path   a file that gets the app's state after every frame, one line each; NULL: none
 * Status: WEFT_ERR_OPEN (fonts), WEFT_ERR_WRITE (the state's file), WEFT_ERR_MEMORY.
 */
enum weft_status weft_canvas_init(struct weft_canvas *canvas, const char *state_path,
                                  struct weft_error *error);
void weft_canvas_done(struct weft_canvas *canvas);

/* Draws a frame of width × height pixels, `scale` of them per logical px. */
enum weft_status weft_canvas_draw(struct weft_canvas *canvas, struct weft_app *app,
                                  uint32_t *pixels, int width, int height, size_t stride,
                                  float scale, struct weft_error *error);

#endif
