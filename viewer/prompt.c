#include "viewer/prompt.h"

#include "base/tongue.h"
#include "viewer/search.h"

#include <string.h>

void weft_prompt_open(struct weft_prompt *prompt, enum weft_prompt_kind kind, const char *text)
{
    *prompt = (struct weft_prompt){.kind = kind};
    prompt->len = strnlen(text, sizeof prompt->text - 1);
    memcpy(prompt->text, text, prompt->len);
    prompt->caret = prompt->len;
}

/* UTF-8 of a character; 0: it is none. */
static size_t encode(uint32_t ch, char *out)
{
    if (ch < ' ' || ch == 0x7f || ch > 0x10ffff || (ch >= 0xd800 && ch < 0xe000)) {
        return 0;
    }
    if (ch < 0x80) {
        out[0] = (char)ch;
        return 1;
    }
    const size_t len = ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (ch & 0x3f));
        ch >>= 6;
    }
    out[0] = (char)((len == 2 ? 0xc0 : len == 3 ? 0xe0 : 0xf0) | ch);
    return len;
}

void weft_prompt_write(struct weft_prompt *prompt, uint32_t ch)
{
    char bytes[4];
    const size_t len = encode(ch, bytes);

    if (len == 0 || prompt->len + len >= sizeof prompt->text) {
        return;
    }
    memmove(prompt->text + prompt->caret + len, prompt->text + prompt->caret,
            prompt->len - prompt->caret + 1);
    memcpy(prompt->text + prompt->caret, bytes, len);
    prompt->len += len;
    prompt->caret += len;
    prompt->chosen = 0;
    prompt->complaint[0] = '\0';
}

static size_t before(const struct weft_prompt *prompt, size_t at)
{
    while (at > 0 && ((unsigned char)prompt->text[--at] & 0xc0) == 0x80) {
    }
    return at;
}

static size_t behind(const struct weft_prompt *prompt, size_t at)
{
    if (at < prompt->len) {
        at++;
    }
    while (at < prompt->len && ((unsigned char)prompt->text[at] & 0xc0) == 0x80) {
        at++;
    }
    return at;
}

static void cut(struct weft_prompt *prompt, size_t from, size_t to)
{
    memmove(prompt->text + from, prompt->text + to, prompt->len - to + 1);
    prompt->len -= to - from;
    prompt->caret = from;
    prompt->chosen = 0;
    prompt->complaint[0] = '\0';
}

bool weft_prompt_edit(struct weft_prompt *prompt, enum weft_key key)
{
    switch (key) {
    case WEFT_KEY_LEFT:
        prompt->caret = before(prompt, prompt->caret);
        return true;
    case WEFT_KEY_RIGHT:
        prompt->caret = behind(prompt, prompt->caret);
        return true;
    case WEFT_KEY_HOME:
        prompt->caret = 0;
        return true;
    case WEFT_KEY_END:
        prompt->caret = prompt->len;
        return true;
    case WEFT_KEY_BACKSPACE:
        cut(prompt, before(prompt, prompt->caret), prompt->caret);
        return true;
    case WEFT_KEY_DELETE:
        cut(prompt, prompt->caret, behind(prompt, prompt->caret));
        return true;
    case WEFT_KEY_UP:
        prompt->chosen -= prompt->chosen > 0;
        return true;
    case WEFT_KEY_DOWN:
        prompt->chosen++; /* kept inside the list where that is known */
        return true;
    default:
        return false;
    }
}

static bool has_all_words(const struct weft_command *command, const char *text)
{
    char word[WEFT_PROMPT_BYTES];

    while (*text != '\0') {
        const size_t len = strcspn(text, " ");
        memcpy(word, text, len);
        word[len] = '\0';
        if (len > 0 && !weft_search_has(command->name, word) &&
            !weft_search_has(command->help, word) && !weft_search_has(_(command->help), word)) {
            return false;
        }
        text += len;
        text += *text == ' ';
    }
    return true;
}

uint32_t weft_prompt_commands(const char *text, enum weft_command_id *out, uint32_t room)
{
    uint32_t count = 0;

    for (int i = 0; i < WEFT_COMMAND_COUNT && count < room; i++) {
        if (has_all_words(&weft_commands[i], text)) {
            out[count++] = (enum weft_command_id)i;
        }
    }
    return count;
}
