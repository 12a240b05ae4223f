/*
 * Rust's names of version 0,
 * https://rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html: only what people look
 * for, the path.  Crates' numbers, generic arguments and the paths of impls are left out:
 * _RNvMs0_NtNtNtCs1_3std3sys6thread4unixNtB5_6Thread4join is std::sys::thread::unix::Thread::join.
 */
#include "traces/write/demangle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 64,   /* paths inside each other */
    STEPS_MAX = 4096, /* all in all: back references may multiply */
    TOLD_MAX = 512,
};

struct parser {
    const char *text; /* behind the _R */
    size_t at, len;
    char *name;
    size_t used, room;
    int depth, steps;
    bool silent, bad;
};

static char take(struct parser *parser)
{
    if (parser->at >= parser->len || ++parser->steps > STEPS_MAX) {
        parser->bad = true;
        return '\0';
    }
    return parser->text[parser->at++];
}

static bool take_if(struct parser *parser, char wanted)
{
    const bool there = parser->at < parser->len && parser->text[parser->at] == wanted;

    parser->at += there;
    return there;
}

static void say(struct parser *parser, const char *words, size_t len)
{
    if (parser->silent || parser->bad) {
        return;
    }
    if (len >= parser->room - parser->used) {
        parser->bad = true;
        return;
    }
    memcpy(parser->name + parser->used, words, len);
    parser->used += len;
}

/* A number to base 62 that ends in "_": "_" is 0, "0_" is 1; what is too large wraps. */
static uint64_t take_base62(struct parser *parser)
{
    uint64_t value = 0;

    if (take_if(parser, '_')) {
        return 0;
    }
    for (char c; (c = take(parser)) != '_' && !parser->bad;) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 10
                          : c >= 'A' && c <= 'Z' ? c - 'A' + 36
                                                 : -1;
        if (digit < 0) {
            parser->bad = true;
            return 0;
        }
        value = value * 62 + (uint64_t)digit;
    }
    return value + 1;
}

/* [s BASE62] LENGTH [_] BYTES; false: it has no name, as a closure. */
static bool take_identifier(struct parser *parser, bool separated)
{
    size_t len = 0;

    if (take_if(parser, 's')) {
        (void)take_base62(parser);
    }
    const bool puny = take_if(parser, 'u');
    while (parser->at < parser->len && parser->text[parser->at] >= '0' &&
           parser->text[parser->at] <= '9' && len <= parser->len) {
        len = len * 10 + (size_t)(take(parser) - '0');
    }
    (void)take_if(parser, '_');
    if (puny || len > parser->len - parser->at) {
        parser->bad = true;
        return false;
    }
    if (len > 0) {
        say(parser, "::", separated ? 2 : 0);
        say(parser, parser->text + parser->at, len);
        parser->at += len;
    }
    return len > 0;
}

static void take_path(struct parser *parser);

/* Types are only told where one stands for an impl, and then by its path. */
static void take_type(struct parser *parser)
{
    if (++parser->depth > DEPTH_MAX) {
        parser->bad = true;
    } else if (parser->at < parser->len && parser->text[parser->at] != '\0' &&
               strchr("CMXYNIB", parser->text[parser->at]) != NULL) {
        take_path(parser);
    } else {
        const char tag = take(parser);
        if (tag == 'R' || tag == 'Q') {
            if (take_if(parser, 'L')) {
                (void)take_base62(parser);
            }
            take_type(parser);
        } else if (tag == 'P' || tag == 'O' || tag == 'S') {
            take_type(parser);
        } else if (tag < 'a' || tag > 'z') {
            parser->bad = true; /* arrays, tuples, functions, dyn: the name stays as it is */
        }
    }
    parser->depth--;
}

static void take_impl(struct parser *parser, bool has_path, bool has_trait)
{
    const bool silent = parser->silent;

    parser->silent = true;
    if (has_path) {
        if (take_if(parser, 's')) {
            (void)take_base62(parser);
        }
        take_path(parser);
    }
    parser->silent = silent;
    take_type(parser);
    parser->silent = true;
    if (has_trait) {
        take_path(parser);
    }
    parser->silent = silent;
}

static void take_nested(struct parser *parser)
{
    const char space = take(parser);

    take_path(parser);
    if (!take_identifier(parser, true) && !parser->bad) {
        static const char closure[] = "::{closure}", other[] = "::{}";
        say(parser, space == 'C' ? closure : other,
            (space == 'C' ? sizeof closure : sizeof other) - 1);
    }
}

static void take_generic(struct parser *parser)
{
    const bool silent = parser->silent;

    take_path(parser);
    parser->silent = true;
    while (!parser->bad && !take_if(parser, 'E')) {
        if (take_if(parser, 'L')) {
            (void)take_base62(parser);
        } else {
            take_type(parser);
        }
    }
    parser->silent = silent;
}

static void take_back(struct parser *parser)
{
    const size_t from = parser->at - 1;
    const uint64_t to = take_base62(parser);
    const size_t behind = parser->at;

    if (to >= from) {
        parser->bad = true;
        return;
    }
    parser->at = (size_t)to;
    take_type(parser);
    parser->at = behind;
}

static void take_path(struct parser *parser)
{
    if (parser->bad || ++parser->depth > DEPTH_MAX) {
        parser->bad = true;
        return;
    }
    switch (take(parser)) {
    case 'C':
        (void)take_identifier(parser, false);
        break;
    case 'N':
        take_nested(parser);
        break;
    case 'M':
        take_impl(parser, true, false);
        break;
    case 'X':
        take_impl(parser, true, true);
        break;
    case 'Y':
        take_impl(parser, false, true);
        break;
    case 'I':
        take_generic(parser);
        break;
    case 'B':
        take_back(parser);
        break;
    default:
        parser->bad = true;
    }
    parser->depth--;
}

bool weft_demangle_rust(const char *mangled, char *name, size_t room)
{
    char told[TOLD_MAX];
    struct parser parser = {.name = told, .room = room < TOLD_MAX ? room : TOLD_MAX};

    if (strncmp(mangled, "_R", 2) != 0 || room == 0) {
        return false;
    }
    parser.text = mangled + 2;
    parser.len = strlen(parser.text);
    (void)take_if(&parser, 'I'); /* generic arguments that end the name need not be read */
    take_path(&parser);
    if (parser.bad || parser.used == 0) {
        return false;
    }
    memcpy(name, told, parser.used);
    name[parser.used] = '\0';
    return true;
}
