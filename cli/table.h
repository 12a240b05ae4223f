/*
 * Tables for people: cells are put one after the other, and columns are as wide as their widest
 * cell.  The first `left` columns stand on the left, the others on the right.
 * Threads: one at a time.  The table owns its cells.
 */
#ifndef WEFT_CLI_TABLE_H
#define WEFT_CLI_TABLE_H

#include "base/arena.h"
#include "base/sink.h"

#include <stdbool.h>
#include <stddef.h>

struct weft_table {
    struct weft_arena texts;
    size_t columns, left;
    struct {
        const char **at;
        size_t count, room;
    } cells;
    bool failed; /* no memory: the table is not printed */
};

void weft_table_init(struct weft_table *table, size_t columns, size_t left);
void weft_table_done(struct weft_table *table);

void weft_table_cell(struct weft_table *table, const char *text);
void weft_table_print(const struct weft_table *table, struct weft_sink *sink);

/* Columns that a text takes on a terminal, where each character takes one. */
size_t weft_table_width(const char *text);

#endif
