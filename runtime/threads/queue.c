/*
 * Queues: three orders of one store.
 *
 *   FIFO      a ring: entries[(start + i) % room]
 *   LIFO      a stack: start stays 0
 *   priority  a binary heap, least on top; the number of its put settles ties
 */
#include "runtime/threads/note.h"
#include "runtime/threads/thread.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct entry {
    void *item;
    uint64_t number; /* of its put */
};

struct weft_queue {
    pthread_mutex_t guard; /* of all that follows */
    struct weft_waiters putters, getters, joiners;
    struct entry *entries;
    size_t room;
    size_t start;
    _Atomic int size; /* read without the guard too */
    int unfinished;   /* puts that no task_done has answered */
    uint64_t puts;
    const char *(*label)(const void *item);

    /* Never change. */
    int maxsize; /* INT_MAX: unbounded */
    int (*compare)(const void *a, const void *b);
    enum weft_object_kind kind;
};

/* The store: under the guard ────────────────────────────────────────────────────────────────── */

/* One more entry fits in afterwards: false when there is no memory. */
static bool make_room(struct weft_queue *queue)
{
    const size_t room = queue->room ? 2 * queue->room : 8;

    if ((size_t)queue->size < queue->room)
        return true;
    struct entry *entries = calloc(room, sizeof(*entries));
    if (!entries)
        return false;
    for (size_t i = 0; i < queue->room; i++) /* every place is taken */
        entries[i] = queue->entries[(queue->start + i) % queue->room];
    free(queue->entries);
    queue->entries = entries;
    queue->room = room;
    queue->start = 0;
    return true;
}

static bool comes_before(const struct weft_queue *queue, struct entry a, struct entry b)
{
    const int order = queue->compare(a.item, b.item);
    return order < 0 || (order == 0 && a.number < b.number);
}

static void sift_up(struct weft_queue *queue, size_t at)
{
    struct entry *heap = queue->entries;

    while (at > 0 && comes_before(queue, heap[at], heap[(at - 1) / 2])) {
        const struct entry moved = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = moved;
        at = (at - 1) / 2;
    }
}

static void sift_down(struct weft_queue *queue, size_t size)
{
    struct entry *heap = queue->entries;

    for (size_t at = 0, child; (child = 2 * at + 1) < size; at = child) {
        if (child + 1 < size && comes_before(queue, heap[child + 1], heap[child]))
            child++;
        if (!comes_before(queue, heap[child], heap[at]))
            return;
        const struct entry moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

/* There is room. */
static void store(struct weft_queue *queue, void *item)
{
    const size_t size = (size_t)queue->size;

    queue->entries[(queue->start + size) % queue->room] = (struct entry){item, queue->puts++};
    if (queue->kind == WEFT_OBJ_PRIORITY_QUEUE)
        sift_up(queue, size);
    queue->size++;
}

/* It is not empty. */
static void *take_out(struct weft_queue *queue)
{
    const size_t left = (size_t)queue->size - 1;
    void *item = NULL;

    switch (queue->kind) {
    case WEFT_OBJ_LIFO_QUEUE:
        item = queue->entries[left].item;
        break;
    case WEFT_OBJ_PRIORITY_QUEUE:
        item = queue->entries[0].item;
        queue->entries[0] = queue->entries[left];
        sift_down(queue, left);
        break;
    default:
        item = queue->entries[queue->start].item;
        queue->start = (queue->start + 1) % queue->room;
        break;
    }
    queue->size--;
    return item;
}

/* Made and freed ────────────────────────────────────────────────────────────────────────────── */

static struct weft_queue *queue_new(enum weft_object_kind kind, const char *name, int maxsize,
                                    int (*compare)(const void *a, const void *b))
{
    struct weft_queue *queue = calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    pthread_mutex_init(&queue->guard, NULL);
    queue->kind = kind;
    queue->maxsize = maxsize > 0 ? maxsize : INT_MAX;
    queue->compare = compare;
    weft_note_new(kind, queue, maxsize > 0 ? maxsize : 0, name);
    return queue;
}

struct weft_queue *weft_queue_new(const char *name, int maxsize)
{
    return queue_new(WEFT_OBJ_QUEUE, name, maxsize, NULL);
}

struct weft_queue *weft_lifo_queue_new(const char *name, int maxsize)
{
    return queue_new(WEFT_OBJ_LIFO_QUEUE, name, maxsize, NULL);
}

struct weft_queue *weft_priority_queue_new(const char *name, int maxsize,
                                           int (*compare)(const void *a, const void *b))
{
    if (!compare) {
        errno = EINVAL;
        return NULL;
    }
    return queue_new(WEFT_OBJ_PRIORITY_QUEUE, name, maxsize, compare);
}

void weft_queue_free(struct weft_queue *queue)
{
    if (!queue)
        return;
    weft_note(WEFT_EV_OBJECT_DESTROY, queue, NULL);
    pthread_mutex_destroy(&queue->guard);
    free(queue->entries);
    free(queue);
}

void weft_queue_set_label(struct weft_queue *queue, const char *(*label)(const void *item))
{
    pthread_mutex_lock(&queue->guard);
    queue->label = label;
    pthread_mutex_unlock(&queue->guard);
}

const char *weft_label_text(const void *item)
{
    return item;
}

int weft_queue_set_name(struct weft_queue *queue, const char *name)
{
    if (!name)
        return -EINVAL;
    weft_note_text(WEFT_EV_OBJECT_NAME, queue, WEFT_CALL_SITE, 0, name);
    return 1;
}

/* Put and get: under the guard ──────────────────────────────────────────────────────────────── */

static void note_item(struct weft_queue *queue, enum weft_event_kind kind, int size,
                      const void *item, const void *site)
{
    const char *text = queue->label && weft_record_on() ? queue->label(item) : NULL;
    weft_note_text(kind, queue, site, size, text);
}

static int do_put(struct weft_queue *queue, void *item, const void *site)
{
    if (!make_room(queue)) {
        weft_waiters_wake(&queue->putters, 1, WEFT_WOKEN_OK); /* who was woken passes it on */
        return -ENOMEM;
    }
    note_item(queue, WEFT_EV_QUEUE_PUT, queue->size + 1, item, site);
    store(queue, item);
    queue->unfinished++;
    weft_waiters_wake(&queue->getters, 1, WEFT_WOKEN_OK);
    return 1;
}

static int do_get(struct weft_queue *queue, void **item, const void *site)
{
    void *const taken = take_out(queue);
    note_item(queue, WEFT_EV_QUEUE_GET, queue->size, taken, site);
    weft_waiters_wake(&queue->putters, 1, WEFT_WOKEN_OK);
    if (item)
        *item = taken;
    return 1;
}

static bool is_full(const struct weft_queue *queue)
{
    return queue->size >= queue->maxsize;
}

static bool is_empty(const struct weft_queue *queue)
{
    return queue->size == 0;
}

/* Waits while `blocked`; false at the deadline. */
static bool wait_while(struct weft_queue *queue, bool (*blocked)(const struct weft_queue *queue),
                       const struct weft_limit *limit, const void *site)
{
    const bool putting = blocked == is_full;
    struct weft_waiters *waiters = putting ? &queue->putters : &queue->getters;

    if (!blocked(queue))
        return true;
    weft_note_args(putting ? WEFT_EV_QUEUE_PUT_WAIT : WEFT_EV_QUEUE_GET_WAIT, queue, site,
                   limit->timeout_ns, 0);
    for (bool at_front = false; blocked(queue); at_front = true) {
        if (!weft_wait(waiters, &queue->guard, limit->deadline_ns, at_front, NULL)) {
            weft_note_outcome(putting ? WEFT_EV_QUEUE_PUT_TIMEOUT : WEFT_EV_QUEUE_GET_TIMEOUT,
                              queue, site, WEFT_OUT_TIMEOUT, 0, 0);
            return false;
        }
    }
    return true;
}

/* Put and get, as they are called ───────────────────────────────────────────────────────────── */

static int put(struct weft_queue *queue, void *item, const struct weft_limit *limit,
               const void *site)
{
    weft_schedule()->step(queue);
    pthread_mutex_lock(&queue->guard);
    const int done = wait_while(queue, is_full, limit, site) ? do_put(queue, item, site) : 0;
    pthread_mutex_unlock(&queue->guard);
    return done;
}

static int get(struct weft_queue *queue, void **item, const struct weft_limit *limit,
               const void *site)
{
    weft_schedule()->step(queue);
    pthread_mutex_lock(&queue->guard);
    const int done = wait_while(queue, is_empty, limit, site) ? do_get(queue, item, site) : 0;
    pthread_mutex_unlock(&queue->guard);
    return done;
}

int weft_queue_put(struct weft_queue *queue, void *item)
{
    return put(queue, item, &WEFT_LIMIT_NONE, WEFT_CALL_SITE);
}

int weft_queue_put_timed(struct weft_queue *queue, void *item, double seconds)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;
    return weft_limit_from(seconds, &limit) ? put(queue, item, &limit, site) : -EINVAL;
}

int weft_queue_put_nowait(struct weft_queue *queue, void *item)
{
    const void *site = WEFT_CALL_SITE;
    int done = 0;

    weft_schedule()->step(queue);
    pthread_mutex_lock(&queue->guard);
    if (!is_full(queue))
        done = do_put(queue, item, site);
    else
        weft_record_query(WEFT_ASK_PUT, weft_note_id(queue), site, 0);
    pthread_mutex_unlock(&queue->guard);
    if (done == 0)
        weft_schedule()->spin();
    return done;
}

int weft_queue_get(struct weft_queue *queue, void **item)
{
    return get(queue, item, &WEFT_LIMIT_NONE, WEFT_CALL_SITE);
}

int weft_queue_get_timed(struct weft_queue *queue, void **item, double seconds)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;
    return weft_limit_from(seconds, &limit) ? get(queue, item, &limit, site) : -EINVAL;
}

int weft_queue_get_nowait(struct weft_queue *queue, void **item)
{
    const void *site = WEFT_CALL_SITE;
    int done = 0;

    weft_schedule()->step(queue);
    pthread_mutex_lock(&queue->guard);
    if (!is_empty(queue))
        done = do_get(queue, item, site);
    else
        weft_record_query(WEFT_ASK_GET, weft_note_id(queue), site, 0);
    pthread_mutex_unlock(&queue->guard);
    if (done == 0)
        weft_schedule()->spin();
    return done;
}

/* Questions: without the guard, so that a thread that keeps asking holds nobody up ──────────── */

int weft_queue_qsize(const struct weft_queue *queue)
{
    const int size = queue->size;
    weft_record_query(WEFT_ASK_QSIZE, weft_note_id(queue), WEFT_CALL_SITE, size);
    weft_schedule()->spin();
    return size;
}

bool weft_queue_empty(const struct weft_queue *queue)
{
    const bool empty = is_empty(queue);
    weft_record_query(WEFT_ASK_EMPTY, weft_note_id(queue), WEFT_CALL_SITE, empty);
    weft_schedule()->spin();
    return empty;
}

bool weft_queue_full(const struct weft_queue *queue)
{
    const bool full = queue->maxsize != INT_MAX && is_full(queue);
    weft_record_query(WEFT_ASK_FULL, weft_note_id(queue), WEFT_CALL_SITE, full);
    weft_schedule()->spin();
    return full;
}

/* Tasks ─────────────────────────────────────────────────────────────────────────────────────── */

int weft_queue_task_done(struct weft_queue *queue)
{
    const void *site = WEFT_CALL_SITE;

    pthread_mutex_lock(&queue->guard);
    const bool due = queue->unfinished > 0;
    if (due) {
        weft_note_args(WEFT_EV_QUEUE_TASK_DONE, queue, site, queue->unfinished - 1, 0);
        if (--queue->unfinished == 0)
            weft_waiters_wake(&queue->joiners, queue->joiners.count, WEFT_WOKEN_OK);
    }
    pthread_mutex_unlock(&queue->guard);
    weft_schedule()->step(NULL);
    return due ? 1 : -EPERM;
}

/* Who was woken has seen all tasks done, even if more were put since. */
int weft_queue_join(struct weft_queue *queue)
{
    const void *site = WEFT_CALL_SITE;

    weft_schedule()->step(queue);
    pthread_mutex_lock(&queue->guard);
    if (queue->unfinished > 0) {
        weft_note_args(WEFT_EV_QUEUE_JOIN, queue, site, queue->unfinished, 0);
        weft_wait(&queue->joiners, &queue->guard, WEFT_NO_DEADLINE, false, NULL);
    }
    weft_note(WEFT_EV_QUEUE_JOINED, queue, site);
    pthread_mutex_unlock(&queue->guard);
    return 1;
}
