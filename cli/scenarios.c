/* weft scenarios: one line each. */
#include "cli/cli.h"

#include <argp.h>
#include <string.h>

static const struct {
    const char *name;
    const char *words;
} scenarios[] = {
#define WEFT_SCENARIO(name, words) {name, words},
#include "scenarios/scenarios.def"
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Print a JSON array of {name, about}", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    bool *json = state->input;

    (void)arg;
    if (key != 'j') {
        return ARGP_ERR_UNKNOWN;
    }
    *json = true;
    return 0;
}

static const struct argp parser = {
    options, parse_option, NULL, "Lists the scenarios that \"weft run\" knows, one line each.",
    NULL,    NULL,         NULL};

int weft_cli_scenarios(int argc, char **argv)
{
    struct weft_output output;
    bool json = false;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &json);
    const int result = weft_output_open(&output, NULL, NULL);
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    weft_sink_text(&output.sink, json ? "[" : "");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (json) {
            weft_sink_text(&output.sink, i > 0 ? ",\n {\"name\":" : "{\"name\":");
            weft_sink_json(&output.sink, scenarios[i].name, strlen(scenarios[i].name));
            weft_sink_text(&output.sink, ",\"about\":");
            weft_sink_json(&output.sink, scenarios[i].words, strlen(scenarios[i].words));
            weft_sink_char(&output.sink, '}');
        } else {
            weft_sink_printf(&output.sink, "%-18s %s\n", scenarios[i].name, scenarios[i].words);
        }
    }
    weft_sink_text(&output.sink, json ? "]\n" : "");
    return weft_output_close(&output);
}
