#include "runtime/record/follow.h"

#include "runtime/record/lane.h"
#include "runtime/record/sys.h"
#include "runtime/record/text.h"

#include <stddef.h>

enum {
    PATH_ROOM = 256,
    TRIES = 4000, /* until a spool is there: 2 s, unless weft does not come by any more */
};

#define TRY_PAUSE_NS 500000L

static struct {
    struct weft_spool_head *first; /* the head of the first spool */
    size_t first_bytes;            /* of its path: what stands before the number of a child's */
    char path[PATH_ROOM];          /* of this process' spool */
} follow;

/* Without the ".N" of a child's spool; the first one's name has no point. */
static size_t first_bytes_of(const char *path)
{
    const size_t bytes = weft_text_bytes(path);

    for (size_t i = bytes; i > 0 && path[i - 1] != '/'; i--) {
        if (path[i - 1] == '.') {
            return i - 1;
        }
    }
    return bytes;
}

static bool map_first(const char *path)
{
    const size_t bytes = first_bytes_of(path);
    char first[PATH_ROOM];

    if (follow.first != NULL) {
        return true;
    }
    if (weft_text_bytes(path) >= PATH_ROOM - (WEFT_DIGITS_MAX + 1) - 1) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        first[i] = follow.path[i] = path[i];
    }
    first[bytes] = '\0';
    const long fd = weft_sys_open(first, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    struct weft_spool_head *head = weft_sys_map(WEFT_SPOOL_HEAD_BYTES, MAP_SHARED, (int)fd);
    (void)weft_sys_close((int)fd);
    if (head == NULL || head->magic != WEFT_SPOOL_MAGIC || head->follow == 0) {
        return false;
    }
    follow.first = head;
    follow.first_bytes = bytes;
    return true;
}

void weft_follow_keep(const char *path)
{
    if (map_first(path)) {
        for (size_t i = 0; i <= weft_text_bytes(path); i++) {
            follow.path[i] = path[i];
        }
        weft_spool.follow = true;
    }
}

const char *weft_follow_path(void)
{
    return weft_spool.follow ? follow.path : "";
}

/* SPOOL.NUMBER */
static void set_path(uint32_t number)
{
    char *at = follow.path + follow.first_bytes;

    *at++ = '.';
    *weft_text_put_number(at, number) = '\0';
}

/* They are made ahead, but many children at once may be faster. */
static bool wait_for_spool(uint32_t number)
{
    for (int i = 0; i < TRIES; i++) {
        /* Pairs with the release store of who makes them: the file is there. */
        if (atomic_load_explicit(&follow.first->children_made, memory_order_acquire) >= number) {
            return true;
        }
        const uint32_t drain = atomic_load_explicit(&follow.first->drain, memory_order_relaxed);
        if (drain == 0 || !weft_sys_process_lives(drain)) {
            return false;
        }
        weft_sys_pause_ns(TRY_PAUSE_NS);
    }
    return false;
}

/* It may be gone before anybody else can ask. */
static void keep_command(struct weft_spool_head *head)
{
    const long fd = weft_sys_open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        const long got = weft_sys_read((int)fd, head->command, WEFT_COMMAND_BYTES);
        atomic_store_explicit(&head->command_bytes, got > 0 ? (uint32_t)got : 0,
                              memory_order_release);
        (void)weft_sys_close((int)fd);
    }
}

bool weft_follow_open(const char *path)
{
    weft_spool.follow = false; /* one try */
    if (!map_first(path)) {
        return false;
    }
    const uint32_t number =
        atomic_fetch_add_explicit(&follow.first->children, 1, memory_order_relaxed) + 2;
    set_path(number);
    if (!wait_for_spool(number) || !weft_spool_open_at(follow.path)) {
        atomic_fetch_add_explicit(&follow.first->unfollowed, 1, memory_order_relaxed);
        return false;
    }
    atomic_store_explicit(&weft_spool.head->parent, weft_sys_parent(), memory_order_relaxed);
    keep_command(weft_spool.head);
    return true;
}
