/* All that is to say about one thing: for `weft explain`, the tooltip and the dock. */
#include "base/tongue.h"
#include "traces/analysis/choice.h"
#include "traces/analysis/owners.h"
#include "traces/analysis/sentences.h"

static struct weft_sentence *next(struct weft_facts *facts)
{
    /* The last place is overwritten rather than overrun. */
    const uint32_t at = facts->count < WEFT_FACTS_MAX ? facts->count++ : WEFT_FACTS_MAX - 1;

    facts->facts[at] = (struct weft_sentence){.len = 0};
    return &facts->facts[at];
}

static double exact_for(uint64_t ns)
{
    return ns >= 100000000 ? 1e6 : ns >= 100000 ? 1e3 : 1;
}

/* "3.00 s, from 0.012 s to 3.012 s" */
static void add_period(struct weft_facts *facts, const char *before, uint64_t from_ns,
                       uint64_t to_ns, bool open)
{
    const double exact = exact_for(to_ns - from_ns);

    weft_sentence_add(next(facts), "%s%s, from %s to %s", before,
                      weft_words_lasting(to_ns - from_ns, open).text,
                      weft_words_moment(from_ns, exact).text, weft_words_moment(to_ns, exact).text);
    if (open) {
        weft_sentence_add(next(facts), "It had not ended when the trace did.");
    }
}

static void add_site(const struct weft_model *model, uint32_t site, const char *before,
                     struct weft_facts *facts)
{
    struct weft_sentence where = {.len = 0};

    if (weft_sentence_site(model, site, &where)) {
        weft_sentence_add(next(facts), "%s%s", before, where.text);
    }
}

/* The event that ended a wait; those of one thread at one time are few.  WEFT_NONE: not found. */
static uint32_t act_of(const struct weft_model *model, const struct weft_wake *wake)
{
    for (size_t i = weft_model_point_from(model, wake->from_ns);
         i < model->points.count && weft_model_point(model, i).t_ns == wake->from_ns; i++) {
        const struct weft_point point = weft_model_point(model, i);
        const uint8_t effect = weft_events[point.kind].effect;
        if (point.thread == wake->from_thread && effect != WEFT_EFFECT_NONE &&
            (wake->object == WEFT_NONE || point.object == wake->object)) {
            return (uint32_t)i;
        }
    }
    return WEFT_NONE;
}

/* "Thread-1 releases threadLock" */
static void add_act(const struct weft_model *model, const struct weft_wake *wake,
                    struct weft_sentence *out)
{
    const uint32_t act = act_of(model, wake);

    if (act != WEFT_NONE) {
        weft_sentence_point(model, act, out);
    } else {
        weft_sentence_add(out, "%s", weft_name_of_thread(model, wake->from_thread, wake->from_ns));
    }
}

static void add_end(const struct weft_model *model, const struct weft_span *span,
                    struct weft_facts *facts)
{
    const uint32_t index = weft_span_extra_of(model, span).wake;

    if (span->outcome == WEFT_OUT_TIMEOUT) {
        weft_sentence_add(next(facts), "It gave up when its time was over.");
    } else if (span->outcome == WEFT_OUT_BROKEN) {
        weft_sentence_add(next(facts), "The barrier was broken.");
    } else if (span->outcome != WEFT_OUT_OK) {
        weft_sentence_add(next(facts), "It ended in vain (%s).", _(weft_outcomes[span->outcome]));
    }
    if (index >= model->wakes.count) {
        return;
    }
    const struct weft_wake wake = weft_model_wake(model, index);
    struct weft_sentence *out = next(facts);
    weft_sentence_add(out, "Ended at %s: ", weft_words_moment(wake.from_ns, 1e6).text);
    add_act(model, &wake, out);
    struct weft_sentence where = {.len = 0};
    if (weft_sentence_site(model, wake.from_site, &where)) {
        weft_sentence_add(out, ", in %s", where.text);
    }
    weft_sentence_add(out, ".");
}

/* "1.20 s for the signal, then 3.00 ms for m" */
static void add_parts(const struct weft_model *model, uint32_t thread, uint32_t index,
                      struct weft_facts *facts)
{
    const uint32_t mutex = weft_model_span_extra(model, thread, index).mutex;
    struct weft_cond_parts parts;

    if (!weft_cond_wait_parts(model, thread, index, 0, UINT64_MAX, &parts) || mutex == WEFT_NONE) {
        return;
    }
    weft_sentence_add(next(facts), "%s for the signal, then %s for %s.",
                      weft_words_duration(parts.signal_ns).text,
                      weft_words_duration(parts.mutex_ns).text, model->objects.at[mutex].name);
}

void weft_facts_of_span(const struct weft_model *model, uint32_t thread, uint32_t index,
                        struct weft_facts *facts)
{
    *facts = (struct weft_facts){.count = 0};
    const struct weft_span span = weft_model_span(model, thread, index);
    const struct weft_span_extra extra = weft_span_extra_of(model, &span);
    const uint64_t end_ns = weft_span_end_ns(model, thread, index);
    const bool open = (span.flags & WEFT_SPAN_OPEN) != 0;
    struct weft_sentence label;

    for (uint32_t variant = span.state == WEFT_STATE_POLL || span.state == WEFT_STATE_JOIN ? 0 : 1;
         variant < WEFT_LABEL_VARIANTS; variant++) {
        if (weft_sentence_label(model, thread, index, variant, &label)) {
            break;
        }
    }
    if (span.state == WEFT_STATE_SLEEP || span.state == WEFT_STATE_RUNNING) {
        (void)weft_sentence_label(model, thread, index, 0, &label);
    }
    weft_sentence_add(&facts->title, "%s %s", weft_name_of_thread(model, thread, span.start_ns),
                      label.text);
    struct weft_sentence state = {.len = 0};
    weft_sentence_add(&state, "%s · ", _(weft_states[span.state].words));
    add_period(facts, state.text, span.start_ns, end_ns, open);
    if (span.state == WEFT_STATE_SLEEP && extra.amount >= 0) {
        weft_sentence_add(next(facts), "It asked for %s.",
                          weft_words_duration((uint64_t)extra.amount).text);
    }
    add_parts(model, thread, index, facts);
    struct weft_sentence holders = {.len = 0};
    if (span.state != WEFT_STATE_POLL && !weft_span_about_thread(&span) &&
        weft_sentence_holders(model, span.object, span.start_ns, end_ns, &holders)) {
        weft_sentence_add(next(facts), "%s was %s.", weft_name_of_subject(model, &span),
                          holders.text);
    }
    add_end(model, &span, facts);
    add_site(model, span.site, _("Called in "), facts);
}

void weft_facts_of_hold(const struct weft_model *model, uint32_t object, uint32_t index,
                        struct weft_facts *facts)
{
    *facts = (struct weft_facts){.count = 0};
    const struct weft_object *lock = &model->objects.at[object];
    const struct weft_hold hold = weft_object_hold(model, lock, index);

    const char *how = lock->family != WEFT_FAMILY_RWLOCK     ? ""
                      : (hold.flags & WEFT_HOLD_SHARED) != 0 ? _("for reading ")
                                                             : _("for writing ");

    weft_sentence_add(&facts->title, "%s held %sby %s", lock->name, how,
                      weft_name_of_thread(model, hold.thread, hold.end_ns));
    add_period(facts, "", hold.start_ns, hold.end_ns, (hold.flags & WEFT_SPAN_OPEN) != 0);
    if (hold.released_by != WEFT_NONE && hold.released_by != hold.thread) {
        weft_sentence_add(next(facts), "Released by %s.",
                          weft_name_of_thread(model, hold.released_by, hold.end_ns));
    }
    add_site(model, hold.site, _("Acquired in "), facts);
    add_site(model, hold.release_site, _("Released in "), facts);
}

void weft_facts_of_level(const struct weft_model *model, uint32_t object, uint32_t index,
                         struct weft_facts *facts)
{
    *facts = (struct weft_facts){.count = 0};
    const struct weft_object *what = &model->objects.at[object];
    const struct weft_level level = weft_object_level(model, what, index);

    weft_sentence_add(&facts->title, "%s: ", what->name);
    weft_sentence_object_now(model, object, level.t_ns, &facts->title);
    const uint64_t end_ns = index + 1 < what->levels.count
                                ? weft_object_level(model, what, index + 1).t_ns
                                : model->end_ns;
    weft_sentence_add(next(facts), "from %s to %s", weft_words_moment(level.t_ns, 1e6).text,
                      weft_words_moment(end_ns, 1e6).text);
    if (level.point < model->points.count) {
        weft_sentence_point(model, level.point, next(facts));
        add_site(model, weft_model_point(model, level.point).site, _("Called in "), facts);
    }
}

/* "A choice: Thread-1 or main could have gone on instead." */
static void add_choice(const struct weft_model *model, uint32_t point, struct weft_facts *facts)
{
    struct weft_sentence names = {.len = 0};
    struct weft_choice choice;

    if (!weft_choice_of(model, point, &choice)) {
        return;
    }
    for (uint32_t i = 0; i < weft_choice_others(&choice); i++) {
        const bool last = i > 0 && i + 1 == weft_choice_others(&choice);
        weft_sentence_add(&names, "%s", last ? _(" or ") : i > 0 ? ", " : "");
        weft_choice_name(model, point, &choice, weft_choice_other(&choice, i), &names);
    }
    weft_sentence_add(next(facts), "A choice: %s could have gone on instead.", names.text);
}

void weft_facts_of_point(const struct weft_model *model, uint32_t index, struct weft_facts *facts)
{
    *facts = (struct weft_facts){.count = 0};
    const struct weft_point point = weft_model_point(model, index);

    weft_sentence_point(model, index, &facts->title);
    weft_sentence_add(next(facts), "at %s", weft_words_moment(point.t_ns, 1e3).text);
    if (point.outcome != WEFT_OUT_OK) {
        weft_sentence_add(next(facts), "Outcome: %s.", _(weft_outcomes[point.outcome]));
    }
    add_choice(model, index, facts);
    add_site(model, point.site, _("Called in "), facts);
}

void weft_facts_of_wake(const struct weft_model *model, uint32_t index, struct weft_facts *facts)
{
    *facts = (struct weft_facts){.count = 0};
    const struct weft_wake wake = weft_model_wake(model, index);

    add_act(model, &wake, &facts->title);
    weft_sentence_add(&facts->title, " → %s goes on",
                      weft_name_of_thread(model, wake.to_thread, wake.to_ns));
    weft_sentence_add(
        next(facts), "%s after it: %s → %s", weft_words_duration(wake.to_ns - wake.from_ns).text,
        weft_words_moment(wake.from_ns, 1e3).text, weft_words_moment(wake.to_ns, 1e3).text);
    if (wake.item < model->points.count) {
        const struct weft_point_args args = weft_model_args(model, wake.item);
        if (args.text != NULL) {
            weft_sentence_add(next(facts), "The item: %s", args.text);
        }
    }
    add_site(model, wake.from_site, _("Called in "), facts);
}

void weft_facts_of_zone(const struct weft_model *model, uint32_t thread, uint32_t index,
                        struct weft_facts *facts)
{
    *facts = (struct weft_facts){.count = 0};
    const struct weft_zone *zone = &model->threads.at[thread].zones.at[index];

    weft_sentence_add(&facts->title, "%s in %s", weft_name_of_thread(model, thread, zone->start_ns),
                      zone->name);
    add_period(facts, "", zone->start_ns, zone->end_ns, (zone->flags & WEFT_SPAN_OPEN) != 0);
}
