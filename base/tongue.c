#include "base/tongue.h"

#include <libintl.h>
#include <locale.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "weft"

static const struct {
    const char *code, *name;
} tongues[WEFT_TONGUE_COUNT] = {
    [WEFT_TONGUE_EN] = {"en", "English"},
    [WEFT_TONGUE_VI] = {"vi", "Tiếng Việt"},
};

/* The one global of base/: a language belongs to the process, as its locale does. */
static enum weft_tongue spoken = WEFT_TONGUE_EN;
static uint32_t turn;

const char *weft_tongue_code(enum weft_tongue tongue)
{
    return tongues[tongue].code;
}

const char *weft_tongue_name(enum weft_tongue tongue)
{
    return tongues[tongue].name;
}

bool weft_tongue_parse(const char *code, enum weft_tongue *tongue)
{
    for (int i = 0; i < WEFT_TONGUE_COUNT; i++) {
        if (strcmp(code, tongues[i].code) == 0) {
            *tongue = (enum weft_tongue)i;
            return true;
        }
    }
    return false;
}

/* "vi", "vi_VN", "vi_VN.UTF-8@x" up to `end` characters, but not "vie". */
static bool tongue_of(const char *text, size_t len, enum weft_tongue *tongue)
{
    const size_t word = strcspn(text, "_.@:");

    for (int i = 0; i < WEFT_TONGUE_COUNT; i++) {
        const size_t code = strlen(tongues[i].code);
        if (word <= len && word == code && strncmp(text, tongues[i].code, code) == 0) {
            *tongue = (enum weft_tongue)i;
            return true;
        }
    }
    return false;
}

enum weft_tongue weft_tongue_wanted(const char *language, const char *locale)
{
    enum weft_tongue found = WEFT_TONGUE_EN;

    if (locale == NULL || *locale == '\0' || strcmp(locale, "C") == 0 ||
        strcmp(locale, "POSIX") == 0) {
        return WEFT_TONGUE_EN;
    }
    while (language != NULL && *language != '\0') {
        const size_t len = strcspn(language, ":");
        if (tongue_of(language, len, &found)) {
            return found;
        }
        language += len + (language[len] == ':');
    }
    (void)tongue_of(locale, strlen(locale), &found);
    return found;
}

/*
 * libintl looks for the languages of $LANGUAGE, in any locale but C.  C.UTF-8 is built into glibc,
 * so that Vietnamese needs no locale of the system; and only the messages follow it, so that
 * numbers are written as before.
 */
bool weft_tongue_choose(enum weft_tongue tongue, const char *folder)
{
    turn++;
    spoken = WEFT_TONGUE_EN;
    if (tongue == WEFT_TONGUE_EN) {
        return true;
    }
    if (folder == NULL || setlocale(LC_MESSAGES, "C.UTF-8") == NULL ||
        setenv("LANGUAGE", tongues[tongue].code, 1) != 0 ||
        bindtextdomain(DOMAIN, folder) == NULL ||
        bind_textdomain_codeset(DOMAIN, "UTF-8") == NULL) {
        return false;
    }
    spoken = tongue;
    /* The header of a catalogue is the translation of "". */
    if (*dgettext(DOMAIN, "") == '\0') {
        spoken = WEFT_TONGUE_EN;
    }
    return spoken == tongue;
}

enum weft_tongue weft_tongue_now(void)
{
    return spoken;
}

uint32_t weft_tongue_turn(void)
{
    return turn;
}

const char *weft_tongue(const char *text)
{
    return spoken == WEFT_TONGUE_EN || *text == '\0' ? text : dgettext(DOMAIN, text);
}

const char *weft_tongue_in(const char *both, const char *text)
{
    const char *const found = spoken == WEFT_TONGUE_EN ? both : dgettext(DOMAIN, both);

    return found == both ? text : found;
}

const char *weft_tongue_noun(const char *noun, uint64_t count)
{
    /* The catalogue is asked for the plural by the noun alone; its own rule picks the form. */
    return spoken == WEFT_TONGUE_EN ? NULL : dngettext(DOMAIN, noun, noun, (unsigned long)count);
}
