/*
 * Numbers for people: the one place that decides how a time, a count or a share is written.
 * Threads: any.
 */
#ifndef WEFT_ANALYSIS_WORDS_H
#define WEFT_ANALYSIS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A short word by value, so that several can stand in one call. */
struct weft_word {
    char text[64];
};

/* Three digits and a unit: "512 ns", "12.3 µs", "145 ms", "3.00 s", "2 min 05 s", "1 h 02 min". */
struct weft_word weft_words_duration(uint64_t ns);

/* The same, or "≥ 3.00 s" for what had not ended when the trace did. */
struct weft_word weft_words_lasting(uint64_t ns, bool open);

/* Two durations in one unit, seconds from a tenth of one on: "1.20 of 2.00 s", "5.1 of 40.0 ms". */
struct weft_word weft_words_progress(uint64_t done_ns, uint64_t whole_ns);

/* A moment, as exact as a picture with ns_per_px can show: "4.200 s", "3.000 012 s". */
struct weft_word weft_words_moment(uint64_t ns, double ns_per_px);

/* For the clock in the header: "00:04.200". */
struct weft_word weft_words_clock(uint64_t ns);

/* "48,211,034". */
struct weft_word weft_words_count(uint64_t count);
struct weft_word weft_words_number(int64_t number);

/* "33 %", "0.4 %", "< 0.1 %". */
struct weft_word weft_words_share(uint64_t part, uint64_t whole);

/* "2.41", "less than 0.01": of something that is counted, how many there were on average. */
struct weft_word weft_words_mean(double mean);

/* "1 lock", "3 threads", "2 futexes": count and noun; the plural adds an s, or "es" after an x.
 * In another language (base/tongue.h) the noun is what its catalogue has. */
struct weft_word weft_words_counted(uint64_t count, const char *noun);

/* A name of at most 60 bytes; what is longer is cut at a character and ends in "…". */
enum { WEFT_SHORT_MOST = 60 };
struct weft_word weft_words_short(const char *text, size_t most);

/* A text that is put together piece by piece; what does not fit ends in "…".
 * The format is looked up in the language that was chosen: callers translate only words that they
 * give it. */
struct weft_sentence {
    char text[400];
    size_t len;
};

void weft_sentence_add(struct weft_sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
