#include "runtime/schedule/strangers.h"

#include "runtime/record/sys.h"
#include "runtime/record/text.h"
#include "runtime/schedule/runners.h"

#include <stddef.h>

enum {
    ENDED_KEPT = 64, /* threads that have ended and may not be gone from the kernel yet */
    EXIT_TRIES = 50, /* ms for those before them to be gone */
    DIRENT_BYTES = 4096,
};

static uint32_t ended[ENDED_KEPT]; /* tids of runners, the last ones … */
static uint32_t ended_count;       /* … of so many */

void weft_strangers_ended(uint32_t tid)
{
    ended[ended_count++ % ENDED_KEPT] = tid;
}

/* One that has ended may still be about to leave the kernel; the first thread stays to the end. */
static bool is_known(uint32_t tid)
{
    if (tid == weft_sys_pid()) {
        return true;
    }
    for (uint32_t i = 0; i < weft_runners.count; i++) {
        if (weft_runners.runners[i].state != WEFT_RUNNER_FREE &&
            weft_runners.runners[i].tid == tid) {
            return true;
        }
    }
    for (uint32_t i = 0; i < ENDED_KEPT && i < ended_count; i++) {
        if (ended[i] == tid) {
            return true;
        }
    }
    return false;
}

/* Has the process only threads that we know?  False also when that cannot be seen. */
static bool has_known_threads_only(void)
{
    _Alignas(struct weft_dirent) char entries[DIRENT_BYTES];
    const long fd = weft_sys_open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool known = fd >= 0;
    long got;

    if (fd < 0) {
        return false;
    }
    while ((got = weft_sys(SYS_getdents64, fd, (long)entries, sizeof entries, 0, 0, 0)) > 0) {
        for (long at = 0; at < got;) {
            const struct weft_dirent *entry = (const void *)(entries + at);
            known = known && (entry->name[0] == '.' || is_known(weft_text_number(entry->name)));
            at += entry->bytes;
        }
    }
    (void)weft_sys_close((int)fd);
    return known && got == 0;
}

bool weft_strangers_exist(void)
{
    for (uint32_t tries = 0; tries < EXIT_TRIES; tries++) {
        if (has_known_threads_only()) {
            return false;
        }
        if (ended_count <= ENDED_KEPT) {
            return true;
        }
        weft_sys_pause_ns(1000000);
    }
    return true;
}
