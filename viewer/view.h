/*
 * What the user looks at: the stretch of time on screen, the playhead, what is hovered and
 * selected.  Pure: nothing here knows the model or pixels beyond the plot's width.
 * The caller owns it.  Threads: one at a time.
 */
#ifndef WEFT_VIEWER_VIEW_H
#define WEFT_VIEWER_VIEW_H

#include <stdbool.h>
#include <stddef.h>
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
    WEFT_TARGET_PLOT,     /* lanes, but nothing particular */
    WEFT_TARGET_OUTPUT,   /* index: printed line in the dock */
    WEFT_TARGET_THREAD,   /* index: a thread, by its name in a panel */
    WEFT_TARGET_OBJECT,   /* index: an object, by its name in a panel */
    WEFT_TARGET_SECTION,  /* index: section of lanes, 0: threads, i + 1: weft_lane_sections[i] */
    WEFT_TARGET_STATE,    /* index: state in the legend */
    WEFT_TARGET_COLUMN,   /* index: a table's column, by its heading */
    WEFT_TARGET_CHOICE,   /* index: row of the list under a prompt */
    WEFT_TARGET_PAGE,     /* index: page of the dock */
    WEFT_TARGET_BOOKMARK, /* index: bookmark */
    WEFT_TARGET_CAUSE,    /* index: cause in the chain of the selected wait */
    WEFT_TARGET_FINDING,  /* index: finding, in findings->all */
    WEFT_TARGET_OTHER,    /* index: of those who could have gone on at the selected choice */
    WEFT_TARGET_PANEL,    /* where a panel is, but nothing to point at */
};

/* What the window shows in its middle, and in the dock's last part. */
enum weft_tab {
    WEFT_TAB_TIMELINE,
    WEFT_TAB_CONTENTION,
    WEFT_TAB_FINDINGS,
    WEFT_TAB_WAITS_FOR,
    WEFT_TAB_THREADS,
    WEFT_TAB_STATISTICS,
    WEFT_TAB_COUNT
};
enum weft_dock_page { WEFT_PAGE_OUTPUT, WEFT_PAGE_SOURCE, WEFT_PAGE_GRAPH, WEFT_PAGE_COUNT };

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

/* Where one has been: what "back" goes to. */
struct weft_place {
    struct weft_range range;
    uint64_t playhead_ns;
    bool has_playhead;
    struct weft_target selected;
    uint32_t lane_thread;
    enum weft_tab tab;
};

/* A field for one line of text that takes the keys while it is open. */
enum weft_prompt_kind {
    WEFT_PROMPT_NONE,
    WEFT_PROMPT_GO_TO,
    WEFT_PROMPT_SEARCH,
    WEFT_PROMPT_FILTER,
    WEFT_PROMPT_NOTE,
    WEFT_PROMPT_PALETTE,
    WEFT_PROMPT_RECENT,
    WEFT_PROMPT_OTHER,
};

enum { WEFT_PROMPT_BYTES = 200 };

struct weft_prompt {
    enum weft_prompt_kind kind;
    char text[WEFT_PROMPT_BYTES];
    size_t len, caret; /* bytes */
    uint32_t chosen;   /* row of the list below it */
    char complaint[100];
};

struct weft_view {
    struct weft_range range;
    double end_ns;        /* of the trace, or of the longer one of two */
    double beside_end_ns; /* of that other one; 0: there is none */
    double lead_ns;       /* how much earlier than the trace another one begins */
    uint64_t playhead_ns;
    bool has_playhead; /* the user has put it somewhere */
    bool playing;
    bool loop;      /* plays the marked range, or everything, again and again */
    uint32_t speed; /* index into weft_view_speeds */
    bool live;      /* the trace grows; only who follows its end sees that */
    bool follow;
    struct weft_target selected, hover;
    uint32_t lane_thread; /* the lane that arrow keys move on */
    uint32_t lane_object; /* of an object, when that is the lane that was picked last */
    bool on_object;
    bool has_marked;
    uint64_t marked_from_ns, marked_to_ns; /* the range that was dragged */
    float scroll_px;
    float tab_scroll_px; /* of the table that stands in place of the lanes */
    bool help;
    enum weft_tab tab;
    enum weft_dock_page page;
    uint32_t sort_column;
    bool sort_up;
    float scale; /* what the user asked for: Ctrl and +, -, 0 */
    bool classroom;
    bool no_dock; /* the lanes have its room, too */
    struct weft_prompt prompt;
    struct weft_place back[WEFT_VIEW_UNDO], forward[WEFT_VIEW_UNDO];
    uint32_t back_count, forward_count;
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

/* Remembers the place for "back", before a jump; a place that is the last one is not kept twice. */
void weft_view_remember(struct weft_view *view);
bool weft_view_back(struct weft_view *view);
bool weft_view_forward(struct weft_view *view);

void weft_view_move_playhead(struct weft_view *view, double at_ns);

/* Plays on by wall_ns of the watcher's time; the range follows.  It stops at the end, or begins
 * again where a loop begins. */
void weft_view_play(struct weft_view *view, uint64_t wall_ns);

#endif
