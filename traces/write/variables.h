/*
 * Which variable an address of a module's data is, by the types that DWARF describes: the index
 * of its variables is made at the first question.
 * Private to the writer.  Threads: one at a time.
 */
#ifndef WEFT_TRACES_VARIABLES_H
#define WEFT_TRACES_VARIABLES_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_variable {
    uint64_t address; /* in the file */
    Dwarf_Off die;
};

struct weft_variables {
    struct weft_variable *at;
    size_t count, room;
    bool made;
};

void weft_variables_done(struct weft_variables *variables);

/*
 * address: of the running program.  The name with its scopes and the path inside of it, such as
 * "app::pool.workers[2].lock"; false, name untouched: DWARF has no variable there.
 */
bool weft_variables_name(struct weft_variables *variables, Dwfl_Module *module, uint64_t address,
                         char *name, size_t room);

/* The scopes around a DIE and its own name: "app::Cache::put".  false: it has no name. */
bool weft_variables_qualify(Dwarf_Die *die, char *name, size_t room);

#endif
