#include "viewer/tracks/tracks.h"

#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/pen.h"

#include <math.h>
#include <string.h>

bool weft_track_shown(const struct weft_frame *frame, const struct weft_lane *lane)
{
    return frame->part == WEFT_PART_ALL ||
           (lane->section == WEFT_LANE_PINNED) == (frame->part == WEFT_PART_PINNED);
}

static bool on_screen(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const struct weft_rect plot = frame->geometry.plot;

    return weft_track_shown(frame, lane) && rect.y < plot.y + plot.h && rect.y + rect.h > plot.y;
}

static bool lane_is_selected(const struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_target selected = frame->view->selected;

    switch (selected.kind) {
    case WEFT_TARGET_SPAN:
    case WEFT_TARGET_ZONE:
        return lane->kind == WEFT_LANE_THREAD && lane->index == selected.owner;
    case WEFT_TARGET_HOLD:
    case WEFT_TARGET_LEVEL:
        return weft_lane_of_object(lane) && lane->index == selected.owner;
    default:
        return false;
    }
}

struct weft_color weft_track_ground(const struct weft_frame *frame, const struct weft_lane *lane,
                                    float x)
{
    if (frame->view->has_marked && x >= weft_frame_x(frame, (double)frame->view->marked_from_ns) &&
        x <= weft_frame_x(frame, (double)frame->view->marked_to_ns)) {
        return frame->theme->marked;
    }
    return lane_is_selected(frame, lane) ? frame->theme->stripe : frame->theme->ground;
}

static void draw_ground(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const float width = frame->geometry.width;

    if (lane_is_selected(frame, lane)) {
        weft_draw_rect(frame->list, (struct weft_rect){0, rect.y, width, rect.h}, 0,
                       frame->theme->stripe);
    }
    if (lane->kind != WEFT_LANE_TITLE) {
        weft_draw_rect(frame->list, (struct weft_rect){0, rect.y + rect.h - 1, width, 1}, 0,
                       frame->theme->line);
    }
}

void weft_tracks_draw_ground(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;

    weft_draw_clip(frame->list, (struct weft_rect){0, at->plot.y, at->width, at->plot.h});
    for (size_t i = 0; i < frame->lanes->count; i++) {
        if (on_screen(frame, &frame->lanes->at[i])) {
            draw_ground(frame, &frame->lanes->at[i]);
        }
    }
    weft_draw_clip(frame->list, at->plot);
    if (frame->view->has_marked) {
        const float x0 = weft_frame_x(frame, (double)frame->view->marked_from_ns);
        const float x1 = weft_frame_x(frame, (double)frame->view->marked_to_ns);
        weft_draw_rect(frame->list, (struct weft_rect){x0, at->plot.y, x1 - x0, at->plot.h}, 0,
                       frame->theme->marked);
    }
    weft_draw_clip(frame->list, (struct weft_rect){0});
}

void weft_tracks_draw(struct weft_frame *frame)
{
    const struct weft_rect plot = frame->geometry.plot;

    weft_draw_clip(frame->list, plot);
    for (size_t i = 0; i < frame->lanes->count; i++) {
        const struct weft_lane *lane = &frame->lanes->at[i];
        if (!on_screen(frame, lane)) {
            continue;
        }
        switch (lane->kind) {
        case WEFT_LANE_THREAD:
            weft_track_thread(frame, lane);
            break;
        case WEFT_LANE_LOCK:
            weft_track_lock(frame, lane);
            break;
        case WEFT_LANE_LEVEL:
            weft_track_level(frame, lane);
            break;
        case WEFT_LANE_WAITS:
            weft_track_waits(frame, lane);
            break;
        case WEFT_LANE_TITLE:
        case WEFT_LANE_MORE:
            break;
        }
    }
}

/* Figures of a lane, most telling first; each is left out where it does not fit. */
struct figures {
    struct weft_word at[6];
    uint32_t count;
};

/* A name has at most 36 bytes, which the longest one of po/ needs, and a value 24. */
static void add_figure(struct figures *figures, const char *name, struct weft_word value,
                       bool name_first)
{
    if (figures->count < 6) {
        struct weft_sentence text = {.len = 0};
        const struct weft_word words = weft_words_short(name, 36);
        const struct weft_word number = weft_words_short(value.text, 22);
        weft_sentence_add(&text, "%s %s", name_first ? words.text : number.text,
                          name_first ? number.text : words.text);
        memcpy(figures->at[figures->count].text, text.text, text.len + 1);
        figures->count++;
    }
}

/* By share, so that what does not fit is never more than what does; of equal ones the louder. */
static void thread_figures(const struct weft_frame *frame, uint32_t thread, struct figures *figures)
{
    const struct weft_thread_summary *sum = &frame->summary->threads.at[thread];
    bool told[WEFT_STATE_COUNT] = {false};

    /* Shares are of a thread's own life: where that is hardly to be seen, it is told. */
    if (sum->life_ns < frame->model->end_ns / 100) {
        add_figure(figures, _("lived"), weft_words_duration(sum->life_ns), true);
    }
    for (;;) {
        int best = -1;
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            const uint64_t ns = sum->state_ns[state];
            if (!told[state] && ns > 0 &&
                (best < 0 || ns > sum->state_ns[best] ||
                 (ns == sum->state_ns[best] &&
                  weft_state_styles[state].loudness > weft_state_styles[best].loudness))) {
                best = state;
            }
        }
        if (best < 0) {
            return;
        }
        told[best] = true;
        add_figure(figures, _(weft_states[best].words),
                   weft_words_share(sum->state_ns[best], sum->life_ns), true);
    }
}

static void object_figures(const struct weft_frame *frame, uint32_t index, struct figures *figures)
{
    const struct weft_object *object = &frame->model->objects.at[index];
    const struct weft_object_summary *sum = &frame->summary->objects.at[index];

    switch (object->family) {
    case WEFT_FAMILY_LOCK:
        add_figure(figures,
                   object->acquires == 1 ? C_("figure", "acquire") : C_("figure", "acquires"),
                   weft_words_count(object->acquires), false);
        add_figure(figures, _("contended"), weft_words_count(object->contended), false);
        break;
    case WEFT_FAMILY_RWLOCK:
        add_figure(figures,
                   object->acquires == 1 ? C_("figure", "acquire") : C_("figure", "acquires"),
                   weft_words_count(object->acquires), false);
        add_figure(figures, _("contended"), weft_words_count(object->contended), false);
        if (sum->readers > 1 && sum->readers < WEFT_CROWD_MAX) {
            add_figure(figures, _("read at once"), weft_words_count(sum->readers), false);
        }
        break;
    case WEFT_FAMILY_SEMAPHORE:
        add_figure(figures,
                   object->acquires == 1 ? C_("figure", "acquire") : C_("figure", "acquires"),
                   weft_words_count(object->acquires), false);
        break;
    case WEFT_FAMILY_QUEUE:
        if (object->capacity > 0) {
            add_figure(figures, _("capacity"), weft_words_number(object->capacity), true);
        }
        add_figure(figures, _("put"), weft_words_count(object->puts), false);
        add_figure(figures, _("got"), weft_words_count(object->gets), false);
        add_figure(figures, _("peak"), weft_words_number(object->peak), true);
        break;
    case WEFT_FAMILY_COUNTER:
        add_figure(figures, _("peak"), weft_words_number(sum->highest), true);
        return;
    default:
        add_figure(figures, sum->waits == 1 ? C_("figure", "wait") : C_("figure", "waits"),
                   weft_words_count(sum->waits), false);
        break;
    }
    if (object->failed > 0) {
        add_figure(figures, _("in vain"), weft_words_count(object->failed), false);
    }
    if (sum->longest_wait_ns > 0) {
        add_figure(figures, _("max wait"), weft_words_duration(sum->longest_wait_ns), true);
    }
}

/* As many figures in a row as fit; returns how many. */
static uint32_t write_figures(struct weft_frame *frame, const struct figures *figures,
                              uint32_t from, float x, float y, float room)
{
    const struct weft_style style = {WEFT_FONT_SANS, 12, frame->theme->muted};
    struct weft_sentence line = {.len = 0};
    uint32_t count = from;

    while (count < figures->count) {
        struct weft_sentence longer = line;
        weft_sentence_add(&longer, "%s%s", count > from ? " · " : "", figures->at[count].text);
        if (weft_pen_width(frame, style, longer.text) > room) {
            break;
        }
        line = longer;
        count++;
    }
    if (line.len > 0) {
        weft_pen_text(frame, x, y, room, style, line.text);
    }
    return count - from;
}

static void draw_level_scale(struct weft_frame *frame, const struct weft_lane *lane, float right)
{
    const struct weft_object *object = &frame->model->objects.at[lane->index];
    const struct weft_object_summary *sum = &frame->summary->objects.at[lane->index];
    const struct weft_style style = {WEFT_FONT_MONO, 11, frame->theme->muted};
    const struct weft_rect rect = weft_track_rect(frame, lane);
    int64_t high = sum->highest > sum->lowest ? sum->highest : sum->lowest + 1;

    if (object->family == WEFT_FAMILY_QUEUE && object->capacity > high &&
        object->capacity <= 4 * high) {
        high = object->capacity;
    }
    if (rect.h < 38) {
        return;
    }
    weft_pen_text_right(frame, right, rect.y + 9, 44, style, weft_words_number(high).text);
    weft_pen_text_right(frame, right, rect.y + rect.h - 9, 44, style,
                        weft_words_number(sum->lowest).text);
}

static void draw_name(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const float gutter = frame->geometry.gutter.w;
    const bool thread = lane->kind == WEFT_LANE_THREAD, tall = lane->h >= 40;
    const bool roomy = lane->h >= 62;
    const struct weft_style style = {WEFT_FONT_SANS_BOLD,
                                     lane->h >= 54 ? 15
                                     : tall        ? 14
                                                   : 12.5f,
                                     frame->theme->text};
    const char *name = thread ? frame->model->threads.at[lane->index].name
                              : frame->model->objects.at[lane->index].name;
    const float badge = 10 + 6.5f * (float)frame->summary->badge_characters;
    const float left = 16 + (thread ? (badge > 20 ? badge : 20) + 6 : 0);
    const float scale = lane->kind == WEFT_LANE_LEVEL && lane->h >= 38 ? 36 : 0;
    const float room = gutter - 8 - scale - left;
    struct figures figures = {.count = 0};
    float y = rect.y + rect.h / 2;

    const bool picked =
        thread != frame->view->on_object &&
        lane->index == (thread ? frame->view->lane_thread : frame->view->lane_object);
    if (picked) { /* the lane that keys speak of */
        weft_draw_rect(frame->list, (struct weft_rect){0, rect.y + 4, 3, rect.h - 9}, 1.5f,
                       frame->theme->accent);
    }
    if (thread) {
        thread_figures(frame, lane->index, &figures);
    } else {
        object_figures(frame, lane->index, &figures);
    }
    /* Name and one line of figures, or two where the lane is tall and one does not do. */
    if (tall) {
        const struct weft_style small = {WEFT_FONT_SANS, 12, frame->theme->muted};
        struct weft_sentence all = {.len = 0};
        for (uint32_t i = 0; i < figures.count; i++) {
            weft_sentence_add(&all, "%s%s", i > 0 ? " · " : "", figures.at[i].text);
        }
        const bool two = roomy && weft_pen_width(frame, small, all.text) > room;
        const float first = y - (two ? 17 : 10);
        weft_pen_text(frame, left, first, room, style, name);
        const uint32_t told = write_figures(frame, &figures, 0, left, first + 20, room);
        if (two) {
            write_figures(frame, &figures, told, left, first + 36, room);
        }
        y = first;
    } else {
        const float taken = weft_pen_text(frame, left, y, room, style, name);
        write_figures(frame, &figures, 0, left + taken + 12, y, room - taken - 12);
    }
    if (thread) {
        weft_pen_badge(frame, 16, y, 16, lane->index);
    }
    if (scale > 0) {
        draw_level_scale(frame, lane, gutter - 8);
    }
}

/* "PINNED", "▸ LOCKS 12": a click folds or unfolds the section. */
static void draw_title(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const struct weft_target here = {WEFT_TARGET_SECTION, 0, lane->section};
    const bool hovered = weft_target_equal(frame->view->hover, here);
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 11,
                                     hovered ? frame->theme->text : frame->theme->muted};
    const float y = rect.y + rect.h / 2 + 2;
    struct weft_sentence text = {.len = 0};

    weft_sentence_add(&text, "%s", _(lane->title));
    if (lane->folded || (frame->lanes->folded && lane->section > 0 && lane->index > 0)) {
        weft_sentence_add(&text, "  %s", weft_words_count(lane->index).text);
    }
    const float width =
        weft_pen_text(frame, 16, y, frame->geometry.gutter.w - 44, title, text.text);
    if (lane->section == WEFT_LANE_PINNED) {
        return;
    }
    const float x = 16 + width + 8;
    const struct weft_point_px open[] = {{x, y - 2.5f}, {x + 8, y - 2.5f}, {x + 4, y + 3}};
    const struct weft_point_px shut[] = {{x, y - 4}, {x + 5.5f, y}, {x, y + 4}};
    weft_draw_polygon(frame->list, lane->folded ? shut : open, 3, title.color);
    weft_frame_hit(frame,
                   weft_rect_inside((struct weft_rect){0, rect.y, frame->geometry.gutter.w, rect.h},
                                    frame->geometry.gutter),
                   here.kind, 0, lane->section);
}

/* "and 1,234 more locks without waits"; where that is too long, their section says what they are.
 */
static void draw_folded(struct weft_frame *frame, const struct weft_lane *lane)
{
    const struct weft_rect rect = weft_track_rect(frame, lane);
    const struct weft_style style = {WEFT_FONT_SANS, 12, frame->theme->muted};
    const float room = frame->geometry.gutter.w - 24;
    const struct weft_word count = weft_words_count(lane->index);
    /* What weft_words_counted says after the count: " locks". */
    const struct weft_word counted = weft_words_counted(lane->index, lane->title);
    const char *noun = counted.text + strlen(count.text);
    struct weft_sentence text = {.len = 0};

    const char *why = lane->section == 0 ? _("idle or short") : _("without waits");
    weft_sentence_add(&text, lane->first ? "%s%s %s" : N_("and %s more%s %s"), count.text, noun,
                      why);
    if (weft_pen_width(frame, style, text.text) > room) {
        text = (struct weft_sentence){.len = 0};
        weft_sentence_add(&text, lane->first ? "%s %s" : N_("and %s more %s"), count.text, why);
    }
    weft_frame_hit(frame,
                   weft_rect_inside((struct weft_rect){0, rect.y, frame->geometry.gutter.w, rect.h},
                                    frame->geometry.gutter),
                   WEFT_TARGET_LANE, 0, (uint32_t)(lane - frame->lanes->at));
    weft_pen_text(frame, 16, rect.y + rect.h / 2, room, style, text.text);
}

void weft_tracks_draw_gutter(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;

    weft_draw_clip(frame->list, at->gutter);
    for (size_t i = 0; i < frame->lanes->count; i++) {
        const struct weft_lane *lane = &frame->lanes->at[i];
        const struct weft_rect rect = weft_track_rect(frame, lane);
        if (!on_screen(frame, lane)) {
            continue;
        }
        if (lane->kind == WEFT_LANE_TITLE) {
            draw_title(frame, lane);
        } else if (lane->kind == WEFT_LANE_MORE) {
            draw_folded(frame, lane);
        } else {
            weft_frame_hit(
                frame,
                weft_rect_inside((struct weft_rect){0, rect.y, at->gutter.w, rect.h}, at->gutter),
                WEFT_TARGET_LANE, 0, (uint32_t)i);
            draw_name(frame, lane);
        }
    }
    weft_draw_clip(frame->list, (struct weft_rect){0});
}

/* Where a target is on screen; false when it has no place there. */
static bool place_of(const struct weft_frame *frame, struct weft_target target,
                     struct weft_rect *rect)
{
    const struct weft_model *model = frame->model;
    const struct weft_lane *lane;

    switch (target.kind) {
    case WEFT_TARGET_SPAN: {
        lane = weft_lanes_of_thread(frame->lanes, target.owner);
        if (lane == NULL || !weft_track_shown(frame, lane)) {
            return false;
        }
        const struct weft_span span = weft_model_span(model, target.owner, target.index);
        const float x0 = weft_frame_x(frame, (double)span.start_ns);
        const float x1 =
            weft_frame_x(frame, (double)weft_span_end_ns(model, target.owner, target.index));
        *rect = weft_track_bar(weft_track_bars(frame, lane), span.state, x0, x1);
        return true;
    }
    case WEFT_TARGET_HOLD:
        lane = weft_lanes_of_object(frame->lanes, target.owner);
        if (lane == NULL || !weft_track_shown(frame, lane)) {
            return false;
        }
        *rect = weft_track_hold(frame, lane, target.index);
        return true;
    case WEFT_TARGET_POINT: {
        const struct weft_point point = weft_model_point(model, target.index);
        lane = weft_lanes_of_thread(frame->lanes, point.thread);
        if (lane == NULL || !weft_track_shown(frame, lane)) {
            return false;
        }
        const struct weft_rect at = weft_track_rect(frame, lane);
        const float x = weft_frame_x(frame, (double)point.t_ns);
        *rect = point.kind == WEFT_EV_CHOICE ? (struct weft_rect){x - 6, at.y + at.h - 12, 12, 11}
                                             : (struct weft_rect){x - 4, at.y + 3, 16, 12};
        return true;
    }
    case WEFT_TARGET_LEVEL: {
        const struct weft_object *object = &model->objects.at[target.owner];
        lane = weft_lanes_of_object(frame->lanes, target.owner);
        if (lane == NULL || !weft_track_shown(frame, lane)) {
            return false;
        }
        const bool last = target.index + 1 == object->levels.count;
        const float x0 =
            weft_frame_x(frame, (double)weft_object_level(model, object, target.index).t_ns);
        const float x1 = weft_frame_x(
            frame, last ? (double)model->end_ns
                        : (double)weft_object_level(model, object, target.index + 1).t_ns);
        const struct weft_rect at = weft_track_rect(frame, lane);
        *rect = (struct weft_rect){x0, at.y + 5, x1 - x0, at.h - 10};
        return true;
    }
    default:
        return false;
    }
}

/* How long the dragged range is, between its edges or beside them. */
static void draw_measure(struct weft_frame *frame, float x0, float x1)
{
    const struct weft_style style = {WEFT_FONT_MONO_BOLD, 12, frame->theme->on_accent};
    const struct weft_rect plot = frame->geometry.plot;
    const struct weft_word length =
        weft_words_duration(frame->view->marked_to_ns - frame->view->marked_from_ns);
    const float width = weft_pen_width(frame, style, length.text);
    float x = width + 20 <= x1 - x0 ? (x0 + x1 - width) / 2 : x1 + 12;

    if (x + width + 10 > plot.x + plot.w) {
        x = x0 - 12 - width;
    }
    const struct weft_rect badge = {x - 8, plot.y + 4, width + 16, 20};
    weft_draw_rect(frame->list, badge, 4, frame->theme->accent);
    weft_pen_text(frame, x, badge.y + 10, width + 1, style, length.text);
}

void weft_tracks_draw_selection(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    struct weft_rect rect;

    if (place_of(frame, frame->view->selected, &rect)) {
        const float width = rect.w < 3 ? 3 : rect.w;
        weft_draw_frame(frame->list,
                        (struct weft_rect){rect.x - 2.5f, rect.y - 2.5f, width + 4, rect.h + 5}, 4,
                        2, frame->theme->accent);
    }
    if (!frame->view->has_marked) {
        return;
    }
    const float x0 = weft_frame_x(frame, (double)frame->view->marked_from_ns);
    const float x1 = weft_frame_x(frame, (double)frame->view->marked_to_ns);
    const struct weft_point_px left[] = {{x0, at->plot.y}, {x0, at->plot.y + at->plot.h}};
    const struct weft_point_px right[] = {{x1, at->plot.y}, {x1, at->plot.y + at->plot.h}};
    weft_draw_line(frame->list, left, 2, 1.5f, frame->theme->accent);
    weft_draw_line(frame->list, right, 2, 1.5f, frame->theme->accent);
    if (frame->part != WEFT_PART_REST) { /* once, at the top */
        draw_measure(frame, x0, x1);
    }
}
