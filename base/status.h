/*
 * How a library of weft says that something went wrong: a status for the program, and a
 * struct weft_error with one sentence for people.  Libraries never print and never exit.
 * Threads: any, a weft_error belongs to one thread.
 */
#ifndef WEFT_BASE_STATUS_H
#define WEFT_BASE_STATUS_H

#include <stdarg.h>

enum weft_status {
    WEFT_OK,
    WEFT_ERR_MEMORY,  /* no memory */
    WEFT_ERR_OPEN,    /* a file cannot be opened or read */
    WEFT_ERR_FORMAT,  /* the bytes are not what they should be */
    WEFT_ERR_VERSION, /* a later version of the format */
    WEFT_ERR_WRITE,   /* an output cannot be written */
    WEFT_ERR_LIMIT,   /* more than weft can count */
};

/* What went wrong, in one sentence without the program's name and without a full stop. */
struct weft_error {
    char text[512];
};

/* Sets error->text (error may be NULL) and returns status, so that a caller can `return` it. */
enum weft_status weft_error_set(struct weft_error *error, enum weft_status status,
                                const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
