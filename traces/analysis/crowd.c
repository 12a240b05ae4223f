#include "traces/analysis/crowd.h"

#include "base/map.h"
#include "base/tongue.h"
#include "base/vec.h"

#include <stdlib.h>

static struct weft_user *user_of(struct weft_crowd *crowd, struct weft_map *of, uint32_t thread)
{
    const uint32_t *index = weft_map_find(of, thread);

    if (index != NULL) {
        return &crowd->users.at[*index];
    }
    if (!weft_map_put(of, thread, (uint32_t)crowd->users.count) ||
        !weft_vec_push(
            &crowd->users,
            (struct weft_user){.thread = thread, .longest_wait = WEFT_NONE, .site = WEFT_NONE})) {
        return NULL;
    }
    return &crowd->users.at[crowd->users.count - 1];
}

/* When the thread asked for what it had at t_ns. */
static uint64_t request_ns(const struct weft_model *model, uint32_t object, uint32_t thread,
                           uint64_t t_ns)
{
    const uint32_t index = t_ns > 0 ? weft_model_span_at(model, thread, t_ns - 1) : WEFT_NONE;

    if (index == WEFT_NONE) {
        return t_ns;
    }
    const struct weft_span span = weft_model_span(model, thread, index);
    const bool waited = span.object == object && (span.state == WEFT_STATE_LOCK_WAIT ||
                                                  span.state == WEFT_STATE_RWLOCK_WAIT);
    return waited ? span.start_ns : t_ns;
}

struct lengths {
    uint64_t *at;
    size_t count, room;
};

static int by_length(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static uint64_t quantile(struct lengths *lengths, size_t part)
{
    if (lengths->count == 0) {
        return 0;
    }
    qsort(lengths->at, lengths->count, sizeof *lengths->at, by_length);
    return lengths->at[lengths->count / part];
}

static bool add_holds(const struct weft_model *model, struct weft_crowd *crowd, struct weft_map *of,
                      struct lengths *holds, struct lengths *gaps)
{
    const struct weft_object *object = &model->objects.at[crowd->object];

    for (size_t i = 0; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(model, object, i);
        struct weft_user *user = user_of(crowd, of, hold.thread);
        if (user == NULL) {
            return false;
        }
        if (user->acquires++ == 0) {
            user->site = hold.site;
            user->first_ns = hold.start_ns;
        } else {
            const uint64_t asked_ns = request_ns(model, crowd->object, hold.thread, hold.start_ns);
            const uint64_t gap_ns = asked_ns > user->last_end_ns ? asked_ns - user->last_end_ns : 0;
            if (!weft_vec_push(gaps, gap_ns)) {
                return false;
            }
        }
        if (!weft_vec_push(holds, hold.end_ns - hold.start_ns)) {
            return false;
        }
        user->last_end_ns = hold.end_ns;
        user->held_ns += hold.end_ns - hold.start_ns;
        crowd->held_ns += hold.end_ns - hold.start_ns;
        crowd->from_ns = hold.start_ns < crowd->from_ns ? hold.start_ns : crowd->from_ns;
        crowd->to_ns = hold.end_ns > crowd->to_ns ? hold.end_ns : crowd->to_ns;
        crowd->acquires++;
    }
    return true;
}

static bool add_waits(const struct weft_model *model, struct weft_crowd *crowd, struct weft_map *of)
{
    const struct weft_object *object = &model->objects.at[crowd->object];

    for (size_t i = 0; i < object->waits.count; i++) {
        const struct weft_wait_ref ref = object->waits.at[i];
        const struct weft_span span = weft_model_span(model, ref.thread, ref.span);
        const uint64_t ns = weft_span_end_ns(model, ref.thread, ref.span) - span.start_ns;
        struct weft_user *user = user_of(crowd, of, ref.thread);
        if (user == NULL) {
            return false;
        }
        user->waits++;
        user->waited_ns += ns;
        if (user->longest_wait == WEFT_NONE || ns > user->longest_ns) {
            user->longest_ns = ns;
            user->longest_wait = ref.span;
        }
        crowd->from_ns = span.start_ns < crowd->from_ns ? span.start_ns : crowd->from_ns;
        crowd->waited_ns += ns;
        crowd->waits++;
    }
    return true;
}

static int by_waiting(const void *a, const void *b)
{
    const struct weft_user *left = a, *right = b;

    if (left->waited_ns != right->waited_ns) {
        return left->waited_ns > right->waited_ns ? -1 : 1;
    }
    return left->thread < right->thread ? -1 : left->thread > right->thread;
}

static void done(struct weft_crowd *crowd)
{
    free(crowd->users.at);
    *crowd = (struct weft_crowd){0};
}

static bool measure(const struct weft_model *model, uint32_t object, struct weft_crowd *crowd)
{
    struct weft_map of = {0};
    struct lengths holds = {0}, gaps = {0};

    *crowd = (struct weft_crowd){.object = object, .from_ns = UINT64_MAX};
    const bool good = add_holds(model, crowd, &of, &holds, &gaps) && add_waits(model, crowd, &of);
    weft_map_done(&of);
    crowd->hold_ns = quantile(&holds, 2);
    crowd->gap_ns = quantile(&gaps, 4);
    free(holds.at);
    free(gaps.at);
    if (good && crowd->users.count > 0) {
        qsort(crowd->users.at, crowd->users.count, sizeof *crowd->users.at, by_waiting);
    }
    if (!good) {
        done(crowd);
    }
    return good;
}

/* Is there enough waiting for the object to ask more?  Cheap. */
static bool matters(const struct weft_findings *findings, uint32_t index)
{
    const struct weft_object *object = &findings->model->objects.at[index];
    uint64_t waited_ns = 0;

    if ((object->family != WEFT_FAMILY_LOCK && object->family != WEFT_FAMILY_RWLOCK) ||
        object->kind == WEFT_OBJ_ONCE || object->waits.count == 0) {
        return false;
    }
    for (size_t i = 0; i < object->waits.count; i++) {
        const struct weft_wait_ref ref = object->waits.at[i];
        waited_ns += weft_span_end_ns(findings->model, ref.thread, ref.span) -
                     weft_model_span(findings->model, ref.thread, ref.span).start_ns;
        if (waited_ns > 0 && waited_ns >= findings->from[WEFT_FROM_CONTENTION]) {
            return true;
        }
    }
    return false;
}

struct weft_crowds {
    struct weft_crowd *at;
    size_t count, room;
};

static bool collect(const struct weft_findings *findings, struct weft_crowds *crowds)
{
    for (uint32_t i = 0; i < findings->model->objects.count; i++) {
        struct weft_crowd crowd;
        if (!matters(findings, i)) {
            continue;
        }
        if (!measure(findings->model, i, &crowd)) {
            return false;
        }
        if (!weft_vec_push(crowds, crowd)) {
            done(&crowd);
            return false;
        }
    }
    return true;
}

void weft_crowd_each(struct weft_findings *findings,
                     void (*look)(struct weft_findings *findings, const struct weft_crowd *crowd))
{
    if (findings->crowds == NULL) {
        findings->crowds = calloc(1, sizeof *findings->crowds);
        findings->no_memory |= findings->crowds == NULL || !collect(findings, findings->crowds);
    }
    for (size_t i = 0; !findings->no_memory && i < findings->crowds->count; i++) {
        look(findings, &findings->crowds->at[i]);
    }
}

void weft_crowds_done(struct weft_findings *findings)
{
    for (size_t i = 0; findings->crowds != NULL && i < findings->crowds->count; i++) {
        done(&findings->crowds->at[i]);
    }
    if (findings->crowds != NULL) {
        free(findings->crowds->at);
    }
    free(findings->crowds);
    findings->crowds = NULL;
}

uint64_t weft_crowd_overtaken(const struct weft_model *model, uint32_t index, uint32_t thread,
                              uint32_t span)
{
    const struct weft_object *object = &model->objects.at[index];
    const uint64_t from_ns = weft_model_span(model, thread, span).start_ns;
    const uint64_t to_ns = weft_span_end_ns(model, thread, span);
    const size_t before = from_ns > 0 ? weft_object_holds_begun(model, object, from_ns - 1) : 0;
    uint64_t count = 0;

    for (size_t i = before; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(model, object, i);
        if (hold.start_ns >= to_ns) {
            break;
        }
        count += hold.thread != thread;
    }
    return count;
}

size_t weft_crowd_real_users(const struct weft_crowd *crowd)
{
    size_t count = 0;

    for (size_t i = 0; i < crowd->users.count; i++) {
        count += crowd->users.at[i].held_ns * 10 * crowd->users.count >= crowd->held_ns;
    }
    return count;
}

bool weft_crowd_is_serialised(const struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const uint64_t window_ns = crowd->to_ns - crowd->from_ns;
    /* Readers have a read-write lock together. */
    return findings->model->objects.at[crowd->object].family == WEFT_FAMILY_LOCK &&
           weft_crowd_real_users(crowd) >= 2 &&
           weft_percent(crowd->held_ns, window_ns) >= findings->from[WEFT_FROM_SERIALISED] &&
           weft_percent(crowd->gap_ns, crowd->gap_ns + crowd->hold_ns) <=
               findings->from[WEFT_FROM_SERIALISED_OUTSIDE] &&
           crowd->waited_ns * 20 >= window_ns;
}

uint32_t weft_crowd_starved(const struct weft_findings *findings, const struct weft_crowd *crowd)
{
    const uint64_t window_ns = crowd->to_ns - crowd->from_ns;
    const uint64_t fair = crowd->users.count == 0 ? 0 : crowd->acquires / crowd->users.count;

    for (uint32_t i = 0; i < crowd->users.count; i++) {
        const struct weft_user *user = &crowd->users.at[i];
        if (user->waited_ns < findings->from[WEFT_FROM_STARVATION] ||
            user->waited_ns * 4 < window_ns || user->longest_wait == WEFT_NONE ||
            weft_percent(user->acquires, fair) > findings->from[WEFT_FROM_UNFAIR]) {
            continue;
        }
        if (weft_crowd_overtaken(findings->model, crowd->object, user->thread,
                                 user->longest_wait) >= findings->from[WEFT_FROM_OVERTAKEN]) {
            return i;
        }
    }
    return WEFT_NONE;
}

void weft_crowd_tell(struct weft_findings *findings, struct weft_finding *finding,
                     const struct weft_crowd *crowd)
{
    weft_finding_object(findings, finding, crowd->object);
    for (size_t i = 0; i < crowd->users.count; i++) {
        const struct weft_user *user = &crowd->users.at[i];
        weft_finding_thread(findings, finding, user->thread);
        if (user->longest_wait != WEFT_NONE) {
            weft_finding_span(findings, finding, "waits", user->thread, user->longest_wait);
        } else {
            weft_finding_place(findings, finding,
                               (struct weft_finding_place){_("took it"), user->first_ns,
                                                           user->thread, crowd->object, user->site,
                                                           WEFT_NONE});
        }
    }
}
