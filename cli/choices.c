#include "cli/choices.h"

#include <stdio.h>
#include <string.h>

enum { LETTERS = 25, PERMILLE = 1000 };

static void put(struct weft_choices *choices, const char *text)
{
    const size_t len = strlen(text);

    if (choices->used + len >= sizeof choices->text) {
        choices->full = true;
        return;
    }
    memcpy(choices->text + choices->used, text, len + 1);
    choices->used += len;
}

void weft_choices_add(struct weft_choices *choices, uint64_t taken)
{
    char text[24];

    if (taken == 0) {
        choices->defaults++;
        return;
    }
    if (choices->defaults > 0) {
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)choices->defaults);
        put(choices, text);
        choices->defaults = 0;
    }
    for (; taken > LETTERS && !choices->full; taken -= LETTERS) {
        put(choices, "z");
    }
    put(choices, (char[]){(char)('a' + taken - 1), '\0'});
}

/* What is as ever is left out: the text shall be short enough to be read and typed. */
bool weft_choices_plan(const struct weft_choices *choices, const struct weft_plan *like,
                       char plan[WEFT_PLAN_ROOM])
{
    size_t used = (size_t)snprintf(plan, WEFT_PLAN_ROOM, "replay:%s", choices->text);
    const struct {
        const char *key;
        uint64_t value, usual;
    } options[] = {
        {"spurious", like->spurious, 0},
        {"cost", like->cost_ns, WEFT_PLAN_COST_NS},
        {"stall", like->stall_ms, WEFT_PLAN_STALL_MS},
    };

    if (like->jitter_permille != PERMILLE || like->spurious != 0) {
        used +=
            used < WEFT_PLAN_ROOM
                ? (size_t)snprintf(plan + used, WEFT_PLAN_ROOM - used, ",seed=%llu,jitter=%u.%03u",
                                   (unsigned long long)like->seed, like->jitter_permille / PERMILLE,
                                   like->jitter_permille % PERMILLE)
                : 0;
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].value != options[i].usual && used < WEFT_PLAN_ROOM) {
            used += (size_t)snprintf(plan + used, WEFT_PLAN_ROOM - used, ",%s=%llu", options[i].key,
                                     (unsigned long long)options[i].value);
        }
    }
    return !choices->full && used < WEFT_PLAN_ROOM;
}
