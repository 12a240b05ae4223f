#include "base/tongue.h"
#include "viewer/commands.h"
#include "viewer/facts.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

static const float PAD = 12, LINE = 19, WIDEST = 460;

/* Of a choice or a printed line whose mark stands for those around it, too. */
static void add_neighbours(const struct weft_frame *frame, struct weft_target hover,
                           struct weft_facts *facts)
{
    if (hover.kind != WEFT_TARGET_POINT || facts->count == WEFT_FACTS_MAX) {
        return;
    }
    struct weft_sentence text = {.len = 0};
    const uint32_t lines = weft_track_lines_with(frame, hover.index);
    const uint32_t choices = weft_track_choices_with(frame, hover.index);
    if (lines > 0) {
        weft_sentence_add(&text, "%s here; zoom in, or look at the output below.",
                          weft_words_counted(lines, "more line").text);
    } else if (choices > 0) {
        weft_sentence_add(&text, "%s more stand here; zoom in, or } steps.",
                          weft_words_counted(choices, "choice").text);
    } else {
        return;
    }
    facts->facts[facts->count++] = text;
}

/* What there is to say; also about buttons, which are no part of the model. */
static bool facts_of(const struct weft_frame *frame, struct weft_facts *facts)
{
    const struct weft_target hover = frame->view->hover;

    if (hover.kind == WEFT_TARGET_COMMAND && hover.index < WEFT_COMMAND_COUNT) {
        facts->title = (struct weft_sentence){.len = 0};
        facts->count = 0;
        weft_sentence_add(&facts->title, "%s (%s)", _(weft_commands[hover.index].help),
                          weft_command_cap((enum weft_command_id)hover.index));
        return true;
    }
    if (hover.kind == WEFT_TARGET_FINDING && frame->view->tab == WEFT_TAB_TIMELINE &&
        frame->findings != NULL && hover.index < frame->findings->all.count) {
        const struct weft_finding *finding = &frame->findings->all.at[hover.index];
        facts->title = facts->facts[0] = (struct weft_sentence){.len = 0};
        facts->count = 1;
        weft_sentence_add(&facts->title, "%s", finding->what);
        weft_sentence_add(&facts->facts[0], "%s", finding->advice);
        return true;
    }
    if (hover.kind == WEFT_TARGET_OTHER) {
        struct weft_sentence command = {.len = 0};
        weft_choice_command(frame->model, &command);
        facts->title = (struct weft_sentence){.len = 0};
        facts->count = 0;
        weft_sentence_add(&facts->title, "Runs %s as it was run, up to this choice.", command.text);
        return true;
    }
    if (hover.kind == WEFT_TARGET_BOOKMARK && hover.index < frame->bookmarks->count) {
        const struct weft_bookmark *bookmark = &frame->bookmarks->at[hover.index];
        facts->title = (struct weft_sentence){.len = 0};
        facts->count = 0;
        weft_sentence_add(&facts->title, "%s: %s", weft_words_moment(bookmark->t_ns, 1e3).text,
                          bookmark->note);
        return true;
    }
    if (!weft_facts_of(frame->model, hover, facts)) {
        return false;
    }
    add_neighbours(frame, hover, facts);
    return true;
}

void weft_tooltip_draw(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
    const struct weft_style body = {WEFT_FONT_SANS, 12.5f, frame->theme->text};
    struct weft_facts facts;

    if (!frame->has_mouse || frame->dragging || frame->view->help ||
        frame->view->prompt.kind != WEFT_PROMPT_NONE || !facts_of(frame, &facts)) {
        return;
    }
    float width = weft_pen_width(frame, title, facts.title.text);
    for (uint32_t i = 0; i < facts.count; i++) {
        const float line = weft_pen_width(frame, body, facts.facts[i].text);
        width = line > width ? line : width;
    }
    width = (width < WIDEST ? width : WIDEST) + 1;
    const float height = 2 * PAD + LINE * (float)(1 + facts.count) - 5;
    struct weft_rect box = {frame->mouse_x + 14, frame->mouse_y + 18, width + 2 * PAD, height};
    if (box.x + box.w > at->width - 6) {
        box.x = at->width - 6 - box.w;
    }
    if (box.y + box.h > at->height - 6) {
        box.y = frame->mouse_y - 12 - box.h;
    }
    box.x = box.x < 6 ? 6 : box.x;
    box.y = box.y < 6 ? 6 : box.y;
    weft_draw_rect(frame->list, box, 6, frame->theme->tip);
    weft_draw_frame(frame->list, box, 6, 1, frame->theme->tip_edge);
    float y = box.y + PAD + 7;
    weft_pen_text(frame, box.x + PAD, y, width, title, facts.title.text);
    for (uint32_t i = 0; i < facts.count; i++) {
        y += LINE;
        weft_pen_text(frame, box.x + PAD, y, width, body, facts.facts[i].text);
    }
}
