/* Conditions, events, barriers and futexes: who waits, and the marks of those who let them go. */
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

static bool lets_go(const struct weft_point *point)
{
    switch (point->kind) {
    case WEFT_EV_COND_SIGNAL:
    case WEFT_EV_COND_BROADCAST:
    case WEFT_EV_EVENT_SET:
    case WEFT_EV_EVENT_CLEAR:
    case WEFT_EV_BARRIER_PASS:
    case WEFT_EV_BARRIER_ABORT:
    case WEFT_EV_BARRIER_RESET:
    case WEFT_EV_FUTEX_WAKE:
        return true;
    default:
        return false;
    }
}

void weft_track_waits(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_model *model = frame->model;
    const struct weft_summary *summary = frame->summary;
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const double from_ns = frame->view->range.from_ns;
    const struct weft_rect rows = {rect.x, rect.y + 16, rect.w, rect.h - 21};
    float last_x = -1e9f;

    weft_track_waiters(frame, lane->index, rows, rows.h < 18 ? rows.h : 18);
    for (size_t i = weft_summary_mark_from(summary, model, from_ns > 0 ? (uint64_t)from_ns : 0);
         i < summary->marks.count; i++) {
        const uint32_t index = summary->marks.at[i];
        const struct weft_point point = weft_model_point(model, index);
        if ((double)point.t_ns > frame->view->range.to_ns) {
            break;
        }
        if (point.object != lane->index || !lets_go(&point)) {
            continue;
        }
        const float x = weft_frame_x(frame, (double)point.t_ns);
        if (x < last_x + 3) {
            continue;
        }
        last_x = x;
        weft_track_mark(frame, WEFT_MARK_SIGNAL, x, rect.y + 4);
        weft_frame_hit(frame, (struct weft_rect){x - 6, rect.y + 2, 12, 13}, WEFT_TARGET_POINT, 0,
                       index);
    }
}
