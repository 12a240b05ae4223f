#include "runtime/record/lane.h"

#include "runtime/record/flush.h"
#include "runtime/record/follow.h"
#include "runtime/record/sys.h"
#include "traces/format/clock.h"

#include <elf.h>
#include <stddef.h>

enum {
    PAGE_BYTES = 4096,
    AUXV_PAIRS = 40, /* the kernel gives about 20 */
    /* From this many lanes on, those of dead threads are looked for before a new one is used. */
    LANES_BEFORE_SEARCH = 64,
    NO_SUCH_PROCESS = -3,
    BAD_ADVICE = -22,
};

#define ROOM_PAUSE_MIN_NS 50000L
#define ROOM_PAUSE_MAX_NS 2000000L
/* A drain that is stopped (SIGSTOP, Ctrl-Z) must not stop the program for long: then lose. */
#define ROOM_IDLE_MAX_MS 5000u
/* … and a lane that it stopped over is not its own any more. */
#define DRAIN_STOPPED_MS 200u

struct weft_spool_state weft_spool;
static bool has_recorder; /* another one in this program was first */

/* getenv without libc: the constructor may run before libc's own. */
static const char *spool_path(char *const *environment)
{
    static const char key[] = WEFT_SPOOL_ENV "=";

    for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++) {
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

/* Maps head and as many lanes as there are and the address space allows (ulimit -v). */
static struct weft_spool_head *map_spool(int fd, uint32_t *lanes)
{
    const long size = weft_sys(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0);
    uint32_t count = 0;

    if (size > 0 && (uint64_t)size > weft_spool_lane_at(0)) {
        count = (uint32_t)(((uint64_t)size - weft_spool_lane_at(0)) / sizeof(struct weft_lane));
    }
    for (count = count < WEFT_LANE_MAX ? count : WEFT_LANE_MAX; count > 0; count /= 4) {
        void *at = weft_sys_map(weft_spool_lane_at(count), MAP_SHARED | MAP_NORESERVE, fd);
        if (at != NULL) {
            *lanes = count;
            return at;
        }
    }
    return NULL;
}

static struct weft_lane *lane_at(uint32_t lane)
{
    return (struct weft_lane *)((char *)weft_spool.head + weft_spool_lane_at(lane));
}

/* The kernel puts the random bytes where there is room. */
struct unaligned {
    uint64_t bits;
} __attribute__((packed));

/* What differs from program to program and is the same for all recorders in one. */
static uint64_t image_of_program(void)
{
    const long fd = weft_sys_open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
    uint64_t pairs[2 * AUXV_PAIRS];
    uint64_t image = 1;

    if (fd < 0) {
        return image;
    }
    const long got = weft_sys_read((int)fd, pairs, sizeof pairs);
    (void)weft_sys_close((int)fd);
    for (long i = 0; (i + 2) * (long)sizeof *pairs <= got; i += 2) {
        if (pairs[i] == AT_RANDOM) {
            const struct unaligned *random = (const void *)(uintptr_t)pairs[i + 1];
            image = random->bits | 1;
        }
    }
    return image;
}

/*
 * Into one spool only one process is recorded: the first to come, in whatever it becomes by exec.
 * In one program one recorder is enough.
 */
static bool attach(struct weft_spool_head *head)
{
    const uint32_t pid = weft_sys_pid();
    const uint64_t image = image_of_program();
    uint32_t nobody = 0;

    if (!atomic_compare_exchange_strong(&head->attached, &nobody, pid)) {
        if (nobody != pid || atomic_load(&head->image) == image) {
            has_recorder = nobody == pid;
            return false;
        }
        weft_spool.after_exec = true;
    }
    atomic_store(&head->image, image);
    return true;
}

/* The threads of the program that was here before are gone. */
static void free_all_lanes(void)
{
    const uint32_t count = atomic_load(&weft_spool.head->lane_count);

    for (uint32_t i = 0; i < count && i < weft_spool.lanes; i++) {
        struct weft_lane *lane = lane_at(i);
        uint32_t owner = WEFT_PACKER_OWNER;
        /* One that was in the middle of packing has freed nothing that it had not written. */
        (void)atomic_compare_exchange_strong(&lane->packer, &owner, WEFT_PACKER_NONE);
        weft_lane_give_back(lane);
    }
}

void weft_spool_open(char *const *environment)
{
    const char *path = spool_path(environment);

    if (weft_spool.on == NULL && path != NULL && !weft_spool_open_at(path) && !has_recorder) {
        (void)weft_follow_open(path);
    }
}

bool weft_spool_open_at(const char *path)
{
    uint32_t *on = NULL;
    uint32_t lanes = 0;

    const long fd = weft_sys_open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    struct weft_spool_head *head = map_spool((int)fd, &lanes);
    (void)weft_sys_close((int)fd);
    if (head == NULL) {
        return false;
    }
    if (head->magic != WEFT_SPOOL_MAGIC || head->version != WEFT_SPOOL_VERSION || !attach(head)) {
        weft_sys_unmap(head, weft_spool_lane_at(lanes));
        return false;
    }
    on = weft_sys_map(PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (on == NULL || weft_sys_advise(on, PAGE_BYTES, MADV_WIPEONFORK) != 0) {
        return false;
    }
    weft_spool.head = head;
    weft_spool.lanes = lanes;
    weft_spool.clock = head->clock;
    weft_spool.stack_frames =
        head->stack_frames < WEFT_STACK_MAX ? head->stack_frames : WEFT_STACK_MAX;
    weft_spool.ticks_per_ms = head->ticks_per_ms;
    /* In simulated time one who keeps asking may wait long for the next thing to happen. */
    weft_spool.poll_gap_ticks =
        head->clock == WEFT_CLOCK_VIRTUAL ? UINT64_MAX : head->ticks_per_ms * 100;
    weft_spool.long_call_ticks = weft_spool_long_call_ticks(head->long_call_ns, head->ticks_per_ms);
    if (weft_spool.after_exec) {
        free_all_lanes();
    } else {
        atomic_store_explicit(&head->start_ticks, weft_spool_ticks(), memory_order_release);
    }
    if (head->follow != 0) {
        weft_follow_keep(path);
    }
    weft_spool_keep_maps();
    *on = 1;
    weft_spool.on = on;
    return true;
}

void weft_spool_forget(void)
{
    weft_sys_unmap(weft_spool.head, weft_spool_lane_at(weft_spool.lanes));
    weft_sys_unmap(weft_spool.on, PAGE_BYTES);
    weft_spool.head = NULL;
    weft_spool.on = NULL;
    weft_spool.after_exec = false;
}

void weft_spool_stop(void)
{
    if (weft_spool_on()) {
        weft_spool.follow = false;
        *(volatile uint32_t *)(uintptr_t)weft_spool.on = 0;
    }
}

/* Present pages cost nothing later, and a full tmpfs is an error here instead of a SIGBUS there. */
static bool populate(void *at, size_t bytes)
{
    const long failed = weft_sys_advise(at, bytes, MADV_POPULATE_WRITE);

    return failed == 0 || failed == BAD_ADVICE; /* an older kernel; pages come when touched */
}

/* The ring of a lane that nobody has had, or for which there was no memory then. */
static bool populate_slots(struct weft_lane *lane)
{
    if (!populate(lane->slots, WEFT_LANE_SLOTS_MIN * sizeof *lane->slots)) {
        return false;
    }
    atomic_store_explicit(&lane->capacity, WEFT_LANE_SLOTS_MIN, memory_order_relaxed);
    return true;
}

/* Only ever grows: the drain looks at the lanes below it. */
static void raise_lane_count(uint32_t wanted)
{
    _Atomic uint32_t *count = &weft_spool.head->lane_count;
    uint32_t seen = atomic_load_explicit(count, memory_order_relaxed);

    while (seen < wanted && !atomic_compare_exchange_weak(count, &seen, wanted)) {
    }
}

/* Takes the lane when its owner is `owner`, 0 for nobody. */
static bool take(struct weft_lane *lane, uint32_t owner, uint32_t tid)
{
    return atomic_load_explicit(&lane->used, memory_order_relaxed) == owner &&
           atomic_compare_exchange_strong(&lane->used, &owner, tid);
}

/* Lanes of threads that ended without giving them back (by a bare system call, say). */
static struct weft_lane *take_of_dead(uint32_t count, uint32_t tid)
{
    const uint32_t pid = weft_sys_pid();

    for (uint32_t i = 0; i < count; i++) {
        struct weft_lane *lane = lane_at(i);
        const uint32_t owner = atomic_load_explicit(&lane->used, memory_order_relaxed);
        if (owner != 0 &&
            weft_sys(SYS_tgkill, (long)pid, (long)owner, 0, 0, 0, 0) == NO_SUCH_PROCESS &&
            take(lane, owner, tid)) {
            return lane;
        }
    }
    return NULL;
}

void weft_lane_give_back(struct weft_lane *lane)
{
    /* Pairs with the compare-exchange in take: the next owner sees our head. */
    atomic_store_explicit(&lane->used, 0, memory_order_release);
}

struct weft_lane *weft_lane_take(void)
{
    const uint32_t tid = weft_sys_tid();
    const uint32_t count = atomic_load_explicit(&weft_spool.head->lane_count, memory_order_relaxed);

    for (uint32_t i = 0; i < weft_spool.lanes; i++) {
        struct weft_lane *lane = lane_at(i);
        if (i == count && count >= LANES_BEFORE_SEARCH && (count & (count - 1)) == 0) {
            struct weft_lane *found = take_of_dead(count, tid);
            if (found != NULL) {
                return found;
            }
        }
        /* Even to look whether it is free touches its first page. */
        if (i >= count && !populate(lane, offsetof(struct weft_lane, room))) {
            return take_of_dead(count, tid);
        }
        if (!take(lane, 0, tid)) {
            continue;
        }
        /* Also below the count there may be one without a ring: others came past a full tmpfs. */
        if (atomic_load_explicit(&lane->capacity, memory_order_relaxed) == 0 &&
            !populate_slots(lane)) {
            weft_lane_give_back(lane);
            return NULL;
        }
        raise_lane_count(i + 1);
        return lane;
    }
    return take_of_dead(weft_spool.lanes, tid);
}

static bool is_virtual(void)
{
    return weft_spool.clock == WEFT_CLOCK_VIRTUAL;
}

/* The drain works in real time, also where the program's is simulated. */
static uint64_t really_now(void)
{
    struct timespec now = {0};

    if (!is_virtual()) {
        return weft_clock_ticks(weft_spool.clock);
    }
    /* Past whatever else simulates a clock. */
    (void)weft_sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * We cannot pack it ourselves.  A drain that works is waited for, however long its queue is; a
 * thousand owners who look every 50 µs would starve it, so they look ever less often.
 */
static bool wait_for_room(struct weft_lane *lane, uint64_t head, uint32_t wanted, uint32_t capacity)
{
    struct weft_spool_head *spool = weft_spool.head;
    /* By the clock, not by the pauses: signals cut those short. */
    const uint64_t begin = really_now();
    const uint64_t per_ms = is_virtual() ? 1000000 : weft_spool.ticks_per_ms;
    uint64_t beats = atomic_load_explicit(&spool->beats, memory_order_relaxed);
    uint64_t tail = 0, beaten = begin;
    long pause_ns = ROOM_PAUSE_MIN_NS;

    for (;;) {
        /* Pairs with the drain's release store: the slots before tail have been packed. */
        tail = atomic_load_explicit(&lane->tail, memory_order_acquire);
        if (head - tail + wanted <= capacity) {
            return true;
        }
        const uint64_t now = really_now();
        const uint64_t now_beats = atomic_load_explicit(&spool->beats, memory_order_relaxed);
        beaten = now_beats != beats ? now : beaten;
        beats = now_beats;
        const uint32_t drain = atomic_load_explicit(&spool->drain, memory_order_relaxed);
        const bool lives =
            drain != 0 && (pause_ns < ROOM_PAUSE_MAX_NS || weft_sys_process_lives(drain));
        const uint64_t idle_ms = (now - beaten) / per_ms;
        if (weft_lane_flush(lane, head, !lives || idle_ms >= DRAIN_STOPPED_MS) == WEFT_FLUSHED) {
            return true;
        }
        if (!lives || idle_ms >= ROOM_IDLE_MAX_MS ||
            now - begin >= per_ms * WEFT_ROOM_WAIT_MAX_MS ||
            /* Where it waited in vain before, it does not wait again. */
            atomic_load_explicit(&lane->stalled, memory_order_relaxed) == tail + 1) {
            break;
        }
        weft_sys_pause_ns(pause_ns);
        pause_ns = pause_ns * 2 < ROOM_PAUSE_MAX_NS ? pause_ns * 2 : ROOM_PAUSE_MAX_NS;
    }
    atomic_store_explicit(&lane->stalled, tail + 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&lane->lost, 1, memory_order_relaxed);
    return false;
}

/* At three quarters, so that there is still room when the drain is just at it. */
static bool is_nearly_full(const struct weft_lane *lane, uint64_t head, uint32_t wanted)
{
    const uint32_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);

    /* Pairs with the drain's release store: the slots before tail have been packed. */
    return head - atomic_load_explicit(&lane->tail, memory_order_acquire) + wanted >
           capacity / 4 * 3;
}

static uint64_t limit_of(const struct weft_lane *lane, uint64_t head, uint32_t wanted)
{
    const uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_acquire);
    const uint64_t room = atomic_load_explicit(&lane->capacity, memory_order_relaxed);
    const uint64_t soft = tail + room / 4 * 3;

    return soft >= head + wanted ? soft : tail + room;
}

bool weft_lane_make_room(struct weft_lane *lane, uint64_t head, uint32_t wanted, uint64_t *limit)
{
    const uint32_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);

    if (is_nearly_full(lane, head, wanted) && weft_lane_flush(lane, head, false) != WEFT_FLUSHED &&
        head - atomic_load_explicit(&lane->tail, memory_order_acquire) + wanted > capacity &&
        !wait_for_room(lane, head, wanted, capacity)) {
        return false;
    }
    *limit = limit_of(lane, head, wanted);
    return true;
}

void weft_lane_tidy(struct weft_lane *lane, uint64_t head, uint32_t wanted, uint64_t *limit)
{
    if (is_nearly_full(lane, head, wanted)) {
        (void)weft_lane_flush(lane, head, false);
    }
    *limit = limit_of(lane, head, wanted);
}
