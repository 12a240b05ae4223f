/*
 * A choice of a controlled run (runtime/schedule): who went on, and who could have instead.
 * Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_ANALYSIS_CHOICE_H
#define WEFT_TRACES_ANALYSIS_CHOICE_H

#include "traces/analysis/words.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stdint.h>

enum { WEFT_CHOICE_NAMES = 32 }; /* a recorder names the first 16 */

struct weft_choice {
    uint32_t taken; /* the candidate that went on, from 0; may be one that is not named */
    uint32_t count; /* of those that are named */
    uint32_t numbers[WEFT_CHOICE_NAMES]; /* the threads', as in the file */
};

/* False when the event is no choice, or one without another candidate; *choice is then untouched.
 */
bool weft_choice_of(const struct weft_model *model, uint32_t point, struct weft_choice *choice);

/* How many others than the one that went on are named, and the i-th of them: a candidate. */
static inline uint32_t weft_choice_others(const struct weft_choice *choice)
{
    return choice->count - (choice->taken < choice->count);
}

static inline uint32_t weft_choice_other(const struct weft_choice *choice, uint32_t i)
{
    return i < choice->taken ? i : i + 1;
}

/* Adds a candidate's name, as it was then. */
void weft_choice_name(const struct weft_model *model, uint32_t point,
                      const struct weft_choice *choice, uint32_t candidate,
                      struct weft_sentence *out);

#endif
