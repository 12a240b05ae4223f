/*
 * System calls without libc: they change no errno and pass no symbol that somebody could
 * interpose.  Each returns what the kernel does, a negative errno for failure.
 * Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_RECORD_SYS_H
#define WEFT_RUNTIME_RECORD_SYS_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18 /* Linux 4.14 */
#endif

#if defined(__x86_64__)

static inline long weft_sys(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#else

#include <errno.h>
#include <unistd.h>

static inline long weft_sys(long number, long a, long b, long c, long d, long e, long f)
{
    const int saved = errno;
    long result = syscall(number, a, b, c, d, e, f);

    if (result == -1) {
        result = -errno;
    }
    errno = saved;
    return result;
}

#endif

static inline long weft_sys_open(const char *path, int flags)
{
    return weft_sys(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0);
}

static inline long weft_sys_read(int fd, void *bytes, size_t len)
{
    return weft_sys(SYS_read, fd, (long)bytes, (long)len, 0, 0, 0);
}

static inline long weft_sys_close(int fd)
{
    return weft_sys(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* NULL when it cannot be mapped; fd -1: anonymous memory. */
static inline void *weft_sys_map(size_t len, int flags, int fd)
{
    const long at = weft_sys(SYS_mmap, 0, (long)len, PROT_READ | PROT_WRITE, flags, fd, 0);

    return at < 0 && at > -4096 ? NULL : (void *)at;
}

static inline void weft_sys_unmap(const volatile void *at, size_t len)
{
    (void)weft_sys(SYS_munmap, (long)at, (long)len, 0, 0, 0, 0);
}

static inline long weft_sys_advise(void *at, size_t len, int advice)
{
    return weft_sys(SYS_madvise, (long)at, (long)len, advice, 0, 0, 0);
}

/* RLIMIT_FSIZE: how large a file this process may write; to pass it is a deadly signal. */
static inline uint64_t weft_sys_file_limit(void)
{
    struct {
        uint64_t now, most;
    } limit = {UINT64_MAX, UINT64_MAX};

    (void)weft_sys(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0);
    return limit.now;
}

static inline uint32_t weft_sys_pid(void)
{
    return (uint32_t)weft_sys(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline uint32_t weft_sys_parent(void)
{
    return (uint32_t)weft_sys(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

static inline uint32_t weft_sys_tid(void)
{
    return (uint32_t)weft_sys(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static inline int weft_sys_process_lives(uint32_t pid)
{
    return weft_sys(SYS_kill, (long)pid, 0, 0, 0, 0, 0) != -3 /* ESRCH */;
}

static inline void weft_sys_pause_ns(long ns)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = ns};

    (void)weft_sys(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
}

#endif
