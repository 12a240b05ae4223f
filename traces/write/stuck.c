#include "traces/write/stuck.h"

#include "base/vec.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

void weft_stuck_done(struct weft_stuck *stuck)
{
    free(stuck->lanes);
    free(stuck->waits.at);
    *stuck = (struct weft_stuck){0};
}

uint32_t weft_stuck_owner_in_memory(int fd, uint64_t object, enum weft_object_kind kind)
{
    const size_t at = kind == WEFT_OBJ_RWLOCK ? offsetof(pthread_rwlock_t, __data.__cur_writer)
                                              : offsetof(pthread_mutex_t, __data.__owner);
    uint32_t owner = 0;

    return pread(fd, &owner, sizeof owner, (off_t)(object + at)) == sizeof owner ? owner : 0;
}

bool weft_stuck_sleeps_on(uint32_t pid, uint32_t tid, uint64_t object)
{
    char path[64], line[64] = "";
    unsigned long number = 0, first = 0;

    (void)snprintf(path, sizeof path, "/proc/%u/task/%u/syscall", (unsigned)pid, (unsigned)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    (void)fgets(line, sizeof line, file);
    (void)fclose(file);
    return sscanf(line, "%lu 0x%lx", &number, &first) == 2 && number == SYS_futex &&
           first == object;
}

static bool waits_for_a_lock(enum weft_event_kind kind, enum weft_object_kind object)
{
    return (kind == WEFT_EV_LOCK_REQUEST &&
            (object == WEFT_OBJ_MUTEX || object == WEFT_OBJ_RECURSIVE_MUTEX)) ||
           ((kind == WEFT_EV_RWLOCK_READ_REQUEST || kind == WEFT_EV_RWLOCK_WRITE_REQUEST) &&
            object == WEFT_OBJ_RWLOCK);
}

/* Slots of the ring, 0: what stands there is none. */
static uint64_t ring_of(const struct weft_lane *lane)
{
    const uint64_t capacity = atomic_load_explicit(&lane->capacity, memory_order_relaxed);

    return capacity <= WEFT_LANE_SLOTS_MAX && (capacity & (capacity - 1)) == 0 ? capacity : 0;
}

/*
 * What the owner of a lane waits for without a limit (such a request is one slot); false: for
 * nothing.  Packed slots stay in the ring until they are written over.
 */
static bool read_wait(const struct weft_lane *lane, uint64_t head, struct weft_stuck_wait *wait)
{
    const uint64_t ring = ring_of(lane);

    if (ring == 0 || head == 0) {
        return false;
    }
    const union weft_slot slot = lane->slots[(head - 1) & (ring - 1)];
    wait->object = slot.head.object_kind >> 8;
    wait->site = slot.head.site_more >> 16;
    wait->kind = (enum weft_object_kind)weft_slot_object_kind(slot.head.site_more);
    wait->head = head;
    wait->tid = atomic_load_explicit(&lane->used, memory_order_relaxed);
    wait->thread = atomic_load_explicit(&lane->thread, memory_order_relaxed);
    return wait->tid != 0 && (slot.head.site_more & 0xff) == 0 &&
           waits_for_a_lock((enum weft_event_kind)(slot.head.object_kind & 0xff), wait->kind);
}

/* Where the owner of a lane took an object, if that is not too long ago. */
static uint64_t site_of_acquire(const struct weft_lane *lane, uint64_t head, uint64_t object)
{
    const uint64_t ring = ring_of(lane);

    for (uint64_t back = 1; back <= ring && back <= head; back++) {
        const union weft_slot slot = lane->slots[(head - back) & (ring - 1)];
        const enum weft_event_kind kind = (enum weft_event_kind)(slot.head.object_kind & 0xff);
        if (slot.head.object_kind >> 8 == object &&
            (kind == WEFT_EV_LOCK_ACQUIRE || kind == WEFT_EV_RWLOCK_WRITE_ACQUIRE)) {
            return slot.head.site_more >> 16;
        }
    }
    return 0;
}

/* Who has recorded nothing for long, and waits. */
static void collect(struct weft_stuck *stuck, const struct weft_lanes *lanes, uint64_t now_ns)
{
    stuck->waits.count = 0;
    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct weft_lane *lane = weft_lane_at(lanes, i);
        struct weft_stuck_lane *seen = &stuck->lanes[i];
        struct weft_stuck_wait wait = {.lane = i};
        /* Pairs with the owner's release store. */
        const uint64_t head = atomic_load_explicit(&lane->head, memory_order_acquire);
        if (head != seen->head || seen->since_ns == 0) {
            *seen = (struct weft_stuck_lane){head, now_ns};
        } else if (now_ns - seen->since_ns >= WEFT_STUCK_NS && read_wait(lane, head, &wait)) {
            (void)weft_vec_push(&stuck->waits, wait); /* no memory: at the next look */
        }
    }
}

static int by_tid(const void *a, const void *b)
{
    const struct weft_stuck_wait *left = a, *right = b;

    return (left->tid > right->tid) - (left->tid < right->tid);
}

/* The one that `wait` waits for, among those that wait, which are in order; -1: it is not. */
static int next_of(const struct weft_stuck *stuck, const struct weft_stuck_wait *wait)
{
    const struct weft_stuck_wait owner = {.tid = wait->owner};
    const struct weft_stuck_wait *found =
        wait->owner != 0
            ? bsearch(&owner, stuck->waits.at, stuck->waits.count, sizeof owner, by_tid)
            : NULL;

    return found != NULL ? (int)(found - stuck->waits.at) : -1;
}

/*
 * The cycle that begins with its first; false: there is none.  No more than WEFT_STUCK_MAX steps,
 * however many threads wait in a row.
 */
static bool cycle_from(const struct weft_stuck *stuck, const struct weft_lanes *lanes, int first,
                       struct weft_stuck_cycle *cycle)
{
    int at = first;

    cycle->count = 0;
    do {
        const struct weft_stuck_wait *wait = &stuck->waits.at[at];
        /* It has gone on since: pairs with the owner's release store. */
        if (cycle->count == WEFT_STUCK_MAX ||
            atomic_load_explicit(&weft_lane_at(lanes, wait->lane)->head, memory_order_acquire) !=
                wait->head) {
            return false;
        }
        cycle->waits[cycle->count++] = *wait;
        at = next_of(stuck, wait);
    } while (at > first);
    return at == first;
}

/*
 * A thread that has what it waits for may have been given it, and not yet have said so, for as
 * long as it gets no processor or waits for room in its lane.
 */
static bool waits_for_itself(const struct weft_lanes *lanes, const struct weft_stuck_wait *wait,
                             const struct weft_stuck_program *program)
{
    const struct weft_lane *lane = weft_lane_at(lanes, wait->lane);

    return wait->kind != WEFT_OBJ_RWLOCK && atomic_load(&lane->waiting) == 0 &&
           program->sleeps_on(program->ctx, wait->tid, wait->object) &&
           program->owner(program->ctx, wait->object, wait->kind) == wait->tid &&
           atomic_load_explicit(&lane->head, memory_order_acquire) == wait->head;
}

void weft_stuck_look(struct weft_stuck *stuck, const struct weft_lanes *lanes, uint64_t now_ns,
                     const struct weft_stuck_program *program,
                     void (*found)(void *ctx, const struct weft_stuck_cycle *cycle))
{
    struct weft_stuck_cycle cycle;

    if (stuck->lanes == NULL) {
        stuck->lanes = calloc(WEFT_LANE_MAX, sizeof *stuck->lanes);
        if (stuck->lanes == NULL) {
            return;
        }
    }
    collect(stuck, lanes, now_ns);
    if (stuck->waits.count == 0) {
        return;
    }
    qsort(stuck->waits.at, stuck->waits.count, sizeof *stuck->waits.at, by_tid);
    for (size_t i = 0; i < stuck->waits.count; i++) {
        struct weft_stuck_wait *wait = &stuck->waits.at[i];
        wait->owner = program->owner(program->ctx, wait->object, wait->kind);
    }
    for (size_t i = 0; i < stuck->waits.count; i++) {
        if (!cycle_from(stuck, lanes, (int)i, &cycle) ||
            (cycle.count == 1 && !waits_for_itself(lanes, &cycle.waits[0], program))) {
            continue;
        }
        for (uint32_t k = 0; k < cycle.count; k++) {
            const struct weft_stuck_wait *holder = &cycle.waits[(k + 1) % cycle.count];
            cycle.waits[k].held_site = site_of_acquire(weft_lane_at(lanes, holder->lane),
                                                       holder->head, cycle.waits[k].object);
        }
        found(program->ctx, &cycle);
    }
}
