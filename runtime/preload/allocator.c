#include "runtime/preload/allocator.h"

#include "runtime/record/quick.h"
#include "runtime/record/text.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>

struct weft_allocator weft_allocator;

static const char *last_part(const char *path)
{
    const char *last = path;

    for (; *path != '\0'; path++) {
        if (*path == '/') {
            last = path + 1;
        }
    }
    return last;
}

/* A library's first bytes are mapped where it begins. */
static void take_code(const struct link_map *map)
{
    const ElfW(Ehdr) *head = (const void *)map->l_addr;
    const ElfW(Phdr) *segments = (const void *)(map->l_addr + head->e_phoff);

    for (size_t i = 0; i < head->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && (segments[i].p_flags & PF_X) != 0) {
            weft_allocator.from = map->l_addr + segments[i].p_vaddr;
            weft_allocator.bytes = segments[i].p_memsz;
        }
    }
}

void weft_allocator_find(void)
{
    if (!weft_spool_on() || weft_spool.head->allocator_locks != 0) {
        return;
    }
    for (const struct link_map *map = _r_debug.r_map; map != NULL; map = map->l_next) {
        const char *name = last_part(map->l_name);
        if (weft_text_begins(name, "libjemalloc.so") || weft_text_begins(name, "libtcmalloc") ||
            weft_text_begins(name, "libmimalloc")) {
            take_code(map);
        }
    }
}

void weft_allocator_count(void)
{
    struct weft_lane *lane = weft_me.seats[0].lane;

    if (lane != NULL) {
        const uint64_t before = atomic_load_explicit(&lane->left_out, memory_order_relaxed);
        atomic_store_explicit(&lane->left_out, before + 1, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&weft_spool.head->left_out, 1, memory_order_relaxed);
    }
}
