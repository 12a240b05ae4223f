/*
 * A sink whose bytes are packed with zstd on their way to the file: for traces whose name ends in
 * ".zst".  What is flushed can be unpacked, so a file whose writer was killed is good up to there.
 * Threads: one at a time, as the sink.
 */
#ifndef WEFT_BASE_PACK_H
#define WEFT_BASE_PACK_H

#include "base/sink.h"

/* Does the name of the file ask for it? */
bool weft_pack_is_wanted(const char *path);

/* From now on; nothing was written yet.  False: no memory. */
bool weft_sink_pack(struct weft_sink *sink);

#endif
