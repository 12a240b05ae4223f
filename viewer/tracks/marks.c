/* Marks on the lanes of threads, and the arrows between them. */
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

#include <math.h>

/* More wake-ups than this in view are no picture any more: then only those that touch what is
 * hovered or selected. */
enum { ARROWS_MAX = 160, CURVE_POINTS = 17 };

static const float ON_ONE_ANOTHER_PX = 2;

static void cross(struct weft_frame *frame, float x, float y, float radius, struct weft_color color)
{
    const struct weft_point_px down[] = {{x - radius, y - radius}, {x + radius, y + radius}};
    const struct weft_point_px up[] = {{x - radius, y + radius}, {x + radius, y - radius}};

    weft_draw_line(frame->list, down, 2, 1.75f, color);
    weft_draw_line(frame->list, up, 2, 1.75f, color);
}

/* A second pennant behind the first: more lines were printed here than one. */
static void draw_more_lines(struct weft_frame *frame, float x, float y)
{
    const struct weft_point_px flag[] = {
        {x + 5.5f, y + 1}, {x + 12, y + 4}, {x + 5.5f, y + 7}, {x + 7.5f, y + 4}};

    weft_draw_polygon(frame->list, flag, 4, frame->theme->mark);
}

void weft_track_mark(struct weft_frame *frame, enum weft_mark mark, float x, float y)
{
    const struct weft_color color = frame->theme->mark;

    switch (mark) {
    case WEFT_MARK_PRINT: {
        const struct weft_point_px flag[] = {{x, y}, {x + 8.5f, y + 4}, {x, y + 8}};
        weft_draw_rect(frame->list, (struct weft_rect){x - 0.5f, y, 1.25f, 13}, 0, color);
        weft_draw_polygon(frame->list, flag, 3, color);
        break;
    }
    case WEFT_MARK_USER: {
        const struct weft_point_px diamond[] = {
            {x, y}, {x + 5, y + 5}, {x, y + 10}, {x - 5, y + 5}};
        weft_draw_polygon(frame->list, diamond, 4, color);
        break;
    }
    case WEFT_MARK_SIGNAL: {
        const struct weft_point_px arrow[] = {{x, y}, {x + 5, y + 9}, {x - 5, y + 9}};
        weft_draw_polygon(frame->list, arrow, 3, color);
        break;
    }
    case WEFT_MARK_FAIL:
        cross(frame, x, y + 5, 3.5f, color);
        break;
    case WEFT_MARK_LOST:
        weft_draw_frame(frame->list, (struct weft_rect){x - 4, y + 1, 8, 8}, 4, 1.75f, color);
        break;
    default:
        break;
    }
}

uint32_t weft_track_lines_with(const struct weft_frame *frame, uint32_t point)
{
    const struct weft_model *model = frame->model;
    const struct weft_point what = weft_model_point(model, point);
    const float x = weft_frame_x(frame, (double)what.t_ns);
    uint32_t more = 0;

    if (weft_mark_of(&what) != WEFT_MARK_PRINT) {
        return 0;
    }
    for (size_t i = weft_summary_mark_from(frame->summary, model, what.t_ns);
         i < frame->summary->marks.count && more < 1000; i++) {
        const uint32_t index = frame->summary->marks.at[i];
        const struct weft_point next = weft_model_point(model, index);
        if (weft_frame_x(frame, (double)next.t_ns) >= x + ON_ONE_ANOTHER_PX) {
            break;
        }
        more +=
            index > point && next.thread == what.thread && weft_mark_of(&next) == WEFT_MARK_PRINT;
    }
    return more;
}

/* Does a flag of the same lane stand so near that it would cover this mark? */
static bool flag_follows(const struct weft_frame *frame, size_t mark, float x)
{
    const struct weft_model *model = frame->model;
    const uint32_t thread = weft_model_point(model, frame->summary->marks.at[mark]).thread;

    for (size_t i = mark + 1; i < frame->summary->marks.count && i < mark + 8; i++) {
        const struct weft_point next = weft_model_point(model, frame->summary->marks.at[i]);
        if (weft_frame_x(frame, (double)next.t_ns) > x + 6) {
            return false;
        }
        if (next.thread == thread && weft_mark_of(&next) == WEFT_MARK_PRINT) {
            return true;
        }
    }
    return false;
}

void weft_track_marks(struct weft_frame *frame)
{
    const struct weft_model *model = frame->model;
    const double from_ns = frame->view->range.from_ns;
    const size_t lanes = model->threads.count * WEFT_MARK_COUNT;
    float *last_x = weft_arena_get(&frame->list->arena, (lanes + 1) * sizeof *last_x);

    if (last_x == NULL) {
        frame->list->failed = true;
        return;
    }
    for (size_t i =
             weft_summary_mark_from(frame->summary, model, from_ns > 0 ? (uint64_t)from_ns : 0);
         i < frame->summary->marks.count; i++) {
        const uint32_t index = frame->summary->marks.at[i];
        const struct weft_point point = weft_model_point(model, index);
        const enum weft_mark mark = weft_mark_of(&point);
        const struct weft_lane *lane = weft_lanes_of_thread(frame->lanes, point.thread);
        if ((double)point.t_ns > frame->view->range.to_ns) {
            break;
        }
        /* Everybody passes a barrier: that is told on the barrier's own lane. */
        if (lane == NULL || !weft_track_shown(frame, lane) || point.kind == WEFT_EV_BARRIER_PASS) {
            continue;
        }
        const float x = weft_frame_x(frame, (double)point.t_ns);
        float *last = &last_x[(size_t)point.thread * WEFT_MARK_COUNT + mark];
        const struct weft_rect rect = weft_track_rect(frame, lane);
        const float y = rect.y + (lane->h >= 60 ? 4 : lane->h >= 40 ? 2 : 0);
        /* Marks on one another are one. */
        if (*last != 0 && x < fabsf(*last) + ON_ONE_ANOTHER_PX) {
            if (mark == WEFT_MARK_PRINT && *last > 0) {
                draw_more_lines(frame, *last, y);
                *last = -*last; /* that is said once */
            }
            continue;
        }
        *last = x;
        const float aside = mark != WEFT_MARK_PRINT && flag_follows(frame, i, x) ? -5 : 0;
        weft_track_mark(frame, mark, x + aside, y);
        weft_frame_hit(frame,
                       (struct weft_rect){mark == WEFT_MARK_PRINT ? x - 3 : x - 6, y - 2,
                                          mark == WEFT_MARK_PRINT ? 14 : 12, 14},
                       WEFT_TARGET_POINT, 0, index);
    }
}

/* First wake-up that ends at or after t_ns. */
static size_t first_wake(const struct weft_model *model, double t_ns)
{
    size_t low = 0, high = model->wakes.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((double)weft_model_wake(model, middle).to_ns < t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool about(struct weft_target target, const struct weft_wake *wake, size_t index)
{
    switch (target.kind) {
    case WEFT_TARGET_WAKE:
        return target.index == index;
    case WEFT_TARGET_SPAN:
        return target.owner == wake->to_thread && target.index == wake->span;
    case WEFT_TARGET_HOLD:
        return target.owner == wake->object;
    default:
        return false;
    }
}

/*
 * From the releasing lane to the lane that goes on.  x never runs backwards: the curve is a
 * smooth step from x0 to x1 ≥ x0, and so is time.
 */
static void draw_arrow(struct weft_frame *frame, size_t index, bool strong)
{
    const struct weft_wake wake = weft_model_wake(frame->model, index);
    const struct weft_lane *from = weft_lanes_of_thread(frame->lanes, wake.from_thread);
    const struct weft_lane *to = weft_lanes_of_thread(frame->lanes, wake.to_thread);

    if (from == NULL || to == NULL || from == to) {
        return;
    }
    const struct weft_rect a = weft_track_bars(frame, from), b = weft_track_bars(frame, to);
    const bool down = b.y > a.y;
    const uint8_t state = weft_model_span(frame->model, wake.to_thread, wake.span).state;
    const struct weft_rect bar = weft_track_bar(b, state, 0, 1);
    const float x0 = weft_frame_x(frame, (double)wake.from_ns);
    const float x1 = weft_frame_x(frame, (double)wake.to_ns);
    const float y0 = a.y + a.h * 0.66f;
    const float y1 = down ? bar.y - 1 : bar.y + bar.h + 1;
    const float head = down ? -8 : 8;
    struct weft_point_px curve[CURVE_POINTS];

    for (int i = 0; i < CURVE_POINTS; i++) {
        const float t = (float)i / (CURVE_POINTS - 1);
        curve[i] =
            (struct weft_point_px){x0 + (x1 - x0) * t * t * (3 - 2 * t), y0 + (y1 + head - y0) * t};
    }
    /* A hand-off of an object is the story; the end of a join follows from it. */
    const bool quiet = wake.object == WEFT_NONE && !strong;
    const float width = strong ? 3 : quiet ? 1.25f : 2.25f, wing = quiet ? 4 : 5.5f;
    const bool picked = weft_target_equal(
        frame->view->selected, (struct weft_target){WEFT_TARGET_WAKE, 0, (uint32_t)index});
    const struct weft_color color = picked  ? frame->theme->accent
                                    : quiet ? frame->theme->muted
                                            : frame->theme->mark;
    weft_draw_line(frame->list, curve, CURVE_POINTS, width, color);
    const struct weft_point_px tip[] = {{x1 - wing, y1 + head}, {x1 + wing, y1 + head}, {x1, y1}};
    weft_draw_polygon(frame->list, tip, 3, color);
    weft_draw_rect(frame->list,
                   (struct weft_rect){x0 - width - 1, y0 - width - 1, 2 * width + 2, 2 * width + 2},
                   width + 1, color);
    const float top = y0 < y1 ? y0 : y1;
    weft_frame_hit(frame, (struct weft_rect){x0 - 4, top, x1 - x0 + 8, fabsf(y1 - y0)},
                   WEFT_TARGET_WAKE, 0, (uint32_t)index);
}

void weft_track_passed(struct weft_frame *frame, float x, float y)
{
    const struct weft_point_px tip[] = {{x - 4.5f, y}, {x + 4.5f, y}, {x, y + 6}};

    weft_draw_polygon(frame->list, tip, 3, frame->theme->mark);
}

/* The same hand-off on the lock's lane: a tick over the border between two owners. */
static void draw_handoff(struct weft_frame *frame, const struct weft_wake *wake, bool strong)
{
    const struct weft_lane *lane =
        wake->object != WEFT_NONE ? weft_lanes_of_object(frame->lanes, wake->object) : NULL;

    if (lane == NULL || lane->kind != WEFT_LANE_LOCK || !weft_track_shown(frame, lane)) {
        return;
    }
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const float x = weft_frame_x(frame, (double)wake->to_ns);
    weft_track_passed(frame, x, rect.y + 1);
    if (!strong) {
        return;
    }
    /* Picked out: dots lead from the thread that goes on to the lock that it got. */
    const struct weft_lane *to = weft_lanes_of_thread(frame->lanes, wake->to_thread);
    if (to == NULL) {
        return;
    }
    const struct weft_rect from = weft_track_rect(frame, to);
    for (float dot = from.y + from.h; dot < rect.y; dot += 6) {
        weft_draw_rect(frame->list, (struct weft_rect){x - 1, dot, 2, 3}, 0, frame->theme->mark);
    }
}

void weft_tracks_draw_arrows(struct weft_frame *frame)
{
    const struct weft_model *model = frame->model;
    const size_t first = first_wake(model, frame->view->range.from_ns);
    size_t end = first;

    while (end < model->wakes.count &&
           (double)weft_model_wake(model, end).to_ns <= frame->view->range.to_ns &&
           end - first <= 4096) {
        end++;
    }
    const bool few = end - first <= ARROWS_MAX;
    for (size_t i = first; i < end; i++) {
        const struct weft_wake wake = weft_model_wake(model, i);
        const bool strong =
            about(frame->view->hover, &wake, i) || about(frame->view->selected, &wake, i);
        if (few || strong) {
            draw_arrow(frame, i, strong);
            draw_handoff(frame, &wake, strong);
        }
    }
}
