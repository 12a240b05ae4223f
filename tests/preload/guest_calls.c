/* Calls that block: told at their end when they took long, and while they last. */
#include "tests/preload/guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* The driver records what takes 50 ms or longer. */
enum { LONG_US = 80000, LONG_MS = LONG_US / 1000 };

static const struct timespec long_time = {.tv_nsec = LONG_US * 1000};

static int ends[2];   /* of a pipe that stays empty, unless somebody is to be woken */
static int peers[2];  /* two connected sockets, likewise */
static int queue;     /* of System V messages */
static int permits;   /* a System V semaphore */
static char byte[16]; /* the first is what is read and written */

static struct iovec vector = {.iov_base = byte, .iov_len = 1};

static void *feed(void *where)
{
    (void)usleep(LONG_US);
    (void)write(*(int *)where, "x", 1);
    return NULL;
}

/* Makes `call` wait for a byte that comes late. */
#define FED(where, call)                                                                           \
    do {                                                                                           \
        pthread_t feeder;                                                                          \
        (void)pthread_create(&feeder, NULL, feed, &(where));                                       \
        guest_check((call) == 1, #call);                                                           \
        (void)pthread_join(feeder, NULL);                                                          \
    } while (0)

static int only_long_ones(void)
{
    (void)pipe(ends);
    for (int i = 0; i < 100; i++) {
        (void)write(ends[1], "x", 1);
        (void)read(ends[0], byte, 1);
    }
    FED(ends[1], read(ends[0], byte, 1));
    struct pollfd nothing = {.fd = ends[0], .events = POLLIN};
    guest_check(poll(&nothing, 1, LONG_MS) == 0, "poll");
    guest_expect("call_end", 2);
    guest_expect("call_end:read", 1);
    guest_expect("call_end:poll", 1);
    return 0;
}

static int readers(void)
{
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    struct mmsghdr messages = {.msg_hdr = message};

    (void)pipe(ends);
    (void)socketpair(AF_UNIX, SOCK_STREAM, 0, peers);
    FED(ends[1], read(ends[0], byte, 1));
    FED(ends[1], readv(ends[0], &vector, 1));
    FED(peers[1], recv(peers[0], byte, 1, 0));
    FED(peers[1], recvfrom(peers[0], byte, 1, 0, NULL, NULL));
    FED(peers[1], recvmsg(peers[0], &message, 0));
    FED(peers[1], recvmmsg(peers[0], &messages, 1, 0, NULL));
    const char *const names[] = {"read", "readv", "recv", "recvfrom", "recvmsg", "recvmmsg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char what[32] = "call_end:";
        guest_expect(strcat(what, names[i]), 1);
    }
    guest_expect("call_end", 6);
    return 0;
}

static int waiters(void)
{
    struct pollfd nothing;
    struct epoll_event event;
    struct timeval until = {.tv_usec = LONG_US};
    fd_set set;
    const int epoll = epoll_create1(0);

    (void)pipe(ends);
    nothing = (struct pollfd){.fd = ends[0], .events = POLLIN};
    guest_check(poll(&nothing, 1, LONG_MS) == 0, "poll");
    guest_check(ppoll(&nothing, 1, &long_time, NULL) == 0, "ppoll");
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    guest_check(select(ends[0] + 1, &set, NULL, NULL, &until) == 0, "select");
    FD_SET(ends[0], &set);
    guest_check(pselect(ends[0] + 1, &set, NULL, NULL, &long_time, NULL) == 0, "pselect");
    guest_check(epoll_wait(epoll, &event, 1, LONG_MS) == 0, "epoll_wait");
    guest_check(epoll_pwait(epoll, &event, 1, LONG_MS, NULL) == 0, "epoll_pwait");
    guest_expect("call_end:poll", 1);
    guest_expect("call_end:ppoll", 1);
    guest_expect("call_end:select", 1);
    guest_expect("call_end:pselect", 1);
    guest_expect("call_end:epoll_wait", 1);
    guest_expect("call_end:epoll_pwait", 1);
    guest_expect("call_end", 6);
    return 0;
}

static pid_t child_that_ends_late(void)
{
    const pid_t child = fork();

    if (child == 0) {
        (void)usleep(LONG_US);
        _exit(0);
    }
    return child;
}

static int children(void)
{
    siginfo_t info;
    struct rusage usage;
    pid_t child = child_that_ends_late();

    guest_check(wait(NULL) == child, "wait");
    child = child_that_ends_late();
    guest_check(waitpid(child, NULL, 0) == child, "waitpid");
    child = child_that_ends_late();
    guest_check(wait3(NULL, 0, &usage) == child, "wait3");
    child = child_that_ends_late();
    guest_check(wait4(child, NULL, 0, &usage) == child, "wait4");
    child = child_that_ends_late();
    guest_check(waitid(P_PID, (id_t)child, &info, WEXITED) == 0, "waitid");
    guest_check(system("sleep 0.08") == 0, "system");
    guest_expect("call_end:wait", 1);
    guest_expect("call_end:waitpid", 1);
    guest_expect("call_end:wait3", 1);
    guest_expect("call_end:wait4", 1);
    guest_expect("call_end:waitid", 1);
    guest_expect("call_end:system", 1);
    guest_expect("call_end", 6);
    return 0;
}

static void on_signal(int number)
{
    (void)number;
}

static void *signal_main(void *main_thread)
{
    (void)usleep(LONG_US);
    (void)pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
    return NULL;
}

#define SIGNALLED(call)                                                                            \
    do {                                                                                           \
        pthread_t killer;                                                                          \
        (void)pthread_create(&killer, NULL, signal_main, &self);                                   \
        guest_check(call, #call);                                                                  \
        (void)pthread_join(killer, NULL);                                                          \
    } while (0)

static int signals(void)
{
    const struct timespec second = {.tv_sec = 10};
    pthread_t self = pthread_self();
    sigset_t set, before;
    siginfo_t info;
    int number;

    (void)signal(SIGUSR1, on_signal);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    SIGNALLED(pause() == -1 && errno == EINTR);
    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    SIGNALLED(sigsuspend(&before) == -1 && errno == EINTR);
    SIGNALLED(sigwait(&set, &number) == 0);
    SIGNALLED(sigwaitinfo(&set, &info) == SIGUSR1);
    SIGNALLED(sigtimedwait(&set, &info, &second) == SIGUSR1);
    guest_expect("call_end:pause", 1);
    guest_expect("call_end:sigsuspend", 1);
    guest_expect("call_end:sigwait", 1);
    guest_expect("call_end:sigwaitinfo", 1);
    guest_expect("call_end:sigtimedwait", 1);
    guest_expect("call_end", 5);
    return 0;
}

struct message {
    long type;
    char text[1];
};

static void *message_late(void *unused)
{
    const struct message message = {.type = 1};

    (void)usleep(LONG_US);
    (void)msgsnd(queue, &message, 1, 0);
    (void)usleep(LONG_US);
    (void)semop(permits, &(struct sembuf){.sem_op = 1}, 1);
    return unused;
}

static void *connect_late(void *address)
{
    struct sockaddr_in to = *(struct sockaddr_in *)address;

    for (int i = 0; i < 2; i++) {
        const int client = socket(AF_INET, SOCK_STREAM, 0);
        (void)usleep(LONG_US);
        (void)connect(client, (struct sockaddr *)&to, sizeof to);
        (void)close(client);
    }
    return NULL;
}

static int ipc(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct message message;
    pthread_t thread;
    const int server = socket(AF_INET, SOCK_STREAM, 0);

    queue = msgget(IPC_PRIVATE, 0600);
    permits = semget(IPC_PRIVATE, 1, 0600);
    (void)pthread_create(&thread, NULL, message_late, NULL);
    guest_check(msgrcv(queue, &message, 1, 0, 0) == 1, "msgrcv");
    guest_check(semop(permits, &(struct sembuf){.sem_op = -1}, 1) == 0, "semop");
    (void)pthread_join(thread, NULL);
    guest_check(semtimedop(permits, &(struct sembuf){.sem_op = -1}, 1, &long_time) == -1,
                "semtimedop");
    (void)msgctl(queue, IPC_RMID, NULL);
    (void)semctl(permits, 0, IPC_RMID);
    (void)bind(server, (struct sockaddr *)&address, sizeof address);
    (void)listen(server, 4);
    (void)getsockname(server, (struct sockaddr *)&address, &size);
    (void)pthread_create(&thread, NULL, connect_late, &address);
    guest_check(accept(server, NULL, NULL) >= 0, "accept");
    guest_check(accept4(server, NULL, NULL, SOCK_CLOEXEC) >= 0, "accept4");
    (void)pthread_join(thread, NULL);
    guest_expect("call_end:msgrcv", 1);
    guest_expect("call_end:semop", 1);
    guest_expect("call_end:semtimedop", 1);
    guest_expect("call_end:accept", 1);
    guest_expect("call_end:accept4", 1);
    guest_expect("call_end", 5);
    return 0;
}

static void *drain_late(void *unused)
{
    static char room[1 << 20];

    (void)usleep(LONG_US);
    while (read(ends[0], room, sizeof room) > 0) {
    }
    return unused;
}

/* Writes that find a full pipe, a lock on a file that another description has. */
static int writers(void)
{
    static char much[1 << 20];
    char path[] = "/tmp/guest-XXXXXX";
    struct iovec all = {.iov_base = much, .iov_len = sizeof much};
    pthread_t thread;

    for (int i = 0; i < 2; i++) {
        (void)pipe(ends);
        (void)fcntl(ends[0], F_SETPIPE_SZ, 4096);
        (void)pthread_create(&thread, NULL, drain_late, NULL);
        const ssize_t sent = i == 0 ? write(ends[1], much, sizeof much) : writev(ends[1], &all, 1);
        guest_check(sent == sizeof much, "write");
        (void)close(ends[1]);
        (void)pthread_join(thread, NULL);
    }
    const int file = mkstemp(path), other = open(path, O_RDWR);
    (void)flock(file, LOCK_EX);
    const pid_t child = fork();
    if (child == 0) {
        (void)usleep(LONG_US);
        (void)flock(file, LOCK_UN);
        _exit(0);
    }
    guest_check(flock(other, LOCK_EX) == 0, "flock");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    (void)pipe(ends);
    const pid_t second = fork();
    if (second == 0) {
        (void)fcntl(file, F_SETLK, &lock);
        (void)write(ends[1], "x", 1);
        (void)usleep(LONG_US);
        _exit(0);
    }
    (void)read(ends[0], byte, 1);
    guest_check(fcntl(file, F_SETLKW, &lock) == 0, "fcntl");
    (void)unlink(path);
    guest_expect("call_end:write", 1);
    guest_expect("call_end:writev", 1);
    guest_expect("call_end:flock", 1);
    guest_expect("call_end:fcntl", 1);
    return 0;
}

/* Yields alone are one poll, yields between tries of a lock belong to its poll. */
static int yields(void)
{
    static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    thrd_t holder;
    (void)holder;

    for (int i = 0; i < 10000; i++) {
        (void)sched_yield();
    }
    (void)pthread_mutex_lock(&own);
    for (int i = 0; i < 1000; i++) {
        guest_check(i > 0 || pthread_mutex_trylock(&own) == EBUSY, "trylock");
        (void)pthread_mutex_trylock(&own);
        thrd_yield();
    }
    (void)pthread_mutex_unlock(&own);
    guest_expect("query", 1);
    guest_expect("poll_begin", 2);
    guest_expect("poll_end", 2);
    guest_expect("lock_fail", 1);
    return 0;
}

static pthread_barrier_t ready;

static void *read_forever(void *unused)
{
    (void)pthread_barrier_wait(&ready);
    (void)read(ends[0], byte, 1);
    return unused;
}

/* Killed while one thread reads and another is in poll: both are told, though they never end. */
static int end_in_calls(void)
{
    pthread_t thread;

    (void)pipe(ends);
    (void)pthread_barrier_init(&ready, NULL, 2);
    (void)pthread_create(&thread, NULL, read_forever, NULL);
    (void)pthread_barrier_wait(&ready);
    guest_expect("call_begin", 2);
    guest_expect("call_begin:read", 1);
    guest_expect("call_begin:poll", 1);
    guest_expect("call_end", 0);
    if (fork() == 0) {
        (void)usleep(LONG_US * 3);
        (void)kill(getppid(), SIGKILL);
        _exit(0);
    }
    (void)poll(NULL, 0, -1);
    return 0;
}

static int cancelled_call(void)
{
    pthread_t thread;

    (void)pipe(ends);
    (void)pthread_barrier_init(&ready, NULL, 2);
    (void)pthread_create(&thread, NULL, read_forever, NULL);
    (void)pthread_barrier_wait(&ready);
    (void)usleep(LONG_US * 3);
    (void)pthread_cancel(thread);
    (void)pthread_join(thread, NULL);
    guest_expect("call_begin:read", 1);
    guest_expect("call_end:read", 1);
    guest_expect("outcome:unwound", 1);
    return 0;
}

const struct guest_mode guest_calls[] = {
    {"calls", only_long_ones},
    {"readers", readers},
    {"writers", writers},
    {"waiters", waiters},
    {"children", children},
    {"signals", signals},
    {"ipc", ipc},
    {"yields", yields},
    {"inside", end_in_calls},
    {"cancelcall", cancelled_call},
    {NULL, NULL},
};
