/* Contention: for each object how often and how long it was waited for, sortable; a click on a row
 * goes to its lane. */
#include "base/tongue.h"
#include "viewer/panels/panels.h"
#include "viewer/panels/table.h"

#include <stdlib.h>
#include <string.h>

enum column { NAME, KIND, ACQUIRES, CONTENDED, WAITS, ALL, LONGEST, BAR, COLUMNS };

static const struct weft_table_column columns[COLUMNS] = {
    [NAME] = {N_("Object"), 0, false, 0},
    [KIND] = {N_("Kind"), 120, false, 3},
    [ACQUIRES] = {N_("Acquired"), 90, true, 4},
    [CONTENDED] = {N_("After a wait"), 100, true, 2},
    [WAITS] = {N_("Waits"), 80, true, 5},
    [ALL] = {N_("All waits together"), 140, true, 0},
    [LONGEST] = {N_("Longest wait"), 110, true, 6},
    [BAR] = {N_("Share of all waiting"), 150, false, 1},
};

struct row {
    uint32_t object;
    const char *name;
    uint64_t key;
};

static uint64_t key_of(const struct weft_frame *frame, uint32_t i, uint32_t column)
{
    const struct weft_object *object = &frame->model->objects.at[i];
    const struct weft_object_summary *sum = &frame->summary->objects.at[i];

    switch (column) {
    case KIND:
        return object->kind;
    case ACQUIRES:
        return object->acquires;
    case CONTENDED:
        return object->contended;
    case WAITS:
        return sum->waits;
    case LONGEST:
        return sum->longest_wait_ns;
    default:
        return sum->all_waits_ns;
    }
}

static int by_key(const void *a, const void *b)
{
    const struct row *first = a, *second = b;

    if (first->key != second->key) {
        return first->key > second->key ? -1 : 1;
    }
    return first->object < second->object ? -1 : first->object > second->object;
}

static int by_name(const void *a, const void *b)
{
    const struct row *first = a, *second = b;
    const int order = strcmp(first->name, second->name);

    return order != 0 ? order : by_key(a, b);
}

/* The objects that were used, sorted. */
static uint32_t list_rows(struct weft_frame *frame, struct row **rows)
{
    const struct weft_model *model = frame->model;
    uint32_t count = 0;

    *rows = weft_arena_get(&frame->list->arena, (model->objects.count + 1) * sizeof **rows);
    if (*rows == NULL) {
        frame->list->failed = true;
        return 0;
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        if (object->waits.count > 0 || object->acquires > 0 || object->puts > 0) {
            (*rows)[count++] =
                (struct row){i, object->name, key_of(frame, i, frame->view->sort_column)};
        }
    }
    /* What was waited for longest comes first unless another column was clicked. */
    const bool name = frame->view->sort_column == NAME && frame->view->sort_up;
    qsort(*rows, count, sizeof **rows, name ? by_name : by_key);
    for (uint32_t i = 0; frame->view->sort_up && !name && i < count / 2; i++) {
        const struct row row = (*rows)[i];
        (*rows)[i] = (*rows)[count - 1 - i];
        (*rows)[count - 1 - i] = row;
    }
    return count;
}

static void draw_row(const struct weft_table *table, uint32_t object, float y, uint64_t all_ns)
{
    struct weft_frame *frame = table->frame;
    const struct weft_object *what = &frame->model->objects.at[object];
    const struct weft_object_summary *sum = &frame->summary->objects.at[object];
    const struct weft_target here = {WEFT_TARGET_OBJECT, 0, object};
    const struct weft_rect rect = {0, y - WEFT_TABLE_ROW_PX / 2.0f, table->rect.w,
                                   WEFT_TABLE_ROW_PX};

    if (weft_target_equal(frame->view->hover, here)) {
        weft_draw_rect(frame->list, rect, 0, frame->theme->stripe);
    }
    weft_frame_hit(frame, weft_rect_inside(rect, table->rect), here.kind, 0, object);
    weft_table_cell(table, NAME, y, true, what->name);
    weft_table_cell(table, KIND, y, false, _(weft_objects[what->kind].words));
    weft_table_cell(table, ACQUIRES, y, false, weft_words_count(what->acquires).text);
    weft_table_cell(table, CONTENDED, y, false, weft_words_count(what->contended).text);
    weft_table_cell(table, WAITS, y, false, weft_words_count(sum->waits).text);
    weft_table_cell(table, ALL, y, false,
                    sum->waits > 0 ? weft_words_duration(sum->all_waits_ns).text : "–");
    weft_table_cell(table, LONGEST, y, false,
                    sum->waits > 0 ? weft_words_duration(sum->longest_wait_ns).text : "–");
    if (table->w[BAR] > 0 && sum->waits > 0 && all_ns > 0) {
        const struct weft_wait_ref *wait = &what->waits.at[0];
        const uint8_t state = weft_model_span(frame->model, wait->thread, wait->span).state;
        const float width = table->w[BAR] * (float)((double)sum->all_waits_ns / (double)all_ns);
        weft_pen_state(frame, (struct weft_rect){table->x[BAR], y - 6, width < 2 ? 2 : width, 12},
                       state, 2);
    }
}

void weft_contention_draw(struct weft_frame *frame)
{
    const struct weft_style style = {WEFT_FONT_SANS, 14, frame->theme->muted};
    struct row *rows;
    const uint32_t count = list_rows(frame, &rows);
    struct weft_table table;
    uint64_t all_ns = 0;

    weft_table_begin(&table, frame, columns, COLUMNS, ALL, count);
    for (uint32_t i = 0; i < count; i++) {
        all_ns += frame->summary->objects.at[rows[i].object].all_waits_ns;
    }
    for (uint32_t i = 0; i < count; i++) {
        float y;
        if (weft_table_row(&table, i, &y)) {
            draw_row(&table, rows[i].object, y, all_ns);
        }
    }
    if (count == 0) {
        weft_pen_text(frame, 20, table.rect.y + 24, table.rect.w - 40, style,
                      _("There is no lock, queue or other object in this trace."));
    }
    weft_table_end(&table);
}
