/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/accept.h"

static void test_the_most_specific_range_decides(void **state)
{
    static const struct {
        const char *header;
        unsigned text;
        unsigned json;
    } cases[] = {
        {"", 1000, 1000},
        {"   ", 1000, 1000},
        {"text/plain", 1000, 0},
        {"TEXT/Plain", 1000, 0},
        {"application/json", 0, 1000},
        {"*/*", 1000, 1000},
        {"text/*", 1000, 0},
        {"text/html, */*;q=0.8", 800, 800},
        {"*/*, text/plain;q=0.1", 100, 1000},
        {"text/*;q=0.2, text/plain;q=0.9, */*;q=0.5", 900, 500},
        {"text/plain ; q=0.5 , application/json ; q=0.25", 500, 250},
        {"text/plain;format=flowed;q=0.125", 125, 0},
        {"text/plain;q=0", 0, 0},
        {"text/plain;q=1.000", 1000, 0},
        {"text/plain;q=1.9", 1000, 0},
        {"text/plain;q=.5", 0, 0},
        {"text/plain;q=0.1234", 0, 0},
        {"text/plain;q=0,5", 0, 0},
        {"text/plain;q=", 0, 0},
        {"text/plain;q", 0, 0},
        {"text/plainer", 0, 0},
        {"text/", 0, 0},
        {"*", 0, 0},
        {",;=,,", 0, 0},
        {",text/plain,", 1000, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice header = slice_from_string(cases[i].header);
        if (accept_quality(header, SLICE("text/plain")) != cases[i].text ||
            accept_quality(header, SLICE("application/json")) != cases[i].json)
            fail_msg("'%s'", cases[i].header);
    }
}

static void test_names_are_told_from_ranges(void **state)
{
    (void)state;
    assert_true(accept_names(SLICE("text/html, TEXT/plain;q=0"), SLICE("text/plain")));
    assert_true(accept_names(SLICE("max-stale=5, no-cache"), SLICE("no-cache")));
    assert_false(accept_names(SLICE("text/*, */*"), SLICE("text/plain")));
    assert_false(accept_names(SLICE("no-cached"), SLICE("no-cache")));
    assert_false(accept_names(SLICE(""), SLICE("text/plain")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_specific_range_decides),
        cmocka_unit_test(test_names_are_told_from_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
