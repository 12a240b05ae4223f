/* Sleeps, and calls that may block: the latter are recorded when they took long. */
#include "runtime/preload/hook.h"
#include "runtime/preload/stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

/*
 * While a thread is in such a call its lane says so, in memory that whoever writes the trace looks
 * at: one that never comes back is told, too.  At its end it is recorded when it took long; short
 * ones, nearly all, leave nothing.
 */
struct call {
    struct weft_lane_call *shown; /* NULL: the thread has no lane */
    union {
        char text[16];
        uint64_t words[2];
    } name;
    uint64_t begin;
    const void *site;
    struct {
        uint64_t since, site, name[2];
    } outer; /* the call that a signal handler interrupted; since 0: none */
    bool open;
};

#define load(from) atomic_load_explicit(&(from), memory_order_relaxed)
#define store(to, value) atomic_store_explicit(&(to), value, memory_order_relaxed)

static struct weft_lane_call *shown_call(void)
{
    if (__builtin_expect(weft_me.seats[0].lane == NULL, 0)) {
        (void)weft_record_thread();
    }
    return weft_me.seats[0].lane != NULL ? &weft_me.seats[0].lane->call : NULL;
}

static void show(struct weft_lane_call *shown, uint64_t since, uint64_t site, const uint64_t *name)
{
    store(shown->since, 0);
    store(shown->site, site);
    store(shown->name[0], name[0]);
    store(shown->name[1], name[1]);
    /* Pairs with the load in weft_lanes_call: whoever sees it sees the rest. */
    atomic_store_explicit(&shown->since, since, memory_order_release);
}

static void begin_call(struct call *call)
{
    struct weft_lane_call *shown = shown_call();

    call->shown = shown;
    call->begin = weft_spool_glance();
    if (shown == NULL) {
        return;
    }
    call->outer.since = load(shown->since);
    if (__builtin_expect(call->outer.since != 0, 0)) {
        call->outer.site = load(shown->site);
        call->outer.name[0] = load(shown->name[0]);
        call->outer.name[1] = load(shown->name[1]);
    }
    show(shown, call->begin, (uint64_t)(uintptr_t)call->site, call->name.words);
}

static void record_call(const struct call *call, uint64_t end, enum weft_outcome outcome)
{
    /* Not 64 bits of ticks × 10^6: that is 2 hours. */
    const uint64_t ms = (end - call->begin) / weft_spool.ticks_per_ms;
    const uint64_t rest = (end - call->begin) % weft_spool.ticks_per_ms;
    const uint64_t ns = ms * 1000000 + rest * 1000000 / weft_spool.ticks_per_ms;
    size_t bytes = 0;

    while (bytes < sizeof call->name && call->name.text[bytes] != '\0') {
        bytes++;
    }
    weft_record_stamped(end, WEFT_EV_CALL_END, 0, call->site, outcome,
                        &(struct weft_record_args){
                            .first = (int64_t)ns, .text = call->name.text, .text_bytes = bytes});
}

/*
 * The lane is cleared before the clock is read: what the writer found long in it is long here.
 */
static void end_call(struct call *call, enum weft_outcome outcome)
{
    call->open = false;
    if (call->shown != NULL) {
        if (__builtin_expect(call->outer.since != 0, 0)) {
            show(call->shown, call->outer.since, call->outer.site, call->outer.name);
        } else {
            atomic_store_explicit(&call->shown->since, 0, memory_order_release);
        }
    }
    const uint64_t end = weft_spool_glance();
    if (__builtin_expect(end - call->begin >= weft_spool.long_call_ticks, 0)) {
        weft_stack_keep(call->site);
        record_call(call, weft_spool.clock == WEFT_CLOCK_VIRTUAL ? weft_spool_ticks() : end,
                    outcome);
    }
}

/* The thread is cancelled in the call. */
static void unwind_call(struct call *call)
{
    if (call->open) {
        end_call(call, WEFT_OUT_UNWOUND);
    }
}

#define IN_CALL(type, told, outcome)                                                               \
    __attribute__((cleanup(unwind_call))) struct call entered = {                                  \
        .site = WEFT_SITE, .name = {.text = told}, .open = true};                                  \
    begin_call(&entered);                                                                          \
    const type result = outcome;                                                                   \
    end_call(&entered, WEFT_OUT_OK);                                                               \
    return result

#define WEFT_CALLING(type, function, told, parameters, arguments)                                  \
    WEFT_HOOK type function parameters;                                                            \
    WEFT_HOOK type function parameters                                                             \
    {                                                                                              \
        if (!weft_hook_on()) {                                                                     \
            return weft_real.function arguments;                                                   \
        }                                                                                          \
        IN_CALL(type, told, weft_real.function arguments);                                         \
    }
#include "runtime/preload/hooks.def"

/* Locks on files: the one thing that fcntl may wait for. */
#define FILE_CONTROL(function)                                                                     \
    WEFT_HOOK int function(int file, int command, ...)                                             \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;                         \
        if (!weft_hook_on() || !waits) {                                                           \
            return weft_real.function(file, command, argument);                                    \
        }                                                                                          \
        IN_CALL(int, "fcntl", weft_real.function(file, command, argument));                        \
    }
FILE_CONTROL(fcntl)
FILE_CONTROL(fcntl64)

/* A thread that gives way to others: a question, so that a loop of it is one poll. */
WEFT_HOOK int sched_yield(void)
{
    if (weft_hook_on()) {
        weft_record_try(WEFT_ASK_YIELD, 0, WEFT_SITE, 0, 1);
    }
    return weft_real.sched_yield();
}

WEFT_HOOK void thrd_yield(void)
{
    if (weft_hook_on()) {
        weft_record_try(WEFT_ASK_YIELD, 0, WEFT_SITE, 0, 1);
    }
    weft_real.thrd_yield();
}

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
