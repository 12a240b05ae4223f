/*
 * The real schedule: the kernel's, on CLOCK_MONOTONIC.
 */
#include "runtime/schedule/schedule.h"

#include "runtime/schedule/virtual.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S 1000000000

static uint64_t real_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int64_t real_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

/* An absolute deadline: a signal handler that runs in between makes the sleep no longer. */
static void real_sleep_until(uint64_t deadline_ns)
{
    const struct timespec deadline = timespec_of(deadline_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
        ;
}

static bool real_park(struct weft_parker *parker, uint64_t deadline_ns)
{
    const struct timespec deadline = timespec_of(deadline_ns);
    int error = 0;

    pthread_mutex_lock(&parker->mutex);
    while (!parker->token && error != ETIMEDOUT) {
        if (deadline_ns == WEFT_NO_DEADLINE)
            pthread_cond_wait(&parker->cond, &parker->mutex);
        else
            error = pthread_cond_timedwait(&parker->cond, &parker->mutex, &deadline);
    }
    const bool taken = parker->token;
    parker->token = false;
    pthread_mutex_unlock(&parker->mutex);
    return taken;
}

/* Signals before it unlocks: afterwards the owner may be gone, and its parker with it. */
static void real_unpark(struct weft_parker *parker)
{
    pthread_mutex_lock(&parker->mutex);
    parker->token = true;
    pthread_cond_signal(&parker->cond);
    pthread_mutex_unlock(&parker->mutex);
}

/* The kernel pre-empts a thread that spins. */
static void real_spin(void)
{
}

static void real_step(const void *about)
{
    (void)about;
}

static bool real_let_begin(void)
{
    return false;
}

static bool real_ends_early(void)
{
    return false;
}

static void real_leave(struct weft_parker *parker)
{
    (void)parker;
}

void weft_parker_init(struct weft_parker *parker)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&parker->mutex, NULL);
    pthread_cond_init(&parker->cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    parker->token = false;
    parker->number = 0;
    parker->runner = NULL;
}

void weft_parker_done(struct weft_parker *parker)
{
    pthread_cond_destroy(&parker->cond);
    pthread_mutex_destroy(&parker->mutex);
}

static const struct weft_schedule real = {
    .now_ns = real_now_ns,
    .wall_ns = real_wall_ns,
    .sleep_until = real_sleep_until,
    .park = real_park,
    .unpark = real_unpark,
    .spin = real_spin,
    .step = real_step,
    .let_begin = real_let_begin,
    .ends_early = real_ends_early,
    .leave = real_leave,
};

static const struct weft_schedule *in_force = &real;

/* Before main, so that the first thread is the first one under control. */
__attribute__((constructor)) static void choose(void)
{
    in_force = weft_virtual_start() ? &weft_virtual : &real;
}

const struct weft_schedule *weft_schedule(void)
{
    return in_force;
}
