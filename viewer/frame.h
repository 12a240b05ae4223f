/*
 * One layout pass: everything that a panel, a track or the ruler may look at, and where it draws.
 * All of it but list, hits, labels, minimap and merged is const while a frame is made.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_FRAME_H
#define WEFT_VIEWER_FRAME_H

#include "traces/analysis/chain.h"
#include "traces/analysis/findings.h"
#include "traces/model/model.h"
#include "viewer/bookmarks.h"
#include "viewer/draw.h"
#include "viewer/moment.h"
#include "viewer/search.h"
#include "viewer/settings.h"
#include "viewer/source.h"
#include "viewer/theme.h"
#include "viewer/timeline/lanes.h"
#include "viewer/timeline/summary.h"
#include "viewer/view.h"

/* Where the mouse can point at something; the later one lies on top. */
struct weft_hit {
    struct weft_rect rect;
    struct weft_target target;
};

struct weft_hits {
    struct weft_hit *at;
    size_t count, room;
};

/* A label inside a bar.  It is drawn after the lines that cross the lanes, on a patch of its
 * bar's colour where one would strike it through. */
struct weft_label {
    struct weft_rect box;
    enum weft_font font;
    float size;
    struct weft_color ink, under;
    struct weft_rect patch; /* never over the edges of what it stands in */
    bool patched;           /* even where no line crosses it */
    const char *text;       /* the frame's */
};

struct weft_labels {
    struct weft_label *at;
    size_t count, room;
};

/* Where things are, in logical px. */
struct weft_geometry {
    float width, height;
    struct weft_rect header, tabs, warnings, minimap, ruler, gutter, plot, dock, legend;
    struct weft_rect main;       /* where a tab other than the timeline is: from warnings to dock */
    float lane_left, lane_right; /* the plot's times go from here to there */
};

/* The states that the minimap's pixels show, kept from frame to frame: they are of the whole trace
 * and change only with it. */
struct weft_minimap {
    struct {
        int8_t *at; /* a row after the other; -1: nothing */
        size_t count, room;
    } states;
    uint32_t width, rows;
    size_t points; /* of the model that they were made from */
    double from_ns, to_ns;
};

/* What each thread did in a range, kept from frame to frame as long as that is the same. */
struct weft_range_sums {
    struct {
        struct weft_state_times *at;
        size_t count, room;
    } threads;
    uint64_t from_ns, to_ns;
    size_t points; /* of the model that they were made from */
    uint32_t made; /* how often, for tests */
};

/* Pinned lanes stand still while the others scroll below them: then the lanes are drawn in two
 * parts, with `geometry.plot` and `geometry.gutter` of the part. */
enum weft_part { WEFT_PART_ALL, WEFT_PART_PINNED, WEFT_PART_REST };

struct weft_frame {
    const struct weft_model *model;
    const struct weft_summary *summary;
    const struct weft_summary *beside; /* of the trace above it whose legend is here, or NULL */
    const struct weft_view *view;
    const struct weft_theme *theme;
    const struct weft_measure *measure;
    const struct weft_lanes *lanes;
    struct weft_geometry geometry;
    struct weft_draw_list *list;
    struct weft_hits *hits;
    struct weft_labels *labels;
    const struct weft_arrangement *arrangement;
    const struct weft_search *search;
    const struct weft_bookmarks *bookmarks;
    const struct weft_settings *settings;
    const struct weft_moment *moment;     /* at the playhead */
    const struct weft_findings *findings; /* NULL: not looked for (yet) */
    const struct weft_chain *chain;       /* of the selected wait, or NULL */
    struct weft_minimap *minimap;         /* made when it is first drawn */
    struct weft_range_sums *sums;         /* made when they are first asked for */
    struct weft_shelf *shelf;             /* reads a source file when it is first asked for */
    const char *notice;                   /* what the window has to say just now, or NULL */
    const char *key_shown;                /* in a classroom: the key that was pressed, or NULL */
    const char *file;                     /* its name without the folder */
    const char *load_error;               /* why there is no more of the trace, or NULL */
    uint32_t warnings;                    /* strips, with one for that */
    bool loading;
    bool looking;          /* for findings */
    bool legend_elsewhere; /* in the frame below */
    bool live;             /* it may still grow */
    bool gone;             /* … but whoever wrote it is gone */
    uint64_t quiet_s;      /* nothing has come for so long; 0: not worth telling */
    int read_percent;      /* while it is loaded; -1: not known */
    float mouse_x, mouse_y;
    bool has_mouse;
    bool dragging; /* a range is being dragged */
    enum weft_part part;
    float lanes_y;                 /* where the lanes begin, before they are scrolled */
    const uint32_t *spans_at_left; /* of each thread; NULL: nobody has asked yet */
    bool merged;                   /* out: some columns stand for several spans */
    float tab_px; /* out: how tall the table would be that stands in place of the lanes */
};

/* viewer/timeline/geometry.c */
struct weft_geometry weft_geometry_of(float width, float height, bool minimap, uint32_t warnings,
                                      float dock_height, float legend_height);

/* Are the tabs in a row of their own, because the header has no room for them? */
bool weft_geometry_tabs_below(float width);
float weft_frame_x(const struct weft_frame *frame, double t_ns);
double weft_frame_time(const struct weft_frame *frame, float x);
double weft_frame_ns_per_px(const struct weft_frame *frame);

void weft_frame_hit(struct weft_frame *frame, struct weft_rect rect, enum weft_target_kind kind,
                    uint32_t owner, uint32_t index);

/* The part of a that lies in b; empty when there is none. */
struct weft_rect weft_rect_inside(struct weft_rect a, struct weft_rect b);
bool weft_rect_has(struct weft_rect rect, float x, float y);

#endif
