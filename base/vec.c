#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

bool weft_vec_reserve(void **at, size_t *room, size_t wanted, size_t size)
{
    size_t grown = *room < 16 ? 16 : *room + *room / 2;

    if (grown < wanted) {
        grown = wanted;
    }
    if (grown > SIZE_MAX / size) {
        return false;
    }
    void *moved = realloc(*at, grown * size);
    if (moved == NULL) {
        return false;
    }
    *at = moved;
    *room = grown;
    return true;
}
