/*
 * The owner of a lane packs it: when the drain is late, stopped or dead.  No descriptor is kept,
 * no memory of the program is used, and errno stays.  Private to the recorder.
 * Threads: the lane's owner; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_RECORD_FLUSH_H
#define WEFT_RUNTIME_RECORD_FLUSH_H

#include "traces/format/spool.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum weft_flush {
    WEFT_FLUSHED,    /* the lane is empty */
    WEFT_FLUSH_BUSY, /* the drain is at it */
    WEFT_FLUSH_NOT,  /* not by us: no file, no descriptor, no memory; the drain may be able to */
};

/*
 * Packs what is published before head.  What the disk or a size limit refuses is counted as lost,
 * and the lane is empty all the same.  force: also when the drain began and does not go on.
 */
enum weft_flush weft_lane_flush(struct weft_lane *lane, uint64_t head, bool force);

/* Puts the program's mappings into the packed file: call sites are looked up after the run. */
void weft_spool_keep_maps(void);

#pragma GCC visibility pop

#endif
