/* Two threads that wait in functions called by functions; built with and without frame pointers. */
#include <pthread.h>
#include <time.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void take(void)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    __asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) static void visit(void)
{
    take();
    __asm__ volatile("" : : : "memory");
}

static void *visitor(void *unused)
{
    visit();
    __asm__ volatile("" : : : "memory");
    return unused;
}

__attribute__((noinline)) static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    __asm__ volatile("" : : : "memory");
}

int main(void)
{
    pthread_t thread;

    pthread_mutex_lock(&gate);
    pthread_create(&thread, NULL, visitor, NULL);
    nap();
    pthread_mutex_unlock(&gate);
    pthread_join(thread, NULL);
    return 0;
}
