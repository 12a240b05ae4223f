/*
 * The ruler: ticks at 1-2-5 steps in one unit, and the playhead's badge.
 * Threads: any.
 */
#ifndef WEFT_VIEWER_TIMELINE_RULER_H
#define WEFT_VIEWER_TIMELINE_RULER_H

#include "traces/analysis/words.h"
#include "viewer/frame.h"

/* Which ticks a ruler has. */
struct weft_ticks {
    double step_ns;   /* 1, 2 or 5 times a power of ten */
    double first_ns;  /* the first tick on screen; all are multiples of the step */
    const char *unit; /* of all labels */
    double unit_ns;
    int decimals;
    double anchor_ns; /* labels count from here; 0 unless they would be too long */
};

struct weft_ticks weft_ruler_ticks(struct weft_range range, float width_px, float label_px);

/* A tick's label, without the anchor. */
struct weft_word weft_ruler_label(const struct weft_ticks *ticks, double t_ns);

/* The lines behind the lanes. */
void weft_ruler_draw_grid(struct weft_frame *frame);

/* Labels and ticks, and the playhead's badge over them. */
void weft_ruler_draw(struct weft_frame *frame);

/* The playhead's line over the lanes; labels come after it. */
void weft_ruler_draw_playhead(struct weft_frame *frame);

#endif
