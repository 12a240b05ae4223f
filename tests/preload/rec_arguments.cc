// Locks on the heap, each first used in another way.
#include <mutex>
#include <pthread.h>
#include <shared_mutex>

#define LOCK(m) pthread_mutex_lock(&(m))

struct shelf {
    std::mutex mu;
    std::recursive_mutex r;
    std::shared_mutex sm;
    pthread_mutex_t p = PTHREAD_MUTEX_INITIALIZER;
};

int main(int argc, char **)
{
    shelf *s = new shelf, *arr = new shelf[3];
    const int i = argc + 1;

    {
        std::unique_lock<std::mutex> guard(s->mu);
    }
    {
        std::scoped_lock guard{s->r};
    }
    s->sm.lock();
    s->sm.unlock();
    LOCK(s->p);
    pthread_mutex_unlock(&s->p);
    pthread_mutex_lock(&arr[i].p);
    pthread_mutex_unlock(&arr[i].p);
    pthread_mutex_lock(&arr[0].p), pthread_mutex_lock(&arr[1].p);
    return 0;
}
