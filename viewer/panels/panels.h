/*
 * Everything around the lanes: header, warnings, minimap, dock, legend, help sheet, tooltip.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_PANELS_PANELS_H
#define WEFT_VIEWER_PANELS_PANELS_H

#include "traces/analysis/choice.h"
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
void weft_minimap_done(struct weft_minimap *map);

/* How tall the dock has to be in a window of this height, and with spare_px more that nobody else
 * needs; and the dock: "At 4.200 s", "Selected", "Output". */
float weft_dock_height(const struct weft_model *model, float height, float spare_px);
void weft_dock_draw(struct weft_frame *frame);

/* How tall the legend has to be in a frame that has its width; and the legend. */
float weft_legend_height(const struct weft_frame *frame);
void weft_legend_draw(struct weft_frame *frame);

/* The tabs' names; and what stands in place of the lanes when another tab than theirs is open. */
void weft_tabs_draw(struct weft_frame *frame);
float weft_tabs_width(const struct weft_frame *frame);
void weft_tab_draw(struct weft_frame *frame);
void weft_findings_draw(struct weft_frame *frame);
void weft_findings_draw_mark(struct weft_frame *frame, float x, float foot);
void weft_findings_draw_marks(struct weft_frame *frame); /* on the ruler */
void weft_contention_draw(struct weft_frame *frame);
void weft_threads_draw(struct weft_frame *frame);
void weft_statistics_draw(struct weft_frame *frame);

/* Who waits for whom at the playhead, in a rectangle of any size. */
void weft_graph_draw(struct weft_frame *frame, struct weft_rect rect);

/* The chain of the selected wait; returns the height that it took. */
float weft_chain_draw(struct weft_frame *frame, struct weft_rect rect);

/* The selected choice, its other candidates as buttons, and the words of each; what is then run. */
bool weft_choice_selected(const struct weft_frame *frame, struct weft_choice *choice);
float weft_choice_height(const struct weft_frame *frame);
float weft_choice_draw(struct weft_frame *frame, struct weft_rect rect);
void weft_choice_words(const struct weft_frame *frame, const struct weft_choice *choice, uint32_t i,
                       struct weft_sentence *out);
void weft_choice_command(const struct weft_model *model, struct weft_sentence *out);

/* The source around where the picked thread is at the playhead. */
void weft_source_draw(struct weft_frame *frame, struct weft_rect rect);

/* The open prompt and the list below it; what is said for a while. */
void weft_prompt_draw(struct weft_frame *frame);
void weft_notices_draw(struct weft_frame *frame);

void weft_help_draw(struct weft_frame *frame);
void weft_tooltip_draw(struct weft_frame *frame);

#endif
