/*
 * How fast a trace is read: a million events of about 80 bytes, by the reader and by cJSON line by
 * line, in turns, so that both see the same machine.  Medians of the rounds and their ratio count;
 * absolute figures are this machine's.
 *
 *     bench_load [EVENTS [ROUNDS]]
 *
 * cJSON gets the file in memory, finds each line with memchr, parses it and makes the same item of
 * it; that is less than the reader does, which also reads the file and checks every value.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/sink.h"
#include "traces/read/line.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1000000, ROUNDS = 5, ROUNDS_MAX = 99 };

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Locks, queue items, prints and sleeps of eight threads, as a recorder writes them. */
static void make_trace(struct weft_sink *sink, unsigned events)
{
    static const enum weft_event_kind kinds[] = {
        WEFT_EV_LOCK_REQUEST, WEFT_EV_LOCK_ACQUIRE, WEFT_EV_QUEUE_PUT,
        WEFT_EV_LOCK_RELEASE, WEFT_EV_SLEEP_BEGIN,  WEFT_EV_SLEEP_END,
        WEFT_EV_LOCK_ACQUIRE, WEFT_EV_PRINT,        WEFT_EV_LOCK_RELEASE};

    weft_sink_text(sink, "{\"format\":\"weft-trace\",\"version\":1,\"unit\":\"ns\"}\n");
    for (unsigned i = 0; i < events; i++) {
        const enum weft_event_kind kind = kinds[i % (sizeof kinds / sizeof *kinds)];
        const struct weft_event_info *info = &weft_events[kind];
        weft_sink_printf(sink, "{\"t\":%llu,\"thread\":%u,\"event\":\"%s\"",
                         1000000000000ULL + i * 1371ULL, i % 8 + 1, info->name);
        if (info->family != WEFT_FAMILY_NONE) {
            weft_sink_printf(sink, ",\"object\":%u", i % 61 + 1);
        }
        weft_sink_printf(sink, ",\"site\":%u", i % 997 + 1);
        if (info->first != WEFT_ARG_NONE) {
            weft_sink_printf(sink, ",\"%s\":%u", weft_args[info->first].name, i % 3000000);
        }
        if (info->text != WEFT_TEXT_NONE) {
            weft_sink_printf(sink, ",\"%s\":\"item %u\"", weft_texts[info->text], i % 1000);
        }
        weft_sink_text(sink, "}\n");
    }
    weft_sink_printf(sink, "{\"end\":true,\"events\":%u,\"lost\":0,\"late\":0}\n", events);
}

/* Over all fields, so that both loaders are seen to find the same. */
static uint64_t sum_of(const struct weft_item_event *event)
{
    return event->t_ns + event->thread + event->object * UINT64_C(3) + event->site * UINT64_C(5) +
           (uint64_t)event->kind * 7 + (uint64_t)event->first * 11 + event->text.len * 13;
}

static uint64_t load_with_reader(const char *path)
{
    struct weft_reader *reader;
    struct weft_item item;
    struct weft_error error;
    uint64_t sum = 0;

    if (weft_reader_open(path, &reader, &error) != WEFT_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    while (weft_reader_next(reader, &item) == WEFT_READ_ITEM) {
        sum += sum_of(&item.event);
    }
    if (!weft_reader_health(reader)->complete) {
        (void)fprintf(stderr, "the trace is not complete\n");
        exit(1);
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
        } else if (cJSON_IsString(member)) {
            event->text = weft_slice_of(member->valuestring);
        } else if (event->kind != WEFT_EV_NONE) {
            event->first = (int64_t)member->valuedouble;
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

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    const unsigned events = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : EVENTS;
    const unsigned asked = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : ROUNDS;
    const unsigned rounds = asked < 1 ? 1 : asked > ROUNDS_MAX ? ROUNDS_MAX : asked;
    double reader_s[ROUNDS_MAX], cjson_s[ROUNDS_MAX];
    char path[] = "/tmp/weft-bench-load-XXXXXX";
    struct weft_sink sink, file;
    const int fd = mkstemp(path);

    if (fd < 0 || !weft_sink_init(&sink, -1) || !weft_sink_init(&file, fd)) {
        perror(path);
        return 1;
    }
    make_trace(&sink, events);
    weft_sink_bytes(&file, sink.buffer, sink.used);
    if (!weft_sink_flush(&file)) {
        perror(path);
        (void)unlink(path);
        return 1;
    }
    for (unsigned round = 0; round < rounds; round++) {
        const double start = now_s();
        const uint64_t reader_sum = load_with_reader(path);
        const double between = now_s();
        const uint64_t cjson_sum = load_with_cjson(sink.buffer, sink.used);
        reader_s[round] = between - start;
        cjson_s[round] = now_s() - between;
        if (reader_sum != cjson_sum) {
            (void)fprintf(stderr, "the loaders disagree\n");
            (void)unlink(path);
            return 1;
        }
    }
    (void)unlink(path);
    const double reader = median(reader_s, rounds), cjson = median(cjson_s, rounds);
    (void)printf("%u events, %.1f bytes a line, median of %u rounds\n", events,
                 (double)sink.used / events, rounds);
    (void)printf("reader             %8.1f ms  %6.2f M events/s\n", reader * 1e3,
                 events / reader / 1e6);
    (void)printf("cJSON line by line %8.1f ms  %6.2f M events/s\n", cjson * 1e3,
                 events / cjson / 1e6);
    (void)printf("ratio              %8.1f (goal: at least 5)\n", cjson / reader);
    weft_sink_done(&sink);
    weft_sink_done(&file);
    (void)close(fd);
    return 0;
}
