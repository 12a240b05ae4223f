/*
 * What weft check costs beside the loading of a trace.
 *
 *     bench_check [EVENTS]
 *
 * Writes a trace of EVENTS / 100, EVENTS / 10 and EVENTS events (10 million): sixteen threads that
 * take two of 200 locks each, now and then wait, sleep, ask and signal.  Loads it and looks for
 * findings; times are of the processor.  The share of the load's time counts.
 */
#define _DEFAULT_SOURCE
#include "base/sink.h"
#include "bench/measure.h"
#include "traces/analysis/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 10000000, THREADS = 16, LOCKS = 200, CONDITION = LOCKS + 1, QUEUE = LOCKS + 2 };

static double now_s(void)
{
    return weft_bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

struct trace {
    struct weft_sink sink;
    uint64_t t_ns, events, random;
};

static uint64_t next_random(struct trace *trace)
{
    return weft_bench_random(&trace->random);
}

static void event(struct trace *trace, unsigned thread, const char *name, unsigned object,
                  const char *more)
{
    trace->t_ns += 20 + next_random(trace) % 100;
    trace->events++;
    weft_sink_printf(&trace->sink, "{\"t\":%llu,\"thread\":%u,\"event\":\"%s\"",
                     (unsigned long long)trace->t_ns, thread, name);
    if (object != 0) {
        weft_sink_printf(&trace->sink, ",\"object\":%u,\"site\":%u", object, 1 + object % 9);
    }
    weft_sink_printf(&trace->sink, "%s}\n", more);
}

/* One thread's turn: a section of two locks in their order, and sometimes something else. */
static void turn(struct trace *trace)
{
    const unsigned thread = 1 + (unsigned)(next_random(trace) % THREADS);
    const unsigned lock = 1 + (unsigned)(next_random(trace) % (LOCKS - 1));

    if (next_random(trace) % 3 == 0) {
        event(trace, thread, "lock_request", lock, "");
    }
    event(trace, thread, "lock_acquire", lock, "");
    event(trace, thread, "lock_acquire", lock + 1, "");
    if (next_random(trace) % 50 == 0) {
        event(trace, thread, "query", QUEUE, ",\"question\":\"empty\",\"answer\":1");
    }
    event(trace, thread, "lock_release", lock + 1, "");
    event(trace, thread, "lock_release", lock, "");
    if (next_random(trace) % 20 == 0) {
        event(trace, thread, "sleep_begin", 0, ",\"duration\":100");
        event(trace, thread, "sleep_end", 0, "");
    }
    if (next_random(trace) % 20 == 0) {
        event(trace, thread, "cond_signal", CONDITION, "");
    }
}

static bool write_trace(int fd, uint64_t events)
{
    struct trace trace = {.random = 88172645463325252ULL};

    if (!weft_sink_init(&trace.sink, fd)) {
        return false;
    }
    weft_sink_text(&trace.sink, "{\"format\":\"weft-trace\",\"version\":1}\n");
    for (unsigned i = 1; i <= LOCKS; i++) {
        weft_sink_printf(&trace.sink, "{\"define\":\"object\",\"id\":%u,\"kind\":\"mutex\"}\n", i);
    }
    while (trace.events < events) {
        turn(&trace);
    }
    weft_sink_printf(&trace.sink, "{\"end\":true,\"events\":%llu,\"duration_ns\":%llu}\n",
                     (unsigned long long)trace.events, (unsigned long long)trace.t_ns);
    const bool good = weft_sink_flush(&trace.sink);
    weft_sink_done(&trace.sink);
    return good;
}

static bool measure(uint64_t events)
{
    char path[] = "/tmp/bench_check_XXXXXX";
    const int fd = mkstemp(path);
    struct weft_model *model = NULL;
    struct weft_findings findings;
    struct weft_error error;
    bool good = fd >= 0 && write_trace(fd, events);

    const double start_s = now_s();
    good = good && weft_model_load(path, NULL, NULL, &model, &error) == WEFT_OK;
    if (good) {
        const double loaded_s = now_s();
        weft_findings_init(&findings, model);
        good = weft_findings_look(&findings) == WEFT_OK;
        const double load_s = loaded_s - start_s, check_s = now_s() - loaded_s;
        printf("%10llu events: load %.3f s, check %.3f s (%.0f %% of the load), %zu findings\n",
               (unsigned long long)events, load_s, check_s, 100 * check_s / load_s, findings.count);
        weft_findings_done(&findings);
        weft_model_free(model);
    }
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return good;
}

int main(int argc, char **argv)
{
    const uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : EVENTS;

    for (uint64_t part = 100; part >= 1; part /= 10) {
        if (!measure(events / part)) {
            fprintf(stderr, "bench_check: cannot write or load a trace of %llu events\n",
                    (unsigned long long)(events / part));
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
