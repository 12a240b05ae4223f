#include "base/duration.h"

#include <stddef.h>
#include <string.h>

/* Decimal places down to a nanosecond; -1 when text is no unit. */
static int unit_places(const char *text, size_t len)
{
    static const struct {
        const char *name;
        int places;
    } units[] = {{"", 9},        {"s", 9},       {"ms", 6}, {"us", 3},
                 {"\u00b5s", 3}, {"\u03bcs", 3}, {"ns", 0}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, text, len) == 0) {
            return units[i].places;
        }
    }
    return -1;
}

static bool append_digit(uint64_t *value, int digit)
{
    uint64_t grown;

    if (__builtin_mul_overflow(*value, UINT64_C(10), &grown) ||
        __builtin_add_overflow(grown, (uint64_t)digit, &grown)) {
        return false;
    }
    *value = grown;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool parse(const char *text, size_t len, uint64_t *ns)
{
    size_t whole = 0, point, unit;
    uint64_t value = 0;
    int places;

    while (whole < len && is_digit(text[whole])) {
        whole++;
    }
    point = unit = whole;
    if (unit < len && text[unit] == '.') {
        unit++;
        while (unit < len && is_digit(text[unit])) {
            unit++;
        }
        if (unit == point + 1) {
            return false;
        }
    }
    places = unit_places(text + unit, len - unit);
    if (whole == 0 || places < 0) {
        return false;
    }
    for (size_t i = 0; i < whole; i++) {
        if (!append_digit(&value, text[i] - '0')) {
            return false;
        }
    }
    for (size_t i = point + 1; i < unit || places > 0; i++) {
        const int digit = i < unit ? text[i] - '0' : 0;
        if (places == 0 && digit != 0) {
            return false; /* finer than a nanosecond */
        }
        if (places > 0 && !append_digit(&value, digit)) {
            return false;
        }
        places -= places > 0;
    }
    *ns = value;
    return true;
}

bool weft_duration_parse(const char *text, uint64_t *ns)
{
    return parse(text, strlen(text), ns);
}

bool weft_duration_parse_range(const char *text, uint64_t *from_ns, uint64_t *to_ns)
{
    const char *colon = strchr(text, ':');
    uint64_t from, to;

    if (colon == NULL || strcmp(text, ":") == 0) {
        return false;
    }
    const size_t from_len = (size_t)(colon - text), to_len = strlen(colon + 1);
    from = 0;
    to = UINT64_MAX;
    if ((from_len > 0 && !parse(text, from_len, &from)) ||
        (to_len > 0 && !parse(colon + 1, to_len, &to)) || from >= to) {
        return false;
    }
    *from_ns = from;
    *to_ns = to;
    return true;
}
