/*
 * A controlled program runs on one processor (runtime/schedule/processors.h); asked for its
 * processors, it is told of those that it may use, and what it starts may use all of them.
 * /proc/self/status is the kernel's and tells of one.
 */
#include "runtime/preload/control.h"
#include "runtime/preload/hook.h"

#include <stddef.h>
#include <string.h>
#include <sys/sysinfo.h>

/* Into what the kernel has filled for the same question. */
static void answer(const struct weft_processors *mask, size_t bytes, cpu_set_t *set)
{
    memcpy(set, mask, bytes < sizeof *mask ? bytes : sizeof *mask);
}

WEFT_HOOK int sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set)
{
    weft_real_find();
    const int result = weft_real.sched_getaffinity(process, bytes, set);
    const struct weft_processors *mask = weft_turn_processors((uint32_t)process, 0);

    if (result == 0 && mask != NULL) {
        answer(mask, bytes, set);
    }
    return result;
}

WEFT_HOOK int sched_setaffinity(pid_t process, size_t bytes, const cpu_set_t *set)
{
    weft_real_find();
    const int result = weft_real.sched_setaffinity(process, bytes, set);

    if (result == 0) {
        weft_turn_moved((uint32_t)process, 0);
    }
    return result;
}

WEFT_HOOK int pthread_getaffinity_np(pthread_t thread, size_t bytes, cpu_set_t *set)
{
    weft_real_find();
    const int result = weft_real.pthread_getaffinity_np(thread, bytes, set);
    const struct weft_processors *mask = weft_turn_processors(0, weft_thread_number(thread));

    if (result == 0 && mask != NULL) {
        answer(mask, bytes, set);
    }
    return result;
}

WEFT_HOOK int pthread_setaffinity_np(pthread_t thread, size_t bytes, const cpu_set_t *set)
{
    weft_real_find();
    const int result = weft_real.pthread_setaffinity_np(thread, bytes, set);

    if (result == 0) {
        weft_turn_moved(0, weft_thread_number(thread));
    }
    return result;
}

/* glibc 2.34 takes the number from the mask of the caller. */
WEFT_HOOK int get_nprocs(void)
{
    weft_real_find();
    weft_turn_spread();
    const int count = weft_real.get_nprocs();
    weft_turn_gather();
    return count;
}

/* A FILE, which nobody here looks into. */
WEFT_HOOK void *popen(const char *command, const char *mode);
WEFT_HOOK void *popen(const char *command, const char *mode)
{
    weft_real_find();
    if (weft_turn_on()) {
        weft_turn_left(WEFT_LEFT_CHILD);
    }
    weft_turn_spread();
    void *pipe = weft_real.popen(command, mode);
    weft_turn_gather();
    return pipe;
}
