/* The help sheet: all of commands.def, by group, over the dimmed picture. */
#include "base/tongue.h"
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>

static const float CAPS = 128, PAD = 24, TITLE = 26, GAP = 14;

enum { COLUMNS = 3, GROUPS_MAX = 4 };

/* Which groups stand below one another. */
static const enum weft_command_group columns[COLUMNS][GROUPS_MAX] = {
    {WEFT_GROUP_VIEW, WEFT_GROUP_PICK, WEFT_GROUP_COUNT, WEFT_GROUP_COUNT},
    {WEFT_GROUP_TIME, WEFT_GROUP_LANES, WEFT_GROUP_COUNT, WEFT_GROUP_COUNT},
    {WEFT_GROUP_FIND, WEFT_GROUP_WINDOW, WEFT_GROUP_COUNT, WEFT_GROUP_COUNT},
};

static uint32_t rows_of(enum weft_command_group group)
{
    uint32_t rows = 0;

    for (int i = 0; i < WEFT_COMMAND_COUNT; i++) {
        rows += weft_commands[i].group == group;
    }
    for (size_t i = 0; i < weft_gesture_count; i++) {
        rows += weft_gestures[i].group == group;
    }
    return rows;
}

static void draw_caps(struct weft_frame *frame, float x, float y, enum weft_command_id command)
{
    const float right = x + CAPS - 8;

    for (size_t i = 0; i < weft_binding_count; i++) {
        if (weft_bindings[i].command != command) {
            continue;
        }
        const float width = weft_pen_cap_width(frame, weft_bindings[i].cap);
        if (x + width > right) {
            return;
        }
        x += weft_pen_cap(frame, x, y, weft_bindings[i].cap) + 4;
    }
}

/* Returns where the next group begins. */
static float draw_group(struct weft_frame *frame, float x, float y, float width, float row,
                        enum weft_command_group group)
{
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 14, frame->theme->text};
    const struct weft_style style = {WEFT_FONT_SANS, 13, frame->theme->text};

    weft_pen_text(frame, x, y + TITLE / 2 - 4, width, title, _(weft_command_groups[group]));
    y += TITLE + row / 2;
    for (int i = 0; i < WEFT_COMMAND_COUNT; i++) {
        if (weft_commands[i].group == group) {
            draw_caps(frame, x, y, (enum weft_command_id)i);
            weft_pen_text(frame, x + CAPS, y, width - CAPS, style, _(weft_commands[i].help));
            y += row;
        }
    }
    for (size_t i = 0; i < weft_gesture_count; i++) {
        if (weft_gestures[i].group == group) {
            weft_pen_cap(frame, x, y, _(weft_gestures[i].cap));
            weft_pen_text(frame, x + CAPS, y, width - CAPS, style, _(weft_gestures[i].help));
            y += row;
        }
    }
    return y - row / 2 + GAP;
}

/* The mouse's gestures below the columns, in two columns of their own. */
static void draw_gestures(struct weft_frame *frame, struct weft_rect rect, float row)
{
    const struct weft_style style = {WEFT_FONT_SANS, 13, frame->theme->text};
    const float column = rect.w / COLUMNS;

    for (size_t i = 0; i < weft_gesture_count; i++) {
        const float x = rect.x + (float)(i % COLUMNS) * column;
        const float y = rect.y + ((float)(i / COLUMNS) + 0.5f) * row;
        weft_pen_cap(frame, x, y, _(weft_gestures[i].cap));
        weft_pen_text(frame, x + CAPS, y, column - CAPS - 20, style, _(weft_gestures[i].help));
    }
}

void weft_help_draw(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    const float gestures = (float)((weft_gesture_count + COLUMNS - 1) / COLUMNS);
    float rows = 0;

    for (int i = 0; i < COLUMNS; i++) {
        float sum = 0;
        for (int k = 0; columns[i][k] != WEFT_GROUP_COUNT; k++) {
            sum += (float)rows_of(columns[i][k]);
        }
        rows = sum > rows ? sum : rows;
    }
    rows += gestures;
    /* As much air between the rows as the window has. */
    const float fixed = 2 * TITLE + 2 * GAP + 2 * PAD, most = at->height - 8 - fixed;
    const float row = most / rows > 26 ? 26 : most / rows;
    const float width = at->width - 16 < 1260 ? at->width - 16 : 1260;
    const float height = fixed + rows * row;
    const struct weft_rect sheet = {floorf((at->width - width) / 2),
                                    floorf((at->height - height) / 2), width, height};
    const float column = (width - 2 * PAD) / COLUMNS;

    weft_draw_rect(frame->list, (struct weft_rect){0, 0, at->width, at->height}, 0,
                   frame->theme->shade);
    weft_frame_hit(frame, (struct weft_rect){0, 0, at->width, at->height}, WEFT_TARGET_COMMAND, 0,
                   WEFT_COMMAND_CLEAR);
    weft_draw_rect(frame->list, sheet, 10, frame->theme->panel);
    weft_draw_frame(frame->list, sheet, 10, 1, frame->theme->tip_edge);
    for (int i = 0; i < COLUMNS; i++) {
        float y = sheet.y + PAD;
        for (int k = 0; columns[i][k] != WEFT_GROUP_COUNT; k++) {
            y = draw_group(frame, sheet.x + PAD + (float)i * column, y, column - 20, row,
                           columns[i][k]);
        }
    }
    draw_gestures(frame,
                  (struct weft_rect){sheet.x + PAD, sheet.y + height - PAD - gestures * row,
                                     width - 2 * PAD, gestures * row},
                  row);
}
