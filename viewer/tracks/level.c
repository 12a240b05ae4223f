/*
 * A number over time: the depth of a queue, the value of a semaphore or a counter, as steps with
 * an area below.  Columns with many steps show their highest and their lowest value.
 */
#include "traces/analysis/sentences.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

#include <math.h>
#include <string.h>

enum { ITEM_BYTES = 30 }; /* of an item's name in a label */

struct scale {
    int64_t low, high;
    struct weft_rect rect; /* low at its foot, high at its top */
};

static struct scale scale_of(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_object *object = &frame->model->objects.at[lane->index];
    const struct weft_object_summary *sum = &frame->summary->objects.at[lane->index];
    const struct weft_rect rect = weft_track_rect(frame, lane);
    struct scale scale = {.low = sum->lowest, .high = sum->highest};

    if (object->family == WEFT_FAMILY_QUEUE && object->capacity > scale.high &&
        object->capacity <= 4 * (scale.high > 0 ? scale.high : 1)) {
        scale.high = object->capacity;
    }
    if (scale.high <= scale.low) {
        scale.high = scale.low + 1;
    }
    scale.rect = (struct weft_rect){rect.x, rect.y + 8, rect.w, rect.h - 16};
    return scale;
}

static float y_of(const struct scale *scale, int64_t value)
{
    const double share =
        ((double)value - (double)scale->low) / ((double)scale->high - (double)scale->low);

    return scale->rect.y + scale->rect.h * (float)(1 - share);
}

static size_t first_level(const struct weft_model *model, const struct weft_object *object,
                          double t_ns)
{
    size_t low = 0, high = object->levels.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((double)weft_object_level(model, object, middle).t_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? low - 1 : 0;
}

/* A stretch of one value, or a column of several. */
static void draw_step(struct weft_frame *frame, const struct scale *scale, float x0, float x1,
                      int64_t lowest, int64_t highest)
{
    const float top = y_of(scale, highest), low = y_of(scale, lowest);
    const float foot = y_of(scale, scale->low < 0 && scale->high > 0 ? 0 : scale->low);
    const float width = x1 - x0 > 0.5f ? x1 - x0 : 0.5f;

    if (foot > top) {
        weft_draw_rect(frame->list, (struct weft_rect){x0, top, width, foot - top}, 0,
                       frame->theme->level_fill);
    }
    weft_draw_rect(frame->list, (struct weft_rect){x0, top - 0.75f, width, (low - top) + 1.5f}, 0,
                   frame->theme->level);
}

static void draw_riser(struct weft_frame *frame, const struct scale *scale, float x, int64_t a,
                       int64_t b)
{
    const float ya = y_of(scale, a), yb = y_of(scale, b);
    const float top = ya < yb ? ya : yb;

    weft_draw_rect(frame->list,
                   (struct weft_rect){x - 0.75f, top - 0.75f, 1.5f, fabsf(ya - yb) + 1.5f}, 0,
                   frame->theme->level);
}

static bool gives(uint8_t kind)
{
    return kind == WEFT_EV_QUEUE_PUT || kind == WEFT_EV_SEM_RELEASE;
}

/* What was put or got: at the change, when there is room beside it. */
static void label_change(struct weft_frame *frame, const struct weft_lane *lane, size_t i,
                         const struct scale *scale, float x, float next_x)
{
    const struct weft_object *object = &frame->model->objects.at[lane->index];
    const struct weft_level level = weft_object_level(frame->model, object, i);
    const char *item = level.point < frame->model->points.count
                           ? weft_model_args(frame->model, level.point).text
                           : NULL;
    const struct weft_style style = {WEFT_FONT_SANS, 11, frame->theme->text};
    struct weft_sentence label = {.len = 0};

    if (item == NULL || scale->rect.h < 26) {
        return;
    }
    const float edge = scale->rect.x + scale->rect.w;
    next_x = next_x < edge ? next_x : edge;
    const struct weft_point point = weft_model_point(frame->model, level.point);
    const struct weft_word name = weft_words_short(item, ITEM_BYTES);
    weft_sentence_add(&label, point.kind == WEFT_EV_QUEUE_PUT ? "+ %s" : "%s → %s", name.text,
                      weft_name_of_thread(frame->model, point.thread, point.t_ns));
    float width = weft_pen_width(frame, style, label.text);
    if (width + 12 > next_x - x && point.kind == WEFT_EV_QUEUE_GET) {
        label = (struct weft_sentence){.len = 0};
        weft_sentence_add(&label, "– %s", name.text);
        width = weft_pen_width(frame, style, label.text);
    }
    if (width + 12 > next_x - x) {
        return;
    }
    /* Above the line, or below where the line is at the lane's top. */
    float y = y_of(scale, level.value) - 8;
    if (y < scale->rect.y + 4) {
        y = y_of(scale, level.value) + 10;
    }
    weft_pen_label(frame, x + 6, y, width, style, weft_track_ground(frame, lane, x + 6),
                   weft_track_rect(frame, lane), false, label.text);
}

void weft_track_change(struct weft_frame *frame, float x, float y, bool more)
{
    const struct weft_point_px mark[] = {{x - 3, y}, {x + 3, y}, {x, more ? y - 4.5f : y + 4.5f}};

    weft_draw_polygon(frame->list, mark, 3, frame->theme->level);
}

static void draw_change(struct weft_frame *frame, const struct weft_lane *lane, size_t i,
                        const struct scale *scale, float x)
{
    const struct weft_object *object = &frame->model->objects.at[lane->index];
    const struct weft_level level = weft_object_level(frame->model, object, i);

    if (level.point >= frame->model->points.count || scale->rect.h < 14) {
        return;
    }
    const bool up = gives(weft_model_point(frame->model, level.point).kind);
    weft_track_change(frame, x, scale->rect.y + scale->rect.h + (up ? 6 : 1.5f), up);
}

static void draw_scale(struct weft_frame *frame, const struct scale *scale)
{
    const float top = y_of(scale, scale->high), foot = y_of(scale, scale->low);

    for (float x = scale->rect.x; x < scale->rect.x + scale->rect.w; x += 8) {
        weft_draw_rect(frame->list, (struct weft_rect){x, floorf(top), 3, 1}, 0,
                       frame->theme->line);
    }
    weft_draw_rect(frame->list, (struct weft_rect){scale->rect.x, floorf(foot), scale->rect.w, 1},
                   0, frame->theme->line);
}

/* Steps of less than a pixel, gathered into one column. */
struct gathered {
    bool any;
    float x;
    int64_t lowest, highest;
};

static void gather(struct weft_frame *frame, const struct scale *scale, struct gathered *column,
                   float x, int64_t value)
{
    if (column->any && x >= column->x + 1) {
        draw_step(frame, scale, column->x, column->x + 1, column->lowest, column->highest);
        column->any = false;
    }
    if (!column->any) {
        *column = (struct gathered){true, x, value, value};
    }
    column->lowest = value < column->lowest ? value : column->lowest;
    column->highest = value > column->highest ? value : column->highest;
}

/* Draws what is gathered, at least a pixel wide, up to x. */
static void draw_gathered(struct weft_frame *frame, const struct scale *scale,
                          struct gathered *column, float x)
{
    if (column->any) {
        draw_step(frame, scale, column->x, x > column->x + 1 ? x : column->x + 1, column->lowest,
                  column->highest);
        column->any = false;
    }
}

static double end_of_level(const struct weft_frame *frame, const struct weft_object *object,
                           size_t i)
{
    return i + 1 < object->levels.count
               ? (double)weft_object_level(frame->model, object, i + 1).t_ns
               : (double)frame->model->end_ns;
}

/* The time before the first change, in which nothing was put and no permit taken. */
static int64_t draw_before(struct weft_frame *frame, const struct weft_object *object,
                           const struct scale *scale)
{
    const int64_t value = object->family == WEFT_FAMILY_SEMAPHORE ? object->capacity : 0;
    const float x0 = weft_frame_x(frame, (double)object->first_ns);
    const float x1 = weft_frame_x(frame, (double)weft_object_level(frame->model, object, 0).t_ns);

    if (x1 > x0) {
        draw_step(frame, scale, x0, x1, value, value);
    }
    return value;
}

/* What the levels of an object are drawn with. */
struct levels {
    struct weft_frame *frame;
    const struct weft_lane *lane;
    const struct scale *scale;
    struct gathered column;
    float last_mark;
    int64_t before;
    bool any;
};

static int64_t rounded(float value)
{
    return value < (float)INT64_MIN / 2   ? INT64_MIN / 2
           : value > (float)INT64_MAX / 2 ? INT64_MAX / 2
                                          : (int64_t)value;
}

/* Many changes in less than a pixel: from the lowest to the highest. */
static void add_bunch(struct levels *levels, const struct weft_bunch *bunch)
{
    const float x0 = weft_frame_x(levels->frame, (double)bunch->start_ns);

    gather(levels->frame, levels->scale, &levels->column, x0, rounded(bunch->bin.low));
    gather(levels->frame, levels->scale, &levels->column, x0, rounded(bunch->bin.high));
    levels->before = rounded(bunch->bin.high);
}

static void visit_levels(void *ctx, const struct weft_bunch *bunch)
{
    struct levels *levels = ctx;
    struct weft_frame *frame = levels->frame;
    const struct weft_object *object = &frame->model->objects.at[levels->lane->index];

    if (!levels->any) {
        levels->any = true;
        levels->before = bunch->first == 0
                             ? draw_before(frame, object, levels->scale)
                             : weft_object_level(frame->model, object, bunch->first).value;
    }
    if (bunch->count > 1) {
        add_bunch(levels, bunch);
        return;
    }
    const size_t i = bunch->first;
    const int64_t value = weft_object_level(frame->model, object, i).value;
    const float x0 = weft_frame_x(frame, (double)bunch->start_ns);
    const float x1 = weft_frame_x(frame, (double)bunch->end_ns);
    if (x1 - x0 < 1 && i + 1 < object->levels.count) {
        gather(frame, levels->scale, &levels->column, x0, value);
    } else {
        draw_gathered(frame, levels->scale, &levels->column, x0);
        draw_riser(frame, levels->scale, x0, levels->before, value);
        draw_step(frame, levels->scale, x0, x1, value, value);
    }
    levels->before = value;
    if (object->family != WEFT_FAMILY_COUNTER && x0 > levels->last_mark + 5 &&
        x0 >= levels->scale->rect.x - 1) {
        draw_change(frame, levels->lane, i, levels->scale, x0);
        label_change(frame, levels->lane, i, levels->scale, x0, x1);
        levels->last_mark = x0;
    }
}

static void draw_levels(struct weft_frame *frame, const struct weft_lane *lane,
                        const struct scale *scale)
{
    const double from_ns = frame->view->range.from_ns, to_ns = frame->view->range.to_ns;
    const double finest_ns = weft_frame_ns_per_px(frame);
    struct levels levels = {.frame = frame, .lane = lane, .scale = scale, .last_mark = -1e9f};

    if (to_ns < 0) {
        return;
    }
    weft_model_bunches(frame->model, lane->index, WEFT_BINS_LEVELS,
                       from_ns > 0 ? (uint64_t)from_ns : 0, (uint64_t)to_ns,
                       finest_ns > 0 ? (uint64_t)finest_ns : 0, visit_levels, &levels);
    draw_gathered(frame, scale, &levels.column, levels.column.x);
}

/* A change within three pixels is what is meant; else the step under the mouse. */
static void hit_level(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_object *object = &frame->model->objects.at[lane->index];
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const double at_ns = weft_frame_time(frame, frame->mouse_x) + 3 * weft_frame_ns_per_px(frame);

    if (!frame->has_mouse || !weft_rect_has(rect, frame->mouse_x, frame->mouse_y)) {
        return;
    }
    const size_t i = first_level(frame->model, object, at_ns);
    if ((double)weft_object_level(frame->model, object, i).t_ns <= at_ns) {
        const float x0 =
            weft_frame_x(frame, (double)weft_object_level(frame->model, object, i).t_ns) - 3;
        const float x1 = weft_frame_x(frame, end_of_level(frame, object, i));
        weft_frame_hit(frame, (struct weft_rect){x0, rect.y, x1 - x0, rect.h}, WEFT_TARGET_LEVEL,
                       lane->index, (uint32_t)i);
    }
}

void weft_track_level(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_object *object = &frame->model->objects.at[lane->index];
    const struct scale scale = scale_of(frame, lane);
    const struct weft_rect rect = weft_track_rect(frame, lane);

    draw_scale(frame, &scale);
    if (object->levels.count > 0) {
        draw_levels(frame, lane, &scale);
        hit_level(frame, lane);
    }
    if (object->waits.count > 0 && lane->h >= 34) {
        /* Who waits for an item or a permit: thin, along the top. */
        weft_track_waiters(frame, lane->index, (struct weft_rect){rect.x, rect.y + 1, rect.w, 6},
                           5);
    }
}
