/*
 * Exporters: model in, bytes out.  Each is a row of exporters.def.
 * Threads: any, on a model that nobody feeds.
 */
#ifndef WEFT_TRACES_EXPORT_H
#define WEFT_TRACES_EXPORT_H

#include "base/sink.h"
#include "base/status.h"
#include "traces/model/model.h"

#include <stddef.h>

struct weft_exporter {
    const char *name;      /* "chrome" */
    const char *extension; /* ".json" */
    const char *words;     /* one line for --help */
    void (*write)(const struct weft_model *model, struct weft_sink *sink);
};

extern const struct weft_exporter weft_exporters[];
extern const size_t weft_exporter_count;

#endif
