/* weft show: the timeline as text, for terminals and logs. */
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "traces/analysis/stats.h"
#include "traces/analysis/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { WIDTH_MIN = 40, WIDTH_MAX = 1000, WIDTH_ELSE = 100, THREADS_SHOWN = 60, OBJECTS_SHOWN = 20 };
enum { NAME_MAX_WIDTH = 20, OWNERS_IN_CELL = 8 };

enum style { STYLE_AUTO, STYLE_ASCII, STYLE_UNICODE, STYLE_COLOUR };

struct show_args {
    const char *trace;
    uint64_t from_ns, to_ns;
    uint32_t width; /* 0: the terminal's */
    enum style style;
};

static const struct argp_option options[] = {
    {"width", 'w', "N", 0, "Columns to use (default: COLUMNS, else the terminal's, else 100)", 0},
    {"range", 'r', "FROM:TO", 0, "Only this time, such as 1.5s:2s, 300ms: or :1s", 0},
    {"style", 's', "STYLE", 0,
     "ascii, unicode or colour (default: colour on a terminal, else ascii)", 0},
    {0},
};

static bool parse_style(const char *arg, enum style *style)
{
    static const char *const names[] = {"auto", "ascii", "unicode", "colour"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(arg, names[i]) == 0 || (i == STYLE_COLOUR && strcmp(arg, "color") == 0)) {
            *style = (enum style)i;
            return true;
        }
    }
    return false;
}

static bool parse_width(const char *arg, uint32_t *width)
{
    char *end = NULL;

    errno = 0;
    const unsigned long value = strtoul(arg, &end, 10);
    if (*arg < '0' || *arg > '9' || *end != '\0' || errno != 0 || value < WIDTH_MIN ||
        value > WIDTH_MAX) {
        return false;
    }
    *width = (uint32_t)value;
    return true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct show_args *args = state->input;

    switch (key) {
    case 'w':
        if (!parse_width(arg, &args->width)) {
            argp_error(state, "\"%s\" is no width (expected %d to %d)", arg, WIDTH_MIN, WIDTH_MAX);
            return EINVAL;
        }
        return 0;
    case 's':
        if (!parse_style(arg, &args->style)) {
            argp_error(state, "\"%s\" is no style (expected ascii, unicode or colour)", arg);
            return EINVAL;
        }
        return 0;
    case 'r':
        return weft_args_range(arg, state, &args->from_ns, &args->to_ns);
    default:
        return weft_args_trace(key, arg, state, &args->trace);
    }
}

static const struct argp parser = {
    options,
    parse_option,
    "TRACE",
    "Draws the timeline of a trace as text: a row for each thread with its states, for each lock "
    "with its owners, for each queue with its depth.",
    NULL,
    NULL,
    NULL};

/* How a state looks: a letter, a bar, and an ANSI colour. */
struct look {
    const char *ascii, *unicode, *colour;
};

static const struct look looks[WEFT_STATE_COUNT] = {
    [WEFT_STATE_RUNNING] = {"#", "█", "32"},
    [WEFT_STATE_POLL] = {"*", "▓", "35"},
    [WEFT_STATE_SLEEP] = {"-", "─", "34"},
    [WEFT_STATE_LOCK_WAIT] = {"L", "L", "7;31"},
    [WEFT_STATE_RWLOCK_WAIT] = {"W", "W", "7;31"},
    [WEFT_STATE_COND_WAIT] = {"C", "C", "7;33"},
    [WEFT_STATE_SEM_WAIT] = {"S", "S", "7;33"},
    [WEFT_STATE_EVENT_WAIT] = {"E", "E", "7;33"},
    [WEFT_STATE_BARRIER_WAIT] = {"B", "B", "7;33"},
    [WEFT_STATE_QUEUE_WAIT] = {"Q", "Q", "7;33"},
    [WEFT_STATE_FUTEX_WAIT] = {"F", "F", "7;33"},
    [WEFT_STATE_JOIN] = {"j", "┄", "36"},
    [WEFT_STATE_IO] = {"i", "▒", "34"},
    [WEFT_STATE_UNKNOWN] = {"?", "?", "37"},
};

struct chart {
    const struct weft_model *model;
    const struct weft_stats *stats;
    struct weft_sink *sink;
    enum style style;
    uint32_t cells, names; /* columns of the plot, of the names */
    bool used[WEFT_STATE_COUNT];
};

static uint64_t cell_start(const struct chart *chart, uint32_t cell)
{
    const struct weft_stats_query *query = &chart->stats->query;

    return query->from_ns +
           (uint64_t)((double)(query->to_ns - query->from_ns) * cell / chart->cells);
}

/* "1" … "9", "a" … "z", "A" … "Z": a thread in the rows of locks; "+" for all further ones. */
static char label_of(size_t row)
{
    static const char labels[] = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return row < sizeof labels - 1 ? labels[row] : '+';
}

static char label_of_thread(const struct chart *chart, uint32_t thread)
{
    size_t low = 0, high = chart->stats->threads.count; /* rows are by index */

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (chart->stats->threads.at[middle].thread < thread) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return label_of(low);
}

static void put_name(const struct chart *chart, char label, const char *name)
{
    size_t width = weft_table_width(name);
    size_t bytes = strlen(name);
    const bool cut = width > chart->names;

    weft_sink_char(chart->sink, label);
    weft_sink_char(chart->sink, ' ');
    while (width > chart->names - (cut ? 1U : 0U)) { /* whole characters from the end */
        do {
            bytes--;
        } while (((unsigned char)name[bytes] & 0xc0) == 0x80);
        width--;
    }
    weft_sink_bytes(chart->sink, name, bytes);
    if (cut) {
        weft_sink_text(chart->sink, chart->style == STYLE_ASCII ? "~" : "…");
        width++;
    }
    for (; width < chart->names; width++) {
        weft_sink_char(chart->sink, ' ');
    }
    weft_sink_text(chart->sink, chart->style == STYLE_ASCII ? " |" : " │");
}

static void end_row(const struct chart *chart)
{
    weft_sink_text(chart->sink, chart->style == STYLE_ASCII ? "|\n" : "│\n");
}

static void put_state(const struct chart *chart, enum weft_state state, enum weft_state before)
{
    const struct look *look = state < WEFT_STATE_COUNT ? &looks[state] : NULL;

    if (chart->style == STYLE_COLOUR && state != before) {
        weft_sink_printf(chart->sink, "\033[%sm", look != NULL ? look->colour : "0");
    }
    weft_sink_text(chart->sink, look == NULL                  ? " "
                                : chart->style == STYLE_ASCII ? look->ascii
                                                              : look->unicode);
}

/* The state that a thread was in for most of a cell; of two alike the one that waits. */
static enum weft_state state_in(const struct chart *chart, uint32_t thread, uint32_t cell)
{
    uint64_t most_ns = 0;
    enum weft_state most = WEFT_STATE_NONE;

    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        const uint64_t ns =
            weft_model_state_ns(chart->model, thread, (enum weft_state)state,
                                cell_start(chart, cell), cell_start(chart, cell + 1));
        if (ns > 0 && ns >= most_ns) {
            most_ns = ns;
            most = (enum weft_state)state;
        }
    }
    return most;
}

static void put_threads(struct chart *chart)
{
    const struct weft_stats *stats = chart->stats;

    for (size_t i = 0; i < stats->threads.count && i < THREADS_SHOWN; i++) {
        const uint32_t thread = stats->threads.at[i].thread;
        enum weft_state before = WEFT_STATE_NONE;
        put_name(chart, label_of(i), chart->model->threads.at[thread].name);
        for (uint32_t cell = 0; cell < chart->cells; cell++) {
            const enum weft_state state = state_in(chart, thread, cell);
            put_state(chart, state, before);
            before = state;
            if (state < WEFT_STATE_COUNT) {
                chart->used[state] = true;
            }
        }
        if (chart->style == STYLE_COLOUR) {
            weft_sink_text(chart->sink, "\033[0m");
        }
        end_row(chart);
    }
    if (stats->threads.count > THREADS_SHOWN) {
        weft_sink_printf(chart->sink, "  and %s more\n",
                         weft_words_counted(stats->threads.count - THREADS_SHOWN, "thread").text);
    }
}

/* Who had an object in a cell, and for how long. */
struct cell {
    uint32_t thread[OWNERS_IN_CELL];
    uint64_t ns[OWNERS_IN_CELL];
    uint32_t count;
};

static uint32_t cell_of(const struct chart *chart, uint64_t t_ns)
{
    const struct weft_stats_query *query = &chart->stats->query;
    const double share = (double)(t_ns - query->from_ns) / (double)(query->to_ns - query->from_ns);
    const uint32_t cell = (uint32_t)(share * chart->cells);

    return cell < chart->cells ? cell : chart->cells - 1;
}

static void add_hold(const struct chart *chart, struct cell *cells, const struct weft_hold *hold)
{
    const struct weft_stats_query *query = &chart->stats->query;
    const uint64_t from_ns = hold->start_ns > query->from_ns ? hold->start_ns : query->from_ns;
    const uint64_t to_ns = hold->end_ns < query->to_ns ? hold->end_ns : query->to_ns;

    if (from_ns >= to_ns) {
        return;
    }
    for (uint32_t i = cell_of(chart, from_ns), last = cell_of(chart, to_ns - 1); i <= last; i++) {
        struct cell *cell = &cells[i];
        const uint64_t a = cell_start(chart, i), b = cell_start(chart, i + 1);
        const uint64_t start_ns = from_ns > a ? from_ns : a, end_ns = to_ns < b ? to_ns : b;
        uint32_t k = 0;
        while (k < cell->count && cell->thread[k] != hold->thread) {
            k++;
        }
        if (k == OWNERS_IN_CELL) { /* more owners than are looked at: the first ones count */
            continue;
        }
        if (k == cell->count) {
            cell->thread[cell->count++] = hold->thread;
        }
        cell->ns[k] += end_ns > start_ns ? end_ns - start_ns : 0;
    }
}

static void put_owners(const struct chart *chart, const struct weft_object *object,
                       struct cell *cells)
{
    memset(cells, 0, chart->cells * sizeof *cells);
    for (size_t i = 0; i < object->holds.count; i++) {
        const struct weft_hold hold = weft_object_hold(chart->model, object, i);
        add_hold(chart, cells, &hold);
    }
    put_name(chart, ' ', object->name);
    for (uint32_t i = 0; i < chart->cells; i++) {
        uint32_t best = 0;
        for (uint32_t k = 1; k < cells[i].count; k++) {
            best = cells[i].ns[k] > cells[i].ns[best] ? k : best;
        }
        if (cells[i].count == 0) {
            weft_sink_text(chart->sink, chart->style == STYLE_ASCII ? "." : "·");
        } else {
            weft_sink_char(chart->sink, label_of_thread(chart, cells[i].thread[best]));
        }
    }
    end_row(chart);
}

/* The depth of a queue: the highest within each cell. */
static void put_depth(const struct chart *chart, const struct weft_object *queue)
{
    size_t next = 0;
    int64_t level = 0;

    put_name(chart, ' ', queue->name);
    for (uint32_t i = 0; i < chart->cells; i++) {
        const uint64_t start_ns = cell_start(chart, i), end_ns = cell_start(chart, i + 1);
        int64_t most = -1;
        for (; next < queue->levels.count; next++) {
            const struct weft_level one = weft_object_level(chart->model, queue, next);
            if (one.t_ns >= end_ns) {
                break;
            }
            if (one.t_ns > start_ns && most < level) {
                most = level;
            }
            level = one.value;
            most = one.t_ns >= start_ns && level > most ? level : most;
        }
        most = most < level ? level : most;
        const bool there = next > 0;
        weft_sink_char(chart->sink, !there      ? ' '
                                    : most <= 0 ? '0'
                                    : most > 9  ? '+'
                                                : (char)('0' + most));
    }
    end_row(chart);
}

static int most_waited_first(const void *a, const void *b)
{
    const struct weft_object_stats *first = *(const struct weft_object_stats *const *)a;
    const struct weft_object_stats *second = *(const struct weft_object_stats *const *)b;

    return first->waits.total_ns != second->waits.total_ns
               ? (first->waits.total_ns > second->waits.total_ns ? -1 : 1)
               : (first->object < second->object ? -1 : first->object > second->object);
}

static bool put_objects(const struct chart *chart)
{
    const struct weft_stats *stats = chart->stats;
    const struct weft_object_stats **rows = calloc(stats->objects.count + 1, sizeof *rows);
    struct cell *cells = calloc(chart->cells, sizeof *cells);
    size_t count = 0;

    for (size_t i = 0; rows != NULL && i < stats->objects.count; i++) {
        const struct weft_object_stats *row = &stats->objects.at[i];
        const uint8_t family = chart->model->objects.at[row->object].family;
        if (row->holds.count > 0 || (family == WEFT_FAMILY_QUEUE && row->has_level)) {
            rows[count++] = row;
        }
    }
    if (count > 0 && cells != NULL) {
        qsort(rows, count, sizeof *rows, most_waited_first);
        weft_sink_text(chart->sink,
                       "\nwho has it, by the threads' signs; of queues how many items\n");
        for (size_t i = 0; i < count && i < OBJECTS_SHOWN; i++) {
            const struct weft_object *object = &chart->model->objects.at[rows[i]->object];
            if (object->family == WEFT_FAMILY_QUEUE) {
                put_depth(chart, object);
            } else {
                put_owners(chart, object, cells);
            }
        }
        if (count > OBJECTS_SHOWN) {
            weft_sink_printf(chart->sink, "  and %s more\n",
                             weft_words_counted(count - OBJECTS_SHOWN, "object").text);
        }
    }
    const bool ok = rows != NULL && cells != NULL;
    free(rows);
    free(cells);
    return ok;
}

static void put_ruler(const struct chart *chart)
{
    const struct weft_stats_query *query = &chart->stats->query;
    const struct weft_word from = weft_words_moment(query->from_ns, 1e6);
    const struct weft_word to = weft_words_moment(query->to_ns, 1e6);
    const size_t both = strlen(from.text) + strlen(to.text);

    weft_sink_printf(chart->sink, "%*s%s", (int)chart->names + 4, "", from.text);
    for (size_t i = both; i < chart->cells; i++) {
        weft_sink_char(chart->sink, ' ');
    }
    weft_sink_printf(chart->sink, "%s\n", to.text);
}

static void put_legend(const struct chart *chart)
{
    bool first = true;

    weft_sink_char(chart->sink, '\n');
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        if (chart->used[state]) {
            weft_sink_text(chart->sink, first ? "" : "  ");
            put_state(chart, (enum weft_state)state, WEFT_STATE_NONE);
            weft_sink_printf(chart->sink, "%s %s", chart->style == STYLE_COLOUR ? "\033[0m" : "",
                             weft_states[state].words);
            first = false;
        }
    }
    weft_sink_printf(chart->sink, "\nEach column is %s, with what took most of it.\n",
                     weft_words_duration(cell_start(chart, 1) - cell_start(chart, 0)).text);
}

/* What the terminal can show: Unicode when the locale says so, colour unless NO_COLOR does not. */
static enum style style_of_terminal(void)
{
    const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL, *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

    if (isatty(STDOUT_FILENO) == 0) {
        return STYLE_ASCII;
    }
    for (int i = 0; i < 3 && (locale == NULL || *locale == '\0'); i++) {
        locale = getenv(names[i]);
    }
    if (locale == NULL || (strstr(locale, "UTF-8") == NULL && strstr(locale, "utf8") == NULL)) {
        return STYLE_ASCII;
    }
    return (no_colour != NULL && *no_colour != '\0') || (term != NULL && strcmp(term, "dumb") == 0)
               ? STYLE_UNICODE
               : STYLE_COLOUR;
}

static uint32_t width_of_terminal(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS"); /* as the user says, if so, and as for ls */
    char *end = NULL;
    const long wanted = columns != NULL ? strtol(columns, &end, 10) : 0;

    if (wanted > 0 && *end == '\0') {
        return wanted < WIDTH_MIN ? WIDTH_MIN : wanted > WIDTH_MAX ? WIDTH_MAX : (uint32_t)wanted;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col < WIDTH_MIN   ? WIDTH_MIN
               : size.ws_col > WIDTH_MAX ? WIDTH_MAX
                                         : size.ws_col;
    }
    return WIDTH_ELSE;
}

static uint32_t widest_name(const struct weft_model *model, const struct weft_stats *stats)
{
    size_t widest = 4;

    for (size_t i = 0; i < stats->threads.count && i < THREADS_SHOWN; i++) {
        const size_t width = weft_table_width(model->threads.at[stats->threads.at[i].thread].name);
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < stats->objects.count && i < OBJECTS_SHOWN; i++) {
        const size_t width = weft_table_width(model->objects.at[stats->objects.at[i].object].name);
        widest = width > widest ? width : widest;
    }
    return widest < NAME_MAX_WIDTH ? (uint32_t)widest : NAME_MAX_WIDTH;
}

static int draw(const struct show_args *args, const struct weft_model *model,
                const struct weft_stats *stats)
{
    struct weft_output output;
    const uint32_t width = args->width != 0 ? args->width : width_of_terminal();
    int result = weft_output_open(&output, NULL, NULL);

    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    struct chart chart = {.model = model,
                          .stats = stats,
                          .sink = &output.sink,
                          .style = args->style == STYLE_AUTO ? style_of_terminal() : args->style,
                          .names = widest_name(model, stats)};
    chart.cells = width - chart.names - 5; /* sign, blanks, and a bar on either side */
    bool ok = true;
    if (stats->query.to_ns > stats->query.from_ns) {
        put_ruler(&chart);
        put_threads(&chart);
        ok = put_objects(&chart);
        put_legend(&chart);
    } else {
        weft_sink_text(&output.sink, "There is no time in this trace.\n");
    }
    result = weft_output_close(&output);
    return ok ? result : weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", args->trace);
}

int weft_cli_show(int argc, char **argv)
{
    struct show_args args = {.to_ns = UINT64_MAX};
    struct weft_model *model = NULL;
    struct weft_stats stats;

    (void)argp_parse(&parser, argc, argv, 0, NULL, &args);
    int result = weft_cli_load(args.trace, WEFT_NAMES_PLAIN, &model);
    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    if (args.from_ns > model->end_ns) {
        result = weft_cli_fail(WEFT_EXIT_USAGE, "%s: the range begins after the end, at %.3f s",
                               args.trace, (double)model->end_ns / 1e9);
    } else if (!weft_stats_build(
                   model, (struct weft_stats_query){args.from_ns, args.to_ns, WEFT_NONE, WEFT_NONE},
                   &stats)) {
        result = weft_cli_fail(WEFT_EXIT_UNREADABLE, "%s: no memory", args.trace);
    } else {
        result = draw(&args, model, &stats);
        weft_stats_done(&stats);
    }
    weft_model_free(model);
    return result;
}
