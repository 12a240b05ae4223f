/*
 * What the compiler makes of assignments and loops, in a copy of our own: the C library's are
 * symbols that a sanitizer of the program has in its hands before it is ready to be called.
 */
#include <stddef.h>

#pragma GCC visibility push(hidden)

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *into = to;
    const unsigned char *out_of = from;

    while (bytes-- > 0) {
        *into++ = *out_of++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *into = to;
    const unsigned char *out_of = from;

    if (into < out_of) {
        return memcpy(to, from, bytes);
    }
    while (bytes-- > 0) {
        into[bytes] = out_of[bytes];
    }
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    unsigned char *into = to;

    while (bytes-- > 0) {
        *into++ = (unsigned char)byte;
    }
    return to;
}

#pragma GCC visibility pop
