/*
 * Colours, and how the states of a thread look: the one table that lanes, minimap and legend are
 * drawn from.
 *
 * Colour means one thing: the hues of this table belong to states and to nothing else.  They are
 * made from the Okabe–Ito palette, which colour-blind people can tell apart; height and pattern
 * say the same once more.  Every ink has at least 4.5:1 on what it is written on (held by
 * tests/unit/test_viewer_theme.c and by the checker of whole pictures).
 * Threads: any, all of it is const.
 */
#ifndef WEFT_VIEWER_THEME_H
#define WEFT_VIEWER_THEME_H

#include "traces/format/format.h"
#include "viewer/app.h"
#include "viewer/draw.h"

enum { WEFT_THEME_COUNT = 3 };

enum weft_pattern {
    WEFT_PATTERN_SOLID,
    WEFT_PATTERN_HOLLOW,
    WEFT_PATTERN_HATCHED,
    WEFT_PATTERN_TOPPED, /* a band along its top */
    WEFT_PATTERN_FOOTED, /* … along its foot */
    WEFT_PATTERN_RAILED, /* … along both */
};

struct weft_state_colors {
    struct weft_color fill;
    struct weft_color edge; /* HOLLOW: the outline, HATCHED: the stripes, others: the bands */
    struct weft_color ink;  /* of a label inside */
};

struct weft_state_style {
    float height; /* share of the lane's full height */
    enum weft_pattern pattern;
    /* 0 doing well or nothing, 1 waiting, 2 waiting on somebody's lock or burning the processor:
     * never lets a column hide it. */
    uint8_t loudness;
    struct weft_state_colors colors[WEFT_THEME_COUNT]; /* by enum weft_theme_id */
};

extern const struct weft_state_style weft_state_styles[WEFT_STATE_COUNT];

struct weft_theme {
    enum weft_theme_id id;
    struct weft_color ground; /* under the lanes */
    struct weft_color stripe; /* under the lane of the selection */
    struct weft_color panel;  /* header, dock */
    struct weft_color bar;    /* legend */
    struct weft_color raised; /* buttons, cards, key caps */
    struct weft_color line;   /* between panels and lanes */
    struct weft_color grid;   /* the ruler's lines */
    struct weft_color text;   /* on any of the above */
    struct weft_color muted;  /* the same, less important */
    struct weft_color accent; /* what the user chose: selection, play button */
    struct weft_color on_accent;
    struct weft_color playhead; /* its line and badge */
    struct weft_color on_playhead;
    struct weft_color hold; /* a lock in somebody's hands: no state, so no hue */
    struct weft_color hold_edge;
    struct weft_color on_hold;
    struct weft_color level; /* the line of depths and values */
    struct weft_color level_fill;
    struct weft_color chip;    /* initials of a thread */
    struct weft_color mark;    /* flags, ticks, arrows */
    struct weft_color warning; /* the strip that says what a trace lacks */
    struct weft_color on_warning;
    struct weft_color tip;
    struct weft_color tip_edge;
    struct weft_color marked; /* under the lanes of a dragged range */
    struct weft_color shade;  /* over everything under a dialogue; translucent */
};

const struct weft_theme *weft_theme_of(enum weft_theme_id id);

/* over drawn on under, by its alpha. */
struct weft_color weft_color_over(struct weft_color under, struct weft_color over);

/* Contrast of two opaque colours, 1 to 21.  Source: WCAG 2.1, "contrast ratio". */
float weft_color_contrast(struct weft_color a, struct weft_color b);

#endif
