/*
 * The names of a trace, as reports say them.
 *
 * Threads of one name are told apart by their numbers in the trace: of three threads "w" every
 * report and the viewer say "w #2", "w #3" and "w #4".  Names that only one thread ever had stay as
 * they are.
 * Threads: one at a time.
 */
#ifndef WEFT_ANALYSIS_NAMES_H
#define WEFT_ANALYSIS_NAMES_H

#include "traces/model/model.h"

#include <stdbool.h>

/* Changes the names in a model that is complete, once.  False when there is no memory: names that
 * are not changed yet stay as they are. */
bool weft_names_tell_apart(struct weft_model *model);

/*
 * Makes every text of the trace fit for a terminal (base/plain.h): names of threads, objects,
 * zones, functions and files, printed lines, what the header says.  For reports in words; those for
 * programs tell the names as they are.  Before weft_names_tell_apart; false: no memory.
 */
bool weft_names_make_plain(struct weft_model *model);

#endif
