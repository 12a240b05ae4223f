/*
 * Whose a pipe is.  Who waits at one whose other end this process has, too, may be waiting for
 * another of its threads; else it waits for other processes alone.
 * Private to the preload library.  Threads: any; errno may change.
 */
#ifndef WEFT_RUNTIME_PRELOAD_PIPES_H
#define WEFT_RUNTIME_PRELOAD_PIPES_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* A pipe whose other end only other processes have. */
bool weft_pipe_is_strangers(int file);
/* A pipe or socket in which other processes may still change how much there is to be had. */
bool weft_pipe_may_change(int file);

#pragma GCC visibility pop

#endif
