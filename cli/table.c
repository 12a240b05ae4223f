#include "cli/table.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void weft_table_init(struct weft_table *table, size_t columns, size_t left)
{
    *table = (struct weft_table){.columns = columns, .left = left};
    weft_arena_init(&table->texts);
}

void weft_table_done(struct weft_table *table)
{
    free(table->cells.at);
    weft_arena_done(&table->texts);
}

void weft_table_cell(struct weft_table *table, const char *text)
{
    const char *copy = weft_arena_copy(&table->texts, text, strlen(text));

    table->failed = copy == NULL || !weft_vec_push(&table->cells, copy) || table->failed;
}

size_t weft_table_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void pad(struct weft_sink *sink, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        weft_sink_char(sink, ' ');
    }
}

void weft_table_print(const struct weft_table *table, struct weft_sink *sink)
{
    size_t *widths = calloc(table->columns + 1, sizeof *widths);

    if (table->failed || widths == NULL) {
        weft_sink_text(sink, "  (no memory for this table)\n");
        free(widths);
        return;
    }
    for (size_t i = 0; i < table->cells.count; i++) {
        const size_t width = weft_table_width(table->cells.at[i]);
        size_t *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t i = 0; i < table->cells.count; i++) {
        const size_t column = i % table->columns;
        const size_t room = widths[column] - weft_table_width(table->cells.at[i]);
        const bool last = column + 1 == table->columns;
        weft_sink_text(sink, "  ");
        if (column >= table->left) {
            pad(sink, room);
        }
        weft_sink_text(sink, table->cells.at[i]);
        if (column < table->left && !last) {
            pad(sink, room);
        }
        if (last) {
            weft_sink_char(sink, '\n');
        }
    }
    free(widths);
}
