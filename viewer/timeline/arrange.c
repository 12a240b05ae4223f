#include "viewer/timeline/arrange.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void weft_arrangement_done(struct weft_arrangement *arrangement)
{
    free(arrangement->threads.at);
    free(arrangement->threads.flags);
    free(arrangement->objects.at);
    free(arrangement->objects.flags);
    *arrangement = (struct weft_arrangement){0};
}

uint32_t weft_order_at(const struct weft_order *order, size_t i)
{
    return i < order->count ? order->at[i] : (uint32_t)i;
}

uint8_t weft_order_flags(const struct weft_order *order, uint32_t index)
{
    return index < order->flags_room ? order->flags[index] : 0;
}

/* One flag for each of `count`; new ones are 0. */
static bool make_flags(struct weft_order *order, size_t count)
{
    const size_t had = order->flags_room;

    if (count <= had) {
        return true;
    }
    if (!weft_vec_reserve((void **)&order->flags, &order->flags_room, count, 1)) {
        return false;
    }
    memset(order->flags + had, 0, order->flags_room - had);
    return true;
}

bool weft_order_set(struct weft_order *order, size_t count, uint32_t index, uint8_t set,
                    uint8_t clear)
{
    if (index >= count || !make_flags(order, count)) {
        return false;
    }
    order->flags[index] = (uint8_t)((order->flags[index] & ~clear) | set);
    return true;
}

static size_t place_of(const struct weft_order *order, uint32_t index)
{
    size_t i = 0;

    while (order->at[i] != index) {
        i++;
    }
    return i;
}

bool weft_order_swap(struct weft_order *order, size_t count, uint32_t a, uint32_t b)
{
    if (a >= count || b >= count) {
        return false;
    }
    if (!weft_vec_room(order, count)) {
        return false;
    }
    for (; order->count < count; order->count++) {
        order->at[order->count] = (uint32_t)order->count;
    }
    const size_t i = place_of(order, a), k = place_of(order, b);
    order->at[i] = b;
    order->at[k] = a;
    return true;
}
