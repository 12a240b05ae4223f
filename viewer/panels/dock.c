/*
 * The dock below the lanes, three contexts side by side that must not be confused:
 *     At 4.200 s   what everybody does at the playhead; under the playhead's own badge
 *     Selected     what the user picked; framed like its outline on the timeline
 *     Output       what had been printed until then, and what comes later
 */
#include "base/tongue.h"
#include "base/utf8.h"
#include "viewer/facts.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>
#include <string.h>

enum {
    ROW_PX = 23,
    TITLE_PX = 40,
    LINE_PX = 19,
    LEAST_ROWS = 5,
    KINDS_MEASURED = 24,
    NAMES_MEASURED = 24,
    FOLDED_ROWS = 6
};

static uint32_t objects_told(const struct weft_model *model)
{
    uint32_t count = 0;

    for (size_t i = 0; i < model->objects.count; i++) {
        count += model->objects.at[i].last_ns > 0;
    }
    return count;
}

float weft_dock_height(const struct weft_model *model, float height, float spare_px)
{
    const uint32_t threads = (uint32_t)model->threads.count, objects = objects_told(model);
    /* Very many are not all told: they do not take the lanes' room. */
    const uint32_t listed = objects <= WEFT_LANES_UNFOLDED ? objects : FOLDED_ROWS;
    uint32_t rows = threads > listed ? threads : listed;
    const float most = floorf(height * 0.34f);

    rows = rows > LEAST_ROWS ? rows : LEAST_ROWS;
    float wanted = (float)(TITLE_PX + rows * ROW_PX + 8);
    const size_t output_rows = (size_t)(height / 115);
    const size_t lines = model->prints.count < output_rows ? model->prints.count : output_rows;
    const float output = (float)(TITLE_PX + (lines + 1) * LINE_PX + 6);
    float least = output > wanted ? output : wanted;
    least = least < most ? least : most;
    /* What the lanes leave empty shows more of the output, up to all of it. */
    const size_t whole_rows = model->prints.count < 1000 ? model->prints.count : 1000;
    const float whole = (float)(TITLE_PX + (whole_rows + 1) * LINE_PX + 6);
    wanted = whole > wanted ? whole : wanted;
    const float possible = floorf(least + (spare_px > 0 ? spare_px : 0));
    return wanted < least ? least : wanted < possible ? wanted : possible;
}

static struct weft_style heading(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
}

static struct weft_style body(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_SANS, 13, frame->theme->text};
}

static struct weft_style quiet(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_SANS, 13, frame->theme->muted};
}

/* A state's colour, for a thread at the playhead. */
static void draw_swatch(struct weft_frame *frame, uint32_t thread, float x, float y)
{
    const uint32_t span = weft_model_span_shown(frame->model, thread, frame->view->playhead_ns);

    if (span == WEFT_NONE) {
        weft_draw_frame(frame->list, (struct weft_rect){x, y - 1, 12, 2}, 0, 1,
                        frame->theme->muted);
        return;
    }
    weft_pen_state(frame, (struct weft_rect){x, y - 6, 12, 12},
                   weft_model_span(frame->model, thread, span).state, 3);
}

/* The next object to tell of, in the order of the lanes where they are folded, else in its own;
 * *at walks on from 0.  WEFT_NONE: there are no more. */
static uint32_t next_object(const struct weft_frame *frame, size_t *at)
{
    const struct weft_model *model = frame->model;

    if (frame->lanes->folded) {
        while (*at < frame->lanes->count) {
            const struct weft_lane *lane = &frame->lanes->at[(*at)++];
            if (weft_lane_of_object(lane)) {
                return lane->index;
            }
        }
        return WEFT_NONE;
    }
    while (*at < model->objects.count) {
        const uint32_t index = (uint32_t)(*at)++;
        if (model->objects.at[index].last_ns > 0) {
            return index;
        }
    }
    return WEFT_NONE;
}

/* The next thread to tell of: where not all have a row, those that live at the playhead come first,
 * then the others; *at walks on from 0 over all threads twice.  WEFT_NONE: there are no more. */
static uint32_t next_thread(const struct weft_frame *frame, uint32_t rows, size_t *at)
{
    const struct weft_model *model = frame->model;
    const uint64_t now_ns = frame->view->playhead_ns;
    const size_t count = model->threads.count;

    if (count <= rows) {
        return *at < count ? (uint32_t)(*at)++ : WEFT_NONE;
    }
    while (*at < 2 * count) {
        const uint32_t index = (uint32_t)(*at % count);
        const bool lives =
            model->threads.at[index].start_ns <= now_ns && now_ns < model->threads.at[index].end_ns;
        if (lives == ((*at)++ < count)) {
            return index;
        }
    }
    return WEFT_NONE;
}

static float name_width(struct weft_frame *frame, bool threads, uint32_t rows)
{
    const struct weft_model *model = frame->model;
    float widest = 40;
    size_t at = 0;

    for (uint32_t i = 0; i < NAMES_MEASURED; i++) {
        const uint32_t index = threads ? next_thread(frame, rows, &at) : next_object(frame, &at);
        if (index == WEFT_NONE) {
            break;
        }
        const char *name = threads ? model->threads.at[index].name : model->objects.at[index].name;
        const float width = weft_pen_width(frame, heading(frame), name);
        widest = width > widest ? width : widest;
    }
    return widest < 130 ? widest : 130;
}

/* Names get at most two fifths of a narrow column. */
static float narrow(float name, float column)
{
    return name < column * 0.4f ? name : column * 0.4f;
}

static void draw_more(struct weft_frame *frame, float x, float y, float width, size_t more)
{
    struct weft_sentence text = {.len = 0};

    weft_sentence_add(&text, "and %s more", weft_words_count(more).text);
    weft_pen_text(frame, x, y, width, quiet(frame), text.text);
}

static void draw_threads_at(struct weft_frame *frame, struct weft_rect rect, uint32_t rows)
{
    const struct weft_model *model = frame->model;
    const float name = narrow(name_width(frame, true, rows), rect.w);
    size_t at = 0;

    for (uint32_t row = 0; row < model->threads.count && row < rows; row++) {
        const float y = rect.y + ((float)row + 0.5f) * ROW_PX;
        if (row + 1 == rows && model->threads.count > rows) {
            draw_more(frame, rect.x + 20, y, rect.w - 20, model->threads.count - row);
            break;
        }
        const uint32_t i = next_thread(frame, rows, &at);
        struct weft_sentence now = {.len = 0};
        weft_sentence_now(model, i, frame->view->playhead_ns, &now);
        draw_swatch(frame, i, rect.x, y);
        weft_pen_text(frame, rect.x + 20, y, name, heading(frame),
                      weft_thread_name_at(&model->threads.at[i], frame->view->playhead_ns));
        const bool over = weft_model_span_shown(model, i, frame->view->playhead_ns) == WEFT_NONE;
        weft_pen_text(frame, rect.x + 20 + name + 12, y, rect.w - 32 - name,
                      over ? quiet(frame) : body(frame), now.text);
    }
}

/* The widest line of each part of "At": what each would like to have. */
static float widest_now(struct weft_frame *frame, bool threads, uint32_t rows)
{
    float widest = 0;
    size_t at = 0;

    for (uint32_t row = 0; row < rows; row++) {
        const uint32_t index = threads ? next_thread(frame, rows, &at) : next_object(frame, &at);
        struct weft_sentence now = {.len = 0};
        if (index == WEFT_NONE) {
            break;
        }
        if (threads) {
            weft_sentence_now(frame->model, index, frame->view->playhead_ns, &now);
        } else {
            weft_sentence_object_now(frame->model, index, frame->view->playhead_ns, &now);
        }
        const float width = weft_pen_width(frame, body(frame), now.text);
        widest = width > widest ? width : widest;
    }
    return widest + name_width(frame, threads, rows) + (threads ? 34 : 14);
}

/* The column of the objects' kinds, where everything else leaves room for it; else 0. */
static float kind_width(struct weft_frame *frame, float room, uint32_t rows)
{
    float widest = 0;
    size_t at = 0;
    uint32_t index;

    for (int i = 0; i < KINDS_MEASURED && (index = next_object(frame, &at)) != WEFT_NONE; i++) {
        const struct weft_object *object = &frame->model->objects.at[index];
        const float width =
            weft_pen_width(frame, quiet(frame), _(weft_objects[object->kind].words));
        widest = width > widest ? width : widest;
    }
    return widest_now(frame, false, rows) + widest + 12 <= room ? widest + 12 : 0;
}

static void draw_objects_at(struct weft_frame *frame, struct weft_rect rect, uint32_t rows)
{
    const struct weft_model *model = frame->model;
    const float name = narrow(name_width(frame, false, rows), rect.w);
    const float kind = kind_width(frame, rect.w, rows);
    const uint32_t told = objects_told(model);
    size_t at = 0;

    for (uint32_t row = 0; row < rows && row < told; row++) {
        const uint32_t i = row + 1 == rows && told > rows ? WEFT_NONE : next_object(frame, &at);
        const float y = rect.y + ((float)row + 0.5f) * ROW_PX;
        if (i == WEFT_NONE) {
            draw_more(frame, rect.x, y, rect.w, told - row);
            break;
        }
        const struct weft_object *object = &model->objects.at[i];
        struct weft_sentence now = {.len = 0};
        weft_sentence_object_now(model, i, frame->view->playhead_ns, &now);
        weft_pen_text(frame, rect.x, y, name, heading(frame), object->name);
        float x = rect.x + name + 12;
        if (kind > 0) {
            weft_pen_text(frame, x, y, kind, quiet(frame), _(weft_objects[object->kind].words));
            x += kind;
        }
        weft_pen_text(frame, x, y, rect.x + rect.w - x, body(frame), now.text);
    }
}

/* Of a width, what the threads get: what they need, unless the objects would starve. */
static float share_of_threads(struct weft_frame *frame, float room, uint32_t rows)
{
    const float threads = widest_now(frame, true, rows);
    const float objects = widest_now(frame, false, rows);

    if (threads + objects <= room) {
        const float half = room * 0.5f;
        return threads > half ? threads : objects > half ? room - objects : half;
    }
    const float share = threads / (threads + objects);
    return floorf(room * (share < 0.35f ? 0.35f : share > 0.65f ? 0.65f : share));
}

static void draw_at(struct weft_frame *frame, struct weft_rect rect)
{
    const struct weft_style badge = {WEFT_FONT_SANS_BOLD, 13, frame->theme->on_playhead};
    const struct weft_word moment =
        weft_words_moment(frame->view->playhead_ns, weft_frame_ns_per_px(frame));
    struct weft_sentence title = {.len = 0};
    const uint32_t rows = (uint32_t)((rect.h - TITLE_PX) / ROW_PX);
    const bool objects = objects_told(frame->model) > 0;
    const float gap = 28;
    const float left = objects ? share_of_threads(frame, rect.w - gap, rows) : rect.w;

    weft_sentence_add(&title, "At %s", moment.text);
    const float width = weft_pen_width(frame, badge, title.text);
    weft_draw_rect(frame->list, (struct weft_rect){rect.x, rect.y + 10, width + 16, 22}, 4,
                   frame->theme->playhead);
    weft_pen_text(frame, rect.x + 8, rect.y + 21, width + 1, badge, title.text);
    if (!frame->view->has_playhead) {
        weft_pen_text(frame, rect.x + width + 28, rect.y + 21, rect.w - width - 28, quiet(frame),
                      _("Click the ruler to see another moment, or play."));
    }
    const struct weft_rect body_rect = {rect.x, rect.y + TITLE_PX, rect.w, rect.h - TITLE_PX};
    const uint32_t threads = (uint32_t)frame->model->threads.count;
    const float wish = widest_now(frame, true, rows) + widest_now(frame, false, rows);
    if (objects && wish > rect.w - gap && threads + objects_told(frame->model) <= rows) {
        /* Too narrow for two columns, and there is room for one. */
        const float below = (float)(threads * ROW_PX);
        draw_threads_at(frame, body_rect, rows);
        draw_objects_at(
            frame,
            (struct weft_rect){rect.x + 20, body_rect.y + below, rect.w - 20, body_rect.h - below},
            rows - threads);
        return;
    }
    draw_threads_at(frame, (struct weft_rect){rect.x, body_rect.y, left, body_rect.h}, rows);
    if (objects) {
        draw_objects_at(
            frame,
            (struct weft_rect){rect.x + left + gap, body_rect.y, rect.w - left - gap, body_rect.h},
            rows);
    }
}

/* What a thread did most in the dragged range; loud states come first. */
static void sum_marked(const struct weft_frame *frame, uint32_t thread, struct weft_sentence *out)
{
    const uint64_t from_ns = frame->view->marked_from_ns, to_ns = frame->view->marked_to_ns;
    uint32_t told = 0;

    for (int loudness = 2; loudness >= 0; loudness--) {
        for (int state = 0; state < WEFT_STATE_COUNT && told < 3; state++) {
            const uint64_t ns = weft_state_styles[state].loudness == loudness
                                    ? weft_model_state_ns(frame->model, thread,
                                                          (enum weft_state)state, from_ns, to_ns)
                                    : 0;
            if (ns > 0 && ns >= (to_ns - from_ns) / 1000) {
                weft_sentence_add(out, "%s%s %s", told > 0 ? " · " : "",
                                  _(weft_states[state].words), weft_words_duration(ns).text);
                told++;
            }
        }
    }
    if (told == 0) {
        weft_sentence_add(out, "not there");
    }
}

static void draw_marked(struct weft_frame *frame, struct weft_rect rect, float y, float bottom)
{
    const uint64_t from_ns = frame->view->marked_from_ns, to_ns = frame->view->marked_to_ns;
    const double exact = weft_frame_ns_per_px(frame);
    const float name = name_width(frame, true, UINT32_MAX);
    struct weft_sentence text = {.len = 0};

    weft_sentence_add(&text, "Range of %s: %s to %s", weft_words_duration(to_ns - from_ns).text,
                      weft_words_moment(from_ns, exact).text, weft_words_moment(to_ns, exact).text);
    weft_pen_text(frame, rect.x + 14, y, rect.w - 28, heading(frame), text.text);
    for (uint32_t i = 0; i < frame->model->threads.count; i++) {
        y += LINE_PX;
        if (y + 6 > bottom) {
            break;
        }
        struct weft_sentence sum = {.len = 0};
        sum_marked(frame, i, &sum);
        weft_pen_text(frame, rect.x + 14, y, name, body(frame), frame->model->threads.at[i].name);
        weft_pen_text(frame, rect.x + 26 + name, y, rect.w - 40 - name, quiet(frame), sum.text);
    }
}

/* How tall the chain would like to be. */
static float chain_wish(const struct weft_frame *frame)
{
    const size_t causes = frame->chain != NULL ? frame->chain->causes.count : 0;

    return causes < 2 ? 0 : (float)LINE_PX * (1 + (float)(causes < 4 ? causes : 4));
}

static void draw_selected(struct weft_frame *frame, struct weft_rect rect)
{
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 11, frame->theme->accent};
    const struct weft_style name = {WEFT_FONT_SANS_BOLD, 14, frame->theme->text};
    const struct weft_rect card = {rect.x, rect.y + 8, rect.w, rect.h - 16};
    const float bottom = card.y + card.h - 6;
    struct weft_facts facts;
    float y = card.y + 16;

    weft_draw_rect(frame->list, card, 6, frame->theme->raised);
    weft_draw_frame(frame->list, card, 6, 2, frame->theme->accent);
    weft_pen_text(frame, rect.x + 14, y, rect.w - 28, title, _("SELECTED"));
    y += 21;
    if (!weft_facts_of(frame->model, frame->view->selected, &facts)) {
        draw_marked(frame, rect, y, bottom);
        return;
    }
    const uint32_t lines =
        weft_pen_wrapped(frame, rect.x + 14, y, LINE_PX, rect.w - 28, 2, name, facts.title.text);
    y += (float)lines * LINE_PX + 1;
    /* The chain says more than the last facts do: it gets its room first. */
    const float chain_px = chain_wish(frame);
    const float choice_px = weft_choice_height(frame);
    const float facts_bottom = choice_px > 0                         ? bottom - choice_px
                               : y + 2 * LINE_PX + chain_px < bottom ? bottom - chain_px
                                                                     : bottom;
    for (uint32_t i = 0; i < facts.count && y + 9 < facts_bottom; i++) {
        const uint32_t room = (uint32_t)((facts_bottom - y + 9) / LINE_PX);
        const uint32_t taken =
            weft_pen_wrapped(frame, rect.x + 14, y, LINE_PX, rect.w - 28, room < 3 ? room : 3,
                             i == 0 ? quiet(frame) : body(frame), facts.facts[i].text);
        y += (float)(taken > 0 ? taken : 1) * LINE_PX;
    }
    y -= LINE_PX / 2.0f;
    y += weft_choice_draw(frame, (struct weft_rect){rect.x + 14, y + 2, rect.w - 28, bottom - y});
    (void)weft_chain_draw(frame, (struct weft_rect){rect.x + 14, y, rect.w - 28, bottom - y});
}

/* Printed lines until t_ns. */
static size_t printed_until(const struct weft_model *model, uint64_t t_ns)
{
    size_t low = 0, high = model->prints.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (model->prints.at[middle].t_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void draw_line(struct weft_frame *frame, struct weft_rect rect, float y, size_t i,
                      bool later)
{
    const struct weft_style mono = {WEFT_FONT_MONO, 12.5f,
                                    later ? frame->theme->muted : frame->theme->text};
    const char *text = frame->model->prints.at[i].text;
    char line[512];
    size_t len = 0;

    const size_t most = weft_utf8_fit(text, strcspn(text, "\n"), sizeof line - 1);
    for (; len < most; len++) {
        line[len] = text[len] == '\t' ? ' ' : text[len];
    }
    line[len] = '\0';
    weft_pen_text(frame, rect.x, y, rect.w, mono, line);
    weft_frame_hit(frame, (struct weft_rect){rect.x, y - LINE_PX / 2.0f, rect.w, LINE_PX},
                   WEFT_TARGET_OUTPUT, 0, (uint32_t)i);
}

/* Which printed lines there is room for: shown of those until the playhead, the newest, and of
 * those after it, the next.  What is hidden on either side is told in a row of its own. */
struct output_rows {
    size_t done, later;             /* there are */
    size_t done_shown, later_shown; /* there is room for */
};

static struct output_rows share_rows(size_t done, size_t later, size_t rows)
{
    struct output_rows share = {.done = done, .later = later};
    size_t notes = later > 0; /* the title of what comes later */
    bool above = false, below = false;

    for (;;) {
        const size_t room = rows > notes ? rows - notes : 0;
        const size_t least_later = later < 2 ? later : 2 < room ? 2 : room;
        share.done_shown = done + least_later <= room ? done : room - least_later;
        share.later_shown = later < room - share.done_shown ? later : room - share.done_shown;
        const bool more_above = share.done_shown < done, more_below = share.later_shown < later;
        if ((above || !more_above) && (below || !more_below)) {
            /* A single hidden line takes no more room than the row that would tell of it. */
            share.done_shown += done - share.done_shown == 1;
            share.later_shown += later - share.later_shown == 1;
            return share;
        }
        above |= more_above;
        below |= more_below;
        notes = (size_t)(later > 0) + above + below;
    }
}

/* "… 3 earlier lines" */
static void draw_hidden(struct weft_frame *frame, struct weft_rect rect, float y, size_t count,
                        const char *noun)
{
    struct weft_sentence text = {.len = 0};

    weft_sentence_add(&text, "… %s", weft_words_counted(count, noun).text);
    weft_pen_text(frame, rect.x, y, rect.w, quiet(frame), text.text);
}

static void draw_output(struct weft_frame *frame, struct weft_rect rect, float title_room)
{
    const struct weft_model *model = frame->model;
    const size_t done = printed_until(model, frame->view->playhead_ns);
    const struct weft_style small = {WEFT_FONT_SANS_BOLD, 11, frame->theme->muted};
    const float room = rect.h - TITLE_PX - 2;
    const struct output_rows share =
        share_rows(done, model->prints.count - done, room > 0 ? (size_t)(room / LINE_PX) : 0);
    struct weft_sentence title = {.len = 0};
    float y = rect.y + TITLE_PX + LINE_PX / 2.0f;

    weft_sentence_add(
        &title, "Output until %s",
        weft_words_moment(frame->view->playhead_ns, weft_frame_ns_per_px(frame)).text);
    weft_pen_text(frame, rect.x, rect.y + 21, title_room, heading(frame), title.text);
    if (model->prints.count == 0) {
        weft_pen_text(frame, rect.x, y, rect.w, quiet(frame),
                      _("Nothing was printed with weft_print."));
    }
    if (share.done_shown < done) {
        draw_hidden(frame, rect, y, done - share.done_shown, N_("earlier line"));
        y += LINE_PX;
    }
    for (size_t i = done - share.done_shown; i < done; i++, y += LINE_PX) {
        draw_line(frame, rect, y, i, false);
    }
    if (share.later == 0) {
        return;
    }
    const float width = weft_pen_text(frame, rect.x, y, rect.w, small, _("LATER"));
    weft_draw_rect(frame->list,
                   (struct weft_rect){rect.x + width + 8, floorf(y), rect.w - width - 8, 1}, 0,
                   frame->theme->line);
    y += LINE_PX;
    for (size_t i = done; i < done + share.later_shown; i++, y += LINE_PX) {
        draw_line(frame, rect, y, i, true);
    }
    if (share.later_shown < share.later) {
        draw_hidden(frame, rect, y, share.later - share.later_shown, N_("more line"));
    }
}

/* The names of the pages of the last part, in the right corner; returns where they begin. */
static float draw_pages(struct weft_frame *frame, struct weft_rect rect)
{
    static const char *const names[WEFT_PAGE_COUNT] = {N_("Output"), N_("Source"), N_("Waits-for")};
    float right = rect.x + rect.w;

    for (int i = WEFT_PAGE_COUNT; i-- > 0;) {
        const bool open = frame->view->page == (enum weft_dock_page)i;
        const struct weft_style style = {open ? WEFT_FONT_SANS_BOLD : WEFT_FONT_SANS, 12,
                                         open ? frame->theme->text : frame->theme->muted};
        const float width = weft_pen_width(frame, style, _(names[i]));
        const struct weft_rect box = {right - width - 12, rect.y + 7, width + 12, 22};
        weft_draw_rect(frame->list, box, 4, open ? frame->theme->raised : frame->theme->panel);
        weft_pen_text(frame, box.x + 6, box.y + 11, width + 1, style, _(names[i]));
        weft_frame_hit(frame, box, WEFT_TARGET_PAGE, 0, (uint32_t)i);
        right = box.x - 2;
    }
    return right;
}

static void draw_page(struct weft_frame *frame, struct weft_rect rect)
{
    const float title_room = draw_pages(frame, rect) - rect.x - 8;
    const bool beside = title_room > 170;
    const struct weft_rect below = {rect.x, rect.y + 24, rect.w, rect.h - 24};

    switch (frame->view->page) {
    case WEFT_PAGE_SOURCE:
        weft_source_draw(frame, below);
        break;
    case WEFT_PAGE_GRAPH:
        weft_graph_draw(frame, (struct weft_rect){below.x - 20, below.y, below.w + 40, below.h});
        break;
    default:
        draw_output(frame, beside ? rect : below, beside ? title_room : rect.w);
        break;
    }
}

static void divide(struct weft_frame *frame, struct weft_rect dock, float x)
{
    weft_draw_rect(frame->list, (struct weft_rect){floorf(x), dock.y + 12, 1, dock.h - 24}, 0,
                   frame->theme->line);
}

void weft_dock_draw(struct weft_frame *frame)
{
    const struct weft_rect dock = frame->geometry.dock;
    const bool picked = frame->view->selected.kind != WEFT_TARGET_NONE || frame->view->has_marked;
    /* Large letters, and lines of three words, are no help to a class. */
    const bool narrow_window = dock.w < 720 || (frame->view->classroom && picked && dock.w < 1000);
    const float edge = 16, gap = 36;
    float shares[3] = {picked ? 0.40f : 0.62f, picked ? 0.30f : 0,
                       narrow_window ? 0
                       : picked      ? 0.30f
                                     : 0.38f};
    float x = edge;

    if (dock.h < 1) {
        return;
    }
    weft_draw_rect(frame->list, dock, 0, frame->theme->panel);
    weft_draw_rect(frame->list, (struct weft_rect){0, dock.y, dock.w, 1}, 0, frame->theme->line);
    const uint32_t parts = 1u + picked + !narrow_window;
    const float room = dock.w - 2 * edge - (float)(parts - 1) * gap;
    const float sum = shares[0] + shares[1] + shares[2];
    for (int i = 0; i < 3; i++) {
        const struct weft_rect part = {x, dock.y, floorf(room * shares[i] / sum), dock.h};
        if (shares[i] == 0) {
            continue;
        }
        if (i > 0 && !(picked && i <= 2 && shares[1] > 0 && i == 1)) {
            divide(frame, dock, x - gap / 2);
        }
        if (i == 0) {
            draw_at(frame, part);
        } else if (i == 1) {
            draw_selected(frame, part);
        } else {
            draw_page(frame, part);
        }
        x += part.w + gap;
    }
}
