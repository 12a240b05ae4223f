#include "traces/write/writer.h"

#include "base/vec.h"
#include "traces/format/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLICE_NS = 2 * 1000 * 1000,
    BEHIND_PAUSE_NS = 50 * 1000,
    SLICE_RECORDS = 1024,        /* between two looks at the clock */
    GIVE_UP_BYTES = 1024 * 1024, /* at least, at a time … */
    GIVE_UP_PART = 8,            /* … and such a part of what the file holds */
    LINE_BYTES = 80,             /* of an event in a trace, about (bench_record: 65 to 90) */
};

/* Beyond what is needed, if nobody gives anything up: weft was killed, or is far behind. */
#define ROOM_BYTES (UINT64_C(256) * 1024 * 1024)

void weft_window_done(struct weft_writer *writer)
{
    weft_past_done(&writer->window.past);
    free(writer->window.maps);
    writer->window = (struct weft_window){0};
}

void weft_window_keep_maps(struct weft_writer *writer, const char *maps, size_t len, uint64_t image,
                           uint64_t at)
{
    struct weft_window *window = &writer->window;
    char *kept = writer->options.last_ns != 0 ? malloc(len) : NULL;

    if (kept != NULL) {
        memcpy(kept, maps, len);
        free(window->maps);
        window->maps = kept;
        window->maps_len = len;
        window->maps_image = image;
        window->maps_at = at;
    }
}

/* Finds what is new in the file; records wait there for their time. */
static void scan(struct weft_writer *writer)
{
    struct weft_chunk head;
    unsigned char *payload;

    for (;;) {
        switch (weft_merge_scan(&writer->merge, &head, &payload)) {
        case WEFT_MERGE_END:
            return;
        case WEFT_MERGE_OTHER:
            weft_writer_take_chunk(writer, &head, payload);
            break;
        case WEFT_MERGE_LANE:
            break;
        }
    }
}

/* As put_record of the trace's writer, but that it only leaves its effect behind. */
static void let_go(struct weft_writer *writer, struct weft_merge_lane *lane,
                   const struct weft_taken *taken)
{
    struct weft_past *past = &writer->window.past;

    if (taken->ticks <= writer->window.adopted) {
        return; /* it is in the past that was taken over */
    }
    if (lane->lost != lane->lost_told && lane->thread != 0) {
        weft_past_lose(past, lane->thread);
    }
    lane->lost_told = lane->lost;
    weft_writer_note(writer, lane, taken);
    if (taken->kind == WEFT_EV_PROCESS_CHILD && writer->options.follow) {
        (void)weft_vec_push(&writer->started, (uint32_t)taken->first);
    }
    if (lane->thread != 0) {
        weft_past_put(past, lane->thread, taken);
    }
}

/* What the trace of the window would be too large for. */
static bool is_too_much(const struct weft_writer *writer)
{
    const uint64_t most = writer->options.max_bytes;

    return most != 0 && writer->merge.slots > most / LINE_BYTES;
}

/* Lets go what is older than `from`, until deadline_ns; true: there may be more. */
static bool let_go_before(struct weft_writer *writer, uint64_t from, uint64_t deadline_ns)
{
    struct weft_window *window = &writer->window;
    const struct weft_taken *taken;
    uint32_t lane, count = 0;

    scan(writer);
    from = from < writer->until ? from : writer->until;
    while ((taken = weft_merge_next(&writer->merge, is_too_much(writer) ? writer->until : from,
                                    &lane)) != NULL) {
        let_go(writer, &writer->merge.lanes[lane], taken);
        window->from = taken->ticks > window->from ? taken->ticks : window->from;
        if (++count % SLICE_RECORDS == 0 && weft_clock_monotonic() >= deadline_ns) {
            return true;
        }
    }
    window->from = from > window->from ? from : window->from;
    return false;
}

/* For one who takes the spool over, before what it tells of is given up. */
static void put_past(struct weft_writer *writer, uint64_t low)
{
    struct weft_window *window = &writer->window;
    const struct weft_chunk_past head = {window->past.ticks, low, window->past.dropped};
    struct weft_sink sink;

    if (window->maps != NULL && window->maps_at < low) {
        window->maps_at = weft_packed_put(&writer->packed, &writer->lanes, WEFT_CHUNK_MAPS,
                                          window->maps_image, window->maps, window->maps_len);
    }
    if (weft_sink_init(&sink, -1)) {
        weft_sink_bytes(&sink, (const char *)&head, sizeof head);
        weft_past_write(&window->past, &sink, WEFT_PACKED_PUT_MAX);
        const uint64_t at = weft_packed_put(&writer->packed, &writer->lanes, WEFT_CHUNK_PAST, 0,
                                            sink.buffer, sink.used);
        if (at != 0) {
            atomic_store(&writer->lanes.head->past_at, at);
        }
        weft_sink_done(&sink);
    }
}

/* Gives the disk back what nobody needs.  What stands before the first lane's chunk stays. */
static void give_up(struct weft_writer *writer)
{
    struct weft_window *window = &writer->window;
    const uint64_t low = weft_merge_low(&writer->merge);
    const uint64_t size = weft_packed_bytes(&writer->packed);

    if (window->given_up < writer->merge.first) {
        window->given_up = writer->merge.first;
    }
    if (window->held || writer->merge.first == 0 || low < window->given_up + GIVE_UP_BYTES ||
        low - window->given_up < (size - window->given_up) / GIVE_UP_PART) {
        return;
    }
    put_past(writer, low);
    weft_packed_forget(&writer->packed, window->given_up, low);
    window->given_up = low;
}

static uint64_t ticks_of(const struct weft_writer *writer, uint64_t ns)
{
    return weft_spool_long_call_ticks(ns, writer->lanes.ticks_per_ms);
}

/* What came to the file in the time of about one window. */
static uint64_t grown(const struct weft_window *window, uint64_t size)
{
    const uint64_t then = window->sizes[window->size_next % WEFT_SIZES_NOTED];

    return size - then;
}

static void note_size(struct weft_window *window, uint64_t now, uint64_t gap, uint64_t size)
{
    if (now >= window->size_noted + gap) {
        window->size_noted = now;
        window->sizes[window->size_next++ % WEFT_SIZES_NOTED] = size;
    }
}

bool weft_window_drain(struct weft_writer *writer, uint64_t now_ns)
{
    const uint64_t now = weft_lanes_now(&writer->lanes);
    const uint64_t width = ticks_of(writer, writer->options.last_ns);
    const bool more = let_go_before(writer, now > width ? now - width : 0, now_ns + SLICE_NS);

    if (more && now - writer->window.from > 2 * width) {
        writer->pause_ns = BEHIND_PAUSE_NS; /* what waits takes more of the disk than is kept */
    }
    (void)weft_lanes_ns(&writer->lanes, writer->window.from); /* older clock pairs go, too */
    give_up(writer);
    const uint64_t size = weft_packed_bytes(&writer->packed);
    note_size(&writer->window, now, width / WEFT_SIZES_NOTED, size);
    /* Who is much too far behind, or has been killed, does not fill the disk: the rest is lost. */
    atomic_store(&writer->lanes.head->packed_max,
                 writer->window.given_up + 4 * grown(&writer->window, size) + ROOM_BYTES);
    return more;
}

void weft_window_settle(struct weft_writer *writer, uint64_t end)
{
    const uint64_t width = ticks_of(writer, writer->options.last_ns);

    scan(writer);
    if (end == 0) {
        const uint64_t now = weft_lanes_now(&writer->lanes);
        end = writer->merge.newest < now ? writer->merge.newest : now;
        writer->until = UINT64_MAX;
    }
    (void)let_go_before(writer, end > width ? end - width : 0, UINT64_MAX);
}

/* What is told of the past, as the trace has it: at its beginning. */
static void put_told(void *ctx, uint32_t thread, const struct weft_taken *told)
{
    struct weft_lines *lines = ctx;
    struct weft_taken taken = *told;

    if (taken.kind == WEFT_EV_THREAD_CREATE) {
        weft_lines_know(lines, &taken);
        return;
    }
    if (weft_events[taken.kind < WEFT_EV_COUNT ? taken.kind : 0].effect == WEFT_EFFECT_TAKE) {
        taken.has_args = false; /* how it was had says nothing about now */
    }
    weft_lines_put(lines, thread, 0, &taken);
}

void weft_window_begin(struct weft_writer *writer)
{
    struct weft_window *window = &writer->window;
    const uint64_t before_ns =
        window->past.dropped > 0 ? weft_lanes_begin_at(&writer->lanes, window->from) : 0;

    weft_writer_put_header(writer, before_ns);
    window->begun = true;
    if (before_ns == 0) {
        return;
    }
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        window->lost_before += writer->merge.lanes[i].lost_told;
    }
    writer->put_ticks = window->from;
    writer->last_ticks = window->from;
    weft_past_tell_all(&window->past, put_told, &writer->lines);
}

/* The past that a chunk at `at` tells; from where on the file is needed, 0: it is none. */
static uint64_t read_past(struct weft_writer *writer, uint64_t at)
{
    struct weft_window *window = &writer->window;
    struct weft_chunk_past told;
    struct weft_chunk head;
    unsigned char *payload;
    uint64_t from = 0;

    if (!weft_merge_read(&writer->merge, at, &head, &payload)) {
        return 0;
    }
    if (head.magic == (WEFT_CHUNK_MAGIC | WEFT_CHUNK_PAST) && head.bytes >= sizeof told) {
        memcpy(&told, payload, sizeof told);
        weft_past_read(&window->past, payload + sizeof told, head.bytes - sizeof told);
        window->past.ticks = told.ticks;
        window->past.dropped = told.dropped;
        window->from = told.ticks;
        window->adopted = told.ticks;
        from = told.from < at ? told.from : 0;
    }
    free(payload);
    return from;
}

void weft_window_adopt(struct weft_writer *writer)
{
    struct weft_merge *merge = &writer->merge;
    const uint64_t at = atomic_load(&writer->lanes.head->past_at);
    const uint64_t from = at != 0 ? read_past(writer, at) : 0;
    struct weft_chunk head;
    unsigned char *payload;

    if (from == 0) {
        return; /* nothing was given up */
    }
    /* What stands before the lanes' chunks stayed; behind it is a hole. */
    while (merge->offset < from && weft_merge_read(merge, merge->offset, &head, &payload)) {
        if (head.magic == (WEFT_CHUNK_MAGIC | WEFT_CHUNK_LANE)) {
            free(payload);
            break;
        }
        merge->offset += head.bytes + WEFT_CHUNK_FRAME_BYTES;
        weft_writer_take_chunk(writer, &head, payload);
    }
    merge->offset = from;
    writer->window.given_up = from;
}
