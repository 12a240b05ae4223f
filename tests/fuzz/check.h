/*
 * What the targets share: an assertion that no build turns off, and a file in memory.
 * Threads: one at a time.
 */
#ifndef WEFT_TESTS_FUZZ_CHECK_H
#define WEFT_TESTS_FUZZ_CHECK_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { FUZZ_PATH_BYTES = 64 };

/*
 * An empty file that has a path but no disk behind it (a thousand writes a second), as a
 * descriptor that stays open as long as the program.
 */
static inline int fuzz_file(char path[FUZZ_PATH_BYTES])
{
    (void)snprintf(path, FUZZ_PATH_BYTES, "/weft-fuzz-%ld", (long)getpid());
    const int fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

    CHECK(fd >= 0 && shm_unlink(path) == 0);
    (void)snprintf(path, FUZZ_PATH_BYTES, "/dev/fd/%d", fd);
    return fd;
}

#endif
