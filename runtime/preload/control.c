/* When there is a simulated clock: the table of real functions, and time itself. */
#include "runtime/preload/control.h"

#include "runtime/preload/hook.h"

#include <errno.h>
#include <stddef.h>
#include <sys/time.h>

#define NS_PER_S INT64_C(1000000000)

/* The monotonic clock starts at some time after the boot, as a program may expect. */
#define MONOTONIC_AT_START_NS (1000 * NS_PER_S)

struct weft_real weft_plain;

/* After the recorder's constructor, whatever the order of linking. */
__attribute__((constructor)) static void begin(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    weft_record_start(environment);
    if (!weft_turn_start()) {
        return;
    }
    weft_plain = weft_real;
    weft_control_locks(&weft_real);
    weft_control_waits(&weft_real);
    weft_control_times(&weft_real);
    weft_control_calls(&weft_real);
}

/* What a clock shows at simulated 0; false: it is not simulated. */
static bool start_of(clockid_t clock, int64_t *start_ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *start_ns = weft_turn_start_wall_ns();
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *start_ns = MONOTONIC_AT_START_NS;
        return true;
    default:
        return false; /* the processor's time is the processor's */
    }
}

bool weft_control_deadline(clockid_t clock, const struct timespec *time, uint64_t *deadline_ns)
{
    int64_t start_ns;

    if (time == NULL) {
        *deadline_ns = WEFT_TURN_NEVER;
        return true;
    }
    if (!start_of(clock, &start_ns)) {
        return false;
    }
    if (time->tv_sec > INT64_MAX / NS_PER_S - 1) {
        *deadline_ns = WEFT_TURN_NEVER;
        return true;
    }
    const int64_t ns = weft_ns_of(time) - start_ns;
    *deadline_ns = ns > 0 ? (uint64_t)ns : 0;
    return true;
}

uint64_t weft_control_in(int64_t ns)
{
    return ns < 0 ? WEFT_TURN_NEVER : weft_turn_now_ns() + (uint64_t)ns;
}

/* Clocks ────────────────────────────────────────────────────────────────────────────────────── */

static int control_clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t start_ns;

    if (!weft_turn_on() || !start_of(clock, &start_ns)) {
        return weft_plain.clock_gettime(clock, now);
    }
    weft_turn_look();
    const int64_t ns = start_ns + (int64_t)weft_turn_now_ns();
    *now = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    return 0;
}

static int control_gettimeofday(struct timeval *now, void *zone)
{
    struct timespec time;

    if (!weft_turn_on() || now == NULL) {
        return weft_plain.gettimeofday(now, zone);
    }
    (void)control_clock_gettime(CLOCK_REALTIME, &time);
    *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    return 0;
}

static time_t control_time(time_t *out)
{
    struct timespec now;

    if (!weft_turn_on()) {
        return weft_plain.time(out);
    }
    (void)control_clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

static int control_timespec_get(struct timespec *now, int base)
{
    return weft_turn_on() && base == TIME_UTC ? (control_clock_gettime(CLOCK_REALTIME, now), base)
                                              : weft_plain.timespec_get(now, base);
}

/* Programs ask for the time through these; they cost one jump when nothing is simulated. */
#define CLOCK_HOOK(type, name, parameters, arguments)                                              \
    WEFT_HOOK type name parameters                                                                 \
    {                                                                                              \
        if (__builtin_expect(weft_real.name == NULL, 0)) {                                         \
            weft_real_find();                                                                      \
        }                                                                                          \
        return weft_real.name arguments;                                                           \
    }
CLOCK_HOOK(int, clock_gettime, (clockid_t clock, struct timespec *now), (clock, now))
CLOCK_HOOK(int, gettimeofday, (struct timeval * now, void *zone), (now, zone))
CLOCK_HOOK(time_t, time, (time_t * out), (out))
CLOCK_HOOK(int, timespec_get, (struct timespec * now, int base), (now, base))

/* Timers of the kernel's, which go by the real clock: that is said. */
#define TIMER_HOOK(type, name, parameters, arguments)                                              \
    WEFT_HOOK type name parameters;                                                                \
    WEFT_HOOK type name parameters                                                                 \
    {                                                                                              \
        weft_real_find();                                                                          \
        if (weft_turn_on()) {                                                                      \
            weft_turn_left(WEFT_LEFT_TIMER);                                                       \
        }                                                                                          \
        return weft_real.name arguments;                                                           \
    }
TIMER_HOOK(int, timerfd_create, (int clock, int flags), (clock, flags))
TIMER_HOOK(unsigned, alarm, (unsigned seconds), (seconds))
TIMER_HOOK(useconds_t, ualarm, (useconds_t first, useconds_t next), (first, next))
TIMER_HOOK(int, timer_create, (clockid_t clock, struct sigevent *event, timer_t *timer),
           (clock, event, timer))

WEFT_HOOK int setitimer(__itimer_which_t which, const struct itimerval *now, struct itimerval *old)
{
    weft_real_find();
    if (weft_turn_on()) {
        weft_turn_left(WEFT_LEFT_TIMER);
    }
    return weft_real.setitimer((int)which, now, old);
}

/* Sleeps ────────────────────────────────────────────────────────────────────────────────────── */

/* Places to be cancelled, before and after. */
static void sleep_for(int64_t ns)
{
    weft_plain.testcancel();
    weft_turn_sleep_until(weft_turn_now_ns() + weft_turn_stretch(ns > 0 ? (uint64_t)ns : 0));
    weft_plain.testcancel();
}

static bool is_time(const struct timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < NS_PER_S &&
           time->tv_sec < INT64_MAX / NS_PER_S / 2;
}

static unsigned control_sleep(unsigned seconds)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.sleep(seconds);
    }
    sleep_for(seconds * NS_PER_S);
    return 0;
}

static int control_usleep(useconds_t microseconds)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.usleep(microseconds);
    }
    sleep_for((int64_t)microseconds * 1000);
    return 0;
}

static int control_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (weft_turn_self() == NULL || !is_time(wanted)) {
        return weft_plain.nanosleep(wanted, left);
    }
    sleep_for(weft_ns_of(wanted));
    return 0;
}

static int control_clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
                                   struct timespec *left)
{
    uint64_t deadline_ns = 0;

    if (weft_turn_self() == NULL || !is_time(wanted) ||
        !weft_control_deadline(clock, wanted, &deadline_ns)) {
        return weft_plain.clock_nanosleep(clock, flags, wanted, left);
    }
    const uint64_t now_ns = weft_turn_now_ns();
    if ((flags & TIMER_ABSTIME) == 0) {
        sleep_for(weft_ns_of(wanted));
    } else {
        sleep_for(deadline_ns > now_ns ? (int64_t)(deadline_ns - now_ns) : 0);
    }
    return 0;
}

static int control_thrd_sleep(const struct timespec *wanted, struct timespec *left)
{
    if (weft_turn_self() == NULL || !is_time(wanted)) {
        return weft_plain.thrd_sleep(wanted, left);
    }
    sleep_for(weft_ns_of(wanted));
    return 0;
}

static int control_sched_yield(void)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.sched_yield();
    }
    weft_turn_spin();
    return 0;
}

static void control_thrd_yield(void)
{
    if (weft_turn_self() == NULL) {
        weft_plain.thrd_yield();
        return;
    }
    weft_turn_spin();
}

void weft_control_times(struct weft_real *real)
{
    real->clock_gettime = control_clock_gettime;
    real->gettimeofday = control_gettimeofday;
    real->time = control_time;
    real->timespec_get = control_timespec_get;
    real->sleep = control_sleep;
    real->usleep = control_usleep;
    real->nanosleep = control_nanosleep;
    real->clock_nanosleep = control_clock_nanosleep;
    real->thrd_sleep = control_thrd_sleep;
    real->sched_yield = control_sched_yield;
    real->thrd_yield = control_thrd_yield;
}
