/*
 * Calls that wait for something outside the program.  What is there at once is taken without
 * giving the turn away; who must wait looks again whenever the program writes somewhere, or nobody
 * else can go on.  Time-outs are simulated.  Calls that cannot be asked whether they would wait are
 * made outside: the others run meanwhile.
 */
#include "runtime/preload/control.h"
#include "runtime/preload/hook.h"
#include "runtime/preload/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>

/* All of them outside … */
#define ARGUMENTS(...) __VA_ARGS__
#define WEFT_CALLING(type, name, told, parameters, arguments)                                      \
    static type outside_##name parameters                                                          \
    {                                                                                              \
        weft_turn_outside();                                                                       \
        const type result = weft_plain.name arguments;                                             \
        weft_turn_inside();                                                                        \
        return result;                                                                             \
    }
#include "runtime/preload/hooks.def"

/* … but those that are over at once, and those below. */
#define AT_ONCE(real, name) (real)->name = weft_plain.name

static bool may_wait(int file)
{
    const int flags = weft_plain.fcntl(file, F_GETFL, NULL);

    return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

enum { PATIENCE_MS = 2000 };

static _Atomic bool impatient;

/*
 * Waits for other processes with the turn, so that the others' schedule does not depend on them;
 * true: at least one file is ready.  When it is in vain once, perhaps because they wait for
 * another thread of ours, it is not done again.
 */
static bool wait_for_strangers(struct pollfd *files, nfds_t count)
{
    bool any = false;

    if (atomic_load_explicit(&impatient, memory_order_relaxed)) {
        return false;
    }
    for (nfds_t i = 0; i < count; i++) {
        any = any || weft_pipe_is_strangers(files[i].fd);
    }
    if (!any) {
        return false;
    }
    weft_turn_keep(true);
    const int ready = weft_plain.poll(files, count, PATIENCE_MS);
    weft_turn_keep(false);
    atomic_store_explicit(&impatient, ready == 0, memory_order_relaxed);
    return ready > 0;
}

/* Until a call on the file would not wait; errno is untouched. */
static void until_ready(int file, short events)
{
    int *error = weft_plain.errno_location();
    const int before = *error;
    struct pollfd one = {.fd = file, .events = events};
    enum weft_turn_look look = WEFT_LOOK_POKED;

    if (weft_turn_self() == NULL) {
        return;
    }
    if (weft_plain.poll(&one, 1, 0) == 0 && may_wait(file)) {
        (void)wait_for_strangers(&one, 1);
    }
    while (weft_plain.poll(&one, 1, 0) == 0 && may_wait(file)) {
        weft_plain.testcancel();
        look = weft_turn_wait_outside(WEFT_TURN_NEVER);
    }
    if (look == WEFT_LOOK_IDLE) {
        weft_turn_left(WEFT_LEFT_CALL);
    }
    *error = before;
}

/* Its shell may run on all processors that the program may. */
static int control_system(const char *command)
{
    weft_turn_left(WEFT_LEFT_CHILD);
    weft_turn_outside();
    weft_turn_spread();
    const int result = weft_plain.system(command);
    weft_turn_gather();
    weft_turn_inside();
    return result;
}

/*
 * How much a call has moved may depend on how fast others read and write; where it goes on at once,
 * as it does who reads a block, the run does not.  errno is untouched.
 */
static ssize_t moved(int file, const void *bytes, size_t wanted, ssize_t result)
{
    int *error = weft_plain.errno_location();
    const int before = *error;
    const bool again = result < 0 && (before == EAGAIN || before == EWOULDBLOCK);

    if (weft_turn_self() != NULL && (again || (result > 0 && (size_t)result < wanted)) &&
        weft_pipe_may_change(file)) {
        weft_turn_unfinished((const char *)bytes + (again ? 0 : result));
    }
    *error = before;
    return result;
}

#define READING(type, name, parameters, arguments)                                                 \
    static type control_##name parameters                                                          \
    {                                                                                              \
        until_ready(a, POLLIN);                                                                    \
        return weft_plain.name arguments;                                                          \
    }
#define READING_BLOCK(name, parameters, arguments)                                                 \
    static ssize_t control_##name parameters                                                       \
    {                                                                                              \
        weft_turn_goes_on(b);                                                                      \
        until_ready(a, POLLIN);                                                                    \
        return moved(a, b, c, weft_plain.name arguments);                                          \
    }
#define WRITING(name, block, bytes, parameters, arguments)                                         \
    static ssize_t control_##name parameters                                                       \
    {                                                                                              \
        weft_turn_goes_on(block);                                                                  \
        until_ready(a, POLLOUT);                                                                   \
        const ssize_t result = moved(a, block, bytes, weft_plain.name arguments);                  \
        weft_turn_poke();                                                                          \
        return result;                                                                             \
    }
READING_BLOCK(read, (int a, void *b, size_t c), (a, b, c))
READING_BLOCK(__read_chk, (int a, void *b, size_t c, size_t d), (a, b, c, d))
READING_BLOCK(recv, (int a, void *b, size_t c, int d), (a, b, c, d))
READING_BLOCK(__recv_chk, (int a, void *b, size_t c, size_t d, int e), (a, b, c, d, e))
READING_BLOCK(recvfrom, (int a, void *b, size_t c, int d, __SOCKADDR_ARG e, socklen_t *f),
              (a, b, c, d, e, f))
READING(ssize_t, readv, (int a, const struct iovec *b, int c), (a, b, c))
READING(ssize_t, recvmsg, (int a, struct msghdr *b, int c), (a, b, c))
READING(int, accept, (int a, __SOCKADDR_ARG b, socklen_t *c), (a, b, c))
READING(int, accept4, (int a, __SOCKADDR_ARG b, socklen_t *c, int d), (a, b, c, d))
WRITING(write, b, c, (int a, const void *b, size_t c), (a, b, c))
WRITING(send, b, c, (int a, const void *b, size_t c, int d), (a, b, c, d))
WRITING(sendto, b, c, (int a, const void *b, size_t c, int d, __CONST_SOCKADDR_ARG e, socklen_t f),
        (a, b, c, d, e, f))
WRITING(writev, NULL, 0, (int a, const struct iovec *b, int c), (a, b, c))
WRITING(sendmsg, NULL, 0, (int a, const struct msghdr *b, int c), (a, b, c))

/* Looking at many files ─────────────────────────────────────────────────────────────────────── */

/*
 * look, an expression, is tried until it is not 0 or the time-out has passed.  A look that was
 * asked for without a time-out is a question.
 */
#define UNTIL(timeout_ns, look)                                                                    \
    const int64_t limit_ns = timeout_ns;                                                           \
    const uint64_t deadline_ns = weft_control_in(limit_ns);                                        \
    int found;                                                                                     \
    enum weft_turn_look last = WEFT_LOOK_POKED;                                                    \
    weft_plain.testcancel();                                                                       \
    if (limit_ns == 0) {                                                                           \
        weft_turn_spin();                                                                          \
        return look;                                                                               \
    }                                                                                              \
    while ((found = (look)) == 0) {                                                                \
        last = weft_turn_wait_outside(deadline_ns);                                                \
        weft_plain.testcancel();                                                                   \
        if (last == WEFT_LOOK_TIMEOUT) {                                                           \
            return 0;                                                                              \
        }                                                                                          \
    }                                                                                              \
    if (last == WEFT_LOOK_IDLE) {                                                                  \
        weft_turn_left(WEFT_LEFT_CALL);                                                            \
    }                                                                                              \
    return found

static int64_t ns_of_ms(int ms)
{
    return ms < 0 ? -1 : (int64_t)ms * 1000000;
}

/* Nothing to look at: a sleep. */
static int sleep_in_poll(int64_t ns)
{
    weft_plain.testcancel();
    weft_turn_sleep_until(ns < 0 ? WEFT_TURN_NEVER
                                 : weft_control_in((int64_t)weft_turn_stretch((uint64_t)ns)));
    weft_plain.testcancel();
    return 0;
}

static int control_poll(struct pollfd *files, nfds_t count, int ms)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.poll(files, count, ms);
    }
    if (count == 0) {
        return sleep_in_poll(ns_of_ms(ms));
    }
    if (ms != 0 && weft_plain.poll(files, count, 0) == 0) {
        (void)wait_for_strangers(files, count);
    }
    UNTIL(ns_of_ms(ms), weft_plain.poll(files, count, 0));
}

static int control___poll_chk(struct pollfd *files, nfds_t count, int ms, size_t room)
{
    (void)room;
    return control_poll(files, count, ms);
}

static const struct timespec at_once;

static int control_ppoll(struct pollfd *files, nfds_t count, const struct timespec *limit,
                         const sigset_t *mask)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.ppoll(files, count, limit, mask);
    }
    if (count == 0 && mask == NULL) {
        return sleep_in_poll(weft_ns_of(limit));
    }
    UNTIL(weft_ns_of(limit), weft_plain.ppoll(files, count, &at_once, mask));
}

/* The sets are the question and the answer. */
struct sets {
    fd_set *at[3];
    fd_set asked[3];
};

static void keep_sets(struct sets *sets)
{
    for (int i = 0; i < 3; i++) {
        if (sets->at[i] != NULL) {
            sets->asked[i] = *sets->at[i];
        }
    }
}

static int look_at_sets(struct sets *sets, int count, const sigset_t *mask)
{
    for (int i = 0; i < 3; i++) {
        if (sets->at[i] != NULL) {
            *sets->at[i] = sets->asked[i];
        }
    }
    return weft_plain.pselect(count, sets->at[0], sets->at[1], sets->at[2], &at_once, mask);
}

static int select_until(int count, struct sets *sets, int64_t ns, const sigset_t *mask)
{
    keep_sets(sets);
    UNTIL(ns, look_at_sets(sets, count, mask));
}

static int control_select(int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *limit)
{
    struct sets sets = {.at = {in, out, other}};
    const int64_t ns =
        limit == NULL ? -1 : (int64_t)limit->tv_sec * 1000000000 + limit->tv_usec * 1000;

    if (weft_turn_self() == NULL || count > FD_SETSIZE) {
        return outside_select(count, in, out, other, limit);
    }
    return count == 0 ? sleep_in_poll(ns) : select_until(count, &sets, ns, NULL);
}

static int control_pselect(int count, fd_set *in, fd_set *out, fd_set *other,
                           const struct timespec *limit, const sigset_t *mask)
{
    struct sets sets = {.at = {in, out, other}};

    return weft_turn_self() == NULL || count > FD_SETSIZE
               ? outside_pselect(count, in, out, other, limit, mask)
               : select_until(count, &sets, weft_ns_of(limit), mask);
}

static int control_epoll_wait(int epoll, struct epoll_event *events, int room, int ms)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.epoll_wait(epoll, events, room, ms);
    }
    UNTIL(ns_of_ms(ms), weft_plain.epoll_wait(epoll, events, room, 0));
}

static int control_epoll_pwait(int epoll, struct epoll_event *events, int room, int ms,
                               const sigset_t *mask)
{
    if (weft_turn_self() == NULL) {
        return weft_plain.epoll_pwait(epoll, events, room, ms, mask);
    }
    UNTIL(ns_of_ms(ms), weft_plain.epoll_pwait(epoll, events, room, 0, mask));
}

/* Only a lock on a file may wait. */
#define FILE_CONTROL(function)                                                                     \
    static int control_##function(int file, int command, ...)                                      \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;                         \
        if (waits) {                                                                               \
            weft_turn_outside();                                                                   \
        }                                                                                          \
        const int result = weft_plain.function(file, command, argument);                           \
        if (waits) {                                                                               \
            weft_turn_inside();                                                                    \
        }                                                                                          \
        return result;                                                                             \
    }
FILE_CONTROL(fcntl)
FILE_CONTROL(fcntl64)

void weft_control_calls(struct weft_real *real)
{
#define WEFT_CALLING(type, name, told, parameters, arguments) real->name = outside_##name;
#include "runtime/preload/hooks.def"
    AT_ONCE(real, pread);
    AT_ONCE(real, __pread_chk);
    AT_ONCE(real, pread64);
    AT_ONCE(real, __pread64_chk);
    AT_ONCE(real, pwrite);
    AT_ONCE(real, pwrite64);
    AT_ONCE(real, preadv);
    AT_ONCE(real, preadv64);
    AT_ONCE(real, pwritev);
    AT_ONCE(real, pwritev64);
    AT_ONCE(real, copy_file_range);
    AT_ONCE(real, msync);
    AT_ONCE(real, fsync);
    AT_ONCE(real, fdatasync);
    real->system = control_system;
    real->read = control_read;
    real->__read_chk = control___read_chk;
    real->readv = control_readv;
    real->recv = control_recv;
    real->__recv_chk = control___recv_chk;
    real->recvfrom = control_recvfrom;
    real->recvmsg = control_recvmsg;
    real->accept = control_accept;
    real->accept4 = control_accept4;
    real->write = control_write;
    real->writev = control_writev;
    real->send = control_send;
    real->sendto = control_sendto;
    real->sendmsg = control_sendmsg;
    real->poll = control_poll;
    real->__poll_chk = control___poll_chk;
    real->ppoll = control_ppoll;
    real->select = control_select;
    real->pselect = control_pselect;
    real->epoll_wait = control_epoll_wait;
    real->epoll_pwait = control_epoll_pwait;
    real->fcntl = control_fcntl;
    real->fcntl64 = control_fcntl64;
}
