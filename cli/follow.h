/*
 * Children of a recorded program that are recorded, too (weft record --follow): each into a spool
 * that was made ahead, and a trace of its own, numbered from 2.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_FOLLOW_H
#define WEFT_CLI_FOLLOW_H

#include "traces/write/write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_follow;

/*
 * first: the writer of the program itself, made with follow; trace: its path, after which the
 * children's are named.  Status: as weft_writer_new.
 */
enum weft_status weft_follow_new(struct weft_writer *first, const char *trace,
                                 const struct weft_writer_options *options,
                                 struct weft_follow **follow, struct weft_error *error);
void weft_follow_free(struct weft_follow *follow);

/* Looks who has come, and moves what they recorded; in how many ns the next look is due. */
long weft_follow_drain(struct weft_follow *follow);

/* Children that are recorded at the moment, or that were started and may yet be. */
uint32_t weft_follow_living(struct weft_follow *follow);

/* Finishes all traces, also of those who still live. */
struct weft_follow_summary {
    struct weft_writer_summary sum; /* of all children; duration_ns: of all added up */
    uint32_t processes;             /* that have a trace */
    uint32_t unfollowed;            /* that could not be recorded */
    uint32_t last;                  /* the highest number of a trace */
    bool unwritten;                 /* a trace is not whole; told already */
};
struct weft_follow_summary weft_follow_finish(struct weft_follow *follow);

/* Adds what can be added up, but for the time. */
void weft_follow_count(struct weft_writer_summary *sum, const struct weft_writer_summary *more);

/* Of those who are recorded with last_ns, as the writer's functions of these names. */
void weft_follow_prepare_dump(struct weft_follow *follow);
void weft_follow_hold(struct weft_follow *follow, bool held);
/* In a copy of this process; false: one could not be written, and that was told. */
bool weft_follow_snapshot(struct weft_follow *follow, uint32_t number);

/* TRACE with words before its ending: "x.weft.jsonl" → "x.2.weft.jsonl". */
void weft_follow_name(const char *trace, const char *words, char *name, size_t room);
void weft_follow_number(const char *trace, uint32_t number, char *name, size_t room);

#endif
