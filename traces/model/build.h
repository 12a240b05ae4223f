/*
 * What only the builder of a model knows, private to traces/model (and its tests): how the
 * numbers of the file map to indices, what each thread and object is in the middle of, and the
 * steps that one event goes through:
 *
 *     build.c    numbers → indices, the point, then in this order
 *     threads.c  the thread's lane: which wait does it begin or end?
 *     wakes.c    who ended that wait?
 *     objects.c  holds, levels and counts of the object
 *     wakes.c    what the event offers to those who wait
 *     threads.c  the wait's span is closed
 *
 * Functions that return bool say false for "no memory"; the model stays safe to read and free.
 * Rules: docs/model.md.
 */
#ifndef WEFT_TRACES_MODEL_BUILD_H
#define WEFT_TRACES_MODEL_BUILD_H

#include "base/map.h"
#include "base/vec.h"
#include "traces/model/model.h"

enum { WEFT_TALLY_SPANS = 256 };

/* How long a thread was in each state before a span; one for every WEFT_TALLY_SPANS spans. */
struct weft_tally {
    uint64_t ns[WEFT_STATE_COUNT];
};

struct weft_thread_build {
    bool begun;         /* it has a lane */
    bool named;         /* by the program, not by us */
    bool waiting;       /* its last span is a wait or a poll */
    bool unknown;       /* its last span is what it did while events were lost */
    bool gave_up;       /* its condition wait ended its hold of the mutex */
    bool ask_counted;   /* the first ask of its poll stood in the trace as an event of its own */
    uint8_t begin_kind; /* the event that began the wait */
    uint8_t last_kind;  /* its previous event */
    uint32_t last_object;
    uint32_t begin_point;
    uint32_t wait_object; /* what its wait is for, or WEFT_NONE */
    uint32_t wait_mutex;  /* the lock that it gave up meanwhile, or WEFT_NONE */
    uint64_t span_ns;     /* where its last span began */
    uint32_t mutex_depth; /* with gave_up: how deep a reentrant mutex was held */
    uint32_t exit_point;  /* WEFT_NONE */
    struct {
        uint32_t *at;
        size_t count, room;
    } open_zones;
    struct weft_bins_input zone_bins;
    struct weft_tally tally; /* without the last span */
    struct {
        struct weft_tally *at;
        size_t count, room;
    } tallies;
};

/* Something that may end `left` waits. */
struct weft_offer {
    uint32_t point;
    uint32_t left;
    uint32_t next; /* with left 0: no offer between here and there has any left */
    uint32_t text; /* of its event: an index into texts, WEFT_NONE: it has none */
};

/* Offers of one sort on one object. */
struct weft_supply {
    struct {
        struct weft_offer *at;
        size_t count, room;
    } offers;         /* the counted ones, while somebody waits */
    uint32_t last;    /* the last one that was not counted: a point, or WEFT_NONE */
    uint32_t waiting; /* threads that wait for one now */
    uint32_t spent;   /* offers with none left */
};

enum {
    WEFT_SUPPLY_MAIN,  /* releases, signals, sets, last arrivals, puts */
    WEFT_SUPPLY_BACK,  /* gets, for those who wait to put; what breaks a barrier */
    WEFT_SUPPLY_TASKS, /* task_done, for those who join a queue */
    WEFT_SUPPLY_COUNT,
    WEFT_SUPPLY_NONE
};

struct weft_object_build {
    bool defined;
    bool named;
    bool touched;       /* by an event */
    uint32_t open_hold; /* locks: WEFT_NONE when it is free */
    uint32_t owner;     /* locks: the thread that has the open hold */
    uint32_t depth;     /* reentrant locks: how often its owner has it */
    int64_t level;      /* the last one */
    int64_t arrivals;   /* barriers: who has come to wait in this round */
    /* Locks: a hold that an acquire overtook, its release is due; and the wait that this acquire
     * ended, whose waker is not known before. */
    uint32_t overtaken;
    uint32_t overtaker, overtaker_span, overtaker_point;
    /* Semaphores: the open holds, oldest first; indices into open_permits. */
    uint32_t first_permit, last_permit;
    struct weft_bins_input bins[WEFT_BINS_COUNT];
    struct weft_supply supplies[WEFT_SUPPLY_COUNT];
};

/* An open hold of a semaphore, in two lists: those of the object, those of object and thread. */
struct weft_permit {
    uint32_t hold;
    uint32_t thread;
    uint32_t previous, next;
    uint32_t next_of_thread;
};

struct weft_permit_list {
    uint32_t first, last;
};

/*
 * Numbers of the file to indices.  Small ones, as recorders give them, stand in an array, which is
 * never longer than a few times what was put; the others in a map.
 */
struct weft_numbers {
    uint32_t *at; /* index + 1, 0: not here */
    size_t room, count;
    struct weft_map others;
};

struct weft_seen_text {
    uint32_t index; /* + 1; 0: there is none */
    uint32_t len;
};

struct weft_model_private {
    struct weft_numbers thread_of, object_of, site_of;
    uint64_t last_ns; /* of the events so far */
    bool has_header;
    bool finished;
    uint32_t text_index;               /* of the text that was kept last */
    struct weft_seen_text *seen_texts; /* by hash: the last few texts with it */
    struct weft_map stack_of;          /* hash of its callers → the first stack with them */
    struct {
        struct weft_thread_build *at;
        size_t count, room;
    } threads; /* as model->threads */
    struct {
        struct weft_object_build *at;
        size_t count, room;
    } objects; /* as model->objects */
    struct {
        struct weft_permit *at;
        size_t count, room;
    } permits;
    uint32_t free_permit;           /* a list through `next` */
    struct weft_map permit_list_of; /* object << 32 | thread → permit_lists */
    struct {
        struct weft_permit_list *at;
        size_t count, room;
    } permit_lists;
};

/* The event that is being built in, with indices for numbers. */
struct weft_now {
    enum weft_event_kind kind;
    const struct weft_event_info *info;
    enum weft_outcome outcome;
    uint64_t t_ns;
    uint32_t point, thread, object, site;
    bool about_thread; /* object is a thread */
    bool has_first, has_second;
    int64_t first, second; /* objects among them are indices */
    const char *text;
    uint32_t waited; /* the span that it ends, or WEFT_NONE */
};

/*
 * These items come next: of very many objects, what theirs are built in is fetched into the caches
 * together, instead of waiting for one after the other.  Changes nothing.
 */
void weft_model_expect(const struct weft_model *model, const struct weft_item *items, size_t count);

/* One item; also the way for tests to build a model without a file. */
enum weft_status weft_model_apply(struct weft_model *model, const struct weft_item *item);

/* After a batch: what is open reaches to the end.  After the last one, finish too. */
void weft_model_settle(struct weft_model *model);
void weft_model_finish(struct weft_model *model);

/* The index of a number, WEFT_NONE when it was not seen yet. */
static inline uint32_t weft_numbers_find(const struct weft_numbers *numbers, uint32_t number)
{
    if (number < numbers->room && numbers->at[number] != 0) {
        return numbers->at[number] - 1;
    }
    const uint32_t *index =
        numbers->others.count > 0 ? weft_map_find(&numbers->others, number) : NULL;
    return index == NULL ? WEFT_NONE : *index;
}

bool weft_numbers_put(struct weft_numbers *numbers, uint32_t number, uint32_t index);
void weft_numbers_done(struct weft_numbers *numbers);

/* store.c */
bool weft_model_add_point(struct weft_model *model, const struct weft_now *now);
bool weft_model_add_stack(struct weft_model *model, uint32_t point, const uint32_t *sites,
                          uint32_t count);
const char *weft_model_keep_text(struct weft_model *model, struct weft_slice text);
void weft_model_free_points(struct weft_model *model);

/* threads.c */
bool weft_model_add_thread(struct weft_model *model, uint32_t number, uint32_t *index);
bool weft_model_define_thread(struct weft_model *model, uint32_t number, struct weft_slice name);
bool weft_model_rename(struct weft_model *model, uint32_t thread, uint64_t t_ns, const char *name);
bool weft_model_begin_lane(struct weft_model *model, const struct weft_now *now);
void weft_model_end_lane(struct weft_model *model, uint32_t thread, uint64_t t_ns);
bool weft_model_step_lane(struct weft_model *model, struct weft_now *now);
bool weft_model_end_wait(struct weft_model *model, const struct weft_now *now, uint32_t wake);
bool weft_model_zone(struct weft_model *model, const struct weft_now *now);

/* Is it an end of a wait that gave up? */
bool weft_model_is_timeout(enum weft_event_kind kind);

/* Says who ended a wait. */
void weft_model_set_wake(struct weft_model *model, struct weft_span_kept *span, uint32_t wake);

/* objects.c */
bool weft_model_settle_object(struct weft_model *model, uint32_t number, enum weft_family family,
                              uint32_t *index);
bool weft_model_define_object(struct weft_model *model, uint32_t number, enum weft_object_kind kind,
                              struct weft_slice name, int64_t capacity);
bool weft_model_touch(struct weft_model *model, const struct weft_now *now);
bool weft_model_step_object(struct weft_model *model, const struct weft_now *now, bool *gave);
bool weft_model_give_up_mutex(struct weft_model *model, const struct weft_now *now, uint32_t mutex);
bool weft_model_take_mutex_back(struct weft_model *model, const struct weft_now *now,
                                uint32_t mutex);

/* One more hold or wait of an object is about to be stored. */
bool weft_model_crowd_grows(struct weft_model *model, uint32_t object, enum weft_bins_of what,
                            size_t items, uint64_t t_ns);

/* The index of a thread, which is added when it is a new one. */
static inline bool weft_model_thread_index(struct weft_model *model, uint32_t number,
                                           uint32_t *index)
{
    *index = weft_numbers_find(&model->builder->thread_of, number);
    return *index != WEFT_NONE || weft_model_add_thread(model, number, index);
}

/* The same of an object; an event about one of `family` tells the kind of one without. */
static inline bool weft_model_object_index(struct weft_model *model, uint32_t number,
                                           enum weft_family family, uint32_t *index)
{
    *index = weft_numbers_find(&model->builder->object_of, number);
    return (*index != WEFT_NONE && model->objects.at[*index].kind != WEFT_OBJ_NONE) ||
           weft_model_settle_object(model, number, family, index);
}

/*
 * Where things begin stands far apart in the memory of a long trace: one access after the other is
 * most of what a picture costs, many at once are not.
 */
static inline void weft_model_fetch_point(const struct weft_model *model, uint32_t point)
{
    const struct weft_chunk *chunk =
        point < model->points.count ? model->points.at[point >> WEFT_CHUNK_LOG] : NULL;

    if (chunk != NULL && chunk->kept != NULL) {
        __builtin_prefetch(&chunk->kept[point % WEFT_CHUNK_POINTS]);
    }
}

static inline void weft_model_fetch_spans(const struct weft_model *model,
                                          const struct weft_thread_info *info, size_t first,
                                          size_t end)
{
    for (size_t i = first; i < end; i++) {
        weft_model_fetch_point(model, info->spans.at[i].point);
    }
}

/* wakes.c */
bool weft_model_find_wake(struct weft_model *model, const struct weft_now *now, uint32_t *wake);
bool weft_model_offer(struct weft_model *model, const struct weft_now *now);
bool weft_model_add_late_wake(struct weft_model *model, const struct weft_now *release,
                              const struct weft_object_build *lock);

#endif
