#include "runtime/record/record.h"

#include "runtime/record/lane.h"
#include "runtime/record/sys.h"
#include "traces/format/clock.h"

#include <string.h>

enum { TRIALS = 256 };

/* What a thread repeats; count 0: nothing, 1: asked once, ≥ 2: a poll is open. */
struct question {
    uint64_t object;
    int64_t answer;
    uint64_t count;
    uint64_t last;
    const void *site;
    enum weft_question asked;
};

/*
 * The calling thread.  Initial-exec: an access costs nothing (global-dynamic +2.7 ns).
 * `tail` is a stale copy of lane->tail, so that the owner rarely touches the drain's line.
 */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
    struct weft_lane *lane;
    uint64_t head;
    uint64_t tail;
    uint32_t number;
    bool refused; /* there was no lane: do not search again for every record */
    struct question question;
} me;

/* Writes a record at me.head without publishing it; returns how many slots it took. */
static uint32_t store(uint64_t ticks, enum weft_event_kind kind, uint64_t object, const void *site,
                      enum weft_outcome outcome, const struct weft_record_args *args)
{
    const uint64_t mask = WEFT_LANE_SLOTS - 1;
    union weft_slot *slots = me.lane->slots;
    uint32_t more = 0;

    if (args != NULL) {
        const size_t stored = args->text_bytes < WEFT_TEXT_MAX ? args->text_bytes : WEFT_TEXT_MAX;
        union weft_slot *slot = &slots[(me.head + 1) & mask];
        slot->args.first = args->first;
        slot->args.second = args->second;
        slot->args.text_bytes = (uint32_t)args->text_bytes;
        slot->args.text_stored = (uint32_t)stored;
        more = 1;
        for (size_t at = 0; at < stored; at += WEFT_SLOT_BYTES) {
            const size_t left = stored - at;
            memcpy(slots[(me.head + ++more) & mask].text, args->text + at,
                   left < WEFT_SLOT_BYTES ? left : WEFT_SLOT_BYTES);
        }
    }
    union weft_slot *slot = &slots[me.head & mask];
    slot->head.time = ticks;
    slot->head.object_kind = object << 8 | (uint64_t)kind;
    slot->head.site_more = (uint64_t)(uintptr_t)site << 16 | (uint64_t)outcome << 8 | more;
    return 1 + more;
}

static void publish(uint32_t slots)
{
    me.head += slots;
    /* Pairs with the drain's acquire load: it sees the slots before the count. */
    atomic_store_explicit(&me.lane->head, me.head, memory_order_release);
}

static uint32_t slots_of(const struct weft_record_args *args)
{
    if (args == NULL) {
        return 1;
    }
    const size_t stored = args->text_bytes < WEFT_TEXT_MAX ? args->text_bytes : WEFT_TEXT_MAX;
    return 2 + (uint32_t)((stored + WEFT_SLOT_BYTES - 1) / WEFT_SLOT_BYTES);
}

static void put(uint64_t ticks, enum weft_event_kind kind, uint64_t object, const void *site,
                enum weft_outcome outcome, const struct weft_record_args *args)
{
    const uint32_t wanted = slots_of(args);

    if (me.head - me.tail + wanted > WEFT_LANE_SLOTS) {
        if (!weft_lane_wait_for_room(me.lane, me.head, wanted)) {
            return;
        }
        me.tail = atomic_load_explicit(&me.lane->tail, memory_order_acquire);
    }
    publish(store(ticks, kind, object, site, outcome, args));
}

/* The header of a trace says what recording one event costs; nothing of this is published. */
static void measure_overhead(void)
{
    const uint64_t begin = weft_clock_ticks(weft_spool.clock);

    for (uint32_t i = 0; i < TRIALS; i++) {
        (void)store(weft_clock_ticks(weft_spool.clock), WEFT_EV_NONE, i, NULL, WEFT_OUT_OK, NULL);
        __asm__ volatile("" : : : "memory");
    }
    atomic_store_explicit(&weft_spool.head->overhead_ticks,
                          weft_clock_ticks(weft_spool.clock) - begin, memory_order_relaxed);
}

/* True when the caller has a lane to record into. */
static bool ready(void)
{
    if (!weft_spool_on()) {
        return false;
    }
    if (me.lane != NULL) {
        return true;
    }
    if (me.refused || (me.lane = weft_lane_take()) == NULL) {
        me.refused = true;
        atomic_fetch_add_explicit(&weft_spool.head->lost, 1, memory_order_relaxed);
        return false;
    }
    if (me.number == 0) {
        me.number = weft_record_new_thread();
    }
    me.head = atomic_load_explicit(&me.lane->head, memory_order_acquire);
    me.tail = atomic_load_explicit(&me.lane->tail, memory_order_acquire);
    put(weft_clock_ticks(weft_spool.clock), WEFT_EV_ATTACH, me.number, NULL, WEFT_OUT_OK,
        &(struct weft_record_args){.first = weft_sys_tid()});
    return true;
}

__attribute__((constructor)) void weft_record_open(void)
{
    if (weft_spool_on()) {
        return;
    }
    weft_spool_open();
    if (weft_spool_on()) {
        weft_record_attach(weft_record_new_thread());
        if (me.lane != NULL) {
            measure_overhead();
        }
    }
}

bool weft_record_on(void)
{
    return weft_spool_on();
}

uint32_t weft_record_new_thread(void)
{
    return weft_spool_on()
               ? atomic_fetch_add_explicit(&weft_spool.head->next_thread, 1, memory_order_relaxed)
               : 0;
}

void weft_record_attach(uint32_t number)
{
    me.number = number;
    (void)ready();
}

uint32_t weft_record_thread(void)
{
    return ready() ? me.number : 0;
}

static void close_question(void)
{
    struct question *open = &me.question;

    if (open->count > 1) {
        put(open->last, WEFT_EV_POLL_END, open->object, open->site, WEFT_OUT_OK,
            &(struct weft_record_args){.first = open->asked, .second = (int64_t)open->count});
        atomic_store_explicit(&me.lane->poll.count, 0, memory_order_relaxed);
    }
    open->count = 0;
}

void weft_record_detach(void)
{
    if (me.lane != NULL && weft_spool_on()) {
        close_question();
        weft_lane_give_back(me.lane);
    }
    me.lane = NULL;
}

void weft_record(enum weft_event_kind kind, uint64_t object, const void *site,
                 enum weft_outcome outcome)
{
    weft_record_with(kind, object, site, outcome, NULL);
}

void weft_record_with(enum weft_event_kind kind, uint64_t object, const void *site,
                      enum weft_outcome outcome, const struct weft_record_args *args)
{
    if (!ready()) {
        return;
    }
    if (me.question.count != 0) {
        close_question();
    }
    put(weft_clock_ticks(weft_spool.clock), kind, object, site, outcome, args);
}

void weft_record_query(enum weft_question question, uint64_t object, const void *site,
                       int64_t answer)
{
    struct question *open = &me.question;

    if (!ready()) {
        return;
    }
    const uint64_t now = weft_clock_ticks(weft_spool.clock);
    if (open->count == 0 || open->asked != question || open->object != object ||
        open->answer != answer || now - open->last > weft_spool.poll_gap_ticks) {
        const enum weft_event_kind once = weft_questions[question].once;
        close_question();
        *open = (struct question){object, answer, 1, now, site, question};
        put(now, once, object, site, once == WEFT_EV_QUERY ? WEFT_OUT_OK : WEFT_OUT_FAILED,
            once == WEFT_EV_QUERY ? &(struct weft_record_args){.first = question, .second = answer}
                                  : NULL);
        return;
    }
    open->count++;
    open->last = now;
    if (open->count == 2) {
        put(now, WEFT_EV_POLL_BEGIN, object, site, WEFT_OUT_OK,
            &(struct weft_record_args){.first = question, .second = answer});
    }
    atomic_store_explicit(&me.lane->poll.last, now, memory_order_relaxed);
    atomic_store_explicit(&me.lane->poll.count, open->count, memory_order_relaxed);
}
