#include "viewer/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, TAB = 4 };

static char *copy_of(const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

static void forget_files(struct weft_shelf *shelf)
{
    for (uint32_t i = 0; i < shelf->count; i++) {
        free(shelf->files[i].name);
        free(shelf->files[i].bytes);
        free(shelf->files[i].lines);
    }
    shelf->count = 0;
}

void weft_shelf_done(struct weft_shelf *shelf)
{
    forget_files(shelf);
    free(shelf->trace_folder);
    free(shelf->user_folder);
    *shelf = (struct weft_shelf){.count = 0};
}

void weft_shelf_open(struct weft_shelf *shelf, const char *trace, const char *user_folder)
{
    const char *slash = strrchr(trace, '/');

    weft_shelf_done(shelf);
    shelf->trace_folder =
        slash != NULL ? copy_of(trace, (size_t)(slash - trace) + 1) : copy_of("./", 2);
    if (user_folder != NULL) {
        shelf->user_folder = copy_of(user_folder, strlen(user_folder));
    }
}

/* All of a file; NULL when it cannot be read, is too long, or is no text. */
static char *read_all(const char *path, size_t *len)
{
    FILE *in = fopen(path, "rb");
    char *bytes = NULL;

    *len = 0;
    if (in == NULL) {
        return NULL;
    }
    if (fseek(in, 0, SEEK_END) == 0) {
        const long end = ftell(in);
        if (end >= 0 && end <= WEFT_SOURCE_BYTES_MAX && fseek(in, 0, SEEK_SET) == 0) {
            bytes = malloc((size_t)end + 1);
            *len = bytes != NULL ? fread(bytes, 1, (size_t)end, in) : 0;
        }
    }
    (void)fclose(in);
    if (bytes == NULL || *len == 0 || memchr(bytes, '\0', *len) != NULL) {
        free(bytes);
        return NULL;
    }
    bytes[*len] = '\0';
    return bytes;
}

/* The file below a folder: with all of its path, then without its first parts. */
static char *read_below(const char *folder, const char *name, size_t *len)
{
    char path[PATH_BYTES];
    char *bytes = NULL;

    while (bytes == NULL && name != NULL && *name != '\0') {
        name += *name == '/';
        const int written = snprintf(path, sizeof path, "%s/%s", folder, name);
        if (written > 0 && (size_t)written < sizeof path) {
            bytes = read_all(path, len);
        }
        name = strchr(name, '/');
    }
    return bytes;
}

static char *read_anywhere(const struct weft_shelf *shelf, const char *name, size_t *len)
{
    char *bytes = NULL;

    if (shelf->user_folder != NULL) {
        bytes = read_below(shelf->user_folder, name, len);
    }
    if (bytes == NULL) {
        bytes = read_all(name, len);
    }
    if (bytes == NULL && shelf->trace_folder != NULL) {
        bytes = read_below(shelf->trace_folder, name, len);
    }
    return bytes;
}

static void cut_lines(struct weft_source *source, size_t len)
{
    uint32_t count = 1;

    for (size_t i = 0; i < len; i++) {
        count += source->bytes[i] == '\n';
    }
    source->lines = malloc(((size_t)count + 1) * sizeof *source->lines);
    if (source->lines == NULL) {
        free(source->bytes);
        source->bytes = NULL;
        return;
    }
    uint32_t line = 0;
    source->lines[line++] = 0;
    for (size_t i = 0; i < len; i++) {
        if (source->bytes[i] == '\n') {
            source->lines[line++] = (uint32_t)i + 1;
        }
    }
    source->lines[line] = (uint32_t)len;
    source->line_count = count;
}

const struct weft_source *weft_shelf_find(struct weft_shelf *shelf, const char *name)
{
    for (uint32_t i = 0; i < shelf->count; i++) {
        if (strcmp(shelf->files[i].name, name) == 0) {
            return shelf->files[i].bytes != NULL ? &shelf->files[i] : NULL;
        }
    }
    if (name[0] == '\0' || shelf->count == WEFT_SOURCE_FILES) {
        return NULL;
    }
    struct weft_source source = {.name = copy_of(name, strlen(name))};
    size_t len = 0;
    if (source.name == NULL) {
        return NULL;
    }
    source.bytes = read_anywhere(shelf, name, &len);
    if (source.bytes != NULL) {
        cut_lines(&source, len);
    }
    shelf->files[shelf->count] = source;
    return source.bytes != NULL ? &shelf->files[shelf->count++] : (shelf->count++, NULL);
}

bool weft_source_line(const struct weft_source *source, uint32_t line, char *out, size_t room)
{
    size_t len = 0;

    if (line == 0 || line > source->line_count) {
        return false;
    }
    for (uint32_t i = source->lines[line - 1]; i < source->lines[line] && len + TAB < room; i++) {
        const char c = source->bytes[i];
        if (c == '\n' || c == '\r') {
            break;
        }
        if (c == '\t') {
            do {
                out[len++] = ' ';
            } while (len % TAB != 0);
        } else {
            out[len++] = c;
        }
    }
    out[len] = '\0';
    return true;
}
