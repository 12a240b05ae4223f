/*
 * What is known of the time before a trace that keeps only the last seconds (weft record --last):
 * the records that leave the window say who lives, what things are called, what each thread holds,
 * and for what it waits.  Their effect is kept, not they: memory grows with the threads that live
 * and the objects that were announced, not with time.
 *
 * The past can be told as records again, those that would make it what it is: so it gets into a
 * trace, and, as a chunk (WEFT_CHUNK_PAST), to one who takes the recording over.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_PAST_H
#define WEFT_TRACES_PAST_H

#include "base/map.h"
#include "base/sink.h"
#include "traces/write/lanes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Threads that have ended and were not joined: of so many the names are kept. */
enum { WEFT_PAST_ENDED = 1024 };

struct weft_past_thread {
    uint32_t number; /* 0: this place is free */
    bool lives;      /* it has recorded something … */
    bool ended;      /* … and its end */
    bool left;       /* nobody will speak of it: it was joined, or detached */
    int64_t tid;
    uint64_t dropped;           /* of its events, that lie before the window */
    struct weft_taken known;    /* its announcement: name and routine; its text is owned */
    struct weft_taken wait;     /* that it is in, kind 0: none; its text is owned */
    struct weft_taken given_up; /* what it held and gives up for a condition's wait; kind 0: none */
    struct {
        struct weft_taken *at; /* what it holds and the zones in which it is, oldest first */
        size_t count, room;
    } open;
};

struct weft_past {
    uint64_t ticks;            /* up to when it reaches; 0: nothing has left the window */
    uint64_t dropped;          /* events, of all threads */
    struct weft_map thread_of; /* number → place in threads, from 1; 0: forgotten */
    struct {
        struct weft_past_thread *at;
        size_t count, room;
    } threads;
    size_t threads_there;
    uint32_t last; /* place of the thread that was looked for last, from 1; 0: none */
    uint32_t ended[WEFT_PAST_ENDED]; /* the last ones, in a ring */
    uint32_t ended_next;
    struct weft_map object_of; /* address → place in objects, from 1; 0: destroyed */
    struct {
        struct weft_taken *at; /* announcements, kind 0: this place is free; texts are owned */
        size_t count, room;
    } objects;
    size_t objects_there;
};

void weft_past_done(struct weft_past *past);

/* A record of `thread` leaves the window. */
void weft_past_put(struct weft_past *past, uint32_t thread, const struct weft_taken *taken);

/* Records of the thread were lost: what it holds and where it waits is not known any more. */
void weft_past_lose(struct weft_past *past, uint32_t thread);

/*
 * Calls tell for each record: for an announced object an OBJECT_NEW, and for each thread a
 * THREAD_CREATE with what is known of it, then, if it lives, a BEFORE, and what it is in the
 * middle of.
 */
typedef void weft_past_tell(void *ctx, uint32_t thread, const struct weft_taken *taken);
void weft_past_tell_all(const struct weft_past *past, weft_past_tell *tell, void *ctx);

/* As the payload of a chunk, as much of it as fits `most` bytes behind what is in sink. */
void weft_past_write(const struct weft_past *past, struct weft_sink *sink, size_t most);

/* Into a past that is all zeros; whatever the bytes are. */
void weft_past_read(struct weft_past *past, const unsigned char *bytes, size_t len);

#endif
