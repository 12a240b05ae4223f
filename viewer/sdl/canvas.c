#define _POSIX_C_SOURCE 200809L

#include "viewer/sdl/canvas.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum weft_status weft_canvas_init(struct weft_canvas *canvas, const char *state_path,
                                  struct weft_error *error)
{
    struct weft_canvas made = {.state_fd = -1};
    enum weft_status status = weft_paint_init(&made.paint, error);

    if (status != WEFT_OK) {
        return status;
    }
    weft_draw_init(&made.list);
    if (!weft_sink_init(&made.line, -1)) {
        status = weft_error_set(error, WEFT_ERR_MEMORY, "no memory for a frame");
        goto done;
    }
    if (state_path != NULL) {
        made.state_fd = open(state_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (made.state_fd < 0) {
            status = weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot write the state: %s",
                                    state_path, strerror(errno));
            goto done;
        }
    }
    *canvas = made;
done:
    if (status != WEFT_OK) {
        weft_canvas_done(&made);
    }
    return status;
}

void weft_canvas_done(struct weft_canvas *canvas)
{
    if (canvas->state_fd >= 0) {
        (void)close(canvas->state_fd);
    }
    weft_sink_done(&canvas->line);
    weft_draw_done(&canvas->list);
    weft_paint_done(&canvas->paint);
}

/* One write a line, so that whoever follows the file never sees half of one. */
static enum weft_status tell_state(struct weft_canvas *canvas, const struct weft_app *app,
                                   struct weft_error *error)
{
    struct weft_sink *line = &canvas->line;

    if (canvas->state_fd < 0) {
        return WEFT_OK;
    }
    line->used = 0;
    weft_app_state(app, line);
    while (line->used > 0 && line->buffer[line->used - 1] == '\n') {
        line->used--;
    }
    weft_sink_char(line, '\n');
    errno = ENOSPC; /* what a short write means */
    if (line->errno_at != 0 ||
        write(canvas->state_fd, line->buffer, line->used) != (ssize_t)line->used) {
        return weft_error_set(error, WEFT_ERR_WRITE, "cannot write the state: %s",
                              strerror(line->errno_at != 0 ? line->errno_at : errno));
    }
    return WEFT_OK;
}

enum weft_status weft_canvas_draw(struct weft_canvas *canvas, struct weft_app *app,
                                  uint32_t *pixels, int width, int height, size_t stride,
                                  float scale, struct weft_error *error)
{
    const struct weft_measure measure = weft_text_measure(canvas->paint.text);

    weft_paint_target(&canvas->paint, pixels, width, height, stride, scale);
    weft_app_layout(app, (float)width / scale, (float)height / scale, &measure, &canvas->list);
    if (!weft_paint_list(&canvas->paint, &canvas->list)) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for a frame");
    }
    return tell_state(canvas, app, error);
}
