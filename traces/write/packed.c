#define _DEFAULT_SOURCE /* syscall: fallocate belongs to GNU alone */
#include "traces/write/packed.h"

#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = WEFT_PACKED_PUT_MAX + WEFT_CHUNK_FRAME_BYTES,
    BUFFER_FULL = 128 * 1024, /* from here on it is written */
    CHUNK_ROOM = 64 * 1024,   /* for one: more than the longest record */
    BLOCK_BYTES = 4096,       /* of file systems, or a multiple of theirs */
    WORTH_IT = 8,             /* a lane is packed when an eighth of it is used */
};

static bool is_device(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 && !S_ISREG(there.st_mode);
}

/* An absolute path beside `beside`; false: too long. */
static bool name_beside(struct weft_packed *packed, const char *beside)
{
    char *absolute = beside[0] == '/' ? NULL : realpath(".", NULL);
    const int len = snprintf(packed->path, sizeof packed->path, "%s%s%s.spool-XXXXXX",
                             absolute != NULL ? absolute : "", absolute != NULL ? "/" : "", beside);

    free(absolute);
    return len > 0 && (size_t)len < sizeof packed->path && packed->path[0] == '/';
}

/* Below 0: errno says why not.  Owners open it by themselves, to append as we do. */
static int make_appended(char *path)
{
    const int fd = mkstemp(path);

    if (fd >= 0) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void)fcntl(fd, F_SETFL, O_APPEND);
    }
    return fd;
}

static bool punch(int fd, uint64_t from, uint64_t to)
{
    return syscall(SYS_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from,
                   to - from) == 0;
}

/* A file that cannot lose its beginning is no good for a window. */
static int make_suited(char *path, bool window)
{
    const int fd = make_appended(path);

    if (fd >= 0 && window && !punch(fd, 0, BLOCK_BYTES)) {
        const int failed = errno;
        (void)close(fd);
        (void)unlink(path);
        errno = failed;
        return -1;
    }
    return fd;
}

static bool make_file(struct weft_packed *packed, const char *trace_path, bool window)
{
    const char *tmp = getenv("TMPDIR");
    char beside[WEFT_SPOOL_PATH_BYTES];

    if (trace_path != NULL && !is_device(trace_path) && name_beside(packed, trace_path)) {
        packed->fd = make_suited(packed->path, window);
    }
    if (packed->fd < 0) {
        const int len =
            snprintf(beside, sizeof beside, "%s/weft", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
        if (len < 0 || (size_t)len >= sizeof beside || !name_beside(packed, beside)) {
            return false;
        }
        packed->fd = make_suited(packed->path, window);
    }
    return packed->fd >= 0;
}

static enum weft_status make_room(struct weft_packed *packed, struct weft_error *error)
{
    packed->buffer = malloc(BUFFER_BYTES);
    packed->lanes = calloc(WEFT_LANE_MAX, sizeof *packed->lanes);
    return packed->buffer != NULL && packed->lanes != NULL
               ? WEFT_OK
               : weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
}

enum weft_status weft_packed_open(struct weft_packed *packed, const char *trace_path, bool window,
                                  struct weft_error *error)
{
    *packed = (struct weft_packed){.fd = -1};
    if (!make_file(packed, trace_path, window)) {
        packed->path[0] = '\0';
        if (window && errno == EOPNOTSUPP) {
            return weft_error_set(
                error, WEFT_ERR_WRITE,
                "the file systems of the trace and of temporary files cannot give "
                "up the beginning of a file, as a recording of the last seconds "
                "needs it (ext4, xfs, btrfs and tmpfs can): set TMPDIR");
        }
        return weft_error_set(error, WEFT_ERR_WRITE, "cannot make a file for recording: %s",
                              strerror(errno));
    }
    return make_room(packed, error);
}

enum weft_status weft_packed_adopt(struct weft_packed *packed, const char *path, const char *spool,
                                   struct weft_error *error)
{
    struct stat there;
    uint64_t magic = 0;

    *packed = (struct weft_packed){.fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)};
    if (packed->fd < 0) {
        return weft_error_set(error, WEFT_ERR_OPEN, "cannot open the file to which %s belongs: %s",
                              spool, strerror(errno));
    }
    if (fstat(packed->fd, &there) != 0 || !S_ISREG(there.st_mode) ||
        pread(packed->fd, &magic, sizeof magic, 0) != sizeof magic ||
        magic != (WEFT_CHUNK_MAGIC | WEFT_CHUNK_COMMAND)) {
        return weft_error_set(error, WEFT_ERR_FORMAT,
                              "the file to which %s belongs is not that of a recording", spool);
    }
    (void)snprintf(packed->path, sizeof packed->path, "%s", path);
    return make_room(packed, error);
}

void weft_packed_close(struct weft_packed *packed, bool remove)
{
    if (packed->fd >= 0) {
        (void)close(packed->fd);
    }
    if (remove && packed->path[0] != '\0') {
        (void)unlink(packed->path);
    }
    free(packed->buffer);
    free(packed->commits.at);
    free(packed->lanes);
    *packed = (struct weft_packed){.fd = -1};
}

static bool is_ours(const struct weft_lane *lane)
{
    return atomic_load(&lane->packer) == WEFT_PACKER_DRAIN;
}

/* Its owner has taken the lane away meanwhile: what we have packed may be anything. */
static void spoil_stolen(struct weft_packed *packed, const struct weft_lanes *lanes)
{
    for (size_t i = 0; i < packed->commits.count; i++) {
        const struct weft_packed_commit *commit = &packed->commits.at[i];
        if (!is_ours(weft_lane_at(lanes, commit->lane)) && commit->end >= sizeof(uint64_t)) {
            memset(packed->buffer + commit->end - sizeof(uint64_t), 0x55, sizeof(uint64_t));
        }
    }
}

/*
 * How much of the buffer the file took.  At its limit it is shut: what would still fit must not
 * stand behind what is missing, or a mark would say that nothing is.
 */
static size_t write_buffer(struct weft_packed *packed, struct weft_spool_head *head)
{
    const uint64_t most = atomic_load(&head->packed_max);
    struct stat there;
    size_t done = 0;

    packed->errno_at = 0;
    if (most != 0 && fstat(packed->fd, &there) == 0 &&
        (uint64_t)there.st_size + packed->used > most) {
        packed->errno_at = ENOSPC;
        atomic_store(&head->packed_max, WEFT_PACKED_SHUT);
    }
    while (done < packed->used && packed->errno_at == 0) {
        const ssize_t wrote = write(packed->fd, packed->buffer + done, packed->used - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            packed->errno_at = wrote == 0 ? ENOSPC : errno;
        }
    }
    return done;
}

/* Writes what is packed, and then frees the slots that it stands for. */
static void write_out(struct weft_packed *packed, const struct weft_lanes *lanes)
{
    spoil_stolen(packed, lanes);
    const size_t done = write_buffer(packed, lanes->head);
    for (size_t i = 0; i < packed->commits.count; i++) {
        const struct weft_packed_commit *commit = &packed->commits.at[i];
        struct weft_lane *lane = weft_lane_at(lanes, commit->lane);
        if (!is_ours(lane)) {
            continue;
        }
        if (commit->end > done) {
            const uint32_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);
            weft_lane_lose(lane, atomic_load_explicit(&lane->tail, memory_order_relaxed),
                           commit->tail,
                           (capacity < WEFT_LANE_SLOTS_MAX ? capacity : WEFT_LANE_SLOTS_MAX) - 1);
        }
        atomic_store_explicit(&lane->thread, commit->thread, memory_order_relaxed);
        /* Pairs with the owner's acquire load: these slots may be written again. */
        atomic_store_explicit(&lane->tail, commit->tail, memory_order_release);
        if (commit->last) {
            /* Pairs with the owner's compare-exchange. */
            atomic_store_explicit(&lane->packer, WEFT_PACKER_NONE, memory_order_release);
        }
    }
    packed->commits.count = 0;
    packed->used = 0;
}

/* Packs one chunk behind the buffer's end; how many slots it took, 0: they make no sense. */
static uint64_t pack(struct weft_packed *packed, const struct weft_lane *lane, uint32_t index,
                     uint64_t tail, uint64_t head, uint64_t mask, uint32_t *thread)
{
    struct weft_pack_tables tables = {.time = lane->slots[tail & mask].head.time};
    struct weft_chunk chunk = {
        .from = tail,
        .lost = atomic_load_explicit(&lane->lost, memory_order_relaxed),
        .time = tables.time,
        .lane = index,
        .thread = *thread,
    };
    unsigned char *at = packed->buffer + packed->used;
    struct weft_pack_part part = {
        .slots = lane->slots,
        .mask = mask,
        .from = tail,
        .to = head,
        .out = at + sizeof chunk,
        .room = BUFFER_BYTES - packed->used - WEFT_CHUNK_FRAME_BYTES,
        .thread = *thread,
    };

    weft_pack_ring(&tables, &part, WEFT_EV_ATTACH);
    if (part.packed == 0) {
        return 0;
    }
    chunk.slots = (uint32_t)part.packed;
    packed->used += weft_chunk_frame(at, chunk, WEFT_CHUNK_LANE, part.bytes);
    *thread = part.thread;
    return part.packed;
}

static bool take_lane(struct weft_packed *packed, struct weft_lanes *lanes, uint32_t index,
                      bool force)
{
    struct weft_lane *lane = weft_lane_at(lanes, index);
    uint32_t nobody = WEFT_PACKER_NONE;

    if (!atomic_compare_exchange_strong(&lane->packer, &nobody, WEFT_PACKER_DRAIN)) {
        if (!force) {
            return false;
        }
        atomic_store(&lane->packer, WEFT_PACKER_DRAIN);
    }
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    /* Pairs with the owner's release store: the slots before head are written. */
    const uint64_t head = atomic_load_explicit(&lane->head, memory_order_acquire);
    const uint64_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);
    uint32_t thread = atomic_load_explicit(&lane->thread, memory_order_relaxed);
    bool broken = capacity < WEFT_LANE_SLOTS_MIN || capacity > WEFT_LANE_SLOTS_MAX ||
                  (capacity & (capacity - 1)) != 0 || head - tail > capacity;
    do {
        if (BUFFER_BYTES - packed->used < CHUNK_ROOM) {
            write_out(packed, lanes);
        }
        const uint64_t slots = broken || tail == head
                                   ? 0
                                   : pack(packed, lane, index, tail, head, capacity - 1, &thread);
        broken |= slots == 0 && tail != head;
        lanes->corrupt += broken;
        tail = broken ? head : tail + slots;
        const struct weft_packed_commit commit = {tail, packed->used, index, thread, tail == head};
        if (!weft_vec_push(&packed->commits, commit)) {
            write_out(packed, lanes); /* no memory for more at a time */
            packed->commits.count = packed->commits.room > 0 ? 1 : 0;
            if (packed->commits.room > 0) {
                packed->commits.at[0] = commit;
            }
        }
    } while (tail != head);
    packed->lanes[index].behind = false;
    if (packed->used > BUFFER_FULL) {
        write_out(packed, lanes);
    }
    return true;
}

/* How fast a lane fills, since the last look. */
static void note_rate(struct weft_packed *packed, uint32_t index, uint64_t head, uint64_t capacity)
{
    struct weft_packed_lane *seen = &packed->lanes[index];
    const uint64_t fresh = head - seen->head;
    const uint64_t rate = capacity != 0 ? fresh * WEFT_BUSY_WHOLE / capacity : 0;

    seen->head = head;
    if (rate > packed->busiest) {
        packed->busiest = rate < 4 * WEFT_BUSY_WHOLE ? (unsigned)rate : 4 * WEFT_BUSY_WHOLE;
    }
}

bool weft_packed_take(struct weft_packed *packed, struct weft_lanes *lanes,
                      enum weft_packed_how how)
{
    bool any = false;

    weft_lanes_count(lanes);
    packed->busiest = 0;
    for (uint32_t i = 0; i < lanes->count; i++) {
        struct weft_lane *lane = weft_lane_at(lanes, i);
        const uint64_t head = atomic_load_explicit(&lane->head, memory_order_relaxed);
        const uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
        const uint64_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);
        note_rate(packed, i, head, capacity);
        if (head == tail) {
            packed->lanes[i].behind = false;
        } else if (how == WEFT_PACKED_FORCE || head - tail >= capacity / WORTH_IT ||
                   (how == WEFT_PACKED_SWEEP && packed->lanes[i].behind)) {
            any |= take_lane(packed, lanes, i, how == WEFT_PACKED_FORCE);
        }
    }
    write_out(packed, lanes);
    atomic_fetch_add_explicit(&lanes->head->beats, 1, memory_order_relaxed);
    return any;
}

void weft_packed_begin_sweep(struct weft_packed *packed, const struct weft_lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++) {
        packed->lanes[i].behind = true;
    }
}

bool weft_packed_is_swept(const struct weft_packed *packed, const struct weft_lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++) {
        if (packed->lanes[i].behind) {
            return false;
        }
    }
    return true;
}

void weft_packed_forget(const struct weft_packed *packed, uint64_t from, uint64_t to)
{
    from = (from + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    to = to / BLOCK_BYTES * BLOCK_BYTES;
    if (from < to) {
        (void)punch(packed->fd, from, to);
    }
}

uint64_t weft_packed_bytes(const struct weft_packed *packed)
{
    struct stat there;

    return fstat(packed->fd, &there) == 0 ? (uint64_t)there.st_size : 0;
}

uint64_t weft_packed_put(struct weft_packed *packed, struct weft_lanes *lanes,
                         enum weft_chunk_kind kind, uint64_t from, const void *bytes, size_t len)
{
    const struct weft_chunk chunk = {.from = from};

    if (len > WEFT_PACKED_PUT_MAX) {
        return 0;
    }
    memcpy(packed->buffer + sizeof chunk, bytes, len);
    packed->used = weft_chunk_frame(packed->buffer, chunk, kind, len);
    const uint64_t size = packed->used;
    write_out(packed, lanes);
    /* To append moves the offset behind what was written. */
    const off_t end = packed->errno_at == 0 ? lseek(packed->fd, 0, SEEK_CUR) : 0;
    return end > 0 && (uint64_t)end >= size ? (uint64_t)end - size : 0;
}
