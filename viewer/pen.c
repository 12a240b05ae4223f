#include "viewer/pen.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <math.h>
#include <string.h>

/* The backend's line box: baseline at 0.97 of the size; capitals of Inter are 0.727 high. */
static const float CAPITALS_MIDDLE = 0.97f - 0.727f / 2;
static const float LINE_BOX = 1.26f;

/* The widest edge of anything that has a label in it. */
static const float EDGE_PX = 1.5f;

static const char ELLIPSIS[] = "…";

static float width_of(const struct weft_frame *frame, struct weft_style style, const char *text,
                      size_t len)
{
    return frame->measure->width(frame->measure->ctx, style.font, style.size, text, len);
}

float weft_pen_width(const struct weft_frame *frame, struct weft_style style, const char *text)
{
    return width_of(frame, style, text, strlen(text));
}

struct weft_rect weft_pen_text_box(float x, float middle_y, float width, float size)
{
    return (struct weft_rect){x, middle_y - size * CAPITALS_MIDDLE, width, size * LINE_BOX};
}

/* Bytes of text that fit before an ellipsis; whole characters. */
static size_t fitting(const struct weft_frame *frame, struct weft_style style, const char *text,
                      size_t len, float max_width)
{
    size_t low = 0, high = len;

    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        while (middle > low && ((unsigned char)text[middle] & 0xc0) == 0x80) {
            middle--;
        }
        if (middle == low) { /* one character is left between them */
            middle = low + 1;
            while (middle < high && ((unsigned char)text[middle] & 0xc0) == 0x80) {
                middle++;
            }
        }
        if (width_of(frame, style, text, middle) <= max_width) {
            low = middle;
        } else {
            high = middle - 1;
            while (high > low && ((unsigned char)text[high] & 0xc0) == 0x80) {
                high--;
            }
        }
    }
    return low;
}

/* What is written of text: all of it, or a part with "…"; "" when there is no room.  Long texts
 * are cut before they are measured: no line holds more. */
static float fit(const struct weft_frame *frame, struct weft_style style, const char *text,
                 float max_width, char *out, size_t room)
{
    size_t len = strnlen(text, room - sizeof ELLIPSIS);
    const bool whole = text[len] == '\0';

    while (!whole && len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
        len--;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    float width = width_of(frame, style, out, len);
    if (whole && width <= max_width) {
        return width;
    }
    const float dots = width_of(frame, style, ELLIPSIS, sizeof ELLIPSIS - 1);
    len = dots <= max_width ? fitting(frame, style, out, len, max_width - dots) : 0;
    if (len == 0) {
        out[0] = '\0';
        return 0;
    }
    while (len > 0 && out[len - 1] == ' ') {
        len--;
    }
    memcpy(out + len, ELLIPSIS, sizeof ELLIPSIS);
    width = width_of(frame, style, out, strlen(out));
    return width < max_width ? width : max_width;
}

static float put(struct weft_frame *frame, float x, bool right, float middle_y, float max_width,
                 struct weft_style style, const char *text)
{
    char out[512];
    const float width = fit(frame, style, text, max_width, out, sizeof out);

    if (out[0] != '\0') {
        weft_draw_text(frame->list,
                       weft_pen_text_box(right ? x - width : x, middle_y, width, style.size),
                       style.font, style.size, style.color, out);
    }
    return width;
}

float weft_pen_text(struct weft_frame *frame, float x, float middle_y, float max_width,
                    struct weft_style style, const char *text)
{
    return put(frame, x, false, middle_y, max_width, style, text);
}

float weft_pen_text_right(struct weft_frame *frame, float right, float middle_y, float max_width,
                          struct weft_style style, const char *text)
{
    return put(frame, right, true, middle_y, max_width, style, text);
}

/* Bytes of the next line of text: as many words as fit, or as much of one word. */
static size_t next_line(const struct weft_frame *frame, struct weft_style style, const char *text,
                        float max_width)
{
    const size_t len = strlen(text);
    size_t best = 0;

    for (size_t i = 1; i <= len; i++) {
        if (i < len && text[i] != ' ') {
            continue;
        }
        if (width_of(frame, style, text, i) > max_width) {
            break;
        }
        best = i;
    }
    return best > 0 ? best : fitting(frame, style, text, len, max_width);
}

uint32_t weft_pen_wrapped(struct weft_frame *frame, float x, float middle_y, float line_px,
                          float max_width, uint32_t max_lines, struct weft_style style,
                          const char *text)
{
    uint32_t lines = 0;

    while (*text != '\0' && lines < max_lines) {
        const size_t len = next_line(frame, style, text, max_width);
        char line[512];
        const float y = middle_y + (float)lines * line_px;
        lines++;
        if (len == 0 || lines == max_lines || len >= sizeof line) {
            weft_pen_text(frame, x, y, max_width, style, text);
            break;
        }
        memcpy(line, text, len);
        line[len] = '\0';
        weft_pen_text(frame, x, y, max_width, style, line);
        text += len;
        text += *text == ' ';
    }
    return lines;
}

static struct weft_style badge_style(const struct weft_frame *frame, float height)
{
    return (struct weft_style){WEFT_FONT_SANS_BOLD, height >= 15 ? 10 : 9, frame->theme->chip};
}

float weft_pen_badge_width(const struct weft_frame *frame, uint32_t thread, float height)
{
    const float width = weft_pen_width(frame, badge_style(frame, height),
                                       frame->summary->threads.at[thread].badge.text) +
                        10;
    const float least = height + 4;

    return width > least ? width : least;
}

void weft_pen_badge(struct weft_frame *frame, float x, float middle_y, float height,
                    uint32_t thread)
{
    const char *text = frame->summary->threads.at[thread].badge.text;
    const struct weft_style style = badge_style(frame, height);
    const float inner = weft_pen_width(frame, style, text);
    const struct weft_rect box = {x, middle_y - height / 2,
                                  weft_pen_badge_width(frame, thread, height), height};

    weft_draw_rect(frame->list, box, height / 2, frame->theme->raised);
    weft_draw_frame(frame->list, box, height / 2, 1, frame->theme->muted);
    weft_pen_text(frame, x + (box.w - inner) / 2, middle_y, inner + 1, style, text);
}

static struct weft_style cap_style(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_MONO, 11, frame->theme->text};
}

float weft_pen_cap_width(const struct weft_frame *frame, const char *cap)
{
    const float width = weft_pen_width(frame, cap_style(frame), cap) + 11;

    return width > 20 ? width : 20;
}

float weft_pen_cap(struct weft_frame *frame, float x, float middle_y, const char *cap)
{
    const float width = weft_pen_cap_width(frame, cap);
    const float inner = weft_pen_width(frame, cap_style(frame), cap);
    const struct weft_rect box = {x, middle_y - 9.5f, width, 19};

    weft_draw_rect(frame->list, box, 4, frame->theme->tip_edge);
    weft_draw_rect(frame->list, (struct weft_rect){x + 1, box.y + 1, width - 2, 16}, 3,
                   frame->theme->raised);
    weft_pen_text(frame, x + (width - inner) / 2, middle_y - 0.5f, inner + 1, cap_style(frame),
                  cap);
    return width;
}

/* The bands of a pattern, thin enough to leave a label its room; returns how many. */
static uint32_t bands_of(struct weft_rect rect, enum weft_pattern pattern, struct weft_rect at[2])
{
    const float band = rect.h >= 12 ? 2.5f : rect.h >= 6 ? 1.5f : 1;
    const float inset = rect.w > 8 ? 1 : 0;
    const struct weft_rect top = {rect.x + inset, rect.y, rect.w - 2 * inset, band};
    const struct weft_rect foot = {rect.x + inset, rect.y + rect.h - band, rect.w - 2 * inset,
                                   band};
    uint32_t count = 0;

    if (pattern == WEFT_PATTERN_TOPPED || pattern == WEFT_PATTERN_RAILED) {
        at[count++] = top;
    }
    if (pattern == WEFT_PATTERN_FOOTED || pattern == WEFT_PATTERN_RAILED) {
        at[count++] = foot;
    }
    return count;
}

void weft_pen_state(struct weft_frame *frame, struct weft_rect rect, uint8_t state, float radius)
{
    const struct weft_state_style *style = &weft_state_styles[state];
    const struct weft_state_colors *colors = &style->colors[frame->theme->id];
    struct weft_rect bands[2];

    if (rect.w < 2 * radius) {
        radius = rect.w / 2;
    }
    weft_draw_rect(frame->list, rect, radius, colors->fill);
    if (style->pattern == WEFT_PATTERN_HATCHED && rect.w >= 4) {
        weft_draw_hatch(frame->list, rect, 4, colors->edge);
    } else if (style->pattern == WEFT_PATTERN_HOLLOW && rect.w >= 3) {
        weft_draw_frame(frame->list, rect, radius, 1, colors->edge);
    } else if (style->pattern == WEFT_PATTERN_HOLLOW) {
        weft_draw_rect(frame->list, rect, 0, colors->edge);
    } else {
        const uint32_t count = bands_of(rect, style->pattern, bands);
        for (uint32_t i = 0; i < count; i++) {
            weft_draw_rect(frame->list, bands[i], 0, colors->edge);
        }
    }
}

uint32_t weft_pen_narrow_state(const struct weft_frame *frame, struct weft_rect rect, uint8_t state,
                               struct weft_rect parts[WEFT_PEN_PARTS],
                               struct weft_color colors[WEFT_PEN_PARTS])
{
    const struct weft_state_style *style = &weft_state_styles[state];
    const struct weft_state_colors *of = &style->colors[frame->theme->id];
    const uint32_t count = 1 + bands_of(rect, style->pattern, parts + 1);

    parts[0] = rect;
    colors[0] = style->pattern == WEFT_PATTERN_HOLLOW ? of->edge : of->fill;
    colors[1] = colors[2] = of->edge;
    return count;
}

void weft_pen_label(struct weft_frame *frame, float x, float middle_y, float width,
                    struct weft_style style, struct weft_color under, struct weft_rect bar,
                    bool patched, const char *text)
{
    const struct weft_rect box = weft_pen_text_box(x, middle_y, width, style.size);
    const struct weft_rect inside = {bar.x + EDGE_PX, bar.y + EDGE_PX, bar.w - 2 * EDGE_PX,
                                     bar.h - 2 * EDGE_PX};
    const struct weft_rect patch = {box.x - 3, box.y, box.w + 6, box.h};
    const char *copy = weft_arena_copy(&frame->list->arena, text, strlen(text));
    const struct weft_label label = {.box = box,
                                     .font = style.font,
                                     .size = style.size,
                                     .ink = style.color,
                                     .under = under,
                                     .patch = weft_rect_inside(patch, inside),
                                     .patched = patched,
                                     .text = copy};

    if (copy == NULL || !weft_vec_push(frame->labels, label)) {
        frame->list->failed = true;
    }
}

/* Does one of the lines that were drawn since first_line cross box? */
static bool struck(const struct weft_frame *frame, size_t first_line, struct weft_rect box)
{
    for (size_t i = first_line; i < frame->list->count; i++) {
        const struct weft_draw_item *item = &frame->list->at[i];
        if (item->kind == WEFT_DRAW_LINE || item->kind == WEFT_DRAW_POLYGON) {
            const struct weft_rect line = {item->rect.x - 2, item->rect.y - 2, item->rect.w + 4,
                                           item->rect.h + 4};
            const struct weft_rect both = weft_rect_inside(line, box);
            if (both.w > 0 && both.h > 0) {
                return true;
            }
        }
    }
    return false;
}

void weft_pen_flush_labels(struct weft_frame *frame, size_t first_line)
{
    const size_t lines_end = frame->list->count;

    for (size_t i = 0; i < frame->labels->count; i++) {
        const struct weft_label *label = &frame->labels->at[i];
        if (label->patched || (lines_end > first_line && struck(frame, first_line, label->box))) {
            weft_draw_rect(frame->list, label->patch, 0, label->under);
        }
        weft_draw_text(frame->list, label->box, label->font, label->size, label->ink, label->text);
    }
    frame->labels->count = 0;
}
