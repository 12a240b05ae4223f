/*
 * A lock's lane: who has it, and below who waits for it.
 *
 *     owners   [(T1) held by Thread-1][(T2) held by Thread-2]
 *     waiters  ▓▓ Thread-2 waits ▓▓▓▓
 *
 * Of a read-write lock those who read at once lie below one another; who writes has all the room.
 */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

#include <math.h>

/* What is gathered where it is finer than this, and how far back what still lasts is looked for. */
enum { FINE_PX = 2, READERS_BACK = 4096 };

static float box_px(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const bool waits = frame->model->objects.at[lane->index].waits.count > 0;
    const bool stacked = frame->summary->objects.at[lane->index].readers > 1;

    return floorf((lane->h - 14) * (!waits ? 0.8f : stacked ? 0.68f : 0.56f));
}

/* In which row of a read-write lock a hold lies; 0 while it is not known. */
static uint32_t row_of(const struct weft_frame *frame, uint32_t object, uint32_t hold)
{
    const struct weft_rows *rows = &frame->summary->objects.at[object].hold_rows;

    return hold < rows->count ? rows->at[hold] : 0;
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

/* "held by w for 3 ms", "w reads for 3 ms", and shorter. */
static void say_hold(const struct weft_hold *hold, bool rwlock, const char *owner, uint32_t variant,
                     struct weft_sentence *out)
{
    const struct weft_word time =
        weft_words_lasting(hold->end_ns - hold->start_ns, (hold->flags & WEFT_SPAN_OPEN) != 0);
    const char *verb = is_shared(hold) ? _("reads") : _("writes");

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

/* What the holds of a lock are drawn with. */
struct holds {
    struct weft_frame *frame;
    const struct weft_lane *lane;
    float y, height;                      /* of an owner's box */
    struct thin thin[WEFT_CROWD_MAX + 1]; /* the last: writers and owners */
    size_t reached;                       /* the first hold that was visited */
    bool visited, pointed;
    uint32_t meant;
};

static void add_hold(struct holds *holds, size_t index)
{
    struct weft_frame *frame = holds->frame;
    const struct weft_hold hold = weft_model_hold(frame->model, holds->lane->index, index);
    const struct weft_rect box = weft_track_hold(frame, holds->lane, (uint32_t)index);
    struct thin *column =
        &holds->thin[is_shared(&hold) ? row_of(frame, holds->lane->index, (uint32_t)index)
                                      : WEFT_CROWD_MAX];

    if ((double)hold.end_ns < frame->view->range.from_ns) {
        return;
    }
    if (box.w < 2) {
        gather_thin(frame, column, box);
    } else {
        draw_thin(frame, column);
        draw_hold(frame, holds->lane, &hold, box);
    }
    if (holds->pointed && is_meant(frame, &hold, box)) {
        holds->meant = (uint32_t)index;
    }
}

/* Many at once are as solid as the lock was owned meanwhile. */
static void visit_holds(void *ctx, const struct weft_bunch *bunch)
{
    struct holds *holds = ctx;

    if (!holds->visited) {
        holds->visited = true;
        holds->reached = bunch->first;
    }
    if (bunch->count == 1) {
        add_hold(holds, bunch->first);
        return;
    }
    const float x0 = weft_frame_x(holds->frame, (double)bunch->start_ns);
    const float x1 = weft_frame_x(holds->frame, (double)bunch->end_ns);
    const float share = bunch->bin.low < 1 ? bunch->bin.low : 1;
    struct thin *column = &holds->thin[WEFT_CROWD_MAX];
    gather_thin(holds->frame, column,
                (struct weft_rect){x0, holds->y, (x1 - x0) * share, holds->height});
    column->to = x1 > column->to ? x1 : column->to;
    if (column->to - column->from >= FINE_PX) {
        draw_thin(holds->frame, column);
    }
}

/* Readers that were there before the first one in view, and still are. */
static void add_readers_before(struct holds *holds)
{
    const size_t first = holds->reached > READERS_BACK ? holds->reached - READERS_BACK : 0;

    for (size_t i = first; i < holds->reached; i++) {
        add_hold(holds, i);
    }
}

/* As fine as it is drawn. */
static void each_bunch(const struct weft_frame *frame, uint32_t object, enum weft_bins_of what,
                       weft_bunch_visit *visit, void *ctx)
{
    const double from_ns = frame->view->range.from_ns, to_ns = frame->view->range.to_ns;
    const double finest_ns = FINE_PX * weft_frame_ns_per_px(frame);

    if (to_ns >= 0) {
        weft_model_bunches(frame->model, object, what, from_ns > 0 ? (uint64_t)from_ns : 0,
                           (uint64_t)to_ns, finest_ns > 0 ? (uint64_t)finest_ns : 0, visit, ctx);
    }
}

static void draw_holds(struct weft_frame *frame, const struct weft_lane *lane,
                       struct weft_rect boxes)
{
    struct holds holds = {.frame = frame,
                          .lane = lane,
                          .y = weft_track_rect(frame, lane).y + 7,
                          .height = box_px(frame, lane),
                          .pointed = frame->has_mouse &&
                                     weft_rect_has(boxes, frame->mouse_x, frame->mouse_y),
                          .meant = WEFT_NONE};

    each_bunch(frame, lane->index, WEFT_BINS_HOLDS, visit_holds, &holds);
    if (frame->summary->objects.at[lane->index].readers > 1) {
        add_readers_before(&holds);
    }
    for (int i = 0; i <= WEFT_CROWD_MAX; i++) {
        draw_thin(frame, &holds.thin[i]);
    }
    if (holds.meant != WEFT_NONE) {
        weft_frame_hit(frame, weft_track_hold(frame, lane, holds.meant), WEFT_TARGET_HOLD,
                       lane->index, holds.meant);
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
                              span->outcome == WEFT_OUT_TIMEOUT ? _(" in vain") : "",
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

/* What the waits for an object are drawn with. */
struct waiters {
    struct weft_frame *frame;
    uint32_t object;
    struct weft_rect rect;
    float row_px;
    uint32_t rows, used;
    float last_x[WEFT_CROWD_MAX];
    struct weft_rect column; /* of many at once; no width: none is begun */
    uint8_t state;
};

static void add_wait(struct waiters *waiters, size_t index)
{
    struct weft_frame *frame = waiters->frame;
    const struct weft_object *what = &frame->model->objects.at[waiters->object];
    const struct weft_rows *rows = &frame->summary->objects.at[waiters->object].wait_rows;
    const struct weft_wait_ref *wait = &what->waits.at[index];
    const struct weft_span span = weft_model_span(frame->model, wait->thread, wait->span);
    const uint64_t end_ns = weft_span_end_ns(frame->model, wait->thread, wait->span);
    uint32_t row = index < rows->count ? rows->at[index] : 0;

    row = row < waiters->rows ? row : waiters->rows - 1;
    const float x0 = weft_frame_x(frame, (double)span.start_ns);
    const float x1 = weft_frame_x(frame, (double)end_ns);
    if ((double)end_ns < frame->view->range.from_ns ||
        (x1 < waiters->last_x[row] + 0.75f && waiters->last_x[row] != 0)) {
        return; /* it adds nothing that can be seen */
    }
    waiters->last_x[row] = x1;
    waiters->used = row + 1 > waiters->used ? row + 1 : waiters->used;
    const float row_px = waiters->row_px;
    const float width = x1 - x0 < 1 ? 1 : x1 - x0 - (x1 - x0 >= 4 ? 1 : 0);
    const struct weft_rect bar = {x0, waiters->rect.y + (float)row * row_px, width,
                                  row_px - (row_px > 5 ? 1 : 0.5f)};
    weft_pen_state(frame, bar, span.state, 1);
    if ((span.flags & WEFT_SPAN_OPEN) != 0) {
        weft_track_tear(frame, weft_lanes_of_object(frame->lanes, waiters->object), bar);
    }
    weft_frame_hit(frame, bar, WEFT_TARGET_SPAN, wait->thread, wait->span);
    label_waiter(frame, wait->thread, &span, end_ns, bar);
}

static void draw_column(struct waiters *waiters)
{
    if (waiters->column.w > 0) {
        weft_pen_state(waiters->frame, waiters->column, waiters->state, 0);
        waiters->column.w = 0;
    }
}

/* Many waits at once are a column: as many rows tall as threads waited, on average. */
static void visit_waits(void *ctx, const struct weft_bunch *bunch)
{
    struct waiters *waiters = ctx;
    const struct weft_model *model = waiters->frame->model;

    if (bunch->count == 1) {
        draw_column(waiters);
        add_wait(waiters, bunch->first);
        return;
    }
    const struct weft_wait_ref first = model->objects.at[waiters->object].waits.at[bunch->first];
    const float x0 = weft_frame_x(waiters->frame, (double)bunch->start_ns);
    const float x1 = weft_frame_x(waiters->frame, (double)bunch->end_ns);
    const float most = (float)waiters->rows * waiters->row_px;
    float height = ceilf(bunch->bin.low * waiters->row_px);
    height = height < 1 ? 1 : height > most ? most : height;
    if (waiters->column.w > 0 && fabsf(waiters->column.h - height) < 0.5f) {
        waiters->column.w = x1 - waiters->column.x;
        return;
    }
    draw_column(waiters);
    waiters->state = weft_model_span(model, first.thread, first.span).state;
    waiters->column = (struct weft_rect){x0, waiters->rect.y, x1 - x0, height};
}

/* What each thread does where the view begins: looked up once for all lanes. */
static const uint32_t *spans_at_left(struct weft_frame *frame)
{
    const size_t threads = frame->model->threads.count;
    const double from_ns = frame->view->range.from_ns;

    if (frame->spans_at_left == NULL) {
        uint32_t *spans = weft_arena_get(&frame->list->arena, threads * sizeof *spans);
        for (uint32_t i = 0; spans != NULL && i < threads; i++) {
            spans[i] =
                from_ns > 0 ? weft_model_span_at(frame->model, i, (uint64_t)from_ns) : WEFT_NONE;
        }
        frame->list->failed |= spans == NULL;
        frame->spans_at_left = spans;
    }
    return frame->spans_at_left;
}

/* Which wait for the object that span is; waits.count when it is none. */
static size_t find_wait(const struct weft_model *model, const struct weft_object *object,
                        uint32_t thread, uint32_t span)
{
    const uint64_t start_ns = weft_model_span(model, thread, span).start_ns;
    size_t low = 0, high = object->waits.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct weft_wait_ref wait = object->waits.at[middle];
        if (weft_model_span(model, wait.thread, wait.span).start_ns < start_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while (low < object->waits.count &&
           (object->waits.at[low].thread != thread || object->waits.at[low].span != span)) {
        const struct weft_wait_ref wait = object->waits.at[low];
        if (weft_model_span(model, wait.thread, wait.span).start_ns > start_ns) {
            return object->waits.count;
        }
        low++;
    }
    return low;
}

/* Those who waited already where the view begins. */
static void add_waits_before(struct waiters *waiters)
{
    const struct weft_model *model = waiters->frame->model;
    const struct weft_object *object = &model->objects.at[waiters->object];
    const uint32_t *spans = spans_at_left(waiters->frame);

    for (uint32_t i = 0; spans != NULL && i < model->threads.count; i++) {
        if (spans[i] == WEFT_NONE) {
            continue;
        }
        const struct weft_span span = weft_model_span(model, i, spans[i]);
        if (span.object != waiters->object || weft_span_about_thread(&span)) {
            continue;
        }
        const size_t wait = find_wait(model, object, i, spans[i]);
        if (wait < object->waits.count) {
            add_wait(waiters, wait);
        }
    }
}

uint32_t weft_track_waiters(struct weft_frame *frame, uint32_t object, struct weft_rect rect,
                            float row_px)
{
    uint32_t rows = frame->summary->objects.at[object].crowd;

    rows = rows > 0 ? rows : 1;
    if ((float)rows * row_px > rect.h) {
        row_px = rect.h / (float)rows;
    }
    if (row_px < 3) {
        row_px = 3;
        rows = (uint32_t)(rect.h / row_px) > 0 ? (uint32_t)(rect.h / row_px) : 1;
    }
    struct waiters waiters = {
        .frame = frame, .object = object, .rect = rect, .row_px = row_px, .rows = rows};
    if (frame->view->range.from_ns > 0) {
        add_waits_before(&waiters);
    }
    each_bunch(frame, object, WEFT_BINS_WAITS, visit_waits, &waiters);
    draw_column(&waiters);
    return waiters.used;
}
