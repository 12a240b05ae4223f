#include "traces/write/merge.h"

#include "base/vec.h"
#include "traces/format/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW_BYTES = 64 * 1024 }; /* in which a chunk is looked for behind a torn one */

bool weft_merge_init(struct weft_merge *merge, int fd)
{
    *merge = (struct weft_merge){.fd = fd, .end = UINT64_MAX};
    merge->lanes = calloc(WEFT_LANE_MAX, sizeof *merge->lanes);
    merge->heap = calloc(WEFT_LANE_MAX, sizeof *merge->heap);
    return merge->lanes != NULL && merge->heap != NULL &&
           weft_vec_push(&merge->chunks, (struct weft_merge_chunk){0});
}

static void drop_lane(struct weft_merge_lane *lane)
{
    free(lane->unpacker);
    free(lane->payload);
    lane->unpacker = NULL;
    lane->payload = NULL;
    lane->payload_room = 0;
}

void weft_merge_done(struct weft_merge *merge)
{
    for (uint32_t i = 0; merge->lanes != NULL && i < WEFT_LANE_MAX; i++) {
        drop_lane(&merge->lanes[i]);
    }
    free(merge->lanes);
    free(merge->heap);
    free(merge->chunks.at);
    *merge = (struct weft_merge){.fd = -1};
}

/* All of it, or false: the file ends before. */
static bool read_at(int fd, void *bytes, size_t len, uint64_t offset)
{
    size_t done = 0;

    while (done < len) {
        const ssize_t got = pread(fd, (char *)bytes + done, len - done, (off_t)(offset + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool is_head(const struct weft_chunk *head)
{
    const uint64_t kind = head->magic - WEFT_CHUNK_MAGIC;

    return kind >= WEFT_CHUNK_LANE && kind <= WEFT_CHUNK_PAST &&
           head->bytes <= WEFT_CHUNK_BYTES_MAX && head->lane < WEFT_LANE_MAX;
}

/* A whole chunk at offset? */
static bool read_head(const struct weft_merge *merge, uint64_t offset, struct weft_chunk *head)
{
    uint64_t check;

    return read_at(merge->fd, head, sizeof *head, offset) && is_head(head) &&
           read_at(merge->fd, &check, sizeof check, offset + sizeof *head + head->bytes) &&
           check == weft_chunk_check(head);
}

/* Where the next chunk may stand from offset on; false: nowhere yet. */
static bool find_head(const struct weft_merge *merge, uint64_t *offset)
{
    unsigned char window[WINDOW_BYTES];
    const uint64_t magic = WEFT_CHUNK_MAGIC;

    for (;;) {
        const ssize_t got = pread(merge->fd, window, sizeof window, (off_t)*offset);
        if (got < (ssize_t)sizeof magic) {
            return false;
        }
        /* The magic's first byte is the kind; look for the other seven. */
        for (size_t at = 0; at + sizeof magic <= (size_t)got; at++) {
            if (window[at + 1] == (unsigned char)(magic >> 8) &&
                memcmp(window + at + 1, (const unsigned char *)&magic + 1, 7) == 0) {
                *offset += at;
                return true;
            }
        }
        *offset += (uint64_t)got - sizeof magic + 1;
    }
}

/* The next whole chunk, behind whatever was torn. */
static bool next_head(struct weft_merge *merge, struct weft_chunk *head)
{
    uint64_t at = merge->offset;

    if (read_head(merge, at, head)) {
        return true;
    }
    do {
        at++;
        if (!find_head(merge, &at)) {
            return false; /* perhaps it is being written: look again from the same place */
        }
    } while (!read_head(merge, at, head));
    struct weft_chunk first; /* it may have become whole meanwhile */
    if (read_head(merge, merge->offset, &first)) {
        *head = first;
    } else {
        merge->offset = at;
    }
    return true;
}

static uint32_t new_chunk(struct weft_merge *merge, struct weft_merge_chunk chunk)
{
    const uint32_t reused = merge->free_chunk;

    if (reused != 0) {
        merge->free_chunk = merge->chunks.at[reused].next;
        merge->chunks.at[reused] = chunk;
        return reused;
    }
    return weft_vec_push(&merge->chunks, chunk) ? (uint32_t)merge->chunks.count - 1 : 0;
}

/* What a record means; false: nothing. */
static bool understand(const struct weft_unpacked *record, struct weft_taken *taken)
{
    const unsigned outcome = weft_slot_outcome(record->site_more);
    const unsigned object_kind = weft_slot_object_kind(record->site_more);

    if (!((record->kind > WEFT_EV_NONE && record->kind < WEFT_EV_COUNT) ||
          (record->kind >= WEFT_EV_ATTACH && record->kind <= WEFT_EV_STACK)) ||
        outcome >= WEFT_OUT_COUNT || object_kind >= WEFT_OBJ_COUNT) {
        return false;
    }
    taken->ticks = record->time;
    taken->object = record->object;
    taken->site = record->site_more >> 16;
    taken->kind = (enum weft_event_kind)record->kind;
    taken->outcome = (enum weft_outcome)outcome;
    taken->object_kind = (enum weft_object_kind)object_kind;
    taken->has_args = (record->site_more & 0xff) != 0;
    taken->text = NULL;
    taken->text_bytes = 0;
    taken->text_stored = 0;
    taken->first = 0;
    taken->second = 0;
    if (taken->has_args) {
        taken->first = record->first;
        taken->second = record->second;
        taken->text_bytes = record->text_bytes;
        taken->text_stored = record->text_stored;
        taken->text = record->text_stored > 0 ? (const char *)record->text : NULL;
    }
    return true;
}

/* The next record of the chunk that is loaded; false: it ends. */
static bool unpack(struct weft_merge *merge, struct weft_merge_lane *lane)
{
    struct weft_unpacked record;

    if (!weft_unpack(lane->unpacker, &record)) {
        return false;
    }
    if (understand(&record, &lane->next)) {
        return true;
    }
    merge->broken++;
    lane->unpacker->at = lane->unpacker->end;
    return false;
}

static bool read_payload(const struct weft_merge *merge, struct weft_merge_lane *lane,
                         const struct weft_merge_chunk *chunk)
{
    if (lane->payload_room < chunk->bytes) {
        unsigned char *larger = realloc(lane->payload, chunk->bytes);
        if (larger == NULL) {
            return false;
        }
        lane->payload = larger;
        lane->payload_room = chunk->bytes;
    }
    if (lane->unpacker == NULL) {
        lane->unpacker = malloc(sizeof *lane->unpacker);
    }
    return lane->unpacker != NULL && read_at(merge->fd, lane->payload, chunk->bytes, chunk->offset);
}

/* Loads the lane's chunk, as far as it is new, up to its first record. */
static bool load(struct weft_merge *merge, struct weft_merge_lane *lane)
{
    const struct weft_merge_chunk *chunk = &merge->chunks.at[lane->chunk];
    struct weft_unpacked record;

    if (chunk->bytes == 0 || !read_payload(merge, lane, chunk)) {
        merge->broken++;
        return false;
    }
    memset(&lane->unpacker->tables, 0, sizeof lane->unpacker->tables);
    lane->unpacker->tables.time = chunk->time;
    lane->unpacker->at = lane->payload;
    lane->unpacker->end = lane->payload + chunk->bytes;
    lane->lost = chunk->lost;
    for (uint64_t skipped = 0; skipped < chunk->skip; skipped += record.slots) {
        if (!weft_unpack(lane->unpacker, &record)) {
            return false;
        }
    }
    if (lane->thread == 0) { /* its first records are not there */
        lane->thread = chunk->thread;
    }
    return unpack(merge, lane);
}

/* The lane's chunk is done with. */
static void drop_chunk(struct weft_merge *merge, struct weft_merge_lane *lane)
{
    const uint32_t done = lane->chunk;
    struct weft_merge_chunk *chunk = &merge->chunks.at[done];

    merge->slots -= chunk->slots;
    lane->chunk = chunk->next;
    chunk->next = merge->free_chunk;
    merge->free_chunk = done;
}

/* Goes on to the lane's next record; false: there is none in the file yet. */
static bool advance(struct weft_merge *merge, struct weft_merge_lane *lane)
{
    if (unpack(merge, lane)) {
        return true;
    }
    drop_chunk(merge, lane);
    while (lane->chunk != 0) {
        if (load(merge, lane)) {
            return true;
        }
        drop_chunk(merge, lane);
    }
    if (merge->heap_count > 64) { /* many lanes: each that rests keeps nothing */
        drop_lane(lane);
    }
    return false;
}

static void sift_down(struct weft_merge *merge)
{
    const uint64_t ticks = merge->heap[0].ticks;
    const uint32_t lane = merge->heap[0].lane;
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= merge->heap_count) {
            break;
        }
        if (child + 1 < merge->heap_count &&
            merge->heap[child + 1].ticks < merge->heap[child].ticks) {
            child++;
        }
        if (ticks <= merge->heap[child].ticks) {
            break;
        }
        merge->heap[at] = merge->heap[child];
        at = child;
    }
    merge->heap[at].ticks = ticks;
    merge->heap[at].lane = lane;
}

static void sift_up(struct weft_merge *merge, size_t at, uint64_t ticks, uint32_t lane)
{
    while (at > 0 && ticks < merge->heap[(at - 1) / 2].ticks) {
        merge->heap[at] = merge->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merge->heap[at].ticks = ticks;
    merge->heap[at].lane = lane;
}

/* A chunk of a lane was found; one that says nothing new is passed over. */
static void add_chunk(struct weft_merge *merge, const struct weft_chunk *head)
{
    struct weft_merge_lane *lane = &merge->lanes[head->lane];
    struct weft_merge_chunk chunk = {
        .offset = merge->offset + sizeof *head,
        .time = head->time,
        .lost = head->lost,
        .bytes = head->bytes,
        .slots = head->slots,
        .thread = head->thread,
    };

    if (head->from + head->slots <= lane->scanned) {
        return;
    }
    if (head->from < lane->scanned) {
        chunk.skip = (uint32_t)(lane->scanned - head->from);
    }
    merge->first = merge->first == 0 ? merge->offset : merge->first;
    merge->newest = head->time > merge->newest ? head->time : merge->newest;
    const uint32_t made = new_chunk(merge, chunk);
    if (made == 0) {
        merge->broken++;
        return;
    }
    lane->scanned = head->from + head->slots;
    merge->slots += head->slots;
    if (lane->chunk != 0) {
        merge->chunks.at[lane->last].next = made;
        lane->last = made;
        return;
    }
    lane->chunk = made;
    lane->last = made;
    if (load(merge, lane)) {
        sift_up(merge, merge->heap_count++, lane->next.ticks, head->lane);
    } else {
        drop_chunk(merge, lane);
    }
}

/* NULL: no memory. */
static unsigned char *read_other(const struct weft_merge *merge, const struct weft_chunk *head,
                                 uint64_t offset)
{
    unsigned char *payload = malloc(head->bytes + (size_t)1);

    if (payload != NULL && !read_at(merge->fd, payload, head->bytes, offset + sizeof *head)) {
        free(payload);
        return NULL;
    }
    if (payload != NULL) {
        payload[head->bytes] = '\0';
    }
    return payload;
}

bool weft_merge_read(const struct weft_merge *merge, uint64_t offset, struct weft_chunk *head,
                     unsigned char **payload)
{
    return read_head(merge, offset, head) && (*payload = read_other(merge, head, offset)) != NULL;
}

enum weft_merge_found weft_merge_scan(struct weft_merge *merge, struct weft_chunk *head,
                                      unsigned char **payload)
{
    enum weft_merge_found found = WEFT_MERGE_LANE;

    if (merge->offset >= merge->end || !next_head(merge, head) || merge->offset >= merge->end) {
        return WEFT_MERGE_END;
    }
    if (head->magic == (WEFT_CHUNK_MAGIC | WEFT_CHUNK_LANE)) {
        add_chunk(merge, head);
    } else {
        found = WEFT_MERGE_OTHER;
        *payload = read_other(merge, head, merge->offset);
    }
    merge->offset += head->bytes + WEFT_CHUNK_FRAME_BYTES;
    return found;
}

uint64_t weft_merge_low(const struct weft_merge *merge)
{
    uint64_t low = merge->offset;

    for (size_t i = 0; i < merge->heap_count; i++) {
        const struct weft_merge_lane *lane = &merge->lanes[merge->heap[i].lane];
        const uint64_t at = merge->chunks.at[lane->chunk].offset - sizeof(struct weft_chunk);
        low = lane->chunk != 0 && at < low ? at : low;
    }
    return low;
}

const struct weft_taken *weft_merge_next(struct weft_merge *merge, uint64_t until, uint32_t *lane)
{
    if (merge->taken) {
        struct weft_merge_lane *top = &merge->lanes[merge->heap[0].lane];
        merge->taken = false;
        if (advance(merge, top)) {
            merge->heap[0].ticks = top->next.ticks;
        } else {
            merge->heap[0] = merge->heap[--merge->heap_count];
        }
        if (merge->heap_count > 1) {
            sift_down(merge);
        }
    }
    if (merge->heap_count == 0 || merge->heap[0].ticks > until) {
        return NULL;
    }
    merge->taken = true;
    *lane = merge->heap[0].lane;
    return &merge->lanes[*lane].next;
}
