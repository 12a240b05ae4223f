/*
 * The vocabulary of a trace: event kinds, object kinds, outcomes, questions and thread states,
 * all made from events.def.  Recorder, writer and reader meet only here and in spool.h.
 * Freestanding: no libc beyond the compiler's own headers.  Threads: any, all of it is const.
 * Source: docs/trace-format.md.
 */
#ifndef WEFT_TRACES_FORMAT_H
#define WEFT_TRACES_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

enum { WEFT_TRACE_VERSION = 1 };

/* Zero is "no event", so that a hole in a lane is never taken for one. */
enum weft_event_kind {
    WEFT_EV_NONE,
#define WEFT_EVENT(id, ...) WEFT_EV_##id,
#include "traces/format/events.def"
    WEFT_EV_COUNT,
    /* In a spool only; the writer turns them into definitions. */
    WEFT_EV_ATTACH = 240, /* object: the thread's number; its records follow in this lane */
    WEFT_EV_OBJECT_NEW,   /* first: weft_object_kind, second: capacity, text: name */
    WEFT_EV_OBJECT_NAME,  /* text: name */
    WEFT_EV_STACK,        /* text: callers of the site, whose wait is recorded next */
};

enum weft_object_kind {
    WEFT_OBJ_NONE,
#define WEFT_OBJECT(id, ...) WEFT_OBJ_##id,
#include "traces/format/events.def"
    WEFT_OBJ_COUNT
};

/* What an event is about. */
enum weft_family {
    WEFT_FAMILY_NONE,
    WEFT_FAMILY_THREAD,
    WEFT_FAMILY_LOCK,
    WEFT_FAMILY_RWLOCK,
    WEFT_FAMILY_CONDITION,
    WEFT_FAMILY_SEMAPHORE,
    WEFT_FAMILY_EVENT,
    WEFT_FAMILY_BARRIER,
    WEFT_FAMILY_QUEUE,
    WEFT_FAMILY_FUTEX,
    WEFT_FAMILY_COUNTER,
    WEFT_FAMILY_ANY, /* any of these, or none: questions */
};

enum weft_phase {
    WEFT_PHASE_POINT,
    WEFT_PHASE_BEGIN,
    WEFT_PHASE_END,
    WEFT_PHASE_ENTER,
    WEFT_PHASE_LEAVE,
    WEFT_PHASE_POLL_BEGIN,
    WEFT_PHASE_POLL_END,
};

enum weft_effect { WEFT_EFFECT_NONE, WEFT_EFFECT_TAKE, WEFT_EFFECT_GIVE, WEFT_EFFECT_WAKE };

enum weft_arg {
    WEFT_ARG_NONE,
#define WEFT_ARG(id, ...) WEFT_ARG_##id,
#include "traces/format/events.def"
    WEFT_ARG_COUNT_OF
};

enum weft_arg_type {
    WEFT_ARG_TYPE_NS,
    WEFT_ARG_TYPE_COUNT,
    WEFT_ARG_TYPE_BOOL,
    WEFT_ARG_TYPE_OBJECT,
    WEFT_ARG_TYPE_QUESTION,
};

enum weft_text {
    WEFT_TEXT_NONE,
#define WEFT_TEXT(id, ...) WEFT_TEXT_##id,
#include "traces/format/events.def"
    WEFT_TEXT_COUNT
};

enum weft_outcome {
#define WEFT_OUTCOME(id, ...) WEFT_OUT_##id,
#include "traces/format/events.def"
    WEFT_OUT_COUNT
};

enum weft_question {
    WEFT_ASK_NONE,
#define WEFT_QUESTION(id, ...) WEFT_ASK_##id,
#include "traces/format/events.def"
    WEFT_ASK_COUNT
};

enum weft_state {
#define WEFT_STATE(id, ...) WEFT_STATE_##id,
#include "traces/format/events.def"
    WEFT_STATE_COUNT,
    WEFT_STATE_NONE = 255
};

struct weft_event_info {
    const char *name; /* in JSON */
    const char *words;
    uint8_t family; /* enum weft_family */
    uint8_t phase;  /* enum weft_phase */
    uint8_t state;  /* enum weft_state, WEFT_STATE_NONE for points */
    uint8_t effect; /* enum weft_effect */
    uint8_t first;  /* enum weft_arg */
    uint8_t second; /* enum weft_arg */
    uint8_t text;   /* enum weft_text */
};

struct weft_object_info {
    const char *name;
    const char *words;
    uint8_t family;
};

struct weft_arg_info {
    const char *name;
    uint8_t type; /* enum weft_arg_type */
};

struct weft_question_info {
    const char *name;
    const char *words;
    uint8_t once; /* enum weft_event_kind: what it is when it is not repeated */
};

struct weft_name_info {
    const char *name;
    const char *words;
};

/* Indexed by their enums; row 0 of each is empty where 0 means none. */
extern const struct weft_event_info weft_events[WEFT_EV_COUNT];
extern const struct weft_object_info weft_objects[WEFT_OBJ_COUNT];
extern const struct weft_arg_info weft_args[WEFT_ARG_COUNT_OF];
extern const char *const weft_texts[WEFT_TEXT_COUNT];
extern const char *const weft_outcomes[WEFT_OUT_COUNT];
extern const struct weft_question_info weft_questions[WEFT_ASK_COUNT];
extern const struct weft_name_info weft_states[WEFT_STATE_COUNT];

#endif
