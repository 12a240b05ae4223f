#include "tests/unit/viewer_check.h"

#include "base/sink.h"
#include "viewer/frame.h"
#include "viewer/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float fake_width(void *ctx, enum weft_font font, float size, const char *text, size_t len)
{
    float characters = 0;

    (void)ctx;
    (void)font;
    for (size_t i = 0; i < len; i++) {
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return characters * size * 0.55f;
}

struct weft_measure check_measure(void)
{
    return (struct weft_measure){fake_width, NULL};
}

struct weft_app *check_open(const char *path, const struct weft_app_options *options)
{
    struct weft_app *app = weft_app_new(options);
    struct weft_error error = {""};

    assert_non_null(app);
    if (weft_app_open(app, path, &error) != WEFT_OK) {
        fail_msg("%s", error.text);
    }
    while (weft_app_loading(app)) {
        weft_app_tick(app, 0);
    }
    return app;
}

struct weft_app *check_open_sample(const char *name, const struct weft_app_options *options)
{
    char path[512];

    snprintf(path, sizeof path, "%s/traces/samples/%s.weft.jsonl", WEFT_SOURCE_DIR, name);
    return check_open(path, options);
}

/* The clip that holds for an item: the last one set before it. */
static struct weft_rect clip_of(const struct weft_draw_list *list, size_t index,
                                struct weft_rect window)
{
    struct weft_rect clip = window;

    for (size_t i = 0; i < index; i++) {
        if (list->at[i].kind == WEFT_DRAW_CLIP) {
            const struct weft_rect rect = list->at[i].rect;
            clip = rect.w > 0 && rect.h > 0 ? rect : window;
        }
    }
    return clip;
}

/* What one sees of a text: from the top of its capitals to below its baseline. */
static struct weft_rect ink_of(const struct weft_draw_item *item)
{
    const float width = fake_width(NULL, item->font, item->size, item->text, strlen(item->text));

    return (struct weft_rect){item->rect.x, item->rect.y + 0.24f * item->size, width,
                              0.78f * item->size};
}

static bool covers(struct weft_rect outer, struct weft_rect inner)
{
    return outer.x <= inner.x + 0.5f && outer.y <= inner.y + 0.5f &&
           outer.x + outer.w >= inner.x + inner.w - 0.5f &&
           outer.y + outer.h >= inner.y + inner.h - 0.5f;
}

/* Is a place painted over by something that comes after `index`, up to `end`? */
static bool hidden(const struct weft_draw_list *list, size_t index, size_t end,
                   struct weft_rect rect)
{
    for (size_t i = index + 1; i < end; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind == WEFT_DRAW_RECT && item->color.a >= 100 && covers(item->rect, rect)) {
            return true;
        }
    }
    return false;
}

static void check_boxes(const struct weft_draw_list *list, struct weft_rect window,
                        const char *what)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind != WEFT_DRAW_TEXT) {
            continue;
        }
        const struct weft_rect clip = clip_of(list, i, window), ink = ink_of(item);
        if (ink.w > item->rect.w + 0.6f) {
            fail_msg("%s: \"%s\" is %.1f wide in a box of %.1f", what, item->text, (double)ink.w,
                     (double)item->rect.w);
        }
        /* Lanes may be scrolled half out, but only up and down. */
        if (ink.x < clip.x - 0.6f || ink.x + ink.w > clip.x + clip.w + 0.6f) {
            fail_msg("%s: \"%s\" at %.1f + %.1f leaves its clip %.1f + %.1f", what, item->text,
                     (double)ink.x, (double)ink.w, (double)clip.x, (double)clip.w);
        }
        if (ink.y < window.y || ink.y + ink.h > window.y + window.h) {
            const struct weft_rect seen = weft_rect_inside(ink, clip);
            if (seen.h > 0) {
                fail_msg("%s: \"%s\" leaves the window", what, item->text);
            }
        }
    }
}

static void check_overlaps(const struct weft_draw_list *list, struct weft_rect window,
                           const char *what)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].kind != WEFT_DRAW_TEXT) {
            continue;
        }
        const struct weft_rect a = weft_rect_inside(ink_of(&list->at[i]), clip_of(list, i, window));
        for (size_t k = i + 1; k < list->count; k++) {
            if (list->at[k].kind != WEFT_DRAW_TEXT) {
                continue;
            }
            const struct weft_rect b =
                weft_rect_inside(ink_of(&list->at[k]), clip_of(list, k, window));
            const struct weft_rect both = weft_rect_inside(a, b);
            if (both.w > 0.5f && both.h > 0.5f && !hidden(list, i, k, both)) {
                fail_msg("%s: \"%s\" lies on \"%s\" at %.0f,%.0f", what, list->at[k].text,
                         list->at[i].text, (double)both.x, (double)both.y);
            }
        }
    }
}

/* The least contrast of a text with what was painted at one place before it. */
static float contrast_at(const struct weft_draw_list *list, size_t index, float x, float y,
                         struct weft_rect window)
{
    const struct weft_color ink = list->at[index].color;
    struct weft_color under = {0, 0, 0, 255}, stripe = under;
    struct weft_rect clip = window;

    for (size_t i = 0; i < index; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind == WEFT_DRAW_CLIP) {
            clip = item->rect.w > 0 && item->rect.h > 0 ? item->rect : window;
        }
        if (!weft_rect_has(clip, x, y) || !weft_rect_has(item->rect, x, y)) {
            continue;
        }
        if (item->kind == WEFT_DRAW_RECT) {
            under = weft_color_over(under, item->color);
            stripe = weft_color_over(stripe, item->color);
        } else if (item->kind == WEFT_DRAW_HATCH) {
            stripe = weft_color_over(under, item->color);
        }
    }
    const float a = weft_color_contrast(ink, under), b = weft_color_contrast(ink, stripe);
    return a < b ? a : b;
}

static void check_contrast(const struct weft_draw_list *list, struct weft_rect window,
                           const char *what)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind != WEFT_DRAW_TEXT) {
            continue;
        }
        const struct weft_rect seen = weft_rect_inside(ink_of(item), clip_of(list, i, window));
        if (seen.w <= 0 || seen.h <= 0 || hidden(list, i, list->count, seen)) {
            continue;
        }
        for (int step = 0; step <= 8; step++) {
            const float x = seen.x + seen.w * (0.02f + 0.12f * (float)step);
            const float contrast = contrast_at(list, i, x, seen.y + seen.h / 2, window);
            if (contrast < 4.5f) {
                fail_msg("%s: \"%s\" has a contrast of %.2f at %.0f,%.0f", what, item->text,
                         (double)contrast, (double)x, (double)seen.y);
            }
        }
    }
}

static void check_lines(const struct weft_draw_list *list, const char *what)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct weft_draw_item *item = &list->at[i];
        for (uint32_t k = 1; item->kind == WEFT_DRAW_LINE && k < item->count; k++) {
            if (item->points[k].x < item->points[k - 1].x) {
                fail_msg("%s: a line at %.0f,%.0f runs back in time", what,
                         (double)item->points[k].x, (double)item->points[k].y);
            }
        }
    }
}

void check_picture(const struct weft_draw_list *list, float width, float height, const char *what)
{
    const struct weft_rect window = {0, 0, width, height};

    assert_false(list->failed);
    assert_true(list->count > 0);
    check_boxes(list, window, what);
    check_overlaps(list, window, what);
    check_contrast(list, window, what);
    check_lines(list, what);
}

const struct weft_draw_item *check_text(const struct weft_draw_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].kind == WEFT_DRAW_TEXT && strstr(list->at[i].text, text) != NULL) {
            return &list->at[i];
        }
    }
    return NULL;
}

void check_state(const struct weft_app *app, const char *key, char *out, size_t room)
{
    struct weft_sink sink;
    char pattern[64];
    size_t len = 0;

    assert_true(weft_sink_init(&sink, -1));
    weft_app_state(app, &sink);
    weft_sink_char(&sink, '\0');
    assert_int_equal(sink.errno_at, 0);
    snprintf(pattern, sizeof pattern, "\"%s\":", key);
    const char *at = strstr(sink.buffer, pattern);
    if (at != NULL) {
        at += strlen(pattern);
        while (at[len] != ',' && at[len] != '}' && at[len] != '\0' && len + 1 < room) {
            out[len] = at[len];
            len++;
        }
    }
    out[len] = '\0';
    weft_sink_done(&sink);
}

double check_state_number(const struct weft_app *app, const char *key)
{
    char text[64];

    check_state(app, key, text, sizeof text);
    assert_true(text[0] != '\0');
    return strtod(text, NULL);
}
