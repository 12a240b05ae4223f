#include "traces/write/symbols.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct weft_symbols {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    char *debug_path;
};

struct weft_symbols *weft_symbols_new(const char *maps, size_t len)
{
    struct weft_symbols *symbols = calloc(1, sizeof *symbols);
    FILE *file = len > 0 ? fmemopen((void *)(uintptr_t)maps, len, "r") : NULL;

    if (symbols == NULL || file == NULL) {
        goto fail;
    }
    symbols->callbacks = (Dwfl_Callbacks){
        .find_elf = dwfl_linux_proc_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .debuginfo_path = &symbols->debug_path,
    };
    symbols->dwfl = dwfl_begin(&symbols->callbacks);
    if (symbols->dwfl == NULL || dwfl_linux_proc_maps_report(symbols->dwfl, file) != 0 ||
        dwfl_report_end(symbols->dwfl, NULL, NULL) != 0) {
        goto fail;
    }
    (void)fclose(file);
    return symbols;
fail:
    if (file != NULL) {
        (void)fclose(file);
    }
    weft_symbols_free(symbols);
    return NULL;
}

void weft_symbols_free(struct weft_symbols *symbols)
{
    if (symbols != NULL) {
        dwfl_end(symbols->dwfl);
        free(symbols);
    }
}

struct weft_symbol weft_symbols_find(struct weft_symbols *symbols, uint64_t address)
{
    struct weft_symbol found = {0};
    const uint64_t call = address - 1; /* inside the call instruction */

    if (symbols == NULL || address == 0) {
        return found;
    }
    Dwfl_Module *module = dwfl_addrmodule(symbols->dwfl, call);
    if (module == NULL) {
        return found;
    }
    found.function = dwfl_module_addrname(module, call);
    Dwfl_Line *line = dwfl_module_getsrc(module, call);
    if (line != NULL) {
        found.file = dwfl_lineinfo(line, NULL, &found.line, NULL, NULL, NULL);
    }
    return found;
}
