/*
 * The drain's half of the packed file: makes it, and moves what is in the lanes there.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_PACKED_H
#define WEFT_TRACES_PACKED_H

#include "base/status.h"
#include "traces/format/pack.h"
#include "traces/write/lanes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes true when the buffer is written. */
struct weft_packed_commit {
    uint64_t tail; /* of the lane, then */
    size_t end;    /* of its chunk in the buffer */
    uint32_t lane;
    uint32_t thread;
    bool last; /* the lane is done with */
};

enum { WEFT_PACKED_PUT_MAX = 512 * 1024 }; /* of a chunk that is no lane's */
enum { WEFT_BUSY_WHOLE = 256 };            /* a lane's capacity, as `busiest` counts it */

struct weft_packed {
    int fd;
    char path[WEFT_SPOOL_PATH_BYTES];
    unsigned char *buffer;
    size_t used;
    struct {
        struct weft_packed_commit *at;
        size_t count, room;
    } commits;
    struct weft_packed_lane {
        uint64_t head; /* at the last look */
        bool behind;   /* it was not emptied since the sweep began */
    } * lanes;         /* WEFT_LANE_MAX of them */
    unsigned busiest;  /* lane at the last look: its part of WEFT_BUSY_WHOLE since the one before */
    int errno_at;      /* why the last write was refused; 0: it was not */
};

/*
 * Beside the trace, or where temporary files are: it is a device or a pipe, or not known (NULL).
 * window: its beginning is to be given up again and again, which not every file system can.
 */
enum weft_status weft_packed_open(struct weft_packed *packed, const char *trace_path, bool window,
                                  struct weft_error *error);
/* path: as `spool`, the shared memory, says it, so it may be anything. */
enum weft_status weft_packed_adopt(struct weft_packed *packed, const char *path, const char *spool,
                                   struct weft_error *error);

/* remove: the file, too. */
void weft_packed_close(struct weft_packed *packed, bool remove);

/* How much of a lane's slots is left to pack before it is worth a chunk of its own. */
enum weft_packed_how {
    WEFT_PACKED_FULL,  /* lanes that fill up */
    WEFT_PACKED_SWEEP, /* and those that are behind */
    WEFT_PACKED_FORCE, /* all, also those whose owner died while it packed */
};

/* Packs lanes, writes them to the file and frees them.  True when there was something. */
bool weft_packed_take(struct weft_packed *packed, struct weft_lanes *lanes,
                      enum weft_packed_how how);

/* Every lane that has something is behind from now on. */
void weft_packed_begin_sweep(struct weft_packed *packed, const struct weft_lanes *lanes);
bool weft_packed_is_swept(const struct weft_packed *packed, const struct weft_lanes *lanes);

/* Frees what the disk holds of [from, to), but for parts of blocks. */
void weft_packed_forget(const struct weft_packed *packed, uint64_t from, uint64_t to);
uint64_t weft_packed_bytes(const struct weft_packed *packed);

/* Appends a chunk that is no lane's, at once; where it stands, 0: it was refused. */
uint64_t weft_packed_put(struct weft_packed *packed, struct weft_lanes *lanes,
                         enum weft_chunk_kind kind, uint64_t from, const void *bytes, size_t len);

#endif
