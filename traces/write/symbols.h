/*
 * What addresses of the recorded program are: a call site's function, file and line, and the
 * name of a variable.  Read from outside, out of the program's mappings (/proc/PID/maps) and the
 * files that they name, by libdw; what cannot be found is said to be unknown, never guessed.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_SYMBOLS_H
#define WEFT_TRACES_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_symbols;

struct weft_symbol {
    const char *function; /* NULL: unknown; as it is written in the source, C++ with its scopes */
    const char *file;     /* NULL: unknown */
    int line;             /* 0: unknown */
    bool source_is_as_built; /* the file is there and not newer than the program */
};

/* NULL: no memory. */
struct weft_symbols *weft_symbols_new(void);
void weft_symbols_free(struct weft_symbols *symbols);

/* Adds the mappings of a text as /proc/PID/maps has it; a library that was loaded later, say. */
void weft_symbols_add_maps(struct weft_symbols *symbols, const char *maps, size_t len);

/* True when a file is mapped at address, or the zeroed rest of its data is. */
bool weft_symbols_have(const struct weft_symbols *symbols, uint64_t address);

/*
 * address: a return address; the call stands before it.  What was inlined out of the compiler's
 * and the system's headers is left out: the line is the one that the user wrote.
 * Strings live as long as symbols.
 */
struct weft_symbol weft_symbols_find(struct weft_symbols *symbols, uint64_t address);

/*
 * The variable at address: "queue_lock", "srv.st[1].lock", "app::cache", "pool+8" where the types
 * are unknown, "prog+0x42e0" where even the symbols are.  false, name untouched: it is not in a
 * file's data (but on a heap or a stack), or there is no memory.
 */
bool weft_symbols_name(struct weft_symbols *symbols, uint64_t address, char *name, size_t room);

/* "prog+0x42e0": the place in its file, for what has no name.  false: no file is there. */
bool weft_symbols_place(const struct weft_symbols *symbols, uint64_t address, char *name,
                        size_t room);

#endif
