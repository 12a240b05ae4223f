/*
 * Libraries that the program loads.  RTLD_DEEPBIND would let one find the C library's functions
 * before ours, so it is left out, and the trace says so.
 */
#include "runtime/preload/hook.h"

#include <dlfcn.h>

static void tell_of_deepbind(const char *file, const void *site)
{
    static const char words[] = "without RTLD_DEEPBIND, which would hide it from weft: dlopen ";
    char text[512];
    size_t bytes = 0;

    for (; words[bytes] != '\0'; bytes++) {
        text[bytes] = words[bytes];
    }
    while (file != NULL && *file != '\0' && bytes < sizeof text) {
        text[bytes++] = *file++;
    }
    weft_record_with(WEFT_EV_MARK, 0, site, WEFT_OUT_OK,
                     &(struct weft_record_args){.text = text, .text_bytes = bytes});
}

/* A jump, not a call: the loader looks at who calls it, for the folders of that library. */
WEFT_HOOK void *dlopen(const char *file, int mode)
{
    if (weft_hook_on() && (mode & RTLD_DEEPBIND) != 0) {
        tell_of_deepbind(file, WEFT_SITE);
        mode &= ~RTLD_DEEPBIND;
    }
    return weft_real.dlopen(file, mode);
}
