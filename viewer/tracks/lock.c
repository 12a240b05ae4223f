/*
 * A lock's lane: who has it, and below who waits for it.
 *
 *     owners   [(T1) held by Thread-1][(T2) held by Thread-2]
 *     waiters  ▓▓ Thread-2 waits ▓▓▓▓
 *
 * Of a read-write lock those who read at once lie below one another; who writes has all the room.
 */
#include "traces/analysis/sentences.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

#include <math.h>

enum { MANY_WAITS = 20000 };

static float box_px(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const bool waits = frame->model->objects.at[lane->index].waits.count > 0;
    const bool stacked = frame->summary->objects.at[lane->index].readers > 1;

    return floorf((lane->h - 14) * (!waits ? 0.8f : stacked ? 0.68f : 0.56f));
}

/* In which row of a read-write lock a hold lies; 0 while it is not known. */
static uint32_t row_of(const struct weft_frame *frame, uint32_t object, uint32_t hold)
{
    const struct weft_object_summary *sum = &frame->summary->objects.at[object];

    return hold < sum->hold_rows ? frame->summary->hold_rows.at[sum->first_row + hold] : 0;
}

static bool is_shared(const struct weft_hold *hold)
{
    return (hold->flags & WEFT_HOLD_SHARED) != 0;
}

struct weft_rect weft_track_hold(const struct weft_frame *frame, const struct weft_lane *lane,
                                 uint32_t index)
{
    const struct weft_hold hold = weft_model_hold(frame->model, lane->index, index);
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const uint32_t readers = frame->summary->objects.at[lane->index].readers;
    const float x0 = weft_frame_x(frame, (double)hold.start_ns);
    const float x1 = weft_frame_x(frame, (double)hold.end_ns);
    const float all = box_px(frame, lane);

    if (!is_shared(&hold) || readers < 2) {
        return (struct weft_rect){x0, rect.y + 7, x1 - x0, all};
    }
    const float each = all / (float)readers, gap = each >= 5 ? 1 : 0;
    const float y = rect.y + 7 + floorf(each * (float)row_of(frame, lane->index, index));
    return (struct weft_rect){x0, y, x1 - x0, floorf(each) - gap};
}

static uint32_t first_hold_of_lock(const struct weft_model *model, const struct weft_object *object,
                                   uint64_t t_ns)
{
    size_t low = 0, high = object->holds.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (weft_object_hold(model, object, middle).end_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

/* The first hold that can reach into the view. */
static uint32_t first_hold(const struct weft_frame *frame, uint32_t object)
{
    const struct weft_object *what = &frame->model->objects.at[object];
    const double longest_ns = (double)frame->summary->objects.at[object].longest_hold_ns;
    const double from_ns = frame->view->range.from_ns;
    size_t low = 0, high = what->holds.count;

    if (what->family != WEFT_FAMILY_RWLOCK) {
        return first_hold_of_lock(frame->model, what, from_ns > 0 ? (uint64_t)from_ns : 0);
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((double)weft_object_hold(frame->model, what, middle).start_ns + longest_ns < from_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

/* "held by w for 3 ms", "w reads for 3 ms", and shorter. */
static void say_hold(const struct weft_hold *hold, bool rwlock, const char *owner, uint32_t variant,
                     struct weft_sentence *out)
{
    const struct weft_word time =
        weft_words_lasting(hold->end_ns - hold->start_ns, (hold->flags & WEFT_SPAN_OPEN) != 0);
    const char *verb = is_shared(hold) ? "reads" : "writes";

    if (variant == 0 && rwlock) {
        weft_sentence_add(out, "%s %s for %s", owner, verb, time.text);
    } else if (variant == 0) {
        weft_sentence_add(out, "held by %s for %s", owner, time.text);
    } else if (variant == 1 && rwlock) {
        weft_sentence_add(out, "%s %s", owner, verb);
    } else {
        weft_sentence_add(out, "%s", owner);
    }
}

static void label_hold(struct weft_frame *frame, const struct weft_hold *hold, bool rwlock,
                       struct weft_rect box)
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
    for (uint32_t variant = 0; variant < 3 && style.size > 0; variant++) {
        struct weft_sentence label = {.len = 0};
        say_hold(hold, rwlock, owner, variant, &label);
        const float width = weft_pen_width(frame, style, label.text);
        if (width <= room) {
            weft_pen_label(frame, left, box.y + box.h / 2, width, style, frame->theme->hold, box,
                           false, label.text);
            return;
        }
    }
}

/* Owners of less than two pixels, gathered in a column. */
struct thin {
    float from, to, owned;
    struct weft_rect rect; /* of the last one */
};

/* A column is as solid as it was owned. */
static void draw_thin(struct weft_frame *frame, struct thin *thin)
{
    if (thin->to <= thin->from) {
        return;
    }
    const float width = thin->to - thin->from;
    const float share = thin->owned / width > 1 ? 1 : thin->owned / width;
    struct weft_color color = frame->theme->hold_edge;
    color.a = (uint8_t)(170 + 85 * share);
    weft_draw_rect(
        frame->list,
        (struct weft_rect){thin->from, thin->rect.y, width < 1.5f ? 1.5f : width, thin->rect.h}, 0,
        color);
    *thin = (struct thin){.from = 0};
}

static void gather_thin(struct weft_frame *frame, struct thin *thin, struct weft_rect box)
{
    if (thin->to > thin->from && box.x - thin->to > 1.5f) {
        draw_thin(frame, thin);
    }
    if (thin->to <= thin->from) {
        *thin = (struct thin){.from = box.x};
    }
    thin->owned += box.w;
    thin->to = box.x + (box.w < 0.1f ? 0.1f : box.w);
    thin->rect = box;
}

static void draw_hold(struct weft_frame *frame, const struct weft_lane *lane,
                      const struct weft_hold *hold, struct weft_rect box)
{
    const bool rwlock = frame->model->objects.at[lane->index].family == WEFT_FAMILY_RWLOCK;

    box.w -= box.w >= 4 ? 1 : 0;
    weft_draw_rect(frame->list, box, 2, frame->theme->hold);
    weft_draw_frame(frame->list, box, 2, 1, frame->theme->hold_edge);
    if ((hold->flags & WEFT_SPAN_OPEN) != 0) {
        weft_track_tear(frame, lane, box);
    }
    label_hold(frame, hold, rwlock, box);
}

/* Readers are found by their boxes, the only owner by the time. */
static bool is_meant(const struct weft_frame *frame, const struct weft_hold *hold,
                     struct weft_rect box)
{
    const double at_ns = weft_frame_time(frame, frame->mouse_x);

    return (double)hold->start_ns <= at_ns && at_ns < (double)hold->end_ns &&
           (!is_shared(hold) || weft_rect_has((struct weft_rect){box.x, box.y, box.w, box.h + 1},
                                              frame->mouse_x, frame->mouse_y));
}

static void draw_holds(struct weft_frame *frame, const struct weft_lane *lane,
                       struct weft_rect boxes)
{
    const struct weft_object *lock = &frame->model->objects.at[lane->index];
    const bool pointed = frame->has_mouse && weft_rect_has(boxes, frame->mouse_x, frame->mouse_y);
    struct thin thin[WEFT_CROWD_MAX + 1] = {{.from = 0}}; /* the last: writers and owners */
    uint32_t meant = WEFT_NONE;

    for (uint32_t i = first_hold(frame, lane->index); i < lock->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(frame->model, lock, i);
        const struct weft_rect box = weft_track_hold(frame, lane, i);
        struct thin *column =
            &thin[is_shared(&hold) ? row_of(frame, lane->index, i) : WEFT_CROWD_MAX];
        if ((double)hold.start_ns > frame->view->range.to_ns) {
            break;
        }
        if ((double)hold.end_ns < frame->view->range.from_ns) {
            continue;
        }
        if (box.w < 2) {
            gather_thin(frame, column, box);
        } else {
            draw_thin(frame, column);
            draw_hold(frame, lane, &hold, box);
        }
        meant = pointed && is_meant(frame, &hold, box) ? i : meant;
    }
    for (int i = 0; i <= WEFT_CROWD_MAX; i++) {
        draw_thin(frame, &thin[i]);
    }
    if (meant != WEFT_NONE) {
        weft_frame_hit(frame, weft_track_hold(frame, lane, meant), WEFT_TARGET_HOLD, lane->index,
                       meant);
    }
}

void weft_track_lock(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_object *lock = &frame->model->objects.at[lane->index];
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const float below_y = rect.y + 7 + box_px(frame, lane) + 3;

    draw_holds(frame, lane, (struct weft_rect){rect.x, rect.y, rect.w, below_y - rect.y});
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
                           weft_state_styles[span->state].pattern == WEFT_PATTERN_HATCHED,
                           label.text);
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
        if ((double)weft_model_span(frame->model, wait->thread, wait->span).start_ns < from_ns) {
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
        const struct weft_span span = weft_model_span(model, wait->thread, wait->span);
        const uint64_t end_ns = weft_span_end_ns(model, wait->thread, wait->span);
        const uint32_t row = weft_crowd_row(until, rows, span.start_ns, end_ns);
        if ((double)span.start_ns > frame->view->range.to_ns) {
            break;
        }
        if ((double)end_ns < frame->view->range.from_ns) {
            continue;
        }
        const float x0 = weft_frame_x(frame, (double)span.start_ns);
        const float x1 = weft_frame_x(frame, (double)end_ns);
        if (x1 < last_x[row] + 0.75f && last_x[row] != 0) {
            continue; /* it adds nothing that can be seen */
        }
        last_x[row] = x1;
        used = row + 1 > used ? row + 1 : used;
        const float width = x1 - x0 < 1 ? 1 : x1 - x0 - (x1 - x0 >= 4 ? 1 : 0);
        const struct weft_rect bar = {x0, rect.y + (float)row * row_px, width,
                                      row_px - (row_px > 5 ? 1 : 0.5f)};
        weft_pen_state(frame, bar, span.state, 1);
        if ((span.flags & WEFT_SPAN_OPEN) != 0) {
            weft_track_tear(frame, weft_lanes_of_object(frame->lanes, object), bar);
        }
        weft_frame_hit(frame, bar, WEFT_TARGET_SPAN, wait->thread, wait->span);
        label_waiter(frame, wait->thread, &span, end_ns, bar);
    }
    return used;
}
