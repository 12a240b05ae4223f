/* UTF-8: is what stands here one well-formed character, and where may a text be cut?  Threads: any.
 */
#ifndef WEFT_BASE_UTF8_H
#define WEFT_BASE_UTF8_H

#include <stddef.h>

/*
 * Bytes of the well-formed character at text, 0 when there is none (overlong forms, surrogates
 * and values past U+10FFFF are not well-formed).  Source: The Unicode Standard, table 3-7.
 */
static inline size_t weft_utf8_width(const char *text, size_t len)
{
    const unsigned char *b = (const unsigned char *)text;
    unsigned low = 0x80, high = 0xbf;
    size_t width;

    if (len == 0) {
        return 0;
    }
    if (b[0] < 0x80) {
        return 1;
    } else if (b[0] >= 0xc2 && b[0] <= 0xdf) {
        width = 2;
    } else if (b[0] >= 0xe0 && b[0] <= 0xef) {
        width = 3;
        low = b[0] == 0xe0 ? 0xa0 : 0x80;
        high = b[0] == 0xed ? 0x9f : 0xbf;
    } else if (b[0] >= 0xf0 && b[0] <= 0xf4) {
        width = 4;
        low = b[0] == 0xf0 ? 0x90 : 0x80;
        high = b[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (len < width || b[1] < low || b[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < width; i++) {
        if (b[i] < 0x80 || b[i] > 0xbf) {
            return 0;
        }
    }
    return width;
}

/*
 * How many bytes of a text a room of `most` bytes takes without a character that is cut in two; of
 * what is no UTF-8, all that fit.
 */
static inline size_t weft_utf8_fit(const char *text, size_t len, size_t most)
{
    enum { TAIL_MOST = 3 };

    if (len <= most) {
        return len;
    }
    for (size_t end = most; end > 0 && most - end <= TAIL_MOST; end--) {
        if (((unsigned char)text[end] & 0xc0) != 0x80) {
            return end;
        }
    }
    return most;
}

#endif
