#include "base/map.h"

#include <stdlib.h>

/* The finaliser of splitmix64: spreads addresses, which differ in few bits, over all of them. */
static uint64_t mixed(uint64_t key)
{
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return key ^ key >> 31;
}

void weft_map_done(struct weft_map *map)
{
    free(map->at);
    *map = (struct weft_map){0};
}

static struct weft_map_entry *slot(const struct weft_map *map, uint64_t key)
{
    size_t i = (size_t)mixed(key) & (map->room - 1);

    while (map->at[i].full && map->at[i].key != key) {
        i = (i + 1) & (map->room - 1);
    }
    return &map->at[i];
}

uint32_t *weft_map_find(const struct weft_map *map, uint64_t key)
{
    if (map->room == 0) {
        return NULL;
    }
    struct weft_map_entry *entry = slot(map, key);
    return entry->full ? &entry->value : NULL;
}

static bool grow(struct weft_map *map)
{
    const size_t room = map->room == 0 ? 64 : map->room * 2;
    struct weft_map grown = {.room = room, .count = map->count};

    grown.at = calloc(room, sizeof *grown.at);
    if (grown.at == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->at[i].full) {
            *slot(&grown, map->at[i].key) = map->at[i];
        }
    }
    free(map->at);
    *map = grown;
    return true;
}

bool weft_map_put(struct weft_map *map, uint64_t key, uint32_t value)
{
    /* At most three quarters full, so that a search stays short. */
    if ((map->count + 1) * 4 > map->room * 3 && !grow(map)) {
        return false;
    }
    struct weft_map_entry *entry = slot(map, key);
    map->count += !entry->full;
    *entry = (struct weft_map_entry){.key = key, .value = value, .full = true};
    return true;
}
