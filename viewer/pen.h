/*
 * What every panel writes and draws with: text that fits, centred on a line; badges of threads,
 * key caps, labels inside bars.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_PEN_H
#define WEFT_VIEWER_PEN_H

#include "viewer/frame.h"

struct weft_style {
    enum weft_font font;
    float size;
    struct weft_color color;
};

float weft_pen_width(const struct weft_frame *frame, struct weft_style style, const char *text);

/*
 * Writes text from x on, its capitals centred on middle_y, cut with "…" at max_width.  Returns
 * the width that it took; nothing is written where not even "…" fits.
 */
float weft_pen_text(struct weft_frame *frame, float x, float middle_y, float max_width,
                    struct weft_style style, const char *text);

/* The same, ending at right. */
float weft_pen_text_right(struct weft_frame *frame, float right, float middle_y, float max_width,
                          struct weft_style style, const char *text);

/* Writes text in lines of at most max_width, at most max_lines; returns how many it took. */
uint32_t weft_pen_wrapped(struct weft_frame *frame, float x, float middle_y, float line_px,
                          float max_width, uint32_t max_lines, struct weft_style style,
                          const char *text);

/* A thread's quiet mark: its initials in a pill, a form that nothing else has, without a hue: a
 * state's hue is never an identity. */
void weft_pen_badge(struct weft_frame *frame, float x, float middle_y, float height,
                    uint32_t thread);
float weft_pen_badge_width(const struct weft_frame *frame, uint32_t thread, float height);

/* A key cap; returns its width. */
float weft_pen_cap(struct weft_frame *frame, float x, float middle_y, const char *cap);
float weft_pen_cap_width(const struct weft_frame *frame, const char *cap);

/* A bar in a state's colours and pattern. */
void weft_pen_state(struct weft_frame *frame, struct weft_rect rect, uint8_t state, float radius);

/* The same of one that is too narrow for its pattern: the parts, later ones over earlier ones, that
 * it consists of. */
enum { WEFT_PEN_PARTS = 3 };
uint32_t weft_pen_narrow_state(const struct weft_frame *frame, struct weft_rect rect, uint8_t state,
                               struct weft_rect parts[WEFT_PEN_PARTS],
                               struct weft_color colors[WEFT_PEN_PARTS]);

/* A label inside a bar, for later; at x, centred on middle_y.  patched: on a patch of `under` in
 * any case, as a pattern behind it demands.  A patch leaves the edges of `bar` as they are. */
void weft_pen_label(struct weft_frame *frame, float x, float middle_y, float width,
                    struct weft_style style, struct weft_color under, struct weft_rect bar,
                    bool patched, const char *text);

/* Writes the labels; where an item of the list from first_line on crosses one, on a patch. */
void weft_pen_flush_labels(struct weft_frame *frame, size_t first_line);

struct weft_rect weft_pen_text_box(float x, float middle_y, float width, float size);

#endif
