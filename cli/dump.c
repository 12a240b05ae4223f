/* weft dump: the events of a trace as a readable table, or as JSON with names instead of numbers.
 */
#include "cli/args.h"
#include "cli/cli.h"
#include "traces/analysis/wait_id.h"

#include <stdio.h>
#include <string.h>

struct dump_args {
    const char *trace;
    const char *thread; /* a number or a name; NULL: all */
    const char *object;
    const char *kind;
    uint64_t from_ns, to_ns;
    bool json;
};

static const struct argp_option options[] = {
    {"thread", 'T', "THREAD", 0, "Only events of this thread (its number or its name)", 0},
    {"object", 'O', "OBJECT", 0, "Only events about this object (its number or its name)", 0},
    {"kind", 'k', "KIND", 0,
     "Only events of this kind, such as lock_acquire; \"lock\" means all "
     "that begin with it",
     0},
    {"range", 'r', "FROM:TO", 0, "Only events in this time, such as 1.5s:2s, 300ms: or :1s", 0},
    {"json", 'j', NULL, 0, "One JSON object a line, with names beside the numbers", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct dump_args *args = state->input;

    switch (key) {
    case 'T':
        args->thread = arg;
        return 0;
    case 'O':
        args->object = arg;
        return 0;
    case 'k':
        args->kind = arg;
        return 0;
    case 'r':
        return weft_args_range(arg, state, &args->from_ns, &args->to_ns);
    case 'j':
        args->json = true;
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Prints the events of a trace, one a line: time, thread, what it did, where in the source.",
    NULL,
    NULL,
    NULL};

static bool is_meant(const char *filter, uint32_t number, const char *name)
{
    return filter == NULL || weft_cli_is_meant(filter, number, name);
}

struct row {
    struct weft_point point;
    struct weft_point_args args;
    const char *thread;
    uint32_t thread_number;
    const char *about; /* an object or a thread; NULL: none */
    uint32_t about_number;
    bool about_thread;
    const struct weft_site *site; /* NULL: none */
    const uint32_t *stack;        /* sites, callers of them */
    uint32_t callers;
    struct weft_word wait; /* the ID of the wait that it begins, else "" */
};

static struct row row_of(const struct weft_model *model, size_t index)
{
    const struct weft_point point = weft_model_point(model, index);
    const struct weft_thread_info *thread = &model->threads.at[point.thread];
    struct row row = {
        .point = point,
        .args = weft_model_args(model, (uint32_t)index),
        .thread = weft_thread_name_at(thread, point.t_ns),
        .thread_number = thread->number,
    };

    row.about_thread = weft_point_about_thread(model, (uint32_t)index);
    if (point.object != WEFT_NONE && row.about_thread) {
        row.about = weft_thread_name_at(&model->threads.at[point.object], point.t_ns);
        row.about_number = model->threads.at[point.object].number;
    } else if (point.object != WEFT_NONE) {
        row.about = model->objects.at[point.object].name;
        row.about_number = model->objects.at[point.object].number;
    }
    if (point.site != WEFT_NONE) {
        row.site = &model->sites.at[point.site];
    }
    row.callers = weft_model_stack(model, (uint32_t)index, &row.stack);
    uint32_t span;
    if (weft_wait_begun_by(model, (uint32_t)index, &span)) {
        row.wait = weft_wait_id(model, point.thread, span);
    }
    return row;
}

/* A thread has every name that it ever had. */
static bool has_thread(const struct weft_model *model, const char *filter)
{
    for (size_t i = 0; i < model->threads.count; i++) {
        if (weft_cli_is_thread(&model->threads.at[i], filter)) {
            return true;
        }
    }
    return false;
}

static bool has_object(const struct weft_model *model, const char *filter)
{
    for (size_t i = 0; i < model->objects.count; i++) {
        if (is_meant(filter, model->objects.at[i].number, model->objects.at[i].name)) {
            return true;
        }
    }
    return false;
}

/* "lock" means lock_acquire, lock_release and so on. */
static bool is_kind(const char *filter, const char *kind)
{
    const size_t len = strlen(filter);

    return strncmp(kind, filter, len) == 0 && (kind[len] == '\0' || kind[len] == '_');
}

static bool is_any_kind(const char *filter)
{
    for (int kind = WEFT_EV_NONE + 1; kind < WEFT_EV_COUNT; kind++) {
        if (is_kind(filter, weft_events[kind].name)) {
            return true;
        }
    }
    return false;
}

/* A name that nothing has is a mistake of the caller's, not an empty result. */
static int check_filters(const struct dump_args *args, const struct weft_model *model)
{
    if (args->thread != NULL && !has_thread(model, args->thread)) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: there is no thread \"%s\"", args->trace,
                             args->thread);
    }
    if (args->object != NULL && !has_object(model, args->object)) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: there is no object \"%s\"", args->trace,
                             args->object);
    }
    if (args->kind != NULL && !is_any_kind(args->kind)) {
        return weft_cli_fail(WEFT_EXIT_USAGE,
                             "there is no kind of event \"%s\" (see: man weft-trace)", args->kind);
    }
    if (args->from_ns > model->end_ns) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "%s: the range begins after the end, at %.3f s",
                             args->trace, (double)model->end_ns / 1e9);
    }
    return WEFT_EXIT_DONE;
}

static bool is_wanted(const struct dump_args *args, const struct row *row)
{
    return row->point.t_ns >= args->from_ns && row->point.t_ns < args->to_ns &&
           is_meant(args->thread, row->thread_number, row->thread) &&
           (args->object == NULL || (row->about != NULL && !row->about_thread &&
                                     is_meant(args->object, row->about_number, row->about))) &&
           (args->kind == NULL || is_kind(args->kind, weft_events[row->point.kind].name));
}

static void put_argument_words(struct weft_sink *sink, const struct weft_model *model,
                               enum weft_arg arg, int64_t value)
{
    const struct weft_arg_info *info = &weft_args[arg];

    if (arg == WEFT_ARG_NONE || (info->type == WEFT_ARG_TYPE_NS && value < 0) ||
        (arg == WEFT_ARG_DAEMON && value == 0) || (arg == WEFT_ARG_SIGNAL && value == 0) ||
        (arg == WEFT_ARG_STATUS && model->exit_signal != 0)) {
        return;
    }
    switch (info->type) {
    case WEFT_ARG_TYPE_NS:
        weft_sink_printf(sink, "  %s %.6f s", info->name, (double)value / 1e9);
        break;
    case WEFT_ARG_TYPE_QUESTION:
        weft_sink_printf(sink, "  %s",
                         value > 0 && value < WEFT_ASK_COUNT ? weft_questions[value].words : "?");
        break;
    case WEFT_ARG_TYPE_OBJECT:
        if (value >= 0 && (uint64_t)value < model->objects.count) {
            weft_sink_printf(sink, "  %s %s", info->name, model->objects.at[value].name);
        }
        break;
    default:
        weft_sink_printf(sink, "  %s ", info->name);
        weft_sink_i64(sink, value);
        break;
    }
}

static void put_place(struct weft_sink *sink, const struct weft_site *site)
{
    const char *slash = strrchr(site->file, '/');

    weft_sink_text(sink, site->function[0] != '\0' ? site->function : "?");
    if (site->line != 0) {
        weft_sink_printf(sink, " %s:%u", slash != NULL ? slash + 1 : site->file, site->line);
    }
}

/* "called from serve net.c:80 < main main.c:12" */
static void put_callers(struct weft_sink *sink, const struct weft_model *model,
                        const struct row *row)
{
    for (uint32_t i = 0; i < row->callers; i++) {
        weft_sink_text(sink, i == 0 ? "  called from " : " < ");
        put_place(sink, &model->sites.at[row->stack[i]]);
    }
}

static void put_words(struct weft_sink *sink, const struct weft_model *model, const struct row *row)
{
    const struct weft_event_info *info = &weft_events[row->point.kind];

    weft_sink_printf(sink, "%13.6f  %-12s %s", (double)row->point.t_ns / 1e9, row->thread,
                     info->words);
    if (row->about != NULL) {
        weft_sink_char(sink, ' ');
        weft_sink_text(sink, row->about);
    }
    if (row->point.outcome != WEFT_OUT_OK) {
        weft_sink_printf(sink, "  (%s)", weft_outcomes[row->point.outcome]);
    }
    if (row->args.point != WEFT_NONE) {
        if (row->args.has_first) {
            put_argument_words(sink, model, (enum weft_arg)info->first, row->args.first);
        }
        if (row->args.has_second) {
            put_argument_words(sink, model, (enum weft_arg)info->second, row->args.second);
        }
        if (row->args.text != NULL && info->text != WEFT_TEXT_NONE) {
            weft_sink_printf(sink, "  \"%s\"", row->args.text); /* plain already */
        }
    }
    if (row->site != NULL && row->site->line != 0) {
        weft_sink_text(sink, "  [");
        put_place(sink, row->site);
        weft_sink_char(sink, ']');
    }
    put_callers(sink, model, row);
    if (row->wait.text[0] != '\0') {
        weft_sink_printf(sink, "  wait %s", row->wait.text);
    }
    weft_sink_char(sink, '\n');
}

static void put_key(struct weft_sink *sink, const char *key, const char *text)
{
    weft_sink_printf(sink, ",\"%s\":", key);
    weft_sink_json(sink, text, strlen(text));
}

static void put_argument_json(struct weft_sink *sink, const struct weft_model *model,
                              enum weft_arg arg, int64_t value)
{
    const struct weft_arg_info *info = &weft_args[arg];

    if (arg == WEFT_ARG_NONE || (info->type == WEFT_ARG_TYPE_NS && value < 0)) {
        return;
    }
    if (info->type == WEFT_ARG_TYPE_QUESTION) {
        put_key(sink, info->name,
                value > 0 && value < WEFT_ASK_COUNT ? weft_questions[value].name : "");
    } else if (info->type == WEFT_ARG_TYPE_OBJECT) {
        if (value >= 0 && (uint64_t)value < model->objects.count) {
            put_key(sink, info->name, model->objects.at[value].name);
        }
    } else {
        weft_sink_printf(sink, ",\"%s%s\":", info->name,
                         info->type == WEFT_ARG_TYPE_NS ? "_ns" : "");
        weft_sink_i64(sink, value);
    }
}

static void put_json(struct weft_sink *sink, const struct weft_model *model, const struct row *row)
{
    const struct weft_event_info *info = &weft_events[row->point.kind];

    weft_sink_printf(sink, "{\"t_ns\":%llu,\"thread_id\":%u", (unsigned long long)row->point.t_ns,
                     row->thread_number);
    put_key(sink, "thread", row->thread);
    put_key(sink, "event", info->name);
    if (row->about != NULL) {
        weft_sink_printf(sink, ",\"%s_id\":%u", row->about_thread ? "target" : "object",
                         row->about_number);
        put_key(sink, row->about_thread ? "target" : "object", row->about);
    }
    put_key(sink, "outcome", weft_outcomes[row->point.outcome]);
    if (row->args.point != WEFT_NONE) {
        if (row->args.has_first) {
            put_argument_json(sink, model, (enum weft_arg)info->first, row->args.first);
        }
        if (row->args.has_second) {
            put_argument_json(sink, model, (enum weft_arg)info->second, row->args.second);
        }
        if (row->args.text != NULL && info->text != WEFT_TEXT_NONE) {
            put_key(sink, weft_texts[info->text], row->args.text);
        }
    }
    if (row->site != NULL) {
        put_key(sink, "function", row->site->function);
        put_key(sink, "file", row->site->file);
        weft_sink_printf(sink, ",\"line\":%u", row->site->line);
    }
    for (uint32_t i = 0; i < row->callers; i++) {
        const struct weft_site *site = &model->sites.at[row->stack[i]];
        weft_sink_text(sink, i == 0 ? ",\"stack\":[{\"function\":" : ",{\"function\":");
        weft_sink_json(sink, site->function, strlen(site->function));
        put_key(sink, "file", site->file);
        weft_sink_printf(sink, ",\"line\":%u}%s", site->line, i + 1 == row->callers ? "]" : "");
    }
    if (row->wait.text[0] != '\0') {
        put_key(sink, "wait", row->wait.text);
    }
    weft_sink_text(sink, "}\n");
}

int weft_cli_dump(int argc, char **argv)
{
    struct dump_args args = {.to_ns = UINT64_MAX};
    struct weft_model *model = NULL;
    struct weft_output output;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, args.json ? WEFT_NAMES_EXACT : WEFT_NAMES_PLAIN, &model);
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    result = check_filters(&args, model);
    if (result == WEFT_EXIT_DONE) {
        result = weft_output_open(&output, NULL, NULL);
    }
    if (result == WEFT_EXIT_DONE) {
        for (size_t i = 0; i < model->points.count && output.sink.errno_at == 0; i++) {
            const struct row row = row_of(model, i);
            if (is_wanted(&args, &row)) {
                (args.json ? put_json : put_words)(&output.sink, model, &row);
            }
        }
        result = weft_output_close(&output);
    }
    weft_model_free(model);
    return result;
}
