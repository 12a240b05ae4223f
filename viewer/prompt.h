/*
 * The field for one line of text: what is typed into it, and the list below it.
 * Threads: one at a time.
 */
#ifndef WEFT_VIEWER_PROMPT_H
#define WEFT_VIEWER_PROMPT_H

#include "viewer/app.h"
#include "viewer/commands.h"
#include "viewer/view.h"

#include <stdbool.h>

enum { WEFT_PROMPT_ROWS = 10 };

void weft_prompt_open(struct weft_prompt *prompt, enum weft_prompt_kind kind, const char *text);
void weft_prompt_write(struct weft_prompt *prompt, uint32_t ch);

/* Keys that edit: arrows, Home, End, Backspace, Delete.  False: it is none of these. */
bool weft_prompt_edit(struct weft_prompt *prompt, enum weft_key key);

/* Commands whose names or help have every word of text in them, in the order of the table; at most
 * room.  Returns how many there are in out. */
uint32_t weft_prompt_commands(const char *text, enum weft_command_id *out, uint32_t room);

#endif
