#include "traces/export/chrome_write.h"

#include <string.h>

void weft_chrome_say_object(struct weft_chrome *chrome, uint32_t object)
{
    weft_sink_text(&chrome->scratch, chrome->model->objects.at[object].name);
    if (chrome->lanes.ambiguous[object]) {
        weft_sink_text(&chrome->scratch, " #");
        weft_sink_u64(&chrome->scratch, chrome->model->objects.at[object].number);
    }
}

void weft_chrome_say_thread(struct weft_chrome *chrome, uint32_t thread, uint64_t t_ns)
{
    weft_sink_text(&chrome->scratch, weft_thread_name_at(&chrome->model->threads.at[thread], t_ns));
}

void weft_chrome_say(struct weft_chrome *chrome, const char *text)
{
    weft_sink_text(&chrome->scratch, text);
}

/* Writes what has been said as a JSON string. */
void weft_chrome_put_said(struct weft_chrome *chrome)
{
    weft_sink_json(chrome->sink, chrome->scratch.buffer, chrome->scratch.used);
    if (chrome->scratch.errno_at != 0 && chrome->sink->errno_at == 0) {
        chrome->sink->errno_at = chrome->scratch.errno_at;
    }
    chrome->scratch.used = 0;
}

/* Events ────────────────────────────────────────────────────────────────────────────────────── */

void weft_chrome_begin_event(struct weft_chrome *chrome, const char *phase, uint32_t tid)
{
    weft_sink_text(chrome->sink, chrome->events++ == 0 ? "\n{\"ph\":\"" : ",\n{\"ph\":\"");
    weft_sink_text(chrome->sink, phase);
    weft_sink_text(chrome->sink, "\",\"pid\":");
    weft_sink_u64(chrome->sink, chrome->lanes.pid);
    weft_sink_text(chrome->sink, ",\"tid\":");
    weft_sink_u64(chrome->sink, tid);
    chrome->args = 0;
}

/* Microseconds with all their nanoseconds, from integers: a double has not enough digits. */
void weft_chrome_put_time(struct weft_chrome *chrome, uint64_t t_ns)
{
    const unsigned ns = (unsigned)(t_ns % 1000);
    const char digits[] = {'.', (char)('0' + ns / 100), (char)('0' + ns / 10 % 10),
                           (char)('0' + ns % 10)};

    weft_sink_text(chrome->sink, ",\"ts\":");
    weft_sink_u64(chrome->sink, t_ns / 1000);
    weft_sink_bytes(chrome->sink, digits, sizeof digits);
}

void weft_chrome_put_name(struct weft_chrome *chrome)
{
    weft_sink_text(chrome->sink, ",\"name\":");
    weft_chrome_put_said(chrome);
}

void weft_chrome_put_category(struct weft_chrome *chrome, const char *category)
{
    weft_sink_text(chrome->sink, ",\"cat\":\"");
    weft_sink_text(chrome->sink, category);
    weft_sink_char(chrome->sink, '"');
}

void weft_chrome_put_arg(struct weft_chrome *chrome, const char *key)
{
    weft_sink_text(chrome->sink, chrome->args++ == 0 ? ",\"args\":{\"" : ",\"");
    weft_sink_text(chrome->sink, key);
    weft_sink_text(chrome->sink, "\":");
}

void weft_chrome_put_text_arg(struct weft_chrome *chrome, const char *key, const char *text)
{
    weft_chrome_put_arg(chrome, key);
    weft_sink_json(chrome->sink, text, strlen(text));
}

void weft_chrome_put_int_arg(struct weft_chrome *chrome, const char *key, int64_t value)
{
    weft_chrome_put_arg(chrome, key);
    weft_sink_i64(chrome->sink, value);
}

void weft_chrome_put_true_arg(struct weft_chrome *chrome, const char *key, bool is_true)
{
    if (is_true) {
        weft_chrome_put_arg(chrome, key);
        weft_sink_text(chrome->sink, "true");
    }
}

void weft_chrome_put_thread_arg(struct weft_chrome *chrome, const char *key, uint32_t thread,
                                uint64_t t_ns)
{
    weft_chrome_put_arg(chrome, key);
    weft_chrome_say_thread(chrome, thread, t_ns);
    weft_chrome_put_said(chrome);
}

void weft_chrome_put_object_arg(struct weft_chrome *chrome, const char *key, uint32_t object)
{
    weft_chrome_put_arg(chrome, key);
    weft_chrome_say_object(chrome, object);
    weft_chrome_put_said(chrome);
}

const struct weft_site *weft_chrome_site_of(const struct weft_chrome *chrome, uint32_t site)
{
    return site != WEFT_NONE ? &chrome->model->sites.at[site] : NULL;
}

void weft_chrome_put_site_args(struct weft_chrome *chrome, uint32_t index)
{
    const struct weft_site *site = weft_chrome_site_of(chrome, index);

    if (site == NULL) {
        return;
    }
    if (site->function[0] != '\0') {
        weft_chrome_put_text_arg(chrome, "function", site->function);
    }
    if (site->file[0] != '\0') {
        weft_chrome_put_text_arg(chrome, "file", site->file);
    }
    if (site->line != 0) {
        weft_chrome_put_int_arg(chrome, "line", site->line);
    }
}

/* For Tracy, which makes a source location from it. */
void weft_chrome_put_loc(struct weft_chrome *chrome, uint32_t index)
{
    const struct weft_site *site = weft_chrome_site_of(chrome, index);

    if (site != NULL && site->file[0] != '\0') {
        const char *slash = strrchr(site->file, '/');
        weft_chrome_say(chrome, slash != NULL && slash[1] != '\0' ? slash + 1 : site->file);
        weft_chrome_say(chrome, ":");
        weft_sink_u64(&chrome->scratch, site->line);
        weft_sink_text(chrome->sink, ",\"loc\":");
        weft_chrome_put_said(chrome);
    }
}

void weft_chrome_end_event(struct weft_chrome *chrome)
{
    weft_sink_text(chrome->sink, chrome->args > 0 ? "}}" : "}");
}
