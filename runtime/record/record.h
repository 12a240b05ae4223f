/*
 * The recorder: how an event leaves a thread.  A thread that records only stores a few 24-byte
 * slots into a lane of its own in shared memory (traces/format/spool.h); whoever made the spool
 * turns them into JSON, outside the process.
 *
 * Manners: it never aborts, exits, prints, allocates or changes errno; what finds no room is
 * counted.  Without a spool (WEFT_SPOOL is not set) every function returns at once.
 * A forked child does not record into its parent's lanes: it is left alone.
 * Objects are meant by address or any other 56-bit number; the writer numbers them by first use.
 * Threads are meant by the number that weft_record_new_thread gave.
 * Threads: any function, any thread; also in signal handlers, whatever they interrupt.
 */
#ifndef WEFT_RUNTIME_RECORD_H
#define WEFT_RUNTIME_RECORD_H

#include "traces/format/format.h"

#include <stddef.h>

/* One event with its arguments, as events.def names them for its kind. */
struct weft_record_args {
    int64_t first;
    int64_t second;
    const char *text; /* text_bytes of it; NULL: none */
    size_t text_bytes;
};

/*
 * Opens the spool and makes the caller the main thread of the recording; a constructor, which
 * only has to be called again by one who sets WEFT_SPOOL later.
 */
void weft_record_open(void);
void weft_record_start(char *const *environment); /* the same, with main's environment */

/*
 * In a child that was forked while recording, when children are followed: it begins to record, into
 * a spool of its own.  True: it records now.
 */
bool weft_record_follow(void);

/* Ends the recording of this process for good, and says why in the trace. */
void weft_record_stop(const char *why);

/* True when this process records. */
bool weft_record_on(void);

/* A number for a thread that will start; the main thread of the program is 1. */
uint32_t weft_record_new_thread(void);

/*
 * The caller's records belong to thread `number` from now on; called once, at its start, which
 * gives the thread_start event with the kernel's thread id.  A thread that records without it
 * gets a number by itself.
 */
void weft_record_attach(uint32_t number);

/* The caller's number; attaches it when need be. */
uint32_t weft_record_thread(void);

/* Gives the caller's lane back; what it records later attaches anew, as the same thread. */
void weft_record_detach(void);

/* The thread ends: thread_exit, and the lane goes back.  What it still records is kept. */
void weft_record_end(void);

/* site: the return address of the call that the event is about, NULL for none. */
void weft_record(enum weft_event_kind kind, uint64_t object, const void *site,
                 enum weft_outcome outcome);

/* how: an outcome, or WEFT_SLOT_HOW where the object was never announced. */
void weft_record_with(enum weft_event_kind kind, uint64_t object, const void *site, unsigned how,
                      const struct weft_record_args *args);

/* The same for what happened at `ticks`, a time that weft_record_ticks gave. */
uint64_t weft_record_ticks(void);
void weft_record_stamped(uint64_t ticks, enum weft_event_kind kind, uint64_t object,
                         const void *site, unsigned how, const struct weft_record_args *args);

/* What befell the thread rather than what it did: a poll goes on over it. */
void weft_record_aside(enum weft_event_kind kind, const struct weft_record_args *args);

/*
 * A question and its answer.  The same question with the same answer, asked again by the same
 * thread with nothing else in between, is folded: the first gives a `query`, the second opens a
 * poll, later ones are only counted, and whatever the thread does next closes it with its count.
 * A pause of a tenth of a second between two askings also closes it.
 * A failed try is a question too (ACQUIRE for locks, PERMIT for semaphores, PUT, GET; answer 0):
 * its first one gives the *_fail event.
 */
void weft_record_query(enum weft_question question, uint64_t object, const void *site,
                       int64_t answer);

/* The same about an object that was never announced; how: WEFT_SLOT_HOW(WEFT_OUT_OK, its kind). */
void weft_record_try(enum weft_question question, uint64_t object, const void *site, unsigned how,
                     int64_t answer);

#endif
