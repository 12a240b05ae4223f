/*
 * How the objects speak to the recorder: one line an event.  `object` is an object's address;
 * events about a thread take its number through weft_note_thread.
 */
#ifndef WEFT_RUNTIME_THREADS_NOTE_H
#define WEFT_RUNTIME_THREADS_NOTE_H

#include "runtime/record/record.h"

#include <string.h>

/* Where the program called the public function in which this stands. */
#define WEFT_CALL_SITE __builtin_return_address(0)

static inline uint64_t weft_note_id(const void *object)
{
    return (uint64_t)(uintptr_t)object;
}

static inline void weft_note(enum weft_event_kind kind, const void *object, const void *site)
{
    weft_record(kind, weft_note_id(object), site, WEFT_OUT_OK);
}

static inline void weft_note_outcome(enum weft_event_kind kind, const void *object,
                                     const void *site, enum weft_outcome outcome, int64_t first,
                                     int64_t second)
{
    const struct weft_record_args args = {.first = first, .second = second};
    weft_record_with(kind, weft_note_id(object), site, outcome, &args);
}

static inline void weft_note_args(enum weft_event_kind kind, const void *object, const void *site,
                                  int64_t first, int64_t second)
{
    weft_note_outcome(kind, object, site, WEFT_OUT_OK, first, second);
}

/* text may be NULL */
static inline void weft_note_text(enum weft_event_kind kind, const void *object, const void *site,
                                  int64_t first, const char *text)
{
    const struct weft_record_args args = {
        .first = first, .text = text, .text_bytes = text ? strlen(text) : 0};
    weft_record_with(kind, weft_note_id(object), site, WEFT_OUT_OK, &args);
}

static inline void weft_note_new(enum weft_object_kind kind, const void *object, int64_t capacity,
                                 const char *name)
{
    const struct weft_record_args args = {
        .first = kind, .second = capacity, .text = name, .text_bytes = name ? strlen(name) : 0};
    weft_record_with(WEFT_EV_OBJECT_NEW, weft_note_id(object), NULL, WEFT_OUT_OK, &args);
}

static inline void weft_note_thread(enum weft_event_kind kind, uint32_t number, const void *site,
                                    enum weft_outcome outcome, int64_t first, const char *text)
{
    const struct weft_record_args args = {
        .first = first, .text = text, .text_bytes = text ? strlen(text) : 0};
    weft_record_with(kind, number, site, outcome, &args);
}

#endif
