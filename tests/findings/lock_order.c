/* Two threads take two locks in opposite orders, but never at the same time: luck. */
#include "tests/findings/program.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t audit_log = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t third_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

static void both(pthread_mutex_t *first, pthread_mutex_t *then)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(then);
    pthread_mutex_unlock(then);
    pthread_mutex_unlock(first);
}

static void *pay(void *unused)
{
    pthread_mutex_lock(&accounts);  /* @pay-first */
    pthread_mutex_lock(&audit_log); /* @pay-then */
    pthread_mutex_unlock(&audit_log);
    pthread_mutex_unlock(&accounts);
    return unused;
}

static void *audit(void *unused)
{
    sleep_ms(30);
    if (is("gate")) {
        pthread_mutex_lock(&gate);
    }
    if (is("sound")) {
        both(&accounts, &audit_log);
    } else if (is("try")) {
        pthread_mutex_lock(&audit_log);
        if (pthread_mutex_trylock(&accounts) == 0) {
            pthread_mutex_unlock(&accounts);
        }
        pthread_mutex_unlock(&audit_log);
    } else {
        pthread_mutex_lock(&audit_log); /* @audit-first */
        pthread_mutex_lock(&accounts);  /* @audit-then */
        pthread_mutex_unlock(&accounts);
        pthread_mutex_unlock(&audit_log);
    }
    if (is("gate")) {
        pthread_mutex_unlock(&gate);
    }
    return unused;
}

static void *pay_behind_the_gate(void *unused)
{
    pthread_mutex_lock(&gate);
    both(&accounts, &audit_log);
    pthread_mutex_unlock(&gate);
    return unused;
}

static void *in_ring(void *number)
{
    pthread_mutex_t *const locks[] = {&accounts, &audit_log, &third_lock};
    const int i = (int)(long)number;

    sleep_ms(20 * i);
    both(locks[i], locks[(i + 1) % 3]);
    return NULL;
}

/* Two readers do not stand in each other's way. */
static void *read_then_lock(void *unused)
{
    pthread_rwlock_rdlock(&table);
    pthread_mutex_lock(&accounts);
    pthread_mutex_unlock(&accounts);
    pthread_rwlock_unlock(&table);
    return unused;
}

static void *lock_then_read(void *unused)
{
    sleep_ms(20);
    pthread_mutex_lock(&accounts);
    pthread_rwlock_rdlock(&table);
    pthread_rwlock_unlock(&table);
    pthread_mutex_unlock(&accounts);
    return unused;
}

int main(int argc, char **argv)
{
    if (!begin(argc, argv, 0)) {
        return 2;
    }
    if (is("joined")) { /* one has ended before the other is made */
        pthread_join(start(pay, NULL), NULL);
        pthread_join(start(audit, NULL), NULL);
    } else if (is("alone")) { /* one thread, both orders */
        both(&accounts, &audit_log);
        both(&audit_log, &accounts);
    } else if (is("ring")) {
        pthread_t threads[3];
        for (long i = 0; i < 3; i++) {
            threads[i] = start(in_ring, (void *)i);
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], NULL);
        }
    } else {
        void *(*const first)(void *) = is("gate")      ? pay_behind_the_gate
                                       : is("readers") ? read_then_lock
                                                       : pay;
        const pthread_t one = start(first, NULL);
        const pthread_t two = start(is("readers") ? lock_then_read : audit, NULL);
        pthread_join(one, NULL);
        pthread_join(two, NULL);
    }
    return 0;
}
