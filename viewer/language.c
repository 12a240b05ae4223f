#include "viewer/language.h"

#include "base/tongue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *weft_language_catalogues(void)
{
    static const char *const folders[] = {"locale", WEFT_LOCALE_FROM_VIEWER};
    static char path[2048];
    char self[1024];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    self[len > 0 ? len : 0] = '\0';
    char *const slash = strrchr(self, '/');
    for (size_t i = 0; slash != NULL && i < sizeof folders / sizeof *folders; i++) {
        slash[1] = '\0';
        (void)snprintf(path, sizeof path, "%s%s", self, folders[i]);
        if (access(path, R_OK) == 0) {
            return path;
        }
    }
    return NULL;
}

void weft_language_choose(const struct weft_view_options *options, struct weft_settings *settings)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL;

    for (size_t i = 0; (locale == NULL || *locale == '\0') && i < 3; i++) {
        locale = getenv(names[i]);
    }
    if (options->has_tongue) {
        settings->tongue = options->tongue;
        settings->has_tongue = true;
    } else if (!settings->has_tongue) {
        settings->tongue = weft_tongue_wanted(getenv("LANGUAGE"), locale);
    }
    (void)weft_tongue_choose(settings->tongue, options->app.catalogues);
}
