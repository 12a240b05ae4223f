#include "traces/write/demangle.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANGLED_MAX = 2048, /* longer ones are templates that nobody reads */
    RUST_HASH = 19,     /* "::h" and 16 digits */
};

typedef char *demangler(const char *mangled, char *buffer, size_t *room, int *status);

/* Of the C++ library that is there; weft itself does not need it. */
static demangler *find_demangler(void)
{
    static demangler *found;
    static bool tried;

    if (!tried) {
        void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
        tried = true;
        if (library != NULL) {
            found = (demangler *)(uintptr_t)dlsym(library, "__cxa_demangle");
        }
    }
    return found;
}

/* Cuts the parameters off: "f(int) const" → "f", but not what is in a name's middle. */
static size_t without_parameters(const char *name)
{
    const char *close = strrchr(name, ')');
    const size_t len = strlen(name);
    int depth = 0;

    if (close == NULL || (close[1] != '\0' && strcmp(close + 1, " const") != 0)) {
        return len;
    }
    for (const char *at = close; at > name; at--) {
        depth += (*at == ')') - (*at == '(');
        if (depth == 0) {
            return (size_t)(at - name);
        }
    }
    return len;
}

static size_t without_hash(const char *name, size_t len)
{
    if (len <= RUST_HASH || memcmp(name + len - RUST_HASH, "::h", 3) != 0 ||
        strspn(name + len - RUST_HASH + 3, "0123456789abcdef") < RUST_HASH - 3) {
        return len;
    }
    return len - RUST_HASH;
}

bool weft_demangle(const char *mangled, char *name, size_t room)
{
    int status = 0;

    if (strncmp(mangled, "_R", 2) == 0) {
        return strlen(mangled) <= MANGLED_MAX && weft_demangle_rust(mangled, name, room);
    }
    if (strncmp(mangled, "_Z", 2) != 0 || strlen(mangled) > MANGLED_MAX ||
        find_demangler() == NULL) {
        return false;
    }
    char *whole = find_demangler()(mangled, NULL, NULL, &status);
    if (whole == NULL) {
        return false;
    }
    const size_t len = without_hash(whole, without_parameters(whole));
    const bool fits = len > 0 && len < room;
    if (fits) {
        memcpy(name, whole, len);
        name[len] = '\0';
    }
    free(whole);
    return fits;
}
