#include "runtime/schedule/choose.h"

#include "runtime/record/record.h"
#include "runtime/record/text.h"

#include <stddef.h>

enum { NUMBER_ROOM = WEFT_DIGITS_MAX + 1 }; /* and a comma */

void weft_chooser_init(struct weft_chooser *chooser, const struct weft_plan *plan)
{
    *chooser = (struct weft_chooser){.plan = plan, .random = plan->seed};
    if (plan->strategy == WEFT_STRATEGY_PCT) {
        chooser->change_count = plan->depth - 1;
        for (uint32_t i = 0; i < chooser->change_count; i++) {
            chooser->change_at[i] = 1 + weft_plan_random(&chooser->random) % plan->steps;
        }
    }
    if (plan->strategy == WEFT_STRATEGY_REPLAY) {
        chooser->choices = plan->choices;
        chooser->choices_end = plan->choices + plan->choices_bytes;
    }
}

/* Above all priorities that a change of PCT gives. */
static uint64_t draw(struct weft_chooser *chooser)
{
    return weft_plan_random(&chooser->random) / 2 + WEFT_PCT_CHANGES_MAX;
}

void weft_chooser_meet(struct weft_chooser *chooser, struct weft_runner *runner)
{
    runner->priority = draw(chooser);
}

static uint32_t highest(struct weft_runner *const *found, uint32_t count)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < count; i++) {
        best = found[i]->priority > found[best]->priority ? i : best;
    }
    return best;
}

static uint32_t by_pct(struct weft_chooser *chooser, struct weft_runner *const *found,
                       uint32_t count, struct weft_runner *me, uint64_t points)
{
    for (uint32_t i = 0; i < chooser->change_count; i++) {
        if (chooser->change_at[i] <= points && chooser->change_at[i] != 0) {
            chooser->change_at[i] = 0;
            if (me != NULL) {
                me->priority = i;
            }
        }
    }
    return highest(found, count);
}

/* Each call that is about to be made gets a priority; those that race with the one that is made
 * get another. */
static uint32_t by_pos(struct weft_chooser *chooser, struct weft_runner *const *found,
                       uint32_t count, struct weft_runner *me)
{
    if (me != NULL) {
        me->priority = draw(chooser);
    }
    const uint32_t best = highest(found, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i != best && found[i]->about != NULL && found[i]->about == found[best]->about) {
            found[i]->priority = draw(chooser);
        }
    }
    return best;
}

uint32_t weft_choose(struct weft_chooser *chooser, struct weft_runner *const *found, uint32_t count,
                     struct weft_runner *me, uint64_t points, bool *diverged)
{
    switch (chooser->plan->strategy) {
    case WEFT_STRATEGY_ROUND_ROBIN:
        return found[0] == me ? 1 : 0;
    case WEFT_STRATEGY_RANDOM:
        return (uint32_t)(weft_plan_random(&chooser->random) % count);
    case WEFT_STRATEGY_PCT:
        return by_pct(chooser, found, count, me, points);
    case WEFT_STRATEGY_POS:
        return by_pos(chooser, found, count, me);
    case WEFT_STRATEGY_REPLAY: {
        const uint32_t wanted =
            weft_plan_next(&chooser->choices, chooser->choices_end, &chooser->skip);
        *diverged = wanted >= count;
        return wanted < count ? wanted : 0;
    }
    default:
        return 0;
    }
}

void weft_choice_keep(struct weft_runner *chosen, struct weft_runner *const *found, uint32_t count,
                      uint32_t taken)
{
    chosen->choice.count = count;
    chosen->choice.taken = taken;
    for (uint32_t i = 0; i < count && i < WEFT_CHOICE_NAMED; i++) {
        chosen->choice.numbers[i] = found[i]->number;
    }
}

void weft_choice_record(struct weft_runner *me)
{
    char among[WEFT_CHOICE_NAMED * NUMBER_ROOM];
    char *at = among;
    const uint32_t count = me->choice.count;

    if (count == 0) {
        return;
    }
    me->choice.count = 0;
    for (uint32_t i = 0; i < count && i < WEFT_CHOICE_NAMED; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        at = weft_text_put_number(at, me->choice.numbers[i]);
    }
    weft_record_aside(WEFT_EV_CHOICE,
                      &(struct weft_record_args){.first = me->choice.taken,
                                                 .text = among,
                                                 .text_bytes = (size_t)(at - among)});
}
