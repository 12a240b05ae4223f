#define _POSIX_C_SOURCE 200809L

#include "viewer/sdl/picture.h"
#include "viewer/sdl/show.h"

#include <SDL.h>
#include <SDL_image.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SDL_image tells nothing of a full disk; the stream does. */
static enum weft_status save(SDL_Surface *surface, FILE *out, const char *path,
                             struct weft_error *error)
{
    SDL_RWops *stream = SDL_RWFromFP(out, SDL_FALSE);

    if (stream == NULL || IMG_SavePNG_RW(surface, stream, 1) != 0) {
        return weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot make a PNG: %s", path,
                              SDL_GetError());
    }
    errno = 0;
    if (fflush(out) != 0 || ferror(out) != 0) {
        return weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot write: %s", path,
                              strerror(errno != 0 ? errno : EIO));
    }
    return WEFT_OK;
}

/* Devices and pipes are written to; only a file, or nothing, is replaced. */
static bool is_replaced(const char *path)
{
    struct stat found;

    return stat(path, &found) != 0 || S_ISREG(found.st_mode);
}

static enum weft_status save_file(SDL_Surface *surface, const char *path, struct weft_error *error)
{
    const bool replace = is_replaced(path);
    const size_t room = strlen(path) + 32;
    char *name = malloc(room);
    enum weft_status status = WEFT_OK;
    FILE *out = NULL;
    bool made = false;
    int fd;

    if (name == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for a name");
    }
    (void)snprintf(name, room, replace ? "%s.%ld.tmp" : "%s", path, (long)getpid());
    fd = open(name, O_WRONLY | O_CLOEXEC | (replace ? O_CREAT | O_EXCL : O_TRUNC), 0666);
    made = replace && fd >= 0;
    out = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (out == NULL) {
        status =
            weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot write: %s", path, strerror(errno));
        goto done;
    }
    fd = -1;
    status = save(surface, out, path, error);
done:
    if (fd >= 0) {
        (void)close(fd);
    }
    if (out != NULL && fclose(out) != 0 && status == WEFT_OK) {
        status =
            weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot write: %s", path, strerror(errno));
    }
    if (made && status == WEFT_OK && rename(name, path) != 0) {
        status =
            weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot write: %s", path, strerror(errno));
    }
    if (made && status != WEFT_OK) {
        (void)unlink(name);
    }
    free(name);
    return status;
}

/* Draws into a surface of its own and saves that. */
static enum weft_status draw_and_save(struct weft_canvas *canvas, struct weft_app *app, int width,
                                      int height, float scale, const char *path,
                                      struct weft_error *error)
{
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    enum weft_status status;

    if (surface == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "cannot make a picture of %d × %d: %s", width,
                              height, SDL_GetError());
    }
    status = weft_canvas_draw(canvas, app, surface->pixels, width, height,
                              (size_t)surface->pitch / sizeof(uint32_t), scale, error);
    if (status == WEFT_OK) {
        status = save_file(surface, path, error);
    }
    SDL_FreeSurface(surface);
    return status;
}

enum weft_status weft_picture_save(struct weft_canvas *canvas, struct weft_app *app, int width,
                                   int height, float scale, char *path, size_t room,
                                   struct weft_error *error)
{
    enum { NUMBERS = 10000 };
    int number = 1;

    do {
        (void)snprintf(path, room, "weft-%d.png", number);
    } while (access(path, F_OK) == 0 && ++number < NUMBERS);
    return draw_and_save(canvas, app, width, height, scale, path, error);
}

enum weft_status weft_show_picture(struct weft_app *app, const struct weft_show_options *options,
                                   const char *path, struct weft_error *error)
{
    struct weft_canvas canvas;
    enum weft_status status = weft_canvas_init(&canvas, options->state_path, error);

    if (status != WEFT_OK) {
        return status;
    }
    /* Time stands still: a picture depends on the trace alone.  A trace that still grows is
     * shown as far as it goes: then the app wants to wait. */
    while (weft_app_tick(app, 0) == 0 && weft_app_loading(app)) {
    }
    status = draw_and_save(&canvas, app, options->width, options->height,
                           options->scale * weft_app_scale(app), path, error);
    weft_canvas_done(&canvas);
    return status;
}
