/* How threads and processes end: joined, cancelled, killed, forked. */
#include "tests/preload/guest.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHORT = 20000, LOCKS = 1000, CANCELS = 50, FILL = 500000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static unsigned long cleaned;

static void lock_often(void)
{
    for (int i = 0; i < LOCKS; i++) {
        (void)pthread_mutex_lock(&lock);
        (void)pthread_mutex_unlock(&lock);
    }
}

static void *lock_once(void *unused)
{
    (void)pthread_mutex_lock(&lock);
    (void)pthread_mutex_unlock(&lock);
    return unused;
}

static int short_threads(void)
{
    unsigned long made = 0;
    pthread_t thread;

    for (int i = 0; i < SHORT; i++) {
        made +=
            pthread_create(&thread, NULL, lock_once, NULL) == 0 && pthread_join(thread, NULL) == 0;
    }
    guest_check(made == SHORT, "all were made");
    guest_expect("thread_create", SHORT);
    guest_expect("thread_start", SHORT + 1);
    guest_expect("thread_exit", SHORT);
    guest_expect("join_end", SHORT);
    guest_expect("lock_acquire", SHORT);
    return 0;
}

/* As the kernel counts them: a detached thread tells nobody when it has ended. */
static int threads_alive(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;

    if (tasks == NULL) {
        return 0;
    }
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
        count += task->d_name[0] != '.';
    }
    (void)closedir(tasks);
    return count;
}

static void *detach_myself(void *unused)
{
    (void)pthread_detach(pthread_self());
    return unused;
}

static int detached(void)
{
    pthread_t thread;

    for (int i = 0; i < 200; i++) {
        (void)pthread_create(&thread, NULL, detach_myself, NULL);
    }
    while (threads_alive() > 1) { /* who has not ended yet has told no end */
        (void)usleep(1000);
    }
    guest_expect("thread_create", 200);
    guest_expect("thread_detach", 200);
    guest_expect("thread_exit", 200);
    return 0;
}

static void clean(void *unused)
{
    (void)unused;
    cleaned++;
    (void)pthread_mutex_unlock(&lock);
}

static bool waiting;

static void *wait_for_ever(void *unused)
{
    (void)pthread_mutex_lock(&lock);
    waiting = true;
    pthread_cleanup_push(clean, NULL);
    for (;;) {
        (void)pthread_cond_wait(&never, &lock);
    }
    pthread_cleanup_pop(0);
    return unused;
}

static int cancel(void)
{
    unsigned long cancelled = 0, looks = 0;
    void *value;

    for (int i = 0; i < CANCELS; i++) {
        pthread_t thread;
        waiting = false;
        (void)pthread_create(&thread, NULL, wait_for_ever, NULL);
        for (bool seen = false; !seen; looks++) {
            (void)pthread_mutex_lock(&lock);
            seen = waiting;
            (void)pthread_mutex_unlock(&lock);
        }
        (void)pthread_cancel(thread);
        (void)pthread_join(thread, &value);
        cancelled += value == PTHREAD_CANCELED;
    }
    guest_check(cancelled == CANCELS && cleaned == CANCELS, "cancelled and cleaned up");
    guest_expect("cond_wait", CANCELS);
    guest_expect("cond_wake", CANCELS);
    guest_expect("outcome:unwound", CANCELS);
    guest_expect("lock_acquire@lock", CANCELS + looks);
    guest_expect("lock_release@lock", CANCELS + looks);
    guest_expect("thread_cancel", CANCELS);
    guest_expect("thread_exit", CANCELS);
    return 0;
}

static sem_t permits;

static void *cancel_myself(void *unused)
{
    (void)pthread_cancel(pthread_self());
    (void)sem_wait(&permits); /* it need not wait, but is a place to be cancelled */
    return unused;
}

static int cancel_semaphore(void)
{
    pthread_t thread;
    void *value = NULL;
    int left = 0;

    (void)sem_init(&permits, 0, 1);
    (void)pthread_create(&thread, NULL, cancel_myself, NULL);
    (void)pthread_join(thread, &value);
    (void)sem_getvalue(&permits, &left);
    guest_check(value == PTHREAD_CANCELED && left == 1, "cancelled before the permit was taken");
    guest_expect("sem_acquire", 0);
    return 0;
}

static pthread_key_t key;
static unsigned long destroyed;

/* Sets itself again: the C library calls it in four rounds. */
static void destroy(void *value)
{
    (void)pthread_mutex_lock(&lock);
    destroyed++;
    (void)pthread_mutex_unlock(&lock);
    (void)pthread_setspecific(key, value);
}

static void *set_key(void *unused)
{
    (void)pthread_setspecific(key, &key);
    return unused;
}

static int destructors(void)
{
    (void)pthread_key_create(&key, destroy);
    guest_run_threads(40, set_key, NULL);
    guest_check(destroyed == 160, "four rounds");
    guest_expect("lock_acquire", destroyed);
    guest_expect("lock_release", destroyed);
    guest_expect("thread_start", 41);
    guest_expect("thread_exit", 40);
    return 0;
}

static void *leave_main(void *main_thread)
{
    (void)pthread_join(*(pthread_t *)main_thread, NULL);
    lock_often();
    guest_expect("lock_acquire@lock", LOCKS);
    guest_expect("thread_exit", 1); /* main's; the process ends before this one's */
    exit(0);
}

static int main_ends_first(void)
{
    static pthread_t self;
    pthread_t thread;

    self = pthread_self();
    (void)pthread_create(&thread, NULL, leave_main, &self);
    pthread_exit(NULL);
}

/* The child's own locks are not its parent's, and the parent goes on. */
static void *hold_and_let_go(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
        (void)pthread_mutex_lock(&lock);
        cleaned++;
        (void)pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static int forks(void)
{
    static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    bool stop = false;
    unsigned long good = 0;
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        (void)pthread_create(&threads[i], NULL, hold_and_let_go, &stop);
    }
    for (int i = 0; i < 20; i++) {
        int status = -1;
        const pid_t child = fork();
        if (child == 0) {
            for (int k = 0; k < LOCKS; k++) {
                (void)pthread_mutex_lock(&own);
                (void)pthread_mutex_unlock(&own);
            }
            _exit(7);
        }
        (void)waitpid(child, &status, 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 7;
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    guest_check(good == 20, "all children ended well");
    guest_expect("lock_acquire", cleaned);
    guest_expect("lock_release", cleaned);
    guest_expect("thread_start", 3);
    return 0;
}

/* A daemon: nobody's child, without any of its parent's files, and it works after that is gone. */
static int daemon_works(void)
{
    const pid_t guest = getpid();

    guest_expect("lock_acquire", 2 * LOCKS);
    if (fork() == 0) {
        (void)setsid();
        if (fork() != 0) {
            _exit(0);
        }
        (void)close_range(0, ~0U, 0);
        while (kill(guest, 0) == 0) {
            (void)usleep(1000);
        }
        lock_often();
        lock_often();
        _exit(0);
    }
    (void)wait(NULL);
    return 0;
}

static bool ended_well(pid_t child)
{
    int status = -1;

    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* A function of its own: what it has in variables is the child's, too. */
static pid_t vfork_true(char *const *arguments)
{
    const pid_t child = vfork();

    if (child == 0) {
        (void)execvp("true", arguments);
        _exit(1);
    }
    return child;
}

static int spawns(void)
{
    char word[] = "true";
    char *const arguments[] = {word, NULL};
    unsigned long good = 0;

    for (int i = 0; i < 10; i++) {
        pid_t child = -1;
        lock_often();
        good +=
            posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0 && ended_well(child);
        good += ended_well(vfork_true(arguments));
    }
    guest_check(good == 20, "all children ended well");
    guest_expect("lock_acquire", 10 * LOCKS);
    guest_expect("thread_start", 1);
    return 0;
}

static void before_the_end(void)
{
    lock_often();
    guest_expect("lock_acquire", LOCKS);
    guest_expect("lock_release", LOCKS);
}

/* More than small disks and limits hold: a short run would not come to them. */
static int fill(void)
{
    for (int i = 0; i < FILL; i += LOCKS) {
        lock_often();
    }
    guest_check(true, "filled");
    guest_expect("lock_acquire", FILL);
    guest_expect("lock_release", FILL);
    return 0;
}

static int end_exit(void)
{
    before_the_end();
    _exit(3);
}

static int end_quick(void)
{
    before_the_end();
    quick_exit(3);
}

static int end_abort(void)
{
    before_the_end();
    abort();
}

static int end_segv(void)
{
    before_the_end();
    (void)raise(SIGSEGV);
    return 0;
}

static int end_kill(void)
{
    before_the_end();
    (void)kill(getpid(), SIGKILL);
    return 0;
}

static int end_exec(void)
{
    char word[] = "true";
    char *const arguments[] = {word, NULL};

    before_the_end();
    (void)execvp("true", arguments);
    return 1;
}

/* Two threads, each with what the other wants; nobody ends it but SIGKILL. */
static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void *take_right(void *unused)
{
    (void)pthread_mutex_lock(&right);
    (void)pthread_barrier_wait(&both);
    (void)pthread_mutex_lock(&left);
    return unused;
}

static void *take_left(void *unused)
{
    (void)pthread_mutex_lock(&left);
    (void)pthread_barrier_wait(&both);
    (void)pthread_mutex_lock(&right);
    return unused;
}

static void *kill_soon(void *unused)
{
    (void)usleep(100000);
    (void)kill(getpid(), SIGKILL);
    return unused;
}

static int deadlock(void)
{
    pthread_t threads[3];

    (void)pthread_barrier_init(&both, NULL, 2);
    guest_expect("lock_request", 2);
    guest_expect("lock_acquire", 2);
    guest_expect("join_begin", 1);
    guest_expect("join_end", 0);
    (void)pthread_create(&threads[0], NULL, kill_soon, NULL);
    (void)pthread_create(&threads[1], NULL, take_right, NULL);
    (void)pthread_create(&threads[2], NULL, take_left, NULL);
    (void)pthread_join(threads[1], NULL);
    return 0;
}

/*
 * Killed in the middle of work at full speed: what its threads did is counted in memory that a
 * child has, too, and told by that one.
 */
enum { HOT = 3 };

static struct hot {
    _Alignas(64) pthread_mutex_t mutex;
    volatile unsigned long unlocks;
} * hot;

static void *work_until_killed(void *own)
{
    struct hot *mine = own;

    for (;;) {
        (void)pthread_mutex_lock(&mine->mutex);
        (void)pthread_mutex_unlock(&mine->mutex);
        mine->unlocks++;
    }
    return NULL;
}

static int end_killed_hot(void)
{
    pthread_t threads[HOT];

    hot = mmap(NULL, HOT * sizeof *hot, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < HOT; i++) {
        (void)pthread_mutex_init(&hot[i].mutex, NULL);
    }
    const pid_t guest = getpid();
    if (fork() == 0) {
        unsigned long unlocks = 0;
        for (int i = 0; i < HOT; i++) {
            while (hot[i].unlocks < 1000 && getppid() == guest) {
                (void)usleep(
                    1000); /* all are at full speed before the kill, also on a busy machine */
            }
        }
        (void)usleep(60000);
        (void)kill(guest, SIGKILL);
        while (getppid() == guest) {
            (void)usleep(1000);
        }
        for (int i = 0; i < HOT; i++) {
            unlocks += hot[i].unlocks;
        }
        guest_expect("unlocked", unlocks);
        _exit(0);
    }
    for (int i = 0; i < HOT; i++) {
        (void)pthread_create(&threads[i], NULL, work_until_killed, &hot[i]);
    }
    for (;;) {
        (void)pause();
    }
}

/* Whoever records is gone; the program does not notice, though its lane is full for ever. */
static int end_orphaned(void)
{
    const pid_t recorder = getppid();

    lock_often();
    (void)printf("spool:%s\n", getenv("WEFT_SPOOL"));
    guest_check(kill(recorder, SIGKILL) == 0, "the recorder is killed");
    while (getppid() == recorder) {
        (void)usleep(1000);
    }
    for (int i = 0; i < 100; i++) {
        lock_often();
    }
    guest_check(true, "it went on");
    return 0;
}

/* The kernel takes the clock and most system calls away; the program must not notice weft. */
static int end_strict(void)
{
    static const char done[] = "ok strict\n";

    before_the_end();
    guest_expect("mark", 1);
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    for (int i = 0; i < 40; i++) {
        lock_often();
    }
    (void)write(STDOUT_FILENO, done, sizeof done - 1);
    (void)syscall(SYS_exit, 5);
    return 1;
}

/* Forbids one system call for the rest of its life, under pain of death. */
static int forbid(unsigned number, bool by_prctl)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof code / sizeof *code, .filter = code};

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)
                    : (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

static void *lock_in_thread(void *unused)
{
    lock_often();
    return unused;
}

/* A filter that forbids what the recorder does not call leaves it alone … */
static int filter_of_others(void)
{
    guest_check(forbid(SYS_ptrace, true) == 0 && forbid(SYS_mount, false) == 0, "filters");
    guest_run_threads(20, lock_in_thread, NULL);
    guest_expect("lock_acquire", 20 * LOCKS);
    guest_expect("mark", 0);
    return 0;
}

/* … one that would kill the program for what the recorder calls ends the recording. */
static int filter_of_ours(void)
{
    before_the_end();
    guest_expect("mark", 1);
    guest_check(forbid(SYS_gettid, false) == 0, "filter");
    guest_run_threads(20, lock_in_thread, NULL);
    guest_check(true, "it went on");
    return 0;
}

const struct guest_mode guest_ends[] = {
    {"filter", filter_of_others},
    {"filtered", filter_of_ours},
    {"short", short_threads},
    {"detached", detached},
    {"cancel", cancel},
    {"cancelsem", cancel_semaphore},
    {"destructors", destructors},
    {"mainfirst", main_ends_first},
    {"fork", forks},
    {"daemon", daemon_works},
    {"spawn", spawns},
    {"fill", fill},
    {"_exit", end_exit},
    {"quick_exit", end_quick},
    {"abort", end_abort},
    {"segv", end_segv},
    {"sigkill", end_kill},
    {"exec", end_exec},
    {"strict", end_strict},
    {"orphaned", end_orphaned},
    {"killedhot", end_killed_hot},
    {"deadlock", deadlock},
    {NULL, NULL},
};
