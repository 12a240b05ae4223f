/* Names of C++ and Rust, as they stand in symbol tables and as people write them. */
#include "traces/write/demangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *readable(const char *mangled)
{
    static char name[128];

    return weft_demangle(mangled, name, sizeof name) ? name : "";
}

static void rust_names_are_told_as_paths(void **state)
{
    static const char *const names[][2] = {
        {"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
        {"_RNvCsgEmfK2I1SDS_4core3ptr", "core::ptr"},
        /* A method: the type stands for its impl, by a reference back. */
        {"_RNvMs0_NtNtNtCsjrHSEGnQ3l9_3std3sys6thread4unixNtB5_6Thread4join",
         "std::sys::thread::unix::Thread::join"},
        /* A method of a trait, and what has no name of its own. */
        {"_RNvXCs1_1aNtB2_4TypeNtB2_5Trait4call", "a::Type::call"},
        {"_RNCNvCs1_1a4main0B3_", "a::main::{closure}"},
        /* Generic arguments are left out, also those that cannot be read. */
        {"_RINvCs1_1a4drophjE", "a::drop"},
        {"_RINvCs1_1a4dropTjhEE", "a::drop"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_string_equal(readable(names[i][0]), names[i][1]);
    }
}

/* References that go nowhere, forward or round in a circle, and lengths past the end. */
static void nonsense_is_no_name(void **state)
{
    static const char *const nonsense[] = {
        "_R",         "_RN",        "_RNv",    "_RB_",
        "_RBz_",      "_RNvB_1a",   "_RC9abc", "_RNvC1a99999999999999999999b",
        "_RMMMMMMMM", "_RNvCu1a1b", "main",    "_RXB_B_",
    };
    char deep[2000] = "_R", name[8] = "as was";

    (void)state;
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        assert_string_equal(readable(nonsense[i]), "");
    }
    memset(deep + 2, 'M', sizeof deep - 3);
    assert_string_equal(readable(deep), "");
    assert_false(weft_demangle("_RNvNtCs1234_7mycrate3foo3bar", name, sizeof name));
    assert_string_equal(name, "as was");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rust_names_are_told_as_paths),
        cmocka_unit_test(nonsense_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
