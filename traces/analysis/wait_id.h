/*
 * Names for waits, to be told by one command and asked for by the next: "2.5" is span 5, the
 * first being 0, of the thread with the number 2.  They stay the same while a trace grows.
 * Threads: any.
 */
#ifndef WEFT_TRACES_ANALYSIS_WAIT_ID_H
#define WEFT_TRACES_ANALYSIS_WAIT_ID_H

#include "traces/analysis/words.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stdint.h>

struct weft_word weft_wait_id(const struct weft_model *model, uint32_t thread, uint32_t span);

/* False: it is no such name, or the trace has no such span; the outputs are then untouched. */
bool weft_wait_id_parse(const struct weft_model *model, const char *text, uint32_t *thread,
                        uint32_t *span);

/* The wait that an event begins; false: it begins none, or one whose span was merged away. */
bool weft_wait_begun_by(const struct weft_model *model, uint32_t point, uint32_t *span);

#endif
