/*
 * A look at a program's file before it is executed: can the recorder be loaded into it?  A musl
 * program does not start with it, a 32-bit one complains.  No libc, no memory: this may be a
 * vfork's child.  Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_PRELOAD_IMAGE_H
#define WEFT_RUNTIME_PRELOAD_IMAGE_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/*
 * path: NULL is not known; searched: as a shell does when it has no slash.  True when there is
 * nothing against it, also when the file cannot be read: then the kernel has the last word.
 */
bool weft_image_takes_us(const char *path, bool searched);

#pragma GCC visibility pop

#endif
