/*
 * What is to say about what the user points at or has selected.
 * Threads: any.
 */
#ifndef WEFT_VIEWER_FACTS_H
#define WEFT_VIEWER_FACTS_H

#include "traces/analysis/sentences.h"
#include "traces/model/model.h"
#include "viewer/view.h"

#include <stdbool.h>

/* False when it is nothing of the model; *facts is then untouched. */
bool weft_facts_of(const struct weft_model *model, struct weft_target target,
                   struct weft_facts *facts);

#endif
