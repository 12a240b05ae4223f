#include "viewer/commands.h"

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
    [WEFT_GROUP_VIEW] = "View",
    [WEFT_GROUP_TIME] = "Time",
    [WEFT_GROUP_PICK] = "Select",
    [WEFT_GROUP_MOUSE] = "Mouse",
};

enum weft_command_id weft_command_of(const struct weft_input *input)
{
    uint32_t ch = input->ch;

    if (ch >= 'A' && ch <= 'Z') {
        ch += 'a' - 'A';
    }
    for (size_t i = 0; i < weft_binding_count; i++) {
        const struct weft_binding *binding = &weft_bindings[i];
        /* Shift only chooses what a key writes, and that is in ch. */
        if (binding->key == input->key && (input->mods & WEFT_MOD_CTRL) == binding->mods &&
            (input->mods & WEFT_MOD_ALT) == 0 &&
            (binding->key != WEFT_KEY_CHAR || binding->ch == ch)) {
            return binding->command;
        }
    }
    return WEFT_COMMAND_COUNT;
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
