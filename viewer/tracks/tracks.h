/*
 * The lanes: what each kind draws into its rectangle, and its words in the gutter.
 * Every function draws only what lies in the plot and finds its first span by binary search.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_TRACKS_TRACKS_H
#define WEFT_VIEWER_TRACKS_TRACKS_H

#include "traces/analysis/words.h"
#include "viewer/frame.h"

/* Under the lanes: the selected lane, the range that was dragged, borders. */
void weft_tracks_draw_ground(struct weft_frame *frame);

/* All lanes on screen: bars, marks, hits.  Labels are left for weft_pen_flush_labels. */
void weft_tracks_draw(struct weft_frame *frame);

/* Names and figures left of the lanes. */
void weft_tracks_draw_gutter(struct weft_frame *frame);

/* The outline around what is selected, and the edges of a dragged range. */
void weft_tracks_draw_selection(struct weft_frame *frame);

/* Arrows from who ended a wait to whose wait it was. */
void weft_tracks_draw_arrows(struct weft_frame *frame);

/* Does a lane belong to the part that is drawn? */
bool weft_track_shown(const struct weft_frame *frame, const struct weft_lane *lane);

/* Where a lane is on screen. */
struct weft_rect weft_track_rect(const struct weft_frame *frame, const struct weft_lane *lane);

/* The room of a thread's bars inside its lane, below its flags and zones. */
struct weft_rect weft_track_bars(const struct weft_frame *frame, const struct weft_lane *lane);

/* A state's bar inside that room. */
struct weft_rect weft_track_bar(struct weft_rect bars, uint8_t state, float x0, float x1);

/* Where a hold's box is inside a lock's lane. */
struct weft_rect weft_track_hold(const struct weft_frame *frame, const struct weft_lane *lane,
                                 uint32_t hold);

/* What lies behind a lane's bars at x: a patch under a text has to match it. */
struct weft_color weft_track_ground(const struct weft_frame *frame, const struct weft_lane *lane,
                                    float x);

/* What was cut has no end: tears a bar's right edge. */
void weft_track_tear(struct weft_frame *frame, const struct weft_lane *lane, struct weft_rect bar);

/* Sizes of text in a lane of this height; 0: no text. */
float weft_track_label_size(float bar_height);

/* One kind each. */
void weft_track_thread(struct weft_frame *frame, const struct weft_lane *lane);
void weft_track_marks(struct weft_frame *frame);
void weft_track_choices(struct weft_frame *frame, const struct weft_lane *lane);

/* How many choices of its lane stand within the mark of this one, beside it. */
uint32_t weft_track_choices_with(const struct weft_frame *frame, uint32_t point);

void weft_track_lock(struct weft_frame *frame, const struct weft_lane *lane);
void weft_track_level(struct weft_frame *frame, const struct weft_lane *lane);
void weft_track_waits(struct weft_frame *frame, const struct weft_lane *lane);

/* Deadlocks and lost wake-ups, on all lanes that they are on. */
void weft_track_critical(struct weft_frame *frame);

/* Bars of those who wait for an object, stacked in rows; returns how many rows there are. */
uint32_t weft_track_waiters(struct weft_frame *frame, uint32_t object, struct weft_rect rect,
                            float row_px);

/* Small marks, centred on x with their top at y. */
/* How many lines more the flag of a printed line stands for. */
uint32_t weft_track_lines_with(const struct weft_frame *frame, uint32_t point);

void weft_track_mark(struct weft_frame *frame, enum weft_mark mark, float x, float y);

/* A choice's fork, on its foot. */
void weft_track_fork(struct weft_frame *frame, float x, float foot, struct weft_color color);

/* On a lock's lane, over a border: it went to somebody who waited; top at y. */
void weft_track_passed(struct weft_frame *frame, float x, float y);

/* On the lane of a queue or semaphore: more or less of it; the base of the mark at y. */
void weft_track_change(struct weft_frame *frame, float x, float y, bool more);

#endif
