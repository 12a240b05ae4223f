#include "runtime/schedule/watch.h"

#include "runtime/record/sys.h"
#include "runtime/record/text.h"
#include "runtime/schedule/pick.h"
#include "runtime/schedule/runners.h"

#include <stddef.h>
#include <string.h>

enum {
    WATCH_MS = 20,     /* between two looks … */
    WATCH_MORE_MS = 5, /* … and so much more for each other runner */
    ASLEEP_MS = 200,   /* a holder of the turn that sleeps in the kernel is left after this */
    SOONER = 20, /* times as soon when one was left already: nothing is repeatable any more, and a
                    program that waits on plain memory does it again and again */
};

static struct {
    uint64_t since;   /* of the holder that is watched: another one each time it gets the turn */
    uint64_t used_ns; /* of a processor, by that thread, when the watch began … */
    uint64_t last_used_ns;
    uint64_t still_since_ms;  /* … and since when it has used none; 0: no watch */
    uint64_t asleep_since_ms; /* … and was found asleep at every look; 0: it was not */
} watched;

static uint64_t real_ms(void)
{
    struct timespec now = {0};

    (void)weft_sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What the thread has used of a processor, in ns: that clock has a number made of its tid. */
static uint64_t used_ns(uint32_t tid)
{
    const clockid_t clock = (clockid_t)((~tid << 3) | 6); /* CPUCLOCK_SCHED, of one thread */
    struct timespec used = {0};

    (void)weft_sys(SYS_clock_gettime, clock, (long)&used, 0, 0, 0, 0);
    return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

/* R, S, D …, which stands behind the name, which is in brackets; 0: not known. */
static char state_of(uint32_t tid)
{
    static const char folder[] = "/proc/self/task/";
    static const char stat[] = "/stat";
    char path[sizeof folder + WEFT_DIGITS_MAX + sizeof stat], text[512];

    memcpy(path, folder, sizeof folder);
    memcpy(weft_text_put_number(path + sizeof folder - 1, tid), stat, sizeof stat);
    const long fd = weft_sys_open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    const long got = weft_sys_read((int)fd, text, sizeof text);
    (void)weft_sys_close((int)fd);
    for (long at = got - 3; at > 0; at--) {
        if (text[at] == ')') {
            return text[at + 2];
        }
    }
    return 0;
}

static void begin_watch(const struct weft_runner *holder)
{
    watched.since = holder->since;
    watched.used_ns = used_ns(holder->tid);
    watched.last_used_ns = watched.used_ns;
    watched.still_since_ms = real_ms();
    watched.asleep_since_ms = 0;
}

/*
 * Will the holder not come back by itself?  What it has used of a processor tells, not how long it
 * took: on a loaded machine a sound program is slow.  One that waits for a processor, or a disk, is
 * not asleep.
 */
static bool is_stuck(const struct weft_runner *holder)
{
    if (holder->tid == 0 || atomic_load_explicit(&holder->keeps, memory_order_relaxed)) {
        watched.still_since_ms = 0;
        return false;
    }
    if (watched.still_since_ms == 0 || watched.since != holder->since) {
        begin_watch(holder);
        return false;
    }
    const uint32_t sooner = weft_runners_have_left(WEFT_LEFT_STUCK) ? SOONER : 1;
    const uint64_t used = used_ns(holder->tid), ms = real_ms();
    if (used != watched.last_used_ns) {
        watched.last_used_ns = used;
        watched.still_since_ms = ms;
        watched.asleep_since_ms = 0;
        return used >= watched.used_ns + (uint64_t)weft_runners.plan.stall_ms * 1000000 / sooner;
    }
    switch (state_of(holder->tid)) {
    case 'S':
        /* Perhaps for the lock that who looks has.  It had it in between, if that was all. */
        if (watched.asleep_since_ms == 0) {
            watched.asleep_since_ms = ms;
        }
        return ms - watched.asleep_since_ms >= ASLEEP_MS / sooner;
    case 'R': /* waits for a processor */
    case 'T':
    case 't': /* for a debugger */
        watched.asleep_since_ms = 0;
        return false;
    default: /* a disk, or it is gone */
        return ms - watched.still_since_ms >= weft_runners.plan.stall_ms;
    }
}

void weft_watch(void)
{
    weft_runners_lock();
    struct weft_runner *holder = weft_runners.holder;

    if (weft_runners.over) {
        weft_runners_unlock();
        return;
    }
    if (holder == NULL) {
        weft_runners.outside_had_time = true;
        if (weft_runners_beside()) {
            weft_runners_retry();
        }
        weft_give(weft_pick(NULL));
        return;
    }
    if (is_stuck(holder)) {
        watched.still_since_ms = 0;
        weft_runners_left_beside(WEFT_LEFT_STUCK);
        atomic_store_explicit(&weft_runners.spool->stuck, holder->number, memory_order_relaxed);
        weft_runner_set_state(holder, WEFT_RUNNER_ASTRAY);
        weft_give(weft_pick(NULL));
        return;
    }
    weft_runners_unlock();
}

uint32_t weft_watch_ms(void)
{
    return weft_runners_have_left(WEFT_LEFT_STUCK) ? WATCH_MS / SOONER + weft_runners.count
                                                   : WATCH_MS + WATCH_MORE_MS * weft_runners.count;
}
