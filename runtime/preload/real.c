#include "runtime/preload/real.h"

#include "runtime/record/text.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>

struct weft_real weft_real;

/* One loaded library: where its symbols are. */
struct library {
    ElfW(Addr) base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *hash;
    const ElfW(Half) * versions;
    const ElfW(Verdef) * definitions;
};

struct wanted {
    const char *symbol;
    const char *version;
    size_t at; /* offset of the slot */
};

static const struct wanted wanted[] = {
#define WEFT_REAL(slot, symbol, version, result, parameters)                                       \
    {symbol, version, offsetof(struct weft_real, slot)},
#include "runtime/preload/hooks.def"
};

enum { WANTED_COUNT = sizeof wanted / sizeof *wanted };

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;

    while (*name != '\0') {
        hash = hash * 33 + (unsigned char)*name++;
    }
    return hash;
}

/* The loader relocates these pointers in place, except in the kernel's own library. */
static const void *pointer(const struct link_map *map, const ElfW(Dyn) * entry)
{
    const ElfW(Addr) value = entry->d_un.d_ptr;

    return (const void *)(value < map->l_addr ? value + map->l_addr : value);
}

static struct library library_of(const struct link_map *map)
{
    struct library library = {.base = map->l_addr};

    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            library.symbols = pointer(map, entry);
            break;
        case DT_STRTAB:
            library.strings = pointer(map, entry);
            break;
        case DT_GNU_HASH:
            library.hash = pointer(map, entry);
            break;
        case DT_VERSYM:
            library.versions = pointer(map, entry);
            break;
        case DT_VERDEF:
            library.definitions = pointer(map, entry);
            break;
        default:
            break;
        }
    }
    return library;
}

/* Has the symbol this version?  A library without versions has every one. */
static bool has_version(const struct library *library, uint32_t symbol, const char *version)
{
    const ElfW(Half) hidden = 0x8000;

    if (library->versions == NULL) {
        return true;
    }
    const ElfW(Half) number = library->versions[symbol];
    if (version[0] == '\0') {
        return (number & hidden) == 0; /* the default one */
    }
    if (library->definitions == NULL || (number & ~hidden) == VER_NDX_GLOBAL) {
        return true;
    }
    for (const ElfW(Verdef) *at = library->definitions;;) {
        const ElfW(Verdaux) *name = (const void *)((const char *)at + at->vd_aux);
        if (at->vd_ndx == (number & ~hidden)) {
            return weft_text_equal(library->strings + name->vda_name, version);
        }
        if (at->vd_next == 0) {
            return false;
        }
        at = (const void *)((const char *)at + at->vd_next);
    }
}

static void *address_of(const struct library *library, const ElfW(Sym) * symbol)
{
    void *at = (void *)(library->base + symbol->st_value);

    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC) {
        void *(*choose)(void);
        *(void **)&choose = at;
        return choose();
    }
    return at;
}

static void *find_in(const struct library *library, const struct wanted *what, uint32_t hash)
{
    if (library->hash == NULL || library->symbols == NULL || library->strings == NULL) {
        return NULL;
    }
    const uint32_t buckets = library->hash[0], first = library->hash[1];
    const uint32_t bloom_words = library->hash[2];
    const uint32_t *bucket = library->hash + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chain = bucket + buckets;
    uint32_t symbol = buckets > 0 ? bucket[hash % buckets] : 0;

    if (symbol < first) {
        return NULL;
    }
    for (;; symbol++) {
        const uint32_t found = chain[symbol - first];
        const ElfW(Sym) *at = &library->symbols[symbol];
        if ((found | 1) == (hash | 1) && at->st_shndx != SHN_UNDEF &&
            weft_text_equal(library->strings + at->st_name, what->symbol) &&
            has_version(library, symbol, what->version)) {
            return address_of(library, at);
        }
        if ((found & 1) != 0) {
            return NULL;
        }
    }
}

static int absent(void)
{
    return ENOSYS;
}

static void **slot_of(const struct wanted *what)
{
    return (void **)((char *)&weft_real + what->at);
}

static const struct link_map *our_map(void)
{
    const struct link_map *map = _r_debug.r_map;

    while (map != NULL && map->l_ld != _DYNAMIC) {
        map = map->l_next;
    }
    return map;
}

const char *weft_real_library(void)
{
    const struct link_map *ours = our_map();

    return ours != NULL ? ours->l_name : "";
}

void weft_real_find(void)
{
    static bool found;

    if (found) {
        return;
    }
    const struct link_map *ours = our_map();
    /* The first library that has it, in the order of loading. */
    for (const struct link_map *map = ours != NULL ? ours->l_next : NULL; map != NULL;
         map = map->l_next) {
        const struct library library = library_of(map);
        for (size_t i = 0; i < WANTED_COUNT; i++) {
            void **slot = slot_of(&wanted[i]);
            if (*slot == NULL) {
                *slot = find_in(&library, &wanted[i], gnu_hash(wanted[i].symbol));
            }
        }
    }
    for (size_t i = 0; i < WANTED_COUNT; i++) {
        void **slot = slot_of(&wanted[i]);
        if (*slot == NULL) {
            *(int (**)(void))slot = absent;
        }
    }
    found = true;
}

/*
 * What the recorder's clock calls where the counter is not to be trusted (CMakeLists.txt gives it
 * this name): the real one, at once.  By its own name it would be whatever the program has under
 * it, such as a sanitizer's that is not ready yet.
 */
int weft_real_clock(clockid_t clock, struct timespec *now)
{
    weft_real_find();
    return weft_real.clock_gettime(clock, now);
}
