/* The commands of commands.def, as tables.  Threads: any, all of it is const. */
#ifndef WEFT_VIEWER_COMMANDS_H
#define WEFT_VIEWER_COMMANDS_H

#include "viewer/app.h"
#include "viewer/view.h"

#include <stddef.h>

enum weft_command_id {
#define WEFT_COMMAND(id, ...) WEFT_COMMAND_##id,
#include "viewer/commands.def"
    WEFT_COMMAND_COUNT
};

enum weft_command_group {
    WEFT_GROUP_VIEW,
    WEFT_GROUP_TIME,
    WEFT_GROUP_PICK,
    WEFT_GROUP_LANES,
    WEFT_GROUP_FIND,
    WEFT_GROUP_WINDOW,
    WEFT_GROUP_MOUSE,
    WEFT_GROUP_COUNT
};

struct weft_command {
    const char *name;
    enum weft_command_group group;
    const char *help;
};

struct weft_binding {
    enum weft_command_id command;
    enum weft_key key;
    uint32_t ch;
    uint32_t mods;
    const char *cap;
};

struct weft_gesture {
    enum weft_command_group group;
    const char *cap;
    const char *help;
};

extern const struct weft_command weft_commands[WEFT_COMMAND_COUNT];
extern const struct weft_binding weft_bindings[];
extern const size_t weft_binding_count;
extern const struct weft_gesture weft_gestures[];
extern const size_t weft_gesture_count;
extern const char *const weft_command_groups[WEFT_GROUP_COUNT];

/* The commands that show the tabs, by enum weft_tab. */
extern const enum weft_command_id weft_tab_commands[WEFT_TAB_COUNT];

/* The command of a key press, WEFT_COMMAND_COUNT when there is none. */
enum weft_command_id weft_command_of(const struct weft_input *input);

/* The first key cap of a command. */
const char *weft_command_cap(enum weft_command_id command);

#endif
