/*
 * What the files of the writer share.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_WRITER_H
#define WEFT_TRACES_WRITER_H

#include "traces/write/events.h"
#include "traces/write/lanes.h"
#include "traces/write/merge.h"
#include "traces/write/packed.h"
#include "traces/write/past.h"
#include "traces/write/stuck.h"
#include "traces/write/write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEFT_COMMAND_WORDS = 64, /* in a header */
    WEFT_SIZES_NOTED = 8,
};

/* The mappings of a program that the recorded process became, until its records are reached. */
struct weft_image {
    uint64_t image;
    char *maps;
    size_t len;
};

/* A call in which a thread is and of which the trace says nothing yet. */
struct weft_open_call {
    uint64_t ticks; /* when the trace says so; since, unless it is too late for that */
    uint64_t since;
    uint64_t site;
    uint32_t lane;
    char name[16];
};

/* Of a recording that keeps only the last seconds: what has left the window. */
struct weft_window {
    struct weft_past past;
    uint64_t from;                    /* ticks: everything before has left it; 0: nothing has */
    uint64_t given_up;                /* bytes of the packed file up to which they were freed */
    uint64_t lost_before;             /* records that were lost before the window */
    uint64_t sizes[WEFT_SIZES_NOTED]; /* of the packed file, in a ring over about one window … */
    uint64_t size_noted;              /* … and when the last one was noted, in ticks */
    uint32_t size_next;
    bool held;         /* somebody reads in the file what could be given up */
    bool begun;        /* the trace was begun with it */
    uint64_t adopted;  /* ticks up to which a chunk of a spool told the past; 0: none did */
    uint64_t dump_end; /* of the packed file, for who writes the window now */
    char *maps;        /* the mappings that were told last, for one who takes the spool over … */
    size_t maps_len;
    uint64_t maps_at; /* … and where in the file they stand */
    uint64_t maps_image;
};

struct weft_writer {
    struct weft_lanes lanes;
    struct weft_packed packed;
    struct weft_merge merge;
    struct weft_lines lines;
    struct weft_writer_options options;
    struct {
        struct weft_image *at;
        size_t count, room;
    } images;
    uint64_t image;        /* whose records are being written; 0: none yet */
    uint64_t until;        /* ticks up to which the file holds everything that was read of it */
    uint64_t sweep_until;  /* the same of the sweep that goes on */
    uint64_t next_look_ns; /* for a deadlock, on the clock of the trace */
    struct weft_stuck stuck;
    uint64_t next_stuck_ns; /* likewise, on that of the machine */
    int memory;             /* the program's, while it is looked at; below 0: not open */
    uint64_t overhead_ns;   /* of one record, as the header says it */
    uint64_t swept_ns, drained_ns;
    int64_t live_ns; /* that may be spent on JSON now */
    long pause_ns;
    int fd;
    bool sweeping;
    uint64_t put_ticks;  /* up to when records were written */
    uint64_t last_ticks; /* of the last one */
    uint64_t lost_told;  /* before the end; what came behind a limit was … */
    uint64_t dropped;    /* … dropped */
    uint64_t marked;     /* the last mark that was read: up to there nothing is missing */
    struct {
        struct weft_open_call *at;
        size_t count, room;
        size_t next;
    } calls; /* that are told at their place in time */
    struct {
        uint32_t *at;
        size_t count, room;
    } started; /* processes, until somebody asks; only when they are followed */
    char child[WEFT_COMMAND_BYTES + 1]; /* the command line of a child */
    const char *child_command[WEFT_COMMAND_WORDS];
    uint64_t deterministic_at; /* where the header says false; 0: that stays */
    char *words;               /* of a spool that was taken over: its program and command */
    const char **command;
    bool header_written;
    bool gave_up_watching;
    bool cut; /* the limit is reached: what comes is only counted */
    bool keep_spool;
    bool told_over;
    struct weft_window window;
};

/* A chunk that is no lane's was found.  payload is taken over. */
void weft_writer_take_chunk(struct weft_writer *writer, const struct weft_chunk *head,
                            unsigned char *payload);

/* The process is another program from here on. */
void weft_writer_next_image(struct weft_writer *writer);

/* What a record, at its place in time, means for its lane and for those that come behind it. */
void weft_writer_note(struct weft_writer *writer, struct weft_merge_lane *lane,
                      const struct weft_taken *taken);

/* before_ns: how long the program had run at t = 0. */
void weft_writer_put_header(struct weft_writer *writer, uint64_t before_ns);

/* window.c */

/* Lets go, for a slice of time, what has become too old; true: there is more of that. */
bool weft_window_drain(struct weft_writer *writer, uint64_t now_ns);

/* The window reaches back from `end` (ticks): what lies before is let go. */
void weft_window_settle(struct weft_writer *writer, uint64_t end);

/* The trace begins: with what is known of the time before. */
void weft_window_begin(struct weft_writer *writer);

/* After a spool was taken over: from where it is still there, and what it tells of the past. */
void weft_window_adopt(struct weft_writer *writer);

void weft_window_keep_maps(struct weft_writer *writer, const char *maps, size_t len, uint64_t image,
                           uint64_t at);
void weft_window_done(struct weft_writer *writer);

#endif
