#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>

/* More threads than rows: every n-th would lie about the others, so the first ones are shown. */
enum { ROWS_MAX = 8 };

static float x_of(const struct weft_rect *rect, struct weft_range all, double t_ns)
{
    return rect->x + rect->w * (float)((t_ns - all.from_ns) / (all.to_ns - all.from_ns));
}

/* The states of a thread, a pixel at a time: the longest in a pixel, but a loud one wins. */
static void draw_row(struct weft_frame *frame, uint32_t thread, const struct weft_rect *row,
                     struct weft_range all)
{
    const struct weft_thread_info *info = &frame->model->threads.at[thread];
    float run_from = row->x;
    int run_state = -1;
    uint32_t i = 0;

    for (float x = row->x; x <= row->x + row->w; x++) {
        const double from_ns = all.from_ns + (double)(x - row->x) / (double)row->w * all.to_ns;
        const double to_ns = from_ns + all.to_ns / (double)row->w;
        double best_ns = 0;
        int best = -1;
        while (i < info->spans.count &&
               (double)weft_span_end_ns(frame->model, thread, i) <= from_ns) {
            i++;
        }
        for (uint32_t k = i; k < info->spans.count; k++) {
            const struct weft_span span = weft_thread_span(frame->model, info, k);
            const double start = (double)span.start_ns;
            const double end = (double)weft_span_end_ns(frame->model, thread, k);
            if (start >= to_ns) {
                break;
            }
            double share_ns = (end < to_ns ? end : to_ns) - (start > from_ns ? start : from_ns);
            share_ns *= weft_state_styles[span.state].loudness == 2 ? 4 : 1;
            if (share_ns > best_ns) {
                best_ns = share_ns;
                best = span.state;
            }
        }
        if (best != run_state || x + 1 > row->x + row->w) {
            if (run_state >= 0) {
                const struct weft_state_style *style = &weft_state_styles[run_state];
                const bool hollow = style->pattern == WEFT_PATTERN_HOLLOW;
                weft_draw_rect(frame->list,
                               (struct weft_rect){run_from, row->y, x - run_from, row->h}, 0,
                               hollow ? style->colors[frame->theme->id].edge
                                      : style->colors[frame->theme->id].fill);
            }
            run_state = best;
            run_from = x;
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
    for (uint32_t i = 0; i < rows; i++) {
        const struct weft_rect row = {rect.x + 1, rect.y + 3 + (float)i * pitch, rect.w - 2,
                                      pitch > 3 ? pitch - 1 : pitch};
        draw_row(frame, i, &row, all);
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
    weft_pen_text(frame, 16, rect.y + rect.h / 2, rect.x - 40, style, "WHOLE TRACE");
    weft_frame_hit(frame, rect, WEFT_TARGET_MINIMAP, 0, 0);
}
