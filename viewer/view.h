/*
 * What the user looks at: the stretch of time on screen, the playhead, what is hovered and
 * selected.  Pure: nothing here knows the model or pixels beyond the plot's width.
 * The caller owns it.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_VIEW_H
#define WEFT_VIEWER_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* Something on the screen that can be pointed at.  Indices are the model's. */
enum weft_target_kind {
    WEFT_TARGET_NONE,
    WEFT_TARGET_SPAN,    /* owner: thread, index: span */
    WEFT_TARGET_ZONE,    /* owner: thread, index: zone */
    WEFT_TARGET_HOLD,    /* owner: object, index: hold */
    WEFT_TARGET_LEVEL,   /* owner: object, index: level */
    WEFT_TARGET_POINT,   /* index: point */
    WEFT_TARGET_WAKE,    /* index: wake */
    WEFT_TARGET_LANE,    /* index: lane of the layout: its name in the gutter */
    WEFT_TARGET_COMMAND, /* index: enum weft_command_id: a button */
    WEFT_TARGET_RULER,
    WEFT_TARGET_MINIMAP,
    WEFT_TARGET_PLOT,   /* lanes, but nothing particular */
    WEFT_TARGET_OUTPUT, /* index: printed line in the dock */
};

struct weft_target {
    enum weft_target_kind kind;
    uint32_t owner, index;
};

static inline bool weft_target_equal(struct weft_target a, struct weft_target b)
{
    return a.kind == b.kind && a.owner == b.owner && a.index == b.index;
}

enum { WEFT_VIEW_UNDO = 64, WEFT_SPEED_COUNT = 10 };

/* How much of a trace passes per second of the watcher's, times 100. */
extern const uint32_t weft_view_speeds[WEFT_SPEED_COUNT];

struct weft_range {
    double from_ns, to_ns; /* double: a zoom keeps fractions; exact to the ns for 104 days */
};

struct weft_view {
    struct weft_range range;
    double end_ns; /* of the trace */
    uint64_t playhead_ns;
    bool has_playhead; /* the user has put it somewhere */
    bool playing;
    uint32_t speed; /* index into weft_view_speeds */
    struct weft_target selected, hover;
    uint32_t lane_thread; /* the lane that arrow keys move on */
    bool has_marked;
    uint64_t marked_from_ns, marked_to_ns; /* the range that was dragged */
    float scroll_px;
    bool help;
    struct weft_range undo[WEFT_VIEW_UNDO];
    uint32_t undo_count;
};

void weft_view_init(struct weft_view *view);

/* The end of the trace is known, or has moved. */
void weft_view_set_end(struct weft_view *view, uint64_t end_ns);

/* The whole trace with some room behind its end, where "ended" is written. */
struct weft_range weft_view_all(const struct weft_view *view);
bool weft_view_zoomed(const struct weft_view *view);

/* Shows [from_ns, to_ns), kept inside the trace and not finer than the clock. */
void weft_view_show(struct weft_view *view, double from_ns, double to_ns);

/* factor < 1 zooms in; at_ns keeps its place on the screen wherever the trace's ends allow it. */
void weft_view_zoom(struct weft_view *view, double at_ns, double factor);
void weft_view_pan(struct weft_view *view, double by_ns);

/* Scrolls by as little as brings at_ns on screen. */
void weft_view_reveal(struct weft_view *view, double at_ns);

/* Remembers the range for undo, before a jump; small steps in a row are one. */
void weft_view_remember(struct weft_view *view);
bool weft_view_undo(struct weft_view *view);

void weft_view_move_playhead(struct weft_view *view, double at_ns);

/* Plays on by wall_ns of the watcher's time; the range follows.  It stops at the end. */
void weft_view_play(struct weft_view *view, uint64_t wall_ns);

#endif
