/*
 * A lock's lane: who has it, and below who waits for it.
 *
 *     owners   [(T1) held by Thread-1][(T2) held by Thread-2]
 *     waiters  ▓▓ Thread-2 waits ▓▓▓▓
 */
#include "viewer/pen.h"
#include "viewer/sentences.h"
#include "viewer/tracks/tracks.h"

#include <math.h>

enum { MANY_WAITS = 20000 };

static float box_px(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const bool waits = frame->model->objects.at[lane->index].waits.count > 0;

    return floorf(waits ? (lane->h - 14) * 0.56f : (lane->h - 14) * 0.8f);
}

struct weft_rect weft_track_hold(const struct weft_frame *frame, const struct weft_lane *lane,
                                 const struct weft_hold *hold)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const float x0 = weft_frame_x(frame, (double)hold->start_ns);
    const float x1 = weft_frame_x(frame, (double)hold->end_ns);

    return (struct weft_rect){x0, rect.y + 7, x1 - x0, box_px(frame, lane)};
}

uint32_t weft_track_first_hold(const struct weft_object *object, uint64_t t_ns)
{
    size_t low = 0, high = object->holds.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (object->holds.at[middle].end_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

static void label_hold(struct weft_frame *frame, const struct weft_hold *hold, struct weft_rect box)
{
    const struct weft_rect lanes = {frame->geometry.lane_left, box.y,
                                    frame->geometry.lane_right - frame->geometry.lane_left, box.h};
    const struct weft_rect seen = weft_rect_inside(box, lanes);
    const struct weft_style style = {WEFT_FONT_SANS, weft_track_label_size(box.h),
                                     frame->theme->on_hold};
    const char *owner = weft_name_of_thread(frame->model, hold->thread, hold->end_ns);
    const float height = box.h >= 22 ? 16 : 13;
    const float badge = weft_pen_badge_width(frame, hold->thread, height);

    if (seen.w < badge + 8 || box.h < height) {
        return;
    }
    weft_pen_badge(frame, seen.x + 5, box.y + box.h / 2, height, hold->thread);
    const float left = seen.x + 5 + badge + 6, room = seen.x + seen.w - 6 - left;
    for (int variant = 0; variant < 2 && style.size > 0; variant++) {
        struct weft_sentence label = {.len = 0};
        weft_sentence_add(
            &label, variant == 0 ? "held by %s for %s" : "%s", owner,
            weft_words_lasting(hold->end_ns - hold->start_ns, (hold->flags & WEFT_SPAN_OPEN) != 0)
                .text);
        const float width = weft_pen_width(frame, style, label.text);
        if (width <= room) {
            weft_pen_label(frame, left, box.y + box.h / 2, width, style, frame->theme->hold, box,
                           false, label.text);
            return;
        }
    }
}

/* Owners of less than two pixels: a column is as solid as it was owned. */
static void draw_thin(struct weft_frame *frame, float *pending_from, float *pending_to,
                      float *owned, struct weft_rect rect)
{
    if (*pending_to <= *pending_from) {
        return;
    }
    float share = *owned / (*pending_to - *pending_from);
    share = share > 1 ? 1 : share;
    struct weft_color color = frame->theme->hold_edge;
    color.a = (uint8_t)(170 + 85 * share);
    const float width = *pending_to - *pending_from;
    weft_draw_rect(frame->list,
                   (struct weft_rect){*pending_from, rect.y, width < 1.5f ? 1.5f : width, rect.h},
                   0, color);
    *pending_from = *pending_to = *owned = 0;
}

void weft_track_lock(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_object *lock = &frame->model->objects.at[lane->index];
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const double from_ns = frame->view->range.from_ns;
    const float below_y = rect.y + 7 + box_px(frame, lane) + 3;
    float thin_from = 0, thin_to = 0, owned = 0;
    struct weft_rect thin = {0};

    for (uint32_t i = weft_track_first_hold(lock, from_ns > 0 ? (uint64_t)from_ns : 0);
         i < lock->holds.count; i++) {
        const struct weft_hold *hold = &lock->holds.at[i];
        if ((double)hold->start_ns > frame->view->range.to_ns) {
            break;
        }
        struct weft_rect box = weft_track_hold(frame, lane, hold);
        if (box.w < 2) {
            thin = box;
            if (thin_to > thin_from && box.x - thin_to > 1.5f) {
                draw_thin(frame, &thin_from, &thin_to, &owned, thin);
            }
            if (thin_to <= thin_from) {
                thin_from = box.x;
                owned = 0;
            }
            owned += box.w;
            thin_to = box.x + (box.w < 0.1f ? 0.1f : box.w);
            continue;
        }
        draw_thin(frame, &thin_from, &thin_to, &owned, thin);
        box.w -= box.w >= 4 ? 1 : 0;
        weft_draw_rect(frame->list, box, 2, frame->theme->hold);
        weft_draw_frame(frame->list, box, 2, 1, frame->theme->hold_edge);
        if ((hold->flags & WEFT_SPAN_OPEN) != 0) {
            weft_track_tear(frame, lane, box);
        }
        label_hold(frame, hold, box);
    }
    draw_thin(frame, &thin_from, &thin_to, &owned, thin);
    if (frame->has_mouse &&
        weft_rect_has((struct weft_rect){rect.x, rect.y, rect.w, below_y - rect.y}, frame->mouse_x,
                      frame->mouse_y)) {
        const double at_ns = weft_frame_time(frame, frame->mouse_x);
        const uint32_t hold = at_ns < 0 ? WEFT_NONE : weft_object_hold_at(lock, (uint64_t)at_ns);
        if (hold != WEFT_NONE) {
            weft_frame_hit(frame, weft_track_hold(frame, lane, &lock->holds.at[hold]),
                           WEFT_TARGET_HOLD, lane->index, hold);
        }
    }
    if (lock->waits.count > 0) {
        const struct weft_rect below = {rect.x, below_y, rect.w, rect.y + rect.h - 4 - below_y};
        weft_track_waiters(frame, lane->index, below, below.h >= 15 ? 15 : below.h);
    }
}

static void label_waiter(struct weft_frame *frame, uint32_t thread, const struct weft_span *span,
                         uint64_t end_ns, struct weft_rect bar)
{
    const struct weft_rect lanes = {frame->geometry.lane_left, bar.y,
                                    frame->geometry.lane_right - frame->geometry.lane_left, bar.h};
    const struct weft_rect seen = weft_rect_inside(bar, lanes);
    const struct weft_state_colors *colors =
        &weft_state_styles[span->state].colors[frame->theme->id];
    const struct weft_style style = {WEFT_FONT_SANS, 11, colors->ink};
    const char *name = weft_name_of_thread(frame->model, thread, span->start_ns);

    for (int variant = 0; variant < 2 && bar.h >= 13; variant++) {
        struct weft_sentence label = {.len = 0};
        weft_sentence_add(&label, "%s", name);
        if (variant == 0 && (span->flags & WEFT_SPAN_OPEN) != 0) {
            weft_sentence_add(&label, " still waits");
        } else if (variant == 0) {
            weft_sentence_add(&label, " waits%s until %s",
                              span->outcome == WEFT_OUT_TIMEOUT ? " in vain" : "",
                              weft_words_moment(end_ns, 1e6).text);
        }
        const float width = weft_pen_width(frame, style, label.text);
        if (width <= seen.w - 12) {
            weft_pen_label(frame, seen.x + 6, bar.y + bar.h / 2, width, style, colors->fill, bar,
                           false, label.text);
            return;
        }
    }
}

/* The first wait that can reach into the view.  Rows are handed out from there on, so they are the
 * same at every zoom only if it is the very first; among very many nobody can follow one row. */
static size_t first_wait(const struct weft_frame *frame, uint32_t object)
{
    const struct weft_object *what = &frame->model->objects.at[object];
    const double longest_ns = (double)frame->summary->objects.at[object].longest_wait_ns;
    const double from_ns = frame->view->range.from_ns - longest_ns;
    size_t low = 0, high = what->waits.count > MANY_WAITS ? what->waits.count : 0;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct weft_wait_ref *wait = &what->waits.at[middle];
        if ((double)frame->model->threads.at[wait->thread].spans.at[wait->span].start_ns <
            from_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t weft_track_waiters(struct weft_frame *frame, uint32_t object, struct weft_rect rect,
                            float row_px)
{
    const struct weft_model *model = frame->model;
    const struct weft_object *what = &model->objects.at[object];
    uint64_t until[WEFT_CROWD_MAX] = {0};
    float last_x[WEFT_CROWD_MAX] = {0};
    uint32_t rows = frame->summary->objects.at[object].crowd, used = 0;

    rows = rows > 0 ? rows : 1;
    if ((float)rows * row_px > rect.h) {
        row_px = rect.h / (float)rows;
    }
    if (row_px < 3) {
        row_px = 3;
        rows = (uint32_t)(rect.h / row_px) > 0 ? (uint32_t)(rect.h / row_px) : 1;
    }
    for (size_t i = first_wait(frame, object); i < what->waits.count; i++) {
        const struct weft_wait_ref *wait = &what->waits.at[i];
        const struct weft_span *span = &model->threads.at[wait->thread].spans.at[wait->span];
        const uint64_t end_ns = weft_span_end_ns(model, wait->thread, wait->span);
        const uint32_t row = weft_crowd_row(until, rows, span->start_ns, end_ns);
        if ((double)span->start_ns > frame->view->range.to_ns) {
            break;
        }
        if ((double)end_ns < frame->view->range.from_ns) {
            continue;
        }
        const float x0 = weft_frame_x(frame, (double)span->start_ns);
        const float x1 = weft_frame_x(frame, (double)end_ns);
        if (x1 < last_x[row] + 0.75f && last_x[row] != 0) {
            continue; /* it adds nothing that can be seen */
        }
        last_x[row] = x1;
        used = row + 1 > used ? row + 1 : used;
        const float width = x1 - x0 < 1 ? 1 : x1 - x0 - (x1 - x0 >= 4 ? 1 : 0);
        const struct weft_rect bar = {x0, rect.y + (float)row * row_px, width,
                                      row_px - (row_px > 5 ? 1 : 0.5f)};
        weft_pen_state(frame, bar, span->state, 1);
        if ((span->flags & WEFT_SPAN_OPEN) != 0) {
            weft_track_tear(frame, weft_lanes_of_object(frame->lanes, object), bar);
        }
        weft_frame_hit(frame, bar, WEFT_TARGET_SPAN, wait->thread, wait->span);
        label_waiter(frame, wait->thread, span, end_ns, bar);
    }
    return used;
}
