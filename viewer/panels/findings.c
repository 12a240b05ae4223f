/* Findings: a card each, with what it is, why, what to do, and when; a click goes to the spot. */
#include "traces/analysis/findings.h"

#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>

static const float EDGE = 20, PAD = 16, LINE = 20, GAP = 12, WIDEST = 980, SIGN_PX = 14;

enum { PLACES_SHOWN = 4 };

/* "took it: teller-1, transfer (bank.c:12)" */
static void say_place(const struct weft_frame *frame, const struct weft_finding_place *place,
                      struct weft_sentence *out)
{
    struct weft_sentence site = {.len = 0};

    weft_sentence_add(out, "%s  %s: %s",
                      weft_words_moment(place->t_ns, weft_frame_ns_per_px(frame)).text, place->role,
                      weft_name_of_thread(frame->model, place->thread, place->t_ns));
    if (place->site != WEFT_NONE && weft_sentence_site(frame->model, place->site, &site)) {
        weft_sentence_add(out, ", %s", site.text);
    }
}

static float write(struct weft_frame *frame, float x, float y, float room, struct weft_style style,
                   const char *text)
{
    return y + LINE * (float)weft_pen_wrapped(frame, x, y, LINE, room, 4, style, text);
}

/* Draws a card from y on; returns where it ends. */
static float draw_card(struct weft_frame *frame, uint32_t index, float y, struct weft_rect clip)
{
    const struct weft_finding *finding = &frame->findings->all.at[index];
    const struct weft_theme *theme = frame->theme;
    const struct weft_style kind = {WEFT_FONT_SANS_BOLD, 11, theme->muted};
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 14, theme->text};
    const struct weft_style body = {WEFT_FONT_SANS, 13, theme->text};
    const struct weft_style quiet = {WEFT_FONT_SANS, 13, theme->muted};
    const float width = clip.w - 2 * EDGE < WIDEST ? clip.w - 2 * EDGE : WIDEST;
    const float x = EDGE + PAD, room = width - 2 * PAD, top = y;
    const double exact = weft_frame_ns_per_px(frame);
    const bool hovered =
        weft_target_equal(frame->view->hover, (struct weft_target){WEFT_TARGET_FINDING, 0, index});
    struct weft_sentence when = {.len = 0};

    weft_sentence_add(&when, "%s · %s to %s", _(weft_finding_kinds[finding->kind].name),
                      weft_words_moment(finding->from_ns, exact).text,
                      weft_words_moment(finding->to_ns, exact).text);
    y += PAD + 2;
    y = write(frame, x, y, room, kind, when.text);
    y = write(frame, x, y + 2, room, title, finding->what) + 2;
    y = write(frame, x, y, room, body, finding->why);
    for (size_t i = 0; i < finding->places.count && i < PLACES_SHOWN; i++) {
        struct weft_sentence text = {.len = 0};
        say_place(frame, &finding->places.at[i], &text);
        weft_pen_text(frame, x, y, room, quiet, text.text);
        y += LINE;
    }
    y = write(frame, x, y + 2, room, (struct weft_style){WEFT_FONT_SANS_BOLD, 13, theme->text},
              finding->advice);
    y += PAD - LINE / 2;
    const struct weft_rect card = {EDGE, top, width, y - top};
    weft_draw_frame(frame->list, card, 6, hovered ? 2 : 1, hovered ? theme->accent : theme->line);
    weft_draw_rect(frame->list, (struct weft_rect){EDGE, top + 6, 4, y - top - 12}, 2,
                   weft_state_styles[WEFT_STATE_POLL].colors[theme->id].fill);
    weft_frame_hit(frame, weft_rect_inside(card, clip), WEFT_TARGET_FINDING, 0, index);
    return y + GAP;
}

void weft_findings_draw(struct weft_frame *frame)
{
    const struct weft_rect main = frame->geometry.main;
    const struct weft_style style = {WEFT_FONT_SANS, 14, frame->theme->muted};
    const struct weft_findings *findings = frame->findings;
    const float top = main.y + GAP - frame->view->tab_scroll_px;
    float y = top;

    weft_draw_clip(frame->list, main);
    if (findings == NULL) {
        weft_pen_text(frame, EDGE, main.y + 30, main.w - 2 * EDGE, style,
                      frame->looking ? _("Findings are still being looked for.")
                                     : _("Findings are looked for when the whole trace is read."));
    } else if (findings->count == 0) {
        weft_pen_text(frame, EDGE, main.y + 30, main.w - 2 * EDGE, style,
                      _("Nothing was found: no deadlock, no lost wake-up, nobody who was kept "
                        "waiting without need."));
    }
    for (uint32_t i = 0; findings != NULL && i < findings->all.count; i++) {
        if (findings->all.at[i].detail_of == WEFT_NONE) {
            y = draw_card(frame, i, y, main);
        }
    }
    weft_draw_clip(frame->list, (struct weft_rect){0});
    frame->tab_px = y - top + GAP;
}

void weft_findings_draw_mark(struct weft_frame *frame, float x, float foot)
{
    const struct weft_color hole = frame->theme->panel;
    const struct weft_point_px sign[] = {
        {x - SIGN_PX / 2, foot}, {x + SIGN_PX / 2, foot}, {x, foot - 12}};

    weft_draw_polygon(frame->list, sign, 3, frame->theme->mark);
    weft_draw_rect(frame->list, (struct weft_rect){x - 0.75f, foot - 8, 1.5f, 4}, 0, hole);
    weft_draw_rect(frame->list, (struct weft_rect){x - 0.75f, foot - 3, 1.5f, 1.5f}, 0, hole);
}

void weft_findings_draw_marks(struct weft_frame *frame)
{
    const struct weft_findings *findings = frame->findings;
    const struct weft_rect ruler = frame->geometry.ruler;
    const float begin = frame->geometry.lane_left - SIGN_PX;
    const size_t places = (size_t)(ruler.w > 0 ? ruler.w / SIGN_PX : 0) + 4;
    float *taken = weft_arena_get(&frame->list->arena, places * sizeof *taken);

    if (taken == NULL) {
        frame->list->failed = true;
        return;
    }
    for (size_t i = 0; i < places; i++) {
        taken[i] = -2 * SIGN_PX;
    }
    for (uint32_t i = 0; findings != NULL && i < findings->all.count; i++) {
        const struct weft_finding *finding = &findings->all.at[i];
        const float x = weft_frame_x(frame, (double)finding->from_ns);
        if (finding->detail_of != WEFT_NONE || x < frame->geometry.lane_left - 1 ||
            x > frame->geometry.lane_right + 1) {
            continue;
        }
        /* One sign stands for those that would lie on it. */
        size_t place = (size_t)((x - begin) / SIGN_PX);
        place = place < 1 ? 1 : place > places - 2 ? places - 2 : place;
        if (fabsf(x - taken[place - 1]) < SIGN_PX || fabsf(x - taken[place]) < SIGN_PX ||
            fabsf(x - taken[place + 1]) < SIGN_PX) {
            continue;
        }
        taken[place] = x;
        const float foot = ruler.y + ruler.h;
        weft_findings_draw_mark(frame, x, foot);
        weft_frame_hit(frame, (struct weft_rect){x - SIGN_PX / 2, foot - 12, SIGN_PX, 12},
                       WEFT_TARGET_FINDING, 0, i);
    }
}
