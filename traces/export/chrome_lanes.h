/*
 * The lanes of the Chrome export: which number each thread and each object goes by, and which
 * names need a number to be told apart.
 *
 * Objects have tids too.  Perfetto ignores them; Catapult draws holds, and Tracy all slices, on
 * the thread that they are numbered with, where the holds of a lock would cross the states.
 *
 * Owns: its arrays.  Threads: any, on a model that nobody feeds.
 */
#ifndef WEFT_TRACES_EXPORT_CHROME_LANES_H
#define WEFT_TRACES_EXPORT_CHROME_LANES_H

#include "traces/model/model.h"

#include <stdbool.h>
#include <stdint.h>

struct weft_chrome_lanes {
    uint32_t pid;          /* never 0 */
    uint32_t *thread_tids; /* by thread: never 0, each once, a free number is never pid */
    uint32_t *object_tids; /* by object */
    uint32_t findings_tid;
    bool *ambiguous; /* by object: another one has the same name */
};

/* Status: WEFT_ERR_MEMORY; lanes may then be given to done, as after success. */
enum weft_status weft_chrome_lanes_init(struct weft_chrome_lanes *lanes,
                                        const struct weft_model *model);
void weft_chrome_lanes_done(struct weft_chrome_lanes *lanes);

#endif
