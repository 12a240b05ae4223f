#include "viewer/sdl/raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Farther out nothing is visible; it keeps conversions to int defined for any float. */
#define FAR_PX 1.0e6f

enum { SUB_ROWS = 16, HATCH_PERIOD_MAX = 256 };

static float within(float value, float low, float high)
{
    return value > low ? (value < high ? value : high) : low; /* a NaN becomes low */
}

static int round_px(float value)
{
    return (int)floorf(within(value, -FAR_PX, FAR_PX) + 0.5f);
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static struct weft_raster_box meet(struct weft_raster_box a, struct weft_raster_box b)
{
    return (struct weft_raster_box){max_int(a.x0, b.x0), max_int(a.y0, b.y0), min_int(a.x1, b.x1),
                                    min_int(a.y1, b.y1)};
}

static bool is_empty(struct weft_raster_box box)
{
    return box.x0 >= box.x1 || box.y0 >= box.y1;
}

static uint32_t opaque(struct weft_color color)
{
    return 0xff000000u | (uint32_t)color.r << 16 | (uint32_t)color.g << 8 | color.b;
}

/* x / 255, rounded, for x ≤ 255 * 255. */
static uint32_t by_255(uint32_t x)
{
    x += 128;
    return (x + (x >> 8)) >> 8;
}

static uint32_t blend(uint32_t under, uint32_t over, uint32_t alpha)
{
    const uint32_t rest = 255 - alpha;
    const uint32_t r = by_255((over >> 16 & 255) * alpha + (under >> 16 & 255) * rest);
    const uint32_t g = by_255((over >> 8 & 255) * alpha + (under >> 8 & 255) * rest);
    const uint32_t b = by_255((over & 255) * alpha + (under & 255) * rest);

    return 0xff000000u | r << 16 | g << 8 | b;
}

static uint32_t *row_at(const struct weft_raster *raster, int y)
{
    return raster->pixels + (size_t)y * raster->stride;
}

static void blend_run(uint32_t *at, int count, uint32_t over, uint32_t alpha)
{
    for (int i = 0; i < count; i++) {
        at[i] = blend(at[i], over, alpha);
    }
}

/* Fills box, which lies inside the clip. */
static void fill(struct weft_raster *raster, struct weft_raster_box box, struct weft_color color)
{
    const int width = box.x1 - box.x0;
    const uint32_t over = opaque(color);

    if (is_empty(box) || color.a == 0) {
        return;
    }
    if (color.a < 255) {
        for (int y = box.y0; y < box.y1; y++) {
            blend_run(row_at(raster, y) + box.x0, width, over, color.a);
        }
        return;
    }
    uint32_t *first = row_at(raster, box.y0) + box.x0;
    for (int x = 0; x < width; x++) {
        first[x] = over;
    }
    for (int y = box.y0 + 1; y < box.y1; y++) {
        memcpy(row_at(raster, y) + box.x0, first, (size_t)width * sizeof *first);
    }
}

/* Paints one pixel, which lies inside the clip, with a coverage of 0 … 1. */
static void dab(struct weft_raster *raster, int x, int y, struct weft_color color, float coverage)
{
    const uint32_t alpha = (uint32_t)(within(coverage, 0, 1) * (float)color.a + 0.5f);

    if (alpha > 0) {
        uint32_t *at = row_at(raster, y) + x;
        *at = blend(*at, opaque(color), alpha);
    }
}

void weft_raster_init(struct weft_raster *raster)
{
    *raster = (struct weft_raster){.scale = 1};
}

void weft_raster_done(struct weft_raster *raster)
{
    free(raster->mask);
    free(raster->runs);
    free(raster->row);
    weft_raster_init(raster);
}

void weft_raster_target(struct weft_raster *raster, uint32_t *pixels, int width, int height,
                        size_t stride, float scale)
{
    raster->pixels = pixels;
    raster->width = width;
    raster->height = height;
    raster->stride = stride;
    raster->scale = scale;
    raster->clip = (struct weft_raster_box){0, 0, width, height};
}

/* Room for a whole picture's mask, its runs and one row; false when there is no memory. */
static bool reserve(struct weft_raster *raster)
{
    const size_t area = (size_t)raster->width * (size_t)raster->height;
    const size_t rows = (size_t)max_int(raster->width, raster->height);

    if (raster->mask_room < area) {
        free(raster->mask);
        raster->mask = calloc(area, 1);
        raster->mask_room = raster->mask != NULL ? area : 0;
    }
    if (raster->rows_room < rows) {
        free(raster->runs);
        free(raster->row);
        raster->runs = malloc(rows * sizeof *raster->runs);
        raster->row = malloc(rows * sizeof *raster->row);
        raster->rows_room = raster->runs != NULL && raster->row != NULL ? rows : 0;
    }
    if (raster->mask_room < area || raster->rows_room < rows) {
        raster->failed = true;
        return false;
    }
    return true;
}

struct weft_raster_box weft_raster_snap(const struct weft_raster *raster, struct weft_rect rect)
{
    struct weft_raster_box box = {
        round_px(rect.x * raster->scale),
        round_px(rect.y * raster->scale),
        round_px((rect.x + rect.w) * raster->scale),
        round_px((rect.y + rect.h) * raster->scale),
    };

    if (!(rect.w > 0 && rect.h > 0)) {
        return (struct weft_raster_box){0, 0, 0, 0};
    }
    box.x1 = max_int(box.x1, box.x0 + 1);
    box.y1 = max_int(box.y1, box.y0 + 1);
    return box;
}

void weft_raster_clip(struct weft_raster *raster, struct weft_rect rect)
{
    const struct weft_raster_box all = {0, 0, raster->width, raster->height};

    raster->clip = rect.w > 0 && rect.h > 0 ? meet(weft_raster_snap(raster, rect), all) : all;
}

/* A box with round corners, as a question: how much of a pixel does it cover? */
struct rounded {
    struct weft_raster_box box;
    float radius; /* device pixels, at most half of the shorter side */
};

static struct rounded rounded_box(struct weft_raster_box box, float radius)
{
    const int shorter = max_int(min_int(box.x1 - box.x0, box.y1 - box.y0), 0);

    return (struct rounded){box, within(radius, 0, 0.5f * (float)shorter)};
}

static float coverage_at(const struct rounded *shape, int x, int y)
{
    const float px = (float)x + 0.5f, py = (float)y + 0.5f;
    const struct weft_raster_box *b = &shape->box;

    if (x < b->x0 || x >= b->x1 || y < b->y0 || y >= b->y1) {
        return 0;
    }
    const float dx =
        fmaxf(fmaxf((float)b->x0 + shape->radius - px, px - (float)b->x1 + shape->radius), 0);
    const float dy =
        fmaxf(fmaxf((float)b->y0 + shape->radius - py, py - (float)b->y1 + shape->radius), 0);
    if (dx == 0 || dy == 0) {
        return 1;
    }
    return within(shape->radius + 0.5f - sqrtf(dx * dx + dy * dy), 0, 1);
}

/* Rows from the top or bottom, and columns from the sides, that a corner reaches. */
static int corner_px(const struct rounded *shape)
{
    return (int)ceilf(shape->radius);
}

/* All corners of a radius are the same, and a picture has thousands of few radii: that of the last
 * one is kept, seen from its box's edges. */
static const float *corner_table(struct weft_raster *raster, float radius)
{
    const int corner = (int)ceilf(radius);
    const struct rounded shape = {{0, 0, 4 * WEFT_RASTER_CORNER_MAX, 4 * WEFT_RASTER_CORNER_MAX},
                                  radius};

    if (corner > WEFT_RASTER_CORNER_MAX) {
        return NULL;
    }
    if (raster->corner_radius < radius || raster->corner_radius > radius) {
        raster->corner_radius = radius;
        for (int i = 0; i < corner * corner; i++) {
            raster->corner[i] = coverage_at(&shape, i % corner, i / corner);
        }
    }
    return raster->corner;
}

static float corner_at(const struct rounded *shape, const float *table, int x, int y)
{
    const struct weft_raster_box *box = &shape->box;
    const int dx = min_int(x - box->x0, box->x1 - 1 - x);
    const int dy = min_int(y - box->y0, box->y1 - 1 - y);

    return table != NULL ? table[dy * corner_px(shape) + dx] : coverage_at(shape, x, y);
}

void weft_raster_rect(struct weft_raster *raster, struct weft_rect rect, float radius,
                      struct weft_color color)
{
    const struct rounded shape =
        rounded_box(weft_raster_snap(raster, rect), radius * raster->scale);
    const struct weft_raster_box box = shape.box;
    const struct weft_raster_box seen = meet(box, raster->clip);
    const int corner = corner_px(&shape);

    if (is_empty(seen) || color.a == 0) {
        return;
    }
    if (corner == 0) {
        fill(raster, seen, color);
        return;
    }
    const float *table = corner_table(raster, shape.radius);
    fill(raster,
         meet(seen, (struct weft_raster_box){box.x0, box.y0 + corner, box.x1, box.y1 - corner}),
         color);
    for (int y = seen.y0; y < seen.y1; y++) {
        if (y >= box.y0 + corner && y < box.y1 - corner) {
            y = min_int(box.y1 - corner, seen.y1) - 1;
            continue;
        }
        fill(raster,
             meet(seen, (struct weft_raster_box){box.x0 + corner, y, box.x1 - corner, y + 1}),
             color);
        for (int x = seen.x0; x < min_int(box.x0 + corner, seen.x1); x++) {
            dab(raster, x, y, color, corner_at(&shape, table, x, y));
        }
        for (int x = max_int(max_int(box.x1 - corner, box.x0 + corner), seen.x0); x < seen.x1;
             x++) {
            dab(raster, x, y, color, corner_at(&shape, table, x, y));
        }
    }
}

void weft_raster_frame(struct weft_raster *raster, struct weft_rect rect, float radius, float width,
                       struct weft_color color)
{
    const struct rounded outer =
        rounded_box(weft_raster_snap(raster, rect), radius * raster->scale);
    const struct weft_raster_box box = outer.box;
    const int edge = max_int(round_px(width * raster->scale), 1);
    const struct rounded inner = rounded_box(
        (struct weft_raster_box){box.x0 + edge, box.y0 + edge, box.x1 - edge, box.y1 - edge},
        fmaxf(outer.radius - (float)edge, 0));
    const struct weft_raster_box seen = meet(box, raster->clip);
    const int corner = max_int(corner_px(&outer), edge);

    if (is_empty(seen) || !(width > 0)) {
        return;
    }
    for (int y = seen.y0; y < seen.y1; y++) {
        const bool at_side = y >= box.y0 + corner && y < box.y1 - corner;
        const bool at_edge = y < box.y0 + edge || y >= box.y1 - edge;
        const int reach = at_side ? edge : corner;
        const int left = min_int(box.x0 + reach, box.x1), right = max_int(box.x1 - reach, left);
        if (at_edge) {
            fill(raster, meet(seen, (struct weft_raster_box){left, y, right, y + 1}), color);
        }
        for (int x = seen.x0; x < min_int(left, seen.x1); x++) {
            dab(raster, x, y, color, coverage_at(&outer, x, y) - coverage_at(&inner, x, y));
        }
        for (int x = max_int(right, seen.x0); x < seen.x1; x++) {
            dab(raster, x, y, color, coverage_at(&outer, x, y) - coverage_at(&inner, x, y));
        }
    }
}

/*
 * Stripes at 45°: a pixel's coverage depends on x + y alone, with a whole period, so one table
 * serves all.  They are tied to the picture's corner, not the rect's: stripes of neighbours meet.
 */
static int hatch_table(float stripe_px, uint8_t alpha, uint8_t table[HATCH_PERIOD_MAX])
{
    enum { STEPS = 8 };
    const int period = (int)within(stripe_px * 2 * sqrtf(2) + 0.5f, 2, HATCH_PERIOD_MAX);

    for (int i = 0; i < period; i++) {
        int inside = 0;
        for (int sub = 0; sub < STEPS * STEPS; sub++) {
            const float at =
                (float)i + ((float)(sub % STEPS) + (float)(sub / STEPS) + 1) / (float)STEPS;
            inside += fmodf(at, (float)period) < (float)period * 0.5f;
        }
        table[i] = (uint8_t)((inside * alpha + STEPS * STEPS / 2) / (STEPS * STEPS));
    }
    return period;
}

void weft_raster_hatch(struct weft_raster *raster, struct weft_rect rect, float width,
                       struct weft_color color)
{
    const struct weft_raster_box seen = meet(weft_raster_snap(raster, rect), raster->clip);
    uint8_t table[HATCH_PERIOD_MAX] = {0};
    const int period = hatch_table(width * raster->scale, color.a, table);
    const uint32_t over = opaque(color);

    for (int y = seen.y0; y < seen.y1; y++) {
        uint32_t *row = row_at(raster, y);
        int phase = (seen.x0 + y) % period;
        for (int x = seen.x0; x < seen.x1; x++) {
            if (table[phase] > 0) {
                row[x] = blend(row[x], over, table[phase]);
            }
            phase = phase + 1 < period ? phase + 1 : 0;
        }
    }
}

/* Lines ─────────────────────────────────────────────────────────────────────────────────────── */

static struct weft_point_px to_device(const struct weft_raster *raster, struct weft_point_px point)
{
    return (struct weft_point_px){within(point.x * raster->scale, -FAR_PX, FAR_PX),
                                  within(point.y * raster->scale, -FAR_PX, FAR_PX)};
}

/* A level or upright line is a bar: crisp, where anti-aliasing would smear it over two pixels. */
static bool straight(struct weft_raster *raster, struct weft_point_px a, struct weft_point_px b,
                     float width, struct weft_color color)
{
    const int thick = max_int(round_px(width), 1);
    struct weft_raster_box box;

    if (a.x == b.x) {
        box.x0 = round_px(a.x - (float)thick * 0.5f);
        box.x1 = box.x0 + thick;
        box.y0 = round_px(fminf(a.y, b.y));
        box.y1 = round_px(fmaxf(a.y, b.y));
    } else if (a.y == b.y) {
        box.y0 = round_px(a.y - (float)thick * 0.5f);
        box.y1 = box.y0 + thick;
        box.x0 = round_px(fminf(a.x, b.x));
        box.x1 = round_px(fmaxf(a.x, b.x));
    } else {
        return false;
    }
    fill(raster, meet(box, raster->clip), color);
    return true;
}

static float distance_to(struct weft_point_px a, struct weft_point_px b, float x, float y)
{
    const float dx = b.x - a.x, dy = b.y - a.y;
    const float length2 = dx * dx + dy * dy;
    const float along = length2 > 0 ? within(((x - a.x) * dx + (y - a.y) * dy) / length2, 0, 1) : 0;

    return hypotf(x - (a.x + along * dx), y - (a.y + along * dy));
}

/* The x range of the part of a–b that lies within `reach` of height y; false when none does. */
static bool x_range(struct weft_point_px a, struct weft_point_px b, float y, float reach,
                    float *low, float *high)
{
    float from = 0, to = 1;

    if (fabsf(b.y - a.y) > 1e-6f) {
        const float t0 = (y - reach - a.y) / (b.y - a.y), t1 = (y + reach - a.y) / (b.y - a.y);
        from = fmaxf(from, fminf(t0, t1));
        to = fminf(to, fmaxf(t0, t1));
    } else if (fabsf(y - a.y) > reach) {
        return false;
    }
    if (from > to) {
        return false;
    }
    const float x0 = a.x + from * (b.x - a.x), x1 = a.x + to * (b.x - a.x);
    *low = fminf(x0, x1) - reach;
    *high = fmaxf(x0, x1) + reach;
    return true;
}

/* Adds one segment with round ends to the mask; the larger coverage stays, so joints are even. */
static void mask_segment(struct weft_raster *raster, struct weft_point_px a, struct weft_point_px b,
                         float half, float strength)
{
    const struct weft_raster_box *clip = &raster->clip;
    const float reach = half + 1;
    const int y0 = max_int((int)floorf(fminf(a.y, b.y) - reach), clip->y0);
    const int y1 = min_int((int)ceilf(fmaxf(a.y, b.y) + reach), clip->y1);

    for (int y = y0; y < y1; y++) {
        float low, high;
        if (!x_range(a, b, (float)y + 0.5f, reach, &low, &high)) {
            continue;
        }
        const int x0 = max_int((int)floorf(low), clip->x0),
                  x1 = min_int((int)ceilf(high), clip->x1);
        uint8_t *mask = raster->mask + (size_t)y * (size_t)raster->width;
        for (int x = x0; x < x1; x++) {
            const float far = distance_to(a, b, (float)x + 0.5f, (float)y + 0.5f);
            const uint8_t cover = (uint8_t)(within(half + 0.5f - far, 0, 1) * strength + 0.5f);
            mask[x] = cover > mask[x] ? cover : mask[x];
        }
        if (x0 < x1) {
            raster->runs[y].lo = min_int(raster->runs[y].lo, x0);
            raster->runs[y].hi = max_int(raster->runs[y].hi, x1);
        }
    }
}

static void paint_mask(struct weft_raster *raster, struct weft_color color)
{
    const uint32_t over = opaque(color);

    for (int y = raster->clip.y0; y < raster->clip.y1; y++) {
        const struct weft_raster_run run = raster->runs[y];
        uint8_t *mask = raster->mask + (size_t)y * (size_t)raster->width;
        uint32_t *row = row_at(raster, y);
        for (int x = run.lo; x < run.hi; x++) {
            if (mask[x] > 0) {
                row[x] = blend(row[x], over, by_255((uint32_t)mask[x] * color.a));
            }
        }
        if (run.lo < run.hi) {
            memset(mask + run.lo, 0, (size_t)(run.hi - run.lo));
        }
    }
}

void weft_raster_line(struct weft_raster *raster, const struct weft_point_px *points,
                      uint32_t count, float width, struct weft_color color)
{
    const float thick = within(width * raster->scale, 0, FAR_PX);
    const float half = fmaxf(thick, 1) * 0.5f;
    const float strength = fminf(thick, 1) * 255; /* thinner than a pixel: fainter */

    if (count < 2 || !(thick > 0) || color.a == 0 || is_empty(raster->clip)) {
        return;
    }
    if (count == 2 && straight(raster, to_device(raster, points[0]), to_device(raster, points[1]),
                               thick, color)) {
        return;
    }
    if (!reserve(raster)) {
        return;
    }
    for (int y = raster->clip.y0; y < raster->clip.y1; y++) {
        raster->runs[y] = (struct weft_raster_run){raster->width, 0};
    }
    for (uint32_t i = 0; i + 1 < count; i++) {
        mask_segment(raster, to_device(raster, points[i]), to_device(raster, points[i + 1]), half,
                     strength);
    }
    paint_mask(raster, color);
}

/* Polygons ──────────────────────────────────────────────────────────────────────────────────── */

/* Where the height y crosses a convex polygon: from the left edge to the right one. */
static bool crossing(const struct weft_raster *raster, const struct weft_point_px *points,
                     uint32_t count, float y, float *left, float *right)
{
    *left = FAR_PX;
    *right = -FAR_PX;
    for (uint32_t i = 0; i < count; i++) {
        const struct weft_point_px a = to_device(raster, points[i]);
        const struct weft_point_px b = to_device(raster, points[(i + 1) % count]);
        if ((a.y <= y) != (b.y <= y)) {
            const float x = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
            *left = fminf(*left, x);
            *right = fmaxf(*right, x);
        }
    }
    return *left < *right;
}

/* How much of the pixel x lies between left and right. */
static float overlap(int x, float left, float right)
{
    return fmaxf(fminf(right, (float)x + 1) - fmaxf(left, (float)x), 0);
}

void weft_raster_polygon(struct weft_raster *raster, const struct weft_point_px *points,
                         uint32_t count, struct weft_color color)
{
    float top = FAR_PX, bottom = -FAR_PX;

    for (uint32_t i = 0; i < count; i++) {
        const struct weft_point_px at = to_device(raster, points[i]);
        top = fminf(top, at.y);
        bottom = fmaxf(bottom, at.y);
    }
    const int y1 = min_int((int)ceilf(bottom), raster->clip.y1);
    for (int y = max_int((int)floorf(top), raster->clip.y0); y < y1; y++) {
        float left[SUB_ROWS], right[SUB_ROWS], low = FAR_PX, high = -FAR_PX;
        int subs = 0;
        for (int i = 0; i < SUB_ROWS; i++) {
            const float at = (float)y + ((float)i + 0.5f) / SUB_ROWS;
            if (crossing(raster, points, count, at, &left[subs], &right[subs])) {
                low = fminf(low, left[subs]);
                high = fmaxf(high, right[subs]);
                subs++;
            }
        }
        const int x1 = min_int((int)ceilf(high), raster->clip.x1);
        for (int x = max_int((int)floorf(low), raster->clip.x0); x < x1; x++) {
            float cover = 0;
            for (int i = 0; i < subs; i++) {
                cover += overlap(x, left[i], right[i]);
            }
            dab(raster, x, y, color, cover / SUB_ROWS);
        }
    }
}

/* Rows of colours, and masks ────────────────────────────────────────────────────────────────── */

/* What lies over what: all of it, what is not clear, or a mixture. */
enum row_kind { ROW_OPAQUE, ROW_CUT, ROW_BLENDED };

static enum row_kind kind_of(const uint32_t *row, int count)
{
    bool all = true, cut = true;

    for (int x = 0; x < count; x++) {
        const uint32_t alpha = row[x] >> 24;
        all &= alpha == 255;
        cut &= alpha == 255 || alpha == 0;
    }
    return all ? ROW_OPAQUE : cut ? ROW_CUT : ROW_BLENDED;
}

static void lay_row(uint32_t *under, const uint32_t *over, int count, enum row_kind kind)
{
    if (kind == ROW_OPAQUE) {
        memcpy(under, over, (size_t)count * sizeof *under);
    } else if (kind == ROW_CUT) {
        for (int x = 0; x < count; x++) { /* no branch: short runs would mislead it */
            under[x] = over[x] >> 24 != 0 ? over[x] : under[x];
        }
    } else {
        for (int x = 0; x < count; x++) {
            under[x] = blend(under[x], over[x], over[x] >> 24);
        }
    }
}

static uint32_t with_alpha(struct weft_color color)
{
    return (uint32_t)color.a << 24 | (uint32_t)color.r << 16 | (uint32_t)color.g << 8 | color.b;
}

void weft_raster_row(struct weft_raster *raster, struct weft_rect rect,
                     const struct weft_color *pixels, uint32_t count)
{
    const struct weft_raster_box box = weft_raster_snap(raster, rect);
    const struct weft_raster_box seen = meet(box, raster->clip);
    const bool scaled = raster->scale < 1 || raster->scale > 1;

    if (is_empty(seen) || count == 0 || !reserve(raster)) {
        return;
    }
    for (int x = seen.x0; x < seen.x1; x++) {
        const uint32_t i = scaled ? (uint32_t)(((float)(x - box.x0) + 0.5f) / raster->scale)
                                  : (uint32_t)(x - box.x0);
        raster->row[x - seen.x0] = with_alpha(pixels[i < count ? i : count - 1]);
    }
    const enum row_kind kind = kind_of(raster->row, seen.x1 - seen.x0);
    for (int y = seen.y0; y < seen.y1; y++) {
        lay_row(row_at(raster, y) + seen.x0, raster->row, seen.x1 - seen.x0, kind);
    }
}

void weft_raster_mask(struct weft_raster *raster, const uint8_t *coverage, int width, int height,
                      int x, int y, struct weft_raster_box box, struct weft_color color)
{
    const struct weft_raster_box whole = {x, y, x + width, y + height};
    const struct weft_raster_box seen = meet(meet(whole, box), raster->clip);
    const uint32_t over = opaque(color);

    for (int at_y = seen.y0; at_y < seen.y1; at_y++) {
        const uint8_t *mask = coverage + (size_t)(at_y - y) * (size_t)width;
        uint32_t *row = row_at(raster, at_y);
        for (int at_x = seen.x0; at_x < seen.x1; at_x++) {
            const uint32_t alpha = mask[at_x - x];
            if (alpha > 0) {
                row[at_x] = blend(row[at_x], over, by_255(alpha * color.a));
            }
        }
    }
}
