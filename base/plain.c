#include "base/plain.h"

#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The longest escape, "\u{202e}", stands for three bytes at least; a single byte gives "\x1b". */
enum { ESCAPE_ROOM = 16, ESCAPE_PER_BYTE = 4 };

static uint32_t character_at(const char *text, size_t width)
{
    const unsigned char *b = (const unsigned char *)text;

    switch (width) {
    case 1:
        return b[0];
    case 2:
        return (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3f);
    case 3:
        return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
    default:
        return (uint32_t)(b[0] & 0x07) << 18 | (uint32_t)(b[1] & 0x3f) << 12 |
               (uint32_t)(b[2] & 0x3f) << 6 | (b[3] & 0x3f);
    }
}

/*
 * Controls C0 and C1, and what is unseen and changes how others are seen: directions, separators of
 * lines, the byte order mark.  Source: The Unicode Standard, 23.1 and 23.2; UAX 9, 2.
 */
static bool is_obeyed(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

/* The escape of what stands here, "" when it is shown as it is; *width: its bytes. */
static void escape_at(const char *text, size_t len, char out[ESCAPE_ROOM], size_t *width)
{
    const unsigned char byte = (unsigned char)text[0];

    *width = weft_utf8_width(text, len);
    out[0] = '\0';
    if (*width == 0) {
        *width = 1;
        (void)snprintf(out, ESCAPE_ROOM, "\\x%02x", byte);
        return;
    }
    const uint32_t c = character_at(text, *width);
    if (c == '\n' || c == '\t' || c == '\r') {
        (void)snprintf(out, ESCAPE_ROOM, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    } else if (is_obeyed(c)) {
        (void)snprintf(out, ESCAPE_ROOM, c < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
    }
}

bool weft_plain_is(const char *text)
{
    const size_t len = strlen(text);
    char escape[ESCAPE_ROOM];
    size_t width;

    for (size_t i = 0; i < len; i += width) {
        if (text[i] >= 0x20 && text[i] < 0x7f) {
            width = 1;
            continue;
        }
        escape_at(text + i, len - i, escape, &width);
        if (escape[0] != '\0') {
            return false;
        }
    }
    return true;
}

size_t weft_plain_room(const char *text)
{
    return strlen(text) * ESCAPE_PER_BYTE + 1;
}

void weft_plain_write(const char *text, char *out, size_t room)
{
    const size_t len = strlen(text);
    char escape[ESCAPE_ROOM];
    size_t width, used = 0;

    for (size_t i = 0; i < len; i += width) {
        escape_at(text + i, len - i, escape, &width);
        const char *put = escape[0] != '\0' ? escape : text + i;
        const size_t bytes = escape[0] != '\0' ? strlen(escape) : width;
        if (used + bytes >= room) {
            break;
        }
        memcpy(out + used, put, bytes);
        used += bytes;
    }
    out[used] = '\0';
}

struct weft_plain weft_plain(const char *text)
{
    struct weft_plain plain;

    weft_plain_write(text, plain.text, sizeof plain.text);
    return plain;
}
