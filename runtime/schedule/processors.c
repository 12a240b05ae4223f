#include "runtime/schedule/processors.h"

#include "runtime/record/sys.h"

#include <stdatomic.h>

enum {
    MASKS = 64, /* different ones that a program asks for */
    WORD_BITS = 8 * sizeof(unsigned long),
};

static struct {
    struct weft_processors one, masks[MASKS];
    uint32_t count;
    _Atomic bool pinned;
} processors;

bool weft_processors_set(uint32_t tid, const struct weft_processors *mask)
{
    return weft_sys(SYS_sched_setaffinity, (long)tid, sizeof *mask, (long)mask, 0, 0, 0) == 0;
}

bool weft_processors_get(uint32_t tid, struct weft_processors *mask)
{
    *mask = (struct weft_processors){0};
    return weft_sys(SYS_sched_getaffinity, (long)tid, sizeof *mask, (long)mask, 0, 0, 0) > 0;
}

bool weft_processors_equal(const struct weft_processors *one, const struct weft_processors *other)
{
    unsigned long different = 0;

    for (uint32_t i = 0; i < WEFT_PROCESSORS_MASK_WORDS; i++) {
        different |= one->words[i] ^ other->words[i];
    }
    return different == 0;
}

void weft_processors_pin(void)
{
    uint32_t here = 0;

    if (!weft_processors_get(0, &processors.masks[0]) ||
        weft_sys(SYS_getcpu, (long)&here, 0, 0, 0, 0, 0) != 0 ||
        here >= WEFT_PROCESSORS_MASK_WORDS * WORD_BITS) {
        return;
    }
    processors.count = 1;
    processors.one.words[here / WORD_BITS] = 1ul << here % WORD_BITS;
    const bool pinned = !weft_processors_equal(&processors.one, &processors.masks[0]) &&
                        weft_processors_set(0, &processors.one);
    atomic_store_explicit(&processors.pinned, pinned, memory_order_relaxed);
}

bool weft_processors_pinned(void)
{
    return atomic_load_explicit(&processors.pinned, memory_order_relaxed);
}

const struct weft_processors *weft_processors_one(void)
{
    return &processors.one;
}

const struct weft_processors *weft_processors_at(uint32_t number)
{
    return &processors.masks[number];
}

uint32_t weft_processors_keep(const struct weft_processors *mask, bool *full)
{
    for (uint32_t i = 0; i < processors.count; i++) {
        if (weft_processors_equal(&processors.masks[i], mask)) {
            return i;
        }
    }
    *full = processors.count == MASKS;
    if (*full) {
        return 0;
    }
    processors.masks[processors.count] = *mask;
    return processors.count++;
}

bool weft_processors_unpin(void)
{
    return atomic_exchange_explicit(&processors.pinned, false, memory_order_relaxed);
}
