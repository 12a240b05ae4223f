/* The field that is typed into, in the upper middle, and the list below it; and notices. */
#include "viewer/prompt.h"
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>
#include <string.h>

static const float WIDTH = 560, PAD = 14, FIELD = 40, ROW = 28, LINE = 24;

static const char *const titles[] = {
    [WEFT_PROMPT_NONE] = "",
    [WEFT_PROMPT_GO_TO] = N_("Go to time"),
    [WEFT_PROMPT_SEARCH] = N_("Search"),
    [WEFT_PROMPT_FILTER] = N_("Lanes with"),
    [WEFT_PROMPT_NOTE] = N_("Bookmark"),
    [WEFT_PROMPT_PALETTE] = N_("Do"),
    [WEFT_PROMPT_RECENT] = N_("Open"),
    [WEFT_PROMPT_OTHER] = N_("Run again"),
};

static uint32_t rows_of(const struct weft_frame *frame, enum weft_command_id *found)
{
    struct weft_choice choice;

    switch (frame->view->prompt.kind) {
    case WEFT_PROMPT_PALETTE:
        return weft_prompt_commands(frame->view->prompt.text, found, WEFT_COMMAND_COUNT);
    case WEFT_PROMPT_RECENT:
        return frame->settings->recent_count;
    case WEFT_PROMPT_OTHER:
        return weft_choice_selected(frame, &choice) ? weft_choice_others(&choice) : 0;
    default:
        return 0;
    }
}

/* What was found: where the search is just now. */
static void say_found(const struct weft_frame *frame, const struct weft_found *found,
                      struct weft_sentence *out)
{
    const struct weft_model *model = frame->model;

    switch (found->kind) {
    case WEFT_FOUND_THREAD:
        weft_sentence_add(out, " · %s %s", _("thread"), model->threads.at[found->index].name);
        break;
    case WEFT_FOUND_OBJECT: {
        const struct weft_object *object = &model->objects.at[found->index];
        weft_sentence_add(out, " · %s %s", _(weft_objects[object->kind].words), object->name);
        break;
    }
    case WEFT_FOUND_FINDING:
        if (frame->findings != NULL && found->index < frame->findings->all.count) {
            weft_sentence_add(out, " · %s", frame->findings->all.at[found->index].what);
        }
        break;
    case WEFT_FOUND_SITE: {
        struct weft_sentence site = {.len = 0};
        if (weft_sentence_site(model, found->index, &site)) {
            weft_sentence_add(out, " · %s", site.text);
        }
        break;
    }
    case WEFT_FOUND_PRINT:
        weft_sentence_add(out, " · %s: %s", _("printed"), model->prints.at[found->index].text);
        break;
    }
}

/* What stands below the field: how it goes, or what it is for. */
static void status_of(const struct weft_frame *frame, struct weft_sentence *out)
{
    const struct weft_prompt *prompt = &frame->view->prompt;
    const struct weft_search *search = frame->search;
    enum weft_command_id found[WEFT_COMMAND_COUNT];
    struct weft_sentence command = {.len = 0};

    if (prompt->complaint[0] != '\0') {
        weft_sentence_add(out, "%s", prompt->complaint);
        return;
    }
    switch (prompt->kind) {
    case WEFT_PROMPT_GO_TO:
        weft_sentence_add(out, "4.2s, 150ms, 3us, 1234ns; a number alone is in seconds.");
        break;
    case WEFT_PROMPT_SEARCH:
        if (prompt->len == 0) {
            weft_sentence_add(out,
                              "Threads, objects, findings, places in the source, printed text.");
        } else if (search->found.count == 0) {
            weft_sentence_add(out, "Nothing has that in it.");
        } else if (search->at < search->found.count) {
            weft_sentence_add(out, "%s of %s%s", weft_words_count(search->at + 1).text,
                              weft_words_count(search->found.count).text,
                              search->more ? _(" and more") : "");
            say_found(frame, &search->found.at[search->at], out);
        } else {
            weft_sentence_add(out, "%s%s: Enter goes to the first.",
                              weft_words_counted(search->found.count, "place").text,
                              search->more ? _(" and more") : "");
        }
        break;
    case WEFT_PROMPT_FILTER:
        weft_sentence_add(out, "A part of a name, or a kind such as lock; U shows all again.");
        break;
    case WEFT_PROMPT_NOTE:
        weft_sentence_add(out, "A note for %s; an empty one takes the bookmark away.",
                          weft_words_moment(frame->view->playhead_ns, 1e3).text);
        break;
    case WEFT_PROMPT_RECENT:
        if (frame->settings->recent_count == 0) {
            weft_sentence_add(out, "No trace was opened before.");
        }
        break;
    case WEFT_PROMPT_OTHER:
        weft_choice_command(frame->model, &command);
        weft_sentence_add(out, "Runs %s as it was run, up to this choice.", command.text);
        break;
    case WEFT_PROMPT_PALETTE:
        if (rows_of(frame, found) == 0) {
            weft_sentence_add(out, "No command has that in its name.");
        }
        break;
    case WEFT_PROMPT_NONE:
        break;
    }
}

static void draw_field(struct weft_frame *frame, struct weft_rect box)
{
    const struct weft_prompt *prompt = &frame->view->prompt;
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 13, frame->theme->muted};
    const struct weft_style style = {WEFT_FONT_SANS, 15, frame->theme->text};
    const float y = box.y + FIELD / 2;
    char head[WEFT_PROMPT_BYTES];
    float x = box.x + PAD;

    x += weft_pen_text(frame, x, y, box.w, title, _(titles[prompt->kind])) + 12;
    memcpy(head, prompt->text, prompt->caret);
    head[prompt->caret] = '\0';
    const float right = box.x + box.w - PAD;
    const float caret = weft_pen_width(frame, style, head);
    const float shown = caret < right - x - 4 ? caret : right - x - 4;
    if (caret <= right - x - 4) {
        weft_pen_text(frame, x, y, right - x, style, prompt->text);
    } else {
        weft_pen_text(frame, x, y, right - x, style, "…");
    }
    weft_draw_rect(frame->list, (struct weft_rect){x + shown + 0.5f, y - 9, 1.5f, 18}, 0,
                   frame->theme->accent);
    weft_draw_rect(frame->list, (struct weft_rect){x, box.y + FIELD - 6, right - x, 1}, 0,
                   frame->theme->accent);
}

static void draw_row(struct weft_frame *frame, struct weft_rect row, uint32_t index,
                     enum weft_command_id command)
{
    const struct weft_style style = {WEFT_FONT_SANS, 13, frame->theme->text};
    const bool chosen = frame->view->prompt.chosen == index;
    const bool hovered =
        frame->view->hover.kind == WEFT_TARGET_CHOICE && frame->view->hover.index == index;
    const float y = row.y + row.h / 2;

    if (chosen || hovered) {
        weft_draw_rect(frame->list, row, 4, frame->theme->marked);
    }
    weft_frame_hit(frame, row, WEFT_TARGET_CHOICE, 0, index);
    if (frame->view->prompt.kind == WEFT_PROMPT_RECENT) {
        weft_pen_text(frame, row.x + 8, y, row.w - 16, style, frame->settings->recent[index]);
        return;
    }
    struct weft_choice choice;
    if (frame->view->prompt.kind == WEFT_PROMPT_OTHER) {
        struct weft_sentence text = {.len = 0};
        if (weft_choice_selected(frame, &choice)) {
            weft_choice_words(frame, &choice, index, &text);
        }
        weft_pen_text(frame, row.x + 8, y, row.w - 16, style, text.text);
        return;
    }
    const char *cap = weft_command_cap(command);
    const float width = weft_pen_cap_width(frame, cap);
    weft_pen_text(frame, row.x + 8, y, row.w - width - 24, style, _(weft_commands[command].help));
    weft_pen_cap(frame, row.x + row.w - width - 8, y, cap);
}

void weft_prompt_draw(struct weft_frame *frame)
{
    const struct weft_prompt *prompt = &frame->view->prompt;
    const struct weft_geometry *at = &frame->geometry;
    const struct weft_style small = {WEFT_FONT_SANS, 12, frame->theme->muted};
    enum weft_command_id found[WEFT_COMMAND_COUNT];
    struct weft_sentence status = {.len = 0};

    if (prompt->kind == WEFT_PROMPT_NONE) {
        return;
    }
    const uint32_t rows = rows_of(frame, found);
    const float width = WIDTH < at->width - 24 ? WIDTH : at->width - 24;
    const float top = at->header.h + 12;
    const float most = (at->height - top - FIELD - 2 * PAD) / ROW;
    uint32_t shown = rows < WEFT_PROMPT_ROWS ? rows : WEFT_PROMPT_ROWS;
    shown = (float)shown > most ? (uint32_t)(most > 0 ? most : 0) : shown;
    status_of(frame, &status);
    const float height = FIELD + (status.len > 0 ? LINE : 0) + (float)shown * ROW + 8;
    const struct weft_rect box = {floorf((at->width - width) / 2), top, width, height};
    weft_draw_rect(frame->list, box, 8, frame->theme->tip);
    weft_draw_frame(frame->list, box, 8, 1.5f, frame->theme->accent);
    weft_frame_hit(frame, box, WEFT_TARGET_PANEL, 0, 0);
    draw_field(frame, box);
    if (status.len > 0) {
        weft_pen_text(frame, box.x + PAD, box.y + FIELD + 9, box.w - 2 * PAD, small, status.text);
    }
    const float list_y = box.y + FIELD + (status.len > 0 ? LINE : 0);
    /* The list scrolls by as much as keeps the chosen row in it. */
    const uint32_t first = prompt->chosen >= shown && shown > 0 ? prompt->chosen - shown + 1 : 0;
    for (uint32_t i = 0; i < shown && first + i < rows; i++) {
        const struct weft_rect row = {box.x + 6, list_y + (float)i * ROW, box.w - 12, ROW};
        draw_row(frame, row, first + i,
                 prompt->kind == WEFT_PROMPT_PALETTE ? found[first + i] : WEFT_COMMAND_COUNT);
    }
}

static void draw_notice(struct weft_frame *frame, const char *text, float middle_y, float size)
{
    const struct weft_geometry *at = &frame->geometry;
    const struct weft_style style = {WEFT_FONT_SANS_BOLD, size, frame->theme->on_playhead};
    const float wanted = weft_pen_width(frame, style, text), most = at->width - 60;
    const float width = wanted < most ? wanted : most;
    const struct weft_rect box = {floorf((at->width - width) / 2) - 16, middle_y - size - 3,
                                  width + 32, 2 * size + 6};

    weft_draw_rect(frame->list, box, 8, frame->theme->playhead);
    weft_pen_text(frame, box.x + 16, middle_y, width + 1, style, text);
}

void weft_notices_draw(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    float y = at->dock.y > 120 ? at->dock.y - 30 : at->height / 2;

    if (frame->notice != NULL) {
        draw_notice(frame, frame->notice, y, 14);
        y -= 50;
    }
    if (frame->key_shown != NULL) {
        draw_notice(frame, frame->key_shown, y, 18);
    }
}
