#include "traces/write/writer.h"

#include "base/pack.h"
#include "base/vec.h"
#include "traces/format/clock.h"
#include "traces/format/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    RECORDS_MEASURED = 256,          /* by the recorder, for overhead_ticks */
    LOOK_GAP_NS = 100 * 1000 * 1000, /* between two looks for a deadlock */
    SWEEP_GAP_NS = 20 * 1000 * 1000, /* in which a lane that hardly fills is emptied all the same */
    PAUSE_MIN_NS = 100 * 1000,
    PAUSE_MAX_NS = 5 * 1000 * 1000,
    /* Of the time, for JSON while the program runs: one part in so many, a slice at a time. */
    LIVE_PART = 32,
    LIVE_SLICE_NS = 1000 * 1000,
    LIVE_RECORDS = 256,         /* between two looks at the clock */
    FINAL_RECORDS = 256 * 1024, /* between two words about how far it is */
    PACKED_LEAST = 16 * 1024 * 1024,
    NAMES_PART = 16, /* of the largest trace: for names, at its end */
};

/* A later view of the same program, or what it has become: kept until its turn. */
static void keep_maps(struct weft_writer *writer, uint64_t image, char *maps, size_t len)
{
    const struct weft_image kept = {image, maps, len};

    if (writer->image == image || writer->image == 0) {
        writer->image = image;
        weft_names_add_maps(&writer->lines.names, maps, len);
        free(maps);
    } else if (!weft_vec_push(&writer->images, kept)) {
        free(maps);
    }
}

void weft_writer_next_image(struct weft_writer *writer)
{
    size_t kept = 0;

    weft_lines_name(&writer->lines);
    weft_names_done(&writer->lines.names);
    weft_names_open(&writer->lines.names, 0);
    writer->image = writer->images.count > 0 ? writer->images.at[0].image : 0;
    for (size_t i = 0; i < writer->images.count; i++) {
        const struct weft_image waits = writer->images.at[i];
        if (waits.image == writer->image) {
            weft_names_add_maps(&writer->lines.names, waits.maps, waits.len);
            free(waits.maps);
        } else {
            writer->images.at[kept++] = waits;
        }
    }
    writer->images.count = kept;
}

/* The command of a spool that tells it: zero-terminated words, the first is the program's name. */
static void take_words(struct weft_writer *writer, char *words, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        count += words[i] == '\0';
    }
    const char **command = calloc(count + 1, sizeof *command);
    if (writer->options.program != NULL || writer->words != NULL || count == 0 || len == 1 ||
        command == NULL) {
        free(command);
        free(words);
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        command[i] = words + at;
        at += strlen(words + at) + 1;
    }
    writer->words = words;
    writer->command = command;
    writer->options.program = command[0];
    writer->options.command = command + 1;
    writer->options.command_count = (uint32_t)count - 1;
}

/* For one who takes the spool over. */
static void put_command(struct weft_writer *writer)
{
    const struct weft_writer_options *options = &writer->options;
    struct weft_sink sink;

    if (!weft_sink_init(&sink, -1)) {
        return;
    }
    const char *program = options->program != NULL ? options->program : "";
    weft_sink_bytes(&sink, program, strlen(program) + 1);
    for (uint32_t i = 0; i < options->command_count; i++) {
        weft_sink_bytes(&sink, options->command[i], strlen(options->command[i]) + 1);
    }
    weft_packed_put(&writer->packed, &writer->lanes, WEFT_CHUNK_COMMAND, 0, sink.buffer, sink.used);
    weft_sink_done(&sink);
}

/* The shared memory, and the file behind it.  spool NULL: new ones. */
static enum weft_status open_spool(struct weft_writer *writer, const char *spool,
                                   struct weft_error *error)
{
    const struct weft_writer_options *options = &writer->options;
    struct weft_lanes *lanes = &writer->lanes;
    char path[WEFT_SPOOL_PATH_BYTES];

    enum weft_status status = spool == NULL
                                  ? weft_lanes_open(lanes, options->spool_path, options->plan,
                                                    options->start_real_ns, error)
                                  : weft_lanes_adopt(lanes, spool, error);
    if (status != WEFT_OK) {
        return status;
    }
    if (spool == NULL) {
        status = weft_packed_open(&writer->packed, writer->options.trace_path,
                                  options->last_ns != 0, error);
        if (status == WEFT_OK) {
            (void)snprintf(lanes->head->packed_path, sizeof lanes->head->packed_path, "%s",
                           writer->packed.path);
        }
    } else {
        memcpy(path, lanes->head->packed_path, sizeof path);
        path[sizeof path - 1] = '\0';
        status = weft_packed_adopt(&writer->packed, path, spool, error);
    }
    if (status == WEFT_OK && !weft_merge_init(&writer->merge, writer->packed.fd)) {
        status = weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
    }
    return status;
}

static enum weft_status open_trace(struct weft_writer *writer, const char *path,
                                   struct weft_error *error)
{
    writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    writer->lines.sink.fd = writer->fd;
    writer->options.trace_path = path;
    if (writer->fd < 0) {
        return weft_error_set(error, WEFT_ERR_WRITE, "cannot write %s: %s", path, strerror(errno));
    }
    /* Held for as long as it is written, whatever ends that: who follows the trace asks for it
     * (viewer/live.c).  A file system without locks tells nobody anything. */
    (void)flock(writer->fd, LOCK_EX | LOCK_NB);
    return !weft_pack_is_wanted(path) || weft_sink_pack(&writer->lines.sink)
               ? WEFT_OK
               : weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
}

/* As much as the trace, but never so little that it is full before the first mark. */
static uint64_t packed_max(const struct weft_writer_options *options)
{
    const uint64_t most = options->last_ns == 0 ? options->max_bytes : 0; /* a window moves */

    return most == 0 || most > PACKED_LEAST ? most : PACKED_LEAST;
}

/* spool NULL: a new one. */
static enum weft_status make(const struct weft_writer_options *options, const char *spool,
                             struct weft_writer **writer, struct weft_error *error)
{
    enum weft_status status = WEFT_OK;
    struct weft_writer *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
    }
    made->fd = -1;
    made->packed.fd = -1;
    made->memory = -1;
    made->pause_ns = PAUSE_MIN_NS;
    made->options = *options;
    made->keep_spool = spool != NULL; /* for another try, until all of it is written */
    /* First the spool: one that is in use, or none at all, costs nobody a trace. */
    status = open_spool(made, spool, error);
    if (status != WEFT_OK) {
        goto done;
    }
    if (!weft_lines_init(&made->lines, -1)) {
        status = weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
        goto done;
    }
    if (options->trace_path != NULL) {
        status = open_trace(made, options->trace_path, error);
    }
    if (status != WEFT_OK) {
        goto done;
    }
    if (spool == NULL) {
        made->lanes.head->long_call_ns = options->long_call_ns;
        made->lanes.head->follow = options->follow;
        made->lanes.head->stack_frames = options->stack_frames;
        atomic_store(&made->lanes.head->packed_max, packed_max(options));
        made->lanes.head->last_ns = options->last_ns;
        made->lanes.head->allocator_locks = options->allocator_locks;
        put_command(made);
    } else {
        made->options.long_call_ns = made->lanes.head->long_call_ns;
        made->options.last_ns = made->lanes.head->last_ns;
    }
    weft_names_open(&made->lines.names, 0);
    if (spool != NULL && made->options.last_ns != 0) {
        weft_window_adopt(made);
    }
    *writer = made;
done:
    if (status != WEFT_OK) {
        weft_writer_free(made);
    }
    return status;
}

enum weft_status weft_writer_new(const struct weft_writer_options *options,
                                 struct weft_writer **writer, struct weft_error *error)
{
    return make(options, NULL, writer, error);
}

enum weft_status weft_writer_adopt(const struct weft_writer_options *options, const char *spool,
                                   struct weft_writer **writer, struct weft_error *error)
{
    return make(options, spool, writer, error);
}

/* As the process left it in the spool, where anything may stand. */
static void take_command(struct weft_writer *writer)
{
    const uint32_t told = atomic_load(&writer->lanes.head->command_bytes);
    const uint32_t len = told < WEFT_COMMAND_BYTES ? told : WEFT_COMMAND_BYTES;
    uint32_t count = 0;

    memcpy(writer->child, writer->lanes.head->command, len);
    writer->child[len] = '\0';
    for (uint32_t at = 0; at < len && count < WEFT_COMMAND_WORDS;
         at += (uint32_t)strlen(writer->child + at) + 1) {
        writer->child_command[count++] = writer->child + at;
    }
    if (count == 0) {
        writer->options.program = "unknown";
        return;
    }
    const char *slash = strrchr(writer->child_command[0], '/');
    writer->options.program =
        slash != NULL && slash[1] != '\0' ? slash + 1 : writer->child_command[0];
    writer->options.command = writer->child_command;
    writer->options.command_count = count;
}

enum weft_status weft_writer_begin(struct weft_writer *writer, const char *trace_path,
                                   struct weft_error *error)
{
    take_command(writer);
    return open_trace(writer, trace_path, error);
}

uint32_t weft_writer_next_child(struct weft_writer *writer)
{
    return writer->started.count > 0 ? writer->started.at[--writer->started.count] : 0;
}

pid_t weft_writer_pid(const struct weft_writer *writer)
{
    /* Not before it is known what a record costs, which stands in the header. */
    return atomic_load(&writer->lanes.head->overhead_ticks) != 0
               ? (pid_t)atomic_load(&writer->lanes.head->attached)
               : 0;
}

struct weft_writer_children weft_writer_children(const struct weft_writer *writer, uint32_t made)
{
    struct weft_spool_head *head = writer->lanes.head;

    /* Pairs with the acquire load of who waits for a spool. */
    atomic_store_explicit(&head->children_made, made, memory_order_release);
    return (struct weft_writer_children){.claimed = atomic_load(&head->children),
                                         .unfollowed = atomic_load(&head->unfollowed)};
}

pid_t weft_writer_program(const struct weft_writer *writer)
{
    const uint32_t pid = atomic_load(&writer->lanes.head->attached);

    /* We have it mapped too: a spool that names us, by chance or number reused, names nobody. */
    if (pid == 0 || pid == (uint32_t)getpid()) {
        return 0;
    }
    return weft_names_maps_hold(pid, writer->lanes.path) ? (pid_t)pid : 0;
}

void weft_writer_free(struct weft_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    weft_merge_done(&writer->merge);
    weft_packed_close(&writer->packed, !writer->keep_spool);
    weft_lanes_close(&writer->lanes, !writer->keep_spool);
    weft_window_done(writer);
    weft_lines_done(&writer->lines);
    weft_stuck_done(&writer->stuck);
    if (writer->fd >= 0) {
        (void)close(writer->fd);
    }
    for (size_t i = 0; i < writer->images.count; i++) {
        free(writer->images.at[i].maps);
    }
    free(writer->images.at);
    free(writer->calls.at);
    free(writer->started.at);
    free(writer->command);
    free(writer->words);
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

static const char *clock_name(uint32_t clock)
{
    return clock == WEFT_CLOCK_TSC ? "tsc" : clock == WEFT_CLOCK_VIRTUAL ? "virtual" : "monotonic";
}

/*
 * Whether the run can be repeated exactly is known at its end: then the word in line 1 is written
 * over, when the trace is a file.  What goes through a pipe says false, "not known to be".
 */
static void put_schedule(struct weft_writer *writer)
{
    struct weft_sink *sink = &writer->lines.sink;
    struct weft_spool_schedule *schedule = &writer->lanes.head->schedule;
    struct weft_plan plan = {0};
    struct stat there;

    schedule->plan[sizeof schedule->plan - 1] = '\0';
    (void)weft_plan_parse(schedule->plan, &plan);
    weft_sink_text(sink, ",\"schedule\":");
    weft_sink_json(sink, schedule->plan, strlen(schedule->plan));
    weft_sink_printf(sink, ",\"seed\":%llu,\"deterministic\":false", (unsigned long long)plan.seed);
    if (sink->pack == NULL && fstat(writer->fd, &there) == 0 && S_ISREG(there.st_mode)) {
        writer->deterministic_at = sink->total_bytes - 5;
    }
}

/* As long as "false", so that the lines behind it stay where they are. */
static void correct_header(const struct weft_writer *writer)
{
    if (writer->deterministic_at != 0 && atomic_load(&writer->lanes.head->schedule.left) == 0) {
        (void)pwrite(writer->fd, "true ", 5, (off_t)writer->deterministic_at);
    }
}

void weft_writer_put_header(struct weft_writer *writer, uint64_t before_ns)
{
    const char *program = writer->options.program != NULL ? writer->options.program : "unknown";
    struct weft_sink *sink = &writer->lines.sink;
    struct weft_spool_head *head = writer->lanes.head;
    struct timespec resolution = {.tv_nsec = 1};

    if (writer->lanes.clock == WEFT_CLOCK_MONOTONIC) {
        (void)clock_getres(CLOCK_MONOTONIC, &resolution);
    }
    weft_sink_printf(sink,
                     "{\"format\":\"weft-trace\",\"version\":%d,\"program\":", WEFT_TRACE_VERSION);
    weft_sink_json(sink, program, strlen(program));
    weft_sink_text(sink, ",\"command\":[");
    for (uint32_t i = 0; i < writer->options.command_count; i++) {
        const char *word = writer->options.command[i];
        weft_sink_text(sink, i > 0 ? "," : "");
        weft_sink_json(sink, word, strlen(word));
    }
    weft_sink_printf(sink, "],\"pid\":%u", (unsigned)atomic_load(&head->attached));
    if (atomic_load(&head->parent) != 0) {
        weft_sink_printf(sink, ",\"parent\":%u", (unsigned)atomic_load(&head->parent));
    }
    weft_sink_text(sink, ",\"start\":");
    put_time(sink, weft_lanes_start_real_ns(&writer->lanes));
    /* Rounded up: a cost is not made smaller than it is. */
    const uint64_t per_record = atomic_load(&head->overhead_ticks) * 1000000;
    const uint64_t divisor = writer->lanes.ticks_per_ms * RECORDS_MEASURED;
    writer->overhead_ns = (per_record + divisor - 1) / divisor;
    weft_sink_printf(sink,
                     ",\"clock\":\"%s\",\"resolution_ns\":%ld,\"unit\":\"ns\","
                     "\"recorder\":\"weft %s\",\"overhead_ns\":%llu",
                     clock_name(writer->lanes.clock), resolution.tv_nsec, WEFT_VERSION,
                     (unsigned long long)writer->overhead_ns);
    if (before_ns > 0) {
        weft_sink_printf(sink, ",\"before_ns\":%llu", (unsigned long long)before_ns);
    }
    if (writer->lanes.clock == WEFT_CLOCK_VIRTUAL) {
        put_schedule(writer);
    }
    weft_sink_text(sink, "}\n");
    writer->header_written = true;
}

/* What a lane lost before the record that comes now, or at the end, is an event. */
static void put_loss(struct weft_writer *writer, struct weft_merge_lane *lane, uint64_t lost,
                     uint64_t ticks)
{
    const struct weft_taken event = {
        .kind = WEFT_EV_LOST, .has_args = true, .first = (int64_t)(lost - lane->lost_told)};

    if (lost > lane->lost_told && lane->thread != 0) {
        weft_lines_put(&writer->lines, lane->thread, weft_lanes_ns(&writer->lanes, ticks), &event);
        lane->lost_told = lost;
    }
}

static bool is_shut(const struct weft_writer *writer)
{
    return writer->options.max_bytes != 0 && writer->options.last_ns == 0 &&
           atomic_load(&writer->lanes.head->packed_max) == WEFT_PACKED_SHUT;
}

/*
 * The trace ends where it is as large as it may be, or where the packed file, which may not be
 * larger either, holds no more everything.  Then the recording has nothing to write to any more.
 */
static bool reaches_limit(struct weft_writer *writer, uint64_t ticks)
{
    const struct weft_sink *sink = &writer->lines.sink;
    const uint64_t most = writer->options.max_bytes;
    const uint64_t bytes = sink->file_bytes + (sink->pack == NULL ? sink->used : 0);

    if (most == 0 || writer->options.last_ns != 0 ||
        (bytes < most - most / NAMES_PART && !(ticks > writer->marked && is_shut(writer)))) {
        return false;
    }
    writer->cut = true;
    writer->gave_up_watching = true;
    atomic_store(&writer->lanes.head->packed_max, WEFT_PACKED_SHUT);
    return true;
}

void weft_writer_note(struct weft_writer *writer, struct weft_merge_lane *lane,
                      const struct weft_taken *taken)
{
    lane->last_ticks = taken->ticks;
    if (taken->kind == WEFT_EV_ATTACH) {
        lane->thread = (uint32_t)taken->object;
    } else if (taken->kind == WEFT_EV_POLL_BEGIN) {
        lane->poll = *taken;
        lane->poll.text = NULL;
    } else if (taken->kind == WEFT_EV_POLL_END) {
        lane->poll.kind = WEFT_EV_NONE;
    } else if (taken->kind == WEFT_EV_PROCESS_EXEC) {
        weft_writer_next_image(writer);
    }
}

/* A record at its place in time: what it means for the lane, then for the trace. */
static void put_record(struct weft_writer *writer, struct weft_merge_lane *lane,
                       const struct weft_taken *taken)
{
    if (!writer->header_written) {
        weft_writer_put_header(writer, 0);
    }
    if (taken->kind == WEFT_EV_PROCESS_CHILD && writer->options.follow) {
        (void)weft_vec_push(&writer->started, (uint32_t)taken->first);
    }
    if (writer->cut || reaches_limit(writer, taken->ticks)) {
        lane->dropped++;
        return;
    }
    writer->last_ticks = taken->ticks;
    if (lane->lost != lane->lost_told) {
        put_loss(writer, lane, lane->lost, taken->ticks);
    }
    weft_writer_note(writer, lane, taken);
    if (lane->thread != 0) {
        weft_lines_put(&writer->lines, lane->thread, weft_lanes_ns(&writer->lanes, taken->ticks),
                       taken);
    }
}

/*
 * The call of a lane that has lasted long at `now`.  One that the owner left by a jump out of a
 * signal handler stays there: it is older than what the owner recorded after it.
 */
static bool find_open_call(const struct weft_writer *writer, uint32_t lane, uint64_t now,
                           struct weft_open_call *call)
{
    const uint64_t long_ticks =
        weft_spool_long_call_ticks(writer->options.long_call_ns, writer->lanes.ticks_per_ms);

    call->lane = lane;
    /* In simulated time a call that really waits takes none: when it is told would be chance. */
    if (writer->lanes.clock == WEFT_CLOCK_VIRTUAL ||
        !weft_lanes_call(&writer->lanes, lane, &call->since, &call->site, call->name)) {
        return false;
    }
    call->ticks = call->since > writer->put_ticks ? call->since : writer->put_ticks + 1;
    return call->since != writer->merge.lanes[lane].call_told && call->ticks <= writer->until &&
           call->since < now && now - call->since >= long_ticks;
}

static int by_ticks(const void *a, const void *b)
{
    const struct weft_open_call *left = a, *right = b;

    return (left->ticks > right->ticks) - (left->ticks < right->ticks);
}

/* What threads are in the middle of, before what is written next. */
static void find_open_calls(struct weft_writer *writer)
{
    const uint64_t now = weft_lanes_now(&writer->lanes);
    struct weft_open_call call;

    writer->calls.count = 0;
    writer->calls.next = 0;
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        if (find_open_call(writer, i, now, &call)) {
            (void)weft_vec_push(&writer->calls, call); /* no memory: at the next look */
        }
    }
    if (writer->calls.count > 1) {
        qsort(writer->calls.at, writer->calls.count, sizeof *writer->calls.at, by_ticks);
    }
}

static void put_open_call(struct weft_writer *writer, const struct weft_open_call *call)
{
    struct weft_merge_lane *lane = &writer->merge.lanes[call->lane];

    if (!writer->cut && lane->chunk == 0 && lane->last_ticks < call->since) { /* not gone on */
        lane->call_told = call->since;
        put_record(writer, lane,
                   &(struct weft_taken){.ticks = call->ticks,
                                        .kind = WEFT_EV_CALL_BEGIN,
                                        .site = call->site,
                                        .has_args = true,
                                        .text = call->name,
                                        .text_stored = (uint32_t)strnlen(call->name, 16),
                                        .text_bytes = (uint32_t)strnlen(call->name, 16)});
    }
}

void weft_writer_take_chunk(struct weft_writer *writer, const struct weft_chunk *head,
                            unsigned char *payload)
{
    struct weft_mark mark;

    if (payload == NULL) {
        return;
    }
    switch (head->magic - WEFT_CHUNK_MAGIC) {
    case WEFT_CHUNK_MARK:
        if (head->bytes == sizeof mark) {
            memcpy(&mark, payload, sizeof mark);
            weft_lanes_add_pair(&writer->lanes, mark.pair);
            writer->until = mark.until > writer->until ? mark.until : writer->until;
            writer->marked = writer->until;
            find_open_calls(writer);
        }
        break;
    case WEFT_CHUNK_MAPS:
        keep_maps(writer, head->from, (char *)payload, head->bytes);
        return;
    case WEFT_CHUNK_COMMAND:
        take_words(writer, (char *)payload, head->bytes);
        return;
    default:
        break;
    }
    free(payload);
}

/* Writes up to so many records; false: what the file holds is written as far as it can be. */
static bool convert(struct weft_writer *writer, uint64_t records)
{
    struct weft_merge *merge = &writer->merge;
    struct weft_chunk head;
    unsigned char *payload;
    uint32_t lane;

    while (records > 0) {
        const struct weft_open_call *call =
            writer->calls.next < writer->calls.count ? &writer->calls.at[writer->calls.next] : NULL;
        const struct weft_taken *taken =
            weft_merge_next(merge, call != NULL ? call->ticks - 1 : writer->until, &lane);
        if (taken != NULL) {
            put_record(writer, &merge->lanes[lane], taken);
            records--;
            continue;
        }
        if (call != NULL) {
            put_open_call(writer, call);
            writer->calls.next++;
            continue;
        }
        writer->put_ticks = writer->until > writer->put_ticks && writer->until != UINT64_MAX
                                ? writer->until
                                : writer->put_ticks;
        switch (weft_merge_scan(merge, &head, &payload)) {
        case WEFT_MERGE_END:
            return false;
        case WEFT_MERGE_OTHER:
            weft_writer_take_chunk(writer, &head, payload);
            break;
        case WEFT_MERGE_LANE:
            break;
        }
    }
    return true;
}

/*
 * What lanes lost since their last record, told where the records end: what its thread did since
 * then is not known.  Behind a limit it was not lost, but dropped: how many.
 */
static uint64_t put_losses(struct weft_writer *writer)
{
    const uint64_t ticks = writer->last_ticks != 0 ? writer->last_ticks : writer->put_ticks;
    uint64_t dropped = 0;

    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        struct weft_merge_lane *lane = &writer->merge.lanes[i];
        const uint64_t lost = weft_lanes_lost(&writer->lanes, i);
        const uint64_t missing =
            (lost > lane->lost_told ? lost - lane->lost_told : 0) + lane->dropped;
        dropped += writer->cut ? missing : 0;
        if (!writer->cut || !weft_lines_has_ended(&writer->lines, lane->thread)) {
            put_loss(writer, lane, lane->lost_told + missing, ticks);
        }
    }
    return dropped;
}

/* After a loss nobody knows who holds what. */
static void look_for_deadlocks(struct weft_writer *writer, uint64_t until)
{
    char text[8192];

    if (writer->options.on_deadlock == NULL || writer->gave_up_watching) {
        return;
    }
    const uint64_t until_ns = weft_lanes_ns(&writer->lanes, until);
    if (until_ns < writer->next_look_ns) {
        return;
    }
    writer->next_look_ns = until_ns + LOOK_GAP_NS;
    if (weft_lanes_all_lost(&writer->lanes) > 0) {
        writer->gave_up_watching = true;
        return;
    }
    while (weft_lines_deadlock(&writer->lines, until_ns, text, sizeof text)) {
        writer->options.on_deadlock(writer->options.ctx, text);
    }
}

static uint32_t owner_in_program(void *ctx, uint64_t object, enum weft_object_kind kind)
{
    struct weft_writer *writer = ctx;
    char path[32];

    if (writer->memory < 0) {
        (void)snprintf(path, sizeof path, "/proc/%u/mem",
                       (unsigned)atomic_load(&writer->lanes.head->attached));
        writer->memory = open(path, O_RDONLY | O_CLOEXEC);
    }
    return writer->memory >= 0 ? weft_stuck_owner_in_memory(writer->memory, object, kind) : 0;
}

static bool sleeps_in_program(void *ctx, uint32_t tid, uint64_t object)
{
    const struct weft_writer *writer = ctx;

    return weft_stuck_sleeps_on(atomic_load(&writer->lanes.head->attached), tid, object);
}

static void tell_stuck(void *ctx, const struct weft_stuck_cycle *cycle)
{
    struct weft_writer *writer = ctx;
    char text[8192];

    if (weft_lines_stuck_cycle(&writer->lines, cycle, text, sizeof text)) {
        writer->options.on_deadlock(writer->options.ctx, text);
    }
}

/* However far behind the program the trace is.  In simulated time it is not. */
static void look_for_the_stuck(struct weft_writer *writer, uint64_t now_ns)
{
    if (writer->options.on_deadlock == NULL || writer->lanes.clock == WEFT_CLOCK_VIRTUAL ||
        now_ns < writer->next_stuck_ns || weft_lanes_all_lost(&writer->lanes) > 0) {
        return;
    }
    writer->next_stuck_ns = now_ns + LOOK_GAP_NS;
    const struct weft_stuck_program program = {owner_in_program, sleeps_in_program, writer};
    weft_stuck_look(&writer->stuck, &writer->lanes, now_ns, &program, tell_stuck);
    if (writer->memory >= 0) {
        (void)close(writer->memory);
        writer->memory = -1;
    }
}

/*
 * Simulated time stands still while a thread is pre-empted: one runs at a time, and the record
 * before the last that took a time has been published.
 */
static uint64_t hold_of(const struct weft_writer *writer)
{
    return writer->lanes.clock == WEFT_CLOCK_VIRTUAL
               ? 2
               : WEFT_HOLD_BACK_NS / 1000 * writer->lanes.ticks_per_ms / 1000;
}

/*
 * A sweep empties every lane that has something when it begins.  When it is over, all that was
 * published by then is in the file: a mark says up to which time that is everything.
 */
static bool pack(struct weft_writer *writer, uint64_t now_ns)
{
    struct weft_lanes *lanes = &writer->lanes;

    if (!writer->sweeping && now_ns >= writer->swept_ns + SWEEP_GAP_NS) {
        /* Before the lanes are looked at: what is published meanwhile may be newer than that. */
        const uint64_t now = weft_lanes_now(lanes);
        const uint64_t waiting = weft_lanes_waiting(lanes, now);
        const uint64_t hold = hold_of(writer);
        writer->sweep_until = now - hold < waiting ? now - hold : waiting - 1;
        writer->swept_ns = now_ns;
        writer->sweeping = true;
        weft_lanes_count(lanes);
        weft_packed_begin_sweep(&writer->packed, lanes);
    }
    const bool any = weft_packed_take(&writer->packed, lanes,
                                      writer->sweeping ? WEFT_PACKED_SWEEP : WEFT_PACKED_FULL);
    if (writer->sweeping && weft_packed_is_swept(&writer->packed, lanes)) {
        const struct weft_mark mark = {writer->sweep_until, weft_lanes_pair(lanes)};
        weft_packed_put(&writer->packed, lanes, WEFT_CHUNK_MARK, 0, &mark, sizeof mark);
        writer->sweeping = false;
    }
    return any;
}

/* A third of the ring until the next look: half of what makes its owner pack. */
static void choose_pause(struct weft_writer *writer)
{
    const long busiest = writer->packed.busiest > 0 ? (long)writer->packed.busiest : 1;
    long pause_ns = writer->pause_ns * (WEFT_BUSY_WHOLE / 3) / busiest;

    pause_ns = pause_ns > 2 * writer->pause_ns ? 2 * writer->pause_ns : pause_ns;
    pause_ns = pause_ns > PAUSE_MAX_NS ? PAUSE_MAX_NS : pause_ns;
    writer->pause_ns = pause_ns < PAUSE_MIN_NS ? PAUSE_MIN_NS : pause_ns;
}

long weft_writer_pause_ns(const struct weft_writer *writer)
{
    return writer->pause_ns;
}

/* The mappings of the living program, as long as it is the one whose records are written. */
static void refresh_names(struct weft_writer *writer)
{
    const struct weft_spool_head *head = writer->lanes.head;
    struct weft_names *names = &writer->lines.names;
    const uint64_t image = atomic_load(&head->image);
    const char *maps;
    size_t len;

    names->pid = writer->image == image ? atomic_load(&head->attached) : 0;
    if (weft_names_refresh(names, &maps, &len)) {
        const uint64_t at =
            weft_packed_put(&writer->packed, &writer->lanes, WEFT_CHUNK_MAPS, image, maps, len);
        weft_window_keep_maps(writer, maps, len, image, at);
    }
}

/* JSON beside the run: for a small part of the time, so that it is hardly felt. */
static void write_live(struct weft_writer *writer, uint64_t now_ns)
{
    const uint64_t passed = now_ns - writer->drained_ns;

    writer->drained_ns = now_ns;
    writer->live_ns += (int64_t)(passed / LIVE_PART);
    writer->live_ns = writer->live_ns > LIVE_SLICE_NS ? LIVE_SLICE_NS : writer->live_ns;
    uint64_t begin = now_ns;
    while (writer->live_ns > 0) {
        const bool more = convert(writer, LIVE_RECORDS);
        const uint64_t end = weft_clock_monotonic();
        writer->live_ns -= (int64_t)(end - begin);
        begin = end;
        if (!more) {
            break;
        }
    }
    look_for_deadlocks(writer, writer->until);
    (void)weft_sink_flush(&writer->lines.sink);
}

/* What the file holds, as far as it is in order, with its progress told. */
static void convert_with_progress(struct weft_writer *writer)
{
    const uint64_t begin = writer->merge.offset;
    const uint64_t size = weft_packed_bytes(&writer->packed);

    while (convert(writer, FINAL_RECORDS)) {
        if (writer->options.on_progress != NULL && size > begin) {
            const uint64_t done = writer->merge.offset - begin;
            writer->options.on_progress(writer->options.ctx,
                                        (unsigned)(done * 100 / (size - begin)));
        }
    }
}

/* All of it: nothing comes any more. */
static void convert_all(struct weft_writer *writer)
{
    convert_with_progress(writer);
    if (writer->until != UINT64_MAX) {
        writer->until = UINT64_MAX;
        find_open_calls(writer);
        convert_with_progress(writer);
    }
    if (!writer->header_written) {
        weft_writer_put_header(writer, 0);
    }
}

/* The last look at the lanes.  Of a program that is dead none can be in somebody's hands. */
static void pack_all(struct weft_writer *writer, bool dead)
{
    struct weft_lanes *lanes = &writer->lanes;
    const uint64_t now = weft_lanes_now(lanes);

    weft_lanes_count(lanes);
    weft_packed_begin_sweep(&writer->packed, lanes);
    (void)weft_packed_take(&writer->packed, lanes, dead ? WEFT_PACKED_FORCE : WEFT_PACKED_SWEEP);
    const struct weft_mark mark = {now, weft_lanes_pair(lanes)};
    weft_packed_put(&writer->packed, lanes, WEFT_CHUNK_MARK, 0, &mark, sizeof mark);
}

/* Then all records are there: nobody makes any more. */
static void look_for_the_end(struct weft_writer *writer)
{
    const uint32_t verdict = atomic_load(&writer->lanes.head->schedule.verdict);
    char text[8192];

    if (writer->told_over || writer->options.on_over == NULL || verdict == WEFT_VERDICT_NONE) {
        return;
    }
    writer->told_over = true;
    pack_all(writer, false);
    convert_all(writer);
    if (verdict == WEFT_VERDICT_DEADLOCK) {
        weft_lines_stuck(&writer->lines, text, sizeof text);
    } else {
        (void)snprintf(text, sizeof text,
                       "%s is ended here: its simulated time is over, after %llu s",
                       writer->options.program,
                       (unsigned long long)(writer->lanes.head->schedule.now_ns / 1000000000));
    }
    writer->options.on_over(writer->options.ctx, text);
}

bool weft_writer_drain(struct weft_writer *writer)
{
    const uint64_t now_ns = weft_clock_monotonic();
    const bool any = pack(writer, now_ns);

    choose_pause(writer);
    if (writer->fd < 0) {
        return any; /* nobody knows yet for whom it is */
    }
    look_for_the_stuck(writer, now_ns);
    if (writer->options.last_ns != 0) {
        refresh_names(writer);
        return weft_window_drain(writer, now_ns) || any;
    }
    if (!writer->header_written) {
        if (atomic_load(&writer->lanes.head->overhead_ticks) == 0) {
            return any; /* the program is not there yet */
        }
        const bool timed =
            writer->lanes.pairs.count > 1 || writer->lanes.clock == WEFT_CLOCK_VIRTUAL;
        if (timed && writer->options.program != NULL) {
            weft_writer_put_header(writer, 0); /* for who looks at the trace meanwhile */
        }
    }
    refresh_names(writer);
    write_live(writer, now_ns);
    look_for_the_end(writer);
    return any;
}

/* A poll that was open when its thread stopped existing is closed with what the lane says. */
static void put_open_polls(struct weft_writer *writer, uint64_t until)
{
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        struct weft_taken poll = writer->merge.lanes[i].poll;
        uint64_t count, last;
        if (poll.kind != WEFT_EV_NONE && weft_lanes_poll(&writer->lanes, i, &count, &last) &&
            last >= poll.ticks && last <= until) {
            poll.kind = WEFT_EV_POLL_END;
            poll.ticks = last;
            poll.second = (int64_t)count;
            put_record(writer, &writer->merge.lanes[i], &poll);
        }
    }
}

/* What the trace has told of, and what was not any thread's. */
static uint64_t lost_so_far(const struct weft_writer *writer)
{
    uint64_t lost = writer->lanes.corrupt + atomic_load(&writer->lanes.head->lost);

    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        lost += writer->merge.lanes[i].lost_told;
    }
    return lost;
}

static void settle_losses(struct weft_writer *writer)
{
    writer->cut |= is_shut(writer);
    writer->lost_told = lost_so_far(writer);
    writer->dropped = put_losses(writer);
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

/*
 * 0, or why the trace is not all there: over a network that may come to light no sooner.  It is not
 * waited for until a disk has all of it: that would cost a short program more than its recording.
 */
static int close_trace(struct weft_writer *writer)
{
    const int fd = writer->fd;

    writer->fd = -1;
    writer->lines.sink.fd = -1;
    return fd >= 0 && close(fd) != 0 && errno != EINTR ? errno : 0;
}

/* The losses, the names and the last line; the errno of what failed since the beginning, or 0. */
static int put_end(struct weft_writer *writer, struct weft_writer_summary *summary)
{
    struct weft_lines *lines = &writer->lines;
    const struct weft_spool_schedule *schedule = &writer->lanes.head->schedule;
    const struct weft_window *window = &writer->window;
    const bool limited = writer->options.max_bytes != 0 || writer->options.last_ns != 0;
    const uint64_t dropped = writer->dropped + (window->begun ? window->past.dropped : 0);

    weft_lines_name(lines);
    const uint64_t all_lost = writer->cut ? writer->lost_told : weft_lanes_all_lost(&writer->lanes);
    const uint64_t lost = all_lost -
                          (window->lost_before < all_lost ? window->lost_before : all_lost) +
                          writer->merge.broken;
    const uint64_t left_out = weft_lanes_left_out(&writer->lanes);
    const uint64_t short_stacks = weft_lanes_short_stacks(&writer->lanes);
    const bool ended_at_limit = atomic_load(&schedule->verdict) == WEFT_VERDICT_LIMIT;
    weft_sink_printf(&lines->sink,
                     "{\"end\":true,\"events\":%llu,\"lost\":%llu,\"late\":%llu,"
                     "\"duration_ns\":%llu",
                     (unsigned long long)lines->events, (unsigned long long)lost,
                     (unsigned long long)lines->late, (unsigned long long)lines->last_ns);
    if (limited) {
        weft_sink_printf(&lines->sink, ",\"dropped\":%llu", (unsigned long long)dropped);
    }
    if (left_out > 0) {
        weft_sink_printf(&lines->sink, ",\"left_out\":%llu", (unsigned long long)left_out);
    }
    if (short_stacks > 0) {
        weft_sink_printf(&lines->sink, ",\"short_stacks\":%llu", (unsigned long long)short_stacks);
    }
    if (ended_at_limit) {
        weft_sink_text(&lines->sink, ",\"ended\":\"limit\"");
    }
    weft_sink_text(&lines->sink, "}\n");
    const bool written = weft_sink_finish(&lines->sink);
    correct_header(writer);
    const int closed = close_trace(writer);
    const int failed = written ? closed : lines->sink.errno_at;
    *summary = (struct weft_writer_summary){
        .events = lines->events,
        .lost = lost,
        .dropped = dropped,
        .left_out = left_out,
        .short_stacks = short_stacks,
        .late = lines->late,
        .duration_ns = lines->last_ns,
        .threads = (uint32_t)lines->thread_list.count,
        .overhead_ns = writer->overhead_ns,
        .spool_bytes = writer->merge.offset,
        .attached = atomic_load(&writer->lanes.head->attached) != 0,
        .deadlock = atomic_load(&schedule->verdict) == WEFT_VERDICT_DEADLOCK,
        .limit = ended_at_limit,
        .left = atomic_load(&schedule->left),
        .points = atomic_load(&schedule->points),
        .choices = atomic_load(&schedule->choices),
        .schedule_hash = atomic_load(&schedule->hash),
    };
    return failed;
}

static enum weft_status cannot_write(const struct weft_writer *writer, int failed,
                                     struct weft_error *error)
{
    return weft_error_set(error, WEFT_ERR_WRITE, "cannot write %s: %s", writer->options.trace_path,
                          strerror(failed));
}

/* It is the place that is too small: elsewhere all of it can be written from the spool. */
static bool has_no_room(int failed)
{
    return failed == ENOSPC || failed == EDQUOT || failed == EFBIG || failed == EIO;
}

/* After put_end: what becomes of the spool. */
static enum weft_status settle_spool(struct weft_writer *writer, int failed,
                                     struct weft_error *error)
{
    writer->keep_spool = failed != 0 && (writer->keep_spool || has_no_room(failed));
    if (failed == 0 || !writer->keep_spool) {
        return failed == 0 ? WEFT_OK : cannot_write(writer, failed, error);
    }
    return weft_error_set(error, WEFT_ERR_WRITE,
                          "cannot write %s: %s (the recording is kept: "
                          "weft recover -o ANOTHER_PLACE %s)",
                          writer->options.trace_path, strerror(failed), writer->lanes.path);
}

enum weft_status weft_writer_finish(struct weft_writer *writer, int wait_status,
                                    struct weft_writer_summary *summary, struct weft_error *error)
{
    const bool attached = atomic_load(&writer->lanes.head->attached) != 0;
    const bool dead = wait_status != -1 || weft_writer_program(writer) == 0;
    const uint64_t end = weft_lanes_now(&writer->lanes);

    pack_all(writer, dead);
    if (writer->options.last_ns != 0) {
        weft_window_settle(writer, wait_status == -1 && dead ? 0 : end);
        weft_window_begin(writer);
    }
    convert_all(writer);
    settle_losses(writer);
    if (!writer->cut) { /* else it ended before that */
        put_open_polls(writer, UINT64_MAX);
        if (attached && wait_status != -1) {
            put_process_end(writer, wait_status, end);
        }
    }
    return settle_spool(writer, put_end(writer, summary), error);
}

void weft_writer_prepare_dump(struct weft_writer *writer)
{
    pack_all(writer, false);
    weft_window_settle(writer, weft_lanes_now(&writer->lanes));
    writer->window.dump_end = weft_packed_bytes(&writer->packed);
}

void weft_writer_hold(struct weft_writer *writer, bool held)
{
    writer->window.held = held;
}

enum weft_status weft_writer_dump(struct weft_writer *writer, const char *trace_path,
                                  struct weft_writer_summary *summary, struct weft_error *error)
{
    writer->options.on_progress = NULL; /* the program goes on meanwhile */
    writer->fd = -1;                    /* who has forked us still writes there */
    enum weft_status status = open_trace(writer, trace_path, error);
    if (status != WEFT_OK) {
        return status;
    }
    writer->merge.end = writer->window.dump_end;
    weft_window_begin(writer);
    convert_with_progress(writer);
    settle_losses(writer);
    put_open_polls(writer, writer->until);
    /* Also when nothing happened in it: that is what hangs. */
    const uint64_t end_ns = weft_lanes_ns(&writer->lanes, writer->until);
    writer->lines.last_ns = end_ns > writer->lines.last_ns ? end_ns : writer->lines.last_ns;
    const int failed = put_end(writer, summary);
    return failed == 0 ? WEFT_OK : cannot_write(writer, failed, error);
}
