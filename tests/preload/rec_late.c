/* A library for dlopen, with a lock of its own. */
#include <pthread.h>

static pthread_mutex_t late_lock;

void late(void);
void late(void)
{
    pthread_mutex_lock(&late_lock);
    pthread_mutex_unlock(&late_lock);
}
