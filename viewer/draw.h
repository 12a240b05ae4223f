/*
 * The draw list: what a picture consists of, as data.  Layout is pure: (const model, const view,
 * size) → draw list; only viewer/sdl turns a list into pixels.  So layout is tested without a
 * window, and a picture is the same in a window, under the dummy driver and in a PNG.
 *
 * Units are logical pixels with fractions; the backend multiplies by the scale.  Items are drawn
 * in order, later over earlier.  Text is UTF-8.  The list owns a copy of every text; it is reset
 * for each frame and allocates nothing once it has grown.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_DRAW_H
#define WEFT_VIEWER_DRAW_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_color {
    uint8_t r, g, b, a;
};

struct weft_rect {
    float x, y, w, h;
};

struct weft_point_px {
    float x, y;
};

enum weft_font { WEFT_FONT_SANS, WEFT_FONT_SANS_BOLD, WEFT_FONT_MONO, WEFT_FONT_MONO_BOLD };

enum weft_draw_kind {
    WEFT_DRAW_RECT,    /* rect, radius (0: square), color */
    WEFT_DRAW_FRAME,   /* outline of rect, radius, width inside its edge, color */
    WEFT_DRAW_HATCH,   /* diagonal stripes in rect: width of a stripe and of a gap, color */
    WEFT_DRAW_TEXT,    /* rect is the box that clips it; x = left edge, y = top of the line box */
    WEFT_DRAW_LINE,    /* polyline through points, width, color; anti-aliased */
    WEFT_DRAW_POLYGON, /* convex, filled, anti-aliased */
    WEFT_DRAW_CLIP,    /* what follows is clipped to rect; an empty rect ends clipping */
    WEFT_DRAW_PIXELS,  /* one row of colours, one per logical pixel, stretched over rect's height:
                          zoomed-out lanes */
};

struct weft_draw_item {
    enum weft_draw_kind kind;
    struct weft_rect rect;
    struct weft_color color;
    float radius;
    float width;
    enum weft_font font;
    float size;                         /* of the font, in px */
    const char *text;                   /* NUL-ended */
    const struct weft_point_px *points; /* LINE, POLYGON */
    const struct weft_color *pixels;    /* PIXELS */
    uint32_t count;                     /* of points or pixels */
};

struct weft_draw_list {
    struct weft_draw_item *at;
    size_t count, room;
    struct weft_arena arena;
    size_t kept_bytes; /* of the arena, from frame to frame */
    bool failed;       /* no memory: the picture is incomplete */
};

void weft_draw_init(struct weft_draw_list *list);
void weft_draw_done(struct weft_draw_list *list);
void weft_draw_reset(struct weft_draw_list *list);

void weft_draw_rect(struct weft_draw_list *list, struct weft_rect rect, float radius,
                    struct weft_color color);
void weft_draw_frame(struct weft_draw_list *list, struct weft_rect rect, float radius, float width,
                     struct weft_color color);
void weft_draw_hatch(struct weft_draw_list *list, struct weft_rect rect, float width,
                     struct weft_color color);
void weft_draw_text(struct weft_draw_list *list, struct weft_rect box, enum weft_font font,
                    float size, struct weft_color color, const char *text);
void weft_draw_line(struct weft_draw_list *list, const struct weft_point_px *points, uint32_t count,
                    float width, struct weft_color color);
void weft_draw_polygon(struct weft_draw_list *list, const struct weft_point_px *points,
                       uint32_t count, struct weft_color color);
void weft_draw_clip(struct weft_draw_list *list, struct weft_rect rect);

/* The pixels are the caller's to fill; they are clear.  NULL: no memory. */
struct weft_color *weft_draw_pixels(struct weft_draw_list *list, struct weft_rect rect,
                                    uint32_t count);

/* All of another list, moved down by y; its texts and points are copied. */
void weft_draw_append(struct weft_draw_list *list, const struct weft_draw_list *other, float y);

/* How wide a text is; supplied by the backend, a fake in tests. */
struct weft_measure {
    float (*width)(void *ctx, enum weft_font font, float size, const char *text, size_t len);
    void *ctx;
};

#endif
