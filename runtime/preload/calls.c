/* Sleeps, and calls that may block: the latter are recorded when they took long. */
#include "runtime/preload/hook.h"

#include <errno.h>

static uint64_t long_ns = 1000000; /* a call that took as long is recorded */

static uint64_t number_of(const char *text)
{
    uint64_t number = 0;

    for (; *text >= '0' && *text <= '9' && number < UINT64_MAX / 100; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return number;
}

/* WEFT_IO_NS: from how long on. */
__attribute__((constructor)) static void set_long(int argc, char **argv, char **environment)
{
    static const char key[] = "WEFT_IO_NS=";

    (void)argc;
    (void)argv;
    for (char **entry = environment; entry != NULL && *entry != NULL; entry++) {
        size_t i = 0;
        while (key[i] != '\0' && (*entry)[i] == key[i]) {
            i++;
        }
        if (key[i] == '\0') {
            long_ns = number_of(*entry + i);
        }
    }
}

/* Recorded at its end with how long it took: short calls, nearly all, leave nothing. */
static void call_ended(uint64_t begin, const char *name, size_t bytes, const void *site)
{
    const uint64_t end = weft_clock_ticks_unordered(weft_spool.clock);
    /* Not 64 bits of ticks × 10^6: that is 2 hours. */
    const uint64_t ms = (end - begin) / weft_spool.ticks_per_ms;
    const uint64_t rest = (end - begin) % weft_spool.ticks_per_ms;
    const uint64_t ns = ms * 1000000 + rest * 1000000 / weft_spool.ticks_per_ms;

    if (ns >= long_ns) {
        weft_record_stamped(
            end, WEFT_EV_CALL_END, 0, site, 0,
            &(struct weft_record_args){.first = (int64_t)ns, .text = name, .text_bytes = bytes});
    }
}

#define ARGUMENTS(...) __VA_ARGS__
#define WEFT_CALLING(type, name, parameters, arguments)                                            \
    WEFT_HOOK type name parameters;                                                                \
    WEFT_HOOK type name parameters                                                                 \
    {                                                                                              \
        if (!weft_hook_on()) {                                                                     \
            return weft_real.name arguments;                                                       \
        }                                                                                          \
        const uint64_t begin = weft_clock_ticks_unordered(weft_spool.clock);                       \
        const type result = weft_real.name arguments;                                              \
        /* Without the underscores of the checking variants. */                                    \
        const size_t skipped = #name[0] == '_' ? 2 : 0;                                            \
        const size_t suffix = #name[0] == '_' ? 4 : 0;                                             \
        call_ended(begin, #name + skipped, sizeof #name - 1 - skipped - suffix, WEFT_SITE);        \
        return result;                                                                             \
    }
#include "runtime/preload/hooks.def"

/* Sleeps ────────────────────────────────────────────────────────────────────────────────────── */

#define SLEEP(type, duration, done, call)                                                          \
    WEFT_WAIT wait = {.site = WEFT_SITE, .end = WEFT_EV_SLEEP_END};                                \
    weft_wait_begin(&wait, WEFT_EV_SLEEP_BEGIN, duration);                                         \
    const type result = call;                                                                      \
    weft_wait_end(&wait, WEFT_EV_SLEEP_END, (done) ? WEFT_OUT_OK : WEFT_OUT_FAILED);               \
    return result

WEFT_HOOK unsigned sleep(unsigned seconds)
{
    if (!weft_hook_on()) {
        return weft_real.sleep(seconds);
    }
    SLEEP(unsigned, (int64_t)seconds * 1000000000, result == 0, weft_real.sleep(seconds));
}

WEFT_HOOK int usleep(useconds_t microseconds)
{
    if (!weft_hook_on()) {
        return weft_real.usleep(microseconds);
    }
    SLEEP(int, (int64_t)microseconds * 1000, result == 0, weft_real.usleep(microseconds));
}

WEFT_HOOK int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (!weft_hook_on()) {
        return weft_real.nanosleep(wanted, left);
    }
    SLEEP(int, weft_ns_of(wanted), result == 0, weft_real.nanosleep(wanted, left));
}

WEFT_HOOK int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
                              struct timespec *left)
{
    if (!weft_hook_on()) {
        return weft_real.clock_nanosleep(clock, flags, wanted, left);
    }
    SLEEP(int, (flags & TIMER_ABSTIME) != 0 ? weft_until_ns(clock, wanted) : weft_ns_of(wanted),
          result == 0, weft_real.clock_nanosleep(clock, flags, wanted, left));
}

WEFT_HOOK int thrd_sleep(const struct timespec *wanted, struct timespec *left)
{
    if (!weft_hook_on()) {
        return weft_real.thrd_sleep(wanted, left);
    }
    SLEEP(int, weft_ns_of(wanted), result == 0, weft_real.thrd_sleep(wanted, left));
}
