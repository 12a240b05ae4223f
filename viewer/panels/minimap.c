#include "base/tongue.h"
#include "base/vec.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>
#include <stdlib.h>

/* More threads than rows: every n-th would lie about the others, so the first ones are shown. */
enum { ROWS_MAX = 8 };

static float x_of(const struct weft_rect *rect, struct weft_range all, double t_ns)
{
    return rect->x + rect->w * (float)((t_ns - all.from_ns) / (all.to_ns - all.from_ns));
}

/* What each pixel of a row has of each state. */
struct shares {
    float (*at)[WEFT_STATE_COUNT];
    uint32_t count;
    double from_ns, pixel_ns;
};

static void add_strip(void *ctx, const struct weft_strip *strip)
{
    const struct shares *shares = ctx;
    const double x0 = ((double)strip->start_ns - shares->from_ns) / shares->pixel_ns;
    const double x1 = ((double)strip->end_ns - shares->from_ns) / shares->pixel_ns;

    for (uint32_t i = x0 > 0 ? (uint32_t)x0 : 0; i < shares->count && (double)i < x1; i++) {
        const double left = x0 > (double)i ? x0 : (double)i;
        const double right = x1 < (double)i + 1 ? x1 : (double)i + 1;
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            shares->at[i][state] += (float)(right - left) * strip->share[state];
        }
    }
}

/* The state that a pixel shows: the one that has most of it, but a loud one wins. */
static int shown_state(const float *share)
{
    float best = 0;
    int shown = -1;

    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        const float weight = weft_state_styles[state].loudness == 2 ? 4 : 1;
        if (share[state] * weight > best) {
            best = share[state] * weight;
            shown = state;
        }
    }
    return shown;
}

static bool find_states(struct weft_frame *frame, uint32_t thread, struct weft_range all)
{
    struct weft_minimap *map = frame->minimap;
    struct shares shares = {.count = map->width, .from_ns = all.from_ns};

    shares.pixel_ns = (all.to_ns - all.from_ns) / (double)map->width;
    shares.at = weft_arena_get(&frame->list->arena, shares.count * sizeof *shares.at);
    if (shares.at == NULL) {
        return false;
    }
    if (shares.pixel_ns > 0) {
        weft_model_strips(frame->model, thread, 0, UINT64_MAX, (uint64_t)(shares.pixel_ns / 4),
                          add_strip, &shares);
    }
    for (uint32_t i = 0; i < shares.count; i++) {
        map->states.at[map->states.count++] = (int8_t)shown_state(shares.at[i]);
    }
    return true;
}

void weft_minimap_done(struct weft_minimap *map)
{
    free(map->states.at);
    *map = (struct weft_minimap){.width = 0};
}

/* Makes what is kept anew when it is of another trace, or of less of it. */
static bool keep_states(struct weft_frame *frame, uint32_t width, uint32_t rows,
                        struct weft_range all)
{
    struct weft_minimap *map = frame->minimap;

    if (map->width == width && map->rows == rows && map->points == frame->model->points.count &&
        map->from_ns >= all.from_ns && map->from_ns <= all.from_ns && map->to_ns >= all.to_ns &&
        map->to_ns <= all.to_ns) {
        return true;
    }
    map->states.count = 0;
    map->rows = 0; /* nothing is kept should it fail */
    map->width = width;
    if (!weft_vec_room(&map->states, (size_t)width * rows)) {
        return false;
    }
    for (uint32_t i = 0; i < rows; i++) {
        if (!find_states(frame, i, all)) {
            return false;
        }
    }
    map->rows = rows;
    map->points = frame->model->points.count;
    map->from_ns = all.from_ns;
    map->to_ns = all.to_ns;
    return true;
}

/* The states of a thread, a pixel at a time. */
static void draw_row(struct weft_frame *frame, uint32_t index, struct weft_rect row)
{
    const uint32_t width = frame->minimap->width;
    const int8_t *states = &frame->minimap->states.at[(size_t)index * width];
    struct weft_color *pixels =
        weft_draw_pixels(frame->list, (struct weft_rect){row.x, row.y, (float)width, row.h}, width);

    for (uint32_t i = 0; pixels != NULL && i < width; i++) {
        if (states[i] >= 0) {
            const struct weft_state_style *style = &weft_state_styles[states[i]];
            const struct weft_state_colors *colors = &style->colors[frame->theme->id];
            pixels[i] = style->pattern == WEFT_PATTERN_HOLLOW ? colors->edge : colors->fill;
        }
    }
}

void weft_minimap_draw(struct weft_frame *frame)
{
    const struct weft_rect rect = frame->geometry.minimap;
    const struct weft_range all = weft_view_all(frame->view);
    const uint32_t threads = (uint32_t)frame->model->threads.count;
    const uint32_t rows = threads < ROWS_MAX ? threads : ROWS_MAX;

    if (rect.h <= 0 || rows == 0) {
        return;
    }
    weft_draw_rect(frame->list, rect, 4, frame->theme->panel);
    const float pitch = (rect.h - 6) / (float)rows;
    if (!keep_states(frame, rect.w > 3 ? (uint32_t)rect.w - 2 : 1, rows, all)) {
        frame->list->failed = true;
        return;
    }
    for (uint32_t i = 0; i < rows; i++) {
        const struct weft_rect row = {rect.x + 1, rect.y + 3 + (float)i * pitch, rect.w - 2,
                                      pitch > 3 ? pitch - 1 : pitch};
        draw_row(frame, i, row);
    }
    const float from = x_of(&rect, all, frame->view->range.from_ns);
    const float to = x_of(&rect, all, frame->view->range.to_ns);
    struct weft_color veil = frame->theme->ground;
    veil.a = 150;
    weft_draw_rect(frame->list, (struct weft_rect){rect.x, rect.y, from - rect.x, rect.h}, 4, veil);
    weft_draw_rect(frame->list, (struct weft_rect){to, rect.y, rect.x + rect.w - to, rect.h}, 4,
                   veil);
    weft_draw_frame(frame->list, rect, 4, 1, frame->theme->line);
    weft_draw_frame(
        frame->list,
        (struct weft_rect){from - 1, rect.y - 1, to - from < 3 ? 4 : to - from + 2, rect.h + 2}, 4,
        1.5f, frame->theme->accent);
    if (frame->view->has_playhead) {
        const float x = x_of(&rect, all, (double)frame->view->playhead_ns);
        weft_draw_rect(frame->list, (struct weft_rect){x - 0.75f, rect.y - 2, 1.5f, rect.h + 4}, 0,
                       frame->theme->playhead);
    }
    const struct weft_style style = {WEFT_FONT_SANS_BOLD, 11, frame->theme->muted};
    weft_pen_text(frame, 16, rect.y + rect.h / 2, rect.x - 40, style, _("WHOLE TRACE"));
    weft_frame_hit(frame, rect, WEFT_TARGET_MINIMAP, 0, 0);
}
