#include "runtime/preload/pipes.h"

#include "runtime/preload/control.h"
#include "runtime/record/sys.h"
#include "runtime/record/text.h"

#include <stddef.h>

enum { LINK_ROOM = 64, DIRENT_BYTES = 2048 };

/* What a file is, such as "pipe:[4711]", from the folder of them; false: it is no pipe. */
static bool read_pipe(long folder, const char *name, char *link)
{
    const long bytes =
        weft_sys(SYS_readlinkat, folder, (long)name, (long)link, LINK_ROOM - 1, 0, 0);

    link[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0 && weft_text_begins(link, "pipe:[");
}

/* Has this process another end of the pipe than `mode`? */
static bool has_other_end(long folder, const char *pipe, int mode)
{
    _Alignas(struct weft_dirent) char entries[DIRENT_BYTES];
    char link[LINK_ROOM];
    bool has = false;
    long got;

    while (!has &&
           (got = weft_sys(SYS_getdents64, folder, (long)entries, sizeof entries, 0, 0, 0)) > 0) {
        for (long at = 0; at < got;) {
            const struct weft_dirent *entry = (const void *)(entries + at);
            has = has || (read_pipe(folder, entry->name, link) && weft_text_equal(link, pipe) &&
                          (weft_plain.fcntl((int)weft_text_number(entry->name), F_GETFL, NULL) &
                           O_ACCMODE) != mode);
            at += entry->bytes;
        }
    }
    return has;
}

bool weft_pipe_is_strangers(int file)
{
    char name[WEFT_DIGITS_MAX + 1], pipe[LINK_ROOM];
    const int flags = file >= 0 ? weft_plain.fcntl(file, F_GETFL, NULL) : -1;
    bool strangers = false;

    if (flags < 0) {
        return false;
    }
    const long folder = weft_sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return false;
    }
    *weft_text_put_number(name, (uint32_t)file) = '\0';
    strangers = read_pipe(folder, name, pipe) && !has_other_end(folder, pipe, flags & O_ACCMODE);
    (void)weft_sys_close((int)folder);
    return strangers;
}

/* The process that made the other end of a socket pair, or listens or connects on this machine by
 * its path; 0: not known. */
static uint32_t peer_of(int file)
{
    struct ucred peer = {0};
    socklen_t bytes = sizeof peer;

    return weft_sys(SYS_getsockopt, file, SOL_SOCKET, SO_PEERCRED, (long)&peer, (long)&bytes, 0) ==
                   0
               ? (uint32_t)peer.pid
               : 0;
}

bool weft_pipe_may_change(int file)
{
    struct pollfd gone = {.fd = file, .events = POLLRDHUP};
    char name[WEFT_DIGITS_MAX + 1], link[LINK_ROOM];
    const long folder = weft_sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0) {
        return false;
    }
    *weft_text_put_number(name, (uint32_t)file) = '\0';
    const bool is_pipe = read_pipe(folder, name, link);
    const bool is_socket = weft_text_begins(link, "socket:[");
    (void)weft_sys_close((int)folder);
    /* When they are gone, all that there is was there. */
    return (is_pipe || is_socket) && weft_plain.poll(&gone, 1, 0) == 0 &&
           (is_pipe ? weft_pipe_is_strangers(file) : peer_of(file) != weft_sys_pid());
}
