#include "cli/cli.h"

#include "base/plain.h"
#include "cli/progress.h"
#include "traces/analysis/names.h"
#include "traces/analysis/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BAD_LINES_SHOWN = 10, ROOM_FOR_MESSAGE = 16384 };

int weft_cli_fail(int status, const char *format, ...)
{
    char text[ROOM_FOR_MESSAGE], shown[ROOM_FOR_MESSAGE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    weft_plain_write(text, shown, sizeof shown);
    (void)fprintf(stderr, "weft: %s\n", shown);
    return status;
}

int weft_cli_exit_of(enum weft_status status)
{
    switch (status) {
    case WEFT_OK:
        return WEFT_EXIT_DONE;
    case WEFT_ERR_WRITE:
        return WEFT_EXIT_UNWRITABLE;
    case WEFT_ERR_MEMORY:
    case WEFT_ERR_OPEN:
    case WEFT_ERR_FORMAT:
    case WEFT_ERR_VERSION:
    case WEFT_ERR_LIMIT:
        break;
    }
    return WEFT_EXIT_UNREADABLE;
}

static void tell_bad_line(void *ctx, const char *text)
{
    uint64_t *told = ctx;

    if ((*told)++ < BAD_LINES_SHOWN) {
        (void)weft_cli_fail(0, "%s", text);
    }
}

static void tell_health(const char *path, const struct weft_trace_health *health)
{
    const unsigned long long there = health->events + health->unknown_events;

    if (health->bad_lines > BAD_LINES_SHOWN) {
        (void)weft_cli_fail(0, "%s: %llu bad lines in all, skipped", path,
                            (unsigned long long)health->bad_lines);
    }
    if (health->unknown_events > 0) {
        (void)weft_cli_fail(0, "%s: %s that this version does not know, skipped", path,
                            weft_words_counted(health->unknown_events, "event").text);
    }
    if (health->lost > 0) {
        (void)weft_cli_fail(0, "%s: the recording lost %s", path,
                            weft_words_counted(health->lost, "event").text);
    }
    if (health->dropped > 0) {
        (void)weft_cli_fail(0, "%s: a part of the recording: %s left away on purpose", path,
                            weft_words_counted(health->dropped, "event").text);
    }
    if (!health->ended) {
        (void)weft_cli_fail(0, "%s: the trace was cut after line %llu: its last line is missing",
                            path, (unsigned long long)health->lines);
    } else if (!health->complete && health->bad_lines == 0) {
        (void)weft_cli_fail(0, "%s: %llu events are there, but the last line counts %llu", path,
                            there, (unsigned long long)health->events_written);
    }
}

static void show_progress(void *ctx, uint64_t bytes, uint64_t total)
{
    weft_progress_show(ctx, bytes, total);
}

int weft_cli_load(const char *path, enum weft_names names, struct weft_model **model)
{
    struct weft_error error;
    uint64_t told = 0;
    struct weft_progress progress = {.doing = "reading", .path = path};
    const enum weft_status status = weft_model_load_watched(
        path, tell_bad_line, &told, weft_progress_is_wanted() ? show_progress : NULL, &progress,
        model, &error);

    weft_progress_clear(&progress);
    if (status != WEFT_OK) {
        return weft_cli_fail(weft_cli_exit_of(status), "%s", error.text);
    }
    tell_health(path, &(*model)->health);
    if ((names == WEFT_NAMES_PLAIN && !weft_names_make_plain(*model)) ||
        !weft_names_tell_apart(*model)) {
        weft_model_free(*model);
        return weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", path);
    }
    return WEFT_EXIT_DONE;
}

bool weft_cli_is_meant(const char *filter, uint32_t number, const char *name)
{
    char tail[16], *end = NULL;
    const size_t filter_len = strlen(filter), name_len = strlen(name);
    const size_t tail_len = (size_t)snprintf(tail, sizeof tail, " #%u", number);

    if (strcmp(filter, name) == 0 ||
        (name_len == filter_len + tail_len && strncmp(name, filter, filter_len) == 0 &&
         strcmp(name + filter_len, tail) == 0)) {
        return true;
    }
    errno = 0;
    const unsigned long long wanted = strtoull(filter, &end, 10);
    return end != filter && *end == '\0' && errno == 0 && wanted == number;
}

bool weft_cli_is_thread(const struct weft_thread_info *thread, const char *filter)
{
    for (size_t k = 0; k < thread->names.count; k++) {
        if (weft_cli_is_meant(filter, thread->number, thread->names.at[k].name)) {
            return true;
        }
    }
    return false;
}

/* Who is meant: one whole name or number before what several share. */
static int found(const char *trace, const char *what, const char *filter, uint32_t exact,
                 uint32_t meant, uint32_t count, uint32_t *index)
{
    if (exact == WEFT_NONE && count == 0) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: there is no %s \"%s\"", trace, what, filter);
    }
    if (exact == WEFT_NONE && count > 1) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: \"%s\" means %u %ss (expected one: its number)",
                             trace, filter, count, what);
    }
    *index = exact != WEFT_NONE ? exact : meant;
    return WEFT_EXIT_DONE;
}

static bool is_number(const char *filter, uint32_t number)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%u", number);
    return strcmp(text, filter) == 0;
}

int weft_cli_find_thread(const struct weft_model *model, const char *trace, const char *filter,
                         uint32_t *thread)
{
    uint32_t exact = WEFT_NONE, meant = WEFT_NONE, count = 0;

    if (filter == NULL) {
        *thread = WEFT_NONE;
        return WEFT_EXIT_DONE;
    }
    for (uint32_t i = 0; i < model->threads.count; i++) {
        const struct weft_thread_info *info = &model->threads.at[i];
        if (is_number(filter, info->number) || strcmp(filter, info->name) == 0) {
            exact = i;
        }
        if (weft_cli_is_thread(info, filter)) {
            meant = i;
            count++;
        }
    }
    return found(trace, "thread", filter, exact, meant, count, thread);
}

int weft_cli_find_object(const struct weft_model *model, const char *trace, const char *filter,
                         uint32_t *object)
{
    uint32_t exact = WEFT_NONE, meant = WEFT_NONE, count = 0;

    if (filter == NULL) {
        *object = WEFT_NONE;
        return WEFT_EXIT_DONE;
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        const struct weft_object *info = &model->objects.at[i];
        if (is_number(filter, info->number)) {
            exact = i;
        }
        if (strcmp(filter, info->name) == 0) {
            meant = i;
            count++;
        }
    }
    return found(trace, "object", filter, exact, meant, count, object);
}

/* A new file beside the old one; a device or a pipe is written itself. */
static int open_target(struct weft_output *output)
{
    struct stat there;

    output->temporary[0] = '\0';
    if (stat(output->path, &there) == 0 && !S_ISREG(there.st_mode)) {
        return open(output->path, O_WRONLY | O_CLOEXEC);
    }
    const int len = snprintf(output->temporary, sizeof output->temporary, "%s.%ld.part",
                             output->path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof output->temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

int weft_output_open(struct weft_output *output, const char *path, const char *input)
{
    if (weft_sink_is_input(path, input)) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s is the trace itself: write to another file",
                             path);
    }
    output->path = path != NULL && strcmp(path, "-") != 0 ? path : NULL;
    output->temporary[0] = '\0';
    output->fd = output->path == NULL ? STDOUT_FILENO : open_target(output);
    if (output->fd < 0) {
        return weft_cli_fail(WEFT_EXIT_UNWRITABLE, "cannot write %s: %s", path, strerror(errno));
    }
    if (!weft_sink_init(&output->sink, output->fd)) {
        return weft_cli_fail(WEFT_EXIT_UNWRITABLE, "no memory");
    }
    return WEFT_EXIT_DONE;
}

int weft_output_close(struct weft_output *output)
{
    int failed = weft_sink_flush(&output->sink) ? 0 : output->sink.errno_at;

    weft_sink_done(&output->sink);
    if (output->path != NULL) {
        if (close(output->fd) != 0 && failed == 0) {
            failed = errno;
        }
        if (output->temporary[0] != '\0') {
            if (failed == 0 && rename(output->temporary, output->path) != 0) {
                failed = errno;
            }
            if (failed != 0) {
                (void)unlink(output->temporary);
            }
        }
    }
    if (failed != 0) {
        return weft_cli_fail(WEFT_EXIT_UNWRITABLE, "cannot write %s: %s",
                             output->path != NULL ? output->path : "standard output",
                             strerror(failed));
    }
    return WEFT_EXIT_DONE;
}

bool weft_cli_find(const char *name, char *path, size_t room)
{
    static const char *const folders[] = {"", "../libexec/weft/", "../" WEFT_LIBDIR "/weft/"};
    char self[2048];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (len <= 0) {
        return false;
    }
    self[len] = '\0';
    *(strrchr(self, '/') + 1) = '\0';
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const int used = snprintf(path, room, "%s%s%s", self, folders[i], name);
        if (used > 0 && (size_t)used < room && access(path, F_OK) == 0) {
            return true;
        }
    }
    return false;
}
