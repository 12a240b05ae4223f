/*
 * The rasteriser: shapes into a buffer of 32-bit pixels (0xffRRGGBB), by the processor.
 *
 * Coordinates are the draw list's logical px; `scale` turns them into device pixels.  Edges of
 * rectangles snap to device pixels, so bars and hairlines stay crisp at any scale, and what has
 * a size never vanishes: it covers one device pixel at least.  Curves are anti-aliased.
 *
 * Opaque areas are built as one row and copied down: SDL_FillRect and its kin use stores past the
 * cache that cost 4–21 µs for a bar of usual size (docs: loading and drawing, measured).
 * Knows nothing of SDL, so that tests look at exact pixels without a window.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SDL_RASTER_H
#define WEFT_VIEWER_SDL_RASTER_H

#include "viewer/draw.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_RASTER_CORNER_MAX = 8 };

struct weft_raster_box {
    int x0, y0, x1, y1; /* device pixels, half-open */
};

struct weft_raster {
    uint32_t *pixels; /* the caller's */
    int width, height;
    size_t stride; /* pixels from one row to the next */
    float scale;
    struct weft_raster_box clip;
    uint8_t *mask; /* coverage under a polyline: width × height, all zero between calls */
    size_t mask_room;
    struct weft_raster_run {
        int lo, hi;
    } * runs; /* the touched part of each row of mask */
    uint32_t *row;
    size_t rows_room;
    float corner_radius; /* of the round corner whose coverage is kept, 0: none */
    float corner[WEFT_RASTER_CORNER_MAX * WEFT_RASTER_CORNER_MAX];
    bool failed; /* no memory: something was left out */
};

void weft_raster_init(struct weft_raster *raster);
void weft_raster_done(struct weft_raster *raster);

/* Where to draw from now on; ends clipping. */
void weft_raster_target(struct weft_raster *raster, uint32_t *pixels, int width, int height,
                        size_t stride, float scale);

/* An empty rect ends clipping. */
void weft_raster_clip(struct weft_raster *raster, struct weft_rect rect);

/* The device pixels of a rect, before clipping; empty for an empty rect. */
struct weft_raster_box weft_raster_snap(const struct weft_raster *raster, struct weft_rect rect);

void weft_raster_rect(struct weft_raster *raster, struct weft_rect rect, float radius,
                      struct weft_color color);
void weft_raster_frame(struct weft_raster *raster, struct weft_rect rect, float radius, float width,
                       struct weft_color color);
void weft_raster_hatch(struct weft_raster *raster, struct weft_rect rect, float width,
                       struct weft_color color);
void weft_raster_line(struct weft_raster *raster, const struct weft_point_px *points,
                      uint32_t count, float width, struct weft_color color);
void weft_raster_polygon(struct weft_raster *raster, const struct weft_point_px *points,
                         uint32_t count, struct weft_color color);
void weft_raster_row(struct weft_raster *raster, struct weft_rect rect,
                     const struct weft_color *pixels, uint32_t count);

/*
 * A mask of coverage (width × height bytes, a row after the other) painted in color with its left
 * upper corner at device pixel x, y, inside `box` and the clip.
 */
void weft_raster_mask(struct weft_raster *raster, const uint8_t *coverage, int width, int height,
                      int x, int y, struct weft_raster_box box, struct weft_color color);

#endif
