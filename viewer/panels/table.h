/*
 * A table in place of the lanes: headings that sort, rows that scroll, cells of text or numbers.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_PANELS_TABLE_H
#define WEFT_VIEWER_PANELS_TABLE_H

#include "viewer/pen.h"

enum { WEFT_TABLE_ROW_PX = 26, WEFT_TABLE_TOP_PX = 44, WEFT_TABLE_COLUMNS = 12 };

struct weft_table_column {
    const char *title;
    float width;    /* in px; the first column takes what is left */
    bool number;    /* ends at its right edge */
    uint8_t weight; /* those of the least weight give way first where it is narrow; 0: never */
};

struct weft_table {
    struct weft_frame *frame;
    struct weft_rect rect; /* of the rows */
    const struct weft_table_column *columns;
    uint32_t count, sorted; /* sorted: by which column; count: as they come */
    float x[WEFT_TABLE_COLUMNS], w[WEFT_TABLE_COLUMNS]; /* w 0: it is not shown */
};

/* Places the columns, draws their headings and begins to clip to the rows.  `as_is`: the column
 * that the rows are sorted by as long as none was clicked; `count`: none. */
void weft_table_begin(struct weft_table *table, struct weft_frame *frame,
                      const struct weft_table_column *columns, uint32_t count, uint32_t as_is,
                      uint32_t rows);
void weft_table_end(struct weft_table *table);

/* Row i's middle, or false when it is not to be seen. */
bool weft_table_row(const struct weft_table *table, uint32_t row, float *y);

void weft_table_cell(const struct weft_table *table, uint32_t column, float y, bool strong,
                     const char *text);

#endif
