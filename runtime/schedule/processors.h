/*
 * On which processors a controlled program runs: on one.  Only one of its threads runs at a time,
 * and to hand the turn over takes about a fifth as long within a processor as between two.
 *
 * The program is not to notice: what it was started with, and what it asks for, is kept here as its
 * own masks, by number, for whoever answers its questions and starts its children.  Threads that
 * really run side by side (one that the scheduler has left alone, a stranger) end it for good: all
 * get their own masks back.
 *
 * weft_processors_keep: by one thread at a time.  All else: any thread; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_SCHEDULE_PROCESSORS_H
#define WEFT_RUNTIME_SCHEDULE_PROCESSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum { WEFT_PROCESSORS_MASK_WORDS = 16 }; /* 1024 processors, as a cpu_set_t has */

struct weft_processors {
    unsigned long words[WEFT_PROCESSORS_MASK_WORDS];
};

/*
 * The caller, the only thread, is from now on where it is.  Not when the kernel refuses it, has
 * more processors than a mask, or the program may use only one: then it is as if this did not
 * exist.
 */
void weft_processors_pin(void);

/* Are threads kept to one processor? */
bool weft_processors_pinned(void);
const struct weft_processors *weft_processors_one(void);

/* The mask of a number; 0: that with which the program was started. */
const struct weft_processors *weft_processors_at(uint32_t number);
/* Its number; *full: there are too many different ones to keep this. */
uint32_t weft_processors_keep(const struct weft_processors *mask, bool *full);

/* Really, of one thread; 0: the caller.  False: the kernel did not. */
bool weft_processors_set(uint32_t tid, const struct weft_processors *mask);
bool weft_processors_get(uint32_t tid, struct weft_processors *mask);

bool weft_processors_equal(const struct weft_processors *one, const struct weft_processors *other);

/* No thread is to be kept to one processor from now on; true for the first who says so. */
bool weft_processors_unpin(void);

#pragma GCC visibility pop

#endif
