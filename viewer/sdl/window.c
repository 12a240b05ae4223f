#include "base/tongue.h"
#include "viewer/sdl/canvas.h"
#include "viewer/sdl/input.h"
#include "viewer/sdl/picture.h"
#include "viewer/sdl/show.h"
#include "viewer/settings.h"

#include <SDL.h>
#include <stdlib.h>
#include <string.h>

/* Between frames: 60 a second are enough for a playhead, and leave the processor alone. */
enum { FRAME_MS = 16 };

/*
 * Two ways to the screen.  The window's surface is the fastest without a GPU, but only X11 and the
 * dummy driver have a true one: elsewhere SDL makes it from a texture, and on Wayland that breaks
 * (SDL issue 7532).  Everything else gets a renderer with one texture.  Never both on one window.
 */
struct window {
    SDL_Window *sdl;
    SDL_Renderer *renderer; /* NULL: the window's surface */
    SDL_Texture *texture;
    int texture_width, texture_height;
    uint32_t *pixels; /* a picture of our own, when the surface's pixels are not like ours */
    size_t room;
    float user_scale;
    float app_scale;  /* what the user asked for by keys, on top of it */
    bool full_screen; /* it is */
    bool exposed;     /* what was drawn is gone */
    uint64_t drawn_at_ms;
    char title[256];
    struct weft_input_state input;
    struct weft_canvas *canvas;
};

static enum weft_status no_window(struct weft_error *error)
{
    return weft_error_set(error, WEFT_ERR_OPEN,
                          "cannot open a window: %s (use --screenshot OUT.png to draw without one)",
                          SDL_GetError());
}

/*
 * Names the screens that there are, so that SDL neither falls back on one that nobody sees
 * ("offscreen") nor lets a library print what it misses.  SDL_VIDEODRIVER wins over this.
 */
static bool choose_driver(void)
{
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    const bool has_x11 = x11 != NULL && *x11 != '\0';
    const bool has_wayland = wayland != NULL && *wayland != '\0';

    if (SDL_GetHint(SDL_HINT_VIDEODRIVER) != NULL) {
        return true;
    }
    if (!has_x11 && !has_wayland) {
        (void)SDL_SetError("there is no display");
        return false;
    }
    (void)SDL_SetHint(SDL_HINT_VIDEODRIVER, !has_wayland ? "x11"
                                            : !has_x11   ? "wayland"
                                                         : "x11,wayland");
    return true;
}

/* Setting a render driver (SDL_RENDER_DRIVER=software) asks for the renderer, and tests it. */
static bool wants_surface(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();

    return driver != NULL && (strcmp(driver, "x11") == 0 || strcmp(driver, "dummy") == 0) &&
           SDL_GetHint(SDL_HINT_RENDER_DRIVER) == NULL;
}

/* No larger than the screen. */
static void fit_screen(int *width, int *height)
{
    SDL_Rect usable;

    if (SDL_GetDisplayUsableBounds(0, &usable) == 0 && usable.w > 0 && usable.h > 0) {
        *width = *width < usable.w ? *width : usable.w;
        *height = *height < usable.h ? *height : usable.h;
    }
}

static enum weft_status open_window(struct window *window, const struct weft_show_options *options,
                                    const char *title, struct weft_error *error)
{
    int width = options->width, height = options->height;
    bool surface;

    (void)SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    (void)SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (!choose_driver() || SDL_Init(SDL_INIT_VIDEO) != 0) {
        return no_window(error);
    }
    surface = wants_surface();
    if (surface) {
        /* Otherwise SDL presents through OpenGL, in software: 8.7 ms a frame instead of 1. */
        (void)SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    }
    fit_screen(&width, &height);
    window->sdl = SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width,
                                   height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (window->sdl == NULL) {
        return no_window(error);
    }
    if (!surface) {
        window->renderer = SDL_CreateRenderer(window->sdl, -1, 0);
        if (window->renderer == NULL) {
            return no_window(error);
        }
    }
    SDL_SetWindowMinimumSize(window->sdl, 320, 200);
    (void)SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    window->user_scale = options->scale;
    window->app_scale = 1;
    window->exposed = true;
    weft_input_init(&window->input, options->scale);
    return WEFT_OK;
}

static void close_window(struct window *window)
{
    if (window->sdl != NULL) {
        weft_input_done(&window->input);
    }
    if (window->texture != NULL) {
        SDL_DestroyTexture(window->texture);
    }
    if (window->renderer != NULL) {
        SDL_DestroyRenderer(window->renderer);
    }
    /* The window itself is left to the end of the process, which comes at once: on X11, SDL 2.26
     * wakes itself by an event on a connection of its own, and where the server takes that after
     * the window's end, Xlib ends the program with status 1. */
    if (window->sdl != NULL) {
        SDL_HideWindow(window->sdl);
    }
    free(window->pixels);
}

static bool has_our_pixels(const SDL_Surface *surface)
{
    return (surface->format->format == SDL_PIXELFORMAT_RGB888 ||
            surface->format->format == SDL_PIXELFORMAT_ARGB8888) &&
           surface->pitch % (int)sizeof(uint32_t) == 0;
}

static bool reserve_pixels(struct window *window, int width, int height)
{
    const size_t area = (size_t)width * (size_t)height;

    if (window->room < area) {
        free(window->pixels);
        window->pixels = malloc(area * sizeof *window->pixels);
        window->room = window->pixels != NULL ? area : 0;
    }
    return window->room >= area;
}

/* Pixels of the screen per logical px: the screen's own factor times what the user asked for. */
static float scale_for(const struct window *window, int pixels_wide)
{
    int width = 0;

    SDL_GetWindowSize(window->sdl, &width, NULL);
    return window->user_scale * window->app_scale *
           (width > 0 ? (float)pixels_wide / (float)width : 1);
}

static enum weft_status draw_surface(struct window *window, struct weft_app *app,
                                     struct weft_error *error)
{
    SDL_Surface *surface = SDL_GetWindowSurface(window->sdl);
    enum weft_status status;

    if (surface == NULL) {
        return no_window(error);
    }
    const float scale = scale_for(window, surface->w);
    if (has_our_pixels(surface)) {
        if (SDL_LockSurface(surface) != 0) {
            return no_window(error);
        }
        status = weft_canvas_draw(window->canvas, app, surface->pixels, surface->w, surface->h,
                                  (size_t)surface->pitch / sizeof(uint32_t), scale, error);
        SDL_UnlockSurface(surface);
    } else {
        if (!reserve_pixels(window, surface->w, surface->h)) {
            return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for a frame");
        }
        status = weft_canvas_draw(window->canvas, app, window->pixels, surface->w, surface->h,
                                  (size_t)surface->w, scale, error);
        if (SDL_ConvertPixels(surface->w, surface->h, SDL_PIXELFORMAT_ARGB8888, window->pixels,
                              surface->w * (int)sizeof(uint32_t), surface->format->format,
                              surface->pixels, surface->pitch) != 0) {
            return no_window(error);
        }
    }
    if (status == WEFT_OK && SDL_UpdateWindowSurface(window->sdl) != 0) {
        window->exposed = true; /* the window changed its size meanwhile: its event comes */
    }
    return status;
}

static bool reserve_texture(struct window *window, int width, int height)
{
    if (window->texture != NULL && window->texture_width == width &&
        window->texture_height == height) {
        return true;
    }
    if (window->texture != NULL) {
        SDL_DestroyTexture(window->texture);
    }
    window->texture = SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_ARGB8888,
                                        SDL_TEXTUREACCESS_STREAMING, width, height);
    window->texture_width = width;
    window->texture_height = height;
    return window->texture != NULL;
}

/* Painted in memory of our own: a locked texture may be write-only, and blending reads. */
static enum weft_status draw_texture(struct window *window, struct weft_app *app,
                                     struct weft_error *error)
{
    enum weft_status status;
    int width = 0, height = 0;

    if (SDL_GetRendererOutputSize(window->renderer, &width, &height) != 0 ||
        !reserve_texture(window, width, height)) {
        return no_window(error);
    }
    if (!reserve_pixels(window, width, height)) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for a frame");
    }
    status = weft_canvas_draw(window->canvas, app, window->pixels, width, height, (size_t)width,
                              scale_for(window, width), error);
    if (SDL_UpdateTexture(window->texture, NULL, window->pixels, width * (int)sizeof(uint32_t)) !=
            0 ||
        SDL_RenderCopy(window->renderer, window->texture, NULL, NULL) != 0) {
        return no_window(error);
    }
    SDL_RenderPresent(window->renderer);
    return status;
}

static enum weft_status draw(struct window *window, struct weft_app *app, struct weft_error *error)
{
    const char *title = weft_app_title(app);

    if (strncmp(title, window->title, sizeof window->title - 1) != 0) {
        (void)SDL_strlcpy(window->title, title, sizeof window->title);
        SDL_SetWindowTitle(window->sdl, window->title);
    }
    window->app_scale = weft_app_scale(app);
    window->input.scale = window->user_scale * window->app_scale;
    window->exposed = false;
    window->drawn_at_ms = SDL_GetTicks64();
    return window->renderer != NULL ? draw_texture(window, app, error)
                                    : draw_surface(window, app, error);
}

/* A file dropped on the window is opened; the window says so when that fails. */
static void open_dropped(struct window *window, char *path, struct weft_app *app)
{
    struct weft_error error;

    if (weft_app_open(app, path, &error) != WEFT_OK) {
        weft_app_say(app, error.text);
    }
    SDL_free(path);
    window->exposed = true;
}

/* True when it means the end. */
static bool take_event(struct window *window, SDL_Event *event, struct weft_app *app)
{
    switch (event->type) {
    case SDL_QUIT:
        return true;
    case SDL_DROPFILE:
        open_dropped(window, event->drop.file, app);
        break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET:
        if (window->texture != NULL) {
            SDL_DestroyTexture(window->texture);
            window->texture = NULL;
        }
        window->exposed = true;
        break;
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_EXPOSED ||
            event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED ||
            event->window.event == SDL_WINDOWEVENT_RESTORED ||
            event->window.event == SDL_WINDOWEVENT_DISPLAY_CHANGED) {
            window->exposed = true;
        }
        break;
    default:
        break;
    }
    weft_input_event(&window->input, event, app);
    return false;
}

/* Waits at most wait_ms (-1: for ever) and takes all events that there are; true: the end. */
static bool take_events(struct window *window, int wait_ms, struct weft_app *app)
{
    SDL_Event event;
    bool got = wait_ms == 0  ? SDL_PollEvent(&event) != 0
               : wait_ms < 0 ? SDL_WaitEvent(&event) != 0
                             : SDL_WaitEventTimeout(&event, wait_ms) != 0;
    bool end = false;

    for (; got && !end; got = SDL_PollEvent(&event) != 0) {
        end = take_event(window, &event, app);
    }
    weft_input_flush(&window->input, app);
    return end;
}

/* A picture of what the window shows, under a name that is free, in the folder that weft was
 * started from. */
static void save_picture(struct window *window, struct weft_app *app)
{
    char path[64], text[256];
    struct weft_error error;
    int width = 0, height = 0;

    if (window->renderer != NULL) {
        (void)SDL_GetRendererOutputSize(window->renderer, &width, &height);
    } else {
        const SDL_Surface *surface = SDL_GetWindowSurface(window->sdl);
        width = surface != NULL ? surface->w : 0;
        height = surface != NULL ? surface->h : 0;
    }
    if (width <= 0 || height <= 0) {
        return;
    }
    if (weft_picture_save(window->canvas, app, width, height, scale_for(window, width), path,
                          sizeof path, &error) == WEFT_OK) {
        (void)SDL_snprintf(text, sizeof text, _("The picture is in %s."), path);
        weft_app_say(app, text);
    } else {
        weft_app_say(app, error.text);
    }
}

/* How long to wait for input before the next step, in ms; -1: for ever. */
static int pause_ms(const struct window *window, const struct weft_app *app, int app_ms)
{
    const uint64_t since_ms = SDL_GetTicks64() - window->drawn_at_ms;
    const int rest_ms = since_ms < FRAME_MS ? (int)(FRAME_MS - since_ms) : 0;

    if (weft_app_loading(app) && app_ms == 0) {
        return 0; /* a load goes on between frames */
    }
    if (window->exposed || weft_app_dirty(app)) {
        return rest_ms;
    }
    if (app_ms > 0 && app_ms <= FRAME_MS && rest_ms > 0) {
        return rest_ms; /* the next frame is a frame after the last one, not after its drawing */
    }
    return app_ms != 0 ? app_ms : rest_ms > 0 ? rest_ms : FRAME_MS;
}

static void remember_size(const struct window *window, struct weft_app *app)
{
    const Uint32 flags = SDL_GetWindowFlags(window->sdl);

    if ((flags & (SDL_WINDOW_MAXIMIZED | SDL_WINDOW_FULLSCREEN | SDL_WINDOW_MINIMIZED)) == 0) {
        struct weft_settings *settings = weft_app_settings(app);
        SDL_GetWindowSize(window->sdl, &settings->width, &settings->height);
    }
}

/* The window manager decides whether it comes to that, and tells the new size. */
static void follow_full_screen(struct window *window, const struct weft_app *app)
{
    const bool wanted = weft_app_full_screen(app);

    if (wanted != window->full_screen) {
        window->full_screen = wanted;
        (void)SDL_SetWindowFullscreen(window->sdl, wanted ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
        window->exposed = true;
    }
}

static enum weft_status run(struct window *window, struct weft_app *app, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;
    bool end = false;

    while (status == WEFT_OK && !end && !weft_app_quit(app)) {
        const uint64_t now_ms = SDL_GetTicks64();
        const int app_ms = weft_app_tick(app, now_ms * 1000000);
        const bool due = window->drawn_at_ms == 0 || now_ms - window->drawn_at_ms >= FRAME_MS;
        if (due && (window->exposed || weft_app_dirty(app))) {
            status = draw(window, app, error);
        }
        end = take_events(window, pause_ms(window, app, app_ms), app);
        follow_full_screen(window, app);
        if (weft_app_take_screenshot(app)) {
            save_picture(window, app);
        }
        remember_size(window, app);
    }
    return status;
}

enum weft_status weft_show_window(struct weft_app *app, const struct weft_show_options *options,
                                  struct weft_error *error)
{
    struct window window = {.sdl = NULL};
    struct weft_canvas canvas;
    enum weft_status status = weft_canvas_init(&canvas, options->state_path, error);

    if (status != WEFT_OK) {
        return status;
    }
    window.canvas = &canvas;
    status = open_window(&window, options, weft_app_title(app), error);
    if (status == WEFT_OK) {
        status = run(&window, app, error);
    }
    close_window(&window);
    weft_canvas_done(&canvas);
    return status;
}
