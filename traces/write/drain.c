#include "traces/write/write.h"

#include "traces/write/events.h"
#include "traces/write/lanes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS_MEASURED = 256 }; /* by the recorder, for overhead_ticks */

struct weft_writer {
    struct weft_lanes lanes;
    struct weft_lines lines;
    struct weft_writer_options options;
    uint64_t lost_seen; /* of the head's own count */
    int fd;
    bool header_written;
};

enum weft_status weft_writer_new(const struct weft_writer_options *options,
                                 struct weft_writer **writer, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;
    struct weft_writer *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
    }
    made->fd = -1;
    made->options = *options;
    status = weft_lanes_open(&made->lanes, error);
    if (status != WEFT_OK) {
        goto done;
    }
    made->fd = open(options->trace_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (made->fd < 0) {
        status = weft_error_set(error, WEFT_ERR_WRITE, "cannot write %s: %s", options->trace_path,
                                strerror(errno));
        goto done;
    }
    if (!weft_lines_init(&made->lines, made->fd)) {
        status = weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
        goto done;
    }
    *writer = made;
done:
    if (status != WEFT_OK) {
        weft_writer_free(made);
    }
    return status;
}

void weft_writer_free(struct weft_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    weft_lanes_close(&writer->lanes);
    weft_lines_done(&writer->lines);
    if (writer->fd >= 0) {
        (void)close(writer->fd);
    }
    free(writer);
}

const char *weft_writer_spool_path(const struct weft_writer *writer)
{
    return writer->lanes.path;
}

/* RFC 3339, UTC, with ns. */
static void put_time(struct weft_sink *sink, int64_t real_ns)
{
    const time_t seconds = (time_t)(real_ns / 1000000000);
    struct tm utc;
    char text[32] = "";

    if (gmtime_r(&seconds, &utc) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    }
    weft_sink_printf(sink, "\"%s.%09dZ\"", text, (int)(real_ns % 1000000000));
}

static void put_header(struct weft_writer *writer)
{
    struct weft_sink *sink = &writer->lines.sink;
    struct weft_spool_head *head = writer->lanes.head;
    const bool tsc = head->clock == WEFT_CLOCK_TSC;
    struct timespec resolution = {.tv_nsec = 1};

    if (!tsc) {
        (void)clock_getres(CLOCK_MONOTONIC, &resolution);
    }
    weft_sink_printf(sink,
                     "{\"format\":\"weft-trace\",\"version\":%d,\"program\":", WEFT_TRACE_VERSION);
    weft_sink_json(sink, writer->options.program, strlen(writer->options.program));
    weft_sink_text(sink, ",\"command\":[");
    for (uint32_t i = 0; i < writer->options.command_count; i++) {
        const char *word = writer->options.command[i];
        weft_sink_text(sink, i > 0 ? "," : "");
        weft_sink_json(sink, word, strlen(word));
    }
    weft_sink_printf(sink, "],\"pid\":%u,\"start\":", (unsigned)atomic_load(&head->attached));
    put_time(sink, weft_lanes_start_real_ns(&writer->lanes));
    /* Rounded up: a cost is not made smaller than it is. */
    const uint64_t per_record = atomic_load(&head->overhead_ticks) * 1000000;
    const uint64_t divisor = head->ticks_per_ms * RECORDS_MEASURED;
    weft_sink_printf(sink,
                     ",\"clock\":\"%s\",\"resolution_ns\":%ld,\"unit\":\"ns\","
                     "\"recorder\":\"weft %s\",\"overhead_ns\":%llu}\n",
                     tsc ? "tsc" : "monotonic", resolution.tv_nsec, WEFT_VERSION,
                     (unsigned long long)((per_record + divisor - 1) / divisor));
    const uint32_t maps = atomic_load(&head->maps_bytes);
    weft_names_open(&writer->lines.names, atomic_load(&head->attached),
                    (const char *)head + WEFT_SPOOL_HEAD_BYTES,
                    maps < WEFT_SPOOL_MAPS_BYTES ? maps : WEFT_SPOOL_MAPS_BYTES);
    writer->header_written = true;
}

/* A record at its place in time: what it means for the lane, then for the trace. */
static void put_record(struct weft_writer *writer, uint32_t lane, const struct weft_taken *taken)
{
    struct weft_lane_queue *queue = &writer->lanes.queues[lane];

    if (taken->kind == WEFT_EV_ATTACH) {
        queue->thread = (uint32_t)taken->object;
    } else if (taken->kind == WEFT_EV_POLL_BEGIN) {
        queue->poll = *taken;
    } else if (taken->kind == WEFT_EV_POLL_END) {
        queue->poll.kind = WEFT_EV_NONE;
    }
    if (queue->thread != 0) {
        weft_lines_put(&writer->lines, queue->thread, weft_lanes_ns(&writer->lanes, taken->ticks),
                       taken);
    }
}

/*
 * The lane whose next record is the oldest, and up to which time it is (`*run_until`: the next
 * record of any other lane, at most `until`).  false: no record up to `until` is left.
 */
static bool oldest(struct weft_writer *writer, uint64_t until, uint32_t *lane, uint64_t *run_until)
{
    uint64_t first = 0, second = until;
    bool any = false;

    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        struct weft_taken next;
        size_t slots;
        if (!weft_lanes_peek(&writer->lanes, i, &next, &slots) || next.ticks > until) {
            continue;
        }
        if (!any || next.ticks < first) {
            second = any && first < second ? first : second;
            first = next.ticks;
            *lane = i;
            any = true;
        } else if (next.ticks < second) {
            second = next.ticks;
        }
    }
    *run_until = second;
    return any;
}

/* Writes all records up to `until`, in time order.  Records of one lane mostly come in runs. */
static void put_until(struct weft_writer *writer, uint64_t until)
{
    struct weft_taken taken;
    uint64_t run_until;
    uint32_t lane;
    size_t slots;

    while (oldest(writer, until, &lane, &run_until)) {
        while (weft_lanes_peek(&writer->lanes, lane, &taken, &slots) && taken.ticks <= run_until) {
            put_record(writer, lane, &taken);
            writer->lanes.queues[lane].next += slots;
        }
    }
}

/* What a lane lost since the last look becomes an event where the gap is. */
static void put_losses(struct weft_writer *writer, uint64_t ticks)
{
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        struct weft_lane_queue *queue = &writer->lanes.queues[i];
        const uint64_t lost = weft_lanes_lost(&writer->lanes, i);
        if (lost > queue->lost_before && queue->thread != 0) {
            put_record(writer, i,
                       &(struct weft_taken){.ticks = ticks,
                                            .kind = WEFT_EV_LOST,
                                            .has_args = true,
                                            .first = (int64_t)(lost - queue->lost_before)});
            queue->lost_before = lost;
        }
    }
}

bool weft_writer_drain(struct weft_writer *writer)
{
    struct weft_spool_head *head = writer->lanes.head;
    const bool any = weft_lanes_take(&writer->lanes);

    if (!writer->header_written) {
        if (atomic_load(&head->overhead_ticks) == 0) {
            return any; /* the program is not there yet */
        }
        put_header(writer);
    }
    weft_names_refresh(&writer->lines.names);
    const uint64_t hold = WEFT_HOLD_BACK_NS / 1000 * head->ticks_per_ms / 1000;
    const uint64_t held = weft_lanes_now(&writer->lanes) - hold;
    const uint64_t known = weft_lanes_known_ticks(&writer->lanes);
    const uint64_t until = held < known ? held : known;
    put_until(writer, until);
    put_losses(writer, until);
    (void)weft_sink_flush(&writer->lines.sink);
    return any;
}

/* A poll that was open when its thread stopped existing is closed with what the lane says. */
static void put_open_polls(struct weft_writer *writer)
{
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        struct weft_taken poll = writer->lanes.queues[i].poll;
        uint64_t count, last;
        if (poll.kind != WEFT_EV_NONE && weft_lanes_poll(&writer->lanes, i, &count, &last) &&
            last >= poll.ticks) {
            poll.kind = WEFT_EV_POLL_END;
            poll.ticks = last;
            poll.second = (int64_t)count;
            put_record(writer, i, &poll);
        }
    }
}

static void put_process_end(struct weft_writer *writer, int wait_status, uint64_t ticks)
{
    struct weft_taken end = {
        .kind = WEFT_EV_PROCESS_END,
        .has_args = true,
        .first = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0,
        .second = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0,
    };

    weft_lines_put(&writer->lines, 1, weft_lanes_ns(&writer->lanes, ticks), &end);
}

enum weft_status weft_writer_finish(struct weft_writer *writer, int wait_status,
                                    struct weft_writer_summary *summary, struct weft_error *error)
{
    struct weft_lines *lines = &writer->lines;
    const bool attached = atomic_load(&writer->lanes.head->attached) != 0;
    const uint64_t end = weft_lanes_now(&writer->lanes);

    (void)weft_lanes_take(&writer->lanes);
    if (!writer->header_written) {
        put_header(writer);
    }
    put_until(writer, UINT64_MAX);
    put_losses(writer, end);
    put_open_polls(writer);
    if (attached && wait_status != -1) {
        put_process_end(writer, wait_status, end);
    }
    const uint64_t lost = weft_lanes_all_lost(&writer->lanes);
    weft_sink_printf(&lines->sink,
                     "{\"end\":true,\"events\":%llu,\"lost\":%llu,\"late\":%llu,"
                     "\"duration_ns\":%llu}\n",
                     (unsigned long long)lines->events, (unsigned long long)lost,
                     (unsigned long long)lines->late, (unsigned long long)lines->last_ns);
    const bool written = weft_sink_flush(&lines->sink);
    const int failed =
        written ? (fsync(writer->fd) != 0 && errno == EIO ? EIO : 0) : lines->sink.errno_at;
    *summary = (struct weft_writer_summary){
        .events = lines->events,
        .lost = lost,
        .late = lines->late,
        .duration_ns = lines->last_ns,
        .threads = lines->thread_count,
        .attached = attached,
    };
    if (failed != 0) {
        return weft_error_set(error, WEFT_ERR_WRITE,
                              "cannot write %s: %s (what was written before is kept)",
                              writer->options.trace_path, strerror(failed));
    }
    return WEFT_OK;
}
