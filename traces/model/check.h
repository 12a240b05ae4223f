/*
 * Is a model in itself what model.h promises?  For tests and the fuzzer, which feed what no
 * program would.
 * Threads: any, on a model that nobody feeds.
 */
#ifndef WEFT_TRACES_MODEL_CHECK_H
#define WEFT_TRACES_MODEL_CHECK_H

#include "traces/model/model.h"

/* NULL when all holds, else a sentence about the first thing that does not. */
const char *weft_model_check(const struct weft_model *model);

#endif
