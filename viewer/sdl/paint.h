/*
 * From a draw list to pixels: the rasteriser for shapes, the label cache for text.
 * The painter owns both.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SDL_PAINT_H
#define WEFT_VIEWER_SDL_PAINT_H

#include "base/status.h"
#include "viewer/draw.h"
#include "viewer/sdl/raster.h"
#include "viewer/sdl/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_paint {
    struct weft_raster raster;
    struct weft_text *text;
};

/* Status: as weft_text_new. */
enum weft_status weft_paint_init(struct weft_paint *paint, struct weft_error *error);
void weft_paint_done(struct weft_paint *paint);

/* Where frames go, before the layout that measures for them. */
void weft_paint_target(struct weft_paint *paint, uint32_t *pixels, int width, int height,
                       size_t stride, float scale);

/* Paints list over the target.  False when memory ran out and the picture is incomplete. */
bool weft_paint_list(struct weft_paint *paint, const struct weft_draw_list *list);

#endif
