/*
 * Texts and decimal numbers without libc, whose functions a program may have its own of.  The
 * entries of a folder, too, as the kernel gives them.
 * Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_RECORD_TEXT_H
#define WEFT_RUNTIME_RECORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_DIGITS_MAX = 10 }; /* of a uint32_t */

/* What SYS_getdents64 fills a buffer with, `bytes` from one to the next. */
struct weft_dirent {
    uint64_t inode;
    int64_t offset;
    unsigned short bytes;
    unsigned char type;
    char name[];
};

static inline size_t weft_text_bytes(const char *text)
{
    size_t bytes = 0;

    while (text[bytes] != '\0') {
        bytes++;
    }
    return bytes;
}

static inline bool weft_text_begins(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static inline bool weft_text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The number that a text begins with, 0 without one. */
static inline uint32_t weft_text_number(const char *text)
{
    uint32_t number = 0;

    while (*text >= '0' && *text <= '9') {
        number = number * 10 + (uint32_t)(*text++ - '0');
    }
    return number;
}

/* Writes at most WEFT_DIGITS_MAX digits, no zero byte, and gives the place behind them. */
static inline char *weft_text_put_number(char *at, uint32_t number)
{
    char digits[WEFT_DIGITS_MAX];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

#endif
