#include "traces/analysis/words.h"

#include "base/tongue.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

struct unit {
    uint64_t ns;
    const char *name;
};

static const struct unit units[] = {{NS_PER_S, "s"}, {1000000, "ms"}, {1000, "µs"}, {1, "ns"}};

/* The largest unit of which there is at least one, seen with three digits: 999,600 ns is 1.00 ms.
 */
static struct unit unit_of(uint64_t ns)
{
    for (size_t i = 0; i + 1 < sizeof units / sizeof *units; i++) {
        if (ns >= units[i].ns - units[i].ns / 2000) {
            return units[i];
        }
    }
    return units[3];
}

/* value_ns in a unit with three digits, no unit's name. */
static struct weft_word three_digits(uint64_t value_ns, struct unit unit)
{
    struct weft_word word;
    const double value = (double)value_ns / (double)unit.ns;
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

    if (unit.ns == 1) {
        decimals = 0;
    }
    snprintf(word.text, sizeof word.text, "%.*f", decimals, value);
    return word;
}

struct weft_word weft_words_duration(uint64_t ns)
{
    struct weft_word word;

    if (ns >= 3600 * NS_PER_S) {
        const uint64_t minutes = ns / (60 * NS_PER_S);
        snprintf(word.text, sizeof word.text, "%" PRIu64 " h %02" PRIu64 " min", minutes / 60,
                 minutes % 60);
    } else if (ns >= 120 * NS_PER_S) {
        const uint64_t seconds = ns / NS_PER_S;
        snprintf(word.text, sizeof word.text, "%" PRIu64 " min %02" PRIu64 " s", seconds / 60,
                 seconds % 60);
    } else {
        const struct unit unit = unit_of(ns);
        snprintf(word.text, sizeof word.text, "%.20s %s", three_digits(ns, unit).text, unit.name);
    }
    return word;
}

struct weft_word weft_words_lasting(uint64_t ns, bool open)
{
    struct weft_word word;

    snprintf(word.text, sizeof word.text, "%s%.40s", open ? "≥ " : "",
             weft_words_duration(ns).text);
    return word;
}

struct weft_word weft_words_progress(uint64_t done_ns, uint64_t whole_ns)
{
    struct weft_word word;
    /* From a tenth of a second on in seconds, so that periods beside one another compare. */
    const struct unit unit = whole_ns >= NS_PER_S / 10 ? units[0] : unit_of(whole_ns);
    const double whole = (double)whole_ns / (double)unit.ns;
    const int decimals = unit.ns == 1 ? 0 : whole < 9.995 ? 2 : whole < 99.95 ? 1 : 0;

    snprintf(word.text, sizeof word.text, _("%.*f of %.*f %s"), decimals,
             (double)done_ns / (double)unit.ns, decimals, whole, unit.name);
    return word;
}

struct weft_word weft_words_moment(uint64_t ns, double ns_per_px)
{
    struct weft_word word;
    const uint64_t fraction = ns % NS_PER_S;

    if (ns_per_px >= 1e5) {
        /* Rounded, not cut: 2.9996 s is 3.000 s. */
        const uint64_t ms = (ns + 500000) / 1000000;
        snprintf(word.text, sizeof word.text, "%" PRIu64 ".%03" PRIu64 " s", ms / 1000, ms % 1000);
    } else if (ns_per_px >= 100) {
        const uint64_t us = (ns + 500) / 1000;
        snprintf(word.text, sizeof word.text, "%" PRIu64 ".%03" PRIu64 " %03" PRIu64 " s",
                 us / 1000000, us / 1000 % 1000, us % 1000);
    } else {
        snprintf(word.text, sizeof word.text,
                 "%" PRIu64 ".%03" PRIu64 " %03" PRIu64 " %03" PRIu64 " s", ns / NS_PER_S,
                 fraction / 1000000, fraction / 1000 % 1000, fraction % 1000);
    }
    return word;
}

struct weft_word weft_words_clock(uint64_t ns)
{
    struct weft_word word;
    const uint64_t ms = (ns + 500000) / 1000000;

    if (ms >= 3600000) {
        snprintf(word.text, sizeof word.text, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64,
                 ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
    } else {
        snprintf(word.text, sizeof word.text, "%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64, ms / 60000,
                 ms / 1000 % 60, ms % 1000);
    }
    return word;
}

struct weft_word weft_words_count(uint64_t count)
{
    struct weft_word word;
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t used = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            word.text[used++] = ',';
        }
        word.text[used++] = digits[i];
    }
    word.text[used] = '\0';
    return word;
}

struct weft_word weft_words_number(int64_t number)
{
    struct weft_word word = weft_words_count(number < 0 ? -(uint64_t)number : (uint64_t)number);

    if (number < 0) {
        memmove(word.text + 1, word.text, strlen(word.text) + 1);
        word.text[0] = '-';
    }
    return word;
}

struct weft_word weft_words_mean(double mean)
{
    struct weft_word word;

    snprintf(word.text, sizeof word.text, mean > 0 && mean < 0.005 ? "less than 0.01" : "%.2f",
             mean);
    return word;
}

struct weft_word weft_words_share(uint64_t part, uint64_t whole)
{
    struct weft_word word;
    const double percent = whole > 0 ? 100.0 * (double)part / (double)whole : 0;

    if (part == 0 || whole == 0) {
        snprintf(word.text, sizeof word.text, "0 %%");
    } else if (percent < 0.1) {
        snprintf(word.text, sizeof word.text, "< 0.1 %%");
    } else if (percent < 0.95) {
        snprintf(word.text, sizeof word.text, "%.1f %%", percent);
    } else if (percent > 99 && percent < 99.95) {
        snprintf(word.text, sizeof word.text, "%.1f %%", percent);
    } else {
        snprintf(word.text, sizeof word.text, "%.0f %%", percent);
    }
    return word;
}

struct weft_word weft_words_short(const char *text, size_t most)
{
    static const char more[] = "…";
    const size_t len = strlen(text), room = most < WEFT_SHORT_MOST ? most : WEFT_SHORT_MOST;
    const size_t fits = weft_utf8_fit(text, len, room);
    struct weft_word word;

    memcpy(word.text, text, fits);
    memcpy(word.text + fits, more, sizeof more);
    word.text[fits == len ? len : fits + sizeof more - 1] = '\0';
    return word;
}

struct weft_word weft_words_counted(uint64_t count, const char *noun)
{
    struct weft_word word;
    const size_t len = strlen(noun);
    const char *more = count == 1 ? "" : len > 0 && noun[len - 1] == 'x' ? "es" : "s";
    const char *translated = weft_tongue_noun(noun, count);

    /* Nouns are a few short words of ours, in any language. */
    const struct weft_word name = weft_words_short(translated != NULL ? translated : noun, 30);
    snprintf(word.text, sizeof word.text, "%.27s %.33s%s", weft_words_count(count).text, name.text,
             translated != NULL ? "" : more);
    return word;
}

/* Cuts what is no whole character off the end. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t start = len;

    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0xc0) {
        start--;
    } else if (start == len) {
        return len;
    }
    return weft_utf8_width(text + start, len - start) == len - start ? len : start;
}

void weft_sentence_add(struct weft_sentence *sentence, const char *format, ...)
{
    static const char more[] = "…";
    const size_t room = sizeof sentence->text - sizeof more;
    va_list args;

    if (sentence->len > room) { /* it is full, and says so */
        return;
    }
    va_start(args, format);
    const int wanted =
        vsnprintf(sentence->text + sentence->len, room - sentence->len + 1, _(format), args);
    va_end(args);
    if (wanted < 0) {
        sentence->text[sentence->len] = '\0';
    } else if ((size_t)wanted <= room - sentence->len) {
        sentence->len += (size_t)wanted;
    } else {
        const size_t len = whole_characters(sentence->text, room);
        memcpy(sentence->text + len, more, sizeof more);
        sentence->len = sizeof sentence->text - 1; /* nothing more is added behind it */
    }
}
