/* weft view: becomes the viewer, a program of its own, so that weft itself needs no SDL. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int weft_cli_view(int argc, char **argv)
{
    char path[4096];

    (void)argc;
    if (!weft_cli_find("weft-view", path, sizeof path)) {
        return weft_cli_fail(WEFT_EXIT_UNWRITABLE,
                             "the viewer (weft-view) is not installed beside this program");
    }
    (void)execv(path, argv);
    return weft_cli_fail(WEFT_EXIT_UNWRITABLE, "cannot run %s: %s", path, strerror(errno));
}
