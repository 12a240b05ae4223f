#include "runtime/record/record.h"

#include "runtime/record/follow.h"
#include "runtime/record/lane.h"
#include "runtime/record/quick.h"
#include "runtime/record/sys.h"
#include "traces/format/clock.h"

#include <string.h>

extern char **environ;

/*
 * A program that has this in it records by itself: `weft record` finds the note in the file, and
 * loads no second recorder.
 */
__asm__(".pushsection .note.weft, \"a\", %note\n\t"
        ".balign 4\n\t"
        ".long 5, 0, 1\n\t" /* bytes of the name, of the rest, type */
        ".asciz \"WEFT\"\n\t"
        ".balign 4\n\t"
        ".popsection");

enum { TRIALS = 256, MAIN_THREAD = 1 };

void (*weft_record_seated)(void);
_Thread_local struct weft_me weft_me __attribute__((tls_model("initial-exec")));

/* Writes a record at seat->head without publishing it; returns how many slots it took. */
static uint32_t store(const struct weft_seat *seat, uint64_t ticks, enum weft_event_kind kind,
                      uint64_t object, const void *site, unsigned how,
                      const struct weft_record_args *args)
{
    const uint64_t mask = seat->mask;
    union weft_slot *slots = seat->lane->slots;
    uint32_t more = 0;

    if (args != NULL) {
        const size_t stored = args->text_bytes < WEFT_TEXT_MAX ? args->text_bytes : WEFT_TEXT_MAX;
        union weft_slot *slot = &slots[(seat->head + 1) & mask];
        slot->args.first = args->first;
        slot->args.second = args->second;
        slot->args.text_bytes = (uint32_t)args->text_bytes;
        slot->args.text_stored = (uint32_t)stored;
        more = 1;
        for (size_t at = 0; at < stored; at += WEFT_SLOT_BYTES) {
            const size_t left = stored - at;
            memcpy(slots[(seat->head + ++more) & mask].text, args->text + at,
                   left < WEFT_SLOT_BYTES ? left : WEFT_SLOT_BYTES);
        }
    }
    union weft_slot *slot = &slots[seat->head & mask];
    slot->head.time = ticks;
    slot->head.object_kind = object << 8 | (uint64_t)kind;
    slot->head.site_more = (uint64_t)(uintptr_t)site << 16 | (uint64_t)how << 8 | more;
    return 1 + more;
}

static void publish(struct weft_seat *seat, uint32_t slots)
{
    seat->head += slots;
    /* Pairs with the drain's acquire load: it sees the slots before the count. */
    atomic_store_explicit(&seat->lane->head, seat->head, memory_order_release);
}

static uint32_t slots_of(const struct weft_record_args *args)
{
    if (args == NULL) {
        return 1;
    }
    const size_t stored = args->text_bytes < WEFT_TEXT_MAX ? args->text_bytes : WEFT_TEXT_MAX;
    return 2 + (uint32_t)((stored + WEFT_SLOT_BYTES - 1) / WEFT_SLOT_BYTES);
}

static void put(struct weft_seat *seat, uint64_t ticks, enum weft_event_kind kind, uint64_t object,
                const void *site, unsigned how, const struct weft_record_args *args)
{
    const uint32_t wanted = slots_of(args);

    if (seat->head + wanted > seat->limit) {
        /* Until it is in the lane the writer writes nothing later (pairs with weft_lanes_waiting).
         */
        atomic_store_explicit(&seat->lane->waiting, ticks, memory_order_relaxed);
        if (weft_lane_make_room(seat->lane, seat->head, wanted, &seat->limit)) {
            seat->mask = atomic_load_explicit(&seat->lane->capacity, memory_order_relaxed) - 1;
            publish(seat, store(seat, ticks, kind, object, site, how, args));
        }
        /* After the record itself: whoever sees 0 finds it. */
        atomic_store_explicit(&seat->lane->waiting, 0, memory_order_release);
        return;
    }
    publish(seat, store(seat, ticks, kind, object, site, how, args));
}

/* The header of a trace says what recording one event costs; nothing of this is published. */
static void measure_overhead(void)
{
    const struct weft_seat *seat = &weft_me.seats[0];
    const uint64_t begin = weft_spool_ticks();

    for (uint32_t i = 0; i < TRIALS; i++) {
        (void)store(seat, weft_spool_ticks(), WEFT_EV_NONE, i, NULL, 0, NULL);
        __asm__ volatile("" : : : "memory");
    }
    atomic_store_explicit(&weft_spool.head->overhead_ticks, weft_spool_ticks() - begin,
                          memory_order_relaxed);
}

static bool sit_down(struct weft_seat *seat)
{
    /* In a run that is to be repeated exactly the kernel's number has no place. */
    const bool is_virtual = weft_spool.clock == WEFT_CLOCK_VIRTUAL;
    uint32_t unknown = 0;

    if (weft_me.refused || (seat->lane = weft_lane_take()) == NULL) {
        weft_me.refused = true;
        return false;
    }
    if (weft_me.number == 0) {
        /* A handler may have come first: the thread has one number only. */
        (void)__atomic_compare_exchange_n(&weft_me.number, &unknown, weft_record_new_thread(),
                                          false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    seat->head = atomic_load_explicit(&seat->lane->head, memory_order_acquire);
    seat->limit = 0;
    atomic_store_explicit(&seat->lane->call.since, 0, memory_order_relaxed);
    seat->mask = atomic_load_explicit(&seat->lane->capacity, memory_order_relaxed) - 1;
    put(seat, weft_spool_ticks(), WEFT_EV_ATTACH, weft_me.number, NULL, 0,
        &(struct weft_record_args){.first = is_virtual ? 0 : weft_sys_tid()});
    if (seat == &weft_me.seats[0] && !weft_me.ended && weft_record_seated != NULL) {
        weft_record_seated();
    }
    return true;
}

/*
 * Where the caller may record now; NULL: nowhere, and what it cannot record is counted.  From here
 * to `leave` handlers of this thread use other seats.
 */
static struct weft_seat *enter(void)
{
    if (!weft_spool_on()) {
        return NULL;
    }
    struct weft_seat *seat = &weft_me.seats[weft_me.depth < WEFT_SEATS ? weft_me.depth : 0];
    const bool free_seat = weft_me.depth < WEFT_SEATS;
    weft_me.depth++;
    atomic_signal_fence(memory_order_seq_cst);
    if (free_seat && (seat->lane != NULL || sit_down(seat))) {
        return seat;
    }
    atomic_signal_fence(memory_order_seq_cst);
    weft_me.depth--;
    atomic_fetch_add_explicit(&weft_spool.head->lost, 1, memory_order_relaxed);
    return NULL;
}

static void give_back_all(void)
{
    weft_me.quick_limit = 0;
    for (uint32_t i = 0; i < WEFT_SEATS; i++) {
        if (weft_me.seats[i].lane != NULL) {
            atomic_store_explicit(&weft_me.seats[i].lane->call.since, 0, memory_order_relaxed);
            weft_lane_give_back(weft_me.seats[i].lane);
            weft_me.seats[i].lane = NULL;
        }
    }
}

static void leave(void)
{
    if (weft_me.depth == 1) {
        /* An open poll must be closed by whatever comes next: the long way sees to it. */
        weft_me.quick_limit = weft_me.asked.count <= 1 ? weft_me.seats[0].limit : 0;
        if (weft_me.ended) {
            give_back_all();
        }
    }
    atomic_signal_fence(memory_order_seq_cst);
    weft_me.depth--;
}

static void begin_recording(void)
{
    weft_record_attach(weft_spool.after_exec ? MAIN_THREAD : weft_record_new_thread());
    if (weft_spool.after_exec) {
        weft_record(WEFT_EV_PROCESS_EXEC, 0, NULL, WEFT_OUT_OK);
    }
    if (weft_me.seats[0].lane != NULL) {
        measure_overhead();
    }
}

void weft_record_start(char *const *environment)
{
    if (weft_spool_on()) {
        return;
    }
    weft_spool_open(environment);
    if (weft_spool_on()) {
        begin_recording();
    }
}

bool weft_record_follow(void)
{
    /* A handler, or a second thread, that comes in between is left alone. */
    if (__atomic_exchange_n(&weft_spool.follow, false, __ATOMIC_ACQ_REL)) {
        weft_spool_forget();
        weft_me = (struct weft_me){0}; /* the forking thread's */
        if (weft_follow_open("")) {
            begin_recording();
        }
    }
    return weft_spool_on();
}

void weft_record_open(void)
{
    weft_record_start(environ);
}

/* The loader hands the environment to constructors, also to one that runs before libc's own. */
__attribute__((constructor)) static void open_at_start(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    weft_record_start(environment);
}

void weft_record_stop(const char *why)
{
    size_t bytes = 0;

    while (why[bytes] != '\0') {
        bytes++;
    }
    weft_record_with(WEFT_EV_MARK, 0, NULL, WEFT_OUT_OK,
                     &(struct weft_record_args){.text = why, .text_bytes = bytes});
    weft_spool_stop();
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
    weft_me.number = number;
    if (enter() != NULL) {
        leave();
    }
}

uint32_t weft_record_thread(void)
{
    if (enter() == NULL) {
        return 0;
    }
    leave();
    return weft_me.number;
}

/*
 * at: of what closes it.  In simulated time a poll lasts until then: to say later that it was over
 * earlier would depend on how far the writer has got by then.
 */
static void close_question(struct weft_seat *seat, uint64_t at)
{
    struct weft_asked *open = &weft_me.asked;

    if (open->count > 1) {
        put(seat, weft_spool.clock == WEFT_CLOCK_VIRTUAL ? at : open->last, WEFT_EV_POLL_END,
            open->object, open->site, open->how,
            &(struct weft_record_args){.first = open->question, .second = (int64_t)open->count});
        atomic_store_explicit(&seat->lane->poll.count, 0, memory_order_relaxed);
    }
    open->count = 0;
}

void weft_record_detach(void)
{
    if (weft_spool_on() && weft_me.depth == 0) {
        weft_me.depth = 1;
        atomic_signal_fence(memory_order_seq_cst);
        if (weft_me.seats[0].lane != NULL) {
            close_question(&weft_me.seats[0], weft_spool_ticks());
        }
        give_back_all();
        atomic_signal_fence(memory_order_seq_cst);
        weft_me.depth = 0;
    }
}

void weft_record_end(void)
{
    weft_record(WEFT_EV_THREAD_EXIT, 0, NULL, WEFT_OUT_OK);
    weft_me.ended = true;
    weft_record_detach();
}

uint64_t weft_record_ticks(void)
{
    return weft_spool_ticks();
}

void weft_record_stamped(uint64_t ticks, enum weft_event_kind kind, uint64_t object,
                         const void *site, unsigned how, const struct weft_record_args *args)
{
    struct weft_seat *seat = enter();

    if (seat == NULL) {
        return;
    }
    /* A handler's records do not touch what its thread is asking. */
    if (seat == &weft_me.seats[0] && weft_me.asked.count != 0) {
        close_question(seat, ticks);
    }
    put(seat, ticks, kind, object, site, how, args);
    leave();
}

void weft_record_aside(enum weft_event_kind kind, const struct weft_record_args *args)
{
    struct weft_seat *seat = enter();

    if (seat == NULL) {
        return;
    }
    const bool next = weft_me.asked.head == seat->head;
    put(seat, weft_spool_ticks(), kind, 0, NULL, 0, args);
    if (next) {
        weft_me.asked.head = seat->head;
    }
    leave();
}

void weft_record(enum weft_event_kind kind, uint64_t object, const void *site,
                 enum weft_outcome outcome)
{
    weft_record_with(kind, object, site, outcome, NULL);
}

void weft_record_slow(uint64_t ticks, enum weft_event_kind kind, uint64_t object, const void *site,
                      unsigned how)
{
    weft_record_stamped(ticks, kind, object, site, how, NULL);
}

void weft_record_tidy(void)
{
    struct weft_seat *seat = &weft_me.seats[0];

    if (weft_me.depth != 0 || seat->lane == NULL) {
        return;
    }
    weft_me.depth = 1;
    atomic_signal_fence(memory_order_seq_cst);
    weft_lane_tidy(seat->lane, seat->head, WEFT_AHEAD, &seat->limit);
    seat->mask = atomic_load_explicit(&seat->lane->capacity, memory_order_relaxed) - 1;
    leave();
}

void weft_record_with(enum weft_event_kind kind, uint64_t object, const void *site, unsigned how,
                      const struct weft_record_args *args)
{
    if (weft_spool_on()) {
        weft_record_stamped(weft_record_ticks(), kind, object, site, how, args);
    }
}

static void ask_once(struct weft_seat *seat, uint64_t now, const struct weft_asked *asked)
{
    const enum weft_event_kind once = weft_questions[asked->question].once;
    const struct weft_record_args args = {.first = asked->question, .second = asked->answer};
    const bool is_try = once != WEFT_EV_QUERY;

    put(seat, now, once, asked->object, asked->site,
        is_try ? WEFT_SLOT_HOW(WEFT_OUT_FAILED, 0) | asked->how : asked->how,
        is_try ? NULL : &args);
}

static bool is_fresh(const struct weft_seat *seat, const struct weft_asked *open, uint64_t now)
{
    return open->count > 0 && (open->count > 1 || open->head == seat->head) &&
           now - open->last <= weft_spool.poll_gap_ticks;
}

static void ask(struct weft_seat *seat, uint64_t now, const struct weft_asked *asked)
{
    struct weft_asked *open = &weft_me.asked;

    /* Who gives way between two tries is still trying: a spin loop is one poll. */
    if (asked->question == WEFT_ASK_YIELD && is_fresh(seat, open, now) &&
        open->question != WEFT_ASK_YIELD) {
        open->last = now;
        return;
    }
    if (!is_fresh(seat, open, now) || open->question != asked->question ||
        open->object != asked->object || open->answer != asked->answer) {
        close_question(seat, now);
        *open = *asked;
        open->count = 1;
        open->last = now;
        ask_once(seat, now, asked);
        open->head = seat->head;
        return;
    }
    open->count++;
    open->last = now;
    if (open->count == 2) {
        put(seat, now, WEFT_EV_POLL_BEGIN, open->object, asked->site, open->how,
            &(struct weft_record_args){.first = open->question, .second = open->answer});
    }
    atomic_store_explicit(&seat->lane->poll.last, now, memory_order_relaxed);
    atomic_store_explicit(&seat->lane->poll.count, open->count, memory_order_relaxed);
}

void weft_record_try(enum weft_question question, uint64_t object, const void *site, unsigned how,
                     int64_t answer)
{
    struct weft_seat *seat = enter();
    const struct weft_asked asked = {
        .object = object, .answer = answer, .site = site, .how = how, .question = question};

    if (seat == NULL) {
        return;
    }
    const uint64_t now = weft_spool_ticks_unordered();
    if (seat == &weft_me.seats[0]) {
        ask(seat, now, &asked);
    } else {
        ask_once(seat, now, &asked);
    }
    leave();
}

void weft_record_query(enum weft_question question, uint64_t object, const void *site,
                       int64_t answer)
{
    weft_record_try(question, object, site, 0, answer);
}
