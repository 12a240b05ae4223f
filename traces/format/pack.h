/*
 * Packed records: what lanes become on their way to the disk: two bytes an event of a lock in a
 * tight loop (bench_record), more where objects and call sites change.
 *
 * The packed file is a row of chunks, appended by the drain and, when that does not come, by the
 * owners of lanes, each with one write:
 *
 *   ┌──────────────┬─────────────────┬───────┐
 *   │ weft_chunk   │ payload         │ check │     check: so that a torn chunk is known as one
 *   └──────────────┴─────────────────┴───────┘
 *
 * A lane's payload can be read by itself.  A record begins with a tag:
 *
 * - 0xxxxxxx: the object and shape of slot x of the table of pairs
 * - 10ssssss: the shape of slot s, then the object as a difference
 * - 11ssssss: a shape (kind, how, whether it has arguments, site as a difference), then the object
 *   as a difference
 *
 * Behind it come the ticks since the record before and, when the shape has them, the arguments:
 * both numbers, the length of the text, how much of it is stored, the text.
 *
 * A shape is all of a head slot but time and object.  Numbers are LEB128 (differences and
 * arguments zigzag), and both tables are filled in the same way by packer and unpacker, at the
 * place that a hash gives.
 *
 * Freestanding, no memory of its own.  Threads: any, on different tables.
 */
#ifndef WEFT_TRACES_PACK_H
#define WEFT_TRACES_PACK_H

#include "traces/format/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_CHUNK_MAGIC 0x6b6e756863574600ULL /* and its kind in the lowest byte */

enum weft_chunk_kind {
    WEFT_CHUNK_LANE = 1,
    WEFT_CHUNK_MARK,    /* struct weft_mark */
    WEFT_CHUNK_MAPS,    /* text as /proc/PID/maps has it; `from`: the image of the program */
    WEFT_CHUNK_COMMAND, /* the program's name, then its words, each with a zero byte */
    WEFT_CHUNK_PAST,    /* struct weft_chunk_past, then what traces/write/past.h tells */
};

struct weft_chunk {
    uint64_t magic;
    uint64_t from;  /* number of its first slot in the lane */
    uint64_t lost;  /* by the lane before it */
    uint64_t time;  /* ticks, from which the first record counts */
    uint32_t bytes; /* of the payload */
    uint32_t slots; /* that it stands for */
    uint32_t lane;
    uint32_t thread; /* whose records stand first; 0: that is not known */
};
_Static_assert(sizeof(struct weft_chunk) == 48, "a chunk's head has no holes");

/* Everything up to `until` stands before it in the file; some may come late all the same. */
struct weft_mark {
    uint64_t until; /* ticks */
    struct weft_clock_pair pair;
};

/* When only the last seconds are kept: what is known of the time before `ticks`. */
struct weft_chunk_past {
    uint64_t ticks;
    uint64_t from;    /* in the file: where the chunks stand that are still needed */
    uint64_t dropped; /* events before `ticks` */
};

enum {
    WEFT_PACK_PAIRS = 128,
    WEFT_PACK_SHAPES = 64,
    WEFT_PACK_RECORD_BYTES = 80, /* a record without its text */
    WEFT_CHUNK_FRAME_BYTES = sizeof(struct weft_chunk) + sizeof(uint64_t),
    WEFT_CHUNK_BYTES_MAX = 1024 * 1024, /* of a payload */
};

static inline uint64_t weft_chunk_check(const struct weft_chunk *chunk)
{
    return (chunk->from + chunk->bytes) * 0x9e3779b97f4a7c15u ^ chunk->time ^ chunk->lane;
}

struct weft_pack_shape {
    uint64_t site_more; /* of the head slot; its low byte is 1 when there are arguments */
    uint64_t kind;
};

struct weft_pack_tables {
    struct {
        uint64_t object;
        struct weft_pack_shape shape;
    } pairs[WEFT_PACK_PAIRS];
    struct weft_pack_shape shapes[WEFT_PACK_SHAPES];
    uint64_t object, site, time; /* of the record before */
};

static inline uint64_t weft_pack_hash(struct weft_pack_shape shape)
{
    return (shape.site_more ^ shape.kind << 56) * 0x9e3779b97f4a7c15u;
}

static inline size_t weft_pack_pair(uint64_t object, struct weft_pack_shape shape)
{
    return (weft_pack_hash(shape) + object * 0xc2b2ae3d27d4eb4fu) >> 57;
}

static inline uint64_t weft_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t weft_unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

static inline unsigned char *weft_pack_number(unsigned char *out, uint64_t value)
{
    while (value >= 0x80) {
        *out++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *out++ = (unsigned char)value;
    return out;
}

/* What of a ring is to be packed, and where to. */
struct weft_pack_part {
    const union weft_slot *slots;
    uint64_t mask, from, to; /* slot numbers */
    unsigned char *out;
    size_t room;
    /* Results. */
    uint32_t thread; /* in: at from; out: at the end */
    uint64_t packed; /* slots; a number of whole records */
    size_t bytes;
    bool broken; /* what follows makes no sense */
};

static inline unsigned char *weft_pack_text(unsigned char *out, const struct weft_pack_part *part,
                                            uint64_t at, uint32_t stored)
{
    for (uint32_t done = 0; done < stored; done += WEFT_SLOT_BYTES, at++) {
        const uint32_t left = stored - done;
        const uint32_t some = left < WEFT_SLOT_BYTES ? left : WEFT_SLOT_BYTES;
        __builtin_memcpy(out, part->slots[at & part->mask].text, some);
        out += some;
    }
    return out;
}

static inline unsigned char *weft_pack_head(struct weft_pack_tables *tables, unsigned char *out,
                                            uint64_t object, struct weft_pack_shape shape)
{
    const size_t pair = weft_pack_pair(object, shape);

    if (__builtin_expect(tables->pairs[pair].object == object &&
                             tables->pairs[pair].shape.site_more == shape.site_more &&
                             tables->pairs[pair].shape.kind == shape.kind,
                         1)) {
        *out++ = (unsigned char)pair;
    } else {
        const size_t slot = weft_pack_hash(shape) >> 58;
        const bool known = tables->shapes[slot].site_more == shape.site_more &&
                           tables->shapes[slot].kind == shape.kind;
        *out++ = (unsigned char)(slot | (known ? 0x80 : 0xc0));
        if (!known) {
            const uint64_t site = shape.site_more >> 16;
            *out++ = (unsigned char)shape.kind;
            *out++ = (unsigned char)(shape.site_more >> 8);
            *out++ = (unsigned char)shape.site_more;
            out = weft_pack_number(out, weft_zigzag((int64_t)(site - tables->site)));
            tables->site = site;
            tables->shapes[slot] = shape;
        }
        out = weft_pack_number(out, weft_zigzag((int64_t)(object - tables->object)));
        tables->pairs[pair].object = object;
        tables->pairs[pair].shape = shape;
    }
    tables->object = object;
    return out;
}

/*
 * Packs records until none is left or the room ends.  tables: all zero but for time; it is the
 * chunk's.  attach: the kind of record that says whose the following ones are.
 */
static inline void weft_pack_ring(struct weft_pack_tables *tables, struct weft_pack_part *part,
                                  uint64_t attach)
{
    unsigned char *out = part->out, *const end = part->out + part->room;
    uint64_t at = part->from;

    while (at != part->to && end - out >= WEFT_PACK_RECORD_BYTES) {
        const union weft_slot *head = &part->slots[at & part->mask];
        const uint64_t site_more = head->head.site_more, object_kind = head->head.object_kind;
        const uint64_t time = head->head.time, more = site_more & 0xff;
        const struct weft_pack_shape shape = {(site_more & ~0xffULL) | (more != 0),
                                              object_kind & 0xff};
        if (__builtin_expect(more == 0, 1)) {
            out = weft_pack_head(tables, out, object_kind >> 8, shape);
            out = weft_pack_number(out, time - tables->time);
        } else {
            const union weft_slot *args = &part->slots[(at + 1) & part->mask];
            const uint32_t stored = args->args.text_stored, given = args->args.text_bytes;
            if (more >= part->to - at ||
                more - 1 != (stored + WEFT_SLOT_BYTES - 1) / WEFT_SLOT_BYTES) {
                part->broken = true;
                break;
            }
            if ((size_t)(end - out) < WEFT_PACK_RECORD_BYTES + stored) {
                break;
            }
            out = weft_pack_head(tables, out, object_kind >> 8, shape);
            out = weft_pack_number(out, time - tables->time);
            out = weft_pack_number(out, weft_zigzag(args->args.first));
            out = weft_pack_number(out, weft_zigzag(args->args.second));
            out = weft_pack_number(out, given);
            out = weft_pack_number(out, stored);
            out = weft_pack_text(out, part, at + 2, stored);
        }
        tables->time = time;
        if (__builtin_expect(shape.kind == attach, 0)) {
            part->thread = (uint32_t)(object_kind >> 8);
        }
        at += 1 + more;
    }
    part->packed = at - part->from;
    part->bytes = (size_t)(out - part->out);
}

/*
 * Puts a chunk's head before its payload, which stands at `at` + sizeof *chunk, and its check
 * behind it; the size of it all.
 */
static inline size_t weft_chunk_frame(unsigned char *at, struct weft_chunk chunk,
                                      enum weft_chunk_kind kind, size_t bytes)
{
    chunk.magic = WEFT_CHUNK_MAGIC | (uint64_t)kind;
    chunk.bytes = (uint32_t)bytes;
    const uint64_t check = weft_chunk_check(&chunk);
    __builtin_memcpy(at, &chunk, sizeof chunk);
    __builtin_memcpy(at + sizeof chunk + bytes, &check, sizeof check);
    return bytes + WEFT_CHUNK_FRAME_BYTES;
}

/* One record, unpacked. */
struct weft_unpacked {
    uint64_t time, object, site_more, kind;
    int64_t first, second;
    const unsigned char *text; /* text_stored of it, in the payload */
    uint32_t text_bytes, text_stored;
    uint32_t slots; /* that it took in the lane */
};

struct weft_unpacker {
    const unsigned char *at, *end;
    struct weft_pack_tables tables; /* as weft_pack_ring had them at the start */
};

/* false: the bytes end. */
static inline bool weft_unpack_number(struct weft_unpacker *from, uint64_t *value)
{
    uint64_t number = 0;

    if (__builtin_expect(from->at < from->end && *from->at < 0x80, 1)) {
        *value = *from->at++;
        return true;
    }
    for (unsigned shift = 0; shift < 64 && from->at < from->end; shift += 7) {
        const unsigned char byte = *from->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = number;
            return true;
        }
    }
    return false;
}

/* A tag that is not that of a known pair. */
static inline bool weft_unpack_shape(struct weft_unpacker *from, unsigned tag, uint64_t *object,
                                     struct weft_pack_shape *shape)
{
    struct weft_pack_tables *tables = &from->tables;
    uint64_t number;

    *shape = tables->shapes[tag & 0x3f];
    if ((tag & 0x40) != 0) {
        if (from->end - from->at < 4) {
            return false;
        }
        shape->kind = from->at[0];
        const uint64_t how_more = (uint64_t)from->at[1] << 8 | from->at[2];
        from->at += 3;
        if (!weft_unpack_number(from, &number)) {
            return false;
        }
        tables->site += (uint64_t)weft_unzigzag(number);
        shape->site_more = tables->site << 16 | how_more;
        tables->shapes[tag & 0x3f] = *shape;
    }
    if (!weft_unpack_number(from, &number)) {
        return false;
    }
    *object = tables->object + (uint64_t)weft_unzigzag(number);
    const size_t pair = weft_pack_pair(*object, *shape);
    tables->pairs[pair].object = *object;
    tables->pairs[pair].shape = *shape;
    return true;
}

/* false: there is none, or the bytes make no sense. */
static inline bool weft_unpack(struct weft_unpacker *from, struct weft_unpacked *record)
{
    struct weft_pack_tables *tables = &from->tables;
    struct weft_pack_shape shape;
    uint64_t object, number, given, stored;

    if (from->at >= from->end) {
        return false;
    }
    const unsigned tag = *from->at++;
    if (__builtin_expect(tag < 0x80, 1)) {
        object = tables->pairs[tag].object;
        shape = tables->pairs[tag].shape;
    } else if (!weft_unpack_shape(from, tag, &object, &shape)) {
        return false;
    }
    tables->object = object;
    if (!weft_unpack_number(from, &number)) {
        return false;
    }
    tables->time += number;
    record->time = tables->time;
    record->object = object;
    record->site_more = shape.site_more;
    record->kind = shape.kind;
    record->slots = 1;
    if (__builtin_expect((shape.site_more & 0xff) == 0, 1)) {
        return true;
    }
    if (!weft_unpack_number(from, &number)) {
        return false;
    }
    record->first = weft_unzigzag(number);
    if (!weft_unpack_number(from, &number) || !weft_unpack_number(from, &given) ||
        !weft_unpack_number(from, &stored) || stored > WEFT_TEXT_MAX ||
        stored > (uint64_t)(from->end - from->at)) {
        return false;
    }
    record->second = weft_unzigzag(number);
    record->text_bytes = (uint32_t)given;
    record->text_stored = (uint32_t)stored;
    record->text = from->at;
    record->slots = 2 + (uint32_t)((stored + WEFT_SLOT_BYTES - 1) / WEFT_SLOT_BYTES);
    from->at += stored;
    return true;
}

#endif
