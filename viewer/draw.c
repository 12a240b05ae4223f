#include "viewer/draw.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void weft_draw_init(struct weft_draw_list *list)
{
    *list = (struct weft_draw_list){0};
    weft_arena_init(&list->arena);
}

void weft_draw_done(struct weft_draw_list *list)
{
    free(list->at);
    weft_arena_done(&list->arena);
    weft_draw_init(list);
}

void weft_draw_reset(struct weft_draw_list *list)
{
    /* A reset arena keeps its newest block only.  One block as large as the last frame was serves
     * the next frames without another malloc. */
    const size_t frame_bytes = list->arena.total_bytes;

    weft_arena_reset(&list->arena);
    if (frame_bytes > list->kept_bytes) {
        weft_arena_done(&list->arena);
        list->kept_bytes = weft_arena_get(&list->arena, frame_bytes * 2) ? frame_bytes * 2 : 0;
        weft_arena_reset(&list->arena);
    }
    list->arena.total_bytes = 0;
    list->count = 0;
    list->failed = false;
}

static struct weft_draw_item *push(struct weft_draw_list *list, enum weft_draw_kind kind,
                                   struct weft_rect rect, struct weft_color color)
{
    if (!weft_vec_push(list, (struct weft_draw_item){.kind = kind, .rect = rect, .color = color})) {
        list->failed = true;
        return NULL;
    }
    return &list->at[list->count - 1];
}

void weft_draw_rect(struct weft_draw_list *list, struct weft_rect rect, float radius,
                    struct weft_color color)
{
    struct weft_draw_item *item = push(list, WEFT_DRAW_RECT, rect, color);

    if (item != NULL) {
        item->radius = radius;
    }
}

void weft_draw_frame(struct weft_draw_list *list, struct weft_rect rect, float radius, float width,
                     struct weft_color color)
{
    struct weft_draw_item *item = push(list, WEFT_DRAW_FRAME, rect, color);

    if (item != NULL) {
        item->radius = radius;
        item->width = width;
    }
}

void weft_draw_hatch(struct weft_draw_list *list, struct weft_rect rect, float width,
                     struct weft_color color)
{
    struct weft_draw_item *item = push(list, WEFT_DRAW_HATCH, rect, color);

    if (item != NULL) {
        item->width = width;
    }
}

void weft_draw_text(struct weft_draw_list *list, struct weft_rect box, enum weft_font font,
                    float size, struct weft_color color, const char *text)
{
    const char *copy = weft_arena_copy(&list->arena, text, strlen(text));
    struct weft_draw_item *item = copy != NULL ? push(list, WEFT_DRAW_TEXT, box, color) : NULL;

    if (item == NULL) {
        list->failed = true;
        return;
    }
    item->font = font;
    item->size = size;
    item->text = copy;
}

static void *keep(struct weft_draw_list *list, const void *bytes, size_t len)
{
    void *copy = weft_arena_get(&list->arena, len);

    if (copy == NULL) {
        list->failed = true;
        return NULL;
    }
    return memcpy(copy, bytes, len);
}

/* Points are kept first, so that an item never lacks them. */
static void push_points(struct weft_draw_list *list, enum weft_draw_kind kind,
                        const struct weft_point_px *points, uint32_t count, float width,
                        struct weft_color color)
{
    const struct weft_point_px *copy =
        count > 0 ? keep(list, points, count * sizeof *points) : NULL;
    struct weft_draw_item *item =
        copy != NULL ? push(list, kind, (struct weft_rect){0}, color) : NULL;

    if (item == NULL) {
        return;
    }
    float left = copy[0].x, right = left, top = copy[0].y, bottom = top;
    for (uint32_t i = 1; i < count; i++) {
        left = copy[i].x < left ? copy[i].x : left;
        right = copy[i].x > right ? copy[i].x : right;
        top = copy[i].y < top ? copy[i].y : top;
        bottom = copy[i].y > bottom ? copy[i].y : bottom;
    }
    item->rect = (struct weft_rect){left, top, right - left, bottom - top};
    item->points = copy;
    item->count = count;
    item->width = width;
}

void weft_draw_line(struct weft_draw_list *list, const struct weft_point_px *points, uint32_t count,
                    float width, struct weft_color color)
{
    push_points(list, WEFT_DRAW_LINE, points, count, width, color);
}

void weft_draw_polygon(struct weft_draw_list *list, const struct weft_point_px *points,
                       uint32_t count, struct weft_color color)
{
    push_points(list, WEFT_DRAW_POLYGON, points, count, 0, color);
}

void weft_draw_clip(struct weft_draw_list *list, struct weft_rect rect)
{
    push(list, WEFT_DRAW_CLIP, rect, (struct weft_color){0});
}

struct weft_color *weft_draw_pixels(struct weft_draw_list *list, struct weft_rect rect,
                                    uint32_t count)
{
    struct weft_color *pixels = weft_arena_get(&list->arena, count * sizeof *pixels);
    struct weft_draw_item *item =
        pixels != NULL ? push(list, WEFT_DRAW_PIXELS, rect, (struct weft_color){0}) : NULL;

    if (item == NULL) {
        list->failed = true;
        return NULL;
    }
    item->pixels = pixels;
    item->count = count;
    return pixels;
}

/* Points belong to an item whose rect tells their bounds, so both are moved. */
static bool copy_item(struct weft_draw_list *list, struct weft_draw_item *item, float y)
{
    if (item->text != NULL) {
        item->text = weft_arena_copy(&list->arena, item->text, strlen(item->text));
    }
    if (item->pixels != NULL) {
        item->pixels = keep(list, item->pixels, item->count * sizeof *item->pixels);
    }
    if (item->points != NULL) {
        struct weft_point_px *points = keep(list, item->points, item->count * sizeof *points);
        for (uint32_t i = 0; points != NULL && i < item->count; i++) {
            points[i].y += y;
        }
        item->points = points;
    }
    item->rect.y += y;
    return !list->failed && (item->kind != WEFT_DRAW_TEXT || item->text != NULL);
}

void weft_draw_append(struct weft_draw_list *list, const struct weft_draw_list *other, float y)
{
    weft_draw_clip(list, (struct weft_rect){0});
    for (size_t i = 0; i < other->count; i++) {
        struct weft_draw_item item = other->at[i];
        if (!copy_item(list, &item, y) || !weft_vec_push(list, item)) {
            list->failed = true;
            return;
        }
    }
}
