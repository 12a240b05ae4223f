/*
 * Stories in plain sentences: why a wait lasted, and what cost most time in a trace.
 * Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_ANALYSIS_EXPLAIN_H
#define WEFT_TRACES_ANALYSIS_EXPLAIN_H

#include "traces/analysis/chain.h"
#include "traces/analysis/words.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * "Thread-2 waited 3.00 s for threadLock, because Thread-1 held it; Thread-1 spent 3.00 s of that
 * sleeping (locked_sections.c:41)."  The wait, down its main causes to the root.
 */
void weft_explain_chain(const struct weft_model *model, const struct weft_chain *chain,
                        struct weft_sentence *out);

/* What a cause is, without its time: "Thread-1, which held threadLock, sleeping (a.c:41)". */
void weft_explain_cause(const struct weft_model *model, const struct weft_chain *chain,
                        uint32_t cause, struct weft_sentence *out);

/* "a was sleeping (a.c:5)": what the last one in the chain was itself doing. */
void weft_explain_root(const struct weft_model *model, const struct weft_chain *chain,
                       struct weft_sentence *out);

/* "Ended at 3.001 s: Thread-1 releases threadLock, in run (a.c:40)."; of an open wait that it did
 * not end. */
void weft_explain_end(const struct weft_model *model, uint32_t thread, uint32_t span,
                      struct weft_sentence *out);

/* One of the things that cost most time. */
enum weft_cost_kind {
    WEFT_COST_OBJECT, /* waits for an object */
    WEFT_COST_SLEEP,  /* sleeps at a call site */
    WEFT_COST_POLL,   /* asking again and again, at a call site */
    WEFT_COST_IO,     /* blocking calls at a call site */
};

struct weft_cost {
    uint8_t kind;    /* enum weft_cost_kind */
    uint32_t object; /* OBJECT; else WEFT_NONE */
    uint32_t site;   /* SLEEP, POLL, IO; else WEFT_NONE: all whose site is not known, too */
    uint64_t ns;     /* of all threads together */
    uint64_t count;
    uint32_t thread, span; /* the longest one */
    uint64_t longest_ns;
};

struct weft_costs {
    struct weft_cost *at;
    size_t count, room;
};

/* All of them, most time first; joins are no cost of their own.  False: no memory. */
bool weft_costs_build(const struct weft_model *model, struct weft_costs *costs);
void weft_costs_done(struct weft_costs *costs);

void weft_explain_cost(const struct weft_model *model, const struct weft_cost *cost,
                       struct weft_sentence *out);

#endif
