/* weft help: the commands, or one command's --help. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    weft_command *function;
    const char *words;
} commands[] = {
#define WEFT_COMMAND(name, function, words) {name, function, words},
#include "cli/commands.def"
};

static int list(void)
{
    struct weft_output output;
    const int result = weft_output_open(&output, NULL, NULL);

    if (result != WEFT_EXIT_DONE) {
        return result;
    }
    weft_sink_text(&output.sink, "weft shows why threads wait.\n\n"
                                 "Usage: weft COMMAND [OPTION...] [ARGUMENT...]\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        weft_sink_printf(&output.sink, "  %-10s %s\n", commands[i].name, commands[i].words);
    }
    weft_sink_text(&output.sink,
                   "\n\"weft help COMMAND\" and \"weft COMMAND --help\" explain one. Begin with:\n"
                   "  weft run locked-sections && weft view locked-sections.weft.jsonl\n\n"
                   "Exit status: 0 done, 1 something was found (check, explore), 2 usage,\n"
                   "3 unreadable input, 4 cannot write or show; run, record and replay exit as\n"
                   "the program did, 125 when weft itself failed, 126 or 127 when the program\n"
                   "cannot run.\n");
    return weft_output_close(&output);
}

int weft_cli_help(int argc, char **argv)
{
    char full[64];
    char help[] = "--help";

    if (argc > 2) {
        return weft_cli_fail(WEFT_EXIT_USAGE, "help takes one command, not %d", argc - 1);
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        return list();
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0 && commands[i].function != weft_cli_help) {
            char *of[] = {full, help, NULL};
            (void)snprintf(full, sizeof full, "weft %s", commands[i].name);
            return commands[i].function(2, of);
        }
    }
    if (strcmp(argv[1], "help") == 0) {
        return list();
    }
    return weft_cli_fail(WEFT_EXIT_USAGE, "there is no command \"%s\" (see: weft help)", argv[1]);
}
