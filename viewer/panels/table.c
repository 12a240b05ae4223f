#include "viewer/panels/table.h"

#include "base/tongue.h"

static const float EDGE = 20, GAP = 18, FIRST_LEAST = 150;

static float width_of(const struct weft_table *table)
{
    float width = FIRST_LEAST;

    for (uint32_t i = 1; i < table->count; i++) {
        width += table->w[i] > 0 ? table->w[i] + GAP : 0;
    }
    return width;
}

/* Leaves out the least important columns until the rest has room. */
static void place_columns(struct weft_table *table, float room)
{
    for (uint32_t i = 0; i < table->count; i++) {
        table->w[i] = table->columns[i].width;
    }
    while (width_of(table) > room) {
        uint32_t least = 0;
        for (uint32_t i = 1; i < table->count; i++) {
            const uint8_t weight = table->columns[i].weight;
            if (table->w[i] > 0 && weight > 0 &&
                (least == 0 || weight < table->columns[least].weight)) {
                least = i;
            }
        }
        if (least == 0) {
            break;
        }
        table->w[least] = 0;
    }
    float right = EDGE + room;
    for (uint32_t i = table->count; i-- > 1;) {
        if (table->w[i] > 0) {
            right -= table->w[i];
            table->x[i] = right;
            right -= GAP;
        }
    }
    table->x[0] = EDGE;
    table->w[0] = right - EDGE > 40 ? right - EDGE : 40;
}

static void draw_heading(struct weft_table *table, uint32_t i, float y)
{
    struct weft_frame *frame = table->frame;
    const bool sorted = table->sorted == i;
    const bool hovered =
        frame->view->hover.kind == WEFT_TARGET_COLUMN && frame->view->hover.index == i;
    const struct weft_style style = {WEFT_FONT_SANS_BOLD, 12,
                                     sorted || hovered ? frame->theme->text : frame->theme->muted};
    const float arrow = 12, room = table->w[i] - arrow;
    float x = table->x[i];

    if (table->columns[i].number) {
        const float width = weft_pen_text_right(frame, x + table->w[i] - arrow, y, room, style,
                                                _(table->columns[i].title));
        x += table->w[i] - arrow - width;
        x += width;
    } else {
        x += weft_pen_text(frame, x, y, room, style, _(table->columns[i].title));
    }
    if (sorted) {
        const float tip = frame->view->sort_up ? -4 : 4;
        const struct weft_point_px mark[] = {
            {x + 4, y - tip / 2}, {x + 11, y - tip / 2}, {x + 7.5f, y + tip / 2 + tip / 4}};
        weft_draw_polygon(frame->list, mark, 3, frame->theme->text);
    }
    weft_frame_hit(frame, (struct weft_rect){table->x[i], y - 13, table->w[i], 26},
                   WEFT_TARGET_COLUMN, 0, i);
}

void weft_table_begin(struct weft_table *table, struct weft_frame *frame,
                      const struct weft_table_column *columns, uint32_t count, uint32_t as_is,
                      uint32_t rows)
{
    const struct weft_rect main = frame->geometry.main;
    const float y = main.y + 24;

    *table = (struct weft_table){
        .frame = frame,
        .columns = columns,
        .count = count,
        .sorted = frame->view->sort_column == 0 && !frame->view->sort_up ? as_is
                                                                         : frame->view->sort_column,
        .rect = {main.x, main.y + WEFT_TABLE_TOP_PX, main.w, main.h - WEFT_TABLE_TOP_PX}};
    place_columns(table, main.w - 2 * EDGE);
    for (uint32_t i = 0; i < count; i++) {
        if (table->w[i] > 0) {
            draw_heading(table, i, y);
        }
    }
    weft_draw_rect(frame->list, (struct weft_rect){0, table->rect.y - 1, main.w, 1}, 0,
                   frame->theme->line);
    frame->tab_px = WEFT_TABLE_TOP_PX + (float)rows * WEFT_TABLE_ROW_PX + 8;
    weft_draw_clip(frame->list, table->rect);
}

void weft_table_end(struct weft_table *table)
{
    struct weft_frame *frame = table->frame;
    const struct weft_rect main = frame->geometry.main;

    weft_draw_clip(frame->list, (struct weft_rect){0});
    if (frame->tab_px > main.h) {
        const float height = table->rect.h * main.h / frame->tab_px;
        const float y = table->rect.y + frame->view->tab_scroll_px / frame->tab_px * table->rect.h;
        weft_draw_rect(frame->list, (struct weft_rect){main.w - 7, y, 4, height < 16 ? 16 : height},
                       2, frame->theme->tip_edge);
    }
}

bool weft_table_row(const struct weft_table *table, uint32_t row, float *y)
{
    const float top =
        table->rect.y + (float)row * WEFT_TABLE_ROW_PX - table->frame->view->tab_scroll_px + 4;

    *y = top + WEFT_TABLE_ROW_PX / 2.0f;
    return top + WEFT_TABLE_ROW_PX > table->rect.y && top < table->rect.y + table->rect.h;
}

void weft_table_cell(const struct weft_table *table, uint32_t column, float y, bool strong,
                     const char *text)
{
    struct weft_frame *frame = table->frame;
    const struct weft_style style = {strong ? WEFT_FONT_SANS_BOLD : WEFT_FONT_SANS, 13,
                                     frame->theme->text};

    if (table->w[column] == 0) {
        return;
    }
    if (table->columns[column].number) {
        weft_pen_text_right(frame, table->x[column] + table->w[column] - 12, y,
                            table->w[column] - 12, style, text);
    } else {
        weft_pen_text(frame, table->x[column], y, table->w[column], style, text);
    }
}
