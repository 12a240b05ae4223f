/* The names of the tabs, in the header or in a row of their own, and what each one shows. */
#include "base/tongue.h"
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <stdio.h>

static const char *const names[WEFT_TAB_COUNT] = {
    [WEFT_TAB_TIMELINE] = N_("Timeline"), [WEFT_TAB_CONTENTION] = N_("Contention"),
    [WEFT_TAB_FINDINGS] = N_("Findings"), [WEFT_TAB_WAITS_FOR] = N_("Waits-for"),
    [WEFT_TAB_THREADS] = N_("Threads"),   [WEFT_TAB_STATISTICS] = N_("Statistics"),
};

static const float PAD = 10, GAP = 2;

static struct weft_style style_of(const struct weft_frame *frame, bool open)
{
    return (struct weft_style){open ? WEFT_FONT_SANS_BOLD : WEFT_FONT_SANS, 13,
                               open ? frame->theme->text : frame->theme->muted};
}

/* "Findings 2": with how many there are, once that is known. */
static struct weft_word name_of(const struct weft_frame *frame, int tab)
{
    struct weft_word word;
    const bool counted = tab == WEFT_TAB_FINDINGS && frame->findings != NULL;

    (void)snprintf(word.text, sizeof word.text, "%.40s%s%.16s",
                   weft_words_short(_(names[tab]), 37).text, counted ? " " : "",
                   counted ? weft_words_count(frame->findings->count).text : "");
    return word;
}

float weft_tabs_width(const struct weft_frame *frame)
{
    float width = 0;

    for (int i = 0; i < WEFT_TAB_COUNT; i++) {
        width +=
            weft_pen_width(frame, style_of(frame, true), name_of(frame, i).text) + 2 * PAD + GAP;
    }
    return width;
}

void weft_tabs_draw(struct weft_frame *frame)
{
    const struct weft_rect row = frame->geometry.tabs;
    const bool below = weft_geometry_tabs_below(frame->geometry.width);
    const struct weft_target hover = frame->view->hover;
    const float y = below ? row.y + row.h / 2 : frame->geometry.header.h / 2;
    float x = below ? 8 : frame->geometry.width - 52 - weft_tabs_width(frame);

    if (below) {
        weft_draw_rect(frame->list, row, 0, frame->theme->panel);
        weft_draw_rect(frame->list, (struct weft_rect){0, row.y + row.h - 1, row.w, 1}, 0,
                       frame->theme->line);
    }
    for (int i = 0; i < WEFT_TAB_COUNT; i++) {
        const bool open = frame->view->tab == (enum weft_tab)i;
        const float width = weft_pen_width(frame, style_of(frame, true), name_of(frame, i).text);
        const struct weft_rect box = {x, y - 14, width + 2 * PAD, 28};
        if (box.x + box.w > frame->geometry.width) {
            break; /* a window as narrow as a hand: keys and palette still reach them */
        }
        if (open) {
            weft_draw_rect(frame->list, box, 6, frame->theme->raised);
        }
        if (hover.kind == WEFT_TARGET_COMMAND && hover.index == weft_tab_commands[i]) {
            weft_draw_frame(frame->list, box, 6, 1, frame->theme->muted);
        }
        weft_pen_text(frame, x + PAD, y, width + 1, style_of(frame, open), name_of(frame, i).text);
        weft_frame_hit(frame, box, WEFT_TARGET_COMMAND, 0, weft_tab_commands[i]);
        x += box.w + GAP;
    }
}

void weft_tab_draw(struct weft_frame *frame)
{
    const struct weft_rect main = frame->geometry.main;

    weft_frame_hit(frame, main, WEFT_TARGET_PANEL, 0, 0);
    if (main.h < 40) {
        return;
    }
    switch (frame->view->tab) {
    case WEFT_TAB_CONTENTION:
        weft_contention_draw(frame);
        break;
    case WEFT_TAB_FINDINGS:
        weft_findings_draw(frame);
        break;
    case WEFT_TAB_WAITS_FOR:
        weft_graph_draw(frame, main);
        break;
    case WEFT_TAB_THREADS:
        weft_threads_draw(frame);
        break;
    case WEFT_TAB_STATISTICS:
        weft_statistics_draw(frame);
        break;
    default:
        break;
    }
}
