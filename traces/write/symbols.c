#include "traces/write/symbols.h"

#include "base/arena.h"
#include "base/vec.h"
#include "traces/write/demangle.h"
#include "traces/write/variables.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    NAME_ROOM = 512,
    MAPPINGS_MAX = 65536, /* the kernel's own default limit is near (vm.max_map_count) */
};

/* One mapping of a file, or the zeroed memory that follows the last one of a file. */
struct mapping {
    uint64_t from, to;
    uint64_t base; /* the first byte of the file's first mapping */
    const char *path;
    bool is_tail; /* no mapping of the file itself */
};

struct module {
    Dwfl_Module *dwfl;
    struct weft_variables variables;
    uint64_t end;  /* behind its data, .bss included; 0: not known */
    int64_t built; /* when its file was written; 0: not known */
};

struct weft_symbols {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    char *debug_path;
    struct weft_arena names;
    struct {
        struct mapping *at;
        size_t count, room;
    } mappings; /* sorted */
    struct {
        struct module *at;
        size_t count, room;
    } modules;
};

struct weft_symbols *weft_symbols_new(void)
{
    struct weft_symbols *symbols = calloc(1, sizeof *symbols);

    if (symbols == NULL) {
        return NULL;
    }
    weft_arena_init(&symbols->names);
    symbols->callbacks = (Dwfl_Callbacks){
        .find_elf = dwfl_linux_proc_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .debuginfo_path = &symbols->debug_path,
    };
    symbols->dwfl = dwfl_begin(&symbols->callbacks);
    if (symbols->dwfl == NULL) {
        weft_symbols_free(symbols);
        return NULL;
    }
    return symbols;
}

void weft_symbols_free(struct weft_symbols *symbols)
{
    if (symbols == NULL) {
        return;
    }
    for (size_t i = 0; i < symbols->modules.count; i++) {
        weft_variables_done(&symbols->modules.at[i].variables);
    }
    if (symbols->dwfl != NULL) {
        dwfl_end(symbols->dwfl);
    }
    free(symbols->modules.at);
    free(symbols->mappings.at);
    weft_arena_done(&symbols->names);
    free(symbols);
}

/* Among the first `count`, which are sorted. */
static const struct mapping *find_mapping(const struct weft_symbols *symbols, size_t count,
                                          uint64_t address)
{
    size_t from = 0, to = count;

    while (from < to) { /* the first that ends behind the address */
        const size_t middle = from + (to - from) / 2;
        if (symbols->mappings.at[middle].to <= address) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < count && symbols->mappings.at[from].from <= address ? &symbols->mappings.at[from]
                                                                      : NULL;
}

static const struct mapping *mapping_of(const struct weft_symbols *symbols, uint64_t address)
{
    return find_mapping(symbols, symbols->mappings.count, address);
}

static int by_address(const void *a, const void *b)
{
    const struct mapping *left = a, *right = b;

    return (left->from > right->from) - (left->from < right->from);
}

/* One line of the text; known: mappings of earlier texts; last: the one before in this text. */
static void take_mapping(struct weft_symbols *symbols, const char *line, size_t len, size_t known,
                         struct mapping *last)
{
    char text[4608];
    struct mapping mapping = {0};
    unsigned long long from, to, inode;
    int path_at = 0;

    if (len >= sizeof text) {
        return;
    }
    memcpy(text, line, len);
    text[len] = '\0';
    if (sscanf(text, "%llx-%llx %*s %*s %*s %llu %n", &from, &to, &inode, &path_at) < 3 ||
        from >= to) {
        return;
    }
    mapping = (struct mapping){.from = from, .to = to};
    if (inode != 0 && text[path_at] == '/') {
        const bool same = last->path != NULL && strcmp(last->path, text + path_at) == 0;
        mapping.path =
            same ? last->path
                 : weft_arena_copy(&symbols->names, text + path_at, len - (size_t)path_at);
        mapping.base = same ? last->base : from;
    } else if (inode == 0 && text[path_at] == '\0' && last->path != NULL && last->to == from) {
        mapping.path = last->path; /* .bss, as far as it has pages of its own */
        mapping.base = last->base;
        mapping.is_tail = true;
    }
    *last = mapping;
    if (mapping.path != NULL && find_mapping(symbols, known, from) == NULL &&
        symbols->mappings.count < MAPPINGS_MAX) {
        (void)weft_vec_push(&symbols->mappings, mapping);
    }
}

void weft_symbols_add_maps(struct weft_symbols *symbols, const char *maps, size_t len)
{
    struct mapping last = {0};
    FILE *file = len > 0 ? fmemopen((void *)(uintptr_t)maps, len, "r") : NULL;
    const size_t known = symbols->mappings.count; /* the sorted part */

    if (file == NULL) {
        return;
    }
    dwfl_report_begin_add(symbols->dwfl);
    (void)dwfl_linux_proc_maps_report(symbols->dwfl, file);
    (void)dwfl_report_end(symbols->dwfl, NULL, NULL);
    (void)fclose(file);
    for (size_t at = 0; at < len;) {
        const char *end = memchr(maps + at, '\n', len - at);
        const size_t line = end != NULL ? (size_t)(end - (maps + at)) : len - at;
        take_mapping(symbols, maps + at, line, known, &last);
        at += line + 1;
    }
    if (symbols->mappings.count > 0) {
        qsort(symbols->mappings.at, symbols->mappings.count, sizeof *symbols->mappings.at,
              by_address);
    }
}

bool weft_symbols_have(const struct weft_symbols *symbols, uint64_t address)
{
    return mapping_of(symbols, address) != NULL;
}

/* Memory that the program maps itself may lie directly behind a file's: where does that end? */
static uint64_t end_of(Dwfl_Module *module)
{
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(module, &bias);
    uint64_t end = 0;
    size_t count;

    if (elf == NULL || elf_getphdrnum(elf, &count) != 0) {
        return 0;
    }
    for (size_t i = 0; i < count && i <= INT_MAX; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_LOAD &&
            segment.p_vaddr + segment.p_memsz > end) {
            end = segment.p_vaddr + segment.p_memsz;
        }
    }
    return end + bias;
}

/* The module of a mapping, by an address that libdwfl is sure to know: its first. */
static struct module *module_of(struct weft_symbols *symbols, const struct mapping *mapping)
{
    struct stat there;
    Dwfl_Module *dwfl = dwfl_addrmodule(symbols->dwfl, mapping->base);

    if (dwfl == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < symbols->modules.count; i++) {
        if (symbols->modules.at[i].dwfl == dwfl) {
            return &symbols->modules.at[i];
        }
    }
    struct module made = {.dwfl = dwfl, .end = end_of(dwfl)};
    if (stat(mapping->path, &there) == 0) {
        made.built = (int64_t)there.st_mtime;
    }
    return weft_vec_push(&symbols->modules, made) ? &symbols->modules.at[symbols->modules.count - 1]
                                                  : NULL;
}

/* Headers of the system and of the compiler: nobody looks for their own line there. */
static bool is_system_header(const char *file)
{
    return strncmp(file, "/usr/include/", 13) == 0 || strncmp(file, "/usr/lib/gcc/", 13) == 0 ||
           strstr(file, "/include/c++/") != NULL;
}

/* Where an inlined call stands. */
static bool call_place(Dwarf_Die *unit, Dwarf_Die *inlined, const char **file, int *line)
{
    Dwarf_Attribute attribute;
    Dwarf_Files *files;
    Dwarf_Word file_index, line_number;
    size_t count;

    if (dwarf_attr(inlined, DW_AT_call_file, &attribute) == NULL ||
        dwarf_formudata(&attribute, &file_index) != 0 ||
        dwarf_attr(inlined, DW_AT_call_line, &attribute) == NULL ||
        dwarf_formudata(&attribute, &line_number) != 0 ||
        dwarf_getsrcfiles(unit, &files, &count) != 0 || file_index >= count) {
        return false;
    }
    *file = dwarf_filesrc(files, file_index, NULL, NULL);
    *line = (int)line_number;
    return *file != NULL;
}

static bool is_function(Dwarf_Die *scope)
{
    const int tag = dwarf_tag(scope);

    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* Climbs the inlined calls at `call` until the line is the user's own. */
static void climb(struct weft_symbols *symbols, Dwfl_Module *module, uint64_t call,
                  struct weft_symbol *found)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module, call, &bias);
    Dwarf_Die *innermost = NULL, *scopes = NULL;
    char name[NAME_ROOM];
    int at = 0;

    /* What is around the innermost in the source is not what called it: ask by its DIE again. */
    if (unit == NULL || dwarf_getscopes(unit, call - bias, &innermost) <= 0) {
        return;
    }
    const int count = dwarf_getscopes_die(&innermost[0], &scopes);
    while (at < count && !is_function(&scopes[at])) {
        at++;
    }
    while (at < count && dwarf_tag(&scopes[at]) == DW_TAG_inlined_subroutine &&
           found->file != NULL && is_system_header(found->file) &&
           call_place(unit, &scopes[at], &found->file, &found->line)) {
        do {
            at++;
        } while (at < count && !is_function(&scopes[at]));
    }
    if (at < count && weft_variables_qualify(&scopes[at], name, sizeof name)) {
        const char *kept = weft_arena_copy(&symbols->names, name, strlen(name));
        found->function = kept != NULL ? kept : found->function;
    }
    free(innermost);
    free(scopes);
}

struct weft_symbol weft_symbols_find(struct weft_symbols *symbols, uint64_t address)
{
    struct weft_symbol found = {0};
    const uint64_t call = address - 1; /* inside the call instruction */
    const struct mapping *mapping = mapping_of(symbols, call);
    struct module *module = mapping != NULL ? module_of(symbols, mapping) : NULL;
    struct stat there;
    char name[NAME_ROOM];

    if (module == NULL) {
        return found;
    }
    found.function = dwfl_module_addrname(module->dwfl, call);
    Dwfl_Line *line = dwfl_module_getsrc(module->dwfl, call);
    if (line != NULL) {
        found.file = dwfl_lineinfo(line, NULL, &found.line, NULL, NULL, NULL);
    }
    if (found.function != NULL && weft_demangle(found.function, name, sizeof name)) {
        const char *kept = weft_arena_copy(&symbols->names, name, strlen(name));
        found.function = kept != NULL ? kept : found.function;
    }
    climb(symbols, module->dwfl, call, &found);
    found.source_is_as_built = found.file != NULL && module->built != 0 &&
                               stat(found.file, &there) == 0 && there.st_mtime <= module->built;
    return found;
}

/* "queue_lock", "fn_static" for fn_static.0, "pool+8"; false: no symbol spans the address. */
static bool name_by_symbol(Dwfl_Module *module, uint64_t address, char *name, size_t room)
{
    GElf_Off offset = 0;
    GElf_Sym symbol;
    char readable[NAME_ROOM];
    const char *found = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);

    if (found == NULL || found[0] == '\0' ||
        (symbol.st_size != 0 ? offset >= symbol.st_size : offset != 0)) {
        return false;
    }
    if (weft_demangle(found, readable, sizeof readable)) {
        found = readable;
    }
    size_t len = strlen(found);
    const size_t digits = strspn(found + strcspn(found, "."), ".0123456789");
    if (digits > 1 && strcspn(found, ".") + digits == len) {
        len -= digits; /* the compiler numbers statics of functions */
    }
    const int used = offset == 0 ? snprintf(name, room, "%.*s", (int)len, found)
                                 : snprintf(name, room, "%.*s+%" PRIu64, (int)len, found, offset);
    return used > 0 && (size_t)used < room;
}

bool weft_symbols_name(struct weft_symbols *symbols, uint64_t address, char *name, size_t room)
{
    const struct mapping *mapping = mapping_of(symbols, address);
    struct module *module = mapping != NULL ? module_of(symbols, mapping) : NULL;

    if (mapping == NULL || (mapping->is_tail && (module == NULL || address >= module->end))) {
        return false;
    }
    return (module != NULL &&
            (weft_variables_name(&module->variables, module->dwfl, address, name, room) ||
             name_by_symbol(module->dwfl, address, name, room))) ||
           weft_symbols_place(symbols, address, name, room);
}

bool weft_symbols_place(const struct weft_symbols *symbols, uint64_t address, char *name,
                        size_t room)
{
    const struct mapping *mapping = mapping_of(symbols, address);

    if (mapping == NULL) {
        return false;
    }
    const char *slash = strrchr(mapping->path, '/');
    const int used = snprintf(name, room, "%s+0x%" PRIx64,
                              slash != NULL ? slash + 1 : mapping->path, address - mapping->base);
    return used > 0 && (size_t)used < room;
}
