/*
 * The real functions behind the hooks: those that the program would have called without us.
 *
 * They are found by a walk of our own over the loaded libraries that come after us (so other
 * preloaded libraries stay in between), never by dlsym: that allocates when it fails, and before
 * glibc 2.36 it gave the oldest version of a symbol.  What the C library does not have answers
 * ENOSYS.
 * Threads: any, once the constructor has run.
 */
#ifndef WEFT_RUNTIME_PRELOAD_REAL_H
#define WEFT_RUNTIME_PRELOAD_REAL_H

#include <mqueue.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(hidden)

typedef void *weft_start_routine(void *arg);
typedef void weft_once_routine(void);
typedef void weft_key_routine(void *value);

struct weft_real {
#define WEFT_REAL(slot, symbol, version, result, parameters) result(*slot) parameters;
#include "runtime/preload/hooks.def"
};

extern struct weft_real weft_real;

/* Finds them all; called again it does nothing. */
void weft_real_find(void);

/* For the recorder. */
int weft_real_clock(clockid_t clock, struct timespec *now);

/* The path of this library, as the loader was given it; "": not known. */
const char *weft_real_library(void);

#pragma GCC visibility pop

#endif
