/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/warnings.h"

static void test_a_line_is_kept_once(void **state)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};

    (void)state;
    warnings_add(&warnings, "%s is %d", "a", 1);
    warnings_add(&warnings, "b");
    warnings_add(&warnings, "a is 1");
    assert_int_equal(warnings.count, 2);
    assert_string_equal(warnings.lines[0], "a is 1");
    assert_string_equal(warnings.lines[1], "b");
}

static void test_what_does_not_fit_is_told_in_the_last_line(void **state)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};

    (void)state;
    for (int i = 0; i < WARNINGS_MAX + 4; i++)
        warnings_add(&warnings, "number %d", i);
    assert_int_equal(warnings.count, WARNINGS_MAX);
    assert_string_equal(warnings.lines[WARNINGS_MAX - 2], "number 14");
    assert_string_equal(warnings.lines[WARNINGS_MAX - 1], "further warnings are left out");
}

static void test_long_lines_are_cut(void **state)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};

    (void)state;
    warnings_add(&warnings, "%0300d", 7);
    assert_int_equal(strlen(warnings.lines[0]), 255);
}

static void test_warnings_move_behind_those_that_are_there(void **state)
{
    CLEANUP(warnings_release) struct warnings to = {0};
    struct warnings from = {0};

    (void)state;
    warnings_add(&to, "a");
    warnings_add(&from, "b");
    warnings_add(&from, "a");
    warnings_add(&from, "100%%");
    warnings_move(&to, &from);
    assert_int_equal(from.count, 0);
    assert_int_equal(to.count, 3);
    assert_string_equal(to.lines[1], "b");
    assert_string_equal(to.lines[2], "100%");
}

static void test_nobody_need_listen(void **state)
{
    (void)state;
    warnings_add(NULL, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_kept_once),
        cmocka_unit_test(test_what_does_not_fit_is_told_in_the_last_line),
        cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_warnings_move_behind_those_that_are_there),
        cmocka_unit_test(test_nobody_need_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
