/* The help sheet: all of commands.def, by group, over the dimmed picture. */
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>

static const float ROW = 28, CAPS = 116, PAD = 28;

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

static void draw_group(struct weft_frame *frame, float x, float y, float width,
                       enum weft_command_group group)
{
    const struct weft_style title = {WEFT_FONT_SANS_BOLD, 14, frame->theme->text};
    const struct weft_style style = {WEFT_FONT_SANS, 13, frame->theme->text};

    weft_pen_text(frame, x, y, width, title, weft_command_groups[group]);
    y += 30;
    for (int i = 0; i < WEFT_COMMAND_COUNT; i++) {
        if (weft_commands[i].group == group) {
            draw_caps(frame, x, y, (enum weft_command_id)i);
            weft_pen_text(frame, x + CAPS, y, width - CAPS, style, weft_commands[i].help);
            y += ROW;
        }
    }
    for (size_t i = 0; i < weft_gesture_count; i++) {
        if (weft_gestures[i].group == group) {
            weft_pen_cap(frame, x, y, weft_gestures[i].cap);
            weft_pen_text(frame, x + CAPS, y, width - CAPS, style, weft_gestures[i].help);
            y += ROW;
        }
    }
}

void weft_help_draw(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    const float column = 372, gap = 32;
    const uint32_t left = rows_of(WEFT_GROUP_VIEW) + rows_of(WEFT_GROUP_MOUSE);
    const uint32_t right = rows_of(WEFT_GROUP_TIME) + rows_of(WEFT_GROUP_PICK);
    const float width = 2 * column + gap + 2 * PAD;
    const float height = (float)(left > right ? left : right) * ROW + 2 * 30 + 24 + 2 * PAD;
    const struct weft_rect sheet = {floorf((at->width - width) / 2),
                                    floorf((at->height - height) / 2), width, height};
    const float x = sheet.x + PAD, y = sheet.y + PAD + 4;

    weft_draw_rect(frame->list, (struct weft_rect){0, 0, at->width, at->height}, 0,
                   frame->theme->shade);
    weft_frame_hit(frame, (struct weft_rect){0, 0, at->width, at->height}, WEFT_TARGET_COMMAND, 0,
                   WEFT_COMMAND_CLEAR);
    weft_draw_rect(frame->list, sheet, 10, frame->theme->panel);
    weft_draw_frame(frame->list, sheet, 10, 1, frame->theme->tip_edge);
    draw_group(frame, x, y, column, WEFT_GROUP_VIEW);
    draw_group(frame, x, y + (float)rows_of(WEFT_GROUP_VIEW) * ROW + 54, column, WEFT_GROUP_MOUSE);
    draw_group(frame, x + column + gap, y, column, WEFT_GROUP_TIME);
    draw_group(frame, x + column + gap, y + (float)rows_of(WEFT_GROUP_TIME) * ROW + 54, column,
               WEFT_GROUP_PICK);
}
