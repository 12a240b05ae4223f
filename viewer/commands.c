#include "viewer/commands.h"

#include "base/tongue.h"

const struct weft_command weft_commands[WEFT_COMMAND_COUNT] = {
#define WEFT_COMMAND(id, name, group, help) [WEFT_COMMAND_##id] = {name, WEFT_GROUP_##group, help},
#include "viewer/commands.def"
};

const struct weft_binding weft_bindings[] = {
#define WEFT_BINDING(id, key, ch, mods, cap) {WEFT_COMMAND_##id, WEFT_KEY_##key, ch, mods, cap},
#include "viewer/commands.def"
};
const size_t weft_binding_count = sizeof weft_bindings / sizeof *weft_bindings;

const struct weft_gesture weft_gestures[] = {
#define WEFT_GESTURE(group, cap, help) {WEFT_GROUP_##group, cap, help},
#include "viewer/commands.def"
};
const size_t weft_gesture_count = sizeof weft_gestures / sizeof *weft_gestures;

const char *const weft_command_groups[WEFT_GROUP_COUNT] = {
    [WEFT_GROUP_VIEW] = N_("View"),          [WEFT_GROUP_TIME] = N_("Time"),
    [WEFT_GROUP_PICK] = N_("Select"),        [WEFT_GROUP_LANES] = N_("Lanes"),
    [WEFT_GROUP_FIND] = N_("Find and show"), [WEFT_GROUP_WINDOW] = N_("Window"),
    [WEFT_GROUP_MOUSE] = N_("Mouse"),
};

const enum weft_command_id weft_tab_commands[WEFT_TAB_COUNT] = {
    [WEFT_TAB_TIMELINE] = WEFT_COMMAND_TAB_TIMELINE,
    [WEFT_TAB_CONTENTION] = WEFT_COMMAND_TAB_CONTENTION,
    [WEFT_TAB_FINDINGS] = WEFT_COMMAND_TAB_FINDINGS,
    [WEFT_TAB_WAITS_FOR] = WEFT_COMMAND_TAB_WAITS_FOR,
    [WEFT_TAB_THREADS] = WEFT_COMMAND_TAB_THREADS,
    [WEFT_TAB_STATISTICS] = WEFT_COMMAND_TAB_STATISTICS,
};

static enum weft_command_id find(enum weft_key key, uint32_t ch, uint32_t mods)
{
    for (size_t i = 0; i < weft_binding_count; i++) {
        const struct weft_binding *binding = &weft_bindings[i];
        if (binding->key == key && binding->mods == mods &&
            (key != WEFT_KEY_CHAR || binding->ch == ch)) {
            return binding->command;
        }
    }
    return WEFT_COMMAND_COUNT;
}

enum weft_command_id weft_command_of(const struct weft_input *input)
{
    const uint32_t ch = input->ch >= 'A' && input->ch <= 'Z' ? input->ch + ('a' - 'A') : input->ch;
    const enum weft_command_id exact = find(input->key, ch, input->mods);

    /* Where Shift means nothing else it only chooses what a key writes, and that is in ch. */
    return exact != WEFT_COMMAND_COUNT
               ? exact
               : find(input->key, ch, input->mods & ~(uint32_t)WEFT_MOD_SHIFT);
}

const char *weft_command_cap(enum weft_command_id command)
{
    for (size_t i = 0; i < weft_binding_count; i++) {
        if (weft_bindings[i].command == command) {
            return weft_bindings[i].cap;
        }
    }
    return "";
}
