/*
 * Everything around the lanes: header, warnings, minimap, dock, legend, help sheet, tooltip.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_PANELS_PANELS_H
#define WEFT_VIEWER_PANELS_PANELS_H

#include "traces/analysis/words.h"
#include "viewer/frame.h"

/* Product, file, figures, transport, clock. */
void weft_header_draw(struct weft_frame *frame);

/* What is wrong with the trace, in plain words: how many strips, and strip i's text. */
uint32_t weft_warnings_count(const struct weft_model *model);
void weft_warning_text(const struct weft_model *model, uint32_t i, struct weft_sentence *out);
void weft_warnings_draw(struct weft_frame *frame);

/* The whole trace in small, with a window for what the lanes show. */
void weft_minimap_draw(struct weft_frame *frame);

/* How tall the dock has to be in a window of this height, and with spare_px more that nobody else
 * needs; and the dock: "At 4.200 s", "Selected", "Output". */
float weft_dock_height(const struct weft_model *model, float height, float spare_px);
void weft_dock_draw(struct weft_frame *frame);

/* How tall the legend has to be in a frame that has its width; and the legend. */
float weft_legend_height(const struct weft_frame *frame);
void weft_legend_draw(struct weft_frame *frame);
void weft_help_draw(struct weft_frame *frame);
void weft_tooltip_draw(struct weft_frame *frame);

#endif
