#include "viewer/timeline/ruler.h"

#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>
#include <stdio.h>

/* From a tick to its label. */
static const float LABEL_PX = 5;

static const struct {
    double ns;
    const char *name;
} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};

/* The smallest of 1, 2, 5 × 10^n that is no less than least. */
static double step_of(double least)
{
    double power = pow(10, floor(log10(least)));

    for (int i = 0; i < 2; i++, power *= 10) {
        const double steps[] = {power, 2 * power, 5 * power};
        for (int k = 0; k < 3; k++) {
            if (steps[k] >= least * 0.999999) {
                return steps[k];
            }
        }
    }
    return power;
}

struct weft_ticks weft_ruler_ticks(struct weft_range range, float width_px, float label_px)
{
    const double ns_per_px = (range.to_ns - range.from_ns) / (width_px > 1 ? width_px : 1);
    const double least = ns_per_px * label_px;
    struct weft_ticks ticks = {.step_ns = step_of(least > 1 ? least : 1)};
    size_t unit = 0;

    /* A tenth of the unit may still be the step: 0.2 s reads better than 200 ms beside 1 s. */
    while (unit < 3 && ticks.step_ns < units[unit].ns / 10 * 0.999) {
        unit++;
    }
    ticks.unit = units[unit].name;
    ticks.unit_ns = units[unit].ns;
    ticks.decimals = ticks.step_ns < units[unit].ns * 0.999 ? 1 : 0;
    if (range.to_ns >= 10000 * ticks.unit_ns) {
        ticks.anchor_ns = floor(range.from_ns / (1000 * ticks.unit_ns)) * (1000 * ticks.unit_ns);
    }
    ticks.first_ns = ceil(range.from_ns / ticks.step_ns - 1e-9) * ticks.step_ns;
    return ticks;
}

struct weft_word weft_ruler_label(const struct weft_ticks *ticks, double t_ns)
{
    struct weft_word word;
    const double value = (t_ns - ticks->anchor_ns) / ticks->unit_ns;

    snprintf(word.text, sizeof word.text, "%s%.*f %s", ticks->anchor_ns > 0 ? "+" : "",
             ticks->decimals, fabs(value) < 1e-9 ? 0 : value, ticks->unit);
    return word;
}

static struct weft_ticks ticks_of(const struct weft_frame *frame)
{
    const float width = frame->geometry.lane_right - frame->geometry.lane_left;

    return weft_ruler_ticks(frame->view->range, width, 92);
}

/* The n-th tick: multiplied, not summed up, so that no error grows. */
static double tick_at(const struct weft_ticks *ticks, int n)
{
    return (round(ticks->first_ns / ticks->step_ns) + n) * ticks->step_ns;
}

static struct weft_style tick_style(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_MONO, 11.5f, frame->theme->muted};
}

/* Where the label of a tick stands: right of it. */
static struct weft_rect label_box(const struct weft_frame *frame, const struct weft_ticks *ticks,
                                  double t_ns)
{
    const struct weft_rect ruler = frame->geometry.ruler;
    const float width =
        weft_pen_width(frame, tick_style(frame), weft_ruler_label(ticks, t_ns).text);

    return (struct weft_rect){floorf(weft_frame_x(frame, t_ns)) + LABEL_PX, ruler.y, width,
                              ruler.h};
}

/* A tick at the right edge that has no room for its label says nothing: it is left out. */
static bool has_room(const struct weft_frame *frame, struct weft_rect label)
{
    const struct weft_rect ruler = frame->geometry.ruler;

    return label.x + label.w <= ruler.x + ruler.w - 2;
}

void weft_ruler_draw_grid(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    const struct weft_ticks ticks = ticks_of(frame);

    for (int n = 0; tick_at(&ticks, n) <= frame->view->range.to_ns; n++) {
        const struct weft_rect label = label_box(frame, &ticks, tick_at(&ticks, n));
        if (has_room(frame, label)) {
            weft_draw_rect(frame->list,
                           (struct weft_rect){label.x - LABEL_PX, at->plot.y, 1, at->plot.h}, 0,
                           frame->theme->grid);
        }
    }
}

static bool playhead_seen(const struct weft_frame *frame, float *x)
{
    *x = weft_frame_x(frame, (double)frame->view->playhead_ns);
    return frame->view->has_playhead && *x >= frame->geometry.lane_left - 0.5f &&
           *x <= frame->geometry.lane_right + 0.5f;
}

static bool covers_label(const struct weft_frame *frame, const struct weft_ticks *ticks,
                         struct weft_rect badge)
{
    for (int n = 0; tick_at(ticks, n) <= frame->view->range.to_ns; n++) {
        const struct weft_rect label = label_box(frame, ticks, tick_at(ticks, n));
        if (label.x < badge.x + badge.w + 4 && label.x + label.w + 4 > badge.x) {
            return true;
        }
    }
    return false;
}

/* Over the playhead, or to either side of it when it would cover a tick's label there. */
static struct weft_rect badge_of(const struct weft_frame *frame, const struct weft_ticks *ticks,
                                 struct weft_style style, const char *text, float x)
{
    const struct weft_rect ruler = frame->geometry.ruler;
    const float width = weft_pen_width(frame, style, text) + 16;
    const float shifts[] = {width / 2, 9, width - 9};
    struct weft_rect badge = {0, ruler.y + 2, width, 20};

    for (int i = 0; i < 4; i++) {
        badge.x = x - shifts[i % 3]; /* the fourth: nowhere is free, so over it after all */
        badge.x = badge.x + width > ruler.x + ruler.w - 2 ? ruler.x + ruler.w - 2 - width : badge.x;
        badge.x = badge.x < ruler.x + 2 ? ruler.x + 2 : badge.x;
        if (!covers_label(frame, ticks, badge)) {
            break;
        }
    }
    return badge;
}

/* A pennant at the ruler's foot for each bookmark. */
static void draw_bookmarks(struct weft_frame *frame)
{
    const struct weft_rect ruler = frame->geometry.ruler;
    const float foot = ruler.y + ruler.h;

    for (uint32_t i = 0; i < frame->bookmarks->count; i++) {
        const float x = weft_frame_x(frame, (double)frame->bookmarks->at[i].t_ns);
        if (x < frame->geometry.lane_left - 1 || x > frame->geometry.lane_right + 1) {
            continue;
        }
        const struct weft_point_px flag[] = {{x - 4, foot - 11},
                                             {x + 4, foot - 11},
                                             {x + 4, foot - 4},
                                             {x, foot},
                                             {x - 4, foot - 4}};
        weft_draw_polygon(frame->list, flag, 5, frame->theme->accent);
        weft_frame_hit(frame, (struct weft_rect){x - 6, foot - 13, 12, 14}, WEFT_TARGET_BOOKMARK, 0,
                       i);
    }
}

void weft_ruler_draw(struct weft_frame *frame)
{
    const struct weft_rect ruler = frame->geometry.ruler;
    const struct weft_ticks ticks = ticks_of(frame);
    const struct weft_style style = tick_style(frame);
    const struct weft_style badge_style = {WEFT_FONT_MONO_BOLD, 12, frame->theme->on_playhead};
    /* Above the signs of findings and bookmarks, which stand on the ruler's foot. */
    const float middle = ruler.y + 12;
    const struct weft_word moment =
        weft_words_moment(frame->view->playhead_ns, weft_frame_ns_per_px(frame));
    float playhead_x;
    const bool seen = playhead_seen(frame, &playhead_x);
    const struct weft_rect badge = badge_of(frame, &ticks, badge_style, moment.text, playhead_x);

    weft_frame_hit(frame, ruler, WEFT_TARGET_RULER, 0, 0);
    if (ticks.anchor_ns > 0) {
        weft_pen_text_right(
            frame, ruler.x - 12, middle, ruler.x - 28, style,
            weft_words_moment((uint64_t)ticks.anchor_ns, ticks.unit_ns * 1000 / 2).text);
    }
    for (int n = 0; tick_at(&ticks, n) <= frame->view->range.to_ns; n++) {
        const double t_ns = tick_at(&ticks, n);
        const struct weft_word label = weft_ruler_label(&ticks, t_ns);
        const struct weft_rect box = label_box(frame, &ticks, t_ns);
        if (!has_room(frame, box)) {
            continue;
        }
        weft_draw_rect(frame->list,
                       (struct weft_rect){box.x - LABEL_PX, ruler.y + ruler.h - 6, 1, 6}, 0,
                       frame->theme->tip_edge);
        /* A label that the playhead's badge would cut is left out: the badge says more. */
        if (seen && box.x + box.w + 6 > badge.x && box.x < badge.x + badge.w + 6) {
            continue;
        }
        weft_pen_text(frame, box.x, middle, box.w + 1, style, label.text);
    }
    weft_findings_draw_marks(frame);
    draw_bookmarks(frame);
    if (seen) {
        const struct weft_point_px tip[] = {{playhead_x - 5, badge.y + badge.h - 0.5f},
                                            {playhead_x + 5, badge.y + badge.h - 0.5f},
                                            {playhead_x, badge.y + badge.h + 5}};
        weft_draw_rect(frame->list, badge, 4, frame->theme->playhead);
        weft_draw_polygon(frame->list, tip, 3, frame->theme->playhead);
        weft_pen_text(frame, badge.x + 8, middle, badge.w - 15, badge_style, moment.text);
    }
}

void weft_ruler_draw_playhead(struct weft_frame *frame)
{
    const struct weft_rect plot = frame->geometry.plot;
    float x;

    if (playhead_seen(frame, &x)) {
        const struct weft_point_px line[] = {{x, plot.y}, {x, plot.y + plot.h}};
        weft_draw_line(frame->list, line, 2, 1.5f, frame->theme->playhead);
    }
}
