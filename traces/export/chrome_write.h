/*
 * The words of a Chrome trace: names that are put together piece by piece, and events with their
 * arguments.  An event is begun, gets its time, name, category and arguments, and is ended.
 * Private to traces/export.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_EXPORT_CHROME_WRITE_H
#define WEFT_TRACES_EXPORT_CHROME_WRITE_H

#include "traces/export/chrome_lanes.h"
#include "traces/export/export.h"

struct weft_chrome {
    const struct weft_model *model;
    struct weft_sink *sink;
    struct weft_sink scratch; /* where a name is put together before it is escaped */
    struct weft_chrome_lanes lanes;
    uint32_t *waiting; /* by object: how many threads wait for it at the moment */
    bool has_findings;
    uint64_t events;
    uint32_t args; /* of the event being written */
};

/* Names: said into the scratch, then put. */
void weft_chrome_say_object(struct weft_chrome *chrome, uint32_t object);
void weft_chrome_say_thread(struct weft_chrome *chrome, uint32_t thread, uint64_t t_ns);
void weft_chrome_say(struct weft_chrome *chrome, const char *text);
void weft_chrome_put_said(struct weft_chrome *chrome);
void weft_chrome_begin_event(struct weft_chrome *chrome, const char *phase, uint32_t tid);
void weft_chrome_put_time(struct weft_chrome *chrome, uint64_t t_ns);
void weft_chrome_put_name(struct weft_chrome *chrome);
void weft_chrome_put_category(struct weft_chrome *chrome, const char *category);
void weft_chrome_put_arg(struct weft_chrome *chrome, const char *key);
void weft_chrome_put_text_arg(struct weft_chrome *chrome, const char *key, const char *text);
void weft_chrome_put_int_arg(struct weft_chrome *chrome, const char *key, int64_t value);
void weft_chrome_put_true_arg(struct weft_chrome *chrome, const char *key, bool is_true);
void weft_chrome_put_thread_arg(struct weft_chrome *chrome, const char *key, uint32_t thread,
                                uint64_t t_ns);
void weft_chrome_put_object_arg(struct weft_chrome *chrome, const char *key, uint32_t object);
const struct weft_site *weft_chrome_site_of(const struct weft_chrome *chrome, uint32_t site);
void weft_chrome_put_site_args(struct weft_chrome *chrome, uint32_t index);
void weft_chrome_put_loc(struct weft_chrome *chrome, uint32_t index);
void weft_chrome_end_event(struct weft_chrome *chrome);

#endif
