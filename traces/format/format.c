#include "traces/format/format.h"

const struct weft_event_info weft_events[WEFT_EV_COUNT] = {
#define WEFT_EVENT(id, name, family, phase, state, effect, first, second, text, words)             \
    {name,                                                                                         \
     words,                                                                                        \
     WEFT_FAMILY_##family,                                                                         \
     WEFT_PHASE_##phase,                                                                           \
     WEFT_STATE_##state,                                                                           \
     WEFT_EFFECT_##effect,                                                                         \
     WEFT_ARG_##first,                                                                             \
     WEFT_ARG_##second,                                                                            \
     WEFT_TEXT_##text},
    [WEFT_EV_NONE] = {.name = "", .words = "", .state = WEFT_STATE_NONE},
#include "traces/format/events.def"
};

const struct weft_object_info weft_objects[WEFT_OBJ_COUNT] = {
#define WEFT_OBJECT(id, name, family, words) {name, words, WEFT_FAMILY_##family},
    [WEFT_OBJ_NONE] = {"", "", WEFT_FAMILY_NONE},
#include "traces/format/events.def"
};

const struct weft_arg_info weft_args[WEFT_ARG_COUNT_OF] = {
#define WEFT_ARG(id, name, type) {name, WEFT_ARG_TYPE_##type},
    [WEFT_ARG_NONE] = {"", WEFT_ARG_TYPE_COUNT},
#include "traces/format/events.def"
};

const char *const weft_texts[WEFT_TEXT_COUNT] = {
#define WEFT_TEXT(id, name) name,
    [WEFT_TEXT_NONE] = "",
#include "traces/format/events.def"
};

const char *const weft_outcomes[WEFT_OUT_COUNT] = {
#define WEFT_OUTCOME(id, name) name,
#include "traces/format/events.def"
};

const struct weft_question_info weft_questions[WEFT_ASK_COUNT] = {
#define WEFT_QUESTION(id, name, words, once) {name, words, WEFT_EV_##once},
    [WEFT_ASK_NONE] = {"", "", WEFT_EV_NONE},
#include "traces/format/events.def"
};

const struct weft_name_info weft_states[WEFT_STATE_COUNT] = {
#define WEFT_STATE(id, name, words) {name, words},
#include "traces/format/events.def"
};
