#include "runtime/preload/pipes.h"

#include "runtime/preload/control.h"
#include "runtime/record/sys.h"

#include <stddef.h>

enum { LINK_ROOM = 64, DIRENT_BYTES = 2048, NUMBER_ROOM = 12 };

struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short bytes;
    unsigned char type;
    char name[];
};

/* Comparing by ourselves, since the program may have a strcmp of its own. */
static bool begins(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static bool equal(const char *a, const char *b)
{
    return begins(a, b) && begins(b, a);
}

/* What a file is, such as "pipe:[4711]", from the folder of them; false: it is no pipe. */
static bool read_pipe(long folder, const char *name, char *link)
{
    const long bytes =
        weft_sys(SYS_readlinkat, folder, (long)name, (long)link, LINK_ROOM - 1, 0, 0);

    link[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0 && begins(link, "pipe:[");
}

static int number_of(const char *name)
{
    int number = 0;

    while (*name >= '0' && *name <= '9') {
        number = number * 10 + (*name++ - '0');
    }
    return number;
}

/* Has this process another end of the pipe than `mode`? */
static bool has_other_end(long folder, const char *pipe, int mode)
{
    _Alignas(struct entry) char entries[DIRENT_BYTES];
    char link[LINK_ROOM];
    bool has = false;
    long got;

    while (!has &&
           (got = weft_sys(SYS_getdents64, folder, (long)entries, sizeof entries, 0, 0, 0)) > 0) {
        for (long at = 0; at < got;) {
            const struct entry *entry = (const void *)(entries + at);
            has = has ||
                  (read_pipe(folder, entry->name, link) && equal(link, pipe) &&
                   (weft_plain.fcntl(number_of(entry->name), F_GETFL, NULL) & O_ACCMODE) != mode);
            at += entry->bytes;
        }
    }
    return has;
}

bool weft_pipe_is_strangers(int file)
{
    char name[NUMBER_ROOM], pipe[LINK_ROOM];
    char *at = name + sizeof name;
    const int flags = file >= 0 ? weft_plain.fcntl(file, F_GETFL, NULL) : -1;
    bool strangers = false;

    if (flags < 0) {
        return false;
    }
    const long folder = weft_sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return false;
    }
    *--at = '\0';
    do {
        *--at = (char)('0' + file % 10);
        file /= 10;
    } while (file > 0);
    strangers = read_pipe(folder, at, pipe) && !has_other_end(folder, pipe, flags & O_ACCMODE);
    (void)weft_sys_close((int)folder);
    return strangers;
}
