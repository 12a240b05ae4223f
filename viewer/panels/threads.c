/* Threads and Statistics: how time was spent, as stacked bars of states; of whole lives, or of the
 * range that was dragged, or of what the timeline shows. */
#include "base/tongue.h"
#include "base/vec.h"
#include "viewer/panels/panels.h"
#include "viewer/panels/table.h"

#include <stdlib.h>
#include <string.h>

enum column { NAME, LIVED, RUNNING, WAITING, BAR, COLUMNS };

static const struct weft_table_column columns[COLUMNS] = {
    [NAME] = {N_("Thread"), 0, false, 0},
    [LIVED] = {N_("Time"), 90, true, 2},
    [RUNNING] = {N_("Running"), 80, true, 3},
    [WAITING] = {N_("Waiting"), 80, true, 4},
    [BAR] = {N_("How it spent its time"), 560, false, 0},
};

struct row {
    uint32_t thread;
    const char *name;
    uint64_t whole_ns, running_ns, waiting_ns;
    uint64_t key;
    uint64_t state_ns[WEFT_STATE_COUNT];
};

static bool waits(int state)
{
    return weft_state_styles[state].loudness > 0 && state != WEFT_STATE_POLL;
}

static int by_key(const void *a, const void *b)
{
    const struct row *first = a, *second = b;

    if (first->key != second->key) {
        return first->key > second->key ? -1 : 1;
    }
    return first->thread < second->thread ? -1 : first->thread > second->thread;
}

static int by_name(const void *a, const void *b)
{
    const struct row *first = a, *second = b;
    const int order = strcmp(first->name, second->name);

    return order != 0 ? order : by_key(a, b);
}

static void sum_up(struct row *row, uint32_t column)
{
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        row->whole_ns += row->state_ns[state];
        row->waiting_ns += waits(state) ? row->state_ns[state] : 0;
    }
    row->running_ns = row->state_ns[WEFT_STATE_RUNNING] + row->state_ns[WEFT_STATE_POLL];
    row->key = column == LIVED     ? row->whole_ns
               : column == RUNNING ? row->running_ns
               : column == WAITING ? row->waiting_ns
                                   : 0;
}

/* A stacked bar, the longest parts first, so that what is seen first is what was most. */
static void draw_bar(struct weft_frame *frame, struct weft_rect rect, const uint64_t *state_ns,
                     uint64_t whole_ns)
{
    bool drawn[WEFT_STATE_COUNT] = {false};
    float x = rect.x;

    for (;;) {
        int best = -1;
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            if (!drawn[state] && state_ns[state] > 0 &&
                (best < 0 || state_ns[state] > state_ns[best])) {
                best = state;
            }
        }
        if (best < 0) {
            return;
        }
        drawn[best] = true;
        const float width = rect.w * (float)((double)state_ns[best] / (double)whole_ns);
        const float height = rect.h * weft_state_styles[best].height;
        const struct weft_rect part = {x, rect.y + rect.h - height,
                                       width > 2   ? width - 1
                                       : width < 1 ? 1
                                                   : width,
                                       height};
        weft_pen_state(frame, part, (uint8_t)best, width > 6 ? 2 : 0);
        const struct weft_state_colors *colors = &weft_state_styles[best].colors[frame->theme->id];
        const struct weft_style style = {WEFT_FONT_SANS, 11, colors->ink};
        struct weft_sentence label = {.len = 0};
        weft_sentence_add(&label, "%s %s", _(weft_states[best].words),
                          weft_words_share(state_ns[best], whole_ns).text);
        const float text = weft_pen_width(frame, style, label.text);
        if (text + 12 <= part.w) {
            if (weft_state_styles[best].pattern == WEFT_PATTERN_HATCHED) {
                weft_draw_rect(frame->list,
                               (struct weft_rect){x + 3, part.y + 2, text + 6, part.h - 4}, 0,
                               colors->fill);
            }
            weft_pen_text(frame, x + 6, part.y + part.h / 2, text + 1, style, label.text);
        }
        x += width;
    }
}

static void draw_row(const struct weft_table *table, const struct row *row, float y)
{
    struct weft_frame *frame = table->frame;
    const struct weft_target here = {WEFT_TARGET_THREAD, 0, row->thread};
    const struct weft_rect rect = {0, y - WEFT_TABLE_ROW_PX / 2.0f, table->rect.w,
                                   WEFT_TABLE_ROW_PX};

    if (weft_target_equal(frame->view->hover, here)) {
        weft_draw_rect(frame->list, rect, 0, frame->theme->stripe);
    }
    weft_frame_hit(frame, weft_rect_inside(rect, table->rect), here.kind, 0, row->thread);
    weft_table_cell(table, NAME, y, true, row->name);
    weft_table_cell(table, LIVED, y, false, weft_words_duration(row->whole_ns).text);
    weft_table_cell(table, RUNNING, y, false,
                    weft_words_share(row->running_ns, row->whole_ns).text);
    weft_table_cell(table, WAITING, y, false,
                    weft_words_share(row->waiting_ns, row->whole_ns).text);
    if (row->whole_ns > 0) {
        draw_bar(frame, (struct weft_rect){table->x[BAR], y - 10, table->w[BAR], 20}, row->state_ns,
                 row->whole_ns);
    }
}

/* Sorts and draws rows; the bar takes half of a wide window. */
static void draw_rows(struct weft_frame *frame, struct row *rows, uint32_t count)
{
    struct weft_table_column fitted[COLUMNS];
    struct weft_table table;
    const bool name = frame->view->sort_column == NAME && frame->view->sort_up;

    memcpy(fitted, columns, sizeof fitted);
    fitted[BAR].width = frame->geometry.main.w * 0.5f;
    qsort(rows, count, sizeof *rows, name ? by_name : by_key);
    weft_table_begin(&table, frame, fitted, COLUMNS, COLUMNS, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t k = frame->view->sort_up && !name ? count - 1 - i : i;
        float y;
        if (weft_table_row(&table, i, &y)) {
            draw_row(&table, &rows[k], y);
        }
    }
    weft_table_end(&table);
}

static struct row *new_rows(struct weft_frame *frame, size_t count)
{
    struct row *rows = weft_arena_get(&frame->list->arena, (count + 1) * sizeof *rows);

    frame->list->failed |= rows == NULL;
    return rows;
}

void weft_threads_draw(struct weft_frame *frame)
{
    const struct weft_model *model = frame->model;
    const uint32_t count = (uint32_t)model->threads.count;
    struct row *rows = new_rows(frame, count);

    for (uint32_t i = 0; rows != NULL && i < count; i++) {
        rows[i] = (struct row){.thread = i, .name = model->threads.at[i].name};
        memcpy(rows[i].state_ns, frame->summary->threads.at[i].state_ns, sizeof rows[i].state_ns);
        sum_up(&rows[i], frame->view->sort_column);
    }
    if (rows != NULL) {
        draw_rows(frame, rows, count);
    }
}

/* Of all threads together, above their own rows. */
static void draw_total(struct weft_frame *frame, const struct row *total, uint64_t from_ns,
                       uint64_t to_ns, bool marked)
{
    const struct weft_rect main = frame->geometry.main;
    const struct weft_style heading = {WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
    const double exact = weft_frame_ns_per_px(frame);
    struct weft_sentence text = {.len = 0};

    weft_sentence_add(&text, "%s of %s: %s to %s",
                      marked ? _("Range") : _("What the timeline shows,"),
                      weft_words_duration(to_ns - from_ns).text,
                      weft_words_moment(from_ns, exact).text, weft_words_moment(to_ns, exact).text);
    weft_pen_text(frame, 20, main.y + 22, main.w - 40, heading, text.text);
    if (total->whole_ns > 0) {
        draw_bar(frame, (struct weft_rect){20, main.y + 38, main.w - 40, 24}, total->state_ns,
                 total->whole_ns);
    }
}

/* Sums up a range, unless that is done already.  False when there is no memory. */
static bool sum_range(struct weft_frame *frame, uint64_t from_ns, uint64_t to_ns)
{
    const struct weft_model *model = frame->model;
    struct weft_range_sums *sums = frame->sums;

    if (sums->points == model->points.count && sums->threads.count == model->threads.count &&
        sums->from_ns == from_ns && sums->to_ns == to_ns) {
        return true;
    }
    if (!weft_vec_room(&sums->threads, model->threads.count)) {
        return false;
    }
    sums->threads.count = model->threads.count;
    for (uint32_t i = 0; i < model->threads.count; i++) {
        sums->threads.at[i] = (struct weft_state_times){.ns = {0}};
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            if (frame->summary->threads.at[i].state_ns[state] > 0) {
                sums->threads.at[i].ns[state] =
                    weft_model_state_ns(model, i, (enum weft_state)state, from_ns, to_ns);
            }
        }
    }
    sums->from_ns = from_ns;
    sums->to_ns = to_ns;
    sums->points = model->points.count;
    sums->made++;
    return true;
}

void weft_statistics_draw(struct weft_frame *frame)
{
    enum { TOP_PX = 68 };
    const struct weft_model *model = frame->model;
    const bool marked = frame->view->has_marked;
    const double last_ns = frame->view->range.to_ns < frame->view->end_ns ? frame->view->range.to_ns
                                                                          : frame->view->end_ns;
    const uint64_t from_ns =
        marked ? frame->view->marked_from_ns
               : (uint64_t)(frame->view->range.from_ns > 0 ? frame->view->range.from_ns : 0);
    const uint64_t to_ns = marked ? frame->view->marked_to_ns : (uint64_t)last_ns;
    struct row *rows = new_rows(frame, model->threads.count);
    struct row total = {.thread = WEFT_NONE};
    uint32_t count = 0;

    if (!sum_range(frame, from_ns, to_ns)) {
        frame->list->failed = true;
        return;
    }
    for (uint32_t i = 0; rows != NULL && i < model->threads.count; i++) {
        struct row row = {.thread = i, .name = model->threads.at[i].name};
        memcpy(row.state_ns, frame->sums->threads.at[i].ns, sizeof row.state_ns);
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            total.state_ns[state] += row.state_ns[state];
        }
        sum_up(&row, frame->view->sort_column);
        if (row.whole_ns > 0) {
            rows[count++] = row;
        }
    }
    if (rows == NULL) {
        return;
    }
    sum_up(&total, 0);
    draw_total(frame, &total, from_ns, to_ns, marked);
    /* The table below the sum. */
    const struct weft_rect main = frame->geometry.main;
    frame->geometry.main =
        (struct weft_rect){main.x, main.y + TOP_PX, main.w, main.h > TOP_PX ? main.h - TOP_PX : 0};
    draw_rows(frame, rows, count);
    frame->geometry.main = main;
    frame->tab_px += TOP_PX;
}
