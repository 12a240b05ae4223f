/*
 * The writer: a spool in, a trace (JSON Lines) out, in time order.  It makes the spool too, so that
 * both ends of the shared memory are in weft.
 *
 *   lanes ──packed──► file ──merged──► JSON Lines
 *
 * While the program runs the writer packs, which costs next to nothing, and makes JSON for as much
 * of its own time as weft_writer_options allow: what few events there are is soon in the trace,
 * and the backlog of many waits for the end.
 *
 * A record is held back for WEFT_HOLD_BACK_NS before it is written, since a thread may be
 * pre-empted between reading the clock and publishing; what comes later still is moved up to
 * keep the order, and counted.
 * Threads: one at a time per writer.
 */
#ifndef WEFT_TRACES_WRITE_H
#define WEFT_TRACES_WRITE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WEFT_HOLD_BACK_NS 20000000ULL
#define WEFT_LONG_CALL_NS 1000000ULL

struct weft_writer;

struct weft_writer_options {
    const char *trace_path;     /* NULL: weft_writer_begin gives it */
    const char *spool_path;     /* of the spool to be made; NULL: any */
    bool allocator_locks;       /* those that a memory allocator takes are recorded, too */
    bool follow;                /* children of the program record, too: see weft_writer_children */
    const char *program;        /* its name in the header */
    const char *const *command; /* argv, command_count of them */
    uint32_t command_count;
    uint64_t long_call_ns; /* calls that block as long are recorded; the usual: WEFT_LONG_CALL_NS */
    uint32_t stack_frames; /* callers that are kept of each wait; 0: none */
    /* The trace ends where it is as large, but for the names at its end, or where the packed file
     * is (which may have 16 MiB); what comes later is only counted.  0: no limit. */
    uint64_t max_bytes;
    /* Only so much of the end is kept, and the trace is written when the program has ended;
     * max_bytes then shortens it, about, to what such a trace holds.  0: all of it. */
    uint64_t last_ns;
    /* A controlled run with a simulated clock (traces/format/plan.h), which shows start_real_ns at
     * its start; NULL: the program's own time and schedule. */
    const char *plan;
    int64_t start_real_ns;
    /* When threads wait for each other: who for what, in lines; NULL: nobody is asked to look. */
    void (*on_deadlock)(void *ctx, const char *text);
    /* A controlled run is over: nobody can ever go on, and the program must be ended.  NULL: as
     * above. */
    void (*on_over)(void *ctx, const char *text);
    /* While the backlog is written, now and then: how much of it is done.  NULL: nobody asks. */
    void (*on_progress)(void *ctx, unsigned percent);
    void *ctx;
};

struct weft_writer_summary {
    uint64_t events;
    uint64_t lost;
    uint64_t left_out;     /* operations on an allocator's own locks, when they were not wanted */
    uint64_t short_stacks; /* waits of which no caller could be told, though they were wanted */
    uint64_t dropped;      /* that came after the limit, and are not in the trace */
    uint64_t late;
    uint64_t duration_ns;
    uint64_t overhead_ns; /* what recording one event costs */
    uint64_t spool_bytes; /* of the packed file */
    uint32_t threads;
    bool attached; /* the program opened the spool at all */
    /* Of a controlled run: */
    bool deadlock;          /* it ended because nobody could ever run again */
    bool limit;             /* it was ended because its simulated time was over */
    uint32_t left;          /* enum weft_left, 0: the run can be repeated exactly */
    uint64_t points;        /* scheduling points, and of these … */
    uint64_t choices;       /* … where more than one thread could go on */
    uint64_t schedule_hash; /* of all choices */
};

/*
 * Makes the spool and the trace file.  The path of the spool goes into the program's environment
 * as WEFT_SPOOL_ENV.  Status: WEFT_ERR_OPEN (spool), WEFT_ERR_WRITE (trace), WEFT_ERR_MEMORY.
 */
enum weft_status weft_writer_new(const struct weft_writer_options *options,
                                 struct weft_writer **writer, struct weft_error *error);

/*
 * Takes over a spool whose writer was killed, to write the rest of its recording; program and
 * command of options may be NULL, then what the spool tells of them is used.  Status: also
 * WEFT_ERR_FORMAT and WEFT_ERR_VERSION; the spool is then left as it is.
 */
enum weft_status weft_writer_adopt(const struct weft_writer_options *options, const char *spool,
                                   struct weft_writer **writer, struct weft_error *error);

/*
 * For a spool that was made before anybody knew for whom: what its trace is, once a process has
 * opened it.  Status: WEFT_ERR_WRITE.
 */
enum weft_status weft_writer_begin(struct weft_writer *writer, const char *trace_path,
                                   struct weft_error *error);

/* The process that has opened the spool; 0: none yet. */
pid_t weft_writer_pid(const struct weft_writer *writer);

/*
 * Children of the program of `writer` claim spools of their own, called as its own is, with
 * ".2", ".3" … behind.  How many were claimed so far, and of those how many could not be opened;
 * `made`: spools up to this number are there now.
 */
struct weft_writer_children {
    uint32_t claimed;
    uint32_t unfollowed;
};
struct weft_writer_children weft_writer_children(const struct weft_writer *writer, uint32_t made);

/* Takes the next of the processes that the program said it started; 0: no more. */
uint32_t weft_writer_next_child(struct weft_writer *writer);

/* The living process that records into the spool; 0: there is none. */
pid_t weft_writer_program(const struct weft_writer *writer);
const char *weft_writer_spool_path(const struct weft_writer *writer);

/* Moves what is in the lanes towards the trace; true when there was something. */
bool weft_writer_drain(struct weft_writer *writer);

/* How long to wait before the next weft_writer_drain: the fuller the lanes were, the shorter. */
long weft_writer_pause_ns(const struct weft_writer *writer);

/*
 * The program has ended (status as waitpid gives it; -1: not known): writes what is left, the end
 * of the process and the last line, and removes the spool.  When the trace cannot be written
 * (disk full, closed pipe) the first error is in *error, and what was written stays; the spool,
 * too, when the place had no room, and *error says how the trace comes out of it.
 */
enum weft_status weft_writer_finish(struct weft_writer *writer, int wait_status,
                                    struct weft_writer_summary *summary, struct weft_error *error);

/*
 * A dump of a recording with last_ns, while the program goes on: weft_writer_prepare_dump, fork,
 * and in the child, which has a copy of all that is known, weft_writer_dump; then it must end
 * without freeing the writer.  The parent holds the window meanwhile: what the child reads in the
 * file stays there.
 */
void weft_writer_prepare_dump(struct weft_writer *writer);
void weft_writer_hold(struct weft_writer *writer, bool held);
enum weft_status weft_writer_dump(struct weft_writer *writer, const char *trace_path,
                                  struct weft_writer_summary *summary, struct weft_error *error);

void weft_writer_free(struct weft_writer *writer);

#endif
