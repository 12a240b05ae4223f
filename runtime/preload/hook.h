/*
 * What the hooks have in common: whether to record, the kinds of pthread mutexes, and waits that
 * are closed however they end.
 *
 * A hook never holds anything across the real call: handlers, cleanup handlers and other hooks
 * that run inside it record as if it were not there.  errno and results pass untouched.
 * Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_PRELOAD_HOOK_H
#define WEFT_RUNTIME_PRELOAD_HOOK_H

#include "runtime/preload/allocator.h"
#include "runtime/preload/real.h"
#include "runtime/preload/wrappers.h"
#include "runtime/record/quick.h"
#include "runtime/record/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define WEFT_HOOK __attribute__((visibility("default")))
/* A hook is called by the program, and by nobody else: its frame is next to the program's. */
#define WEFT_SITE                                                                                  \
    weft_site_of(__builtin_return_address(0), (void *const *)__builtin_frame_address(0))
#define WEFT_HOW(outcome, object) WEFT_SLOT_HOW(WEFT_OUT_##outcome, WEFT_OBJ_##object)

#pragma GCC visibility push(hidden)

/*
 * False: pass the call on.  The real functions may be needed before the constructor has run, by a
 * library that comes first.
 */
static inline bool weft_hook_on(void)
{
    if (__builtin_expect(weft_spool_on(), 1)) {
        return true;
    }
    weft_real_find();
    return __builtin_expect(weft_spool.follow, 0) && weft_record_follow();
}

/* The same for locks, of which those that an allocator takes for itself are left out. */
static inline __attribute__((always_inline)) bool weft_lock_on(void)
{
    return weft_hook_on() && !weft_is_allocator(__builtin_return_address(0));
}

static inline uint64_t weft_object_of(const volatile void *object)
{
    return (uint64_t)(uintptr_t)object;
}

/* The type of a pthread mutex as glibc has always kept it, since programs have it compiled in. */
static inline bool weft_mutex_is_recursive(const void *mutex)
{
    return (((const pthread_mutex_t *)mutex)->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP;
}

/* A plain or adaptive mutex: to unlock it cannot fail. */
static inline bool weft_mutex_is_plain(const void *mutex)
{
    const int kind = ((const pthread_mutex_t *)mutex)->__data.__kind & 127;

    return kind == PTHREAD_MUTEX_TIMED_NP || kind == PTHREAD_MUTEX_ADAPTIVE_NP;
}

/* How long it is until a time of a clock, from 0; -1: there is no such clock or time. */
int64_t weft_until_ns(clockid_t clock, const struct timespec *time);

static inline int64_t weft_ns_of(const struct timespec *time)
{
    return time == NULL ? -1 : (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/*
 * A wait: begin, the real call, end.  When the thread is cancelled or leaves by an exception
 * instead, the cleanup closes it as unwound.
 */
struct weft_wait {
    uint64_t object;
    const void *site;
    int64_t with; /* 0, or the mutex that a condition gives up */
    enum weft_event_kind end;
    unsigned how; /* of the object's kind */
    bool open;
};

#define WEFT_WAIT __attribute__((cleanup(weft_wait_unwind))) struct weft_wait

void weft_wait_begin(struct weft_wait *wait, enum weft_event_kind begin, int64_t limit_ns);
void weft_wait_end(struct weft_wait *wait, enum weft_event_kind end, enum weft_outcome outcome);
void weft_wait_unwind(struct weft_wait *wait);

/* An object comes to be: whatever was at its address before is another. */
void weft_hook_made(uint64_t object, enum weft_object_kind kind, int64_t capacity,
                    const void *site);

/* The number of a thread that is known by its handle, 0: it has none (yet). */
uint32_t weft_thread_number(pthread_t thread);

#pragma GCC visibility pop

#endif
