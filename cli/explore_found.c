#include "cli/explore_found.h"

#include "cli/choices.h"
#include "traces/format/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { TRIES = 400 };

#define SHRINK_NS UINT64_C(5000000000) /* of real time, for one failure */

static const char *const kinds[] = {
    [WEFT_FAILURE_NONE] = "none", [WEFT_FAILURE_DEADLOCK] = "deadlock",
    [WEFT_FAILURE_HANG] = "hang", [WEFT_FAILURE_CRASH] = "crash",
    [WEFT_FAILURE_EXIT] = "exit", [WEFT_FAILURE_OUTPUT] = "output",
};

enum weft_failure_kind weft_failure_kind_of(const char *name)
{
    for (size_t i = WEFT_FAILURE_DEADLOCK; i <= WEFT_FAILURE_EXIT; i++) {
        if (strcmp(name, kinds[i]) == 0) {
            return (enum weft_failure_kind)i;
        }
    }
    return WEFT_FAILURE_NONE;
}

/* How it failed, if it did; a plain run among others that was too slow says nothing. */
static enum weft_failure_kind classify(const struct weft_wanted *wanted,
                                       const struct weft_run_end *end, int *detail)
{
    const bool plain = end->run->plan[0] == '\0';
    enum weft_failure_kind kind = WEFT_FAILURE_NONE;

    *detail = 0;
    if (end->result.deadlock) {
        kind = WEFT_FAILURE_DEADLOCK;
    } else if (end->result.limit) {
        kind = WEFT_FAILURE_HANG;
    } else if (end->hung) {
        kind = plain && !wanted->plain_hangs ? WEFT_FAILURE_NONE : WEFT_FAILURE_HANG;
    } else if (WIFSIGNALED(end->wait_status)) {
        kind = WEFT_FAILURE_CRASH;
        *detail = WTERMSIG(end->wait_status);
    } else if (WEXITSTATUS(end->wait_status) != 0) {
        kind = WEFT_FAILURE_EXIT;
        *detail = WEXITSTATUS(end->wait_status);
    }
    if (wanted->only == WEFT_FAILURE_OUTPUT) {
        *detail = 0;
        return regexec(&wanted->output, end->output, 0, NULL, 0) == 0 ? WEFT_FAILURE_OUTPUT
                                                                      : WEFT_FAILURE_NONE;
    }
    return wanted->only == WEFT_FAILURE_NONE || wanted->only == kind ? kind : WEFT_FAILURE_NONE;
}

static void name_failure(struct weft_failure *failure)
{
    static const struct {
        int signal;
        const char *name;
    } signals[] = {{SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
                   {SIGILL, "SIGILL"},   {SIGKILL, "SIGKILL"}, {SIGPIPE, "SIGPIPE"},
                   {SIGSEGV, "SIGSEGV"}, {SIGSYS, "SIGSYS"},   {SIGTERM, "SIGTERM"},
                   {SIGTRAP, "SIGTRAP"}};
    const char *name = kinds[failure->kind];

    if (failure->kind == WEFT_FAILURE_CRASH) {
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
            if (signals[i].signal == failure->detail) {
                (void)snprintf(failure->name, sizeof failure->name, "%s-%s", name, signals[i].name);
                return;
            }
        }
    }
    if (failure->kind == WEFT_FAILURE_CRASH || failure->kind == WEFT_FAILURE_EXIT) {
        (void)snprintf(failure->name, sizeof failure->name, "%s-%d", name, failure->detail);
    } else {
        (void)snprintf(failure->name, sizeof failure->name, "%s", name);
    }
}

static uint64_t count_changes(const struct weft_run_end *end)
{
    uint64_t changes = 0;

    if (!end->result.is_whole) {
        return UINT64_MAX;
    }
    for (uint64_t i = 0; i < end->result.choices; i++) {
        changes += weft_trial_choice(end->trial, i).taken != 0;
    }
    return changes;
}

/* The plan that replays the run, its own when the choices are too many to be told. */
static void keep(struct weft_failure *failure, const struct weft_run_end *end)
{
    struct weft_choices choices = {.text = ""};
    struct weft_plan like;
    char plan[WEFT_PLAN_ROOM];

    failure->best = *end->run;
    failure->changes = count_changes(end);
    failure->choices = end->result.choices;
    /* One that left its plan is kept by what it chose instead. */
    failure->is_deterministic = (end->result.left & ~(uint32_t)WEFT_LEFT_DIVERGED) == 0;
    if (!end->result.is_whole || weft_plan_parse(end->run->plan, &like) != NULL) {
        return;
    }
    for (uint64_t i = 0; i < end->result.choices; i++) {
        weft_choices_add(&choices, weft_trial_choice(end->trial, i).taken);
    }
    if (weft_choices_plan(&choices, &like, plan)) {
        memcpy(failure->best.plan, plan, sizeof plan);
    }
}

bool weft_found_add(struct weft_found *found, const struct weft_wanted *wanted,
                    const struct weft_run_end *end)
{
    struct weft_failure failure = {.first = end->run->number, .changes = UINT64_MAX};
    const bool plain = end->run->plan[0] == '\0';
    uint32_t at = 0;

    failure.kind = classify(wanted, end, &failure.detail);
    if (failure.kind == WEFT_FAILURE_NONE) {
        return false;
    }
    found->runs++;
    while (at < found->count &&
           (found->at[at].kind != failure.kind || found->at[at].detail != failure.detail)) {
        at++;
    }
    if (at == WEFT_FAILURES_MAX) {
        return true; /* counted in all failed runs */
    }
    struct weft_failure *kept = &found->at[at];
    if (at == found->count) {
        name_failure(&failure);
        failure.is_plain = true;
        *kept = failure;
        found->count++;
    }
    kept->runs++;
    kept->first = end->run->number < kept->first ? end->run->number : kept->first;
    if (!plain && (kept->is_plain || count_changes(end) < kept->changes)) {
        kept->is_plain = false;
        memcpy(kept->original, end->run->plan, sizeof kept->original);
        keep(kept, end);
    }
    return true;
}

/* Making it smaller ─────────────────────────────────────────────────────────────────────────── */

struct shrinking {
    struct weft_failure *failure;
    const struct weft_wanted *wanted;
    struct weft_runs *runs;
    uint8_t *taken; /* of all choices, `count` */
    uint64_t count, changes;
    uint64_t until_ns;
    bool interrupted;
};

static bool fails_alike(const struct shrinking *shrinking, const struct weft_run_end *end)
{
    int detail;

    return classify(shrinking->wanted, end, &detail) == shrinking->failure->kind &&
           detail == shrinking->failure->detail;
}

static bool run_once(struct shrinking *shrinking, const char *plan, struct weft_run_end *end)
{
    struct weft_try run = shrinking->failure->best;

    (void)snprintf(run.plan, sizeof run.plan, "%s", plan);
    if (!weft_runs_one(shrinking->runs, &run, end)) {
        shrinking->interrupted = true;
        return false;
    }
    return true;
}

/* What a run that failed really chose; false: no memory, or it is not known. */
static bool take_over(struct shrinking *shrinking, const struct weft_run_end *end)
{
    uint8_t *taken = calloc(end->result.choices + 1, 1);

    if (taken == NULL || !end->result.is_whole) {
        free(taken);
        return false;
    }
    for (uint64_t i = 0; i < end->result.choices; i++) {
        taken[i] = weft_trial_choice(end->trial, i).taken;
    }
    free(shrinking->taken);
    shrinking->taken = taken;
    shrinking->count = end->result.choices;
    shrinking->changes = count_changes(end);
    return true;
}

/*
 * Tries the choices without those changes from number `from` on, `count` of them.
 *   calm   with sleeps that last as long as they say
 * True: better.
 */
static bool try_without(struct shrinking *shrinking, uint64_t from, uint64_t count, bool calm)
{
    struct weft_choices choices = {.text = ""};
    struct weft_plan like;
    struct weft_run_end end;
    char plan[WEFT_PLAN_ROOM];
    uint64_t number = 0;

    for (uint64_t i = 0; i < shrinking->count; i++) {
        const uint8_t taken = shrinking->taken[i];
        const bool gone = taken != 0 && number >= from && number < from + count;
        number += taken != 0;
        weft_choices_add(&choices, gone ? 0 : taken);
    }
    if (weft_plan_parse(shrinking->failure->best.plan, &like) != NULL) {
        return false;
    }
    like.jitter_permille = calm ? 1000 : like.jitter_permille;
    if (!weft_choices_plan(&choices, &like, plan) || !run_once(shrinking, plan, &end)) {
        return false;
    }
    if (!fails_alike(shrinking, &end) || count_changes(&end) + !calm > shrinking->changes ||
        !take_over(shrinking, &end)) {
        return false;
    }
    keep(shrinking->failure, &end);
    return true;
}

/* Leaves out ever smaller parts, from the end: what comes late matters least. */
static void leave_out(struct shrinking *shrinking)
{
    uint32_t tries = 0;

    for (uint64_t size = shrinking->changes; size > 0;) {
        bool better = false;
        for (uint64_t to = shrinking->changes; to > 0;) {
            const uint64_t from = to > size ? to - size : 0;
            if (shrinking->interrupted || ++tries > TRIES ||
                weft_clock_monotonic() > shrinking->until_ns) {
                return;
            }
            better |= try_without(shrinking, from, to - from, false);
            to = from < shrinking->changes ? from : shrinking->changes;
        }
        /* At size 1 again until nothing more can go: it may depend on what went since. */
        size = size > 1 ? (size < shrinking->changes ? size : shrinking->changes) / 2
                        : (better ? 1 : 0);
    }
}

static bool replay(struct shrinking *shrinking)
{
    struct weft_failure *failure = shrinking->failure;
    struct weft_run_end end;

    failure->replays = failure->replayed = 0;
    /* One that hangs takes its time. */
    while (failure->replays < (failure->kind == WEFT_FAILURE_HANG ? 1 : WEFT_FAILURE_REPLAYS)) {
        if (!run_once(shrinking, failure->best.plan, &end)) {
            return false;
        }
        failure->replays++;
        failure->replayed += fails_alike(shrinking, &end);
        failure->is_deterministic &= end.result.left == 0;
    }
    return true;
}

bool weft_failure_shrink(struct weft_failure *failure, const struct weft_wanted *wanted,
                         struct weft_runs *runs)
{
    struct shrinking shrinking = {.failure = failure,
                                  .wanted = wanted,
                                  .runs = runs,
                                  .until_ns = weft_clock_monotonic() + SHRINK_NS};
    struct weft_run_end end;

    if (failure->is_plain || !run_once(&shrinking, failure->best.plan, &end)) {
        return failure->is_plain;
    }
    if (fails_alike(&shrinking, &end) && take_over(&shrinking, &end)) {
        if (strstr(failure->best.plan, ",jitter=") != NULL) {
            (void)try_without(&shrinking, 0, 0, true);
        }
        leave_out(&shrinking);
    }
    free(shrinking.taken);
    if (!replay(&shrinking)) {
        return false;
    }
    if (failure->replayed < failure->replays) { /* its seed may do better than its choices */
        memcpy(failure->best.plan, failure->original, sizeof failure->original);
        return replay(&shrinking);
    }
    return true;
}
