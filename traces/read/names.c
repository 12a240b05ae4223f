#include "traces/read/names.h"

#include <assert.h>

void weft_names_init(struct weft_names *names)
{
    *names = (struct weft_names){0};
    /* What a free slot means: a length that no name has. */
    names->names[0] = (struct weft_name){.len = UINT32_MAX, .number = -1};
}

void weft_names_add(struct weft_names *names, const char *name, int32_t number)
{
    char padded[WEFT_NAME_MAX_BYTES + WEFT_NAME_PAD_BYTES] = {0};
    const size_t len = strlen(name);

    if (len == 0) {
        return;
    }
    assert(len <= WEFT_NAME_MAX_BYTES && names->count < WEFT_NAMES_MAX);
    memcpy(padded, name, len);
    names->count++;
    names->names[names->count] = weft_name_of(padded, len);
    names->names[names->count].number = number;
}

/* Gives each name its slot; false when two of them would share one. */
static bool place(struct weft_names *names)
{
    memset(names->slots, 0, sizeof names->slots);
    for (uint32_t i = 1; i <= names->count; i++) {
        uint8_t *slot = &names->slots[weft_name_slot(&names->names[i], names->multiplier)];
        if (*slot != 0) {
            return false;
        }
        *slot = (uint8_t)i;
    }
    return true;
}

void weft_names_seal(struct weft_names *names)
{
    /* Odd, and from try to try as good as random (Knuth's MMIX): one in about 14 fits 52 names. */
    names->multiplier = UINT64_C(0x9e3779b97f4a7c15);
    while (!place(names)) {
        names->multiplier =
            (names->multiplier * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407)) | 1;
    }
}

int32_t weft_names_find_text(const struct weft_names *names, const char *text, size_t len)
{
    char padded[WEFT_NAME_MAX_BYTES + WEFT_NAME_PAD_BYTES] = {0};

    if (len > WEFT_NAME_MAX_BYTES) {
        return -1;
    }
    memcpy(padded, text, len);
    return weft_names_find(names, padded, len);
}
