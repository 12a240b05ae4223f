/*
 * The viewer without a window: the app takes input, keeps the view (range, selection, playhead),
 * and lays out frames as draw lists.  viewer/sdl supplies the window, the keys and the pixels.
 * One loop step per call and nothing blocks: a long load is fed by ticks.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_APP_H
#define WEFT_VIEWER_APP_H

#include "base/sink.h"
#include "base/status.h"
#include "viewer/draw.h"

#include <stdbool.h>
#include <stdint.h>

enum weft_theme_id { WEFT_THEME_DARK, WEFT_THEME_LIGHT, WEFT_THEME_CONTRAST };

struct weft_app_options {
    enum weft_theme_id theme;
    uint64_t from_ns, to_ns; /* first range shown; to_ns 0: everything */
    uint64_t at_ns;          /* the playhead */
    bool has_at;             /* false: at the start of what is shown */
    bool in_middle;          /* … or in its middle: for pictures */
    const char *source;      /* a folder of source files, or NULL; kept by the caller */
    const char *tab;         /* what to show first, by a command's name, or NULL: the timeline */
    bool classroom;
    bool live;              /* the trace may still grow, or not be there yet */
    const char *weft;       /* the program weft, or NULL: nothing can be run again; kept */
    const char *catalogues; /* the folder of the translations, or NULL: English alone; kept */
};

enum weft_key {
    WEFT_KEY_NONE,
    WEFT_KEY_CHAR, /* a printable key by what it writes: `ch` ('+', '-', '?', '.', '0', '/') */
    WEFT_KEY_W,
    WEFT_KEY_A,
    WEFT_KEY_S,
    WEFT_KEY_D, /* physical keys (scancodes) */
    WEFT_KEY_LEFT,
    WEFT_KEY_RIGHT,
    WEFT_KEY_UP,
    WEFT_KEY_DOWN,
    WEFT_KEY_HOME,
    WEFT_KEY_END,
    WEFT_KEY_PAGE_UP,
    WEFT_KEY_PAGE_DOWN,
    WEFT_KEY_SPACE,
    WEFT_KEY_ENTER,
    WEFT_KEY_ESC,
    WEFT_KEY_TAB,
    WEFT_KEY_F1,
    WEFT_KEY_F5,
    WEFT_KEY_F11,
    WEFT_KEY_F12,
    WEFT_KEY_BACKSPACE,
    WEFT_KEY_DELETE,
    WEFT_KEY_COUNT
};

enum weft_input_kind {
    WEFT_INPUT_KEY_DOWN,
    WEFT_INPUT_KEY_UP,
    WEFT_INPUT_MOUSE_MOVE,
    WEFT_INPUT_MOUSE_DOWN,
    WEFT_INPUT_MOUSE_UP,
    WEFT_INPUT_MOUSE_LEAVE,
    WEFT_INPUT_WHEEL,
    WEFT_INPUT_TEXT, /* `ch` was written, into a field that wants text */
};

enum { WEFT_MOD_SHIFT = 1, WEFT_MOD_CTRL = 2, WEFT_MOD_ALT = 4 };

struct weft_input {
    enum weft_input_kind kind;
    enum weft_key key;
    uint32_t ch;
    uint32_t mods;
    float x, y; /* of the mouse, logical px */
    int button; /* 1 left, 2 middle, 3 right */
    int clicks;
    float wheel_x, wheel_y; /* notches; up and right are positive */
};

struct weft_app;

struct weft_settings;

struct weft_app *weft_app_new(const struct weft_app_options *options);
void weft_app_free(struct weft_app *app);

/* Starts to load a trace; ticks go on with it. */
enum weft_status weft_app_open(struct weft_app *app, const char *path, struct weft_error *error);

/*
 * Shows a second trace below the one that is open, with one time axis and one playhead.
 *   live   it may still grow, or not be there yet
 */
enum weft_status weft_app_open_beside(struct weft_app *app, const char *path, bool live,
                                      struct weft_error *error);

void weft_app_input(struct weft_app *app, const struct weft_input *input);

/*
 * Lets time pass (now_ns: any clock that never goes back).  Returns how long nothing will change
 * by itself, in ms: 0 draw at once and go on, -1 until there is input.
 */
int weft_app_tick(struct weft_app *app, uint64_t now_ns);
bool weft_app_loading(const struct weft_app *app);
bool weft_app_looking(const struct weft_app *app); /* for findings, beside the frames */
bool weft_app_dirty(const struct weft_app *app);   /* a new frame would look different */
bool weft_app_quit(const struct weft_app *app);
const char *weft_app_title(const struct weft_app *app);

/* Does its next key write into a field?  Then text comes as WEFT_INPUT_TEXT. */
bool weft_app_wants_text(const struct weft_app *app);

/* How large everything is to be drawn, on top of what the screen and the options say. */
float weft_app_scale(const struct weft_app *app);

/* True once after the user has asked for a picture of the window. */
bool weft_app_take_screenshot(struct weft_app *app);

/* Does the user want the whole screen? */
bool weft_app_full_screen(const struct weft_app *app);

/* Says something in the window for a while: what went wrong, or where the picture is. */
void weft_app_say(struct weft_app *app, const char *text);

/* What is remembered between sessions; the app changes it as the user does. */
struct weft_settings *weft_app_settings(struct weft_app *app);

/* What the trace lacks, one sentence each, i from 0; false: there is no such one. */
bool weft_app_warning(const struct weft_app *app, uint32_t i, char *out, size_t room);

/* Lays out one frame of width × height logical px into list (which is reset first). */
void weft_app_layout(struct weft_app *app, float width, float height,
                     const struct weft_measure *measure, struct weft_draw_list *list);

/* The view as one JSON object on one line, for tests and scripts: range, playhead, hover … */
void weft_app_state(const struct weft_app *app, struct weft_sink *sink);

#endif
