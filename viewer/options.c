#include "viewer/options.h"

#include "base/duration.h"
#include "base/sink.h"
#include "viewer/commands.h"
#include "viewer/settings.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_SCREENSHOT = 256,
    KEY_SIZE,
    KEY_SCALE,
    KEY_THEME,
    KEY_TAB,
    KEY_SOURCE,
    KEY_CLASSROOM,
    KEY_AT,
    KEY_RANGE,
    KEY_STATE,
    KEY_LIVE,
    KEY_LANG,
    KEY_HELP
};

/* Smaller than half nothing can be read, larger than 8 nothing fits. */
static const float scale_min = 0.5f, scale_max = 8;

static const struct argp_option words[] = {
    {"screenshot", KEY_SCREENSHOT, "OUT.png", 0, "Draw a picture instead of opening a window", 0},
    {"size", KEY_SIZE, "WxH", 0, "Size in pixels, each from 64 to 16384 (default: 1600x900)", 0},
    {"scale", KEY_SCALE, "N", 0,
     "Draw everything N times as large, 0.5 to 8: 2 for a 4K picture (default: 1)", 0},
    {"theme", KEY_THEME, "dark|light|contrast", 0,
     "Colours (default: those of the last time, at first dark)", 0},
    {"lang", KEY_LANG, "en|vi", 0,
     "English or Vietnamese (default: that of the last time, at first the locale's)", 0},
    {"tab", KEY_TAB, "NAME", 0,
     "Show this first: timeline, contention, findings, waits-for, threads or statistics", 0},
    {"source", KEY_SOURCE, "FOLDER", 0, "Look for source files there", 0},
    {"classroom", KEY_CLASSROOM, NULL, 0, "Large, with the keys shown: for a projector", 0},
    {"at", KEY_AT, "TIME", 0, "Put the playhead there: 4.2s, 150ms, 3us, 1234ns", 0},
    {"range", KEY_RANGE, "FROM:TO", 0, "Show this part, such as 0s:5s or 5s: (default: everything)",
     0},
    {"state", KEY_STATE, "FILE", 0, "Append the view's state to FILE after every frame, as JSON",
     0},
    {"live", KEY_LIVE, NULL, 0,
     "The trace is still being written, or will be: follow its end (with a picture: what is there)",
     0},
    {"help", KEY_HELP, NULL, 0, "Show this help", 0},
    {0},
};

struct parsing {
    struct weft_view_options options;
    struct weft_error error;
    bool said;
    int next; /* where argp stopped */
};

static error_t wrong(struct parsing *parsing, const char *what, const char *got, const char *wanted)
{
    (void)weft_error_set(&parsing->error, WEFT_ERR_FORMAT, "%s '%s' (expected %s)", what, got,
                         wanted);
    parsing->said = true;
    return EINVAL;
}

/* A side in pixels, of digits alone; *end is where it ends. */
static bool parse_side(const char *text, const char **end, int *side)
{
    int value = 0;

    for (*end = text; **end >= '0' && **end <= '9' && value <= WEFT_VIEW_SIDE_MAX; ++*end) {
        value = value * 10 + (**end - '0');
    }
    if (value < WEFT_VIEW_SIDE_MIN || value > WEFT_VIEW_SIDE_MAX) {
        return false;
    }
    *side = value;
    return true;
}

static bool parse_size(const char *text, int *width, int *height)
{
    const char *end;
    int w, h;

    if (!parse_side(text, &end, &w) || *end != 'x' || !parse_side(end + 1, &end, &h) ||
        *end != '\0') {
        return false;
    }
    *width = w;
    *height = h;
    return true;
}

static bool parse_scale(const char *text, float *scale)
{
    char *end;
    const float value = strtof(text, &end);

    if (strspn(text, "0123456789.") != strlen(text) || end == text || *end != '\0' ||
        !(value >= scale_min && value <= scale_max)) {
        return false;
    }
    *scale = value;
    return true;
}

static bool is_tab(const char *name)
{
    for (int i = 0; i < WEFT_TAB_COUNT; i++) {
        if (strcmp(weft_commands[weft_tab_commands[i]].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    struct weft_view_options *options = &parsing->options;

    switch (key) {
    case KEY_SCREENSHOT:
        options->screenshot = arg;
        return 0;
    case KEY_STATE:
        options->state = arg;
        return 0;
    case KEY_SIZE:
        options->has_size = true;
        return parse_size(arg, &options->width, &options->height)
                   ? 0
                   : wrong(parsing, "bad size", arg, "such as 1600x900, each from 64 to 16384");
    case KEY_SCALE:
        return parse_scale(arg, &options->scale) ? 0 : wrong(parsing, "bad scale", arg, "0.5 to 8");
    case KEY_THEME:
        options->has_theme = true;
        return weft_theme_parse(arg, &options->app.theme)
                   ? 0
                   : wrong(parsing, "unknown theme", arg, "dark, light or contrast");
    case KEY_LANG:
        options->has_tongue = true;
        return weft_tongue_parse(arg, &options->tongue)
                   ? 0
                   : wrong(parsing, "unknown language", arg, "en or vi");
    case KEY_TAB:
        options->app.tab = arg;
        return is_tab(arg)
                   ? 0
                   : wrong(parsing, "unknown tab", arg,
                           "timeline, contention, findings, waits-for, threads or statistics");
    case KEY_SOURCE:
        options->app.source = arg;
        return 0;
    case KEY_CLASSROOM:
        options->app.classroom = true;
        return 0;
    case KEY_AT:
        options->app.has_at = true;
        return weft_duration_parse(arg, &options->app.at_ns)
                   ? 0
                   : wrong(parsing, "bad time", arg, "such as 4.2s, 150ms, 3us or 1234ns");
    case KEY_RANGE:
        return weft_duration_parse_range(arg, &options->app.from_ns, &options->app.to_ns)
                   ? 0
                   : wrong(parsing, "bad range", arg,
                           "FROM:TO with FROM before TO, such as 0s:5s or 5s:");
    case KEY_LIVE:
        options->app.live = true;
        return 0;
    case KEY_HELP:
        options->help = true;
        return 0;
    case ARGP_KEY_ERROR:
        parsing->next = state->next;
        return 0;
    case ARGP_KEY_ARG:
        if (options->beside != NULL) {
            return wrong(parsing, "one argument too many:", arg, "one trace or two");
        }
        if (options->trace == NULL) {
            options->trace = arg;
        } else {
            options->beside = arg;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The word that argp stumbled over, which it does not tell: it has gone past a long option. */
static const char *culprit(int argc, char **argv, int at)
{
    if (at > 1 && at <= argc && argv[at - 1][0] == '-') {
        return argv[at - 1];
    }
    return at < argc ? argv[at] : argv[argc - 1];
}

/* A picture or a state that is written over the trace would destroy it. */
static void check_outputs(struct parsing *parsing)
{
    const struct weft_view_options *options = &parsing->options;

    if (weft_sink_is_input(options->screenshot, options->trace) ||
        (options->beside != NULL && weft_sink_is_input(options->screenshot, options->beside))) {
        (void)wrong(parsing, "the picture is the trace itself:", options->screenshot,
                    "another file");
    } else if (weft_sink_is_input(options->state, options->trace) ||
               (options->beside != NULL && weft_sink_is_input(options->state, options->beside))) {
        (void)wrong(parsing, "the state is the trace itself:", options->state, "another file");
    }
}

static const struct argp parser = {
    .options = words,
    .parser = parse_word,
    .args_doc = "TRACE [TRACE]",
    .doc = "Show a trace, or two below each other, as one timeline per thread, or draw it as a PNG."
           "\v--size is the size of the picture; --scale sets how many of its pixels make one "
           "unit of the drawing. Press ? in the window for its keys.",
};

bool weft_view_options_parse(int argc, char **argv, struct weft_view_options *options,
                             struct weft_error *error)
{
    struct parsing parsing = {.options = {.width = 1600, .height = 900, .scale = 1}};

    /* Without argp's own messages, so that all of weft's begin alike and are one line; that
     * silences its --help, too, so the help is ours to print. */
    const error_t failed =
        argp_parse(&parser, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, &parsing);
    if (failed != 0 && !parsing.said) {
        (void)wrong(&parsing,
                    "unknown option, or one without its value:", culprit(argc, argv, parsing.next),
                    "what 'weft view --help' tells");
    } else if (failed == 0 && !parsing.options.help && parsing.options.trace != NULL) {
        check_outputs(&parsing);
    } else if (failed == 0 && parsing.options.trace == NULL && !parsing.options.help) {
        (void)weft_error_set(&parsing.error, WEFT_ERR_FORMAT,
                             "no trace given (expected: weft view TRACE)");
        parsing.said = true;
    }
    if (parsing.said) {
        *error = parsing.error;
        return false;
    }
    *options = parsing.options;
    return true;
}

void weft_view_options_help(FILE *out)
{
    static char name[] = "weft view"; /* what people typed, not the file's name */

    argp_help(&parser, out, ARGP_HELP_LONG | ARGP_HELP_USAGE | ARGP_HELP_DOC, name);
}
