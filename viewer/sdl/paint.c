#include "viewer/sdl/paint.h"

#include <math.h>
#include <string.h>

/* The baseline below the top of a line box, in parts of the font's size: Inter's own ascent. */
#define BASELINE 0.96875f

/* Marks of tall characters (Ế) and tails may stand out of a text's box by this part of its size. */
#define OVERHANG 0.25f

enum weft_status weft_paint_init(struct weft_paint *paint, struct weft_error *error)
{
    struct weft_text *text;
    const enum weft_status status = weft_text_new(&text, error);

    if (status == WEFT_OK) {
        weft_raster_init(&paint->raster);
        paint->text = text;
    }
    return status;
}

void weft_paint_done(struct weft_paint *paint)
{
    weft_raster_done(&paint->raster);
    weft_text_free(paint->text);
    paint->text = NULL;
}

void weft_paint_target(struct weft_paint *paint, uint32_t *pixels, int width, int height,
                       size_t stride, float scale)
{
    weft_raster_target(&paint->raster, pixels, width, height, stride, scale);
    weft_text_scale(paint->text, scale);
}

static void paint_text(struct weft_paint *paint, const struct weft_draw_item *item)
{
    const float scale = paint->raster.scale;
    const float over = item->size * OVERHANG;
    const struct weft_rect box = {item->rect.x, item->rect.y - over, item->rect.w,
                                  item->rect.h + 2 * over};
    const struct weft_raster_box seen = weft_raster_snap(&paint->raster, box);
    const struct weft_raster_box *clip = &paint->raster.clip;

    if (seen.x1 <= clip->x0 || seen.x0 >= clip->x1 || seen.y1 <= clip->y0 || seen.y0 >= clip->y1) {
        return; /* out of sight: not worth a label */
    }
    const struct weft_text_label label =
        weft_text_label(paint->text, item->font, item->size, item->text, strlen(item->text));
    if (label.coverage != NULL) {
        const int baseline = (int)floorf((item->rect.y + item->size * BASELINE) * scale + 0.5f);
        weft_raster_mask(&paint->raster, label.coverage, label.width, label.height, seen.x0,
                         baseline - label.ascent, seen, item->color);
    }
}

static void paint_item(struct weft_paint *paint, const struct weft_draw_item *item)
{
    struct weft_raster *raster = &paint->raster;

    switch (item->kind) {
    case WEFT_DRAW_RECT:
        weft_raster_rect(raster, item->rect, item->radius, item->color);
        break;
    case WEFT_DRAW_FRAME:
        weft_raster_frame(raster, item->rect, item->radius, item->width, item->color);
        break;
    case WEFT_DRAW_HATCH:
        weft_raster_hatch(raster, item->rect, item->width, item->color);
        break;
    case WEFT_DRAW_TEXT:
        paint_text(paint, item);
        break;
    case WEFT_DRAW_LINE:
        weft_raster_line(raster, item->points, item->count, item->width, item->color);
        break;
    case WEFT_DRAW_POLYGON:
        weft_raster_polygon(raster, item->points, item->count, item->color);
        break;
    case WEFT_DRAW_CLIP:
        weft_raster_clip(raster, item->rect);
        break;
    case WEFT_DRAW_PIXELS:
        weft_raster_row(raster, item->rect, item->pixels, item->count);
        break;
    }
}

/* Whether an item hides all that was there before: then the target need not be cleared. */
static bool covers(const struct weft_raster *raster, const struct weft_draw_item *item)
{
    const struct weft_raster_box box = weft_raster_snap(raster, item->rect);

    return item->kind == WEFT_DRAW_RECT && item->radius == 0 && item->color.a == 255 &&
           box.x0 <= 0 && box.y0 <= 0 && box.x1 >= raster->width && box.y1 >= raster->height;
}

bool weft_paint_list(struct weft_paint *paint, const struct weft_draw_list *list)
{
    struct weft_raster *raster = &paint->raster;

    raster->failed = false;
    weft_raster_clip(raster, (struct weft_rect){0, 0, 0, 0});
    if (list->count == 0 || !covers(raster, &list->at[0])) {
        const float side = 1e6f;
        weft_raster_rect(raster, (struct weft_rect){0, 0, side, side}, 0,
                         (struct weft_color){0, 0, 0, 255});
    }
    for (size_t i = 0; i < list->count; i++) {
        paint_item(paint, &list->at[i]);
    }
    return !raster->failed && !list->failed;
}
