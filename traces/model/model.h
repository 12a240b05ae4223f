/*
 * The model: what the events of a trace mean.  Threads with their state spans, locks with holds
 * and waits, queues with their depth, wake-ups (who ended whose wait), printed lines.
 * Every report, exporter and view uses this one structure; none keeps its own.
 *
 * Append-only: indices never change meaning, and a view that remembers the counts holds a fixed
 * prefix.  Times are ns since the start of the trace; ranges are half-open.  A span that is still
 * open ends with its lane and has WEFT_SPAN_OPEN.
 *
 * The model owns everything in it, strings included.
 * Threads: building is one thread's; reading a model that nobody feeds, any.
 */
#ifndef WEFT_TRACES_MODEL_H
#define WEFT_TRACES_MODEL_H

#include "base/arena.h"
#include "base/status.h"
#include "traces/format/format.h"
#include "traces/model/bins.h"
#include "traces/model/pyramid.h"
#include "traces/read/read.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Indices into the model's arrays, not the numbers in the file; WEFT_NONE is "none". */
#define WEFT_NONE UINT32_MAX

enum {
    WEFT_SPAN_OPEN = 1,    /* it had not ended when the trace or the process did: drawn ragged */
    WEFT_SPAN_ASSUMED = 2, /* its begin or end was not in the trace but follows from other events */
    WEFT_HOLD_SHARED = 4,  /* holds: for reading, others may read too */
};

/*
 * What a thread was doing from start_ns until the next span of the thread starts (or the thread
 * ends: weft_span_end_ns).  The spans of a thread tile its life without gap or overlap, and none
 * is empty but the zero-length ones that the trace really has.
 */
struct weft_span {
    uint64_t start_ns;
    uint32_t object; /* index of the object; for JOIN the index of the thread that is joined */
    uint32_t site;   /* where the wait began */
    uint32_t point;  /* the event that it began with, or, where only its end is recorded, ended */
    uint32_t wake;   /* who ended it: index into wakes, or WEFT_NONE: not known */
    uint32_t more;   /* private: index into extras, or WEFT_NONE */
    uint8_t state;   /* enum weft_state */
    uint8_t outcome; /* enum weft_outcome; says nothing while flags are OPEN or ASSUMED */
    uint8_t flags;
    uint8_t question; /* enum weft_question, for POLL */
};

/* What only some spans have; most of it stands in the arguments of the event that began it. */
struct weft_span_extra {
    int64_t amount; /* SLEEP: ns asked for; POLL: how often, 0 while not known; waits: time-out in
                       ns; -1 for none */
    int64_t answer; /* POLL: what the answer was */
    uint32_t wake;  /* who ended it: index into wakes, or WEFT_NONE: not known */
    uint32_t mutex; /* COND_WAIT: the lock that was given up meanwhile, or WEFT_NONE */
};

/* Somebody's act that ended somebody's wait. */
struct weft_wake {
    uint64_t from_ns; /* the release, signal, put, end of the thread … */
    uint64_t to_ns;   /* the acquire, wake-up, get, end of the join … ≥ from_ns */
    uint32_t from_thread;
    uint32_t to_thread;
    uint32_t object; /* WEFT_NONE for joins */
    uint32_t span;   /* the wait that it ended: index into spans of to_thread */
    uint32_t from_site;
    uint32_t from_point; /* the event of the act */
    uint32_t item;       /* queues: the index of the event whose item was handed over, or NONE */
};

/* An event as it came, for stepping, tooltips and marks. */
struct weft_point {
    uint64_t t_ns;
    uint32_t thread;
    uint32_t object; /* index of the object, or of the thread for events on threads */
    uint32_t site;
    uint8_t kind;    /* enum weft_event_kind */
    uint8_t outcome; /* enum weft_outcome */
    bool has_args;   /* weft_model_args finds them */
};

struct weft_point_args {
    uint32_t point; /* WEFT_NONE: the event has none */
    bool has_first, has_second;
    /* Objects ("with") are indices.  What the event does not have is -1 for times, WEFT_NONE for
     * objects, 0 else. */
    int64_t first, second;
    const char *text; /* NULL: none */
};

/*
 * How the above are stored, which is the model's own matter: references to points, whose fields
 * they share.  An event is kept in 16 bytes, in chunks, so that nothing moves when the trace grows;
 * a chunk with a number that does not fit keeps its events whole.
 *
 *     word 0   time 48 │ kind 8 │ outcome 7 │ has_args 1
 *     word 1   thread 16 │ site 24 │ object 24         all ones: WEFT_NONE
 *
 * Arguments follow each other as bytes, with an index of each 16th point.
 */
enum {
    WEFT_CHUNK_LOG = 12, /* points in a chunk */
    WEFT_CHUNK_POINTS = 1 << WEFT_CHUNK_LOG,
    WEFT_ARGS_INDEXED = 16,
};

struct weft_point_kept {
    uint64_t word[2];
};

struct weft_chunk {
    struct weft_point_kept *kept; /* NULL: wide */
    struct weft_point *wide;
    uint8_t *args;
    uint32_t args_used, args_room;
    uint32_t args_from[WEFT_CHUNK_POINTS / WEFT_ARGS_INDEXED];
};

enum {
    WEFT_KEPT_PUBLIC = 7, /* the flags that everybody knows */
    WEFT_KEPT_MORE = 64,  /* spans: `link` is an index into extras, not into wakes */
    WEFT_KEPT_LATE = 128, /* spans: the begin is in the extra */
};
/* Of two words with points in them, whose numbers have 31 bits. */
#define WEFT_KEPT_POINT UINT32_C(0x7fffffff)
#define WEFT_KEPT_BIT UINT32_C(0x80000000)

struct weft_span_kept {
    uint32_t point;
    uint32_t link;
    uint8_t state, outcome, flags, question;
};

struct weft_stack_kept {
    uint32_t point;
    uint32_t from; /* in callers */
    uint32_t count;
};

struct weft_extra_kept {
    uint64_t start_ns;
    int64_t amount;
    uint32_t wake;
};

struct weft_wake_kept {
    uint32_t from; /* the act; the bit: its item is what the get took */
    uint32_t to;   /* the end; the bit: clocks differed, the act counts as simultaneous */
    uint32_t span;
};

struct weft_hold_kept {
    uint32_t from; /* the acquire; the bit: it ended when the next hold began */
    uint32_t to;   /* the release, WEFT_KEPT_POINT: not known; the bit: assumed */
};

struct weft_rename {
    uint64_t t_ns;
    const char *name;
};

struct weft_zone {
    uint64_t start_ns, end_ns;
    uint32_t depth; /* 0: outermost */
    uint8_t flags;  /* WEFT_SPAN_OPEN; ASSUMED: it ended with its thread */
    const char *name;
};

struct weft_thread_info {
    uint32_t number; /* in the file */
    int64_t tid;     /* the kernel's, 0: unknown */
    uint32_t parent; /* index, WEFT_NONE: unknown */
    bool daemon;
    bool started;              /* its start is in the trace */
    bool ended;                /* its end is in the trace */
    uint64_t start_ns, end_ns; /* of its lane; end_ns = the model's end while it lives */
    const char *name;          /* the last one; "" never */
    struct {
        struct weft_rename *at;
        size_t count, room;
    } names; /* every name that it had, in time order; at least one */
    struct {
        struct weft_span_kept *at;
        size_t count, room;
    } spans;
    struct weft_pyramid pyramid; /* over the spans that have ended */
    struct {
        struct weft_zone *at;
        size_t count, room;
    } zones;
    struct weft_bins zone_bins; /* of how deep they lie */
};

/*
 * A thread had the object (lock, semaphore permit) from start to end.  SHARED: for reading.
 * ASSUMED: its release is not in the trace, the next acquire ended it.
 */
struct weft_hold {
    uint64_t start_ns, end_ns;
    uint32_t thread;
    uint32_t released_by; /* the same thread, or whoever released it; WEFT_NONE: not known (yet) */
    uint32_t site;        /* of the acquire */
    uint32_t release_site;
    uint8_t flags; /* WEFT_SPAN_OPEN, WEFT_SPAN_ASSUMED, WEFT_HOLD_SHARED */
};

struct weft_wait_ref {
    uint32_t thread;
    uint32_t span; /* index into that thread's spans */
};

/* A number over time: depth of a queue, value of a semaphore or a counter. */
struct weft_level {
    uint64_t t_ns;
    int64_t value;
    uint32_t point; /* the event that changed it */
};

/* What of an object has bins. */
enum weft_bins_of { WEFT_BINS_HOLDS, WEFT_BINS_WAITS, WEFT_BINS_LEVELS, WEFT_BINS_COUNT };

/* What each event about a lock looks at comes first: of very many objects none is in a cache. */
struct weft_object {
    struct {
        struct weft_hold_kept *at;
        size_t count, room;
    } holds;
    uint32_t number; /* in the file */
    uint8_t kind;    /* enum weft_object_kind */
    uint8_t family;  /* enum weft_family */
    bool destroyed;
    uint64_t last_ns;   /* of the events about it */
    uint64_t acquires;  /* locks, semaphores: TAKE with outcome ok */
    uint64_t contended; /* of these, after a wait */
    uint64_t failed;    /* tries in vain */
    uint64_t first_ns;
    const char *name; /* "" never: "lock 3" when the program gave none */
    int64_t capacity; /* queues: 0 unbounded; semaphores: first value; barriers: parties */
    uint64_t timeouts;
    uint64_t puts, gets; /* queues */
    int64_t peak;        /* highest level */
    struct {
        struct weft_wait_ref *at;
        size_t count, room;
    } waits;              /* by begin */
    int64_t level_before; /* what the first level was before the first event, if that is stored */
    struct {
        uint32_t *at; /* points; the bit: level_before */
        size_t count, room;
    } levels;
    struct weft_bins *bins; /* WEFT_BINS_COUNT; NULL: there are too few of anything */
};

struct weft_site {
    uint32_t number;
    const char *function; /* "" when unknown */
    const char *file;     /* "" when unknown */
    uint32_t line;        /* 0 when unknown */
};

struct weft_print_line {
    uint64_t t_ns;
    uint32_t thread;
    uint32_t point;
    const char *text;
};

struct weft_model {
    struct weft_arena strings;
    struct weft_trace_header header; /* strings owned by the model */
    struct weft_trace_health health;
    uint64_t end_ns;     /* where the last lane ends: the last event, or what the last line says */
    int32_t exit_status; /* of the process, -1 when it is not in the trace */
    int32_t exit_signal; /* 0: none */
    uint64_t oddities;   /* events that contradict what came before (release of a free lock in a cut
                            trace, an end without a thread); kept as points, without effect */
    struct {
        struct weft_thread_info *at;
        size_t count, room;
    } threads;
    struct {
        struct weft_object *at;
        size_t count, room;
    } objects;
    struct {
        struct weft_site *at;
        size_t count, room;
    } sites;
    struct {
        struct weft_chunk **at; /* of WEFT_CHUNK_POINTS each */
        size_t count;           /* of points */
        size_t room;            /* for chunks */
    } points;                   /* all events, in time order */
    struct {
        const char **at;
        size_t count, room;
    } texts; /* of arguments */
    struct {
        struct weft_stack_kept *at;
        size_t count, room;
    } stacks; /* of the events that have one, by point */
    struct {
        uint32_t *at; /* indices of sites */
        size_t count, room;
    } callers; /* of all stacks, each stack once */
    struct {
        struct weft_extra_kept *at;
        size_t count, room;
    } extras;
    struct {
        struct weft_wake_kept *at;
        size_t count, room;
    } wakes; /* by to_ns */
    struct {
        struct weft_print_line *at;
        size_t count, room;
    } prints; /* in time order */

    struct weft_model_private *builder; /* what only building needs */
};

/* Building ──────────────────────────────────────────────────────────────────────────────────── */

/* An empty model; NULL when there is no memory. */
struct weft_model *weft_model_new(void);
void weft_model_free(struct weft_model *model);

/*
 * Feeds at most `budget` items of reader into the model, so that a window stays alive meanwhile.
 *   bad   called for each bad line with its sentence; may be NULL
 * *more is false when the reader has come to the end (then the model is finished).
 * Status: WEFT_ERR_MEMORY, WEFT_ERR_OPEN (the file cannot be read further).
 */
enum weft_status weft_model_feed(struct weft_model *model, struct weft_reader *reader,
                                 uint64_t budget, void (*bad)(void *ctx, const char *text),
                                 void *ctx, bool *more, struct weft_error *error);

/* Reads a whole trace.  Bad lines go to `bad`, as above. */
enum weft_status weft_model_load(const char *path, void (*bad)(void *ctx, const char *text),
                                 void *ctx, struct weft_model **model, struct weft_error *error);

/*
 * The same, and `watch` (may be NULL) is told now and then how much of the file is read; `total` is
 * 0 where that is not known.
 */
typedef void weft_model_watch(void *ctx, uint64_t bytes, uint64_t total);
enum weft_status weft_model_load_watched(const char *path, void (*bad)(void *ctx, const char *text),
                                         void *ctx, weft_model_watch *watch, void *watch_ctx,
                                         struct weft_model **model, struct weft_error *error);

/*
 * Looking ─────────────────────────────────────────────────────────────────────────────────────
 *
 * What the arrays hold is looked at by value, through these alone: how it is stored is the model's
 * own matter.  Indices must be valid, counts are in the arrays.  Threads: any.
 */

static inline uint32_t weft_kept_number(uint64_t word, unsigned shift, uint32_t mask)
{
    const uint32_t number = (uint32_t)(word >> shift) & mask;

    return number == mask ? WEFT_NONE : number;
}

static inline struct weft_point weft_model_point(const struct weft_model *model, size_t point)
{
    const struct weft_chunk *chunk = model->points.at[point >> WEFT_CHUNK_LOG];
    const size_t at = point % WEFT_CHUNK_POINTS;

    if (chunk->kept == NULL) {
        return chunk->wide[at];
    }
    const uint64_t *word = chunk->kept[at].word;
    return (struct weft_point){.t_ns = word[0] >> 16,
                               .thread = (uint32_t)(word[1] >> 48),
                               .object = weft_kept_number(word[1], 0, 0xffffff),
                               .site = weft_kept_number(word[1], 24, 0xffffff),
                               .kind = (uint8_t)(word[0] >> 8),
                               .outcome = (uint8_t)(word[0] & 0xff) >> 1,
                               .has_args = (word[0] & 1) != 0};
}

/* The same for its time alone, which is what searches look at. */
static inline uint64_t weft_model_point_ns(const struct weft_model *model, size_t point)
{
    const struct weft_chunk *chunk = model->points.at[point >> WEFT_CHUNK_LOG];
    const size_t at = point % WEFT_CHUNK_POINTS;

    return chunk->kept == NULL ? chunk->wide[at].t_ns : chunk->kept[at].word[0] >> 16;
}

/* A trace that begins in the middle of a run says at t = 0 what was so then, not what happened. */
static inline bool weft_model_is_carried(const struct weft_model *model, uint64_t t_ns)
{
    return t_ns == 0 && model->header.before_ns > 0;
}

static inline uint64_t weft_thread_span_ns(const struct weft_model *model,
                                           const struct weft_thread_info *thread, size_t span)
{
    const struct weft_span_kept *kept = &thread->spans.at[span];

    return (kept->flags & WEFT_KEPT_LATE) != 0 ? model->extras.at[kept->link].start_ns
                                               : weft_model_point_ns(model, kept->point);
}

static inline struct weft_span weft_thread_span(const struct weft_model *model,
                                                const struct weft_thread_info *thread, size_t span)
{
    const struct weft_span_kept kept = thread->spans.at[span];
    const struct weft_point point = weft_model_point(model, kept.point);
    const bool more = (kept.flags & WEFT_KEPT_MORE) != 0;
    const bool runs = kept.state == WEFT_STATE_RUNNING || kept.state == WEFT_STATE_UNKNOWN;

    return (struct weft_span){.start_ns = (kept.flags & WEFT_KEPT_LATE) != 0
                                              ? model->extras.at[kept.link].start_ns
                                              : point.t_ns,
                              .object = runs ? WEFT_NONE : point.object,
                              .site = runs ? WEFT_NONE : point.site,
                              .point = kept.point,
                              .wake = more ? model->extras.at[kept.link].wake : kept.link,
                              .more = more ? kept.link : WEFT_NONE,
                              .state = kept.state,
                              .outcome = kept.outcome,
                              .flags = kept.flags & WEFT_KEPT_PUBLIC,
                              .question = kept.question};
}

static inline struct weft_span weft_model_span(const struct weft_model *model, size_t thread,
                                               size_t span)
{
    return weft_thread_span(model, &model->threads.at[thread], span);
}

static inline uint64_t weft_object_hold_ns(const struct weft_model *model,
                                           const struct weft_object *object, size_t hold)
{
    return weft_model_point_ns(model, object->holds.at[hold].from & WEFT_KEPT_POINT);
}

struct weft_hold weft_object_hold(const struct weft_model *model, const struct weft_object *object,
                                  size_t hold);

static inline struct weft_hold weft_model_hold(const struct weft_model *model, size_t object,
                                               size_t hold)
{
    return weft_object_hold(model, &model->objects.at[object], hold);
}

static inline uint64_t weft_object_level_ns(const struct weft_model *model,
                                            const struct weft_object *object, size_t level)
{
    return weft_model_point_ns(model, object->levels.at[level] & WEFT_KEPT_POINT);
}

struct weft_level weft_object_level(const struct weft_model *model,
                                    const struct weft_object *object, size_t level);

static inline struct weft_level weft_model_level(const struct weft_model *model, size_t object,
                                                 size_t level)
{
    return weft_object_level(model, &model->objects.at[object], level);
}

struct weft_wake weft_model_wake(const struct weft_model *model, size_t wake);

static inline uint64_t weft_model_wake_ns(const struct weft_model *model, size_t wake)
{
    return weft_model_point_ns(model, model->wakes.at[wake].to & WEFT_KEPT_POINT);
}

/* Asking ────────────────────────────────────────────────────────────────────────────────────── */

uint64_t weft_span_end_ns(const struct weft_model *model, uint32_t thread, uint32_t span);

/* The span of a thread at t_ns, WEFT_NONE outside its life.  Cost: O(log spans). */
uint32_t weft_model_span_at(const struct weft_model *model, uint32_t thread, uint64_t t_ns);

/* The same for what is told of a moment: where the trace ends, a thread that had not ended is still
 * in its last span.  A live view looks at nothing else than that moment. */
uint32_t weft_model_span_shown(const struct weft_model *model, uint32_t thread, uint64_t t_ns);

/* Is `object` the index of a thread, not of an object?  So it is for joins and "is it alive?". */
bool weft_event_about_thread(enum weft_event_kind kind, enum weft_question question);
bool weft_span_about_thread(const struct weft_span *span);
bool weft_point_about_thread(const struct weft_model *model, uint32_t point);

/* A span's extra; "nothing" when it has none. */
struct weft_span_extra weft_span_extra_of(const struct weft_model *model,
                                          const struct weft_span *span);

static inline struct weft_span_extra weft_model_span_extra(const struct weft_model *model,
                                                           size_t thread, size_t span)
{
    const struct weft_span it = weft_model_span(model, thread, span);

    return weft_span_extra_of(model, &it);
}

/* The name that a thread had at t_ns. */
const char *weft_thread_name_at(const struct weft_thread_info *thread, uint64_t t_ns);

/* How many of an object's holds began at t_ns or before.  Cost: O(log holds). */
size_t weft_object_holds_begun(const struct weft_model *model, const struct weft_object *object,
                               uint64_t t_ns);

/*
 * Who holds the object at t_ns: an index into its holds, WEFT_NONE when it is free.  Of a
 * semaphore's permits the one that was taken last.
 * Cost: O(log holds) for locks; for semaphores also the holds between that one and t_ns.
 */
uint32_t weft_object_hold_at(const struct weft_model *model, const struct weft_object *object,
                             uint64_t t_ns);

/* The same for what is told of a moment: what is held when the trace ends is held there, too. */
uint32_t weft_object_hold_shown(const struct weft_model *model, const struct weft_object *object,
                                uint64_t t_ns);

/* Its level (depth, value) at t_ns, 0 before the first. */
int64_t weft_object_level_at(const struct weft_model *model, const struct weft_object *object,
                             uint64_t t_ns);

/* Arguments of a point; those that mean "none" when it has none. */
struct weft_point_args weft_model_args(const struct weft_model *model, uint32_t point);

/*
 * Who called the function in which the event's site stands: indices of sites, innermost first, in
 * *sites as long as the model is not fed.  0, and *sites untouched: nobody recorded it.
 */
uint32_t weft_model_stack(const struct weft_model *model, uint32_t point, const uint32_t **sites);

/* Time of a thread in a state inside [from_ns, to_ns), in ns. */
uint64_t weft_model_state_ns(const struct weft_model *model, uint32_t thread, enum weft_state state,
                             uint64_t from_ns, uint64_t to_ns);

/* Its time in every state, from its begin to its end.  Cost: the same at any length. */
struct weft_state_times {
    uint64_t ns[WEFT_STATE_COUNT];
};
struct weft_state_times weft_model_state_times(const struct weft_model *model, uint32_t thread);

/* A span, or many that follow each other. */
struct weft_strip {
    uint64_t start_ns, end_ns;
    uint32_t first, count;         /* spans */
    uint16_t mask;                 /* a bit for each state that occurs */
    float share[WEFT_STATE_COUNT]; /* of its length; 0 for all when it has none */
};

/*
 * What a thread did in [from_ns, to_ns], in time order and without gaps, for a picture: spans that
 * fit into finest_ns together come as one strip where that is cheaper, all others one by one.
 * Cost: O(log spans + (to_ns - from_ns) / finest_ns), however the spans lie.
 */
typedef void weft_strip_visit(void *ctx, const struct weft_strip *strip);
void weft_model_strips(const struct weft_model *model, uint32_t thread, uint64_t from_ns,
                       uint64_t to_ns, uint64_t finest_ns, weft_strip_visit *visit, void *ctx);

/*
 * The same in columns of a picture, [from_ns + i * column_ns, …): what each of them shows.  The
 * spans of at least `wide` columns are visited by themselves, in time order, at x0 … x1 columns
 * from the first one's left edge, and leave their inside out; all others go into the columns.
 * Drawn and true shares of a column differ by less than 10 points.
 *   columns   `count`, zero
 * Cost: O(log spans + count), however the spans lie.
 */
struct weft_columns {
    double from_ns, column_ns;
    uint32_t count;
    double wide;
};
struct weft_column {
    uint16_t mask; /* a bit for each state of a short span in it; 0: there is none */
    uint8_t most;  /* the state that has most of it, when there is one */
};
typedef void weft_wide_visit(void *ctx, uint32_t span, double x0, double x1);
void weft_model_columns(const struct weft_model *model, uint32_t thread,
                        const struct weft_columns *where, struct weft_column *columns,
                        weft_wide_visit *visit, void *ctx);

/*
 * The holds, waits or levels of an object, and the zones of a thread, for a picture of
 * [from_ns, to_ns]: weft_series_bunches (bins.h).  Indices in them are those of the items.
 */
void weft_model_bunches(const struct weft_model *model, uint32_t object, enum weft_bins_of what,
                        uint64_t from_ns, uint64_t to_ns, uint64_t finest_ns,
                        weft_bunch_visit *visit, void *ctx);
void weft_model_zone_bunches(const struct weft_model *model, uint32_t thread, uint64_t from_ns,
                             uint64_t to_ns, uint64_t finest_ns, weft_bunch_visit *visit,
                             void *ctx);

/*
 * The zone that another one lies in directly, WEFT_NONE: it lies in none.
 * Cost: O(log zones) beside the bins of zones as deep as it.
 */
uint32_t weft_model_zone_around(const struct weft_model *model, uint32_t thread, size_t zone);

/* First point at or after t_ns (points.count when there is none). */
size_t weft_model_point_from(const struct weft_model *model, uint64_t t_ns);

/* Tries in vain: an event is one, or it ends a poll, which may have folded many into one. */
enum weft_vain { WEFT_VAIN_NOT, WEFT_VAIN_TRY, WEFT_VAIN_POLL };

/* first, second: the arguments of the event. */
enum weft_vain weft_point_in_vain(uint8_t kind, int64_t first, bool has_second, int64_t second);

/* How many a poll has folded; first_counted: the first was an event of its own and is counted. */
uint64_t weft_poll_in_vain(const struct weft_span_extra *poll, bool first_counted);

#endif
