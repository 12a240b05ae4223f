/*
 * Text that was made by others, shown to people: names in a trace, paths, printed lines.  A
 * terminal obeys what is in a text, and a reader trusts the order of its letters; so whatever is no
 * letter is shown as an escape: control characters "\n", "\t", "\x1b", "\u{85}", marks that turn
 * the direction of writing "\u{202e}", bytes that are no UTF-8 "\xff". Threads: any.
 */
#ifndef WEFT_BASE_PLAIN_H
#define WEFT_BASE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Has the text nothing that would be escaped? */
bool weft_plain_is(const char *text);

/* Bytes that the plain form has at most, its end included. */
size_t weft_plain_room(const char *text);

/* Writes the plain form; what does not fit is left out, but no escape and no character in parts. */
void weft_plain_write(const char *text, char *out, size_t room);

/* A path or a name by value, so that several can stand in one call; a long one is cut. */
struct weft_plain {
    char text[1024];
};

struct weft_plain weft_plain(const char *text);

#endif
