/*
 * A thread's lane: its states, from its start to its end.
 *
 *     flags    ▸           ▸                printed lines and other marks (marks.c)
 *     zones    ─ build ──────────           the program's own zones
 *     bars     ████ ▓▓▓▓▓▓ ░░░░░░░ ended    states in colour, height and pattern
 *     choices  Y    '  Y               where another thread could have gone on (choices.c)
 *
 * Spans of less than two pixels are summed up a pixel column at a time, exactly, with fractions:
 * a column shows the state that really dominates it, and a loud state that does not is a tick over
 * it, or a notch at its foot where they crowd, however rare it is.
 */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NARROW_PX = 2,
    MERGED_PX = 4,
    TICK_PX = 2,
    ALONE_PX = 4,
    LOOK_AHEAD = 16,
    PATTERN_PX = 3, /* less has no room for one */
    ROWS_FROM = 16, /* short runs of columns in a lane */
    LOUDNESS_MAX = 2,
    FAR_PX = 16384,
};

float weft_track_label_size(float bar_height)
{
    return bar_height >= 26 ? 13 : bar_height >= 19 ? 12 : bar_height >= 14 ? 11 : 0;
}

struct weft_rect weft_track_rect(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_geometry *at = &frame->geometry;

    const bool stays = frame->part != WEFT_PART_ALL && lane->section == WEFT_LANE_PINNED;

    return (struct weft_rect){at->lane_left,
                              frame->lanes_y + lane->y - (stays ? 0 : frame->view->scroll_px),
                              at->lane_right - at->lane_left, lane->h};
}

static float flags_px(float lane_height)
{
    return lane_height >= 60 ? 17 : lane_height >= 40 ? 15 : lane_height >= 32 ? 9 : 6;
}

static uint32_t zone_rows(const struct weft_frame *frame, uint32_t thread)
{
    const uint32_t depth = frame->summary->threads.at[thread].zone_depth;

    return depth < WEFT_ZONE_ROWS ? depth : WEFT_ZONE_ROWS;
}

/* Tall enough for a name where the lane has the room for that beside its bars, else a thin line. */
static float zone_row_px(float lane_height, uint32_t rows)
{
    return lane_height - flags_px(lane_height) - (float)rows * 16 >= 26 ? 15
           : lane_height >= 40                                          ? 4
                                                                        : 2;
}

struct weft_rect weft_track_bars(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const float above =
        flags_px(lane->h) + (float)zone_rows(frame, lane->index) *
                                (zone_row_px(lane->h, zone_rows(frame, lane->index)) + 1);
    const float below = lane->h >= 60 ? 7 : 4;

    return (struct weft_rect){rect.x, rect.y + above, rect.w, lane->h - above - below};
}

struct weft_rect weft_track_bar(struct weft_rect bars, uint8_t state, float x0, float x1)
{
    const float height = floorf(bars.h * weft_state_styles[state].height);

    return (struct weft_rect){x0, bars.y + bars.h - height, x1 - x0, height};
}

/* What the pixel columns of a lane show. */
struct columns {
    uint32_t count;
    struct weft_column *at;
    uint8_t *hidden; /* WEFT_STATE_COUNT, or the loudest state of the column: it shows another */
};

enum { SHOWS_NONE = WEFT_STATE_COUNT };

/* A state that is drawn in a column, in a row of its picture. */
struct row_colors {
    struct weft_color of[WEFT_STATE_COUNT + 1]; /* clear: nothing of it is in that row */
};

static bool columns_init(struct columns *columns, struct weft_frame *frame)
{
    const float width = frame->geometry.lane_right - frame->geometry.lane_left;

    columns->count = width > 0 ? (uint32_t)ceilf(width) + 1 : 1;
    columns->at = weft_arena_get(&frame->list->arena, columns->count * sizeof *columns->at);
    columns->hidden = weft_arena_get(&frame->list->arena, columns->count);
    if (columns->at == NULL || columns->hidden == NULL) {
        frame->list->failed = true;
        return false;
    }
    return true;
}

/* The next columns, from *from on, that show the same: [*from, *end).  False: there are none. */
static bool next_run(const struct columns *columns, uint32_t *from, uint32_t *end)
{
    while (*from < columns->count && columns->at[*from].mask == 0) {
        (*from)++;
    }
    *end = *from;
    while (*end < columns->count && columns->at[*end].mask != 0 &&
           columns->at[*end].most == columns->at[*from].most) {
        (*end)++;
    }
    return *end > *from;
}

/* One row of colours, where `shown` has states. */
static void draw_row(struct weft_frame *frame, struct weft_rect rect, const uint8_t *shown,
                     uint32_t count, const struct row_colors *colors)
{
    struct weft_color *pixels = weft_draw_pixels(frame->list, rect, count);

    for (uint32_t i = 0; pixels != NULL && i < count; i++) {
        pixels[i] = colors->of[shown[i]];
    }
}

static int by_height(const void *a, const void *b)
{
    const float first = *(const float *)a, second = *(const float *)b;

    return (first > second) - (first < second);
}

/*
 * Very many short runs of columns, all at once: a picture of them has few rows that differ.  Each
 * begins where a state's bar or a band in it begins or ends.
 */
static void draw_short_runs(struct weft_frame *frame, const uint8_t *shown, uint32_t count,
                            struct weft_rect bars)
{
    struct weft_rect parts[WEFT_STATE_COUNT][WEFT_PEN_PARTS];
    struct weft_color colors[WEFT_STATE_COUNT][WEFT_PEN_PARTS];
    float edges[WEFT_STATE_COUNT * WEFT_PEN_PARTS * 2];
    uint32_t part_count[WEFT_STATE_COUNT] = {0}, edge_count = 0, states = 0;

    for (uint32_t i = 0; i < count; i++) {
        states |= 1u << shown[i];
    }
    for (uint8_t state = 0; state < WEFT_STATE_COUNT; state++) {
        if ((states >> state & 1) != 0) {
            part_count[state] = weft_pen_narrow_state(frame, weft_track_bar(bars, state, 0, 1),
                                                      state, parts[state], colors[state]);
        }
        for (uint32_t k = 0; k < part_count[state]; k++) {
            edges[edge_count++] = parts[state][k].y;
            edges[edge_count++] = parts[state][k].y + parts[state][k].h;
        }
    }
    qsort(edges, edge_count, sizeof *edges, by_height);
    for (uint32_t i = 1; i < edge_count; i++) {
        const float top = edges[i - 1], middle = (top + edges[i]) / 2;
        struct row_colors row = {{{0}}};
        if (edges[i] - top < 0.01f) {
            continue;
        }
        for (uint8_t state = 0; state < WEFT_STATE_COUNT; state++) {
            for (uint32_t k = 0; k < part_count[state];
                 k++) { /* later ones lie over earlier ones */
                const struct weft_rect *part = &parts[state][k];
                row.of[state] = part->y <= middle && middle < part->y + part->h ? colors[state][k]
                                                                                : row.of[state];
            }
        }
        draw_row(frame, (struct weft_rect){bars.x, top, (float)count, edges[i] - top}, shown, count,
                 &row);
    }
}

/* Long runs are bars with their patterns, short ones are rows; a few of them are not worth it. */
static void draw_columns(struct weft_frame *frame, const struct columns *columns,
                         struct weft_rect bars)
{
    uint8_t *shown = weft_arena_get(&frame->list->arena, columns->count);
    uint32_t runs = 0;

    if (shown == NULL) {
        frame->list->failed = true;
        return;
    }
    memset(shown, SHOWS_NONE, columns->count);
    for (uint32_t i = 0, end; next_run(columns, &i, &end); i = end) {
        runs += end - i < PATTERN_PX;
    }
    for (uint32_t i = 0, end; next_run(columns, &i, &end); i = end) {
        const uint8_t state = columns->at[i].most;
        if (end - i < PATTERN_PX && runs >= ROWS_FROM) {
            memset(shown + i, state, end - i);
        } else {
            const float left = bars.x + (float)i, right = bars.x + (float)end;
            weft_pen_state(frame, weft_track_bar(bars, state, left, right), state, 0);
        }
    }
    if (runs >= ROWS_FROM) {
        draw_short_runs(frame, shown, columns->count, bars);
    }
}

/* A hair below columns that stand for more than they can show. */
static void draw_merged(struct weft_frame *frame, const struct columns *columns,
                        struct weft_rect bars)
{
    for (uint32_t i = 0; i < columns->count;) {
        uint32_t end = i;
        while (end < columns->count && columns->at[end].mask != 0) {
            end++;
        }
        if (end - i >= MERGED_PX) {
            weft_draw_rect(
                frame->list,
                (struct weft_rect){bars.x + (float)i, bars.y + bars.h + 1.5f, (float)(end - i), 1},
                0, frame->theme->muted);
            frame->merged = true;
        }
        i = end > i ? end : i + 1;
    }
}

/* The loudest state of each column when it is not the one that the column shows. */
static void find_hidden(const struct columns *columns)
{
    uint32_t as_loud[LOUDNESS_MAX + 1] = {0};

    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        as_loud[weft_state_styles[state].loudness] |= 1u << state;
    }
    for (uint32_t i = 0; i < columns->count; i++) {
        const uint32_t mask = columns->at[i].mask;
        uint32_t loud = 0;
        for (int loudness = LOUDNESS_MAX; loudness > 0 && loud == 0; loudness--) {
            loud = mask & as_loud[loudness];
        }
        const uint8_t loudest = loud != 0 ? (uint8_t)__builtin_ctz(loud) : SHOWS_NONE;
        columns->hidden[i] = loudest != columns->at[i].most ? loudest : SHOWS_NONE;
    }
}

/* Is nothing hidden in the columns beside [from, end)?  Only then it is a single short wait. */
static bool stands_alone(const struct columns *columns, uint32_t from, uint32_t end)
{
    for (uint32_t i = from > ALONE_PX ? from - ALONE_PX : 0;
         i < end + ALONE_PX && i < columns->count; i++) {
        if ((i < from || i >= end) && columns->hidden[i] != SHOWS_NONE) {
            return false;
        }
    }
    return end - from <= TICK_PX;
}

/* Loud states that do not dominate their column: a single one is a tick as high as its state
 * always is, over its neighbours; where every column has one, they are notches at its foot. */
static void draw_notches(struct weft_frame *frame, const struct columns *columns,
                         struct weft_rect bars, float end_x)
{
    const float height = bars.h >= 24 ? 7 : 4, foot = bars.y + bars.h;
    uint8_t *shown = weft_arena_get(&frame->list->arena, columns->count + 1);
    struct row_colors colors = {{{0}}};
    bool crowd = false;

    if (shown == NULL) {
        frame->list->failed = true;
        return;
    }
    memset(shown, SHOWS_NONE, columns->count + 1);
    find_hidden(columns);
    for (uint32_t i = 0, end; i < columns->count; i = end) {
        const uint8_t state = columns->hidden[i];
        end = i + 1;
        while (state != SHOWS_NONE && end < columns->count && columns->hidden[end] == state) {
            end++;
        }
        if (state == SHOWS_NONE) {
            continue;
        }
        colors.of[state] = weft_state_styles[state].colors[frame->theme->id].fill;
        if (stands_alone(columns, i, end)) {
            const float left = bars.x + (float)i;
            /* A wait at a thread's very end is no wait behind it. */
            const float x = left + TICK_PX > end_x ? end_x - TICK_PX : left;
            weft_draw_rect(frame->list, weft_track_bar(bars, state, x, x + TICK_PX), 0,
                           colors.of[state]);
        } else {
            memset(shown + i, state, end - i + 1); /* seen even where it is one pixel */
            crowd = true;
        }
    }
    if (crowd) {
        draw_row(frame,
                 (struct weft_rect){bars.x, foot - height, (float)(columns->count + 1), height},
                 shown, columns->count + 1, &colors);
    }
}

void weft_track_tear(struct weft_frame *frame, const struct weft_lane *lane, struct weft_rect bar)
{
    const float right = bar.x + bar.w, tooth = 5;

    for (float y = bar.y; y < bar.y + bar.h; y += tooth) {
        const float low = y + tooth < bar.y + bar.h ? y + tooth : bar.y + bar.h;
        const struct weft_point_px notch[] = {
            {right + 0.5f, y}, {right - 5, (y + low) / 2}, {right + 0.5f, low}};
        weft_draw_polygon(frame->list, notch, 3, weft_track_ground(frame, lane, right));
    }
}

static void label_span(struct weft_frame *frame, uint32_t thread, uint32_t span,
                       struct weft_rect bar)
{
    const uint8_t state = weft_model_span(frame->model, thread, span).state;
    const struct weft_state_colors *colors = &weft_state_styles[state].colors[frame->theme->id];
    const struct weft_style style = {WEFT_FONT_SANS, weft_track_label_size(bar.h), colors->ink};
    const struct weft_rect seen =
        weft_rect_inside(bar, weft_track_rect(frame, weft_lanes_of_thread(frame->lanes, thread)));
    const float room = seen.w - 14;
    struct weft_sentence label;

    if (style.size == 0 || room < 24) {
        return;
    }
    for (uint32_t variant = 0; variant < WEFT_LABEL_VARIANTS; variant++) {
        if (!weft_sentence_label(frame->model, thread, span, variant, &label)) {
            continue;
        }
        const float width = weft_pen_width(frame, style, label.text);
        if (width <= room) {
            weft_pen_label(frame, seen.x + 8, bar.y + bar.h / 2, width, style, colors->fill, bar,
                           weft_state_styles[state].pattern == WEFT_PATTERN_HATCHED, label.text);
            return;
        }
    }
}

/* Is the next bar, behind what is too short to be one, of the same state?  Nothing but a gap then
 * says that they are two. */
static bool same_follows(const struct weft_frame *frame, uint32_t thread, uint32_t span, float x1)
{
    const struct weft_thread_info *info = &frame->model->threads.at[thread];
    const uint8_t state = weft_thread_span(frame->model, info, span).state;

    for (uint32_t i = span + 1; i < info->spans.count && i <= span + LOOK_AHEAD; i++) {
        const float left =
            weft_frame_x(frame, (double)weft_thread_span(frame->model, info, i).start_ns);
        const float right = weft_frame_x(frame, (double)weft_span_end_ns(frame->model, thread, i));
        if (left > x1 + NARROW_PX) {
            return false;
        }
        if (right - left >= NARROW_PX) {
            return weft_thread_span(frame->model, info, i).state == state;
        }
    }
    return false;
}

/* A span that is wide enough to be a bar of its own. */
struct wide {
    float x0, x1;
    uint32_t span;
};

/* What the strips of a lane become. */
struct lane_drawing {
    struct weft_frame *frame;
    const struct weft_lane *lane;
    struct weft_rect bars;
    struct columns columns;
    struct wide *wide;
    uint32_t wide_count, wide_room;
};

/* Bars go over the columns. */
static void draw_bar(const struct lane_drawing *drawing, const struct wide *wide)
{
    struct weft_frame *frame = drawing->frame;
    const uint32_t thread = drawing->lane->index;
    const float x0 = wide->x0, x1 = wide->x1;
    const struct weft_span span = weft_model_span(frame->model, thread, wide->span);
    /* A hair between neighbours, so that two of the same state are seen to be two, even where
     * a column of what lies between them has been drawn. */
    const float hair = x1 - x0 < 4                                                   ? 0
                       : x1 - x0 >= 8 && same_follows(frame, thread, wide->span, x1) ? 2
                                                                                     : 1;
    const struct weft_rect bar = weft_track_bar(drawing->bars, span.state, x0, x1 - hair);
    if (hair > 0) {
        weft_draw_rect(frame->list, (struct weft_rect){x1 - hair, bar.y, hair, bar.h}, 0,
                       weft_track_ground(frame, drawing->lane, x1));
    }
    weft_pen_state(frame, bar, span.state, bar.w >= 8 ? 2 : 0);
    if ((span.flags & WEFT_SPAN_OPEN) != 0) {
        weft_track_tear(frame, drawing->lane, bar);
    }
    label_span(frame, thread, wide->span, bar);
}

static void note_wide(void *ctx, uint32_t span, double x0, double x1)
{
    struct lane_drawing *drawing = ctx;
    /* Far outside is as good as just outside, and floats keep their fractions. */
    const double left = x0 < -FAR_PX ? -FAR_PX : x0, right = x1 > FAR_PX ? FAR_PX : x1;

    if (drawing->wide_count < drawing->wide_room) {
        drawing->wide[drawing->wide_count++] =
            (struct wide){drawing->bars.x + (float)left, drawing->bars.x + (float)right, span};
    }
}

static void draw_spans(struct weft_frame *frame, const struct weft_lane *lane,
                       struct weft_rect bars)
{
    const struct weft_thread_info *info = &frame->model->threads.at[lane->index];
    struct lane_drawing drawing = {.frame = frame, .lane = lane, .bars = bars};

    if (!columns_init(&drawing.columns, frame)) {
        return;
    }
    /* No more fit beside one another, and one that reaches in from either side. */
    drawing.wide_room = drawing.columns.count / NARROW_PX + 2;
    drawing.wide = weft_arena_get(&frame->list->arena, drawing.wide_room * sizeof *drawing.wide);
    if (drawing.wide == NULL) {
        frame->list->failed = true;
        return;
    }
    const struct weft_columns where = {frame->view->range.from_ns, weft_frame_ns_per_px(frame),
                                       drawing.columns.count, NARROW_PX};
    weft_model_columns(frame->model, lane->index, &where, drawing.columns.at, note_wide, &drawing);
    draw_columns(frame, &drawing.columns, bars);
    for (uint32_t i = 0; i < drawing.wide_count; i++) {
        draw_bar(&drawing, &drawing.wide[i]);
    }
    draw_notches(frame, &drawing.columns, bars, weft_frame_x(frame, (double)info->end_ns));
    draw_merged(frame, &drawing.columns, bars);
}

/* What the zones of a lane are drawn with. */
struct zones {
    struct weft_frame *frame;
    const struct weft_lane *lane;
    float row;
    float last_right[WEFT_ZONE_ROWS];
    bool visited;
    size_t reached; /* the first zone that was visited */
};

static struct weft_rect zone_band(const struct zones *zones, uint32_t depth, float x0, float x1)
{
    const struct weft_rect rect = weft_track_rect(zones->frame, zones->lane);

    return weft_rect_inside(
        (struct weft_rect){x0, rect.y + flags_px(zones->lane->h) + (float)depth * (zones->row + 1),
                           x1 - x0 - (x1 - x0 > 4 ? 1 : 0), zones->row},
        (struct weft_rect){rect.x, rect.y, rect.w, rect.h});
}

static void draw_band(struct zones *zones, uint32_t depth, struct weft_rect band)
{
    struct weft_frame *frame = zones->frame;

    zones->last_right[depth] = band.x + band.w;
    weft_draw_rect(frame->list, band, 2, frame->theme->raised);
    weft_draw_rect(frame->list, (struct weft_rect){band.x, band.y, band.w, 1.5f}, 0,
                   frame->theme->hold_edge);
}

static void add_zone(struct zones *zones, size_t index)
{
    struct weft_frame *frame = zones->frame;
    const struct weft_zone *zone = &frame->model->threads.at[zones->lane->index].zones.at[index];
    const struct weft_style style = {WEFT_FONT_SANS, 11, frame->theme->text};

    if (zone->depth >= WEFT_ZONE_ROWS || (double)zone->end_ns < frame->view->range.from_ns) {
        return;
    }
    const float x0 = weft_frame_x(frame, (double)zone->start_ns);
    float x1 = weft_frame_x(frame, (double)zone->end_ns);
    x1 = x1 < x0 + 1 ? x0 + 1 : x1;
    if (x1 < zones->last_right[zone->depth] + 0.5f) {
        return; /* nothing new on screen */
    }
    const struct weft_rect band = zone_band(zones, zone->depth, x0, x1);
    draw_band(zones, zone->depth, band);
    weft_frame_hit(frame, band, WEFT_TARGET_ZONE, zones->lane->index, (uint32_t)index);
    if (zones->row >= 14 && band.w > 16) {
        const float width = weft_pen_width(frame, style, zone->name);
        if (width <= band.w - 10) {
            weft_pen_label(frame, band.x + 5, band.y + zones->row / 2 + 0.5f, width, style,
                           frame->theme->raised, band, false, zone->name);
        }
    }
}

/* Many zones in less than can be seen: a piece of each row that they reach. */
static void visit_zones(void *ctx, const struct weft_bunch *bunch)
{
    struct zones *zones = ctx;

    if (!zones->visited) {
        zones->visited = true;
        zones->reached = bunch->first;
    }
    if (bunch->count == 1) {
        add_zone(zones, bunch->first);
        return;
    }
    const float x0 = weft_frame_x(zones->frame, (double)bunch->start_ns);
    const float x1 = weft_frame_x(zones->frame, (double)bunch->end_ns);
    for (uint32_t depth = 0; depth < WEFT_ZONE_ROWS && (float)depth <= bunch->bin.high; depth++) {
        if (x1 >= zones->last_right[depth] + 0.5f) {
            draw_band(zones, depth, zone_band(zones, depth, x0, x1 < x0 + 1 ? x0 + 1 : x1));
        }
    }
}

/* The zones that those which were visited lie in began before them. */
static void add_zones_before(struct zones *zones)
{
    const struct weft_thread_info *info = &zones->frame->model->threads.at[zones->lane->index];
    uint32_t depth = zones->reached < info->zones.count ? info->zones.at[zones->reached].depth : 0;

    for (size_t i = zones->reached; i > 0 && depth > 0;) {
        i = weft_model_zone_around(zones->frame->model, zones->lane->index, i);
        if (i == WEFT_NONE) {
            return;
        }
        depth = info->zones.at[i].depth;
        add_zone(zones, i);
    }
}

static void draw_zones(struct weft_frame *frame, const struct weft_lane *lane)
{
    const double from_ns = frame->view->range.from_ns, to_ns = frame->view->range.to_ns;
    const double finest_ns = 2 * weft_frame_ns_per_px(frame);
    struct zones zones = {
        .frame = frame, .lane = lane, .row = zone_row_px(lane->h, zone_rows(frame, lane->index))};

    if (to_ns < 0 || frame->model->threads.at[lane->index].zones.count == 0) {
        return;
    }
    for (int i = 0; i < WEFT_ZONE_ROWS; i++) {
        zones.last_right[i] = -1e9f;
    }
    weft_model_zone_bunches(frame->model, lane->index, from_ns > 0 ? (uint64_t)from_ns : 0,
                            (uint64_t)to_ns, finest_ns > 0 ? (uint64_t)finest_ns : 0, visit_zones,
                            &zones);
    add_zones_before(&zones);
}

/* Start and end: a thin post as high as the lane's bars, with a foot towards the inside.  The foot
 * is below, where no flag stands. */
static void draw_post(struct weft_frame *frame, struct weft_rect bars, float x, float foot)
{
    if (x < bars.x - 1 || x > bars.x + bars.w + 1) {
        return;
    }
    weft_draw_rect(frame->list, (struct weft_rect){x - 0.75f, bars.y, 1.5f, bars.h + 1.5f}, 0,
                   frame->theme->mark);
    weft_draw_rect(frame->list,
                   (struct weft_rect){foot > 0 ? x : x + foot, bars.y + bars.h, fabsf(foot), 1.5f},
                   0, frame->theme->mark);
}

static void draw_life(struct weft_frame *frame, const struct weft_lane *lane, struct weft_rect bars)
{
    const uint32_t thread = lane->index;
    const struct weft_thread_info *info = &frame->model->threads.at[thread];
    const struct weft_style style = {WEFT_FONT_SANS, weft_track_label_size(bars.h),
                                     frame->theme->muted};
    const float end_x = weft_frame_x(frame, (double)info->end_ns);

    if (info->started && info->spans.count > 0) {
        draw_post(frame, bars, weft_frame_x(frame, (double)info->start_ns), 6);
    }
    if (!info->ended) {
        return;
    }
    draw_post(frame, bars, end_x, -6);
    const float left = end_x + 8 > bars.x + 8 ? end_x + 8 : bars.x + 8;
    const float right = bars.x + bars.w + 12;
    /* When, too, where there is room for it. */
    struct weft_sentence *words = weft_arena_get(&frame->list->arena, sizeof *words);
    if (style.size <= 0 || words == NULL) {
        return;
    }
    *words = (struct weft_sentence){.len = 0};
    weft_sentence_add(words, "ended at %s",
                      weft_words_moment(info->end_ns, weft_frame_ns_per_px(frame)).text);
    const char *text = words->text;
    float width = weft_pen_width(frame, style, text);
    if (left + width > right) {
        text = _("ended");
        width = weft_pen_width(frame, style, text);
    }
    if (left + width <= right) {
        weft_pen_label(frame, left, bars.y + bars.h - floorf(bars.h * 0.66f) / 2, width, style,
                       weft_track_ground(frame, lane, left), weft_track_rect(frame, lane), false,
                       text);
    }
}

static void hit_spans(struct weft_frame *frame, const struct weft_lane *lane, struct weft_rect bars)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);

    if (!frame->has_mouse || !weft_rect_has(rect, frame->mouse_x, frame->mouse_y)) {
        return;
    }
    /* Only the span under the mouse can be pointed at, so only that one is looked up.  Within
     * three pixels the nearest short one counts: it could not be met otherwise. */
    const double at_ns = weft_frame_time(frame, frame->mouse_x);
    const uint32_t span =
        at_ns < 0 ? WEFT_NONE : weft_model_span_at(frame->model, lane->index, (uint64_t)at_ns);
    if (span == WEFT_NONE) {
        return;
    }
    const struct weft_thread_info *info = &frame->model->threads.at[lane->index];
    const float x0 =
        weft_frame_x(frame, (double)weft_thread_span(frame->model, info, span).start_ns);
    const float x1 = weft_frame_x(frame, (double)weft_span_end_ns(frame->model, lane->index, span));
    /* Low bars, too, are met anywhere between the flags and the lane's foot. */
    weft_frame_hit(frame, (struct weft_rect){x0, bars.y, x1 - x0 < 1 ? 1 : x1 - x0, bars.h + 3},
                   WEFT_TARGET_SPAN, lane->index, span);
}

void weft_track_thread(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect bars = weft_track_bars(frame, lane);

    draw_spans(frame, lane, bars);
    draw_zones(frame, lane);
    draw_life(frame, lane, bars);
    hit_spans(frame, lane, bars);
    weft_track_choices(frame, lane);
}
