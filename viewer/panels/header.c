#include "base/tongue.h"
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <stdio.h>
#include <string.h>

enum { WARNINGS_MAX = 7, BUTTON_PX = 32, BUTTON_GAP_PX = 6, PLAY_PX = 38 };

/* "3 threads · 1 lock · 41 events · 9.01 s long", and the same in fewer words; detail -1: only what
 * must be said, or nothing. */
static void figures(const struct weft_frame *frame, int detail, struct weft_sentence *out)
{
    const struct weft_model *model = frame->model;

    if (detail < 0) {
        if (frame->read_percent >= 0) {
            weft_sentence_add(out, "%d %% read", frame->read_percent);
        }
        return;
    }
    weft_sentence_add(out, "%s", weft_words_counted(model->threads.count, "thread").text);
    uint64_t all = 0;
    for (size_t i = 0; i < WEFT_LANE_SECTIONS; i++) {
        const uint64_t count = frame->lanes->objects[weft_lane_sections[i].family];
        all += count;
        if (count > 0 && detail > 1) {
            weft_sentence_add(out, " · %s",
                              weft_words_counted(count, weft_lane_sections[i].noun).text);
        }
    }
    if (all > 0 && detail == 1) {
        weft_sentence_add(out, " · %s", weft_words_counted(all, "object").text);
    }
    if (detail > 0 || frame->loading) {
        weft_sentence_add(out, " · %s", weft_words_counted(model->points.count, "event").text);
    }
    if (frame->read_percent >= 0) {
        weft_sentence_add(out, " so far · %d %% read", frame->read_percent);
    } else if (frame->loading || frame->live) {
        weft_sentence_add(out, " so far");
    } else {
        weft_sentence_add(out, " · %s long", weft_words_duration(model->end_ns).text);
    }
}

static void bar(struct weft_frame *frame, float x, float y, struct weft_color color)
{
    weft_draw_rect(frame->list, (struct weft_rect){x, y - 6, 2.5f, 12}, 0, color);
}

static void triangle(struct weft_frame *frame, float x, float y, float to, struct weft_color color)
{
    const struct weft_point_px points[] = {{x, y - 6}, {x, y + 6}, {x + to, y}};

    weft_draw_polygon(frame->list, points, 3, color);
}

static void icon(struct weft_frame *frame, enum weft_command_id command, float x, float y,
                 struct weft_color color)
{
    switch (command) {
    case WEFT_COMMAND_TO_START:
        bar(frame, x - 7, y, color);
        triangle(frame, x + 6, y, -9, color);
        break;
    case WEFT_COMMAND_PREV_EVENT:
        triangle(frame, x + 4, y, -9, color);
        break;
    case WEFT_COMMAND_NEXT_EVENT:
        triangle(frame, x - 4, y, 9, color);
        break;
    case WEFT_COMMAND_TO_END:
        triangle(frame, x - 6, y, 9, color);
        bar(frame, x + 4.5f, y, color);
        break;
    default:
        if (frame->view->playing) {
            bar(frame, x - 4.5f, y, color);
            bar(frame, x + 2, y, color);
        } else {
            triangle(frame, x - 4, y, 11, color);
        }
        break;
    }
}

static float button(struct weft_frame *frame, enum weft_command_id command, float x, float y)
{
    const bool main = command == WEFT_COMMAND_PLAY;
    const float width = main ? PLAY_PX : BUTTON_PX;
    const struct weft_rect rect = {x, y - 14, width, 28};
    const struct weft_target hover = frame->view->hover;
    const bool hovered = hover.kind == WEFT_TARGET_COMMAND && hover.index == (uint32_t)command;

    weft_draw_rect(frame->list, rect, 6, main ? frame->theme->accent : frame->theme->raised);
    if (hovered) {
        weft_draw_frame(frame->list, rect, 6, 1.5f, frame->theme->text);
    }
    icon(frame, command, x + width / 2, y, main ? frame->theme->on_accent : frame->theme->text);
    weft_frame_hit(frame, rect, WEFT_TARGET_COMMAND, 0, (uint32_t)command);
    return width;
}

static struct weft_word speed_text(const struct weft_view *view)
{
    struct weft_word word;
    const double speed = weft_view_speeds[view->speed] / 100.0;

    snprintf(word.text, sizeof word.text, "%g×%s", speed, view->loop ? _(" loop") : "");
    return word;
}

/* Transport in the middle; returns where it begins. */
static float transport(struct weft_frame *frame, float y)
{
    static const enum weft_command_id commands[] = {WEFT_COMMAND_TO_START, WEFT_COMMAND_PREV_EVENT,
                                                    WEFT_COMMAND_PLAY, WEFT_COMMAND_NEXT_EVENT,
                                                    WEFT_COMMAND_TO_END};
    const float width = 4 * BUTTON_PX + PLAY_PX + 4 * BUTTON_GAP_PX;
    const struct weft_style clock = {WEFT_FONT_MONO, 15, frame->theme->text};
    const struct weft_style speed = {WEFT_FONT_MONO, 12.5f, frame->theme->muted};
    const bool below = weft_geometry_tabs_below(frame->geometry.width);
    const float right = frame->geometry.width - 56 - (below ? 0 : weft_tabs_width(frame) + 8);
    const float text_width = 12 + weft_pen_width(frame, clock, "00:00.000") + 14 +
                             weft_pen_width(frame, speed, speed_text(frame->view).text) + 18;
    const float middle = frame->geometry.width / 2 - width / 2;
    const float last = right - text_width - width;
    const float start = middle < last ? middle : last;
    float x = start;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        x += button(frame, commands[i], x, y) + BUTTON_GAP_PX;
    }
    x += 12;
    x += weft_pen_text(frame, x, y, 130, clock, weft_words_clock(frame->view->playhead_ns).text);
    weft_pen_text(frame, x + 14, y, 80, speed, speed_text(frame->view).text);
    return start;
}

static void say_live(const struct weft_frame *frame, struct weft_sentence *out)
{
    if (frame->gone) {
        weft_sentence_add(out, "○ no longer written");
    } else if (frame->quiet_s > 0) {
        weft_sentence_add(out, "%s no news for %s", frame->view->follow ? "●" : "○",
                          weft_words_lasting(frame->quiet_s * 1000000000, true).text);
    } else {
        weft_sentence_add(out, "%s",
                          frame->view->follow ? _("● live") : _("○ live, end not shown"));
    }
}

/* Of a trace that grows: whether its end is followed, and the button for it. */
static float live_button(struct weft_frame *frame, float x, float y)
{
    const bool follow = frame->view->follow;
    const struct weft_style style = {WEFT_FONT_SANS_BOLD, 12.5f,
                                     follow ? frame->theme->on_accent : frame->theme->text};
    struct weft_sentence words = {.len = 0};
    say_live(frame, &words);
    const char *text = words.text;
    const float width = weft_pen_width(frame, style, text) + 18;
    const struct weft_rect rect = {x, y - 12, width, 24};
    const struct weft_target hover = frame->view->hover;

    weft_draw_rect(frame->list, rect, 12, follow ? frame->theme->accent : frame->theme->raised);
    if (hover.kind == WEFT_TARGET_COMMAND && hover.index == WEFT_COMMAND_FOLLOW_END) {
        weft_draw_frame(frame->list, rect, 12, 1.5f, frame->theme->text);
    }
    weft_pen_text(frame, x + 9, y, width - 9, style, text);
    weft_frame_hit(frame, rect, WEFT_TARGET_COMMAND, 0, WEFT_COMMAND_FOLLOW_END);
    return width;
}

/* The trace's name; without what all names end with, where there is no room for that. */
static const char *name_of(const struct weft_frame *frame, struct weft_style style, float room,
                           struct weft_sentence *kept)
{
    const char *end = strstr(frame->file, ".weft.jsonl");

    if (end == NULL || end == frame->file || weft_pen_width(frame, style, frame->file) <= room) {
        return frame->file;
    }
    weft_sentence_add(kept, "%.*s", (int)(end - frame->file), frame->file);
    return kept->text;
}

void weft_header_draw(struct weft_frame *frame)
{
    const struct weft_rect rect = frame->geometry.header;
    const struct weft_style product = {WEFT_FONT_SANS_BOLD, 17, frame->theme->accent};
    const struct weft_style file = {WEFT_FONT_SANS_BOLD, 14, frame->theme->text};
    const struct weft_style small = {WEFT_FONT_SANS, 13, frame->theme->muted};
    const float y = rect.h / 2;
    struct weft_sentence line = {.len = 0};
    float x = 16;

    weft_draw_rect(frame->list, rect, 0, frame->theme->panel);
    weft_draw_rect(frame->list, (struct weft_rect){0, rect.h - 1, rect.w, 1}, 0,
                   frame->theme->line);
    const float start = transport(frame, y);
    x += weft_pen_text(frame, x, y, 80, product, "weft") + 14;
    const float name_room = start - x < 240 ? start - x - 12 : (start - x) * 0.5f;
    struct weft_sentence kept = {.len = 0};
    x += weft_pen_text(frame, x, y, name_room, file, name_of(frame, file, name_room, &kept)) + 22;
    if (frame->live) {
        x += live_button(frame, x, y) + 14;
    }
    const float room = start - x - 20;
    bool fits = false;
    for (int detail = 2; detail >= -1 && !fits; detail--) {
        line = (struct weft_sentence){.len = 0};
        figures(frame, detail, &line);
        fits = weft_pen_width(frame, small, line.text) <= room;
    }
    if (fits) {
        weft_pen_text(frame, x, y, room, small, line.text);
    }
    if (frame->read_percent >= 0) {
        const float read = rect.w * (float)frame->read_percent / 100;
        weft_draw_rect(frame->list, (struct weft_rect){0, rect.h - 3, read, 3}, 0,
                       frame->theme->accent);
    }
    const float cap = weft_pen_cap_width(frame, "?");
    const struct weft_rect help = {rect.w - 16 - cap, y - 12, cap, 24};
    weft_pen_cap(frame, help.x, y, "?");
    weft_frame_hit(frame, help, WEFT_TARGET_COMMAND, 0, WEFT_COMMAND_HELP);
}

typedef bool warning_fn(const struct weft_model *model, struct weft_sentence *out);

static bool cut(const struct weft_model *model, struct weft_sentence *out)
{
    weft_sentence_add(out,
                      "This trace was cut: its last line is missing, so what happened after %s is "
                      "not in it.",
                      weft_words_moment(model->end_ns, 1e6).text);
    return !model->health.ended;
}

static bool miscounted(const struct weft_model *model, struct weft_sentence *out)
{
    const struct weft_trace_health *health = &model->health;

    weft_sentence_add(out, "%s of those that were recorded are missing in this trace.",
                      weft_words_counted(health->events_written > health->events
                                             ? health->events_written - health->events
                                             : health->events - health->events_written,
                                         "event")
                          .text);
    return health->ended && !health->complete && health->bad_lines == 0;
}

static bool lost(const struct weft_model *model, struct weft_sentence *out)
{
    weft_sentence_add(out,
                      "%s got lost while recording: some periods may look longer than they were.",
                      weft_words_counted(model->health.lost, "event").text);
    return model->health.lost > 0;
}

static bool dropped(const struct weft_model *model, struct weft_sentence *out)
{
    const uint64_t dropped = model->health.dropped;

    if (model->header.before_ns > 0) {
        weft_sentence_add(out, "The program had run before: %s of that time were left away.",
                          weft_words_counted(dropped, "event").text);
    } else {
        weft_sentence_add(out, "The trace ends at its largest size: %s came later.",
                          weft_words_counted(dropped, "event").text);
    }
    return dropped > 0;
}

static bool bad(const struct weft_model *model, struct weft_sentence *out)
{
    weft_sentence_add(out, "%s of the file could not be read and %s left out.",
                      weft_words_counted(model->health.bad_lines, "line").text,
                      model->health.bad_lines == 1 ? _("was") : _("were"));
    return model->health.bad_lines > 0;
}

static bool unknown(const struct weft_model *model, struct weft_sentence *out)
{
    weft_sentence_add(out, "%s of a kind that this version of weft does not know %s left out.",
                      weft_words_counted(model->health.unknown_events, "event").text,
                      model->health.unknown_events == 1 ? _("was") : _("were"));
    return model->health.unknown_events > 0;
}

static bool killed(const struct weft_model *model, struct weft_sentence *out)
{
    const char *name = strsignal(model->exit_signal);

    weft_sentence_add(out, "The program was ended by signal %d (%s).", model->exit_signal,
                      name != NULL ? name : _("unknown"));
    return model->exit_signal != 0;
}

static warning_fn *const warnings[WARNINGS_MAX] = {cut, miscounted, lost,  dropped,
                                                   bad, unknown,    killed};

uint32_t weft_warnings_count(const struct weft_model *model)
{
    uint32_t count = 0;

    for (int i = 0; i < WARNINGS_MAX; i++) {
        struct weft_sentence text = {.len = 0};
        count += warnings[i](model, &text);
    }
    return count;
}

void weft_warning_text(const struct weft_model *model, uint32_t i, struct weft_sentence *out)
{
    for (int k = 0; k < WARNINGS_MAX; k++) {
        *out = (struct weft_sentence){.len = 0};
        if (warnings[k](model, out) && i-- == 0) {
            return;
        }
    }
    *out = (struct weft_sentence){.len = 0};
}

/* The reading that failed or was stopped comes first: then nothing else is known for sure. */
void weft_warnings_draw(struct weft_frame *frame)
{
    const struct weft_rect rect = frame->geometry.warnings;
    const uint32_t own = frame->load_error != NULL;
    const struct weft_style style = {WEFT_FONT_SANS, 13, frame->theme->on_warning};
    const struct weft_style sign = {WEFT_FONT_SANS_BOLD, 13, frame->theme->on_warning};
    const uint32_t count = rect.h > 0 ? frame->warnings : 0;

    for (uint32_t i = 0; i < count; i++) {
        const float height = rect.h / (float)count, y = rect.y + (float)i * height;
        struct weft_sentence text;
        weft_draw_rect(frame->list, (struct weft_rect){rect.x, y, rect.w, height}, 0,
                       frame->theme->warning);
        weft_pen_text(frame, 20, y + height / 2, 12, sign, "!");
        weft_warning_text(frame->model, i < own ? 0 : i - own, &text);
        weft_pen_text(frame, 34, y + height / 2, rect.w - 50, style,
                      i < own ? frame->load_error : text.text);
    }
    if (count > 0) {
        weft_draw_rect(frame->list, (struct weft_rect){0, rect.y + rect.h - 1, rect.w, 1}, 0,
                       frame->theme->line);
    }
}
