/* Why the selected wait lasted: those whom it waited for and what they did meanwhile, each step
 * further in; a click goes there. */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

static const float LINE = 19, INDENT = 14;

enum { DEPTH_MAX = 8 };

/* Causes that took less of the wait than a tenth are left out: the story is in the others. */
static bool tells(const struct weft_chain *chain, const struct weft_cause *cause)
{
    return cause->ns >= chain->causes.at[0].ns / 10;
}

static void say_doing(const struct weft_model *model, const struct weft_cause *cause,
                      struct weft_sentence *out)
{
    switch (cause->doing) {
    case WEFT_DOING_NOT_STARTED:
        weft_sentence_add(out, "had not started");
        break;
    case WEFT_DOING_ENDED:
        weft_sentence_add(out, "had ended");
        break;
    case WEFT_DOING_CYCLE:
        weft_sentence_add(out, "waited for one above: a cycle");
        break;
    case WEFT_DOING_DEEPER:
        weft_sentence_add(out, "waited on");
        break;
    default:
        weft_sentence_add(out, "%s", _(weft_states[cause->state].words));
        if (cause->state != WEFT_STATE_JOIN && cause->object < model->objects.count) {
            weft_sentence_add(out, " %s", model->objects.at[cause->object].name);
        } else if (cause->state == WEFT_STATE_JOIN && cause->object < model->threads.count) {
            weft_sentence_add(out, " %s", model->threads.at[cause->object].name);
        }
        break;
    }
}

static void say_cause(const struct weft_frame *frame, const struct weft_cause *cause,
                      struct weft_sentence *out)
{
    static const char *const nobody[] = {
        [WEFT_WHY_UNKNOWN] = N_("who it was is not in the trace"),
        [WEFT_WHY_HELD] = N_("held it"),
        [WEFT_WHY_ACT] = N_("until it acted"),
        [WEFT_WHY_LIFE] = N_("until its end"),
        [WEFT_WHY_HANDOVER] = N_("on the way: it was free already"),
        [WEFT_WHY_TIME] = N_("until the time was over"),
        [WEFT_WHY_NOBODY] = N_("nobody ended it"),
    };
    const struct weft_model *model = frame->model;

    weft_sentence_add(out, "%s  ", weft_words_duration(cause->ns).text);
    if (cause->thread >= model->threads.count) {
        weft_sentence_add(out, "%s", _(nobody[cause->why]));
        return;
    }
    weft_sentence_add(out, "%s ", model->threads.at[cause->thread].name);
    if (cause->why == WEFT_WHY_HELD && cause->wanted < model->objects.count) {
        weft_sentence_add(out, "held %s: ", model->objects.at[cause->wanted].name);
    } else {
        weft_sentence_add(out,
                          "%s: ", cause->why == WEFT_WHY_LIFE ? _("lived") : _("made it wait"));
    }
    say_doing(model, cause, out);
}

/* Draws a cause's children and theirs; returns where the next line goes. */
static float draw_children(struct weft_frame *frame, uint32_t parent, uint32_t depth,
                           struct weft_rect rect, float y)
{
    const struct weft_chain *chain = frame->chain;
    const uint32_t root = weft_chain_root(chain);

    for (uint32_t i = chain->causes.at[parent].first_child; i != WEFT_NONE;
         i = chain->causes.at[i].sibling) {
        const struct weft_cause *cause = &chain->causes.at[i];
        if (!tells(chain, cause)) {
            continue;
        }
        if (y + 6 > rect.y + rect.h || depth > DEPTH_MAX) {
            return y;
        }
        const bool hovered =
            weft_target_equal(frame->view->hover, (struct weft_target){WEFT_TARGET_CAUSE, 0, i});
        const struct weft_style style = {i == root ? WEFT_FONT_SANS_BOLD : WEFT_FONT_SANS, 13,
                                         hovered ? frame->theme->accent : frame->theme->text};
        const float x = rect.x + INDENT * (float)depth, room = rect.x + rect.w - x;
        struct weft_sentence text = {.len = 0};
        say_cause(frame, cause, &text);
        const struct weft_point_px corner[] = {{x - 9, y - 9}, {x - 9, y}, {x - 3, y}};
        weft_draw_line(frame->list, corner, 3, 1, frame->theme->muted);
        const float width = weft_pen_text(frame, x + 2, y, room, style, text.text);
        if (cause->thread < frame->model->threads.count && cause->span != WEFT_NONE) {
            weft_frame_hit(frame, (struct weft_rect){x, y - LINE / 2, width, LINE},
                           WEFT_TARGET_CAUSE, 0, i);
        }
        y = draw_children(frame, i, depth + 1, rect, y + LINE);
    }
    return y;
}

float weft_chain_draw(struct weft_frame *frame, struct weft_rect rect)
{
    const struct weft_style heading = {WEFT_FONT_SANS_BOLD, 11, frame->theme->muted};
    const struct weft_chain *chain = frame->chain;

    if (chain == NULL || chain->causes.count < 2 || rect.h < 2 * LINE) {
        return 0;
    }
    float x = rect.x;
    x += weft_pen_text(frame, x, rect.y + LINE / 2, rect.w, heading, _("WHY SO LONG")) + 10;
    if (rect.x + rect.w - x > 120) {
        x += weft_pen_cap(frame, x, rect.y + LINE / 2, weft_command_cap(WEFT_COMMAND_ROOT)) + 6;
        weft_pen_text(frame, x, rect.y + LINE / 2, rect.x + rect.w - x, heading,
                      _("goes to the root"));
    }
    return draw_children(frame, 0, 1, rect, rect.y + LINE * 1.5f + 2) - rect.y;
}
