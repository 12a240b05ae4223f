/*
 * Snapshots of a recording that keeps only the last seconds (weft record --last): each is a whole
 * trace with a number, written by a copy of this process while the program goes on.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_SNAPSHOT_H
#define WEFT_CLI_SNAPSHOT_H

#include "cli/follow.h"
#include "traces/write/write.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { WEFT_SNAPSHOTS_AT_ONCE = 4 };

struct weft_snapshots {
    struct weft_writer *writer;
    struct weft_follow *follow; /* NULL: children are left alone */
    const char *trace;          /* after which they are named */
    bool quiet;
    bool failed;    /* one could not be written; told already */
    uint32_t taken; /* the last one's number */
    uint32_t running;
    pid_t writers[WEFT_SNAPSHOTS_AT_ONCE];
};

/* TRACE with ".snapshot-N" before its ending. */
void weft_snapshot_name(const char *trace, uint32_t number, char *name, size_t room);

/* What fails is told. */
void weft_snapshot_take(struct weft_snapshots *snapshots);

/* Looks which are done; wait: until all are. */
void weft_snapshots_reap(struct weft_snapshots *snapshots, bool wait);

#endif
