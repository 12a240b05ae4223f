/*
 * What weft check finds, on a lane of its own: a tick where each finding begins, with its
 * sentences. Private to traces/export.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_EXPORT_CHROME_FINDINGS_H
#define WEFT_TRACES_EXPORT_CHROME_FINDINGS_H

#include "traces/analysis/findings.h"
#include "traces/export/chrome_write.h"

struct weft_chrome_findings {
    struct weft_findings found;
    uint32_t *order; /* those that stand alone, by time */
    size_t count, next;
};

/* Status: WEFT_ERR_MEMORY; findings may then be given to done, as after success. */
enum weft_status weft_chrome_findings_look(const struct weft_model *model,
                                           struct weft_chrome_findings *findings);
void weft_chrome_findings_done(struct weft_chrome_findings *findings);

/* Writes those that begin up to t_ns and are not written yet. */
void weft_chrome_findings_put(struct weft_chrome *chrome, struct weft_chrome_findings *findings,
                              uint64_t t_ns);

#endif
