/* glib's locks, conditions, queues and pools: all futexes. */
#include <glib.h>

enum { THREADS = 4, ROUNDS = 2000, ITEMS = 5000 };

static GMutex mutex;
static GRecMutex recursive;
static GRWLock rwlock;
static GCond changed;
static GOnce once = G_ONCE_INIT;
static long count;
static gint pooled;

static gpointer initialise(gpointer unused)
{
    (void)unused;
    g_usleep(2000);
    return GINT_TO_POINTER(3);
}

static gpointer work(gpointer queue)
{
    long got = GPOINTER_TO_INT(g_once(&once, initialise, NULL));

    for (int i = 0; i < ROUNDS; i++) {
        g_mutex_lock(&mutex);
        count++;
        if (i % 500 == 0) {
            g_usleep(500);
        }
        g_mutex_unlock(&mutex);
    }
    g_rec_mutex_lock(&recursive);
    g_rec_mutex_lock(&recursive);
    g_rec_mutex_unlock(&recursive);
    g_rec_mutex_unlock(&recursive);
    g_rw_lock_reader_lock(&rwlock);
    g_rw_lock_reader_unlock(&rwlock);
    g_rw_lock_writer_lock(&rwlock);
    g_rw_lock_writer_unlock(&rwlock);
    for (int i = 0; i < ITEMS / THREADS; i++) {
        got += GPOINTER_TO_INT(g_async_queue_pop(queue));
    }
    g_mutex_lock(&mutex);
    count++;
    g_cond_signal(&changed);
    g_mutex_unlock(&mutex);
    return (gpointer)got;
}

static void pool_work(gpointer item, gpointer unused)
{
    (void)unused;
    g_atomic_int_add(&pooled, GPOINTER_TO_INT(item));
}

int main(void)
{
    GAsyncQueue *queue = g_async_queue_new();
    GThreadPool *pool = g_thread_pool_new(pool_work, NULL, 3, TRUE, NULL);
    GThread *threads[THREADS];
    long sum = 0;

    for (int i = 0; i < THREADS; i++) {
        threads[i] = g_thread_new("worker", work, queue);
    }
    for (int i = 0; i < ITEMS; i++) {
        g_async_queue_push(queue, GINT_TO_POINTER(1));
        g_thread_pool_push(pool, GINT_TO_POINTER(2), NULL);
        if (i % 100 == 0) {
            g_usleep(100);
        }
    }
    g_mutex_lock(&mutex);
    while (count < THREADS * (ROUNDS + 1)) {
        g_cond_wait(&changed, &mutex);
    }
    const gboolean timed_out = !g_cond_wait_until(&changed, &mutex, g_get_monotonic_time() + 2000);
    g_mutex_unlock(&mutex);
    for (int i = 0; i < THREADS; i++) {
        sum += (long)g_thread_join(threads[i]);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    g_print("%ld %ld %d %d\n", count, sum, pooled, timed_out);
    g_async_queue_unref(queue);
    return 0;
}
