#include "runtime/record/flush.h"

#include "runtime/record/lane.h"
#include "runtime/record/sys.h"
#include "traces/format/format.h"
#include "traces/format/pack.h"

/* What lies in a lane's room: everything that packing needs besides a little stack. */
struct room {
    struct weft_pack_tables tables;
    unsigned char chunk[WEFT_PACK_ROOM_BYTES - sizeof(struct weft_pack_tables)];
};
_Static_assert(sizeof(struct room) <= WEFT_PACK_ROOM_BYTES, "it lies in the lane's room");
_Static_assert(sizeof((struct room *)0)->chunk > WEFT_TEXT_MAX + 3 * WEFT_PACK_RECORD_BYTES,
               "the longest record fits");

enum { NO_SPACE = -28, QUOTA = -122, TOO_BIG = -27, BAD_ADVICE = -22 };

static bool populate_room(struct weft_lane *lane)
{
    if (atomic_load_explicit(&lane->room_ready, memory_order_relaxed) == 0) {
        const long failed = weft_sys_advise(lane->room, sizeof lane->room, MADV_POPULATE_WRITE);
        if (failed != 0 && failed != BAD_ADVICE) {
            return false;
        }
        atomic_store_explicit(&lane->room_ready, 1, memory_order_relaxed);
    }
    return true;
}

/* Below 0: it cannot be opened.  The path is read-only to us: nobody changes it. */
static int open_packed(void)
{
    const char *path = weft_spool.head->packed_path;

    return path[0] != '\0' ? (int)weft_sys_open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
}

/*
 * One write, or none.  RLIMIT_FSIZE is looked at before each: to pass it is a signal that kills.
 * 0, or a negative errno.
 */
static long append(int fd, const void *bytes, size_t len)
{
    const uint64_t most = atomic_load_explicit(&weft_spool.head->packed_max, memory_order_relaxed);
    const uint64_t limit = weft_sys_file_limit();
    const long size = weft_sys(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0);

    if (size < 0) {
        return size;
    }
    if (limit - (uint64_t)size < len || limit < (uint64_t)size) {
        return TOO_BIG;
    }
    if (most != 0 && (uint64_t)size + len > most) {
        /* Before anything is lost: who finds the lane empty finds this, too. */
        atomic_store_explicit(&weft_spool.head->packed_max, WEFT_PACKED_SHUT, memory_order_relaxed);
        return NO_SPACE;
    }
    const long wrote = weft_sys(SYS_write, fd, (long)bytes, (long)len, 0, 0, 0);
    /* A part is a torn chunk: readers know it by its check. */
    return wrote == (long)len ? 0 : wrote < 0 ? wrote : NO_SPACE;
}

/* Whether the lane could be taken by an owner who must have it. */
static bool take_packer(struct weft_lane *lane, bool force)
{
    uint32_t nobody = WEFT_PACKER_NONE;

    if (atomic_compare_exchange_strong(&lane->packer, &nobody, WEFT_PACKER_OWNER)) {
        return true;
    }
    if (force) {
        /* The drain looks whether it still has the lane before it writes or frees anything. */
        atomic_store(&lane->packer, WEFT_PACKER_OWNER);
    }
    return force;
}

/* One chunk from tail on; how many slots it took, 0: none could be written (*failed). */
static uint64_t write_chunk(struct weft_lane *lane, int fd, uint64_t tail, uint64_t head,
                            uint64_t mask, long *failed)
{
    struct room *room = (struct room *)lane->room;
    struct weft_pack_part part = {
        .slots = lane->slots,
        .mask = mask,
        .from = tail,
        .to = head,
        .out = room->chunk + sizeof(struct weft_chunk),
        .room = sizeof room->chunk - WEFT_CHUNK_FRAME_BYTES,
        .thread = atomic_load_explicit(&lane->thread, memory_order_relaxed),
    };

    room->tables = (struct weft_pack_tables){0};
    room->tables.time = lane->slots[tail & mask].head.time;
    struct weft_chunk chunk = {
        .from = tail,
        .lost = atomic_load_explicit(&lane->lost, memory_order_relaxed),
        .time = room->tables.time,
        .lane = weft_lane_index(lane),
        .thread = part.thread,
    };
    weft_pack_ring(&room->tables, &part, WEFT_EV_ATTACH);
    chunk.slots = (uint32_t)part.packed;
    *failed = part.packed == 0
                  ? NO_SPACE /* somebody wrote over the ring */
                  : append(fd, room->chunk,
                           weft_chunk_frame(room->chunk, chunk, WEFT_CHUNK_LANE, part.bytes));
    if (*failed != 0) {
        return 0;
    }
    atomic_store_explicit(&lane->thread, part.thread, memory_order_relaxed);
    return part.packed;
}

/* Empty, and nobody else reads it: now it can become larger, and will not be full so soon. */
static void grow(struct weft_lane *lane)
{
    _Atomic uint32_t *grown = &weft_spool.head->grown_slots;
    const uint32_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);

    if (capacity >= WEFT_LANE_SLOTS_MAX) {
        return;
    }
    if (atomic_fetch_add_explicit(grown, capacity, memory_order_relaxed) + capacity >
            WEFT_GROWN_SLOTS_MAX ||
        weft_sys_advise(&lane->slots[capacity], capacity * sizeof *lane->slots,
                        MADV_POPULATE_WRITE) != 0) {
        atomic_fetch_sub_explicit(grown, capacity, memory_order_relaxed);
        return;
    }
    atomic_store_explicit(&lane->capacity, 2 * capacity, memory_order_relaxed);
}

enum weft_flush weft_lane_flush(struct weft_lane *lane, uint64_t head, bool force)
{
    long failed = 0;

    if (!populate_room(lane)) {
        return WEFT_FLUSH_NOT;
    }
    if (!take_packer(lane, force)) {
        return WEFT_FLUSH_BUSY;
    }
    const int fd = open_packed();
    const uint64_t mask = atomic_load_explicit(&lane->capacity, memory_order_relaxed) - 1;
    /* Pairs with the release store of another packer. */
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_acquire);
    while (fd >= 0 && tail != head) {
        const uint64_t packed = write_chunk(lane, fd, tail, head, mask, &failed);
        if (failed == NO_SPACE || failed == QUOTA) {
            weft_lane_lose(lane, tail, head, mask); /* gone, and the lane is empty */
            tail = head;
        } else if (failed != 0) {
            break;
        }
        tail += packed;
        atomic_store_explicit(&lane->tail, tail, memory_order_release);
    }
    if (fd >= 0) {
        (void)weft_sys_close(fd);
    }
    if (tail == head) {
        grow(lane);
    }
    /* Pairs with the next packer's compare-exchange. */
    atomic_store_explicit(&lane->packer, WEFT_PACKER_NONE, memory_order_release);
    return tail == head ? WEFT_FLUSHED : WEFT_FLUSH_NOT;
}

/* The mappings as text, behind a chunk's head; how many bytes there are. */
static size_t read_maps(unsigned char *text, size_t room)
{
    const long fd = weft_sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    long got = 0;

    if (fd < 0) {
        return 0;
    }
    while (used < room && (got = weft_sys_read((int)fd, text + used, room - used)) > 0) {
        used += (size_t)got;
    }
    (void)weft_sys_close((int)fd);
    return used;
}

void weft_spool_keep_maps(void)
{
    const int fd = open_packed();

    if (fd < 0) {
        return;
    }
    unsigned char *room = weft_sys_map(WEFT_SPOOL_MAPS_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (room != NULL) {
        const struct weft_chunk chunk = {
            .from = atomic_load_explicit(&weft_spool.head->image, memory_order_relaxed)};
        const size_t bytes =
            read_maps(room + sizeof chunk, WEFT_SPOOL_MAPS_BYTES - WEFT_CHUNK_FRAME_BYTES);
        if (bytes > 0) {
            (void)append(fd, room, weft_chunk_frame(room, chunk, WEFT_CHUNK_MAPS, bytes));
        }
    }
    (void)weft_sys_close(fd);
    if (room != NULL) {
        (void)weft_sys(SYS_munmap, (long)room, WEFT_SPOOL_MAPS_BYTES, 0, 0, 0, 0);
    }
}
