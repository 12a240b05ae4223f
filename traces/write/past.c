#include "traces/write/past.h"

#include "base/vec.h"
#include "traces/format/format.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPEN_MAX = 256,      /* of a thread: more are not kept apart */
    PLACES_SPARE = 1024, /* of a map, besides twice as many as are there */
};

/* *kept becomes a copy with a text of its own; no memory: without. */
static void keep(struct weft_taken *kept, const struct weft_taken *taken)
{
    *kept = *taken;
    if (taken->text == NULL) {
        return;
    }
    char *text = malloc(taken->text_stored + (size_t)1);
    if (text != NULL) {
        memcpy(text, taken->text, taken->text_stored);
    }
    kept->text = text;
    kept->text_stored = text != NULL ? taken->text_stored : 0;
}

static void drop(struct weft_taken *kept)
{
    if (kept->text != NULL) {
        free((char *)(uintptr_t)kept->text);
        kept->text = NULL;
    }
    kept->kind = WEFT_EV_NONE;
}

static void drop_open(struct weft_past_thread *thread)
{
    for (size_t i = 0; i < thread->open.count; i++) {
        drop(&thread->open.at[i]);
    }
    thread->open.count = 0;
    drop(&thread->wait);
    drop(&thread->given_up);
}

static void free_thread(struct weft_past_thread *thread)
{
    drop_open(thread);
    free(thread->open.at);
    drop(&thread->known);
    *thread = (struct weft_past_thread){0};
}

void weft_past_done(struct weft_past *past)
{
    for (size_t i = 0; i < past->threads.count; i++) {
        free_thread(&past->threads.at[i]);
    }
    for (size_t i = 0; i < past->objects.count; i++) {
        drop(&past->objects.at[i]);
    }
    free(past->threads.at);
    free(past->objects.at);
    weft_map_done(&past->thread_of);
    weft_map_done(&past->object_of);
    *past = (struct weft_past){0};
}

/* Places and map hold many who are gone: only those who are there are kept. */
static void close_gaps_of_threads(struct weft_past *past)
{
    size_t kept = 0;

    past->last = 0;
    weft_map_done(&past->thread_of);
    for (size_t i = 0; i < past->threads.count; i++) {
        if (past->threads.at[i].number != 0) {
            past->threads.at[kept++] = past->threads.at[i];
            (void)weft_map_put(&past->thread_of, past->threads.at[kept - 1].number, (uint32_t)kept);
        }
    }
    past->threads.count = kept;
}

static void close_gaps_of_objects(struct weft_past *past)
{
    size_t kept = 0;

    weft_map_done(&past->object_of);
    for (size_t i = 0; i < past->objects.count; i++) {
        if (past->objects.at[i].kind != WEFT_EV_NONE) {
            past->objects.at[kept++] = past->objects.at[i];
            (void)weft_map_put(&past->object_of, past->objects.at[kept - 1].object, (uint32_t)kept);
        }
    }
    past->objects.count = kept;
}

static struct weft_past_thread *find_thread(const struct weft_past *past, uint32_t number)
{
    const uint32_t *place = weft_map_find(&past->thread_of, number);

    return place != NULL && *place != 0 ? &past->threads.at[*place - 1] : NULL;
}

/* NULL: no memory.  Others move. */
static struct weft_past_thread *thread_of(struct weft_past *past, uint32_t number)
{
    if (past->last != 0 && past->threads.at[past->last - 1].number == number) {
        return &past->threads.at[past->last - 1];
    }
    struct weft_past_thread *known = find_thread(past, number);
    if (known != NULL) {
        past->last = (uint32_t)(known - past->threads.at) + 1;
        return known;
    }
    if (past->threads.count > 2 * past->threads_there + PLACES_SPARE) {
        close_gaps_of_threads(past);
    }
    if (!weft_vec_push(&past->threads, (struct weft_past_thread){.number = number})) {
        return NULL;
    }
    if (!weft_map_put(&past->thread_of, number, (uint32_t)past->threads.count)) {
        past->threads.count--;
        return NULL;
    }
    past->threads_there++;
    return &past->threads.at[past->threads.count - 1];
}

/* Of one that has ended and of whom nobody speaks any more nothing is kept. */
static void forget_if_gone(struct weft_past *past, struct weft_past_thread *thread)
{
    if (thread != NULL && thread->ended && thread->left) {
        (void)weft_map_put(&past->thread_of, thread->number, 0);
        free_thread(thread);
        past->threads_there--;
    }
}

static struct weft_taken *find_object(const struct weft_past *past, uint64_t address)
{
    const uint32_t *place = weft_map_find(&past->object_of, address);

    return place != NULL && *place != 0 ? &past->objects.at[*place - 1] : NULL;
}

static void forget_object(struct weft_past *past, uint64_t address)
{
    struct weft_taken *known = find_object(past, address);

    if (known != NULL) {
        drop(known);
        past->objects_there--;
        (void)weft_map_put(&past->object_of, address, 0);
    }
}

static void announce(struct weft_past *past, const struct weft_taken *taken)
{
    forget_object(past, taken->object);
    if (past->objects.count > 2 * past->objects_there + PLACES_SPARE) {
        close_gaps_of_objects(past);
    }
    if (weft_vec_push(&past->objects, (struct weft_taken){0})) {
        keep(&past->objects.at[past->objects.count - 1], taken);
        past->objects_there++;
        (void)weft_map_put(&past->object_of, taken->object, (uint32_t)past->objects.count);
    }
}

static void rename_object(struct weft_past *past, const struct weft_taken *taken)
{
    struct weft_taken *known = find_object(past, taken->object);

    if (known != NULL && taken->text != NULL) {
        struct weft_taken named = *known;
        named.text = taken->text;
        named.text_stored = taken->text_stored;
        named.text_bytes = taken->text_bytes;
        struct weft_taken kept;
        keep(&kept, &named);
        drop(known);
        *known = kept;
    }
}

/* A thread was made, or gets a name. */
static void name_thread(struct weft_past *past, const struct weft_taken *taken)
{
    struct weft_past_thread *thread = thread_of(past, (uint32_t)taken->object);

    if (thread != NULL && (taken->kind == WEFT_EV_THREAD_CREATE || taken->text != NULL)) {
        const int64_t routine =
            taken->kind == WEFT_EV_THREAD_CREATE ? taken->second : thread->known.second;
        drop(&thread->known);
        keep(&thread->known, taken);
        thread->known.second = routine;
    }
}

static void open_one(struct weft_past_thread *thread, const struct weft_taken *taken)
{
    if (thread->open.count < OPEN_MAX && weft_vec_push(&thread->open, (struct weft_taken){0})) {
        keep(&thread->open.at[thread->open.count - 1], taken);
    }
}

/* The last one with this effect on the object, or the last zone, into *closed; false: none. */
static bool close_into(struct weft_past_thread *thread, uint64_t object, enum weft_phase phase,
                       struct weft_taken *closed)
{
    for (size_t i = thread->open.count; i > 0; i--) {
        struct weft_taken *open = &thread->open.at[i - 1];
        if (open->object == object && weft_events[open->kind].phase == phase) {
            *closed = *open;
            memmove(open, open + 1, (thread->open.count - i) * sizeof *open);
            thread->open.count--;
            return true;
        }
    }
    return false;
}

static bool close_one(struct weft_past_thread *thread, uint64_t object, enum weft_phase phase)
{
    struct weft_taken closed;

    if (!close_into(thread, object, phase, &closed)) {
        return false;
    }
    drop(&closed);
    return true;
}

/* A lock may be released by another thread than its owner. */
static void release(struct weft_past *past, struct weft_past_thread *thread, uint64_t object)
{
    if (close_one(thread, object, WEFT_PHASE_END)) {
        return;
    }
    for (size_t i = 0; i < past->threads.count; i++) {
        if (past->threads.at[i].open.count > 0 &&
            close_one(&past->threads.at[i], object, WEFT_PHASE_END)) {
            return;
        }
    }
}

static void begin_wait(struct weft_past_thread *thread, const struct weft_taken *taken)
{
    drop(&thread->wait);
    keep(&thread->wait, taken);
    if (taken->kind == WEFT_EV_COND_WAIT && taken->second != 0) {
        drop(&thread->given_up);
        (void)close_into(thread, (uint64_t)taken->second, WEFT_PHASE_END, &thread->given_up);
    }
}

static void end_wait(struct weft_past_thread *thread, const struct weft_taken *taken)
{
    const struct weft_event_info *info = &weft_events[taken->kind];
    const bool holds = info->effect == WEFT_EFFECT_TAKE && taken->outcome == WEFT_OUT_OK;

    drop(&thread->wait);
    if (holds && (info->family == WEFT_FAMILY_LOCK || info->family == WEFT_FAMILY_RWLOCK)) {
        open_one(thread, taken);
    } else if (taken->kind == WEFT_EV_COND_WAKE && thread->given_up.kind != WEFT_EV_NONE) {
        open_one(thread, &thread->given_up);
        drop(&thread->given_up);
    }
}

/* What the event does to its thread. */
static void step(struct weft_past *past, struct weft_past_thread *thread,
                 const struct weft_taken *taken)
{
    switch ((enum weft_phase)weft_events[taken->kind].phase) {
    case WEFT_PHASE_BEGIN:
    case WEFT_PHASE_POLL_BEGIN:
        begin_wait(thread, taken);
        break;
    case WEFT_PHASE_END:
        end_wait(thread, taken);
        break;
    case WEFT_PHASE_POLL_END:
        drop(&thread->wait);
        break;
    case WEFT_PHASE_ENTER:
        open_one(thread, taken);
        break;
    case WEFT_PHASE_LEAVE:
        (void)close_one(thread, 0, WEFT_PHASE_ENTER);
        break;
    default:
        if (weft_events[taken->kind].effect == WEFT_EFFECT_GIVE && taken->outcome == WEFT_OUT_OK) {
            release(past, thread, taken->object);
        }
        break;
    }
}

/* Another program from here on, and only this thread. */
static void begin_anew(struct weft_past *past, uint32_t thread)
{
    const struct weft_past_thread *known = find_thread(past, thread);
    struct weft_past anew = {.ticks = past->ticks, .dropped = past->dropped};
    struct weft_past_thread *stays = thread_of(&anew, thread);

    if (stays != NULL && known != NULL) {
        stays->lives = known->lives;
        stays->tid = known->tid;
        stays->dropped = known->dropped;
    }
    weft_past_done(past);
    *past = anew;
}

/* Of many that nobody joins only the last ones are kept. */
static void end_thread(struct weft_past *past, struct weft_past_thread *thread)
{
    uint32_t *place = &past->ended[past->ended_next++ % WEFT_PAST_ENDED];
    struct weft_past_thread *oldest = *place != 0 ? find_thread(past, *place) : NULL;

    if (oldest != NULL && oldest->ended) {
        oldest->left = true;
        forget_if_gone(past, oldest);
    }
    *place = thread->number;
    thread->ended = true;
    drop_open(thread);
    forget_if_gone(past, thread);
}

/* What concerns more than the thread that did it. */
static void settle(struct weft_past *past, uint32_t thread, const struct weft_taken *taken)
{
    struct weft_past_thread *target;

    switch (taken->kind) {
    case WEFT_EV_THREAD_CREATE:
    case WEFT_EV_THREAD_NAME:
        name_thread(past, taken);
        break;
    case WEFT_EV_THREAD_EXIT:
        if ((target = find_thread(past, thread)) != NULL) {
            end_thread(past, target);
        }
        break;
    case WEFT_EV_JOIN_END:
    case WEFT_EV_THREAD_DETACH:
        if (taken->outcome == WEFT_OUT_OK &&
            (target = find_thread(past, (uint32_t)taken->object)) != NULL) {
            target->left = true;
            forget_if_gone(past, target);
        }
        break;
    case WEFT_EV_OBJECT_DESTROY:
        forget_object(past, taken->object);
        break;
    case WEFT_EV_PROCESS_EXEC:
        begin_anew(past, thread);
        break;
    default:
        break;
    }
}

/* A record that is no event: what it tells; false: it is one. */
static bool take_notice(struct weft_past *past, uint32_t thread, const struct weft_taken *taken)
{
    struct weft_past_thread *of;

    switch (taken->kind) {
    case WEFT_EV_OBJECT_NEW:
        announce(past, taken);
        return true;
    case WEFT_EV_OBJECT_NAME:
        rename_object(past, taken);
        return true;
    case WEFT_EV_STACK:
        return true;
    case WEFT_EV_ATTACH:
        of = thread_of(past, (uint32_t)taken->object);
        if (of != NULL && !of->lives) { /* its first: a thread_start */
            of->lives = true;
            of->tid = taken->first;
            of->dropped++;
            past->dropped++;
        }
        return true;
    case WEFT_EV_BEFORE:
        of = thread_of(past, thread);
        if (of != NULL) {
            of->lives = true;
            of->dropped = (uint64_t)taken->first;
            of->tid = taken->second;
        }
        return true;
    default:
        return (unsigned)taken->kind >= WEFT_EV_COUNT;
    }
}

/* What there is most of, by who did the last record, too: a lock without a wait; false: it is not.
 */
static bool put_plain(struct weft_past *past, uint32_t thread, const struct weft_taken *taken)
{
    struct weft_past_thread *of = past->last != 0 ? &past->threads.at[past->last - 1] : NULL;

    if (of == NULL || of->number != thread || !of->lives || taken->has_args ||
        taken->outcome != WEFT_OUT_OK) {
        return false;
    }
    if (taken->kind == WEFT_EV_LOCK_ACQUIRE) {
        if (of->wait.kind != WEFT_EV_NONE || of->open.count >= OPEN_MAX ||
            !weft_vec_push(&of->open, *taken)) {
            return false;
        }
    } else if (taken->kind == WEFT_EV_LOCK_RELEASE && of->open.count > 0 &&
               of->open.at[of->open.count - 1].object == taken->object &&
               of->open.at[of->open.count - 1].kind == WEFT_EV_LOCK_ACQUIRE) {
        drop(&of->open.at[--of->open.count]);
    } else {
        return false;
    }
    of->dropped++;
    past->dropped++;
    return true;
}

void weft_past_put(struct weft_past *past, uint32_t thread, const struct weft_taken *taken)
{
    if (put_plain(past, thread, taken)) {
        past->ticks = taken->ticks;
        return;
    }
    past->ticks = taken->ticks > past->ticks ? taken->ticks : past->ticks;
    if (take_notice(past, thread, taken)) {
        return;
    }
    past->dropped++;
    struct weft_past_thread *of = thread_of(past, thread);
    if (of == NULL) {
        return;
    }
    of->lives = true;
    of->dropped++;
    step(past, of, taken);
    settle(past, thread, taken);
}

void weft_past_lose(struct weft_past *past, uint32_t thread)
{
    struct weft_past_thread *of = find_thread(past, thread);

    if (of != NULL) {
        drop_open(of);
    }
}

void weft_past_tell_all(const struct weft_past *past, weft_past_tell *tell, void *ctx)
{
    for (size_t i = 0; i < past->objects.count; i++) {
        if (past->objects.at[i].kind != WEFT_EV_NONE) {
            tell(ctx, 0, &past->objects.at[i]);
        }
    }
    for (size_t i = 0; i < past->threads.count; i++) {
        const struct weft_past_thread *thread = &past->threads.at[i];
        if (thread->number == 0) {
            continue;
        }
        struct weft_taken known = thread->known;
        known.kind = WEFT_EV_THREAD_CREATE;
        known.object = thread->number;
        tell(ctx, 0, &known);
        if (!thread->lives || thread->ended) {
            continue;
        }
        const struct weft_taken before = {.ticks = past->ticks,
                                          .kind = WEFT_EV_BEFORE,
                                          .has_args = true,
                                          .first = (int64_t)thread->dropped,
                                          .second = thread->tid};
        tell(ctx, thread->number, &before);
        for (size_t k = 0; k < thread->open.count; k++) {
            tell(ctx, thread->number, &thread->open.at[k]);
        }
        if (thread->given_up.kind != WEFT_EV_NONE) {
            tell(ctx, thread->number, &thread->given_up);
        }
        if (thread->wait.kind != WEFT_EV_NONE) {
            tell(ctx, thread->number, &thread->wait);
        }
    }
}

/* As it stands in a chunk, with text_stored bytes behind it. */
struct told {
    uint64_t ticks, object, site;
    int64_t first, second;
    uint32_t thread;
    uint32_t text_bytes, text_stored;
    uint8_t kind, outcome, object_kind, has_args;
};
_Static_assert(sizeof(struct told) == 56, "no holes");

struct writing {
    struct weft_sink *sink;
    size_t most;
};

static void write_told(void *ctx, uint32_t thread, const struct weft_taken *taken)
{
    const struct writing *writing = ctx;
    const struct told told = {
        .ticks = taken->ticks,
        .object = taken->object,
        .site = taken->site,
        .first = taken->first,
        .second = taken->second,
        .thread = thread,
        .text_bytes = taken->text_bytes,
        .text_stored = taken->text_stored,
        .kind = (uint8_t)taken->kind,
        .outcome = (uint8_t)taken->outcome,
        .object_kind = (uint8_t)taken->object_kind,
        .has_args = taken->has_args,
    };

    if (writing->sink->used + sizeof told + taken->text_stored <= writing->most) {
        weft_sink_bytes(writing->sink, (const char *)&told, sizeof told);
        weft_sink_bytes(writing->sink, taken->text, taken->text_stored);
    }
}

void weft_past_write(const struct weft_past *past, struct weft_sink *sink, size_t most)
{
    struct writing writing = {sink, most};

    weft_past_tell_all(past, write_told, &writing);
}

/* What was told of a thread, put back. */
static void restore(struct weft_past *past, uint32_t thread, const struct weft_taken *taken)
{
    struct weft_past_thread *of;

    if (taken->kind == WEFT_EV_THREAD_CREATE) {
        name_thread(past, taken);
    } else if (!take_notice(past, thread, taken) && (of = thread_of(past, thread)) != NULL) {
        step(past, of, taken);
    }
}

void weft_past_read(struct weft_past *past, const unsigned char *bytes, size_t len)
{
    struct told told;

    for (size_t at = 0; len - at >= sizeof told; at += told.text_stored) {
        memcpy(&told, bytes + at, sizeof told);
        at += sizeof told;
        if (told.text_stored > len - at || told.text_stored > WEFT_TEXT_MAX ||
            told.outcome >= WEFT_OUT_COUNT || told.object_kind >= WEFT_OBJ_COUNT ||
            told.kind == WEFT_EV_NONE) {
            return;
        }
        restore(past, told.thread,
                &(struct weft_taken){
                    .ticks = told.ticks,
                    .object = told.object,
                    .site = told.site,
                    .kind = (enum weft_event_kind)told.kind,
                    .outcome = (enum weft_outcome)told.outcome,
                    .object_kind = (enum weft_object_kind)told.object_kind,
                    .has_args = told.has_args != 0,
                    .first = told.first,
                    .second = told.second,
                    .text = told.text_stored > 0 ? (const char *)bytes + at : NULL,
                    .text_stored = told.text_stored,
                    .text_bytes = told.text_bytes,
                });
    }
}
