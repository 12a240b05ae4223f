/*
 * What weft recover reads: a packed file made of the bytes, and a spool whose head they change.
 * The bytes are a row of chunks, 16 bytes of description and then the payload; the frame and its
 * check are made here, since a fuzzer would hardly ever get through them.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"
#include "traces/format/pack.h"
#include "traces/write/lanes.h"
#include "traces/write/write.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 128, PAYLOAD_MAX = 4096 };

/* As it stands in the bytes. */
struct described {
    uint8_t kind; /* of the chunk, or 0xff: the payload as it is, without a frame */
    uint8_t lane;
    uint16_t bytes;
    uint16_t from, slots;
    uint32_t time;
    uint16_t thread, lost;
};
_Static_assert(sizeof(struct described) == 16, "no holes");

static void append(int fd, const void *bytes, size_t len)
{
    CHECK(write(fd, bytes, len) == (ssize_t)len);
}

static void append_chunk(int fd, const struct described *from, const uint8_t *payload, size_t len)
{
    static unsigned char framed[PAYLOAD_MAX + WEFT_CHUNK_FRAME_BYTES];
    const struct weft_chunk chunk = {.from = from->from,
                                     .lost = from->lost,
                                     .time = from->time,
                                     .slots = from->slots,
                                     .lane = from->lane,
                                     .thread = from->thread};

    if (from->kind == 0xff) {
        append(fd, payload, len);
        return;
    }
    memcpy(framed + sizeof chunk, payload, len);
    const enum weft_chunk_kind kind = (enum weft_chunk_kind)(1 + from->kind % WEFT_CHUNK_PAST);
    append(fd, framed, weft_chunk_frame(framed, chunk, kind, len));
}

/* The packed file; the first chunk is the command's, or nobody would read on. */
static void write_packed(const char *path, const uint8_t *bytes, size_t len)
{
    const struct described command = {.kind = WEFT_CHUNK_COMMAND - 1};
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    struct described next;

    CHECK(fd >= 0);
    append_chunk(fd, &command, (const uint8_t *)"fuzz\0a", 7);
    for (size_t at = 0; len - at >= sizeof next;) {
        memcpy(&next, bytes + at, sizeof next);
        at += sizeof next;
        size_t payload = next.bytes < PAYLOAD_MAX ? next.bytes : PAYLOAD_MAX;
        payload = payload < len - at ? payload : len - at;
        append_chunk(fd, &next, bytes + at, payload);
        at += payload;
    }
    CHECK(close(fd) == 0);
}

/* A spool of a program that is over; the first bytes say where its past and its window are. */
static void make_spool(const char *spool, const char *packed, const uint8_t *bytes, size_t len)
{
    struct weft_lanes lanes;
    struct weft_error error;
    uint32_t said[2] = {0};

    CHECK(weft_lanes_open(&lanes, spool, NULL, 0, &error) == WEFT_OK);
    memcpy(said, bytes, len < sizeof said ? len : sizeof said);
    (void)snprintf(lanes.head->packed_path, sizeof lanes.head->packed_path, "%s", packed);
    lanes.head->last_ns = said[0] % 2 == 0 ? 0 : said[0];
    lanes.head->long_call_ns = WEFT_LONG_CALL_NS;
    atomic_store(&lanes.head->past_at, said[1] % 65536);
    atomic_store(&lanes.head->lane_count, said[1] >> 28);
    weft_lanes_close(&lanes, false);
}

void fuzz_spool(const uint8_t *bytes, size_t len)
{
    char spool[PATH_ROOM], packed[PATH_ROOM];
    struct weft_writer *writer = NULL;
    struct weft_writer_summary summary;
    struct weft_error error;

    (void)snprintf(spool, sizeof spool, "/dev/shm/weft-fuzz-%ld", (long)getpid());
    (void)snprintf(packed, sizeof packed, "/dev/shm/weft-fuzz-%ld-packed", (long)getpid());
    (void)unlink(spool);
    const int fd = open(packed, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
    const size_t head = len < 8 ? len : 8;
    make_spool(spool, packed, bytes, head);
    write_packed(packed, bytes + head, len - head);
    const struct weft_writer_options options = {.trace_path = "/dev/null"};
    if (weft_writer_adopt(&options, spool, &writer, &error) == WEFT_OK) {
        (void)weft_writer_drain(writer);
        CHECK(weft_writer_finish(writer, -1, &summary, &error) == WEFT_OK);
        CHECK(summary.threads <= len + 1);
    }
    weft_writer_free(writer);
    (void)unlink(spool);
    (void)unlink(packed);
}
