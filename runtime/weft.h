/*
 * weft.h: threads that can be watched.
 *
 * The family of Python's `threading` and `queue`, in C on pthreads.  A program that uses it is an
 * ordinary program; under `weft run` or `weft record` every call below leaves an event in the
 * trace, so that the viewer can show who waited for whom, and why.  Where this header is silent,
 * Python 3's documentation of threading and queue decides.
 *
 * Answers.  A function that returns int says 1 for yes (had it, it ended, it was set), 0 for not
 * (would block, timed out), and a negative errno for misuse, which never corrupts anything:
 *     -EINVAL    a negative or NaN time, a bad argument, join before start
 *     -EPERM     releasing what the caller does not hold, one task_done too many
 *     -EDEADLK   joining oneself
 *     -EALREADY  starting a thread twice
 *     -EAGAIN    the system gives no further thread
 *     -ENOMEM    no memory
 *     -EPIPE     the barrier is broken
 * Functions that make an object return NULL and set errno (ENOMEM, EINVAL).
 *
 * Times are seconds, as double; WEFT_FOREVER waits without limit.  Fractions count to the
 * nanosecond.
 *
 * Objects are made by …_new and freed by …_free; free them when no thread uses them any more.
 * A NULL name is allowed: the trace then names the object by its kind and number.  Names are
 * copied.  NULL for an object is the caller's bug, as everywhere in C; only …_free takes it.
 *
 * Threads: every function may be called by any thread, also by threads that were not started
 * here; none may be called from a signal handler.  A thread may end by pthread_exit, but must not
 * be cancelled.  A child of fork may only exec: the other threads' locks stay as they were.
 */
#ifndef WEFT_H
#define WEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_FOREVER (__builtin_inf())

struct weft_thread;
struct weft_lock;
struct weft_rlock;
struct weft_condition;
struct weft_semaphore;
struct weft_event;
struct weft_barrier;
struct weft_timer;
struct weft_queue;
struct weft_counter;

/* The program ─────────────────────────────────────────────────────────────────────────────────
 *
 * Runs `program` as the main thread, then waits until every thread that is no daemon has ended,
 * as the Python interpreter does; returns what `program` returned:
 *
 *     int main(int argc, char **argv) { return weft_main(program, argc, argv); }
 *
 * A plain main() that returns instead ends the process at once, with all its threads.  Call it
 * once, from main().
 */
int weft_main(int (*program)(int argc, char **argv), int argc, char **argv);

/* Threads ───────────────────────────────────────────────────────────────────────────────────── */

/*
 * thread.start_new_thread(function, args[, kwargs]): starts a thread at once and returns at once.
 * The thread ends when the function returns; it is a daemon.  args and kwargs are handed over as
 * they are; both may be NULL.  1, or -EAGAIN / -ENOMEM / -EINVAL: "unable to start thread".
 */
int weft_start_new_thread(void (*function)(void *args, void *kwargs), void *args, void *kwargs);

/*
 * A thread object with the caller's own state and its own run (what subclassing Thread is in
 * Python).  A NULL name becomes "Thread-N".  It is a daemon when its maker is one.
 */
struct weft_thread *weft_thread_new(const char *name, void (*run)(void *self), void *self);

/*
 * Frees it; a thread that still runs keeps running and frees itself when it ends.  Main and
 * threads that were not started here are nobody's to free: then it does nothing.
 */
void weft_thread_free(struct weft_thread *thread);

/*
 * 1, -EALREADY, -EAGAIN, -ENOMEM.  Returns when the new thread first waits or has ended, at the
 * latest after 5 ms: so it is under CPython's interpreter lock, where threads that are started one
 * after the other do their first things in that order.
 */
int weft_thread_start(struct weft_thread *thread);

/*
 * 1 it has ended, 0 it still runs after `seconds`, -EINVAL not started, or not started here,
 * -EDEADLK oneself.
 */
int weft_thread_join(struct weft_thread *thread, double seconds);

bool weft_thread_is_alive(const struct weft_thread *thread);

/* Valid as long as the thread object, also when the name has changed since. */
const char *weft_thread_name(const struct weft_thread *thread);

/*
 * The name in the trace changes from this instant on.  1, -ENOMEM, -EINVAL (NULL, or a thread that
 * was not started here).
 */
int weft_thread_set_name(struct weft_thread *thread, const char *name);

/* The process does not wait for a daemon.  Before start only: 1, -EINVAL when it has started. */
int weft_thread_set_daemon(struct weft_thread *thread, bool daemon);
bool weft_thread_daemon(const struct weft_thread *thread);

/* Threads alive now, main included. */
int weft_active_count(void);

/*
 * The caller's thread object; also for main, and for a thread that was not started here: that one
 * is called "Dummy-N", is a daemon, and is known from its first call to its end.
 */
struct weft_thread *weft_current_thread(void);

/*
 * All threads alive now, main first: fills at most `room` of them and returns how many there are.
 * The pointers stay valid as long as their owners keep the objects.
 */
int weft_enumerate(struct weft_thread **threads, int room);

/* Locks ─────────────────────────────────────────────────────────────────────────────────────── */

struct weft_lock *weft_lock_new(const char *name);
void weft_lock_free(struct weft_lock *lock);

/* blocking 0: 1 if it could be had, else 0, at once.  blocking 1: waits until it is released. */
int weft_lock_acquire(struct weft_lock *lock, int blocking);

/* 1, 0 after `seconds`, -EINVAL. */
int weft_lock_acquire_timed(struct weft_lock *lock, double seconds);

/* Any thread may release it.  1, -EPERM when nobody holds it. */
int weft_lock_release(struct weft_lock *lock);
bool weft_lock_locked(const struct weft_lock *lock);

/* A reentrant lock: its owner may acquire it again, and releases it as often. */
struct weft_rlock *weft_rlock_new(const char *name);
void weft_rlock_free(struct weft_rlock *lock);
int weft_rlock_acquire(struct weft_rlock *lock, int blocking);
int weft_rlock_acquire_timed(struct weft_rlock *lock, double seconds);
int weft_rlock_release(struct weft_rlock *lock); /* 1, -EPERM when the caller is not its owner */

/* Conditions ──────────────────────────────────────────────────────────────────────────────────
 * A condition belongs to a lock, which must live longer.  The caller holds that lock in every call
 * but new and free; otherwise -EPERM.  (A plain lock has no owner: there it is enough that it is
 * held.)  wait gives it back however deep it is held, and has it again, as deep, when it returns.
 * Look again at what is waited for after a wait: another thread may have been quicker, and under
 * `weft run --spurious` a wait also ends without a notify.
 */
struct weft_condition *weft_condition_new(const char *name, struct weft_lock *lock);
struct weft_condition *weft_condition_new_rlock(const char *name, struct weft_rlock *lock);
void weft_condition_free(struct weft_condition *condition);
int weft_condition_wait(struct weft_condition *condition, double seconds); /* 1, 0 timed out */

/* Waits until predicate(arg) holds: 1, or 0 when it does not after `seconds`. */
int weft_condition_wait_for(struct weft_condition *condition, bool (*predicate)(void *arg),
                            void *arg, double seconds);
int weft_condition_notify(struct weft_condition *condition, int count); /* 1 */
int weft_condition_notify_all(struct weft_condition *condition);        /* 1 */

/* Semaphores ────────────────────────────────────────────────────────────────────────────────── */

struct weft_semaphore *weft_semaphore_new(const char *name, int value);

/* It cannot be released above its first value. */
struct weft_semaphore *weft_bounded_semaphore_new(const char *name, int value);
void weft_semaphore_free(struct weft_semaphore *semaphore);
int weft_semaphore_acquire(struct weft_semaphore *semaphore, int blocking);
int weft_semaphore_acquire_timed(struct weft_semaphore *semaphore, double seconds);
int weft_semaphore_release(struct weft_semaphore *semaphore); /* 1, -EPERM above its bound */

/* Events ────────────────────────────────────────────────────────────────────────────────────── */

struct weft_event *weft_event_new(const char *name);
void weft_event_free(struct weft_event *event);
int weft_event_set(struct weft_event *event);
int weft_event_clear(struct weft_event *event);
bool weft_event_is_set(const struct weft_event *event);
int weft_event_wait(struct weft_event *event, double seconds); /* 1 it was set, 0 timed out */

/* Barriers ──────────────────────────────────────────────────────────────────────────────────── */

struct weft_barrier *weft_barrier_new(const char *name, int parties);
void weft_barrier_free(struct weft_barrier *barrier);

/*
 * Waits until `parties` threads are here.  1, and *index (may be NULL) is 0 … parties-1, another
 * one for each; -EPIPE when the barrier is or becomes broken.  A time-out breaks it: 0 for the
 * thread that timed out, -EPIPE for the others.
 */
int weft_barrier_wait(struct weft_barrier *barrier, double seconds, int *index);
int weft_barrier_abort(struct weft_barrier *barrier); /* breaks it for all who wait or come */
int weft_barrier_reset(struct weft_barrier *barrier); /* empty again; who waits gets -EPIPE */
bool weft_barrier_broken(const struct weft_barrier *barrier);

/* Timers ──────────────────────────────────────────────────────────────────────────────────────
 * A thread that calls function(arg) after `seconds`, unless it is cancelled before.  Start and
 * join answer as they do for threads; a timer that is freed while it waits still calls.
 */
struct weft_timer *weft_timer_new(double seconds, void (*function)(void *arg), void *arg);
void weft_timer_free(struct weft_timer *timer);
int weft_timer_start(struct weft_timer *timer);
int weft_timer_cancel(struct weft_timer *timer);
int weft_timer_join(struct weft_timer *timer, double seconds);

/* Queues ──────────────────────────────────────────────────────────────────────────────────────
 * maxsize 0 (or less): unbounded.  Items are the caller's pointers, NULL included.  put may also
 * answer -ENOMEM.  get leaves *item alone unless it answers 1; item may be NULL.
 */
struct weft_queue *weft_queue_new(const char *name, int maxsize);
struct weft_queue *weft_lifo_queue_new(const char *name, int maxsize);

/*
 * The least item comes out first; equal items in the order of their put.  compare is called inside
 * the queue: it must not call weft.
 */
struct weft_queue *weft_priority_queue_new(const char *name, int maxsize,
                                           int (*compare)(const void *a, const void *b));
void weft_queue_free(struct weft_queue *queue);

/*
 * How an item is called in the trace; weft_label_text serves queues of strings.  label is called
 * inside the queue: it must not call weft.  It may answer NULL.
 */
void weft_queue_set_label(struct weft_queue *queue, const char *(*label)(const void *item));
const char *weft_label_text(const void *item);

int weft_queue_put(struct weft_queue *queue, void *item);        /* waits while it is full: 1 */
int weft_queue_put_nowait(struct weft_queue *queue, void *item); /* 1, 0 full */
int weft_queue_put_timed(struct weft_queue *queue, void *item, double seconds);
int weft_queue_get(struct weft_queue *queue, void **item);        /* waits while it is empty: 1 */
int weft_queue_get_nowait(struct weft_queue *queue, void **item); /* 1, 0 empty */
int weft_queue_get_timed(struct weft_queue *queue, void **item, double seconds);
int weft_queue_qsize(const struct weft_queue *queue);
bool weft_queue_empty(const struct weft_queue *queue);
bool weft_queue_full(const struct weft_queue *queue);
int weft_queue_task_done(struct weft_queue *queue); /* 1, -EPERM when called too often */
int weft_queue_join(struct weft_queue *queue);      /* waits until every item is done: 1 */

/* Time ──────────────────────────────────────────────────────────────────────────────────────── */

int weft_sleep(double seconds); /* 1, -EINVAL */
double weft_time(void);         /* seconds since 1970, UTC */

/* "Thu Mar 22 15:42:17 2018", local time, no newline; returns out, "" when t has no such form. */
char *weft_ctime(double t, char out[32]);

/* Words ───────────────────────────────────────────────────────────────────────────────────────
 * weft_print writes one line to stdout (a newline is added), whole, and into the trace.
 * It returns 1, or a negative errno when stdout cannot be written.
 */
int weft_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A zone of the caller's: begin and end nest per thread.  end: 1, -EPERM when none is open. */
int weft_zone_begin(const char *name);
int weft_zone_end(void);

/* A mark on the caller's lane. */
void weft_mark(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct weft_counter *weft_counter_new(const char *name);
void weft_counter_free(struct weft_counter *counter);
void weft_counter_set(struct weft_counter *counter, int64_t value);

/* Names for objects, from this instant on.  1, -EINVAL, -ENOMEM. */
int weft_lock_set_name(struct weft_lock *lock, const char *name);
int weft_queue_set_name(struct weft_queue *queue, const char *name);

#ifdef __cplusplus
}
#endif

#endif
