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
    /* Between clock pairs, at least: their own noise (50 ns) is 5 ppm of it. */
    PAIR_GAP_NS = 10 * 1000 * 1000,
    FIRST_GAP_NS = 1000 * 1000, /* for a program that is over by then, better than none */
    PAIRS_KEPT = 4096,
    WAIT_MAX_MS = 2 * WEFT_ROOM_WAIT_MAX_MS,
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

/*
 * About how many ticks a ms has: two pairs, each within 50 ns, are a tenth of a ms apart.  Every
 * program waits for this; times in the trace go by the pairs that are taken later.
 */
static uint64_t measure_ticks_per_ms(uint32_t clock)
{
    const struct timespec pause = {.tv_nsec = 100000};

    if (clock == WEFT_CLOCK_MONOTONIC) {
        return 1000000;
    }
    const struct weft_clock_pair a = read_pair(clock);
    (void)nanosleep(&pause, NULL);
    const struct weft_clock_pair b = read_pair(clock);
    return (b.ticks - a.ticks) * 1000000 / (b.mono_ns - a.mono_ns);
}

/* Pages that are there: a full tmpfs is an error here, and a SIGBUS when they are touched. */
static bool has_room(int fd, size_t bytes)
{
    return posix_fallocate(fd, 0, (off_t)bytes) == 0;
}

static int make_file(struct weft_lanes *lanes, size_t bytes)
{
    int failed = 0;
    const char *tmp = getenv("TMPDIR");
    const char *const folders[] = {"/dev/shm", tmp != NULL ? tmp : "/tmp"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const int len = snprintf(lanes->path, sizeof lanes->path, "%s/weft-XXXXXX", folders[i]);
        if (len > 0 && (size_t)len < sizeof lanes->path) {
            const int fd = mkstemp(lanes->path);
            if (fd >= 0 && has_room(fd, bytes)) {
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
                return fd;
            }
            if (fd >= 0) {
                failed = ENOSPC;
                (void)close(fd);
                (void)unlink(lanes->path);
            }
        }
    }
    lanes->path[0] = '\0';
    errno = failed != 0 ? failed : errno;
    return -1;
}

/* Maps the spool as far as there are lanes; its pages come when they are touched. */
static enum weft_status map_spool(struct weft_lanes *lanes, int fd, uint32_t count,
                                  struct weft_error *error)
{
    const size_t bytes = (size_t)weft_spool_lane_at(count);
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED) {
        return weft_error_set(error, WEFT_ERR_OPEN,
                              "cannot map the shared memory for recording: %s", strerror(errno));
    }
    lanes->head = at;
    lanes->mapped_bytes = bytes;
    lanes->max = count;
    return WEFT_OK;
}

/* As many lanes as the limits on files and address space (ulimit -f, -v) leave room for. */
static enum weft_status make_lanes(struct weft_lanes *lanes, int fd, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;

    for (uint32_t count = WEFT_LANE_MAX; count > 0; count /= 4) {
        if (ftruncate(fd, (off_t)weft_spool_lane_at(count)) != 0) {
            status = weft_error_set(error, WEFT_ERR_OPEN,
                                    "cannot make the shared memory for recording, %s: %s",
                                    lanes->path, strerror(errno));
        } else if ((status = map_spool(lanes, fd, count, error)) == WEFT_OK) {
            break;
        }
    }
    return status;
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

static int make_file_at(struct weft_lanes *lanes, const char *path, size_t bytes)
{
    const int len = snprintf(lanes->path, sizeof lanes->path, "%s", path);

    if (len < 0 || (size_t)len >= sizeof lanes->path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && !has_room(fd, bytes)) {
        (void)close(fd);
        (void)unlink(path);
        errno = ENOSPC;
        return -1;
    }
    return fd;
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

void weft_lanes_prepare(struct weft_lanes *lanes, const char *plan, int64_t start_real_ns)
{
    struct weft_spool_head *head = lanes->head;

    set_clock(head, plan, start_real_ns);
    head->version = WEFT_SPOOL_VERSION;
    head->lane_max = lanes->max;
    atomic_store(&head->next_thread, 1);
    atomic_store(&head->drain, (uint32_t)getpid());
    head->magic = WEFT_SPOOL_MAGIC;
}

enum weft_status weft_lanes_open(struct weft_lanes *lanes, const char *path, const char *plan,
                                 int64_t start_real_ns, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;

    *lanes = (struct weft_lanes){0};
    /* Only a controlled run logs its choices. */
    const size_t bytes = WEFT_SPOOL_HEAD_BYTES - (plan == NULL ? 2 * WEFT_CHOICES_LOGGED : 0);
    const int fd = path != NULL ? make_file_at(lanes, path, bytes) : make_file(lanes, bytes);
    if (fd < 0) {
        return weft_error_set(error, WEFT_ERR_OPEN,
                              "cannot make the shared memory for recording in /dev/shm: %s",
                              strerror(errno));
    }
    status = make_lanes(lanes, fd, error);
    if (status != WEFT_OK) {
        goto done;
    }
    weft_lanes_prepare(lanes, plan, start_real_ns);
    status = begin_clock(lanes, error);
done:
    (void)close(fd);
    if (status != WEFT_OK) {
        weft_lanes_close(lanes, true);
    }
    return status;
}

void weft_lanes_count(struct weft_lanes *lanes)
{
    const uint32_t count = atomic_load_explicit(&lanes->head->lane_count, memory_order_acquire);

    if (count > lanes->count) {
        lanes->count = count < lanes->max ? count : lanes->max;
    }
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
    if (head->version != WEFT_SPOOL_VERSION) {
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
        (uint64_t)there.st_size < weft_spool_lane_at(1) ||
        (uint64_t)there.st_size > weft_spool_lane_at(WEFT_LANE_MAX)) {
        status = weft_error_set(error, WEFT_ERR_FORMAT, "%s is not the spool of a recording", path);
        goto done;
    }
    const uint64_t lanes_bytes = (uint64_t)there.st_size - weft_spool_lane_at(0);
    status = map_spool(lanes, fd, (uint32_t)(lanes_bytes / sizeof(struct weft_lane)), error);
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
        weft_lanes_count(lanes);
        atomic_store(&lanes->head->drain, (uint32_t)getpid());
    }
done:
    (void)close(fd);
    if (status != WEFT_OK) {
        weft_lanes_close(lanes, false);
    }
    return status;
}

void weft_lanes_close(struct weft_lanes *lanes, bool remove)
{
    if (lanes->head != NULL) {
        if (lanes->path[0] != '\0') {
            atomic_store(&lanes->head->drain, 0);
        }
        (void)munmap(lanes->head, lanes->mapped_bytes);
    }
    if (remove && lanes->path[0] != '\0') {
        (void)unlink(lanes->path);
    }
    free(lanes->pairs.at);
    *lanes = (struct weft_lanes){0};
}

struct weft_clock_pair weft_lanes_pair(const struct weft_lanes *lanes)
{
    return read_pair(lanes->clock);
}

void weft_lanes_add_pair(struct weft_lanes *lanes, struct weft_clock_pair pair)
{
    if (lanes->clock == WEFT_CLOCK_VIRTUAL) {
        return; /* its ticks are ns */
    }
    const struct weft_clock_pair *last = &lanes->pairs.at[lanes->pairs.count - 1];

    const uint64_t gap_ns = lanes->pairs.count == 1 ? FIRST_GAP_NS : PAIR_GAP_NS;

    if (pair.mono_ns < last->mono_ns + gap_ns || pair.ticks <= last->ticks) {
        return;
    }
    if (lanes->segment > PAIRS_KEPT) { /* what lies behind is not asked for again */
        const size_t drop = lanes->segment - 1;
        memmove(&lanes->pairs.at[1], &lanes->pairs.at[1 + drop],
                (lanes->pairs.count - 1 - drop) * sizeof pair);
        lanes->pairs.count -= drop;
        lanes->segment -= drop;
    }
    (void)weft_vec_push(&lanes->pairs, pair); /* no memory: a longer segment, no harm */
}

uint64_t weft_lanes_lost(const struct weft_lanes *lanes, uint32_t lane)
{
    return atomic_load_explicit(&weft_lane_at(lanes, lane)->lost, memory_order_relaxed);
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
        left_out += atomic_load_explicit(&weft_lane_at(lanes, i)->left_out, memory_order_relaxed);
    }
    return left_out;
}

uint64_t weft_lanes_short_stacks(const struct weft_lanes *lanes)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        count += atomic_load_explicit(&weft_lane_at(lanes, i)->short_stacks, memory_order_relaxed);
    }
    return count;
}

bool weft_lanes_poll(const struct weft_lanes *lanes, uint32_t lane, uint64_t *count,
                     uint64_t *last_ticks)
{
    const struct weft_lane_poll *poll = &weft_lane_at(lanes, lane)->poll;

    *count = atomic_load_explicit(&poll->count, memory_order_relaxed);
    *last_ticks = atomic_load_explicit(&poll->last, memory_order_relaxed);
    return *count > 1;
}

bool weft_lanes_call(const struct weft_lanes *lanes, uint32_t lane, uint64_t *since_ticks,
                     uint64_t *site, char name[16])
{
    const struct weft_lane_call *call = &weft_lane_at(lanes, lane)->call;
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
            atomic_load_explicit(&weft_lane_at(lanes, i)->waiting, memory_order_acquire);
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

uint64_t weft_lanes_begin_at(struct weft_lanes *lanes, uint64_t ticks)
{
    const uint64_t before_ns = weft_lanes_ns(lanes, ticks);

    if (before_ns < 2) {
        return 0;
    }
    lanes->start_mono_ns += before_ns - 1;
    return before_ns - 1;
}

int64_t weft_lanes_start_real_ns(struct weft_lanes *lanes)
{
    const struct weft_clock_pair *start = &lanes->start;

    (void)weft_lanes_ns(lanes, start_ticks(lanes));
    return start->real_ns + (int64_t)(lanes->start_mono_ns - start->mono_ns);
}
