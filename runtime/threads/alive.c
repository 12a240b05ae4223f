/*
 * Who is alive: the list of all threads, the caller's own, and the process that outlives main.
 */
#include "runtime/threads/note.h"
#include "runtime/threads/thread.h"

#include <stdio.h>
#include <unistd.h>

/* Main is counted from the start, although it is linked only when it first calls us. */
static struct weft_thread main_thread;
static struct {
    pthread_mutex_t guard;
    struct weft_thread *first, *last;
    int to_wait_for; /* made threads that are no daemons */
    struct weft_waiters process;
} alive = {.guard = PTHREAD_MUTEX_INITIALIZER};
static _Atomic int alive_count = 1;

static _Thread_local struct weft_thread *current;
static _Thread_local struct weft_thread stranger;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t stranger_ends;
static bool strangers_are_told;

static void stranger_end(void *thread)
{
    weft_thread_finish(thread);
    current = NULL;
    pthread_mutex_destroy(&((struct weft_thread *)thread)->settling);
    pthread_mutex_destroy(&((struct weft_thread *)thread)->guard);
    weft_parker_done(&((struct weft_thread *)thread)->parker);
}

static void link_thread(struct weft_thread *thread)
{
    thread->next = NULL;
    thread->before = alive.last;
    if (alive.last)
        alive.last->next = thread;
    else
        alive.first = thread;
    alive.last = thread;
}

static void set_up(void)
{
    weft_thread_init(&main_thread, WEFT_THREAD_MAIN, false);
    snprintf(main_thread.first_name, sizeof(main_thread.first_name), "main");
    main_thread.number = 1;
    main_thread.phase = WEFT_THREAD_ALIVE;
    link_thread(&main_thread);
    strangers_are_told = pthread_key_create(&stranger_ends, stranger_end) == 0;
}

/*
 * A stranger lives in its thread's own memory and leaves the list in a destructor of that thread.
 * Where the system gives no destructor it is not listed at all, rather than left behind as a
 * dangling pointer.
 */
static struct weft_thread *adopt_stranger(void)
{
    static _Atomic unsigned strangers;

    weft_thread_init(&stranger, WEFT_THREAD_STRANGER, true);
    snprintf(stranger.first_name, sizeof(stranger.first_name), "Dummy-%u",
             atomic_fetch_add(&strangers, 1) + 1);
    stranger.number = weft_record_thread();
    stranger.phase = WEFT_THREAD_ALIVE;
    current = &stranger;
    weft_note_thread(WEFT_EV_THREAD_NAME, stranger.number, NULL, WEFT_OUT_OK, 0,
                     stranger.first_name);
    if (strangers_are_told && pthread_setspecific(stranger_ends, &stranger) == 0)
        weft_alive_add(&stranger);
    return current;
}

struct weft_thread *weft_thread_self(void)
{
    if (current)
        return current;
    pthread_once(&once, set_up);
    if (gettid() == getpid())
        return current = &main_thread;
    return adopt_stranger();
}

void weft_alive_set_self(struct weft_thread *thread)
{
    current = thread;
}

void weft_alive_add(struct weft_thread *thread)
{
    pthread_once(&once, set_up);
    pthread_mutex_lock(&alive.guard);
    link_thread(thread);
    if (thread->origin == WEFT_THREAD_MADE && !thread->daemon)
        alive.to_wait_for++;
    pthread_mutex_unlock(&alive.guard);
    atomic_fetch_add(&alive_count, 1);
}

void weft_alive_remove(struct weft_thread *thread)
{
    pthread_mutex_lock(&alive.guard);
    if (thread->before || thread == alive.first) {
        *(thread->before ? &thread->before->next : &alive.first) = thread->next;
        *(thread->next ? &thread->next->before : &alive.last) = thread->before;
        thread->next = thread->before = NULL;
        atomic_fetch_sub(&alive_count, 1);
        if (thread->origin == WEFT_THREAD_MADE && !thread->daemon && --alive.to_wait_for == 0)
            weft_waiters_wake(&alive.process, alive.process.count, WEFT_WOKEN_OK);
    }
    pthread_mutex_unlock(&alive.guard);
}

struct weft_thread *weft_current_thread(void)
{
    return weft_thread_self();
}

int weft_active_count(void)
{
    const int count = atomic_load(&alive_count);
    weft_record_query(WEFT_ASK_ACTIVE_COUNT, 0, WEFT_CALL_SITE, count);
    weft_schedule()->spin();
    return count;
}

int weft_enumerate(struct weft_thread **threads, int room)
{
    int count = 0;

    pthread_once(&once, set_up);
    pthread_mutex_lock(&alive.guard);
    for (struct weft_thread *thread = alive.first; thread; thread = thread->next) {
        if (count < room)
            threads[count] = thread;
        count++;
    }
    pthread_mutex_unlock(&alive.guard);
    return count;
}

/* The main thread has ended by then, as far as anyone can see: this wait is the process's. */
static void wait_for_the_others(void)
{
    pthread_mutex_lock(&alive.guard);
    while (alive.to_wait_for > 0)
        weft_wait(&alive.process, &alive.guard, WEFT_NO_DEADLINE, false, NULL);
    pthread_mutex_unlock(&alive.guard);
}

int weft_main(int (*program)(int argc, char **argv), int argc, char **argv)
{
    struct weft_thread *self = weft_thread_self();
    const int status = program(argc, argv);

    weft_thread_finish(self);
    wait_for_the_others();
    fflush(stdout);
    return status;
}
