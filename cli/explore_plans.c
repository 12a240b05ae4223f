#include "cli/explore_plans.h"

#include "base/vec.h"
#include "cli/choices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 64,
    BOUND_MAX = 16,
    PENDING_MAX = 1000 * 1000, /* schedules that wait to be tried: some 100 MB */
    BLOCK = 32,                /* runs that take over what an earlier one has measured */
    JITTER = 4,
};

enum strategy { PORTFOLIO, RANDOM, PCT, POS, FIFO, PLAIN, EXHAUSTIVE };

/* Choices that are forced, and how many of them pre-empt. */
struct pending {
    char *text;
    uint64_t forced;
};

struct weft_plans {
    enum strategy strategy;
    uint64_t depth, bound; /* PCT, EXHAUSTIVE */
    uint64_t seed;
    uint64_t points[4 * BLOCK]; /* of the runs before */
    bool without_plain;
    /* By the number of pre-emptions: few come first, since most bugs need few (CHESS). */
    struct {
        struct pending *at;
        size_t count, room;
    } pending[BOUND_MAX + 1];
    size_t waiting;   /* in all of them */
    uint64_t running; /* whose choices are not known yet */
    bool begun;
    bool left_out;
};

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value >= min &&
           *value <= max;
}

static bool parse(const char *text, struct weft_plans *plans)
{
    static const struct {
        const char *name;
        enum strategy strategy;
    } plain[] = {{"portfolio", PORTFOLIO}, {"random", RANDOM}, {"pos", POS}, {"plain", PLAIN}};

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(text, plain[i].name) == 0) {
            plans->strategy = plain[i].strategy;
            return true;
        }
    }
    if (strncmp(text, "pct:", 4) == 0) {
        plans->strategy = PCT;
        return parse_number(text + 4, 1, DEPTH_MAX, &plans->depth);
    }
    if (strncmp(text, "exhaustive:", 11) == 0) {
        plans->strategy = EXHAUSTIVE;
        return parse_number(text + 11, 0, BOUND_MAX, &plans->bound);
    }
    return false;
}

static bool push(struct weft_plans *plans, const char *text, uint64_t forced, uint32_t preemptions)
{
    const struct pending made = {strdup(text), forced};

    if (made.text == NULL || plans->waiting >= PENDING_MAX ||
        !weft_vec_push(&plans->pending[preemptions], made)) {
        free(made.text);
        plans->left_out = true;
        return false;
    }
    plans->waiting++;
    return true;
}

struct weft_plans *weft_plans_new(const char *strategy, uint64_t seed)
{
    struct weft_plans *plans = calloc(1, sizeof *plans);

    if (plans != NULL) {
        plans->seed = seed;
        if (!parse(strategy, plans) || (plans->strategy == EXHAUSTIVE && !push(plans, "", 0, 0))) {
            weft_plans_free(plans);
            plans = NULL;
        }
    }
    return plans;
}

void weft_plans_free(struct weft_plans *plans)
{
    if (plans == NULL) {
        return;
    }
    for (size_t i = 0; i <= BOUND_MAX; i++) {
        for (size_t j = 0; j < plans->pending[i].count; j++) {
            free(plans->pending[i].at[j].text);
        }
        free(plans->pending[i].at);
    }
    free(plans);
}

bool weft_plans_is_exhaustive(const struct weft_plans *plans)
{
    return plans->strategy == EXHAUSTIVE;
}

bool weft_plans_is_complete(const struct weft_plans *plans)
{
    return plans->strategy == EXHAUSTIVE && plans->waiting == 0 && plans->running == 0 &&
           !plans->left_out;
}

void weft_plans_without_plain(struct weft_plans *plans)
{
    plans->without_plain = true;
}

static bool next_pending(struct weft_plans *plans, struct weft_try *run)
{
    for (uint32_t i = 0; i <= plans->bound; i++) {
        if (plans->pending[i].count == 0) {
            continue;
        }
        /* The last that came first: so few wait at a time. */
        const struct pending next = plans->pending[i].at[--plans->pending[i].count];
        const int len = snprintf(run->plan, sizeof run->plan, "replay:%s", next.text);
        free(next.text);
        plans->waiting--;
        plans->running++;
        run->forced = next.forced;
        run->preemptions = i;
        return len > 0;
    }
    return false;
}

/*
 * About how many scheduling points a run has: of one that is surely over, however many run at a
 * time, so that the same exploration tries the same schedules.
 */
static uint64_t steps(const struct weft_plans *plans, uint64_t number)
{
    const uint64_t block = number - number % BLOCK;
    const uint64_t measured = block > BLOCK ? block - BLOCK : 1;
    const uint64_t points = plans->points[measured % (sizeof plans->points / sizeof(uint64_t))];

    return points > 0 ? points : WEFT_PLAN_STEPS;
}

/*
 * Of ten runs four walk at random, three use PCT with depths from 2 to 5, two POS; the tenth lets
 * nobody be pre-empted or, every other time, is not controlled at all.  Every third stretches the
 * sleeps, so that one that is "long enough" no longer is.
 */
static void by_portfolio(const struct weft_plans *plans, uint64_t number, enum strategy *strategy,
                         uint64_t *depth, bool *jitter)
{
    static const enum strategy turns[] = {RANDOM, PCT, POS, RANDOM, PCT,
                                          RANDOM, POS, PCT, FIFO,   RANDOM};
    const uint64_t round = (number - 1) / 10;

    *strategy = turns[(number - 1) % 10];
    *depth = 2 + round % 4;
    *jitter = (number + round) % 3 == 0;
    if (*strategy == FIFO && round % 2 == 0 && !plans->without_plain) {
        *strategy = PLAIN;
    }
}

bool weft_plans_next(struct weft_plans *plans, uint64_t number, struct weft_try *run)
{
    enum strategy strategy = plans->strategy;
    uint64_t depth = plans->depth;
    bool jitter = false;
    char name[80] = "fifo";

    run->number = number;
    run->forced = 0;
    run->preemptions = 0;
    run->plan[0] = '\0';
    if (strategy == EXHAUSTIVE) {
        return next_pending(plans, run);
    }
    if (strategy == PORTFOLIO) {
        by_portfolio(plans, number, &strategy, &depth, &jitter);
    }
    switch (strategy) {
    case RANDOM:
        (void)snprintf(name, sizeof name, "random");
        break;
    case POS:
        (void)snprintf(name, sizeof name, "pos");
        break;
    case PCT:
        (void)snprintf(name, sizeof name, "pct:%llu,steps=%llu", (unsigned long long)depth,
                       (unsigned long long)steps(plans, number));
        break;
    case PLAIN:
        return true;
    case FIFO:
    case EXHAUSTIVE:
    case PORTFOLIO:
        break;
    }
    (void)snprintf(run->plan, sizeof run->plan, "%s,seed=%llu%s", name,
                   (unsigned long long)(plans->seed + number - 1), jitter ? ",jitter=4" : "");
    return true;
}

/* Every way to leave the run's choices behind those that were forced. */
static void add_others(struct weft_plans *plans, const struct weft_run_end *end)
{
    struct weft_choices choices = {.text = ""};

    for (uint64_t i = 0; i < end->result.choices && !choices.full; i++) {
        const struct weft_trial_choice choice = weft_trial_choice(end->trial, i);
        const uint32_t preemptions = end->run->preemptions + choice.preempts;
        if (i >= end->run->forced && preemptions <= plans->bound) {
            for (uint32_t taken = 1; taken < choice.count; taken++) {
                struct weft_choices other = choices;
                weft_choices_add(&other, taken);
                plans->left_out |= other.full;
                if (!other.full) {
                    (void)push(plans, other.text, i + 1, preemptions);
                }
            }
        }
        weft_choices_add(&choices, choice.taken);
    }
    plans->left_out |= choices.full;
}

void weft_plans_learn(struct weft_plans *plans, const struct weft_run_end *end)
{
    if (end->run->plan[0] == '\0') {
        return;
    }
    plans->points[end->run->number % (sizeof plans->points / sizeof(uint64_t))] =
        end->result.points;
    if (plans->strategy != EXHAUSTIVE) {
        return;
    }
    plans->running--;
    if (end->result.left != 0) {
        plans->left_out = true; /* its choices may not be those of the next time */
    }
    if (!end->result.is_whole) {
        plans->left_out = true;
    } else if ((end->result.left & WEFT_LEFT_DIVERGED) == 0) {
        add_others(plans, end);
    }
}
