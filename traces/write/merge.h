/*
 * Packed records → one stream in time order.  Reads the packed file forward, chunk by chunk, keeps
 * in memory where chunks lie and one chunk of each lane, and hands out the oldest record.
 *
 * Chunks of a lane may overlap, where drain and owner both wrote something; slot numbers tell.  A
 * chunk that was torn is passed over: what it held was not freed, and was written again.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_MERGE_H
#define WEFT_TRACES_MERGE_H

#include "traces/format/pack.h"
#include "traces/write/lanes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_merge_chunk {
    uint64_t offset; /* of its payload */
    uint64_t time;
    uint64_t lost;
    uint32_t bytes;
    uint32_t slots;
    uint32_t skip; /* of them, that were there before */
    uint32_t thread;
    uint32_t next; /* in the lane, and among the free; 0: none */
};

/* A lane that is being read. */
struct weft_merge_lane {
    struct weft_unpacker *unpacker; /* NULL: not one of its chunks is loaded */
    unsigned char *payload;
    size_t payload_room;
    uint32_t chunk; /* the loaded one, and then the next ones; 0: none */
    uint32_t last;
    uint64_t scanned; /* slots up to which the file was looked through */
    uint64_t lost;    /* of the chunk that is loaded */
    /* For who takes the records. */
    uint32_t thread; /* whose they are, so far */
    uint64_t lost_told;
    uint64_t dropped;       /* records that were left away on purpose */
    uint64_t last_ticks;    /* of the last record that was written */
    uint64_t call_told;     /* since when the call lasts that was told last */
    struct weft_taken next; /* the next record */
    struct weft_taken poll; /* the poll that is open at `next`, kind 0: none */
};

struct weft_merge {
    int fd;
    uint64_t offset; /* up to which the file was looked through */
    struct {
        struct weft_merge_chunk *at; /* 0 is not used */
        size_t count, room;
    } chunks;
    uint32_t free_chunk;
    struct weft_merge_lane *lanes; /* WEFT_LANE_MAX of them */
    struct {
        uint64_t ticks;
        uint32_t lane;
    } * heap; /* of the lanes that have a next record; the oldest is at 0 */
    size_t heap_count;
    bool taken;      /* the one at 0 was handed out */
    uint64_t broken; /* chunks that made no sense */
    uint64_t end;    /* of the file, for a reader that is not to go beyond; UINT64_MAX */
    uint64_t first;  /* offset of the first chunk of a lane; 0: none yet */
    uint64_t newest; /* the latest time with which a lane's chunk begins */
    uint64_t slots;  /* in chunks that were found and not handed out entirely */
};

enum weft_merge_found {
    WEFT_MERGE_END, /* of what is in the file so far */
    WEFT_MERGE_LANE,
    WEFT_MERGE_OTHER, /* another chunk: *head, and its payload at *payload */
};

/* false: no memory.  fd is the caller's. */
bool weft_merge_init(struct weft_merge *merge, int fd);
void weft_merge_done(struct weft_merge *merge);

/* Looks one chunk further.  *payload is the caller's to free; NULL: no memory. */
enum weft_merge_found weft_merge_scan(struct weft_merge *merge, struct weft_chunk *head,
                                      unsigned char **payload);

/* The whole chunk at offset, alone; *payload is the caller's to free.  false: there is none. */
bool weft_merge_read(const struct weft_merge *merge, uint64_t offset, struct weft_chunk *head,
                     unsigned char **payload);

/* Where the first chunk stands of which something was not handed out yet. */
uint64_t weft_merge_low(const struct weft_merge *merge);

/*
 * The oldest record, at most `until` old, and whose it is; NULL: there is none.  Valid until the
 * next call.
 */
const struct weft_taken *weft_merge_next(struct weft_merge *merge, uint64_t until, uint32_t *lane);

#endif
