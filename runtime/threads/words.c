/*
 * What a program says about itself: printed lines, zones, marks, counters.
 */
#include "runtime/threads/note.h"
#include "runtime/threads/thread.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHORT_LINE = 512 };

/* A formatted text with room for one more byte; in `near`, or on the heap when it is longer. */
struct words {
    char near[SHORT_LINE];
    char *text;
    size_t bytes;
};

/* 1, or a negative errno. */
static int words_format(struct words *words, const char *format, va_list args)
{
    va_list again;
    int status = 1;

    va_copy(again, args);
    const int bytes = vsnprintf(words->near, sizeof(words->near), format, args);
    if (bytes < 0) {
        status = -errno;
        goto done;
    }
    words->text = words->near;
    words->bytes = (size_t)bytes;
    if (words->bytes + 2 > sizeof(words->near)) {
        words->text = malloc(words->bytes + 2);
        if (!words->text) {
            status = -ENOMEM;
            goto done;
        }
        vsnprintf(words->text, words->bytes + 1, format, again);
    }
done:
    va_end(again);
    return status;
}

static void words_done(struct words *words)
{
    if (words->text != words->near)
        free(words->text);
}

static void note_words(enum weft_event_kind kind, const struct words *words, const void *site)
{
    const struct weft_record_args args = {.text = words->text, .text_bytes = words->bytes};
    weft_record_with(kind, 0, site, WEFT_OUT_OK, &args);
}

/* 1, or a negative errno. */
static int write_whole(int file, const char *text, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t written = write(file, text, bytes);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            text += written;
            bytes -= (size_t)written;
        }
    }
    return 1;
}

/*
 * The line and its newline go out in one piece, behind what the program itself has printed, and
 * past stdio, whose line buffer takes a line for written although it was not (ENOSPC).  It is
 * recorded before stdout is given to the next thread: lines stand in the trace in the order in
 * which they were written.
 */
static int write_line(struct words *words, const void *site)
{
    words->text[words->bytes] = '\n';
    weft_schedule()->step(stdout);
    flockfile(stdout);
    fflush(stdout);
    const int status = write_whole(fileno(stdout), words->text, words->bytes + 1);
    if (status == 1)
        note_words(WEFT_EV_PRINT, words, site);
    funlockfile(stdout);
    return status;
}

int weft_print(const char *format, ...)
{
    const void *site = WEFT_CALL_SITE;
    struct words words;
    va_list args;

    va_start(args, format);
    int status = words_format(&words, format, args);
    va_end(args);
    if (status != 1)
        return status;
    status = write_line(&words, site);
    words_done(&words);
    return status;
}

void weft_mark(const char *format, ...)
{
    const void *site = WEFT_CALL_SITE;
    struct words words;
    va_list args;

    if (!weft_record_on())
        return;
    va_start(args, format);
    const int status = words_format(&words, format, args);
    va_end(args);
    if (status != 1)
        return;
    note_words(WEFT_EV_MARK, &words, site);
    words_done(&words);
}

int weft_zone_begin(const char *name)
{
    if (!name)
        return -EINVAL;
    weft_thread_self()->zones++;
    weft_note_text(WEFT_EV_ZONE_BEGIN, NULL, WEFT_CALL_SITE, 0, name);
    return 1;
}

int weft_zone_end(void)
{
    struct weft_thread *self = weft_thread_self();
    if (self->zones == 0)
        return -EPERM;
    self->zones--;
    weft_note(WEFT_EV_ZONE_END, NULL, WEFT_CALL_SITE);
    return 1;
}

struct weft_counter {
    pthread_mutex_t guard; /* keeps the values in the trace in the order in which they were set */
};

struct weft_counter *weft_counter_new(const char *name)
{
    struct weft_counter *counter = calloc(1, sizeof(*counter));
    if (!counter)
        return NULL;
    pthread_mutex_init(&counter->guard, NULL);
    weft_note_new(WEFT_OBJ_COUNTER, counter, 0, name);
    return counter;
}

void weft_counter_free(struct weft_counter *counter)
{
    if (!counter)
        return;
    weft_note(WEFT_EV_OBJECT_DESTROY, counter, NULL);
    pthread_mutex_destroy(&counter->guard);
    free(counter);
}

void weft_counter_set(struct weft_counter *counter, int64_t value)
{
    const void *site = WEFT_CALL_SITE;
    pthread_mutex_lock(&counter->guard);
    weft_note_args(WEFT_EV_COUNTER, counter, site, value, 0);
    pthread_mutex_unlock(&counter->guard);
}
