#include "traces/read/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { SOURCE_BYTES = 128 * 1024, WINDOW_LOG_MAX = 27, FRAME_HEAD_BYTES = 5 };

struct weft_unpack {
    ZSTD_DCtx *stream;
    ZSTD_inBuffer in;
    size_t wanted;      /* 0: between frames, where the data may end */
    const char *damage; /* NULL: none */
    weft_unpack_source *source;
    void *ctx;
    char bytes[SOURCE_BYTES];
};

bool weft_unpack_is_packed(const char *head, size_t len)
{
    return len >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0;
}

struct weft_unpack *weft_unpack_new(const char *head, size_t len, weft_unpack_source *source,
                                    void *ctx)
{
    struct weft_unpack *unpack = calloc(1, sizeof *unpack);

    if (unpack == NULL) {
        return NULL;
    }
    unpack->stream = ZSTD_createDCtx();
    if (unpack->stream == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(
                                      unpack->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)) != 0) {
        weft_unpack_free(unpack);
        return NULL;
    }
    unpack->source = source;
    unpack->ctx = ctx;
    memcpy(unpack->bytes, head, len);
    unpack->in = (ZSTD_inBuffer){.src = unpack->bytes, .size = len};
    return unpack;
}

void weft_unpack_free(struct weft_unpack *unpack)
{
    if (unpack != NULL) {
        (void)ZSTD_freeDCtx(unpack->stream);
        free(unpack);
    }
}

static ssize_t fail(struct weft_unpack *unpack, size_t code, const char **damage)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        errno = ENOMEM;
        return -1;
    case ZSTD_error_frameParameter_windowTooLarge:
        unpack->damage = "need more than 128 MiB to be unpacked";
        break;
    case ZSTD_error_checksum_wrong:
        unpack->damage = "do not have the checksum that they should";
        break;
    default:
        unpack->damage = "are damaged";
        break;
    }
    *damage = unpack->damage;
    return 0;
}

bool weft_unpack_may_grow(const struct weft_unpack *unpack)
{
    return unpack->damage == NULL;
}

/*
 * One step, over at most what the stream asks for, which is a block: of a step that fails, zstd
 * does not say what came out of it before.
 */
static bool step(struct weft_unpack *unpack, ZSTD_outBuffer *out, size_t *code)
{
    const size_t there = unpack->in.size - unpack->in.pos;
    const size_t asked = unpack->wanted == 0 ? FRAME_HEAD_BYTES : unpack->wanted;
    ZSTD_inBuffer part = {.src = unpack->bytes + unpack->in.pos,
                          .size = asked < there ? asked : there};

    *code = ZSTD_decompressStream(unpack->stream, out, &part);
    if (ZSTD_isError(*code) != 0) {
        return false;
    }
    unpack->in.pos += part.pos;
    unpack->wanted = *code;
    return true;
}

ssize_t weft_unpack_read(struct weft_unpack *unpack, char *to, size_t room, const char **damage)
{
    ZSTD_outBuffer out = {.dst = to, .size = room};
    size_t code = 0;

    *damage = unpack->damage;
    while (out.pos < room && unpack->damage == NULL) {
        const bool empty = unpack->in.pos == unpack->in.size;
        const size_t before = out.pos;
        /* Without input, too: the stream may hold what had no room before. */
        if ((!empty || unpack->wanted != 0) && !step(unpack, &out, &code)) {
            const ssize_t failed = fail(unpack, code, damage);
            return out.pos > 0 ? (ssize_t)out.pos : failed;
        }
        if (!empty || out.pos > before) {
            continue;
        }
        if (out.pos > 0) { /* rather than wait for more */
            break;
        }
        const ssize_t got = unpack->source(unpack->ctx, unpack->bytes, sizeof unpack->bytes);
        if (got < 0) {
            return got;
        }
        if (got == 0) {
            *damage = unpack->wanted != 0 ? "end in the middle" : NULL;
            return 0;
        }
        unpack->in = (ZSTD_inBuffer){.src = unpack->bytes, .size = (size_t)got};
    }
    return (ssize_t)out.pos;
}
