#include "traces/analysis/owners.h"

#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>

/* Holds of semaphores and read-write locks overlap; so many that began earlier are looked at. */
enum { LOOKED_AT_MAX = 1000 };

bool weft_state_is_wait(enum weft_state state)
{
    switch (state) {
    case WEFT_STATE_LOCK_WAIT:
    case WEFT_STATE_RWLOCK_WAIT:
    case WEFT_STATE_COND_WAIT:
    case WEFT_STATE_SEM_WAIT:
    case WEFT_STATE_EVENT_WAIT:
    case WEFT_STATE_BARRIER_WAIT:
    case WEFT_STATE_QUEUE_WAIT:
    case WEFT_STATE_FUTEX_WAIT:
    case WEFT_STATE_JOIN:
        return true;
    default:
        return false;
    }
}

struct weft_wait_end weft_wait_end_of(const struct weft_model *model, uint32_t thread,
                                      uint32_t index)
{
    const struct weft_span span = weft_model_span(model, thread, index);
    const uint32_t wake = weft_span_extra_of(model, &span).wake;
    struct weft_wait_end end = {weft_span_end_ns(model, thread, index), WEFT_NONE,
                                WEFT_ENDED_UNKNOWN};

    if (!weft_state_is_wait((enum weft_state)span.state)) {
        end.how = (span.flags & WEFT_SPAN_OPEN) != 0 ? WEFT_ENDED_NEVER : WEFT_ENDED_ITSELF;
        return end;
    }
    if (wake < model->wakes.count) {
        end.wake = wake;
        end.act_ns = weft_model_wake(model, wake).from_ns;
    }
    if ((span.flags & WEFT_SPAN_OPEN) != 0) {
        end.how = WEFT_ENDED_NEVER;
    } else if ((span.flags & WEFT_SPAN_ASSUMED) != 0) {
        end.how = WEFT_ENDED_UNKNOWN;
    } else if (span.outcome == WEFT_OUT_TIMEOUT) {
        end.how = WEFT_ENDED_BY_TIME;
    } else if (span.outcome == WEFT_OUT_BROKEN) {
        end.how = WEFT_ENDED_BROKEN;
    } else if (span.outcome != WEFT_OUT_OK) {
        end.how = WEFT_ENDED_FAILED;
    } else if (end.wake != WEFT_NONE) {
        end.how = WEFT_ENDED_BY_ACT;
    }
    return end;
}

/* Stretches ─────────────────────────────────────────────────────────────────────────────────── */

/* What is asked: the stretches of one wait in one window, clipped to it already. */
struct asked {
    const struct weft_model *model;
    uint32_t thread, span;
    uint64_t from_ns, to_ns;
    struct weft_stretches *out;
};

/* [from, to) clipped to the window; empty stretches are left out. */
static bool add(const struct asked *asked, struct weft_stretch stretch)
{
    if (stretch.from_ns < asked->from_ns) {
        stretch.from_ns = asked->from_ns;
    }
    if (stretch.to_ns > asked->to_ns) {
        stretch.to_ns = asked->to_ns;
    }
    return stretch.from_ns >= stretch.to_ns || weft_vec_push(asked->out, stretch);
}

static struct weft_stretch plain(enum weft_why why, uint64_t from_ns, uint64_t to_ns,
                                 uint32_t object)
{
    return (struct weft_stretch){.from_ns = from_ns,
                                 .to_ns = to_ns,
                                 .thread = WEFT_NONE,
                                 .object = object,
                                 .hold = WEFT_NONE,
                                 .why = (uint8_t)why};
}

/* The first hold that may reach into a window from from_ns on; *all: none before it was left out.
 */
static size_t first_hold(const struct weft_model *model, const struct weft_object *object,
                         uint64_t from_ns, bool *all)
{
    size_t low = 0, high = object->holds.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (weft_object_hold(model, object, middle).start_ns <= from_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const size_t back = object->family == WEFT_FAMILY_LOCK ? 1 : LOOKED_AT_MAX;
    *all = object->family == WEFT_FAMILY_LOCK || low <= back;
    return low > back ? low - back : 0;
}

/* Behind the last hold stands one that never begins. */
static struct weft_hold hold_or_end(const struct weft_model *model,
                                    const struct weft_object *object, size_t hold)
{
    return hold < object->holds.count ? weft_object_hold(model, object, hold)
                                      : (struct weft_hold){.start_ns = UINT64_MAX};
}

/*
 * Who had the object in [from, to): holds by start, each stretch belongs to the one that ends last,
 * since the others alone would not have kept the waiter out for longer.  Gaps are hand-overs.
 */
static bool add_holders(const struct asked *asked, uint32_t index, uint64_t from_ns, uint64_t to_ns)
{
    const struct weft_object *object = &asked->model->objects.at[index];
    bool all;
    size_t i = first_hold(asked->model, object, from_ns, &all);
    uint64_t at_ns = from_ns;

    if (!all) {
        return add(asked, plain(WEFT_WHY_UNKNOWN, from_ns, to_ns, index));
    }
    /* Each hold is looked at once: the next one stands ready. */
    struct weft_hold next = hold_or_end(asked->model, object, i);
    while (at_ns < to_ns) {
        struct weft_hold best = {.end_ns = at_ns};
        size_t which = SIZE_MAX;
        for (; next.start_ns <= at_ns; next = hold_or_end(asked->model, object, ++i)) {
            if (next.end_ns > best.end_ns) {
                best = next;
                which = i;
            }
        }
        if (which == SIZE_MAX) {
            const uint64_t free_to_ns = next.start_ns < to_ns ? next.start_ns : to_ns;
            if (!add(asked, plain(WEFT_WHY_HANDOVER, at_ns, free_to_ns, index))) {
                return false;
            }
            at_ns = free_to_ns;
            continue;
        }
        struct weft_stretch stretch = plain(WEFT_WHY_UNKNOWN, at_ns, best.end_ns, index);
        if ((best.flags & WEFT_SPAN_ASSUMED) == 0) { /* else its release is not in the trace */
            stretch.thread = best.thread;
            stretch.hold = (uint32_t)which;
            stretch.why = WEFT_WHY_HELD;
        }
        if (!add(asked, stretch)) {
            return false;
        }
        at_ns = best.end_ns;
    }
    return true;
}

static bool add_act(const struct asked *asked, const struct weft_wait_end *end, uint32_t object)
{
    const struct weft_wake wake = weft_model_wake(asked->model, end->wake);
    struct weft_stretch stretch = plain(WEFT_WHY_ACT, asked->from_ns, wake.from_ns, object);

    stretch.thread = wake.from_thread;
    return add(asked, stretch);
}

static uint64_t overlap_ns(uint64_t a_from_ns, uint64_t a_to_ns, uint64_t b_from_ns,
                           uint64_t b_to_ns)
{
    const uint64_t from_ns = a_from_ns > b_from_ns ? a_from_ns : b_from_ns;
    const uint64_t to_ns = a_to_ns < b_to_ns ? a_to_ns : b_to_ns;

    return to_ns > from_ns ? to_ns - from_ns : 0;
}

bool weft_cond_wait_parts(const struct weft_model *model, uint32_t thread, uint32_t index,
                          uint64_t from_ns, uint64_t to_ns, struct weft_cond_parts *parts)
{
    const struct weft_span span = weft_model_span(model, thread, index);
    const struct weft_wait_end end = weft_wait_end_of(model, thread, index);

    if (span.state != WEFT_STATE_COND_WAIT || end.how != WEFT_ENDED_BY_ACT) {
        return false;
    }
    *parts = (struct weft_cond_parts){
        .signal_ns = overlap_ns(span.start_ns, end.act_ns, from_ns, to_ns),
        .mutex_ns = overlap_ns(end.act_ns, weft_span_end_ns(model, thread, index), from_ns, to_ns)};
    return true;
}

/* A condition's wait: until the signal, then until the mutex is free. */
static bool add_condition(const struct asked *asked, const struct weft_span *span,
                          const struct weft_wait_end *end)
{
    const struct weft_span_extra extra = weft_span_extra_of(asked->model, span);
    uint64_t act_ns = end->act_ns;

    if (end->how == WEFT_ENDED_BY_TIME && extra.amount >= 0 &&
        (uint64_t)extra.amount < asked->to_ns - span->start_ns) {
        act_ns = span->start_ns + (uint64_t)extra.amount;
        if (!add(asked, plain(WEFT_WHY_TIME, asked->from_ns, act_ns, span->object))) {
            return false;
        }
    } else if (end->how == WEFT_ENDED_BY_TIME) {
        return add(asked, plain(WEFT_WHY_TIME, asked->from_ns, asked->to_ns, span->object));
    } else if (end->wake == WEFT_NONE) {
        return add(asked, plain(end->how == WEFT_ENDED_NEVER ? WEFT_WHY_NOBODY : WEFT_WHY_UNKNOWN,
                                asked->from_ns, asked->to_ns, span->object));
    } else if (!add_act(asked, end, span->object)) {
        return false;
    }
    act_ns = act_ns < asked->from_ns ? asked->from_ns : act_ns;
    if (act_ns >= asked->to_ns) {
        return true;
    }
    return extra.mutex == WEFT_NONE
               ? add(asked, plain(WEFT_WHY_HANDOVER, act_ns, asked->to_ns, span->object))
               : add_holders(asked, extra.mutex, act_ns, asked->to_ns);
}

/* The one thread that has all permits of a semaphore at t_ns: it alone can give one back. */
static uint32_t only_hold(const struct weft_model *model, const struct weft_object *semaphore,
                          uint64_t t_ns)
{
    const int64_t all = semaphore->capacity > 0       ? semaphore->capacity
                        : semaphore->levels.count > 0 ? weft_object_level(model, semaphore, 0).value
                                                      : 0;
    const int64_t taken = all - weft_object_level_at(model, semaphore, t_ns);
    bool complete;
    uint32_t found = WEFT_NONE;
    int64_t count = 0;

    for (size_t i = first_hold(model, semaphore, t_ns, &complete);
         i < semaphore->holds.count && weft_object_hold(model, semaphore, i).start_ns <= t_ns;
         i++) {
        const struct weft_hold hold = weft_object_hold(model, semaphore, i);
        if (hold.end_ns <= t_ns) {
            continue;
        }
        if (found != WEFT_NONE && weft_object_hold(model, semaphore, found).thread != hold.thread) {
            return WEFT_NONE;
        }
        found = (uint32_t)i;
        count++;
    }
    return complete && count > 0 && count == taken ? found : WEFT_NONE;
}

/* Nobody has ended it yet.  Who has the only permits could. */
static bool add_unended(const struct asked *asked, const struct weft_span *span)
{
    const struct weft_object *object = &asked->model->objects.at[span->object];
    const uint32_t hold = object->family == WEFT_FAMILY_SEMAPHORE && asked->to_ns > asked->from_ns
                              ? only_hold(asked->model, object, asked->to_ns - 1)
                              : WEFT_NONE;
    struct weft_stretch last = plain(WEFT_WHY_NOBODY, asked->from_ns, asked->to_ns, span->object);

    if (hold != WEFT_NONE) {
        const uint64_t since_ns = weft_object_hold(asked->model, object, hold).start_ns;
        last.from_ns = since_ns > asked->from_ns ? since_ns : asked->from_ns;
        last.thread = weft_object_hold(asked->model, object, hold).thread;
        last.hold = hold;
        last.why = WEFT_WHY_HELD;
        if (!add(asked, plain(WEFT_WHY_UNKNOWN, asked->from_ns, last.from_ns, span->object))) {
            return false;
        }
    }
    return add(asked, last);
}

/* Waits that one act ends: semaphores, events, barriers, queues, futexes. */
static bool add_acted(const struct asked *asked, const struct weft_span *span,
                      const struct weft_wait_end *end)
{
    if (end->how == WEFT_ENDED_BY_TIME) {
        return add(asked, plain(WEFT_WHY_TIME, asked->from_ns, asked->to_ns, span->object));
    }
    if (end->wake != WEFT_NONE) {
        const uint64_t act_ns = end->act_ns > asked->from_ns ? end->act_ns : asked->from_ns;
        return add_act(asked, end, span->object) &&
               add(asked, plain(WEFT_WHY_HANDOVER, act_ns, asked->to_ns, span->object));
    }
    return end->how == WEFT_ENDED_NEVER
               ? add_unended(asked, span)
               : add(asked, plain(WEFT_WHY_UNKNOWN, asked->from_ns, asked->to_ns, span->object));
}

static bool add_joined(const struct asked *asked, const struct weft_span *span)
{
    const struct weft_thread_info *target = &asked->model->threads.at[span->object];
    struct weft_stretch life = plain(WEFT_WHY_LIFE, asked->from_ns,
                                     target->ended ? target->end_ns : asked->to_ns, WEFT_NONE);

    life.thread = span->object;
    if (target->spans.count == 0) { /* nothing of it is in the trace */
        return add(asked, plain(WEFT_WHY_UNKNOWN, asked->from_ns, asked->to_ns, WEFT_NONE));
    }
    const uint64_t ended_ns = life.to_ns > asked->from_ns ? life.to_ns : asked->from_ns;
    return add(asked, life) &&
           add(asked, plain(WEFT_WHY_HANDOVER, ended_ns, asked->to_ns, WEFT_NONE));
}

bool weft_wait_stretches(const struct weft_model *model, uint32_t thread, uint32_t index,
                         uint64_t from_ns, uint64_t to_ns, struct weft_stretches *out)
{
    assert(thread < model->threads.count && index < model->threads.at[thread].spans.count);
    const struct weft_span span = weft_model_span(model, thread, index);
    const uint64_t end_ns = weft_span_end_ns(model, thread, index);
    const struct weft_wait_end end = weft_wait_end_of(model, thread, index);
    const struct asked asked = {.model = model,
                                .thread = thread,
                                .span = index,
                                .from_ns = from_ns > span.start_ns ? from_ns : span.start_ns,
                                .to_ns = to_ns < end_ns ? to_ns : end_ns,
                                .out = out};

    if (asked.from_ns >= asked.to_ns || !weft_state_is_wait((enum weft_state)span.state)) {
        return true;
    }
    if (span.object == WEFT_NONE) {
        return add(&asked, plain(WEFT_WHY_UNKNOWN, asked.from_ns, asked.to_ns, WEFT_NONE));
    }
    switch (span.state) {
    case WEFT_STATE_LOCK_WAIT:
    case WEFT_STATE_RWLOCK_WAIT:
        return add_holders(&asked, span.object, asked.from_ns, asked.to_ns);
    case WEFT_STATE_COND_WAIT:
        return add_condition(&asked, &span, &end);
    case WEFT_STATE_JOIN:
        return add_joined(&asked, &span);
    default:
        return add_acted(&asked, &span, &end);
    }
}

bool weft_waits_for_at(const struct weft_model *model, uint32_t thread, uint64_t t_ns,
                       struct weft_stretch *out)
{
    const uint32_t span = weft_model_span_at(model, thread, t_ns);
    struct weft_stretches stretches = {0};

    if (span != WEFT_NONE &&
        !weft_wait_stretches(model, thread, span, t_ns, t_ns + 1, &stretches)) {
        free(stretches.at);
        return false;
    }
    *out =
        stretches.count > 0 ? stretches.at[0] : plain(WEFT_WHY_UNKNOWN, t_ns, t_ns + 1, WEFT_NONE);
    free(stretches.at);
    return true;
}
