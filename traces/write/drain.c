#include "traces/write/write.h"

#include "base/pack.h"
#include "base/vec.h"
#include "traces/format/plan.h"
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

enum {
    COMMAND_MAX = 64,                /* words of a command line in a header */
    RECORDS_MEASURED = 256,          /* by the recorder, for overhead_ticks */
    LOOK_GAP_NS = 100 * 1000 * 1000, /* between two looks for a deadlock */
};

/* A lane and the time of its next record. */
struct weft_front {
    uint64_t ticks;
    uint32_t lane;
};

/* A call in which a thread is and of which the trace says nothing yet. */
struct weft_open_call {
    uint64_t ticks; /* when the trace says so; since, unless it is too late for that */
    uint64_t since;
    uint64_t site;
    uint32_t lane;
    char name[16];
};

struct weft_writer {
    struct weft_lanes lanes;
    struct weft_front fronts[WEFT_LANE_MAX];
    size_t front_count;
    struct weft_lines lines;
    struct weft_writer_options options;
    uint64_t next_look_ns; /* for a deadlock, on the clock of the trace */
    uint64_t overhead_ns;  /* of one record, as the header says it */
    uint64_t put_ticks;    /* up to when records were written */
    struct {
        struct weft_open_call *at;
        size_t count, room;
    } calls; /* that are told now */
    struct {
        uint32_t *at;
        size_t count, room;
    } started; /* processes, until somebody asks; only when they are followed */
    int fd;
    char program[4096]; /* of a spool that was taken over */
    const char *command[COMMAND_MAX];
    uint64_t deterministic_at; /* where the header says false; 0: that stays */
    bool header_written;
    bool gave_up_watching;
    bool told_over;
};

static void read_maps(const struct weft_writer *writer, const char **maps, size_t *len)
{
    const uint32_t bytes = atomic_load(&writer->lanes.head->maps_bytes);

    *maps = (const char *)writer->lanes.head + WEFT_SPOOL_HEAD_BYTES;
    *len = bytes < WEFT_SPOOL_MAPS_BYTES ? bytes : WEFT_SPOOL_MAPS_BYTES;
}

/* At the start, and again when the process has become another program. */
static void open_names(struct weft_writer *writer)
{
    const char *maps;
    size_t len;

    read_maps(writer, &maps, &len);
    weft_names_done(&writer->lines.names);
    weft_names_open(&writer->lines.names, atomic_load(&writer->lanes.head->attached), maps, len);
}

/* The program of a spool that tells nothing else: what is mapped first is the program itself. */
static void find_program(struct weft_writer *writer)
{
    const char *maps;
    size_t len;

    read_maps(writer, &maps, &len);
    const char *end = memchr(maps, '\n', len);
    const char *path = memchr(maps, '/', end != NULL ? (size_t)(end - maps) : 0);
    writer->options.program = "unknown";
    if (path != NULL && (size_t)(end - path) < sizeof writer->program) {
        memcpy(writer->program, path, (size_t)(end - path));
        writer->program[end - path] = '\0';
        writer->command[0] = writer->program;
        writer->options.program = strrchr(writer->program, '/') + 1;
        writer->options.command = writer->command;
        writer->options.command_count = 1;
    }
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
    return !weft_pack_is_wanted(path) || weft_sink_pack(&writer->lines.sink)
               ? WEFT_OK
               : weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
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
    made->options = *options;
    status = spool == NULL ? weft_lanes_open(&made->lanes, options->spool_path, options->plan,
                                             options->start_real_ns, error)
                           : weft_lanes_adopt(&made->lanes, spool, error);
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
        made->lanes.head->allocator_locks = options->allocator_locks;
    } else {
        made->options.long_call_ns = made->lanes.head->long_call_ns;
    }
    *writer = made;
done:
    if (status != WEFT_OK) {
        if (spool != NULL) {
            made->lanes.path[0] = '\0'; /* it stays for another try */
        }
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
    struct weft_writer *made = NULL;
    const enum weft_status status = make(options, spool, &made, error);

    if (made != NULL) {
        /* What the killed writer had in its hands went with it. */
        atomic_fetch_add(&made->lanes.head->lost, atomic_exchange(&made->lanes.head->in_hand, 0));
        if (made->options.program == NULL) {
            find_program(made);
        }
        *writer = made;
    }
    return status;
}

/* As the process left it in the spool, where anything may stand. */
static void take_command(struct weft_writer *writer)
{
    const uint32_t told = atomic_load(&writer->lanes.head->command_bytes);
    const uint32_t len = told < WEFT_COMMAND_BYTES ? told : WEFT_COMMAND_BYTES;
    uint32_t count = 0;

    memcpy(writer->program, writer->lanes.head->command, len);
    writer->program[len] = '\0';
    for (uint32_t at = 0; at < len && count < COMMAND_MAX;
         at += (uint32_t)strlen(writer->program + at) + 1) {
        writer->command[count++] = writer->program + at;
    }
    if (count == 0) {
        find_program(writer);
        return;
    }
    const char *slash = strrchr(writer->command[0], '/');
    writer->options.program = slash != NULL && slash[1] != '\0' ? slash + 1 : writer->command[0];
    writer->options.command = writer->command;
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
    weft_lanes_close(&writer->lanes);
    weft_lines_done(&writer->lines);
    free(writer->calls.at);
    free(writer->started.at);
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

static void put_header(struct weft_writer *writer)
{
    struct weft_sink *sink = &writer->lines.sink;
    struct weft_spool_head *head = writer->lanes.head;
    struct timespec resolution = {.tv_nsec = 1};

    if (writer->lanes.clock == WEFT_CLOCK_MONOTONIC) {
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
    if (writer->lanes.clock == WEFT_CLOCK_VIRTUAL) {
        put_schedule(writer);
    }
    weft_sink_text(sink, "}\n");
    open_names(writer);
    writer->header_written = true;
}

/* A record at its place in time: what it means for the lane, then for the trace. */
static void put_record(struct weft_writer *writer, uint32_t lane, const struct weft_taken *taken)
{
    struct weft_lane_queue *queue = &writer->lanes.queues[lane];

    queue->last_ticks = taken->ticks;
    if (taken->kind == WEFT_EV_ATTACH) {
        queue->thread = (uint32_t)taken->object;
        weft_lanes_keep_thread(&writer->lanes, lane);
    } else if (taken->kind == WEFT_EV_POLL_BEGIN) {
        queue->poll = *taken;
    } else if (taken->kind == WEFT_EV_POLL_END) {
        queue->poll.kind = WEFT_EV_NONE;
    }
    if (queue->thread != 0) {
        weft_lines_put(&writer->lines, queue->thread, weft_lanes_ns(&writer->lanes, taken->ticks),
                       taken);
        if (taken->kind == WEFT_EV_PROCESS_EXEC) {
            open_names(writer);
        } else if (taken->kind == WEFT_EV_PROCESS_CHILD && writer->options.follow) {
            (void)weft_vec_push(&writer->started, (uint32_t)taken->first);
        }
    }
}

/* fronts is a heap: the oldest is at 0. */
static void sift_down(struct weft_writer *writer, size_t at)
{
    struct weft_front *heap = writer->fronts;
    const struct weft_front moved = heap[at];

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= writer->front_count) {
            break;
        }
        if (child + 1 < writer->front_count && heap[child + 1].ticks < heap[child].ticks) {
            child++;
        }
        if (moved.ticks <= heap[child].ticks) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void make_heap(struct weft_writer *writer)
{
    writer->front_count = 0;
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        uint64_t ticks;
        if (weft_lanes_front(&writer->lanes, i, &ticks)) {
            writer->fronts[writer->front_count++] = (struct weft_front){ticks, i};
        }
    }
    for (size_t i = writer->front_count / 2; i-- > 0;) {
        sift_down(writer, i);
    }
}

/* Up to when the lane at 0 is the oldest; at most `until`. */
static uint64_t second_oldest(const struct weft_writer *writer, uint64_t until)
{
    uint64_t second = until;

    for (size_t i = 1; i <= 2 && i < writer->front_count; i++) {
        second = writer->fronts[i].ticks < second ? writer->fronts[i].ticks : second;
    }
    return second;
}

/* Writes all records up to `until`, in time order.  Records of one lane mostly come in runs. */
static void put_until(struct weft_writer *writer, uint64_t until)
{
    struct weft_taken taken;
    size_t slots;

    make_heap(writer);
    while (writer->front_count > 0 && writer->fronts[0].ticks <= until) {
        struct weft_front *front = &writer->fronts[0];
        const uint64_t run_until = second_oldest(writer, until);
        bool more;
        do {
            if (weft_lanes_peek(&writer->lanes, front->lane, &taken, &slots)) {
                put_record(writer, front->lane, &taken);
                writer->lanes.queues[front->lane].next += slots;
            }
            more = weft_lanes_front(&writer->lanes, front->lane, &front->ticks);
        } while (more && front->ticks <= run_until);
        if (!more) {
            *front = writer->fronts[--writer->front_count];
        }
        if (writer->front_count > 0) {
            sift_down(writer, 0);
        }
    }
}

/*
 * The call of a lane that has lasted long at `now`.  One that the owner left by a jump out of a
 * signal handler stays there: it is older than what the owner recorded after it.
 */
static bool find_open_call(const struct weft_writer *writer, uint32_t lane, uint64_t until,
                           uint64_t now, struct weft_open_call *call)
{
    const struct weft_lane_queue *queue = &writer->lanes.queues[lane];
    const uint64_t long_ticks =
        weft_spool_long_call_ticks(writer->options.long_call_ns, writer->lanes.ticks_per_ms);

    call->lane = lane;
    /* In simulated time a call that really waits takes none: when it is told would be chance. */
    if (writer->lanes.clock == WEFT_CLOCK_VIRTUAL ||
        !weft_lanes_call(&writer->lanes, lane, &call->since, &call->site, call->name)) {
        return false;
    }
    call->ticks = call->since > writer->put_ticks ? call->since : writer->put_ticks + 1;
    return call->since != queue->call_told && call->ticks <= until && call->since < now &&
           now - call->since >= long_ticks;
}

static int by_ticks(const void *a, const void *b)
{
    const struct weft_open_call *left = a, *right = b;

    return (left->ticks > right->ticks) - (left->ticks < right->ticks);
}

static void put_open_call(struct weft_writer *writer, const struct weft_open_call *call,
                          uint64_t until)
{
    struct weft_lane_queue *queue = &writer->lanes.queues[call->lane];
    uint64_t next;

    put_until(writer, call->ticks - 1);
    const bool went_on = weft_lanes_front(&writer->lanes, call->lane, &next) && next <= until;
    if (!went_on && queue->last_ticks < call->since) {
        queue->call_told = call->since;
        put_record(writer, call->lane,
                   &(struct weft_taken){.ticks = call->ticks,
                                        .kind = WEFT_EV_CALL_BEGIN,
                                        .site = call->site,
                                        .has_args = true,
                                        .text = call->name,
                                        .text_stored = (uint32_t)strnlen(call->name, 16),
                                        .text_bytes = (uint32_t)strnlen(call->name, 16)});
    }
}

/* As put_until, with what threads are in the middle of at `now`. */
static void put_with_calls(struct weft_writer *writer, uint64_t until, uint64_t now)
{
    struct weft_open_call call;

    writer->calls.count = 0;
    for (uint32_t i = 0; i < writer->lanes.count; i++) {
        if (find_open_call(writer, i, until, now, &call)) {
            (void)weft_vec_push(&writer->calls, call); /* no memory: at the next look */
        }
    }
    if (writer->calls.count > 1) {
        qsort(writer->calls.at, writer->calls.count, sizeof *writer->calls.at, by_ticks);
    }
    for (size_t i = 0; i < writer->calls.count; i++) {
        put_open_call(writer, &writer->calls.at[i], until);
    }
    put_until(writer, until);
    writer->put_ticks = until > writer->put_ticks && until < now ? until : writer->put_ticks;
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

/* Then all records are there: nobody makes any more. */
static void look_for_the_end(struct weft_writer *writer)
{
    char text[8192];

    if (writer->told_over || writer->options.on_over == NULL ||
        atomic_load(&writer->lanes.head->schedule.verdict) != WEFT_VERDICT_DEADLOCK) {
        return;
    }
    writer->told_over = true;
    while (weft_lanes_take(&writer->lanes) && writer->lanes.taken_until != UINT64_MAX) {
        put_until(writer, writer->lanes.taken_until);
    }
    put_until(writer, UINT64_MAX);
    weft_lines_stuck(&writer->lines, text, sizeof text);
    writer->options.on_over(writer->options.ctx, text);
}

bool weft_writer_drain(struct weft_writer *writer)
{
    struct weft_spool_head *head = writer->lanes.head;
    /* Before the lanes are emptied: what is published meanwhile is not yet here to be put. */
    const uint64_t now = weft_lanes_now(&writer->lanes);
    const uint64_t waiting = weft_lanes_waiting(&writer->lanes, now);
    const bool any = weft_lanes_take(&writer->lanes);

    atomic_store(&head->in_hand, weft_lanes_in_hand(&writer->lanes));
    if (!writer->header_written) {
        if (atomic_load(&head->overhead_ticks) == 0) {
            return any; /* the program is not there yet */
        }
        put_header(writer);
    }
    weft_names_refresh(&writer->lines.names);
    const uint64_t hold = hold_of(writer);
    const uint64_t held = now - hold < waiting ? now - hold : waiting - 1;
    const uint64_t known = weft_lanes_known_ticks(&writer->lanes);
    const uint64_t taken = writer->lanes.taken_until;
    const uint64_t certain = held < known ? held : known;
    const uint64_t until = certain < taken ? certain : taken;
    put_with_calls(writer, until, now);
    put_losses(writer, until);
    look_for_deadlocks(writer, until);
    look_for_the_end(writer);
    (void)weft_sink_flush(&writer->lines.sink);
    atomic_store(&head->in_hand, weft_lanes_in_hand(&writer->lanes));
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
    const struct weft_spool_schedule *schedule = &writer->lanes.head->schedule;
    const bool attached = atomic_load(&writer->lanes.head->attached) != 0;
    const uint64_t end = weft_lanes_now(&writer->lanes);

    if (!writer->header_written) {
        put_header(writer);
    }
    while (weft_lanes_take(&writer->lanes) && writer->lanes.taken_until != UINT64_MAX) {
        put_until(writer, writer->lanes.taken_until);
    }
    put_with_calls(writer, UINT64_MAX, end);
    put_losses(writer, end);
    put_open_polls(writer);
    if (attached && wait_status != -1) {
        put_process_end(writer, wait_status, end);
    }
    weft_lines_name(lines);
    const uint64_t lost = weft_lanes_all_lost(&writer->lanes);
    const uint64_t left_out = weft_lanes_left_out(&writer->lanes);
    weft_sink_printf(&lines->sink,
                     "{\"end\":true,\"events\":%llu,\"lost\":%llu,\"late\":%llu,"
                     "\"duration_ns\":%llu",
                     (unsigned long long)lines->events, (unsigned long long)lost,
                     (unsigned long long)lines->late, (unsigned long long)lines->last_ns);
    if (left_out > 0) {
        weft_sink_printf(&lines->sink, ",\"left_out\":%llu", (unsigned long long)left_out);
    }
    weft_sink_text(&lines->sink, "}\n");
    const bool written = weft_sink_finish(&lines->sink);
    correct_header(writer);
    const int failed =
        written ? (fsync(writer->fd) != 0 && errno == EIO ? EIO : 0) : lines->sink.errno_at;
    *summary = (struct weft_writer_summary){
        .events = lines->events,
        .lost = lost,
        .left_out = left_out,
        .late = lines->late,
        .duration_ns = lines->last_ns,
        .threads = (uint32_t)lines->thread_list.count,
        .overhead_ns = writer->overhead_ns,
        .attached = attached,
        .deadlock = atomic_load(&schedule->verdict) == WEFT_VERDICT_DEADLOCK,
        .left = atomic_load(&schedule->left),
        .points = atomic_load(&schedule->points),
        .choices = atomic_load(&schedule->choices),
        .schedule_hash = atomic_load(&schedule->hash),
    };
    if (failed != 0) {
        return weft_error_set(error, WEFT_ERR_WRITE,
                              "cannot write %s: %s (what was written before is kept)",
                              writer->options.trace_path, strerror(failed));
    }
    return WEFT_OK;
}
