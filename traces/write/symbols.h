/*
 * Call sites: which function, file and line an address of the recorded program is.  Read after
 * the fact from the program's own /proc/self/maps and the files that it names, by libdw; what
 * cannot be found is said to be unknown, never guessed.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_SYMBOLS_H
#define WEFT_TRACES_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct weft_symbols;

struct weft_symbol {
    const char *function; /* NULL: unknown */
    const char *file;     /* NULL: unknown */
    int line;             /* 0: unknown */
};

/* maps: the text of /proc/PID/maps; it must outlive the symbols.  NULL: no memory, no maps. */
struct weft_symbols *weft_symbols_new(const char *maps, size_t len);
void weft_symbols_free(struct weft_symbols *symbols);

/* address: a return address; the call stands before it.  Strings live as long as symbols. */
struct weft_symbol weft_symbols_find(struct weft_symbols *symbols, uint64_t address);

#endif
