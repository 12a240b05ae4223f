#include "base/sink.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 * 1024 };

bool weft_sink_is_input(const char *output, const char *input)
{
    struct stat out, in;

    return output != NULL && input != NULL && stat(output, &out) == 0 && stat(input, &in) == 0 &&
           out.st_dev == in.st_dev && out.st_ino == in.st_ino;
}

bool weft_sink_init(struct weft_sink *sink, int fd)
{
    *sink = (struct weft_sink){.fd = fd, .room = BUFFER_BYTES};
    sink->buffer = malloc(sink->room);
    return sink->buffer != NULL;
}

void weft_sink_done(struct weft_sink *sink)
{
    if (sink->pack != NULL) {
        sink->pack_done(sink);
    }
    free(sink->buffer);
    *sink = (struct weft_sink){.fd = -1};
}

bool weft_sink_write(struct weft_sink *sink, const char *bytes, size_t len)
{
    size_t done = 0;

    while (done < len && sink->errno_at == 0) {
        const ssize_t wrote = write(sink->fd, bytes + done, len - done);
        if (wrote > 0) {
            done += (size_t)wrote;
            sink->file_bytes += (uint64_t)wrote;
        } else if (wrote < 0 && errno != EINTR) {
            sink->errno_at = errno;
        }
    }
    return sink->errno_at == 0;
}

static bool flush(struct weft_sink *sink, bool last)
{
    if (sink->fd < 0) {
        return sink->errno_at == 0;
    }
    if (sink->pack == NULL) {
        (void)weft_sink_write(sink, sink->buffer, sink->used);
    } else if (sink->errno_at == 0 && (sink->used > 0 || last)) {
        (void)sink->pack_put(sink, sink->buffer, sink->used, last);
    }
    sink->used = 0;
    return sink->errno_at == 0;
}

bool weft_sink_flush(struct weft_sink *sink)
{
    return flush(sink, false);
}

bool weft_sink_finish(struct weft_sink *sink)
{
    return flush(sink, true);
}

static bool grow(struct weft_sink *sink, size_t len)
{
    size_t room = sink->room * 2;

    while (room - sink->used < len) {
        room *= 2;
    }
    char *moved = realloc(sink->buffer, room);
    if (moved == NULL) {
        sink->errno_at = ENOMEM;
        return false;
    }
    sink->buffer = moved;
    sink->room = room;
    return true;
}

void weft_sink_bytes(struct weft_sink *sink, const char *bytes, size_t len)
{
    sink->total_bytes += len;
    while (len > 0 && sink->errno_at == 0) {
        if (sink->used == sink->room) {
            if (sink->fd >= 0 ? !weft_sink_flush(sink) : !grow(sink, len)) {
                return;
            }
        }
        const size_t room = sink->room - sink->used;
        const size_t part = len < room ? len : room;
        memcpy(sink->buffer + sink->used, bytes, part);
        sink->used += part;
        bytes += part;
        len -= part;
    }
}

char *weft_sink_room(struct weft_sink *sink, size_t bytes)
{
    if (sink->room - sink->used < bytes && sink->fd >= 0) {
        (void)weft_sink_flush(sink);
    }
    if (sink->errno_at != 0 || (sink->room - sink->used < bytes && !grow(sink, bytes))) {
        return NULL;
    }
    return sink->buffer + sink->used;
}

void weft_sink_text(struct weft_sink *sink, const char *text)
{
    weft_sink_bytes(sink, text, strlen(text));
}

void weft_sink_char(struct weft_sink *sink, char c)
{
    weft_sink_bytes(sink, &c, 1);
}

void weft_sink_u64(struct weft_sink *sink, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    weft_sink_bytes(sink, digits + at, sizeof digits - at);
}

void weft_sink_i64(struct weft_sink *sink, int64_t value)
{
    if (value < 0) {
        weft_sink_char(sink, '-');
        weft_sink_u64(sink, -(uint64_t)value);
    } else {
        weft_sink_u64(sink, (uint64_t)value);
    }
}

void weft_sink_printf(struct weft_sink *sink, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0) {
        weft_sink_bytes(sink, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    }
}

/* Controls C1 and marks that turn the direction of writing: a terminal obeys them in JSON, too. */
static bool is_obeyed(const unsigned char *b, size_t width)
{
    return (width == 2 && b[0] == 0xc2 && b[1] < 0xa0) ||
           (width == 3 && b[0] == 0xe2 &&
            ((b[1] == 0x80 && b[2] >= 0xaa && b[2] <= 0xae) ||
             (b[1] == 0x81 && b[2] >= 0xa6 && b[2] <= 0xa9)));
}

static void put_escape(struct weft_sink *sink, unsigned character)
{
    static const char hex[] = "0123456789abcdef";
    const char escape[] = {'\\',
                           'u',
                           hex[character >> 12 & 15],
                           hex[character >> 8 & 15],
                           hex[character >> 4 & 15],
                           hex[character & 15]};

    weft_sink_bytes(sink, escape, sizeof escape);
}

void weft_sink_json(struct weft_sink *sink, const char *text, size_t len)
{

    weft_sink_char(sink, '"');
    for (size_t i = 0; i < len;) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            weft_sink_char(sink, '\\');
            weft_sink_char(sink, (char)c);
            i++;
        } else if (c == '\n') {
            weft_sink_text(sink, "\\n");
            i++;
        } else if (c == '\t') {
            weft_sink_text(sink, "\\t");
            i++;
        } else if (c < 0x20 || c == 0x7f) {
            put_escape(sink, c);
            i++;
        } else {
            const size_t width = weft_utf8_width(text + i, len - i);
            if (width == 0) {
                weft_sink_text(sink, "\xef\xbf\xbd");
                i++;
            } else if (is_obeyed((const unsigned char *)text + i, width)) {
                const unsigned char *b = (const unsigned char *)text + i;
                put_escape(sink, width == 2
                                     ? (b[0] & 0x1fU) << 6 | (b[1] & 0x3fU)
                                     : (b[0] & 0x0fU) << 12 | (b[1] & 0x3fU) << 6 | (b[2] & 0x3fU));
                i += width;
            } else {
                weft_sink_bytes(sink, text + i, width);
                i += width;
            }
        }
    }
    weft_sink_char(sink, '"');
}
