/* What could have gone otherwise at the selected choice: a button for each other thread. */
#include "traces/analysis/choice.h"
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

static const float LINE = 26;

bool weft_choice_selected(const struct weft_frame *frame, struct weft_choice *choice)
{
    return frame->view->selected.kind == WEFT_TARGET_POINT &&
           weft_choice_of(frame->model, frame->view->selected.index, choice);
}

void weft_choice_command(const struct weft_model *model, struct weft_sentence *out)
{
    for (uint32_t i = 0; i < model->header.command_count; i++) {
        weft_sentence_add(out, "%s%s", i > 0 ? " " : "", model->header.command[i]);
    }
}

void weft_choice_words(const struct weft_frame *frame, const struct weft_choice *choice, uint32_t i,
                       struct weft_sentence *out)
{
    struct weft_sentence name = {.len = 0};

    weft_choice_name(frame->model, frame->view->selected.index, choice,
                     weft_choice_other(choice, i), &name);
    weft_sentence_add(out, "Run again with %s", name.text);
}

float weft_choice_height(const struct weft_frame *frame)
{
    struct weft_choice choice;

    return weft_choice_selected(frame, &choice) ? LINE * (float)weft_choice_others(&choice) : 0;
}

float weft_choice_draw(struct weft_frame *frame, struct weft_rect rect)
{
    const struct weft_style style = {WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
    const struct weft_target hover = frame->view->hover;
    struct weft_choice choice;
    float y = rect.y;

    if (!weft_choice_selected(frame, &choice)) {
        return 0;
    }
    for (uint32_t i = 0; i < weft_choice_others(&choice) && y + LINE <= rect.y + rect.h; i++) {
        struct weft_sentence text = {.len = 0};
        weft_choice_words(frame, &choice, i, &text);
        const float cap =
            i == 0 ? weft_pen_cap_width(frame, weft_command_cap(WEFT_COMMAND_RUN_AGAIN)) + 6 : 0;
        const float wanted = weft_pen_width(frame, style, text.text) + 20, most = rect.w - cap;
        const struct weft_rect box = {rect.x, y, wanted < most ? wanted : most, LINE - 4};
        weft_draw_rect(frame->list, box, 5, frame->theme->ground);
        weft_draw_frame(frame->list, box, 5, 1.5f,
                        hover.kind == WEFT_TARGET_OTHER && hover.index == i ? frame->theme->accent
                                                                            : frame->theme->muted);
        weft_pen_text(frame, box.x + 10, y + box.h / 2, box.w - 19, style, text.text);
        weft_frame_hit(frame, box, WEFT_TARGET_OTHER, 0, i);
        if (i == 0) {
            weft_pen_cap(frame, box.x + box.w + 6, y + box.h / 2,
                         weft_command_cap(WEFT_COMMAND_RUN_AGAIN));
        }
        y += LINE;
    }
    return y - rect.y;
}
