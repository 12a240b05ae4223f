/* FNV-1a by the vectors that its authors give. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void the_authors_vectors_come_out(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } vectors[] = {
        {"", 0xcbf29ce484222325},
        {"a", 0xaf63dc4c8601ec8c},
        {"foobar", 0x85944171f73967e8},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        assert_true(weft_hash_bytes(WEFT_HASH_START, vectors[i].text, strlen(vectors[i].text)) ==
                    vectors[i].hash);
    }
}

static void in_pieces_it_is_the_same(void **state)
{
    (void)state;
    const uint64_t foo = weft_hash_bytes(WEFT_HASH_START, "foo", 3);

    assert_true(weft_hash_bytes(foo, "bar", 3) == weft_hash_bytes(WEFT_HASH_START, "foobar", 6));
    assert_true(weft_hash_one(WEFT_HASH_START, 'a') == weft_hash_bytes(WEFT_HASH_START, "a", 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authors_vectors_come_out),
        cmocka_unit_test(in_pieces_it_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
