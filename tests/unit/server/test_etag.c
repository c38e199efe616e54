/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/etag.h"

static void test_a_tag_is_weak_and_follows_from_the_bytes_alone(void **state)
{
    CLEANUP(buffer_release) struct buffer tag = BUFFER_INIT(ETAG_SIZE);

    (void)state;
    assert_true(etag_write(SLICE("abc"), &tag));
    assert_string_equal(buffer_string(&tag), "W/\"ba7816bf8f01cfea414140de5dae2223\"");
    buffer_clear(&tag);
    assert_true(etag_write(SLICE("abd"), &tag));
    assert_string_not_equal(buffer_string(&tag), "W/\"ba7816bf8f01cfea414140de5dae2223\"");
}

/* RFC 9110, sections 8.8.3.2 and 13.1.2. */
static void test_lists_are_compared_weakly(void **state)
{
    static const struct {
        const char *list;
        bool is_listed;
    } cases[] = {
        {"W/\"a\"", true},
        {"\"a\"", true},
        {"*", true},
        {" * ", true},
        {"\"x\", W/\"a\"", true},
        {"\"x\",\"y,z\" ,\t\"a\"", true},
        {", ,W/\"a\"", true},
        {"\"a\",", true},
        {"", false},
        {"a", false},
        {"w/\"a\"", false},
        {"\"A\"", false},
        {"\"\"", false},
        {"\"aa\"", false},
        {"\"x\" junk, \"a\"", false},
        {"\"a", false},
        {"\"", false},
        {"W/", false},
        {"\"x\", *", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (etag_is_listed(slice_from_string(cases[i].list), SLICE("W/\"a\"")) !=
            cases[i].is_listed)
            fail_msg("%s", cases[i].list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tag_is_weak_and_follows_from_the_bytes_alone),
        cmocka_unit_test(test_lists_are_compared_weakly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
