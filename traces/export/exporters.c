#include "traces/export/export.h"

#define WEFT_EXPORTER(name, extension, function, words)                                            \
    void function(const struct weft_model *model, struct weft_sink *sink);
#include "traces/export/exporters.def"

const struct weft_exporter weft_exporters[] = {
#define WEFT_EXPORTER(name, extension, function, words) {name, extension, words, function},
#include "traces/export/exporters.def"
};

const size_t weft_exporter_count = sizeof weft_exporters / sizeof weft_exporters[0];
