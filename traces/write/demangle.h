/*
 * C++ and Rust names as people write them, by the demangler of the C++ library, if that is
 * installed: it is looked for when the first such name comes.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_DEMANGLE_H
#define WEFT_TRACES_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * "_ZN3app5Cache3putEv" → "app::Cache::put", without parameters and without a Rust hash; false,
 * name untouched: it is no such name, or nobody can read it.
 */
bool weft_demangle(const char *mangled, char *name, size_t room);

#endif
