/*
 * Exporters: model in, bytes out.  Each is a row of exporters.def.
 *
 * An exporter streams into the sink and holds no document in memory; whatever goes wrong (a full
 * disk, no memory for its index) is the sink's error, which sticks and is asked for once.
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
    const char *extension; /* of the file that is written when none is named */
    const char *words;     /* one line for --help */
    void (*write)(const struct weft_model *model, struct weft_sink *sink);
};

extern const struct weft_exporter weft_exporters[];
extern const size_t weft_exporter_count;

#endif
