#include "traces/analysis/stats.h"

#include "base/map.h"
#include "base/vec.h"
#include "traces/analysis/owners.h"

#include <stdlib.h>

/* So many threads have a table of pairs, of at most 4 MiB. */
enum { TABLE_THREADS_MAX = 1000 };

struct lengths {
    uint64_t *at;
    size_t count, room;
};

/* What a thread did last, to know what a poll has counted already. */
struct last {
    uint8_t kind;
    bool ask_counted;
    uint32_t object;
};

struct count {
    const struct weft_model *model;
    struct weft_stats *stats;
    struct lengths lengths;          /* scratch */
    struct weft_stretches stretches; /* scratch */
    struct last *lasts;              /* of each thread */
    uint32_t *pairs;                 /* waiter × owner → row of blames; NULL: too many threads */
    bool *used;                      /* objects: something in the query is about it */
};

static bool wants_thread(const struct weft_stats *stats, uint32_t thread)
{
    return stats->query.thread == WEFT_NONE || stats->query.thread == thread;
}

static bool wants_object(const struct weft_stats *stats, uint32_t object)
{
    return stats->query.object == WEFT_NONE || stats->query.object == object;
}

/* What of [start, end) is in the query's range. */
static uint64_t within(const struct weft_stats *stats, uint64_t start_ns, uint64_t end_ns)
{
    start_ns = start_ns > stats->query.from_ns ? start_ns : stats->query.from_ns;
    end_ns = end_ns < stats->query.to_ns ? end_ns : stats->query.to_ns;
    return end_ns > start_ns ? end_ns - start_ns : 0;
}

/* The end of the range is not part of it, but that of the trace is. */
static bool is_before_end(const struct weft_stats *stats, uint64_t t_ns)
{
    return t_ns < stats->query.to_ns || stats->to_end;
}

/* Does a period count?  One without a length counts where it stands. */
static bool touches(const struct weft_stats *stats, uint64_t start_ns, uint64_t end_ns)
{
    return is_before_end(stats, start_ns) &&
           (end_ns > stats->query.from_ns ||
            (start_ns == end_ns && start_ns >= stats->query.from_ns));
}

/* Lengths ───────────────────────────────────────────────────────────────────────────────────── */

/* The length at `rank` when they were sorted; they are partly sorted by it. */
static uint64_t nth(uint64_t *at, size_t count, size_t rank)
{
    size_t low = 0, high = count - 1;

    while (low < high) {
        const uint64_t pivot = at[low + (high - low) / 2];
        size_t i = low, k = high;
        for (;;) {
            while (at[i] < pivot) {
                i++;
            }
            while (at[k] > pivot) {
                k--;
            }
            if (i >= k) {
                break;
            }
            const uint64_t swapped = at[i];
            at[i++] = at[k];
            at[k--] = swapped;
        }
        if (rank <= k) {
            high = k;
        } else {
            low = k + 1;
        }
    }
    return at[rank];
}

static size_t rank_of(size_t count, size_t percent)
{
    const size_t rank = count / 100 * percent + (count % 100 * percent + 99) / 100;

    return rank > 0 ? rank - 1 : 0;
}

static struct weft_lengths measure(struct lengths *lengths)
{
    struct weft_lengths result = {.count = lengths->count};

    for (size_t i = 0; i < lengths->count; i++) {
        result.total_ns += lengths->at[i];
        result.max_ns = lengths->at[i] > result.max_ns ? lengths->at[i] : result.max_ns;
    }
    if (lengths->count > 0) {
        result.p50_ns = nth(lengths->at, lengths->count, rank_of(lengths->count, 50));
        result.p99_ns = nth(lengths->at, lengths->count, rank_of(lengths->count, 99));
    }
    lengths->count = 0;
    return result;
}

/* Events ────────────────────────────────────────────────────────────────────────────────────── */

/* Tries in vain that a poll has folded into one; the first may have been an event of its own. */
static uint64_t folded_tries(const struct count *count, const struct weft_point *point,
                             const struct last *last)
{
    const struct weft_thread_info *info = &count->model->threads.at[point->thread];
    uint32_t index = weft_model_span_at(count->model, point->thread, point->t_ns);

    if (index == WEFT_NONE) {
        index = info->spans.count > 0 ? (uint32_t)info->spans.count - 1 : 0;
    }
    for (uint32_t i = index + 1; i > 0 && i + 3 > index; i--) {
        if (i - 1 >= info->spans.count) {
            continue;
        }
        const struct weft_span span = weft_model_span(count->model, point->thread, i - 1);
        if (span.state != WEFT_STATE_POLL || span.object != point->object ||
            weft_span_end_ns(count->model, point->thread, i - 1) != point->t_ns) {
            continue;
        }
        const struct weft_span_extra extra = weft_span_extra_of(count->model, &span);
        return weft_poll_in_vain(&extra, last->ask_counted);
    }
    return 0;
}

static uint64_t failed_tries(const struct count *count, size_t index,
                             const struct weft_point *point, const struct last *last)
{
    const struct weft_point_args args = weft_model_args(count->model, (uint32_t)index);

    switch (weft_point_in_vain(point->kind, args.first, args.has_second, args.second)) {
    case WEFT_VAIN_TRY:
        return 1;
    case WEFT_VAIN_POLL:
        return folded_tries(count, point, last);
    default:
        return 0;
    }
}

static void count_kind(struct weft_object_stats *row, enum weft_event_kind kind)
{
    switch (kind) {
    case WEFT_EV_LOCK_RELEASE:
    case WEFT_EV_RWLOCK_RELEASE:
    case WEFT_EV_SEM_RELEASE:
        row->releases++;
        break;
    case WEFT_EV_RWLOCK_READ_ACQUIRE:
        row->read_acquires++;
        break;
    case WEFT_EV_RWLOCK_WRITE_ACQUIRE:
        row->write_acquires++;
        break;
    case WEFT_EV_COND_SIGNAL:
    case WEFT_EV_EVENT_SET:
        row->signals++;
        break;
    case WEFT_EV_COND_BROADCAST:
        row->broadcasts++;
        break;
    case WEFT_EV_FUTEX_WAKE:
        row->wakes++;
        break;
    case WEFT_EV_BARRIER_PASS:
        row->passes++;
        break;
    case WEFT_EV_QUEUE_PUT:
        row->puts++;
        break;
    case WEFT_EV_QUEUE_GET:
        row->gets++;
        break;
    case WEFT_EV_QUEUE_PUT_WAIT:
        row->put_waits++;
        break;
    case WEFT_EV_QUEUE_GET_WAIT:
        row->get_waits++;
        break;
    case WEFT_EV_QUEUE_JOIN:
        row->join_waits++;
        break;
    case WEFT_EV_QUEUE_TASK_DONE:
        row->tasks_done++;
        break;
    default:
        break;
    }
}

static bool is_timeout(enum weft_event_kind kind)
{
    return kind == WEFT_EV_LOCK_TIMEOUT || kind == WEFT_EV_RWLOCK_TIMEOUT ||
           kind == WEFT_EV_SEM_TIMEOUT || kind == WEFT_EV_QUEUE_PUT_TIMEOUT ||
           kind == WEFT_EV_QUEUE_GET_TIMEOUT;
}

static void count_on_object(struct count *count, size_t index, const struct weft_point *point,
                            const struct last *last)
{
    struct weft_object_stats *row = &count->stats->objects.at[point->object];
    const struct weft_event_info *info = &weft_events[point->kind];
    const uint8_t family = count->model->objects.at[point->object].family;

    row->events++;
    if (info->family != WEFT_FAMILY_ANY && info->family != family) {
        return; /* an oddity: it cannot be about this object */
    }
    row->failed += failed_tries(count, index, point, last);
    if (point->outcome == WEFT_OUT_OK) {
        row->acquires += info->effect == WEFT_EFFECT_TAKE;
        count_kind(row, (enum weft_event_kind)point->kind);
    } else {
        row->timeouts += info->phase == WEFT_PHASE_END &&
                         !is_timeout((enum weft_event_kind)point->kind) &&
                         point->outcome == WEFT_OUT_TIMEOUT;
    }
    row->timeouts += is_timeout((enum weft_event_kind)point->kind);
}

/* weft_point_about_thread, which has to look up what few kinds of events need. */
static bool is_about_thread(const struct weft_model *model, size_t index,
                            const struct weft_point *point)
{
    switch (point->kind) {
    case WEFT_EV_QUERY:
    case WEFT_EV_POLL_BEGIN:
    case WEFT_EV_POLL_END:
        return weft_point_about_thread(model, (uint32_t)index);
    default:
        return weft_event_about_thread((enum weft_event_kind)point->kind, WEFT_ASK_NONE);
    }
}

/* In time order from the first one on, since a poll is to know what came before it. */
static void count_points(struct count *count)
{
    const struct weft_model *model = count->model;
    struct weft_stats *stats = count->stats;

    for (size_t i = 0; i < model->points.count; i++) {
        const struct weft_point point = weft_model_point(model, i);
        struct last *last = &count->lasts[point.thread];
        if (!is_before_end(stats, point.t_ns)) {
            break;
        }
        if (point.kind == WEFT_EV_POLL_BEGIN) {
            const struct weft_point_args args = weft_model_args(model, (uint32_t)i);
            last->ask_counted = args.first > WEFT_ASK_NONE && args.first < WEFT_ASK_COUNT &&
                                last->kind == weft_questions[args.first].once &&
                                last->object == point.object;
        }
        if (point.t_ns >= stats->query.from_ns && wants_thread(stats, point.thread)) {
            stats->events++;
            stats->threads.at[point.thread].events++;
            if (point.object != WEFT_NONE && !is_about_thread(model, i, &point) &&
                !weft_model_is_carried(model, point.t_ns)) {
                count_on_object(count, i, &point, last);
                count->used[point.object] = true;
            }
        }
        last->kind = point.kind;
        last->object = point.object;
    }
}

/* Waits and holds ───────────────────────────────────────────────────────────────────────────── */

/* The pair's row, made when there is none; WEFT_NONE: no memory. */
static uint32_t pair_of(struct count *count, struct weft_object_stats *row, struct weft_map *pairs,
                        uint32_t waiter, uint32_t owner)
{
    const size_t columns = count->model->threads.count + 1; /* the last: not known */
    const uint64_t key = (uint64_t)waiter << 32 | owner;
    uint32_t *direct =
        count->pairs == NULL
            ? NULL
            : &count->pairs[waiter * columns + (owner == WEFT_NONE ? columns - 1 : owner)];
    const uint32_t *known = direct == NULL ? weft_map_find(pairs, key) : direct;
    const uint32_t fresh = (uint32_t)row->blames.count;

    /* What an object before left in the table is not this pair's row. */
    if (known != NULL && *known < fresh && row->blames.at[*known].waiter == waiter &&
        row->blames.at[*known].owner == owner) {
        return *known;
    }
    if ((direct == NULL && !weft_map_put(pairs, key, fresh)) ||
        !weft_vec_push(
            &row->blames,
            (struct weft_blame){.waiter = waiter, .owner = owner, .last_wait = SIZE_MAX})) {
        return WEFT_NONE;
    }
    if (direct != NULL) {
        *direct = fresh;
    }
    return fresh;
}

/* Whom one wait waited for; an owner that comes again in the same wait counts once. */
static bool blame_wait(struct count *count, struct weft_object_stats *row, struct weft_map *pairs,
                       struct weft_wait_ref ref, size_t wait)
{
    struct weft_stretches *list = &count->stretches;

    list->count = 0;
    if (!weft_wait_stretches(count->model, ref.thread, ref.span, count->stats->query.from_ns,
                             count->stats->query.to_ns, list)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct weft_stretch *one = &list->at[i];
        if (one->why == WEFT_WHY_HANDOVER || one->why == WEFT_WHY_TIME) {
            continue;
        }
        const uint32_t pair = pair_of(count, row, pairs, ref.thread, one->thread);
        if (pair == WEFT_NONE) {
            return false;
        }
        struct weft_blame *blame = &row->blames.at[pair];
        blame->ns += one->to_ns - one->from_ns;
        blame->count += blame->last_wait != wait;
        blame->last_wait = wait;
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct weft_blame *first = a, *second = b;

    return first->ns != second->ns           ? (first->ns > second->ns ? -1 : 1)
           : first->waiter != second->waiter ? (first->waiter < second->waiter ? -1 : 1)
           : first->owner != second->owner   ? (first->owner < second->owner ? -1 : 1)
                                             : 0;
}

static bool count_waits(struct count *count, struct weft_object_stats *row)
{
    const struct weft_model *model = count->model;
    const struct weft_object *object = &model->objects.at[row->object];
    const bool takes = object->family == WEFT_FAMILY_LOCK || object->family == WEFT_FAMILY_RWLOCK ||
                       object->family == WEFT_FAMILY_SEMAPHORE;
    struct weft_map pairs = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < object->waits.count; i++) {
        const struct weft_wait_ref ref = object->waits.at[i];
        const struct weft_span span = weft_model_span(model, ref.thread, ref.span);
        const uint64_t end_ns = weft_span_end_ns(model, ref.thread, ref.span);
        if (!wants_thread(count->stats, ref.thread) ||
            !touches(count->stats, span.start_ns, end_ns)) {
            continue;
        }
        const bool open = (span.flags & WEFT_SPAN_OPEN) != 0 || end_ns > count->stats->query.to_ns;
        row->open_waits += open;
        row->contended += takes && !open && (span.flags & WEFT_SPAN_ASSUMED) == 0 &&
                          span.outcome == WEFT_OUT_OK && end_ns >= count->stats->query.from_ns &&
                          is_before_end(count->stats, end_ns);
        ok = weft_vec_push(&count->lengths, within(count->stats, span.start_ns, end_ns)) &&
             blame_wait(count, row, &pairs, ref, i);
        struct weft_cond_parts parts;
        if (weft_cond_wait_parts(count->model, ref.thread, ref.span, count->stats->query.from_ns,
                                 count->stats->query.to_ns, &parts)) {
            row->signal_ns += parts.signal_ns;
            row->mutex_ns += parts.mutex_ns;
        }
    }
    weft_map_done(&pairs);
    row->waits = measure(&count->lengths);
    if (row->blames.count > 0) {
        qsort(row->blames.at, row->blames.count, sizeof *row->blames.at, by_time);
    }
    return ok;
}

static bool count_holds(struct count *count, struct weft_object_stats *row)
{
    const struct weft_object *object = &count->model->objects.at[row->object];

    for (size_t i = 0; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(count->model, object, i);
        if (!wants_thread(count->stats, hold.thread) ||
            !touches(count->stats, hold.start_ns, hold.end_ns)) {
            continue;
        }
        row->open_holds +=
            (hold.flags & WEFT_SPAN_OPEN) != 0 || hold.end_ns > count->stats->query.to_ns;
        if (!weft_vec_push(&count->lengths, within(count->stats, hold.start_ns, hold.end_ns))) {
            return false;
        }
    }
    row->holds = measure(&count->lengths);
    return true;
}

/* A queue's depth, a semaphore's value: from its first event until it is destroyed. */
static void count_levels(const struct count *count, struct weft_object_stats *row)
{
    const struct weft_object *object = &count->model->objects.at[row->object];
    const uint64_t last_ns = object->destroyed ? object->last_ns : count->model->end_ns;
    double sum = 0;

    for (size_t i = 0; i < object->levels.count; i++) {
        const struct weft_level level = weft_object_level(count->model, object, i);
        const uint64_t end_ns = i + 1 < object->levels.count
                                    ? weft_object_level(count->model, object, i + 1).t_ns
                                    : last_ns;
        if (!touches(count->stats, level.t_ns, end_ns)) {
            continue;
        }
        const uint64_t ns = within(count->stats, level.t_ns, end_ns);
        row->level_peak =
            row->has_level && row->level_peak > level.value ? row->level_peak : level.value;
        row->level_last = level.value;
        row->has_level = true;
        row->level_ns += ns;
        sum += (double)ns * (double)level.value;
        row->full_ns += object->capacity > 0 && level.value >= object->capacity ? ns : 0;
        row->empty_ns += level.value <= 0 ? ns : 0;
    }
    row->level_mean = row->level_ns > 0 ? sum / (double)row->level_ns : (double)row->level_last;
}

/* Threads ───────────────────────────────────────────────────────────────────────────────────── */

static void keep_longest(struct weft_stats *stats, struct weft_long_wait wait)
{
    size_t at = stats->longest_count;

    if (at == WEFT_STATS_LONGEST) {
        if (stats->longest[--at].ns >= wait.ns) {
            return;
        }
    } else {
        stats->longest_count++;
    }
    for (; at > 0 && stats->longest[at - 1].ns < wait.ns; at--) {
        stats->longest[at] = stats->longest[at - 1];
    }
    stats->longest[at] = wait;
}

static bool count_thread(struct count *count, struct weft_thread_stats *row)
{
    const struct weft_model *model = count->model;
    struct weft_stats *stats = count->stats;
    const struct weft_thread_info *info = &model->threads.at[row->thread];

    if (info->spans.count == 0) {
        return true;
    }
    row->lifetime_ns = within(stats, info->start_ns, info->end_ns);
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        row->state_ns[state] = weft_model_state_ns(model, row->thread, (enum weft_state)state,
                                                   stats->query.from_ns, stats->query.to_ns);
    }
    for (uint32_t i = 0; i < info->spans.count; i++) {
        const struct weft_span span = weft_thread_span(model, info, i);
        if (!weft_state_is_wait((enum weft_state)span.state) ||
            (stats->query.object != WEFT_NONE &&
             (span.object != stats->query.object || weft_span_about_thread(&span)))) {
            continue;
        }
        const uint64_t end_ns = weft_span_end_ns(model, row->thread, i);
        if (!touches(stats, span.start_ns, end_ns)) {
            continue;
        }
        const uint64_t ns = within(stats, span.start_ns, end_ns);
        keep_longest(stats, (struct weft_long_wait){row->thread, i, ns});
        if (!weft_vec_push(&count->lengths, ns)) {
            return false;
        }
    }
    row->waits = measure(&count->lengths);
    return true;
}

/* How many threads ran, over time. */
static void count_parallel(struct count *count)
{
    const struct weft_model *model = count->model;
    struct weft_stats *stats = count->stats;
    const uint64_t from_ns = stats->query.from_ns;
    const uint64_t whole_ns = stats->query.to_ns > from_ns ? stats->query.to_ns - from_ns : 0;

    for (uint32_t b = 0; b < WEFT_STATS_BUCKETS && whole_ns > 0; b++) {
        const uint64_t start_ns = from_ns + (uint64_t)((double)whole_ns * b / WEFT_STATS_BUCKETS);
        const uint64_t end_ns =
            from_ns + (uint64_t)((double)whole_ns * (b + 1) / WEFT_STATS_BUCKETS);
        uint64_t busy_ns = 0;
        for (size_t i = 0; i < stats->threads.count; i++) {
            const uint32_t thread = stats->threads.at[i].thread;
            busy_ns += weft_model_state_ns(model, thread, WEFT_STATE_RUNNING, start_ns, end_ns) +
                       weft_model_state_ns(model, thread, WEFT_STATE_POLL, start_ns, end_ns);
        }
        stats->parallel_of[b] =
            end_ns > start_ns ? (double)busy_ns / (double)(end_ns - start_ns) : 0;
    }
    for (size_t i = 0; i < stats->threads.count && whole_ns > 0; i++) {
        stats->parallel += (double)(stats->threads.at[i].state_ns[WEFT_STATE_RUNNING] +
                                    stats->threads.at[i].state_ns[WEFT_STATE_POLL]) /
                           (double)whole_ns;
    }
}

/* The whole ─────────────────────────────────────────────────────────────────────────────────── */

/* A row for each, by index; those that the query leaves out go again at the end. */
static bool make_rows(struct count *count)
{
    const struct weft_model *model = count->model;
    struct weft_stats *stats = count->stats;

    if (!weft_vec_room(&stats->threads, model->threads.count + 1) ||
        !weft_vec_room(&stats->objects, model->objects.count + 1)) {
        return false;
    }
    for (uint32_t i = 0; i < model->threads.count; i++) {
        stats->threads.at[stats->threads.count++] = (struct weft_thread_stats){.thread = i};
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        stats->objects.at[stats->objects.count++] = (struct weft_object_stats){.object = i};
    }
    count->lasts = calloc(model->threads.count + 1, sizeof *count->lasts);
    count->used = calloc(model->objects.count + 1, sizeof *count->used);
    if (model->threads.count <= TABLE_THREADS_MAX) { /* without it a map serves, slowly */
        count->pairs =
            calloc(model->threads.count * (model->threads.count + 1) + 1, sizeof *count->pairs);
    }
    return count->lasts != NULL && count->used != NULL;
}

static void drop_rows(struct count *count)
{
    struct weft_stats *stats = count->stats;
    size_t kept = 0;

    for (size_t i = 0; i < stats->threads.count; i++) {
        if (wants_thread(stats, (uint32_t)i) && count->model->threads.at[i].spans.count > 0) {
            stats->threads.at[kept++] = stats->threads.at[i];
        }
    }
    stats->threads.count = kept;
    kept = 0;
    for (size_t i = 0; i < stats->objects.count; i++) {
        const struct weft_object_stats *row = &stats->objects.at[i];
        const bool used = stats->query.thread == WEFT_NONE || count->used[i] ||
                          row->waits.count > 0 || row->holds.count > 0;
        if (wants_object(stats, (uint32_t)i) && used) {
            stats->objects.at[kept++] = *row;
        } else {
            free(row->blames.at);
        }
    }
    stats->objects.count = kept;
}

/* What was lost: the last line says it, or, in a trace that was cut, the events that tell of it. */
static uint64_t lost_in(const struct weft_model *model)
{
    uint64_t lost = model->health.lost;

    for (size_t i = 0; !model->health.ended && i < model->points.count; i++) {
        if (weft_model_point(model, i).kind == WEFT_EV_LOST) {
            const int64_t more = weft_model_args(model, (uint32_t)i).first;
            lost += more > 0 ? (uint64_t)more : 0;
        }
    }
    return lost;
}

static bool count_all(struct count *count)
{
    struct weft_stats *stats = count->stats;

    if (!make_rows(count)) {
        return false;
    }
    count_points(count);
    for (size_t i = 0; i < stats->objects.count; i++) {
        struct weft_object_stats *row = &stats->objects.at[i];
        if (wants_object(stats, row->object)) {
            if (!count_waits(count, row) || !count_holds(count, row)) {
                return false;
            }
            count_levels(count, row);
        }
    }
    for (size_t i = 0; i < stats->threads.count; i++) {
        if (wants_thread(stats, (uint32_t)i) && !count_thread(count, &stats->threads.at[i])) {
            return false;
        }
    }
    return true;
}

bool weft_stats_build(const struct weft_model *model, struct weft_stats_query query,
                      struct weft_stats *stats)
{
    struct count count = {.model = model, .stats = stats};

    query.to_ns = query.to_ns < model->end_ns ? query.to_ns : model->end_ns;
    *stats = (struct weft_stats){.query = query,
                                 .to_end = query.to_ns >= model->end_ns,
                                 .lost = lost_in(model),
                                 .overhead_ns = -1};
    const int64_t each_ns = model->header.overhead_ns;
    if (each_ns >= 0 && model->health.events <= INT64_MAX / ((uint64_t)each_ns + 1)) {
        stats->overhead_ns = each_ns * (int64_t)model->health.events;
    }
    const bool ok = count_all(&count);
    if (ok) {
        drop_rows(&count);
        count_parallel(&count);
    } else {
        weft_stats_done(stats);
    }
    free(count.lasts);
    free(count.used);
    free(count.pairs);
    free(count.lengths.at);
    free(count.stretches.at);
    return ok;
}

void weft_stats_done(struct weft_stats *stats)
{
    for (size_t i = 0; i < stats->objects.count; i++) {
        free(stats->objects.at[i].blames.at);
    }
    free(stats->objects.at);
    free(stats->threads.at);
    *stats = (struct weft_stats){.overhead_ns = -1};
}
