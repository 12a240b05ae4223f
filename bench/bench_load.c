/*
 * How fast a trace is read and the model built, and in how much memory: by workload and size.
 *
 *     bench_load [EVENTS [ROUNDS [WORKLOAD]]]
 *     bench_load --write WORKLOAD EVENTS FILE      only the trace, for other benchmarks
 *
 * Each workload is written to a file as a recorder would, by EVENTS / 100, EVENTS / 10 and EVENTS
 * events (10 million), so that growth shows.  Then, in turns, so that all see the same machine:
 *
 *     reader   items and their sum
 *     model    reader and model, in a process of its own, whose peak of memory counts
 *     pyramid  what part of that the zoom pyramids take, built once more from the same spans
 *     cJSON    line by line from memory, the same item of each; on at most a million events
 *
 * Times are of the processor.  Medians of the rounds and their ratios count; absolute figures are
 * this machine's.
 */
#define _DEFAULT_SOURCE
#include "base/sink.h"
#include "bench/measure.h"
#include "traces/model/model.h"
#include "traces/read/line.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 10000000, ROUNDS = 3, ROUNDS_MAX = 99, CJSON_EVENTS_MAX = 1000000 };

/* Of this process: others may have the machine meanwhile. */
static double now_s(void)
{
    return weft_bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

/* Workloads ─────────────────────────────────────────────────────────────────────────────────── */

struct trace {
    struct weft_sink sink;
    uint64_t t_ns, events;
    uint64_t random;
};

static uint64_t next_random(struct trace *trace)
{
    return weft_bench_random(&trace->random);
}

static void number(struct trace *trace, const char *key, uint64_t value)
{
    weft_sink_text(&trace->sink, key);
    weft_sink_u64(&trace->sink, value);
}

/* An event without its end; object and site may be 0. */
static void begin(struct trace *trace, uint32_t thread, enum weft_event_kind kind, uint32_t object,
                  uint32_t site)
{
    trace->t_ns += 100 + next_random(trace) % 2000;
    trace->events++;
    number(trace, "{\"t\":", trace->t_ns);
    number(trace, ",\"thread\":", thread);
    weft_sink_text(&trace->sink, ",\"event\":\"");
    weft_sink_text(&trace->sink, weft_events[kind].name);
    weft_sink_char(&trace->sink, '"');
    if (object != 0) {
        number(trace, ",\"object\":", object);
    }
    if (site != 0) {
        number(trace, ",\"site\":", site);
    }
}

static void event(struct trace *trace, uint32_t thread, enum weft_event_kind kind, uint32_t object,
                  uint32_t site)
{
    begin(trace, thread, kind, object, site);
    weft_sink_text(&trace->sink, "}\n");
}

static void event_with(struct trace *trace, uint32_t thread, enum weft_event_kind kind,
                       uint32_t object, const char *key, uint64_t value)
{
    begin(trace, thread, kind, object, 5);
    number(trace, key, value);
    weft_sink_text(&trace->sink, "}\n");
}

static void item(struct trace *trace, uint32_t thread, enum weft_event_kind kind, uint64_t size,
                 uint64_t name)
{
    begin(trace, thread, kind, 1, 6);
    number(trace, ",\"size\":", size);
    number(trace, ",\"item\":\"item ", name);
    weft_sink_text(&trace->sink, "\"}\n");
}

/* Each is a few events of round i. */
typedef void round_of(struct trace *trace, uint64_t i);

static void lock_pairs(struct trace *trace, uint64_t i)
{
    const uint32_t thread = (uint32_t)(i % 8) + 1, lock = (uint32_t)(i % 61) + 1;

    event(trace, thread, WEFT_EV_LOCK_ACQUIRE, lock, (uint32_t)(i % 997) + 1);
    event(trace, thread, WEFT_EV_LOCK_RELEASE, lock, (uint32_t)(i % 991) + 1);
}

/* Everybody has to wait for the one before. */
static void contended(struct trace *trace, uint64_t i)
{
    const uint32_t thread = (uint32_t)(i % 8) + 1, next = (uint32_t)((i + 1) % 8) + 1;

    event(trace, next, WEFT_EV_LOCK_REQUEST, 1, 2);
    event(trace, thread, WEFT_EV_LOCK_RELEASE, 1, 3);
    event(trace, next, WEFT_EV_LOCK_ACQUIRE, 1, 2);
}

static void queue_workers(struct trace *trace, uint64_t i)
{
    const uint32_t worker = (uint32_t)(i % 7) + 2;

    event(trace, worker, WEFT_EV_QUEUE_GET_WAIT, 1, 6);
    item(trace, 1, WEFT_EV_QUEUE_PUT, 1, i % 1000);
    item(trace, worker, WEFT_EV_QUEUE_GET, 0, i % 1000);
}

static void ping_pong(struct trace *trace, uint64_t i)
{
    const uint32_t waiter = (uint32_t)(i % 2) + 1, other = (uint32_t)((i + 1) % 2) + 1;

    event(trace, waiter, WEFT_EV_LOCK_ACQUIRE, 2, 3);
    event_with(trace, waiter, WEFT_EV_COND_WAIT, 1, ",\"with\":", 2);
    event(trace, other, WEFT_EV_LOCK_ACQUIRE, 2, 4);
    event_with(trace, other, WEFT_EV_COND_SIGNAL, 1, ",\"woken\":", 1);
    event(trace, other, WEFT_EV_LOCK_RELEASE, 2, 4);
    event(trace, waiter, WEFT_EV_COND_WAKE, 1, 3);
    event(trace, waiter, WEFT_EV_LOCK_RELEASE, 2, 3);
}

/* What Python's threading module does: tries, prints, sleeps, polls. */
static void python(struct trace *trace, uint64_t i)
{
    const uint32_t thread = (uint32_t)(i % 6) + 1;

    event(trace, thread, WEFT_EV_LOCK_REQUEST, 1, 3);
    event(trace, thread, WEFT_EV_LOCK_ACQUIRE, 1, 3);
    begin(trace, thread, WEFT_EV_PRINT, 0, 7);
    number(trace, ",\"text\":\"worker says ", i % 5000);
    weft_sink_text(&trace->sink, "\"}\n");
    event(trace, thread, WEFT_EV_LOCK_RELEASE, 1, 4);
    event_with(trace, thread, WEFT_EV_SLEEP_BEGIN, 0, ",\"duration\":", 1000000);
    event(trace, thread, WEFT_EV_SLEEP_END, 0, 5);
    begin(trace, thread, WEFT_EV_POLL_BEGIN, 2, 8);
    weft_sink_text(&trace->sink, ",\"question\":\"empty\",\"answer\":1}\n");
    begin(trace, thread, WEFT_EV_POLL_END, 2, 8);
    weft_sink_text(&trace->sink, ",\"question\":\"empty\",\"count\":250}\n");
}

static void zones(struct trace *trace, uint64_t i)
{
    const uint32_t thread = (uint32_t)(i % 4) + 1;

    for (uint32_t depth = 0; depth < 5; depth++) {
        begin(trace, thread, WEFT_EV_ZONE_BEGIN, 0, depth + 1);
        number(trace, ",\"name\":\"zone ", depth);
        weft_sink_text(&trace->sink, "\"}\n");
    }
    for (uint32_t depth = 0; depth < 5; depth++) {
        event(trace, thread, WEFT_EV_ZONE_END, 0, 0);
    }
}

static void thousand_threads(struct trace *trace, uint64_t i)
{
    const uint32_t thread = (uint32_t)(next_random(trace) % 1000) + 1;

    (void)i;
    event(trace, thread, WEFT_EV_LOCK_REQUEST, 1 + thread % 50, 2);
    event(trace, thread, WEFT_EV_LOCK_ACQUIRE, 1 + thread % 50, 2);
    event(trace, thread, WEFT_EV_LOCK_RELEASE, 1 + thread % 50, 2);
}

static void many_objects(struct trace *trace, uint64_t i)
{
    const uint32_t object = (uint32_t)(next_random(trace) % 100000) + 1;

    event(trace, (uint32_t)(i % 16) + 1, WEFT_EV_LOCK_ACQUIRE, object, 2);
    event(trace, (uint32_t)(i % 16) + 1, WEFT_EV_LOCK_RELEASE, object, 2);
}

/* Bursts a thousand times as dense as what is between them, and one thread that does most. */
static void skewed(struct trace *trace, uint64_t i)
{
    const uint32_t thread = i % 16 != 0 ? 1 : (uint32_t)(i / 16 % 31) + 2;

    if (i % 10000 == 0) {
        trace->t_ns += UINT64_C(10000000000);
    }
    event_with(trace, thread, WEFT_EV_SLEEP_BEGIN, 0, ",\"duration\":", 500);
    event(trace, thread, WEFT_EV_SLEEP_END, 0, 5);
}

static const struct workload {
    const char *name;
    round_of *round;
} workloads[] = {
    {"lock pairs", lock_pairs},
    {"contended", contended},
    {"queue", queue_workers},
    {"ping-pong", ping_pong},
    {"python", python},
    {"zones", zones},
    {"1000 threads", thousand_threads},
    {"100000 objects", many_objects},
    {"skewed", skewed},
};

static bool make_trace(const char *path, const struct workload *workload, uint64_t events,
                       uint64_t *bytes)
{
    struct trace trace = {.t_ns = 1000000, .random = 88172645463325252u};
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || !weft_sink_init(&trace.sink, fd)) {
        return false;
    }
    weft_sink_text(&trace.sink, "{\"format\":\"weft-trace\",\"version\":1,\"unit\":\"ns\"}\n");
    weft_sink_text(&trace.sink, "{\"define\":\"object\",\"id\":1,\"kind\":\"");
    weft_sink_text(&trace.sink, workload->round == queue_workers ? "queue"
                                : workload->round == ping_pong   ? "condition"
                                                                 : "lock");
    weft_sink_text(&trace.sink, "\",\"name\":\"first\"}\n");
    if (workload->round == contended) {
        event(&trace, 1, WEFT_EV_LOCK_ACQUIRE, 1, 2);
    }
    for (uint64_t i = 0; trace.events < events; i++) {
        workload->round(&trace, i);
    }
    number(&trace, "{\"end\":true,\"events\":", trace.events);
    weft_sink_text(&trace.sink, ",\"lost\":0,\"late\":0}\n");
    const bool made = weft_sink_flush(&trace.sink);
    *bytes = trace.sink.total_bytes;
    weft_sink_done(&trace.sink);
    (void)close(fd);
    return made;
}

/* Loading ───────────────────────────────────────────────────────────────────────────────────── */

static void fail(const char *text)
{
    (void)fprintf(stderr, "bench_load: %s\n", text);
    exit(1);
}

/* Over all fields, so that both readers are seen to find the same. */
static uint64_t sum_of(const struct weft_item_event *event)
{
    return event->t_ns + event->thread + event->object * UINT64_C(3) + event->site * UINT64_C(5) +
           (uint64_t)event->kind * 7 + event->text.len * 13;
}

static uint64_t load_with_reader(const char *path)
{
    struct weft_reader *reader;
    struct weft_item item;
    struct weft_error error;
    uint64_t sum = 0;

    if (weft_reader_open(path, &reader, &error) != WEFT_OK) {
        fail(error.text);
    }
    while (weft_reader_next(reader, &item) == WEFT_READ_ITEM) {
        sum += item.kind == WEFT_ITEM_EVENT ? sum_of(&item.event) : 0;
    }
    if (!weft_reader_health(reader)->complete) {
        fail("the trace is not complete");
    }
    weft_reader_close(reader);
    return sum;
}

static uint32_t number_of(const cJSON *item)
{
    return cJSON_IsNumber(item) ? (uint32_t)item->valuedouble : 0;
}

/* The item of a line, as one would write it with cJSON. */
static void item_of(const struct weft_vocabulary *words, const cJSON *tree,
                    struct weft_item_event *event)
{
    *event = (struct weft_item_event){.text = {"", 0}};
    for (const cJSON *member = tree->child; member != NULL; member = member->next) {
        if (strcmp(member->string, "t") == 0) {
            event->t_ns = (uint64_t)member->valuedouble;
        } else if (strcmp(member->string, "thread") == 0) {
            event->thread = number_of(member);
        } else if (strcmp(member->string, "object") == 0) {
            event->object = number_of(member);
        } else if (strcmp(member->string, "site") == 0) {
            event->site = number_of(member);
        } else if (strcmp(member->string, "event") == 0) {
            event->kind = (enum weft_event_kind)weft_names_find_text(
                &words->events, member->valuestring, strlen(member->valuestring));
        } else if (cJSON_IsString(member) && strcmp(member->string, "question") != 0) {
            event->text = weft_slice_of(member->valuestring);
        }
    }
}

static uint64_t load_with_cjson(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    struct weft_vocabulary words;
    uint64_t sum = 0;

    weft_vocabulary_init(&words);
    for (const char *line = bytes, *next; line < end; line = next) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        struct weft_item_event event;
        next = newline + 1;
        cJSON *tree = cJSON_ParseWithLength(line, (size_t)(newline - line));
        item_of(&words, tree, &event);
        sum += event.kind == WEFT_EV_NONE ? 0 : sum_of(&event);
        cJSON_Delete(tree);
    }
    return sum;
}

struct loaded {
    double load_s;
    double bytes_per_event; /* at the peak, without what the process had before */
    double pyramid_s;
};

/* The pyramids of all lanes once more, from their spans. */
static double build_pyramids(const struct weft_model *model)
{
    double s = 0;

    for (size_t i = 0; i < model->threads.count; i++) {
        const struct weft_thread_info *info = &model->threads.at[i];
        struct weft_pyramid pyramid = {0};
        uint64_t *starts_ns = malloc((info->spans.count + 1) * sizeof *starts_ns);

        if (starts_ns == NULL) {
            fail("no memory");
        }
        for (size_t k = 0; k < info->spans.count; k++) {
            starts_ns[k] = weft_thread_span_ns(model, info, k);
        }
        starts_ns[info->spans.count] = info->end_ns;
        const double start = now_s();
        for (size_t k = 0; k < info->spans.count; k++) {
            const enum weft_state state = (enum weft_state)info->spans.at[k].state;
            if (!weft_pyramid_add(&pyramid, state, starts_ns[k], starts_ns[k + 1])) {
                fail("no memory");
            }
        }
        s += now_s() - start;
        weft_pyramid_done(&pyramid);
        free(starts_ns);
    }
    return s;
}

/* The process that load_model starts. */
static int load_model_here(const char *path)
{
    struct loaded loaded;
    struct rusage before, after;
    struct weft_model *model = NULL;
    struct weft_error error;

    (void)getrusage(RUSAGE_SELF, &before);
    const double start = now_s();
    if (weft_model_load(path, NULL, NULL, &model, &error) != WEFT_OK) {
        fail(error.text);
    }
    loaded.load_s = now_s() - start;
    (void)getrusage(RUSAGE_SELF, &after);
    loaded.bytes_per_event =
        (double)(after.ru_maxrss - before.ru_maxrss) * 1024 / (double)model->points.count;
    loaded.pyramid_s = build_pyramids(model);
    weft_model_free(model);
    return write(STDOUT_FILENO, &loaded, sizeof loaded) == (ssize_t)sizeof loaded ? 0 : 1;
}

/* In a process of its own, whose memory is nobody else's. */
static struct loaded load_model(const char *path)
{
    struct loaded loaded = {0};
    int ends[2], status;

    if (pipe(ends) != 0) {
        fail("no pipe");
    }
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl("/proc/self/exe", "bench_load", "--model", path, (char *)NULL);
        _exit(1);
    }
    (void)close(ends[1]);
    if (child < 0 || read(ends[0], &loaded, sizeof loaded) != (ssize_t)sizeof loaded ||
        waitpid(child, &status, 0) != child || status != 0) {
        fail("the model was not built");
    }
    (void)close(ends[0]);
    return loaded;
}

static double cjson_seconds(const char *path, uint64_t bytes, uint64_t expected)
{
    char *text = malloc(bytes);
    FILE *file = fopen(path, "r");

    if (text == NULL || file == NULL || fread(text, 1, bytes, file) != bytes) {
        fail("cannot read the trace");
    }
    (void)fclose(file);
    const double start = now_s();
    if (load_with_cjson(text, bytes) != expected) {
        fail("the loaders disagree");
    }
    const double end = now_s();
    free(text);
    return end - start;
}

static void measure(const char *path, const struct workload *workload, uint64_t events,
                    unsigned rounds)
{
    double reader_s[ROUNDS_MAX], model_s[ROUNDS_MAX], cjson_s[ROUNDS_MAX], memory[ROUNDS_MAX];
    double pyramid[ROUNDS_MAX];
    uint64_t bytes;

    if (!make_trace(path, workload, events, &bytes)) {
        fail("cannot write the trace");
    }
    for (unsigned round = 0; round < rounds; round++) {
        const double start = now_s();
        const uint64_t sum = load_with_reader(path);
        reader_s[round] = now_s() - start;
        const struct loaded loaded = load_model(path);
        model_s[round] = loaded.load_s;
        memory[round] = loaded.bytes_per_event;
        pyramid[round] = 100 * loaded.pyramid_s / loaded.load_s;
        cjson_s[round] = events <= CJSON_EVENTS_MAX ? cjson_seconds(path, bytes, sum) : 0;
    }
    const double reader = weft_bench_median(reader_s, (int)rounds),
                 cjson = weft_bench_median(cjson_s, (int)rounds);
    const double count = (double)events / 1e6;
    (void)printf("%-15s %9llu %6.1f %9.2f %9.2f %9.1f %7.1f%%", workload->name,
                 (unsigned long long)events, (double)bytes / (double)events, count / reader,
                 count / weft_bench_median(model_s, (int)rounds),
                 weft_bench_median(memory, (int)rounds), weft_bench_median(pyramid, (int)rounds));
    if (events <= CJSON_EVENTS_MAX) {
        (void)printf(" %9.2f %6.1f", count / cjson, cjson / reader);
    }
    (void)printf("\n");
    (void)unlink(path);
}

static int write_only(const char *name, uint64_t events, const char *path)
{
    uint64_t bytes;

    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        if (strcmp(name, workloads[i].name) == 0) {
            return make_trace(path, &workloads[i], events, &bytes) ? 0 : 1;
        }
    }
    fail("no such workload");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--model") == 0) {
        return load_model_here(argv[2]);
    }
    if (argc == 5 && strcmp(argv[1], "--write") == 0) {
        return write_only(argv[2], strtoul(argv[3], NULL, 10), argv[4]);
    }
    const unsigned long events = argc > 1 ? strtoul(argv[1], NULL, 10) : EVENTS;
    const unsigned long asked = argc > 2 ? strtoul(argv[2], NULL, 10) : ROUNDS;
    const unsigned rounds = asked < 1 ? 1 : asked > ROUNDS_MAX ? ROUNDS_MAX : (unsigned)asked;
    char path[] = "/tmp/weft-bench-load-XXXXXX";
    const int fd = mkstemp(path);

    if (fd < 0) {
        fail("no place for a trace");
    }
    (void)close(fd);
    (void)printf("M events/s, medians of %u rounds; memory: bytes an event at the peak\n", rounds);
    (void)printf("workload           events  bytes    reader     model    memory  pyramid     "
                 "cJSON  ratio\n");
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        if (argc > 3 && strcmp(argv[3], workloads[i].name) != 0) {
            continue;
        }
        for (unsigned long part = events >= 100 ? 100 : 1; part >= 1; part /= 10) {
            measure(path, &workloads[i], events / part, rounds);
        }
    }
    return 0;
}
