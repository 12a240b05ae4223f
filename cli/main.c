/* weft: dispatches to one command a file. */
#include "cli/cli.h"

#include <argp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    weft_command *function;
} commands[] = {
#define WEFT_COMMAND(name, function, words) {name, function},
#include "cli/commands.def"
};

int main(int argc, char **argv)
{
    char name[64], help[] = "--help";

    argp_err_exit_status = WEFT_EXIT_USAGE;
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe and a file that may not grow further */
    (void)signal(SIGXFSZ, SIG_IGN); /* are errors that we report */
    if (argc < 2) {
        (void)weft_cli_help(1, argv);
        return WEFT_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "-?") == 0) {
        return weft_cli_help(1, argv);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("weft " WEFT_VERSION);
        return WEFT_EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            (void)snprintf(name, sizeof name, "weft %s", commands[i].name);
            argv[1] = name;
            if (argc == 3 && (strcmp(argv[2], "-h") == 0 || strcmp(argv[2], "-?") == 0)) {
                argv[2] = help;
            }
            return commands[i].function(argc - 1, argv + 1);
        }
    }
    return weft_cli_fail(WEFT_EXIT_USAGE, "there is no command \"%s\" (see: weft help)", argv[1]);
}
