#include "traces/write/lanes.h"

#include "base/vec.h"
#include "traces/format/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum {
    PAIR_GAP_NS =
        10 * 1000 * 1000, /* between clock pairs: their own noise (50 ns) is 5 ppm of it */
    PAIRS_KEPT = 4096,
    WAIT_MAX_MS = 2 * WEFT_ROOM_WAIT_MAX_MS,
    IN_HAND_MAX = 2 * 1024 * 1024, /* slots, about: 48 MiB */
    MANY_LANES = 128,
    ROOM_KEPT = 4096, /* slots of a queue that are never given back */
    TAKE_MIN = 256,   /* from a lane at a time: a record with its text fits */
    RATE_BITS = 40,
    TICKS_PER_MS_MIN = 1000,              /* 1 MHz … */
    TICKS_PER_MS_MAX = 100 * 1000 * 1000, /* … 100 GHz: a clock of today */
};

/* The TSC counts ns only where it is invariant and the kernel itself trusts it. */
static uint32_t best_clock(void)
{
#if defined(__x86_64__)
    char source[16] = "";
    unsigned a, b, c, d;
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");

    if (file != NULL) {
        (void)fgets(source, sizeof source, file);
        (void)fclose(file);
    }
    if (strcmp(source, "tsc\n") == 0 && __get_cpuid(0x80000007, &a, &b, &c, &d) &&
        (d & 1u << 8) != 0) {
        return WEFT_CLOCK_TSC;
    }
#endif
    return WEFT_CLOCK_MONOTONIC;
}

static int64_t real_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The tightest of a few tries: both clocks are read within some tens of ns. */
static struct weft_clock_pair read_pair(uint32_t clock)
{
    struct weft_clock_pair best = {0};
    uint64_t best_width = UINT64_MAX;

    for (int i = 0; i < 5; i++) {
        const uint64_t before = weft_clock_ticks(clock);
        const uint64_t mono = weft_clock_monotonic();
        const int64_t real = real_ns();
        const uint64_t after = weft_clock_ticks(clock);
        if (after - before < best_width) {
            best_width = after - before;
            best = (struct weft_clock_pair){before + (after - before) / 2, mono, real};
        }
    }
    return best;
}

/* About how many ticks a ms has: two pairs, each within 50 ns, are half a ms apart. */
static uint64_t measure_ticks_per_ms(uint32_t clock)
{
    const struct timespec pause = {.tv_nsec = 500000};

    if (clock == WEFT_CLOCK_MONOTONIC) {
        return 1000000;
    }
    const struct weft_clock_pair a = read_pair(clock);
    (void)nanosleep(&pause, NULL);
    const struct weft_clock_pair b = read_pair(clock);
    return (b.ticks - a.ticks) * 1000000 / (b.mono_ns - a.mono_ns);
}

static int make_file(struct weft_lanes *lanes)
{
    const char *tmp = getenv("TMPDIR");
    const char *const folders[] = {"/dev/shm", tmp != NULL ? tmp : "/tmp"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const int len = snprintf(lanes->path, sizeof lanes->path, "%s/weft-XXXXXX", folders[i]);
        if (len > 0 && (size_t)len < sizeof lanes->path) {
            const int fd = mkstemp(lanes->path);
            if (fd >= 0) {
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
                return fd;
            }
        }
    }
    lanes->path[0] = '\0';
    return -1;
}

static struct weft_lane *lane_at(const struct weft_lanes *lanes, uint32_t lane)
{
    return (struct weft_lane *)((char *)lanes->head + weft_spool_lane_at(lane));
}

/* Maps the whole of the spool; its pages come when they are touched. */
static enum weft_status map_spool(struct weft_lanes *lanes, int fd, struct weft_error *error)
{
    void *at = mmap(NULL, (size_t)weft_spool_lane_at(WEFT_LANE_MAX), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);

    if (at == MAP_FAILED) {
        return weft_error_set(error, WEFT_ERR_OPEN,
                              "cannot map the shared memory for recording: %s", strerror(errno));
    }
    lanes->head = at;
    lanes->queues = calloc(WEFT_LANE_MAX, sizeof *lanes->queues);
    return lanes->queues != NULL
               ? WEFT_OK
               : weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
}

/*
 * Keeps what times are computed by: the program can write into the spool's head at any time, and
 * a divisor must stay what it was.  The first clock pair is the spool's own.
 */
static enum weft_status begin_clock(struct weft_lanes *lanes, struct weft_error *error)
{
    lanes->clock = lanes->head->clock;
    lanes->ticks_per_ms = lanes->head->ticks_per_ms;
    lanes->start = lanes->head->start;
    return weft_vec_push(&lanes->pairs, lanes->start)
               ? WEFT_OK
               : weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
}

static int make_file_at(struct weft_lanes *lanes, const char *path)
{
    const int len = snprintf(lanes->path, sizeof lanes->path, "%s", path);

    return len > 0 && (size_t)len < sizeof lanes->path
               ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
               : -1;
}

/* The simulated clock stands at 1: 0 is "no time" in a spool. */
static void set_clock(struct weft_spool_head *head, const char *plan, int64_t start_real_ns)
{
    if (plan == NULL) {
        head->clock = best_clock();
        head->ticks_per_ms = measure_ticks_per_ms(head->clock);
        head->start = read_pair(head->clock);
        return;
    }
    (void)snprintf(head->schedule.plan, sizeof head->schedule.plan, "%s", plan);
    head->schedule.start_real_ns = start_real_ns;
    atomic_store(&head->schedule.now_ns, 1);
    head->clock = WEFT_CLOCK_VIRTUAL;
    head->ticks_per_ms = 1000000;
    head->start = (struct weft_clock_pair){1, 1, start_real_ns};
}

enum weft_status weft_lanes_open(struct weft_lanes *lanes, const char *path, const char *plan,
                                 int64_t start_real_ns, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;

    *lanes = (struct weft_lanes){0};
    const int fd = path != NULL ? make_file_at(lanes, path) : make_file(lanes);
    if (fd < 0 || ftruncate(fd, (off_t)weft_spool_lane_at(WEFT_LANE_MAX)) != 0) {
        status = weft_error_set(error, WEFT_ERR_OPEN,
                                "cannot make the shared memory for recording in /dev/shm: %s",
                                strerror(errno));
        goto done;
    }
    status = map_spool(lanes, fd, error);
    if (status != WEFT_OK) {
        goto done;
    }
    set_clock(lanes->head, plan, start_real_ns);
    status = begin_clock(lanes, error);
    if (status != WEFT_OK) {
        goto done;
    }
    lanes->head->version = 1;
    atomic_store(&lanes->head->next_thread, 1);
    atomic_store(&lanes->head->drain, (uint32_t)getpid());
    lanes->head->magic = WEFT_SPOOL_MAGIC;
done:
    if (fd >= 0) {
        (void)close(fd);
    }
    if (status != WEFT_OK) {
        weft_lanes_close(lanes);
    }
    return status;
}

static uint32_t count_lanes(const struct weft_lanes *lanes)
{
    const uint32_t count = atomic_load_explicit(&lanes->head->lane_count, memory_order_acquire);

    return count < WEFT_LANE_MAX ? count : WEFT_LANE_MAX;
}

/* Is this a spool, and one that nobody drains? */
static enum weft_status check_spool(const struct weft_spool_head *head, const char *path,
                                    struct weft_error *error)
{
    if (head->magic != WEFT_SPOOL_MAGIC || head->ticks_per_ms < TICKS_PER_MS_MIN ||
        head->ticks_per_ms > TICKS_PER_MS_MAX ||
        (head->clock != WEFT_CLOCK_TSC && head->clock != WEFT_CLOCK_MONOTONIC &&
         head->clock != WEFT_CLOCK_VIRTUAL)) {
        return weft_error_set(error, WEFT_ERR_FORMAT, "%s is not the spool of a recording", path);
    }
    if (head->version != 1) {
        return weft_error_set(error, WEFT_ERR_VERSION,
                              "%s was made by another version of weft (its layout is %u)", path,
                              head->version);
    }
    const uint32_t drain = atomic_load(&head->drain);
    if (drain != 0 && drain <= INT32_MAX && (kill((pid_t)drain, 0) == 0 || errno == EPERM)) {
        return weft_error_set(error, WEFT_ERR_OPEN, "%s is in use: process %u is writing its trace",
                              path, drain);
    }
    return WEFT_OK;
}

/* Whose records stand at the tail, although their ATTACH is gone. */
static void adopt_lane(struct weft_lane *lane, struct weft_lane_queue *queue)
{
    const bool is_owners = atomic_load(&lane->tail) > atomic_load(&lane->since);

    queue->thread = atomic_load(is_owners ? &lane->number : &lane->thread);
    queue->lost_before = atomic_load(&lane->lost);
}

enum weft_status weft_lanes_adopt(struct weft_lanes *lanes, const char *path,
                                  struct weft_error *error)
{
    enum weft_status status = WEFT_OK;
    struct stat there;

    *lanes = (struct weft_lanes){0};
    const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return weft_error_set(error, WEFT_ERR_OPEN, "cannot open %s: %s", path, strerror(errno));
    }
    if (fstat(fd, &there) != 0 || !S_ISREG(there.st_mode) ||
        (uint64_t)there.st_size != weft_spool_lane_at(WEFT_LANE_MAX)) {
        status = weft_error_set(error, WEFT_ERR_FORMAT, "%s is not the spool of a recording", path);
        goto done;
    }
    status = map_spool(lanes, fd, error);
    if (status == WEFT_OK) {
        status = check_spool(lanes->head, path, error);
    }
    if (status == WEFT_OK && strlen(path) >= sizeof lanes->path) {
        status = weft_error_set(error, WEFT_ERR_OPEN, "the path %s is too long", path);
    }
    if (status == WEFT_OK) {
        status = begin_clock(lanes, error);
    }
    if (status == WEFT_OK) {
        memcpy(lanes->path, path, strlen(path) + 1);
        for (uint32_t i = 0; i < count_lanes(lanes); i++) {
            adopt_lane(lane_at(lanes, i), &lanes->queues[i]);
        }
        atomic_store(&lanes->head->drain, (uint32_t)getpid());
    }
done:
    (void)close(fd);
    if (status != WEFT_OK) {
        weft_lanes_close(lanes); /* without a path: the file stays */
    }
    return status;
}

void weft_lanes_close(struct weft_lanes *lanes)
{
    if (lanes->head != NULL) {
        if (lanes->path[0] != '\0') {
            atomic_store(&lanes->head->drain, 0);
        }
        (void)munmap(lanes->head, (size_t)weft_spool_lane_at(WEFT_LANE_MAX));
    }
    if (lanes->path[0] != '\0') {
        (void)unlink(lanes->path);
    }
    for (uint32_t i = 0; lanes->queues != NULL && i < WEFT_LANE_MAX; i++) {
        free(lanes->queues[i].slots.at);
    }
    free(lanes->queues);
    free(lanes->pairs.at);
    *lanes = (struct weft_lanes){0};
}

static void take_pair(struct weft_lanes *lanes)
{
    if (lanes->clock == WEFT_CLOCK_VIRTUAL) {
        return; /* its ticks are ns */
    }
    const struct weft_clock_pair now = read_pair(lanes->clock);
    const struct weft_clock_pair *last = &lanes->pairs.at[lanes->pairs.count - 1];

    if (now.mono_ns < last->mono_ns + PAIR_GAP_NS || now.ticks <= last->ticks) {
        return;
    }
    if (lanes->segment > PAIRS_KEPT) { /* what lies behind is not asked for again */
        const size_t drop = lanes->segment - 1;
        memmove(&lanes->pairs.at[1], &lanes->pairs.at[1 + drop],
                (lanes->pairs.count - 1 - drop) * sizeof now);
        lanes->pairs.count -= drop;
        lanes->segment -= drop;
    }
    (void)weft_vec_push(&lanes->pairs, now); /* no memory: a longer segment, no harm */
}

/*
 * Up to `allowed` slots behind tail, or a few more, so that no record is cut in two.  When that is
 * not all, the time of the last one is as far as the trace can be written.
 */
static uint64_t part_of(struct weft_lanes *lanes, const struct weft_lane *lane, uint64_t tail,
                        uint64_t fresh, uint64_t allowed)
{
    uint64_t taken = 0, last = 0;

    if (fresh <= allowed) {
        return fresh;
    }
    while (taken < allowed) {
        const union weft_slot *slot = &lane->slots[(tail + taken) & (WEFT_LANE_SLOTS - 1)];
        last = slot->head.time;
        taken += 1 + (slot->head.site_more & 0xff);
    }
    if (taken >= fresh) {
        return fresh;
    }
    lanes->taken_until = last < lanes->taken_until ? last : lanes->taken_until;
    return taken;
}

/* With many lanes each gets a small share, and what it needed before would add up. */
static void give_back(const struct weft_lanes *lanes, struct weft_lane_queue *queue, size_t wanted)
{
    const size_t room = wanted * 2;

    if (lanes->count < MANY_LANES || queue->slots.room < ROOM_KEPT ||
        queue->slots.room / 4 < wanted) {
        return;
    }
    void *smaller = realloc(queue->slots.at, room * sizeof *queue->slots.at);
    if (smaller != NULL) {
        queue->slots.at = smaller;
        queue->slots.room = room;
    }
}

/* Moves what is published in a ring, as far as it is allowed, to the end of its queue. */
static bool take_lane(struct weft_lanes *lanes, uint32_t index, uint64_t allowed)
{
    struct weft_lane *lane = lane_at(lanes, index);
    struct weft_lane_queue *queue = &lanes->queues[index];
    const uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    /* Pairs with the owner's release store: the slots before head are written. */
    uint64_t head = atomic_load_explicit(&lane->head, memory_order_acquire);
    uint64_t fresh = head - tail;

    if (fresh == 0) {
        return false;
    }
    if (fresh > WEFT_LANE_SLOTS) {
        lanes->corrupt++;
        atomic_store_explicit(&lane->tail, head, memory_order_release);
        return false;
    }
    fresh = part_of(lanes, lane, tail, fresh, allowed);
    head = tail + fresh;
    if (queue->next > 0 && queue->next * 2 >= queue->slots.count) {
        queue->slots.count -= queue->next;
        memmove(queue->slots.at, queue->slots.at + queue->next,
                queue->slots.count * sizeof *queue->slots.at);
        queue->next = 0;
    }
    give_back(lanes, queue, queue->slots.count + (size_t)fresh);
    if (!weft_vec_room(&queue->slots, queue->slots.count + (size_t)fresh)) {
        return false; /* no memory: the owner waits, then counts what it loses */
    }
    for (uint64_t at = tail; at != head; at++) {
        queue->slots.at[queue->slots.count++] = lane->slots[at & (WEFT_LANE_SLOTS - 1)];
    }
    /* Pairs with the owner's acquire load: these slots may be written again. */
    atomic_store_explicit(&lane->tail, head, memory_order_release);
    return true;
}

uint64_t weft_lanes_in_hand(const struct weft_lanes *lanes)
{
    uint64_t slots = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        slots += lanes->queues[i].slots.count - lanes->queues[i].next;
    }
    return slots;
}

bool weft_lanes_take(struct weft_lanes *lanes)
{
    bool any = false;
    const uint32_t count = count_lanes(lanes);

    take_pair(lanes);
    if (count > lanes->count) {
        lanes->count = count;
    }
    const uint64_t in_hand = weft_lanes_in_hand(lanes);
    const uint64_t left = in_hand < IN_HAND_MAX ? IN_HAND_MAX - in_hand : 0;
    const uint64_t share = lanes->count > 0 ? left / lanes->count : 0;
    lanes->taken_until = UINT64_MAX;
    for (uint32_t i = 0; i < lanes->count; i++) {
        any |= take_lane(lanes, i, share > TAKE_MIN ? share : TAKE_MIN);
    }
    atomic_fetch_add_explicit(&lanes->head->beats, 1, memory_order_relaxed);
    return any;
}

bool weft_lanes_peek(struct weft_lanes *lanes, uint32_t lane, struct weft_taken *taken,
                     size_t *slots)
{
    struct weft_lane_queue *queue = &lanes->queues[lane];
    const size_t left = queue->slots.count - queue->next;

    if (left == 0) {
        return false;
    }
    const union weft_slot *slot = &queue->slots.at[queue->next];
    const size_t more = slot->head.site_more & 0xff;
    const uint8_t kind = (uint8_t)slot->head.object_kind;
    const unsigned outcome = weft_slot_outcome(slot->head.site_more);
    const unsigned object_kind = weft_slot_object_kind(slot->head.site_more);
    const bool known = (kind > WEFT_EV_NONE && kind < WEFT_EV_COUNT) ||
                       (kind >= WEFT_EV_ATTACH && kind <= WEFT_EV_OBJECT_NAME);

    if (more >= left || !known || outcome >= WEFT_OUT_COUNT || object_kind >= WEFT_OBJ_COUNT) {
        goto broken;
    }
    *taken = (struct weft_taken){
        .ticks = slot->head.time,
        .object = slot->head.object_kind >> 8,
        .site = slot->head.site_more >> 16,
        .kind = (enum weft_event_kind)kind,
        .outcome = (enum weft_outcome)outcome,
        .object_kind = (enum weft_object_kind)object_kind,
        .has_args = more > 0,
    };
    if (more > 0) {
        taken->first = slot[1].args.first;
        taken->second = slot[1].args.second;
        taken->text_bytes = slot[1].args.text_bytes;
        taken->text_stored = slot[1].args.text_stored;
        taken->text = taken->text_stored > 0 ? (const char *)slot[2].text : NULL;
        if (taken->text_stored > (more - 1) * WEFT_SLOT_BYTES) {
            goto broken;
        }
    }
    *slots = 1 + more;
    return true;
broken:
    lanes->corrupt++;
    queue->next = queue->slots.count;
    return false;
}

void weft_lanes_keep_thread(struct weft_lanes *lanes, uint32_t lane)
{
    atomic_store_explicit(&lane_at(lanes, lane)->thread, lanes->queues[lane].thread,
                          memory_order_relaxed);
}

uint64_t weft_lanes_lost(const struct weft_lanes *lanes, uint32_t lane)
{
    return atomic_load_explicit(&lane_at(lanes, lane)->lost, memory_order_relaxed);
}

uint64_t weft_lanes_all_lost(const struct weft_lanes *lanes)
{
    uint64_t lost = lanes->corrupt + atomic_load_explicit(&lanes->head->lost, memory_order_relaxed);

    for (uint32_t i = 0; i < lanes->count; i++) {
        lost += weft_lanes_lost(lanes, i);
    }
    return lost;
}

uint64_t weft_lanes_left_out(const struct weft_lanes *lanes)
{
    uint64_t left_out = atomic_load_explicit(&lanes->head->left_out, memory_order_relaxed);

    for (uint32_t i = 0; i < lanes->count; i++) {
        left_out += atomic_load_explicit(&lane_at(lanes, i)->left_out, memory_order_relaxed);
    }
    return left_out;
}

bool weft_lanes_poll(const struct weft_lanes *lanes, uint32_t lane, uint64_t *count,
                     uint64_t *last_ticks)
{
    const struct weft_lane_poll *poll = &lane_at(lanes, lane)->poll;

    *count = atomic_load_explicit(&poll->count, memory_order_relaxed);
    *last_ticks = atomic_load_explicit(&poll->last, memory_order_relaxed);
    return *count > 1;
}

bool weft_lanes_call(const struct weft_lanes *lanes, uint32_t lane, uint64_t *since_ticks,
                     uint64_t *site, char name[16])
{
    const struct weft_lane_call *call = &lane_at(lanes, lane)->call;
    /* Pairs with the owner's release store: the rest belongs to it … */
    const uint64_t since = atomic_load_explicit(&call->since, memory_order_acquire);
    uint64_t words[2];

    *site = atomic_load_explicit(&call->site, memory_order_relaxed) << 16 >> 16; /* as in a slot */
    words[0] = atomic_load_explicit(&call->name[0], memory_order_relaxed);
    words[1] = atomic_load_explicit(&call->name[1], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    *since_ticks = since;
    memcpy(name, words, sizeof words);
    /* … unless the owner has gone on meanwhile. */
    return since != 0 && atomic_load_explicit(&call->since, memory_order_relaxed) == since;
}

/*
 * Asked before the lanes are emptied: a record that is seen waiting now is not in them yet.  One
 * that seems to wait longer than any owner does is of a thread that died in the middle.
 */
uint64_t weft_lanes_waiting(const struct weft_lanes *lanes, uint64_t now)
{
    const uint64_t longest = lanes->ticks_per_ms * WAIT_MAX_MS;
    uint64_t oldest = now;

    for (uint32_t i = 0; i < lanes->count; i++) {
        /* Pairs with the owner's release store of 0: then its record is published. */
        const uint64_t since =
            atomic_load_explicit(&lane_at(lanes, i)->waiting, memory_order_acquire);
        if (since != 0 && since < oldest && now - since < longest) {
            oldest = since;
        }
    }
    return oldest;
}

uint64_t weft_lanes_now(const struct weft_lanes *lanes)
{
    return lanes->clock == WEFT_CLOCK_VIRTUAL ? atomic_load(&lanes->head->schedule.now_ns)
                                              : weft_clock_ticks(lanes->clock);
}

uint64_t weft_lanes_known_ticks(const struct weft_lanes *lanes)
{
    return lanes->clock == WEFT_CLOCK_VIRTUAL ? UINT64_MAX
                                              : lanes->pairs.at[lanes->pairs.count - 1].ticks;
}

__extension__ typedef __int128 wide; /* ticks × ns do not fit 64 bits */

/* Within the segment that was asked for last: a division of 128 bits would cost 30 ns an event. */
static uint64_t by_rate(const struct weft_lanes *lanes, uint64_t ticks)
{
    return lanes->rate.mono_ns +
           (uint64_t)(((wide)(ticks - lanes->rate.from) * lanes->rate.per_tick) >> RATE_BITS);
}

/* ns on CLOCK_MONOTONIC, by the segment that holds ticks; the ends are extended. */
static uint64_t mono_ns(struct weft_lanes *lanes, uint64_t ticks)
{
    const struct weft_clock_pair *pairs = lanes->pairs.at;
    size_t i = lanes->segment;

    if (ticks >= lanes->rate.from && ticks < lanes->rate.to) {
        return by_rate(lanes, ticks);
    }
    if (lanes->pairs.count == 1) { /* the program was over before the second pair */
        const wide delta = (wide)ticks - (wide)pairs[0].ticks;
        return (uint64_t)((wide)pairs[0].mono_ns + delta * 1000000 / (wide)lanes->ticks_per_ms);
    }
    while (i > 0 && ticks < pairs[i].ticks) {
        i--;
    }
    while (i + 2 < lanes->pairs.count && ticks >= pairs[i + 1].ticks) {
        i++;
    }
    lanes->segment = i;
    const wide delta = (wide)ticks - (wide)pairs[i].ticks;
    const uint64_t width_ns = pairs[i + 1].mono_ns - pairs[i].mono_ns;
    const uint64_t width_ticks = pairs[i + 1].ticks - pairs[i].ticks;
    if (ticks >= pairs[i].ticks && ticks < pairs[i + 1].ticks) {
        lanes->rate.from = pairs[i].ticks;
        lanes->rate.to = pairs[i + 1].ticks;
        lanes->rate.mono_ns = pairs[i].mono_ns;
        lanes->rate.per_tick = (uint64_t)(((wide)width_ns << RATE_BITS) / width_ticks);
        return by_rate(lanes, ticks); /* as all others of the segment: time does not jump */
    }
    return (uint64_t)((wide)pairs[i].mono_ns + delta * width_ns / width_ticks);
}

static uint64_t start_ticks(const struct weft_lanes *lanes)
{
    const uint64_t ticks = atomic_load(&lanes->head->start_ticks);

    return ticks != 0 ? ticks : lanes->start.ticks;
}

uint64_t weft_lanes_ns(struct weft_lanes *lanes, uint64_t ticks)
{
    /* The start lies in the first segments, which may have been dropped: keep it converted. */
    if (lanes->start_mono_ns == 0) {
        lanes->start_mono_ns = mono_ns(lanes, start_ticks(lanes));
    }
    const uint64_t ns = mono_ns(lanes, ticks);
    return ns > lanes->start_mono_ns ? ns - lanes->start_mono_ns : 0;
}

int64_t weft_lanes_start_real_ns(struct weft_lanes *lanes)
{
    const struct weft_clock_pair *start = &lanes->start;

    (void)weft_lanes_ns(lanes, start_ticks(lanes));
    return start->real_ns + (int64_t)(lanes->start_mono_ns - start->mono_ns);
}
