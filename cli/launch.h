/*
 * Starting a program under the recorder and seeing it through: its stdin, stdout, stderr,
 * signals and exit status are its own.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_LAUNCH_H
#define WEFT_CLI_LAUNCH_H

#include "traces/write/write.h"

#include <stdbool.h>

/*
 * Runs argv (path is what is executed) with the writer's spool in its environment, and drains
 * while it runs.  Ctrl-C goes to the program; weft goes on until that has ended.
 *   *wait_status   as waitpid gives it
 * Returns 0, or the errno with which the program could not be executed.
 */
int weft_launch(struct weft_writer *writer, const char *path, char *const *argv, int *wait_status);

#endif
