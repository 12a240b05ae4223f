/*
 * Names for people: what an object and a call site of the recorded program are called.  Keeps the
 * program's mappings fresh while it lives, since libraries may be loaded at any time.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_NAMES_H
#define WEFT_TRACES_NAMES_H

#include "base/arena.h"
#include "base/map.h"
#include "traces/write/symbols.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_NAME_ROOM = 512 };

struct weft_named_site {
    struct weft_symbol symbol;
    const char *argument; /* what stands in the call, such as "&q->lock"; NULL: not known */
};

struct weft_names {
    struct weft_symbols *symbols;
    struct weft_arena arena;
    struct weft_map index; /* return address → place in sites */
    struct {
        struct weft_named_site *at;
        size_t count, room;
    } sites;
    struct weft_map uses; /* hash of a name that a first use gave → how many objects have it */
    uint32_t pid;
    uint64_t maps_hash; /* of the mappings that were taken last */
    char *fresh;        /* mappings that were looked at and not yet told; NULL: none */
    size_t fresh_len;
    uint64_t next_look_ns, look_gap_ns;
};

/* A zeroed struct weft_names names nothing, and may be done. */
void weft_names_done(struct weft_names *names);

/* pid: of the living program, 0: none. */
void weft_names_open(struct weft_names *names, uint32_t pid);

/* Mappings, as /proc/PID/maps has them. */
void weft_names_add_maps(struct weft_names *names, const char *maps, size_t len);

/*
 * Looks at the living program's mappings, now and then.  True: they have become others since they
 * were told last; *maps is valid until the next call.
 */
bool weft_names_refresh(struct weft_names *names, const char **maps, size_t *len);

/* An address of code that is to be named later, perhaps when its program lives no more. */
void weft_names_see(struct weft_names *names, uint64_t address);

/* True when process pid lives and has the file at path mapped. */
bool weft_names_maps_hold(uint32_t pid, const char *path);

/* NULL: no memory.  Valid until the next call. */
struct weft_named_site *weft_names_site(struct weft_names *names, uint64_t address);

/* "prog+0x42e0", for an address of code that no symbol spans; name has WEFT_NAME_ROOM bytes. */
bool weft_names_place(const struct weft_names *names, uint64_t address, char *name);

/*
 * name has WEFT_NAME_ROOM bytes.  A variable's own name, else what its first use calls it, else
 * its kind (words) and the place of its first use; false: nothing is known.
 */
bool weft_names_object(struct weft_names *names, uint64_t address, const char *words, uint64_t site,
                       char *name);

/* The name of the function that starts at address; false: not known. */
bool weft_names_function(struct weft_names *names, uint64_t address, char *name);

#endif
