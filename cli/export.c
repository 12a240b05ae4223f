/* weft export: a trace in another format. */
#include "traces/export/export.h"
#include "cli/args.h"
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

struct export_args {
    const char *trace;
    const char *to;
    const char *output;
};

static const struct argp_option options[] = {
    {"to", 't', "FORMAT", 0, "Format to write (the list is below)", 0},
    {"output", 'o', "FILE", 0, "Write to FILE (default: standard output)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct export_args *args = state->input;

    switch (key) {
    case 't':
        args->to = arg;
        return 0;
    case 'o':
        args->output = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->to == NULL) {
            argp_error(state, "to which format? (--to)");
            return EINVAL;
        }
        return 0;
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

/* The list of formats in --help is the table of exporters itself. */
static char *with_formats(int key, const char *text, void *input)
{
    struct weft_sink sink;
    char *help;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC || !weft_sink_init(&sink, -1)) {
        return (char *)(uintptr_t)text;
    }
    weft_sink_text(&sink, "Formats:");
    for (size_t i = 0; i < weft_exporter_count; i++) {
        weft_sink_printf(&sink, "\n  %-10s %s", weft_exporters[i].name, weft_exporters[i].words);
    }
    weft_sink_char(&sink, '\0');
    help = sink.errno_at == 0 ? strdup(sink.buffer) : NULL;
    weft_sink_done(&sink);
    return help != NULL ? help : (char *)(uintptr_t)text;
}

static const struct argp parser = {
    options, parse_option, "TRACE", "Writes a trace in a format that other tools read.\v",
    NULL,    with_formats, NULL};

static const struct weft_exporter *find(const char *name)
{
    for (size_t i = 0; i < weft_exporter_count; i++) {
        if (strcmp(weft_exporters[i].name, name) == 0) {
            return &weft_exporters[i];
        }
    }
    return NULL;
}

int weft_cli_export(int argc, char **argv)
{
    struct export_args args = {0};
    struct weft_model *model = NULL;
    struct weft_output output;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    const struct weft_exporter *exporter = find(args.to);
    if (exporter == NULL) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "there is no format \"%s\" (see: weft export --help)",
                             args.to);
    }
    int result = weft_cli_load(args.trace, WEFT_NAMES_EXACT, &model);
    if (result == WEFT_EXIT_DONE) {
        result = weft_output_open(&output, args.output, args.trace);
        if (result == WEFT_EXIT_DONE) {
            exporter->write(model, &output.sink);
            result = weft_output_close(&output);
        }
        weft_model_free(model);
    }
    return result;
}
