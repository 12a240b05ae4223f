#include "viewer/sdl/input.h"

static bool is_level_key(SDL_Keycode key)
{
    return key == SDLK_LSHIFT || key == SDLK_RSHIFT || key == SDLK_RALT || key == SDLK_MODE;
}

/* SDL has one keyboard, and so has this. */
static struct {
    bool writing; /* into a field: text input stays on */
} watched;

/* Runs while SDL takes events in, so text input is on before the next key is looked at. */
static int watch(void *ctx, SDL_Event *event)
{
    (void)ctx;
    if (event->type == SDL_KEYDOWN && is_level_key(event->key.keysym.sym)) {
        SDL_StartTextInput();
    } else if (!watched.writing && event->type == SDL_KEYUP &&
               is_level_key(event->key.keysym.sym) &&
               (event->key.keysym.mod & (KMOD_SHIFT | KMOD_RALT | KMOD_MODE)) == 0) {
        SDL_StopTextInput();
    }
    return 0;
}

void weft_input_init(struct weft_input_state *state, float scale)
{
    *state = (struct weft_input_state){.scale = scale};
    watched.writing = false;
    SDL_StopTextInput();
    SDL_AddEventWatch(watch, NULL);
}

void weft_input_done(struct weft_input_state *state)
{
    (void)state;
    SDL_DelEventWatch(watch, NULL);
}

static const struct {
    SDL_Scancode code;
    enum weft_key key;
    bool repeats;
} keys[] = {
    {SDL_SCANCODE_W, WEFT_KEY_W, true},
    {SDL_SCANCODE_A, WEFT_KEY_A, true},
    {SDL_SCANCODE_S, WEFT_KEY_S, true},
    {SDL_SCANCODE_D, WEFT_KEY_D, true},
    {SDL_SCANCODE_LEFT, WEFT_KEY_LEFT, true},
    {SDL_SCANCODE_RIGHT, WEFT_KEY_RIGHT, true},
    {SDL_SCANCODE_UP, WEFT_KEY_UP, true},
    {SDL_SCANCODE_DOWN, WEFT_KEY_DOWN, true},
    {SDL_SCANCODE_HOME, WEFT_KEY_HOME, false},
    {SDL_SCANCODE_END, WEFT_KEY_END, false},
    {SDL_SCANCODE_PAGEUP, WEFT_KEY_PAGE_UP, true},
    {SDL_SCANCODE_PAGEDOWN, WEFT_KEY_PAGE_DOWN, true},
    {SDL_SCANCODE_SPACE, WEFT_KEY_SPACE, false},
    {SDL_SCANCODE_RETURN, WEFT_KEY_ENTER, false},
    {SDL_SCANCODE_KP_ENTER, WEFT_KEY_ENTER, false},
    {SDL_SCANCODE_ESCAPE, WEFT_KEY_ESC, false},
    {SDL_SCANCODE_TAB, WEFT_KEY_TAB, false},
    {SDL_SCANCODE_F1, WEFT_KEY_F1, false},
    {SDL_SCANCODE_F5, WEFT_KEY_F5, false},
    {SDL_SCANCODE_F11, WEFT_KEY_F11, false},
    {SDL_SCANCODE_F12, WEFT_KEY_F12, false},
    {SDL_SCANCODE_BACKSPACE, WEFT_KEY_BACKSPACE, true},
    {SDL_SCANCODE_DELETE, WEFT_KEY_DELETE, true},
};

/* Characters that one goes on pressing. */
static bool char_repeats(uint32_t ch)
{
    return ch == '+' || ch == '=' || ch == '-' || ch == '.' || ch == ',' || ch == '[' || ch == ']';
}

/* The keypad writes too, but SDL's symbols for it are no characters. */
static uint32_t keypad_char(SDL_Keycode sym)
{
    switch (sym) {
    case SDLK_KP_PLUS:
        return '+';
    case SDLK_KP_MINUS:
        return '-';
    case SDLK_KP_DIVIDE:
        return '/';
    case SDLK_KP_PERIOD:
        return '.';
    case SDLK_KP_0:
        return '0';
    default:
        return 0;
    }
}

static uint32_t char_of(SDL_Keycode sym)
{
    return sym > ' ' && sym != SDLK_DELETE && (sym & SDLK_SCANCODE_MASK) == 0 ? (uint32_t)sym
                                                                              : keypad_char(sym);
}

static uint32_t mods_of(Uint16 mod)
{
    return ((mod & KMOD_SHIFT) != 0 ? WEFT_MOD_SHIFT : 0u) |
           ((mod & KMOD_CTRL) != 0 ? WEFT_MOD_CTRL : 0u) |
           ((mod & KMOD_LALT) != 0 ? WEFT_MOD_ALT : 0u);
}

static struct weft_input input_now(const struct weft_input_state *state, enum weft_input_kind kind)
{
    return (struct weft_input){.kind = kind, .mods = state->mods, .x = state->x, .y = state->y};
}

/* Text input is on while a field takes text. */
static void follow_field(const struct weft_app *app)
{
    const bool wanted = weft_app_wants_text(app);

    if (wanted && !watched.writing) {
        SDL_StartTextInput();
    } else if (!wanted && watched.writing && (SDL_GetModState() & (KMOD_SHIFT | KMOD_RALT)) == 0) {
        SDL_StopTextInput();
    }
    watched.writing = wanted;
}

static void give(struct weft_input_state *state, const struct weft_input *input,
                 struct weft_app *app)
{
    weft_input_flush(state, app);
    weft_app_input(app, input);
}

static void key_event(struct weft_input_state *state, const SDL_KeyboardEvent *event,
                      struct weft_app *app)
{
    const bool down = event->type == SDL_KEYDOWN;
    struct weft_input input;
    bool repeats = false;

    /* Turns of the wheel before this belong to the modifiers of then. */
    weft_input_flush(state, app);
    state->mods = mods_of(event->keysym.mod);
    input = input_now(state, down ? WEFT_INPUT_KEY_DOWN : WEFT_INPUT_KEY_UP);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].code == event->keysym.scancode) {
            input.key = keys[i].key;
            repeats = keys[i].repeats;
        }
    }
    state->repeating = down && event->repeat != 0;
    /* Into a field letters are written, by text input; with Ctrl or Alt they are none. */
    const bool letter = input.key == WEFT_KEY_W || input.key == WEFT_KEY_A ||
                        input.key == WEFT_KEY_S || input.key == WEFT_KEY_D ||
                        input.key == WEFT_KEY_SPACE;
    if (watched.writing && (input.key == WEFT_KEY_NONE || letter) &&
        (input.mods & (WEFT_MOD_CTRL | WEFT_MOD_ALT)) == 0) {
        return;
    }
    if (input.key == WEFT_KEY_NONE) {
        const bool command = (input.mods & (WEFT_MOD_CTRL | WEFT_MOD_ALT)) != 0;
        input.ch = command || !SDL_IsTextInputActive() ? char_of(event->keysym.sym) : 0;
        input.key = input.ch != 0 ? WEFT_KEY_CHAR : WEFT_KEY_NONE;
        repeats = char_repeats(input.ch);
    }
    if (input.key == WEFT_KEY_CHAR && !down) {
        return; /* what a key writes is known when it goes down only */
    }
    if (input.key != WEFT_KEY_NONE && (repeats || event->repeat == 0)) {
        weft_app_input(app, &input);
        follow_field(app);
    }
}

/* Only what no row of `keys` has spoken for: Shift+W is a physical key, too. */
static bool is_physical(uint32_t ch)
{
    const SDL_Scancode code =
        SDL_GetScancodeFromKey((SDL_Keycode)(ch >= 'A' && ch <= 'Z' ? ch + 32 : ch));

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].code == code) {
            return true;
        }
    }
    return false;
}

/* One character of UTF-8; *text goes behind it. */
static uint32_t next_char(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    const int more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc0 ? 1 : 0;
    uint32_t ch = more == 0 ? *at : *at & (0x3fu >> more);

    at++;
    for (int i = 0; i < more && (*at & 0xc0) == 0x80; i++) {
        ch = ch << 6 | (*at++ & 0x3fu);
    }
    *text = (const char *)at;
    return ch;
}

static void write_text(struct weft_input_state *state, const char *text, struct weft_app *app)
{
    while (*text != '\0') {
        struct weft_input input = input_now(state, WEFT_INPUT_TEXT);
        input.ch = next_char(&text);
        give(state, &input, app);
    }
}

static void text_event(struct weft_input_state *state, const char *text, struct weft_app *app)
{
    if (watched.writing) {
        write_text(state, text, app);
        return;
    }
    if ((state->mods & (WEFT_MOD_CTRL | WEFT_MOD_ALT)) != 0) {
        return; /* the key itself was the command */
    }
    for (const char *at = text; *at != '\0'; at++) {
        const uint32_t ch = (unsigned char)*at;
        if (ch <= ' ' || ch >= 0x7f || is_physical(ch) || (state->repeating && !char_repeats(ch))) {
            continue; /* every command's character is ASCII */
        }
        struct weft_input input = input_now(state, WEFT_INPUT_KEY_DOWN);
        input.key = WEFT_KEY_CHAR;
        input.ch = ch;
        give(state, &input, app);
        follow_field(app);
    }
}

static void move_to(struct weft_input_state *state, int x, int y)
{
    state->x = (float)x / state->scale;
    state->y = (float)y / state->scale;
}

static void button_event(struct weft_input_state *state, const SDL_MouseButtonEvent *event,
                         struct weft_app *app)
{
    const bool down = event->type == SDL_MOUSEBUTTONDOWN;
    struct weft_input input;

    if (event->button < 1 || event->button > 3) {
        return;
    }
    move_to(state, event->x, event->y);
    state->buttons =
        down ? state->buttons | 1u << event->button : state->buttons & ~(1u << event->button);
    input = input_now(state, down ? WEFT_INPUT_MOUSE_DOWN : WEFT_INPUT_MOUSE_UP);
    input.button = event->button;
    input.clicks = event->clicks;
    give(state, &input, app);
    follow_field(app);
}

/* Lets an input wait; one that waits and is of the same kind grows instead. */
static void wait_with(struct weft_input_state *state, const struct weft_input *input,
                      struct weft_app *app)
{
    struct weft_input *waiting = &state->waiting;

    if (!state->has_waiting || waiting->kind != input->kind || waiting->mods != input->mods) {
        weft_input_flush(state, app);
        *waiting = *input;
    } else {
        waiting->x = input->x;
        waiting->y = input->y;
        waiting->wheel_x += input->wheel_x;
        waiting->wheel_y += input->wheel_y;
    }
    state->has_waiting = true;
}

void weft_input_flush(struct weft_input_state *state, struct weft_app *app)
{
    if (state->has_waiting) {
        state->has_waiting = false;
        weft_app_input(app, &state->waiting);
    }
}

void weft_input_event(struct weft_input_state *state, const SDL_Event *event, struct weft_app *app)
{
    struct weft_input input;

    switch (event->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        key_event(state, &event->key, app);
        break;
    case SDL_TEXTINPUT:
        text_event(state, event->text.text, app);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        button_event(state, &event->button, app);
        break;
    case SDL_MOUSEMOTION:
        move_to(state, event->motion.x, event->motion.y);
        input = input_now(state, WEFT_INPUT_MOUSE_MOVE);
        wait_with(state, &input, app);
        break;
    case SDL_MOUSEWHEEL:
        input = input_now(state, WEFT_INPUT_WHEEL);
        input.wheel_x = event->wheel.preciseX;
        input.wheel_y = event->wheel.preciseY;
        wait_with(state, &input, app);
        break;
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_LEAVE && state->buttons == 0) {
            input = input_now(state, WEFT_INPUT_MOUSE_LEAVE);
            give(state, &input, app);
        }
        break;
    default:
        break;
    }
}
