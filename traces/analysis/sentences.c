#include "traces/analysis/sentences.h"

#include "base/tongue.h"
#include "base/utf8.h"

#include <string.h>

const char *weft_name_of_thread(const struct weft_model *model, uint32_t thread, uint64_t t_ns)
{
    return thread < model->threads.count ? weft_thread_name_at(&model->threads.at[thread], t_ns)
                                         : "";
}

static const char *object_name(const struct weft_model *model, uint32_t object)
{
    return object < model->objects.count ? model->objects.at[object].name : "";
}

const char *weft_name_of_call(const struct weft_model *model, uint32_t point)
{
    const char *text = point != WEFT_NONE ? weft_model_args(model, point).text : NULL;

    return text != NULL ? text : "";
}

const char *weft_words_of_doing(const struct weft_model *model, enum weft_state state,
                                uint32_t point)
{
    const char *call = state == WEFT_STATE_IO ? weft_name_of_call(model, point) : "";

    return *call != '\0' ? call : _(weft_states[state].words);
}

const char *weft_name_of_subject(const struct weft_model *model, const struct weft_span *span)
{
    if (span->state == WEFT_STATE_IO && span->object == WEFT_NONE) {
        return weft_name_of_call(model, span->point);
    }
    return weft_span_about_thread(span) ? weft_name_of_thread(model, span->object, span->start_ns)
                                        : object_name(model, span->object);
}

/* Holds that began at or before t_ns. */
static size_t holds_until(const struct weft_model *model, const struct weft_object *what,
                          uint64_t t_ns)
{
    size_t low = 0, high = what->holds.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (weft_object_hold(model, what, middle).start_ns <= t_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t weft_permits_at_first(const struct weft_model *model, const struct weft_object *semaphore)
{
    return semaphore->capacity > 0       ? semaphore->capacity
           : semaphore->levels.count > 0 ? weft_object_level(model, semaphore, 0).value
                                         : 0;
}

/* Permits say who has them only when the takers of all that are out are known. */
static bool permit_holders(const struct weft_model *model, const struct weft_object *what,
                           uint64_t t_ns, struct weft_sentence *out)
{
    enum { NAMED_MAX = 3, LOOKED_AT_MAX = 1000 };
    const bool changed = what->levels.count > 0 && weft_object_level(model, what, 0).t_ns <= t_ns;
    const int64_t taken =
        changed ? weft_permits_at_first(model, what) - weft_object_level_at(model, what, t_ns) : 0;
    const size_t begun = holds_until(model, what, t_ns);
    uint32_t named[NAMED_MAX], found = 0;

    for (size_t i = begun; i > 0 && begun - i < LOOKED_AT_MAX; i--) {
        const struct weft_hold hold = weft_object_hold(model, what, i - 1);
        if (hold.end_ns <= t_ns) {
            continue;
        }
        if (found == NAMED_MAX || (hold.flags & WEFT_SPAN_ASSUMED) != 0) {
            return false;
        }
        named[found++] = hold.thread;
    }
    if (found == 0 || (int64_t)found != taken) {
        return false;
    }
    weft_sentence_add(out, "held by ");
    for (uint32_t k = found; k > 0; k--) {
        weft_sentence_add(out, "%s%s", weft_name_of_thread(model, named[k - 1], t_ns),
                          k > 2    ? ", "
                          : k == 2 ? _(" and ")
                                   : "");
    }
    return true;
}

static bool lock_holders(const struct weft_model *model, const struct weft_object *lock,
                         uint64_t from_ns, uint64_t to_ns, struct weft_sentence *out)
{
    uint32_t hold = weft_object_hold_shown(model, lock, from_ns);
    uint32_t owners = 0, second = WEFT_NONE;

    if (hold == WEFT_NONE) {
        return false;
    }
    const uint32_t first = weft_object_hold(model, lock, hold).thread;
    for (; hold < lock->holds.count && weft_object_hold(model, lock, hold).start_ns < to_ns &&
           owners < 1000;
         hold++) {
        owners++;
        second = owners == 2 ? weft_object_hold(model, lock, hold).thread : second;
    }
    weft_sentence_add(out, "held by %s", weft_name_of_thread(model, first, to_ns));
    if (owners == 2) {
        weft_sentence_add(out, ", then by %s", weft_name_of_thread(model, second, to_ns));
    } else if (owners > 2) {
        weft_sentence_add(out, ", then %s more times", weft_words_count(owners - 1).text);
    }
    return true;
}

/* "held for writing by w", "held for reading by w, v and 3 more" */
static bool rwlock_holders(const struct weft_model *model, const struct weft_object *lock,
                           uint64_t t_ns, struct weft_sentence *out)
{
    enum { NAMED_MAX = 4, LOOKED_AT_MAX = 1000 };
    const size_t begun = holds_until(model, lock, t_ns);
    uint32_t named[NAMED_MAX], found = 0;
    bool reading = false;

    for (size_t i = begun; i > 0 && begun - i < LOOKED_AT_MAX; i--) {
        const struct weft_hold hold = weft_object_hold(model, lock, i - 1);
        if (hold.end_ns <= t_ns) {
            continue;
        }
        if (found < NAMED_MAX) {
            named[found] = hold.thread;
        }
        reading |= (hold.flags & WEFT_HOLD_SHARED) != 0;
        found++;
    }
    if (found == 0) {
        return false;
    }
    const uint32_t told = found <= NAMED_MAX ? found : NAMED_MAX - 1;
    weft_sentence_add(out, "held for %s by ", reading ? _("reading") : _("writing"));
    for (uint32_t k = 0; k < told; k++) {
        const bool last = k + 1 == told && told == found;
        weft_sentence_add(out, "%s%s",
                          k == 0 ? ""
                          : last ? _(" and ")
                                 : ", ",
                          weft_name_of_thread(model, named[k], t_ns));
    }
    if (told < found) {
        weft_sentence_add(out, " and %s more", weft_words_count(found - told).text);
    }
    return true;
}

bool weft_sentence_holders(const struct weft_model *model, uint32_t object, uint64_t from_ns,
                           uint64_t to_ns, struct weft_sentence *out)
{
    if (object >= model->objects.count) {
        return false;
    }
    const struct weft_object *what = &model->objects.at[object];

    switch (what->family) {
    case WEFT_FAMILY_LOCK:
        return lock_holders(model, what, from_ns, to_ns, out);
    case WEFT_FAMILY_RWLOCK:
        return rwlock_holders(model, what, from_ns, out);
    case WEFT_FAMILY_SEMAPHORE:
        return permit_holders(model, what, from_ns, out);
    default:
        return false;
    }
}

/* The event that began a wait; events of one thread at one time are few. */
static enum weft_event_kind begin_kind(const struct weft_model *model, uint32_t thread,
                                       const struct weft_span *span)
{
    for (size_t i = weft_model_point_from(model, span->start_ns);
         i < model->points.count && weft_model_point(model, i).t_ns == span->start_ns; i++) {
        const struct weft_point point = weft_model_point(model, i);
        if (point.thread == thread && weft_events[point.kind].phase == WEFT_PHASE_BEGIN) {
            return (enum weft_event_kind)point.kind;
        }
    }
    return WEFT_EV_NONE;
}

static const char *answer_of(uint8_t question, int64_t answer, struct weft_word *room)
{
    switch (question) {
    case WEFT_ASK_QSIZE:
    case WEFT_ASK_ACTIVE_COUNT:
        *room = weft_words_number(answer);
        return room->text;
    default:
        return answer != 0 ? _("yes") : _("no");
    }
}

static const char *question_of(const struct weft_span *span)
{
    return span->question < WEFT_ASK_COUNT ? _(weft_questions[span->question].words) : "";
}

static bool label_poll(const struct weft_model *model, const struct weft_span *span,
                       uint32_t variant, struct weft_sentence *out)
{
    const struct weft_span_extra extra = weft_span_extra_of(model, span);
    const char *subject = weft_name_of_subject(model, span);
    const struct weft_word count = weft_words_count(extra.amount > 0 ? (uint64_t)extra.amount : 0);
    struct weft_word room;
    const char *answer = answer_of(span->question, extra.answer, &room);

    switch (variant) {
    case 0:
        weft_sentence_add(out, "asks %s%s%s × %s %s", subject, *subject != '\0' ? " " : "",
                          count.text, question_of(span), answer);
        return extra.amount > 0;
    case 1:
        weft_sentence_add(out, "asks %s: %s %s", subject, question_of(span), answer);
        return *subject != '\0';
    case 2:
        weft_sentence_add(out, "asks: %s", question_of(span));
        return true;
    case 3:
        weft_sentence_add(out, "polls");
        return true;
    default:
        return false;
    }
}

/* "waits 3.00 s for threadLock — held by Thread-1": verb, preposition and what follows. */
struct wait_words {
    const char *verb;
    const char *of;   /* between the time and the subject */
    const char *tail; /* behind the subject, may be "" */
    const char *near; /* as `of`, in few words */
};

static struct wait_words words_of_wait(const struct weft_model *model, uint32_t thread,
                                       const struct weft_span *span)
{
    switch (span->state) {
    case WEFT_STATE_RWLOCK_WAIT:
        return begin_kind(model, thread, span) == WEFT_EV_RWLOCK_WRITE_REQUEST
                   ? (struct wait_words){_("waits"), _("to write under"), "", _("to write")}
                   : (struct wait_words){_("waits"), _("to read under"), "", _("to read")};
    case WEFT_STATE_COND_WAIT:
    case WEFT_STATE_FUTEX_WAIT:
        return (struct wait_words){_("waits"), C_("wait", "on"), "", C_("wait", "on")};
    case WEFT_STATE_SEM_WAIT:
        return (struct wait_words){_("waits"), _("for a permit of"), "", C_("permit", "for")};
    case WEFT_STATE_EVENT_WAIT:
        return (struct wait_words){_("waits"), C_("event", "for"), _(" to be set"),
                                   C_("event", "for")};
    case WEFT_STATE_BARRIER_WAIT:
        return (struct wait_words){_("waits"), C_("wait", "at"), "", C_("wait", "at")};
    case WEFT_STATE_QUEUE_WAIT:
        switch (begin_kind(model, thread, span)) {
        case WEFT_EV_QUEUE_PUT_WAIT:
            return (struct wait_words){_("waits"), _("for room in"), "", _("for room in")};
        case WEFT_EV_QUEUE_JOIN:
            return (struct wait_words){_("waits"), _("for all tasks of"), "", _("for all of")};
        default:
            return (struct wait_words){_("waits"), _("for an item of"), "", _("for an item of")};
        }
    case WEFT_STATE_JOIN:
        return (struct wait_words){_("joins"), "", "", ""};
    case WEFT_STATE_IO:
        return (struct wait_words){_("blocks"), C_("wait", "in"), "", C_("wait", "in")};
    default:
        return (struct wait_words){_("waits"), C_("lock", "for"), "", C_("lock", "for")};
    }
}

void weft_sentence_what_for(const struct weft_model *model, uint32_t thread, uint32_t span,
                            struct weft_sentence *out)
{
    const struct weft_span what = weft_model_span(model, thread, span);
    const struct wait_words words = words_of_wait(model, thread, &what);
    const char *subject = weft_name_of_subject(model, &what);

    if (*subject != '\0') {
        weft_sentence_add(out, "%s%s%s%s", words.of, *words.of != '\0' ? " " : "", subject,
                          words.tail);
    }
}

static const char *waker_of(const struct weft_model *model, const struct weft_span *span)
{
    const uint32_t wake = weft_span_extra_of(model, span).wake;

    return wake < model->wakes.count
               ? weft_name_of_thread(model, weft_model_wake(model, wake).from_thread,
                                     weft_model_wake(model, wake).from_ns)
               : "";
}

/* The fullest label of a wait: who had it, or who ended the wait, or that it was in vain. */
static bool add_why(const struct weft_model *model, const struct weft_span *span, uint64_t end_ns,
                    struct weft_sentence *out)
{
    const char *waker = waker_of(model, span);

    weft_sentence_add(out, " — ");
    if (span->outcome == WEFT_OUT_TIMEOUT) {
        weft_sentence_add(out, "in vain");
        return true;
    }
    if (weft_sentence_holders(model, span->object, span->start_ns, end_ns, out)) {
        return true;
    }
    weft_sentence_add(out, "ended by %s", waker);
    return *waker != '\0';
}

static bool label_wait(const struct weft_model *model, uint32_t thread, uint32_t index,
                       uint32_t variant, struct weft_sentence *out)
{
    const struct weft_span span = weft_model_span(model, thread, index);
    const uint64_t end_ns = weft_span_end_ns(model, thread, index);
    const struct wait_words words = words_of_wait(model, thread, &span);
    const char *subject = weft_name_of_subject(model, &span);
    const struct weft_word time =
        weft_words_lasting(end_ns - span.start_ns, (span.flags & WEFT_SPAN_OPEN) != 0);

    if (*subject == '\0' && variant < 6) {
        return false;
    }
    switch (variant) {
    case 0:
        weft_sentence_add(out, "%s %s %s %s", words.verb, time.text, words.near, subject);
        return add_why(model, &span, end_ns, out);
    case 1:
        weft_sentence_add(out, "%s %s %s %s%s", words.verb, time.text, words.of, subject,
                          words.tail);
        return true;
    case 2:
        weft_sentence_add(out, "%s %s %s %s", words.verb, time.text, words.near, subject);
        return true;
    case 3:
        weft_sentence_add(out, "%s %s %s", words.verb, words.near, subject);
        return true;
    case 4:
        weft_sentence_add(out, "%s %s", words.near, subject);
        return true;
    case 5:
        weft_sentence_add(out, "%s", subject);
        return true;
    case 6:
        weft_sentence_add(out, "%s %s", words.verb, time.text);
        return true;
    case 7:
        weft_sentence_add(out, "%s", words.verb);
        return true;
    default:
        return false;
    }
}

static bool label_join(const struct weft_model *model, uint32_t thread, uint32_t index,
                       uint32_t variant, struct weft_sentence *out)
{
    const struct weft_span span = weft_model_span(model, thread, index);
    const char *subject = weft_name_of_subject(model, &span);
    const char *in_vain = span.outcome == WEFT_OUT_TIMEOUT ? _(" in vain") : "";
    const struct weft_word time = weft_words_lasting(
        weft_span_end_ns(model, thread, index) - span.start_ns, (span.flags & WEFT_SPAN_OPEN) != 0);

    switch (variant) {
    case 0:
        weft_sentence_add(out, "joins %s — waits %s for its end%s", subject, time.text, in_vain);
        return true;
    case 1:
        weft_sentence_add(out, "joins %s %s%s", subject, time.text, in_vain);
        return true;
    case 2:
        weft_sentence_add(out, "joins %s%s", subject, in_vain);
        return true;
    case 3:
        weft_sentence_add(out, "joins %s", subject);
        return true;
    case 4:
        weft_sentence_add(out, "%s", subject);
        return *subject != '\0';
    case 5:
        weft_sentence_add(out, _("joins"));
        return true;
    default:
        return false;
    }
}

static bool label_plain(const char *verb, struct weft_word time, uint32_t variant,
                        struct weft_sentence *out)
{
    if (variant == 0) {
        weft_sentence_add(out, "%s %s", verb, time.text);
    } else {
        weft_sentence_add(out, "%s", verb);
    }
    return variant < 2;
}

bool weft_sentence_label(const struct weft_model *model, uint32_t thread, uint32_t span,
                         uint32_t variant, struct weft_sentence *out)
{
    const struct weft_span what = weft_model_span(model, thread, span);
    const struct weft_word time = weft_words_lasting(
        weft_span_end_ns(model, thread, span) - what.start_ns, (what.flags & WEFT_SPAN_OPEN) != 0);

    *out = (struct weft_sentence){.len = 0};
    switch (what.state) {
    case WEFT_STATE_RUNNING:
        return label_plain(_("runs"), time, variant, out);
    case WEFT_STATE_SLEEP:
        return label_plain(_("sleeps"), time, variant, out);
    case WEFT_STATE_UNKNOWN:
        return label_plain(_("not known"), time, variant, out);
    case WEFT_STATE_POLL:
        return label_poll(model, &what, variant, out);
    case WEFT_STATE_JOIN:
        return label_join(model, thread, span, variant, out);
    default:
        return label_wait(model, thread, span, variant, out);
    }
}

bool weft_sentence_site(const struct weft_model *model, uint32_t site, struct weft_sentence *out)
{
    if (site >= model->sites.count) {
        return false;
    }
    const struct weft_site *where = &model->sites.at[site];
    const char *slash = strrchr(where->file, '/');
    const char *file = slash != NULL ? slash + 1 : where->file;

    if (*where->function != '\0' && *file != '\0') {
        weft_sentence_add(out, "%s (%s:%u)", where->function, file, where->line);
    } else if (*file != '\0') {
        weft_sentence_add(out, "%s:%u", file, where->line);
    } else {
        weft_sentence_add(out, "%s", where->function);
    }
    return *where->function != '\0' || *file != '\0';
}

static void add_text(struct weft_sentence *out, const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    weft_sentence_add(out, " “%.*s”", (int)weft_utf8_fit(text, len, 300), text);
}

void weft_sentence_point(const struct weft_model *model, uint32_t point, struct weft_sentence *out)
{
    const struct weft_point what = weft_model_point(model, point);
    const struct weft_event_info *info = &weft_events[what.kind];
    const struct weft_point_args args = weft_model_args(model, point);
    struct weft_word room;

    weft_sentence_add(out, "%s %s", weft_name_of_thread(model, what.thread, what.t_ns),
                      _(info->words));
    if (what.object != WEFT_NONE) {
        weft_sentence_add(out, " %s",
                          weft_point_about_thread(model, point)
                              ? weft_name_of_thread(model, what.object, what.t_ns)
                              : object_name(model, what.object));
    }
    if (args.text != NULL && info->family != WEFT_FAMILY_THREAD && what.kind != WEFT_EV_CHOICE) {
        weft_sentence_add(out, "%s", info->family == WEFT_FAMILY_QUEUE ? ":" : "");
        add_text(out, args.text);
    }
    if (what.kind == WEFT_EV_QUERY && args.first > 0 && args.first < WEFT_ASK_COUNT) {
        weft_sentence_add(out, ": %s %s", _(weft_questions[args.first].words),
                          answer_of((uint8_t)args.first, args.second, &room));
    }
    if (what.kind == WEFT_EV_COUNTER && args.point != WEFT_NONE) {
        weft_sentence_add(out, ": %s", weft_words_number(args.first).text);
    }
    if (what.kind == WEFT_EV_LOST && args.point != WEFT_NONE) {
        weft_sentence_add(out, " (%s)", weft_words_number(args.first).text);
    }
}
