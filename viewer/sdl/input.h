/*
 * SDL's events as the app's input.  Events are taken in their order, with the modifiers and the
 * mouse's place of that moment: SDL's own "now" is already further when events come in bunches.
 *
 * W, A, S and D are physical keys.  Other printable keys count by what they write.  Without Shift
 * or AltGr that is the key's symbol; with them only text input knows ('?' is on another key in
 * every country), so text input is on just while they are held.  It is off otherwise because an
 * input method that composes letters (Vietnamese Telex) would swallow single ones.
 * Threads: the main thread.
 */
#ifndef WEFT_VIEWER_SDL_INPUT_H
#define WEFT_VIEWER_SDL_INPUT_H

#include "viewer/app.h"

#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

struct weft_input_state {
    float scale; /* the window's units per logical px */
    uint32_t mods;
    float x, y;                /* logical px */
    uint32_t buttons;          /* held: bit 1 << button */
    bool repeating;            /* the key that text input speaks of is held down */
    struct weft_input waiting; /* moves and wheel turns that may still grow */
    bool has_waiting;
};

/* Sets text input up; SDL's video must be there. */
void weft_input_init(struct weft_input_state *state, float scale);
void weft_input_done(struct weft_input_state *state);

/* Feeds one event to the app; what is no input is ignored. */
void weft_input_event(struct weft_input_state *state, const SDL_Event *event, struct weft_app *app);

/* Hands over what waits, at the end of a bunch of events. */
void weft_input_flush(struct weft_input_state *state, struct weft_app *app);

#endif
