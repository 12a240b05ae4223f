#include "cli/progress.h"

#include "base/plain.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

bool weft_progress_is_wanted(void)
{
    return isatty(STDERR_FILENO) != 0;
}

void weft_progress_show(struct weft_progress *progress, uint64_t done, uint64_t total)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const double now_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    if (progress->from_s == 0) {
        progress->from_s = now_s;
    }
    if (now_s - progress->from_s < 1 || now_s - progress->shown_s < 0.1) {
        return;
    }
    progress->shown_s = now_s;
    if (total > 0) {
        (void)fprintf(stderr, "\rweft: %s %s: %3.0f %%", progress->doing,
                      weft_plain(progress->path).text, 100 * (double)done / (double)total);
    } else {
        (void)fprintf(stderr, "\rweft: %s %s: %.0f MB", progress->doing,
                      weft_plain(progress->path).text, (double)done / 1e6);
    }
}

void weft_progress_clear(struct weft_progress *progress)
{
    if (progress->shown_s > 0) {
        (void)fputs("\r\033[K", stderr);
        progress->shown_s = 0;
    }
}
