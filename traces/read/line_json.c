/*
 * The slow path.  cJSON makes the tree and undoes the escapes, but it is lax (it takes 01, bad
 * UTF-8, raw control characters and trailing bytes) and its numbers are doubles.  So the line is
 * first held against the grammar here, and integers are read from their own text.
 */
#include "traces/read/line.h"

#include "base/utf8.h"

#include <cjson/cJSON.h>

struct cursor {
    const char *line;
    const char *at;
    const char *end;
    struct weft_error *error;
};

/* Always false, so that a check can return it. */
static bool fail(const struct cursor *c, const char *what)
{
    (void)weft_error_set(c->error, WEFT_ERR_FORMAT, "byte %zu: %s", (size_t)(c->at - c->line) + 1,
                         what);
    return false;
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r')) {
        c->at++;
    }
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted) {
        return false;
    }
    c->at++;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after \u, or -1. */
static int hex_unit(const struct cursor *c, const char *at)
{
    int unit = 0;

    if (c->end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool check_unicode_escape(struct cursor *c)
{
    const int unit = hex_unit(c, c->at + 2);

    if (unit < 0) {
        return fail(c, "a bad escape (expected \\u and four hexadecimal digits)");
    }
    if (unit == 0) {
        return fail(c, "\\u0000 in a string (expected text without NUL)");
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
        const bool pair = unit < 0xdc00 && c->end - c->at >= 12 && c->at[6] == '\\' &&
                          c->at[7] == 'u' && (hex_unit(c, c->at + 8) & ~0x3ff) == 0xdc00;
        if (!pair) {
            return fail(c, "half a surrogate pair (expected both halves)");
        }
        c->at += 6;
    }
    c->at += 6;
    return true;
}

/* At the opening quote; ends behind the closing one. */
static bool check_string(struct cursor *c)
{
    c->at++;
    while (c->at < c->end) {
        const unsigned char byte = (unsigned char)*c->at;
        if (byte == '"') {
            c->at++;
            return true;
        }
        if (byte < 0x20) {
            return fail(c, "a control character in a string (expected an escape)");
        }
        if (byte != '\\') {
            const size_t width = weft_utf8_width(c->at, (size_t)(c->end - c->at));
            if (width == 0) {
                return fail(c, "a byte that is not UTF-8");
            }
            c->at += width;
        } else if (c->end - c->at >= 2 && c->at[1] == 'u') {
            if (!check_unicode_escape(c)) {
                return false;
            }
        } else if (c->end - c->at >= 2 && c->at[1] != '\0' &&
                   strchr("\"\\/bfnrt", c->at[1]) != NULL) {
            c->at += 2;
        } else {
            return fail(c, "a bad escape");
        }
    }
    return fail(c, "the line ends inside a string");
}

static size_t skip_digits(struct cursor *c)
{
    const char *from = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        c->at++;
    }
    return (size_t)(c->at - from);
}

/* What is wrong with the number at the cursor, which is moved behind it; NULL when it is one. */
static const char *number_fault(struct cursor *c)
{
    const char *from = c->at;

    (void)take(c, '-');
    const bool zero = c->at < c->end && *c->at == '0';
    const size_t digits = skip_digits(c);
    if (digits == 0) {
        return "a number without digits";
    }
    if (zero && digits > 1) {
        return "a number that starts with 0";
    }
    if (take(c, '.') && skip_digits(c) == 0) {
        return "a fraction without digits";
    }
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+')) {
            (void)take(c, '-');
        }
        if (skip_digits(c) == 0) {
            return "an exponent without digits";
        }
    }
    return c->at - from > WEFT_NUMBER_MAX_BYTES ? "a number of more than 60 characters" : NULL;
}

static bool check_number(struct cursor *c)
{
    const char *from = c->at;
    const char *fault = number_fault(c);

    if (fault == NULL) {
        return true;
    }
    c->at = from;
    return fail(c, fault);
}

static bool check_word(struct cursor *c)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t len = strlen(words[i]);
        if ((size_t)(c->end - c->at) >= len && memcmp(c->at, words[i], len) == 0) {
            c->at += len;
            return true;
        }
    }
    return c->at == c->end ? fail(c, "the line ends too early")
                           : fail(c, "no JSON (expected a value)");
}

static bool check_value(struct cursor *c, unsigned depth);

/* The key of a member and its colon, blanks included. */
static bool check_key(struct cursor *c)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != '"') {
        return c->at == c->end ? fail(c, "the line ends too early")
                               : fail(c, "no JSON (expected a key)");
    }
    if (!check_string(c)) {
        return false;
    }
    skip_blanks(c);
    if (!take(c, ':')) {
        return fail(c, "no colon after a key");
    }
    skip_blanks(c);
    return true;
}

/* An object or an array, at its opening bracket. */
static bool check_nested(struct cursor *c, unsigned depth)
{
    const bool object = *c->at == '{';
    const char close = object ? '}' : ']';

    if (depth == WEFT_LINE_DEPTH_MAX) {
        return fail(c, "too many brackets inside each other (expected at most 64)");
    }
    c->at++;
    skip_blanks(c);
    if (take(c, close)) {
        return true;
    }
    do {
        if (object && !check_key(c)) {
            return false;
        }
        skip_blanks(c);
        if (!check_value(c, depth + 1)) {
            return false;
        }
        skip_blanks(c);
    } while (take(c, ','));
    if (!take(c, close)) {
        return c->at == c->end ? fail(c, "the line ends too early")
                               : fail(c, "no JSON (expected a comma or a closing bracket)");
    }
    return true;
}

static bool check_value(struct cursor *c, unsigned depth)
{
    const char first = c->at < c->end ? *c->at : '\0';

    if (first == '"') {
        return check_string(c);
    }
    if (first == '{' || first == '[') {
        return check_nested(c, depth);
    }
    return first == '-' || (first >= '0' && first <= '9') ? check_number(c) : check_word(c);
}

enum weft_status weft_line_check(const char *line, size_t len, struct weft_error *error)
{
    struct cursor c = {line, line, line + len, error};

    skip_blanks(&c);
    if (c.at == c.end) {
        return weft_error_set(error, WEFT_ERR_FORMAT, "an empty line (expected a JSON object)");
    }
    if (*c.at != '{') {
        (void)fail(&c, "no JSON object (expected '{')");
        return WEFT_ERR_FORMAT;
    }
    if (!check_nested(&c, 0)) {
        return WEFT_ERR_FORMAT;
    }
    skip_blanks(&c);
    if (c.at != c.end) {
        (void)fail(&c, "something after the object (expected the end of the line)");
        return WEFT_ERR_FORMAT;
    }
    return WEFT_OK;
}

bool weft_line_integer(const char *text, size_t len, int64_t *value)
{
    const bool negative = len > 0 && text[0] == '-';
    int64_t number = 0;

    /* Downward: the most negative number has no positive twin. */
    for (size_t i = negative; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, text[i] - '0', &number)) {
            return false;
        }
    }
    if (len == (size_t)negative || (!negative && number == INT64_MIN)) {
        return false;
    }
    *value = negative ? number : -number;
    return true;
}

static bool is_whole(struct weft_slice number)
{
    return memchr(number.at, '.', number.len) == NULL &&
           memchr(number.at, 'e', number.len) == NULL && memchr(number.at, 'E', number.len) == NULL;
}

/* What a member's value is: `text` as it stands in the line, `item` as cJSON understood it. */
static struct weft_value value_of(struct weft_slice text, const cJSON *item)
{
    struct weft_value value = {.type = WEFT_VALUE_OTHER};

    if (cJSON_IsString(item)) {
        value.type = WEFT_VALUE_TEXT;
        value.text = weft_slice_of(item->valuestring);
    } else if (cJSON_IsTrue(item)) {
        value.type = WEFT_VALUE_TRUE;
    } else if (cJSON_IsArray(item)) {
        value.type = WEFT_VALUE_LIST;
        value.text = text;
    } else if (!cJSON_IsNumber(item)) {
        value.text = weft_slice_of(cJSON_IsObject(item) ? "an object"
                                   : cJSON_IsNull(item) ? "null"
                                                        : "false");
    } else if (weft_line_integer(text.at, text.len, &value.integer)) {
        value.type = WEFT_VALUE_INTEGER;
    } else {
        value.text = weft_slice_of(is_whole(text) ? "a number past 64 bits"
                                                  : "a number with a fraction or an exponent");
    }
    return value;
}

/* Walks the line (checked before) and the tree in step: each member has its text and its item. */
static enum weft_status walk(struct cursor *c, const cJSON *tree, weft_line_member *member,
                             void *ctx)
{
    enum weft_status status = WEFT_OK;

    skip_blanks(c);
    for (const cJSON *item = tree->child; item != NULL && status == WEFT_OK; item = item->next) {
        c->at++; /* the brace or the comma */
        (void)check_key(c);
        const char *from = c->at;
        (void)check_value(c, 1);
        const struct weft_slice text = {from, (size_t)(c->at - from)};
        skip_blanks(c);
        status = member(ctx, text, item, c->error);
    }
    return status;
}

enum weft_status weft_line_members(const char *line, size_t len, weft_line_member *member,
                                   void *ctx, struct cJSON **tree, struct weft_error *error)
{
    struct cursor c = {line, line, line + len, error};
    enum weft_status status = weft_line_check(line, len, error);

    if (status != WEFT_OK) {
        return status;
    }
    /* A line that passed the check is JSON to cJSON too: it can only lack memory. */
    cJSON *parsed = cJSON_ParseWithLengthOpts(line, len, NULL, false);
    if (parsed == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the line");
    }
    status = walk(&c, parsed, member, ctx);
    if (status == WEFT_OK && tree != NULL) {
        *tree = parsed;
    } else {
        cJSON_Delete(parsed);
    }
    return status;
}

struct collecting {
    const struct weft_vocabulary *words;
    struct weft_fields *fields;
    uint64_t present;
};

static enum weft_status collect(void *ctx, struct weft_slice text, const cJSON *item,
                                struct weft_error *error)
{
    struct collecting *to = ctx;
    const int key = weft_names_find_text(&to->words->keys, item->string, strlen(item->string));

    if (key < 0) {
        return WEFT_OK;
    }
    const uint64_t bit = UINT64_C(1) << key;
    if ((to->present & bit) != 0) {
        return weft_error_set(error, WEFT_ERR_FORMAT, "the key \"%s\" twice (expected it once)",
                              item->string);
    }
    to->present |= bit;
    to->fields->at[key] = value_of(text, item);
    return WEFT_OK;
}

enum weft_status weft_line_parse(const struct weft_vocabulary *words, const char *line, size_t len,
                                 struct weft_fields *fields, struct cJSON **tree,
                                 struct weft_error *error)
{
    struct collecting to = {words, fields, 0};
    const enum weft_status status = weft_line_members(line, len, collect, &to, tree, error);

    if (status == WEFT_OK) {
        fields->present = to.present;
        fields->padded = false;
    }
    return status;
}
