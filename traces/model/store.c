/* How events are kept in few bytes; what is read back is what was put in. */
#include "traces/model/build.h"

#include <stdlib.h>
#include <string.h>

enum {
    OBJECT_NONE = 0xffffff, /* of 24 bits, as sites */
    THREADS_MAX = 0xffff,
    ARGS_BYTES_MAX = 1 + 3 * 8, /* of one point, as put_number writes */
    ARG_FIRST = 0,              /* where in the head byte the size of each stands */
    ARG_SECOND = 3,
    ARG_TEXT = 6,
    TEXTS_LOG = 13, /* sets of texts with the same hash */
    TEXTS_IN_SET = 4,
    TEXT_SHARED_MAX_BYTES = 64, /* a longer one seldom comes twice */
};

/* Bytes of an argument by what its three bits in the head say; 0: there is none. */
static const uint8_t SIZES[8] = {0, 0, 1, 2, 4, 8, 0, 0};

/* The same of the index of a text, by two bits. */
static const uint8_t TEXT_SIZES[4] = {0, 1, 2, 4};

/* Points ────────────────────────────────────────────────────────────────────────────────────── */

static struct weft_chunk *new_chunk(void)
{
    struct weft_chunk *chunk = calloc(1, sizeof *chunk);

    if (chunk != NULL) {
        chunk->kept = malloc(WEFT_CHUNK_POINTS * sizeof *chunk->kept);
        if (chunk->kept == NULL) {
            free(chunk);
            return NULL;
        }
    }
    return chunk;
}

static void free_chunk(struct weft_chunk *chunk)
{
    free(chunk->kept);
    free(chunk->wide);
    free(chunk->args);
    free(chunk);
}

void weft_model_free_points(struct weft_model *model)
{
    const size_t chunks = (model->points.count + WEFT_CHUNK_POINTS - 1) / WEFT_CHUNK_POINTS;

    for (size_t i = 0; i < chunks; i++) {
        free_chunk(model->points.at[i]);
    }
    free(model->points.at);
}

/* WEFT_NONE, or less than OBJECT_NONE. */
static bool fits(uint32_t number)
{
    return number + 1 <= OBJECT_NONE;
}

static bool is_narrow(const struct weft_now *now)
{
    return now->t_ns >> 48 == 0 && now->thread < THREADS_MAX && fits(now->object) &&
           fits(now->site);
}

static struct weft_point_kept packed(const struct weft_now *now, bool has_args)
{
    return (struct weft_point_kept){
        {now->t_ns << 16 | (uint64_t)now->kind << 8 | (uint64_t)now->outcome << 1 | has_args,
         (uint64_t)now->thread << 48 | (uint64_t)(now->site & OBJECT_NONE) << 24 |
             (now->object & OBJECT_NONE)}};
}

/* Keeps the events of the last chunk whole from now on; the first `count` are there. */
static bool widen(struct weft_model *model, struct weft_chunk *chunk, size_t count)
{
    struct weft_point *wide = malloc(WEFT_CHUNK_POINTS * sizeof *wide);
    const size_t first = model->points.count - count;

    if (wide == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        wide[i] = weft_model_point(model, first + i);
    }
    free(chunk->kept);
    chunk->kept = NULL;
    chunk->wide = wide;
    return true;
}

static bool begin_chunk(struct weft_model *model, size_t index)
{
    if (index > 0) { /* the one before is full: it keeps no room */
        struct weft_chunk *full = model->points.at[index - 1];
        uint8_t *cut = full->args_used > 0 ? realloc(full->args, full->args_used) : NULL;
        if (cut != NULL) {
            full->args = cut;
            full->args_room = full->args_used;
        }
    }
    if (index >= model->points.room &&
        !weft_vec_reserve((void **)&model->points.at, &model->points.room, index + 1,
                          sizeof *model->points.at)) {
        return false;
    }
    model->points.at[index] = new_chunk();
    return model->points.at[index] != NULL;
}

/* Arguments ─────────────────────────────────────────────────────────────────────────────────── */

/* Small numbers of either sign become small: 0, -1, 1, -2 … */
static uint64_t folded(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unfolded(uint64_t value)
{
    return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

static unsigned size_code(uint64_t value)
{
    return value == 0            ? 1
           : value <= UINT8_MAX  ? 2
           : value <= UINT16_MAX ? 3
           : value <= UINT32_MAX ? 4
                                 : 5;
}

/* The lowest byte first.  Eight are written, of which `bytes` count: one store, without a loop. */
static uint8_t *put_number(uint8_t *at, uint64_t value, unsigned bytes)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(at, &value, sizeof value);
    return at + bytes;
}

static uint64_t number_at(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

static size_t record_bytes(uint8_t head)
{
    return 1u + SIZES[head >> ARG_FIRST & 7] + SIZES[head >> ARG_SECOND & 7] +
           TEXT_SIZES[head >> ARG_TEXT];
}

static bool add_args(struct weft_model *model, struct weft_chunk *chunk, const struct weft_now *now)
{
    const uint64_t first = folded(now->first), second = folded(now->second);
    const unsigned first_code = now->has_first ? size_code(first) : 0;
    const unsigned second_code = now->has_second ? size_code(second) : 0;
    const uint32_t text = model->builder->text_index;
    const unsigned text_code = now->text == NULL    ? 0
                               : text <= UINT8_MAX  ? 1
                               : text <= UINT16_MAX ? 2
                                                    : 3;

    if (chunk->args_room - chunk->args_used < ARGS_BYTES_MAX) {
        const uint32_t room = chunk->args_room + chunk->args_room / 2 + 1024;
        uint8_t *moved = realloc(chunk->args, room);
        if (moved == NULL) {
            return false;
        }
        chunk->args = moved;
        chunk->args_room = room;
    }
    uint8_t *at = chunk->args + chunk->args_used;
    *at++ = (uint8_t)(first_code << ARG_FIRST | second_code << ARG_SECOND | text_code << ARG_TEXT);
    at = put_number(at, first, SIZES[first_code]);
    at = put_number(at, second, SIZES[second_code]);
    at = put_number(at, text, TEXT_SIZES[text_code]);
    chunk->args_used = (uint32_t)(at - chunk->args);
    return true;
}

/* What the argument is when the event has none: -1 for times, WEFT_NONE for objects, 0 else. */
static int64_t none_of(uint8_t arg)
{
    return arg == WEFT_ARG_NONE                          ? 0
           : weft_args[arg].type == WEFT_ARG_TYPE_NS     ? -1
           : weft_args[arg].type == WEFT_ARG_TYPE_OBJECT ? (int64_t)WEFT_NONE
                                                         : 0;
}

struct weft_point_args weft_model_args(const struct weft_model *model, uint32_t point)
{
    const struct weft_chunk *chunk = model->points.at[point >> WEFT_CHUNK_LOG];
    const struct weft_point what = weft_model_point(model, point);
    const struct weft_event_info *info = &weft_events[what.kind];
    struct weft_point_args args = {
        .point = WEFT_NONE, .first = none_of(info->first), .second = none_of(info->second)};

    if (!what.has_args) {
        return args;
    }
    const uint8_t *at =
        chunk->args + chunk->args_from[point % WEFT_CHUNK_POINTS / WEFT_ARGS_INDEXED];
    for (uint32_t i = point - point % WEFT_ARGS_INDEXED; i < point; i++) {
        at += weft_model_point(model, i).has_args ? record_bytes(*at) : 0;
    }
    const uint8_t head = *at++;
    const unsigned first = head >> ARG_FIRST & 7, second = head >> ARG_SECOND & 7;
    args.point = point;
    args.has_first = first != 0;
    args.has_second = second != 0;
    args.first = first != 0 ? unfolded(number_at(at, SIZES[first])) : args.first;
    at += SIZES[first];
    args.second = second != 0 ? unfolded(number_at(at, SIZES[second])) : args.second;
    at += SIZES[second];
    args.text =
        head >> ARG_TEXT != 0 ? model->texts.at[number_at(at, TEXT_SIZES[head >> ARG_TEXT])] : NULL;
    return args;
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Less than 8 bytes, all of them in one word; some may be in it twice. */
static uint64_t short_word(const char *at, size_t len)
{
    uint32_t first, last;

    if (len < 4) {
        return len == 0 ? 0
                        : (uint64_t)(uint8_t)at[0] | (uint64_t)(uint8_t)at[len / 2] << 8 |
                              (uint64_t)(uint8_t)at[len - 1] << 16;
    }
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return (uint64_t)last << 32 | first;
}

/* Over the first TEXT_SHARED_MAX_BYTES; the last word may overlap the one before. */
static uint64_t hash_of(struct weft_slice text)
{
    const size_t len = text.len < TEXT_SHARED_MAX_BYTES ? text.len : TEXT_SHARED_MAX_BYTES;
    uint64_t hash = text.len, word;

    if (len < 8) {
        return mixed(hash, short_word(text.at, len)) * UINT64_C(0x9e3779b97f4a7c15);
    }
    for (size_t i = 0; i + 8 < len; i += 8) {
        memcpy(&word, text.at + i, sizeof word);
        hash = mixed(hash, word);
    }
    memcpy(&word, text.at + len - 8, sizeof word);
    return mixed(hash, word) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Texts often come again: the last ones that were seen are kept once.  NULL: no memory. */
const char *weft_model_keep_text(struct weft_model *model, struct weft_slice text)
{
    struct weft_model_private *builder = model->builder;

    if (builder->seen_texts == NULL) {
        builder->seen_texts = calloc(TEXTS_IN_SET << TEXTS_LOG, sizeof *builder->seen_texts);
        if (builder->seen_texts == NULL) {
            return NULL;
        }
    }
    struct weft_seen_text *set =
        &builder->seen_texts[(hash_of(text) >> (64 - TEXTS_LOG)) * TEXTS_IN_SET];
    for (int i = 0; i < TEXTS_IN_SET && set[i].index != 0; i++) {
        const char *known = model->texts.at[set[i].index - 1];
        if (set[i].len == text.len && memcmp(known, text.at, text.len) == 0) {
            builder->text_index = set[i].index - 1;
            return known;
        }
    }
    const char *copy = weft_arena_copy(&model->strings, text.at, text.len);
    if (copy == NULL || !weft_vec_push(&model->texts, copy)) {
        return NULL;
    }
    builder->text_index = (uint32_t)model->texts.count - 1;
    if (text.len <= TEXT_SHARED_MAX_BYTES) {
        memmove(set + 1, set, (TEXTS_IN_SET - 1) * sizeof *set); /* the oldest is forgotten */
        set[0] = (struct weft_seen_text){(uint32_t)model->texts.count, (uint32_t)text.len};
    }
    return copy;
}

/* Of the event that is being built in, whose text was kept last. */
bool weft_model_add_point(struct weft_model *model, const struct weft_now *now)
{
    const bool has_args = now->has_first || now->has_second || now->text != NULL;
    const size_t at = model->points.count % WEFT_CHUNK_POINTS;
    const size_t index = model->points.count / WEFT_CHUNK_POINTS;

    if (at == 0 && !begin_chunk(model, index)) {
        return false;
    }
    struct weft_chunk *chunk = model->points.at[index];
    if (at % WEFT_ARGS_INDEXED == 0) {
        chunk->args_from[at / WEFT_ARGS_INDEXED] = chunk->args_used;
    }
    if ((chunk->kept != NULL && !is_narrow(now) && !widen(model, chunk, at)) ||
        (has_args && !add_args(model, chunk, now))) {
        if (at == 0) { /* it is not counted yet */
            free_chunk(chunk);
        }
        return false;
    }
    if (chunk->kept != NULL) {
        chunk->kept[at] = packed(now, has_args);
    } else {
        chunk->wide[at] = (struct weft_point){.t_ns = now->t_ns,
                                              .thread = now->thread,
                                              .object = now->object,
                                              .site = now->site,
                                              .kind = (uint8_t)now->kind,
                                              .outcome = (uint8_t)now->outcome,
                                              .has_args = has_args};
    }
    model->points.count++;
    return true;
}

/* Stacks ────────────────────────────────────────────────────────────────────────────────────── */

/* The same callers come again and again, and are kept once. */
bool weft_model_add_stack(struct weft_model *model, uint32_t point, const uint32_t *sites,
                          uint32_t count)
{
    const struct weft_slice bytes = {(const char *)sites, count * sizeof *sites};
    const uint64_t hash = hash_of(bytes);
    const uint32_t *known = weft_map_find(&model->builder->stack_of, hash);
    struct weft_stack_kept stack = {point, (uint32_t)model->callers.count, count};

    if (known != NULL && model->stacks.at[*known].count == count &&
        memcmp(model->callers.at + model->stacks.at[*known].from, sites, bytes.len) == 0) {
        stack.from = model->stacks.at[*known].from;
        return weft_vec_push(&model->stacks, stack);
    }
    if (model->callers.count + count >= UINT32_MAX ||
        !weft_vec_room(&model->callers, model->callers.count + count)) {
        return false;
    }
    memcpy(model->callers.at + model->callers.count, sites, bytes.len);
    model->callers.count += count;
    return weft_vec_push(&model->stacks, stack) &&
           weft_map_put(&model->builder->stack_of, hash, (uint32_t)model->stacks.count - 1);
}

uint32_t weft_model_stack(const struct weft_model *model, uint32_t point, const uint32_t **sites)
{
    size_t from = 0, to = model->stacks.count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (model->stacks.at[middle].point < point) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from == model->stacks.count || model->stacks.at[from].point != point) {
        return 0;
    }
    *sites = model->callers.at + model->stacks.at[from].from;
    return model->stacks.at[from].count;
}

/* Views ─────────────────────────────────────────────────────────────────────────────────────── */

struct weft_hold weft_object_hold(const struct weft_model *model, const struct weft_object *object,
                                  size_t hold)
{
    const struct weft_hold_kept kept = object->holds.at[hold];
    const struct weft_point from = weft_model_point(model, kept.from & WEFT_KEPT_POINT);
    const uint32_t to = kept.to & WEFT_KEPT_POINT;
    const bool cut = (kept.from & WEFT_KEPT_BIT) != 0;
    struct weft_hold view = {
        .start_ns = from.t_ns,
        .end_ns = model->end_ns,
        .thread = from.thread,
        .released_by = WEFT_NONE,
        .site = from.site,
        .release_site = WEFT_NONE,
        .flags = (uint8_t)((from.kind == WEFT_EV_RWLOCK_READ_ACQUIRE ? WEFT_HOLD_SHARED : 0) |
                           ((kept.to & WEFT_KEPT_BIT) != 0 ? WEFT_SPAN_ASSUMED : 0))};

    if (to != WEFT_KEPT_POINT) {
        const struct weft_point release = weft_model_point(model, to);
        view.end_ns = release.t_ns;
        view.released_by = release.thread;
        view.release_site = release.site;
    } else if (!cut) {
        view.flags |= WEFT_SPAN_OPEN;
    }
    if (cut) {
        view.end_ns = hold + 1 < object->holds.count ? weft_object_hold_ns(model, object, hold + 1)
                                                     : from.t_ns;
    }
    return view;
}

struct weft_level weft_object_level(const struct weft_model *model,
                                    const struct weft_object *object, size_t level)
{
    const uint32_t kept = object->levels.at[level], point = kept & WEFT_KEPT_POINT;

    return (struct weft_level){.t_ns = weft_model_point_ns(model, point),
                               .value = (kept & WEFT_KEPT_BIT) != 0
                                            ? object->level_before
                                            : weft_model_args(model, point).first,
                               .point = point};
}

struct weft_wake weft_model_wake(const struct weft_model *model, size_t wake)
{
    const struct weft_wake_kept kept = model->wakes.at[wake];
    const struct weft_point from = weft_model_point(model, kept.from & WEFT_KEPT_POINT);
    const struct weft_point to = weft_model_point(model, kept.to & WEFT_KEPT_POINT);
    const bool late = (kept.to & WEFT_KEPT_BIT) != 0;

    return (struct weft_wake){.from_ns = late ? to.t_ns : from.t_ns,
                              .to_ns = to.t_ns,
                              .from_thread = from.thread,
                              .to_thread = to.thread,
                              .object = late                          ? from.object
                                        : to.kind == WEFT_EV_JOIN_END ? WEFT_NONE
                                                                      : to.object,
                              .span = kept.span,
                              .from_site = from.site,
                              .from_point = kept.from & WEFT_KEPT_POINT,
                              .item = (kept.from & WEFT_KEPT_BIT) != 0 ? kept.from & WEFT_KEPT_POINT
                                                                       : WEFT_NONE};
}

struct weft_span_extra weft_span_extra_of(const struct weft_model *model,
                                          const struct weft_span *span)
{
    struct weft_span_extra extra = {
        .amount = -1, .answer = 0, .wake = span->wake, .mutex = WEFT_NONE};
    const struct weft_event_info *info = &weft_events[weft_model_point(model, span->point).kind];

    if (span->state == WEFT_STATE_POLL) {
        extra.amount = span->more == WEFT_NONE ? 0 : model->extras.at[span->more].amount;
        extra.answer = weft_model_args(model, span->point).second;
    } else if (info->phase == WEFT_PHASE_BEGIN && span->state == info->state &&
               (info->first == WEFT_ARG_TIMEOUT || info->first == WEFT_ARG_DURATION ||
                info->second == WEFT_ARG_WITH)) {
        const struct weft_point_args args = weft_model_args(model, span->point);
        const bool timed = info->first == WEFT_ARG_TIMEOUT || info->first == WEFT_ARG_DURATION;
        extra.amount = timed && args.has_first && args.first >= 0 ? args.first : -1;
        if (info->second == WEFT_ARG_WITH && args.has_second &&
            model->objects.at[args.second].family == WEFT_FAMILY_LOCK) {
            extra.mutex = (uint32_t)args.second;
        }
    }
    return extra;
}
