#include "runtime/preload/wrappers.h"

#include "runtime/record/sys.h"

#include <elf.h>
#include <link.h>

enum {
    CLIMB_MAX = 16,
    FILE_BYTES_MAX = 512 * 1024 * 1024,
    PROLOGUE_BYTES = 8,
};

struct weft_wrappers weft_wrappers;

static struct {
    struct weft_wrapper *at;
    size_t count, room;
} found;

static bool begins(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static bool holds(const char *text, const char *word)
{
    while (*text != '\0' && !begins(text, word)) {
        text++;
    }
    return *text != '\0';
}

/* Of namespace std or __gnu_cxx, or the compiler's own static __gthread_… */
static bool is_wrapper(const char *name)
{
    if (begins(name, "_ZL")) {
        name += 3;
        while (*name >= '0' && *name <= '9') {
            name++;
        }
        return begins(name, "__gthread_");
    }
    return begins(name, "_ZNSt") || begins(name, "_ZNKSt") || begins(name, "_ZSt") ||
           begins(name, "_ZN9__gnu_cxx") || begins(name, "_ZNK9__gnu_cxx");
}

/*
 * How it begins, behind an endbr64: "push %rbp; mov %rsp,%rbp", then it has a frame (0), or
 * "sub $bytes,%rsp" (the bytes): a compiler saves registers before that or not at all, so nothing
 * else lies between.  Negative: otherwise, and nothing is known.
 */
static int frame_of(const unsigned char *code, size_t bytes)
{
#if defined(__x86_64__)
    if (bytes < PROLOGUE_BYTES) {
        return -1;
    }
    if (code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x1e && code[3] == 0xfa) {
        code += 4;
    }
    if (code[0] == 0x55 && code[1] == 0x48 && code[2] == 0x89 && code[3] == 0xe5) {
        return 0;
    }
    if (code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xec && code[3] < 0x80 &&
        code[3] % sizeof(void *) == 0) {
        return code[3];
    }
#else
    (void)code;
    (void)bytes;
#endif
    return -1;
}

/* No memory: some sites stay where they are. */
static void add(uintptr_t from, uintptr_t to, unsigned below)
{
    if (found.count == found.room) {
        const size_t room = found.room == 0 ? 256 : found.room * 2;
        struct weft_wrapper *at = weft_sys_map(room * sizeof *at, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        if (at == NULL) {
            return;
        }
        for (size_t i = 0; i < found.count; i++) {
            at[i] = found.at[i];
        }
        if (found.at != NULL) {
            weft_sys_unmap(found.at, found.room * sizeof *at);
        }
        found.at = at;
        found.room = room;
    }
    found.at[found.count++] = (struct weft_wrapper){from, to, below};
}

/* A file in memory; only what lies inside of it is looked at. */
struct image {
    const char *at;
    uint64_t bytes;
};

static const void *inside(const struct image *image, uint64_t at, uint64_t bytes)
{
    return at <= image->bytes && bytes <= image->bytes - at ? image->at + at : NULL;
}

static void take_symbols(const struct image *image, const Elf64_Shdr *symbols,
                         const Elf64_Shdr *strings, uintptr_t base)
{
    const Elf64_Sym *at = inside(image, symbols->sh_offset, symbols->sh_size);
    const char *names = inside(image, strings->sh_offset, strings->sh_size);

    if (at == NULL || names == NULL || strings->sh_size == 0 ||
        names[strings->sh_size - 1] != '\0') {
        return;
    }
    for (uint64_t i = 0; i < symbols->sh_size / sizeof *at; i++) {
        const uintptr_t from = base + at[i].st_value;
        int below = -1;
        if (ELF64_ST_TYPE(at[i].st_info) == STT_FUNC && at[i].st_shndx != SHN_UNDEF &&
            at[i].st_name < strings->sh_size && is_wrapper(names + at[i].st_name) &&
            (below = frame_of((const unsigned char *)from, at[i].st_size)) >= 0 &&
            /* Optimised code has many that never lock; each would make the search longer. */
            (below == 0 || holds(names + at[i].st_name, "mutex") ||
             holds(names + at[i].st_name, "__gthread"))) {
            add(from, from + at[i].st_size, (unsigned)below);
        }
    }
}

static void take_image(const struct image *image, uintptr_t base)
{
    const Elf64_Ehdr *head = inside(image, 0, sizeof *head);

    if (head == NULL || !begins(image->at, ELFMAG) || head->e_shentsize != sizeof(Elf64_Shdr)) {
        return;
    }
    const Elf64_Shdr *sections =
        inside(image, head->e_shoff, (uint64_t)head->e_shnum * sizeof *sections);
    for (size_t i = 0; sections != NULL && i < head->e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < head->e_shnum) {
            take_symbols(image, &sections[i], &sections[sections[i].sh_link], base);
        }
    }
}

static void take_file(const char *path, uintptr_t base)
{
    const long fd = weft_sys_open(path, O_RDONLY | O_CLOEXEC);
    const long bytes = fd >= 0 ? weft_sys(SYS_lseek, fd, 0, 2 /* SEEK_END */, 0, 0, 0) : -1;

    if (bytes > 0 && bytes <= FILE_BYTES_MAX) {
        const struct image image = {.at = weft_sys_map((size_t)bytes, MAP_PRIVATE, (int)fd),
                                    .bytes = (uint64_t)bytes};
        if (image.at != NULL) {
            take_image(&image, base);
            weft_sys_unmap(image.at, image.bytes);
        }
    }
    if (fd >= 0) {
        (void)weft_sys_close((int)fd);
    }
}

/* A symbol may have several names: what follows the first is behind it, or within. */
static void sort(void)
{
    for (size_t gap = found.count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < found.count; i++) {
            const struct weft_wrapper moved = found.at[i];
            size_t at = i;
            while (at >= gap && found.at[at - gap].from > moved.from) {
                found.at[at] = found.at[at - gap];
                at -= gap;
            }
            found.at[at] = moved;
        }
    }
}

static bool is_system(const char *path)
{
    return begins(path, "/usr/") || begins(path, "/lib") || path[0] != '/';
}

void weft_wrappers_find(void)
{
    bool is_cxx = false;

    for (const struct link_map *map = _r_debug.r_map; map != NULL; map = map->l_next) {
        is_cxx |= holds(map->l_name, "libstdc++.so");
    }
    for (const struct link_map *map = _r_debug.r_map; is_cxx && map != NULL; map = map->l_next) {
        if (map == _r_debug.r_map) {
            take_file("/proc/self/exe", map->l_addr);
        } else if (!is_system(map->l_name)) {
            take_file(map->l_name, map->l_addr);
        }
    }
    sort();
    weft_wrappers.at = found.at;
    weft_wrappers.count = found.count;
}

static const struct weft_wrapper *wrapper_of(uintptr_t address)
{
    size_t from = 0, to = weft_wrappers.count;

    while (from < to) { /* the first that ends behind the address */
        const size_t middle = from + (to - from) / 2;
        if (weft_wrappers.at[middle].to <= address) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < weft_wrappers.count && weft_wrappers.at[from].from <= address
               ? &weft_wrappers.at[from]
               : NULL;
}

/* frame[0]: the caller's frame, as it had it when it called; frame[1]: the return address. */
const void *weft_wrappers_climb(const void *site, void *const *frame)
{
    const struct weft_wrapper *wrapper = NULL;
    void *const *at = frame[0];
    void *const *stack = frame + 2; /* where the caller's stack ended when it called */

    for (int i = 0; i < CLIMB_MAX && (wrapper = wrapper_of((uintptr_t)site - 1)) != NULL; i++) {
        if (wrapper->below == 0) {
            site = at[1];
            stack = at + 2;
            at = at[0];
        } else { /* it leaves its caller's frame in the register */
            site = stack[wrapper->below / sizeof *stack];
            stack += wrapper->below / sizeof *stack + 1;
        }
    }
    return site;
}
