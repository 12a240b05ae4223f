#include "viewer/bookmarks.h"

#include "base/vec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void weft_bookmarks_done(struct weft_bookmarks *bookmarks)
{
    free(bookmarks->at);
    *bookmarks = (struct weft_bookmarks){0};
}

/* Where the first bookmark at or after t_ns is. */
static size_t place_of(const struct weft_bookmarks *bookmarks, uint64_t t_ns)
{
    size_t i = 0;

    while (i < bookmarks->count && bookmarks->at[i].t_ns < t_ns) {
        i++;
    }
    return i;
}

static void write_note(struct weft_bookmark *bookmark, const char *note)
{
    size_t len = strnlen(note, sizeof bookmark->note - 1);

    while (note[len] != '\0' && len > 0 && ((unsigned char)note[len] & 0xc0) == 0x80) {
        len--; /* whole characters */
    }
    for (size_t i = 0; i < len; i++) {
        bookmark->note[i] = (unsigned char)note[i] < ' ' ? ' ' : note[i];
    }
    bookmark->note[len] = '\0';
}

bool weft_bookmarks_set(struct weft_bookmarks *bookmarks, uint64_t t_ns, const char *note)
{
    const size_t i = place_of(bookmarks, t_ns);
    const bool there = i < bookmarks->count && bookmarks->at[i].t_ns == t_ns;

    if (note[0] == '\0') {
        if (there) {
            memmove(&bookmarks->at[i], &bookmarks->at[i + 1],
                    (bookmarks->count - i - 1) * sizeof *bookmarks->at);
            bookmarks->count--;
        }
        return true;
    }
    if (!there) {
        if (bookmarks->count == WEFT_BOOKMARKS_MAX ||
            !weft_vec_push(bookmarks, (struct weft_bookmark){.t_ns = t_ns})) {
            return false;
        }
        memmove(&bookmarks->at[i + 1], &bookmarks->at[i],
                (bookmarks->count - 1 - i) * sizeof *bookmarks->at);
        bookmarks->at[i].t_ns = t_ns;
    }
    write_note(&bookmarks->at[i], note);
    return true;
}

const struct weft_bookmark *weft_bookmarks_find(const struct weft_bookmarks *bookmarks,
                                                uint64_t t_ns)
{
    const size_t i = place_of(bookmarks, t_ns);

    return i < bookmarks->count && bookmarks->at[i].t_ns == t_ns ? &bookmarks->at[i] : NULL;
}

const struct weft_bookmark *weft_bookmarks_next(const struct weft_bookmarks *bookmarks,
                                                uint64_t t_ns, bool on)
{
    const size_t i = place_of(bookmarks, on ? t_ns + 1 : t_ns);

    if (on) {
        return i < bookmarks->count ? &bookmarks->at[i] : NULL;
    }
    return i > 0 ? &bookmarks->at[i - 1] : NULL;
}

static char *path_of(const char *trace, const char *ending)
{
    const size_t room = strlen(trace) + strlen(ending) + 1;
    char *path = malloc(room);

    if (path != NULL) {
        (void)snprintf(path, room, "%s%s", trace, ending);
    }
    return path;
}

void weft_bookmarks_load(struct weft_bookmarks *bookmarks, const char *trace)
{
    char *path = path_of(trace, ".bookmarks");
    FILE *in = path != NULL ? fopen(path, "rb") : NULL;
    char line[WEFT_NOTE_BYTES + 64];

    bookmarks->count = 0;
    while (in != NULL && bookmarks->count < WEFT_BOOKMARKS_MAX &&
           fgets(line, (int)sizeof line, in) != NULL) {
        char *note = NULL;
        errno = 0;
        const uint64_t t_ns = strtoull(line, &note, 10);
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] < '0' || line[0] > '9' || *note != ' ' || errno != 0) {
            continue;
        }
        if (!weft_bookmarks_set(bookmarks, t_ns, note + 1)) {
            break;
        }
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    free(path);
}

static bool write_all(const struct weft_bookmarks *bookmarks, FILE *out)
{
    bool ok = true;

    for (size_t i = 0; ok && i < bookmarks->count; i++) {
        ok = fprintf(out, "%" PRIu64 " %s\n", bookmarks->at[i].t_ns, bookmarks->at[i].note) > 0;
    }
    return ok;
}

enum weft_status weft_bookmarks_save(const struct weft_bookmarks *bookmarks, const char *trace,
                                     struct weft_error *error)
{
    char *path = path_of(trace, ".bookmarks"), *new = path_of(trace, ".bookmarks.tmp");
    enum weft_status status = WEFT_OK;

    if (path == NULL || new == NULL) {
        status = weft_error_set(error, WEFT_ERR_MEMORY, "no memory for a name");
        goto done;
    }
    if (bookmarks->count == 0) {
        (void)remove(path);
        goto done;
    }
    errno = 0;
    FILE *out = fopen(new, "wb");
    const bool written = out != NULL && write_all(bookmarks, out);
    const bool closed = out != NULL && fclose(out) == 0;
    if (!written || !closed || rename(new, path) != 0) {
        status = weft_error_set(error, WEFT_ERR_WRITE, "%s: cannot write: %s", path,
                                strerror(errno != 0 ? errno : EIO));
        if (out != NULL) {
            (void)remove(new);
        }
    }
done:
    free(path);
    free(new);
    return status;
}
