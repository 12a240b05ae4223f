/* The legend: what is in this trace, states and marks alike, and nothing else; and key hints. */
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

static const float GAP = 18, HELP_PX = 72;

static struct weft_style style_of(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_SANS, 12.5f, frame->theme->text};
}

/* The words of an entry behind its drawing; false when there is no room for it. */
static bool entry(struct weft_frame *frame, float *x, float right, float drawing, const char *words)
{
    const float width = weft_pen_width(frame, style_of(frame), words);

    if (*x + drawing + 6 + width > right) {
        return false;
    }
    weft_pen_text(frame, *x + drawing + 6, frame->geometry.legend.y + 17, width + 1,
                  style_of(frame), words);
    *x += drawing + 6 + width + GAP;
    return true;
}

static void draw_states(struct weft_frame *frame, float *x, float right, float y)
{
    for (uint8_t state = 0; state < WEFT_STATE_COUNT; state++) {
        const float left = *x;
        if (!frame->summary->states[state]) {
            continue;
        }
        if (entry(frame, x, right, 18, weft_states[state].words)) {
            const float height = 14 * weft_state_styles[state].height;
            weft_pen_state(frame, (struct weft_rect){left, y + 7 - height, 18, height}, state, 2);
        }
    }
}

static void draw_marks(struct weft_frame *frame, float *x, float right, float y)
{
    static const char *const words[WEFT_MARK_COUNT] = {[WEFT_MARK_PRINT] = "printed line",
                                                       [WEFT_MARK_USER] = "mark",
                                                       [WEFT_MARK_SIGNAL] = "signal",
                                                       [WEFT_MARK_FAIL] = "in vain",
                                                       [WEFT_MARK_LOST] = "lost events"};

    for (int mark = 1; mark < WEFT_MARK_COUNT; mark++) {
        const float left = *x;
        if (frame->summary->has_mark[mark] && entry(frame, x, right, 10, words[mark])) {
            weft_track_mark(frame, (enum weft_mark)mark, left + (mark == WEFT_MARK_PRINT ? 1 : 5),
                            y - 6);
        }
    }
}

static void draw_rest(struct weft_frame *frame, float *x, float right, float y)
{
    const struct weft_color mark = frame->theme->mark;
    float left = *x;

    if (frame->model->wakes.count > 0 && entry(frame, x, right, 18, "hand-off")) {
        const struct weft_point_px line[] = {{left + 2, y - 5}, {left + 9, y}, {left + 13, y + 1}};
        const struct weft_point_px tip[] = {
            {left + 12, y - 3}, {left + 18, y + 2}, {left + 11, y + 5}};
        weft_draw_line(frame->list, line, 3, 1.5f, mark);
        weft_draw_polygon(frame->list, tip, 3, mark);
    }
    left = *x;
    bool ends = false;
    for (size_t i = 0; i < frame->model->threads.count && !ends; i++) {
        ends = frame->model->threads.at[i].started || frame->model->threads.at[i].ended;
    }
    if (ends && entry(frame, x, right, 14, "start, end")) {
        weft_draw_rect(frame->list, (struct weft_rect){left, y - 7, 1.5f, 14}, 0, mark);
        weft_draw_rect(frame->list, (struct weft_rect){left, y + 5.5f, 5, 1.5f}, 0, mark);
        weft_draw_rect(frame->list, (struct weft_rect){left + 12.5f, y - 7, 1.5f, 14}, 0, mark);
        weft_draw_rect(frame->list, (struct weft_rect){left + 9, y + 5.5f, 5, 1.5f}, 0, mark);
    }
    left = *x;
    if (frame->summary->has_holds && entry(frame, x, right, 18, "lock held")) {
        const struct weft_rect box = {left, y - 6, 18, 12};
        weft_draw_rect(frame->list, box, 2, frame->theme->hold);
        weft_draw_frame(frame->list, box, 2, 1, frame->theme->hold_edge);
    }
    left = *x;
    if (frame->merged && entry(frame, x, right, 18, "several in a pixel")) {
        weft_draw_rect(frame->list, (struct weft_rect){left, y + 3, 18, 1}, 0, frame->theme->muted);
    }
}

/* Key caps from the right down to `least`, the most useful ones last to go. */
static void draw_hints(struct weft_frame *frame, float least, float y)
{
    static const struct {
        const char *words;
        enum weft_command_id commands[2];
    } hints[] = {{"help", {WEFT_COMMAND_HELP, WEFT_COMMAND_COUNT}},
                 {"play", {WEFT_COMMAND_PLAY, WEFT_COMMAND_COUNT}},
                 {"zoom", {WEFT_COMMAND_ZOOM_IN, WEFT_COMMAND_ZOOM_OUT}},
                 {"move", {WEFT_COMMAND_PAN_LEFT, WEFT_COMMAND_PAN_RIGHT}},
                 {"step", {WEFT_COMMAND_PREV_EVENT, WEFT_COMMAND_NEXT_EVENT}},
                 {"fit", {WEFT_COMMAND_FIT, WEFT_COMMAND_COUNT}}};
    const struct weft_style style = {WEFT_FONT_SANS, 12.5f, frame->theme->muted};
    float right = frame->geometry.width - 16;

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        const float words = weft_pen_width(frame, style, hints[i].words);
        float width = words + 6;
        for (int k = 0; k < 2 && hints[i].commands[k] != WEFT_COMMAND_COUNT; k++) {
            width += weft_pen_cap_width(frame, weft_command_cap(hints[i].commands[k])) + 3;
        }
        if (right - width < least) {
            break;
        }
        float x = right - width;
        for (int k = 0; k < 2 && hints[i].commands[k] != WEFT_COMMAND_COUNT; k++) {
            x += weft_pen_cap(frame, x, y, weft_command_cap(hints[i].commands[k])) + 3;
        }
        weft_pen_text(frame, x + 3, y, words + 1, style, hints[i].words);
        right -= width + 14;
    }
}

void weft_legend_draw(struct weft_frame *frame)
{
    const struct weft_rect rect = frame->geometry.legend;
    const float y = rect.y + 17;
    float x = 16;

    weft_draw_rect(frame->list, rect, 0, frame->theme->bar);
    weft_draw_rect(frame->list, (struct weft_rect){0, rect.y, rect.w, 1}, 0, frame->theme->line);
    /* The legend comes first; "help" alone always has its place. */
    const float right = rect.w - 16 - HELP_PX;
    draw_states(frame, &x, right, y);
    draw_marks(frame, &x, right, y);
    draw_rest(frame, &x, right, y);
    draw_hints(frame, x, y);
}
