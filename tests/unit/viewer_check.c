#include "tests/unit/viewer_check.h"

#include "base/sink.h"
#include "base/tongue.h"
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

int check_speak_vietnamese(void **state)
{
    (void)state;
    return weft_tongue_choose(WEFT_TONGUE_VI, WEFT_BUILD_DIR "/locale") ? 0 : -1;
}

int check_speak_english(void **state)
{
    (void)state;
    return weft_tongue_choose(WEFT_TONGUE_EN, NULL) ? 0 : -1;
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

/* A text of the list: what clips it, and what one sees of it. */
struct seen {
    size_t index;
    const struct weft_draw_item *item;
    struct weft_rect clip;
    struct weft_rect ink;
};

struct texts {
    struct seen *at;
    size_t count;
};

/* From the top of its capitals to below its baseline. */
static struct weft_rect ink_of(const struct weft_draw_item *item)
{
    const float width = fake_width(NULL, item->font, item->size, item->text, strlen(item->text));

    return (struct weft_rect){item->rect.x, item->rect.y + 0.24f * item->size, width,
                              0.78f * item->size};
}

static struct weft_rect clip_after(const struct weft_draw_item *item, struct weft_rect window)
{
    return item->rect.w > 0 && item->rect.h > 0 ? item->rect : window;
}

static struct texts texts_of(const struct weft_draw_list *list, struct weft_rect window)
{
    struct texts texts = {calloc(list->count, sizeof(struct seen)), 0};
    struct weft_rect clip = window;

    assert_non_null(texts.at);
    for (size_t i = 0; i < list->count; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind == WEFT_DRAW_CLIP) {
            clip = clip_after(item, window);
        } else if (item->kind == WEFT_DRAW_TEXT) {
            texts.at[texts.count++] = (struct seen){i, item, clip, ink_of(item)};
        }
    }
    return texts;
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

static void check_boxes(const struct texts *texts, struct weft_rect window, const char *what)
{
    for (size_t i = 0; i < texts->count; i++) {
        const struct weft_draw_item *item = texts->at[i].item;
        const struct weft_rect clip = texts->at[i].clip, ink = texts->at[i].ink;
        if (ink.w > item->rect.w + 0.6f) {
            fail_msg("%s: \"%s\" is %.1f wide in a box of %.1f", what, item->text, (double)ink.w,
                     (double)item->rect.w);
        }
        /* Lanes may be scrolled half out, but only up and down. */
        if (ink.x < clip.x - 0.6f || ink.x + ink.w > clip.x + clip.w + 0.6f) {
            fail_msg("%s: \"%s\" at %.1f + %.1f leaves its clip %.1f + %.1f", what, item->text,
                     (double)ink.x, (double)ink.w, (double)clip.x, (double)clip.w);
        }
        if ((ink.y < window.y || ink.y + ink.h > window.y + window.h) &&
            weft_rect_inside(ink, clip).h > 0) {
            fail_msg("%s: \"%s\" leaves the window", what, item->text);
        }
    }
}

static void check_overlaps(const struct weft_draw_list *list, const struct texts *texts,
                           const char *what)
{
    for (size_t i = 0; i < texts->count; i++) {
        const struct seen *first = &texts->at[i];
        const struct weft_rect a = weft_rect_inside(first->ink, first->clip);
        for (size_t k = i + 1; k < texts->count; k++) {
            const struct seen *second = &texts->at[k];
            const struct weft_rect both =
                weft_rect_inside(a, weft_rect_inside(second->ink, second->clip));
            if (both.w > 0.5f && both.h > 0.5f &&
                !hidden(list, first->index, second->index, both)) {
                fail_msg("%s: \"%s\" lies on \"%s\" at %.0f,%.0f", what, second->item->text,
                         first->item->text, (double)both.x, (double)both.y);
            }
        }
    }
}

enum { PLACES = 9 };

/* The least contrast of a text with what was painted before it, at places along it. */
static float least_contrast(const struct weft_draw_list *list, size_t index, struct weft_rect seen,
                            struct weft_rect window)
{
    struct weft_color under[PLACES], stripe[PLACES];
    struct weft_rect clip = window;
    const float y = seen.y + seen.h / 2;
    float least = 21;

    for (int p = 0; p < PLACES; p++) {
        under[p] = stripe[p] = (struct weft_color){0, 0, 0, 255};
    }
    for (size_t i = 0; i < index; i++) {
        const struct weft_draw_item *item = &list->at[i];
        if (item->kind == WEFT_DRAW_CLIP) {
            clip = clip_after(item, window);
            continue;
        }
        if (y < item->rect.y || y >= item->rect.y + item->rect.h ||
            (item->kind != WEFT_DRAW_RECT && item->kind != WEFT_DRAW_HATCH)) {
            continue;
        }
        for (int p = 0; p < PLACES; p++) {
            const float x = seen.x + seen.w * (0.02f + 0.12f * (float)p);
            if (!weft_rect_has(clip, x, y) || !weft_rect_has(item->rect, x, y)) {
                continue;
            }
            if (item->kind == WEFT_DRAW_RECT) {
                under[p] = weft_color_over(under[p], item->color);
                stripe[p] = weft_color_over(stripe[p], item->color);
            } else {
                stripe[p] = weft_color_over(under[p], item->color);
            }
        }
    }
    for (int p = 0; p < PLACES; p++) {
        const float a = weft_color_contrast(list->at[index].color, under[p]);
        const float b = weft_color_contrast(list->at[index].color, stripe[p]);
        least = a < least ? a : least;
        least = b < least ? b : least;
    }
    return least;
}

static void check_contrast(const struct weft_draw_list *list, const struct texts *texts,
                           struct weft_rect window, const char *what)
{
    for (size_t i = 0; i < texts->count; i++) {
        const struct seen *text = &texts->at[i];
        const struct weft_rect seen = weft_rect_inside(text->ink, text->clip);
        if (seen.w <= 0 || seen.h <= 0 || hidden(list, text->index, list->count, seen)) {
            continue;
        }
        const float contrast = least_contrast(list, text->index, seen, window);
        if (contrast < 4.5f) {
            fail_msg("%s: \"%s\" at %.0f,%.0f has a contrast of %.2f", what, text->item->text,
                     (double)seen.x, (double)seen.y, (double)contrast);
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
    struct texts texts = texts_of(list, window);
    check_boxes(&texts, window, what);
    check_overlaps(list, &texts, what);
    check_contrast(list, &texts, window, what);
    free(texts.at);
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

void check_command(struct weft_app *app, enum weft_command_id id)
{
    for (size_t i = 0; i < weft_binding_count; i++) {
        if (weft_bindings[i].command == id) {
            weft_app_input(app, &(struct weft_input){.kind = WEFT_INPUT_KEY_DOWN,
                                                     .key = weft_bindings[i].key,
                                                     .ch = weft_bindings[i].ch,
                                                     .mods = weft_bindings[i].mods});
            return;
        }
    }
    fail_msg("no key for %s", weft_commands[id].name);
}

double check_state_number(const struct weft_app *app, const char *key)
{
    char text[64];

    check_state(app, key, text, sizeof text);
    assert_true(text[0] != '\0');
    return strtod(text, NULL);
}
