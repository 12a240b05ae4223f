/* Sentences about one moment: what a thread does, how an object stands. */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"

#include <string.h>

/* Items of a queue are followed from its first put on; past this many steps it takes too long
 * for a frame, and only the depth is told. */
enum { QUEUE_STEPS_MAX = 20000, QUEUE_ITEMS_MAX = 64, HOLDING_MAX = 3 };

/* Has the thread the lock at t_ns?  *reading: for reading, with others perhaps. */
static bool has_lock(const struct weft_model *model, const struct weft_object *lock,
                     uint32_t thread, uint64_t t_ns, bool *reading)
{
    enum { LOOKED_AT_MAX = 100 };
    uint32_t hold = lock->holds.count > 0 ? weft_object_hold_shown(model, lock, t_ns) : WEFT_NONE;

    *reading = false;
    if (hold == WEFT_NONE) {
        return false;
    }
    if (lock->family == WEFT_FAMILY_LOCK) {
        return weft_object_hold(model, lock, hold).thread == thread;
    }
    for (uint32_t i = 0; i < LOOKED_AT_MAX && i <= hold; i++) {
        const struct weft_hold one = weft_object_hold(model, lock, hold - i);
        if (one.thread == thread &&
            (one.end_ns > t_ns || (one.end_ns == t_ns && (one.flags & WEFT_SPAN_OPEN) != 0))) {
            *reading = (one.flags & WEFT_HOLD_SHARED) != 0;
            return true;
        }
    }
    return false;
}

static void add_holding(const struct weft_model *model, uint32_t thread, uint64_t t_ns,
                        struct weft_sentence *out)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < model->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[i];
        bool reading;
        if ((object->family != WEFT_FAMILY_LOCK && object->family != WEFT_FAMILY_RWLOCK) ||
            !has_lock(model, object, thread, t_ns, &reading)) {
            continue;
        }
        if (found == HOLDING_MAX) {
            weft_sentence_add(out, ", …");
            return;
        }
        weft_sentence_add(out, "%s%s%s", found == 0 ? _(", holding ") : ", ", object->name,
                          reading ? _(" for reading") : "");
        found++;
    }
}

static void add_wait(const struct weft_model *model, uint32_t thread, uint32_t index, uint64_t t_ns,
                     struct weft_sentence *out)
{
    const struct weft_span span = weft_model_span(model, thread, index);
    const uint64_t whole_ns = weft_span_end_ns(model, thread, index) - span.start_ns;
    const char *subject = weft_name_of_subject(model, &span);
    const struct weft_word progress = weft_words_progress(t_ns - span.start_ns, whole_ns);

    switch (span.state) {
    case WEFT_STATE_JOIN:
        weft_sentence_add(out, "waits for %s to finish", subject);
        break;
    case WEFT_STATE_LOCK_WAIT:
    case WEFT_STATE_RWLOCK_WAIT:
        weft_sentence_add(out, "waits ");
        weft_sentence_what_for(model, thread, index, out);
        {
            struct weft_sentence holders = {.len = 0};
            if (weft_sentence_holders(model, span.object, t_ns, t_ns + 1, &holders)) {
                weft_sentence_add(out, ", %s", holders.text);
            }
        }
        weft_sentence_add(out, " (%s)", progress.text);
        break;
    default:
        weft_sentence_add(out, "waits ");
        weft_sentence_what_for(model, thread, index, out);
        weft_sentence_add(out, " (%s)", progress.text);
        break;
    }
}

void weft_sentence_now(const struct weft_model *model, uint32_t thread, uint64_t t_ns,
                       struct weft_sentence *out)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    const uint32_t index = weft_model_span_shown(model, thread, t_ns);

    if (index == WEFT_NONE) {
        if (t_ns < info->start_ns || info->spans.count == 0) {
            weft_sentence_add(out, "has not started yet");
        } else if (info->ended) {
            weft_sentence_add(out, "ended at %s", weft_words_moment(info->end_ns, 1e6).text);
        } else {
            weft_sentence_add(out, "is beyond the end of the trace");
        }
        return;
    }
    const struct weft_span span = weft_thread_span(model, info, index);
    const uint64_t whole_ns = weft_span_end_ns(model, thread, index) - span.start_ns;
    const uint64_t done_ns = t_ns - span.start_ns;

    switch (span.state) {
    case WEFT_STATE_RUNNING:
        weft_sentence_add(out, "runs");
        break;
    case WEFT_STATE_SLEEP:
        weft_sentence_add(out, "sleeps (%s)", weft_words_progress(done_ns, whole_ns).text);
        break;
    case WEFT_STATE_POLL: {
        const char *subject = weft_name_of_subject(model, &span);
        weft_sentence_add(out, "keeps asking%s%s: %s", *subject != '\0' ? " " : "", subject,
                          span.question < WEFT_ASK_COUNT ? _(weft_questions[span.question].words)
                                                         : "");
        break;
    }
    case WEFT_STATE_IO: {
        const char *call = weft_name_of_subject(model, &span);
        if (*call != '\0') {
            weft_sentence_add(out, "is blocked in %s (%s)", call,
                              weft_words_progress(done_ns, whole_ns).text);
        } else {
            weft_sentence_add(out, "is in a blocking call (%s)",
                              weft_words_progress(done_ns, whole_ns).text);
        }
        break;
    }
    case WEFT_STATE_UNKNOWN:
        weft_sentence_add(out, "does something unknown");
        break;
    default:
        add_wait(model, thread, index, t_ns, out);
        break;
    }
    add_holding(model, thread, t_ns, out);
}

static uint32_t waiting_at(const struct weft_model *model, uint32_t object, uint64_t t_ns)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->threads.count; i++) {
        const uint32_t index = weft_model_span_shown(model, i, t_ns);
        if (index == WEFT_NONE) {
            continue;
        }
        const struct weft_span span = weft_model_span(model, i, index);
        count += span.object == object && !weft_span_about_thread(&span) &&
                 span.state != WEFT_STATE_POLL && span.state != WEFT_STATE_RUNNING;
    }
    return count;
}

static void add_waiting(const struct weft_model *model, uint32_t object, uint64_t t_ns,
                        struct weft_sentence *out)
{
    const uint32_t count = waiting_at(model, object, t_ns);

    if (count > 0) {
        weft_sentence_add(out, ", %s wait%s", weft_words_counted(count, "thread").text,
                          count == 1 ? "s" : "");
    }
}

/* The items in a queue at t_ns, oldest first; false when they are not known or too many. */
static bool items_at(const struct weft_model *model, const struct weft_object *queue, uint64_t t_ns,
                     const char **items, uint32_t *count)
{
    const bool last_first = queue->kind == WEFT_OBJ_LIFO_QUEUE;

    *count = 0;
    if (queue->levels.count > QUEUE_STEPS_MAX) {
        return false;
    }
    for (size_t i = 0; i < queue->levels.count && weft_object_level(model, queue, i).t_ns <= t_ns;
         i++) {
        const uint32_t index = weft_object_level(model, queue, i).point;
        if (index >= model->points.count) {
            return false;
        }
        const uint8_t kind = weft_model_point(model, index).kind;
        const struct weft_point_args args = weft_model_args(model, index);
        const char *text = args.point != WEFT_NONE ? args.text : NULL;
        if (kind != WEFT_EV_QUEUE_PUT && kind != WEFT_EV_QUEUE_GET) {
            continue;
        }
        if (text == NULL || *count == QUEUE_ITEMS_MAX) {
            return false;
        }
        if (kind == WEFT_EV_QUEUE_PUT) {
            items[(*count)++] = text;
        } else if (kind == WEFT_EV_QUEUE_GET) {
            uint32_t at = *count;
            for (uint32_t k = 0; k < *count; k++) {
                const uint32_t candidate = last_first ? *count - 1 - k : k;
                if (strcmp(items[candidate], text) == 0) {
                    at = candidate;
                    break;
                }
            }
            if (at == *count) {
                return false;
            }
            memmove(&items[at], &items[at + 1], (*count - at - 1) * sizeof *items);
            (*count)--;
        }
    }
    return true;
}

static void queue_now(const struct weft_model *model, uint32_t object, uint64_t t_ns,
                      struct weft_sentence *out)
{
    const struct weft_object *queue = &model->objects.at[object];
    const int64_t depth = weft_object_level_at(model, queue, t_ns);
    const char *items[QUEUE_ITEMS_MAX];
    uint32_t count;

    if (depth == 0) {
        weft_sentence_add(out, "empty");
    } else if (queue->capacity > 0) {
        weft_sentence_add(out, "%s of %s items", weft_words_number(depth).text,
                          weft_words_number(queue->capacity).text);
    } else {
        weft_sentence_add(out, "%s item%s", weft_words_number(depth).text, depth == 1 ? "" : "s");
    }
    if (depth > 0 && items_at(model, queue, t_ns, items, &count) && (int64_t)count == depth) {
        for (uint32_t i = 0; i < count && i < 5; i++) {
            weft_sentence_add(out, "%s%s", i == 0 ? ": " : ", ",
                              weft_words_short(items[i], 40).text);
        }
        weft_sentence_add(out, "%s", count > 5 ? ", …" : "");
    }
    add_waiting(model, object, t_ns, out);
}

/* Is the event set?  Told by its last set or clear before t_ns. */
static void event_now(const struct weft_model *model, uint32_t object, uint64_t t_ns,
                      struct weft_sentence *out)
{
    uint64_t since_ns = 0;
    bool set = false;

    for (size_t i = weft_model_point_from(model, t_ns + 1); i > 0; i--) {
        const struct weft_point point = weft_model_point(model, i - 1);
        if (point.object == object &&
            (point.kind == WEFT_EV_EVENT_SET || point.kind == WEFT_EV_EVENT_CLEAR)) {
            set = point.kind == WEFT_EV_EVENT_SET;
            since_ns = point.t_ns;
            break;
        }
        if (point.t_ns < model->objects.at[object].first_ns) {
            break;
        }
    }
    if (set) {
        weft_sentence_add(out, "set since %s", weft_words_moment(since_ns, 1e7).text);
    } else {
        weft_sentence_add(out, "not set");
    }
    add_waiting(model, object, t_ns, out);
}

/* Where the program does not say how many are left: those that nobody has. */
static int64_t left_of(const struct weft_model *model, const struct weft_object *what, int64_t all,
                       uint64_t t_ns)
{
    enum { LOOKED_AT = 1000 };
    const size_t begun = weft_object_holds_begun(model, what, t_ns);
    int64_t left = all;

    for (size_t i = begun; i > 0 && begun - i < LOOKED_AT && left > 0; i--) {
        const struct weft_hold hold = weft_object_hold(model, what, i - 1);
        left -= hold.end_ns > t_ns || (hold.flags & WEFT_SPAN_OPEN) != 0;
    }
    return left;
}

static void semaphore_now(const struct weft_model *model, uint32_t object, uint64_t t_ns,
                          struct weft_sentence *out)
{
    const struct weft_object *what = &model->objects.at[object];
    const bool known = what->levels.count > 0 && weft_object_level(model, what, 0).t_ns <= t_ns;
    const int64_t all = weft_permits_at_first(model, what);
    const int64_t value =
        known ? weft_object_level_at(model, what, t_ns) : left_of(model, what, all, t_ns);
    struct weft_sentence holders = {.len = 0};

    if (all > 0 && value <= all) {
        weft_sentence_add(out, "%s of %s permits free", weft_words_number(value).text,
                          weft_words_number(all).text);
    } else {
        weft_sentence_add(out, "%s permit%s free", weft_words_number(value).text,
                          value == 1 ? "" : "s");
    }
    if (weft_sentence_holders(model, object, t_ns, t_ns + 1, &holders)) {
        weft_sentence_add(out, ", %s", holders.text);
    }
    add_waiting(model, object, t_ns, out);
}

void weft_sentence_object_now(const struct weft_model *model, uint32_t object, uint64_t t_ns,
                              struct weft_sentence *out)
{
    const struct weft_object *what = &model->objects.at[object];

    if (t_ns < what->first_ns) {
        weft_sentence_add(out, "not used yet");
        return;
    }
    switch (what->family) {
    case WEFT_FAMILY_LOCK: {
        const uint32_t hold = weft_object_hold_shown(model, what, t_ns);
        if (hold == WEFT_NONE) {
            weft_sentence_add(out, "free");
        } else {
            weft_sentence_add(
                out, "held by %s since %s",
                weft_name_of_thread(model, weft_object_hold(model, what, hold).thread, t_ns),
                weft_words_moment(weft_object_hold(model, what, hold).start_ns, 1e7).text);
        }
        add_waiting(model, object, t_ns, out);
        break;
    }
    case WEFT_FAMILY_RWLOCK: {
        struct weft_sentence holders = {.len = 0};
        const bool held = weft_sentence_holders(model, object, t_ns, t_ns + 1, &holders);
        weft_sentence_add(out, "%s", held ? holders.text : _("free"));
        add_waiting(model, object, t_ns, out);
        break;
    }
    case WEFT_FAMILY_QUEUE:
        queue_now(model, object, t_ns, out);
        break;
    case WEFT_FAMILY_SEMAPHORE:
        semaphore_now(model, object, t_ns, out);
        break;
    case WEFT_FAMILY_EVENT:
        event_now(model, object, t_ns, out);
        break;
    case WEFT_FAMILY_BARRIER: {
        const uint32_t count = waiting_at(model, object, t_ns);
        if (what->capacity > 0) {
            weft_sentence_add(out, "%s of %s have arrived", weft_words_count(count).text,
                              weft_words_number(what->capacity).text);
        } else {
            weft_sentence_add(out, "%s have arrived", weft_words_count(count).text);
        }
        break;
    }
    case WEFT_FAMILY_CONDITION:
    case WEFT_FAMILY_FUTEX: {
        const uint32_t count = waiting_at(model, object, t_ns);
        weft_sentence_add(out, "%s", count == 0 ? _("nobody waits") : "");
        if (count > 0) {
            weft_sentence_add(out, "%s wait%s", weft_words_counted(count, "thread").text,
                              count == 1 ? "s" : "");
        }
        break;
    }
    default:
        weft_sentence_add(out, "%s",
                          weft_words_number(weft_object_level_at(model, what, t_ns)).text);
        break;
    }
}
