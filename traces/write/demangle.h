/*
 * C++ and Rust names as people write them, by the demangler of the C++ library, if that is
 * installed: it is looked for when the first such name comes.  Rust's newer names are read here.
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

/* The same for "_RNvNtCs1_3std2io4read" → "std::io::read", which the C++ library does not know. */
bool weft_demangle_rust(const char *mangled, char *name, size_t room);

#endif
