#include "viewer/sdl/text.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "viewer/sdl/fonts.h"

#include <SDL_ttf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_BYTES_MAX = 2048,             /* of text: wider than any screen */
    CACHE_BYTES_MAX = 24 * 1024 * 1024, /* a 4K picture full of text needs about 4 MiB */
    BUCKETS = 4096,                     /* power of two */
    FACES_MAX = 8,                      /* per font: the first, the fallback, found by character */
    SIZED_MAX = 64,                     /* open faces × sizes */
    ABSENT_SLOTS = 256,                 /* power of two */
};

/* A label, or only its width when nobody has drawn it yet. */
struct label {
    struct label *next;          /* in its bucket */
    struct label *newer, *older; /* least recently used at the old end */
    uint64_t hash;
    enum weft_font font;
    uint32_t size_64; /* 1/64 device pixel */
    uint8_t *coverage;
    bool drawn;
    int width, height, ascent;
    float advance;
    size_t len;
    char bytes[];
};

struct sized {
    TTF_Font *ttf;
    enum weft_font font;
    int face;
    uint32_t size_64;
    uint64_t used_at;
};

struct weft_text {
    float scale;
    struct weft_font_file files[WEFT_FONT_COUNT][FACES_MAX];
    int faces[WEFT_FONT_COUNT];
    struct sized sized[SIZED_MAX];
    uint64_t clock;
    uint32_t absent[ABSENT_SLOTS]; /* characters that no font has, so that none is sought twice */
    struct label *buckets[BUCKETS];
    struct label *newest, *oldest;
    size_t cached_bytes;
    uint64_t made;
    char clean[LABEL_BYTES_MAX * 3 + 1]; /* one bad byte becomes the three of U+FFFD */
};

enum weft_status weft_text_new(struct weft_text **text, struct weft_error *error)
{
    struct weft_text *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for fonts");
    }
    if (TTF_Init() != 0) {
        free(made);
        return weft_error_set(error, WEFT_ERR_OPEN, "cannot draw text: %s", TTF_GetError());
    }
    made->scale = 1;
    for (int font = 0; font < WEFT_FONT_COUNT; font++) {
        struct weft_font_file *files = made->files[font];
        if (!weft_fonts_find((enum weft_font)font, 'a', &files[0])) {
            weft_text_free(made);
            return weft_error_set(error, WEFT_ERR_OPEN,
                                  "no font found (install fonts-inter or fonts-dejavu-core)");
        }
        TTF_Font *probe = TTF_OpenFontIndex(files[0].path, 12, files[0].face);
        if (probe == NULL) {
            weft_error_set(error, WEFT_ERR_OPEN, "cannot use the font %s: %s", files[0].path,
                           TTF_GetError());
            weft_text_free(made);
            return WEFT_ERR_OPEN;
        }
        TTF_CloseFont(probe);
        made->faces[font] = 1 + weft_fonts_find_fallback((enum weft_font)font, &files[1]);
    }
    *text = made;
    return WEFT_OK;
}

/* What a label costs once it is drawn. */
static size_t held_bytes(const struct label *label)
{
    return sizeof *label + label->len + (size_t)label->width * (size_t)label->height;
}

static void forget_oldest(struct weft_text *text)
{
    struct label *label = text->oldest;
    struct label **link = &text->buckets[label->hash & (BUCKETS - 1)];

    while (*link != label) {
        link = &(*link)->next;
    }
    *link = label->next;
    text->oldest = label->newer;
    *(text->oldest != NULL ? &text->oldest->older : &text->newest) = NULL;
    text->cached_bytes -= held_bytes(label);
    free(label->coverage);
    free(label);
}

void weft_text_free(struct weft_text *text)
{
    if (text == NULL) {
        return;
    }
    while (text->oldest != NULL) {
        forget_oldest(text);
    }
    for (int i = 0; i < SIZED_MAX; i++) {
        if (text->sized[i].ttf != NULL) {
            TTF_CloseFont(text->sized[i].ttf);
        }
    }
    TTF_Quit();
    weft_fonts_done();
    free(text);
}

void weft_text_scale(struct weft_text *text, float scale)
{
    text->scale = scale;
}

size_t weft_text_cached_bytes(const struct weft_text *text)
{
    return text->cached_bytes;
}

uint64_t weft_text_made(const struct weft_text *text)
{
    return text->made;
}

/* Faces ─────────────────────────────────────────────────────────────────────────────────────── */

/*
 * A face at a size.  One TTF_Font a size: changing the size of an open one throws its glyphs away.
 * SDL_ttf takes whole points; the fraction travels in the resolution (72 dpi: 1 pt = 1 px).
 */
static TTF_Font *face_at(struct weft_text *text, enum weft_font font, int face, uint32_t size_64)
{
    struct sized *oldest = &text->sized[0];

    for (int i = 0; i < SIZED_MAX; i++) {
        struct sized *at = &text->sized[i];
        if (at->ttf != NULL && at->font == font && at->face == face && at->size_64 == size_64) {
            at->used_at = ++text->clock;
            return at->ttf;
        }
        if (at->used_at < oldest->used_at) {
            oldest = at;
        }
    }
    const struct weft_font_file *file = &text->files[font][face];
    const unsigned dpi = size_64 * 72 / 64;
    TTF_Font *ttf = TTF_OpenFontIndexDPI(file->path, 1, file->face, dpi, dpi);
    if (ttf == NULL) {
        return NULL;
    }
    TTF_SetFontHinting(ttf, TTF_HINTING_LIGHT_SUBPIXEL);
    if (oldest->ttf != NULL) {
        TTF_CloseFont(oldest->ttf);
    }
    *oldest = (struct sized){ttf, font, face, size_64, ++text->clock};
    return ttf;
}

static bool holds(struct weft_text *text, enum weft_font font, int face, uint32_t size_64,
                  uint32_t ch)
{
    TTF_Font *ttf = face_at(text, font, face, size_64);

    return ttf != NULL && TTF_GlyphIsProvided32(ttf, ch) != 0;
}

/* Asks the system for a font with ch; 0, the first face with its "unknown" box, when none has. */
static int find_face(struct weft_text *text, enum weft_font font, uint32_t size_64, uint32_t ch)
{
    uint32_t *absent = &text->absent[(ch ^ ch >> 8) & (ABSENT_SLOTS - 1)];
    const int face = text->faces[font];

    if (*absent == ch || face == FACES_MAX) {
        return 0;
    }
    if (weft_fonts_find(font, ch, &text->files[font][face])) {
        text->faces[font]++; /* kept even if it disappoints, or its place would mean two files */
        if (holds(text, font, face, size_64, ch)) {
            return face;
        }
    }
    *absent = ch;
    return 0;
}

/* The first face of font that has ch. */
static int face_for(struct weft_text *text, enum weft_font font, uint32_t size_64, uint32_t ch)
{
    for (int face = 0; face < text->faces[font]; face++) {
        if (holds(text, font, face, size_64, ch)) {
            return face;
        }
    }
    return find_face(text, font, size_64, ch);
}

/* UTF-8 ─────────────────────────────────────────────────────────────────────────────────────── */

/* The character at a well-formed place, and its bytes. */
static uint32_t decode(const char *at, size_t *width)
{
    const unsigned char *b = (const unsigned char *)at;

    *width = b[0] < 0x80 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    switch (*width) {
    case 1:
        return b[0];
    case 2:
        return (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
    case 3:
        return (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    default:
        return (b[0] & 7u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    }
}

/* Marks and joiners that must stay with the character before them. */
static bool is_mark(uint32_t ch)
{
    return (ch >= 0x300 && ch <= 0x36f) || (ch >= 0x200b && ch <= 0x200d) ||
           (ch >= 0xfe00 && ch <= 0xfe0f) || (ch >= 0x20d0 && ch <= 0x20ff);
}

/* Controls, and the marks that turn the direction of writing: a name must not hide its text. */
static bool is_control(uint32_t ch)
{
    return ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || (ch >= 0x2028 && ch <= 0x202e) ||
           (ch >= 0x2066 && ch <= 0x2069);
}

static void clean(struct weft_text *text, const char *bytes, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        size_t width = weft_utf8_width(bytes + i, len - i);
        if (width == 0) {
            memcpy(text->clean + used, "\xef\xbf\xbd", 3);
            used += 3;
            i++;
        } else if (is_control(decode(bytes + i, &width))) {
            text->clean[used++] = ' ';
            i += width;
        } else {
            memcpy(text->clean + used, bytes + i, width);
            used += width;
            i += width;
        }
    }
    text->clean[used] = '\0';
}

/* The end of the run of characters that one face draws, from `at`. */
static char *run_end(struct weft_text *text, const struct label *label, char *at, int *face)
{
    size_t width;

    *face = face_for(text, label->font, label->size_64, decode(at, &width));
    for (at += width; *at != '\0'; at += width) {
        const uint32_t ch = decode(at, &width);
        if (!is_mark(ch) && face_for(text, label->font, label->size_64, ch) != *face) {
            break;
        }
    }
    return at;
}

/* Labels ────────────────────────────────────────────────────────────────────────────────────── */

/* Copies a run's coverage (the alpha of what SDL_ttf made) into the label's mask. */
static void copy_alpha(struct label *label, const SDL_Surface *run, int x, int y)
{
    const int width = run->w < label->width - x ? run->w : label->width - x;
    const int height = run->h < label->height - y ? run->h : label->height - y;

    for (int row = 0; row < height; row++) {
        const uint32_t *from = (const uint32_t *)(const void *)((const char *)run->pixels +
                                                                (ptrdiff_t)row * run->pitch);
        uint8_t *to = label->coverage + (ptrdiff_t)(y + row) * label->width + x;
        for (int i = 0; i < width; i++) {
            const uint8_t alpha = (uint8_t)(from[i] >> 24);
            to[i] = alpha > to[i] ? alpha : to[i];
        }
    }
}

/*
 * Rows that a run needs above the face's ascent: SDL_ttf moves the baseline down by them.  Only
 * letters beyond ASCII are so tall (Ế).
 */
static int rows_above(TTF_Font *ttf, const char *at)
{
    const int ascent = TTF_FontAscent(ttf);
    int above = 0;
    size_t width;

    for (; *at != '\0'; at += width) {
        const uint32_t ch = decode(at, &width);
        int top = 0;
        if (ch >= 0x80 && TTF_GlyphMetrics32(ttf, ch, NULL, NULL, NULL, &top, NULL) == 0) {
            above = top - ascent > above ? top - ascent : above;
        }
    }
    return above;
}

/* Measures a run, or (the label has its mask) draws it at x; returns its width. */
static int shape_run(struct label *label, TTF_Font *ttf, const char *at, int x, int *descent)
{
    const SDL_Color white = {255, 255, 255, 255};
    int width = 0, height = 0;

    if (TTF_SizeUTF8(ttf, at, &width, &height) != 0 || width <= 0) {
        return 0;
    }
    const int ascent = TTF_FontAscent(ttf) + rows_above(ttf, at);
    if (label->coverage == NULL) {
        label->ascent = ascent > label->ascent ? ascent : label->ascent;
        *descent = height - ascent > *descent ? height - ascent : *descent;
        return width;
    }
    SDL_Surface *run = TTF_RenderUTF8_Blended(ttf, at, white);
    if (run != NULL) {
        copy_alpha(label, run, x, label->ascent - ascent);
    }
    SDL_FreeSurface(run);
    return width;
}

/* Goes over the runs of text->clean: to measure the label, or to fill its mask. */
static void shape(struct weft_text *text, struct label *label)
{
    int x = 0, descent = 0, face;

    for (char *at = text->clean, *end; *at != '\0'; at = end) {
        end = run_end(text, label, at, &face);
        TTF_Font *ttf = face_at(text, label->font, face, label->size_64);
        const char kept = *end;
        *end = '\0';
        x += ttf != NULL ? shape_run(label, ttf, at, x, &descent) : 0;
        *end = kept;
    }
    if (label->coverage == NULL) {
        label->width = x;
        label->height = x > 0 ? label->ascent + descent : 0;
        label->advance = (float)x;
    }
}

static void link_newest(struct weft_text *text, struct label *label)
{
    label->newer = NULL;
    label->older = text->newest;
    *(text->newest != NULL ? &text->newest->newer : &text->oldest) = label;
    text->newest = label;
}

static uint64_t hash_of(enum weft_font font, uint32_t size_64, const char *bytes, size_t len)
{
    const uint64_t hash = weft_hash_one(weft_hash_bytes(WEFT_HASH_START, bytes, len),
                                        (uint64_t)size_64 << 8 ^ (uint64_t)font);

    return hash ^ hash >> 32;
}

static struct label *find_label(struct weft_text *text, uint64_t hash, enum weft_font font,
                                uint32_t size_64, const char *bytes, size_t len)
{
    struct label *at = text->buckets[hash & (BUCKETS - 1)];

    while (at != NULL && !(at->hash == hash && at->font == font && at->size_64 == size_64 &&
                           at->len == len && memcmp(at->bytes, bytes, len) == 0)) {
        at = at->next;
    }
    return at;
}

static struct label *make_label(struct weft_text *text, uint64_t hash, enum weft_font font,
                                uint32_t size_64, const char *bytes, size_t len)
{
    struct label *label = calloc(1, sizeof *label + len);

    if (label == NULL) {
        return NULL;
    }
    label->hash = hash;
    label->font = font;
    label->size_64 = size_64;
    label->len = len;
    memcpy(label->bytes, bytes, len);
    clean(text, bytes, len);
    shape(text, label);
    const size_t held = held_bytes(label);
    while (text->oldest != NULL && text->cached_bytes + held > CACHE_BYTES_MAX) {
        forget_oldest(text);
    }
    label->next = text->buckets[hash & (BUCKETS - 1)];
    text->buckets[hash & (BUCKETS - 1)] = label;
    link_newest(text, label);
    text->cached_bytes += held;
    text->made++;
    return label;
}

static struct label *label_for(struct weft_text *text, enum weft_font font, float size,
                               const char *bytes, size_t len)
{
    const float px = size * text->scale;
    const uint32_t size_64 = px > 1 ? (px < 512 ? (uint32_t)(px * 64 + 0.5f) : 512 * 64) : 64;

    if (len > LABEL_BYTES_MAX) {
        len = LABEL_BYTES_MAX;
        while (len > LABEL_BYTES_MAX - 4 && ((unsigned char)bytes[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    const uint64_t hash = hash_of(font, size_64, bytes, len);
    struct label *label = find_label(text, hash, font, size_64, bytes, len);
    if (label == NULL) {
        return make_label(text, hash, font, size_64, bytes, len);
    }
    if (label != text->newest) {
        label->newer->older = label->older;
        *(label->older != NULL ? &label->older->newer : &text->oldest) = label->newer;
        link_newest(text, label);
    }
    return label;
}

struct weft_text_label weft_text_label(struct weft_text *text, enum weft_font font, float size,
                                       const char *bytes, size_t len)
{
    struct label *label = label_for(text, font, size, bytes, len);

    if (label == NULL || label->width == 0) {
        return (struct weft_text_label){0};
    }
    if (!label->drawn) {
        label->coverage = calloc((size_t)label->width, (size_t)label->height);
        if (label->coverage == NULL) {
            return (struct weft_text_label){0};
        }
        label->drawn = true;
        clean(text, label->bytes, label->len);
        shape(text, label);
    }
    return (struct weft_text_label){label->coverage, label->width, label->height, label->ascent,
                                    label->advance};
}

static float measure(void *ctx, enum weft_font font, float size, const char *bytes, size_t len)
{
    struct weft_text *text = ctx;
    const struct label *label = label_for(text, font, size, bytes, len);

    return label != NULL ? label->advance / text->scale : 0;
}

struct weft_measure weft_text_measure(struct weft_text *text)
{
    return (struct weft_measure){measure, text};
}
