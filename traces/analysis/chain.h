/*
 * Why a wait lasted: the chain of those it was waited for, and what each of them did meanwhile.
 *
 * A chain is a tree of causes.  Its first is the wait itself; the children of a wait say who was
 * waited for and what that one was doing, each with the time that it took:
 *
 *     c waits for B        3.00 s
 *     └─ b held it: waits for A    2.90 s
 *     │  └─ a held it: sleeps      2.90 s      ◄ the root
 *     └─ b held it: runs           0.10 s
 *
 * The times of the children add up to that of the wait, to the nanosecond, but for what `cut_ns`
 * says.  Nothing is guessed: what cannot be known is a cause without a thread.
 *
 * Source: docs/analysis.md.  Threads: any; the model must not be fed meanwhile.
 */
#ifndef WEFT_TRACES_ANALYSIS_CHAIN_H
#define WEFT_TRACES_ANALYSIS_CHAIN_H

#include "traces/analysis/owners.h"
#include "traces/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weft_doing {
    WEFT_DOING_STATE,       /* `state` says what */
    WEFT_DOING_NOT_STARTED, /* the thread did not run yet */
    WEFT_DOING_ENDED,       /* the thread had ended already (without a release) */
    WEFT_DOING_NOTHING,     /* there is no thread: `why` says it all */
    WEFT_DOING_CYCLE,       /* it waited, in a ring, for one that is further up in the chain */
    WEFT_DOING_DEEPER,      /* it waited, too deep in the chain to be followed */
};

struct weft_cause {
    uint64_t ns;
    uint64_t longest_ns;
    uint32_t parent;               /* index into causes; WEFT_NONE for the first */
    uint32_t first_child, sibling; /* WEFT_NONE: none */
    uint32_t thread;               /* who; WEFT_NONE: nobody that is known */
    uint32_t wanted;               /* why HELD, ACT: the object that it kept; else WEFT_NONE */
    uint32_t object;               /* what it was doing that with: weft_span's object */
    uint32_t span;                 /* its longest such span, WEFT_NONE: none */
    uint32_t count;                /* of such spans */
    uint32_t cycle;                /* CYCLE: the cause further up of the same thread */
    uint8_t why;                   /* enum weft_why: how it kept its parent waiting */
    uint8_t doing;                 /* enum weft_doing */
    uint8_t state;                 /* enum weft_state, WEFT_STATE_NONE when not STATE or CYCLE */
};

struct weft_chain {
    struct weft_wait_end end; /* how the wait ended */
    uint64_t cut_ns;          /* of the wait, what was not followed: the tree is bounded */
    struct {
        struct weft_cause *at;
        size_t count, room;
    } causes; /* at[0]: the wait */
};

/*
 * The chain of a span within [from_ns, to_ns), which is clipped to it (0 and UINT64_MAX: all of
 * it).  A span that is no wait gives a chain of one cause.  False: no memory; *chain is empty then.
 * Cost: bounded, at most 100,000 spans and 300 causes, 32 deep.
 */
bool weft_chain_build(const struct weft_model *model, uint32_t thread, uint32_t span,
                      uint64_t from_ns, uint64_t to_ns, struct weft_chain *chain);
void weft_chain_done(struct weft_chain *chain);

/* The child of a cause that took most time; WEFT_NONE: it has none. */
uint32_t weft_chain_main_child(const struct weft_chain *chain, uint32_t cause);

/* Down the main children from the wait: what the last one in the chain was itself doing. */
uint32_t weft_chain_root(const struct weft_chain *chain);

#endif
