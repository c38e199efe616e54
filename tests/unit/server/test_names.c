/* SPDX-License-Identifier: Apache-2.0 */
/* A set of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/names.h"

static void test_a_name_is_in_it_once(void **state)
{
    (void)state;
    CLEANUP(names_release) struct names names;
    size_t count = 0;

    names_init(&names);
    assert_null(names_next(&names, NULL));
    assert_true(names_add(&names, SLICE("a.test")));
    assert_true(names_add(&names, SLICE("b.test")));
    assert_true(names_add(&names, SLICE("a.test")));
    assert_true(names_has(&names, SLICE("a.test")));
    assert_false(names_has(&names, SLICE("a.tes")));
    for (const char *name = names_next(&names, NULL); name; name = names_next(&names, name)) {
        assert_true(names_has(&names, slice_from_string(name)));
        count++;
    }
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_is_in_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
