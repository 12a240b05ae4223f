/*
 * What must be true of every picture: checked over draw lists, with a fake measure.
 * Threads: one at a time.
 */
#ifndef WEFT_TESTS_VIEWER_CHECK_H
#define WEFT_TESTS_VIEWER_CHECK_H

#include "viewer/app.h"
#include "viewer/commands.h"
#include "viewer/draw.h"

#include <stdbool.h>
#include <stddef.h>

/* Every character is 0.55 of the size wide. */
struct weft_measure check_measure(void);

/* Setup and teardown of a case that runs in Vietnamese, as the build's catalogue has it. */
int check_speak_vietnamese(void **state);
int check_speak_english(void **state);

/* An app that has loaded a trace of traces/samples, or a file by its path. */
struct weft_app *check_open(const char *path, const struct weft_app_options *options);
struct weft_app *check_open_sample(const char *name, const struct weft_app_options *options);

/* Presses the first key of a command; fails the test when it has none. */
void check_command(struct weft_app *app, enum weft_command_id id);

/*
 * Fails the test, with the texts that are wrong, unless in a picture of width × height
 *   every text fits its box, and its box its clip, and
 *   no two texts lie on one another, and
 *   every text has at least 4.5:1 on what is really behind it, and
 *   no line runs back in time.
 */
void check_picture(const struct weft_draw_list *list, float width, float height, const char *what);

/* The first text item that has `text` in it; NULL when there is none. */
const struct weft_draw_item *check_text(const struct weft_draw_list *list, const char *text);

/* A value of the app's state: the text behind "key": until the next comma.  "" when missing. */
void check_state(const struct weft_app *app, const char *key, char *out, size_t room);
double check_state_number(const struct weft_app *app, const char *key);

#endif
