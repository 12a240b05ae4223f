/*
 * Text: from UTF-8 to coverage, with every label kept whole.  Shaping and rasterising a label
 * costs about 13 µs and labels repeat from frame to frame, so a cache of whole labels (least
 * recently used out first, bounded by bytes) beats a glyph atlas, measured.
 *
 * A label is a mask of coverage without a colour, so one serves all colours.  A line box begins
 * at the top and has its baseline at 0.97 of the font's size, for every font: texts of different
 * fonts with the same top stand on one line.
 *
 * What the first font lacks is taken from the fallback, then from any font of the system that has
 * it.  Control characters become blanks and bad UTF-8 becomes U+FFFD: texts come from traces.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_SDL_TEXT_H
#define WEFT_VIEWER_SDL_TEXT_H

#include "base/status.h"
#include "viewer/draw.h"

#include <stddef.h>
#include <stdint.h>

struct weft_text;

/* A label in device pixels. */
struct weft_text_label {
    const uint8_t *coverage; /* width × height; NULL when there is nothing to see */
    int width, height;
    int ascent;    /* rows above the baseline */
    float advance; /* from its start to where a next text would start */
};

/*
 * Opens the fonts.  Status: WEFT_ERR_OPEN when there is no font at all or the first one cannot be
 * read, with a sentence that names what to install.
 */
enum weft_status weft_text_new(struct weft_text **text, struct weft_error *error);
void weft_text_free(struct weft_text *text);

/* Texts from now on are for this many device pixels per logical px. */
void weft_text_scale(struct weft_text *text, float scale);

/*
 * The label of len bytes at `size` logical px.  It is valid until the next call.  What is longer
 * than any screen is cut.  Errors: none, a text that cannot be drawn is empty.
 */
struct weft_text_label weft_text_label(struct weft_text *text, enum weft_font font, float size,
                                       const char *bytes, size_t len);

/* For layout: widths in logical px by the same cache. */
struct weft_measure weft_text_measure(struct weft_text *text);

/* Bytes that the labels hold now, and how many labels were made so far. */
size_t weft_text_cached_bytes(const struct weft_text *text);
uint64_t weft_text_made(const struct weft_text *text);

#endif
