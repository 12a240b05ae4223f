#include "traces/read/names.h"

#include <assert.h>

void weft_names_add(struct weft_names *names, const char *name, uint32_t number)
{
    char padded[WEFT_NAME_MAX_BYTES + WEFT_NAME_PAD_BYTES] = {0};
    const size_t len = strlen(name);

    if (len == 0) {
        return;
    }
    assert(len <= WEFT_NAME_MAX_BYTES && names->count < WEFT_NAMES_MAX);
    memcpy(padded, name, len);
    struct weft_name *added = &names->names[names->count++];
    *added = weft_name_of(padded, len);
    added->number = number;
    uint32_t slot = weft_name_slot(added);
    while (names->slots[slot] != 0) {
        slot = (slot + 1) % WEFT_NAMES_SLOTS;
    }
    names->slots[slot] = (uint8_t)names->count;
}

int weft_names_find_text(const struct weft_names *names, const char *text, size_t len)
{
    char padded[WEFT_NAME_MAX_BYTES + WEFT_NAME_PAD_BYTES] = {0};

    if (len > WEFT_NAME_MAX_BYTES) {
        return -1;
    }
    memcpy(padded, text, len);
    return weft_names_find(names, padded, len);
}
