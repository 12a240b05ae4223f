/*
 * Hashes of bytes, the same on every machine: FNV-1a, 64 bits.
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/
 * Threads: any.
 */
#ifndef WEFT_BASE_HASH_H
#define WEFT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* What a hash begins with. */
#define WEFT_HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of what came before, and of one more number. */
static inline uint64_t weft_hash_one(uint64_t hash, uint64_t number)
{
    return (hash ^ number) * UINT64_C(0x100000001b3);
}

/* … and of len more bytes. */
static inline uint64_t weft_hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = weft_hash_one(hash, (unsigned char)bytes[i]);
    }
    return hash;
}

#endif
