/* weft-view: shows a trace in a window, or draws it as a PNG.  `weft view` becomes this program. */
#include "viewer/app.h"
#include "viewer/options.h"
#include "viewer/sdl/show.h"

#include <stdio.h>

enum { EXIT_USAGE = 2, EXIT_UNREADABLE = 3, EXIT_UNSHOWN = 4 };

static int fail(const struct weft_error *error, int status)
{
    (void)fprintf(stderr, "weft: %s\n", error->text);
    return status;
}

int main(int argc, char **argv)
{
    struct weft_view_options options;
    struct weft_error error;
    struct weft_app *app = NULL;
    enum weft_status shown;

    if (!weft_view_options_parse(argc, argv, &options, &error)) {
        return fail(&error, EXIT_USAGE);
    }
    if (options.help) {
        weft_view_options_help(stdout);
        return 0;
    }
    options.app.in_middle = options.screenshot != NULL;
    app = weft_app_new(&options.app);
    if (app == NULL) {
        (void)weft_error_set(&error, WEFT_ERR_MEMORY, "no memory");
        return fail(&error, EXIT_UNSHOWN);
    }
    if (weft_app_open(app, options.trace, &error) != WEFT_OK) {
        weft_app_free(app);
        return fail(&error, EXIT_UNREADABLE);
    }
    const struct weft_show_options show = {
        .width = options.width,
        .height = options.height,
        .scale = options.scale,
        .state_path = options.state,
    };
    shown = options.screenshot != NULL ? weft_show_picture(app, &show, options.screenshot, &error)
                                       : weft_show_window(app, &show, &error);
    weft_app_free(app);
    return shown == WEFT_OK ? 0 : fail(&error, EXIT_UNSHOWN);
}
