#include "viewer/sdl/fonts.h"

#include <fontconfig/fontconfig.h>
#include <stddef.h>
#include <string.h>

static const struct family {
    const char *name, *fallback, *generic;
    int weight;
} families[WEFT_FONT_COUNT] = {
    [WEFT_FONT_SANS] = {"Inter", "DejaVu Sans", "sans-serif", FC_WEIGHT_REGULAR},
    [WEFT_FONT_SANS_BOLD] = {"Inter", "DejaVu Sans", "sans-serif", FC_WEIGHT_DEMIBOLD},
    [WEFT_FONT_MONO] = {"JetBrains Mono", "DejaVu Sans Mono", "monospace", FC_WEIGHT_REGULAR},
    [WEFT_FONT_MONO_BOLD] = {"JetBrains Mono", "DejaVu Sans Mono", "monospace", FC_WEIGHT_DEMIBOLD},
};

static void add_name(FcPattern *pattern, const char *object, const char *name)
{
    (void)FcPatternAddString(pattern, object, (const FcChar8 *)name);
}

static FcPattern *pattern_for(const struct family *family, const char *const *names, uint32_t ch)
{
    FcPattern *pattern = FcPatternCreate();

    if (pattern == NULL) {
        return NULL;
    }
    for (; *names != NULL; names++) {
        add_name(pattern, FC_FAMILY, *names);
    }
    (void)FcPatternAddInteger(pattern, FC_WEIGHT, family->weight);
    (void)FcPatternAddInteger(pattern, FC_SLANT, FC_SLANT_ROMAN);
    (void)FcPatternAddInteger(pattern, FC_WIDTH, FC_WIDTH_NORMAL);
    (void)FcPatternAddBool(pattern, FC_SCALABLE, FcTrue);
    FcCharSet *set = ch != 0 ? FcCharSetCreate() : NULL;
    if (set != NULL) {
        (void)FcCharSetAddChar(set, ch);
        (void)FcPatternAddCharSet(pattern, FC_CHARSET, set);
        FcCharSetDestroy(set);
    }
    (void)FcConfigSubstitute(NULL, pattern, FcMatchPattern);
    FcDefaultSubstitute(pattern);
    return pattern;
}

/* Takes the file out of a match, if it holds what was asked for: fontconfig answers in any case. */
static bool take(const FcPattern *match, uint32_t ch, const char *only, struct weft_font_file *file)
{
    FcChar8 *path, *family;
    FcCharSet *set;
    FcBool scalable = FcFalse;
    int face = 0;

    if (FcPatternGetString(match, FC_FILE, 0, &path) != FcResultMatch ||
        strlen((const char *)path) >= sizeof file->path ||
        FcPatternGetBool(match, FC_SCALABLE, 0, &scalable) != FcResultMatch || !scalable) {
        return false;
    }
    if (ch != 0 && (FcPatternGetCharSet(match, FC_CHARSET, 0, &set) != FcResultMatch ||
                    !FcCharSetHasChar(set, ch))) {
        return false;
    }
    if (only != NULL && (FcPatternGetString(match, FC_FAMILY, 0, &family) != FcResultMatch ||
                         strcmp((const char *)family, only) != 0)) {
        return false;
    }
    (void)FcPatternGetInteger(match, FC_INDEX, 0, &face);
    strcpy(file->path, (const char *)path);
    file->face = face & 0xffff; /* the upper half names an instance of a variable font */
    return true;
}

static bool find(enum weft_font font, const char *const *names, uint32_t ch, const char *only,
                 struct weft_font_file *file)
{
    FcPattern *pattern = FcInit() ? pattern_for(&families[font], names, ch) : NULL;
    FcResult result = FcResultNoMatch;
    FcPattern *match = pattern != NULL ? FcFontMatch(NULL, pattern, &result) : NULL;
    const bool found = match != NULL && take(match, ch, only, file);

    if (match != NULL) {
        FcPatternDestroy(match);
    }
    if (pattern != NULL) {
        FcPatternDestroy(pattern);
    }
    return found;
}

bool weft_fonts_find(enum weft_font font, uint32_t ch, struct weft_font_file *file)
{
    const struct family *family = &families[font];
    const char *const names[] = {family->name, family->fallback, family->generic, NULL};

    return find(font, names, ch, NULL, file);
}

bool weft_fonts_find_fallback(enum weft_font font, struct weft_font_file *file)
{
    const char *const names[] = {families[font].fallback, NULL};

    return find(font, names, 0, families[font].fallback, file);
}

void weft_fonts_done(void)
{
    FcFini();
}
