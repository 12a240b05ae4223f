/*
 * What must be seen at any zoom: where a deadlock closed, where a wake-up was lost.  Each place of
 * such a finding has a sign on its thread's lane and a line down through it, of the same size
 * however much time a pixel stands for.
 */
#include "viewer/panels/panels.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

static const float APART_PX = 3, SIGN_PX = 13;

static bool is_critical(const struct weft_finding *finding)
{
    return finding->detail_of == WEFT_NONE &&
           (finding->kind == WEFT_FIND_DEADLOCK || finding->kind == WEFT_FIND_LOST_WAKEUP);
}

static void draw_place(struct weft_frame *frame, const struct weft_finding_place *place,
                       uint32_t finding, float *last_x)
{
    const struct weft_lane *lane = weft_lanes_of_thread(frame->lanes, place->thread);
    const float x = weft_frame_x(frame, (double)place->t_ns);

    if (lane == NULL || !weft_track_shown(frame, lane) || x < frame->geometry.lane_left - 1 ||
        x > frame->geometry.lane_right + 1 ||
        (x - last_x[place->thread] < APART_PX && last_x[place->thread] - x < APART_PX)) {
        return;
    }
    last_x[place->thread] = x;
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const struct weft_color ground = weft_track_ground(frame, lane, x);
    weft_draw_rect(frame->list, (struct weft_rect){x - 2.5f, rect.y + 1, 5, rect.h - 2}, 0, ground);
    weft_draw_rect(frame->list, (struct weft_rect){x - 1, rect.y + 1, 2, rect.h - 2}, 0,
                   frame->theme->mark);
    weft_draw_rect(frame->list, (struct weft_rect){x - 9, rect.y, 18, SIGN_PX + 2}, 3, ground);
    weft_findings_draw_mark(frame, x, rect.y + SIGN_PX);
    weft_frame_hit(frame, (struct weft_rect){x - 8, rect.y, 16, rect.h}, WEFT_TARGET_FINDING, 0,
                   finding);
}

void weft_track_critical(struct weft_frame *frame)
{
    const struct weft_findings *findings = frame->findings;
    const size_t threads = frame->model->threads.count;
    float *last_x = NULL;

    for (uint32_t i = 0; findings != NULL && i < findings->all.count; i++) {
        const struct weft_finding *finding = &findings->all.at[i];
        if (!is_critical(finding)) {
            continue;
        }
        if (last_x == NULL) {
            last_x = weft_arena_get(&frame->list->arena, (threads + 1) * sizeof *last_x);
            if (last_x == NULL) {
                frame->list->failed = true;
                return;
            }
            for (size_t k = 0; k < threads; k++) {
                last_x[k] = -1e6f;
            }
        }
        for (size_t k = 0; k < finding->places.count; k++) {
            if (finding->places.at[k].thread < threads) {
                draw_place(frame, &finding->places.at[k], i, last_x);
            }
        }
    }
}
