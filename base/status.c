#include "base/status.h"

#include <stdio.h>

enum weft_status weft_error_set(struct weft_error *error, enum weft_status status,
                                const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}
