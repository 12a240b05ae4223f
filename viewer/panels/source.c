/* The source around where the picked thread is at the playhead, its line highlighted; other threads
 * that are in the same part of the file stand beside their lines. */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <stdio.h>

enum { LINE_PX = 18, TITLE_PX = 40, LOOKED_AT = 20000, THREADS_SHOWN = 64 };

/* The last place of a thread that the trace tells, at or before t_ns; WEFT_NONE: none. */
static uint32_t site_at(const struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    const uint32_t span = weft_model_span_shown(model, thread, t_ns);
    const size_t end = weft_model_point_from(model, t_ns + 1);

    if (span != WEFT_NONE) {
        const uint32_t site = weft_model_span(model, thread, span).site;
        if (site < model->sites.count) {
            return site;
        }
    }
    for (size_t i = end; i > 0 && end - i < LOOKED_AT; i--) {
        const struct weft_point point = weft_model_point(model, i - 1);
        if (point.thread == thread && point.site < model->sites.count) {
            return point.site;
        }
    }
    return WEFT_NONE;
}

static void say(struct weft_frame *frame, struct weft_rect rect, const char *first,
                const char *second)
{
    const struct weft_style quiet = {WEFT_FONT_SANS, 13, frame->theme->muted};

    weft_pen_wrapped(frame, rect.x, rect.y + TITLE_PX + LINE_PX / 2.0f, LINE_PX, rect.w, 3, quiet,
                     first);
    weft_pen_wrapped(frame, rect.x, rect.y + TITLE_PX + LINE_PX * 3.5f, LINE_PX, rect.w, 3, quiet,
                     second);
}

/* Badges of the threads that are at a line, from the right; returns the room that is left. */
static float draw_threads(struct weft_frame *frame, struct weft_rect row, const char *file,
                          uint32_t line)
{
    const struct weft_model *model = frame->model;
    float right = row.x + row.w;

    for (uint32_t i = 0; i < model->threads.count && i < THREADS_SHOWN; i++) {
        const uint32_t site = site_at(model, i, frame->view->playhead_ns);
        if (site == WEFT_NONE || model->sites.at[site].line != line ||
            model->sites.at[site].file != file ||
            frame->view->playhead_ns < model->threads.at[i].start_ns ||
            frame->view->playhead_ns > model->threads.at[i].end_ns) {
            continue;
        }
        const float width = weft_pen_badge_width(frame, i, 15);
        if (right - width < row.x + row.w * 0.6f) {
            break;
        }
        right -= width + 3;
        weft_pen_badge(frame, right, row.y + row.h / 2, 15, i);
    }
    return right - row.x;
}

static void draw_lines(struct weft_frame *frame, struct weft_rect rect,
                       const struct weft_source *source, const struct weft_site *site)
{
    const uint32_t rows = rect.h > TITLE_PX ? (uint32_t)((rect.h - TITLE_PX - 4) / LINE_PX) : 0;
    const uint32_t before = rows / 2;
    uint32_t first = site->line > before ? site->line - before : 1;

    if (first + rows > source->line_count + 1) {
        first = source->line_count + 1 > rows ? source->line_count + 1 - rows : 1;
    }
    for (uint32_t i = 0; i < rows && first + i <= source->line_count; i++) {
        const uint32_t line = first + i;
        const bool here = line == site->line;
        const struct weft_rect row = {rect.x, rect.y + TITLE_PX + (float)(i * LINE_PX), rect.w,
                                      LINE_PX};
        const struct weft_style number = {WEFT_FONT_MONO, 11, frame->theme->muted};
        const struct weft_style code = {here ? WEFT_FONT_MONO_BOLD : WEFT_FONT_MONO, 12.5f,
                                        frame->theme->text};
        char text[256];
        struct weft_word at;
        if (here) {
            weft_draw_rect(frame->list, row, 3, frame->theme->marked);
            weft_draw_rect(frame->list, (struct weft_rect){row.x, row.y, 3, row.h}, 0,
                           frame->theme->accent);
        }
        (void)snprintf(at.text, sizeof at.text, "%u", line);
        weft_pen_text_right(frame, row.x + 44, row.y + LINE_PX / 2.0f, 40, number, at.text);
        const float room = draw_threads(frame, row, site->file, line);
        if (weft_source_line(source, line, text, sizeof text)) {
            weft_pen_text(frame, row.x + 54, row.y + LINE_PX / 2.0f, room - 58, code, text);
        }
    }
}

void weft_source_draw(struct weft_frame *frame, struct weft_rect rect)
{
    const struct weft_model *model = frame->model;
    const struct weft_style heading = {WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
    const uint32_t thread = frame->view->lane_thread;
    struct weft_sentence title = {.len = 0};

    if (thread >= model->threads.count) {
        return;
    }
    const char *name = weft_name_of_thread(model, thread, frame->view->playhead_ns);
    const uint32_t index = site_at(model, thread, frame->view->playhead_ns);
    const struct weft_site *site = index != WEFT_NONE ? &model->sites.at[index] : NULL;
    if (site == NULL || site->file[0] == '\0' || site->line == 0) {
        weft_sentence_add(&title, "%s: its place in the source is not known", name);
        weft_pen_text(frame, rect.x, rect.y + 21, rect.w, heading, title.text);
        say(frame, rect, _("The trace tells no file and line for what it does here."),
            _("Programs that are built with -g get them."));
        return;
    }
    weft_sentence_add(&title, "%s at ", name);
    (void)weft_sentence_site(model, index, &title);
    weft_pen_text(frame, rect.x, rect.y + 21, rect.w, heading, title.text);
    const struct weft_source *source = weft_shelf_find(frame->shelf, site->file);
    if (source == NULL) {
        say(frame, rect, _("The file was not found beside the trace nor from here."),
            _("weft view --source FOLDER says where to look."));
        return;
    }
    draw_lines(frame, rect, source, site);
}
