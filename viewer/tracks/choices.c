/*
 * Where a controlled run had a choice: a fork at the foot of the lane of the thread that went on.
 * Forks that would touch are ticks below the bars, so that many of them hide no state, and those
 * of one pixel are one tick.
 */
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

static const float APART_PX = 22, TICKS_PX = 3, FORK_PX = 9;

void weft_track_fork(struct weft_frame *frame, float x, float foot, struct weft_color color)
{
    const float neck = foot - FORK_PX * 0.45f, top = foot - FORK_PX;
    const struct weft_point_px prongs[] = {{x - 4, top}, {x, neck}, {x + 4, top}};

    weft_draw_rect(frame->list, (struct weft_rect){x - 0.875f, neck, 1.75f, foot - neck}, 0, color);
    weft_draw_line(frame->list, prongs, 3, 1.75f, color);
}

/* With an edge in the ground's colour: it stands on a bar of any. */
static void draw_fork(struct weft_frame *frame, const struct weft_lane *lane, float x, float foot,
                      bool picked)
{
    const struct weft_color ground = weft_track_ground(frame, lane, x);
    const float neck = foot - FORK_PX * 0.45f, top = foot - FORK_PX - 1;
    const struct weft_point_px prongs[] = {{x - 5, top}, {x, neck}, {x + 5, top}};

    weft_draw_rect(frame->list, (struct weft_rect){x - 2.25f, neck, 4.5f, foot + 1 - neck}, 0,
                   ground);
    weft_draw_line(frame->list, prongs, 3, 4.5f, ground);
    weft_track_fork(frame, x, foot, picked ? frame->theme->accent : frame->theme->mark);
}

static double point_ns(const struct weft_frame *frame, uint32_t choice)
{
    return (double)weft_model_point_ns(frame->model, frame->summary->choices.at[choice]);
}

uint32_t weft_track_choices_with(const struct weft_frame *frame, uint32_t point)
{
    const struct weft_point what = weft_model_point(frame->model, point);

    if (what.kind != WEFT_EV_CHOICE || what.thread >= frame->summary->threads.count) {
        return 0;
    }
    const double next_ns =
        weft_frame_time(frame, weft_frame_x(frame, (double)what.t_ns) + TICKS_PX);
    const size_t first =
        weft_summary_choice_from(frame->summary, frame->model, what.thread, what.t_ns);
    const size_t next = weft_summary_choice_from(frame->summary, frame->model, what.thread,
                                                 next_ns > 0 ? (uint64_t)next_ns : 0);
    return next > first ? (uint32_t)(next - first - 1) : 0;
}

void weft_track_choices(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_thread_summary *thread = &frame->summary->threads.at[lane->index];
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const struct weft_target selected = frame->view->selected;
    const double from_ns = frame->view->range.from_ns;
    const float foot = rect.y + rect.h - 1;
    const bool pointed = frame->has_mouse && weft_rect_has(rect, frame->mouse_x, frame->mouse_y);
    float last = -APART_PX;
    size_t i = thread->choices.count == 0
                   ? 0
                   : weft_summary_choice_from(frame->summary, frame->model, lane->index,
                                              from_ns > 0 ? (uint64_t)from_ns : 0);

    while (i < thread->choices.count) {
        const uint32_t choice = thread->choices.at[i];
        const uint32_t point = frame->summary->choices.at[choice];
        const float x = weft_frame_x(frame, point_ns(frame, choice));
        if (x > rect.x + rect.w) {
            break;
        }
        const double next_ns = weft_frame_time(frame, x + TICKS_PX);
        i = weft_summary_choice_from(frame->summary, frame->model, lane->index,
                                     next_ns > point_ns(frame, choice) + 1
                                         ? (uint64_t)next_ns
                                         : (uint64_t)point_ns(frame, choice) + 1);
        const float next = i < thread->choices.count
                               ? weft_frame_x(frame, point_ns(frame, thread->choices.at[i]))
                               : x + APART_PX;
        const bool fork = x - last >= APART_PX && next - x >= APART_PX;
        const bool picked = selected.kind == WEFT_TARGET_POINT && selected.index == point;
        if (fork || picked) {
            draw_fork(frame, lane, x, foot, picked);
        } else {
            weft_draw_rect(frame->list, (struct weft_rect){x - 0.5f, foot - 3, 1.25f, 3}, 0,
                           frame->theme->mark);
        }
        if (pointed && frame->mouse_x >= x - 6 && frame->mouse_x <= x + 6) {
            const float half = fork ? 6 : 1.5f;
            weft_frame_hit(frame, (struct weft_rect){x - half, foot - 11, 2 * half, 13},
                           WEFT_TARGET_POINT, 0, point);
        }
        last = x;
    }
}
