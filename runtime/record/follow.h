/*
 * Following children: a process that comes from the recorded one, by fork or by exec, records into
 * a spool of its own.  Whoever made the first spool keeps some ready beside it, numbered from 2
 * ("SPOOL.2"); a child claims the next number in the head of the first spool, which every process
 * of the recording has mapped for that.  Private to the recorder.  Threads: one at a time.
 */
#ifndef WEFT_RUNTIME_RECORD_FOLLOW_H
#define WEFT_RUNTIME_RECORD_FOLLOW_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* This process records into the spool at path, the first one or a child's. */
void weft_follow_keep(const char *path);

/*
 * Opens a spool for this process, a child of one that recorded; false: there is none for it.
 * path: as its environment names it, when it has not recorded before.
 */
bool weft_follow_open(const char *path);

/* The path of the process' own spool; "": none is followed here. */
const char *weft_follow_path(void);

#pragma GCC visibility pop

#endif
