#include "base/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* Level 3 is zstd's own: about 15 times smaller, at several hundred MB a second. */
enum { LEVEL = 3, PACKED_BYTES = 128 * 1024 };

struct weft_pack {
    ZSTD_CCtx *stream;
    char bytes[PACKED_BYTES];
};

bool weft_pack_is_wanted(const char *path)
{
    const size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".zst") == 0;
}

/* As the sink's own way out: false with errno_at set. */
static bool put(struct weft_sink *sink, const char *bytes, size_t len, bool last)
{
    struct weft_pack *pack = sink->pack;
    ZSTD_inBuffer in = {.src = bytes, .size = len};
    size_t left;

    do {
        ZSTD_outBuffer out = {.dst = pack->bytes, .size = sizeof pack->bytes};
        left = ZSTD_compressStream2(pack->stream, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
        if (ZSTD_isError(left) != 0) {
            sink->errno_at = ENOMEM; /* the only way in which packing fails */
            return false;
        }
        if (!weft_sink_write(sink, pack->bytes, out.pos)) {
            return false;
        }
    } while (left != 0);
    return true;
}

static void done(struct weft_sink *sink)
{
    (void)ZSTD_freeCCtx(sink->pack->stream);
    free(sink->pack);
    sink->pack = NULL;
}

bool weft_sink_pack(struct weft_sink *sink)
{
    struct weft_pack *pack = calloc(1, sizeof *pack);

    if (pack == NULL) {
        return false;
    }
    pack->stream = ZSTD_createCCtx();
    if (pack->stream == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(pack->stream, ZSTD_c_compressionLevel, LEVEL)) != 0 ||
        ZSTD_isError(ZSTD_CCtx_setParameter(pack->stream, ZSTD_c_checksumFlag, 1)) != 0) {
        (void)ZSTD_freeCCtx(pack->stream);
        free(pack);
        return false;
    }
    sink->pack = pack;
    sink->pack_put = put;
    sink->pack_done = done;
    return true;
}
