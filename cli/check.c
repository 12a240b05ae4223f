/* weft check: what is wrong in a trace, in words or as JSON. */
#include "base/duration.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "traces/analysis/findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check_args {
    const char *trace;
    bool json;
    uint64_t from[WEFT_FROM_COUNT];
    bool is_set[WEFT_FROM_COUNT];
    bool wanted[WEFT_FIND_COUNT];
    bool some; /* only the wanted ones */
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "One JSON object (docs/findings.schema.json)", 0},
    {"threshold", 't', "NAME=VALUE", 0,
     "From when on something counts, such as sleep-holding=5ms (the list is below)", 0},
    {"kind", 'k', "KIND", 0, "Only findings of this kind; may be given again", 0},
    {0},
};

static bool parse_value(const char *text, enum weft_threshold_unit unit, uint64_t *value)
{
    char *end = NULL;

    if (unit == WEFT_UNIT_NS) {
        return weft_duration_parse(text, value);
    }
    if (*text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (unit == WEFT_UNIT_PERCENT && *end == '%') {
        end++;
    }
    return errno == 0 && *end == '\0' && (unit != WEFT_UNIT_PERCENT || *value <= 100);
}

static bool set_threshold(struct check_args *args, const char *arg)
{
    const char *equals = strchr(arg, '=');

    for (int i = 0; equals != NULL && i < WEFT_FROM_COUNT; i++) {
        const char *name = weft_thresholds[i].name;
        if (strlen(name) == (size_t)(equals - arg) && strncmp(name, arg, strlen(name)) == 0) {
            args->is_set[i] = true;
            return parse_value(equals + 1, (enum weft_threshold_unit)weft_thresholds[i].unit,
                               &args->from[i]);
        }
    }
    return false;
}

static bool set_kind(struct check_args *args, const char *arg)
{
    for (int i = 0; i < WEFT_FIND_COUNT; i++) {
        if (strcmp(weft_finding_kinds[i].name, arg) == 0) {
            args->wanted[i] = args->some = true;
            return true;
        }
    }
    return false;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct check_args *args = state->input;

    switch (key) {
    case 'j':
        args->json = true;
        return 0;
    case 't':
        if (!set_threshold(args, arg)) {
            argp_error(state,
                       "\"%s\" is no threshold (expected NAME=VALUE, such as sleep-holding=5ms)",
                       arg);
            return EINVAL;
        }
        return 0;
    case 'k':
        if (!set_kind(args, arg)) {
            argp_error(state, "\"%s\" is no kind of finding", arg);
            return EINVAL;
        }
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static void put_value(struct weft_sink *sink, uint64_t value, enum weft_threshold_unit unit)
{
    if (unit == WEFT_UNIT_NS) {
        weft_sink_printf(sink, "%gms", (double)value / 1e6);
    } else {
        weft_sink_printf(sink, "%llu%s", (unsigned long long)value,
                         unit == WEFT_UNIT_PERCENT ? "%" : "");
    }
}

/* The lists in --help are the tables themselves. */
static char *with_lists(int key, const char *text, void *input)
{
    struct weft_sink sink;
    char *help;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC || !weft_sink_init(&sink, -1)) {
        return (char *)(uintptr_t)text;
    }
    weft_sink_text(&sink, "Kinds:");
    for (size_t i = 0; i < WEFT_FIND_COUNT; i++) {
        weft_sink_printf(&sink, "\n  %-18s %s", weft_finding_kinds[i].name,
                         weft_finding_kinds[i].words);
    }
    weft_sink_text(&sink, "\n\nThresholds:");
    for (size_t i = 0; i < WEFT_FROM_COUNT; i++) {
        weft_sink_printf(&sink, "\n  %s=", weft_thresholds[i].name);
        put_value(&sink, weft_thresholds[i].value,
                  (enum weft_threshold_unit)weft_thresholds[i].unit);
        weft_sink_printf(&sink, "\n      %s", weft_thresholds[i].words);
    }
    weft_sink_text(&sink, "\n\nExit status: 0 nothing was found, 1 something was, 2 usage, 3 the "
                          "trace cannot be read, 4 the result cannot be written.");
    weft_sink_char(&sink, '\0');
    help = sink.errno_at == 0 ? strdup(sink.buffer) : NULL;
    weft_sink_done(&sink);
    return help != NULL ? help : (char *)(uintptr_t)text;
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Says what is wrong in a trace: who waits for ever, which locks cost what, who only asks.\v",
    NULL,
    with_lists,
    NULL};

/* Words ─────────────────────────────────────────────────────────────────────────────────────── */

static void put_place(struct weft_sink *sink, const struct weft_model *model,
                      const struct weft_finding_place *place)
{
    weft_sink_printf(sink, "%15.6f  %-14s %s", (double)place->t_ns / 1e9,
                     model->threads.at[place->thread].name, place->role);
    if (place->object != WEFT_NONE) {
        weft_sink_printf(sink, " (%s)", model->objects.at[place->object].name);
    }
    if (place->site != WEFT_NONE && model->sites.at[place->site].line != 0) {
        const struct weft_site *site = &model->sites.at[place->site];
        const char *slash = strrchr(site->file, '/');
        weft_sink_printf(sink, "  [%s %s:%u]", site->function,
                         slash != NULL ? slash + 1 : site->file, site->line);
    } else if (place->site != WEFT_NONE && model->sites.at[place->site].function[0] != '\0') {
        weft_sink_printf(sink, "  [%s]", model->sites.at[place->site].function);
    }
    weft_sink_char(sink, '\n');
}

enum { PLACES_SHOWN = 12 };

static void put_words(struct weft_sink *sink, const struct weft_findings *findings, size_t index,
                      bool colour)
{
    const struct weft_finding *finding = &findings->all.at[index];

    weft_sink_printf(sink, "%s%s%s: %s\n", colour ? "\x1b[1m" : "",
                     weft_finding_kinds[finding->kind].name, colour ? "\x1b[0m" : "",
                     finding->what);
    weft_sink_printf(sink, "    Why it matters: %s\n    What to do: %s\n", finding->why,
                     finding->advice);
    for (size_t i = 0; i < finding->places.count && i < PLACES_SHOWN; i++) {
        put_place(sink, findings->model, &finding->places.at[i]);
    }
    if (finding->places.count > PLACES_SHOWN) {
        weft_sink_printf(sink, "%15s  and %zu more places (--json tells them)\n", "",
                         finding->places.count - PLACES_SHOWN);
    }
    for (size_t i = 0; i < findings->all.count; i++) {
        if (findings->all.at[i].detail_of == index) {
            weft_sink_printf(sink, "    Also, for the same reason (%s): %s\n",
                             weft_finding_kinds[findings->all.at[i].kind].name,
                             findings->all.at[i].what);
        }
    }
    weft_sink_char(sink, '\n');
}

/* JSON ──────────────────────────────────────────────────────────────────────────────────────── */

static void put_key(struct weft_sink *sink, const char *key, const char *value)
{
    weft_sink_printf(sink, ",\"%s\":", key);
    weft_sink_json(sink, value, strlen(value));
}

static void put_place_json(struct weft_sink *sink, const struct weft_model *model,
                           const struct weft_finding_place *place)
{
    weft_sink_printf(sink, "{\"role\":\"%s\",\"t_ns\":%llu,\"thread_id\":%u", place->role,
                     (unsigned long long)place->t_ns, model->threads.at[place->thread].number);
    put_key(sink, "thread", model->threads.at[place->thread].name);
    if (place->object != WEFT_NONE) {
        weft_sink_printf(sink, ",\"object_id\":%u", model->objects.at[place->object].number);
        put_key(sink, "object", model->objects.at[place->object].name);
    }
    if (place->span != WEFT_NONE) {
        weft_sink_printf(sink, ",\"span\":%u,\"end_ns\":%llu", place->span,
                         (unsigned long long)weft_span_end_ns(model, place->thread, place->span));
    }
    if (place->site != WEFT_NONE) {
        const struct weft_site *site = &model->sites.at[place->site];
        put_key(sink, "function", site->function);
        put_key(sink, "file", site->file);
        weft_sink_printf(sink, ",\"line\":%u", site->line);
    }
    weft_sink_char(sink, '}');
}

static void put_json(struct weft_sink *sink, const struct weft_findings *findings, size_t index)
{
    const struct weft_model *model = findings->model;
    const struct weft_finding *finding = &findings->all.at[index];
    const char *before = "";

    weft_sink_printf(sink, "{\"kind\":\"%s\",\"from_ns\":%llu,\"to_ns\":%llu,\"cost_ns\":%llu",
                     weft_finding_kinds[finding->kind].name, (unsigned long long)finding->from_ns,
                     (unsigned long long)finding->to_ns, (unsigned long long)finding->cost_ns);
    weft_sink_text(sink, ",\"threads\":[");
    for (size_t i = 0; i < finding->threads.count; i++) {
        const struct weft_thread_info *thread = &model->threads.at[finding->threads.at[i]];
        weft_sink_printf(sink, "%s{\"id\":%u", i > 0 ? "," : "", thread->number);
        put_key(sink, "name", thread->name);
        weft_sink_char(sink, '}');
    }
    weft_sink_text(sink, "],\"objects\":[");
    for (size_t i = 0; i < finding->objects.count; i++) {
        const struct weft_object *object = &model->objects.at[finding->objects.at[i]];
        weft_sink_printf(sink, "%s{\"id\":%u", i > 0 ? "," : "", object->number);
        put_key(sink, "kind", object->kind == WEFT_OBJ_NONE ? "" : weft_objects[object->kind].name);
        put_key(sink, "name", object->name);
        weft_sink_char(sink, '}');
    }
    weft_sink_text(sink, "],\"places\":[");
    for (size_t i = 0; i < finding->places.count; i++) {
        weft_sink_text(sink, i > 0 ? "," : "");
        put_place_json(sink, model, &finding->places.at[i]);
    }
    weft_sink_text(sink, "]");
    put_key(sink, "what", finding->what);
    put_key(sink, "why", finding->why);
    put_key(sink, "advice", finding->advice);
    weft_sink_text(sink, ",\"details\":[");
    for (size_t i = 0; i < findings->all.count && finding->detail_of == WEFT_NONE; i++) {
        if (findings->all.at[i].detail_of == index) {
            weft_sink_text(sink, before);
            put_json(sink, findings, i); /* a detail has none itself */
            before = ",";
        }
    }
    weft_sink_text(sink, "]}");
}

static bool is_wanted(const struct check_args *args, const struct weft_finding *finding)
{
    return finding->detail_of == WEFT_NONE && (!args->some || args->wanted[finding->kind]);
}

static void put_all_json(struct weft_sink *sink, const struct check_args *args,
                         const struct weft_findings *findings)
{
    const struct weft_trace_health *health = &findings->model->health;
    const char *before = "";

    weft_sink_printf(sink,
                     "{\"trace\":{\"duration_ns\":%llu,\"events\":%llu,\"lost\":%llu,"
                     "\"complete\":%s},\"thresholds\":{",
                     (unsigned long long)findings->model->end_ns,
                     (unsigned long long)health->events, (unsigned long long)health->lost,
                     health->complete && health->lost == 0 ? "true" : "false");
    for (size_t i = 0; i < WEFT_FROM_COUNT; i++) {
        weft_sink_printf(sink, "%s\"%s%s\":%llu", i > 0 ? "," : "", weft_thresholds[i].name,
                         weft_thresholds[i].unit == WEFT_UNIT_NS ? "_ns" : "",
                         (unsigned long long)findings->from[i]);
    }
    weft_sink_text(sink, "},\"findings\":[");
    for (size_t i = 0; i < findings->all.count; i++) {
        if (is_wanted(args, &findings->all.at[i])) {
            weft_sink_text(sink, before);
            put_json(sink, findings, i);
            before = ",";
        }
    }
    weft_sink_text(sink, "]}\n");
}

static int write_result(const struct check_args *args, const struct weft_findings *findings)
{
    struct weft_output output;
    size_t count = 0;
    int result = weft_output_open(&output, NULL, NULL);

    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    const bool colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    for (size_t i = 0; i < findings->all.count; i++) {
        if (is_wanted(args, &findings->all.at[i])) {
            count++;
            if (!args->json) {
                put_words(&output.sink, findings, i, colour);
            }
        }
    }
    if (args->json) {
        put_all_json(&output.sink, args, findings);
    } else if (count == 0) {
        weft_sink_text(&output.sink, "no findings\n");
    } else {
        weft_sink_printf(&output.sink, "%zu finding%s\n", count, count == 1 ? "" : "s");
    }
    result = weft_output_close(&output);
    return result != WEFT_EXIT_DONE ? result : count > 0 ? WEFT_EXIT_FINDINGS : WEFT_EXIT_DONE;
}

int weft_cli_check(int argc, char **argv)
{
    struct check_args args = {0};
    struct weft_findings findings;
    struct weft_model *model = NULL;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN, &model);
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    weft_findings_init(&findings, model);
    for (size_t i = 0; i < WEFT_FROM_COUNT; i++) {
        findings.from[i] = args.is_set[i] ? args.from[i] : findings.from[i];
    }
    result = weft_findings_look(&findings) == WEFT_OK
                 ? write_result(&args, &findings)
                 : weft_cli_fail(WEFT_EXIT_UNREADABLE, "no memory");
    weft_findings_done(&findings);
    weft_model_free(model);
    return result;
}
