/*
 * Pictures of what an app shows, as PNG files.
 * Threads: the main thread.
 */
#ifndef WEFT_VIEWER_SDL_PICTURE_H
#define WEFT_VIEWER_SDL_PICTURE_H

#include "viewer/sdl/canvas.h"

/*
 * Draws a frame and saves it in the current folder as weft-1.png, or the next number that is free;
 * *path gets the name.
 * Status: WEFT_ERR_WRITE, WEFT_ERR_MEMORY.
 */
enum weft_status weft_picture_save(struct weft_canvas *canvas, struct weft_app *app, int width,
                                   int height, float scale, char *path, size_t room,
                                   struct weft_error *error);

#endif
