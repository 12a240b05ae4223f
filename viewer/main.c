/* weft-view: shows a trace in a window, or draws it as a PNG.  `weft view` becomes this program. */
#include "viewer/app.h"
#include "viewer/language.h"
#include "viewer/options.h"
#include "viewer/rerun.h"
#include "viewer/sdl/show.h"
#include "viewer/settings.h"

#include <stdio.h>

enum { EXIT_USAGE = 2, EXIT_UNREADABLE = 3, EXIT_UNSHOWN = 4 };

static int fail(const struct weft_error *error, int status)
{
    (void)fprintf(stderr, "weft: %s\n", error->text);
    return status;
}

/* What the trace lacks is missing in its picture, too, and scripts see only this. */
static void warn(const struct weft_app *app, const char *trace)
{
    char text[400];

    for (uint32_t i = 0; weft_app_warning(app, i, text, sizeof text); i++) {
        (void)fprintf(stderr, "weft: %s: %s\n", trace, text);
    }
}

int main(int argc, char **argv)
{
    struct weft_view_options options;
    struct weft_error error;
    struct weft_app *app = NULL;
    enum weft_status shown;
    static struct weft_settings settings;
    static char weft[WEFT_RERUN_PATH_BYTES];

    if (!weft_view_options_parse(argc, argv, &options, &error)) {
        return fail(&error, EXIT_USAGE);
    }
    if (options.help) {
        weft_view_options_help(stdout);
        return 0;
    }
    options.app.in_middle = options.screenshot != NULL;
    /* A picture depends on its options alone; a window looks as its user left it. */
    weft_settings_init(&settings);
    if (options.screenshot == NULL) {
        weft_settings_load(&settings);
        options.app.theme = options.has_theme ? options.app.theme : settings.theme;
        options.width = options.has_size || settings.width == 0 ? options.width : settings.width;
        options.height =
            options.has_size || settings.height == 0 ? options.height : settings.height;
    }
    settings.theme = options.app.theme;
    options.app.weft = weft_rerun_find(weft, sizeof weft) ? weft : NULL;
    options.app.catalogues = weft_language_catalogues();
    weft_language_choose(&options, &settings);
    app = weft_app_new(&options.app);
    if (app == NULL) {
        (void)weft_error_set(&error, WEFT_ERR_MEMORY, "no memory");
        return fail(&error, EXIT_UNSHOWN);
    }
    *weft_app_settings(app) = settings;
    if (weft_app_open(app, options.trace, &error) != WEFT_OK) {
        weft_app_free(app);
        return fail(&error, EXIT_UNREADABLE);
    }
    if (options.beside != NULL &&
        weft_app_open_beside(app, options.beside, options.app.live, &error) != WEFT_OK) {
        weft_app_free(app);
        return fail(&error, EXIT_UNREADABLE);
    }
    const struct weft_show_options show = {
        .width = options.width,
        .height = options.height,
        .scale = options.scale,
        .state_path = options.state,
    };
    if (options.screenshot != NULL) {
        shown = weft_show_picture(app, &show, options.screenshot, &error);
        if (shown == WEFT_OK) {
            warn(app, options.trace);
        }
    } else {
        shown = weft_show_window(app, &show, &error);
        weft_settings_save(weft_app_settings(app));
    }
    weft_app_free(app);
    return shown == WEFT_OK ? 0 : fail(&error, EXIT_UNSHOWN);
}
