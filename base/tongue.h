/*
 * The language in which people are spoken to: English, which the sources are written in, or one
 * of po/.  Nothing is translated until a program chooses a language, so what programs read (traces,
 * JSON, the reports of the command line) never depends on it.
 *
 *     _("text")    the text in the language that was chosen
 *     C_("about", "text")   the same, where one English text stands for several of others
 *     N_("text")   the same text: marks it for po/weft.pot where it stands in a table
 *
 * A sentence that is put together of parts is translated by its format: weft_sentence_add (see
 * traces/analysis/words.h) looks its format up, so its callers mark only the words that they give
 * it.  A translation may take the arguments in another order (%2$s), or leave one out (%1$.0s).
 *
 * Threads: choosing is for the main thread, while no other one asks; asking: any.
 * Source: gettext(3), libintl of glibc.
 */
#ifndef WEFT_BASE_TONGUE_H
#define WEFT_BASE_TONGUE_H

#include <stdbool.h>
#include <stdint.h>

enum weft_tongue { WEFT_TONGUE_EN, WEFT_TONGUE_VI, WEFT_TONGUE_COUNT };

/* The language's name for --lang and the settings ("vi"), and as its speakers write it. */
const char *weft_tongue_code(enum weft_tongue tongue);
const char *weft_tongue_name(enum weft_tongue tongue);
bool weft_tongue_parse(const char *code, enum weft_tongue *tongue);

/*
 * Which language the user's environment asks for; any argument may be NULL or empty.
 *   language   $LANGUAGE, "vi:en": the first that is known, unless the locale is C
 *   locale     $LC_ALL, else $LC_MESSAGES, else $LANG: "vi_VN.UTF-8"
 * Source: gettext manual, "The LANGUAGE variable".
 */
enum weft_tongue weft_tongue_wanted(const char *language, const char *locale);

/*
 * Speaks it from now on; folder: where VI/LC_MESSAGES/weft.mo lies, kept by libintl.  False: its
 * catalogue is not there; English is spoken then.
 */
bool weft_tongue_choose(enum weft_tongue tongue, const char *folder);

/* What is spoken now, and how often that was chosen anew: what is kept as text is old then. */
enum weft_tongue weft_tongue_now(void);
uint32_t weft_tongue_turn(void);

/* The text in that language; the text itself where there is no translation of it. */
const char *weft_tongue(const char *text) __attribute__((format_arg(1)));

/* The word for `count` of a noun: NULL where English is spoken, whose plural is the caller's. */
const char *weft_tongue_noun(const char *noun, uint64_t count);

/* The same for a text that means several things: "context\004text" as gettext writes it. */
const char *weft_tongue_in(const char *both, const char *text);

#define _(text) weft_tongue(text)
#define C_(context, text) weft_tongue_in(context "\004" text, text)
#define N_(text) text

#endif
