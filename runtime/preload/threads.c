/*
 * Creation, end, joins and names of threads.
 *
 * A thread's number is given by who creates it and lies in the thread's own block (weft_me), at
 * the same distance from every thread's pointer: so a join finds it from the handle, without a
 * table.  Until the new thread has run its first instructions the number is in its start block.
 */
#include "runtime/preload/hook.h"
#include "runtime/preload/sandbox.h"
#include "runtime/schedule/turn.h"

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>

/* What a new thread is told.  `owner`: 0 free, the thread's number, or, as soon as the creator
 * knows it, the thread's handle (which is an address, so never a number). */
struct start {
    _Atomic uint64_t owner;
    uint32_t number;
    struct weft_runner *runner; /* NULL: nobody controls it */
    union {
        weft_start_routine *posix;
        thrd_start_t c11;
    } routine;
    void *argument;
};

enum { STARTS = 1024 /* threads that are made and do not run yet */, NAME_MAX_BYTES = 16 };

static struct start starts[STARTS];
static _Atomic uint32_t next_start;

static pthread_key_t end_key;
static bool has_end_key;

/* Ends ──────────────────────────────────────────────────────────────────────────────────────── */

/*
 * Runs among the destructors of thread-specific data, and again in every round of them until the
 * last: what the program's own destructors do is to be seen.
 */
static void end_of_thread(void *rounds)
{
    const uintptr_t left = (uintptr_t)rounds;

    if (left > 1) {
        (void)weft_real.setspecific(end_key, (void *)(left - 1));
    } else {
        weft_record_end();
        weft_turn_end();
    }
}

/* The thread has got its first lane. */
static void expect_end(void)
{
    if (has_end_key) {
        (void)weft_real.setspecific(end_key, (void *)(uintptr_t)PTHREAD_DESTRUCTOR_ITERATIONS);
    }
}

/* Before the recorder's own constructor, so that the main thread's end is expected too. */
__attribute__((constructor(101))) static void prepare(void)
{
    weft_real_find();
    /* Keys made this early need no memory when they are set. */
    has_end_key = weft_real.key_create(&end_key, end_of_thread) == 0;
    weft_record_seated = expect_end;
    weft_wrappers_find();
}

/* Numbers ───────────────────────────────────────────────────────────────────────────────────── */

static uint32_t number_in_block(pthread_t thread)
{
    const ptrdiff_t distance = (const char *)&weft_me - (const char *)__builtin_thread_pointer();
    const struct weft_me *other = (const void *)((const char *)thread + distance);

    return __atomic_load_n(&other->number, __ATOMIC_ACQUIRE);
}

static uint32_t number_in_starts(pthread_t thread)
{
    for (uint32_t i = 0; i < STARTS; i++) {
        struct start *start = &starts[i];
        if (atomic_load_explicit(&start->owner, memory_order_acquire) == (uint64_t)thread) {
            const uint32_t number = start->number;
            if (atomic_load_explicit(&start->owner, memory_order_acquire) == (uint64_t)thread) {
                return number;
            }
        }
    }
    return 0;
}

uint32_t weft_thread_number(pthread_t thread)
{
    if (thread == 0) {
        return 0;
    }
    uint32_t number = number_in_block(thread);
    if (number == 0) {
        number = number_in_starts(thread);
    }
    return number != 0 ? number : number_in_block(thread);
}

/* Creation ──────────────────────────────────────────────────────────────────────────────────── */

/* NULL: so many threads are being made that this one must go unannounced. */
static struct start *take_start(uint32_t number)
{
    const uint32_t first = atomic_fetch_add_explicit(&next_start, 1, memory_order_relaxed);

    for (uint32_t i = 0; i < STARTS; i++) {
        struct start *start = &starts[(first + i) % STARTS];
        uint64_t nobody = 0;
        if (atomic_load_explicit(&start->owner, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&start->owner, &nobody, number)) {
            start->number = number;
            start->runner = weft_turn_on() ? weft_turn_make(number) : NULL;
            return start;
        }
    }
    return NULL;
}

/* No thread began. */
static void give_start_back(struct start *start)
{
    if (start->runner != NULL) {
        weft_turn_unmake(start->runner);
    }
    atomic_store_explicit(&start->owner, 0, memory_order_release);
}

/* In the new thread: takes its number, frees the block, and is in the trace from here on. */
static struct start begin_thread(void *block)
{
    struct start *start = block;
    struct start copy;

    copy.number = start->number;
    copy.runner = start->runner;
    copy.routine = start->routine;
    copy.argument = start->argument;
    __atomic_store_n(&weft_me.number, copy.number, __ATOMIC_RELEASE);
    /* Pairs with the load in number_in_starts: whoever sees it free finds the number above. */
    atomic_store_explicit(&start->owner, 0, memory_order_release);
    if (copy.runner != NULL) {
        weft_turn_begin(copy.runner);
    }
    weft_record_attach(copy.number);
    return copy;
}

static void *run_posix(void *block)
{
    const struct start start = begin_thread(block);

    return start.routine.posix(start.argument);
}

static int run_c11(void *block)
{
    const struct start start = begin_thread(block);

    return start.routine.c11(start.argument);
}

/* The creation was made at `ticks`; its thread may be running, or gone. */
static void created(struct start *start, uint32_t number, pthread_t thread, uint64_t ticks,
                    const void *routine, const void *site)
{
    const struct weft_record_args args = {.second = (int64_t)(uintptr_t)routine};
    uint64_t not_begun = number;

    (void)atomic_compare_exchange_strong(&start->owner, &not_begun, (uint64_t)thread);
    weft_record_stamped(ticks, WEFT_EV_THREAD_CREATE, number, site, 0, &args);
    weft_turn_point(NULL);
}

WEFT_HOOK int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                             weft_start_routine *routine, void *argument)
{
    const bool on = weft_hook_on();
    const uint32_t number = on ? weft_record_new_thread() : 0;
    struct start *start = on ? take_start(number) : NULL;

    if (start == NULL) {
        return weft_real.pthread_create(thread, attributes, routine, argument);
    }
    start->routine.posix = routine;
    start->argument = argument;
    const uint64_t ticks = weft_record_ticks();
    const int result = weft_real.pthread_create(thread, attributes, run_posix, start);
    if (result != 0) {
        give_start_back(start);
        return result;
    }
    created(start, number, *thread, ticks, *(void **)&routine, WEFT_SITE);
    return result;
}

WEFT_HOOK int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
    const bool on = weft_hook_on();
    const uint32_t number = on ? weft_record_new_thread() : 0;
    struct start *start = on ? take_start(number) : NULL;

    if (start == NULL) {
        return weft_real.thrd_create(thread, routine, argument);
    }
    start->routine.c11 = routine;
    start->argument = argument;
    const uint64_t ticks = weft_record_ticks();
    const int result = weft_real.thrd_create(thread, run_c11, start);
    if (result != thrd_success) {
        give_start_back(start);
        return result;
    }
    created(start, number, *thread, ticks, *(void **)&routine, WEFT_SITE);
    return result;
}

/* Joins ─────────────────────────────────────────────────────────────────────────────────────── */

/* A thread without a number (made behind our back) cannot be named as what is waited for. */
#define JOIN(call, limit, timed_out)                                                               \
    const uint32_t number = weft_hook_on() ? weft_thread_number(thread) : 0;                       \
    if (number == 0) {                                                                             \
        return call;                                                                               \
    }                                                                                              \
    WEFT_WAIT wait = {.object = number, .site = WEFT_SITE, .end = WEFT_EV_JOIN_END};               \
    weft_wait_begin(&wait, WEFT_EV_JOIN_BEGIN, limit);                                             \
    const int result = call;                                                                       \
    weft_wait_end(&wait, WEFT_EV_JOIN_END,                                                         \
                  result == 0             ? WEFT_OUT_OK                                            \
                  : result == (timed_out) ? WEFT_OUT_TIMEOUT                                       \
                                          : WEFT_OUT_FAILED);                                      \
    return result

WEFT_HOOK int pthread_join(pthread_t thread, void **value)
{
    JOIN(weft_real.pthread_join(thread, value), -1, ETIMEDOUT);
}

WEFT_HOOK int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *until)
{
    JOIN(weft_real.pthread_timedjoin_np(thread, value, until), weft_until_ns(CLOCK_REALTIME, until),
         ETIMEDOUT);
}

WEFT_HOOK int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock,
                                   const struct timespec *until)
{
    JOIN(weft_real.pthread_clockjoin_np(thread, value, clock, until), weft_until_ns(clock, until),
         ETIMEDOUT);
}

WEFT_HOOK int thrd_join(thrd_t thread, int *value)
{
    JOIN(weft_real.thrd_join(thread, value), -1, -1);
}

WEFT_HOOK int pthread_tryjoin_np(pthread_t thread, void **value)
{
    const uint32_t number = weft_hook_on() ? weft_thread_number(thread) : 0;
    const int result = weft_real.pthread_tryjoin_np(thread, value);

    if (number != 0 && result == 0) {
        weft_record(WEFT_EV_JOIN_END, number, WEFT_SITE, WEFT_OUT_OK);
    } else if (number != 0 && result == EBUSY) {
        weft_record_query(WEFT_ASK_IS_ALIVE, number, WEFT_SITE, 1);
    }
    return result;
}

/* After a successful detach the thread may be gone: what is recorded was asked before. */
#define ABOUT_THREAD(call, kind, args)                                                             \
    const uint32_t number = weft_hook_on() ? weft_thread_number(thread) : 0;                       \
    const uint64_t ticks = number != 0 ? weft_record_ticks() : 0;                                  \
    const int result = call;                                                                       \
    if (number != 0 && result == 0) {                                                              \
        weft_record_stamped(ticks, kind, number, WEFT_SITE, 0, args);                              \
    }                                                                                              \
    return result

WEFT_HOOK int pthread_detach(pthread_t thread)
{
    ABOUT_THREAD(weft_real.pthread_detach(thread), WEFT_EV_THREAD_DETACH, NULL);
}

WEFT_HOOK int thrd_detach(thrd_t thread)
{
    ABOUT_THREAD(weft_real.thrd_detach(thread), WEFT_EV_THREAD_DETACH, NULL);
}

WEFT_HOOK int pthread_cancel(pthread_t thread)
{
    ABOUT_THREAD(weft_real.pthread_cancel(thread), WEFT_EV_THREAD_CANCEL, NULL);
}

/* Names ─────────────────────────────────────────────────────────────────────────────────────── */

static size_t name_bytes(const char *name)
{
    size_t bytes = 0;

    while (bytes < NAME_MAX_BYTES - 1 && name[bytes] != '\0') {
        bytes++;
    }
    return bytes;
}

WEFT_HOOK int pthread_setname_np(pthread_t thread, const char *name)
{
    const struct weft_record_args args = {.text = name, .text_bytes = name_bytes(name)};

    ABOUT_THREAD(weft_real.pthread_setname_np(thread, name), WEFT_EV_THREAD_NAME, &args);
}

/*
 * In strict seccomp mode the kernel takes the time-stamp counter away, the clock of the vDSO with
 * it, and all system calls but four: nothing can be recorded any more.
 */
static bool takes_the_clock(int option, unsigned long argument)
{
    return (option == PR_SET_SECCOMP && argument == SECCOMP_MODE_STRICT) ||
           (option == PR_SET_TSC && argument == PR_TSC_SIGSEGV);
}

WEFT_HOOK int prctl(int option, ...)
{
    unsigned long a[4];
    va_list list;

    va_start(list, option);
    for (int i = 0; i < 4; i++) {
        a[i] = va_arg(list, unsigned long);
    }
    va_end(list);
    if (takes_the_clock(option, a[0])) {
        weft_record_stop("the program gives up its clock (prctl): weft records no further");
    }
    if (option == PR_SET_SECCOMP && a[0] == SECCOMP_MODE_FILTER) {
        weft_turn_unpin(); /* it may forbid what that needs later */
        weft_sandbox_check((const struct sock_fprog *)a[1]);
    }
    const bool on = weft_hook_on();
    const int result = weft_real.prctl(option, a[0], a[1], a[2], a[3]);
    if (on && option == PR_SET_NAME && result == 0) {
        const char *name = (const char *)a[0];
        weft_record_with(WEFT_EV_THREAD_NAME, weft_record_thread(), WEFT_SITE, 0,
                         &(struct weft_record_args){.text = name, .text_bytes = name_bytes(name)});
    }
    return result;
}
