/*
 * Packed records and their way back: what a lane holds comes out of its chunks as it was, in time
 * order, each record once, and bytes that make no sense end the reading and do nothing else.
 */
#include "traces/format/pack.h"
#include "traces/write/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RING = 4096, PACKED = 128 * 1024 };

/* A lane with what is to be packed, and the bytes that it became. */
struct strip {
    union weft_slot slots[RING];
    uint64_t head;
    struct weft_pack_part part;
    unsigned char chunk[PACKED];
    size_t bytes; /* of the whole chunk */
};

static uint64_t next_random(uint64_t *state)
{
    /* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* Small ones, and those at the ends of what fits. */
static uint64_t any_number(uint64_t *state)
{
    static const uint64_t extremes[] = {0, 1, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
    const uint64_t number = next_random(state);

    return number % 3 == 0 ? extremes[number / 3 % 5] : number >> (number % 64);
}

static void add(struct strip *strip, uint64_t time, unsigned kind, uint64_t object, uint64_t site)
{
    union weft_slot *slot = &strip->slots[strip->head++ % RING];

    slot->head.time = time;
    slot->head.object_kind = object << 8 | kind;
    slot->head.site_more = site << 16;
}

static void add_text(struct strip *strip, uint64_t time, unsigned kind, const char *text,
                     uint32_t len, int64_t first, int64_t second)
{
    const uint32_t slots = (len + WEFT_SLOT_BYTES - 1) / WEFT_SLOT_BYTES;
    union weft_slot *args = &strip->slots[(strip->head + 1) % RING];

    add(strip, time, kind, 0, 0);
    strip->slots[(strip->head - 1) % RING].head.site_more |= 1 + slots;
    args->args.first = first;
    args->args.second = second;
    args->args.text_bytes = len;
    args->args.text_stored = len;
    for (uint32_t i = 0; i < slots; i++) {
        const uint32_t left = len - i * WEFT_SLOT_BYTES;
        memcpy(strip->slots[(strip->head + 1 + i) % RING].text, text + (size_t)i * WEFT_SLOT_BYTES,
               left < WEFT_SLOT_BYTES ? left : WEFT_SLOT_BYTES);
    }
    strip->head += 1 + slots;
}

/* Packs from `from` on as the chunk of a lane. */
static void pack(struct strip *strip, uint32_t lane, uint64_t from, size_t room)
{
    struct weft_chunk chunk = {
        .from = from, .time = strip->slots[from % RING].head.time, .lane = lane};
    struct weft_pack_tables tables = {.time = chunk.time};

    strip->part = (struct weft_pack_part){.slots = strip->slots,
                                          .mask = RING - 1,
                                          .from = from,
                                          .to = strip->head,
                                          .out = strip->chunk + sizeof chunk,
                                          .room = room};
    weft_pack_ring(&tables, &strip->part, WEFT_EV_ATTACH);
    chunk.slots = (uint32_t)strip->part.packed;
    strip->bytes = weft_chunk_frame(strip->chunk, chunk, WEFT_CHUNK_LANE, strip->part.bytes);
}

static struct strip *new_strip(uint64_t head)
{
    struct strip *strip = calloc(1, sizeof *strip);

    assert_non_null(strip);
    strip->head = head;
    return strip;
}

/* Pack ──────────────────────────────────────────────────────────────────────────────────────── */

static void add_any(struct strip *strip, uint64_t *state)
{
    static const char text[WEFT_TEXT_MAX] = "some text";
    const unsigned kind = (unsigned)(next_random(state) % 255) + 1;

    if (next_random(state) % 8 == 0) {
        const uint32_t len = (uint32_t)(next_random(state) % (WEFT_TEXT_MAX + 1));
        add_text(strip, any_number(state), kind, text, next_random(state) % 2 ? len : len % 30,
                 (int64_t)any_number(state), (int64_t)any_number(state));
    } else {
        add(strip, any_number(state), kind, any_number(state) & (UINT64_MAX >> 8),
            any_number(state) & (UINT64_MAX >> 16));
        strip->slots[(strip->head - 1) % RING].head.site_more |= (next_random(state) & 0xff) << 8;
    }
}

/* The strip's records from `at` on are what the unpacker gives; where they end. */
static uint64_t same_records(const struct strip *strip, uint64_t at, uint64_t to)
{
    struct weft_unpacker unpacker = {.at = strip->part.out,
                                     .end = strip->part.out + strip->part.bytes};
    struct weft_unpacked record;

    unpacker.tables.time = strip->slots[at % RING].head.time;
    while (at != to) {
        const union weft_slot *head = &strip->slots[at % RING];
        const uint64_t more = head->head.site_more & 0xff;
        assert_true(weft_unpack(&unpacker, &record));
        assert_int_equal(record.time, head->head.time);
        assert_int_equal(record.kind, head->head.object_kind & 0xff);
        assert_int_equal(record.object, head->head.object_kind >> 8);
        assert_int_equal(record.site_more >> 8, head->head.site_more >> 8);
        assert_int_equal(record.slots, 1 + more);
        if (more != 0) {
            const union weft_slot *args = &strip->slots[(at + 1) % RING];
            assert_int_equal(record.first, args->args.first);
            assert_int_equal(record.second, args->args.second);
            assert_int_equal(record.text_bytes, args->args.text_bytes);
            assert_int_equal(record.text_stored, args->args.text_stored);
            for (uint32_t i = 0; i < record.text_stored; i++) {
                assert_int_equal(
                    record.text[i],
                    strip->slots[(at + 2 + i / WEFT_SLOT_BYTES) % RING].text[i % WEFT_SLOT_BYTES]);
            }
        }
        at += 1 + more;
    }
    assert_false(weft_unpack(&unpacker, &record));
    return at;
}

static void any_records_come_back_as_they_were(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < 60; round++) {
        /* Also across the ring's end, and with slot numbers near theirs. */
        const uint64_t from = round % 3 == 0 ? 0 : UINT64_MAX - next_random(&random) % 5000;
        struct strip *strip = new_strip(from);
        while (strip->head - from < RING - 2 - WEFT_TEXT_SLOTS_MAX) {
            add_any(strip, &random);
        }
        /* In parts that a small room makes, as an owner packs. */
        for (uint64_t at = from; at != strip->head;) {
            pack(strip, 0, at, round % 2 == 0 ? sizeof strip->chunk - 100 : 7000);
            assert_false(strip->part.broken);
            assert_true(strip->part.packed > 0);
            assert_true(strip->part.bytes <= strip->part.room);
            at = same_records(strip, at, at + strip->part.packed);
        }
        free(strip);
    }
}

static void a_ring_that_makes_no_sense_is_left(void **state)
{
    struct strip *strip = new_strip(0);

    (void)state;
    add(strip, 5, WEFT_EV_LOCK_ACQUIRE, 1, 1);
    add_text(strip, 6, WEFT_EV_PRINT, "words", 5, 0, 0);
    strip->slots[2].args.text_stored = 5000; /* more than its slots hold */
    pack(strip, 0, 0, PACKED - 100);
    assert_true(strip->part.broken);
    assert_int_equal(strip->part.packed, 1);
    strip->slots[1].head.site_more |= 0xff; /* more slots than there are */
    pack(strip, 0, 0, PACKED - 100);
    assert_true(strip->part.broken);
    assert_int_equal(strip->part.packed, 1);
    free(strip);
}

static void a_pair_in_a_loop_takes_at_most_five_bytes_an_event(void **state)
{
    struct strip *strip = new_strip(0);
    uint64_t random = 3, time = UINT64_C(1) << 50;

    (void)state;
    for (int i = 0; i < 2000; i++) { /* what a 3 GHz clock counts between two records */
        add(strip, time += 30 + next_random(&random) % 300, WEFT_EV_LOCK_ACQUIRE, 0x7ffff0010,
            0x555555550);
        add(strip, time += 30 + next_random(&random) % 300, WEFT_EV_LOCK_RELEASE, 0x7ffff0010,
            0x555555560);
    }
    pack(strip, 0, 0, PACKED - 100);
    assert_int_equal(strip->part.packed, 4000);
    assert_true(strip->bytes <= (size_t)5 * 4000);
    free(strip);
}

static void damaged_bytes_end_the_unpacking_and_stay_in_bounds(void **state)
{
    uint64_t random = 11;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct strip *strip = new_strip(0);
        for (int i = 0; i < 20; i++) {
            add_any(strip, &random);
        }
        pack(strip, 0, 0, PACKED - 100);
        /* Exactly as long as they are, so that a sanitizer sees a byte too many. */
        const size_t len = next_random(&random) % (strip->part.bytes + 1);
        unsigned char *bytes = malloc(len > 0 ? len : 1);
        assert_non_null(bytes);
        memcpy(bytes, strip->part.out, len);
        for (int i = 0; i < 3 && len > 0; i++) {
            bytes[next_random(&random) % len] = (unsigned char)next_random(&random);
        }
        struct weft_unpacker unpacker = {.at = bytes, .end = bytes + len};
        struct weft_unpacked record;
        size_t records = 0;
        while (weft_unpack(&unpacker, &record)) {
            records++;
            if ((record.site_more & 0xff) != 0) {
                assert_true(record.text >= bytes && record.text_stored <= WEFT_TEXT_MAX &&
                            record.text + record.text_stored <= bytes + len);
            }
        }
        assert_true(records <= len);
        free(bytes);
        free(strip);
    }
}

/* Merge ─────────────────────────────────────────────────────────────────────────────────────── */

struct file {
    FILE *stream;
    struct weft_merge merge;
};

static void open_file(struct file *file)
{
    file->stream = tmpfile();
    assert_non_null(file->stream);
    assert_true(weft_merge_init(&file->merge, fileno(file->stream)));
}

static void append(struct file *file, const void *bytes, size_t len)
{
    assert_int_equal(
        pwrite(fileno(file->stream), bytes, len, lseek(fileno(file->stream), 0, SEEK_END)),
        (ssize_t)len);
}

static void close_file(struct file *file)
{
    weft_merge_done(&file->merge);
    (void)fclose(file->stream);
}

static size_t scan_all(struct file *file)
{
    struct weft_chunk head;
    unsigned char *payload = NULL;
    size_t others = 0;

    for (;;) {
        switch (weft_merge_scan(&file->merge, &head, &payload)) {
        case WEFT_MERGE_END:
            return others;
        case WEFT_MERGE_OTHER:
            others++;
            free(payload);
            break;
        case WEFT_MERGE_LANE:
            break;
        }
    }
}

/* What comes out: its times, in a row; how many. */
static size_t take_all(struct file *file, uint64_t until, uint64_t *times, size_t room)
{
    const struct weft_taken *taken;
    size_t count = 0;
    uint32_t lane;

    while ((taken = weft_merge_next(&file->merge, until, &lane)) != NULL) {
        assert_true(count < room);
        times[count++] = taken->ticks;
    }
    return count;
}

static void lanes_come_out_in_time_order_up_to_the_time_asked_for(void **state)
{
    enum { LANES = 100, EACH = 30 }; /* more than keep their memory when they rest */
    static uint64_t times[LANES * EACH];
    struct file file;

    (void)state;
    open_file(&file);
    for (int part = 0; part < 2; part++) {
        for (uint32_t lane = 0; lane < LANES; lane++) {
            struct strip *strip = new_strip((uint64_t)part * EACH / 2);
            for (uint64_t i = 0; i < EACH / 2; i++) {
                add(strip, 1 + lane + ((uint64_t)part * EACH / 2 + i) * LANES, WEFT_EV_LOCK_ACQUIRE,
                    lane + 1, 1);
            }
            pack(strip, lane, (uint64_t)part * EACH / 2, PACKED - 100);
            append(&file, strip->chunk, strip->bytes);
            free(strip);
        }
    }
    assert_int_equal(scan_all(&file), 0);
    const size_t half = (size_t)LANES * EACH / 2 + 50; /* in the middle of a row of lanes */
    assert_int_equal(take_all(&file, half, times, half), half);
    assert_int_equal(take_all(&file, UINT64_MAX, times + half, (size_t)LANES * EACH - half),
                     (size_t)LANES * EACH - half);
    for (size_t i = 0; i < (size_t)LANES * EACH; i++) {
        assert_int_equal(times[i], i + 1);
    }
    assert_int_equal(file.merge.broken, 0);
    close_file(&file);
}

static void what_drain_and_owner_both_wrote_is_taken_once(void **state)
{
    uint64_t times[64];
    struct file file;
    struct strip *strip = new_strip(0);

    (void)state;
    open_file(&file);
    for (uint64_t i = 0; i < 10; i++) {
        add(strip, i + 1, WEFT_EV_LOCK_ACQUIRE, 1, 1);
    }
    pack(strip, 3, 0, PACKED - 100);
    append(&file, strip->chunk, strip->bytes);
    for (uint64_t i = 10; i < 20; i++) {
        add(strip, i + 1, WEFT_EV_LOCK_ACQUIRE, 1, 1);
    }
    pack(strip, 3, 5, PACKED - 100); /* five of them again */
    append(&file, strip->chunk, strip->bytes);
    append(&file, strip->chunk, strip->bytes); /* and all of them */
    (void)scan_all(&file);
    assert_int_equal(take_all(&file, UINT64_MAX, times, 64), 20);
    for (uint64_t i = 0; i < 20; i++) {
        assert_int_equal(times[i], i + 1);
    }
    free(strip);
    close_file(&file);
}

static void a_torn_chunk_is_passed_over_and_what_follows_is_read(void **state)
{
    uint64_t times[64];
    struct file file;
    struct strip *strip = new_strip(0);

    (void)state;
    open_file(&file);
    for (uint64_t i = 0; i < 10; i++) {
        add(strip, i + 1, WEFT_EV_LOCK_ACQUIRE, 1, 1);
    }
    pack(strip, 0, 0, PACKED - 100);
    append(&file, strip->chunk, strip->bytes - 9); /* its writer was killed */
    assert_int_equal(scan_all(&file), 0);
    assert_int_equal(take_all(&file, UINT64_MAX, times, 64), 0);
    append(&file, strip->chunk, strip->bytes); /* its slots were not freed: written again */
    const struct weft_mark mark = {.until = 1};
    unsigned char framed[sizeof(struct weft_mark) + WEFT_CHUNK_FRAME_BYTES];
    memcpy(framed + sizeof(struct weft_chunk), &mark, sizeof mark);
    append(&file, framed,
           weft_chunk_frame(framed, (struct weft_chunk){0}, WEFT_CHUNK_MARK, sizeof mark));
    assert_int_equal(scan_all(&file), 1);
    assert_int_equal(take_all(&file, UINT64_MAX, times, 64), 10);
    assert_int_equal(times[9], 10);
    free(strip);
    close_file(&file);
}

static void any_damage_to_a_file_ends_the_reading_and_makes_nothing_up(void **state)
{
    enum { CHUNKS = 6, EACH = 40 };
    static uint64_t times[CHUNKS * PACKED];
    uint64_t random = 5;

    (void)state;
    for (int round = 0; round < 300; round++) {
        struct file file;
        open_file(&file);
        for (uint32_t i = 0; i < CHUNKS; i++) {
            struct strip *strip = new_strip((uint64_t)(i / 2) * EACH);
            for (uint64_t k = 0; k < EACH; k++) {
                add(strip, i * EACH + k + 1, WEFT_EV_LOCK_ACQUIRE, k, k);
            }
            pack(strip, i % 2, (uint64_t)(i / 2) * EACH, PACKED - 100);
            for (int d = 0; d < round % 4; d++) {
                strip->chunk[next_random(&random) % strip->bytes] =
                    (unsigned char)next_random(&random);
            }
            append(&file, strip->chunk, strip->bytes);
            free(strip);
        }
        (void)scan_all(&file);
        const size_t count = take_all(&file, UINT64_MAX, times, sizeof times / sizeof *times);
        assert_true(round % 4 != 0 || count == (size_t)CHUNKS * EACH);
        close_file(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_records_come_back_as_they_were),
        cmocka_unit_test(a_ring_that_makes_no_sense_is_left),
        cmocka_unit_test(a_pair_in_a_loop_takes_at_most_five_bytes_an_event),
        cmocka_unit_test(damaged_bytes_end_the_unpacking_and_stay_in_bounds),
        cmocka_unit_test(lanes_come_out_in_time_order_up_to_the_time_asked_for),
        cmocka_unit_test(what_drain_and_owner_both_wrote_is_taken_once),
        cmocka_unit_test(a_torn_chunk_is_passed_over_and_what_follows_is_read),
        cmocka_unit_test(any_damage_to_a_file_ends_the_reading_and_makes_nothing_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
