#include "runtime/schedule/turn.h"

#include "runtime/record/lane.h"
#include "runtime/record/record.h"
#include "runtime/record/sys.h"
#include "runtime/record/text.h"
#include "runtime/schedule/choose.h"
#include "traces/format/plan.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

enum {
    SLACK_NS = 50000, /* timers this close together fire together, as Linux lets them by default */
    IDLE_ROUNDS = 10, /* looks at the outside, IDLE_PAUSE_NS apart, before time jumps ahead */
    IDLE_PAUSE_NS = 1000000,
    WATCH_MS = 20,     /* between two looks of one who waits for its turn at who has it … */
    WATCH_MORE_MS = 5, /* … and so much more for each other runner */
    ASLEEP_MS = 200,   /* a holder of the turn that sleeps in the kernel is left after this */
    SOONER = 20, /* times as soon when one was left already: nothing is repeatable any more, and a
                    program that waits on plain memory does it again and again */
    ENDED_KEPT = 64,    /* threads that have ended and may not be gone from the kernel yet */
    EXIT_TRIES = 50,    /* ms for those before them to be gone */
    LOOKS_A_POINT = 64, /* readings of the clock that are also a scheduling point */
    DIRENT_BYTES = 4096,
    TIMED_OUT = -110, /* ETIMEDOUT */
};

static const uint64_t never = WEFT_TURN_NEVER;

static struct {
    _Atomic uint32_t lock; /* 0 free, 1 taken, 2 taken and waited for */
    struct weft_spool_schedule *spool;
    struct weft_chooser chooser;
    struct weft_runner runners[WEFT_RUNNERS];
    uint32_t count;             /* runners ever used */
    struct weft_runner *holder; /* NULL: nobody has the turn */
    struct weft_plan plan;
    uint64_t serial;       /* gives `since` */
    uint64_t changes;      /* what others may have waited for */
    uint64_t random_other; /* jitter and spurious wake-ups */
    uint64_t points, choices, hash;
    uint32_t alive, ready, spinning, polling,
        outside; /* runners in these states; outside: or astray */
    uint32_t idle_rounds;
    uint64_t next_deadline_ns;  /* at most the first one */
    bool outside_had_time;      /* who is outside has been waited for */
    uint32_t ended[ENDED_KEPT]; /* tids of runners, the last ones … */
    uint32_t ended_count;       /* … of so many */
    bool over;
    bool on;
    _Atomic bool nudge_all; /* a signal handler came in the middle */
    struct {
        uint64_t since; /* of the holder that is watched: another one each time it gets the turn */
        uint64_t used_ns; /* of a processor, by that thread, when the watch began … */
        uint64_t last_used_ns;
        uint64_t still_since_ms;  /* … and since when it has used none; 0: no watch */
        uint64_t asleep_since_ms; /* … and was found asleep at every look; 0: it was not */
    } watched;
} turn;

struct here {
    struct weft_runner *self;
    bool inside;  /* in a call of this file */
    bool holding; /* the lock */
};

static _Thread_local struct here here __attribute__((tls_model("initial-exec")));

/* The lock ──────────────────────────────────────────────────────────────────────────────────── */

/* ms 0: without limit.  False: it has passed. */
static bool wait_word(_Atomic uint32_t *word, uint32_t value, uint32_t ms)
{
    const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    return weft_sys(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, (long)value,
                    ms > 0 ? (long)&limit : 0, 0, 0) != TIMED_OUT;
}

static void wake_word(_Atomic uint32_t *word)
{
    (void)weft_sys(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

static void lock(void)
{
    uint32_t free = 0;

    here.holding = true;
    atomic_signal_fence(memory_order_seq_cst);
    /* Pairs with the release in unlock. */
    if (!atomic_compare_exchange_strong_explicit(&turn.lock, &free, 1, memory_order_acquire,
                                                 memory_order_relaxed)) {
        while (atomic_exchange_explicit(&turn.lock, 2, memory_order_acquire) != 0) {
            (void)wait_word(&turn.lock, 2, 0);
        }
    }
}

static void unlock(void)
{
    if (atomic_exchange_explicit(&turn.lock, 0, memory_order_release) == 2) {
        wake_word(&turn.lock);
    }
    atomic_signal_fence(memory_order_seq_cst);
    here.holding = false;
}

static uint64_t real_ms(void)
{
    struct timespec now = {0};

    (void)weft_sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* States ────────────────────────────────────────────────────────────────────────────────────── */

/* Everything below until "Calls": under the lock. */

static uint64_t now(void)
{
    return atomic_load_explicit(&turn.spool->now_ns, memory_order_relaxed);
}

static void pass_time(uint64_t ns)
{
    (void)atomic_fetch_add_explicit(&turn.spool->now_ns, ns, memory_order_relaxed);
}

static uint32_t *count_of(enum weft_runner_state state)
{
    static uint32_t others;

    switch (state) {
    case WEFT_RUNNER_READY:
        return &turn.ready;
    case WEFT_RUNNER_SPINNING:
        return &turn.spinning;
    case WEFT_RUNNER_POLLING:
        return &turn.polling;
    case WEFT_RUNNER_OUTSIDE:
    case WEFT_RUNNER_ASTRAY:
        return &turn.outside;
    default:
        return &others;
    }
}

static void set_deadline(struct weft_runner *runner, uint64_t deadline_ns)
{
    runner->deadline_ns = deadline_ns;
    if (deadline_ns < turn.next_deadline_ns) {
        turn.next_deadline_ns = deadline_ns;
    }
}

static void set_state(struct weft_runner *runner, enum weft_runner_state state)
{
    (*count_of(runner->state))--;
    (*count_of(state))++;
    runner->state = state;
    runner->since = ++turn.serial;
}

static void make_ready(struct weft_runner *runner, enum weft_turn_end end)
{
    runner->end = end;
    runner->key = NULL;
    runner->deadline_ns = never;
    set_state(runner, WEFT_RUNNER_READY);
}

static void release_all(enum weft_runner_state state)
{
    if (*count_of(state) == 0) {
        return;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        if (turn.runners[i].state == state) {
            turn.runners[i].idle = false;
            make_ready(&turn.runners[i], WEFT_TURN_WOKEN);
        }
    }
}

/* Something may have changed for those who ask again and again. */
static void change(void)
{
    turn.changes++;
    release_all(WEFT_RUNNER_SPINNING);
}

static bool has_deadline(const struct weft_runner *runner)
{
    return (runner->state == WEFT_RUNNER_BLOCKED || runner->state == WEFT_RUNNER_POLLING) &&
           runner->deadline_ns != never;
}

/* The one whose deadline is the first; NULL: nobody has one. */
static struct weft_runner *first_deadline(void)
{
    struct weft_runner *first = NULL;

    for (uint32_t i = 0; i < turn.count; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (has_deadline(runner) && (first == NULL || runner->deadline_ns < first->deadline_ns)) {
            first = runner;
        }
    }
    return first;
}

/* In the order of their deadlines. */
static void expire(void)
{
    const uint64_t until = now();
    struct weft_runner *first;

    if (until < turn.next_deadline_ns) {
        return;
    }
    while ((first = first_deadline()) != NULL && first->deadline_ns <= until) {
        make_ready(first, WEFT_TURN_TIMEOUT);
    }
    turn.next_deadline_ns = first != NULL ? first->deadline_ns : never;
}

/* Something of this has happened. */
static bool is_left(uint32_t why)
{
    return (atomic_load_explicit(&turn.spool->left, memory_order_relaxed) & why) != 0;
}

/* Threads run beside each other. */
static bool runs_beside(void)
{
    return is_left(WEFT_LEFT_STUCK | WEFT_LEFT_STRANGER);
}

/* When the run is ended. */
static uint64_t end_ns(void)
{
    return turn.plan.limit_ms != 0 ? turn.plan.limit_ms * 1000000 : never;
}

/*
 * Has it gone on for too long?  Where the plan does not say what that is, one that serves the world
 * outside may, and one that did little in that time: it only waits for long.
 */
static bool is_too_late(void)
{
    return now() >= end_ns() && (turn.plan.has_limit || (!is_left(WEFT_LEFT_CALL) &&
                                                         turn.points >= WEFT_PLAN_LIMIT_POINTS));
}

/* Time jumps to the first deadline, and to those that come with it; false: there is none. */
static bool jump(void)
{
    const struct weft_runner *runner = first_deadline();
    uint64_t last = 0;

    if (runner == NULL) {
        return false;
    }
    const uint64_t first = runner->deadline_ns;
    for (uint32_t i = 0; i < turn.count; i++) {
        const uint64_t deadline = turn.runners[i].deadline_ns;
        if (has_deadline(&turn.runners[i]) && deadline - first <= SLACK_NS && deadline > last) {
            last = deadline;
        }
    }
    if (turn.plan.has_limit && last > end_ns()) {
        last = end_ns();
    }
    if (last > now()) {
        atomic_store_explicit(&turn.spool->now_ns, last, memory_order_relaxed);
    }
    return true;
}

/* Threads run side by side: each gets its own processors back. */
static void unpin(void)
{
    if (!weft_processors_unpin()) {
        return;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        const struct weft_runner *runner = &turn.runners[i];
        if (runner->state != WEFT_RUNNER_FREE && runner->tid != 0) {
            (void)weft_processors_set(runner->tid, weft_processors_at(runner->processors));
        }
    }
}

/* NULL: there is none. */
static struct weft_runner *find_runner(uint32_t tid, uint32_t number)
{
    if (tid == 0 && number == 0) {
        return here.self;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (runner->state != WEFT_RUNNER_FREE &&
            (number != 0 ? runner->number == number : runner->tid == tid)) {
            return runner;
        }
    }
    return NULL;
}

/* What the kernel lets it have now is its own mask, and it is on the one processor again. */
static void keep_processors(struct weft_runner *runner)
{
    struct weft_processors really;
    bool full = false;

    if (runner->tid == 0 || !weft_processors_get(runner->tid, &really)) {
        return;
    }
    runner->processors = weft_processors_keep(&really, &full);
    if (full || !weft_processors_set(runner->tid, weft_processors_one())) {
        unpin();
        (void)weft_processors_set(runner->tid, &really);
    }
}

static void left(uint32_t why)
{
    (void)atomic_fetch_or_explicit(&turn.spool->left, why, memory_order_relaxed);
}

/* From here on threads run beside each other. */
static void left_beside(uint32_t why)
{
    left(why);
    unpin();
}

/* The first that waits for key. */
static struct weft_runner *first_waiting(const void *key, uint32_t mask)
{
    struct weft_runner *first = NULL;

    for (uint32_t i = 0; i < turn.count; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (runner->state == WEFT_RUNNER_BLOCKED && runner->key == key &&
            (runner->mask & mask) != 0 && (first == NULL || runner->since < first->since)) {
            first = runner;
        }
    }
    return first;
}

static uint32_t wake(const void *key, uint32_t count, uint32_t mask)
{
    uint32_t woken = 0;
    struct weft_runner *first;

    while (woken < count && (first = first_waiting(key, mask)) != NULL) {
        make_ready(first, WEFT_TURN_WOKEN);
        woken++;
    }
    return woken;
}

/* The end ───────────────────────────────────────────────────────────────────────────────────── */

/* One that has ended may still be about to leave the kernel; the first thread stays to the end. */
static bool is_known(uint32_t tid)
{
    if (tid == weft_sys_pid()) {
        return true;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        if (turn.runners[i].state != WEFT_RUNNER_FREE && turn.runners[i].tid == tid) {
            return true;
        }
    }
    for (uint32_t i = 0; i < ENDED_KEPT && i < turn.ended_count; i++) {
        if (turn.ended[i] == tid) {
            return true;
        }
    }
    return false;
}

/* Has the process only threads that we know?  False also when that cannot be seen. */
static bool has_known_threads_only(void)
{
    _Alignas(struct weft_dirent) char entries[DIRENT_BYTES];
    const long fd = weft_sys_open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool known = fd >= 0;
    long got;

    if (fd < 0) {
        return false;
    }
    while ((got = weft_sys(SYS_getdents64, fd, (long)entries, sizeof entries, 0, 0, 0)) > 0) {
        for (long at = 0; at < got;) {
            const struct weft_dirent *entry = (const void *)(entries + at);
            known = known && (entry->name[0] == '.' || is_known(weft_text_number(entry->name)));
            at += entry->bytes;
        }
    }
    (void)weft_sys_close((int)fd);
    return known && got == 0;
}

/* Is there a thread that we do not know?  When many have ended, the kernel may need a moment. */
static bool has_strangers(void)
{
    for (uint32_t tries = 0; tries < EXIT_TRIES; tries++) {
        if (has_known_threads_only()) {
            return false;
        }
        if (turn.ended_count <= ENDED_KEPT) {
            return true;
        }
        weft_sys_pause_ns(1000000);
    }
    return true;
}

/* Choosing ──────────────────────────────────────────────────────────────────────────────────── */

/* In the order of the default: who runs first, then who has waited longest. */
static uint32_t gather(struct weft_runner *me, struct weft_runner **found)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < turn.count && count < turn.ready; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (runner->state != WEFT_RUNNER_READY) {
            continue;
        }
        uint32_t at = count++;
        while (at > 0 && found[at - 1] != me &&
               (runner == me || found[at - 1]->since > runner->since)) {
            found[at] = found[at - 1];
            at--;
        }
        found[at] = runner;
    }
    return count;
}

static struct weft_runner *choose(struct weft_runner *me)
{
    static struct weft_runner *found[WEFT_RUNNERS];
    const uint32_t count = gather(me, found);
    uint32_t taken = 0;
    bool diverged = false;

    if (count > 1) {
        taken = weft_choose(&turn.chooser, found, count, me, turn.points, &diverged);
        weft_choice_keep(found[taken], found, count, taken);
        if (turn.choices < WEFT_CHOICES_LOGGED) {
            atomic_store_explicit(&weft_spool.head->logged[turn.choices],
                                  weft_logged(taken, count, found[0] == me), memory_order_relaxed);
        }
        turn.choices++;
        turn.hash = (turn.hash ^ found[taken]->number) * 0x100000001b3u;
        atomic_store_explicit(&turn.spool->choices, turn.choices, memory_order_relaxed);
        atomic_store_explicit(&turn.spool->hash, turn.hash, memory_order_relaxed);
    }
    if (diverged) {
        left(WEFT_LEFT_DIVERGED);
    }
    return found[taken];
}

static struct weft_runner *first_polling(void)
{
    struct weft_runner *first = NULL;

    for (uint32_t i = 0; i < turn.count; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (runner->state == WEFT_RUNNER_POLLING &&
            (first == NULL || runner->since < first->since)) {
            first = runner;
        }
    }
    return first;
}

/* Nobody is ready: makes somebody so, gives one who looks outside; false: nobody can be. */
static bool stir(struct weft_runner **found)
{
    const bool deadline = first_deadline() != NULL;

    if (turn.polling > 0 && turn.spinning > 0 && !deadline) {
        release_all(WEFT_RUNNER_SPINNING);
        release_all(WEFT_RUNNER_POLLING);
        return true;
    }
    if (turn.polling > 0 && (!deadline || turn.idle_rounds < IDLE_ROUNDS)) {
        turn.idle_rounds++;
        *found = first_polling();
        (*found)->idle = true;
        (*found)->end = WEFT_TURN_WOKEN;
        return true;
    }
    if (deadline && turn.outside > 0 && !turn.outside_had_time) {
        return false;
    }
    if (deadline) {
        turn.idle_rounds = 0;
        turn.outside_had_time = false;
        return jump();
    }
    if (turn.spinning > 0) {
        release_all(WEFT_RUNNER_SPINNING);
        return true;
    }
    return false;
}

/* The run is over: weft ends the program, or it does so itself. */
static void end_run(enum weft_verdict verdict)
{
    turn.over = true;
    atomic_store_explicit(&turn.spool->verdict, verdict, memory_order_release);
    if (turn.spool->end_when_over != 0) {
        (void)weft_sys(SYS_kill, (long)weft_sys_pid(), SIGKILL, 0, 0, 0, 0);
    }
}

/* Who goes on; NULL: nobody can, for now or for ever. */
static struct weft_runner *pick(struct weft_runner *me)
{
    for (;;) {
        struct weft_runner *found = NULL;
        if (turn.over) {
            return NULL;
        }
        if (is_too_late()) {
            end_run(WEFT_VERDICT_LIMIT);
            return NULL;
        }
        expire();
        if (turn.ready == 1 && me != NULL && me->state == WEFT_RUNNER_READY) {
            return me;
        }
        if (turn.ready > 0) {
            return choose(me);
        }
        if (!stir(&found)) {
            break;
        }
        if (found != NULL) {
            return found;
        }
    }
    if (turn.alive > 0 && turn.outside == 0) {
        if (has_strangers()) {
            left_beside(WEFT_LEFT_STRANGER);
        } else {
            end_run(WEFT_VERDICT_DEADLOCK);
        }
    }
    return NULL;
}

/* Gives the turn to whom pick chose; unlocks. */
static void give(struct weft_runner *next)
{
    turn.holder = next;
    if (next != NULL) {
        set_state(next, WEFT_RUNNER_RUNNING);
        next->deadline_ns = never;
        atomic_store_explicit(&next->go, 1, memory_order_release);
    }
    unlock();
    if (next != NULL) {
        wake_word(&next->go);
    }
}

/* Watching ──────────────────────────────────────────────────────────────────────────────────── */

/* What the thread has used of a processor, in ns: that clock has a number made of its tid. */
static uint64_t used_ns(uint32_t tid)
{
    const clockid_t clock = (clockid_t)((~tid << 3) | 6); /* CPUCLOCK_SCHED, of one thread */
    struct timespec used = {0};

    (void)weft_sys(SYS_clock_gettime, clock, (long)&used, 0, 0, 0, 0);
    return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

/* R, S, D …, which stands behind the name, which is in brackets; 0: not known. */
static char state_of(uint32_t tid)
{
    static const char folder[] = "/proc/self/task/";
    static const char stat[] = "/stat";
    char path[sizeof folder + WEFT_DIGITS_MAX + sizeof stat], text[512];

    memcpy(path, folder, sizeof folder);
    memcpy(weft_text_put_number(path + sizeof folder - 1, tid), stat, sizeof stat);
    const long fd = weft_sys_open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    const long got = weft_sys_read((int)fd, text, sizeof text);
    (void)weft_sys_close((int)fd);
    for (long at = got - 3; at > 0; at--) {
        if (text[at] == ')') {
            return text[at + 2];
        }
    }
    return 0;
}

/* Who waits on an object may have been woken past us, by an instruction that nobody can see. */
static void retry_all(void)
{
    for (uint32_t i = 0; i < turn.count; i++) {
        if (turn.runners[i].state == WEFT_RUNNER_BLOCKED && turn.runners[i].key != NULL &&
            turn.runners[i].mask != WEFT_TURN_FIRM) {
            make_ready(&turn.runners[i], WEFT_TURN_WOKEN);
        }
    }
}

static void begin_watch(const struct weft_runner *holder)
{
    turn.watched.since = holder->since;
    turn.watched.used_ns = used_ns(holder->tid);
    turn.watched.last_used_ns = turn.watched.used_ns;
    turn.watched.still_since_ms = real_ms();
    turn.watched.asleep_since_ms = 0;
}

/*
 * Will the holder not come back by itself?  What it has used of a processor tells, not how long it
 * took: on a loaded machine a sound program is slow.  One that waits for a processor, or a disk, is
 * not asleep.
 */
static bool is_stuck(const struct weft_runner *holder)
{
    if (holder->tid == 0 || atomic_load_explicit(&holder->keeps, memory_order_relaxed)) {
        turn.watched.still_since_ms = 0;
        return false;
    }
    if (turn.watched.still_since_ms == 0 || turn.watched.since != holder->since) {
        begin_watch(holder);
        return false;
    }
    const uint32_t sooner = is_left(WEFT_LEFT_STUCK) ? SOONER : 1;
    const uint64_t used = used_ns(holder->tid), ms = real_ms();
    if (used != turn.watched.last_used_ns) {
        turn.watched.last_used_ns = used;
        turn.watched.still_since_ms = ms;
        turn.watched.asleep_since_ms = 0;
        return used >= turn.watched.used_ns + (uint64_t)turn.plan.stall_ms * 1000000 / sooner;
    }
    switch (state_of(holder->tid)) {
    case 'S':
        /* Perhaps for the lock that who looks has.  It had it in between, if that was all. */
        if (turn.watched.asleep_since_ms == 0) {
            turn.watched.asleep_since_ms = ms;
        }
        return ms - turn.watched.asleep_since_ms >= ASLEEP_MS / sooner;
    case 'R': /* waits for a processor */
    case 'T':
    case 't': /* for a debugger */
        turn.watched.asleep_since_ms = 0;
        return false;
    default: /* a disk, or it is gone */
        return ms - turn.watched.still_since_ms >= turn.plan.stall_ms;
    }
}

/* One who waits for its turn looks at who has it. */
static void watch(void)
{
    lock();
    struct weft_runner *holder = turn.holder;

    if (turn.over) {
        unlock();
        return;
    }
    if (holder == NULL) {
        turn.outside_had_time = true;
        if (runs_beside()) {
            retry_all();
        }
        give(pick(NULL));
        return;
    }
    if (is_stuck(holder)) {
        turn.watched.still_since_ms = 0;
        left_beside(WEFT_LEFT_STUCK);
        atomic_store_explicit(&turn.spool->stuck, holder->number, memory_order_relaxed);
        set_state(holder, WEFT_RUNNER_ASTRAY);
        give(pick(NULL));
        return;
    }
    unlock();
}

/* Waits until the caller, me, has the turn. */
static void await_go(struct weft_runner *me)
{
    /* Pairs with the release in give: what was done before it is seen. */
    while (atomic_exchange_explicit(&me->go, 0, memory_order_acquire) == 0) {
        const uint32_t ms = is_left(WEFT_LEFT_STUCK) ? WATCH_MS / SOONER + turn.count
                                                     : WATCH_MS + WATCH_MORE_MS * turn.count;
        if (!wait_word(&me->go, 0, ms)) {
            watch();
        }
    }
}

static void await(struct weft_runner *me)
{
    await_go(me);
    weft_choice_record(me);
}

/* Calls ─────────────────────────────────────────────────────────────────────────────────────── */

static void enter(struct weft_runner *me)
{
    here.inside = true;
    atomic_signal_fence(memory_order_seq_cst);
    lock();
    if (me->unfinished != NULL) {
        me->unfinished = NULL;
        left(WEFT_LEFT_SHORT);
    }
    while (me->state != WEFT_RUNNER_RUNNING) { /* outside, or left alone: it comes back */
        make_ready(me, WEFT_TURN_WOKEN);
        if (turn.holder == NULL) {
            give(pick(NULL));
        } else {
            unlock();
        }
        await(me);
        lock();
    }
    if (atomic_exchange_explicit(&turn.nudge_all, false, memory_order_relaxed)) {
        retry_all();
    }
}

static void leave(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    here.inside = false;
}

/*
 * me is in the state in which it gives its turn away; returns when it has it again.
 *   favoured   whom the default lets go on, if it can: me, or NULL: who has waited longest
 */
static void pass_to(struct weft_runner *me, struct weft_runner *favoured)
{
    struct weft_runner *next = pick(favoured);

    if (next == me) {
        set_state(me, WEFT_RUNNER_RUNNING);
        me->deadline_ns = never;
        unlock();
        weft_choice_record(me);
    } else {
        give(next);
        await(me);
    }
    leave();
}

static void pass(struct weft_runner *me)
{
    pass_to(me, me);
}

static void count_point(void)
{
    turn.points++;
    atomic_store_explicit(&turn.spool->points, turn.points, memory_order_relaxed);
    pass_time(turn.plan.cost_ns);
}

/* A scheduling point that is about an object, NULL: about none; others see what came before. */
static void arrive(struct weft_runner *me, const void *about)
{
    enter(me);
    count_point();
    change();
    me->spun = false;
    me->about = about;
}

static struct weft_runner *new_runner(uint32_t number)
{
    for (uint32_t i = 0; i < WEFT_RUNNERS; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (runner->state == WEFT_RUNNER_FREE) {
            turn.count = i < turn.count ? turn.count : i + 1;
            *runner =
                (struct weft_runner){.number = number,
                                     .deadline_ns = never,
                                     .processors = here.self != NULL ? here.self->processors : 0};
            weft_chooser_meet(&turn.chooser, runner);
            turn.alive++;
            return runner;
        }
    }
    left_beside(WEFT_LEFT_STRANGER);
    return NULL;
}

bool weft_turn_start(void)
{
    if (!weft_spool_on() || weft_spool.clock != WEFT_CLOCK_VIRTUAL) {
        return false;
    }
    turn.spool = &weft_spool.head->schedule;
    if (weft_plan_parse(turn.spool->plan, &turn.plan) != NULL) {
        return false;
    }
    weft_plan_settle(&turn.plan);
    weft_chooser_init(&turn.chooser, &turn.plan);
    turn.random_other = turn.plan.seed ^ 0x6a69747465727321u;
    turn.next_deadline_ns = never;
    turn.hash = 0xcbf29ce484222325u;
    weft_processors_pin();
    struct weft_runner *me = new_runner(weft_record_thread());
    me->tid = weft_sys_tid();
    set_state(me, WEFT_RUNNER_RUNNING);
    turn.holder = me;
    here.self = me;
    turn.on = true;
    return true;
}

bool weft_turn_on(void)
{
    return turn.on && weft_spool_on();
}

struct weft_runner *weft_turn_self(void)
{
    return here.inside || !weft_turn_on() ? NULL : here.self;
}

struct weft_runner *weft_turn_make(uint32_t number)
{
    lock();
    struct weft_runner *made = new_runner(number);
    if (made != NULL) {
        set_state(made, WEFT_RUNNER_READY);
        change();
    }
    unlock();
    return made;
}

void weft_turn_unmake(struct weft_runner *runner)
{
    lock();
    turn.alive--;
    set_state(runner, WEFT_RUNNER_FREE);
    unlock();
}

/* Under its turn: it was made on processors of its own, or has come too late to get them back. */
static void begin_on_processors(struct weft_runner *me)
{
    struct weft_processors really;

    if ((!weft_processors_pinned() && !runs_beside()) || !weft_processors_get(0, &really)) {
        return;
    }
    const bool on_one = weft_processors_equal(&really, weft_processors_one());
    if (weft_processors_pinned() && !on_one) {
        keep_processors(me);
    } else if (!weft_processors_pinned() && on_one) {
        (void)weft_processors_set(0, weft_processors_at(me->processors));
    }
}

void weft_turn_begin(struct weft_runner *runner)
{
    here.self = runner;
    here.inside = true;
    runner->tid = weft_sys_tid();
    await_go(runner);
    begin_on_processors(runner);
    weft_record_attach(runner->number);
    weft_choice_record(runner);
    leave();
}

void weft_turn_adopt(void)
{
    struct weft_runner *runner = weft_turn_make(weft_record_thread());

    if (runner == NULL) {
        return;
    }
    lock();
    left_beside(WEFT_LEFT_STRANGER);
    if (turn.holder == NULL) {
        give(pick(NULL));
    } else {
        unlock();
    }
    weft_turn_begin(runner);
}

void weft_turn_end(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    enter(me);
    turn.alive--;
    here.self = NULL;
    set_state(me, WEFT_RUNNER_FREE);
    change();
    (void)wake(weft_turn_end_key(me->number), UINT32_MAX, UINT32_MAX);
    turn.ended[turn.ended_count++ % ENDED_KEPT] = me->tid;
    give(pick(NULL));
    leave();
}

void weft_turn_point(const void *about)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    arrive(me, about);
    set_state(me, WEFT_RUNNER_READY);
    pass(me);
}

void weft_turn_yield(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    arrive(me, NULL);
    set_state(me, WEFT_RUNNER_READY);
    pass_to(me, NULL);
}

void weft_turn_spin(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    enter(me);
    count_point();
    if (!me->spun) {
        change(); /* it may have done something before it asked */
    }
    const bool again = me->spun && me->seen == turn.changes;
    me->spun = true;
    me->seen = turn.changes;
    me->about = NULL;
    set_state(me, again ? WEFT_RUNNER_SPINNING : WEFT_RUNNER_READY);
    pass(me);
}

void weft_turn_look(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    pass_time(turn.plan.cost_ns);
    me->spun = false; /* the answer is another each time */
    if (++me->looks % LOOKS_A_POINT == 0) {
        weft_turn_point(NULL);
    }
}

static bool is_spurious(bool may_be)
{
    return may_be && turn.plan.spurious > 0 &&
           weft_plan_random(&turn.random_other) % 100 < turn.plan.spurious;
}

enum weft_turn_end weft_turn_block(const void *key, uint64_t deadline_ns, uint32_t mask,
                                   bool spurious)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return WEFT_TURN_WOKEN;
    }
    enter(me);
    change();
    me->spun = false;
    me->about = key;
    if (is_spurious(spurious)) {
        make_ready(me, WEFT_TURN_SPURIOUS);
    } else {
        me->key = key;
        me->mask = mask;
        set_deadline(me, deadline_ns);
        set_state(me, WEFT_RUNNER_BLOCKED);
    }
    pass(me);
    return me->end;
}

bool weft_turn_ends_early(void)
{
    lock();
    const bool early = is_spurious(true);
    unlock();
    return early;
}

/* What a stranger does, and what a runner does that is not in the middle of a call. */
static bool begin_act(void)
{
    if (!weft_turn_on()) {
        return false;
    }
    if (here.holding) { /* a handler interrupted us: all look again, later */
        atomic_store_explicit(&turn.nudge_all, true, memory_order_relaxed);
        return false;
    }
    lock();
    return true;
}

static void end_act(void)
{
    if (turn.holder == NULL && turn.ready > 0) {
        give(pick(NULL));
    } else {
        unlock();
    }
}

uint32_t weft_turn_wake(const void *key, uint32_t count, uint32_t mask)
{
    if (!begin_act()) {
        return 0;
    }
    const uint32_t woken = wake(key, count, mask);
    change();
    end_act();
    return woken;
}

uint32_t weft_turn_move(const void *from, const void *to, uint32_t count)
{
    uint32_t moved = 0;
    struct weft_runner *first;

    if (!begin_act()) {
        return 0;
    }
    while (moved < count && (first = first_waiting(from, UINT32_MAX)) != NULL) {
        first->key = to;
        first->since = ++turn.serial;
        moved++;
    }
    end_act();
    return moved;
}

uint32_t weft_turn_waiting(const void *key)
{
    uint32_t count = 0;

    if (!begin_act()) {
        return 0;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        count += turn.runners[i].state == WEFT_RUNNER_BLOCKED && turn.runners[i].key == key;
    }
    end_act();
    return count;
}

void weft_turn_nudge(uint32_t number)
{
    if (!begin_act()) {
        return;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        struct weft_runner *runner = &turn.runners[i];
        if (runner->number == number &&
            (runner->state == WEFT_RUNNER_BLOCKED || runner->state == WEFT_RUNNER_POLLING)) {
            make_ready(runner, WEFT_TURN_WOKEN);
            runner->nudged = true;
        }
    }
    end_act();
}

void weft_turn_poke(void)
{
    if (turn.polling > 0 && begin_act()) {
        release_all(WEFT_RUNNER_POLLING);
        end_act();
    }
}

void weft_turn_sleep_until(uint64_t deadline_ns)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    me->nudged = false;
    do {
        arrive(me, NULL);
        me->key = NULL;
        set_deadline(me, deadline_ns);
        set_state(me, WEFT_RUNNER_BLOCKED);
        pass(me);
    } while (me->end != WEFT_TURN_TIMEOUT && now() < deadline_ns && !me->nudged);
}

uint64_t weft_turn_stretch(uint64_t ns)
{
    const uint64_t more = turn.plan.jitter_permille - 1000;

    if (more == 0 || weft_turn_self() == NULL) {
        return ns;
    }
    lock();
    const uint64_t share = weft_plan_random(&turn.random_other) % (more + 1);
    unlock();
    return ns > UINT64_MAX / 1000 / (more + 1) ? ns : ns + ns / 1000 * share;
}

void weft_turn_outside(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return;
    }
    arrive(me, me->about);
    left(WEFT_LEFT_CALL);
    set_state(me, WEFT_RUNNER_OUTSIDE);
    turn.outside_had_time = false;
    give(pick(NULL));
    leave();
}

void weft_turn_inside(void)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL) {
        enter(me);
        unlock();
        leave();
    }
}

enum weft_turn_look weft_turn_wait_outside(uint64_t deadline_ns)
{
    struct weft_runner *me = weft_turn_self();

    if (me == NULL) {
        return WEFT_LOOK_TIMEOUT;
    }
    arrive(me, NULL);
    me->idle = false;
    set_deadline(me, deadline_ns);
    set_state(me, WEFT_RUNNER_POLLING);
    pass(me);
    if (me->idle) {
        weft_sys_pause_ns(IDLE_PAUSE_NS);
        return WEFT_LOOK_IDLE;
    }
    return me->end == WEFT_TURN_TIMEOUT ? WEFT_LOOK_TIMEOUT : WEFT_LOOK_POKED;
}

void weft_turn_keep(bool keeps)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL) {
        atomic_store_explicit(&me->keeps, keeps, memory_order_relaxed);
    }
}

bool weft_turn_is_alive(uint32_t number)
{
    bool alive = false;

    if (!begin_act()) {
        return false;
    }
    for (uint32_t i = 0; i < turn.count; i++) {
        alive |= turn.runners[i].state != WEFT_RUNNER_FREE && turn.runners[i].number == number;
    }
    end_act();
    return alive;
}

/* Odd and small: no object's address. */
const void *weft_turn_end_key(uint32_t number)
{
    return (const void *)((uintptr_t)number * 2 + 1);
}

void weft_turn_unfinished(const void *rest)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL) {
        me->unfinished = rest;
    }
}

void weft_turn_goes_on(const void *at)
{
    struct weft_runner *me = weft_turn_self();

    if (me != NULL && me->unfinished == at) {
        me->unfinished = NULL;
    }
}

void weft_turn_left(uint32_t why)
{
    left(why);
}

uint64_t weft_turn_now_ns(void)
{
    return now();
}

int64_t weft_turn_start_wall_ns(void)
{
    return turn.spool->start_real_ns;
}

int64_t weft_turn_wall_ns(void)
{
    return turn.spool->start_real_ns + (int64_t)now();
}

/* Processors ────────────────────────────────────────────────────────────────────────────────── */

/* False: nothing is to be seen to.  True: under the lock. */
static bool begin_processors(void)
{
    if (!weft_turn_on() || !weft_processors_pinned() || here.holding) {
        return false;
    }
    lock();
    return true;
}

const struct weft_processors *weft_turn_processors(uint32_t tid, uint32_t number)
{
    const struct weft_processors *mask = NULL;

    if (begin_processors()) {
        const struct weft_runner *runner = find_runner(tid, number);
        mask = runner != NULL ? weft_processors_at(runner->processors) : NULL;
        unlock();
    }
    return mask;
}

/* One that has not come yet sees to it when it comes. */
void weft_turn_moved(uint32_t tid, uint32_t number)
{
    if (begin_processors()) {
        struct weft_runner *runner = find_runner(tid, number);
        if (runner != NULL) {
            keep_processors(runner);
        }
        unlock();
    }
}

/* No lock: a child after a fork may have one that nobody will ever free. */
void weft_turn_spread(void)
{
    if (turn.on && weft_processors_pinned()) {
        (void)weft_processors_set(
            0, weft_processors_at(here.self != NULL ? here.self->processors : 0));
    }
}

void weft_turn_gather(void)
{
    if (turn.on && weft_processors_pinned() && here.self != NULL) {
        (void)weft_processors_set(0, weft_processors_one());
    }
}

void weft_turn_unpin(void)
{
    if (begin_processors()) {
        unpin();
        unlock();
    }
}
