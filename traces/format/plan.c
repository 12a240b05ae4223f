#include "traces/format/plan.h"

enum {
    PERMILLE = 1000,
    DEPTH_MAX = 64,
    JITTER_MAX = 1000,
    STALL_MAX_MS = 3600 * 1000,
    LETTERS = 25,
};

/* In ns it is to have room in an int64_t. */
#define LIMIT_MAX_MS (INT64_MAX / 1000000)

static const uint64_t number_max = INT64_MAX / 10 - 1;

/* The rest of text behind word; NULL: text does not begin with it. */
static const char *after(const char *text, const char *word)
{
    while (*word != '\0' && *text == *word) {
        text++;
        word++;
    }
    return *word == '\0' ? text : NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* NULL: there is none, or it is too long. */
static const char *number(const char *text, uint64_t *value)
{
    uint64_t read = 0;

    if (!is_digit(*text)) {
        return NULL;
    }
    for (; is_digit(*text); text++) {
        if (read > number_max) {
            return NULL;
        }
        read = read * 10 + (uint64_t)(*text - '0');
    }
    *value = read;
    return text;
}

/* 2, 1.5, 1.125 */
static const char *permille(const char *text, uint64_t *value)
{
    uint64_t whole, scale = PERMILLE / 10;

    text = number(text, &whole);
    if (text == NULL || whole > JITTER_MAX) {
        return NULL;
    }
    *value = whole * PERMILLE;
    if (*text == '.') {
        for (text++; is_digit(*text); text++) {
            *value += scale * (uint64_t)(*text - '0');
            scale /= 10;
        }
    }
    return text;
}

static const char *strategy(const char *text, struct weft_plan *plan)
{
    static const struct {
        const char *name;
        enum weft_strategy strategy;
    } plain[] = {
        {"fifo", WEFT_STRATEGY_FIFO},     {"round-robin", WEFT_STRATEGY_ROUND_ROBIN},
        {"random", WEFT_STRATEGY_RANDOM}, {"portfolio", WEFT_STRATEGY_PORTFOLIO},
        {"pos", WEFT_STRATEGY_POS},
    };
    const char *rest;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        rest = after(text, plain[i].name);
        if (rest != NULL && (*rest == '\0' || *rest == ',')) {
            plan->strategy = plain[i].strategy;
            return rest;
        }
    }
    if ((rest = after(text, "pct:")) != NULL) {
        uint64_t depth;
        rest = number(rest, &depth);
        if (rest == NULL || depth < 1 || depth > DEPTH_MAX) {
            return NULL;
        }
        plan->strategy = WEFT_STRATEGY_PCT;
        plan->depth = (uint32_t)depth;
        return rest;
    }
    if ((rest = after(text, "replay:")) != NULL) {
        plan->strategy = WEFT_STRATEGY_REPLAY;
        plan->choices = rest;
        while (is_digit(*rest) || (*rest >= 'a' && *rest <= 'z')) {
            rest++;
        }
        plan->choices_bytes = (size_t)(rest - plan->choices);
        return rest;
    }
    return NULL;
}

static const char *option(const char *text, struct weft_plan *plan)
{
    uint64_t value = 0;
    const char *rest;

    if ((rest = after(text, "seed=")) != NULL) {
        rest = number(rest, &plan->seed);
    } else if ((rest = after(text, "jitter=")) != NULL) {
        rest = permille(rest, &value);
        rest = rest != NULL && value >= PERMILLE ? rest : NULL;
        plan->jitter_permille = (uint32_t)value;
    } else if ((rest = after(text, "spurious=")) != NULL) {
        rest = number(rest, &value);
        rest = rest != NULL && value <= 100 ? rest : NULL;
        plan->spurious = (uint32_t)value;
    } else if ((rest = after(text, "cost=")) != NULL) {
        rest = number(rest, &value);
        rest = rest != NULL && value >= 1 && value <= 1000000000 ? rest : NULL;
        plan->cost_ns = value;
    } else if ((rest = after(text, "steps=")) != NULL) {
        rest = number(rest, &value);
        rest = rest != NULL && value >= 1 ? rest : NULL;
        plan->steps = value;
    } else if ((rest = after(text, "limit=")) != NULL) {
        rest = number(rest, &plan->limit_ms);
        rest = rest != NULL && plan->limit_ms <= LIMIT_MAX_MS ? rest : NULL;
        plan->has_limit = true;
    } else if ((rest = after(text, "stall=")) != NULL) {
        rest = number(rest, &value);
        rest = rest != NULL && value >= 1 && value <= STALL_MAX_MS ? rest : NULL;
        plan->stall_ms = (uint32_t)value;
    }
    return rest;
}

const char *weft_plan_parse(const char *text, struct weft_plan *plan)
{
    struct weft_plan read = {.cost_ns = WEFT_PLAN_COST_NS,
                             .jitter_permille = PERMILLE,
                             .limit_ms = WEFT_PLAN_LIMIT_MS,
                             .stall_ms = WEFT_PLAN_STALL_MS,
                             .steps = WEFT_PLAN_STEPS};

    const char *at = strategy(text, &read);
    if (at == NULL) {
        return "a schedule is fifo, round-robin, random, pct:D, pos, portfolio or replay:CHOICES";
    }
    while (*at == ',') {
        at = option(at + 1, &read);
        if (at == NULL) {
            return "behind the schedule stand seed=N, jitter=FACTOR (from 1), spurious=PERCENT, "
                   "cost=NS, steps=N, limit=MS or stall=MS";
        }
    }
    if (*at != '\0') {
        return "behind the schedule stand options, each after a comma";
    }
    *plan = read;
    return NULL;
}

uint64_t weft_plan_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/*
 * No strategy finds every bug (docs/adr/0007): of ten seeds four walk at random, three use PCT, two
 * POS, and one interrupts nobody; every third also stretches the sleeps.
 */
void weft_plan_settle(struct weft_plan *plan)
{
    uint64_t state = plan->seed ^ 0x706f7274666f6c69u;

    if (plan->strategy != WEFT_STRATEGY_PORTFOLIO) {
        return;
    }
    const uint64_t share = weft_plan_random(&state) % 10;
    plan->strategy = share < 4   ? WEFT_STRATEGY_RANDOM
                     : share < 7 ? WEFT_STRATEGY_PCT
                     : share < 9 ? WEFT_STRATEGY_POS
                                 : WEFT_STRATEGY_FIFO;
    plan->depth = 2 + (uint32_t)(weft_plan_random(&state) % 4);
    if (plan->jitter_permille == PERMILLE && weft_plan_random(&state) % 3 == 0) {
        plan->jitter_permille = 4 * PERMILLE;
    }
}

uint32_t weft_plan_next(const char **at, const char *end, uint64_t *skip)
{
    uint32_t choice = 0;

    if (*skip == 0 && *at < end && is_digit(**at)) {
        while (*at < end && is_digit(**at)) {
            *skip = *skip > number_max ? *skip : *skip * 10 + (uint64_t)(**at - '0');
            (*at)++;
        }
    }
    if (*skip > 0) {
        (*skip)--;
        return 0;
    }
    while (*at < end && **at == 'z') {
        choice += LETTERS;
        (*at)++;
    }
    if (*at < end && **at >= 'a' && **at < 'z') {
        choice += (uint32_t)(**at - 'a') + 1;
        (*at)++;
    }
    return choice;
}
