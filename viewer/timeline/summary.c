#include "viewer/timeline/summary.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void weft_summary_done(struct weft_summary *summary)
{
    for (size_t i = 0; i < summary->objects.count; i++) {
        free(summary->objects.at[i].wait_rows.at);
        free(summary->objects.at[i].hold_rows.at);
    }
    for (size_t i = 0; i < summary->threads.count; i++) {
        free(summary->threads.at[i].choices.at);
    }
    free(summary->threads.at);
    free(summary->objects.at);
    free(summary->marks.at);
    free(summary->choices.at);
    free(summary->unended.at);
    *summary = (struct weft_summary){0};
}

enum weft_mark weft_mark_of(const struct weft_point *point)
{
    switch (point->kind) {
    case WEFT_EV_PRINT:
        return WEFT_MARK_PRINT;
    case WEFT_EV_MARK:
        return WEFT_MARK_USER;
    case WEFT_EV_COND_SIGNAL:
    case WEFT_EV_COND_BROADCAST:
    case WEFT_EV_EVENT_SET:
    case WEFT_EV_EVENT_CLEAR:
    case WEFT_EV_BARRIER_PASS:
    case WEFT_EV_BARRIER_ABORT:
    case WEFT_EV_BARRIER_RESET:
    case WEFT_EV_FUTEX_WAKE:
        return WEFT_MARK_SIGNAL;
    case WEFT_EV_LOCK_FAIL:
    case WEFT_EV_RWLOCK_FAIL:
    case WEFT_EV_SEM_FAIL:
    case WEFT_EV_QUEUE_PUT_FAIL:
    case WEFT_EV_QUEUE_GET_FAIL:
    case WEFT_EV_LOCK_TIMEOUT:
    case WEFT_EV_RWLOCK_TIMEOUT:
    case WEFT_EV_SEM_TIMEOUT:
    case WEFT_EV_QUEUE_PUT_TIMEOUT:
    case WEFT_EV_QUEUE_GET_TIMEOUT:
        return WEFT_MARK_FAIL;
    case WEFT_EV_LOST:
        return WEFT_MARK_LOST;
    case WEFT_EV_JOIN_END:
    case WEFT_EV_EVENT_WAKE:
    case WEFT_EV_COND_WAKE:
    case WEFT_EV_FUTEX_RETURN:
        return point->outcome == WEFT_OUT_TIMEOUT ? WEFT_MARK_FAIL : WEFT_MARK_NONE;
    default:
        return WEFT_MARK_NONE;
    }
}

uint32_t weft_crowd_row(uint64_t *until, uint32_t rows, uint64_t from_ns, uint64_t to_ns)
{
    uint32_t row = 0;

    while (row + 1 < rows && until[row] > from_ns) {
        row++;
    }
    until[row] = to_ns > until[row] ? to_ns : until[row];
    return row;
}

/* Past so many threads nobody tells badges apart, and comparing all of them takes too long. */
enum { BADGES_COMPARED = 512, BADGE_DIGITS_MAX = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* Adds the character at name, if it is a letter; returns its bytes. */
static size_t add_letter(struct weft_badge *badge, const char *name)
{
    const size_t width = weft_utf8_width(name, strnlen(name, 4));
    const size_t len = strlen(badge->text);

    if (width == 0 || !is_letter(*name)) {
        return width > 0 ? width : 1;
    }
    memcpy(badge->text + len, name, width);
    badge->text[len + width] = '\0';
    badge->characters++;
    return width;
}

/* The last run of digits of a name, when it is short. */
static void add_digits(struct weft_badge *badge, const char *name)
{
    size_t end = strlen(name), start;

    while (end > 0 && !is_digit(name[end - 1])) {
        end--;
    }
    for (start = end; start > 0 && is_digit(name[start - 1]);) {
        start--;
    }
    if (end - start <= BADGE_DIGITS_MAX) {
        const size_t len = strlen(badge->text);
        memcpy(badge->text + len, name + start, end - start);
        badge->text[len + end - start] = '\0';
        badge->characters += (uint8_t)(end - start);
    }
}

/* So many letters of a name from its start, and its number. */
static struct weft_badge badge_of(const char *name, uint8_t letters)
{
    struct weft_badge badge = {.text = ""};
    const char *at = name;

    while (*at != '\0' && badge.characters < letters) {
        at += add_letter(&badge, at);
    }
    add_digits(&badge, name);
    if (badge.characters == 0) {
        badge = (struct weft_badge){.text = "?", .characters = 1};
    }
    return badge;
}

static bool badge_is_taken(const struct weft_summary *summary, uint32_t thread,
                           const struct weft_badge *badge)
{
    for (uint32_t i = 0; i < thread && thread < BADGES_COMPARED; i++) {
        if (strcmp(summary->threads.at[i].badge.text, badge->text) == 0) {
            return true;
        }
    }
    return false;
}

static void give_badge(struct weft_summary *summary, const struct weft_model *model,
                       uint32_t thread)
{
    const char *name = model->threads.at[thread].name;
    struct weft_badge badge = badge_of(name, 1);

    if (badge_is_taken(summary, thread, &badge)) {
        badge = badge_of(name, 2);
    }
    summary->threads.at[thread].badge = badge;
    if (badge.characters > summary->badge_characters) {
        summary->badge_characters = badge.characters;
    }
}

static void note_states(void *ctx, const struct weft_strip *strip)
{
    struct weft_summary *summary = ctx;

    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        summary->states[state] |= (strip->mask >> state & 1) != 0;
    }
}

static void sum_thread(struct weft_summary *summary, const struct weft_model *model,
                       uint32_t thread)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    const struct weft_state_times times = weft_model_state_times(model, thread);
    struct weft_thread_summary *sum = &summary->threads.at[thread];

    sum->life_ns = info->end_ns - info->start_ns;
    memcpy(sum->state_ns, times.ns, sizeof sum->state_ns);
    give_badge(summary, model, thread);
    weft_model_strips(model, thread, 0, UINT64_MAX, UINT64_MAX, note_states, summary);
    summary->has_ends |= info->started || info->ended;
    if (info->spans.count > 0) { /* only the last one can be open */
        const struct weft_span last = weft_thread_span(model, info, info->spans.count - 1);
        summary->has_torn |= (last.flags & WEFT_SPAN_OPEN) != 0;
    }
    for (; sum->zones < info->zones.count; sum->zones++) {
        const uint32_t depth = info->zones.at[sum->zones].depth + 1;
        sum->zone_depth = depth > sum->zone_depth ? depth : sum->zone_depth;
        summary->has_zones = true;
    }
}

/* Readers at once lie in rows below one another; a writer fills them all. */
static bool sum_readers(const struct weft_model *model, const struct weft_object *object,
                        struct weft_object_summary *sum)
{
    struct weft_rows *rows = &sum->hold_rows;

    rows->count = 0;
    memset(rows->until, 0, sizeof rows->until);
    if (!weft_vec_room(rows, object->holds.count)) {
        return false;
    }
    for (size_t i = 0; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(model, object, i);
        const uint64_t ns = hold.end_ns - hold.start_ns;
        const bool shared = (hold.flags & WEFT_HOLD_SHARED) != 0;
        const uint32_t row =
            shared ? weft_crowd_row(rows->until, WEFT_CROWD_MAX, hold.start_ns, hold.end_ns) : 0;
        sum->longest_hold_ns = ns > sum->longest_hold_ns ? ns : sum->longest_hold_ns;
        sum->readers = shared && row + 1 > sum->readers ? row + 1 : sum->readers;
        rows->at[rows->count++] = (uint8_t)row;
    }
    return true;
}

static void count_wait(struct weft_object_summary *sum, uint64_t ns, uint64_t counted_ns)
{
    sum->longest_wait_ns = ns > sum->longest_wait_ns ? ns : sum->longest_wait_ns;
    sum->all_waits_ns += ns - counted_ns;
}

/* A wait that lasts keeps its row: how long, is known when it has ended. */
static bool sum_wait(struct weft_summary *summary, const struct weft_model *model, uint32_t index,
                     uint32_t at)
{
    const struct weft_wait_ref wait = model->objects.at[index].waits.at[at];
    struct weft_object_summary *sum = &summary->objects.at[index];
    const struct weft_thread_info *info = &model->threads.at[wait.thread];
    const uint64_t start_ns = weft_thread_span_ns(model, info, wait.span);
    const uint64_t end_ns = weft_span_end_ns(model, wait.thread, wait.span);
    const bool lasts = wait.span + 1 == info->spans.count &&
                       (weft_thread_span(model, info, wait.span).flags & WEFT_SPAN_OPEN) != 0;
    const uint32_t row =
        weft_crowd_row(sum->wait_rows.until, WEFT_CROWD_MAX, start_ns, lasts ? UINT64_MAX : end_ns);

    count_wait(sum, end_ns - start_ns, 0);
    sum->crowd = row + 1 > sum->crowd ? row + 1 : sum->crowd;
    return weft_vec_push(&sum->wait_rows, (uint8_t)row) &&
           (!lasts ||
            weft_vec_push(&summary->unended, (struct weft_unended){index, at, end_ns - start_ns}));
}

/* What has become of the waits that lasted the last time. */
static void sum_unended(struct weft_summary *summary, const struct weft_model *model)
{
    size_t kept = 0;

    for (size_t i = 0; i < summary->unended.count; i++) {
        struct weft_unended unended = summary->unended.at[i];
        const struct weft_wait_ref wait = model->objects.at[unended.object].waits.at[unended.wait];
        const struct weft_span span = weft_model_span(model, wait.thread, wait.span);
        const uint64_t end_ns = weft_span_end_ns(model, wait.thread, wait.span);
        struct weft_object_summary *sum = &summary->objects.at[unended.object];
        count_wait(sum, end_ns - span.start_ns, unended.counted_ns);
        unended.counted_ns = end_ns - span.start_ns;
        if ((span.flags & WEFT_SPAN_OPEN) != 0) {
            summary->unended.at[kept++] = unended;
        } else {
            sum->wait_rows.until[sum->wait_rows.at[unended.wait]] = end_ns;
        }
    }
    summary->unended.count = kept;
}

static bool sum_object(struct weft_summary *summary, const struct weft_model *model, uint32_t index)
{
    const struct weft_object *object = &model->objects.at[index];
    struct weft_object_summary *sum = &summary->objects.at[index];

    for (; sum->waits < object->waits.count; sum->waits++) {
        if (!sum_wait(summary, model, index, sum->waits)) {
            return false;
        }
    }
    for (; sum->levels < object->levels.count; sum->levels++) {
        const int64_t value = weft_object_level(model, object, sum->levels).value;
        sum->lowest = value < sum->lowest ? value : sum->lowest;
        sum->highest = value > sum->highest ? value : sum->highest;
    }
    if (object->family == WEFT_FAMILY_LOCK || object->family == WEFT_FAMILY_RWLOCK) {
        summary->has_holds |= object->holds.count > 0;
        summary->has_waiters |= object->waits.count > 0;
    }
    summary->has_levels |= object->levels.count > 0;
    summary->has_items |= object->family == WEFT_FAMILY_QUEUE && object->levels.count > 0;
    summary->has_permits |= object->family == WEFT_FAMILY_SEMAPHORE && object->levels.count > 0;
    return object->family != WEFT_FAMILY_RWLOCK || sum_readers(model, object, sum);
}

static void sum_wakes(struct weft_summary *summary, const struct weft_model *model)
{
    for (; summary->wakes_seen < model->wakes.count; summary->wakes_seen++) {
        if (summary->has_joined && summary->has_handoffs && summary->has_passed_locks) {
            return; /* nothing new can come up */
        }
        const struct weft_wake wake = weft_model_wake(model, summary->wakes_seen);
        if (wake.object >= model->objects.count) {
            summary->has_joined = true;
        } else {
            summary->has_handoffs = true;
            const uint8_t family = model->objects.at[wake.object].family;
            summary->has_passed_locks |= family == WEFT_FAMILY_LOCK || family == WEFT_FAMILY_RWLOCK;
        }
    }
}

static bool keep_choice(struct weft_summary *summary, uint32_t point, uint32_t thread)
{
    const uint32_t number = (uint32_t)summary->choices.count;

    return weft_vec_push(&summary->choices, point) &&
           (thread >= summary->threads.count ||
            weft_vec_push(&summary->threads.at[thread].choices, number));
}

static bool sum_points(struct weft_summary *summary, const struct weft_model *model)
{
    for (; summary->points_seen < model->points.count; summary->points_seen++) {
        const struct weft_point point = weft_model_point(model, summary->points_seen);
        if (point.kind == WEFT_EV_CHOICE &&
            !keep_choice(summary, (uint32_t)summary->points_seen, point.thread)) {
            return false;
        }
        const enum weft_mark mark = weft_mark_of(&point);
        if (mark != WEFT_MARK_NONE &&
            !weft_vec_push(&summary->marks, (uint32_t)summary->points_seen)) {
            return false;
        }
        summary->has_mark[mark] = true;
    }
    return true;
}

bool weft_summary_build(struct weft_summary *summary, const struct weft_model *model)
{
    summary->badge_characters = 0;
    summary->has_torn = false;
    if (!weft_summary_cover(summary, model)) {
        return false;
    }
    for (uint32_t i = 0; i < model->threads.count; i++) {
        sum_thread(summary, model, i);
    }
    sum_unended(summary, model);
    for (uint32_t i = 0; i < model->objects.count; i++) {
        if (!sum_object(summary, model, i)) {
            return false;
        }
    }
    sum_wakes(summary, model);
    return sum_points(summary, model);
}

bool weft_summary_cover(struct weft_summary *summary, const struct weft_model *model)
{
    if (!weft_vec_room(&summary->threads, model->threads.count) ||
        !weft_vec_room(&summary->objects, model->objects.count)) {
        return false;
    }
    while (summary->threads.count < model->threads.count) {
        const uint32_t thread = (uint32_t)summary->threads.count++;
        summary->threads.at[thread] = (struct weft_thread_summary){.life_ns = 0};
        give_badge(summary, model, thread);
    }
    while (summary->objects.count < model->objects.count) {
        summary->objects.at[summary->objects.count++] = (struct weft_object_summary){.waits = 0};
    }
    return true;
}

/* Of numbers in their order, the first that is at least `least`; count: there is none. */
static size_t place_of(const uint32_t *numbers, size_t count, size_t least)
{
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (numbers[middle] < least) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t weft_summary_mark_from(const struct weft_summary *summary, const struct weft_model *model,
                              uint64_t t_ns)
{
    return place_of(summary->marks.at, summary->marks.count, weft_model_point_from(model, t_ns));
}

size_t weft_summary_choice_from(const struct weft_summary *summary, const struct weft_model *model,
                                uint32_t thread, uint64_t t_ns)
{
    const struct weft_thread_summary *own = &summary->threads.at[thread];

    return place_of(own->choices.at, own->choices.count,
                    weft_summary_choice_at(summary, model, t_ns));
}

size_t weft_summary_choice_at(const struct weft_summary *summary, const struct weft_model *model,
                              uint64_t t_ns)
{
    return place_of(summary->choices.at, summary->choices.count,
                    weft_model_point_from(model, t_ns));
}

size_t weft_summary_choice_of(const struct weft_summary *summary, uint32_t point)
{
    const size_t at = place_of(summary->choices.at, summary->choices.count, point);

    return at < summary->choices.count && summary->choices.at[at] == point ? at
                                                                           : summary->choices.count;
}
