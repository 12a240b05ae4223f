/* Locks in every place that has a name, and on the heap: each is locked once. */
#include <pthread.h>
#include <stdlib.h>

struct stage {
    int count;
    pthread_mutex_t lock;
};

struct server {
    long id;
    struct stage st[3];
};

struct queue {
    char *item;
    pthread_mutex_t lock;
};

pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t locks[4];
struct server srv;
static pthread_mutex_t file_static_lock; /* .bss */

static void touch(pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
}

static void in_function(void)
{
    static pthread_mutex_t fn_static = PTHREAD_MUTEX_INITIALIZER;

    touch(&fn_static);
}

static void on_heap(void)
{
    struct queue *q = calloc(1, sizeof *q);

    pthread_mutex_lock(&q->lock);
    pthread_mutex_unlock(&q->lock);
    free(q);
}

static void *worker(void *argument)
{
    on_heap();
    return argument;
}

int main(void)
{
    pthread_t thread;

    touch(&queue_lock);
    touch(&locks[0]);
    touch(&locks[3]);
    touch(&srv.st[1].lock);
    touch(&file_static_lock);
    in_function();
    if (pthread_create(&thread, NULL, worker, NULL) != 0) {
        return 1;
    }
    pthread_join(thread, NULL);
    return 0;
}
