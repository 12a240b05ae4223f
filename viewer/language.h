/*
 * Which language the viewer speaks when it opens.
 * Threads: the main thread, before others ask (base/tongue.h).
 */
#ifndef WEFT_VIEWER_LANGUAGE_H
#define WEFT_VIEWER_LANGUAGE_H

#include "viewer/options.h"
#include "viewer/settings.h"

/* The folder of the translations, seen from where this program is: in the build, or installed;
 * NULL when there is none.  Static memory. */
const char *weft_language_catalogues(void);

/*
 * Speaks what was said (--lang), else what was chosen the last time, else what the locale wants,
 * and writes it to the settings.  English where options->app.catalogues has no translation.
 */
void weft_language_choose(const struct weft_view_options *options, struct weft_settings *settings);

#endif
