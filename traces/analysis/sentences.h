/*
 * What happened, in plain words: the reports, and the labels in the bars, the tooltip and the dock
 * of the viewer all say it with these sentences, so that no two places differ. Threads: any.
 */
#ifndef WEFT_ANALYSIS_SENTENCES_H
#define WEFT_ANALYSIS_SENTENCES_H

#include "traces/analysis/words.h"
#include "traces/model/model.h"

#include <stdbool.h>

/* "Thread-1", by the name that it had at t_ns; "" for WEFT_NONE. */
const char *weft_name_of_thread(const struct weft_model *model, uint32_t thread, uint64_t t_ns);

/* The call of an event of a blocking call: "recvmsg"; "" where the trace does not say it. */
const char *weft_name_of_call(const struct weft_model *model, uint32_t point);

/* Name of what a span is about: an object, a thread for joins, a call for blocking calls; "" when
 * there is none. */
const char *weft_name_of_subject(const struct weft_model *model, const struct weft_span *span);

/* What somebody does in a state that began with an event: "lock wait", "sleep"; for blocking calls
 * which: "recvmsg". */
const char *weft_words_of_doing(const struct weft_model *model, enum weft_state state,
                                uint32_t point);

/*
 * A span's label, from the fullest (variant 0) to the shortest.  False when this span has no such
 * variant.  What it waits for outlives how long: "waits 500 ms for seat — held by Ann", "waits
 * 500 ms for seat", "waits for seat", "seat", and only then "waits 500 ms".
 */
enum { WEFT_LABEL_VARIANTS = 8 };

bool weft_sentence_label(const struct weft_model *model, uint32_t thread, uint32_t span,
                         uint32_t variant, struct weft_sentence *out);

/* What a waiting span waits for: "for room in orders", "for ready to be set", "at meeting". */
void weft_sentence_what_for(const struct weft_model *model, uint32_t thread, uint32_t span,
                            struct weft_sentence *out);

/*
 * "held by Thread-1, then by 2 others": who had the lock in [from_ns, to_ns), or who had the
 * permits of a semaphore or read or wrote under a read-write lock at from_ns.  False: nobody, or
 * not exactly known.
 */
bool weft_sentence_holders(const struct weft_model *model, uint32_t object, uint64_t from_ns,
                           uint64_t to_ns, struct weft_sentence *out);

/* How many permits a semaphore had at first: as it was defined, or before its first change; 0 while
 * nothing is known. */
int64_t weft_permits_at_first(const struct weft_model *model, const struct weft_object *semaphore);

/* What a thread is doing at t_ns: "sleeps (1.20 of 2.00 s), holding threadLock". */
void weft_sentence_now(const struct weft_model *model, uint32_t thread, uint64_t t_ns,
                       struct weft_sentence *out);

/* How an object stands at t_ns: "held by Thread-2 since 3.00 s", "2 of 10 items: Four, Five". */
void weft_sentence_object_now(const struct weft_model *model, uint32_t object, uint64_t t_ns,
                              struct weft_sentence *out);

/* An event: "Thread-1 releases threadLock". */
void weft_sentence_point(const struct weft_model *model, uint32_t point, struct weft_sentence *out);

/* "print_time (locked_sections.c:41)"; false when nothing is known. */
bool weft_sentence_site(const struct weft_model *model, uint32_t site, struct weft_sentence *out);

/* Several sentences about one thing: a title, then facts. */
enum { WEFT_FACTS_MAX = 7 };

struct weft_facts {
    struct weft_sentence title;
    struct weft_sentence facts[WEFT_FACTS_MAX];
    uint32_t count;
};

/* All that is to say about one thing; what *facts had is replaced. */
void weft_facts_of_span(const struct weft_model *model, uint32_t thread, uint32_t span,
                        struct weft_facts *facts);
void weft_facts_of_zone(const struct weft_model *model, uint32_t thread, uint32_t zone,
                        struct weft_facts *facts);
void weft_facts_of_hold(const struct weft_model *model, uint32_t object, uint32_t hold,
                        struct weft_facts *facts);
void weft_facts_of_level(const struct weft_model *model, uint32_t object, uint32_t level,
                         struct weft_facts *facts);
void weft_facts_of_point(const struct weft_model *model, uint32_t point, struct weft_facts *facts);
void weft_facts_of_wake(const struct weft_model *model, uint32_t wake, struct weft_facts *facts);

#endif
