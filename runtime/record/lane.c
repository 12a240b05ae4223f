#include "runtime/record/lane.h"

#include "runtime/record/sys.h"
#include "traces/format/clock.h"

#include <stddef.h>

extern char **environ;

enum {
    PAGE_BYTES = 4096,
    ROOM_PAUSE_NS = 50000,
    /* A drain that is stopped (Ctrl-Z) must not stop the program for long: one second, then lose.
     */
    ROOM_PAUSES_MAX = 20000,
};

struct weft_spool_state weft_spool;

/* getenv without libc: the constructor may run before libc's own, and environ may be replaced. */
static const char *spool_path(void)
{
    static const char key[] = WEFT_SPOOL_ENV "=";

    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        size_t i = 0;
        while (key[i] != '\0' && (*entry)[i] == key[i]) {
            i++;
        }
        if (key[i] == '\0' && (*entry)[i] != '\0') {
            return *entry + i;
        }
    }
    return NULL;
}

/* Call sites are looked up after the run, so the program's mappings are kept in the spool. */
static void keep_maps(struct weft_spool_head *head)
{
    char *maps = (char *)head + WEFT_SPOOL_HEAD_BYTES;
    const long fd = weft_sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    uint32_t used = 0;
    long got = 0;

    if (fd < 0) {
        return;
    }
    while (used < WEFT_SPOOL_MAPS_BYTES &&
           (got = weft_sys_read((int)fd, maps + used, WEFT_SPOOL_MAPS_BYTES - used)) > 0) {
        used += (uint32_t)got;
    }
    atomic_store_explicit(&head->maps_cut, got > 0, memory_order_relaxed);
    atomic_store_explicit(&head->maps_bytes, used, memory_order_relaxed);
    (void)weft_sys_close((int)fd);
}

/* Maps head and as many lanes as the address space allows (ulimit -v); no file stays open. */
static struct weft_spool_head *map_spool(int fd, uint32_t *lanes)
{
    for (uint32_t count = WEFT_LANE_MAX; count > 0; count /= 4) {
        void *at = weft_sys_map(weft_spool_lane_at(count), MAP_SHARED | MAP_NORESERVE, fd);
        if (at != NULL) {
            *lanes = count;
            return at;
        }
    }
    return NULL;
}

void weft_spool_open(void)
{
    const char *path = spool_path();
    uint32_t *on = NULL;
    uint32_t lanes = 0;
    uint32_t nobody = 0;

    if (weft_spool.on != NULL || path == NULL) {
        return;
    }
    const long fd = weft_sys_open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    struct weft_spool_head *head = map_spool((int)fd, &lanes);
    (void)weft_sys_close((int)fd);
    /* Only the first process to come is recorded: an exec'd child inherits the environment. */
    if (head == NULL || head->magic != WEFT_SPOOL_MAGIC || head->version != 1 ||
        !atomic_compare_exchange_strong(&head->attached, &nobody, weft_sys_pid())) {
        return;
    }
    on = weft_sys_map(PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (on == NULL || weft_sys_advise(on, PAGE_BYTES, MADV_WIPEONFORK) != 0) {
        return;
    }
    keep_maps(head);
    weft_spool.head = head;
    weft_spool.lanes = lanes;
    weft_spool.clock = head->clock;
    weft_spool.poll_gap_ticks = head->ticks_per_ms * 100;
    atomic_store_explicit(&head->start_ticks, weft_clock_ticks(head->clock), memory_order_release);
    *on = 1;
    weft_spool.on = on;
}

static struct weft_lane *lane_at(uint32_t lane)
{
    return (struct weft_lane *)((char *)weft_spool.head + weft_spool_lane_at(lane));
}

/* Present pages cost nothing later, and a full tmpfs is an error here instead of a SIGBUS there. */
static bool populate(struct weft_lane *lane)
{
    const long failed = weft_sys_advise(lane, sizeof *lane, MADV_POPULATE_WRITE);

    return failed == 0 || failed == -22 /* EINVAL: an older kernel; pages come when touched */;
}

/* Only ever grows: the drain looks at the lanes below it. */
static void raise_lane_count(uint32_t wanted)
{
    _Atomic uint32_t *count = &weft_spool.head->lane_count;
    uint32_t seen = atomic_load_explicit(count, memory_order_relaxed);

    while (seen < wanted && !atomic_compare_exchange_weak(count, &seen, wanted)) {
    }
}

struct weft_lane *weft_lane_take(void)
{
    for (uint32_t i = 0; i < weft_spool.lanes; i++) {
        struct weft_lane *lane = lane_at(i);
        uint32_t free_mark = 0;
        if (atomic_load_explicit(&lane->used, memory_order_relaxed) != 0 ||
            !atomic_compare_exchange_strong(&lane->used, &free_mark, 1)) {
            continue;
        }
        if (i < atomic_load_explicit(&weft_spool.head->lane_count, memory_order_relaxed)) {
            return lane;
        }
        if (!populate(lane)) {
            atomic_store_explicit(&lane->used, 0, memory_order_release);
            return NULL;
        }
        raise_lane_count(i + 1);
        return lane;
    }
    return NULL;
}

void weft_lane_give_back(struct weft_lane *lane)
{
    /* Pairs with the compare-exchange in weft_lane_take: the next owner sees our head. */
    atomic_store_explicit(&lane->used, 0, memory_order_release);
}

bool weft_lane_wait_for_room(struct weft_lane *lane, uint64_t head, uint32_t wanted)
{
    for (uint32_t pauses = 0; pauses < ROOM_PAUSES_MAX; pauses++) {
        /* Pairs with the drain's release store: the slots before tail have been copied. */
        const uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_acquire);
        if (head - tail + wanted <= WEFT_LANE_SLOTS) {
            return true;
        }
        const uint32_t drain = atomic_load_explicit(&weft_spool.head->drain, memory_order_relaxed);
        if (drain == 0 || (pauses % 64 == 63 && !weft_sys_process_lives(drain))) {
            break;
        }
        weft_sys_pause_ns(ROOM_PAUSE_NS);
    }
    atomic_fetch_add_explicit(&lane->lost, 1, memory_order_relaxed);
    return false;
}
