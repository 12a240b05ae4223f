/*
 * Where the fonts are: asks fontconfig for Inter and JetBrains Mono, then DejaVu, then whatever
 * the system has.  Knows files only, not how to draw them.
 * Threads: one at a time (fontconfig's own state).
 */
#ifndef WEFT_VIEWER_SDL_FONTS_H
#define WEFT_VIEWER_SDL_FONTS_H

#include "viewer/draw.h"

#include <stdbool.h>
#include <stdint.h>

enum { WEFT_FONT_COUNT = WEFT_FONT_MONO_BOLD + 1, WEFT_FONT_PATH_BYTES = 1024 };

struct weft_font_file {
    char path[WEFT_FONT_PATH_BYTES];
    long face; /* in a collection */
};

/*
 * The best file for a font, scalable and upright.  When `ch` is not 0 it must hold this character,
 * whatever its family.  False when there is none: *file is then untouched.
 */
bool weft_fonts_find(enum weft_font font, uint32_t ch, struct weft_font_file *file);

/* The fallback's file (DejaVu), false when it is not installed. */
bool weft_fonts_find_fallback(enum weft_font font, struct weft_font_file *file);

/* Gives back what fontconfig holds; the next question fetches it again. */
void weft_fonts_done(void);

#endif
