/*
 * Items of the reader as text, one a line, so that two ways of reading can be compared byte by
 * byte: fast and slow path, the C reader and the Python one (tests/golden/decode.py).
 * Threads: any.
 */
#ifndef WEFT_TESTS_READ_ITEMS_H
#define WEFT_TESTS_READ_ITEMS_H

#include "base/sink.h"
#include "traces/read/read.h"

static inline void item_text(struct weft_sink *sink, const char *key, struct weft_slice text)
{
    weft_sink_printf(sink, " %s=", key);
    weft_sink_json(sink, text.at, text.len);
}

static inline void item_argument(struct weft_sink *sink, uint8_t arg, int64_t value)
{
    if (weft_args[arg].type == WEFT_ARG_TYPE_QUESTION) {
        weft_sink_printf(sink, " %s=%s", weft_args[arg].name, weft_questions[value].name);
    } else {
        weft_sink_printf(sink, " %s=%lld", weft_args[arg].name, (long long)value);
    }
}

static inline void item_stack(struct weft_sink *sink, const struct weft_item_event *event)
{
    uint32_t sites[WEFT_STACK_SITES_MAX];
    const uint32_t count = weft_item_stack(event, sites);

    for (uint32_t i = 0; i < count; i++) {
        weft_sink_printf(sink, "%s%u", i == 0 ? " stack=" : ",", sites[i]);
    }
}

static inline void item_print(struct weft_sink *sink, const struct weft_item *item)
{
    switch (item->kind) {
    case WEFT_ITEM_EVENT:
        weft_sink_printf(sink, "%llu event t=%llu thread=%u about=%u site=%u kind=%s outcome=%s",
                         (unsigned long long)item->line, (unsigned long long)item->event.t_ns,
                         item->event.thread, item->event.object, item->event.site,
                         weft_events[item->event.kind].name, weft_outcomes[item->event.outcome]);
        if (item->event.has_first) {
            item_argument(sink, weft_events[item->event.kind].first, item->event.first);
        }
        if (item->event.has_second) {
            item_argument(sink, weft_events[item->event.kind].second, item->event.second);
        }
        if (item->event.has_text) {
            item_text(sink, weft_texts[weft_events[item->event.kind].text], item->event.text);
        }
        item_stack(sink, &item->event);
        break;
    case WEFT_ITEM_THREAD:
        weft_sink_printf(sink, "%llu thread %u", (unsigned long long)item->line, item->thread.id);
        item_text(sink, "name", item->thread.name);
        break;
    case WEFT_ITEM_OBJECT:
        weft_sink_printf(sink, "%llu object %u kind=%s capacity=%lld",
                         (unsigned long long)item->line, item->object.id,
                         weft_objects[item->object.kind].name, (long long)item->object.capacity);
        item_text(sink, "name", item->object.name);
        break;
    case WEFT_ITEM_SITE:
        weft_sink_printf(sink, "%llu site %u line=%u", (unsigned long long)item->line,
                         item->site.id, item->site.line);
        item_text(sink, "function", item->site.function);
        item_text(sink, "file", item->site.file);
        break;
    }
    weft_sink_char(sink, '\n');
}

static inline void health_print(struct weft_sink *sink, const struct weft_trace_health *health)
{
    weft_sink_printf(sink,
                     "health lines=%llu bytes=%llu events=%llu written=%llu lost=%llu late=%llu "
                     "bad=%llu unknown=%llu duration=%llu complete=%d\n",
                     (unsigned long long)health->lines, (unsigned long long)health->bytes,
                     (unsigned long long)health->events, (unsigned long long)health->events_written,
                     (unsigned long long)health->lost, (unsigned long long)health->late,
                     (unsigned long long)health->bad_lines,
                     (unsigned long long)health->unknown_events,
                     (unsigned long long)health->duration_ns, health->complete);
}

#endif
