/*
 * The fast paths: one pass over a flat object without blanks, eight bytes at a time inside
 * strings.  The '\n' that ends the line is a control character, so every loop stops at it and
 * none needs to compare with an end.  Tried and dropped: finding the line's end with memchr first
 * (a second pass over the bytes).
 */
#include "traces/read/line.h"

#include "base/utf8.h"

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/*
 * The high bit of each byte that ends a run of plain characters: '"', '\', a control character or
 * one that is not ASCII.  Bytes above the lowest true one may be wrong (a borrow runs upward),
 * which does not matter to who takes the lowest.
 */
static uint64_t not_plain(uint64_t word)
{
    const uint64_t quote = word ^ EACH_BYTE * '"';
    const uint64_t slash = word ^ EACH_BYTE * '\\';

    return ((quote - EACH_BYTE) | (slash - EACH_BYTE) | (word - EACH_BYTE * 0x20) | word) &
           HIGH_BITS;
}

/* The first byte at or after `at` that is not plain. */
static inline const char *plain_end(const char *at)
{
    uint64_t stops;

    while ((stops = not_plain(weft_word_load(at))) == 0) {
        at += 8;
    }
    return at + __builtin_ctzll(stops) / 8;
}

/* The same behind whole UTF-8 characters, one of which may stand at `at`. */
static const char *string_end_behind(const char *at)
{
    for (;;) {
        /* Four bytes at most, and the '\n' ends a character that is cut. */
        const size_t width = weft_utf8_width(at, 4);
        if (width == 0) {
            return at;
        }
        at = plain_end(at + width);
        if ((unsigned char)*at < 0x80) {
            return at;
        }
    }
}

/* Where the string that starts at `at` has its end or something that is not plain. */
static inline const char *string_end(const char *at)
{
    const char *end = plain_end(at);

    return (unsigned char)*end < 0x80 ? end : string_end_behind(end);
}

/*
 * The key at `name`, or -1; *end is where it ends.  Keys of less than 8 bytes, which most are,
 * are found with the one word that their end is looked for in.
 */
static inline int32_t key_at(const struct weft_vocabulary *words, const char *name,
                             const char **end)
{
    const uint64_t word = weft_word_load(name);
    const uint64_t stops = not_plain(word);

    if (stops != 0) {
        /* The lowest bit that is set belongs to the byte behind the key. */
        const uint64_t below = (stops & -stops) - 1;
        const struct weft_name key = {.head = word & (below >> 7),
                                      .len = (uint32_t)__builtin_ctzll(stops) / 8};
        *end = name + key.len;
        return weft_names_find_name(&words->keys, &key);
    }
    *end = string_end(name);
    return weft_names_find(&words->keys, name, (size_t)(*end - name));
}

/*
 * The value of `count` (1 to 8) digits, which are the low bytes of `digits`, '0' taken off each.
 * Without a loop: how many digits a number has is what branches guess worst in this format.
 *     bytes of one digit → 16 bits of two → 32 bits of four → eight
 */
static uint64_t eight_digits(uint64_t digits, unsigned count)
{
    digits <<= 64 - 8 * count; /* zeros in front */
    digits = digits * 10 + (digits >> 8);
    return (((digits & UINT64_C(0x000000ff000000ff)) * (100 + (UINT64_C(1000000) << 32))) +
            (((digits >> 16) & UINT64_C(0x000000ff000000ff)) * (1 + (UINT64_C(10000) << 32)))) >>
           32;
}

static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* How many of the 8 bytes at `at` are digits, up to the first that is none; their values. */
static inline unsigned digits_at(const char *at, uint64_t *digits)
{
    *digits = weft_word_load(at) ^ EACH_BYTE * '0';
    /* As in not_plain: bytes above the lowest that is no digit may be wrong. */
    const uint64_t stops = ((*digits + EACH_BYTE * (0x80 - 10)) | *digits) & HIGH_BITS;
    return stops == 0 ? 8 : (unsigned)__builtin_ctzll(stops) / 8;
}

/* A decimal integer of up to 18 digits (those of 19 may not fit); NULL for anything else. */
static const char *integer_end(const char *at, int64_t *value)
{
    const bool negative = *at == '-';
    const char *first = at + negative;
    uint64_t digits;
    unsigned count = digits_at(first, &digits);

    if (count == 0 || ((digits & 0xff) == 0 && count > 1)) {
        return NULL;
    }
    uint64_t number = eight_digits(digits, count);
    at = first + count;
    while (count == 8 && at - first <= 16) {
        count = digits_at(at, &digits);
        if (count > 0) {
            number = number * powers[count] + eight_digits(digits, count);
            at += count;
        }
    }
    if (at - first > 18) {
        return NULL;
    }
    *value = negative ? -(int64_t)number : (int64_t)number;
    return at;
}

/* A list of one integer or more from 1, without blanks; NULL for anything else. */
static const char *list_end(const char *at)
{
    do {
        at++; /* the bracket or a comma */
        if (*at < '1' || *at > '9') {
            return NULL;
        }
        const char *first = at;
        while (*at >= '0' && *at <= '9') {
            at++;
        }
        if (at - first > 18) {
            return NULL;
        }
    } while (*at == ',');
    return *at == ']' ? at + 1 : NULL;
}

bool weft_line_scan(const struct weft_vocabulary *words, const char *line,
                    struct weft_fields *fields, const char **end)
{
    const char *at = line;
    uint64_t present = 0;

    if (*at != '{') {
        return false;
    }
    do {
        if (at[1] != '"') {
            return false;
        }
        const char *name = at + 2;
        const int key = key_at(words, name, &at);
        if (at[0] != '"' || at[1] != ':') {
            return false;
        }
        struct weft_value value;
        at += 2;
        if (*at == '"') {
            const char *text = at + 1;
            at = string_end(text);
            if (*at != '"') {
                return false;
            }
            value.type = WEFT_VALUE_TEXT;
            value.text = (struct weft_slice){text, (size_t)(at - text)};
            at++;
        } else if (*at == '[' && key == WEFT_KEY_STACK) {
            const char *list = at;
            at = list_end(list);
            if (at == NULL) {
                return false;
            }
            value.type = WEFT_VALUE_LIST;
            value.text = (struct weft_slice){list, (size_t)(at - list)};
        } else {
            value.type = WEFT_VALUE_INTEGER;
            at = integer_end(at, &value.integer);
            if (at == NULL) {
                return false;
            }
        }
        if (key >= 0) {
            const uint64_t bit = UINT64_C(1) << key;
            if ((present & bit) != 0) {
                return false;
            }
            present |= bit;
            fields->at[key] = value;
        }
    } while (*at == ',');
    if (at[0] != '}' || at[1] != '\n') {
        return false;
    }
    fields->present = present;
    fields->padded = true;
    *end = at + 1;
    return true;
}

/* Events as recorders write them ────────────────────────────────────────────────────────────── */

static uint64_t word_of(const char *eight)
{
    return weft_word_load(eight);
}

/*
 * Does `literal` stand at `at`?  A literal of 8 bytes and more is compared as words, of which the
 * last one may overlap; its first word has no '\n', so the others can be read when it was found.
 */
static inline bool starts(const char *at, const char *literal, size_t len)
{
    if (len < 8) {
        return memcmp(at, literal, len) == 0;
    }
    return word_of(at) == word_of(literal) && word_of(at + len - 8) == word_of(literal + len - 8);
}

#define STARTS(at, literal) starts((at), literal, sizeof(literal) - 1)

/* A number from 1 to WEFT_ID_MAX, of mostly less than 8 digits; NULL for anything else. */
static inline const char *id_end(const char *at, uint32_t *id)
{
    uint64_t digits;
    const unsigned count = digits_at(at, &digits);

    if (count > 0 && count < 8) {
        *id = (uint32_t)eight_digits(digits, count);
        return (digits & 0xff) != 0 ? at + count : NULL; /* what begins with 0 is none */
    }
    int64_t value = 0;
    at = integer_end(at, &value);
    *id = (uint32_t)value;
    return at != NULL && value >= 1 && value <= WEFT_ID_MAX ? at : NULL;
}

/* A time from 0, of mostly 9 to 15 digits; NULL for anything else. */
static inline const char *time_end(const char *at, uint64_t *t_ns)
{
    uint64_t high, low;
    const bool long_enough = digits_at(at, &high) == 8;
    const unsigned count = long_enough ? digits_at(at + 8, &low) : 0;

    if (count > 0 && count < 8) {
        *t_ns = eight_digits(high, 8) * powers[count] + eight_digits(low, count);
        return (high & 0xff) != 0 ? at + 8 + count : NULL;
    }
    int64_t value = 0;
    at = integer_end(at, &value);
    *t_ns = (uint64_t)value;
    return at != NULL && value >= 0 ? at : NULL;
}

/* The text that starts at `at`, behind its quote; NULL when it is not plain. */
static inline const char *text_end(const char *at, struct weft_slice *text)
{
    const char *end = string_end(at);

    *text = (struct weft_slice){at, (size_t)(end - at)};
    return *end == '"' ? end + 1 : NULL;
}

/* The value of an argument, if it is as its type demands; NULL for anything else. */
static const char *argument_end(const struct weft_vocabulary *words, enum weft_arg arg,
                                const char *at, int64_t *value)
{
    struct weft_slice name;

    if (weft_args[arg].type == WEFT_ARG_TYPE_QUESTION) {
        at = *at == '"' ? text_end(at + 1, &name) : NULL;
        *value = at != NULL ? weft_names_find(&words->questions, name.at, name.len) : -1;
        return *value >= 0 ? at : NULL;
    }
    at = integer_end(at, value);
    switch ((enum weft_arg_type)weft_args[arg].type) {
    case WEFT_ARG_TYPE_NS:
        return at != NULL && *value >= 0 ? at : NULL;
    case WEFT_ARG_TYPE_BOOL:
        return at != NULL && *value >= 0 && *value <= 1 ? at : NULL;
    case WEFT_ARG_TYPE_OBJECT:
        return at != NULL && *value >= 1 && *value <= WEFT_ID_MAX ? at : NULL;
    default:
        return at;
    }
}

/* What an event is about as its line says it; which of them counts, its kind says. */
struct about {
    uint32_t object, target; /* 0: not said */
};

/* The value of a key that is not among the first three; NULL when it is not plain. */
static const char *member_end(const struct weft_vocabulary *words, int key, const char *at,
                              struct weft_item_event *event, struct about *about)
{
    const struct weft_event_info *info = &weft_events[event->kind];
    struct weft_slice text;

    switch (key) {
    case WEFT_KEY_OBJECT:
        return id_end(at, &about->object);
    case WEFT_KEY_TARGET:
        return id_end(at, &about->target);
    case WEFT_KEY_SITE:
        return id_end(at, &event->site);
    case WEFT_KEY_STACK:
        event->stack.at = at;
        at = *at == '[' ? list_end(at) : NULL;
        event->stack.len = at != NULL ? (size_t)(at - event->stack.at) : 0;
        return weft_line_sites(event->stack, NULL) > 0 ? at : NULL;
    case WEFT_KEY_OUTCOME:
        at = *at == '"' ? text_end(at + 1, &text) : NULL;
        const int outcome = at != NULL ? weft_names_find(&words->outcomes, text.at, text.len) : -1;
        event->outcome = outcome >= 0 ? (enum weft_outcome)outcome : WEFT_OUT_OK;
        return outcome >= 0 ? at : NULL;
    default:
        break;
    }
    if (info->first != WEFT_ARG_NONE && key == WEFT_KEY_ARGS + info->first) {
        event->has_first = true;
        return argument_end(words, (enum weft_arg)info->first, at, &event->first);
    }
    if (info->second != WEFT_ARG_NONE && key == WEFT_KEY_ARGS + info->second) {
        event->has_second = true;
        return argument_end(words, (enum weft_arg)info->second, at, &event->second);
    }
    if (info->text != WEFT_TEXT_NONE && key == WEFT_KEY_TEXTS + info->text) {
        event->has_text = true;
        return *at == '"' ? text_end(at + 1, &event->text) : NULL;
    }
    return NULL; /* a key that this event does not have is for who knows all of them */
}

/* As subject() of line.c decides it; false: what it needs is not there. */
static inline bool choose_subject(struct weft_item_event *event, const struct about *about)
{
    const struct weft_event_info *info = &weft_events[event->kind];
    bool about_thread = info->family == WEFT_FAMILY_THREAD;

    if (info->family == WEFT_FAMILY_NONE) {
        return true;
    }
    if (info->family == WEFT_FAMILY_ANY) {
        about_thread = event->has_first && event->first == WEFT_ASK_IS_ALIVE &&
                       info->first == WEFT_ARG_QUESTION;
    }
    event->object = about_thread ? about->target : about->object;
    return event->object != 0 || info->family == WEFT_FAMILY_ANY;
}

/* `{"t":1,"thread":2,"event":"mark"`: what each begins with; NULL when this one does not. */
static inline const char *head_end(const struct weft_vocabulary *words, const char *at,
                                   struct weft_item_event *event)
{
    struct weft_slice name;

    if (!STARTS(at, "{\"t\":") || (at = time_end(at + 5, &event->t_ns)) == NULL ||
        !STARTS(at, ",\"thread\":") || (at = id_end(at + 10, &event->thread)) == NULL ||
        !STARTS(at, ",\"event\":\"") || (at = text_end(at + 10, &name)) == NULL) {
        return NULL;
    }
    const int kind = weft_names_find(&words->events, name.at, name.len);
    if (kind < 0) {
        return NULL;
    }
    event->kind = (enum weft_event_kind)kind;
    return at;
}

bool weft_line_event(const struct weft_vocabulary *words, const char *line,
                     struct weft_item_event *event, const char **end)
{
    struct about about = {0, 0};
    uint64_t present = 0;

    *event = (struct weft_item_event){.text = {"", 0}};
    const char *at = head_end(words, line, event);
    if (at == NULL) {
        return false;
    }
    while (*at == ',') {
        int key;
        if (STARTS(at, ",\"object\":")) {
            key = WEFT_KEY_OBJECT;
            at += 10;
        } else if (STARTS(at, ",\"site\":")) {
            key = WEFT_KEY_SITE;
            at += 8;
        } else {
            key = at[1] == '"' ? key_at(words, at + 2, &at) : -1;
            if (key < 0 || at[0] != '"' || at[1] != ':') {
                return false;
            }
            at += 2;
        }
        const uint64_t bit = UINT64_C(1) << key;
        at = (present & bit) == 0 ? member_end(words, key, at, event, &about) : NULL;
        if (at == NULL) {
            return false;
        }
        present |= bit;
    }
    if (at[0] != '}' || at[1] != '\n' || !choose_subject(event, &about)) {
        return false;
    }
    *end = at + 1;
    return true;
}
