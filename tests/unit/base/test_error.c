/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

static void test_set_fills_everything_and_returns_false(void **state)
{
    struct error error = {.retry_after = 7};

    (void)state;
    assert_false(error_set(&error, ERROR_NOT_FOUND, "no %s", "tag"));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_int_equal(error.retry_after, 0);
    assert_string_equal(error.message, "no tag");
    assert_false(error_no_memory(&error));
    assert_int_equal(error.code, ERROR_INTERNAL);
    assert_string_equal(error.message, "out of memory");
}

static void test_every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ERROR_CODE_COUNT; i++) {
        const char *name = error_code_name((enum error_code)i);
        assert_non_null(name);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(name, error_code_name((enum error_code)j));
    }
    assert_string_equal(error_code_name(ERROR_ONLY_IF_CACHED), "only_if_cached");
    assert_string_equal(error_code_name(ERROR_CODE_COUNT), "internal");
}

static void test_prefix_puts_context_before_the_message(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, ERROR_DENIED, "refused");
    error_prefix(&error, "manifest of '%s': ", "a/b");
    assert_string_equal(error.message, "manifest of 'a/b': refused");
    assert_int_equal(error.code, ERROR_DENIED);
}

static void test_prefix_cuts_what_does_not_fit_at_the_end(void **state)
{
    struct error error;
    char longest[sizeof(error.message)];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    error_set(&error, ERROR_INVALID, "%sy", longest);
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
    error_prefix(&error, "ab: ");
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
    assert_memory_equal(error.message, "ab: xx", 6);
    error_prefix(&error, "%s", longest);
    assert_string_equal(error.message, longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_fills_everything_and_returns_false),
        cmocka_unit_test(test_every_code_has_a_name_of_its_own),
        cmocka_unit_test(test_prefix_puts_context_before_the_message),
        cmocka_unit_test(test_prefix_cuts_what_does_not_fit_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
